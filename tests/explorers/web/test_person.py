"""What pages tell, read with suspicion."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorers.demonstrations.events import (
    Entered,
    Event,
    Lifted,
    Moved,
    OptionChosen,
    Pressed,
    Released,
    Struck,
    Told,
    Turned,
)
from explorers.web.extraction import STILL
from explorers.web.person import PAYLOAD_LIMIT, InvalidMessage, event_of, is_shown, read_message
from schemas.actions import Point, Type, Upload

SIZE = (1280, 720)
PLACE = (1.0, 0.0, 0.0, 1.0, 10.0, 20.0)
AT = Point.on(15, 30, width=1280, height=720)


def told(**message: Any) -> Event:
    return event_of({"time": 5_000, "x": 5, "y": 10, **message}, ahead=-2.0, place=PLACE, size=SIZE)


@pytest.mark.parametrize(
    ("message", "event"),
    [
        ({"kind": "pressed", "button": 0, "held": ["Alt"]}, Pressed(3, 15, 30, "left", ("Alt",))),
        ({"kind": "pressed", "button": 0, "held": [], "choosing": True}, Pressed(3, 15, 30, choosing=True)),
        ({"kind": "pressed", "button": 7, "held": []}, Pressed(3, 15, 30, "other")),
        ({"kind": "released", "button": 2}, Released(3, 15, 30, "right")),
        ({"kind": "moved"}, Moved(3, 15, 30)),
        ({"kind": "turned", "dx": 0, "dy": 120.5, "held": []}, Turned(3, 15, 30, 0, 120.5)),
        ({"kind": "struck", "key": "ö", "held": []}, Struck(3, "ö")),
        ({"kind": "struck", "key": "ArrowLeft", "held": ["Alt"]}, Struck(3, "", ("Alt",))),
        ({"kind": "struck", "key": "F5", "held": []}, Struck(3, "")),
        ({"kind": "struck", "key": "T", "held": ["Shift", "Control"]}, Struck(3, "", ("Control", "Shift"))),
        ({"kind": "struck", "key": "a", "held": ["Control"]}, Struck(3, "a", ("Control",))),
        ({"kind": "lifted", "key": "Alt"}, Lifted(3, "Alt")),
        ({"kind": "entered", "text": "字"}, Entered(3, "字")),
        ({"kind": "chosen", "option": "Writer"}, OptionChosen(3, "Writer", 15, 30)),
        ({"kind": "chosen", "option": "Writer", "nth": 1}, OptionChosen(3, "Writer", 15, 30, 1)),
        ({"kind": "set", "text": "2026-02-01"}, Told(3, Type("2026-02-01", AT, clear=True))),
        ({"kind": "uploaded", "files": ["a.txt"]}, Told(3, Upload(("a.txt",), AT))),
    ],
)  # fmt: skip
def test_each_message_is_an_event(message: dict[str, Any], event: Event) -> None:
    assert told(**message) == event


def test_a_tab_that_comes_to_the_front_says_so() -> None:
    assert is_shown(read_message('{"kind":"shown","time":1}'))


@pytest.mark.parametrize(
    "payload", [None, "", "[]", "{", '{"kind":1}', '{"kind":"' + PAYLOAD_LIMIT * "a" + '"}', "nan"]
)
def test_what_is_no_message_is_refused(payload: object) -> None:
    with pytest.raises(InvalidMessage):
        read_message(payload)


json = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.lists(st.text(max_size=3))
names = st.sampled_from(["time", "x", "y", "button", "held", "dx", "dy", "key", "text", "option", "files", "choosing"])
kinds = st.sampled_from(
    ["pressed", "released", "moved", "turned", "struck", "entered", "chosen", "set", "uploaded", "no"]
)


@given(kinds, st.dictionaries(names, json))
def test_any_other_is_refused_and_nothing_else_happens(kind: str, message: dict[str, Any]) -> None:
    try:
        event_of({**message, "kind": kind}, ahead=0.0, place=STILL, size=SIZE)
    except InvalidMessage:
        return
    assert "time" in message
