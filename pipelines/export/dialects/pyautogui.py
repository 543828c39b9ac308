"""Two dialects that are lines of pyautogui: OpenCUA's code blocks in pixels, and Aguvis's calls from 0 to 1.

OpenCUA's answer is that of its short form, `## Action` and `## Code`; Aguvis adds calls for phones and browsers.
"""

from collections.abc import Sequence
from types import MappingProxyType

from pipelines.export.dialects.reading import NOTCH, Parts
from pipelines.export.dialects.telling import Dialect, Unspoken, names_of, pointing, said, typing, wheel, without
from pipelines.export.geometry import Frame, Geometry
from schemas.actions import Platform

_CLICKS = {
    "click": "click",
    "right_click": "rightClick",
    "middle_click": "middleClick",
    "double_click": "doubleClick",
    "hover": "moveTo",
}


def _at(parts: Parts, x: str = "x", y: str = "y") -> str:
    return f"x={parts[x]:.10g}, y={parts[y]:.10g}"


def _shared(parts: Parts) -> str:
    """A line of pyautogui.

    Raises:
        Unspoken: if it has none.
    """
    without(parts, "modifiers")
    kind = parts["action"]
    if kind in _CLICKS:
        return f"pyautogui.{_CLICKS[kind]}({_at(parts)})"
    match kind:
        case "drag_to":
            return f"pyautogui.dragTo({_at(parts, 'to_x', 'to_y')}, button='left')"
        case "type":
            return f"pyautogui.write(message={parts['text']!r})"
        case "key":
            names = names_of(parts["keys"], "pyautogui")
            return f"pyautogui.press({names[0]!r})" if len(names) == 1 else f"pyautogui.hotkey({names!r})"
        case "scroll":
            way, notches = wheel(parts, NOTCH)
            name = "scroll" if way in ("up", "down") else "hscroll"
            return f"pyautogui.{name}({notches if way in ('up', 'right') else -notches})"
    raise Unspoken(f"no {kind}")


def _opencua_line(parts: Parts) -> str:
    match parts["action"]:
        case "wait":
            return f"computer.wait(seconds={parts.get('seconds', 1):g})"
        case "stop":
            return f"computer.terminate(status={parts.get('status', 'success')!r})"
        case "answer":
            return f"computer.terminate(status='success', answer={parts['text']!r})"
    return _shared(parts)


def _opencua_system(_platform: Platform, frame: Frame, thoughts: bool) -> str:
    thought = "## Thought:\n{why you do it, if you like}\n\n" if thoughts else ""
    fraction = frame.grid == (1.0, 1.0)
    places = "from 0 to 1" if fraction else f"in pixels of a screen of {frame.grid[0]:g}x{frame.grid[1]:g}"
    return f"""You are a GUI agent. You are given a task and a screenshot of the screen. \
You need to perform a series of pyautogui actions to complete the task.

For each step, provide your response in this format:

{thought}## Action:
{{what you do, in a sentence, if you like}}

## Code:
```python
{{pyautogui code, or one of the functions below}}
```

Places are x and y {places}. A field is clicked before it is typed into, and each call stands on a line of its own. \
The other functions are computer.wait(seconds=1), which waits, and computer.terminate(status='success'), which ends \
the task, with status='failure' if it can't be done and with answer='...' if it asks something."""


def _opencua_request(instruction: str, so_far: Sequence[str]) -> str:
    steps = "\n\n".join(f"# Step {number}:\n## Action:\n{said(each)}" for number, each in enumerate(so_far, 1))
    return f"""{steps + chr(10) * 2 if so_far else ""}# Task Instruction:
{instruction}

Please generate the next move according to the screenshot, task instruction and previous steps (if provided)."""


def _opencua_write(parts: Parts, _platform: Platform) -> str:
    return "\n".join(_opencua_line(each) for one in typing(parts) for each in pointing(one))


def _opencua_answer(calls: str, sentence: str | None, thought: str | None) -> str:
    sections = [f"## Thought:\n{said(thought)}"] if thought is not None else []
    sections += [f"## Action:\n{said(sentence)}"] if sentence is not None else []
    return "\n\n".join([*sections, f"## Code:\n```python\n{calls}\n```"])


_ON_COMPUTERS = frozenset({*_CLICKS, "type", "key", "scroll", "drag", "wait", "stop", "answer"})

OPENCUA = Dialect(
    name="opencua",
    about="OpenCUA's pyautogui in a code block, in pixels of the resized picture",
    geometry=Geometry("qwen2.5-vl"),
    kinds=MappingProxyType({"web": _ON_COMPUTERS, "desktop": _ON_COMPUTERS, "android": frozenset()}),
    system=_opencua_system,
    request=_opencua_request,
    write=_opencua_write,
    answer=_opencua_answer,
)


def _aguvis_line(parts: Parts, platform: Platform) -> str:
    match parts["action"]:
        case "stop":
            return f"terminate(status={parts.get('status', 'success')!r})"
        case "answer":
            return f"answer(text={parts['text']!r})"
        case "wait":
            return f"mobile.wait(seconds={parts.get('seconds', 1):g})"
        case "home" | "back" if platform == "android":
            return f"mobile.{parts['action']}()"
        case "long_press":
            return f"mobile.long_press({_at(parts)})"
        case "swipe":
            start, end = ([parts[x], parts[y]] for x, y in (("x", "y"), ("to_x", "to_y")))
            return f"mobile.swipe(from_coord={start!r}, to_coord={end!r})"
        case "open":
            return f"mobile.open_app(app_name={parts['location']!r})"
        case "select":
            without(parts, "nth")
            return f"browser.select_option({_at(parts)}, value={parts['option']!r})"
    return _shared(parts)


_PHONE_LINES = """- mobile.swipe(from_coord=[x, y], to_coord=[x, y]), mobile.long_press(x=x, y=y)
- mobile.home(), mobile.back(), mobile.open_app(app_name='...')"""
_BROWSER_LINE = "- browser.select_option(x=x, y=y, value='...')"


def _aguvis_system(platform: Platform, frame: Frame, thoughts: bool) -> str:
    thought = "`Thought: ` and why you do it, if you like; " if thoughts else ""
    far = "1" if frame.grid == (1.0, 1.0) else f"{frame.grid[0]:g} and {frame.grid[1]:g}"
    more = {"android": [_PHONE_LINES], "web": [_BROWSER_LINE], "desktop": []}[platform]
    lines = [
        "You are a GUI agent. You are given a task and a screenshot of the screen. You need to perform a series of "
        "pyautogui actions to complete the task.",
        f"Places go from 0 to {far}, from the top left corner. A field is clicked before it is typed into.",
        f"Answer with {thought}`Action: ` and what you do in a sentence, if you like; then calls, a line each. Besides "
        "pyautogui there are:",
        *more,
        "- mobile.wait(seconds=1), terminate(status='success'), and answer(text='...') if the task asks something",
    ]
    return "\n".join(lines)


def _aguvis_request(instruction: str, so_far: Sequence[str]) -> str:
    done = "\n".join(f"Step {number}: {said(each)}" for number, each in enumerate(so_far, 1)) or "None"
    return f"""Please generate the next move according to the ui screenshot, instruction and previous actions.

Instruction: {instruction}

Previous actions:
{done}"""


def _aguvis_write(parts: Parts, platform: Platform) -> str:
    if platform == "android" and parts.get("clear"):
        raise Unspoken("a type with clear")
    return "\n".join(_aguvis_line(each, platform) for one in typing(parts) for each in pointing(one))


def _aguvis_answer(calls: str, sentence: str | None, thought: str | None) -> str:
    lines = [f"Thought: {said(thought)}"] if thought is not None else []
    return "\n".join([*lines, *([f"Action: {said(sentence)}"] if sentence is not None else []), calls])


AGUVIS = Dialect(
    name="aguvis",
    about="Aguvis's pyautogui, mobile and browser calls, places from 0 to 1",
    geometry=Geometry("qwen2-vl", "fraction"),
    kinds=MappingProxyType(
        {
            "web": _ON_COMPUTERS | {"select"},
            "desktop": _ON_COMPUTERS,
            "android": frozenset(
                {"click", "long_press", "swipe", "type", "key", "open", "home", "back", "wait", "stop", "answer"}
            ),
        }
    ),
    system=_aguvis_system,
    request=_aguvis_request,
    write=_aguvis_write,
    answer=_aguvis_answer,
)
