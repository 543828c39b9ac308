"""Our own dialect, for a model that knows none: `{"action":"click","x":640,"y":212}`, all kinds of all platforms.

A point is `x` and `y`; the end of a drag or a swipe is `to_x` and `to_y`. What has its default is left out.
"""

import dataclasses
import json
from collections.abc import Sequence
from types import MappingProxyType
from typing import get_args

from pipelines.export.dialects.reading import Parts
from pipelines.export.dialects.telling import AXES, Dialect, numbered, said
from pipelines.export.geometry import Frame, Geometry
from schemas.actions import Platform, offered
from schemas.arrow import kind_of

THOUGHT = "Thought: "

_INTRODUCTION = "You operate a graphical interface. You see a screenshot and are given a task."
_ANSWER = (
    "Answer with {thought}a short sentence about what you do, if you like, and then one action as JSON on a line of "
    "its own:"
)
_THOUGHT = (
    f"a line that begins with `{THOUGHT.strip()}` and says what you see, what is done and why you do what you do next, "
    "if you like, then "
)
_VALUES = MappingProxyType(
    {
        "text": "T",
        "option": "O",
        "name": "N",
        "location": "URL",
        "path": "CSS",
        "keys": '"Control+a"',
        "files": "[NAME]",
        "index": "0",
        "dx": "0",
        "dy": "PIXELS",
        "orientation": '"landscape"',
    }
)
"""What stands for the value of a field in the prompt; for one that is not here its name in capitals."""
_MORE = MappingProxyType(
    {
        "type": ',"x":X,"y":Y} with "clear":true to empty the field first and "submit":true to press Enter after',
        "check": '} and with "checked":false to untick',
        "wait": ',"seconds":S}',
        "stop": "} when the task is done",
        "answer": "} if it asks something",
    }
)
"""What follows the parts that a kind needs, where there is more to say."""


def _system(platform: Platform, frame: Frame, thoughts: bool) -> str:
    """What a platform offers, and with `thoughts` a line for one, before all else; kinds written alike share a line."""
    lines: dict[str, list[str]] = {}
    for kind in offered(platform):
        needed = [field.name for field in dataclasses.fields(kind) if field.default is dataclasses.MISSING]
        rest = "".join(map(_part, needed)) + _MORE.get(kind_of(kind), "}")
        lines.setdefault(rest, []).append(kind_of(kind))
    written = [
        f'{{"action":"{first}"{rest}' + (f" and likewise {', '.join(others)}" if others else "")
        for rest, (first, *others) in lines.items()
    ]
    return "\n".join([_INTRODUCTION, _ANSWER.format(thought=_THOUGHT if thoughts else ""), *written, _end(frame)])


def _end(frame: Frame) -> str:
    if frame.grid == frame.recorded == frame.shown:
        return "X and Y are pixels of the screenshot, from its top left corner."
    across, down = (f"{far:g}" for far in frame.grid)
    return f"X goes from 0 at the left edge of the screenshot to {across} at the right, Y from 0 at the top to {down}."


def _part(name: str) -> str:
    """A field of an action as the prompt shows it, after a comma."""
    if name in AXES:
        return "".join(f',"{axis}":{axis[-1].upper()}' for axis in AXES[name])
    return f',"{name}":{_VALUES.get(name, name.upper())}'


def _request(instruction: str, so_far: Sequence[str]) -> str:
    return f"Task: {instruction}" + (f"\nDone so far:\n{numbered(so_far)}" if so_far else "")


def _write(parts: Parts, _platform: Platform) -> str:
    return json.dumps(parts, ensure_ascii=False, separators=(",", ":"))


def _answer(calls: str, sentence: str | None, thought: str | None) -> str:
    lines = [f"{THOUGHT}{said(thought)}"] if thought is not None else []
    return "\n".join([*lines, *([sentence] if sentence is not None else []), calls])


DIALECT = Dialect(
    name="hindtrace",
    about="our own words: one action as JSON, all kinds of all platforms",
    geometry=Geometry(),
    kinds=MappingProxyType({platform: frozenset(map(kind_of, offered(platform))) for platform in get_args(Platform)}),
    system=_system,
    request=_request,
    write=_write,
    answer=_answer,
)
