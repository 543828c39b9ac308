"""The lanes of a proof, as a pure function of what attempts led to.

It is run twice: while attempts are made, then it asks for each as it needs it; and over the lake, where an attempt that
is not there ends the lane. So verdicts are recomputed without a new attempt whenever a claim or a rule changes.

Order: untouched, done, what can be left out, untouched again, done again by what remains, near misses, reading, what
else the words may mean, where other tasks ended, what else was changed. A missing reset shows in the second untouched.
"""

from collections.abc import Sequence

from pipelines.prove.addresses import can_be_opened
from pipelines.prove.alike import names, said_on, volatile
from pipelines.prove.isolation import changes
from pipelines.prove.misses import PART, WEAK, Miss, near_misses
from pipelines.prove.others import others_lane, sharpened
from pipelines.prove.proving import Claimed, Made, Missing, Proving, Stop, Try, Walk
from pipelines.prove.referents import referents_lane
from pipelines.prove.side_effects import side_effects_lane
from schemas.actions import Hover, Scroll, Wait
from schemas.claims import fulfilled, is_of_screens, unfulfilled
from schemas.condition_words import in_words
from schemas.conditions import Answered, Condition, TaskCheck
from schemas.pages import Page, fold
from schemas.proofs import LANES, Attempt, Lane
from schemas.records import Choice
from schemas.screen_conditions import Counts, Gives, HasRow, shown

RULES_VERSION = "p5"
REPEATS = 2
MOST_REPEATS = 5
"""Tries of the path that remains: more where they differ."""

LEAST_MISSES = 2
UNNAMED = (Scroll, Hover, Wait)
"""Actions that no sentence names."""


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
    done = _done_at_all(task, claim, made, proving)
    _shorten(task, claim, done, made, proving)
    again = made(Attempt(task.start, (), 1), "untouched", "nothing, after it was done")
    held = sum(fulfilled(claim, walk.pages) for walk in (untouched, again))
    done_again = not held and _done_again(task, claim, made, proving)
    looks = [untouched, again]
    kept = again.first == untouched.first or (done_again and _differ_by_themselves(untouched, again, proving))
    if not kept and done_again:
        looks.append(made(Attempt(task.start, (), 2), "untouched", "nothing, once more"))
        kept = _is_drawn_anew(looks, proving)
        held += fulfilled(claim, looks[-1].pages)
    if held or not kept:
        proving.results.pop("done", None)
        proving.say("untouched", "failed", "what was done before is not put back", looks, held)
        raise Stop("what was done before is not put back")
    proving.say("untouched", "passed", "false where nothing is done", looks, held)
    if not done_again:
        raise Stop("it is not done each time")
    _near_misses(task, claim, made, proving)
    _read(task, claim, proving)
    referents_lane(task, made, proving)
    others_lane(task, claim, proving)
    side_effects_lane(task, claim, made, proving)


def _done_at_all(task: Claimed, claim: TaskCheck, made: Made, proving: Proving) -> Walk:
    """The walk by which the whole path does it, in one of two tries."""
    path = task.path
    walks = []
    for repeat in range(2):
        walks.append(made(Attempt(task.start, path, repeat), "done", "the path"))
        if walks[-1].complete and fulfilled(claim, walks[-1].pages):
            return walks[-1]
    if task.after_changes:
        raise Stop("it was not done again, but it was recorded where something had been changed before")
    lacking = unfulfilled(claim, walks[-1].pages)
    step = len(walks[-1].transitions)
    why = f"not so at the end: {_text(lacking)}" if walks[-1].complete else f"step {step} of {len(path)} can't be done"
    proving.say("done", "failed", "; ".join(filter(None, (why, walks[-1].stopped))), walks)
    raise Stop("it was not done again")


def _shorten(task: Claimed, claim: TaskCheck, done: Walk, made: Made, proving: Proving) -> None:
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
    named = [
        index for index in dropped if index not in unnamed and _is_named(task.path[index], task.text, proving.path)
    ]
    if named:
        listed = ", ".join(map(str, named))
        reason = f"the claim holds without step {listed}, which the sentence may name"
        proving.say("shortened", "failed", reason, tried, len(dropped))
        raise Stop("a step was not needed")
    proving.say("shortened", "passed", f"each of {len(kept)} steps is needed", tried, len(dropped))


def _is_named(choice: Choice, text: str, kept: Sequence[Choice]) -> bool:
    """Whether a sentence may name a step, and none of those that are kept in its place."""
    if isinstance(choice.action, UNNAMED):
        return False
    named = {word for word in _words(choice) if word in fold(text)}
    return bool(named) and not any(named <= _words(other) for other in kept)


def _words(choice: Choice) -> set[str]:
    """What a step is named by: its element, and what is typed, chosen or pressed there."""
    told = (getattr(choice.action, name, None) for name in ("text", "option", "keys"))
    every = (choice.target.name if choice.target is not None else None, *told)
    return {fold(each) for each in every if isinstance(each, str)} - {""}


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


def _done_again(task: Claimed, claim: TaskCheck, made: Made, proving: Proving) -> bool:
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


def _is_drawn_anew(looks: Sequence[Walk], proving: Proving) -> bool:
    """Whether the start shows something else in each look, so that also in the two between which nothing was done.

    Where anything was sent besides reading, what both of these show and the first did not may be left of it. What is
    drawn is named by no clause.
    """
    before, after, once_more = (set(said_on(look.pages[0])) for look in looks)
    sent = any(changes(transition.step) for walk in proving.walks for transition in walk.transitions)
    if after == once_more or (sent and (after & once_more) - before):
        return False
    proving.changing |= (before | after | once_more) - (before & after & once_more)
    return True


def _near_misses(task: Claimed, claim: TaskCheck, made: Made, proving: Proving) -> None:
    assert proving.copy is not None  # it was done each time
    tried: list[tuple[Miss, Walk]] = []
    survived: list[str] = []
    stopped: list[str] = []
    for miss in near_misses(proving.path, proving.copy.transitions):
        if miss.spare and _are_enough(tried):
            break
        what = miss.kind if miss.kind == PART else f"{miss.kind} at step {miss.step}"
        walk = made(Attempt(task.start, miss.choices), "near misses", what)
        if walk.stopped is not None:
            stopped.append(f"{what} was {walk.stopped}")
            continue  # it would have changed something, so nobody knows where it leads
        if not walk.done_at(miss.step):
            continue  # it was not done, so nothing was missed
        held = fulfilled(claim, walk.pages)
        if held and walk.ends_like(proving.copy, proving.changing):
            continue  # it leads to the same, in the way that is claimed
        tried.append((miss, walk))
        survived += [what] if held else []
    proving.misses += tried
    walks = [walk for _, walk in tried]
    if survived:
        proving.say("near misses", "failed", f"true all the same: {'; '.join(survived)}", walks, len(survived))
    elif not _are_enough(tried):
        told = "; ".join((f"only {len(tried)} could be tried", *stopped))
        proving.say("near misses", "abstained", told, walks)
    elif walks and all(_gives_the_answer(claim, walk.pages[-1]) for walk in walks):
        proving.say("near misses", "abstained", "its answer stands wherever it is looked up", walks)
    else:
        proving.say("near misses", "passed", "false each time", walks)


def _are_enough(tried: Sequence[tuple[Miss, Walk]]) -> bool:
    """Whether so many near misses were tried, and not the weakest alone."""
    return len(tried) >= LEAST_MISSES and any(miss.kind not in WEAK for miss, _ in tried)


def _gives_the_answer(claim: TaskCheck, page: Page) -> bool:
    """Whether a page gives the claim's answer as its end does, of whatever it may be."""
    answers = {condition.text for condition in claim.all if isinstance(condition, Answered)}
    given = [condition for condition in claim.all if isinstance(condition, Gives | HasRow | Counts)]
    where = [each for each in given if isinstance(each, Counts) or any(cell.value in answers for cell in each.cells)]
    return bool(answers and where) and all(shown(condition, page) for condition in where)


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


def _text(condition: Condition | str | None) -> str:
    return "nothing" if condition is None else condition if isinstance(condition, str) else in_words(condition)
