import contextlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorers.web import WebConfig, WebEnvironment
from explorers.web.browser import SharedBrowser
from explorers.web.episode import EpisodeConfig, instant, load_storage_state, storage_state
from schemas.actions import NewTab, Reload
from schemas.errors import ConfigurationError, DeviceUnavailable
from schemas.records import Observation
from tests.explorers.site import Site
from tests.explorers.web.conftest import Visitor, node_of

COOKIE: dict[str, Any] = {"name": "session", "value": "hush-1", "domain": "127.0.0.1", "path": "/"}
Begin = Callable[..., WebEnvironment]


@pytest.fixture(scope="module")
def shared() -> Iterator[SharedBrowser]:
    browser = SharedBrowser()
    yield browser
    browser.close()


@pytest.fixture
def begin(site: Site, shared: SharedBrowser) -> Iterator[Begin]:
    """Makes environments that start at the page which tells what it began with."""
    made: list[WebEnvironment] = []

    def make(**settings: Any) -> WebEnvironment:
        config = WebConfig(mode="page", episode=EpisodeConfig(**settings))
        made.append(WebEnvironment(site.url("/begin"), config=config, browser=shared))
        return made[-1]

    yield make
    for each in made:
        each.close()


def said(seen: Observation, word: str) -> str:
    """What the page says after that word."""
    assert seen.tree is not None
    return next(node.name[len(word) + 1 :] for node in seen.tree.nodes if node.name.startswith(f"{word} "))


def test_a_storage_state_is_taken_as_playwright_writes_it(tmp_path: Path) -> None:
    given = {
        "cookies": [{**COOKIE, "expires": -1, "httpOnly": True, "secure": False, "sameSite": "Lax"}],
        "origins": [{"origin": "http://127.0.0.1:8000", "localStorage": [{"name": "user", "value": "hush-2"}]}],
    }
    (tmp_path / "state.json").write_text(json.dumps(given))
    state = load_storage_state(tmp_path / "state.json")
    assert state.cookies == ({**COOKIE, "httpOnly": True, "secure": False, "sameSite": "Lax"},)
    assert state.local == {"http://127.0.0.1:8000": (("user", "hush-2"),)}
    assert "hush" not in repr(state)
    assert "hush" not in repr(WebConfig(episode=EpisodeConfig(storage=state)))


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ([], "cookies"),
        ({}, "cookies"),
        ({"cookies": {}}, "cookies: expected a list"),
        ({"cookies": [7]}, "cookie 0: expected an object"),
        ({"cookies": [{**COOKIE, "domain": ""}]}, "cookie 0: expected a domain"),
        ({"cookies": [{"name": "a", "value": "hush"}]}, "cookie 0: expected a text as domain"),
        ({"cookies": [{**COOKIE, "path": "hush"}]}, "path that begins"),
        ({"cookies": [{**COOKIE, "sameSite": "hush"}]}, "sameSite"),
        ({"cookies": [{**COOKIE, "expires": "hush"}]}, "expires"),
        ({"cookies": [{**COOKIE, "secure": "hush"}]}, "secure"),
        ({"origins": [{"origin": "http://a.example/hush"}]}, "origin 0: expected an origin"),
        ({"origins": [{"origin": "file://"}]}, "origin 0: expected an origin"),
        ({"origins": [{"origin": "http://a.example"}] * 2}, "origin 1: expected each origin once"),
        ({"origins": [{"origin": "http://a.example", "localStorage": [{"name": "hush"}]}]}, "text as value"),
        ({"origins": [{"origin": "http://a.example", "indexedDB": [{"name": "hush"}]}]}, "indexedDB"),
    ],
)
def test_what_is_no_storage_state_is_refused_without_its_values(wrong: Any, named: str) -> None:
    with pytest.raises(ConfigurationError, match=named) as refused:
        storage_state(wrong)
    assert "hush" not in str(refused.value)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["cookies", "origins", "name", "value", "domain", "path", "origin", "localStorage"]),
            inner,
            max_size=4,
        )
    ),
)


@given(VALUES)
def test_whatever_a_file_holds_is_a_state_or_refused(value: Any) -> None:
    with contextlib.suppress(ConfigurationError):
        storage_state(value)


def test_a_file_that_is_missing_large_or_no_json_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="No such file"):
        load_storage_state(tmp_path / "none.json")
    (tmp_path / "state.json").write_text("hush-3")
    with pytest.raises(ConfigurationError, match="in JSON") as refused:
        load_storage_state(tmp_path / "state.json")
    assert "hush" not in str(refused.value)
    monkeypatch.setattr("explorers.web.episode.STATE_LIMIT", 5)
    with pytest.raises(ConfigurationError, match="at most"):
        load_storage_state(tmp_path / "state.json")


@pytest.mark.parametrize(
    "wrong",
    [{"seed": -1}, {"seed": 2**53}, {"clock": datetime(2026, 1, 1)}],  # noqa: DTZ001 - that is what is wrong
)
def test_a_seed_and_a_clock_that_no_page_can_have_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        EpisodeConfig(**wrong)


@pytest.mark.parametrize("wrong", [{"locale": "english"}, {"timezone": "Nowhere/Town"}, {"timezone": "../etc"}])
def test_a_place_that_no_browser_knows_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="such as"):
        WebConfig(**wrong)


def test_a_time_without_a_zone_is_utc() -> None:
    assert instant("2026-01-31T09:00:00") == datetime(2026, 1, 31, 9, tzinfo=UTC)
    assert instant("2026-01-31T09:00:00+02:00") == datetime(2026, 1, 31, 7, tzinfo=UTC)
    with pytest.raises(ConfigurationError, match="expected a time"):
        instant("tomorrow")


@pytest.mark.web
def test_cookies_and_storage_are_there_at_the_first_page_and_the_pages_own_afterwards(begin: Begin, site: Site) -> None:
    given = {
        "cookies": [{**COOKIE, "name": "theme", "value": "dark"}],
        "origins": [{"origin": f"http://{site.host}", "localStorage": [{"name": "user", "value": "ada"}]}],
    }
    environment = begin(storage=storage_state(given))
    for _ in range(2):
        seen = environment.reset()
        assert said(seen, "stored") == "ada"
        assert said(seen, "cookie") == "theme=dark"
        after = Visitor(site, environment).click(seen, "out")[1]
        assert said(after, "stored") == "null", "what the page removed stays removed"


@pytest.mark.web
def test_a_cookie_that_the_browser_refuses_is_a_start_that_failed_without_its_value(begin: Begin) -> None:
    environment = begin(storage=storage_state({"cookies": [{**COOKIE, "name": "__Host-session", "domain": ".a b"}]}))
    with pytest.raises(DeviceUnavailable, match="refuses a cookie of the storage state") as refused:
        environment.reset()
    assert "hush" not in str(refused.value)


@pytest.mark.web
def test_the_seed_of_a_page_repeats_its_episode_and_not_its_documents(begin: Begin) -> None:
    def drawn(environment: WebEnvironment) -> list[str]:
        found = [said(environment.reset(), "random")]
        for _ in range(2):
            environment.act(Reload())
            found.append(said(environment.observe(), "random"))
        environment.act(NewTab())
        return [*found, said(environment.observe(), "random")]

    environment = begin(seed=7)
    first = drawn(environment)
    assert drawn(environment) == first
    assert len(set(first[:3])) == 3
    assert drawn(begin(seed=8)) != first
    assert all(0 <= float(number) < 1 for text in first for number in text.split())


@pytest.mark.web
def test_the_clock_of_a_page_starts_where_it_is_told_and_goes_on(begin: Begin) -> None:
    environment = begin(clock=datetime(2031, 5, 6, 7, 8, tzinfo=UTC))
    seen = environment.reset()
    time, year, zero, instance = said(seen, "date").split()
    assert time.startswith("2031-05-06T07:08:")
    assert (year, zero, instance) == ("2031", "0", "true")
    assert said(seen, "shown") == "2031"
    environment.act(Reload())
    assert said(environment.observe(), "date").split()[0] > time


@pytest.mark.web
def test_a_page_has_its_own_chance_and_clock_unless_asked(begin: Begin) -> None:
    environment = begin()
    seen, again = environment.reset(), environment.reset()
    assert said(seen, "random") != said(again, "random")
    assert said(seen, "date").startswith(str(datetime.now(UTC).year))
    assert node_of(seen, "out").role == "button"
