"""The tools of Qwen2.5-VL and Qwen3-VL: `computer_use` on the web and desktops, `mobile_use` on phones.

The prompt is the one that the models' chat template makes of a tool (Hermes): the schema within `<tools>`, a call
within `<tool_call>`. Qwen2.5-VL names pixels of the resized picture, Qwen3-VL a display of 1000x1000.
"""

import json
from collections.abc import Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from pipelines.export.dialects.reading import Parts
from pipelines.export.dialects.telling import Dialect, Unspoken, names_of, pointing, said, typing, without
from pipelines.export.geometry import Frame, Geometry
from schemas.actions import Platform

_COMPUTER = MappingProxyType(
    {
        "key": "Press the keys in `keys` one after another, and release them in reverse order.",
        "type": "Type a string of text on the keyboard.",
        "mouse_move": "Move the cursor to the (x, y) coordinate.",
        "left_click": "Click the left mouse button at the (x, y) coordinate.",
        "left_click_drag": "Press the left button where the cursor is, and drag it to the (x, y) coordinate.",
        "right_click": "Click the right mouse button at the (x, y) coordinate.",
        "middle_click": "Click the middle mouse button at the (x, y) coordinate.",
        "double_click": "Double-click the left mouse button at the (x, y) coordinate.",
        "scroll": "Turn the mouse wheel.",
        "hscroll": "Scroll from side to side.",
        "wait": "Wait for the change to happen.",
        "terminate": "End the task and report how it ended.",
        "answer": "Answer a question.",
    }
)
_MOBILE = MappingProxyType(
    {
        "click": "Click the point on the screen with coordinate (x, y).",
        "long_press": "Press the point on the screen with coordinate (x, y) for some seconds.",
        "swipe": "Swipe from the point with coordinate (x, y) to the one with coordinate2 (x2, y2).",
        "type": "Type text into the field that has the focus.",
        "system_button": "Press a button of the system.",
        "wait": "Wait for the change to happen.",
        "terminate": "End the task and report how it ended.",
        "answer": "Answer a question.",
    }
)
_MOBILE_25 = MappingProxyType(
    {
        "key": "Perform a key event, in adb's words: `clear` empties the field that has the focus.",
        "open": "Open an application.",
        **_MOBILE,
    }
)
_PLACE = {"type": "array", "description": "(x, y): from the left edge and from the top edge."}
_ENDS = {
    "time": {"type": "number", "description": "The seconds to wait or to press."},
    "status": {"type": "string", "description": "How the task ended.", "enum": ["success", "failure"]},
}


def _tool(platform: Platform, frame: Frame, newer: bool) -> dict[str, Any]:
    width, height = (1000, 1000) if newer else frame.grid
    if platform == "android":
        kinds = _MOBILE if newer else _MOBILE_25
        values = {
            "coordinate": _PLACE,
            "coordinate2": {"type": "array", "description": "(x, y): where a swipe ends."},
            "text": {
                "type": "string",
                "description": "Needed by `type`, `answer`" + ("." if newer else ", `key`, `open`."),
            },
            "button": {
                "type": "string",
                "enum": ["Back", "Home", "Menu", "Enter"],
                "description": "Needed by `system_button`.",
            },
            **_ENDS,
        }
        name, what = "mobile_use", "Use a touchscreen to interact with a mobile device, and take screenshots."
    else:
        kinds = _COMPUTER
        values = {
            "keys": {"type": "array", "description": "Needed by `key`."},
            "text": {"type": "string", "description": "Needed by `type` and `answer`."},
            "coordinate": _PLACE,
            "pixels": {
                "type": "number",
                "description": "How far to scroll: positive goes up, or to the right by `hscroll`.",
            },
            **_ENDS,
        }
        name, what = "computer_use", "Use a mouse and keyboard to interact with a computer, and take screenshots."
    about = [
        what,
        "This is an interface to a screen; you see it as a picture, and nothing else of the machine.",
        f"The screen's resolution is {width:g}x{height:g}.",
        "Click the middle of what is meant, not its edge.",
    ]
    actions = "\n".join(f"* `{kind}`: {text}" for kind, text in kinds.items())
    action = {"type": "string", "description": f"What to do:\n{actions}", "enum": list(kinds)}
    parameters = {"type": "object", "properties": {"action": action, **values}, "required": ["action"]}
    return {
        "type": "function",
        "function": {"name": name, "description": "\n* ".join(about), "parameters": parameters},
    }


@lru_cache(maxsize=256)
def _prompt(platform: Platform, frame: Frame, thoughts: bool, newer: bool) -> str:
    thought = "`Thought: ` and why you do it, if you like, on a line of its own; " if thoughts else ""
    return "\n".join(
        [
            "You are a helpful assistant.",
            "",
            "# Tools",
            "",
            "You may call one or more functions to assist with the user query.",
            "",
            "You are provided with function signatures within <tools></tools> XML tags:",
            "<tools>",
            json.dumps(_tool(platform, frame, newer), ensure_ascii=False),
            "</tools>",
            "",
            "For each function call, return a json object with function name and arguments within "
            "<tool_call></tool_call> XML tags:",
            "<tool_call>",
            '{"name": <function-name>, "arguments": <args-json-object>}',
            "</tool_call>",
            "",
            "# Response format",
            "",
            f"{thought}`Action: ` and what you do in a sentence, if you like; then the calls that do it.",
        ]
    )


def _request(instruction: str, so_far: Sequence[str]) -> str:
    steps = " ".join(f"Step {number}: {said(sentence).rstrip('.')};" for number, sentence in enumerate(so_far, 1))
    progress = f"\nTask progress (You have done the following operation on the current device): {steps}"
    query = instruction if instruction.endswith((".", "?", "!")) else f"{instruction}."
    return f"The user query: {query}" + (progress if so_far else "")


_CLICKS = {
    "click": "left_click",
    "right_click": "right_click",
    "middle_click": "middle_click",
    "double_click": "double_click",
    "hover": "mouse_move",
}


def _place(parts: Parts, x: str = "x", y: str = "y") -> list[float]:
    return [parts[x], parts[y]]


def _computer(parts: Parts) -> dict[str, Any]:
    without(parts, "modifiers")
    kind = parts["action"]
    if kind in _CLICKS:
        return {"action": _CLICKS[kind], "coordinate": _place(parts)}
    match kind:
        case "drag_to":
            return {"action": "left_click_drag", "coordinate": _place(parts, "to_x", "to_y")}
        case "key":
            return {"action": "key", "keys": names_of(parts["keys"], "pyautogui")}
        case "scroll" if parts["dx"] and parts["dy"]:
            raise Unspoken("a scroll both ways")
        case "scroll" if parts["dx"]:
            return {"action": "hscroll", "pixels": parts["dx"]}
        case "scroll":
            return {"action": "scroll", "pixels": -parts["dy"]}
    return _ends(parts)


def _ends(parts: Parts) -> dict[str, Any]:
    match parts["action"]:
        case "type":
            return {"action": "type", "text": parts["text"]}
        case "wait":
            return {"action": "wait", "time": parts.get("seconds", 1)}
        case "stop":
            return {"action": "terminate", "status": parts.get("status", "success")}
        case "answer":
            return {"action": "answer", "text": parts["text"]}
    raise Unspoken(f"no {parts['action']}")


def _mobile(parts: Parts, newer: bool) -> dict[str, Any]:
    without(parts, "modifiers")
    buttons = {"back": "Back", "home": "Home"}
    match parts["action"]:
        case "click":
            return {"action": "click", "coordinate": _place(parts)}
        case "long_press":
            return {"action": "long_press", "coordinate": _place(parts), "time": parts.get("seconds", 1)}
        case "swipe":
            return {"action": "swipe", "coordinate": _place(parts), "coordinate2": _place(parts, "to_x", "to_y")}
        case "back" | "home":
            return {"action": "system_button", "button": buttons[parts["action"]]}
        case "key" if parts["keys"] == "Enter":
            return {"action": "system_button", "button": "Enter"}
        case "key":
            raise Unspoken(f"the key {parts['keys']!r} has no name in it")
        case "clear" if newer:
            raise Unspoken("a type with clear")
        case "clear":
            return {"action": "key", "text": "clear"}
        case "open" if not newer:
            return {"action": "open", "text": parts["location"]}
    return _ends(parts)


def _writer(newer: bool) -> Any:
    def write(parts: Parts, platform: Platform) -> str:
        if platform == "android":
            calls = [_mobile(each, newer) for each in typing(parts, clear={"action": "clear"})]
            name = "mobile_use"
        else:
            calls = [_computer(each) for one in typing(parts) for each in pointing(one)]
            name = "computer_use"
        return "\n".join(
            f"<tool_call>\n{json.dumps({'name': name, 'arguments': call}, ensure_ascii=False)}\n</tool_call>"
            for call in calls
        )

    return write


def _answer(calls: str, sentence: str | None, thought: str | None) -> str:
    lines = [f"Thought: {said(thought)}"] if thought is not None else []
    return "\n".join([*lines, *([f"Action: {said(sentence)}"] if sentence is not None else []), calls])


_ON_COMPUTERS = frozenset({*_CLICKS, "type", "key", "scroll", "drag", "wait", "stop", "answer"})
_ON_PHONES = frozenset({"click", "long_press", "swipe", "type", "key", "back", "home", "wait", "stop", "answer"})


def _dialect(name: str, geometry: Geometry, *, newer: bool, about: str) -> Dialect:
    def system(platform: Platform, frame: Frame, thoughts: bool) -> str:
        return _prompt(platform, frame, thoughts, newer)

    phones = _ON_PHONES if newer else _ON_PHONES | {"open"}
    return Dialect(
        name=name,
        about=about,
        geometry=geometry,
        kinds=MappingProxyType({"web": _ON_COMPUTERS, "desktop": _ON_COMPUTERS, "android": phones}),
        system=system,
        request=_request,
        write=_writer(newer),
        answer=_answer,
    )


QWEN25 = _dialect(
    "qwen2.5-vl",
    Geometry("qwen2.5-vl"),
    newer=False,
    about="the tools `computer_use` and `mobile_use` of Qwen2.5-VL, in pixels of the resized picture",
)
QWEN3 = _dialect(
    "qwen3-vl",
    Geometry("qwen3-vl", "999"),
    newer=True,
    about="the tools `computer_use` and `mobile_use` of Qwen3-VL, places from 0 to 999",
)
