"""A proof under way: what attempts led to, what a task claims, and what its lanes came to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from labelers.observed.transitions import Transition
from pipelines.prove.alike import alike
from pipelines.prove.misses import Miss
from schemas.actions import Wait
from schemas.conditions import TaskCheck
from schemas.pages import Page
from schemas.proofs import STOPPED, Attempt, Lane, LaneVerdict, Purpose, is_proven
from schemas.records import Choice

SHOWN = 200
"""Characters of a lane's reason."""


@dataclass(frozen=True, slots=True)
class Walk:
    """What an attempt led to: its trajectory, its steps, and whether each choice was done.

    `first` is the content of its first state, however far that was scrolled.
    """

    trajectory_id: str
    transitions: tuple[Transition, ...]
    complete: bool
    first: str | None

    @property
    def pages(self) -> tuple[Page, ...]:
        """What was seen, from the start to the end."""
        first = [each.before for each in self.transitions[:1]]
        return tuple(page for page in (*first, *(each.after for each in self.transitions)) if page is not None)

    def done_at(self, step: int) -> bool:
        """Whether the choice of that index was done."""
        if step >= len(self.transitions):
            return False
        walked = self.transitions[step].step
        return walked.result in ("ok", "timeout") and not isinstance(walked.action, Wait)

    @property
    def end(self) -> str | None:
        """The content of the last state."""
        return self.transitions[-1].next_state if self.transitions else None

    @property
    def stopped(self) -> str | None:
        """What was held back because nothing would put back what it changes, if anything was."""
        messages = (each.step.message for each in self.transitions if each.step.result == "refused")
        return next((message for message in messages if message is not None and message.startswith(STOPPED)), None)

    def ends_like(self, other: "Walk", changing: frozenset[str]) -> bool:
        """Whether both end with the same said, but for what changes by itself."""
        if self.end is not None and self.end == other.end:
            return True
        return bool(self.pages and other.pages) and alike(self.pages[-1], other.pages[-1], changing)


Try = Callable[[Attempt, Purpose, str], Walk | None]
"""Makes an attempt for a purpose, as this variant of the path, or finds it; None where it can't be had."""

Made = Callable[[Attempt, Lane, str], Walk]
"""The same for a lane; it raises `Missing` where the attempt can't be had."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a task was done where it was recorded: its text folded, what was seen from start to end, the end's content.

    Of another task, as far as neither text nor end are the same; `answer` is what it asks for.
    """

    text: str
    pages: tuple[Page, ...]
    end: str
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A task to prove: what was done for it, where it starts, what its writer claims and what its words ask for.

    It starts at the address where it was recorded: what had been typed there by then is not typed again, and whether
    it can be done all the same is what is tried. `unread` is why its words were not understood, `others` are where
    other tasks of the application ended. The first `lead` steps of the path lead to where the task begins, and those at
    `between` from one part of it to the next: its words name none of them. With `after_changes` something had been
    changed in its episode before it began.
    """

    start: str
    path: tuple[Choice, ...]
    claim: TaskCheck | None
    read: TaskCheck | None
    unread: str = ""
    text: str = ""
    others: tuple[Ended, ...] = ()
    lead: int = 0
    between: tuple[int, ...] = ()
    after_changes: bool = False


@dataclass(frozen=True, slots=True)
class LaneResult:
    """What a lane came to."""

    lane: Lane
    verdict: LaneVerdict
    reason: str
    tried: int = 0
    held: int = 0
    share: float | None = None
    attempts: tuple[str, ...] = ()


@dataclass(slots=True)
class Proving:
    """A proof under way, then done; `path` is what remains of the path, `copy` the attempt to train on.

    `changing` is what differs from one time to the next though the same is done, `misses` the near misses that were
    tried.
    """

    results: dict[Lane, LaneResult] = field(default_factory=dict)
    path: tuple[Choice, ...] = ()
    copy: Walk | None = None
    walks: list[Walk] = field(default_factory=list)
    changing: frozenset[str] = frozenset()
    misses: list[tuple[Miss, Walk]] = field(default_factory=list)
    missing: bool = False
    """Whether it stopped because an attempt could not be had: then nothing is decided."""

    @property
    def proven(self) -> bool:
        """Whether the task is."""
        return is_proven({lane: result.verdict for lane, result in self.results.items()})

    def say(self, lane: Lane, verdict: LaneVerdict, reason: str, walks: Sequence[Walk] = (), held: int = 0) -> None:
        """What a lane came to."""
        part = held / len(walks) if walks else None
        shares = {} if part is None else {"done": round(part, 4), "near misses": round(1 - part, 4)}
        names = tuple(dict.fromkeys(walk.trajectory_id for walk in walks))
        self.results[lane] = LaneResult(lane, verdict, reason[:SHOWN], len(walks), held, shares.get(lane), names)


class Stop(Exception):
    """The lanes that are left can't be made."""


class Missing(Stop):
    """An attempt can't be had."""
