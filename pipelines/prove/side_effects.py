"""What doing a task changed besides what its sentence says: rows, entries and fields of the pages that it went by.

The same pages are opened afresh where nothing was done, and after it was: what differs, and is named by nothing that
the sentence says, is a side effect.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from labelers.observed.transitions import Transition
from pipelines.prove.addresses import can_be_opened, relative
from pipelines.prove.alike import words_of
from pipelines.prove.proving import Claimed, Made, Proving, Walk
from schemas.actions import Open
from schemas.claims import fulfilled
from schemas.conditions import TaskCheck
from schemas.pages import Page, fold
from schemas.proofs import Attempt
from schemas.records import Choice, Request

MOST_PLACES = 3
"""Pages that are compared."""

SHOWN_TEXT = 60
_CUT = "\u2026"


@dataclass(frozen=True, slots=True)
class Fact:
    """A row, an entry of a list or a field with what it says, in the order in which it says it."""

    kind: str
    texts: tuple[str, ...]

    def __str__(self) -> str:
        said = ", ".join(self.texts)
        return f"{self.kind} {said if len(said) <= SHOWN_TEXT else said[: SHOWN_TEXT - 1] + _CUT}"


_Pair: TypeAlias = tuple[Fact | None, Fact | None]


@dataclass(slots=True)
class Changes:
    """What differs on the pages that could be compared, and what of that nothing names."""

    compared: int = 0
    named: list[str] = field(default_factory=list)
    unnamed: list[str] = field(default_factory=list)


def sent_in(walk: Sequence[Transition]) -> Counter[str] | None:
    """How many requests besides reading a walk sent, by their methods; None where nobody knows."""
    sent: Counter[str] = Counter()
    for each in walk:
        requests: tuple[Request, ...] | None = each.step.requests
        if requests is None:
            return None
        sent.update({request.method: request.count for request in requests})
    return sent


def places_of(walk: Sequence[Transition]) -> tuple[Choice, ...]:
    """Opens some of the pages of a walk again: its start, then those that have rows, entries or fields."""
    pages = [each.before for each in walk[:1]] + [each.after for each in walk]
    there: dict[str, Page] = {}
    for page in pages:
        if page is not None and page.location is not None and can_be_opened(page.location):
            there.setdefault(relative(page.location), page)
    telling = [place for number, (place, page) in enumerate(there.items()) if number == 0 or any(facts_of(page))]
    return tuple(Choice(Open(place)) for place in telling[:MOST_PLACES])


def facts_of(page: Page, changing: Collection[str] = (), *, listed: bool = False) -> Iterator[Fact]:
    """The rows, entries and fields of a page, in order; without what changes by itself.

    Where things are `listed` in a table, items that are a link or a button alone are tabs and menus around it.
    """
    rows = set[int]()
    for table in page.tables:
        for row in table.rows:
            rows.update(page.below(row.index))
            texts = tuple(filter(None, map(fold, row.cells.values())))
            yield Fact("row", tuple(text for text in texts if text not in changing))
    for index, node in enumerate(page.nodes):
        if index in page.fields:
            ticked = "ticked" if node.has("checked") else node.value or ""
            if fold(ticked) not in changing:
                yield Fact("field", tuple(filter(None, (fold(node.name), fold(ticked)))))
        elif node.role == "listitem" and index not in rows and not (listed and _is_pressed(page, index)):
            said = fold(page.text_of(index))
            if said and said not in changing:
                yield Fact("entry", (said,))


def _place(page: Page) -> str:
    """The path of a page, by which two are the same place."""
    return relative(page.location or "").partition("?")[0]


def _is_pressed(page: Page, index: int) -> bool:
    """Whether an item says nothing but what one link or button in it is called."""
    said = [page.nodes[at].role for at in page.below(index) if page.nodes[at].name.strip()]
    return len(said) == 1 and said[0] in ("link", "button")


def compare(
    before: Sequence[Page | None], after: Sequence[Page | None], named: Collection[str], changing: Collection[str]
) -> Changes:
    """What differs between pages that were opened where nothing was done and after it was; `named` are folded texts."""
    changes = Changes()
    for one, other in zip(before, after, strict=False):
        if one is None or other is None or one.errors or other.errors or one.headings[:1] != other.headings[:1]:
            continue
        if _place(one) != _place(other):
            continue  # what is not there yet leads elsewhere
        changes.compared += 1
        listed = bool(one.tables or other.tables)
        facts = [list(facts_of(page, changing, listed=listed)) for page in (one, other)]
        _compare(facts[0], facts[1], named, changes)
    return changes


def said_by(text: str, checks: Sequence[TaskCheck | None]) -> frozenset[str]:
    """What a sentence says, folded: what stands in it in quotation marks, and what its checks name."""
    quoted = text.split('"')[1::2]
    named = [each for check in checks if check is not None for each in words_of(check)]
    return frozenset(filter(None, map(fold, (*quoted, *named))))


def _compare(before: list[Fact], after: list[Fact], named: Collection[str], changes: Changes) -> None:
    gone, came = _less(before, after), _less(after, before)
    pairs: list[_Pair] = []
    for new in came:  # what says half of the same was changed into it
        old = next((each for each in gone if each.kind == new.kind and _half(each, new)), None)
        if old is not None:
            gone.remove(old)
        pairs.append((old, new))
    pairs = [(old, new) for old, new in pairs if old is not None or not _is_empty(new)]
    pairs += [(old, None) for old in gone if not _is_empty(old)]
    told = _accounted_for(pairs, named)
    rest = [number for number in range(len(pairs)) if number not in told]
    changes.named += [_told(pairs[number]) for number in sorted(told)]
    added, removed = (sum(pairs[number][side] is None for number in told) for side in (0, 1))
    moved = _at_the_end(before, [old for old, new in (pairs[number] for number in rest) if new is None], added)
    moved += _at_the_end(after, [new for old, new in (pairs[number] for number in rest) if old is None], removed)
    changes.unnamed += [
        _told(pairs[number]) for number in rest if not any(fact in moved for fact in pairs[number] if fact is not None)
    ]


def _is_empty(fact: Fact | None) -> bool:
    """Whether it is a field that holds nothing: it comes and goes with the list that it is for."""
    return fact is not None and fact.kind == "field" and len(fact.texts) < 2


def _less(facts: Sequence[Fact], others: Sequence[Fact]) -> list[Fact]:
    """Those that are not among the others, as often, in order."""
    left = Counter(others)
    found = []
    for fact in facts:
        if left[fact]:
            left[fact] -= 1
        else:
            found.append(fact)
    return found


def _half(one: Fact, other: Fact) -> bool:
    common = sum((Counter(one.texts) & Counter(other.texts)).values())
    return common > 0 and 2 * common >= max(len(one.texts), len(other.texts))


def _names(fact: Fact, named: Collection[str]) -> frozenset[str]:
    """What is named of it."""
    return frozenset(each for each in named if any(f" {each} " in f" {text} " for text in fact.texts))


def _accounted_for(pairs: Sequence[_Pair], named: Collection[str]) -> set[int]:
    """The indexes of those that are named; of what is new only what is named better than all else that is new.

    The sentence speaks of one of them: another that says no more of it is another, be it the same once more.
    """
    told = {
        number for number, pair in enumerate(pairs) if any(fact is not None and _names(fact, named) for fact in pair)
    }
    fresh = {number: new for number in sorted(told) for old, new in [pairs[number]] if old is None and new is not None}
    accounted: list[tuple[str, frozenset[str]]] = []
    for number, new in sorted(fresh.items(), key=lambda each: -len(_names(each[1], named))):
        said = _names(new, named)
        if any(kind == new.kind and said <= more for kind, more in accounted):
            told.discard(number)
        accounted.append((new.kind, said))
    return told


def _at_the_end(facts: Sequence[Fact], strays: Sequence[Fact | None], most: int) -> list[Fact]:
    """Those of the strays that a list of so many rows has no room for any more, or again: its last ones."""
    last = [fact for kind in ("row", "entry") for fact in [each for each in facts if each.kind == kind][-most:] if most]
    return [fact for fact in strays if fact is not None and fact in last]


def _told(pair: _Pair) -> str:
    old, new = pair
    if old is None:
        return f"new {new}"
    return f"gone {old}" if new is None else f"{old} became {', '.join(new.texts)[:SHOWN_TEXT]}"


def side_effects_lane(task: Claimed, claim: TaskCheck, made: Made, proving: Proving) -> None:
    """Whether nothing was changed but what the sentence says, and a change more would have been seen."""
    copy = proving.copy
    assert copy is not None  # it was done each time
    sent = sent_in(copy.transitions)
    if sent is None:
        proving.say("side effects", "abstained", "nobody knows what it sent", (copy,))
        return
    if not sent:
        proving.say("side effects", "passed", "it sent nothing but what reads", (copy,))
        return
    looks = places_of(copy.transitions)
    named = said_by(task.text, (claim, task.read))
    before = made(Attempt(task.start, looks), "side effects", "its pages, where nothing is done")
    after = made(Attempt(task.start, (*proving.path, *looks)), "side effects", "its pages after it")

    def changed(walk: Walk) -> Changes:
        return compare(_seen(before, looks), _seen(walk, looks), named, proving.changing)

    changes = changed(after)
    told = f"sent {', '.join(f'{count} {method}' for method, count in sorted(sent.items()))}"
    if changes.unnamed:
        told = f"{told}; changed besides: {'; '.join(changes.unnamed)}"
        proving.say("side effects", "failed", told, (before, after), len(changes.unnamed))
        return
    if not changes.compared:
        proving.say("side effects", "abstained", f"{told}; no page of it could be compared", (before, after))
        return
    told = f"{told}; {'; '.join(changes.named) or 'no row, entry or field is another'}"
    walks = [before, after]
    for miss, walk in proving.misses:
        if sent_in(walk.transitions):
            besides = (*miss.choices, Choice(Open(task.start)), *proving.path, *looks)
            more = made(Attempt(task.start, besides), "side effects", f"{miss.kind} at step {miss.step}, then the path")
            walks.append(more)
            if more.complete and not changed(more).unnamed and fulfilled(claim, _until(more, looks)):
                proving.say("side effects", "abstained", f"{told}; something more would not be seen", walks)
                return
            break
    proving.say("side effects", "passed", told, walks)


def _seen(walk: Walk, looks: Sequence[Choice]) -> list[Page | None]:
    """The pages that were opened last, where all of them were."""
    return [each.after for each in walk.transitions[-len(looks) :]] if walk.complete else []


def _until(walk: Walk, looks: Sequence[Choice]) -> tuple[Page, ...]:
    return walk.pages[: len(walk.pages) - len(looks)]
