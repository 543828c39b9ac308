"""The page as an accessibility tree: what `extract.js` found in its frames, as records."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal, TypeAlias, cast

import orjson

from schemas.records import Box, Flag, Node, ScrollPosition, Tree
from schemas.redaction import redact_location, redact_tree
from schemas.trees import NODE_LIMIT, clip

Mode: TypeAlias = Literal["viewport", "page", "full"]
"""What is looked at: what is on the screen, the whole page, or that and what BrowserGym records."""

ELEMENT_LIMIT = 20_000
"""Elements that are looked at; a page with more is cut there, so that one look at it stays near a second."""

OFFSCREEN_LIMIT = NODE_LIMIT - 1_500
"""Nodes outside the screen; the rest of `NODE_LIMIT` is kept for those on it, wherever they come in the page."""

NAME_LIMIT = 20_000
TEXT_BUDGET = 4_000_000
"""Characters of one name, and of all names and values of a page, that leave the browser."""

_LIMITS = {
    "nodes": NODE_LIMIT,
    "offscreen": OFFSCREEN_LIMIT,
    "elements": ELEMENT_LIMIT,
    "name": NAME_LIMIT,
    "text": TEXT_BUDGET,
}
_NOWHERE = (-1e6, -1e6, 0.0, 0.0)

Area: TypeAlias = tuple[float, float, float, float]
"""Left, top, width and height in pixels of the screen."""


def _source(name: str) -> str:
    return files("explorers.web").joinpath(name).read_text("utf-8")


_WORLD, _EXTRACT = _source("world.js"), _source("extract.js")


def install_expression(hidden: str) -> str:
    """An expression that prepares a document's isolated world; without effect when it is prepared.

    `hidden` is a CSS selector list of what is not to be seen, or empty.
    """
    return f"({_WORLD})({_EXTRACT}, {orjson.dumps(hidden).decode()})"


def extract_expression(mode: Mode) -> str:
    """An expression that gives the JSON of a prepared document."""
    return f"hindtrace.extract({orjson.dumps({**_LIMITS, 'viewport': mode == 'viewport'}).decode()})"


@dataclass(frozen=True, slots=True)
class Status:
    """What a document's world counted, as `world.js` lists it.

    All changes, those that are more than a move of the focus, and animations that end.
    """

    changes: int
    effects: int
    ending: int


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What one look at a page gave; `http` is the HTTP status of its document, 0 where there is none.

    `problem` says how many elements could not be read, and why not the first of them; `language` is the document's own
    word for its language, or empty.
    """

    tree: Tree
    title: str
    location: str
    content_type: str
    http: int
    scroll: ScrollPosition
    problem: str | None = None
    language: str = ""


def parse_document(text: str) -> dict[str, Any]:
    """The JSON of one document, with its `nodes` and `status`."""
    return cast(dict[str, Any], orjson.loads(text))


def page_facts(page: dict[str, Any], frames: Mapping[str, dict[str, Any]], mode: Mode) -> PageFacts:
    """The facts of a page whose frames of other processes were read apart, by frame id; secrets are masked."""
    nodes: list[Node] = []
    cut = _graft(nodes, page, frames, (0.0, 0.0), None, 0, mode)
    return PageFacts(
        tree=redact_tree(Tree(kind="web", nodes=tuple(nodes), cut=cut)),
        title=clip(page["title"]),
        location=redact_location(page["location"]) or "",
        content_type=page["type"],
        http=int(page["http"]),
        scroll=ScrollPosition(*page["scroll"]),
        problem=_problem((page, *frames.values())),
        language=str(page.get("language", "")),
    )


def _problem(documents: Iterable[dict[str, Any]]) -> str | None:
    failed = [document for document in documents if document.get("failed")]
    if not failed:
        return None
    return f"{sum(each['failed'] for each in failed)} elements could not be read: {failed[0]['problem']}"


def _graft(
    nodes: list[Node],
    document: dict[str, Any],
    frames: Mapping[str, dict[str, Any]],
    offset: tuple[float, float],
    clipped: Area | None,
    depth: int,
    mode: Mode,
) -> int:
    """Appends a document's nodes, and those of its frames where they belong; returns how many were left out."""
    cut = int(document["cut"])
    for element in document["nodes"]:
        node = _node(element, offset, clipped, depth)
        if clipped is not None and mode == "viewport" and "offscreen" in node.flags:
            cut += 1
            continue
        if len(nodes) >= NODE_LIMIT:
            cut += 1
            continue
        nodes.append(node)
        frame = element.get("frame")
        below = None if frame is None else frames.get(frame["id"])
        if frame is not None and below is not None:
            area = _moved(frame["clip"], offset)
            inner = area if clipped is None else _overlap(area, clipped)
            rest = {name: each for name, each in frames.items() if name != frame["id"]}
            place = (frame["x"] + offset[0], frame["y"] + offset[1])
            cut += _graft(nodes, below, rest, place, inner, node.depth + 1, mode)
    return cut


def _node(element: dict[str, Any], offset: tuple[float, float], clipped: Area | None, depth: int) -> Node:
    value = element.get("value")
    x, y, width, height = _moved(element["box"], offset)
    flags = set(element["flags"])
    if clipped is not None:
        _, _, across, down = _overlap((x, y, width, height), clipped)
        if across < 1 or down < 1:
            flags.add("offscreen")
    return Node(
        role=element["role"],
        name=clip(element["name"]),
        value=None if value is None else clip(value),
        depth=element["depth"] + depth,
        flags=cast(tuple[Flag, ...], tuple(sorted(flags))),
        box=Box(x, y, width, height),
        level=element.get("level"),
        field=element.get("field"),
        options=tuple(element.get("options", ())),
        column=element.get("column"),
        href=element.get("href"),
        method=element.get("method"),
        id=element.get("id"),
        test_id=element.get("test_id"),
        path=element.get("path"),
    )


def _moved(box: Any, offset: tuple[float, float]) -> Area:
    x, y, width, height = box
    return round(x + offset[0], 1), round(y + offset[1], 1), float(width), float(height)


def _overlap(first: Area, second: Area) -> Area:
    x, y = max(first[0], second[0]), max(first[1], second[1])
    right, bottom = min(first[0] + first[2], second[0] + second[2]), min(first[1] + first[3], second[1] + second[3])
    return (x, y, right - x, bottom - y) if right > x and bottom > y else _NOWHERE
