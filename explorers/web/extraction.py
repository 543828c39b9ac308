"""The page as an accessibility tree: what `extract.js` found in its frames, as records."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal, TypeAlias, cast

import orjson

from schemas.records import Box, Flag, Node, ScrollPosition, Tree
from schemas.redaction import KnownSecrets, calls_for_secret
from schemas.secret_names import CARDS, names_secret_parameter
from schemas.trees import NODE_LIMIT, OPTION_LIMIT, clip

Mode: TypeAlias = Literal["viewport", "page", "full"]
"""What is looked at: what is on the screen, the whole page, or that and what BrowserGym records."""

PAGES = ("text/html", "application/xhtml+xml")
"""The types of what has elements to look at; a picture, a text and a document for printing have none."""

ELEMENT_LIMIT = 20_000
"""Elements that are looked at; a page with more is cut there, so that one look at it stays near a second."""

OFFSCREEN_LIMIT = NODE_LIMIT - 1_500
"""Nodes outside the screen; the rest of `NODE_LIMIT` is kept for those on it, wherever they come in the page."""

NAME_LIMIT = 20_000
TEXT_BUDGET = 4_000_000
"""Characters of one name, and of all names and values of a page, that leave the browser."""

FIELD_LIMIT = 2_000
"""Fields of a document whose contents are looked at for secrets, and places in which secrets are drawn."""

AREA_LIMIT = 500
"""Parts of a drawing that are looked at for one that listens."""

_LIMITS = {
    "nodes": NODE_LIMIT,
    "fields": FIELD_LIMIT,
    "options": OPTION_LIMIT,
    "areas": AREA_LIMIT,
    "offscreen": OFFSCREEN_LIMIT,
    "elements": ELEMENT_LIMIT,
    "name": NAME_LIMIT,
    "text": TEXT_BUDGET,
}
_NOWHERE = (-1e6, -1e6, 0.0, 0.0)

Area: TypeAlias = tuple[float, float, float, float]
"""Left, top, width and height in pixels of the screen."""

Map: TypeAlias = tuple[float, float, float, float, float, float]
"""How a frame's places become those of the page, as `frames.js` writes it."""

STILL: Map = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
"""The map of the page itself."""


def _source(name: str) -> str:
    return files("explorers.web").joinpath(name).read_text("utf-8")


FRAMES, SECRETS = _source("frames.js"), _source("secrets.js")
"""What other scripts of ours need in their world; run twice, each does nothing the second time."""

_NAMES = ("roots.js", "causes.js", "naming.js", "boxes.js", "describing.js", "withheld.js", "pressing.js")
_PARTS = "".join(map(_source, _NAMES))
_WORLD, _EXTRACT = _source("world.js"), _source("extract.js")


def install_expression(hidden: str) -> str:
    """An expression that prepares a document's isolated world; without effect when it is prepared.

    `hidden` is a CSS selector list of what is not to be seen, or empty.
    """
    return f"{FRAMES}{SECRETS}{_PARTS}({_WORLD})({_EXTRACT}, {orjson.dumps(hidden).decode()})"


def extract_expression(mode: Mode, known: KnownSecrets, since: float = 0.0) -> str:
    """An expression that gives the JSON of a prepared document, and where the `known` secrets are drawn in it.

    What changed beyond the screen is counted `since` that time, in milliseconds since 1970.
    """
    limits = {**_LIMITS, "viewport": mode == "viewport", "known": known.texts, "plain": known.plain, "since": since}
    return f"hindtrace.extract({orjson.dumps(limits).decode()})"


@dataclass(frozen=True, slots=True)
class Status:
    """What a document's world counted, as `world.js` lists it.

    All changes, those that are more than a move of the focus, animations that end, and roots that changed and of which
    it is not known who listens in them. `told` is when what changed, in milliseconds since 1970: now; the last time in
    a gesture; for fields that lost the focus when they were typed into, and when that changed something; the last times
    outside of all events.
    """

    changes: int
    effects: int
    ending: int
    stale: int
    told: tuple[float, float, tuple[tuple[float, float], ...], tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What one look at a page gave; `http` is the HTTP status of its document, 0 where there is none.

    `problem` says how many elements could not be read, and why not the first of them; `language` is the document's own
    word for its language, or empty; `covered`
    are the boxes in which secrets are drawn, whether the tree has them or not.
    """

    tree: Tree
    title: str
    location: str
    content_type: str
    http: int
    scroll: ScrollPosition
    problem: str | None = None
    language: str = ""
    covered: tuple[Box, ...] = ()


def parse_document(text: str) -> dict[str, Any]:
    """The JSON of one document, with its `nodes` and `status`."""
    return cast(dict[str, Any], orjson.loads(text))


def page_facts(
    page: dict[str, Any], frames: Mapping[str, dict[str, Any]], mode: Mode, known: KnownSecrets, scale: float = 1.0
) -> PageFacts:
    """The facts of a page whose frames of other processes were read apart, by frame id; secrets are masked.

    What is `known` grows by what the page's fields hold. A pixel of the page is `scale` of the picture.
    """
    nodes: list[Node] = []
    covered: list[Box] = []
    known.learn_location(page["location"])
    for document in (page, *frames.values()):
        for text in document["dotted"]:
            known.learn(text)
        for field in document["fields"]:
            if _is_secret(field):
                known.learn(field["value"])
    cut = _graft(nodes, covered, page, frames, (scale, 0.0, 0.0, scale, 0.0, 0.0), None, 0, mode)
    return PageFacts(
        tree=known.redact_tree(Tree(kind="web", nodes=tuple(nodes), cut=cut)),
        title=clip(known.hide(page["title"])),
        location=known.hide_location(page["location"]) or "",
        content_type=page["type"],
        http=int(page["http"]),
        scroll=ScrollPosition(*(round(part * scale, 1) for part in page["scroll"])),
        problem=_problem((page, *frames.values())),
        language=str(page.get("language", "")),
        covered=tuple(covered),
    )


def _is_secret(field: dict[str, Any]) -> bool:
    """Whether what a field holds, wherever on the page it is, must not be recorded."""
    if field["hidden"]:
        return any(names_secret_parameter(name) for name in field["names"])
    return bool(field["secret"]) or (
        field["role"] != "searchbox" and calls_for_secret(field["names"], whole=bool(field["list"]))
    )


def _problem(documents: Iterable[dict[str, Any]]) -> str | None:
    failed = [document for document in documents if document.get("failed")]
    if not failed:
        return None
    return f"{sum(each['failed'] for each in failed)} elements could not be read: {failed[0]['problem']}"


def _graft(
    nodes: list[Node],
    covered: list[Box],
    document: dict[str, Any],
    frames: Mapping[str, dict[str, Any]],
    place: Map,
    clipped: Area | None,
    depth: int,
    mode: Mode,
) -> int:
    """Appends a document's nodes, and those of its frames where they belong; returns how many were left out.

    And where it draws secrets.
    """
    cut = int(document["cut"])
    secret = (field["box"] for field in document["fields"] if field["box"] is not None and _is_secret(field))
    covered += [Box(*_moved(box, place)) for box in (*document["covered"], *secret)]
    for element in document["nodes"]:
        node = _node(element, place, clipped, depth)
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
            area = _moved(frame["clip"], place)
            inner = area if clipped is None else _overlap(area, clipped)
            rest = {name: each for name, each in frames.items() if name != frame["id"]}
            within = joined(place, frame["map"])
            cut += _graft(nodes, covered, below, rest, within, inner, node.depth + 1, mode)
    return cut


def _node(element: dict[str, Any], place: Map, clipped: Area | None, depth: int) -> Node:
    value = element.get("value")
    x, y, width, height = _moved(element["box"], place)
    flags = set(element["flags"])
    hints = element.get("hints", ())
    called = calls_for_secret(hints, whole=bool(element.get("options")))
    card = flags >= {"editable"} and any(map(CARDS.search, hints))
    if called and "password" not in flags and element["role"] != "searchbox":
        flags.add("secret")
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
        field="card" if card else element.get("field"),
        options=tuple(element.get("options", ())),
        column=element.get("column"),
        href=element.get("href"),
        method=element.get("method"),
        id=element.get("id"),
        test_id=element.get("test_id"),
        path=element.get("path"),
        actions=tuple(element.get("actions", ())),
        description=None if (said := element.get("description")) is None else clip(said),
    )


def joined(outer: Map, inner: Iterable[float]) -> Map:
    """The map of a frame into the page, of that into what is around it and that of this into the page."""
    (a, b, c, d, _, _), (p, q, r, s, x, y) = outer, inner
    return (a * p + c * q, b * p + d * q, a * r + c * s, b * r + d * s, *mapped(outer, x, y))


def mapped(place: Map, x: float, y: float) -> tuple[float, float]:
    """A point of a frame in the page."""
    a, b, c, d, e, f = place
    return a * x + c * y + e, b * x + d * y + f


def _moved(box: Any, place: Map) -> Area:
    """What a box of a frame takes up in the page."""
    x, y, width, height = box
    if place[:4] == STILL[:4]:
        return round(x + place[4], 1), round(y + place[5], 1), float(width), float(height)
    corners = [mapped(place, x + across, y + down) for across in (0, width) for down in (0, height)]
    left, top = (min(corner[axis] for corner in corners) for axis in (0, 1))
    right, bottom = (max(corner[axis] for corner in corners) for axis in (0, 1))
    return round(left, 1), round(top, 1), round(right - left, 1), round(bottom - top, 1)


def _overlap(first: Area, second: Area) -> Area:
    x, y = max(first[0], second[0]), max(first[1], second[1])
    right, bottom = min(first[0] + first[2], second[0] + second[2]), min(first[1] + first[3], second[1] + second[3])
    return (x, y, right - x, bottom - y) if right > x and bottom > y else _NOWHERE
