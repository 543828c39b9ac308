"""The windows on an X display: where they are, which is above which, and which is in use."""

import contextlib
import time
from typing import Any

from Xlib import X, Xatom
from Xlib.display import Display
from Xlib.error import XError
from Xlib.protocol import event

from explorers.desktop.display import WINDOW_LIMIT, Window, WindowKind
from schemas.records import Box
from schemas.trees import clip

_TITLE_LIMIT = 4_096
TRIAL_SECONDS = 0.5
"""How long a window manager is waited for to take charge of one window, before that is shown to it again."""


class X11Windows:
    """What there is on a display beside what was there when this was made, or `every` one."""

    def __init__(self, display: Display, *, every: bool) -> None:
        self._display = display
        self._root = display.screen().root
        self._atoms: dict[str, int] = {}
        self._known: dict[int, tuple[int | None, WindowKind, str]] = {}
        self._frames: dict[int, int] = {}
        children = [] if every else self._root.query_tree().children
        self._old = {child.id for child in children} | (set() if every else set(self._clients()))

    def await_manager(self, seconds: float) -> bool:
        """Waits until the window manager takes charge of a window of ours, and returns whether it did.

        One that comes while it starts may be overlooked for good: it is mapped, and in no list.
        """
        screen = self._display.screen()
        trial = self._root.create_window(0, 0, 1, 1, 0, screen.root_depth)
        until, managed = time.monotonic() + seconds, False
        while not managed and time.monotonic() < until:
            trial.map()
            managed = self._becomes(trial.id, listed=True)
            if not managed:
                trial.unmap()
        trial.destroy()
        return managed and self._becomes(trial.id, listed=False)

    def shown(self) -> list[Window]:
        """The windows that are shown, from the lowest to the topmost; menus and tooltips among them."""
        clients = [client for client in self._clients() if client not in self._old]
        children = self._root.query_tree().children
        tops = {child.id for child in children}
        active = self._active()
        frames: dict[int, int] = {}
        by_id: dict[int, Window] = {}
        for client in clients:
            with contextlib.suppress(XError):  # it was closed while it was looked at
                window = self._display.create_resource_object("window", client)
                geometry = window.get_geometry()
                place = window.translate_coords(self._root, 0, 0)
                if window.get_attributes().map_state != X.IsViewable:
                    continue
                pid, kind, program = self._nature(client, window)
                box = Box(float(-place.x), float(-place.y), float(geometry.width), float(geometry.height))
                by_id[client] = Window(client, self._title(window), box, pid, kind, client == active, program)
                if self._frames.get(client) not in tops:
                    self._frames[client] = self._frame(window)
                frames[self._frames[client]] = client
        ordered: list[Window] = []
        for child in children[-4 * WINDOW_LIMIT :]:
            if child.id in frames:
                ordered.append(by_id[frames[child.id]])
                continue
            if child.id in self._old:
                continue
            with contextlib.suppress(XError):  # it was closed while it was looked at
                popup = self._popup(child)
                if popup is not None:
                    ordered.append(popup)
        return ordered[-WINDOW_LIMIT:]

    def focus(self, id: int) -> None:
        """Asks the window manager to bring a window to the front."""
        self._send(id, "_NET_ACTIVE_WINDOW", 2, X.CurrentTime, 0)

    def close(self, id: int) -> None:
        """Asks the window to close, as its button in the title bar does."""
        self._send(id, "_NET_CLOSE_WINDOW", X.CurrentTime, 2)

    def maximize(self, id: int, *, on: bool) -> None:
        """Has a window fill the screen, or no longer."""
        both = (self._atom("_NET_WM_STATE_MAXIMIZED_VERT"), self._atom("_NET_WM_STATE_MAXIMIZED_HORZ"))
        self._send(id, "_NET_WM_STATE", int(on), *both, 2)

    def move(self, id: int, x: int, y: int) -> None:
        """Puts the upper left corner of a window there."""
        self._send(id, "_NET_MOVERESIZE_WINDOW", 0x2300 | 1, x, y, 0, 0)

    # ---- inside

    def _becomes(self, id: int, *, listed: bool) -> bool:
        """Whether a window is in the list of those that are managed, or no longer is, within `TRIAL_SECONDS`."""
        until = time.monotonic() + TRIAL_SECONDS
        while (id in self._clients()) != listed:
            if time.monotonic() > until:
                return False
            time.sleep(0.003)
        return True

    def _atom(self, name: str) -> int:
        if name not in self._atoms:
            self._atoms[name] = self._display.intern_atom(name)
        return self._atoms[name]

    def _property(self, window: Any, name: str, kind: int = X.AnyPropertyType, length: int = 1024) -> Any:
        answer = window.get_property(self._atom(name), kind, 0, length)
        return None if answer is None else answer.value

    def _clients(self) -> list[int]:
        value = self._property(self._root, "_NET_CLIENT_LIST_STACKING", Xatom.WINDOW)
        return [int(each) for each in value][-WINDOW_LIMIT:] if value is not None else []

    def _active(self) -> int | None:
        value = self._property(self._root, "_NET_ACTIVE_WINDOW", Xatom.WINDOW)
        return int(value[0]) if value is not None and len(value) else None

    def _title(self, window: Any) -> str:
        for name in ("_NET_WM_NAME", "WM_NAME"):
            answer = window.get_property(self._atom(name), X.AnyPropertyType, 0, _TITLE_LIMIT)
            if answer is not None and isinstance(answer.value, bytes):
                encoding = "latin-1" if answer.property_type == Xatom.STRING else "utf-8"
                return clip(answer.value.decode(encoding, errors="replace"))
            if answer is not None and isinstance(answer.value, str):
                return clip(answer.value)
        return ""

    def _nature(self, id: int, window: Any) -> tuple[int | None, WindowKind, str]:
        """The process of a window, its kind and its program; a program that is started anew gets the numbers again."""
        told = self._property(window, "_NET_WM_PID", Xatom.CARDINAL)
        pid = int(told[0]) if told is not None and len(told) else None
        if id not in self._known or self._known[id][0] != pid:
            types = self._property(window, "_NET_WM_WINDOW_TYPE", Xatom.ATOM)
            names = {int(each) for each in types} if types is not None else set()
            kind: WindowKind = "normal"
            if names & {self._atom(f"_NET_WM_WINDOW_TYPE_{name}") for name in ("TOOLTIP", "SPLASH", "NOTIFICATION")}:
                kind = "tooltip"
            elif self._atom("_NET_WM_WINDOW_TYPE_DIALOG") in names or self._belongs(window):
                kind = "dialog"
            named = window.get_wm_class()
            program = clip(str(named[1]), 80) if named else ""
            self._known[id] = (pid, kind, program)
        return self._known[id]

    def _belongs(self, window: Any) -> bool:
        """Whether a window stays above another one of its application, as toolkits without types say of dialogs."""
        above = self._property(window, "WM_TRANSIENT_FOR", Xatom.WINDOW)
        return above is not None and len(above) > 0 and int(above[0]) not in (0, self._root.id)

    def _frame(self, window: Any) -> int:
        """The child of the root that holds a window: itself, or what the window manager put around it."""
        for _ in range(8):
            parent = window.query_tree().parent
            if not parent or parent.id == self._root.id:
                break
            window = parent
        return int(window.id)

    def _popup(self, child: Any) -> Window | None:
        """A menu, a tooltip or another window that the window manager does not manage."""
        attributes = child.get_attributes()
        if attributes.map_state != X.IsViewable or attributes.win_class != X.InputOutput:
            return None
        geometry = child.get_geometry()
        screen = self._display.screen()
        outside = geometry.x >= screen.width_in_pixels or geometry.y >= screen.height_in_pixels
        if geometry.width < 4 or geometry.height < 4 or outside or geometry.x + geometry.width <= 0:
            return None
        pid, kind, program = self._nature(child.id, child)
        if pid is None and not program:
            return None  # a border of the window manager
        box = Box(float(geometry.x), float(geometry.y), float(geometry.width), float(geometry.height))
        return Window(
            child.id, self._title(child), box, pid, "tooltip" if kind == "tooltip" else "popup", False, program
        )

    def _send(self, id: int, name: str, *data: int) -> None:
        padded = [*data, 0, 0, 0, 0, 0][:5]
        message = event.ClientMessage(window=id, client_type=self._atom(name), data=(32, padded))
        self._root.send_event(message, event_mask=X.SubstructureRedirectMask | X.SubstructureNotifyMask)
        self._display.flush()
