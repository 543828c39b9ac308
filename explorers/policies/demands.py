"""What a form says of what a field takes: a length, a range, how a date is written, that something was refused."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

from explorers.policies.fields import FieldKind
from schemas.records import Box, Node

NEAR = 3
"""Texts before and after a field that may speak of it."""

FAR = 300
"""Pixels between a field and what is said of it, at most."""

SAID = 300
"""Characters of a text that are read."""

_NUMBER = r"(-?\d+(?:\.\d+)?)"
_BETWEEN = re.compile(
    rf"\b(?:between|from|in the range(?: of)?)\s+{_NUMBER}\s*(?:and|to|-|\u2013)\s*{_NUMBER}", re.IGNORECASE
)
_SPAN = re.compile(rf"[(\[]\s*{_NUMBER}\s*(?:-|\u2013|to|\.\.)\s*{_NUMBER}[^)\]]{{0,20}}[)\]]", re.IGNORECASE)
_LEAST = re.compile(
    rf"(?:at least|min(?:imum)?\.?(?: of)?|no less than|greater than or equal to|>=)\s*{_NUMBER}", re.IGNORECASE
)
_MORE = re.compile(rf"\b(?:greater|more|larger) than\s+{_NUMBER}", re.IGNORECASE)
_MOST = re.compile(
    rf"(?:at most|max(?:imum)?\.?(?: of)?|no more than|up to|less than or equal to|<=|or fewer:?)\s*{_NUMBER}",
    re.IGNORECASE,
)
_FEWER = re.compile(rf"{_NUMBER}\s+(?:characters?|letters?|digits?|signs?)\s+or\s+(?:fewer|less)", re.IGNORECASE)
_EXACTLY = re.compile(rf"(?:exactly\s+{_NUMBER}|\b{_NUMBER}[- ](?:digit|letter|character)s?\b(?! or))", re.IGNORECASE)
_LONG = re.compile(r"\b(?:characters?|letters?|long|digits?|signs?)\b", re.IGNORECASE)
_WRITTEN = re.compile(r"\b(?:(yyyy)([-/.])mm\2dd|(dd)([-/.])mm\4yyyy|(mm)([-/.])dd\6yyyy)\b", re.IGNORECASE)
_LIKE = re.compile(
    r"(?:e\.g\.|such as|for example|like|example:?|z\. ?b\.)\s*[\"'“„]?([^\s\"'”“,;()]{2,30})", re.IGNORECASE
)
_DIGITS = re.compile(r"\bdigits?\b|\bnumbers? only\b|\bnumeric\b", re.IGNORECASE)
_REFUSED = re.compile(
    r"\b(?:required|invalid|not valid|must|error|incorrect|wrong|please (?:enter|correct|fill|select|choose)|"
    r"cannot be (?:blank|empty)|can't be (?:blank|empty)|already (?:exists|taken|in use)|missing|too (?:short|long)|"
    r"is not an? |not one of|valid choice|a valid|"
    r"ungültig|erforderlich|pflichtfeld|fehler|obligatoire|obligatorio|inválid\w+|erreur)\b",
    re.IGNORECASE,
)
_SAVED = re.compile(
    r"\b(?:saved|added|created|updated|changed|success\w*|thank you|thanks|submitted|stored|registered|received|"
    r"gespeichert|erstellt|enregistré|creado|guardado)\b",
    re.IGNORECASE,
)


_OF_ALL = re.compile(r"\b(?:errors?|fields?) (?:below|above)\b|\bfollowing\b|\bfehler unten\b", re.IGNORECASE)
"""What is said of a form as a whole."""

_NOT = re.compile(r"\b(?:not|nicht|pas|no se)\b|n't\b", re.IGNORECASE)

_ASKED: tuple[tuple[FieldKind, re.Pattern[str]], ...] = (
    ("email", re.compile(r"\be-?mail\b", re.IGNORECASE)),
    ("ip address", re.compile(r"\bip(?:v[46])?\b", re.IGNORECASE)),
    ("url", re.compile(r"\burl\b|web address", re.IGNORECASE)),
    ("datetime", re.compile(r"\bdate(?:/| and )time\b", re.IGNORECASE)),
    ("date", re.compile(r"\bdate\b|\bdatum\b", re.IGNORECASE)),
    ("time", re.compile(r"\btime\b", re.IGNORECASE)),
    ("number", re.compile(r"\bnumber\b|\binteger\b|\bvalid choice\b|\bprimary key\b", re.IGNORECASE)),
)
"""What a refusal says that the field takes."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What is said of a field: bounds of its number, of its length, an example, how a day is written, what it takes."""

    low: float | None = None
    high: float | None = None
    shortest: int | None = None
    longest: int | None = None
    example: str | None = None
    digits: bool = False
    written: str = "%Y-%m-%d"
    kind: FieldKind | None = None

    def day(self, day: date) -> str:
        """The day as the field wants it."""
        return day.strftime(self.written)

    def fit(self, text: str, kind: FieldKind) -> str:
        """The text changed until it is as long as is asked for, and like the example where nothing else is known."""
        if kind in ("words", "search") and self.example is not None:
            return self.example
        if kind == "number" and (self.shortest or self.longest):
            return ("4711" * 50)[: self.shortest or self.longest]
        if kind in ("number", "price", "date", "datetime", "time", "month", "week", "password", "email"):
            return text
        if self.digits and kind == "words":
            text = "4711" * 5
            text = text[: self.longest or self.shortest or 4]
        text = text or "Linden"
        while self.shortest is not None and len(text) < self.shortest:
            text = f"{text} {text}" if " " in text or len(text) > 3 else text + text
        return text if self.longest is None else text[: self.longest].rstrip()


def demand_of(nodes: Sequence[Node], index: int) -> Demand:
    """What the label of a field and the texts beside it say of it."""
    node = nodes[index]
    texts = [node.name, *_beside(nodes, index)]
    low = high = None
    shortest = longest = None
    for text in (text[:SAID] for text in texts):
        about_length = _LONG.search(text) is not None
        least, most = _bounds(text)
        if least is None and most is None and (exact := _EXACTLY.search(text)):
            least = most = float(exact[1] or exact[2])
            about_length = about_length or exact[2] is not None
        if about_length and node.role != "spinbutton":
            shortest = shortest if least is None else int(least)
            longest = longest if most is None else int(most)
        else:
            low, high = (low if least is None else least), (high if most is None else most)
    example = next((found[1].rstrip(".") for text in texts if (found := _LIKE.search(text[:SAID]))), None)
    return Demand(
        low,
        high,
        shortest if shortest is None or 0 < shortest <= 200 else None,
        longest if longest is None or longest > 0 else None,
        example,
        any(_DIGITS.search(text[:SAID]) for text in texts),
        _written(texts),
        _told(nodes, index),
    )


def labelled(nodes: Sequence[Node], index: int) -> Node:
    """The field by the name that stands beside it or over its column, where it has none of its own."""
    node = nodes[index]
    if node.name:
        return node
    for other in reversed(nodes[max(index - NEAR, 0) : index]):
        if other.column:
            return replace(node, name=other.column)
        if other.role in _FIELDS or other.depth < node.depth - 1:
            break
        if other.role == "text" and other.name:
            return replace(node, name=other.name[:SAID])
    return node


def _told(nodes: Sequence[Node], index: int) -> FieldKind | None:
    """The kind of value that a refusal beside the field asks for, or the links that set it."""
    first = max(index - NEAR, 0)
    fields = [at for at in range(first, min(index + 1 + NEAR, len(nodes))) if nodes[at].has("editable")]
    for node in nodes[first : index + 1 + NEAR]:
        if node.role in _SPEAKING and _REFUSED.search(node.name[:SAID]) and index in blamed(nodes, fields, [node.name]):
            for kind, words in _ASKED:
                if words.search(node.name[:SAID]):
                    return kind
    if nodes[index].role == "spinbutton":
        return None
    after = []
    for node in nodes[index + 1 : index + 1 + NEAR]:
        if node.has("editable") or node.role in ("combobox", "listbox"):
            break
        after.append(node.name)
    return "date" if "Today" in after else "time" if "Now" in after else None


def refusals(nodes: Sequence[Node]) -> frozenset[str]:
    """The texts of a screen that say that something was not taken."""
    return frozenset(
        node.name for node in nodes if node.role in _SPEAKING and len(node.name) <= SAID and _REFUSED.search(node.name)
    )


def blamed(nodes: Sequence[Node], fields: Sequence[int], told: Collection[str]) -> frozenset[int]:
    """Which fields the refusals on a screen are about: for each the nearest, and one on its line before any other."""
    found = set()
    for index, node in enumerate(nodes):
        if node.name not in told or node.role not in _SPEAKING or node.box is None or _OF_ALL.search(node.name):
            continue
        boxes = ((_gap(node.box, box), abs(field - index), field) for field in fields if (box := nodes[field].box))
        nearest = min(boxes, default=None)
        if nearest is not None and nearest[0] <= FAR:
            found.add(nearest[2])
    return frozenset(found)


def _gap(one: Box, other: Box) -> float:
    """How far apart two boxes are; pixels up and down count three times."""
    across = max(one.x - other.x - other.width, other.x - one.x - one.width, 0.0)
    down = max(one.y - other.y - other.height, other.y - one.y - one.height, 0.0)
    return across + 3 * down


def says_saved(nodes: Sequence[Node]) -> frozenset[str]:
    """The texts of a screen that say that something was kept, and not that it was not."""
    return frozenset(node.name for node in nodes if node.role in _SPEAKING and is_saved(node.name))


def is_saved(text: str) -> bool:
    """Whether a text says that something was kept."""
    return len(text) <= SAID and _SAVED.search(text) is not None and not _REFUSED.search(text) and not _NOT.search(text)


_SPEAKING = frozenset({"text", "alert", "status", "listitem", "alertdialog", "heading", "log"})
_FIELDS = frozenset(
    {"textbox", "searchbox", "spinbutton", "combobox", "listbox", "checkbox", "radio", "switch", "button"}
)


def _beside(nodes: Sequence[Node], index: int) -> list[str]:
    """The texts between a field and the fields before and after it, the nearest first."""
    after: list[str] = []
    for node in nodes[index + 1 : index + 1 + NEAR]:
        if node.role in _FIELDS:
            break
        if node.role in _SPEAKING:
            after.append(node.name)
    before: list[str] = []
    for node in reversed(nodes[max(index - NEAR, 0) : index]):
        if node.role in _FIELDS:
            break
        if node.role in _SPEAKING:
            before.append(node.name)
    return [*after, *before[:1]]


def _bounds(text: str) -> tuple[float | None, float | None]:
    for pattern in (_BETWEEN, _SPAN):
        if found := pattern.search(text):
            return float(found[1]), float(found[2])
    least, most = _LEAST.search(text), _MOST.search(text) or _FEWER.search(text)
    low = float(least[1]) if least else None
    if low is None and (more := _MORE.search(text)):
        low = float(more[1]) + 1
    return low, float(most[1]) if most else None


def _written(texts: Sequence[str]) -> str:
    for text in texts:
        if found := _WRITTEN.search(text[:SAID]):
            if found[1]:
                return f"%Y{found[2]}%m{found[2]}%d"
            return f"%d{found[4]}%m{found[4]}%Y" if found[3] else f"%m{found[6]}%d{found[6]}%Y"
    return "%Y-%m-%d"
