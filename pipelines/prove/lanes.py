"""The lanes of a proof, as a pure function of what attempts led to.

It is run twice: while attempts are made, then it asks for each as it needs it; and over the lake, where an attempt that
is not there ends the lane. So verdicts are recomputed without a new attempt whenever a claim or a rule changes.

Order: untouched, done, what can be left out, untouched again, done again by what remains, near misses, reading, what
else the words may mean, where other tasks ended, what else was changed. A missing reset shows in the second untouched.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from labelers.observed.transitions import Transition
from pipelines.prove.addresses import can_be_opened
from pipelines.prove.alike import alike, names, said_on, volatile
from pipelines.prove.misses import Miss, near_misses
from pipelines.prove.others import LEAST_ENDS, Ended, held_elsewhere, says_nothing, sharpened
from pipelines.prove.referents import readings
from pipelines.prove.side_effects import Changes, compare, places_of, said_by, sent_in
from schemas.actions import Hover, Open, Scroll, Wait
from schemas.claims import fulfilled, is_of_screens, unfulfilled
from schemas.condition_words import in_words
from schemas.conditions import Condition, TaskCheck
from schemas.keys import plain_text
from schemas.pages import Page
from schemas.proofs import LANES, STOPPED, Attempt, Lane, LaneVerdict, Purpose, is_proven
from schemas.records import Choice

RULES_VERSION = "p2"
REPEATS = 2
MOST_REPEATS = 5
"""Tries of the path that remains: more where they differ."""

LEAST_MISSES = 2
SHOWN = 200
UNNAMED = (Scroll, Hover, Wait)
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


@dataclass(frozen=True, slots=True)
class Claimed:
    """A task to prove: what was done for it, where it starts, what its writer claims and what its words ask for.

    It starts at the address where it was recorded: what had been typed there by then is not typed again, and whether
    it can be done all the same is what is tried. `unread` is why its words were not understood, `others` are where
    other tasks of the application ended. The first `lead` steps of the path lead to where the task begins, and those at
    `between` from one part of it to the next: its words name none of them.
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
    if not can_be_opened(task.start):
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
    done_again = not held and _done_again(task, claim, made, proving)
    if held or not (kept or (done_again and _differ_by_themselves(untouched, again, proving))):
        proving.results.pop("done", None)
        proving.say("untouched", "failed", "what was done before is not put back", (untouched, again), held)
        raise Stop("what was done before is not put back")
    proving.say("untouched", "passed", "false where nothing is done", (untouched, again), held)
    if not done_again:
        raise Stop("it is not done each time")
    _near_misses(task, claim, made, proving)
    _read(task, claim, proving)
    _referents(task, made, proving)
    _others(task, claim, proving)
    _side_effects(task, claim, made, proving)


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
    proving.say("done", "failed", "; ".join(filter(None, (why, walks[-1].stopped))), walks)
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
    unnamed = {*range(task.lead), *task.between}
    named = [index for index in dropped if index not in unnamed and not isinstance(task.path[index].action, UNNAMED)]
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
    """Does what remains several times, first under a later clock; the last is the one to train on."""
    walks: list[Walk] = [made(Attempt(task.start, proving.path, 10, later=True), "done", "what remains, later")]
    wanted = REPEATS
    while len(walks) < wanted:
        # The first number is that of the path itself, in the pictures that are kept: nothing is tried twice.
        walks.append(made(Attempt(task.start, proving.path, 10 + len(walks), kept=True), "done", "what remains"))
        outcomes = {walk.complete and fulfilled(claim, walk.pages) for walk in walks}
        if len(outcomes) > 1:
            wanted = MOST_REPEATS
    held = [walk for walk in walks if walk.complete and fulfilled(claim, walk.pages)]
    proving.copy = held[-1] if held else None
    if proving.copy is not None:
        proving.changing = volatile(walks[0].pages, proving.copy.pages)
    if len(held) < len(walks):
        only = "; only under a later clock it is not" if walks[0] not in held and len(held) == len(walks) - 1 else ""
        proving.say("done", "failed", f"done {len(held)} times of {len(walks)}{only}", walks, len(held))
        return False
    named = next((text for check in (claim, task.read) if check and (text := names(check, proving.changing))), None)
    if named is not None:
        proving.say("done", "failed", f"it names what changes by itself: {named}", walks, len(held))
        return False
    proving.say("done", "passed", "done each time", walks, len(held))
    return True


def _differ_by_themselves(first: Walk, second: Walk, proving: Proving) -> bool:
    """Whether two looks at the start differ in nothing but what changes by itself."""
    one, other = said_on(first.pages[0]), said_on(second.pages[0])
    return set(one) ^ set(other) <= proving.changing


def _near_misses(task: Claimed, claim: TaskCheck, made: _Made, proving: Proving) -> None:
    assert proving.copy is not None  # it was done each time
    tried: list[Walk] = []
    survived: list[str] = []
    stopped: list[str] = []
    for miss in near_misses(proving.path, proving.copy.transitions):
        what = f"{miss.kind} at step {miss.step}"
        walk = made(Attempt(task.start, miss.choices), "near misses", what)
        if walk.stopped is not None:
            stopped.append(f"{what} was {walk.stopped}")
            continue  # it would have changed something, so nobody knows where it leads
        if not walk.done_at(miss.step):
            continue  # it was not done, so nothing was missed
        if walk.ends_like(proving.copy, proving.changing):
            continue  # it leads to the same
        tried.append(walk)
        proving.misses.append((miss, walk))
        if fulfilled(claim, walk.pages):
            survived.append(what)
    if survived:
        proving.say("near misses", "failed", f"true all the same: {'; '.join(survived)}", tried, len(survived))
    elif len(tried) < LEAST_MISSES:
        told = "; ".join((f"only {len(tried)} could be tried", *stopped))
        proving.say("near misses", "abstained", told, tried)
    else:
        proving.say("near misses", "passed", "false each time", tried)


def _read(task: Claimed, claim: TaskCheck, proving: Proving) -> None:
    """Whether what the words ask for is true where the claim is, and false where it is not."""
    if task.read is None:
        proving.say("reading", "abstained", task.unread or "not read")
        return
    read = sharpened(task.read, task.others)
    compared = [walk for walk in proving.walks if walk.pages]
    for walk in compared:
        written, understood = fulfilled(claim, walk.pages), fulfilled(read, walk.pages)
        if written != understood:
            lacking = unfulfilled(read, walk.pages)
            said = f"the words are not true of it: {_text(lacking)}" if written else "the words are true of a miss"
            proving.say("reading", "failed", said, compared, 0)
            return
    proving.say("reading", "passed", "the words say the same", compared, len(compared))


def _referents(task: Claimed, made: _Made, proving: Proving) -> None:
    """Whether all that the words may mean comes to the same, and that is what they ask for."""
    assert proving.copy is not None  # it was done each time
    if task.read is None:
        proving.say("referents", "abstained", task.unread or "not read")
        return
    found, steps = readings(task.text, task.read, proving.path, proving.copy.transitions)
    tried: list[Walk] = []
    held = 0
    otherwise: list[str] = []
    for reading in found:
        walk, what = proving.copy, f"{reading.phrase!r} at step {reading.step}"
        if reading.choices is not None:
            walk = made(Attempt(task.start, reading.choices), "referents", f"another {what}")
            if not walk.done_at(reading.step) and walk.stopped is None:
                continue  # it was not done, so it is no reading
        tried.append(walk)
        if walk.complete and fulfilled(task.read, walk.pages) and walk.ends_like(proving.copy, proving.changing):
            held += 1
        else:
            otherwise.append(what)
    if otherwise:
        told = "; ".join(dict.fromkeys(otherwise))
        proving.say("referents", "failed", f"it may mean something else: {told}", tried, held)
    elif not tried:
        proving.say("referents", "abstained", "nothing that is to be seen is called as it says")
    else:
        proving.say("referents", "passed", f"all that it may mean at {steps} steps comes to the same", tried, held)


def _others(task: Claimed, claim: TaskCheck, proving: Proving) -> None:
    """Whether the claim is false where other tasks ended; nothing is tried for that."""
    assert proving.copy is not None  # it was done each time
    ends = frozenset(walk.end for walk in proving.walks if walk.end is not None and fulfilled(claim, walk.pages))
    held, looked_at = held_elsewhere(claim, task.others, text=plain_text(task.text), ends=ends)
    if looked_at < LEAST_ENDS:
        proving.say("others", "abstained", f"only {looked_at} other tasks ended elsewhere")
        return
    verdict: LaneVerdict = "failed" if says_nothing(held, looked_at) else "passed"
    told = f"true at {held} of {looked_at} ends of other tasks" if held else f"false at {looked_at} ends of other tasks"
    proving.results["others"] = LaneResult("others", verdict, told, looked_at, held)


def _side_effects(task: Claimed, claim: TaskCheck, made: _Made, proving: Proving) -> None:
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


def _text(condition: Condition | str | None) -> str:
    return "nothing" if condition is None else condition if isinstance(condition, str) else in_words(condition)
