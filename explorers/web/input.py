"""The mouse and the keyboard of a tab: events that go out in a row and are waited for together."""

import time
from typing import Any, Literal

from explorers.web.devtools import Devtools
from explorers.web.keys import MODIFIERS, KeyStroke, chord, stroke

Button = Literal["none", "left", "middle", "right"]
Spot = tuple[float, float]

DRAG_STEPS = 8
HOLD_SECONDS = 0.3
"""How long the button is held before what is dragged moves: some things want 250 ms, so that a swipe moves nothing."""

DRAG_SECONDS = 0.5
"""How long the browser may take to say that a drag began."""

_MASK = {"none": 0, "left": 1, "right": 2, "middle": 4}


class Input:
    """What a hand does in one tab; points in pixels of its screen."""

    def __init__(self, devtools: Devtools, session: str) -> None:
        self._devtools = devtools
        self._session = session
        self._dragged: dict[str, Any] | None = None

    def move(self, spot: Spot) -> None:
        """Moves the pointer there."""
        self._devtools.wait(self._mouse("mouseMoved", spot))

    def click(
        self, spot: Spot, *, button: Button = "left", times: int = 1, held: tuple[str, ...] = (), seconds: float = 0
    ) -> None:
        """Clicks there that many times, with modifiers held; the last press lasts `seconds`."""
        bits = _bits(held)
        calls = [self._mouse("mouseMoved", spot, bits=bits)]
        for count in range(1, times + 1):
            calls.append(self._mouse("mousePressed", spot, button, count, bits))
            if seconds:
                self.wait(seconds)
            calls.append(self._mouse("mouseReleased", spot, button, count, bits))
        self._devtools.wait(*calls)

    def wheel(self, spot: Spot, dx: float, dy: float) -> None:
        """Turns the wheel there; positive `dy` shows what is below."""
        self._devtools.wait(self._mouse("mouseMoved", spot), self._mouse("mouseWheel", spot, deltaX=dx, deltaY=dy))

    def drag(self, first: Spot, last: Spot) -> None:
        """Presses at the first point and releases at the last; elements that are made to be dragged are."""
        self._dragged = None
        self._devtools.listen(self._intercepted)
        try:
            self._call("Input.setInterceptDrags", {"enabled": True})
            self._devtools.wait(self._mouse("mouseMoved", first), self._mouse("mousePressed", first, "left", 1))
            self.wait(HOLD_SECONDS)
            (x, y), (right, bottom) = first, last
            parts = [
                (x + (right - x) * at / DRAG_STEPS, y + (bottom - y) * at / DRAG_STEPS)
                for at in range(1, DRAG_STEPS + 1)
            ]
            moves = []
            for part in parts:
                moves.append(self._mouse("mouseMoved", part, "left", 0))
                if self._dragged is None:
                    self._devtools.pump(0.005)
            # A move that begins a drag is answered only when the drag goes on.
            until = time.monotonic() + DRAG_SECONDS
            while self._dragged is None and not all(map(self._devtools.answered, moves)) and time.monotonic() < until:
                self._devtools.pump(0.05)
            if self._dragged is not None:
                for kind, spot in (("dragEnter", last), ("dragOver", last), ("drop", last)):
                    event = {"type": kind, "x": spot[0], "y": spot[1], "data": self._dragged}
                    self._call("Input.dispatchDragEvent", event)
            self._devtools.wait(*moves, self._mouse("mouseReleased", last, "left", 1))
        finally:
            self._devtools.unlisten(self._intercepted)
            self._devtools.tell("Input.setInterceptDrags", {"enabled": False}, session=self._session)

    def press(self, keys: str) -> bool:
        """Presses a key or a chord such as `Control+a`; False for names that no key has."""
        parsed = chord(keys)
        if parsed is None:
            return False
        held, last = parsed
        calls, bits = [], 0
        for name in held:
            bits |= MODIFIERS[name]
            calls.append(self._key("rawKeyDown", _known(name), bits))
        text = "" if bits & ~MODIFIERS["Shift"] else last.text
        calls.append(self._key("keyDown" if text else "rawKeyDown", last, bits, text))
        calls.append(self._key("keyUp", last, bits))
        for name in reversed(held):
            bits &= ~MODIFIERS[name]
            calls.append(self._key("keyUp", _known(name), bits))
        self._devtools.wait(*calls)
        return True

    def type(self, text: str, *, pace: float = 0) -> None:
        """Presses the keys of a text with `pace` seconds between them; what no key has is inserted."""
        calls = []
        for character in text:
            key = stroke("Enter" if character == "\n" else character)
            if key is None:
                calls.append(self._insert(character))
            else:
                bits = MODIFIERS["Shift"] if key.shift else 0
                calls.append(self._key("keyDown", key, bits, key.text))
                calls.append(self._key("keyUp", key, bits))
            if pace:
                self._devtools.wait(*calls)
                calls = []
                self.wait(pace)
        self._devtools.wait(*calls)

    def insert(self, text: str) -> None:
        """Enters a text at once, as by pasting it."""
        self._devtools.wait(self._insert(text))

    def wait(self, seconds: float) -> None:
        """Does nothing for so long, while events are handled."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._devtools.pump(left)

    def _call(self, method: str, params: dict[str, Any]) -> None:
        self._devtools.call(method, params, session=self._session)

    def _insert(self, text: str) -> int:
        return self._devtools.post("Input.insertText", {"text": text}, session=self._session)

    def _mouse(
        self, kind: str, spot: Spot, button: Button = "none", count: int = 0, bits: int = 0, **more: float
    ) -> int:
        event = {
            "type": kind,
            "x": spot[0],
            "y": spot[1],
            "button": button,
            "buttons": 0 if kind == "mouseReleased" else _MASK[button],
            "clickCount": count,
            "modifiers": bits,
            **more,
        }
        return self._devtools.post("Input.dispatchMouseEvent", event, session=self._session)

    def _key(self, kind: str, key: KeyStroke, bits: int, text: str = "") -> int:
        event = {
            "type": kind,
            "key": key.key,
            "code": key.code,
            "windowsVirtualKeyCode": key.number,
            "nativeVirtualKeyCode": key.number,
            "modifiers": bits,
        }
        if text:
            event |= {"text": text, "unmodifiedText": text}
        return self._devtools.post("Input.dispatchKeyEvent", event, session=self._session)

    def _intercepted(self, method: str, params: dict[str, Any], session: str | None) -> None:
        if method == "Input.dragIntercepted" and session == self._session:
            self._dragged = params["data"]


def _bits(held: tuple[str, ...]) -> int:
    bits = 0
    for name in held:
        bits |= MODIFIERS["Control" if name == "ControlOrMeta" else name]
    return bits


def _known(name: str) -> KeyStroke:
    key = stroke(name)
    assert key is not None  # a chord's modifiers are keys
    return key
