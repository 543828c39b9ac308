"""A claim at the ends of other tasks of the application: what holds at many of them says nothing of this one."""

from collections.abc import Sequence
from dataclasses import replace

from pipelines.prove.proving import Claimed, Ended, LaneResult, Proving
from schemas.claims import fulfilled
from schemas.conditions import Answered, TaskCheck
from schemas.keys import plain_text
from schemas.proofs import LaneVerdict
from schemas.screen_conditions import Called, ScreenCondition, shown

MOST_ENDS = 200
"""Ends of an application that are looked at: each task's claim is held against each."""

LEAST_ENDS = 5
"""Fewer ends tell nothing."""

MANY = 0.1
"""The part of the ends at which a claim holds that says nothing: an end may be that of a task that asks for more."""

_FEW = 2
MOST_PAGES = 0.5
"""The part of the ends that a place is the name of, at most: what more of them are called in part by is no place."""


def held_elsewhere(claim: TaskCheck, others: Sequence[Ended], *, text: str, ends: frozenset[str]) -> tuple[int, int]:
    """At how many ends of other tasks the claim holds, and how many there are.

    Of a question the ends of others that ask for something else are none: many may be asked of one list.
    """
    answers = {plain_text(each.text) for each in claim.all if isinstance(each, Answered)}
    strange = [other for other in others if other.text != text and other.end not in ends]
    if answers:
        strange = [other for other in strange if other.answer is None or plain_text(other.answer) in answers]
    return sum(fulfilled(claim, other.pages) for other in strange), len(strange)


def sharpened(check: TaskCheck, others: Sequence[Ended]) -> TaskCheck:
    """The check with each place that most pages are called by in part held to be the first heading of its page.

    So a site's own name, which stands in every title, is the name of one page and not of all.
    """
    if len(others) < LEAST_ENDS:
        return check

    def strict(condition: ScreenCondition) -> ScreenCondition:
        if not isinstance(condition, Called) or condition.whole or condition.negated:
            return condition
        often = sum(shown(condition, other.pages[-1]) for other in others) > MOST_PAGES * len(others)
        return replace(condition, whole=True) if often else condition

    return replace(
        check,
        all=tuple(strict(each) if isinstance(each, Called) else each for each in check.all),
        passed=tuple(tuple(map(strict, group)) for group in check.passed),
    )


def says_nothing(held: int, looked_at: int) -> bool:
    """Whether a claim that holds at so many ends is true of nearly anything."""
    return held > max(_FEW, MANY * looked_at)


def others_lane(task: Claimed, claim: TaskCheck, proving: Proving) -> None:
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
