from benchmarks.apps import HEADINGS, Tally, Watched
from explorers.fake import FakeEnvironment
from schemas.actions import Back, Home


def episode(ended_by: str, **more: object) -> dict[str, object]:
    return {
        "start": "http://127.0.0.1:8001/",
        "steps": 10,
        "ended_by": ended_by,
        "message": None,
        "results": {"ok": 9, "timeout": 1},
        "restless": 2,
        "seconds": 4.0,
        **more,
    }


def test_a_tally_counts_episodes_and_says_what_ended_badly() -> None:
    tally = Tally("wiki")
    tally.add(episode("max steps"))
    tally.add(episode("device lost", message="the page hung"))
    assert tally.row() == ("wiki", 2, 20, "18 ok, 2 timeout", 4, "1 device lost, 1 max steps", "0.40", 1)
    assert tally.errors == ["http://127.0.0.1:8001/: device lost: the page hung"]
    assert len(tally.row()) == len(HEADINGS)


def test_a_tally_of_nothing_divides_nothing() -> None:
    assert Tally("wiki").row() == ("wiki", 0, 0, "-", 0, "-", "-", 0)


def test_a_watched_environment_counts_results_anew_for_each_episode() -> None:
    watched = Watched(FakeEnvironment())
    watched.reset()
    watched.act(Home())
    watched.act(Back())
    watched.observe()
    assert sum(watched.results.values()) == 2
    assert watched.seconds > 0
    watched.reset()
    assert not watched.results
    assert watched.seconds == 0
    watched.close()
