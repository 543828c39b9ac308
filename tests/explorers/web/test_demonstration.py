"""A person in a browser: the recording says what was done in the pages, and in the browser around them."""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from explorers.demonstrations import DemonstrationConfig, record
from explorers.demonstrations.events import Pressed
from explorers.demonstrations.glances import Glance
from explorers.desktop import DesktopConfig
from explorers.desktop.process import DesktopProcess
from explorers.setup.chromium import find_chromium
from explorers.setup.desktop_packages import missing_packages
from explorers.web import WebConfig
from explorers.web.demonstration import WebStage
from explorers.web.devtools import Devtools
from explorers.web.following import FOCUS_SECONDS
from explorers.web.input import Input
from schemas.actions import (
    Back,
    Click,
    CloseTab,
    DoubleClick,
    Drag,
    FocusTab,
    Key,
    Open,
    Reload,
    Scroll,
    Select,
    Stop,
    Type,
)
from schemas.errors import ConfigurationError, DeviceUnavailable
from schemas.recordings import Recording
from schemas.records import Node
from schemas.redaction import MASK
from tests.explorers.demonstrations.person import PAUSE, Person
from tests.explorers.site import Site

pytestmark = pytest.mark.web


class Watched(WebStage):
    """Keeps its last look, and where the last press was, for whoever acts in it."""

    last: Glance | None = None
    pressed: tuple[float, float] | None = None

    def look(self, *, since: float | None) -> Glance | None:
        glance = super().look(since=since)
        self.last = glance or self.last
        return glance

    def listen(self, seconds: float):  # type: ignore[no-untyped-def]
        events = super().listen(seconds)
        for event in events:
            if isinstance(event, Pressed):
                self.pressed = (event.x, event.y)
        return events


class Remote(Person):
    """Acts through DevTools on a browser without a window."""

    def __init__(self, stage: Watched) -> None:
        super().__init__(stage, str)
        self._devtools: Devtools | None = None

    def hand(self) -> Input:
        """The mouse and the keyboard of the tab that was opened last."""
        assert self._devtools is not None
        pages = self._devtools.call("Target.getTargets")["targetInfos"]
        target = next(page["targetId"] for page in pages if page["type"] == "page")
        session = self._devtools.call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        return Input(self._devtools, session)

    def use(self, perform: Callable[["Remote", Input], None], traces: Path) -> Recording:
        def connected(_: Person) -> None:
            self._devtools = Devtools(self.stage._session.running.url)
            perform(self, self.hand())

        try:
            return self.demonstrate(connected, traces)
        finally:
            if self._devtools is not None:
                self._devtools.close()

    def tool(self, *words: str) -> None:
        assert words == ("key", "ctrl+alt+q")
        assert self._devtools is not None
        self.hand().press("Control+Alt+q")

    def spot(self, role: str, name: str) -> tuple[float, float]:
        box = self.find(role, name).box
        assert box is not None
        return box.centre


def test_a_page_used_by_a_person(site: Site, tmp_path: Path) -> None:
    person = Remote(Watched(site.url("/desk"), config=WebConfig(), visible=False))

    def perform(person: Remote, hand: Input) -> None:
        hand.click(person.spot("textbox", "Name"))
        time.sleep(PAUSE)
        hand.type("Ada", pace=0.02)
        hand.insert("字")
        time.sleep(PAUSE)
        hand.press("Tab")
        time.sleep(PAUSE)
        hand.type("swordfish", pace=0.01)
        time.sleep(PAUSE)
        hand.click(person.spot("button", "Fake"))
        time.sleep(PAUSE)
        x, y = person.spot("text", "Pad")
        hand.click((x, y), times=2)
        time.sleep(PAUSE)
        hand.drag((x, y), (x + 120, y + 20))
        time.sleep(PAUSE)
        hand.click((x, y), held=("Control",))
        for _ in range(3):
            hand.wheel((600, 300), 0, 100)
        time.sleep(0.8)

    recording = person.use(perform, tmp_path)
    kinds = [type(step.action) for step in recording.steps]
    assert kinds == [Click, Type, Key, Type, Click, DoubleClick, Drag, Click, Scroll, Stop]
    steps = recording.steps
    assert [steps[1].action, steps[3].action] == [Type("Ada字"), Type(MASK)]
    assert [step.target and step.target.name for step in steps[:5]] == ["Name", "Name", "Name", "Password", "Fake"]
    assert steps[4].after is not None
    assert steps[4].after.title == "undefined"  # the page can't see by what it is listened to
    scroll = steps[8].action
    assert isinstance(scroll, Scroll)
    assert steps[8].after is not None
    assert steps[8].after.scroll is not None
    assert scroll.dy == steps[8].after.scroll.y == 300
    assert b"swordfish" not in recording.path.read_bytes()
    assert (recording.trajectory.platform, recording.trajectory.policy) == ("web", "human")


def test_a_press_in_a_frame_of_another_process_has_its_place_on_the_page(site: Site, tmp_path: Path) -> None:
    other = f"localhost:{site.host.rpartition(':')[2]}"
    person = Remote(Watched(site.url("/framed"), config=WebConfig(hosts=(other,)), visible=False))

    def perform(person: Remote, hand: Input) -> None:
        hand.click(person.spot("textbox", "Name"))
        time.sleep(PAUSE)
        hand.type("x")
        time.sleep(PAUSE)

    click, typed, _ = person.use(perform, tmp_path).steps
    assert click.target is not None
    assert click.target.box is not None
    assert isinstance(click.action, Click)
    assert click.action.point.x == pytest.approx(click.target.box.centre[0], abs=1)
    assert click.target.name == "Name"
    assert typed.action == Type("x")


@pytest.mark.parametrize("apart", ["", "&apart=1"], ids=["same origin", "a process of its own"])
def test_a_press_in_a_frame_that_is_scaled_and_turned_has_its_place_too(site: Site, tmp_path: Path, apart: str) -> None:
    other = f"localhost:{site.host.rpartition(':')[2]}"
    place = "around=" + quote("zoom: .8; rotate: 10deg; scale: .7; width: 400px; margin: 100px")
    start = site.url(f"/drawn?{place}{apart}")
    person = Remote(Watched(start, config=WebConfig(hosts=(other,)), visible=False))

    def perform(person: Remote, hand: Input) -> None:
        hand.click(person.spot("button", "Share"))
        time.sleep(PAUSE)

    click, _ = person.use(perform, tmp_path).steps
    assert click.target is not None
    assert click.target.box is not None
    assert isinstance(click.action, Click)
    assert click.target.name == "Share"
    assert (click.action.point.x, click.action.point.y) == pytest.approx(click.target.box.centre, abs=1)


def test_a_browser_that_ends_ends_the_recording(site: Site, tmp_path: Path) -> None:
    person = Remote(Watched(site.url("/desk"), visible=False))

    def perform(person: Remote, hand: Input) -> None:
        hand.click(person.spot("button", "Fake"))
        time.sleep(PAUSE)
        person.stage._session.running.kill()

    person.tool = lambda *_: None  # type: ignore[method-assign]
    recording = person.use(perform, tmp_path)
    assert recording.trajectory.ended_by == "device lost"
    assert len(recording.steps) == 1


def test_what_can_not_be_recorded_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="http or https"):
        WebStage("ftp://example.org/")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(DeviceUnavailable, match="graphical session"):
        record(WebStage("http://127.0.0.1:9/"), tmp_path, DemonstrationConfig(goal="a"))


@pytest.fixture
def display(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A display with a window manager, for a browser with windows."""
    missing = missing_packages()
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}; root gets them with 'make desktop'")
    try:
        find_chromium(visible=True)
    except DeviceUnavailable as failure:
        pytest.skip(str(failure))
    process = DesktopProcess(DesktopConfig(width=1360, height=900, network=True))
    monkeypatch.setenv("DISPLAY", process.display)
    yield process.display
    process.close()


@pytest.mark.slow
@pytest.mark.desktop
def test_a_visible_browser_used_by_a_person(site: Site, display: str, tmp_path: Path) -> None:
    stage = Watched(site.url("/desk"), config=WebConfig())
    person = Person(stage, lambda: display)

    def select(node: Node) -> None:
        box = node.box
        assert box is not None
        x, y = (int(part) + shift for part, shift in zip(box.centre, person.origin, strict=True))
        person.tool("mousemove", str(x), str(y), "click", "1", "sleep", "0.5", "key", "Down", "key", "Return")
        time.sleep(1.3)

    def perform(person: Person) -> None:
        # Where the page begins on the display is seen by a press.
        person.tool("mousemove", "700", "700", "click", "1")
        while stage.pressed is None:
            time.sleep(0.02)
        person.origin = (700 - int(stage.pressed[0]), 700 - int(stage.pressed[1]))
        time.sleep(PAUSE)
        person.click(person.find("textbox", "Name"))
        person.type("Ada Löwe")
        person.key("Control+a")
        select(person.find("combobox", "Kind"))
        person.click(person.find("button", "Ask"))
        person.tool("key", "Return")  # in the dialog, which is none of the page
        time.sleep(PAUSE)
        person.click(person.find("link", "Beside"))
        person.find("heading", "Thank you")
        time.sleep(FOCUS_SECONDS)  # nobody chose the new tab: the page opened it
        person.tool("key", "ctrl+w")
        person.click(person.find("link", "Away"))
        person.find("heading", "Thank you")
        time.sleep(0.8)
        person.tool("key", "alt+Left")
        person.find("link", "Away")
        time.sleep(PAUSE)
        person.tool("key", "F5")
        time.sleep(0.8)
        person.tool("key", "ctrl+l", "type", site.url("/table"))
        person.tool("key", "Return")
        person.find("heading", "Books")

    recording = person.demonstrate(perform, tmp_path)
    steps = [step for step in recording.steps[1:] if not isinstance(step.action, Stop)]
    name, text, chord, ask, beside, away = person.done
    chosen = steps[3].action
    assert isinstance(chosen, Select)
    assert chosen.option == "Writer"
    done = [name, text, chord, chosen, ask, beside, CloseTab(), away, Back(), Reload(), Open(site.url("/table"))]
    assert [step.action for step in steps] == done
    assert not any(isinstance(step.action, FocusTab) for step in steps)
    answered = steps[4].after
    assert answered is not None
    assert answered.notice is not None
    assert "confirm: Sure?; the dialog was accepted" in answered.notice
    assert [step.target and step.target.name for step in steps[:6]] == ["Name", "Name", "Name", "Kind", "Ask", "Beside"]
    assert recording.trajectory.ended_by == "stop"
    assert shutil.which("xdotool")
