"""How far something is scrolled, by its bars."""

from collections.abc import Sequence

from explorers.desktop.accessible import Accessible
from explorers.desktop.display import Window
from schemas.records import ScrollPosition


def scroll_of(
    bars: list[Accessible], windows: Sequence[Window]
) -> tuple[ScrollPosition | None, tuple[Accessible | None, Accessible | None]]:
    """How far the largest scrolled part of the active window is scrolled, and its bars: across, down."""
    active = next((window.box for window in windows if window.active), None)
    usable = [
        bar
        for bar in bars
        if bar.box is not None
        and bar.value is not None
        and bar.most is not None
        and bar.box.width > 0
        and (active is None or active.contains(*bar.box.centre))
    ]
    down = max((bar for bar in usable if _is_vertical(bar)), key=lambda bar: _size(bar), default=None)
    across = max((bar for bar in usable if not _is_vertical(bar)), key=lambda bar: _size(bar), default=None)
    if down is None and across is None:
        return None, (None, None)
    x, max_x = _position(across)
    y, max_y = _position(down)
    return ScrollPosition(x, y, max_x, max_y), (across, down)


def _is_vertical(bar: Accessible) -> bool:
    assert bar.box is not None
    return bar.box.height > bar.box.width


def _size(bar: Accessible) -> float:
    assert bar.box is not None
    return max(bar.box.width, bar.box.height)


def _position(bar: Accessible | None) -> tuple[float, float]:
    if bar is None or bar.value is None or bar.most is None:
        return 0.0, 0.0
    least = bar.least or 0.0
    return float(round(bar.value - least)), float(round(max(bar.most - least, bar.value - least, 0.0)))
