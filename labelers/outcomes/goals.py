"""A goal's sentence read as what it asks for: elements to press and to choose, values to enter, in which order.

What is not understood is said, so that nobody takes a half that was done for the whole.
"""

import re
from dataclasses import dataclass
from typing import Literal

from schemas.pages import fold

Asked = Literal["press", "choose", "enter", "touch", "expand", "wait", "act"]

GOAL_LIMIT = 1_000
"""Characters of a goal that is read."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that a goal asks for.

    `names` are the elements to press or to choose, or the values to enter. `noun` is what the goal calls the element,
    such as a button; `field` are the words for the field. `ordinal` counts from 1, -1 is the last; `every` says that a
    value goes into all fields. `quoted` says that the names stand in quotation marks; else they are a guess which the
    pages must bear out. `touch` names what a step must act on that the goal describes further; an `act` is a kind of
    action that must be among the steps, by the name of its verb.
    """

    kind: Asked
    names: tuple[str, ...] = ()
    noun: str = ""
    field: str = ""
    ordinal: int | None = None
    every: bool = False
    quoted: bool = False
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class ParsedGoal:
    """What a sentence asks for, in order; `sure` says that it asks for nothing else.

    `first_unread` is the number of requirements before the first part that was not understood.
    """

    requirements: tuple[Requirement, ...]
    sure: bool
    first_unread: int | None = None


_PRESS = "click|press|hit|push|tap|activate|follow"
_CHOOSE = "select|choose|pick|check|tick|mark|switch on|turn on"
_ENTER = "enter|type|write|input|fill in|fill|put|set|search for|add"
_MEANS = "find|locate|expand|open|switch between|scroll|look for|go to|navigate to|use"
_ACTS = (
    "drag|move|draw|hover|keep|copy|paste|solve|delete|remove|forward|reply|send|respond|answer|buy|book|order|resize|"
    "rotate|highlight|count|identify|determine|compute|create|generate|make|play|retweet|like|share|close|sort|submit|"
    "log in|login|sign in|give|unselect|uncheck|deselect|untick|read|watch|change|rate|save|mute|follow up"
)
_VERB = re.compile(
    rf"(?:^|(?<=[.,;:!])|\band\b|\bthen\b)\s*(?:(?:please|then|and|also|now|next|finally)\s+)*"
    rf"(?:(?P<press>{_PRESS})|(?P<choose>{_CHOOSE})|(?P<enter>{_ENTER})|(?P<means>{_MEANS})|(?P<act>{_ACTS}))\b"
    rf"(?:\s+(?:on|in)(?=\s))?",
    re.I,
)
_SIGNS = str.maketrans("“”„«»", '"' * 5, "⟦⟧")
_QUOTED = re.compile(r'"([^"]{0,300})"')
_HOLE = re.compile(r"⟦(\d+)⟧")
_INTO = re.compile(r"(?:the )?(?:text )?(?:field |box |input |textbox )?⟦(\d+)⟧(?: field| box)?", re.I)
_NOUNS = (
    "text field|text fields|text box|text boxes|textbox|textboxes|text input|text inputs|text area|textarea|"
    "input field|input|inputs|field|fields|radio button|radio|checkbox|check box|dropdown|drop-down|button|link|tabs|"
    "tab|icon|item|option|menu item|sections|section|widget|list|menu|slider|spinner|row|entry|dialog|box"
)
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "last": -1}
_ORDINAL = re.compile(rf"\b(?:(\d{{1,2}})(?:st|nd|rd|th)|({'|'.join(_ORDINALS)}))\b", re.I)
_NOUN = re.compile(rf"\b({_NOUNS})\b", re.I)
_ARTICLES = re.compile(r"\b(?:the|a|an)\b", re.I)
_TAIL = re.compile(
    r"\s*\b(?:when (?:you are |you're )?(?:done|finished|ready)|once done|below|above|(?:from|in|on|of) the "
    rf"(?:{_NOUNS}|page|form|screen)|(?:from|in) (?:a )?(?:{_NOUNS})|to (?:continue|finish|proceed|submit)|"
    r"to \w+ (?:it|them|this)(?: as \w+)?)\b\s*$",
    re.I,
)
_AS = re.compile(r"\s+as (?:the|your) \w+$", re.I)
_CASES = re.compile(r"\bin (?:all )?(upper|lower) ?case(?: letters| characters)?\b", re.I)
_DESCRIBED = re.compile(
    r"\b(?:that|which|whose|who|with|all|each|every|any|most|least|it|them|this|these|those|so|if|by|than|similar|"
    r"other|same|correct|right|wrong|your|order|matching|corresponding|best|one of|between|containing|labels?|or|not|"
    r"except|without|but|unless|until|before|after|only|never|twice|times|either|neither|first|last|next)\b",
    re.I,
)
_WHOSE = re.compile(r"\b(?:by|from|called|named)\s+(?:the )?@?([A-Z]\w+)\b")
_PLACES = re.compile(r"\b(?:to|of|through|below|above|bottom|top|end|start|down|up|page|and)\b", re.I)
_UNCOVERS = frozenset({"expand", "open", "switch between", "scroll"})
"""Verbs for a means whose object may be described by a word: what it uncovers is asked for in what follows."""

_SAYS = frozenset({"reply", "respond", "answer"})
_WAIT = re.compile(r"^\s*,?\s*wait (?:for )?(\d+(?:\.\d+)?) seconds?\s*,?\s*$", re.I)
_PAIR = re.compile(
    r"^\s*(?:,|and|,\s*and)?\s*(?P<field>[^⟦⟧]{0,60}?)\s*⟦(?P<hole>\d+)⟧\s*(?P<after>as|to|into|in)?\s*", re.I
)


def read_goal(text: str) -> ParsedGoal:
    """What the sentence asks for."""
    plain = re.sub(r"\s+", " ", text).strip().translate(_SIGNS)
    if len(plain) > GOAL_LIMIT:
        return ParsedGoal((), sure=False, first_unread=0)
    said: list[str] = []

    def hole(quoted: re.Match[str]) -> str:
        said.append(quoted[1].strip())
        return f"⟦{len(said) - 1}⟧"

    plain = _QUOTED.sub(hole, plain)
    verbs = list(_VERB.finditer(plain))
    parts: list[tuple[re.Match[str] | None, str]] = [(None, plain[: verbs[0].start()] if verbs else plain)]
    ends = [*(verb.start() for verb in verbs), len(plain)][1:]
    parts += [(verb, plain[verb.end() : end]) for verb, end in zip(verbs, ends, strict=True)]
    reader = _Reader(said)
    for verb, rest in parts:
        reader.part(verb, rest)
    return ParsedGoal(tuple(reader.requirements), reader.unread is None, reader.unread)


class _Reader:
    """Collects requirements, part after part."""

    def __init__(self, said: list[str]) -> None:
        self.requirements: list[Requirement] = []
        self.unread: int | None = None
        self._said = said

    def part(self, verb: re.Match[str] | None, rest: str) -> None:
        """Reads one verb with what follows it."""
        rest, waits = _without_waits(rest)
        rest = rest.strip(" .,;:!")
        kind = None if verb is None else verb.lastgroup
        if kind is None:
            if rest:
                self._miss()
        elif kind == "means":
            self._means(verb, rest)
        elif kind == "act":
            self._act(verb, rest)
        elif kind == "enter":
            self._enter(rest)
        else:
            self._element("press" if kind == "press" else "choose", rest)
        self.requirements += [Requirement("wait", seconds=seconds) for seconds in waits]

    def _miss(self) -> None:
        if self.unread is None:
            self.unread = len(self.requirements)

    def _means(self, verb: re.Match[str] | None, rest: str) -> None:
        """A way to something that comes later; where it names something, that is asked for as well."""
        word = fold(verb["means"]) if verb is not None else ""
        if word == "expand":
            self.requirements.append(Requirement("expand"))
        whose = _WHOSE.search(rest)
        if whose is not None and word in ("find", "locate", "open"):
            self.requirements.append(Requirement("touch", (whose[1],)))
        left = fold(_PLACES.sub(" ", _NOUN.sub(" ", _ARTICLES.sub(" ", rest)))).split()
        if whose is not None or _HOLE.search(rest) or len(left) > (word in _UNCOVERS):
            self._miss()

    def _act(self, verb: re.Match[str] | None, rest: str) -> None:
        word = fold(verb["act"]) if verb is not None else ""
        if word in ("submit", "log in", "login", "sign in", "save", "close") and (not rest or _NOUN.fullmatch(rest)):
            self.requirements.append(Requirement("press", (word,), noun="button"))
            return
        self.requirements.append(Requirement("act", (word,)))
        if word in _SAYS:
            said = [self._said[int(hole[1])] for hole in _HOLE.finditer(rest)]
            self.requirements += [Requirement("enter", (text,), quoted=True) for text in said]
        self._miss()

    def _element(self, kind: Literal["press", "choose"], rest: str) -> None:
        while (shorter := _TAIL.sub("", rest)) != rest:
            rest = shorter.strip(" ,")
        ordinal, rest = _ordinal(rest)
        rest = _AS.sub("", rest)
        holes = [self._said[int(hole[1])] for hole in _HOLE.finditer(rest)]
        noun = _NOUN.search(rest)
        noun_said = fold(noun[1]) if noun else ""
        plain = _ARTICLES.sub(" ", _HOLE.sub(" ", rest))
        plain = re.sub(
            r"\b(?:on|in|at|labell?ed|named|called|titled|and|text|value|saying)\b|[,]", " ", plain, flags=re.I
        )
        left = fold(_NOUN.sub(" ", plain))
        if holes:
            if not _DESCRIBED.search(left):
                self.requirements.append(Requirement(kind, tuple(holes), noun_said, ordinal=ordinal, quoted=True))
            if left:
                self._miss()
        elif ordinal is not None and not left and noun:
            self.requirements.append(Requirement(kind, (), noun_said, ordinal=ordinal))
        elif _DESCRIBED.search(rest) or not rest.strip():
            self._miss()
        else:
            self.requirements.append(
                Requirement(kind, (re.sub(r"^(?:the|an?) ", "", rest).strip(),), noun_said, ordinal=ordinal)
            )

    def _enter(self, rest: str) -> None:
        case = _CASES.search(rest)
        rest = _CASES.sub(" ", rest).strip()
        if not _HOLE.search(rest):
            self._enter_unquoted(rest)
            return
        pairs: list[tuple[str, str]] = []
        while pair := _PAIR.match(rest):
            value = self._said[int(pair["hole"])]
            if case is not None:
                value = value.upper() if case[1].lower() == "upper" else value.lower()
            rest = rest[pair.end() :]
            into = _INTO.match(rest) if pair["after"] else None
            if into is not None:
                other = self._said[int(into[1])]
                # Set "field" to "value", but enter "value" into "field".
                pairs.append((value, other) if pair["after"].lower() == "to" else (other, value))
                rest = rest[into.end() :]
            else:
                pairs.append((_plain(pair["field"]), value))
        ordinal, rest = _ordinal(rest)
        every = re.search(r"\b(?:both|all|each|every)\b", rest, re.I) is not None
        rest = re.sub(r"\b(?:both|all|each|every|of)\b", " ", rest, flags=re.I)
        where = _plain(rest)
        noun = _NOUN.search(rest)
        left = fold(_NOUN.sub(" ", where))
        for field, value in pairs:
            self.requirements.append(
                Requirement(
                    "enter",
                    (value,),
                    fold(noun[1]) if noun else "",
                    field=" ".join(filter(None, (field, left if len(pairs) == 1 else ""))),
                    ordinal=ordinal,
                    every=every,
                    quoted=True,
                )
            )
        if _DESCRIBED.search(left) or any(_DESCRIBED.search(field) for field, _ in pairs):
            self._miss()
            self.requirements = self.requirements[: len(self.requirements) - len(pairs)]
            self.requirements.append(Requirement("act", ("enter",)))

    def _enter_unquoted(self, rest: str) -> None:
        parts = re.fullmatch(r"(.{1,60}?) (?:as|into|in) (?:the )?(.{1,40})", rest, re.I)
        if parts is None or _DESCRIBED.search(parts[1]) or not re.search(r"\d", parts[1]):
            self.requirements.append(Requirement("act", ("enter",)))
            self._miss()
            return
        self.requirements.append(Requirement("enter", (parts[1].strip(),), field=_plain(_NOUN.sub(" ", parts[2]))))


def _ordinal(rest: str) -> tuple[int | None, str]:
    """The place that the words name, and the words without it."""
    ordinal = _ORDINAL.search(rest)
    if ordinal is None:
        return None, rest
    number = int(ordinal[1]) if ordinal[1] else _ORDINALS[ordinal[2].lower()]
    return number, f"{rest[: ordinal.start()]} {rest[ordinal.end() :]}"


def _plain(text: str) -> str:
    """The words without articles and prepositions."""
    return fold(re.sub(r"\b(?:the|a|an|into|in|to|as|and|with|of|on|for)\b", " ", text, flags=re.I))


def _without_waits(rest: str) -> tuple[str, list[float]]:
    pieces, waits = [], []
    for piece in rest.split(","):
        wait = _WAIT.match(piece)
        if wait is None:
            pieces.append(piece)
        else:
            waits.append(float(wait[1]))
    return ",".join(pieces), waits
