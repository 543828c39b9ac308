"""Typing text: into a field that takes one, as fast as the application can follow, and looked at afterwards."""

import time
from dataclasses import dataclass

from explorers.desktop.accessible import Accessible, AccessibleState
from explorers.desktop.roles import Role
from explorers.desktop.session import Session
from explorers.desktop.watch import DesktopLook
from schemas.actions import Type
from schemas.records import Outcome

FIRST_PACE = 0.02
"""Seconds between two keys after the first text that did not arrive; doubled each time up to the last."""

LAST_PACE = 0.2
FOCUS_SECONDS = 0.4
ARRIVE_SECONDS = 1.0
"""How long the last character may take after the last key, without any coming meanwhile."""

CLEAR_TIMES = 4
_ASK_SECONDS = 2.0


@dataclass(slots=True)
class TypingPace:
    """How fast the application is typed at, in seconds between two keys; learned from what did not arrive."""

    pace: float = 0.0
    fixed: bool = False

    def slow_down(self) -> bool:
        """Types slower from now on; returns whether it could."""
        if self.fixed or self.pace >= LAST_PACE:
            return False
        self.pace = min(max(2 * self.pace, FIRST_PACE), LAST_PACE)
        return True


def type_text(
    session: Session, look: DesktopLook, typing: TypingPace, action: Type, spot: tuple[int, int] | None
) -> Outcome:
    """Enters text into the field at the spot or in focus; what arrived is compared with what was typed."""
    field, blind = _field(look, spot)
    if field is None and not blind:
        return Outcome("no target", message="expected an editable field, found none there")
    if spot is not None:
        session.pointer.click(*spot)
        if field is not None:
            _await_focus(session, field)
    pace = typing.pace if action.pace is None else min(max(action.pace, 0.0), 1.0)
    text = session.keyboard.enterable(action.text).replace("\r", "\n")
    left_out = len(action.text) - len(text)
    before = _clear(session, field) if action.clear else None if field is None else _text(session, field)
    session.keyboard.type(action.text, pace=pace)
    message = f"{left_out} of {len(action.text)} characters have no key" if left_out else None
    if field is not None and before is not None and field.role != Role.TABLE_CELL:  # in a cell it is only after Enter
        arrived = _arrived(session, field, before, text)
        while not arrived and not before and action.pace is None and typing.slow_down():
            before = _clear(session, field) or ""
            session.keyboard.type(action.text, pace=typing.pace)
            arrived = _arrived(session, field, before, text)
        if not arrived:
            message = "the field does not hold what was typed"
    if action.submit:
        session.keyboard.press("Enter")
    return Outcome("ok", message=message)


def _field(look: DesktopLook, spot: tuple[int, int] | None) -> tuple[Accessible | None, bool]:
    """The accessible that takes the text, and whether there is a window that tells nothing and may take it."""
    nodes, sources = look.tree.tree.nodes, look.tree.sources
    if spot is not None:
        candidates = look.tree.at(*spot)
    else:
        candidates = [index for index, node in enumerate(nodes) if node.has("focused")]
    for index in reversed(candidates):
        source = sources[index]
        if nodes[index].has("editable") and source is not None:
            return _entry(source), False
    accessible = {source.bus for source in sources if source is not None}
    blind = bool(candidates) and sources[candidates[-1]] is None
    mute = spot is None and any(each.window is not None and each.window.active for each in look.tree.mute)
    return None, blind or mute or (not accessible and not candidates)


def _entry(source: Accessible) -> Accessible:
    """The field inside of a combo box that takes text, else the accessible itself."""
    if source.role == Role.COMBO_BOX:
        return next((child for child in source.children if child.has(AccessibleState.EDITABLE)), source)
    return source


def _await_focus(session: Session, field: Accessible) -> None:
    until = time.monotonic() + FOCUS_SECONDS
    while time.monotonic() < until:
        if session.registry.states(field, until=time.monotonic() + _ASK_SECONDS) & AccessibleState.FOCUSED:
            return
        session.pump(0.01)


def _text(session: Session, field: Accessible) -> str | None:
    return session.registry.text(field, until=time.monotonic() + _ASK_SECONDS)


def _clear(session: Session, field: Accessible | None) -> str | None:
    """Empties the field in focus, and returns what it holds then: the keys may come while a layout is being read."""
    text: str | None = None
    for _ in range(CLEAR_TIMES):
        session.keyboard.press("Control+a")
        session.keyboard.press("Delete")
        if field is None:
            return None
        until = time.monotonic() + FOCUS_SECONDS
        while (text := _text(session, field)) and time.monotonic() < until:
            session.pump(0.01)
        if not text:
            break
    return text


def _arrived(session: Session, field: Accessible, before: str, typed: str) -> bool:
    """Whether the characters typed are in the field, after they had the time to arrive."""
    last, until = before, time.monotonic() + ARRIVE_SECONDS
    while True:
        now = _text(session, field)
        if now is None or _holds(now, before, typed):
            return True  # or it is gone, as a search's field may be: that is what the text did
        if now != last:
            last, until = now, time.monotonic() + ARRIVE_SECONDS
        if time.monotonic() >= until:
            return False
        session.pump(0.02)


def _holds(now: str, before: str, typed: str) -> bool:
    """Whether the field holds what was typed, and what it held; of a password it tells nothing but its length."""
    if now == typed if not before else len(now) == len(before) + len(typed) and typed in now:
        return True
    hidden = bool(now) and len(set(now)) == 1 and not now[0].isalnum()
    return hidden and len(now) == len(before) + len(typed)
