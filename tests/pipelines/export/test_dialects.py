import json
import re
from dataclasses import replace
from typing import Any, Literal, get_args, get_origin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.export.dialects import DIALECTS, FREE, OURS, Unspoken, nearest, parse, render
from pipelines.export.dialects.reading import KEYS, READERS, read
from pipelines.export.geometry import Frame
from schemas.actions import (
    ACTIONS,
    Action,
    Answer,
    Check,
    Click,
    Drag,
    Key,
    Platform,
    Point,
    Scroll,
    Select,
    Stop,
    Swipe,
    Type,
    Wait,
    offered,
    points_of,
)
from schemas.arrow import kind_of
from schemas.errors import SchemaError

WIDTH, HEIGHT = 1280, 720
SIZES = ((1280, 720), (1080, 2400), (3840, 2160), (540, 1200))
POINTS = st.builds(
    lambda x, y: Point.on(x, y, width=WIDTH, height=HEIGHT), st.integers(0, WIDTH), st.integers(0, HEIGHT)
)
SECONDS = st.floats(0.1, 60).map(lambda value: round(value, 3))
TEXT = st.text(max_size=30)
CHORDS = st.sampled_from(
    ["Enter", "Control+a", "Control+Shift+Tab", "ArrowDown", "F5", "Escape", "PageDown", "Alt+ArrowLeft"]
)
OURS_FRAME = OURS.geometry.frame((WIDTH, HEIGHT))


def any_of(kind: type[Action]) -> st.SearchStrategy[Action]:
    parts: dict[str, st.SearchStrategy[object]] = {}
    for name, hint in kind.__annotations__.items():
        if hint is Point:
            parts[name] = POINTS
        elif hint == Point | None:
            parts[name] = st.none() | POINTS
        elif name == "modifiers":
            parts[name] = st.none() | st.lists(st.sampled_from(["Alt", "Shift"]), min_size=1, unique=True).map(tuple)
        elif name == "files":
            parts[name] = st.lists(TEXT, min_size=1, max_size=3).map(tuple)
        elif name == "keys":
            parts[name] = CHORDS
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


PLAIN: dict[str, tuple[Action, ...]] = {
    "check": (Check(Point(30.0, 40.0, 0.1, 0.2)),),
    "scroll": (Scroll(0, 400.0, Point(30.0, 40.0)),),
    "type": (
        Type("salt & \"pepper\" 'x' \\n", Point(30.0, 40.0), submit=True),
        Type("a\nb", Point(3.0, 4.0), submit=True),
    ),
    "key": (Key("Enter"),),
}
"""What every dialect that has the kind can tell, where that is not any of the kind."""


def plain(kind: type[Action]) -> tuple[Action, ...]:
    """Actions of a kind without what is seldom set."""
    if kind_of(kind) in PLAIN:
        return PLAIN[kind_of(kind)]
    given: dict[str, Any] = {}
    for name, hint in kind.__annotations__.items():
        if hint is Point:
            given[name] = Point(30.0, 40.0) if name != "end" else Point(500.0, 300.0)
        elif hint is str:
            given[name] = "Hana's [2] (red)"
        elif name == "files":
            given[name] = ("a.txt", "b c.txt")
        elif name == "index":
            given[name] = 2
        elif name == "orientation":
            given[name] = "landscape"
    return (kind(**given),)


def same(left: Action, right: Action, frame: Frame) -> bool:
    """Whether two actions are one within half a unit of the grid, but for how fast and how far a scroll goes."""
    if type(left) is not type(right) or len(points_of(left)) != len(points_of(right)):
        return False
    for one, other in zip(points_of(left), points_of(right), strict=True):
        for axis in (0, 1):
            side, unit = frame.recorded[axis], frame.grid[axis] / frame.recorded[axis]
            off = abs(one.pixel(*frame.recorded)[axis] - other.pixel(*frame.recorded)[axis]) * unit
            assert 0 <= other.pixel(*frame.recorded)[axis] <= side
            if off > 0.5 * 10**-frame.digits + 1e-6:
                return False
    names = [name for name in left.__slots__ if name not in ("point", "start", "end", *FREE)]
    if isinstance(left, Scroll) and isinstance(right, Scroll):
        return all((getattr(left, name) > 0) == (getattr(right, name) > 0) for name in ("dx", "dy"))
    return all(getattr(left, name) == getattr(right, name) for name in names)


@pytest.mark.parametrize("kind", ACTIONS)
@given(data=st.data())
@settings(max_examples=25)
def test_every_action_comes_back_from_our_words(kind: type[Action], data: st.DataObject) -> None:
    action = data.draw(any_of(kind))
    platform = next(each for each in get_args(Platform) if kind in offered(each))
    text = render(action, OURS, OURS_FRAME, platform)
    assert "\n" not in text
    assert parse(text, OURS, OURS_FRAME, platform) == action


@pytest.mark.parametrize("name", sorted(DIALECTS))
@given(data=st.data())
@settings(max_examples=120)
def test_an_action_comes_back_within_half_a_unit_or_is_refused_by_name(name: str, data: st.DataObject) -> None:
    dialect = DIALECTS[name]
    platform = data.draw(st.sampled_from([each for each, kinds in dialect.kinds.items() if kinds]))
    kind = data.draw(st.sampled_from(offered(platform)))
    action = data.draw(any_of(kind))
    frame = dialect.geometry.frame((WIDTH, HEIGHT))
    try:
        text = render(action, dialect, frame, platform)
    except Unspoken as error:
        refused = str(error)
    else:
        refused = None
    if refused is not None:
        assert dialect.name in refused
        return
    assert kind_of(kind) in dialect.kinds[platform]
    assert same(action, parse(text, dialect, frame, platform), frame), text


@pytest.mark.parametrize("name", sorted(DIALECTS))
def test_what_is_plain_of_each_kind_is_told_and_read_and_of_the_others_refused(name: str) -> None:
    dialect = DIALECTS[name]
    for platform in get_args(Platform):
        for kind in offered(platform):
            for action in plain(kind):
                if kind_of(kind) not in dialect.kinds[platform]:
                    frame = dialect.geometry.frame(SIZES[0])
                    with pytest.raises(Unspoken, match=f"{name} (has no {kind_of(kind)} on|is not for) {platform}"):
                        render(action, dialect, frame, platform)
                    continue
                for size in SIZES:
                    frame = dialect.geometry.frame(size)
                    text = render(action, dialect, frame, platform)
                    answer = dialect.answer(text, 'Use "click(x)" {here}.', "It says: Action: stop()")
                    assert same(action, parse(answer, dialect, frame, platform), frame), answer


@pytest.mark.parametrize("name", sorted(DIALECTS))
def test_no_dialect_claims_a_kind_that_a_platform_lacks_and_each_has_a_prompt(name: str) -> None:
    dialect = DIALECTS[name]
    assert set(READERS) == set(DIALECTS)
    assert any(dialect.kinds.values())
    frame = dialect.geometry.frame((WIDTH, HEIGHT))
    for platform, kinds in dialect.kinds.items():
        assert kinds <= {kind_of(kind) for kind in offered(platform)}
        assert {"click", "type", "stop", "answer"} <= kinds or not kinds
        if kinds:
            quiet, thinking = (dialect.system(platform, frame, thoughts) for thoughts in (False, True))
            assert len(quiet) > 300
            assert quiet != thinking
    assert "2. Then that" in dialect.request("Do it.", ("First this", "Then that")).replace("Step 2:", "2.").replace(
        "# 2.\n## Action:\n", "2. "
    )


TOLD = {
    "hindtrace": '{"action":"type","text":"salt","x":100,"y":50,"submit":true}',
    "qwen2.5-vl": '{"name": "computer_use", "arguments": {"action": "left_click", "coordinate": [101, 51]}}',
    "qwen3-vl": '{"name": "computer_use", "arguments": {"action": "left_click", "coordinate": [78, 69]}}',
    "ui-tars": "click(start_box='(101,51)')\n\ntype(content='salt\\n')",
    "opencua": "pyautogui.click(x=101, y=51)\npyautogui.write(message='salt')\npyautogui.press('enter')",
    "aguvis": "pyautogui.click(x=0.0781, y=0.0694)\npyautogui.write(message='salt')\npyautogui.press('enter')",
    "openai": '{"type":"computer_call","actions":[{"type":"click","button":"left","x":100,"y":50},',
    "anthropic": '{"type":"tool_use","name":"computer","input":{"action":"type","text":"salt"}}',
    "browsergym": "mouse_click(100, 50)\nkeyboard_type('salt')\nkeyboard_press('Enter')",
}


@pytest.mark.parametrize("name", sorted(TOLD))
def test_a_text_typed_into_a_field_is_in_the_models_own_words(name: str) -> None:
    dialect = DIALECTS[name]
    frame = dialect.geometry.frame((WIDTH, HEIGHT))
    action = Type("salt", Point.on(100, 50, width=WIDTH, height=HEIGHT), submit=True)
    assert TOLD[name] in render(action, dialect, frame, "web")


def test_phones_are_told_in_their_own_tools() -> None:
    frames = {name: DIALECTS[name].geometry.frame((1080, 2400)) for name in DIALECTS}
    swipe = Swipe(Point.on(540, 1800, width=1080, height=2400), Point.on(540, 600, width=1080, height=2400))
    texts = {name: render(swipe, DIALECTS[name], frames[name], "android") for name in ("qwen3-vl", "ui-tars", "aguvis")}
    assert '"coordinate": [500, 749], "coordinate2": [500, 250]' in texts["qwen3-vl"]
    assert texts["ui-tars"] == "drag(start_box='(546,1806)', end_box='(546,602)')"
    assert texts["aguvis"] == "mobile.swipe(from_coord=[0.5, 0.75], to_coord=[0.5, 0.25])"
    tap = Click(Point.on(540, 1800, width=1080, height=2400))
    assert render(tap, DIALECTS["androidworld"], frames["androidworld"], "android") == (
        '{"action_type":"click","x":540,"y":1800}'
    )


def test_what_a_dialect_lacks_is_told_by_what_does_the_same() -> None:
    qwen, frame = DIALECTS["qwen2.5-vl"], DIALECTS["qwen2.5-vl"].geometry.frame((1080, 2400))
    box = Point(30.0, 40.0)
    assert nearest(Check(box), qwen, frame, "web", changed=True) == Click(box)
    assert nearest(Check(box), qwen, frame, "web", changed=False) == Check(box)
    assert nearest(Check(box), OURS, frame, "web", changed=True) == Check(box)
    swipe = nearest(Scroll(0, 900.0, Point(500.0, 100.0)), qwen, frame, "android", changed=True)
    assert isinstance(swipe, Swipe)
    assert (swipe.start.y, swipe.end.y) == (900.0, 0.0)
    tars = DIALECTS["ui-tars"]
    placed = nearest(Scroll(0, 300.0), tars, frame, "web", changed=True)
    assert isinstance(placed, Scroll)
    assert placed.point == frame.centre()
    assert nearest(Select("a", box), qwen, frame, "web", changed=True) == Select("a", box)


def test_our_words_are_short_and_in_pixels() -> None:
    def ours(action: Action) -> str:
        return render(action, OURS, OURS_FRAME, "web")

    assert ours(Click(Point(640.4, 211.6, 0.5, 0.29))) == '{"action":"click","x":640,"y":212}'
    assert ours(Drag(Point(1.0, 2.0), Point(3.0, 4.0))) == '{"action":"drag","x":1,"y":2,"to_x":3,"to_y":4}'
    assert ours(Type("salt", clear=True)) == '{"action":"type","text":"salt","clear":true}'
    assert ours(Scroll(0.0, 400.0)) == '{"action":"scroll","dx":0,"dy":400}'
    assert ours(Wait()) == '{"action":"wait"}'
    assert ours(Stop()) == '{"action":"stop"}'
    assert ours(Click(Point(fx=0.5, fy=0.25))) == '{"action":"click","x":640,"y":180}', "a fraction is a place too"


@pytest.mark.parametrize("platform", get_args(Platform))
def test_our_system_prompt_names_the_actions_of_a_platform_and_no_other(platform: Platform) -> None:
    words = OURS.system(platform, OURS_FRAME, False).partition("of its own:")[2].replace("if it asks something", "")
    said = set(re.findall(r"[a-z_]+", words))
    kinds = {kind_of(kind) for kind in ACTIONS}
    assert {name for name in kinds if name in said} == {kind_of(kind) for kind in offered(platform)}


def test_our_system_prompt_says_what_places_are_counted_in() -> None:
    assert OURS.system("web", OURS_FRAME, False).endswith(
        "X and Y are pixels of the screenshot, from its top left corner."
    )
    frame = replace(OURS.geometry, unit="thousand").frame((WIDTH, HEIGHT))
    assert "to 1000 at the right" in OURS.system("web", frame, False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "click",
        "[]",
        '{"action":"fly"}',
        '{"action":3}',
        '{"action":"click","x":1}',
        '{"action":"click","x":"1","y":2}',
        '{"action":"click","x":true,"y":2}',
        '{"action":"click","x":1,"y":2,"colour":"red"}',
        '{"action":"click","x":NaN,"y":2}',
        '{"action":"type"}',
    ],
)
def test_what_is_no_action_is_an_error(text: str) -> None:
    with pytest.raises(SchemaError):
        parse(text, OURS, OURS_FRAME, "web")


@pytest.mark.parametrize("name", sorted(DIALECTS))
@given(text=st.text(max_size=200) | st.from_regex(r'[\w.]*[({]["\'\w:, =\[({]*', fullmatch=True))
@settings(max_examples=40)
def test_whatever_a_model_writes_is_read_or_not_and_breaks_nothing(name: str, text: str) -> None:
    for platform in ("web", "android"):
        found = read(text, name, platform)
        assert found is None or isinstance(found["action"], str)


@pytest.mark.parametrize("name", sorted(DIALECTS))
@pytest.mark.parametrize(
    "answer",
    [
        "{" * 200_000,
        '{"arguments":' * 20_000,
        "click(" * 40_000,
        "Action: " + "[" * 50_000,
        "```\n" * 60_000,
        "f(" + "(" * 9_000,
    ],
)
def test_an_answer_made_to_break_the_reader_is_none(name: str, answer: str) -> None:
    assert read(answer, name, "web") is None


def test_the_names_of_keys_are_one_to_one() -> None:
    for table in KEYS.values():
        assert len(set(table.values())) == len(table)
    assert json.loads(json.dumps(read('{"action":"answer","text":"x"}'))) == {"action": "answer", "text": "x"}
    assert parse('{"action":"answer","text":"x"}', OURS, OURS_FRAME, "web") == Answer("x")
