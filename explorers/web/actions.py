"""Actions in a tab: what the record says, done with the mouse and the keyboard."""

import json
from typing import Literal

from playwright.sync_api import Error

from explorers.web.tab import Tab
from schemas.actions import (
    Action,
    Answer,
    Back,
    Click,
    DoubleClick,
    Drag,
    Forward,
    Home,
    Hover,
    Key,
    LongPress,
    MiddleClick,
    Open,
    Point,
    Reload,
    RightClick,
    Scroll,
    Select,
    Stop,
    Swipe,
    Type,
    Wait,
)
from schemas.errors import UnsupportedAction
from schemas.records import Outcome

NAVIGATION_MS = 15_000
WAIT_LIMIT = 10.0
KEYSTROKES = 200
"""Longer texts are inserted at once: a key press costs two calls."""

_SET = """
(x, y, text) => {
  const field = document.elementFromPoint(x, y)?.closest("input");
  const drawn = ["date", "time", "month", "week", "datetime-local", "color", "range"];
  if (!field || !drawn.includes(field.type)) return false;
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(field, text);
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
  return true;
}
"""

_FOCUSED = """
() => {
  let element = document.activeElement;
  while (element && (element.shadowRoot?.activeElement || element.contentDocument?.activeElement)) {
    element = element.shadowRoot?.activeElement || element.contentDocument.activeElement;
  }
  if (!element) return false;
  if (element.isContentEditable) return true;
  const field = ["input", "textarea"].includes(element.localName);
  return field && !element.disabled && !element.readOnly;
}
"""

_SELECT = """
(x, y, label) => {
  const clean = (text) => text.replace(/[▲▼△▽↑↓⬆⬇⇅⇵↕]/g, "").replace(/\\s+/g, " ").trim();
  let element = document.elementFromPoint(x, y);
  while (element?.shadowRoot?.elementFromPoint(x, y)) element = element.shadowRoot.elementFromPoint(x, y);
  const list = element?.closest("select");
  if (!list) return "no list";
  if (list.disabled) return "the list is disabled";
  const option = [...list.options].find((option) => clean(option.label || option.text) === label);
  if (!option) return "no option of that name";
  if (option.disabled) return "the option is disabled";
  list.focus();
  if (list.multiple) option.selected = true;
  else list.value = option.value, list.selectedIndex = option.index;
  list.dispatchEvent(new Event("input", { bubbles: true }));
  list.dispatchEvent(new Event("change", { bubbles: true }));
  return "";
}
"""


def perform(tab: Tab, action: Action, *, start: str, width: int, height: int) -> Outcome:
    """Does the action without waiting for what it leads to; a point outside the screen is no target.

    Raises:
        UnsupportedAction: for an action that a browser doesn't have.
        Error: what Playwright raises.
    """
    page, mouse, keyboard = tab.page, tab.page.mouse, tab.page.keyboard
    spot: tuple[float, float] | None

    def pixel(point: Point) -> tuple[float, float] | None:
        x = point.x if point.x is not None else (point.fx or 0) * width
        y = point.y if point.y is not None else (point.fy or 0) * height
        return (x, y) if 0 <= x < width and 0 <= y < height else None

    match action:
        case (
            Click(point) | DoubleClick(point) | RightClick(point) | MiddleClick(point) | LongPress(point) | Hover(point)
        ):
            spot = pixel(point)
            if spot is None:
                return _outside()
            match action:
                case LongPress(seconds=seconds):
                    mouse.click(*spot, delay=min(seconds, WAIT_LIMIT) * 1000)
                case Hover():
                    mouse.move(*spot)
                case DoubleClick():
                    mouse.dblclick(*spot)
                case _:
                    mouse.click(*spot, button=_button(action))
        case Type(text, place, clear, submit):
            if place is not None:
                spot = pixel(place)
                if spot is None:
                    return _outside()
                if tab.evaluate(f"({_SET})({spot[0]}, {spot[1]}, {json.dumps(text)})"):
                    if submit:
                        mouse.click(*spot)
                        keyboard.press("Enter")
                    return Outcome("ok")
                mouse.click(*spot)
            if not tab.evaluate(f"({_FOCUSED})()"):
                return Outcome("no target", message="expected an editable field, found none in focus")
            if clear:
                keyboard.press("ControlOrMeta+a")
                keyboard.press("Delete")
            if len(text) <= KEYSTROKES and "\n" not in text:
                keyboard.type(text)
            else:
                keyboard.insert_text(text)
            if submit:
                keyboard.press("Enter")
        case Key(keys):
            try:
                keyboard.press(keys)
            except Error as error:
                if "Unknown key" not in str(error):
                    raise
                return Outcome("refused", message=f"no key named {keys[:40]!r}")
        case Scroll(dx, dy, place):
            spot = (width / 2, height / 2) if place is None else pixel(place)
            if spot is None:
                return _outside()
            mouse.move(*spot)
            mouse.wheel(dx, dy)
        case Drag(first, last):
            spot, end = pixel(first), pixel(last)
            if spot is None or end is None:
                return _outside()
            mouse.move(*spot)
            mouse.down()
            mouse.move(*end, steps=8)
            mouse.up()
        case Select(option, point):
            spot = pixel(point)
            if spot is None:
                return _outside()
            problem = tab.evaluate(f"({_SELECT})({spot[0]}, {spot[1]}, {json.dumps(option)})")
            if problem:
                return Outcome("no target", message=f"{problem}: {option[:80]!r}")
        case Open(location):
            return _open(tab, location)
        case Home():
            return _open(tab, start)
        case Back() | Forward():
            if not tab.go(-1 if isinstance(action, Back) else 1):
                return Outcome("refused", message="the history has no page there")
        case Reload():
            page.reload(wait_until="commit", timeout=NAVIGATION_MS)
        case Wait(seconds):
            page.wait_for_timeout(min(max(seconds, 0), WAIT_LIMIT) * 1000)
        case Stop() | Answer():
            pass
        case Swipe():
            raise UnsupportedAction("a browser has no swipe: use scroll or drag")
    return Outcome("ok")


def _open(tab: Tab, location: str) -> Outcome:
    try:
        tab.page.goto(location, wait_until="commit", timeout=NAVIGATION_MS)
    except Error as error:
        if "interrupted by another navigation" not in str(error):
            raise
        tab.page.goto(location, wait_until="commit", timeout=NAVIGATION_MS)  # one that failed before was still ending
    return Outcome("ok")


def _outside() -> Outcome:
    return Outcome("no target", message="the point is outside the screen")


def _button(action: Action) -> Literal["left", "middle", "right"]:
    match action:
        case RightClick():
            return "right"
        case MiddleClick():
            return "middle"
        case _:
            return "left"
