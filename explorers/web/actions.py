"""Actions in a tab: what the record says, done with the mouse and the keyboard."""

from pathlib import Path
from typing import assert_never

import orjson

from explorers.web.config import WebConfig
from explorers.web.devtools import CallFailed
from explorers.web.frames import WebFrame
from explorers.web.input import Button, Input, Spot
from explorers.web.tab import Tab
from schemas.actions import (
    Action,
    Answer,
    Back,
    Check,
    Click,
    CloseTab,
    DoubleClick,
    Drag,
    FocusTab,
    Forward,
    Home,
    Hover,
    Key,
    LongPress,
    MiddleClick,
    NewTab,
    OnWeb,
    Open,
    Point,
    Reload,
    RightClick,
    Scroll,
    ScrollTo,
    Select,
    Stop,
    Type,
    Upload,
    Wait,
    point_of,
)
from schemas.errors import UnsupportedAction
from schemas.records import Outcome

WAIT_LIMIT = 10.0
KEYSTROKES = 200
"""Longer texts are inserted at once: a key press costs two calls."""


def perform(tab: Tab, action: Action) -> Outcome:
    """Does the action without waiting for what it leads to; a point outside the screen is no target.

    Raises:
        UnsupportedAction: for an action that one tab doesn't have.
        DevtoolsError: what the browser says.
    """
    if not isinstance(action, OnWeb):
        raise UnsupportedAction(f"a browser has no {type(action).__name__}")
    devtools, config = tab.devtools, tab.setup.config
    hand = Input(devtools, tab.session)
    point = point_of(action)
    spot = None if point is None else _pixel(point, config)
    if point is not None and spot is None:
        return Outcome("no target", message="the point is outside the screen")
    match action:
        case Click(modifiers=held):
            hand.click(_sure(spot), held=held or ())
        case RightClick() | MiddleClick():
            button: Button = "right" if isinstance(action, RightClick) else "middle"
            hand.click(_sure(spot), button=button)
        case DoubleClick():
            hand.click(_sure(spot), times=2)
        case LongPress(seconds=seconds):
            hand.click(_sure(spot), seconds=min(max(seconds, 0), WAIT_LIMIT))
        case Hover():
            hand.move(_sure(spot))
        case Type():
            return _type(tab, hand, action, spot)
        case Key(keys):
            if not hand.press(keys):
                return Outcome("refused", message=f"no key named {keys[:40]!r}")
        case Scroll(dx, dy):
            hand.wheel(spot or (config.width / 2, config.height / 2), dx / config.scale, dy / config.scale)
        case ScrollTo(path):
            return _problem(str(tab.frame.evaluate(f"hindtrace.reveal({_json(path)})")), path)
        case Drag(_, end):
            last = _pixel(end, config)
            if last is None:
                return Outcome("no target", message="the point is outside the screen")
            hand.drag(_sure(spot), last)
        case Select(option, nth=nth):
            return _problem(_touch(tab, _sure(spot), "select", option, nth or 0), option)
        case Check(_, checked):
            return _check(tab, hand, _sure(spot), checked)
        case Upload(names):
            return _upload(tab, _sure(spot), names, config.uploads)
        case Open(location):
            return _open(tab, location)
        case Home():
            return _open(tab, tab.setup.start)
        case Back() | Forward():
            if not tab.go(-1 if isinstance(action, Back) else 1):
                return Outcome("refused", message="the history has no page there")
        case Reload() if tab.loading.posted:
            return Outcome("refused", message="to load the page again would send its form again")
        case Reload():
            devtools.call("Page.reload", session=tab.session)
            tab.expect_navigation()
        case Wait(seconds):
            hand.wait(min(max(seconds, 0), WAIT_LIMIT))
        case Stop() | Answer():
            pass
        case NewTab() | FocusTab() | CloseTab():
            raise UnsupportedAction("one tab knows nothing of the others")
        case _:
            assert_never(action)
    return Outcome("ok")


def _type(tab: Tab, hand: Input, action: Type, spot: Spot | None) -> Outcome:
    if spot is not None:
        said = _touch(tab, spot, "set", action.text)
        if said == "":
            if action.submit:
                hand.click(spot)
                hand.press("Enter")
            return Outcome("ok")
        if said != "typed":
            return Outcome("no target", message=said)
        hand.click(spot)
    if not _focused(tab):
        return Outcome("no target", message="expected an editable field, found none in focus")
    if action.clear:
        hand.press("Control+a")
        hand.press("Delete")
    if (len(action.text) <= KEYSTROKES and "\n" not in action.text) or action.pace:
        hand.type(action.text, pace=min(max(action.pace or 0, 0), 1.0))
    else:
        hand.insert(action.text)
    if action.submit:
        hand.press("Enter")
    return Outcome("ok")


def _check(tab: Tab, hand: Input, spot: Spot, checked: bool) -> Outcome:
    said = _touch(tab, spot, "checked")
    if said not in ("true", "false"):
        return Outcome("no target", message=said)
    if (said == "true") != checked:
        hand.click(spot)
    return Outcome("ok")


def _upload(tab: Tab, spot: Spot, names: tuple[str, ...], folder: Path | None) -> Outcome:
    if folder is None:
        return Outcome("refused", message="there is no folder of files that may be uploaded")
    paths = []
    for name in names:
        path = (folder / name).resolve()
        if path.parent != folder.resolve() or not path.is_file():
            return Outcome("refused", message=f"no file {name[:80]!r} may be uploaded")
        paths.append(str(path))
    frame, x, y = _at(tab, spot)
    element = frame.element(f"hindtrace.files({x}, {y})")
    if element is None:
        return Outcome("no target", message="expected a field for files, found none there")
    tab.devtools.call("DOM.setFileInputFiles", {"files": paths, "objectId": element}, session=frame.session)
    return Outcome("ok")


def _open(tab: Tab, location: str) -> Outcome:
    answer = tab.devtools.call("Page.navigate", {"url": location}, session=tab.session)
    problem = answer.get("errorText")
    if problem:
        tab.loading.failure = problem
        return Outcome("refused", message=problem) if problem == "net::ERR_ABORTED" else Outcome("ok")
    if "loaderId" in answer:
        tab.expect_navigation()
    return Outcome("ok")


def _touch(tab: Tab, spot: Spot, use: str, *arguments: str | int) -> str:
    """What a use of `world.js` says of the element at a point, in whichever frame it is."""
    frame, x, y = _at(tab, spot)
    return str(frame.evaluate(f"hindtrace.on({', '.join(map(_json, (x, y, use, *arguments)))})"))


def _at(tab: Tab, spot: Spot) -> tuple[WebFrame, float, float]:
    """The frame at a point of the screen, and the point in it."""
    frame, (x, y) = tab.frame, spot
    while (answer := frame.evaluate(f"hindtrace.frameAt({x}, {y})")) is not None:
        frame, x, y = _child(tab, answer["frame"]), answer["x"], answer["y"]
    return frame, x, y


def _focused(tab: Tab) -> bool:
    frame = tab.frame
    for _ in range(4):
        answer = frame.evaluate("hindtrace.focused()")
        if "frame" not in answer:
            return bool(answer["said"])
        frame = _child(tab, answer["frame"])
    return False


def _child(tab: Tab, id: str) -> WebFrame:
    frame = tab.frames.get(id)
    if frame is None:
        raise CallFailed("the frame is gone")
    return frame


def _pixel(point: Point, config: WebConfig) -> Spot | None:
    """The pixel of the page at a point, or None for one outside the screen."""
    x, y = (at / config.scale for at in point.pixel(*config.pixels))
    return (x, y) if 0 <= x < config.width and 0 <= y < config.height else None


def _sure(spot: Spot | None) -> Spot:
    assert spot is not None  # these actions have a point
    return spot


def _problem(said: str, what: str) -> Outcome:
    return Outcome("no target", message=f"{said}: {what[:80]!r}") if said else Outcome("ok")


def _json(value: str | float) -> str:
    return orjson.dumps(value).decode()
