"""Scrolling by so many pixels with a wheel that knows notches only: what one does is seen on the scroll bar."""

import math
import time

from explorers.desktop.accessible import Accessible
from explorers.desktop.pointer import NOTCH
from explorers.desktop.session import Session
from explorers.desktop.watch import DesktopLook
from schemas.records import Outcome

NOTCH_LIMIT = 500
EFFECT_SECONDS = 0.2
_ASK_SECONDS = 1.0


def scroll(session: Session, look: DesktopLook, dx: float, dy: float, spot: tuple[int, int] | None) -> Outcome:
    """Turns the wheel at the spot, else beside the largest scroll bar, until so many pixels have gone by."""
    across, down = look.tree.bars
    short: list[str] = []
    for far, bar, vertical in ((dy, down, True), (dx, across, False)):
        if not far:
            continue
        x, y = spot or _beside(bar, session, vertical=vertical)
        session.pointer.move(x, y)
        moved = _turn(session, None if spot is not None else bar, far, vertical=vertical)
        if moved is not None and abs(moved - far) > NOTCH:
            short.append(f"{moved:.0f} of {far:.0f} pixels")
    return Outcome("ok", message=f"scrolled {', '.join(short)}" if short else None)


def _turn(session: Session, bar: Accessible | None, far: float, *, vertical: bool) -> float | None:
    """Turns the wheel that far; returns how far the bar went, or None where there is no bar to tell."""

    def turn(count: int) -> None:
        notches = min(count, NOTCH_LIMIT) * (1 if far > 0 else -1)
        session.pointer.turn(*((0, notches) if vertical else (notches, 0)))

    if bar is None or bar.most is None:
        turn(max(round(abs(far) / NOTCH), 1))
        return None
    start = _now(session, bar)
    if start is None:
        return None
    turn(1)
    moved = abs(_changed(session, bar, start) - start)
    if moved == 0:
        return 0.0
    end = bar.most if far > 0 else (bar.least or 0.0)
    wanted = min(abs(far), abs(end - start)) - moved
    to_end = abs(far) >= abs(end - start)
    count = math.ceil(wanted / moved) if to_end else round(wanted / moved)
    if count > 0:
        before = start + math.copysign(moved, far)
        turn(count)
        _changed(session, bar, before)
    here = _now(session, bar)
    return None if here is None else here - start


def _now(session: Session, bar: Accessible) -> float | None:
    return session.registry.value(bar, until=time.monotonic() + _ASK_SECONDS)


def _changed(session: Session, bar: Accessible, before: float) -> float:
    """The bar's value once it changed and came to rest, or the same if it does not change."""
    until = time.monotonic() + EFFECT_SECONDS
    last = before
    while time.monotonic() < until:
        session.pump(0.01)
        now = _now(session, bar)
        if now is None:
            break
        if now != before and now == last:
            return now
        last = now
    return last


def _beside(bar: Accessible | None, session: Session, *, vertical: bool) -> tuple[int, int]:
    """A place in what the bar scrolls, close to it; without a bar the middle of the screen."""
    if bar is None or bar.box is None:
        return session.width // 2, session.height // 2
    x, y = bar.box.centre
    return (int(bar.box.x) - 12, int(y)) if vertical else (int(x), int(bar.box.y) - 12)
