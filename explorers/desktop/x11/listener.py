"""What is done on an X display, by its RECORD extension: every press and key, whichever program it is for.

Events come with their place and the modifiers that were down. Changes of the layout come in the same order, so that a
key is read by the layout that it was pressed under, even where a program puts a character on a spare key for a moment.
"""

import socket
import struct
import threading
import time
from collections import deque
from contextlib import suppress
from types import MappingProxyType
from typing import Any

from Xlib import X
from Xlib.display import Display
from Xlib.error import ConnectionClosedError, DisplayError, XError
from Xlib.ext import record
from Xlib.protocol import rq

from explorers.demonstrations.events import Button, Event, Lifted, Moved, Pressed, Released, Struck, Turned
from explorers.desktop.pointer import NOTCH
from explorers.desktop.x11.display import AFTER, BEFORE, BUTTONS, DOWN, UP
from explorers.desktop.x11.layout import Layout, name_of
from schemas.errors import DeviceLost, DeviceUnavailable

READ_SECONDS = 0.1
"""How long a program may take to change the layout after it asked for that."""

MOTIONS = 20.0
"""Movements a second that are told while no button is down."""

_CHANGE_MAPPING = 100
_XKB_SET_MAP, _XKB_GET_KEYBOARD = 9, 23
_BUTTONS: dict[int, Button] = {number: button for button, number in BUTTONS.items()}
_WHEEL = MappingProxyType({UP: (0.0, -NOTCH), DOWN: (0.0, NOTCH), BEFORE: (-NOTCH, 0.0), AFTER: (NOTCH, 0.0)})


class Listener:
    """Listens to one display in a thread of its own; the maker closes it.

    `pointer` is where the pointer was last.

    Raises:
        DeviceUnavailable: if the display is not there, or has no RECORD extension.
    """

    def __init__(self, display: str) -> None:
        self._events: deque[Event] = deque()
        self._problem: str | None = None
        self._down = 0
        self._told = 0.0
        self._stale: float | None = None
        self._came = threading.Event()
        self.pointer: tuple[float, float] | None = None
        _check_server(display)  # because Xlib leaves its sockets open where none answers
        try:
            self._control = Display(display)
        except (DisplayError, OSError) as error:
            raise DeviceUnavailable(f"the X display {display} lets nobody in: {error}") from error
        try:
            if not self._control.has_extension("RECORD"):
                raise DeviceUnavailable(
                    f"the display {display} has no RECORD extension, which tells what is pressed: have the X server "
                    "load it, and on Wayland log into an X11 session"
                )
            self._layout = Layout(self._control)
            self._clock = _clock(self._control)
            self._data = Display(display)
        except BaseException:
            self._control.close()
            raise
        self._parse = rq.EventField(None).parse_binary_value
        self._context = self._data.record_create_context(0, [record.AllClients], [self._range()])
        self._data.sync()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name="listener", daemon=True)
        self._thread.start()
        if not self._started.wait(5):
            self.close()
            raise DeviceUnavailable(f"the display {display} does not tell what is pressed")

    def take(self, seconds: float) -> list[Event]:
        """What came since the last call; waits up to so long for something.

        Raises:
            DeviceLost: if the display is gone.
        """
        self._came.wait(seconds)
        self._came.clear()
        if self._problem is not None:
            raise DeviceLost(f"the display is gone: {self._problem}")
        events = []
        while self._events:
            events.append(self._events.popleft())
        return events

    def close(self) -> None:
        """Ends it; may be called twice."""
        if not self._thread.is_alive():
            return
        try:
            self._control.record_disable_context(self._context)
            self._control.flush()
            self._thread.join(2)
            self._control.close()
        except (XError, ConnectionClosedError, OSError):
            pass  # the display is gone, and the thread ends by itself
        self._thread.join(2)

    # ---- inside, in the thread

    def _range(self) -> dict[str, Any]:
        keyboard = self._control.query_extension("XKEYBOARD")
        major = 0 if keyboard is None else keyboard.major_opcode
        minors = (_XKB_SET_MAP, _XKB_GET_KEYBOARD) if major else (0, 0)
        return {
            "core_requests": (_CHANGE_MAPPING, _CHANGE_MAPPING),
            "core_replies": (0, 0),
            "ext_requests": (major, major, *minors),
            "ext_replies": (0, 0, 0, 0),
            "delivered_events": (0, 0),
            "device_events": (X.KeyPress, X.MotionNotify),
            "errors": (0, 0),
            "client_started": False,
            "client_died": False,
        }

    def _run(self) -> None:
        try:
            self._data.record_enable_context(self._context, self._reply)
            self._data.record_free_context(self._context)
            self._data.close()
        except (XError, ConnectionClosedError, OSError) as error:
            self._problem = str(error) or type(error).__name__
            self._came.set()

    def _reply(self, reply: Any) -> None:
        if reply.category == record.StartOfData:
            self._started.set()
        elif reply.category == record.FromClient:
            self._request(reply.data)
        elif reply.category == record.FromServer:
            data = reply.data
            while len(data) >= 32:
                event, data = self._parse(data, self._data.display, None, None)
                self._event(event)

    def _request(self, data: bytes) -> None:
        """Notes what a program changed about the layout."""
        if len(data) < 8 or data[0] != _CHANGE_MAPPING:
            # Between the two there are questions, which every program asks after a change.
            if len(data) > 1 and data[1] in (_XKB_SET_MAP, _XKB_GET_KEYBOARD):
                self._stale = time.monotonic() + READ_SECONDS
            return
        count, first, width = data[1], data[4], data[5]
        symbols = struct.unpack_from(f"={count * width}I", data, 8) if len(data) >= 8 + 4 * count * width else ()
        if symbols:
            self._layout.put(first, [symbols[at : at + width] for at in range(0, len(symbols), width)])

    def _event(self, event: Any) -> None:
        when = self._clock + event.time / 1000
        now = time.monotonic()
        # X counts in 32 bits, and begins anew after 49 days.
        when += round((now - when) / _WRAP) * _WRAP
        x, y = float(event.root_x), float(event.root_y)
        self.pointer = (x, y)
        match event.type:
            case X.MotionNotify:
                if self._down or when - self._told >= 1 / MOTIONS:
                    self._told = when
                    self._tell(Moved(when, x, y))
            case X.ButtonPress if event.detail in _WHEEL:
                self._tell(Turned(when, x, y, *_WHEEL[event.detail], self._layout.held(event.state)))
            case X.ButtonPress:
                self._down += 1
                button = _BUTTONS.get(event.detail, "other")
                self._tell(Pressed(when, x, y, button, self._layout.held(event.state)))
            case X.ButtonRelease if event.detail not in _WHEEL:
                self._down = max(self._down - 1, 0)
                self._tell(Released(when, x, y, _BUTTONS.get(event.detail, "other")))
            case X.KeyPress | X.KeyRelease:
                self._key(event, when)
            case _:
                pass

    def _key(self, event: Any, when: float) -> None:
        if self._stale is not None and time.monotonic() >= self._stale:
            self._stale = None
            self._layout.read()
        symbol = self._layout.symbol(event.detail, event.state)
        held = self._layout.held(event.state)
        if event.type == X.KeyRelease:
            name = name_of(symbol)
            if name is not None:
                self._tell(Lifted(when, name))
            return
        entered = name_of(symbol) if set(held) - {"Shift"} else self._layout.entered(symbol)
        if entered is not None:
            self._tell(Struck(when, entered, held))

    def _tell(self, event: Event) -> None:
        self._events.append(event)
        self._came.set()


_WRAP = 2**32 / 1000


def _check_server(display: str) -> None:
    """Refuses a display of this machine where no server listens.

    Raises:
        DeviceUnavailable: if there is none.
    """
    path = f"/tmp/.X11-unix/X{display.removeprefix(':').partition('.')[0]}"
    for address in (path, f"\0{path}"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as any_socket, suppress(OSError):
            any_socket.connect(address)
            return
    raise DeviceUnavailable(f"expected an X display at {display}, found no server there")


def _clock(display: Display) -> float:
    """What the monotonic clock showed when the server's was zero: a property is changed, and it says when."""
    window = display.screen().root.create_window(0, 0, 1, 1, 0, X.CopyFromParent, event_mask=X.PropertyChangeMask)
    atom = display.intern_atom("HINDTRACE_CLOCK")
    try:
        before = time.monotonic()
        window.change_property(atom, display.intern_atom("INTEGER"), 32, [1])
        display.flush()
        while True:
            event = display.next_event()
            if event.type == X.PropertyNotify:
                return (before + time.monotonic()) / 2 - float(event.time) / 1000
    finally:
        window.destroy()
        display.flush()
