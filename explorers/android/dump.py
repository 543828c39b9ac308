"""The XML of `uiautomator dump`: elements with the attributes that Android gave them.

Dumps are hostile and often broken: they hold characters that XML forbids, end in the middle, or are an error message.
What could be read of one that is broken is kept, and it is said that it is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from schemas.records import Box
from schemas.trees import well_formed

DUMP_LIMIT = 32 * 2**20
"""Bytes of a dump."""
DEPTH_LIMIT = 200
READ_LIMIT = 50_000
"""Elements of a dump that are read."""

_BOUNDS = re.compile(r"\[(-?\d+),(-?\d+)\]\[(-?\d+),(-?\d+)\]")
# What XML 1.0 forbids, written out and as a reference.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCE = re.compile(r"&#(?:x([0-9a-fA-F]{1,8})|(\d{1,10}));")
_REFERENCES = re.compile(r"(?:&#(?:x[0-9a-fA-F]{1,8}|\d{1,10});)+")
_HALVES = re.compile(rb"(?:\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf])+")
"""Characters beyond U+FFFF as Java writes them: each half of a surrogate pair in three bytes."""


class NoHierarchy(ValueError):
    """What came is no hierarchy; the text says what it is."""


@dataclass(slots=True)
class UiElement:
    """One `node` of the dump, with the attributes that Android gave it."""

    attributes: dict[str, str]
    box: Box
    children: list["UiElement"] = field(default_factory=list)

    @property
    def cls(self) -> str:
        """The class without its package."""
        return self.attributes.get("class", "").rpartition(".")[2].rpartition("$")[2]

    @property
    def package(self) -> str:
        return self.attributes.get("package", "")

    @property
    def id(self) -> str:
        """The resource id; an app's own one without the name of the app."""
        return self.attributes.get("resource-id", "").removeprefix(f"{self.package}:id/")

    @property
    def words(self) -> str:
        """What it is called: its description, else its text."""
        return " ".join((self.attributes.get("content-desc") or self.attributes.get("text", "")).split())

    def has(self, name: str) -> bool:
        """Whether the attribute is true."""
        return self.attributes.get(name) == "true"

    @property
    def pressable(self) -> bool:
        return self.has("clickable") or self.has("long-clickable") or self.has("checkable")


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """What was read: the windows' roots on the first display, the quarter turns of the screen, and what is wrong."""

    roots: tuple[UiElement, ...]
    rotation: int
    problem: str | None = None

    def elements(self) -> Iterator["UiElement"]:
        """All elements, in preorder."""
        for root in self.roots:
            yield from walk(root)

    @property
    def says_something(self) -> bool:
        """Whether there are words on the screen."""
        return any(element.words for element in self.elements())


def read_hierarchy(data: bytes) -> Hierarchy:
    """Reads a dump, as far as it goes.

    Raises:
        NoHierarchy: if it is none: empty, an error message, too large.
    """
    if len(data) > DUMP_LIMIT:
        raise NoHierarchy(f"expected a dump of at most {DUMP_LIMIT} bytes, found {len(data)}")
    text = _HALVES.sub(lambda halves: well_formed(halves[0].decode("utf-8", "surrogatepass")).encode(), data).decode(
        "utf-8", "replace"
    )
    starts = [at for at in (text.find("<hierarchy"), text.find("<displays")) if at >= 0]
    if not starts:
        said = " ".join(text.split())[:200]
        raise NoHierarchy(said or "the dump is empty")
    parser = _DumpParser()
    text = _REFERENCES.sub(_allowed, _FORBIDDEN.sub("�", text[min(starts) :]))
    try:
        parser.expat.Parse(text.encode(), True)
    except expat.ExpatError as error:
        # What stands after the end is a message; before it, the rest is missing.
        if not parser.done:
            parser.problem = f"the tree is broken in line {error.lineno}"
    except _Enough as error:
        parser.problem = str(error)
    if parser.problem is not None and not parser.roots:
        raise NoHierarchy(parser.problem)
    return Hierarchy(tuple(parser.roots), parser.rotation, parser.problem)


class _Enough(Exception):
    """More than is read."""


class _DumpParser:
    """The state of the parser: `open` are the elements around the one that comes, None for those that are skipped."""

    def __init__(self) -> None:
        self.roots: list[UiElement] = []
        self.rotation = 0
        self.done = False
        self.problem: str | None = None
        self._open: list[UiElement | None] = []
        self._count = 0
        self._other_display = False
        self._root = ""
        self.expat = expat.ParserCreate()
        self.expat.StartElementHandler = self._start
        self.expat.EndElementHandler = self._end
        self.expat.EntityDeclHandler = self._refuse

    def _refuse(self, *_: object) -> None:
        raise _Enough("the dump declares entities")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._root = self._root or name
        if name == "display":
            self._other_display = attributes.get("id", "0") != "0"
        elif name == "hierarchy":
            rotation = attributes.get("rotation", "0")
            if not self._other_display and rotation.isdecimal():
                self.rotation = int(rotation[:1])
        elif name == "node" and not self._other_display:
            self._count += 1
            if self._count > READ_LIMIT or len(self._open) > DEPTH_LIMIT:
                raise _Enough("the tree is larger than what is read")
            element = UiElement(attributes, _box(attributes.get("bounds", "")))
            above = self._open[-1] if self._open else None
            (self.roots if above is None else above.children).append(element)
            self._open.append(element)

    def _end(self, name: str) -> None:
        if name == "node" and not self._other_display:
            self._open.pop()
        elif name == self._root:
            self.done = True  # of several displays, the first that ends is not the end


def walk(element: UiElement) -> list[UiElement]:
    """The element and all below it, in preorder."""
    elements, waiting = [], [element]
    while waiting:
        each = waiting.pop()
        elements.append(each)
        waiting += reversed(each.children)
    return elements


def _box(bounds: str) -> Box:
    edges = _BOUNDS.fullmatch(bounds)
    if edges is None:
        return Box(0, 0, 0, 0)
    left, top, right, bottom = (max(-100_000, min(int(number[:9]), 100_000)) for number in edges.groups())
    return Box(left, top, max(0, right - left), max(0, bottom - top))


def _allowed(references: re.Match[str]) -> str:
    """References that follow one another, as XML may say them: two halves of a pair are one character."""
    codes = [int(each[1], 16) if each[1] else int(each[2]) for each in _REFERENCE.finditer(references[0])]
    text = well_formed("".join(chr(code) if code <= 0x10FFFF else "�" for code in codes))
    return "".join(f"&#{ord(each)};" if _fits(ord(each)) else "�" for each in text)


def _fits(code: int) -> bool:
    return code in (9, 10, 13) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or 0x10000 <= code <= 0x10FFFF
