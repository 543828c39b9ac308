"""Frames that are moved, scaled, zoomed, turned and put into each other: a point lies on what is drawn there."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from explorers.web import WebConfig, WebEnvironment
from schemas.actions import Click, Open, Select, Wait
from schemas.records import Observation
from schemas.visual import decode
from tests.explorers.contract import find
from tests.explorers.site import Site, serve_folder
from tests.explorers.web.conftest import point_on

pytestmark = pytest.mark.web

SHARED = Path(__file__).resolve().parents[4] / "shared" / "cases" / "pages"
RED = (255, 0, 0)

PLACES = {
    "as it is": {},
    "padded": {"frame": "border: 7px solid; padding: 30px 0 0 45px"},
    "scaled": {"around": "transform: scale(.5); transform-origin: 0 0"},
    "enlarged by itself": {"frame": "border: 4px solid; transform: scale(1.5); transform-origin: 0 0"},
    "zoomed": {"around": "zoom: .5", "frame": "border: 8px solid; padding: 10px"},
    "zoomed by itself": {"frame": "zoom: 1.4; border: 3px solid"},
    "zoomed and scaled": {"around": "zoom: 1.5; transform: scale(.4) translate(50px, 20px); transform-origin: 0 0"},
    "turned": {"around": "transform: rotate(90deg); transform-origin: 0 0; margin-left: 500px; width: 400px"},
    "turned a little": {"around": "rotate: 20deg; scale: .7; width: 400px; margin: 150px"},
    "mirrored": {"around": "transform: scaleX(-1); width: 400px"},
    "skewed": {"around": "transform: skewX(-20deg); width: 400px; margin: 100px"},
    "seen from the side": {"around": "transform: rotateY(40deg); width: 400px"},
}
NESTED = {
    "around": "zoom: .8; rotate: 10deg; margin: 150px; width: 700px",
    "frame": "width: 700px; height: 500px; border: 3px solid",
}


@pytest.fixture(scope="module")
def browser(site: Site) -> Iterator[WebEnvironment]:
    other = site.host.replace("127.0.0.1", "localhost")
    environment = WebEnvironment(site.url("/"), config=WebConfig(hosts=(other,)))
    environment.reset()
    yield environment
    environment.close()


def drawn(browser: WebEnvironment, site: Site, **asked: str) -> Observation:
    assert browser.act(Open(site.url(f"/drawn?{urlencode(asked)}"))).result == "ok"
    seen = browser.observe()
    for _ in range(20):
        if is_red(seen):
            break
        browser.act(Wait(0.1))  # a frame with a process of its own may be drawn a moment after it is there
        seen = browser.observe()
    return seen


def is_red(seen: Observation) -> bool:
    archive = next((node for node in seen.nodes if node.name == "Archive"), None)
    if archive is None or archive.box is None or seen.screen is None or not archive.on_screen:
        return False
    x, y = archive.box.centre
    beside_its_words = round(y + archive.box.height * 0.3), round(x)
    return tuple(decode(seen.screen.data)[beside_its_words]) == RED


def holds(browser: WebEnvironment, seen: Observation) -> None:
    """The middle of a button is drawn as that button, a press there reaches it, and a list there can be chosen from."""
    archive = find(seen, "button", "Archive")
    assert is_red(seen)
    assert not archive.has("covered")
    assert browser.act(Click(point_on(archive))).result == "ok"
    after = browser.observe()
    assert any(node.name == "archived" for node in after.nodes)
    assert browser.act(Select("Two", point_on(find(after, "combobox", "Kind")))).result == "ok"
    assert find(browser.observe(), "combobox", "Kind").value == "Two"


@pytest.mark.parametrize("apart", [False, True], ids=["same origin", "a process of its own"])
@pytest.mark.parametrize("place", PLACES)
def test_a_point_lies_on_what_is_drawn_there(browser: WebEnvironment, site: Site, place: str, apart: bool) -> None:
    holds(browser, drawn(browser, site, **PLACES[place], **({"apart": "1"} if apart else {})))


@pytest.mark.parametrize("outer", [{}, {"apart": "1"}], ids=["same origin", "apart"])
@pytest.mark.parametrize("inner", [{}, {"apart": "1"}], ids=["same origin", "apart"])
def test_and_in_frames_of_frames(
    browser: WebEnvironment, site: Site, outer: dict[str, str], inner: dict[str, str]
) -> None:
    page = "/drawn?" + urlencode({**PLACES["scaled"], **inner})
    holds(browser, drawn(browser, site, page=page, **NESTED, **outer))


@pytest.mark.skipif(not SHARED.is_dir(), reason="the folder of shared cases is not there")
def test_archive_is_archive_in_the_scaled_frame_of_the_shared_cases() -> None:
    with serve_folder(SHARED) as url:
        environment = WebEnvironment(f"{url}/scaled_frame.html", config=WebConfig(mode="viewport"))
        try:
            seen = environment.reset()
            assert environment.act(Click(point_on(find(seen, "button", "Archive")))).result == "ok"
            assert any(node.name == "archived" for node in environment.observe().nodes)
        finally:
            environment.close()
