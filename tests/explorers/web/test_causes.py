"""What a step's effects came from, what is waited for, and what is not waited for again."""

from pathlib import Path

import pytest

from explorers.web import WebConfig, WebEnvironment
from explorers.web.traffic import Traffic
from schemas.actions import Click, Open, Type, Wait
from schemas.records import Cause, Observation
from tests.explorers.site import Site, serve_folder
from tests.explorers.web.conftest import Visitor, node_of, point_on

SHARED = Path(__file__).resolve().parents[4] / "shared" / "cases" / "pages"


def said(seen: Observation) -> str:
    return next(node.name for node in seen.nodes if node.role == "text")


@pytest.mark.web
def test_an_effect_that_comes_late_is_put_down_to_the_step_that_caused_it(visitor: Visitor) -> None:
    seen = visitor.visit("/causes")  # the address of the page is the first step: 0
    outcome, seen = visitor.click(seen, "plain")
    assert (said(seen), outcome.caused_by) == ("plain", Cause(1, "event"))
    outcome, seen = visitor.click(seen, "soon")
    assert (said(seen), outcome.caused_by) == ("soon", Cause(2, "request"))
    outcome, seen = visitor.click(seen, "slow")
    assert (said(seen), outcome.caused_by) == ("soon", None)  # not waited for so long
    outcome, seen = visitor.act(Wait(1.0))
    assert (said(seen), outcome.caused_by) == ("slow", Cause(3, "request"))
    outcome, seen = visitor.click(seen, "far")
    outcome, seen = visitor.act(Wait(1.0))
    assert (seen.title, outcome.caused_by) == ("done", Cause(5, "request"))
    outcome, seen = visitor.act(Open(visitor.site.url("/causes")))
    assert outcome.caused_by is not None
    assert outcome.caused_by.step == 7


@pytest.mark.web
def test_what_a_field_does_when_it_loses_the_focus_is_put_down_to_its_typing(visitor: Visitor) -> None:
    seen = visitor.visit("/causes")
    outcome, seen = visitor.act(Type("re", point_on(node_of(seen, "field"))))
    assert (said(seen), outcome.caused_by) == ("start", Cause(1, "event"))
    outcome, seen = visitor.act(Click(point_on(next(node for node in seen.nodes if node.name == "Blank"))))
    assert (said(seen), outcome.caused_by) == ("filtered re", Cause(1, "event"))
    outcome, seen = visitor.act(Type("st", point_on(node_of(seen, "field")), submit=True))
    assert (said(seen), outcome.caused_by) == ("filtered rest", Cause(3, "event"))
    visitor.act(Type("x", point_on(node_of(seen, "field"))))
    outcome, seen = visitor.click(seen, "save")  # the field is left as well, but what was saved weighs more
    assert (said(seen), outcome.caused_by) == ("saved", Cause(5, "request"))


@pytest.mark.web
def test_the_picture_and_the_press_wait_for_what_slides(visitor: Visitor) -> None:
    seen = visitor.visit("/causes")
    for _ in range(3):
        for shown in (True, False):
            outcome, seen = visitor.click(seen, "turn")
            assert outcome.settle is not None
            assert outcome.settle.startswith("quiet")
            box = node_of(seen, "inside").box
            assert box is not None
            assert box.x == (0 if shown else -300)


@pytest.mark.web
def test_what_changes_and_asks_all_the_time_is_waited_for_once(visitor: Visitor) -> None:
    seen = visitor.visit("/polling")
    visitor.click(seen, "press")
    for _ in range(3):
        outcome, seen = visitor.click(seen, "press")
        assert outcome.settle is not None
        assert outcome.settle.startswith("quiet")
        assert outcome.caused_by in (None, Cause(2, "event"), Cause(3, "event"), Cause(4, "event"))
    assert said(seen) == "pressed"
    clock = next(node.box for node in seen.nodes if node.name.isdecimal())
    assert clock is not None
    assert any(tile.contains(clock.x + 5, clock.y + 5) for tile in seen.volatile)


@pytest.mark.web
def test_what_changes_below_the_fold_is_counted_though_the_tree_has_only_the_screen(site: Site) -> None:
    environment = WebEnvironment(site.url("/causes"), config=WebConfig(mode="viewport"))
    try:
        seen = environment.reset()
        assert seen.changed_beyond == 0
        for id, counted in (("grow", 1), ("idle", 0), ("plain", 0), ("grow", 1)):
            environment.act(Click(point_on(node_of(seen, id))))
            seen = environment.observe()
            assert seen.changed_beyond == counted
    finally:
        environment.close()


@pytest.mark.web
@pytest.mark.skipif(not SHARED.is_dir(), reason="the folder of shared cases is not there")
def test_the_pages_of_the_shared_cases_that_never_rest_cost_no_wait_once_they_are_known() -> None:
    with serve_folder(SHARED) as url:
        environment = WebEnvironment(f"{url}/poller.html", config=WebConfig(mode="viewport"))
        try:
            environment.reset()
            for page in ("poller", "ticker"):
                environment.act(Open(f"{url}/{page}.html"))
                settled = []
                for _ in range(4):
                    seen = environment.observe()
                    outcome = environment.act(Click(point_on(node_of(seen, "k"))))
                    assert outcome.settle is not None
                    settled.append(outcome.settle.partition(" ")[0])
                assert settled[-2:] == ["quiet", "quiet"]
        finally:
            environment.close()


def request(id: str, at: float, url: str = "http://a/x") -> dict[str, object]:
    return {"requestId": id, "wallTime": at, "timestamp": at, "type": "Fetch", "request": {"method": "GET", "url": url}}


def test_a_request_comes_from_the_step_before_it_or_from_the_answer_before_it() -> None:
    traffic = Traffic(set())
    assert traffic.began(request("page", 1.0))
    traffic.act(0, 10.0)
    traffic.began(request("first", 10.1))
    traffic.began(request("timer", 10.8, "http://a/timer"))
    traffic.act(1, 12.0)
    traffic.ended({"requestId": "first", "timestamp": 13.0})
    traffic.began(request("chained", 13.05))
    traffic.ended({"requestId": "chained", "timestamp": 13.2})
    traffic.ended({"requestId": "timer", "timestamp": 13.2})
    assert [(each.step, round(each.ended or 0, 3)) for each in traffic.answered(11.0)] == [(0, 13.0), (0, 13.2)]


def test_what_is_asked_for_again_and_again_while_nothing_is_done_is_not_waited_for() -> None:
    steady: set[str] = set()
    traffic = Traffic(steady)
    traffic.act(0, 10.0)
    waited = [traffic.began(request(f"{n}", 10.2 + n / 10, f"http://a/poll/{n}?t={n}")) for n in range(12)]
    assert waited == [True] * 9 + [False] * 3
    assert not traffic.answered(0.0)
    assert not Traffic(steady).began(request("x", 1.0, "http://a/poll/9"))
    assert Traffic(steady).began(request("x", 1.0, "http://a/other"))
