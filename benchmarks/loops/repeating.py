"""A bare Playwright loop that does again what was explored: an action, the load of a page that came, a screenshot.

Nothing is looked for, read or written: what whoever writes such a loop gets by with. That an action leads to another
page is known from the recording, so that no wait is too long.
"""

import time
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from playwright.async_api import Browser, Error, Page, Playwright, async_playwright

from benchmarks.loops.chromium import executable
from explorers.setup.chromium import launch_arguments
from schemas.actions import (
    Action,
    Back,
    Check,
    Click,
    DoubleClick,
    Drag,
    Forward,
    Home,
    Hover,
    Key,
    Open,
    Point,
    Reload,
    RightClick,
    Scroll,
    ScrollTo,
    Select,
    Type,
    Wait,
)
from schemas.recordings import Recording

SIZE = (1280, 720)
PATIENCE_MS = 5_000
"""What does not load for so long went another way than when it was recorded, and is not counted."""

START_MS = 60_000
_CHOOSE = """([x, y, label]) => {
  const list = document.elementFromPoint(x, y)?.closest("select");
  const option = list && [...list.options].find((each) => (each.label || each.text).trim() === label);
  if (!option) return;
  list.selectedIndex = option.index;
  for (const kind of ["input", "change"]) list.dispatchEvent(new Event(kind, { bubbles: true }));
}"""
_REVEAL = "(path) => document.querySelector(path.split(' >>> ')[0])?.scrollIntoView({ block: 'center' })"


@dataclass(frozen=True, slots=True)
class Deed:
    """A recorded step that was done: its number in the episode, and whether another document came by it."""

    step: int
    action: Action
    moves: bool


def deeds_of(recording: Recording) -> list[Deed]:
    """The steps that were done, in their order; what the site was not asked to do is left out."""
    deeds = []
    for step in recording.steps:
        if step.before is None or step.after is None or step.result != "ok":
            continue
        places = [(seen.location or "").partition("#")[0] for seen in (step.before, step.after)]
        deeds.append(Deed(step.step_index, step.action, places[0] != places[1]))
    return deeds


class Repeater(AbstractAsyncContextManager["Repeater"]):
    """One browser with the program and the arguments of the explorers', for any number of pages at once."""

    def __init__(self) -> None:
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None

    async def __aenter__(self) -> Self:
        """Starts the browser."""
        self._playwright = await async_playwright().start()
        self._browser = await self._playwright.chromium.launch(**launch_arguments(executable()))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends it."""
        if self._browser is not None:
            await self._browser.close()
        if self._playwright is not None:
            await self._playwright.stop()

    async def repeat(self, address: str, deeds: list[Deed]) -> dict[int, float]:
        """The seconds of each deed that could be done again, by its step, in a fresh context."""
        assert self._browser is not None
        context = await self._browser.new_context(viewport={"width": SIZE[0], "height": SIZE[1]})
        try:
            page = await context.new_page()
            page.set_default_timeout(PATIENCE_MS)
            page.on("dialog", lambda dialog: dialog.dismiss())
            await page.goto(address, wait_until="load", timeout=START_MS)
            await page.screenshot()
            taken = {}
            for deed in deeds:
                began = time.perf_counter()
                try:
                    if deed.moves and not isinstance(deed.action, Back | Forward | Open | Home | Reload):
                        async with page.expect_navigation(wait_until="load"):
                            await _do(page, deed.action, address)
                    else:
                        await _do(page, deed.action, address)
                    await page.screenshot()
                except Error:
                    continue
                taken[deed.step] = time.perf_counter() - began
            return taken
        finally:
            await context.close()


async def _do(page: Page, action: Action, start: str) -> None:
    match action:
        case Click():
            await page.mouse.click(*_at(action.point))
        case RightClick():
            await page.mouse.click(*_at(action.point), button="right")
        case DoubleClick():
            await page.mouse.dblclick(*_at(action.point))
        case Hover():
            await page.mouse.move(*_at(action.point))
        case Check():
            await page.mouse.click(*_at(action.point))
        case Type(text, point):
            if point is not None:
                await page.mouse.click(*_at(point))
            if action.clear:
                await page.keyboard.press("Control+a")
                await page.keyboard.press("Delete")
            await page.keyboard.type(text)
            if action.submit:
                await page.keyboard.press("Enter")
        case Key(keys):
            await page.keyboard.press(keys)
        case Scroll(dx, dy):
            await page.mouse.move(*(_at(action.point) if action.point is not None else (SIZE[0] / 2, SIZE[1] / 2)))
            await page.mouse.wheel(dx, dy)
        case ScrollTo(path):
            await page.evaluate(_REVEAL, path)
        case Select(option, point):
            await page.evaluate(_CHOOSE, [*_at(point), option])
        case Drag(start_point, end):
            await page.mouse.move(*_at(start_point))
            await page.mouse.down()
            await page.mouse.move(*_at(end), steps=8)
            await page.mouse.up()
        case Back():
            await page.go_back(wait_until="load")
        case Forward():
            await page.go_forward(wait_until="load")
        case Reload():
            await page.reload(wait_until="load")
        case Open(location):
            await page.goto(location, wait_until="load")
        case Home():
            await page.goto(start, wait_until="load")
        case Wait(seconds):
            await page.wait_for_timeout(1000 * seconds)
        case _:
            raise Error(f"no {type(action).__name__} here")


def _at(point: Point | Any) -> tuple[float, float]:
    return point.pixel(*SIZE)
