"""One look at a tab: its frames, its screenshot and its history, asked for in one round trip."""

import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from explorers.core.packing import PACKING
from explorers.core.timings import part
from explorers.web.config import WebConfig
from explorers.web.devtools import CallFailed, Closed
from explorers.web.extraction import Mode, PageFacts, Status, extract_expression, page_facts, parse_document
from explorers.web.frames import REPLACED, WebFrame, is_transient
from explorers.web.listening import ask_for_listeners, learn_listeners, learn_roots
from explorers.web.raw_answers import redacted_answer
from explorers.web.tab import Tab
from schemas.records import Box, Raw, Screen
from schemas.visual import TILE

TRIES = 4
FRAME_DEPTH = 3
"""Frames inside of frames of other origins that are looked into."""

ROOT_DEPTH = 8
"""Closed shadow roots inside of closed shadow roots that are looked into."""


@dataclass(frozen=True, slots=True)
class PageLook:
    """What was seen at one moment.

    `image` is a PNG, `status` the document's counts when its tree was read, `after` those after the capture, `still`
    whether they were the same, `changed_beyond` in how many elements beyond the screen something changed since what
    `Tab.looked` says, `framed` whether there are documents that it does not count. `raw` are the answers that
    only the mode `full` asks for.
    """

    facts: PageFacts
    image: bytes
    status: Status
    after: Status
    still: bool
    framed: bool
    can_go_back: bool
    volatile: tuple[Box, ...] = ()
    changed_beyond: int | None = None
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


def look(tab: Tab, mode: Mode) -> PageLook:
    """The tab as it is now, without its secrets, of which its view knows more afterwards.

    Raises:
        Closed: if the tab is gone.
        Hung: if it didn't answer in time.
        CallFailed: what else the browser says, when it said so `TRIES` times.
    """
    failure: CallFailed | None = None
    for attempt in range(TRIES):
        try:
            return _look(tab, mode, last=attempt == TRIES - 1)
        except CallFailed as error:
            if not is_transient(error):
                raise
            failure = error
            tab.devtools.pump(0.02)
            tab.wait_while_busy(time.monotonic() + 1)
    raise failure or CallFailed("the page could not be seen")


def status_of(tab: Tab) -> Status:
    """The counts of the tab's document now; raises what `look` does."""
    return Status(*tab.frame.evaluate("hindtrace.status()"))


@part("reading")
def _look(tab: Tab, mode: Mode, *, last: bool) -> PageLook:
    devtools, known = tab.devtools, tab.setup.known
    expression = extract_expression(mode, known, tab.looked)
    tab.frames.mark()
    documents = tab.loading.documents
    before = tab.frame.post("hindtrace.status()")
    # The capture goes first: the trees are read while the browser draws. PNG, packed hastily: a recorder packs it again
    # as WebP while the next action is thought about, which costs the browser twice the time of the whole look.
    shot = devtools.post("Page.captureScreenshot", {"format": "png", "optimizeForSpeed": True}, session=tab.session)
    history = tab.history.post()
    document = _reading(tab.frame, expression)
    asked = _RAW if mode == "full" else ()
    extra = [(kind, devtools.post(method, params, session=tab.session, raw=True)) for kind, method, params in asked]
    page = _read(tab.frame, document, expression)
    frames = _frames(tab, page, expression, strict=not last)
    facts = page_facts(page, frames, mode, known, tab.setup.config.scale)  # while the browser still draws
    # The next document takes the place of this one, and with it the answer of a capture that was not drawn.
    with part("picture"):
        while not devtools.answered(shot):
            if tab.loading.documents != documents:
                devtools.drop(shot)
                raise CallFailed(REPLACED)
            devtools.pump(1)
        captured, entries = devtools.wait(shot, history)
    image = b64decode(captured["data"])
    if not facts.covered:  # else it is not recorded as it is
        PACKING.begin(Screen(image, *tab.setup.config.pixels, "png"))
    raw = tuple(Raw(kind, redacted_answer(devtools.wait_raw(call), known)) for kind, call in extra)
    after, status = status_of(tab), Status(*tab.frame.value(before))
    return PageLook(
        facts=facts,
        image=image,
        status=status,
        after=after,
        still=after.changes == status.changes and after.ending == 0,
        framed=bool(frames),
        can_go_back=entries["currentIndex"] > tab.history.first,
        volatile=_tiles(page["volatile"], tab.setup.config),
        changed_beyond=int(page["beyond"]) if mode == "viewport" else None,
        raw=raw,
    )


def _frames(tab: Tab, page: dict[str, Any], expression: str, *, strict: bool) -> dict[str, dict[str, Any]]:
    """The documents of the frames that the page can't read itself, and of those in them, by frame id.

    A frame that is between two documents is worth another try if `strict`; else its place stays empty.
    """
    contents: dict[str, dict[str, Any]] = {}
    documents = [page]
    for _ in range(FRAME_DEPTH):
        wanted = [node["frame"]["id"] for document in documents for node in document["nodes"] if "frame" in node]
        calls: list[tuple[WebFrame, int]] = []
        documents = []
        for frame in (tab.frames.get(id) for id in wanted if id not in contents):
            with _leaving(tab, strict):
                if frame is not None:
                    calls.append((frame, _reading(frame, expression)))
        for frame, call in calls:
            with _leaving(tab, strict):
                contents[frame.id] = _read(frame, call, expression)
                documents.append(contents[frame.id])
        if not documents:
            break
    return contents


def _tiles(boxes: list[list[float]], config: WebConfig) -> tuple[Box, ...]:
    """The tiles of the screen that boxes lie on."""
    across, down = (range(-(-size // TILE)) for size in config.pixels)
    boxes = [[part * config.scale for part in box] for box in boxes]
    touched = {
        (row, column)
        for x, y, width, height in boxes
        for row in down[max(int(y // TILE), 0) : max(int((y + height) // TILE) + 1, 0)]
        for column in across[max(int(x // TILE), 0) : max(int((x + width) // TILE) + 1, 0)]
    }
    return tuple(
        Box(float(column * TILE), float(row * TILE), float(TILE), float(TILE)) for row, column in sorted(touched)
    )


def _reading(frame: WebFrame, expression: str) -> int:
    """Has a document read, and told before what of it only DevTools knows."""
    asked = ask_for_listeners(frame)
    if asked is not None:
        learn_listeners(frame, asked)
    return frame.post(expression)


def _read(frame: WebFrame, call: int, expression: str) -> dict[str, Any]:
    """The document that was read, once more where there is more to it than its reading could tell."""
    document = parse_document(frame.value(call))
    for _ in range(ROOT_DEPTH):
        if not document["unasked"] or not learn_roots(frame):
            break
        document = parse_document(frame.evaluate(expression))
    return document


@contextmanager
def _leaving(tab: Tab, strict: bool) -> Iterator[None]:
    """Lets pass that a frame left its document, or goes to another one and need not be waited for."""
    try:
        yield
    except CallFailed as error:
        if tab.gone or (strict and not isinstance(error, Closed)):
            raise
