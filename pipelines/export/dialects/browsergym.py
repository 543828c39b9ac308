"""BrowserGym's actions by place, for websites: calls in a fence, in pixels of the viewport."""

from collections.abc import Sequence
from types import MappingProxyType

from pipelines.export.dialects.reading import DONE, Parts
from pipelines.export.dialects.telling import Dialect, Unspoken, said, typing, without
from pipelines.export.geometry import Frame, Geometry
from schemas.actions import Platform

_CALLS = """mouse_click(x, y, button='left'), mouse_dblclick(x, y), mouse_move(x, y)
mouse_drag_and_drop(from_x, from_y, to_x, to_y)
mouse_upload_file(x, y, file=['NAME'])
keyboard_press('Control+a'), keyboard_type('TEXT')
scroll(delta_x, delta_y)
goto('URL'), go_back(), go_forward()
new_tab(), tab_close(), tab_focus(0)
noop(1000)
send_msg_to_user('TEXT')
report_infeasible('REASON')"""


def _system(_platform: Platform, frame: Frame, thoughts: bool) -> str:
    thought = "why you do it, if you like, then " if thoughts else ""
    return f"""You are a UI assistant. Review the screenshot of the page and find the best next action for your goal.
Answer with {thought}what you do in a sentence, if you like, and then the calls that do it, a line each within ```.

# Action space
{_CALLS}

Places are x and y on a page of {frame.grid[0]:g}x{frame.grid[1]:g}. A field is clicked before it is typed into. When \
the goal is reached, send the user what it asks for, else {DONE!r}"""


def _request(instruction: str, so_far: Sequence[str]) -> str:
    done = "\n".join(f"{number}. {said(each)}" for number, each in enumerate(so_far, 1))
    return f"# Goal\n{instruction}" + (f"\n\n# History of past actions\n{done}" if so_far else "")


def _at(parts: Parts, x: str = "x", y: str = "y") -> str:
    return f"{parts[x]:.10g}, {parts[y]:.10g}"


_BUTTONS = {"right_click": "right", "middle_click": "middle"}


def _line(parts: Parts) -> str:
    without(parts, "modifiers")
    match parts["action"]:
        case "click":
            return f"mouse_click({_at(parts)})"
        case "right_click" | "middle_click" as kind:
            return f"mouse_click({_at(parts)}, button={_BUTTONS[kind]!r})"
        case "double_click":
            return f"mouse_dblclick({_at(parts)})"
        case "hover":
            return f"mouse_move({_at(parts)})"
        case "drag":
            return f"mouse_drag_and_drop({_at(parts)}, {_at(parts, 'to_x', 'to_y')})"
        case "upload":
            return f"mouse_upload_file({_at(parts)}, file={parts['files']!r})"
        case "key":
            return f"keyboard_press({parts['keys']!r})"
        case "type":
            return f"keyboard_type({parts['text']!r})"
        case "scroll":
            return f"scroll({parts['dx']:.10g}, {parts['dy']:.10g})"
        case "open":
            return f"goto({parts['location']!r})"
        case "back" | "forward" as kind:
            return f"go_{kind}()"
        case "new_tab":
            return "new_tab()"
        case "close_tab":
            return "tab_close()"
        case "focus_tab":
            return f"tab_focus({parts['index']})"
        case "wait":
            return f"noop({parts.get('seconds', 1) * 1000:.10g})"
        case "answer":
            return f"send_msg_to_user({parts['text']!r})"
        case "stop" if parts.get("status") == "failure":
            return "report_infeasible('')"
        case "stop":
            return f"send_msg_to_user({DONE!r})"
    raise Unspoken(f"no {parts['action']}")


def _steps(parts: Parts) -> list[Parts]:
    if parts["action"] == "scroll" and "x" in parts:
        rest = {name: value for name, value in parts.items() if name not in ("x", "y")}
        return [{"action": "hover", "x": parts["x"], "y": parts["y"]}, rest]
    if parts["action"] == "new_tab" and "location" in parts:
        return [{"action": "new_tab"}, {"action": "open", "location": parts["location"]}]
    return typing(parts)


def _write(parts: Parts, _platform: Platform) -> str:
    return "\n".join(map(_line, _steps(parts)))


def _answer(calls: str, sentence: str | None, thought: str | None) -> str:
    return "\n".join([*(said(each) for each in (thought, sentence) if each is not None), f"```\n{calls}\n```"])


DIALECT = Dialect(
    name="browsergym",
    about="BrowserGym's actions by place, in pixels of the viewport",
    geometry=Geometry(),
    kinds=MappingProxyType(
        {
            "web": frozenset(
                {
                    *("click", "right_click", "middle_click", "double_click", "hover", "drag", "upload", "key", "type"),
                    *(
                        "scroll",
                        "open",
                        "back",
                        "forward",
                        "new_tab",
                        "close_tab",
                        "focus_tab",
                        "wait",
                        "answer",
                        "stop",
                    ),
                }
            ),
            "desktop": frozenset(),
            "android": frozenset(),
        }
    ),
    system=_system,
    request=_request,
    write=_write,
    answer=_answer,
)
