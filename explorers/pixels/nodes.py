"""What was read of a picture as nodes: words that can be pressed, sentences that can't, signs by their pixels."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from explorers.pixels.columns import with_pictures, with_rows
from explorers.pixels.frames import with_frames
from explorers.pixels.reader import PixelReader, Word, shared_reader
from schemas.records import Box, Flag, Node, Screen, Tree
from schemas.trees import clip
from schemas.visual import decode

KIND = "pixels"
"""The kind of a tree of which all was read from the picture."""

PIXELS: Flag = "pixels"

SENTENCE_WORDS, SENTENCE_LENGTH = 5, 40
"""More words, or more characters, are a text to be read and nothing to press."""

SIGN_LEAST, SIGN_MOST, SIGN_GAP = 9.0, 64.0, 10.0
"""Width and height of a sign that may be a button, and how far its parts lie apart, in pixels."""

_CHORD = re.compile(r"(?:(?:Ctrl|Control|Shift|Alt|Meta|Super|Strg|Cmd)\s*\+\s*)+\S.*|F\d{1,2}|Del(?:ete)?|Entf")


def read_tree(screen: Screen, reader: PixelReader | None = None) -> Tree:
    """The tree of a picture alone, as that of an imported recording that has none.

    Raises:
        ConfigurationError: if the packages that it needs are missing.
        SchemaError: if the bytes are no picture.
    """
    pixels = decode(screen.data)
    reading = (reader or shared_reader()).read(pixels)
    return Tree(
        KIND, tuple(nodes_of(with_frames(with_rows(reading.words, pixels), pixels), depth=0, above="")), reading.cut
    )


def nodes_of(words: Sequence[Word], *, depth: int, above: str) -> list[Node]:
    """The words as nodes of that depth below the node whose path is `above`, from the top left on."""
    nodes = []
    for word in in_reading_order(with_pictures([*(word for word in words if word.text), *_signs(words)])):
        sentence = len(word.text) > SENTENCE_LENGTH or len(word.text.split()) > SENTENCE_WORDS
        nodes.append(
            Node(
                role="text" if sentence else "button" if word.framed else "generic",
                name=clip(word.text),
                depth=depth,
                flags=(PIXELS,),
                box=word.box,
                id=None if word.text else f"drawn-{word.mark}",
            )
        )
    return with_paths(nodes, above)


def rows_of(words: Sequence[Word], around: Box, *, depth: int, above: str) -> list[Node]:
    """The rows of a menu whose window is `around`, as its items; `value` is the chord that an item tells."""
    rows: list[list[Word]] = []
    for word in sorted((word for word in words if word.text), key=lambda word: word.box.centre[1]):
        if rows and abs(rows[-1][0].box.centre[1] - word.box.centre[1]) < rows[-1][0].box.height * 0.6:
            rows[-1].append(word)
        else:
            rows.append([word])
    nodes = []
    for row in rows:
        row.sort(key=lambda word: word.box.x)
        chord = row[-1].text if len(row) > 1 and _CHORD.fullmatch(row[-1].text) else None
        name = " ".join(word.text for word in (row if chord is None else row[:-1]))
        top, bottom = min(word.box.y for word in row), max(word.box.y + word.box.height for word in row)
        box = Box(around.x, top, around.width, bottom - top)
        nodes.append(Node("menuitem", clip(name), value=chord, depth=depth, flags=(PIXELS,), box=box))
    return with_paths(nodes, above)


def in_reading_order(words: Iterable[Word]) -> list[Word]:
    """The words line by line: those whose middles are at most half their height apart are one line."""
    lines: list[list[Word]] = []
    for word in sorted(words, key=lambda word: (word.box.centre[1], word.box.x)):
        if lines and word.box.centre[1] - lines[-1][0].box.centre[1] <= max(lines[-1][0].box.height, 8) / 2:
            lines[-1].append(word)
        else:
            lines.append([word])
    return [word for line in lines for word in sorted(line, key=lambda word: word.box.x)]


def with_paths(nodes: Iterable[Node], above: str) -> list[Node]:
    """The nodes, each with a path of its own below that one: no other platform names one `drawn`."""
    beginning = f"{above}>" if above else ""
    return [replace(node, path=f"{beginning}drawn:nth-of-type({number})") for number, node in enumerate(nodes, start=1)]


def _signs(words: Iterable[Word]) -> list[Word]:
    """What is drawn and no text, the parts of one picture put together, as far as it may be a button."""
    signs: list[Word] = []
    for word in sorted((word for word in words if not word.text), key=lambda word: (word.box.y, word.box.x)):
        for index, sign in enumerate(signs):
            both = _around(sign.box, word.box)
            if max(both.width, both.height) <= SIGN_MOST and _apart(sign.box, word.box) <= SIGN_GAP:
                signs[index] = replace(sign, box=both)
                break
        else:
            signs.append(word)
    return [sign for sign in signs if _fits(sign.box.width) and _fits(sign.box.height)]


def _fits(size: float) -> bool:
    return SIGN_LEAST <= size <= SIGN_MOST


def _around(one: Box, other: Box) -> Box:
    x, y = min(one.x, other.x), min(one.y, other.y)
    right, bottom = max(one.x + one.width, other.x + other.width), max(one.y + one.height, other.y + other.height)
    return Box(x, y, right - x, bottom - y)


def _apart(one: Box, other: Box) -> float:
    across = max(one.x, other.x) - min(one.x + one.width, other.x + other.width)
    down = max(one.y, other.y) - min(one.y + one.height, other.y + other.height)
    return max(across, down)
