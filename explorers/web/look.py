"""One look at a tab: its frames, its screenshot and its history, asked for in one round trip."""

import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from explorers.web.devtools import Closed, Devtools, DevtoolsError, Gone, Hung
from explorers.web.extraction import Mode, PageFacts, Status, extract_expression, page_facts, parse_document
from explorers.web.frames import Frame, is_transient
from explorers.web.tab import RESTLESS_SECONDS, Tab
from schemas.records import Box, Raw
from schemas.visual import TILE, changed_tiles, decode

TRIES = 4
FRAME_DEPTH = 3
"""Frames inside of frames of other origins that are looked into."""

PATIENCE_SECONDS = 0.1
"""How long the first effect of an action is waited for; a click commits its navigation after 48 to 65 ms (measured)."""

APART_SECONDS = 0.15
"""Between two captures that tell which parts of a screen move by themselves."""


class Replaced(DevtoolsError):
    """Another document came while this one was looked at."""


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen at one moment.

    `image` is a PNG, `status` the document's counts when its tree was read, `still` whether they were the same
    after the capture, `framed` whether there are documents that it does not count. `raw` are the answers that only
    the mode `full` asks for.
    """

    facts: PageFacts
    image: bytes
    status: Status
    still: bool
    framed: bool
    can_go_back: bool
    volatile: tuple[Box, ...] = ()
    raw: tuple[Raw, ...] = ()


_RAW: tuple[tuple[str, str, dict[str, Any]], ...] = (
    (
        "dom snapshot",
        "DOMSnapshot.captureSnapshot",
        {"computedStyles": [], "includeDOMRects": True, "includePaintOrder": True},
    ),
    ("accessibility tree", "Accessibility.getFullAXTree", {}),
)
"""What BrowserGym asks for as well: names, methods and parameters."""


def look(devtools: Devtools, tab: Tab, mode: Mode) -> Look:
    """The tab as it is now.

    Raises:
        Closed: if the tab is gone.
        Hung: if it didn't answer in time.
        DevtoolsError: what else the browser says, when it said so `TRIES` times.
    """
    failure: DevtoolsError | None = None
    for attempt in range(TRIES):
        try:
            return _look(devtools, tab, mode, last=attempt == TRIES - 1)
        except (Closed, Hung):
            raise
        except DevtoolsError as error:
            if not (isinstance(error, Replaced) or is_transient(error)):
                raise
            failure = error
            devtools.pump(0.02)
            tab.wait_while_busy(time.monotonic() + 1)
    raise failure or DevtoolsError("the page could not be seen")


def _look(devtools: Devtools, tab: Tab, mode: Mode, *, last: bool) -> Look:
    expression = extract_expression(mode)
    tab.mark_frames()
    documents = tab.documents
    before = tab.frame.post("hindtrace.status()")
    # The capture goes first: the trees are read while the browser draws. PNG, packed hastily: a recorder packs it again
    # as WebP while the next action is thought about, which costs the browser twice the time of the whole look.
    shot = devtools.post("Page.captureScreenshot", {"format": "png", "optimizeForSpeed": True}, session=tab.session)
    document = tab.frame.post(expression)
    history = devtools.post("Page.getNavigationHistory", session=tab.session)
    asked = _RAW if mode == "full" else ()
    extra = [(kind, devtools.post_raw(method, given, session=tab.session)) for kind, method, given in asked]
    page = parse_document(tab.frame.value(document))
    frames = _frames(tab, page, expression, strict=not last)
    facts = page_facts(page, frames, mode)  # while the browser still draws
    # The next document takes the place of this one, and with it the answer of a capture that was not drawn.
    while not devtools.answered(shot):
        if tab.documents != documents:
            devtools.drop(shot)
            raise Replaced("the document went away while it was drawn")
        devtools.pump(1)
    captured, entries = devtools.wait(shot, history)
    raw = tuple(Raw(kind, devtools.wait_raw(call)) for kind, call in extra)
    after = Status.of(tab.frame.evaluate("hindtrace.status()"))
    status = Status.of(tab.frame.value(before))
    return Look(
        facts=facts,
        image=b64decode(captured["data"]),
        status=status,
        still=after.changes == status.changes and after.ending == 0,
        framed=bool(frames),
        can_go_back=tab.can_go_back(entries),
        raw=raw,
    )


def _frames(tab: Tab, page: dict[str, Any], expression: str, *, strict: bool) -> dict[str, dict[str, Any]]:
    """The documents of the frames that the page can't read itself, and of those in them, by frame id.

    A frame that is between two documents is worth another try if `strict`; else its place stays empty.
    """
    found: dict[str, dict[str, Any]] = {}
    documents = [page]
    for _ in range(FRAME_DEPTH):
        wanted = [node["frame"]["id"] for document in documents for node in document["nodes"] if "frame" in node]
        calls: list[tuple[Frame, int]] = []
        documents = []
        for frame in (tab.frame_of(id) for id in wanted if id not in found):
            with _leaving(tab, strict):
                if frame is not None:
                    calls.append((frame, frame.post(expression)))
        for frame, call in calls:
            with _leaving(tab, strict):
                found[frame.id] = parse_document(frame.value(call))
                documents.append(found[frame.id])
        if not documents:
            break
    return found


@contextmanager
def _leaving(tab: Tab, strict: bool) -> Iterator[None]:
    """Lets pass that a frame left its document, or goes to another one and need not be waited for."""
    try:
        yield
    except (Hung, Gone):
        raise
    except Closed:
        if tab.gone:
            raise
    except DevtoolsError:
        if strict:
            raise


def settled_look(
    devtools: Devtools, tab: Tab, mode: Mode, *, known: tuple[int, int] | None, seconds: float
) -> tuple[str, Look]:
    """A look at the tab at rest, and how rest came: `quiet MS` or `timeout MS`, in milliseconds.

    The first look is taken at once, because capturing takes two frames anyway, and counts if nothing is under way and
    nothing changed meanwhile. `known` are the counts of effects and of what came (`Tab.came`) before an action: while
    there is nothing beyond them, the first is waited for up to `PATIENCE_SECONDS`; None where no action came before.
    A document with nothing in it is an application that did not draw itself yet: it is waited for up to the bound.
    """
    began = time.monotonic()
    until = began + seconds
    tab.wait_while_busy(until)
    patience = began + PATIENCE_SECONDS
    stirred = began
    while True:
        came = tab.came
        seen = look(devtools, tab, mode)
        # What came during the first look may be in a frame, whose changes are not counted.
        if not tab.busy and seen.still and (known is None or tab.came == came):
            waits = known == (seen.status.effects, tab.came)
            left = patience - time.monotonic()
            if not waits or left <= 0:
                if not _is_blank(seen) or not _effect(devtools, tab, seen.status.effects, until - time.monotonic()):
                    return f"quiet {_ms(began)}", seen
                stirred = time.monotonic()
            elif not _effect(devtools, tab, seen.status.effects, left):
                return f"quiet {_ms(began)}", look(devtools, tab, mode) if seen.framed else seen
        if time.monotonic() >= until or (not tab.busy and time.monotonic() - stirred >= RESTLESS_SECONDS):
            return f"timeout {_ms(began)}", _restless(devtools, tab, mode, seen)
        verdict = tab.rest(until)
        known = None
        if verdict != "quiet":
            seen = look(devtools, tab, mode)
            return f"timeout {_ms(began)}", _restless(devtools, tab, mode, seen)


def _is_blank(seen: Look) -> bool:
    return not seen.facts.tree.nodes and seen.facts.location.startswith("http")


def _effect(devtools: Devtools, tab: Tab, effects: int, seconds: float) -> bool:
    """Whether something happened in the document or on the network within so long."""
    try:
        call = tab.frame.post(f"hindtrace.effect({effects}, {max(seconds, 0) * 1000:.0f})")
        came = tab.came
        until = time.monotonic() + seconds
        while not devtools.answered(call) and time.monotonic() < until + 0.05:
            if tab.busy or tab.came != came:
                devtools.drop(call)
                return True
            devtools.pump(max(until - time.monotonic(), 0.01))
        return bool(tab.frame.value(call)) or tab.busy
    except Hung:
        raise
    except DevtoolsError as error:
        if tab.gone or not is_transient(error):
            raise
        return True


def _restless(devtools: Devtools, tab: Tab, mode: Mode, seen: Look) -> Look:
    """The look with the parts that a second capture showed to move by themselves."""
    until = time.monotonic() + APART_SECONDS
    while (left := until - time.monotonic()) > 0:
        devtools.pump(left)
    second = look(devtools, tab, mode)
    moved = changed_tiles(decode(seen.image), decode(second.image))
    boxes = tuple(Box(float(column * TILE), float(row * TILE), float(TILE), float(TILE)) for row, column in moved)
    return replace(second, volatile=boxes)


def _ms(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
