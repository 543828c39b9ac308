"""A look at a tab at rest: what is waited for after an action, and how long."""

import time
from dataclasses import replace

from explorers.core.timings import part
from explorers.web.devtools import CallFailed
from explorers.web.extraction import PAGES, Mode
from explorers.web.frames import is_transient
from explorers.web.look import PageLook, look
from explorers.web.tab import Tab
from schemas.records import Box
from schemas.visual import TILE, changed_tiles, decode

QUIET_MS = 20
"""No change for so long after a load, and for two frames, is rest."""

RESTLESS_SECONDS = 1.5
"""A page that is loaded and still changes after so long has a clock or an animation: it is not waited for."""

PATIENCE_SECONDS = 0.1
"""How long the first effect of an action is waited for; a click commits its navigation after 48 to 65 ms (measured)."""

GRACE_SECONDS = 0.03
"""How long of that nothing else is done: most effects begin by then, and a look before them would be in vain."""

APART_SECONDS = 0.15
"""Between two captures that tell which parts of a screen move by themselves."""


@part("waiting")
def settled_look(tab: Tab, mode: Mode, *, known: tuple[int, int] | None, seconds: float) -> tuple[str, PageLook]:
    """A look at the tab at rest, and how rest came: `quiet MS` or `timeout MS`, in milliseconds.

    The first look counts if nothing is under way and nothing changed meanwhile. `known` are the counts of effects and
    of what came (`Loading.came`) before an action: while there is nothing beyond them, the first is waited for up to
    `PATIENCE_SECONDS`, and looked at meanwhile after `GRACE_SECONDS`; None where no action came before.
    A document with nothing in it is an application that did not draw itself yet: it is waited for up to the bound.
    """
    began = time.monotonic()
    until = began + seconds
    tab.wait_while_busy(until)
    patience = began + PATIENCE_SECONDS
    stirred = began
    if known is not None and not tab.gone and tab.loading.came == known[1] and _effect(tab, known[0], GRACE_SECONDS):
        tab.wait_while_busy(until)
    while True:
        came = tab.loading.came
        seen = look(tab, mode)
        # What came during the first look may be in a frame, whose changes are not counted.
        if not tab.busy and seen.still and (known is None or tab.loading.came == came):
            waits = known == (seen.status.effects, tab.loading.came)
            left = patience - time.monotonic()
            if not waits or left <= 0:
                if not _is_blank(seen) or not _effect(tab, seen.status.effects, until - time.monotonic()):
                    return f"quiet {_ms(began)}", seen
                stirred = time.monotonic()
            elif not _effect(tab, seen.status.effects, left):
                return f"quiet {_ms(began)}", look(tab, mode) if seen.framed else seen
        restless = not tab.busy and not seen.after.ending and time.monotonic() - stirred >= RESTLESS_SECONDS
        if time.monotonic() >= until or restless:
            return f"timeout {_ms(began)}", _restless(tab, mode, seen)
        known = None
        if not _rests(tab, until):
            seen = look(tab, mode)
            return f"timeout {_ms(began)}", _restless(tab, mode, seen)


def _rests(tab: Tab, until: float) -> bool:
    """Waits until nothing loads, nothing changes and two frames were drawn; False for a page that goes on changing."""
    began = time.monotonic()
    while (left := until - time.monotonic()) > 0 and not tab.gone:
        tab.wait_while_busy(until)
        try:
            verdict = tab.frame.evaluate(f"hindtrace.rest({min(left, 0.5) * 1000:.0f}, {QUIET_MS})")
        except CallFailed as error:
            if tab.gone or not is_transient(error):
                raise
            tab.devtools.pump(0.01)
            continue
        if verdict == "quiet" and not tab.busy:
            return True
        if verdict == "restless" and not tab.busy and time.monotonic() - began >= RESTLESS_SECONDS:
            return False
    return False


def _is_blank(seen: PageLook) -> bool:
    facts = seen.facts
    empty = not any(node.name or node.role != "generic" for node in facts.tree.nodes)
    return empty and facts.location.startswith("http") and facts.content_type in PAGES


def _effect(tab: Tab, effects: int, seconds: float) -> bool:
    """Whether something happened in the document or on the network within so long."""
    try:
        call = tab.frame.post(f"hindtrace.effect({effects}, {max(seconds, 0) * 1000:.0f})")
        came = tab.loading.came
        until = time.monotonic() + seconds
        while not tab.devtools.answered(call) and time.monotonic() < until + 0.05:
            if tab.busy or tab.loading.came != came:
                tab.devtools.drop(call)
                return True
            tab.devtools.pump(max(until - time.monotonic(), 0.01))
        if tab.frame.value(call):
            return True
        while (left := until - time.monotonic()) > 0:  # it was told at once: where no scripts run, no timer does
            if tab.busy or tab.loading.came != came:
                return True
            tab.devtools.pump(left)
        return tab.busy
    except CallFailed as error:
        if tab.gone or not is_transient(error):
            raise
        return True


def _restless(tab: Tab, mode: Mode, seen: PageLook) -> PageLook:
    """The look with the parts that a second capture showed to move by themselves.

    What changed all the time is known from now on, and not waited for again.
    """
    tab.frame.evaluate("hindtrace.learn()")
    until = time.monotonic() + APART_SECONDS
    while (left := until - time.monotonic()) > 0:
        tab.devtools.pump(left)
    second = look(tab, mode)
    moved = changed_tiles(decode(seen.image), decode(second.image))
    boxes = tuple(Box(float(column * TILE), float(row * TILE), float(TILE), float(TILE)) for row, column in moved)
    return replace(second, volatile=boxes)


def _ms(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
