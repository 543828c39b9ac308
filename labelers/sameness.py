"""Whether two sentences ask for the same task in other words, as far as code can tell.

Vectors of sentences put "ascending" beside "descending" and a task beside a part of it. So a pair is one task only if
each word of one is accounted for in the other: it stands there, or another word for the same does, or it says nothing.
What is not known to mean the same is held to be another thing. The words are English; sentences of other languages are
one task where they use the same words.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from labelers.paraphrases import numbers, quoted_values, what_changed

OTHER_WORDS, OTHER_ORDER = "a word is another", "what is done to what is another"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PHRASES = (
    (r"(?:turn|switch|toggle)s? (\S+(?: \S+){0,5}?) (on|off)\b", r"\2switched \1"),
    (r"(?:turn|switch|toggle)s? (on|off)", r"\1switched"),
    (r"log ?[io]n(?:to)?|sign ?in(?:to)?|sign on", "login"),
    (r"log ?o(?:ut|ff)|sign ?o(?:ut|ff)", "logout"),
    (r"sign ?up|register", "register"),
    (
        r"take me to|bring me to|bring up|pull up|call up|go (?:over )?to|head (?:over )?to|get to|look at|jump to",
        "open",
    ),
    (r"go in(?:to)?|have a look at|take a look at", "open"),
    (r"look up|look for|search for|hunt for", "find"),
    (r"fill (?:in|out)|type in|key in|put in|write down", "enter"),
    (r"click on|tap on|press on|hit on", "click"),
    (r"get rid of|take away|take out", "delete"),
    (r"^(?:which|who|what)", "find"),
    (r"(create|add|make|insert|write|compose|start) an? new", r"\1 a"),
    (r"how many|(?:the )?(?:total )?number of|count of", "count"),
    (r"(?:what|which|who|where) (?:is|are|was|were)|what's|who's", "find"),
    (r"find out", "find"),
    (r"in order to|so that|so as to|in the (?:app|application|browser)|on (?:the )?(?:website|site)", " "),
    (r"most recent", "newest"),
    (r"most expensive|highest[- ]priced", "priciest"),
    (r"least expensive|lowest[- ]priced", "cheapest"),
    (r"(?:from )?(?:low|lowest|small|smallest) to (?:high|highest|large|largest|big|biggest)", "ascending"),
    (r"(?:from )?(?:high|highest|large|largest|big|biggest) to (?:low|lowest|small|smallest)", "descending"),
    (r"(?:from )?a to z|a-z", "ascending"),
    (r"(?:from )?z to a|z-a", "descending"),
    (r"(\w+)n['\u2019]t", r"\1 not"),
    (r"can ?not", "can not"),
    (r"other than|apart from|except for|excluding|but not", "except"),
    (r"shopping (?:cart|basket)", "cart"),
    (r"e-?mails?", "mail"),
    (r"pick up", "collect"),
    (r"in (ascending|descending|alphabetical|reverse) order", r"\1"),
    (r"order(?=.{1,60}\b(?:by|ascending|descending|alphabetical)\b)", "sort"),
    (r"set the (?=.{1,60}\bto\b)", "change the "),
    (r"(?:table|listing) of", "list of"),
    (r"help me|(?:i )?(?:would|['\u2019]?d) like(?: to)?", " "),
)
"""Words that mean something together, and what they become; in this order."""

DOING = (
    "open go goto navigate visit view show display see access browse reach",
    "click press tap hit push",
    "select choose pick",
    "delete remove erase",
    "add create make insert",
    "change edit modify alter adjust",
    "find search locate seek",
    "enter type input write",
    "report tell",
    "sort arrange",
    "filter narrow restrict limit",
    "close quit exit dismiss",
    "start begin launch run",
    "stop halt",
    "tick check",
    "untick uncheck",
    "save store",
    "send dispatch",
    "reply respond answer",
    "buy purchase",
    "download fetch",
    "onswitched enable activate",
    "offswitched disable deactivate",
)
THINGS = (
    "picture image photo photograph",
    "folder directory",
    "settings preferences options",
    "record entry item",
    "newest latest",
    "oldest earliest",
    "biggest largest greatest",
    "highest maximum max",
    "lowest minimum min",
    "cart basket",
    "film movie",
    "colour color",
    "favourite favorite",
    "phone telephone",
    "last final",
    "whole entire complete",
    "all every each",
)
"""Groups of words that mean the same in a task, what is done and what it is done to; a word stands in one of them."""

SILENT = _words(
    "a an the this that these those my your our its me us i you we it them please kindly can could would will want "
    "wants need needs ll ve re m s let lets just now so then and also is are be been was were do does did has have had "
    "there here what which who whose whom page webpage button called named titled labelled labeled entitled in on at "
    "for to as into onto from with"
)
"""Words that say nothing of what a task is, but for the role that a preposition gives to what comes after it."""

ROLES = _words("from by to into onto for with than in on at as above below before after over under")
"""Prepositions that say which part something plays."""

AGAINST = frozenset(
    frozenset(pair.split())
    for pair in ("from to", "from into", "from onto", "from for", "to for", "with to", "with for", "with from")
)
"""Pairs of them that are two parts: where from and where to, to whom and in whose place."""

ENDS = _words("and then whose which who that is are was were")
"""With these ends what an `of` names."""

ORDINALS = ("zeroth", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
CARDINALS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")

_PHRASES = tuple((re.compile(rf"(?<!\w)(?:{pattern})(?!\w)"), words) for pattern, words in PHRASES)
_ALPHABET = re.compile(r"\b(?:from )?(?:(A) (?:to|-) Z|Z (?:to|-) A)\b")
_CARDINAL = re.compile(rf"\b(?:{'|'.join((CARDINALS[0], *CARDINALS[2:]))})\b", re.I)
_WORD = re.compile(r"\u27e6\d+\u27e7|\w+")
_POSSESSIVE = re.compile(r"(?<=\w)['\u2019]s\b|(?<=s)['\u2019](?=\s)")


def _forms(word: str) -> Iterator[str]:
    """A verb as it stands in a task: its base, and that which ends with -ing."""
    yield word
    yield f"{word}ing"
    yield f"{word[:-1]}ing" if word.endswith("e") else f"{word}{word[-1]}ing"


_GROUP: Mapping[str, str] = {
    form: group.split()[0] for group in (*DOING, *THINGS) for word in group.split() for form in _forms(word)
} | {
    **{word: str(number) for number, word in enumerate(CARDINALS)},
    **{word: f"{number}." for number, word in enumerate(ORDINALS)},
    **{f"{number}{ending}": f"{number}." for number in range(1, 32) for ending in ("st", "nd", "rd", "th")},
}
_DONE = frozenset(group.split()[0] for group in DOING)
_PLAIN = _DONE | {group.split()[0] for group in THINGS}
"""What a task does and what kind of thing it does it to: where these stand in a sentence says nothing."""


def what_differs(one: str, other: str) -> str | None:
    """Why two sentences are two tasks, or None where they say the same; the order of the two changes nothing."""
    one, other = sorted((_in_digits(one), _in_digits(other)))
    for text, against in ((one, other), (other, one)):
        if (why := what_changed(text, against, answer=None)) is not None:
            return why
    quoted = tuple(sorted({*quoted_values(one), *quoted_values(other)}, key=lambda value: (-len(value), value)))
    left, right = _terms(one, quoted), _terms(other, quoted)
    if {term for term, _ in left} != {term for term, _ in right}:
        return OTHER_WORDS
    things, others = _things(left), _things(right)
    if sorted(term for term, _ in things) != sorted(term for term, _ in others):
        return OTHER_WORDS
    in_order = [term for term, _ in things] == [term for term, _ in others]
    if (
        _done_otherwise(left, right)
        or _turned_round(things, others)
        or not (in_order or _in_parts(things) == _in_parts(others))
    ):
        return OTHER_ORDER
    return None


def comparable(text: str) -> tuple[tuple[str, int], ...]:
    """What two sentences have in common if they say the same: the cheap part of the comparison, as a key."""
    return tuple(sorted(numbers(_in_digits(text)).items()))


@lru_cache(maxsize=65_536)
def _terms(text: str, quoted: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """What a sentence says, in order: each term with the preposition that stands before it; `X of Y` is `Y X`."""
    for place, value in enumerate(quoted):
        text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", f" \u27e6{place}\u27e7 ", text)
    text = _POSSESSIVE.sub(" ", " ".join(text.casefold().split()))
    for pattern, words in _PHRASES:
        text = pattern.sub(words, text)
    terms: list[tuple[str, str]] = []
    role, owner = "", None  # the place of what an `of` belongs to
    for word in _WORD.findall(text):
        if word in ROLES or word in ENDS:
            role, owner = word if word in ROLES else role, None
        if word == "of":
            owner = max(0, len(terms) - 1)
        elif word not in SILENT:
            term = (_GROUP.get(word, word), role)
            if owner is None or not terms:
                terms.append(term)
            else:
                terms.insert(owner, (term[0], terms[owner][1]))
                owner += 1
            role = ""
    return tuple(terms)


def _things(terms: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The terms that are things and values, in order."""
    return [(term, role) for term, role in terms if term not in _PLAIN]


def _in_digits(text: str) -> str:
    """The text with numbers in digits, and the order of the alphabet by its name: no capital of it is a name."""
    text = _ALPHABET.sub(lambda found: "ascending" if found[1] == "A" else "descending", text)
    return _CARDINAL.sub(lambda found: str(CARDINALS.index(found[0].casefold())), text)


def _done_otherwise(terms: Sequence[tuple[str, str]], others: Sequence[tuple[str, str]]) -> bool:
    """Whether to one thing something else is done than in the other sentence."""
    done, otherwise = _done_to(terms), _done_to(others)
    return any(done[thing] != otherwise[thing] for thing in done.keys() & otherwise.keys())


def _done_to(terms: Sequence[tuple[str, str]]) -> Mapping[str, set[str]]:
    """What is done to each thing that stands behind a verb: the last one that is known."""
    done: defaultdict[str, set[str]] = defaultdict(set)
    verb = ""
    for term, _ in terms:
        if term in _DONE:
            verb = term
        elif verb and term not in _PLAIN:
            done[term].add(verb)
    return done


def _turned_round(things: Sequence[tuple[str, str]], others: Sequence[tuple[str, str]]) -> bool:
    """Whether something plays a part in one sentence that is against its part in the other."""
    parts, against = _parts_of(things), _parts_of(others)
    return any(
        len(parts[thing]) == len(against[thing]) == 1 and parts[thing] | against[thing] in AGAINST
        for thing in parts.keys() & against.keys()
    )


def _parts_of(things: Sequence[tuple[str, str]]) -> Mapping[str, frozenset[str]]:
    """The prepositions before each thing."""
    return {thing: frozenset(role for each, role in things if each == thing and role) for thing, _ in things}


def _in_parts(things: Sequence[tuple[str, str]]) -> Mapping[str, list[str]]:
    """The things and values by the part that they play, each in order."""
    parts: defaultdict[str, list[str]] = defaultdict(list)
    for term, role in things:
        parts[role].append(term)
    return parts
