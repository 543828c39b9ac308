"""What a number and a text of a recording may be: bounded when it is written, and refused beyond that when it is read.

Pages put elements at 1e30 pixels, toolkits hide theirs at -2147483648, and a stranger's recording may hold anything.
Whoever computes with what was recorded need not think of it.
"""

import dataclasses
import functools
import math
from typing import Any, TypeVar, cast

from schemas.errors import SchemaError
from schemas.records import Tree

T = TypeVar("T")

NUMBER_LIMIT = 2.0**31
"""What a number that is recorded lies within, on both sides of zero: more pixels than any screen has."""

READ_LIMIT = 2.0**32
"""The same of one that is read."""

TEXT_READ_LIMIT = 20_000
"""Characters of a text that is read; what is recorded has less, but for the set-up and the check of a task."""

_FREE = frozenset({"seed", "setup", "check"})
"""Fields that are numbers of 64 bits and texts of any length."""


def bound(number: float) -> float:
    """The number as it may be recorded; what is none is zero."""
    if -NUMBER_LIMIT <= number <= NUMBER_LIMIT:
        return number
    return 0.0 if math.isnan(number) else math.copysign(NUMBER_LIMIT, number)


def bounded_numbers(value: T) -> T:
    """The record with the numbers in it as they may be recorded; the same object where they are."""
    if isinstance(value, float):
        return cast(T, bound(value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        held = {name: getattr(value, name) for name in _fields(type(value))}
        changed = {name: bounded_numbers(part) for name, part in held.items()}
        return value if all(changed[name] is held[name] for name in held) else dataclasses.replace(value, **changed)
    return value


def check_limits(value: Any) -> None:
    """Refuses a record with a number or a text beyond what may be read.

    Raises:
        SchemaError: if it has one; the text begins with where.
    """
    kind = type(value)
    if kind is float or kind is int:
        if not -READ_LIMIT <= value <= READ_LIMIT:
            raise SchemaError(f": expected a number within {READ_LIMIT:g} of zero, found {value:.6g}")
    elif kind is str:
        if len(value) > TEXT_READ_LIMIT:
            raise SchemaError(f": expected at most {TEXT_READ_LIMIT} characters, found {len(value)}")
    elif kind is tuple:
        for index, part in enumerate(value):
            _check_part(f"[{index}]", part)
    elif dataclasses.is_dataclass(kind):
        for name in _fields(kind):
            if name not in _FREE:
                _check_part(f".{name}", getattr(value, name))


def check_tree(tree: Tree) -> None:
    """The same for a tree, whose nodes are many.

    Raises:
        SchemaError: if it has a number or a text beyond what may be read.
    """
    check_limits(dataclasses.replace(tree, nodes=()))
    for index, node in enumerate(tree.nodes):
        box, texts = node.box, (node.name, node.value or "", node.href or "", *node.options, *node.actions)
        numbers = (node.depth, 0) if box is None else (node.depth, box.x, box.y, box.width, box.height)
        if node.depth < 0:
            raise SchemaError(f"Tree.nodes[{index}].depth: expected 0 or more, found {node.depth}")
        if max(map(abs, numbers)) > READ_LIMIT or max(map(len, texts)) > TEXT_READ_LIMIT:
            _check_part(f"Tree.nodes[{index}]", node)


def _check_part(place: str, value: Any) -> None:
    try:
        check_limits(value)
    except SchemaError as error:
        raise SchemaError(f"{place}{error}") from error


@functools.cache
def _fields(record: Any) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(record))
