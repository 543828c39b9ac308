from benchmarks.apps import HEADINGS, Tally, Timed
from explorers.fake import FakeEnvironment
from schemas.actions import Home


def episode(ended_by: str, **more: object) -> dict[str, object]:
    return {
        "start": "http://127.0.0.1:8001/",
        "steps": 10,
        "ended_by": ended_by,
        "message": None,
        "results": {"ok": 9, "timeout": 1},
        "did": {"changed": 7, "nothing": 2, "timeout": 1},
        "restless": 2,
        "seconds": 4.0,
        **more,
    }


def test_a_tally_counts_episodes_and_says_what_ended_badly() -> None:
    tally = Tally("wiki")
    tally.add(episode("max steps"))
    tally.add(episode("device lost", message="the page hung"))
    did = "0.70 changed, 0.20 nothing, 0.10 timeout"
    assert tally.row() == ("wiki", 2, 20, did, "18 ok, 2 timeout", 4, "1 device lost, 1 max steps", "0.40", 1)
    assert tally.errors == ["http://127.0.0.1:8001/: device lost: the page hung"]
    assert len(tally.row()) == len(HEADINGS)


def test_a_tally_of_nothing_divides_nothing() -> None:
    assert Tally("wiki").row() == ("wiki", 0, 0, "-", "-", 0, "-", "-", 0)


def test_a_timed_environment_begins_anew_with_each_episode() -> None:
    timed = Timed(FakeEnvironment())
    timed.reset()
    timed.act(Home())
    timed.observe()
    assert timed.seconds > 0
    timed.reset()
    assert timed.seconds == 0
    timed.close()
