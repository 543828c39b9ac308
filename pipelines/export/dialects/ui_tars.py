"""UI-TARS 1.5: `Thought:` and `Action:` lines, `click(start_box='(x,y)')` in pixels of the resized picture.

Its prompt stands in the user's first turn; a short system prompt comes before it, as in its training data.
"""

from collections.abc import Sequence
from types import MappingProxyType

from pipelines.export.dialects.reading import NOTCH, Parts
from pipelines.export.dialects.telling import Dialect, Unspoken, names_of, numbered, said, wheel, without
from pipelines.export.geometry import Frame, Geometry
from schemas.actions import Platform

_COMPUTER = """click(start_box='(x1,y1)')
left_double(start_box='(x1,y1)')
right_single(start_box='(x1,y1)')
drag(start_box='(x1,y1)', end_box='(x2,y2)')
hotkey(key='ctrl c') # Keys apart by a space, in small letters.
type(content='xxx') # Escape quotes and line ends; \\n at the end of the content submits it.
scroll(start_box='(x1,y1)', direction='down or up or right or left')
wait() # Sleep for 5s and take a screenshot to check for any changes.
finished(content='xxx') # With the answer, where the task asks for one.
call_user() # The task can't be done."""
_MOBILE = """click(start_box='(x1,y1)')
long_press(start_box='(x1,y1)')
type(content='xxx') # Escape quotes and line ends; \\n at the end of the content submits it.
scroll(start_box='(x1,y1)', direction='down or up or right or left')
drag(start_box='(x1,y1)', end_box='(x2,y2)')
open_app(app_name='xxx')
press_home()
press_back()
wait() # Sleep for 5s and take a screenshot to check for any changes.
finished(content='xxx') # With the answer, where the task asks for one.
call_user() # The task can't be done."""


def _system(platform: Platform, _frame: Frame, thoughts: bool) -> str:
    note = "why you do it, and your next action with its target element" if thoughts else "your next action"
    return f"""You are a GUI agent. You are given a task and your action history, with screenshots. \
You need to perform the next action to complete the task.

## Output Format
```
Thought: ...
Action: ...
```

## Action Space
{_MOBILE if platform == "android" else _COMPUTER}

## Note
- Use English in `Thought` part.
- Write in `Thought` part, in one sentence, {note}.
- To type into a field, click it first: several calls stand apart by an empty line."""


def _request(instruction: str, so_far: Sequence[str]) -> str:
    done = f"\n\n## Action History\n{numbered(so_far)}" if so_far else ""
    return f"## User Instruction\n{instruction}{done}"


_CLICKS = {"click": "click", "double_click": "left_double", "right_click": "right_single", "long_press": "long_press"}


def _box(parts: Parts, x: str = "x", y: str = "y") -> str:
    return f"'({parts[x]:g},{parts[y]:g})'"


def _write(parts: Parts, platform: Platform) -> str:
    without(parts, "modifiers")
    kind = parts["action"]
    if kind in _CLICKS:
        return f"{_CLICKS[kind]}(start_box={_box(parts)})"
    match kind:
        case "drag" | "swipe":
            return f"drag(start_box={_box(parts)}, end_box={_box(parts, 'to_x', 'to_y')})"
        case "key":
            return f"hotkey(key='{' '.join(names_of(parts['keys'], 'pyautogui'))}')"
        case "type":
            return _typing(parts, platform)
        case "scroll" if "x" not in parts:
            raise Unspoken("a scroll without a place")
        case "scroll":
            return f"scroll(start_box={_box(parts)}, direction='{wheel(parts, NOTCH)[0]}')"
        case "open":
            return f"open_app(app_name={parts['location']!r})"
        case "home" | "back":
            return f"press_{kind}()"
        case "wait":
            return "wait()"
        case "stop" if parts.get("status") == "failure":
            return "call_user()"
        case "stop":
            return "finished()"
        case "answer":
            return f"finished(content={parts['text']!r})"
    raise Unspoken(f"no {kind}")


def _typing(parts: Parts, platform: Platform) -> str:
    lines = [f"click(start_box={_box(parts)})"] if "x" in parts else []
    if parts.get("clear"):
        if platform == "android":
            raise Unspoken("a type with clear")
        lines.append("hotkey(key='ctrl a')")
    text = parts["text"] + ("\n" if parts.get("submit") else "")
    return "\n\n".join([*lines, f"type(content={text!r})"])


def _answer(calls: str, sentence: str | None, thought: str | None) -> str:
    words = " ".join(said(each) for each in (thought, sentence) if each is not None)
    return f"Thought: {words}\nAction: {calls}" if words else f"Action: {calls}"


_SHARED = {"click", "type", "scroll", "wait", "stop", "answer"}
_ON_COMPUTERS = frozenset({*_SHARED, "double_click", "right_click", "drag", "key"})
_ON_PHONES = frozenset({*_SHARED, "long_press", "swipe", "open", "home", "back"})

DIALECT = Dialect(
    name="ui-tars",
    about="UI-TARS 1.5's thoughts and calls, in pixels of the resized picture",
    geometry=Geometry("ui-tars"),
    kinds=MappingProxyType({"web": _ON_COMPUTERS, "desktop": _ON_COMPUTERS, "android": _ON_PHONES}),
    system=_system,
    request=_request,
    write=_write,
    answer=_answer,
    scrolls_at=True,
)
