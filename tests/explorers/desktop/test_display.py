"""A second display system is one module: all of a desktop on one that is no X11."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from explorers.demonstrations.events import Pressed
from explorers.desktop import DesktopConfig, DesktopEnvironment
from explorers.desktop.demonstration import DesktopStage
from schemas.actions import (
    Action,
    Back,
    Click,
    CloseTab,
    Drag,
    FocusTab,
    Key,
    Maximize,
    MoveWindow,
    Point,
    RightClick,
    Scroll,
    Type,
)
from schemas.errors import ConfigurationError
from tests.explorers.desktop.fake_display import FakeSystem

COMMAND = "sleep 600"
SPOT = Point(50.0, 60.0)


def config() -> DesktopConfig:
    return DesktopConfig(width=640, height=480, system=FakeSystem())


def system_of(config: DesktopConfig) -> FakeSystem:
    assert isinstance(config.system, FakeSystem)
    return config.system


@pytest.fixture(scope="module")
def fake() -> Iterator[tuple[DesktopEnvironment, FakeSystem]]:
    settings = config()
    with closing(DesktopEnvironment(COMMAND, config=settings)) as environment:
        yield environment, system_of(settings)


CASES: list[tuple[Action, list[tuple[Any, ...]]]] = [
    (Click(SPOT), [("pointer", 50, 60), ("left", True), ("left", False)]),
    (RightClick(Point(90.0, 99.0)), [("pointer", 90, 99), ("right", True), ("right", False)]),
    (Scroll(0.0, 120.0, SPOT), [("pointer", 50, 60), ("wheel", 0, 2)]),
    (Scroll(-60.0, 0.0, SPOT), [("pointer", 50, 60), ("wheel", -1, 0)]),
    (Key("Control+s"), [("press", "Control+s")]),
    (FocusTab(1), [("focus", 2)]),
    (Maximize(True), [("maximize", 1, True)]),
    (MoveWindow(SPOT), [("move", 1, 50, 60)]),
    (CloseTab(), [("close", 1)]),
    (Back(), [("close", 2)]),
]


@pytest.mark.desktop
@pytest.mark.parametrize(("action", "done"), CASES, ids=lambda case: type(case).__name__)
def test_actions_come_to_the_display(
    action: Action, done: list[tuple[Any, ...]], fake: tuple[DesktopEnvironment, FakeSystem]
) -> None:
    environment, system = fake
    before = environment.reset()
    assert before.windows == ("Main", "Other")
    system.display.done.clear()
    assert environment.act(action).result == "ok"
    assert system.display.done == done
    after = environment.observe()
    assert before.screen is not None
    assert after.screen is not None
    assert before.screen.data != after.screen.data, "what was drawn is seen"


@pytest.mark.desktop
def test_text_and_a_drag_reach_a_window_that_tells_nothing(fake: tuple[DesktopEnvironment, FakeSystem]) -> None:
    environment, system = fake
    environment.reset()
    system.display.done.clear()
    assert environment.act(Type("Grüße", SPOT)).result == "ok"
    assert system.display.done[-1] == ("type", "Grüße")
    system.display.done.clear()
    environment.act(Drag(Point(300.0, 300.0), Point(400.0, 310.0)))
    assert system.display.done[0] == ("pointer", 300, 300)
    assert system.display.done[-2:] == [("pointer", 400, 310), ("left", False)]


@pytest.mark.desktop
def test_the_setting_names_the_system(fake: tuple[DesktopEnvironment, FakeSystem]) -> None:
    environment, _ = fake
    environment.reset()
    assert (environment.setting.engine, environment.setting.width, environment.setting.height) == ("Fake", 640, 480)


@pytest.mark.desktop
def test_a_person_is_listened_to_by_the_system() -> None:
    settings = config()
    with closing(DesktopStage(settings, command=COMMAND)) as stage:
        glance = stage.open()
        assert [node.name for node in glance.nodes] == ["Main", "Other"]
        events = system_of(settings).events
        events.pointer = (3.0, 4.0)
        press = Pressed(glance.ended + 1.0, 3.0, 4.0)
        events.came.append(press)
        assert stage.listen(0.0) == [press]
        assert stage.display == "fake:7"


def test_a_display_is_named_as_its_system_names_it() -> None:
    with pytest.raises(ConfigurationError, match="fake display"):
        DesktopConfig(display=":0", system=FakeSystem())
