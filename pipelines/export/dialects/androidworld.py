"""AndroidWorld's actions for phones: one JSON object with `action_type`, in pixels of the screen.

Its `input_text` presses Enter after the text, so that a text which is not sent can't be told in it.
"""

import json
from collections.abc import Sequence
from types import MappingProxyType
from typing import Any

from pipelines.export.dialects.reading import NOTCH, Parts
from pipelines.export.dialects.telling import Dialect, Unspoken, said, wheel, without
from pipelines.export.geometry import Frame, Geometry
from schemas.actions import Platform

_SYSTEM = """You are an agent who can operate an Android phone on behalf of a user. You see the current screenshot \
and a history of what you have done. Perform one of these actions, as JSON:
- The task is done, or can't be: {"action_type":"status","goal_status":"complete"}, or "infeasible"
- Answer the user's question: {"action_type":"answer","text":<text>}
- Tap a place, twice, or long: {"action_type":"click","x":<x>,"y":<y>}, or "double_tap", or "long_press"
- Type into a field, which is tapped before, and press Enter: \
{"action_type":"input_text","text":<text>,"x":<x>,"y":<y>}, with "clear_text":true to empty it first
- Press Enter: {"action_type":"keyboard_enter"}
- Go home or back: {"action_type":"navigate_home"}, {"action_type":"navigate_back"}
- Show what is beyond an edge: {"action_type":"scroll","direction":<up, down, left, right>,"x":<x>,"y":<y>}
- Open an app: {"action_type":"open_app","app_name":<name>}
- Wait for the screen to update: {"action_type":"wait"}
"""


def _system(_platform: Platform, frame: Frame, thoughts: bool) -> str:
    reason = "Reason: why you do it\n" if thoughts else "Reason: what you do\n"
    places = f"Places are x and y on a screen of {frame.grid[0]:g}x{frame.grid[1]:g}."
    return f'{_SYSTEM}{places}\nYour answer should look like:\n{reason}Action: {{"action_type":...}}'


def _request(instruction: str, so_far: Sequence[str]) -> str:
    done = "\n".join(f"Step {number}: {said(each)}" for number, each in enumerate(so_far, 1))
    history = done or "You just started, no action has been performed yet."
    return f"""The current user goal/request is: {instruction}

Here is a history of what you have done so far:
{history}"""


_TAPS = {"click": "click", "double_click": "double_tap", "long_press": "long_press"}
_WORDS = {"home": "navigate_home", "back": "navigate_back", "wait": "wait"}


def _call(parts: Parts) -> dict[str, Any]:
    without(parts, "modifiers")
    kind = parts["action"]
    place: Parts = {name: parts[name] for name in ("x", "y") if name in parts}
    if kind in _TAPS:
        return {"action_type": _TAPS[kind], **place}
    if kind in _WORDS:
        return {"action_type": _WORDS[kind]}
    match kind:
        case "type" if not parts.get("submit"):
            raise Unspoken("a type without submit")
        case "type":
            clear = {"clear_text": True} if parts.get("clear") else {}
            return {"action_type": "input_text", "text": parts["text"], **place, **clear}
        case "key" if parts["keys"] == "Enter":
            return {"action_type": "keyboard_enter"}
        case "scroll":
            return {"action_type": "scroll", "direction": wheel(parts, NOTCH)[0], **place}
        case "open":
            return {"action_type": "open_app", "app_name": parts["location"]}
        case "stop":
            done = parts.get("status", "success") == "success"
            return {"action_type": "status", "goal_status": "complete" if done else "infeasible"}
        case "answer":
            return {"action_type": "answer", "text": parts["text"]}
    raise Unspoken(f"no {parts.get('keys', kind)}")


def _write(parts: Parts, _platform: Platform) -> str:
    return json.dumps(_call(parts), ensure_ascii=False, separators=(",", ":"))


def _answer(calls: str, sentence: str | None, thought: str | None) -> str:
    words = " ".join(said(each) for each in (thought, sentence) if each is not None)
    return (f"Reason: {words}\n" if words else "") + f"Action: {calls}"


DIALECT = Dialect(
    name="androidworld",
    about="AndroidWorld's actions as JSON, in pixels of the screen",
    geometry=Geometry(),
    kinds=MappingProxyType(
        {
            "web": frozenset(),
            "desktop": frozenset(),
            "android": frozenset({*_TAPS, *_WORDS, "type", "key", "scroll", "open", "stop", "answer"}),
        }
    ),
    system=_system,
    request=_request,
    write=_write,
    answer=_answer,
)
