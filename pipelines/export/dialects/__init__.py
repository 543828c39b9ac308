"""The registry of dialects: how actions are written for a family of models, and read again.

A dialect is a module here, and its reader in `reading`; it needs no change elsewhere but in `DIALECTS`.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from pipelines.export.dialects import androidworld, browsergym, computer_tools, hindtrace, pyautogui, qwen, ui_tars
from pipelines.export.dialects.reading import Parts, read
from pipelines.export.dialects.telling import Dialect, Unspoken, action_of, parts_of
from pipelines.export.geometry import Frame
from schemas.actions import Action, Check, Click, Platform, Scroll, Swipe
from schemas.errors import ConfigurationError, SchemaError

_EVERY = (
    hindtrace.DIALECT,
    qwen.QWEN25,
    qwen.QWEN3,
    ui_tars.DIALECT,
    pyautogui.OPENCUA,
    pyautogui.AGUVIS,
    androidworld.DIALECT,
    computer_tools.OPENAI,
    computer_tools.ANTHROPIC,
    browsergym.DIALECT,
)
DIALECTS: Mapping[str, Dialect] = MappingProxyType({dialect.name: dialect for dialect in _EVERY})
OURS = hindtrace.DIALECT

FREE = ("pace", "seconds")
"""How fast something is typed or held, which most dialects don't tell."""


def dialect_of(name: str) -> Dialect:
    """The dialect of a name.

    Raises:
        ConfigurationError: if there is none.
    """
    if name not in DIALECTS:
        raise ConfigurationError(f"unknown dialect {name!r}; there are {', '.join(DIALECTS)}")
    return DIALECTS[name]


def render(action: Action, dialect: Dialect, frame: Frame, platform: Platform) -> str:
    """The action in the dialect's words.

    Raises:
        Unspoken: if it has none, or they would be read as something else.
    """
    parts = parts_of(action, frame)
    kind = parts["action"]
    if kind not in dialect.kinds[platform]:
        there = f"{dialect.name} has no {kind} on {platform}"
        raise Unspoken(there if dialect.kinds[platform] else f"{dialect.name} is not for {platform}")
    try:
        text = dialect.write(parts, platform)
    except Unspoken as error:
        raise Unspoken(f"{dialect.name} does not tell {error}") from error
    found = read(text, dialect.name, platform)
    if found is None or not _same(found, parts):
        raise Unspoken(f"{dialect.name} tells this {kind} as something else")
    return text


def parse(text: str, dialect: Dialect, frame: Frame, platform: Platform) -> Action:
    """The last action that a text means.

    Raises:
        SchemaError: if there is none.
    """
    found = read(text, dialect.name, platform)
    if found is None:
        raise SchemaError(f"expected an action of {dialect.name}, found {text[-80:]!r}")
    return action_of(found, frame)


def _same(found: Parts, meant: Parts) -> bool:
    """Whether what is read is what was to be told, but for how fast, and how far a scroll goes."""

    def told(parts: Parts) -> Parts:
        kept = {name: value for name, value in parts.items() if name not in FREE}
        if kept["action"] == "scroll":
            kept |= {name: (value > 0) - (value < 0) for name, value in kept.items() if name in ("dx", "dy")}
        if kept["action"] == "stop" and kept.get("status") == "success":
            del kept["status"]
        return kept

    return told(found) == told(meant)


def nearest(action: Action, dialect: Dialect, frame: Frame, platform: Platform, *, changed: bool) -> Action:
    """The action by another kind that does the same, where the dialect lacks its own; else the action.

    A box is ticked by a click where that changed something, a phone is scrolled by a swipe, and what scrolls at no
    place does so in the middle where a place is needed.
    """
    kinds = dialect.kinds[platform]
    if isinstance(action, Check) and "check" not in kinds and "click" in kinds and changed:
        return Click(action.point)
    if (
        isinstance(action, Scroll)
        and "scroll" not in kinds
        and "swipe" in kinds
        and (action.dx == 0) != (action.dy == 0)
    ):
        return _swiped(action, frame)
    if isinstance(action, Scroll) and action.point is None and dialect.scrolls_at:
        return replace(action, point=frame.centre())
    return action


def _swiped(action: Scroll, frame: Frame) -> Action:
    """A finger that moves the content as far as the scroll, within the screen."""
    width, height = frame.recorded
    x, y = (action.point or frame.centre()).pixel(width, height)
    across, down = min(max(-action.dx, -width / 2), width / 2), min(max(-action.dy, -height / 2), height / 2)
    x, y = (
        min(max(at, -min(move, 0)), far - max(move, 0)) for at, move, far in ((x, across, width), (y, down, height))
    )
    start, end = (
        frame.point(a / width * frame.grid[0], b / height * frame.grid[1]) for a, b in ((x, y), (x + across, y + down))
    )
    return Swipe(start, end)


__all__ = [
    "DIALECTS",
    "OURS",
    "Dialect",
    "Unspoken",
    "dialect_of",
    "nearest",
    "parse",
    "render",
]
