"""The lanes of a proof, as a pure function of what attempts led to.

It is run twice: while attempts are made, then it asks for each as it needs it; and over the lake, where an attempt that
is not there ends the lane. So verdicts are recomputed without a new attempt whenever a claim or a rule changes.

Order: untouched, done, what can be left out, untouched again, done again by what remains, near misses, reading. A
missing reset shows in the second untouched.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from labelers.observed.transitions import Transition
from pipelines.prove.misses import near_misses
from schemas.actions import Hover, Scroll, Wait
from schemas.claims import fulfilled, is_of_screens, unfulfilled
from schemas.condition_words import in_words
from schemas.conditions import Condition, TaskCheck
from schemas.pages import Page
from schemas.proofs import LANES, Attempt, Lane, LaneVerdict, is_proven
from schemas.records import Choice
from schemas.redaction import MASK

RULES_VERSION = "p1"
REPEATS = 2
MOST_REPEATS = 5
"""Tries of the path that remains: more where they differ."""

LEAST_MISSES = 2
SHOWN = 200
_UNNAMED = (Scroll, Hover, Wait)
"""Actions that no sentence names."""


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


Try = Callable[[Attempt, Lane, str], Walk | None]
"""Makes an attempt for a lane, as this variant of the path, or finds it; None where it can't be had."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A task to prove: what was done for it, where it starts, what its writer claims and what its words ask for.

    It starts at the address where it was recorded: what had been typed there by then is not typed again, and whether
    it can be done all the same is what is tried. `unread` is why its words were not understood.
    """

    start: str
    path: tuple[Choice, ...]
    claim: TaskCheck | None
    read: TaskCheck | None
    unread: str = ""


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
    """A proof under way, then done; `path` is what remains of the path, `copy` the attempt to train on."""

    results: dict[Lane, LaneResult] = field(default_factory=dict)
    path: tuple[Choice, ...] = ()
    copy: Walk | None = None
    walks: list[Walk] = field(default_factory=list)
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


def prove(task: Claimed, attempt: Try) -> Proving:
    """Makes the lanes of a task; those that can't be made abstain, with the reason of the one that stopped it."""
    proving = Proving(path=task.path)
    why = "not reached"
    try:
        _prove(task, attempt, proving)
    except Stop as stopped:
        why = str(stopped)
        proving.missing = isinstance(stopped, Missing)
    for lane in LANES:
        if lane not in proving.results:
            proving.say(lane, "abstained", why)
    return proving


def _prove(task: Claimed, attempt: Try, proving: Proving) -> None:
    claim = task.claim
    if claim is None:
        raise Stop("nothing is claimed that could be looked for")
    if not task.start or MASK in task.start or quote(MASK) in task.start:
        raise Stop("it begins nowhere that can be opened")
    if not is_of_screens(claim):
        raise Stop("what is claimed lies in a home")

    def made(asked: Attempt, lane: Lane, variant: str) -> Walk:
        walk = attempt(asked, lane, variant)
        if walk is None or not walk.pages:
            raise Missing(f"not tried: {lane}, {variant}")
        proving.walks.append(walk)
        return walk

    untouched = made(Attempt(task.start, ()), "untouched", "nothing")
    if fulfilled(claim, untouched.pages):
        raise Stop("it is true before anything is done")
    done = _done_at_all(task.path, task.start, claim, made, proving)
    if done is None:
        raise Stop("it was not done again")
    _shorten(task, claim, done, made, proving)
    again = made(Attempt(task.start, (), 1), "untouched", "nothing, after it was done")
    held = sum(fulfilled(claim, walk.pages) for walk in (untouched, again))
    kept = again.first == untouched.first
    if held or not kept:
        proving.say("untouched", "failed", "what was done before is not put back", (untouched, again), held)
        raise Stop("what was done before is not put back")
    proving.say("untouched", "passed", "false where nothing is done", (untouched, again), held)
    if not _done_again(task, claim, made, proving):
        raise Stop("it is not done each time")
    _near_misses(task, claim, made, proving)
    _read(task, claim, proving)


_Made = Callable[[Attempt, Lane, str], Walk]


def _done_at_all(path: tuple[Choice, ...], start: str, claim: TaskCheck, made: _Made, proving: Proving) -> Walk | None:
    """The walk by which the whole path does it, in one of two tries."""
    walks = []
    for repeat in range(2):
        walks.append(made(Attempt(start, path, repeat), "done", "the path"))
        if walks[-1].complete and fulfilled(claim, walks[-1].pages):
            return walks[-1]
    lacking = unfulfilled(claim, walks[-1].pages)
    step = len(walks[-1].transitions)
    why = f"not so at the end: {_text(lacking)}" if walks[-1].complete else f"step {step} of {len(path)} can't be done"
    proving.say("done", "failed", why, walks)
    return None


def _shorten(task: Claimed, claim: TaskCheck, done: Walk, made: _Made, proving: Proving) -> None:
    """Leaves out what lies between equal states, then one step after another, as long as the claim holds."""
    kept = list(range(len(task.path)))
    tried: list[Walk] = []

    def still_done(without: Sequence[int]) -> Walk | None:
        left = tuple(task.path[index] for index in kept if index not in without)
        named = ", ".join(map(str, without))
        walk = made(Attempt(task.start, left), "shortened", f"without step {named}")
        tried.append(walk)
        if not (walk.complete and fulfilled(claim, walk.pages)):
            return None
        kept[:] = [index for index in kept if index not in without]
        return walk

    for first, last in _loops(done):
        loop = [index for index in range(first, last) if index in kept]
        if loop and len(loop) < len(kept):
            still_done(loop)
    for index in tuple(kept):
        if len(kept) > 1:
            still_done([index])
    proving.path = tuple(task.path[index] for index in kept)
    dropped = [index for index in range(len(task.path)) if index not in kept]
    named = [index for index in dropped if not isinstance(task.path[index].action, _UNNAMED)]
    if named:
        listed = ", ".join(map(str, named))
        reason = f"the claim holds without step {listed}, which the sentence may name"
        proving.say("shortened", "failed", reason, tried, len(dropped))
        raise Stop("a step was not needed")
    proving.say("shortened", "passed", f"each of {len(kept)} steps is needed", tried, len(dropped))


def _loops(walk: Walk) -> list[tuple[int, int]]:
    """The stretches of a walk between equal states, the longest first."""
    states = [each.state for each in walk.transitions] + [walk.end]
    pairs = [
        (first, last)
        for first in range(len(states))
        for last in range(first + 1, len(states))
        if states[first] is not None and states[first] == states[last]
    ]
    return sorted(pairs, key=lambda pair: (pair[0] - pair[1], pair))


def _done_again(task: Claimed, claim: TaskCheck, made: _Made, proving: Proving) -> bool:
    """Does what remains several times; the last is the one to train on."""
    walks: list[Walk] = []
    wanted = REPEATS
    while len(walks) < wanted:
        # The first number is that of the path itself, in the pictures that are kept: nothing is tried twice.
        walks.append(made(Attempt(task.start, proving.path, 10 + len(walks), kept=True), "done", "what remains"))
        outcomes = {walk.complete and fulfilled(claim, walk.pages) for walk in walks}
        if len(outcomes) > 1:
            wanted = MOST_REPEATS
    held = [walk for walk in walks if walk.complete and fulfilled(claim, walk.pages)]
    proving.copy = held[-1] if held else None
    if len(held) == len(walks):
        proving.say("done", "passed", "done each time", walks, len(held))
        return True
    proving.say("done", "failed", f"done {len(held)} times of {len(walks)}", walks, len(held))
    return False


def _near_misses(task: Claimed, claim: TaskCheck, made: _Made, proving: Proving) -> None:
    assert proving.copy is not None  # it was done each time
    tried: list[Walk] = []
    survived: list[str] = []
    for miss in near_misses(proving.path, proving.copy.transitions):
        walk = made(Attempt(task.start, miss.choices), "near misses", f"{miss.kind} at step {miss.step}")
        if not walk.done_at(miss.step):
            continue  # it was not done, so nothing was missed
        if walk.end is not None and walk.end == proving.copy.end:
            continue  # it leads to the same
        tried.append(walk)
        if fulfilled(claim, walk.pages):
            survived.append(f"{miss.kind} at step {miss.step}")
    if survived:
        proving.say("near misses", "failed", f"true all the same: {'; '.join(survived)}", tried, len(survived))
    elif len(tried) < LEAST_MISSES:
        proving.say("near misses", "abstained", f"only {len(tried)} could be tried", tried)
    else:
        proving.say("near misses", "passed", "false each time", tried)


def _read(task: Claimed, claim: TaskCheck, proving: Proving) -> None:
    """Whether what the words ask for is true where the claim is, and false where it is not."""
    if task.read is None:
        proving.say("reading", "abstained", task.unread or "not read")
        return
    compared = [walk for walk in proving.walks if walk.pages]
    for walk in compared:
        written, understood = fulfilled(claim, walk.pages), fulfilled(task.read, walk.pages)
        if written != understood:
            lacking = unfulfilled(task.read, walk.pages)
            said = f"the words are not true of it: {_text(lacking)}" if written else "the words are true of a miss"
            proving.say("reading", "failed", said, compared, 0)
            return
    proving.say("reading", "passed", "the words say the same", compared, len(compared))


def _text(condition: Condition | str | None) -> str:
    return "nothing" if condition is None else condition if isinstance(condition, str) else in_words(condition)
