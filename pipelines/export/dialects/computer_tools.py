"""The computer tools of OpenAI and of Anthropic, as the items of their APIs in JSON.

Neither has a call that ends a task: a message to the user does, with the answer where one is asked for.
"""

import json
from collections.abc import Sequence
from types import MappingProxyType
from typing import Any

from pipelines.export.dialects.reading import DONE, FAILED, NOTCH, Parts
from pipelines.export.dialects.telling import Dialect, Unspoken, names_of, numbered, said, typing, wheel
from pipelines.export.geometry import Frame, Geometry
from schemas.actions import Platform


def _request(instruction: str, so_far: Sequence[str]) -> str:
    return instruction + (f"\n\nDone so far:\n{numbered(so_far)}" if so_far else "")


def _words(parts: Parts) -> str | None:
    """What is said to the user where the action ends the task."""
    if parts["action"] == "answer":
        return str(parts["text"])
    if parts["action"] == "stop":
        return DONE if parts.get("status", "success") == "success" else FAILED
    return None


def _told(calls: str, sentence: str | None, thought: str | None) -> str:
    return "\n".join([*(said(each) for each in (thought, sentence) if each is not None), calls])


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _screen(frame: Frame) -> str:
    return f"The screen is {frame.grid[0]:g}x{frame.grid[1]:g}; x and y are counted from its top left corner."


_OPENAI_CALLS = """- {"type":"click","button":"left" or "right" or "wheel","x":X,"y":Y}, and "keys":["CTRL"] to hold
- {"type":"double_click","x":X,"y":Y}, {"type":"move","x":X,"y":Y}
- {"type":"drag","path":[{"x":X,"y":Y},{"x":X,"y":Y}]}
- {"type":"scroll","x":X,"y":Y,"scroll_x":PIXELS,"scroll_y":PIXELS}
- {"type":"keypress","keys":["CTRL","A"]}, {"type":"type","text":T}, {"type":"wait"}"""


def _openai_system(_platform: Platform, frame: Frame, thoughts: bool) -> str:
    thought = "why you do it, if you like, then " if thoughts else ""
    return f"""You operate a computer by the tool `computer`. {_screen(frame)}
Answer with {thought}what you do in a sentence, if you like, and one item with the actions that do it, in order:
{{"type":"computer_call","actions":[...]}}
{_OPENAI_CALLS}
When the task is over, tell the user by {{"type":"message","content":[{{"type":"output_text","text":T}}]}}: the \
answer, if it asks something, else {DONE!r} or {FAILED!r}"""


def _openai_call(parts: Parts) -> dict[str, Any]:
    place: Parts = {name: parts[name] for name in ("x", "y") if name in parts}
    buttons = {"click": "left", "right_click": "right", "middle_click": "wheel"}
    match parts["action"]:
        case "click" | "right_click" | "middle_click" as kind:
            held = names_of("+".join(parts["modifiers"]), "openai") if parts.get("modifiers") else []
            return {"type": "click", "button": buttons[kind], **place, **({"keys": held} if held else {})}
        case "double_click":
            return {"type": "double_click", **place}
        case "hover":
            return {"type": "move", **place}
        case "drag":
            return {"type": "drag", "path": [place, {"x": parts["to_x"], "y": parts["to_y"]}]}
        case "scroll" if not place:
            raise Unspoken("a scroll without a place")
        case "scroll":
            return {"type": "scroll", **place, "scroll_x": parts["dx"], "scroll_y": parts["dy"]}
        case "key":
            return {"type": "keypress", "keys": names_of(parts["keys"], "openai")}
        case "type":
            return {"type": "type", "text": parts["text"]}
        case "wait":
            return {"type": "wait"}
    raise Unspoken(f"no {parts['action']}")


def _openai_write(parts: Parts, _platform: Platform) -> str:
    if (words := _words(parts)) is not None:
        return _json({"type": "message", "content": [{"type": "output_text", "text": words}]})
    return _json({"type": "computer_call", "actions": [_openai_call(each) for each in typing(parts)]})


_KINDS = frozenset(
    {
        *("click", "right_click", "middle_click", "double_click", "hover", "drag"),
        *("scroll", "key", "type", "wait", "stop", "answer"),
    }
)
_PLATFORMS: Any = MappingProxyType({"web": _KINDS, "desktop": _KINDS, "android": frozenset()})

OPENAI = Dialect(
    name="openai",
    about="the actions of OpenAI's computer tool, in pixels of the picture that is sent",
    geometry=Geometry("openai"),
    kinds=_PLATFORMS,
    system=_openai_system,
    request=_request,
    write=_openai_write,
    answer=_told,
    scrolls_at=True,
)

_ANTHROPIC_CALLS = """- left_click, right_click, middle_click, double_click, mouse_move: "coordinate":[X,Y]; with \
"text":"ctrl" a click holds a key
- left_click_drag: "start_coordinate":[X,Y],"coordinate":[X,Y]
- scroll: "coordinate":[X,Y],"scroll_direction":"down","scroll_amount":N
- key: "text":"ctrl+a"; type: "text":T; wait: "duration":SECONDS"""


def _anthropic_system(_platform: Platform, frame: Frame, thoughts: bool) -> str:
    thought = "why you do it, if you like, then " if thoughts else ""
    return f"""You operate a computer by the tool `computer`. {_screen(frame)}
Answer with {thought}what you do in a sentence, if you like, and the calls that do it, a line each:
{{"type":"tool_use","name":"computer","input":{{"action":"left_click","coordinate":[X,Y]}}}}
{_ANTHROPIC_CALLS}
When the task is over, tell the user by {{"type":"text","text":T}}: the answer, if it asks something, else {DONE!r} or \
{FAILED!r}"""


_ANTHROPIC_CLICKS = {
    "click": "left_click",
    "right_click": "right_click",
    "middle_click": "middle_click",
    "double_click": "double_click",
    "hover": "mouse_move",
}


def _anthropic_call(parts: Parts) -> dict[str, Any]:
    kind = parts["action"]
    if kind in _ANTHROPIC_CLICKS:
        held = "+".join(names_of("+".join(parts["modifiers"]), "xdotool")) if parts.get("modifiers") else ""
        call = {"action": _ANTHROPIC_CLICKS[kind], "coordinate": [parts["x"], parts["y"]]}
        return {**call, "text": held} if held else call
    match kind:
        case "drag":
            ends = {"start_coordinate": [parts["x"], parts["y"]], "coordinate": [parts["to_x"], parts["to_y"]]}
            return {"action": "left_click_drag", **ends}
        case "scroll" if "x" not in parts:
            raise Unspoken("a scroll without a place")
        case "scroll":
            way, notches = wheel(parts, NOTCH)
            place = {"coordinate": [parts["x"], parts["y"]]}
            return {"action": "scroll", **place, "scroll_direction": way, "scroll_amount": notches}
        case "key":
            return {"action": "key", "text": "+".join(names_of(parts["keys"], "xdotool"))}
        case "type":
            return {"action": "type", "text": parts["text"]}
        case "wait":
            return {"action": "wait", "duration": parts.get("seconds", 1)}
    raise Unspoken(f"no {kind}")


def _anthropic_write(parts: Parts, _platform: Platform) -> str:
    if (words := _words(parts)) is not None:
        return _json({"type": "text", "text": words})
    calls = [_anthropic_call(each) for each in typing(parts)]
    return "\n".join(_json({"type": "tool_use", "name": "computer", "input": call}) for call in calls)


ANTHROPIC = Dialect(
    name="anthropic",
    about="the actions of Anthropic's computer tool, in pixels of the picture that is sent",
    geometry=Geometry("anthropic"),
    kinds=_PLATFORMS,
    system=_anthropic_system,
    request=_request,
    write=_anthropic_write,
    answer=_told,
    scrolls_at=True,
)
