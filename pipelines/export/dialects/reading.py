"""How an answer of a model is read, in each dialect: what it does, in the words of ours. Standard library only.

What is done is a dictionary of `action`, the kind, and what it sets; places are on the grid of the dataset. It lies
beside the data within `reward.py`, and what the dialects write is read by it too.
"""

import ast
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

LONGEST, TRIES, ACTION_LONGEST = 20_000, 200, 4_000
"""Characters that are read from the end of an answer; places where an action may begin; characters of an action."""

NOTCH = 100
"""Pixels that a notch of the wheel scrolls, where a dialect counts in notches."""

DONE, FAILED = "Done.", "This can't be done."
"""What ends a task where a dialect has nothing but words for it."""

Parts = dict[str, Any]
Call = tuple[str, list[Any], dict[str, Any]]
"""A call's name, its values by place, and by name."""

_PYAUTOGUI = {
    "ctrl": "Control",
    "shift": "Shift",
    "alt": "Alt",
    "win": "Meta",
    "enter": "Enter",
    "esc": "Escape",
    "tab": "Tab",
    "space": "Space",
    "backspace": "Backspace",
    "delete": "Delete",
    "insert": "Insert",
    "home": "Home",
    "end": "End",
    "pageup": "PageUp",
    "pagedown": "PageDown",
    "left": "ArrowLeft",
    "right": "ArrowRight",
    "up": "ArrowUp",
    "down": "ArrowDown",
    **{f"f{number}": f"F{number}" for number in range(1, 13)},
}
_XDOTOOL = {
    "ctrl": "Control",
    "shift": "Shift",
    "alt": "Alt",
    "super": "Meta",
    "Return": "Enter",
    "Escape": "Escape",
    "Tab": "Tab",
    "space": "Space",
    "BackSpace": "Backspace",
    "Delete": "Delete",
    "Insert": "Insert",
    "Home": "Home",
    "End": "End",
    "Page_Up": "PageUp",
    "Page_Down": "PageDown",
    "Left": "ArrowLeft",
    "Right": "ArrowRight",
    "Up": "ArrowUp",
    "Down": "ArrowDown",
    **{f"F{number}": f"F{number}" for number in range(1, 13)},
}
KEYS: Mapping[str, Mapping[str, str]] = {
    "pyautogui": _PYAUTOGUI,
    "xdotool": _XDOTOOL,
    "openai": {
        **{name.upper(): ours for name, ours in _PYAUTOGUI.items() if not ours.startswith("Arrow") and ours != "Meta"},
        **{ours.upper(): ours for ours in _PYAUTOGUI.values() if ours.startswith("Arrow") or ours == "Meta"},
    },
}
"""What the keys are called elsewhere, and what they are called here."""

WAYS = {"up": (0, -1), "down": (0, 1), "left": (-1, 0), "right": (1, 0)}
"""Where a scroll goes to show more: across and down."""


def read(answer: str, dialect: str = "hindtrace", platform: str = "web") -> Parts | None:
    """What an answer does, its last action; None if there is none, or more than one at once."""
    if not isinstance(answer, str):
        return None
    try:
        return READERS[dialect](answer[-LONGEST:], platform)
    except (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RecursionError):
        return None  # whatever a model may write


def joined(parts: Sequence[Parts | None]) -> Parts | None:
    """One action of several that are done in a row to do it: press a field, type, press Enter."""
    if not parts or any(part is None for part in parts):
        return None
    rest = [dict(part) for part in parts if part is not None]
    if len(rest) == 1:
        return None if rest[0]["action"] == "drag_to" else rest[0]
    kinds = [part["action"] for part in rest]
    if kinds == ["hover", "scroll"]:
        return {**rest[1], "x": rest[0]["x"], "y": rest[0]["y"]}
    if kinds == ["hover", "drag_to"]:
        return {**rest[1], "action": "drag", "x": rest[0]["x"], "y": rest[0]["y"]}
    if kinds == ["new_tab", "open"] and "location" not in rest[0]:
        return {"action": "new_tab", "location": rest[1]["location"]}
    return _typed(rest)


def _typed(rest: list[Parts]) -> Parts | None:
    """A field pressed, emptied, typed into and sent, each but the typing if it is there."""
    typed: Parts = {"action": "type", "text": ""}
    if rest[0]["action"] == "click" and "modifiers" not in rest[0]:
        first = rest.pop(0)
        typed |= {"x": first["x"], "y": first["y"]}
    if (rest and rest[0] == {"action": "key", "keys": "Control+a"}) or (rest and rest[0] == {"action": "clear"}):
        rest.pop(0)
        typed["clear"] = True
    if rest and rest[0]["action"] == "type":
        typed["text"] = rest[0]["text"]
        if rest.pop(0).get("submit"):
            typed["submit"] = True
    elif typed.get("clear") and rest and rest[0] == {"action": "key", "keys": "Delete"}:
        rest.pop(0)
    else:
        return None
    if rest and rest[0] == {"action": "key", "keys": "Enter"}:
        rest.pop(0)
        typed["submit"] = True
    return None if rest else typed


def _hindtrace(answer: str, _platform: str) -> Parts | None:
    found = _objects(answer, lambda value: isinstance(value.get("action"), str), most=1)
    return found[0] if found else None


def _objects(text: str, wanted: Callable[[dict[str, Any]], bool], most: int) -> list[dict[str, Any]]:
    """The last JSON objects of a text that are wanted, in their order."""
    decoder, place, end = json.JSONDecoder(), len(text), len(text)
    found: list[dict[str, Any]] = []
    for _ in range(TRIES):
        place = text.rfind("{", 0, place)
        if place < 0 or len(found) == most:
            break
        try:
            value, _end = decoder.raw_decode(text[place : min(place + ACTION_LONGEST, end)])
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict) and wanted(value):
            found.insert(0, value)
            end = place
    return found


def _xy(value: Any) -> Parts:
    x, y = value
    return {"x": _real(x), "y": _real(y)}


def _real(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(value)
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(value)
    return value


def keys_of(names: Sequence[Any], table: str) -> str:
    """The keys of a chord by the names that they have here, joined."""
    known = KEYS[table]
    lower = {name.lower(): ours for name, ours in known.items()}
    found = [known.get(_text(name)) or lower.get(name.lower()) or name for name in names]
    return "+".join(each.lower() if len(each) == 1 else each for each in found)


def _scrolled(way: Any, pixels: float) -> Parts:
    across, down = WAYS[way]
    return {"action": "scroll", "dx": across * pixels, "dy": down * pixels}


def _qwen(answer: str, platform: str) -> Parts | None:
    calls = _objects(answer, lambda value: isinstance(value.get("arguments"), dict), most=6)
    one = _mobile_use if platform == "android" else _computer_use
    return joined([one(call["arguments"]) for call in calls])


_CLICKS = {
    "left_click": "click",
    "right_click": "right_click",
    "middle_click": "middle_click",
    "double_click": "double_click",
    "mouse_move": "hover",
}


def _computer_use(given: Mapping[str, Any]) -> Parts | None:
    kind = given["action"]
    if kind in _CLICKS:
        return {"action": _CLICKS[kind], **_xy(given["coordinate"])}
    match kind:
        case "left_click_drag":
            x, y = given["coordinate"]
            return {"action": "drag_to", "to_x": _real(x), "to_y": _real(y)}
        case "key":
            return {"action": "key", "keys": keys_of(given["keys"], "pyautogui")}
        case "type":
            return {"action": "type", "text": _text(given["text"])}
        case "scroll":
            return {"action": "scroll", "dx": 0, "dy": -_real(given["pixels"])}
        case "hscroll":
            return {"action": "scroll", "dx": _real(given["pixels"]), "dy": 0}
    return _qwen_ends(given)


def _qwen_ends(given: Mapping[str, Any]) -> Parts | None:
    match given["action"]:
        case "wait":
            return {"action": "wait", "seconds": _real(given["time"])}
        case "terminate":
            return {"action": "stop", "status": given["status"]}
        case "answer":
            return {"action": "answer", "text": _text(given["text"])}
    return None


def _mobile_use(given: Mapping[str, Any]) -> Parts | None:
    match given["action"]:
        case "click":
            return {"action": "click", **_xy(given["coordinate"])}
        case "long_press":
            return {"action": "long_press", **_xy(given["coordinate"]), "seconds": _real(given.get("time", 1))}
        case "swipe":
            x, y = given["coordinate2"]
            return {"action": "swipe", **_xy(given["coordinate"]), "to_x": _real(x), "to_y": _real(y)}
        case "type":
            return {"action": "type", "text": _text(given["text"])}
        case "system_button":
            ours = {"Back": {"action": "back"}, "Home": {"action": "home"}, "Enter": {"action": "key", "keys": "Enter"}}
            return ours[given["button"]]
        case "key" if given["text"] == "clear":
            return {"action": "clear"}
        case "open":
            return {"action": "open", "location": _text(given["text"])}
    return _qwen_ends(given)


_TOKEN = re.compile(
    r"\s*(?:(?P<name>[A-Za-z_][\w.]*)|(?P<number>[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)"
    r"|(?P<text>'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\")|(?P<sign>[()\[\]=,]))"
)
_CONSTANTS = {"True": True, "False": False, "None": None}


def calls_of(text: str) -> list[Call]:
    """The calls of a text that is nothing but calls with plain values, one a line or after semicolons.

    Raises:
        ValueError: if it is anything else.
    """
    calls: list[Call] = []
    for line in text[:ACTION_LONGEST].replace(";\n", "\n").splitlines():
        if line.strip() and not line.strip().startswith(("#", "import ")):
            calls.append(_call(_tokens(line)))
    return calls


def _tokens(line: str) -> list[tuple[str, str]]:
    tokens, place = [], 0
    line = line.rstrip()
    while place < len(line):
        found = _TOKEN.match(line, place)
        if found is None or found.lastgroup is None:
            raise ValueError(line)
        tokens.append((found.lastgroup, found[found.lastgroup]))
        place = found.end()
    return tokens


def _call(tokens: list[tuple[str, str]]) -> Call:
    if len(tokens) < 3 or tokens[0][0] != "name" or tokens[1][1] != "(" or tokens[-1] != ("sign", ")"):
        raise ValueError(tokens)
    name, inside = tokens[0][1], tokens[2:-1]
    by_place: list[Any] = []
    by_name: dict[str, Any] = {}
    while inside:
        key = None
        if len(inside) > 1 and inside[0][0] == "name" and inside[1] == ("sign", "="):
            key, inside = inside[0][1], inside[2:]
        value, inside = _value(inside, 0)
        if key is None:
            by_place.append(value)
        else:
            by_name[key] = value
        if inside:
            if inside[0] != ("sign", ","):
                raise ValueError(tokens)
            inside = inside[1:]
    return name, by_place, by_name


def _value(tokens: list[tuple[str, str]], depth: int) -> tuple[Any, list[tuple[str, str]]]:
    (kind, text), rest = tokens[0], tokens[1:]
    if kind == "number":
        return (float(text) if any(sign in text for sign in ".eE") else int(text)), rest
    if kind == "text":
        return ast.literal_eval(text), rest
    if kind == "name":
        return _CONSTANTS[text], rest
    if text not in "([" or depth > 1:
        raise ValueError(tokens)
    values, end = [], {"(": ")", "[": "]"}[text]
    while rest[0] != ("sign", end):
        value, rest = _value(rest, depth + 1)
        values.append(value)
        if rest[0] == ("sign", ","):
            rest = rest[1:]
    return values, rest[1:]


def _fenced(answer: str) -> str:
    """What the last fence of an answer holds, or the answer."""
    parts = answer.split("```")
    return re.sub(r"\A(?:python|code)?\s*\n", "", parts[-2]) if len(parts) > 2 else answer


def _by(call: Call, *names: str) -> list[Any]:
    """The values of a call under those names, by place or by name."""
    _, by_place, by_name = call
    return [*by_place, *(by_name[name] for name in names[len(by_place) :])][: len(names)]


def _opencua(answer: str, _platform: str) -> Parts | None:
    return joined([_pyautogui(call) for call in calls_of(_fenced(answer))])


_PYAUTOGUI_CLICKS = {
    "pyautogui.click": "click",
    "pyautogui.rightClick": "right_click",
    "pyautogui.middleClick": "middle_click",
    "pyautogui.doubleClick": "double_click",
    "pyautogui.moveTo": "hover",
}


def _pyautogui(call: Call) -> Parts | None:
    name, by_place, by_name = call
    if name in _PYAUTOGUI_CLICKS:
        return {"action": _PYAUTOGUI_CLICKS[name], **_xy(_by(call, "x", "y"))}
    match name:
        case "pyautogui.dragTo":
            x, y = _by(call, "x", "y")
            return {"action": "drag_to", "to_x": _real(x), "to_y": _real(y)}
        case "pyautogui.write" | "pyautogui.typewrite":
            return {"action": "type", "text": _text(_by(call, "message")[0])}
        case "pyautogui.press":
            keys = _by(call, "keys")[0]
            return {"action": "key", "keys": keys_of([keys] if isinstance(keys, str) else keys, "pyautogui")}
        case "pyautogui.hotkey":
            keys = by_place[0] if len(by_place) == 1 and isinstance(by_place[0], list) else by_place
            return {"action": "key", "keys": keys_of(keys, "pyautogui")}
        case "pyautogui.scroll":
            return {"action": "scroll", "dx": 0, "dy": -_real(_by(call, "clicks")[0]) * NOTCH}
        case "pyautogui.hscroll":
            return {"action": "scroll", "dx": _real(_by(call, "clicks")[0]) * NOTCH, "dy": 0}
        case "computer.wait":
            return {"action": "wait", **({"seconds": _real(by_name["seconds"])} if "seconds" in by_name else {})}
        case "computer.terminate" if by_name.get("answer") is not None:
            return {"action": "answer", "text": _text(by_name["answer"])}
        case "computer.terminate" | "terminate":
            return {"action": "stop", "status": _by(call, "status")[0]}
    return None


def _aguvis(answer: str, _platform: str) -> Parts | None:
    lines = [
        line for line in answer.splitlines() if re.match(r"\s*(?:pyautogui|mobile|browser)\.\w+\(|\w+\(.*\)\s*$", line)
    ]
    return joined([_aguvis_call(call) for call in calls_of("\n".join(lines))])


def _aguvis_call(call: Call) -> Parts | None:
    name = call[0]
    match name:
        case "answer":
            return {"action": "answer", "text": _text(_by(call, "text")[0])}
        case "mobile.home":
            return {"action": "home"}
        case "mobile.back":
            return {"action": "back"}
        case "mobile.wait":
            return {"action": "wait", "seconds": _real(_by(call, "seconds")[0])}
        case "mobile.long_press":
            return {"action": "long_press", **_xy(_by(call, "x", "y"))}
        case "mobile.open_app":
            return {"action": "open", "location": _text(_by(call, "app_name")[0])}
        case "mobile.swipe":
            start, (x, y) = _by(call, "from_coord", "to_coord")
            return {"action": "swipe", **_xy(start), "to_x": _real(x), "to_y": _real(y)}
        case "browser.select_option":
            x, y, value = _by(call, "x", "y", "value")
            return {"action": "select", **_xy([x, y]), "option": _text(value)}
    return _pyautogui(call)


_BOX = re.compile(
    r"\A\(?(?:<\|box_start\|>|<point>)?\(?\s*([-\d.]+)[\s,]+([-\d.]+)\s*\)?(?:<\|box_end\|>|</point>)?\)?\Z"
)


def _box(value: Any) -> Parts:
    found = _BOX.match(_text(value))
    if found is None:
        raise ValueError(value)
    return {"x": float(found[1]), "y": float(found[2])}


def _ui_tars(answer: str, platform: str) -> Parts | None:
    after = answer.rpartition("Action:")[2]
    return joined([_ui_tars_call(call, platform) for call in calls_of(after)])


def _ui_tars_call(call: Call, platform: str) -> Parts | None:
    name, _, by_name = call
    place = by_name.get("start_box", by_name.get("point", by_name.get("start_point")))
    end = by_name.get("end_box", by_name.get("end_point"))
    kinds = {"click": "click", "left_double": "double_click", "right_single": "right_click", "long_press": "long_press"}
    if name in kinds:
        return {"action": kinds[name], **_box(place)}
    match name:
        case "drag":
            far = _box(end)
            kind = "swipe" if platform == "android" else "drag"
            return {"action": kind, **_box(place), "to_x": far["x"], "to_y": far["y"]}
        case "hotkey":
            return {"action": "key", "keys": keys_of(_text(by_name["key"]).split(), "pyautogui")}
        case "type":
            text = _text(by_name["content"])
            return {
                "action": "type",
                "text": text.removesuffix("\n"),
                **({"submit": True} if text.endswith("\n") else {}),
            }
        case "scroll":
            return {**_scrolled(by_name["direction"], 5 * NOTCH), **_box(place)}
        case "wait":
            return {"action": "wait", "seconds": 5}
        case "open_app":
            return {"action": "open", "location": _text(by_name["app_name"])}
        case "press_home":
            return {"action": "home"}
        case "press_back":
            return {"action": "back"}
        case "call_user":
            return {"action": "stop", "status": "failure"}
        case "finished":
            said = by_name.get("content")
            return {"action": "answer", "text": _text(said)} if said else {"action": "stop"}
    return None


def _androidworld(answer: str, _platform: str) -> Parts | None:
    found = _objects(answer, lambda value: isinstance(value.get("action_type"), str), most=1)
    if not found:
        return None
    given = found[0]
    place = {} if given.get("x") is None else _xy([given["x"], given["y"]])
    kinds = {"click": "click", "double_tap": "double_click", "long_press": "long_press"}
    if given["action_type"] in kinds:
        return {"action": kinds[str(given["action_type"])], **place}
    match given["action_type"]:
        case "input_text":
            typed = {"action": "type", "text": _text(given["text"]), **place, "submit": True}
            return {**typed, "clear": True} if given.get("clear_text") else typed
        case "scroll":
            return {**_scrolled(given["direction"], 5 * NOTCH), **place}
        case "keyboard_enter":
            return {"action": "key", "keys": "Enter"}
        case "navigate_home":
            return {"action": "home"}
        case "navigate_back":
            return {"action": "back"}
        case "open_app":
            return {"action": "open", "location": _text(given["app_name"])}
        case "wait":
            return {"action": "wait"}
        case "answer":
            return {"action": "answer", "text": _text(given["text"])}
        case "status":
            return {"action": "stop", "status": {"complete": "success", "infeasible": "failure"}[given["goal_status"]]}
    return None


def _said(text: Any) -> Parts:
    """What a message to the user means where nothing but that ends a task."""
    ends = {DONE: {"action": "stop", "status": "success"}, FAILED: {"action": "stop", "status": "failure"}}
    return ends.get(_text(text)) or {"action": "answer", "text": text}


def _openai(answer: str, _platform: str) -> Parts | None:
    found = _objects(answer, lambda value: value.get("type") in ("computer_call", "message"), most=1)
    if not found:
        return None
    if found[0]["type"] == "message":
        return _said(found[0]["content"][0]["text"])
    calls = found[0].get("actions") or [found[0]["action"]]
    return joined([_openai_call(call) for call in calls])


def _openai_call(given: Mapping[str, Any]) -> Parts | None:
    held = {"modifiers": keys_of(given["keys"], "openai").split("+")} if given.get("keys") else {}
    match given["type"]:
        case "click":
            kinds = {"left": "click", "right": "right_click", "wheel": "middle_click"}
            return {"action": kinds[given.get("button", "left")], **_xy([given["x"], given["y"]]), **held}
        case "double_click":
            return {"action": "double_click", **_xy([given["x"], given["y"]])}
        case "move":
            return {"action": "hover", **_xy([given["x"], given["y"]])}
        case "drag":
            first, last = given["path"][0], given["path"][-1]
            end = {"to_x": _real(last["x"]), "to_y": _real(last["y"])}
            return {"action": "drag", **_xy([first["x"], first["y"]]), **end}
        case "keypress":
            return {"action": "key", "keys": keys_of(given["keys"], "openai")}
        case "type":
            return {"action": "type", "text": _text(given["text"])}
        case "scroll":
            place = _xy([given["x"], given["y"]])
            return {"action": "scroll", "dx": _real(given["scroll_x"]), "dy": _real(given["scroll_y"]), **place}
        case "wait":
            return {"action": "wait"}
    return None


def _anthropic(answer: str, _platform: str) -> Parts | None:
    calls = _objects(answer, lambda value: value.get("type") in ("tool_use", "text"), most=6)
    ends = [call for call in calls if call["type"] == "text"]
    if ends:
        return _said(ends[0]["text"]) if len(calls) == 1 else None
    return joined([_anthropic_call(call["input"]) for call in calls])


def _anthropic_call(given: Mapping[str, Any]) -> Parts | None:
    kind = given["action"]
    if kind in _CLICKS:
        held = {"modifiers": keys_of(given["text"].split("+"), "xdotool").split("+")} if given.get("text") else {}
        return {"action": _CLICKS[kind], **_xy(given["coordinate"]), **held}
    match kind:
        case "left_click_drag":
            x, y = given["coordinate"]
            return {"action": "drag", **_xy(given["start_coordinate"]), "to_x": _real(x), "to_y": _real(y)}
        case "key":
            return {"action": "key", "keys": keys_of(given["text"].split("+"), "xdotool")}
        case "type":
            return {"action": "type", "text": _text(given["text"])}
        case "scroll":
            notches = _real(given["scroll_amount"]) * NOTCH
            return {**_scrolled(given["scroll_direction"], notches), **_xy(given["coordinate"])}
        case "wait":
            return {"action": "wait", "seconds": _real(given["duration"])}
    return None


def _browsergym(answer: str, _platform: str) -> Parts | None:
    return joined([_browsergym_call(call) for call in calls_of(_fenced(answer))])


def _browsergym_call(call: Call) -> Parts | None:
    name, by_place, by_name = call
    match name:
        case "mouse_click":
            kinds = {"left": "click", "right": "right_click", "middle": "middle_click"}
            button = by_name.get("button", by_place[2] if len(by_place) > 2 else "left")
            return {"action": kinds[str(button)], **_xy(_by(call, "x", "y"))}
        case "mouse_dblclick":
            return {"action": "double_click", **_xy(_by(call, "x", "y"))}
        case "mouse_move":
            return {"action": "hover", **_xy(_by(call, "x", "y"))}
        case "mouse_drag_and_drop":
            x, y, to_x, to_y = _by(call, "from_x", "from_y", "to_x", "to_y")
            return {"action": "drag", **_xy([x, y]), "to_x": _real(to_x), "to_y": _real(to_y)}
        case "mouse_upload_file":
            x, y, files = _by(call, "x", "y", "file")
            files = [files] if isinstance(files, str) else files
            return {"action": "upload", **_xy([x, y]), "files": [_text(each) for each in files]}
        case "keyboard_press":
            return {"action": "key", "keys": _text(_by(call, "key")[0])}
        case "keyboard_type" | "keyboard_insert_text":
            return {"action": "type", "text": _text(_by(call, "text")[0])}
        case "scroll":
            dx, dy = _by(call, "delta_x", "delta_y")
            return {"action": "scroll", "dx": _real(dx), "dy": _real(dy)}
        case "goto":
            return {"action": "open", "location": _text(_by(call, "url")[0])}
        case "go_back":
            return {"action": "back"}
        case "go_forward":
            return {"action": "forward"}
        case "new_tab":
            return {"action": "new_tab"}
        case "tab_close":
            return {"action": "close_tab"}
        case "tab_focus":
            return {"action": "focus_tab", "index": _by(call, "index")[0]}
        case "noop":
            return {"action": "wait", "seconds": _real(_by(call, "wait_ms")[0]) / 1000}
        case "send_msg_to_user":
            return _said(_by(call, "text")[0])
        case "report_infeasible":
            return {"action": "stop", "status": "failure"}
    return None


READERS: Mapping[str, Callable[[str, str], Parts | None]] = {
    "hindtrace": _hindtrace,
    "qwen2.5-vl": _qwen,
    "qwen3-vl": _qwen,
    "ui-tars": _ui_tars,
    "opencua": _opencua,
    "aguvis": _aguvis,
    "androidworld": _androidworld,
    "openai": _openai,
    "anthropic": _anthropic,
    "browsergym": _browsergym,
}
"""How an answer is read, by the dialect's name."""
