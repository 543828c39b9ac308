"""What an attempt must be kept apart from: by what its steps sent, and by notices where that was not recorded."""

from dataclasses import replace

import pytest

from pipelines.prove.isolation import changes, isolation_of, sends_later
from schemas.records import Request, Step
from tests.labelers.site import HOME, ORDERS, click, walk

STEP = walk(HOME, click("Orders", ORDERS)).steps[0].step
POST, LATE = Request("POST", 1), Request("POST", 2, late=True)


def noticed(notice: str) -> Step:
    assert STEP.after is not None
    return replace(STEP, after=replace(STEP.after, notice=notice))


@pytest.mark.parametrize(("requests", "changed"), [((), False), ((POST,), True), ((LATE,), True)])
def test_what_was_sent_says_it(requests: tuple[Request, ...], changed: bool) -> None:
    assert changes(replace(STEP, requests=requests)) == changed
    assert changes(replace(noticed("sent POST http://a/b"), requests=())) is False


def test_of_older_recordings_of_ours_notices_say_it() -> None:
    assert not changes(STEP)
    assert not changes(noticed("a file was asked for"))
    assert changes(noticed("a file was asked for; sent POST http://a/b"))
    assert changes(noticed("sent earlier: POST http://a/b"))


def test_where_nobody_knows_it_may_have_changed_anything() -> None:
    assert changes(STEP, source="agentnetbench")
    assert changes(replace(STEP, platform="desktop"))


def test_what_comes_late_is_that_of_the_step_before() -> None:
    assert sends_later(replace(STEP, requests=(POST, LATE)))
    assert not sends_later(replace(STEP, requests=(POST,)))
    assert not sends_later(None)


def test_who_changes_something_needs_the_server_for_itself() -> None:
    assert isolation_of([3]) == "server"
    assert isolation_of([]) == "context"
