"""Scrolling until an element is on the screen: a phone's tree has only what is shown, so it is looked for."""

from collections.abc import Callable

from explorers.android.actions import SWIPE_PART, Command, PhoneContext, commands, scrolled_box
from schemas.actions import Point, Scroll
from schemas.identity import state_keys
from schemas.records import Box, Observation, Outcome

SWIPES_MOST = 20
"""Each way. A list that is longer is searched in the app, and not by hand."""


def scroll_to(
    path: str,
    before: Observation,
    *,
    context: Callable[[Observation], PhoneContext],
    do: Callable[[tuple[Command, ...]], Outcome],
    observe: Callable[[], Observation],
) -> Outcome:
    """Scrolls down to the end and then up, until an element of that path is shown, and leaves it where it is."""
    seen, outcome = before, Outcome("ok")
    if _shown(path, seen):
        return outcome
    for way in (1, -1):
        for _ in range(SWIPES_MOST):
            box = scrolled_box(None, context(seen), sideways=False)
            if box is None:
                return Outcome("no target", message=f"nothing scrolls here, and no element is at {path[:100]!r}")
            orders = commands(_swipe(box, way), context(seen))
            if isinstance(orders, Outcome):
                return orders
            outcome = do(orders)
            after = observe()
            if outcome.result != "ok" or _shown(path, after):
                return outcome
            keys = state_keys(after)
            moved = keys is None or keys != state_keys(seen) or _boxes(after) != _boxes(seen)
            seen = after
            if not moved:
                break
    return Outcome("no target", outcome.settle, message=f"scrolled through, and no element is at {path[:100]!r}")


def _swipe(box: Box, way: int) -> Scroll:
    x, y = box.centre
    return Scroll(0.0, way * box.height * SWIPE_PART, Point(x=x, y=y))


def _shown(path: str, seen: Observation) -> bool:
    """Whether an element of that path is on the screen, and not under another."""
    return any(node.path == path and node.on_screen and not node.has("covered") for node in seen.nodes)


def _boxes(seen: Observation) -> list[Box | None]:
    return [node.box for node in seen.nodes]
