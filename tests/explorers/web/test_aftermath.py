"""What no word tells is told by its effect: what was sent is not pressed again, what was lost is put back."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pytest

from explorers.core.experience import NOT_AGAIN
from explorers.core.fleet import Agenda, Explorer, explore_together
from explorers.core.resets import ResetRequest, ResettingEnvironment
from explorers.core.rollout import EpisodeSummary, ExploreConfig
from explorers.web import WebConfig, WebEnvironment
from explorers.web.browser import SharedBrowser
from explorers.web.episode import EpisodeConfig, StorageState
from schemas.actions import Action, Back, Check, Click, Key, Open, Point, Reload, Scroll, Select, Type, Wait
from schemas.protocols import Environment
from schemas.recordings import Recording, read_trace
from schemas.records import Choice, Observation, Outcome, Step
from tests.explorers.acting_site import BY_NAME, EXITS, PLACES, ActingSite, serve_acts

pytestmark = pytest.mark.web

SID = {"name": "sid", "value": "first", "path": "/", "httpOnly": True}


@dataclass(frozen=True)
class Until:
    """Waits, step by step, until something holds."""

    holds: Callable[[], bool]


Deed: TypeAlias = "str | Action | Callable[[Point], Action] | Until"


class Deeds:
    """A policy that presses the elements of those ids, or does those actions, where they are there."""

    name, version = "deeds", "1"

    def __init__(self, *deeds: "Deed") -> None:
        self._deeds = deeds
        self._left: Iterator[Deed] = iter(())
        self._until: Until | None = None

    def begin(self, *, seed: int) -> None:  # noqa: ARG002
        self._left, self._until = iter(self._deeds), None

    def choose(self, observation: Observation) -> Choice | None:
        while True:
            if self._until is not None and not self._until.holds():
                return Choice(Wait(0.2))
            deed = next(self._left, None)
            if not isinstance(deed, Until):
                break
            self._until = deed
        if deed is None:
            return None
        if not isinstance(deed, str) and not callable(deed):
            return Choice(deed)
        id = deed if isinstance(deed, str) else "list" if any(node.id == "list" for node in observation.nodes) else "go"
        box = next((node.box for node in observation.nodes if node.id == id), None)
        if box is None:
            return Choice(Wait(0.1))
        point = Point.on(*box.centre, width=1280, height=720)
        return Choice(Click(point) if isinstance(deed, str) else deed(point))

    def learn(self, before: Observation, choice: Choice, outcome: Outcome, after: Observation) -> None:
        pass


class Runs:
    """Runs of scripted episodes on the site, in one browser; what was recorded stays."""

    def __init__(self, site: ActingSite, browser: SharedBrowser, traces: Path) -> None:
        self.site = site
        self._browser = browser
        self._traces = traces
        self._runs = 0

    def __call__(
        self, path: str, *deeds: "Deed", episodes: int = 1, renews: bool = False,
        cookie: bool = False,
        storage: StorageState | None = None,
        reads_only: bool = False,
    ) -> list[Recording]:  # fmt: skip
        storage = StorageState(({**SID, "domain": "127.0.0.1"},)) if cookie else storage
        config = WebConfig(settle=1.0, episode=EpisodeConfig(storage=storage), reads_only=reads_only)
        environment: Environment = WebEnvironment(self.site.url(path), config=config, browser=self._browser)
        if renews:
            environment = ResettingEnvironment(environment, (ResetRequest(self.site.url("/renew"), "GET"),))
        self._runs += 1
        agenda = Agenda(f"run{self._runs}", tuple(range(episodes)))
        summaries = explore_together(
            [Explorer(environment, Deeds(*deeds))],
            self._traces,
            ExploreConfig(episodes=episodes, max_steps=60, run_id=f"run{self._runs}"),
            agenda,
        )
        return [read_trace(each.path) for each in summaries if isinstance(each, EpisodeSummary)]


@pytest.fixture(scope="module")
def served() -> Iterator[ActingSite]:
    with serve_acts() as running:
        yield running


@pytest.fixture
def acting(served: ActingSite) -> ActingSite:
    served.renew()
    served.done.clear()
    served.asked.clear()
    return served


@pytest.fixture(scope="module")
def shared() -> Iterator[SharedBrowser]:
    browser = SharedBrowser()
    yield browser
    browser.close()


@pytest.fixture
def run(acting: ActingSite, shared: SharedBrowser, tmp_path: Path) -> Runs:
    return Runs(acting, shared, tmp_path)


@pytest.fixture
def held(acting: ActingSite, tmp_path: Path) -> Iterator[Runs]:
    """Runs in a browser of their own: it has other rules."""
    browser = SharedBrowser()
    yield Runs(acting, browser, tmp_path)
    browser.close()


def requests(recording: Recording) -> list[list[tuple[str, int, bool]] | None]:
    return [
        None if step.requests is None else [(each.method, each.count, each.late) for each in step.requests]
        for step in recording.steps
    ]


def notices(recording: Recording) -> str:
    return " | ".join(step.after.notice or "" for step in recording.steps if step.after is not None)


def results(recording: Recording) -> list[str]:
    return [step.result for step in recording.steps]


@pytest.mark.parametrize("way", sorted(set(BY_NAME) - {"a-moment-later"}))
def test_what_was_sent_by_whichever_way_is_not_pressed_again(run: Runs, way: str) -> None:
    again = (Until(lambda: bool(run.site.done)), Open(run.site.url(f"/way/button?{way}")), "go")
    recordings = run(f"/way/button?{way}", "go", *again, episodes=2)
    assert sum(run.site.done.values()) == 1
    method = {"put": "PUT", "patch": "PATCH", "delete": "DELETE"}.get(way, "POST")
    assert f"{method} {run.site.url('/do')}" in notices(recordings[0])
    assert results(recordings[0])[-1] == results(recordings[1])[0] == "refused"
    assert "changed something before" in (recordings[1].steps[0].message or "")


@pytest.mark.parametrize("place", sorted(set(PLACES) - {"button"}))
def test_nor_is_it_wherever_the_element_is(run: Runs, place: str) -> None:
    used: dict[str, Callable[[Point], Action]] = {
        "list": lambda point: Select("Blop", point),
        "tick": lambda point: Check(point, checked=True),
    }
    path = f"/way/{place.replace(' ', '-')}?fetch"
    run(path, used.get(place, "go"), Open(run.site.url(path)), used.get(place, "go"), episodes=2)
    assert run.site.done == {"POST /do": 1}


def test_what_comes_a_moment_later_is_put_down_to_what_was_pressed(run: Runs) -> None:
    sent = Until(lambda: bool(run.site.done))
    first, second = run("/way/button?a-moment-later", "go", sent, Wait(0.2), "go", episodes=2)
    assert run.site.done == {"POST /do": 1}
    assert f"sent earlier: POST {run.site.url('/do')}" in notices(first)
    assert results(first)[-1] == results(second)[0] == "refused"


def test_it_is_pressed_again_where_the_environment_says_how_that_is_put_back(run: Runs) -> None:
    recordings = run("/way/button?fetch", "go", "go", episodes=2, renews=True)
    assert run.site.done == {"POST /do": 4}
    assert NOT_AGAIN not in notices(recordings[0])
    assert f"sent POST {run.site.url('/do')}" in notices(recordings[0])


def test_what_only_reads_and_what_a_page_sends_by_itself_bar_nothing(run: Runs) -> None:
    (recording,) = run("/reading", "go", "again", "go", "again")
    assert results(recording) == ["ok"] * 4
    assert run.site.done == {"POST /graph": 2, "POST /seen": 3}
    assert "sent" not in notices(recording)


def test_what_the_next_page_sends_by_itself_is_not_put_down_to_the_link(run: Runs) -> None:
    (recording,) = run("/visited", "go", "go", "go", "go")
    assert results(recording) == ["ok"] * 4
    assert run.site.done == {"POST /seen": 5}
    assert "sent" not in notices(recording)


def test_a_step_records_what_was_sent_in_it_besides_reading(run: Runs) -> None:
    (recording,) = run("/sending", Scroll(0, 100), "go", Open(run.site.url("/reading")), "go", "again")
    assert requests(recording) == [[], [("POST", 1, False)], [], [], []]
    sent = Until(lambda: run.site.done["POST /do"] > 1)
    (recording,) = run("/way/button?a-moment-later", "go", sent, Wait(0.2))
    assert [each for each in requests(recording) if each] == [[("POST", 1, True)]]
    (recording,) = run("/destroying", "go")
    assert requests(recording) == [[("GET", 1, False)]]


def test_where_nothing_is_put_back_nothing_but_reading_goes_out(held: Runs) -> None:
    for way in ("beacon", "fetch", "form-by-a-script", "ping", "worker"):
        (recording,) = held(f"/way/button?{way}", "go", Wait(0.1), reads_only=True)
        assert not held.site.done, way
        assert "refused" in results(recording), way
        said = next(step.message for step in recording.steps if step.message is not None)
        assert said.startswith("stopped, for nothing would put it back: ")
        assert not any(requests(recording)), way
    held.site.asked.clear()
    (recording,) = held("/destroying", "go", "on", reads_only=True)
    assert results(recording) == ["refused", "ok"]
    assert "/books/7/delete" not in held.site.asked
    (recording,) = held("/reading", "go", reads_only=True)
    assert results(recording) == ["ok"]
    assert held.site.done == {"POST /graph": 1}


def test_a_form_is_put_down_to_its_button_though_another_page_comes_of_it(run: Runs) -> None:
    (recording,) = run("/sending", "go", Open(run.site.url("/sending")), "go")
    assert results(recording) == ["ok", "ok", "refused"]
    assert run.site.done == {"POST /do": 1}


def test_a_heart_beat_is_put_down_to_no_press(run: Runs) -> None:
    beats = [Until(lambda number=number: run.site.done["POST /beat"] > number) for number in (1, 4, 7, 10, 13)]
    (recording,) = run("/beating", *beats, "go", "go", "go")
    assert set(results(recording)) == {"ok"}
    last = recording.steps[-1].after
    assert last is not None
    assert "sent" not in (last.notice or "")


def wall(step: Step) -> bool:
    return step.after is not None and "logged out" in (step.after.notice or "")


def test_a_way_out_in_no_known_language_is_recorded_put_back_and_not_taken_again(run: Runs) -> None:
    first, second = run("/all/", "go", "on", "go", episodes=2, renews=True)
    assert wall(first.steps[0])
    assert f"logged out by link 'Krups': {NOT_AGAIN}" in notices(first)
    assert run.site.everybody_in
    assert run.site.asked.count("/all/leave") == 1
    assert results(first) == ["ok", "ok", "refused"]
    assert not first.steps[1].continuous
    assert first.steps[1].before is not None
    assert first.steps[1].before.location == run.site.url("/all/")
    assert first.trajectory.ended_by == "policy"
    assert results(second)[0] == "refused"
    assert "ended the session before" in (second.steps[0].message or "")


def test_the_storage_state_is_restored_where_a_cookie_was_taken_away(run: Runs) -> None:
    (recording,) = run("/quiet/", "go", "on", "go", cookie=True)
    assert wall(recording.steps[0])
    assert results(recording) == ["ok", "ok", "refused"]
    assert run.site.asked.count("/quiet/leave") == 1


def test_what_holds_a_session_may_be_in_the_local_storage(run: Runs) -> None:
    local = {f"http://{run.site.host}": (("auth_token", "x"), ("colour", "red"))}
    (recording,) = run("/kept", "on", "go", "go", storage=StorageState(local=local))
    assert results(recording) == ["ok", "ok", "refused"]
    assert not wall(recording.steps[0])
    assert wall(recording.steps[1])


def test_a_session_that_does_not_come_back_ends_the_episode_and_no_later_one_explores_the_wall(run: Runs) -> None:
    first, second = run("/own/", "on", "go", "on", episodes=2, cookie=True)
    assert first.trajectory.ended_by == "left the app"
    assert first.trajectory.message == "link 'Krups' ended the session, which is not put back"
    assert len(first.steps) == 2
    assert second.trajectory.ended_by == "start failed"
    assert "the session was lost by link 'Krups'" in (second.trajectory.message or "")
    assert run.site.asked.count("/own/leave") == 1


@pytest.mark.parametrize("place", ["apart", "refusing", "asking"])
def test_a_wall_without_a_password_is_a_log_out_too(run: Runs, place: str) -> None:
    first, second, third = run(f"/{place}/", "on", "go", "on", episodes=3)
    assert first.trajectory.message == "link 'Krups' ended the session, which is not put back"
    assert [each.trajectory.ended_by for each in (second, third)] == ["start failed"] * 2
    assert run.site.asked.count(f"/{place}/leave") == 1
    (renewed,) = run(f"/{place}/", "on", "go", "on", renews=True)
    assert results(renewed) == ["ok"] * 3
    assert wall(renewed.steps[1])


def test_a_page_with_a_password_is_no_log_out(run: Runs) -> None:
    first, second = run("/account", "go", Open(run.site.url("/account")), "go", episodes=2)
    for recording in (first, second):
        assert results(recording) == ["ok"] * 3
        assert "logged out" not in notices(recording)


def test_a_language_that_was_changed_is_put_back(run: Runs) -> None:
    changes: Callable[[Point], Action] = lambda point: Select("Bb", point)  # noqa: E731
    first, second = run("/tongue/", changes, changes, episodes=2)
    assert f"the language changed from xa to xb by combobox 'Nuul': {NOT_AGAIN}" in notices(first)
    assert run.site.language == "xa"
    assert results(first) == ["ok", "refused"]
    assert results(second) == ["refused", "refused"]


def test_a_language_that_no_list_puts_back_ends_the_episode(run: Runs) -> None:
    first, second = run("/tongue/", "go", "go", episodes=2)
    assert first.trajectory.ended_by == "left the app"
    assert first.trajectory.message == "link 'Krups' changed the language, which is not put back"
    assert results(second)[0] == "refused"
    assert run.site.asked.count("/tongue/turn") == 1


def test_a_page_in_another_language_is_no_setting(run: Runs) -> None:
    (recording,) = run("/tongue/", "other", Open(run.site.url("/tongue/")), "other")
    assert results(recording) == ["ok"] * 3
    assert "language" not in notices(recording)


def entering(point: Point) -> Action:
    return Type("x", point, submit=True)


@pytest.mark.parametrize("path", ["/below", "/outside", "/hidden", "/chat"])
def test_enter_sends_no_payment_and_no_message_wherever_its_button_is(run: Runs, path: str) -> None:
    (recording,) = run(path, entering, "go", Key("Enter"), Type("x", submit=True))
    assert results(recording) == ["refused", "ok", "refused", "refused"]
    assert not run.site.done


def test_enter_presses_another_button_below_the_screen(run: Runs) -> None:
    (recording,) = run("/harmless", entering, entering)
    assert results(recording) == ["ok", "refused"]
    assert run.site.done == {"POST /do": 1}


@pytest.mark.parametrize("id", sorted(EXITS))
def test_no_request_goes_out_whose_address_ends_the_session(run: Runs, id: str) -> None:
    (recording,) = run("/exits", id)
    assert "would end the session" in notices(recording)
    assert not run.site.done
    assert run.site.asked == ["/exits"]


def test_a_field_that_sends_when_it_is_left_is_told_after_the_second_time(run: Runs) -> None:
    def typed(point: Point) -> Action:
        return Type("x", point)

    (recording,) = run("/leaving", typed, "on", typed, "other", typed)
    assert results(recording) == ["ok"] * 4 + ["refused"]
    assert run.site.done == {"POST /do": 2}


@pytest.mark.parametrize(("path", "why"), [("/buying", "it sends a payment"), ("/keys", "it sets a password")])
def test_what_pays_or_sets_a_password_in_no_known_language_is_not_sent(run: Runs, path: str, why: str) -> None:
    (recording,) = run(path, "go" if path == "/buying" else (lambda point: Type("x", point)), "on")
    assert [step.message for step in recording.steps] == [f"needs consent: {why}"] * 2
    assert not run.site.done


def test_what_became_another_element_while_it_was_thought_about_is_not_pressed(
    acting: ActingSite, shared: SharedBrowser
) -> None:
    environment = WebEnvironment(acting.url("/way/button?fetch"), config=WebConfig(settle=1.0), browser=shared)
    try:
        seen = environment.reset()
        press = Click(
            Point.on(*next(node for node in seen.nodes if node.id == "go").box.centre, width=1280, height=720)
        )
        environment.evaluate("document.title = 'Turned'; go.firstChild.data = 'Pay now'")
        outcome = environment.act(press)
        assert (outcome.result, outcome.message) == (
            "no target", "the page changed: the button 'Pay now' is where the button 'Zorkum' was"
        )  # fmt: skip
        assert environment.observe().title == "Turned"
        environment.evaluate("go.before('x')")
        assert environment.act(press).result == "ok"
        assert acting.done == {"POST /do": 1}
    finally:
        environment.close()


def test_what_destroys_though_it_only_reads_is_not_pressed_again(run: Runs) -> None:
    there = Open(run.site.url("/destroying"))
    first, second = run("/destroying", "on", "on", "go", there, Back(), there, "other", "go", "other", episodes=2)
    assert results(first) == ["ok"] * 7 + ["refused"] * 2
    assert f"sent GET {run.site.url('/books/7/delete')}; {NOT_AGAIN}" in notices(first)
    assert results(second)[2] == "refused"
    assert run.site.asked.count("/books/8/delete") == 1


def test_a_page_that_a_form_was_sent_for_is_not_loaded_again(run: Runs) -> None:
    path = "/way/button?form-by-a-script"
    (recording,) = run(path, "go", Reload(), Open(run.site.url(path)), Reload())
    assert results(recording) == ["ok", "refused", "ok", "ok"]
    assert run.site.done == {"POST /do": 1}
