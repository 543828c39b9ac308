"""Lanes held against rewards: what is counted, and what the unopened half has to show."""

import pytest

from benchmarks.miniwob.collecting import Told
from benchmarks.miniwob.proving import ACCEPTED, KINDS, Judged, show


def judged(number: int, *, reward: float = 1.0, accepted: bool = True, why: str = "") -> Judged:
    row = Told(
        f"walk {number}", f"kind-{number % KINDS}", "unopened", "scripted", number, None, None, True, reward, (1,)
    )
    return Judged(row, "Click on it.", accepted, why, (0.0, -1.0) if accepted else ())


def test_enough_that_are_right_are_enough(capsys: pytest.CaptureFixture[str]) -> None:
    assert show([judged(number) for number in range(ACCEPTED)])
    said = capsys.readouterr().out
    assert f"{ACCEPTED} accepted of {KINDS} kinds, precision 1.000" in said
    assert f"{2 * ACCEPTED} steps labelled needed, right 1.000" in said
    assert not show([judged(number) for number in range(ACCEPTED - 1)])


def test_what_was_accepted_and_not_rewarded_is_told_and_too_many_are_too_many(
    capsys: pytest.CaptureFixture[str],
) -> None:
    wrong = [judged(number, reward=0.5) for number in range(8)]
    assert not show([*wrong, *(judged(number) for number in range(ACCEPTED))])
    assert "accepted, not rewarded (0.5): kind-0 0 scripted (None): Click on it." in capsys.readouterr().out


def test_what_was_rewarded_and_not_accepted_is_told_with_its_lane(capsys: pytest.CaptureFixture[str]) -> None:
    refused = judged(3, accepted=False, why="near misses: only 1 could be tried")
    unread = judged(4, accepted=False, why="not read: not understood")
    show([judged(3), refused, unread])
    said = capsys.readouterr().out
    assert "1 rewarded of kind-3 not accepted: near misses: only 1 could be tried" in said
    assert "Not read: kind-4." in said
    assert "coverage 0.333" in said
