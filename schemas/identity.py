"""State identity: when are two screens the same? Derived, versioned, recomputable; never written with the facts.

Three strengths, and each consumer names the one it uses:

- *structure*: the canonical location and the preorder list of (depth, role, flags). The explorer's novelty.
- *content*: structure and names and values, with volatile tokens replaced. Deduplication, no-change, anchors.

  Both leave out advertisements (`schemas.advertisements`): with another one, a page is the same.
- *visual*: tiles compared with tolerance, in `schemas.visual`. Never a key.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from schemas.advertisements import advertised
from schemas.keys import key
from schemas.records import Box, Flag, Node, Observation, ScrollPosition, Tree

RULES_VERSION = "s2"

STRUCTURE_FLAGS: frozenset[Flag] = frozenset({"checked", "selected", "expanded", "disabled", "modal", "pressed"})

_MONTHS = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_UNITS = r"(?:ns|µs|us|ms|milliseconds?|s|secs?|seconds?|min|mins|minutes?|h|hrs?|hours?|days?|weeks?|months?|years?)"
_HALF = r"(?: ?[ap]\.?m\.?)?"
_VOLATILE = re.compile(
    "|".join(
        (
            r"\d{4}-\d\d-\d\d[t ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:z|[+-]\d\d:?\d\d)?",  # a full time stamp
            rf"(?:\b{_MONTHS} \d{{1,2}},? \d{{4}},? (?:at )?)?\b\d{{1,2}}:\d\d(?::\d\d)?(?:\.\d+)?{_HALF}(?!\w)",
            rf"\b(?:a|an|\d+) {_UNITS}(?:,? (?:and )?\d+ {_UNITS})* ago\b",
            r"\b(?:just now|moments? ago|yesterday at)\b",
            r"\b\d+(?:[.,]\d+)? ?(?:ns|µs|us|ms|milliseconds?|seconds?|secs?)\b",
            r"\b\d+\.\d+ ?s\b",
        )
    ),
    re.IGNORECASE,
)
_SPACE = re.compile(r"\s+")
_ROUTE = re.compile(r"^[!/]")


@dataclass(frozen=True, slots=True)
class StateKeys:
    """The two keys of a state; `volatile` are the boxes of nodes whose text was replaced, and of advertisements."""

    structure: str
    content: str
    volatile: tuple[Box, ...]


def canonical_location(location: str | None) -> str:
    """Path and sorted query of a URL, without scheme, host and port, encoded in one way; other locations as they are.

    The fragment is kept only where it routes (`#/` or `#!`).
    """
    if not location:
        return ""
    try:
        parts = urlsplit(location)
    except ValueError:
        return location
    if parts.scheme not in ("http", "https"):
        return location
    # Decoded and encoded again, the one way: a `/`, `&` or `=` that was encoded must not become one that separates.
    path = "/".join(_quoted(unquote(segment)) for segment in (parts.path or "/").split("/"))
    query = sorted((_quoted(name), _quoted(value)) for name, value in parse_qsl(parts.query, keep_blank_values=True))
    canonical = path + "?" + "&".join(f"{name}={value}" for name, value in query) if query else path
    return f"{canonical}#{parts.fragment}" if _ROUTE.match(parts.fragment) else canonical


def stable_text(text: str) -> str:
    """The text with durations, clocks and "3 minutes ago" replaced, and white space folded."""
    return _SPACE.sub(" ", _VOLATILE.sub("⟨time⟩", text)).strip()


def is_volatile(text: str) -> bool:
    """Whether the text holds a token that changes by itself."""
    return _VOLATILE.search(text) is not None


def state_keys(observation: Observation) -> StateKeys | None:
    """The keys of what is seen, or None where there is no tree."""
    if observation.tree is None:
        return None
    return tree_keys(observation.tree, location=observation.location, scroll=observation.scroll)


def tree_keys(tree: Tree, *, location: str | None, scroll: ScrollPosition | None) -> StateKeys:
    """The keys of a tree at a location.

    Scroll counts in `content` only, as the index of the first node on the screen, and only where something scrolls.
    """
    place = canonical_location(location)
    left_out = advertised(tree.nodes, location)
    nodes = [node for index, node in enumerate(tree.nodes) if index not in left_out] if left_out else tree.nodes
    shape = [(node.depth, node.role, _flags(node)) for node in nodes]
    texts = [(stable_text(node.name), None if node.value is None else stable_text(node.value)) for node in nodes]
    volatile = tuple(
        node.box
        for index, node in enumerate(tree.nodes)
        if node.box is not None and (index in left_out or _node_is_volatile(node))
    )
    structure = key("structure", RULES_VERSION, place, shape)
    first = first_leaf_on_screen(nodes) if scroll is not None and (scroll.max_y > 0 or scroll.max_x > 0) else 0
    content = key("content", RULES_VERSION, structure, texts, first)
    return StateKeys(structure=structure, content=content, volatile=volatile)


def first_leaf_on_screen(nodes: Sequence[Node]) -> int:
    """The index of the first leaf that is on the screen, or 0."""
    for index, node in enumerate(nodes):
        following = nodes[index + 1].depth if index + 1 < len(nodes) else 0
        if following <= node.depth and node.on_screen:
            return index
    return 0


def _quoted(text: str) -> str:
    return quote(text, safe="", errors="surrogatepass")


def _flags(node: Node) -> list[str]:
    return sorted(STRUCTURE_FLAGS.intersection(node.flags))


def _node_is_volatile(node: Node) -> bool:
    return is_volatile(node.name) or (node.value is not None and is_volatile(node.value))
