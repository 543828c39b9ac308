import json
import re
from typing import Literal, get_args, get_origin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.export.dialects import parse, render, system, with_thought
from schemas import actions
from schemas.actions import ACTIONS, Action, Click, Drag, Platform, Point, Scroll, Stop, Type, Wait, offered
from schemas.arrow import kind_of
from schemas.errors import SchemaError

WIDTH, HEIGHT = 1280, 720
POINTS = st.builds(
    lambda x, y: Point.on(x, y, width=WIDTH, height=HEIGHT), st.integers(0, WIDTH), st.integers(0, HEIGHT)
)
SECONDS = st.floats(0.1, 60).map(lambda value: round(value, 3))
TEXT = st.text(max_size=30)


def any_of(kind: type[Action]) -> st.SearchStrategy[Action]:
    parts: dict[str, st.SearchStrategy[object]] = {}
    for name, hint in kind.__annotations__.items():
        if hint is Point:
            parts[name] = POINTS
        elif hint == Point | None:
            parts[name] = st.none() | POINTS
        elif name == "modifiers":
            parts[name] = st.none() | st.lists(st.sampled_from(["Alt", "Shift"]), unique=True).map(tuple)
        elif name == "files":
            parts[name] = st.lists(TEXT, min_size=1, max_size=3).map(tuple)
        elif name == "index":
            parts[name] = st.integers(0, 20)
        elif name == "nth":
            parts[name] = st.none() | st.integers(0, 20)
        elif name == "location" and hint is not str:
            parts[name] = st.none() | TEXT
        elif name == "pace":
            parts[name] = st.none() | SECONDS
        elif name == "seconds":
            parts[name] = SECONDS
        elif hint is float:
            parts[name] = st.integers(-5_000, 5_000).map(float)
        elif hint is bool:
            parts[name] = st.booleans()
        elif get_origin(hint) is Literal:
            parts[name] = st.sampled_from(get_args(hint))
        else:
            parts[name] = TEXT
    return st.builds(kind, **parts)


@pytest.mark.parametrize("kind", ACTIONS)
@given(data=st.data())
def test_every_action_comes_back_from_its_text(kind: type[Action], data: st.DataObject) -> None:
    action = data.draw(any_of(kind))
    text = render(action)
    assert "\n" not in text
    assert parse(text, width=WIDTH, height=HEIGHT) == action
    assert render(parse(text, width=WIDTH, height=HEIGHT)) == text


def test_the_text_is_short_and_in_pixels() -> None:
    assert render(Click(Point(640.4, 211.6, 0.5, 0.29))) == '{"action":"click","x":640,"y":212}'
    assert render(Drag(Point(1.0, 2.0), Point(3.0, 4.0))) == '{"action":"drag","x":1,"y":2,"to_x":3,"to_y":4}'
    assert render(Type("salt", clear=True)) == '{"action":"type","text":"salt","clear":true}'
    assert render(Scroll(0.0, 400.0)) == '{"action":"scroll","dx":0,"dy":400}'
    assert render(Wait()) == '{"action":"wait"}'
    assert render(Stop()) == '{"action":"stop"}'


@pytest.mark.parametrize("platform", get_args(Platform))
def test_the_system_prompt_names_the_actions_of_a_platform_and_no_other(platform: Platform) -> None:
    said = set(re.findall(r"[a-z_]+", system(platform).partition("of its own:")[2].replace("if it asks something", "")))
    kinds = {kind_of(kind) for kind in ACTIONS}
    assert {name for name in kinds if name in said} == {kind_of(kind) for kind in offered(platform)}


@pytest.mark.parametrize("platform", get_args(Platform))
def test_what_the_system_prompt_shows_can_be_read_back(platform: Platform) -> None:
    values = {
        "X": "1",
        "Y": "2",
        "T": '"t"',
        "O": '"o"',
        "N": '"n"',
        "URL": '"u"',
        "CSS": '"c"',
        "PIXELS": "3",
        "S": "4",
    }
    shown = re.findall(r"^\{.*?\}", system(platform).replace("[NAME]", '["f"]'), re.MULTILINE)
    assert shown
    for line in shown:
        text = re.sub(r":([A-Z]+)\b", lambda match: f":{values[match[1]]}", line)
        assert type(parse(text, width=WIDTH, height=HEIGHT)) in offered(platform)


def test_a_thought_stands_on_a_line_of_its_own_which_the_system_prompt_names() -> None:
    done = 'Click Plants.\n{"action":"stop"}'
    assert with_thought(None, done) == done
    assert with_thought("I see plants.\n They are dry.", done) == f"Thought: I see plants. They are dry.\n{done}"
    assert "`Thought:`" in system("web", thoughts=True)
    assert system("web", thoughts=True).splitlines()[2:] == system("web").splitlines()[2:]


def test_an_action_whose_point_is_not_known_in_pixels_is_refused_by_name() -> None:
    with pytest.raises(SchemaError, match="a click needs its point in pixels"):
        render(Click(Point(fx=0.5, fy=0.5)))
    with pytest.raises(SchemaError, match="a drag needs its end in pixels"):
        render(Drag(Point(1.0, 1.0), Point(fx=0.5, fy=0.5)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "click",
        "[]",
        '{"action":3}',
        '{"action":"fly"}',
        '{"action":"click"}',
        '{"action":"click","x":1}',
        '{"action":"click","x":"1","y":2}',
        '{"action":"click","x":true,"y":2}',
        '{"action":"click","x":1,"y":2,"z":3}',
        '{"action":"type"}',
        '{"action":"wait","seconds":"long"}',
        '{"action":"stop","status":"maybe"}',
        '{"action":"click","x":1e999,"y":2}',
        "[" * 100_000,
    ],
)
def test_what_is_no_action_is_refused(text: str) -> None:
    with pytest.raises(SchemaError):
        parse(text, width=WIDTH, height=HEIGHT)


def test_a_point_outside_the_screen_is_moved_to_its_edge() -> None:
    found = parse(json.dumps({"action": "click", "x": 5_000, "y": -3}), width=WIDTH, height=HEIGHT)
    assert found == actions.Click(Point.on(WIDTH, 0, width=WIDTH, height=HEIGHT))
