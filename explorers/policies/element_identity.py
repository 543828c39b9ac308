"""Which elements are the same: after a scroll, on another visit, with another count or label."""

import re
from collections import Counter
from dataclasses import replace

from explorers.core.affordances import Affordance
from schemas.identity import stable_text

NUMBERED = 7
"""Siblings that differ in a number alone, from which on they are one thing: the days of a calendar, a pager's pages."""

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_LETTER = re.compile(r"[^\W\d_]")
_DIGIT = re.compile(r"\d")


def with_lasting_identity(elements: tuple[Affordance, ...], *, counted: bool = False) -> tuple[Affordance, ...]:
    """The affordances with identities that outlast a relabel.

    An element that has an id of its own, without digits, is told by it whatever it is called: "Show" and "Hide" are
    one button. A number in a name is a count ("Inbox (3)"), unless a sibling on this screen has the same name with
    another number ("Item 3" beside "Item 4"); many such siblings, as the days of a calendar, are one thing all the
    same. Positions count nowhere: paths come without them. Where elements have often neither names nor addresses of
    their own, as on Android, those that are the same to the eye are `counted`.
    """
    folded = [_folded(each.node.name) for each in elements]
    alike = Counter((each.family, name) for each, name in dict.fromkeys(zip(elements, folded, strict=True)))
    bare = Counter(each.family for each in elements if _NUMBER.fullmatch(each.node.name))
    identities = []
    for each, name in zip(elements, folded, strict=True):
        of_many = bare[each.family] >= NUMBERED and _NUMBER.fullmatch(each.node.name) is not None
        name = "#" if of_many else name
        beside = alike[each.family, name]
        identities.append(_identity(each, name, alone=of_many or beside == 1 or (beside >= NUMBERED and "#" in name)))
    if counted:
        met: Counter[tuple[str, ...]] = Counter()
        for at, identity in enumerate(identities):
            met[identity] += 1
            if met[identity] > 1:
                identities[at] = (*identity, f"number {met[identity]}")
    return tuple(replace(each, identity=identity) for each, identity in zip(elements, identities, strict=True))


def _identity(each: Affordance, folded: str, *, alone: bool) -> tuple[str, ...]:
    node = each.node
    if node.id and not _DIGIT.search(node.id) and (node.path or "").endswith(f"#{node.id}"):
        return (*each.family, f"#{node.id}")
    return (*each.family, (folded if alone else stable_text(node.name)) or node.id or "")


def _folded(name: str) -> str:
    """The name with its numbers replaced, where there is a word beside them."""
    name = stable_text(name)
    return _NUMBER.sub("#", name) if _LETTER.search(name) else name
