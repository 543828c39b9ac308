"""What comes of other actions: in a state of a proven walk something else is done, and then it is gone on.

If the claim holds by the rest of the path, what was done is a detour at most. If it holds only after going back, it is
a wrong turn, whose cost is the steps that it took more; if by none of what is tried, it is unrecovered; and destructive
where it sent something to the site besides. Like the lanes it is a pure function of what attempts led to, and runs
twice: while they are made, and over the lake.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Literal

from pipelines.prove.isolation import changes
from pipelines.prove.lanes import UNNAMED
from pipelines.prove.misses import near_misses
from pipelines.prove.proving import Claimed, Proving, Try, Walk
from pipelines.prove.tasks import Deed
from schemas.actions import Back, Click, Key, Point, Type
from schemas.claims import fulfilled
from schemas.keys import canonical_json, plain_text
from schemas.pages import Page, fold
from schemas.proofs import Attempt, Wrong
from schemas.records import Choice
from schemas.targets import target_of

MOST = 4
"""Other actions that are looked at of one task."""

MOST_EXPLORED = 2
"""Of them, those that were done while it was explored; the others are near misses."""

MOST_RESTS, MOST_WAYS = 2, 5
"""Rests of the path that are tried after another action besides the one that follows it, and ways back besides Back."""

MOST_ATTEMPTS = 2 + MOST_RESTS + MOST_WAYS
"""Attempts at one other action, with the step after it and with going back."""

BACK = Choice(Back())
ESCAPE = Choice(Key("Escape"))
_NAMES = {BACK: "back", ESCAPE: "Escape"}
EXPLORED = "as it was explored"

Kind = Literal["detour"] | Wrong


@dataclass(frozen=True, slots=True)
class Other:
    """Something else to do at a step of the path; `variant` says in what way."""

    step: int
    choice: Choice
    variant: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of another action.

    `cost` is how many steps more it took to do the task, None where it was not done. `asked` is the attempt with its
    pictures, in which one went back after it, and `held` the index in it of a step of the path that was done right in
    the same state after that; a detour has neither.
    """

    step: int
    variant: str
    kind: Kind
    cost: int | None
    tried: int
    asked: Attempt | None = None
    held: int | None = None


class _Missing(Exception):
    """An attempt can't be had."""


def outcomes(
    task: Claimed, proving: Proving, attempt: Try, *, deeds: Sequence[Deed] = (), most: int = MOST
) -> tuple[Outcome, ...]:
    """What came of other actions on the way of a proven task; those whose attempts can't be had are left out."""
    if not proving.proven or proving.copy is None:
        return ()
    found: list[Outcome] = []
    for other in others(proving, deeds)[:most]:
        with suppress(_Missing):
            outcome = _Trial(other, task, proving, attempt).outcome()
            found += [] if outcome is None else [outcome]
    return tuple(found)


def others(proving: Proving, deeds: Sequence[Deed]) -> tuple[Other, ...]:
    """Other actions in the states of the walk, at most `MOST`: what was explored there, then near misses."""
    assert proving.copy is not None  # it is proven
    path, walked = proving.path, proving.copy.transitions
    explored = [
        Other(step, deed.choice, EXPLORED)
        for step, transition in enumerate(walked)
        for deed in deeds
        if deed.state == transition.state
        and not isinstance(deed.choice.action, UNNAMED)
        and not deed.choice.action.ends
    ]
    known = {(step, _meant(choice)) for step, choice in enumerate(path)}
    fresh = list(_fresh(explored, known))[:MOST_EXPLORED]
    missed = (
        Other(miss.step, miss.choices[miss.step], miss.kind)
        for miss in near_misses(path, walked)
        if miss.instead and not miss.spare
    )
    return (*fresh, *_fresh(missed, known | {(other.step, _meant(other.choice)) for other in fresh}))[:MOST]


def _fresh(actions: Iterable[Other], known: set[tuple[int, bytes]]) -> Iterator[Other]:
    seen = set(known)
    for other in actions:
        name = (other.step, _meant(other.choice))
        if name not in seen:
            seen.add(name)
            yield other


def _meant(choice: Choice) -> bytes:
    """What is done to which element, wherever that lies."""
    action, target = choice.action, choice.target
    said = None if action.text_field is None else getattr(action, action.text_field)
    on = None if target is None else [target.role, plain_text(target.name), target.locators]
    return canonical_json([type(action).__name__, said, on])


class _Trial:
    """One other action, and the walks that went on after it in one way or another."""

    def __init__(self, other: Other, task: Claimed, proving: Proving, attempt: Try) -> None:
        assert proving.copy is not None  # it is proven
        self._other, self._task, self._attempt = other, task, attempt
        self._path, self._copy = proving.path, proving.copy
        self._head = (*proving.path[: other.step], other.choice)
        desktop = proving.copy.transitions[0].step.platform == "desktop"  # where Back means nothing
        self._undo, self._other_undo = (ESCAPE, BACK) if desktop else (BACK, ESCAPE)
        self._doubtful = False
        self.tried = 0

    def outcome(self) -> Outcome | None:
        """What came of it, or None where that can't be said: it was not done, or words and claim differ."""
        at, variant = self._other.step, self._other.variant
        first = self._walk(self._path[at + 1 :], "the next step")
        if not first.done_at(at) or self._copy.transitions[at].state != first.transitions[at].state:
            return None
        after = first.transitions[at].after
        if self._holds(first) or any(self._holds(walk) for walk in self._rests(after)):
            return None if self._doubtful else Outcome(at, variant, "detour", 0, self.tried)
        asked = Attempt(self._task.start, (*self._head, self._undo, *self._path[at:]), kept=True)
        back = self._made(asked, f"{_NAMES[self._undo]} and the rest")
        if not back.done_at(at) or self._copy.transitions[at].state != back.transitions[at].state:
            return None
        held = None
        if self._holds(back):
            cost: int | None = 2
            again = back.transitions[at + 2 : at + 3]
            held = at + 2 if again and again[0].state == self._copy.transitions[at].state else None
        else:
            cost = next((more for more, walk in self._ways(after, back) if self._holds(walk)), None)
        if self._doubtful:
            return None
        kind: Kind = "unrecovered" if cost is None else "wrong turn"
        step = back.transitions[at].step
        if step.platform == "web" and changes(step):
            kind = "destructive"
        return Outcome(at, variant, kind, cost, self.tried, asked, held)

    def _rests(self, page: Page | None) -> Iterator[Walk]:
        """What of the path may still be done on the page, the most of it first."""
        at = self._other.step
        starts = [step for step in range(at, len(self._path)) if step != at + 1 and _begins(page, self._path[step])]
        for step in starts[:MOST_RESTS]:
            yield self._walk(self._path[step:], f"step {step}")

    def _ways(self, page: Page | None, back: Walk) -> Iterator[tuple[int, Walk]]:
        """Other ways back, the shortest first, each with the steps that it takes more."""
        at = self._other.step
        ways: list[tuple[int, tuple[Choice, ...], str]] = []
        here = self._copy.transitions[at].before
        if page is not None and here is not None and page.location == here.location:  # something opened over it
            rest = self._path[at:]
            ways.append((2, (self._other_undo, *rest), f"{_NAMES[self._other_undo]} and the rest"))
            ways += [(2, (beside, *rest), "a click beside it and the rest") for beside in _beside(page)]
            ways.append((2, (self._other.choice, *rest), "the same again and the rest"))
        behind = back.transitions[at + 1].after if len(back.transitions) > at + 1 else None
        meant, instead = self._path[at], self._other.choice
        if isinstance(meant.action, Type) and isinstance(instead.action, Type):
            over = replace(meant, action=replace(meant.action, clear=True))
            ways.append((1, (over, *self._path[at + 1 :]), "typing over it and the rest"))
        for step in range(at):
            rest = self._path[step:]
            if _begins(page, rest[0]):
                ways.append((1 + at - step, rest, f"step {step}"))
            if _begins(behind, rest[0]):
                ways.append((2 + at - step, (self._undo, *rest), f"{_NAMES[self._undo]} and step {step}"))
        for more, rest, then in sorted(ways, key=lambda way: way[0])[:MOST_WAYS]:
            yield more, self._walk(rest, then)

    def _walk(self, rest: Sequence[Choice], then: str) -> Walk:
        return self._made(Attempt(self._task.start, (*self._head, *rest)), then)

    def _made(self, asked: Attempt, then: str) -> Walk:
        what = f"{self._other.variant} at step {self._other.step}, then {then}"
        walk = self._attempt(asked, "other actions", what)
        if walk is None or not walk.pages or walk.stopped is not None:
            raise _Missing  # what was held back leads nobody knows where
        self.tried += 1
        return walk

    def _holds(self, walk: Walk) -> bool:
        assert self._task.claim is not None  # it is proven
        held = fulfilled(self._task.claim, walk.pages)
        if self._task.read is not None and fulfilled(self._task.read, walk.pages) != held:
            self._doubtful = True
        return held


def _beside(page: Page) -> Iterator[Choice]:
    """A click on the page's first heading, which closes what is open over it and does nothing else."""
    for node in page.nodes:
        if node.role == "heading" and node.name and node.box is not None and node.on_screen:
            yield Choice(Click(Point(*node.box.centre)), target_of(node))
            return


def _begins(page: Page | None, choice: Choice) -> bool:
    """Whether a page has what the action is done to, as far as role and name tell."""
    target = choice.target
    if page is None or target is None:
        return page is not None
    return any(node.role == target.role and fold(node.name) == fold(target.name) for node in page.nodes)
