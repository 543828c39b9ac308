"""The page as an accessibility tree: what `extract.js` found, as records."""

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, cast

from schemas.records import Box, Flag, Node, ScrollPosition, Tree
from schemas.redaction import redact_location, redact_tree
from schemas.trees import NODE_LIMIT, clip

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

SCRIPT = f"({files('explorers.web').joinpath('extract.js').read_text('utf-8')})({json.dumps(_LIMITS)})"
"""An expression that gives the JSON of the page."""


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What one look at a page gave; `status` is the HTTP status of its document, 0 where there is none."""

    tree: Tree
    title: str
    location: str
    content_type: str
    status: int
    scroll: ScrollPosition


def page_facts(text: str) -> PageFacts:
    """The facts in the JSON of `SCRIPT`, secrets masked."""
    found = json.loads(text)
    nodes = tuple(_node(node) for node in found["nodes"])
    return PageFacts(
        tree=redact_tree(Tree(kind="web", nodes=nodes, cut=int(found["cut"]))),
        title=clip(found["title"]),
        location=redact_location(found["location"]) or "",
        content_type=found["type"],
        status=int(found["status"]),
        scroll=ScrollPosition(*found["scroll"]),
    )


def _node(found: dict[str, Any]) -> Node:
    value = found.get("value")
    return Node(
        role=found["role"],
        name=clip(found["name"]),
        value=None if value is None else clip(value),
        depth=found["depth"],
        flags=cast(tuple[Flag, ...], tuple(sorted(found["flags"]))),
        box=Box(*found["box"]),
        level=found.get("level"),
        field=found.get("field"),
        options=tuple(found.get("options", ())),
        column=found.get("column"),
        href=found.get("href"),
        id=found.get("id"),
        test_id=found.get("test_id"),
        path=found.get("path"),
    )
