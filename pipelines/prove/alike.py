"""What a page says, what of that changes by itself, and whether two walks end alike but for that."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import fields, is_dataclass

from schemas.conditions import Answered, TaskCheck
from schemas.pages import Page, fold
from schemas.screen_conditions import place_of

_NUMBER = re.compile(r"[0-9]+(?:[.,:][0-9]+)*")
NOTHING: frozenset[str] = frozenset()


def said_on(page: Page) -> Counter[str]:
    """The names and values of all elements, folded, with how often."""
    said = Counter(fold(node.name) for node in page.nodes)
    said.update(fold(node.value) for node in page.nodes if node.value is not None)
    del said[""]
    return said


def volatile(first: Sequence[Page], second: Sequence[Page]) -> frozenset[str]:
    """What one of two walks of the same path says on a page, or in its address, that the other does not say there.

    Where two of these differ in numbers alone, what they share stands for all that do (`seen # times`).
    """
    found: set[str] = set()
    for one, other in zip(first, second, strict=False):
        here, there = _all_of(one), _all_of(other)
        found |= here ^ there
        found |= {_numberless(text) for text in here - there} & {_numberless(text) for text in there - here} - {""}
    return frozenset(found)


def alike(first: Page, second: Page, changing: Collection[str] = NOTHING) -> bool:
    """Whether two pages say the same in the same order, wherever they were found; but for what changes by itself."""
    return _without(first, changing) == _without(second, changing)


def names(check: TaskCheck, changing: Collection[str]) -> str | None:
    """The first text that a check names and that changes by itself, or None."""
    return next((text for text in words_of(check) if fold(text) in changing), None)


def words_of(check: TaskCheck) -> Iterator[str]:
    """The texts that a check names."""
    for condition in check.conditions:
        yield from _texts(condition)


def _all_of(page: Page) -> set[str]:
    place = place_of(page.location)
    parts = () if place is None else (*place[0].split("/"), *(value for _, value in place[1]))
    return {*said_on(page), *filter(None, map(fold, parts))}


def _without(page: Page, changing: Collection[str]) -> list[str]:
    said = (fold(text) for node in page.nodes for text in (node.name, node.value) if text)
    return [text for text in said if text and not {text, _numberless(text)}.intersection(changing)]


def _numberless(text: str) -> str:
    """The text with a sign for each of its numbers; empty where it has none, or nothing else."""
    told = _NUMBER.sub("#", text)
    return told if told != text and any(map(str.isalpha, told)) else ""


def _texts(part: object) -> Iterator[str]:
    """The texts that a condition names; an answer is compared with what was said, and not looked for."""
    match part:
        case Answered():
            return
        case str():
            yield part
        case tuple():
            for each in part:
                yield from _texts(each)
        case _ if is_dataclass(part):
            for each in fields(part):
                yield from _texts(getattr(part, each.name))
