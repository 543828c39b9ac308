"""Raw input reduced to actions, without a device: what was performed is what comes out."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorers.demonstrations.events import (
    Button,
    Entered,
    Event,
    Held,
    Lifted,
    Moved,
    OptionChosen,
    Pressed,
    Released,
    Struck,
    Told,
    Turned,
)
from explorers.demonstrations.reducing import Reducer, canonical_chord
from schemas.actions import (
    Action,
    Back,
    Click,
    DoubleClick,
    Drag,
    Key,
    LongPress,
    MiddleClick,
    Point,
    RightClick,
    Scroll,
    Select,
    Type,
)
from schemas.errors import ConfigurationError

WIDTH, HEIGHT = 1280, 720


def spot(x: float, y: float) -> Point:
    return Point.on(x, y, width=WIDTH, height=HEIGHT)


@dataclass
class Hand:
    """Performs actions as events with times of their own."""

    now: float = 100.0
    events: list[Event] = field(default_factory=list)

    def press(self, x: float, y: float, button: Button = "left", seconds: float = 0.08, held: Held = ()) -> None:
        self.events.append(Pressed(self.now, x, y, button, held))
        self.now += seconds
        self.events.append(Released(self.now, x, y, button))

    def perform(self, action: Action) -> None:
        match action:
            case Click(Point(float(x), float(y)), held):
                self.press(x, y, held=held or ())
            case DoubleClick(Point(float(x), float(y))):
                self.press(x, y)
                self.now += 0.1
                self.press(x + 1, y)
            case RightClick(Point(float(x), float(y))):
                self.press(x, y, "right")
            case MiddleClick(Point(float(x), float(y))):
                self.press(x, y, "middle")
            case LongPress(Point(float(x), float(y)), seconds):
                self.press(x, y, seconds=seconds)
            case Drag(Point(float(x), float(y)), Point(float(right), float(bottom))):
                self.events.append(Pressed(self.now, x, y))
                for part in (0.3, 0.7, 1.0):
                    self.now += 0.05
                    self.events.append(Moved(self.now, x + (right - x) * part, y + (bottom - y) * part))
                self.events.append(Released(self.now, right, bottom))
            case Scroll(dx, dy, Point(float(x), float(y))):
                for _ in range(4):
                    self.events.append(Turned(self.now, x, y, dx / 4, dy / 4))
                    self.now += 0.1
            case Type(text):
                for character in text:
                    self.events.append(Struck(self.now, character, ("Shift",) if character.isupper() else ()))
                    self.now += 0.1
                    self.events.append(Lifted(self.now, character))
            case Key(keys):
                *held, last = keys.split("+")
                self.events += [Struck(self.now, name) for name in held]
                self.events.append(Struck(self.now, last, tuple(held)))  # type: ignore[arg-type]
                self.events += [Lifted(self.now, name) for name in (last, *held)]
            case other:
                self.events.append(Told(self.now, other))
        self.now += 1.5


def reduced(events: list[Event], *, multiline: bool = False) -> list[Action | None]:
    """What comes out, with the reducer asked between all events what is due."""
    reducer = Reducer(WIDTH, HEIGHT)
    found = []
    for event in events:
        found += reducer.due(event.time)
        found += reducer.feed(event, multiline=multiline)
    found += reducer.finish()
    over = [one.ended for one in found if one.action is not None]
    assert over == sorted(over)
    assert all(one.began <= one.ended for one in found)
    assert all((one.action is None) == (one.lost is not None) for one in found)
    return [one.action for one in found]


def performed(*actions: Action) -> list[Event]:
    hand = Hand()
    for action in actions:
        hand.perform(action)
    return hand.events


points = st.builds(spot, st.integers(0, WIDTH).map(float), st.integers(0, HEIGHT).map(float))
texts = st.text(st.characters(min_codepoint=0x20, exclude_categories=("Cs", "Cc", "Cn")), min_size=1, max_size=8)
acts: st.SearchStrategy[Action] = st.one_of(
    points.map(Click),
    st.builds(Click, points, st.sampled_from([("Control",), ("Shift",), ("Control", "Shift")])),
    points.map(DoubleClick),
    points.map(RightClick),
    points.map(MiddleClick),
    st.builds(LongPress, points, st.sampled_from([1.0, 2.5])),
    st.builds(
        lambda start, dx: Drag(start, spot((start.x or 0) + (dx if (start.x or 0) < 600 else -dx), start.y or 0)),
        points,
        st.integers(20, 400),
    ),
    st.builds(lambda dy, point: Scroll(0.0, float(dy * 4), point), st.sampled_from([-30, 15, 60]), points),
    texts.map(Type),
    st.sampled_from(["Enter", "Tab", "Escape", "Control+a", "Control+Alt+Shift+t", "Shift+Tab", "F5", "Alt"]).map(Key),
    st.just(Back()),
)


@given(st.lists(acts, max_size=8))
def test_what_was_performed_comes_out(actions: list[Action]) -> None:
    apart = [
        one
        for one, before in zip(actions, [None, *actions], strict=False)
        if not (isinstance(one, Type | Scroll) and isinstance(before, type(one)))  # those would be one
    ]
    assert reduced(performed(*apart)) == apart


@given(texts, texts)
def test_texts_that_follow_each_other_are_one(first: str, second: str) -> None:
    assert reduced(performed(Type(first), Type(second))) == [Type(first + second)]


@given(st.lists(st.builds(
    lambda kind, at, gap: (kind, at, gap),
    st.sampled_from(["press", "release", "move", "turn", "key", "chord", "lift", "choose", "enter", "alt"]),
    st.integers(0, 60),
    st.floats(0, 3),
), max_size=40))  # fmt: skip
def test_no_order_of_events_is_too_much(raw: list[tuple[str, int, float]]) -> None:
    """Every press is in an action or named as lost, and time never goes back."""
    make: dict[str, Callable[[float, int], Event]] = {
        "press": lambda now, at: Pressed(now, at, at, "left" if at % 3 else "right", choosing=at % 7 == 0),
        "release": lambda now, at: Released(now, at, at, "left" if at % 3 else "right"),
        "move": lambda now, at: Moved(now, at, at),
        "turn": lambda now, at: Turned(now, at, at, 0.0, 1.0 if at % 2 else -1.0),
        "key": lambda now, at: Struck(now, "abcö é"[at % 6]),
        "chord": lambda now, at: Struck(now, ["Enter", "x", "Backspace"][at % 3], ("Control",) if at % 2 else ()),
        "lift": lambda now, _: Lifted(now, "Alt"),
        "choose": lambda now, at: OptionChosen(now, "one", at, at),
        "enter": lambda now, _: Entered(now, "字"),
        "alt": lambda now, _: Struck(now, "Alt"),
    }
    now, events = 0.0, []
    for kind, at, gap in raw:
        now += gap
        events.append(make[kind](now, at))
    reduced(events)


def test_backspace_takes_back_what_was_just_typed() -> None:
    assert reduced(performed(Type("helo"), Key("Backspace"), Type("lo"))) == [Type("hello")]
    assert reduced(performed(Key("Backspace"))) == [Key("Backspace")]
    assert reduced(performed(Type("a"), Key("Control+Backspace"))) == [Type("a"), Key("Control+Backspace")]


def test_enter_is_a_line_where_there_are_several() -> None:
    hand = performed(Type("one"), Key("Enter"), Type("two"))
    assert reduced(hand, multiline=True) == [Type("one\ntwo")]
    assert reduced(hand) == [Type("one"), Key("Enter"), Type("two")]


def test_a_pause_divides_texts_scrolls_and_clicks() -> None:
    hand = Hand()
    for action in (Type("a"), Type("b"), Scroll(0, 40, spot(9, 9)), Scroll(0, 40, spot(9, 9)), Click(spot(5, 5))):
        hand.perform(action)
        hand.now += 5
    hand.perform(Click(spot(5, 5)))
    assert len(reduced(hand.events)) == 6


def test_the_wheel_turned_back_is_another_scroll() -> None:
    events: list[Event] = [Turned(1 + n / 10, 5, 5, 0.0, dy) for n, dy in enumerate((60.0, 60.0, -60.0))]
    assert reduced(events) == [Scroll(0, 120, spot(5, 5)), Scroll(0, -60, spot(5, 5))]


@pytest.mark.parametrize(
    ("events", "lost"),
    [
        ([Pressed(1, 5, 5, "right"), Released(1.1, 90, 5, "right")], "a drag with the right button"),
        ([Pressed(1, 5, 5, held=("Control",)), Released(1.1, 90, 5)], "a drag with the left button and Control held"),
        ([Turned(1, 5, 5, 0, 60, ("Control",))], "a turn of the wheel with Control held"),
        ([Pressed(1, 5, 5, "other"), Released(1.1, 5, 5, "other")], "a click of another button"),
        ([Pressed(1, 5, 5)], "a press of the left button"),
    ],
)
def test_what_no_action_stands_for_is_named(events: list[Event], lost: str) -> None:
    reducer = Reducer(WIDTH, HEIGHT)
    found = [one for event in events for one in reducer.feed(event)] + reducer.finish()
    assert [(one.action, one.lost) for one in found] == [(None, lost)]


def test_a_list_of_the_browsers_own_is_a_choice_however_it_was_made() -> None:
    opened: list[Event] = [Pressed(1, 5, 5, choosing=True), Released(1, 5, 5)]
    chosen = [Select("Two", spot(5, 5))]
    assert reduced([*opened, OptionChosen(9, "Two", 6, 6)]) == chosen
    keys: list[Event] = [
        Struck(2, "ArrowDown"),
        OptionChosen(2, "One", 6, 6),
        Struck(2.2, "ArrowDown"),
        OptionChosen(2.2, "Two", 6, 6),
    ]
    assert reduced([*opened, *keys, Struck(2.5, "Enter")]) == chosen
    assert reduced([*opened, Struck(2, "Escape")]) == [Click(spot(5, 5)), Key("Escape")]
    assert reduced([Struck(1, "ArrowDown"), OptionChosen(1, "One", 6, 6)]) == [Key("ArrowDown")]
    (twin,) = reduced([OptionChosen(1, "Twin", 6, 6, 1)])
    assert isinstance(twin, Select)
    assert twin.nth == 1


def test_a_key_alone_counts_only_where_it_does_something() -> None:
    assert reduced([Struck(1, "Alt"), Lifted(1.2, "Alt")]) == [Key("Alt")]
    assert reduced([Struck(1, "Shift"), Lifted(1.2, "Shift")]) == []
    assert reduced([Struck(1, "Alt"), Struck(1.1, "", ("Alt",)), Lifted(1.2, "Alt")]) == []


def test_a_reducer_says_since_when_something_is_open() -> None:
    reducer = Reducer(WIDTH, HEIGHT)
    assert reducer.since is None
    reducer.feed(Struck(3, "a"))
    reducer.feed(Struck(4, "b"))
    assert reducer.since == 3
    assert reducer.due(4.5) == []
    assert [one.action for one in reducer.due(7)] == [Type("ab")]
    assert reducer.since is None


def test_the_key_that_ends_a_recording_is_a_chord() -> None:
    assert canonical_chord("Alt+Control+Q") == "Control+Alt+Q"
    assert canonical_chord("F9") == "F9"
    for wrong in ("q", "Hyper+q", "", "Control+"):
        with pytest.raises(ConfigurationError, match="chord"):
            canonical_chord(wrong)
