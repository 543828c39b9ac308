"""Finding an element again on another visit, by its locators in their order."""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from schemas.identity import stable_text
from schemas.records import Box, Node, Target, Tree

Evidence: TypeAlias = Literal["test id", "id", "role", "path", "text", "box"]
_Identity: TypeAlias = tuple[str, str]
_WEAK = frozenset({"path", "text", "box"})

MOVED = 2.0
"""Pixels between the middles of two boxes beyond which an element lies elsewhere."""

OVERLAP = 0.5
"""Share of two boxes that is in both, from which they are the same place."""


@dataclass(frozen=True, slots=True)
class Match:
    """An element that was found again: `index` is its place in the tree, `matches` how many fitted.

    Of several, it is the one that is nearest to the recorded place.
    """

    index: int
    node: Node
    evidence: Evidence
    matches: int
    moved: bool


def find_again(target: Target, tree: Tree | None, known: Tree | None) -> Match | None:
    """The element of a target in another tree, or None.

    `known` is the tree in which it was recorded. A path, a text or a place is weak evidence: an element that `known`
    has under its own role and name is that one, moved up, and not the one that is looked for.
    """
    if tree is None:
        return None
    names = Counter(_identity(node) for node in known.nodes) if known is not None else Counter[_Identity]()
    for evidence, value in _evidence(target):
        matches = []
        for index, node in enumerate(tree.nodes):
            if node.box is None or not _fits(node, evidence, value, target):
                continue
            if evidence in _WEAK and names[_identity(node)] and _identity(node) != _identity(target):
                continue
            matches.append(index)
        if matches:
            index = _nearest(matches, tree, target.box)
            node = tree.nodes[index]
            return Match(index, node, evidence, len(matches), _distance(node.box, target.box) > MOVED)
    return None


def text_likeness(old: Tree, new: Tree) -> float:
    """The share of roles, names and values that two trees have in common, wherever they are: from 0 to 1."""
    first, second = (
        Counter((node.role, stable_text(node.name), stable_text(node.value or "")) for node in tree.nodes)
        for tree in (old, new)
    )
    total = first.total() + second.total()
    return round(2 * (first & second).total() / total, 4) if total else 1.0


def _evidence(target: Target) -> Iterator[tuple[Evidence, str]]:
    """What an element is looked for by, in this order, each with the value of its locator."""
    yield from ((locator.kind, locator.value) for locator in target.locators)
    if target.name:
        yield "text", target.name
    if target.box is not None:
        yield "box", ""


def _fits(node: Node, evidence: Evidence, value: str, target: Target) -> bool:
    match evidence:
        case "test id":
            return node.test_id == value
        case "id":
            return node.id == value
        case "role":
            return node.name != "" and (f"{node.role} {node.name}" == value or _identity(node) == _identity(target))
        case "path":
            return node.path == value and node.role == target.role
        case "text":
            return node.name != "" and stable_text(node.name) == stable_text(value)
        case "box":
            return target.box is not None and node.role == target.role and _overlap(node.box, target.box) >= OVERLAP


def _identity(element: Node | Target) -> _Identity:
    return element.role, stable_text(element.name)


def _nearest(matches: list[int], tree: Tree, place: Box | None) -> int:
    """The element nearest to a place; of those as near, one on the screen, then the innermost of them."""
    return min(
        matches, key=lambda index: (_distance(tree.nodes[index].box, place), not tree.nodes[index].on_screen, -index)
    )


def _distance(first: Box | None, second: Box | None) -> float:
    if first is None or second is None:
        return 0.0
    return math.dist(first.centre, second.centre)


def _overlap(first: Box | None, second: Box) -> float:
    """The part of both boxes together that is in both."""
    if first is None:
        return 0.0
    width = min(first.x + first.width, second.x + second.width) - max(first.x, second.x)
    height = min(first.y + first.height, second.y + second.height) - max(first.y, second.y)
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    return both / (first.width * first.height + second.width * second.height - both)
