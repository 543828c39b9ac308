"""A person at real applications, driven by xdotool: the recording says what was done."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from explorers.demonstrations import DemonstrationConfig, record
from explorers.demonstrations.glances import Glance
from explorers.desktop import DesktopConfig
from explorers.desktop.demonstration import DesktopStage
from explorers.desktop.session import Session
from schemas.actions import Hover, Scroll, Stop, Type
from schemas.errors import ConfigurationError, DeviceUnavailable
from schemas.redaction import MASK
from tests.explorers.demonstrations.person import Person
from tests.explorers.desktop.conftest import application

pytestmark = pytest.mark.desktop


class Watched(DesktopStage):
    """Keeps its last look for whoever acts on it."""

    last: Glance | None = None

    def look(self, *, since: float | None) -> Glance | None:
        glance = super().look(since=since)
        self.last = glance or self.last
        return glance


def test_a_text_editor_used_by_a_person(tmp_path: Path) -> None:
    stage = Watched(DesktopConfig(), command="mousepad")
    person = Person(stage, lambda: stage.display)

    def perform(person: Person) -> None:
        page = person.find("textbox", "")
        person.click(page)
        person.type("Grüße, ñandú €5 — Привет, 日本")
        person.key("Control+a")
        person.key("End")
        person.right_click(page)
        person.find("menuitem", "Paste")
        person.key("Escape")
        assert page.box is not None
        x, y = int(page.box.x), int(page.box.y) + 10
        person.drag((x + 4, y), (x + 60, y))
        person.click(person.find("menuitem", "Document"))
        # On the way to the item of a menu in a menu, the pointer opens that.
        person.tool("mousemove", *_middle(stage, "menuitem", "Tab Size"))
        person.click(person.find("menuitem", "3"))
        person.await_focus("textbox")
        person.key("Control+s")
        person.find("textbox", "Name:")
        person.type("note.txt")
        person.click(person.find("button", "Cancel"))

    recording = person.demonstrate(perform, tmp_path)
    found = [step.action for step in recording.steps]
    hovers = [step for step in recording.steps if isinstance(step.action, Hover)]
    assert [action for action in found if not isinstance(action, Hover)] == [*person.done, Stop()]
    assert [step.target and step.target.name for step in hovers] == ["Tab Size"]
    names = [step.target and step.target.name for step in recording.steps]
    assert names[-4:] == ["", "Name:", "Cancel", None]
    assert [step.continuous for step in recording.steps] == [False] + [True] * (len(found) - 1)
    typed = recording.steps[1]
    assert typed.after is not None
    values = [node.value for node in recording.tree(typed.after.tree or "").nodes]
    assert typed.action.text in values if isinstance(typed.action, Type) else False
    assert all(step.result in ("ok", None) for step in recording.steps)


@pytest.fixture(scope="module")
def shown() -> Iterator[Session]:
    session = Session(application().split(), DesktopConfig())
    yield session
    session.close()


@pytest.fixture
def orders(shown: Session, monkeypatch: pytest.MonkeyPatch) -> Session:
    """The test application on a display that was there before the recorder."""
    monkeypatch.setenv("AT_SPI_BUS_ADDRESS", shown.outside_address)
    return shown


@pytest.mark.slow
def test_a_display_that_is_there_is_recorded_and_left_as_it_is(orders: Session, tmp_path: Path) -> None:
    display = orders.process.display
    stage = Watched(DesktopConfig(display=display))
    person = Person(stage, lambda: display)

    def perform(person: Person) -> None:
        person.click(person.find("textbox", "Password"))
        person.type("swordfish")
        person.double_click(person.find("heading", "Orders of today"))
        person.click(person.find("checkbox", "Express"), held="Control")
        person.wheel(person.find("text", "Order 3"), 3)
        person.click(person.find("link", "Details"))
        person.click(person.find("button", "Close"))

    recording = person.demonstrate(perform, tmp_path)
    steps = recording.steps
    person.done[1] = Type(MASK)
    assert [step.action for step in steps if not isinstance(step.action, Scroll)] == [*person.done, Stop()]
    (scroll,) = [step for step in steps if isinstance(step.action, Scroll)]
    assert scroll.before is not None
    assert scroll.after is not None
    assert scroll.before.scroll is not None
    assert scroll.after.scroll is not None
    assert isinstance(scroll.action, Scroll)
    assert scroll.action.dy == scroll.after.scroll.y - scroll.before.scroll.y > 0
    assert recording.trajectory.app == "desktop"
    assert b"swordfish" not in recording.path.read_bytes()
    assert orders.windows.shown()  # the application is still there


@pytest.mark.parametrize(
    ("display", "command", "named"),
    [
        (None, None, "neither"),
        ("wayland-0", None, "Wayland is not built"),
        (None, "no-such-program", "expected a program"),
    ],
)
def test_what_can_not_be_recorded_is_refused(display: str | None, command: str | None, named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        DesktopStage(DesktopConfig(display=display), command=command)


def test_a_display_that_is_not_there_is_named(tmp_path: Path) -> None:
    stage = DesktopStage(DesktopConfig(display=":4711"))
    with pytest.raises(DeviceUnavailable, match="display at :4711"):
        record(stage, tmp_path, DemonstrationConfig(goal="a"))
    assert list(tmp_path.iterdir()) == []


def test_a_display_without_accessibility_is_refused_before_it_starts(
    orders: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AT_SPI_BUS_ADDRESS", f"unix:path={tmp_path}/nobody")
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    monkeypatch.setattr("explorers.desktop.x11.display.X11Display.accessibility_bus", lambda _: None)
    threads = threading.active_count()
    with pytest.raises(DeviceUnavailable, match="no accessibility bus"):
        record(DesktopStage(DesktopConfig(display=orders.process.display)), tmp_path, DemonstrationConfig(goal="a"))
    assert threading.active_count() == threads
    assert os.listdir(tmp_path) == []


def test_a_server_without_record_is_refused(orders: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("Xlib.display.Display.has_extension", lambda _, name: name != "RECORD")
    with pytest.raises(DeviceUnavailable, match="RECORD extension"):
        record(DesktopStage(DesktopConfig(display=orders.process.display)), tmp_path, DemonstrationConfig(goal="a"))


def _middle(stage: Watched, role: str, name: str) -> tuple[str, str]:
    node = Person(stage, lambda: stage.display).find(role, name)
    assert node.box is not None
    x, y = node.box.centre
    return str(int(x)), str(int(y))
