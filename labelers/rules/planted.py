"""Sentences on a screen that address the agent instead of the person who uses the page: planted instructions.

A rule reads words and no minds: documentation of such attacks is found as well, and an order that addresses nobody
("click here") is not. What is found is no verdict on the steps; it is kept out of the texts that a model learns from.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from schemas.episodes import Episode
from schemas.records import Node, Tree

PLANTED = "planted instruction"
"""How the rule of every label begins whose reason is a planted passage, whoever found it."""

PASSAGE_LIMIT = 1_000
"""Characters of a passage: from the sentence that gives it away on."""

PASSAGES = 20
"""Passages of one screen; the first of them are kept."""

_AGENT = (
    r"(?:(?:ai|a\.i\.|virtual|automated|autonomous|web|browser|browsing|computer[- ]use|gui|llm)[- ]"
    r"(?:assistants?|agents?|models?|systems?|bots?)|llms?|(?:large )?language models?|chat ?bots?|chatgpt|"
    r"gpt-?\d\w?|ai)"
)
_BEFORE = (
    r"(?:(?:hey|hello|hi|dear|attention|important|urgent|notes?|notices?|messages?|instructions?|orders?|reminder)"
    r"[,:!]? ){0,2}(?:(?:to|for) )?(?:(?:all|any|the|every|my|this) ){0,2}"
)
_ORDER = (
    r"\b(?:must|should|shall|please|need to|have to|ignore|disregard|forget|click|press|tap|type|enter|fill|open|go to|"
    r"navigate|visit|send|e-?mail|forward|post|delete|remove|submit|download|upload|reveal|copy|paste|log ?in|sign|"
    r"transfer|buy|pay|order|answer|reply|respond|say|output|write|rate|mark|report|stop|do not|don't|never|instead)\b"
)
_RULES = (
    (
        "overrides",
        r"\b(?:ignore|disregard|forget|override|overrule|bypass|discard|do not follow|don't follow|stop following)\b"
        r"(?:[\s,]+[\w'-]{1,20}){0,4}?[\s,]+(?:all|any|your|my|these|those|previous|prior|earlier|above|preceding|system|"
        r"original|initial|user(?:'s)?)\b(?:[\s,]+[\w'-]{1,20}){0,3}?[\s,]+"
        r"(?:instructions?|prompts?|guidelines|directives?|directions|programming|system message|task|tasks|goal|goals|"
        r"safety rules)\b",
    ),
    (
        "plays the system",
        r"<\|(?:im_start|im_end|system|user|assistant|endoftext)\|>|\[/?inst\]|<</?sys>>|</?system(?:[ _-]\w+)?>|"
        r"(?:^|\s)\#{2,} ?(?:system|instructions?|assistant) ?:|\b(?:system|developer) (?:prompt|override) ?:|"
        r"\bbegin (?:system|hidden) (?:prompt|instructions?)\b",
    ),
    ("addresses the agent", rf"\bif you(?:'re| are) (?:an? |the )?{_AGENT}\b"),
    ("addresses the agent", rf"\b(?:all|any|every) {_AGENT} (?:must|should|shall|has to|have to|needs? to)\b"),
    (
        "gives new orders",
        r"\b(?:new|updated|revised|real|actual|true) (?:system )?instructions? (?:for|to) (?:you|the ai)\b",
    ),
)
_ADDRESS = re.compile(
    rf"(?:^|[.!?:;(\[*\"“] ?){_BEFORE}{_AGENT}"
    r"(?:(?P<far> ?[:;!\u2013\u2014-]| (?:reading|processing|viewing|visiting|parsing|browsing|that|who|which)\b)|, )"
)
_ORDERS = re.compile(_ORDER)
FAR, NEAR = 300, 20
"""Characters within which an order follows an address: after a colon or the like, and after a comma."""

_COMPILED = tuple((name, re.compile(pattern, re.DOTALL)) for name, pattern in _RULES)
_SIGNS = re.compile(
    r"ignor|disregard|forget|overr[iu]|bypass|discard|not follow|t follow|stop following|<\||inst\]|sys>|system|"
    r"developer|hidden prompt|instruction|assistant|agent|model|bot|llm|gpt|a\.i\.|\bai\b"
)
"""Of what every planted passage holds a part, in small letters."""

_END = re.compile(r"[.!?]\s+|\n")
_SPACE = re.compile(r"\s+")
_TAGS = range(0xE0020, 0xE007F)
"""Characters that draw nothing and stand for ASCII: a text in them is for machines alone."""

_INLINE = frozenset({"text", "strong", "emphasis", "code", "mark", "generic", "link", "insertion", "deletion"})
LEAST_HIDDEN = 8
"""Invisible letters in a row that are a text; flags in emoji have up to six."""


@dataclass(frozen=True, slots=True)
class Planted:
    """A passage that was found, first at step `step`, on `screen` where there was one; `rule` says what is odd."""

    step: int
    screen: str | None
    passage: str
    rule: str


def find_planted(episode: Episode) -> tuple[Planted, ...]:
    """The planted passages of each distinct screen, with the first step that shows it, in order."""
    planted: list[Planted] = []
    known: dict[tuple[str | None, str | None, str | None], list[tuple[str, str]]] = {}
    listed: set[tuple[str | None, str]] = set()
    for step in episode.steps:
        for moment in (step.before, step.after):
            if moment is None:
                continue
            seen = moment.seen
            place = (seen.tree, seen.title, seen.notice)
            if place not in known:
                known[place] = passages_of(seen.title, seen.notice, moment.tree)
            for passage, rule in known[place]:
                if (seen.screen, passage) not in listed:
                    listed.add((seen.screen, passage))
                    planted.append(Planted(step.step.step_index, seen.screen, passage, rule))
    return tuple(planted)


def may_hold(data: bytes) -> bool:
    """Whether texts in UTF-8, such as the JSON of a tree, may hold a planted passage: quick, and never wrongly no."""
    text = data.decode("utf-8", "replace")
    if _SIGNS.search(text.casefold()) is not None:
        return True
    if text.isascii():
        return False
    if any(unicodedata.category(letter) == "Cf" for letter in set(text)):
        return True
    return _SIGNS.search(unicodedata.normalize("NFKC", text).casefold()) is not None


def passages_of(title: str | None, notice: str | None, tree: Tree | None) -> list[tuple[str, str]]:
    """The planted passages of what is seen, each with its rule, the longest of those that hold one another."""
    rules: dict[str, str] = {}
    telling: set[str] = set()
    for text, hidden in dict(_texts(title, notice, tree)).items():
        for passage, rule in passages_in(text):
            telling.add(text)
            rules.setdefault(passage, f"{PLANTED}: {rule}{', in hidden text' if hidden else ''}")
    for run in _inline_runs(tree) if tree is not None else ():
        if not any(node.name in telling for node in run):
            for passage, rule in passages_in(" ".join(node.name for node in run)):
                rules.setdefault(passage, f"{PLANTED}: {rule}{', in hidden text' if all(map(_is_hidden, run)) else ''}")
    outer = [passage for passage in rules if not any(passage != other and passage in other for other in rules)]
    return [(passage, rules[passage]) for passage in outer[:PASSAGES]]


def passages_in(text: str) -> Iterator[tuple[str, str]]:
    """The planted passage of a text, with what is odd about it; none or one, and one in invisible letters."""
    unseen = _invisible(text)
    if unseen is not None:
        yield unseen, "invisible letters"
    plain = readable(text)
    small = plain.casefold().replace("\u2019", "'")
    places = [(match.start(), name) for name, rule in _COMPILED if (match := rule.search(small)) is not None]
    places += [(place, "addresses the agent") for place in _addresses(small)]
    if not places:
        return
    place, name = min(places)
    # Folding case can change a text's length; then the passage begins at its begin.
    start = _begin(plain, place) if len(small) == len(plain) else 0
    yield plain[start:][:PASSAGE_LIMIT].strip(), name


def _addresses(small: str) -> Iterator[int]:
    """Where the text first addresses an agent and gives an order; orders are looked up once, however many address."""
    orders: list[int] | None = None
    for address in _ADDRESS.finditer(small):
        orders = [order.start() for order in _ORDERS.finditer(small)] if orders is None else orders
        following = bisect_left(orders, address.end())
        reach = FAR if address["far"] else NEAR
        if following < len(orders) and orders[following] <= address.end() + reach:
            yield address.start()
            return


def readable(text: str) -> str:
    """The text as it is read: one form of each letter, nothing that draws nothing, single spaces."""
    if text.isascii():
        return _SPACE.sub(" ", text).strip()
    shown = "".join(letter for letter in unicodedata.normalize("NFKC", text) if unicodedata.category(letter) != "Cf")
    return _SPACE.sub(" ", shown).strip()


def _begin(text: str, place: int) -> int:
    """Where the sentence begins that holds the place; a match may begin with the mark that ends the one before."""
    while place < len(text) and not (text[place].isalnum() or text[place] in "<[#"):
        place += 1
    ends = [end.end() for end in _END.finditer(text, 0, place)]
    return ends[-1] if ends else 0


def _invisible(text: str) -> str | None:
    if text.isascii():
        return None
    letters = [chr(ord(letter) - 0xE0000) for letter in text if ord(letter) in _TAGS]
    return "".join(letters)[:PASSAGE_LIMIT].strip() if len(letters) >= LEAST_HIDDEN else None


def _texts(title: str | None, notice: str | None, tree: Tree | None) -> Iterator[tuple[str, bool]]:
    """What a screen says, text by text, and whether it is hidden."""
    for said in (title, notice):
        if said:
            yield said, False
    for node in tree.nodes if tree is not None else ():
        for said in (node.name, node.value, *node.options):
            if said and len(said) > LEAST_HIDDEN:
                yield said, _is_hidden(node)


def _inline_runs(tree: Tree) -> Iterator[Sequence[Node]]:
    """Inline leaves in a row of one depth or so: a sentence in which a word is set in bold is several of them."""
    run: list[Node] = []
    for place, node in enumerate(tree.nodes):
        below = tree.nodes[place + 1].depth if place + 1 < len(tree.nodes) else 0
        if node.role in _INLINE and node.name and (not run or abs(node.depth - run[0].depth) <= 1):
            if below <= node.depth:
                run.append(node)
            continue
        if len(run) > 1:
            yield run
        run = []
    if len(run) > 1:
        yield run


def _is_hidden(node: Node) -> bool:
    box = node.box
    return box is None or box.width * box.height < 4 or "covered" in node.flags
