"""Names for fields that have none: the words that stand beside or above them, as a person reads them."""

from collections.abc import Sequence
from dataclasses import replace

from schemas.records import Box, Node

NAMELESS = frozenset({"textbox", "combobox", "spinbutton"})
"""Roles of fields that are named by what stands beside them."""

BESIDE, ABOVE = 240.0, 16.0
"""Pixels between a field and the words to the left of it, and those above it, at most."""

ALIGNED = 24.0
"""Pixels by which words above a field may begin further left or right than it."""

LONGEST = 60
"""Characters of such words: longer ones explain."""


def with_labels(nodes: Sequence[Node]) -> list[Node]:
    """The nodes of windows one after another, with each nameless field called by the words at it; each words once."""
    named = list(nodes)
    for start, end in _windows(nodes):
        texts = {
            at: each.box
            for at, each in enumerate(named[start:end], start)
            if each.role == "text" and 0 < len(each.name) <= LONGEST and each.box is not None
        }
        fields = [at for at in range(start, end) if named[at].role in NAMELESS]
        for at in fields:
            if named[at].name:
                continue
            others = [box for other in fields if other != at and (box := named[other].box) is not None]
            label = _label(named[at].box, texts, others)
            if label is not None:
                del texts[label]
                named[at] = replace(named[at], name=named[label].name)
    return named


def _windows(nodes: Sequence[Node]) -> list[tuple[int, int]]:
    starts = [at for at, node in enumerate(nodes) if node.depth == 0]
    return list(zip(starts, [*starts, len(nodes)][1:], strict=True))


def _label(field: Box | None, texts: dict[int, Box], others: Sequence[Box]) -> int | None:
    """The words to the left of a field with no other field between, else those above it."""
    if field is None or field.width <= 0 or field.height <= 0:
        return None
    beside = {at: field.x - box.x - box.width for at, box in texts.items() if _on_one_line(box, field)}
    near = {at: gap for at, gap in beside.items() if -4 <= gap <= BESIDE}
    if near:
        label = min(near, key=lambda at: near[at])
        between = (other for other in others if _on_one_line(other, field))
        if not any(texts[label].x < other.x < field.x for other in between):
            return label
    over = {
        at: field.y - box.y - box.height
        for at, box in texts.items()
        if -4 <= field.y - box.y - box.height <= ABOVE and abs(box.x - field.x) <= ALIGNED
    }
    return min(over, key=lambda at: over[at], default=None)


def _on_one_line(one: Box, field: Box) -> bool:
    """Whether the middle of one lies between top and bottom of the upper line of the field."""
    return field.y <= one.centre[1] <= field.y + min(field.height, 48.0)
