"""What is recorded of a demonstration, and which look stands before and after each action."""

from pathlib import Path
from typing import Any

import pytest

from explorers.demonstrations import Demonstrated, DemonstrationConfig, record
from explorers.demonstrations.events import Event, Moved, Pressed, Released, Struck, Told, Turned
from schemas.actions import Action, Back, Click, Hover, Key, Reload, Stop, Type
from schemas.errors import ConfigurationError, TraceError
from schemas.recordings import Recording, read_trace
from schemas.records import Node, Step
from schemas.redaction import MASK
from tests.explorers.demonstrations.stage import Clock, ScriptedStage, element

ROW = {"File": 1, "Open": 3, "Recent": 4, "Note": 5, "Name": 6, "Password": 7}
MENU = element("menuitem", "File", 1)
ITEMS = [element("menuitem", "Open", 3), element("menuitem", "Recent", 4)]
NOTE = element("menuitem", "Note", 5)
NAME = element("textbox", "Name", 6, "editable", "focused")
PASSWORD = element("textbox", "Password", 7, "editable", "focused", "password", value="•••")


def click(time: float, name: str) -> list[Event]:
    x, y = 60.0, 30.0 * ROW[name] + 10
    return [Moved(time - 0.1, x, y), Pressed(time, x, y), Released(time + 0.05, x, y)]


def typed(time: float, text: str) -> list[Event]:
    return [Struck(time + 0.1 * n, character) for n, character in enumerate(text)]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("explorers.demonstrations.recorder.time", clock)
    return clock


def demonstrate(
    clock: Clock, traces: Path, shows: list[tuple[float, list[Node]]], does: list[Event], **more: Any
) -> tuple[Demonstrated, Recording]:
    """Records until the stop key two seconds after the last event; times count from the beginning."""
    given = {name: more.pop(name) for name in ("max_steps", "seconds", "run_id") if name in more}
    last = max((event.time for event in does), default=0.0) + 2
    stop = Struck(last, "q", ("Control", "Alt"))
    shifted = [_later(event) for event in (*does, stop)]
    stage = ScriptedStage(clock, [(100 + when, nodes) for when, nodes in shows], shifted, **more)
    done = record(stage, traces, DemonstrationConfig(goal="Open the note", **given))
    assert stage.closed == 1
    return done, read_trace(done.path)


def _later(event: Event) -> Event:
    from dataclasses import replace

    return replace(event, time=event.time + 100)


def names(recording: Recording, step: Step, side: str) -> list[str]:
    seen = getattr(step, side)
    return [node.name for node in recording.tree(seen.tree).nodes]


def actions(recording: Recording) -> list[Action]:
    return [step.action for step in recording.steps]


def test_an_action_stands_between_the_look_before_it_and_the_one_it_led_to(clock: Clock, tmp_path: Path) -> None:
    done, recording = demonstrate(clock, tmp_path, [(-9, [MENU]), (1.2, [MENU, *ITEMS])], click(1, "File"))
    step, stop = recording.steps
    assert isinstance(step.action, Click)
    assert step.target is not None
    assert (step.target.role, step.target.name, step.target.box) == ("menuitem", "File", MENU.box)
    assert names(recording, step, "before") == ["File"]
    assert names(recording, step, "after") == ["File", "Open", "Recent"]
    assert stop.action == Stop()
    assert stop.continuous
    trajectory = recording.trajectory
    assert (trajectory.policy, trajectory.goal, trajectory.ended_by) == ("human", "Open the note", "stop")
    assert (done.steps, done.actions["Click"], done.ended_by) == (2, 1, "stop")


def test_a_look_that_a_press_came_into_is_not_the_one_before_it(clock: Clock, tmp_path: Path) -> None:
    """The look at what came at 1.0 takes until 1.3; at 1.2 the person acts on what was seen before."""
    shows = [(-9, [MENU]), (1.0, [MENU, *ITEMS])]
    _, recording = demonstrate(clock, tmp_path, shows, click(1.2, "File"), takes=0.3)
    assert names(recording, recording.steps[0], "before") == ["File"]


def test_actions_at_a_pace_that_no_look_can_follow_are_all_there(clock: Clock, tmp_path: Path) -> None:
    keys: list[Event] = [Struck(1 + 0.01 * n, "ArrowDown") for n in range(5)]
    _, recording = demonstrate(clock, tmp_path, [(-9, [MENU])], keys, takes=0.2)
    assert actions(recording) == [Key("ArrowDown")] * 5 + [Stop()]
    hasty = recording.steps[0]
    assert hasty.settle is not None
    assert hasty.settle.startswith("timeout")


def test_a_screen_that_changes_by_itself_divides_the_steps(clock: Clock, tmp_path: Path) -> None:
    shows = [(-9, [MENU]), (4, [MENU, NAME])]
    _, recording = demonstrate(clock, tmp_path, shows, [*click(1, "File"), *click(6, "Name")])
    first, second, _ = recording.steps
    assert names(recording, first, "after") == ["File"]
    assert names(recording, second, "before") == ["File", "Name"]
    assert not second.continuous


def test_what_the_focus_and_the_pointer_change_does_not(clock: Clock, tmp_path: Path) -> None:
    passed = element("menuitem", "File", 1, "selected", "focused")
    many = [*ITEMS, NOTE]
    shows = [(-9, [MENU, *many]), (4, [passed, *many])]
    _, recording = demonstrate(clock, tmp_path, shows, [*click(1, "Open"), *click(6, "File")])
    assert [step.continuous for step in recording.steps] == [False, True, True]  # the first has none before it


def test_passing_over_an_element_counts_where_it_brought_forth_what_is_used(clock: Clock, tmp_path: Path) -> None:
    shows = [(-9, [MENU]), (1.1, [MENU, *ITEMS]), (4, [MENU, *ITEMS, NOTE])]
    over = [Moved(3.9, 60, 130)]  # on `Recent`
    _, recording = demonstrate(clock, tmp_path, shows, [*click(1, "File"), *over, *click(6, "Note")])
    kinds = [type(action) for action in actions(recording)]
    assert kinds == [Click, Hover, Click, Stop]
    hover = recording.steps[1]
    assert hover.target is not None
    assert hover.target.name == "Recent"
    assert names(recording, hover, "after")[-1] == "Note"
    assert all(step.continuous for step in recording.steps[1:])


def test_texts_are_one_action_in_the_field_in_focus(clock: Clock, tmp_path: Path) -> None:
    filled = element("textbox", "Name", 6, "editable", "focused", value="Ada")
    _, recording = demonstrate(clock, tmp_path, [(-9, [NAME]), (1.2, [filled])], typed(1, "Ada"))
    step = recording.steps[0]
    assert step.action == Type("Ada")
    assert step.target is not None
    assert step.target.name == "Name"
    assert recording.tree(step.after.tree or "").nodes[0].value == "Ada" if step.after else False


@pytest.mark.parametrize("shown", [-9.0, 1.05])
def test_a_secret_is_masked_even_where_the_focus_came_late(shown: float, clock: Clock, tmp_path: Path) -> None:
    shows = [(-90, [NAME]), (shown, [PASSWORD])]
    done, recording = demonstrate(clock, tmp_path, shows, typed(1, "swordfish"))
    assert actions(recording)[0] == Type(MASK)
    assert b"swordfish" not in done.path.read_bytes()


def test_what_no_action_stands_for_is_told(clock: Clock, tmp_path: Path) -> None:
    zoom = Turned(1, 5, 5, 0, 60, ("Control",))
    done, recording = demonstrate(clock, tmp_path, [(-9, [MENU])], [zoom, *click(3, "File")])
    assert dict(done.lost) == {"a turn of the wheel with Control held": 1}
    assert recording.trajectory.message == "left out: 1 of a turn of the wheel with Control held"
    notices = [step.after.notice for step in recording.steps if step.after is not None]
    assert any(notice and "left out: a turn of the wheel" in notice for notice in notices)


@pytest.mark.parametrize(
    ("more", "ended_by", "steps"),
    [
        ({"max_steps": 2}, "max steps", 2),
        ({"seconds": 4.0}, "policy", 2),
        ({"over_at": 104.0}, "stop", 3),
        ({"lost_at": 104.0}, "device lost", 2),
    ],
)
def test_it_ends_as_it_is_told(more: dict[str, Any], ended_by: str, steps: int, clock: Clock, tmp_path: Path) -> None:
    does = [*click(1, "File"), *click(2.5, "Open"), *click(6, "File"), *click(8, "File")]
    done, recording = demonstrate(clock, tmp_path, [(-9, [MENU, *ITEMS])], does, **more)
    assert (done.ended_by, done.steps) == (ended_by, steps)
    assert recording.trajectory.ended_by == ended_by
    assert len(recording.steps) == steps


def test_what_was_done_before_the_stop_key_is_recorded_though_it_is_told_after_it(clock: Clock, tmp_path: Path) -> None:
    went, left = Told(103 - 0.1, Back()), Told(103 + 0.1, Reload())
    late = [(0.3, went), (0.3, left)]
    _, recording = demonstrate(clock, tmp_path, [(-9, [MENU])], click(1, "File"), late=late)
    assert [type(action) for action in actions(recording)] == [Click, Back, Stop]


def test_a_screen_that_never_rests_is_recorded_all_the_same(clock: Clock, tmp_path: Path) -> None:
    _, recording = demonstrate(clock, tmp_path, [(-9, [MENU])], [*click(1, "File"), *click(9, "File")], restless=True)
    settle = recording.steps[0].settle
    assert settle is not None
    assert settle.startswith("timeout")


@pytest.mark.parametrize(
    "wrong", [{"goal": " "}, {"goal": "a", "max_steps": 0}, {"goal": "a", "seconds": 0}, {"goal": "a", "run_id": "a/b"}]
)
def test_what_can_not_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="expected"):
        DemonstrationConfig(**wrong)


def test_a_recording_is_made_once(clock: Clock, tmp_path: Path) -> None:
    demonstrate(clock, tmp_path, [(-9, [MENU])], [], run_id="one")
    with pytest.raises(TraceError, match="already there"):
        demonstrate(Clock(), tmp_path, [(-9, [MENU])], [], run_id="one")
