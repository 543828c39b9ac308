"""Accessibility trees as bytes: canonical JSON of the nodes, each an object without its empty fields."""

import dataclasses
import operator
import zlib
from collections.abc import Iterator
from typing import Any, get_type_hints

from schemas.arrow import from_row
from schemas.errors import SchemaError
from schemas.keys import canonical_json, content_id, key, parse_json
from schemas.limits import bounded_numbers
from schemas.records import Node, Tree

TEXT_LIMIT = 2_000
"""Characters of a name or a value; of a longer one the beginning is kept, and a key of all of it."""

OPTION_LIMIT = 1_000
"""Options of a node; those beyond are left out."""

NODE_LIMIT = 5_000
"""Nodes of a tree; `Tree.cut` counts those beyond."""

BYTES_LIMIT = 32 * 2**20
"""Bytes of a tree's JSON."""

_EMPTY: dict[str, Any] = {
    field.name: field.default
    for field in dataclasses.fields(Node)
    if field.default is not dataclasses.MISSING and field.name in get_type_hints(Node)
}


def clip(text: str, limit: int = TEXT_LIMIT) -> str:
    """The text as it may be stored: valid Unicode, and of a longer one the beginning and the key of the whole.

    At most `limit` characters, so that clipping twice is clipping once. Pages hold halves of surrogate pairs, which
    neither UTF-8 nor Arrow can; each becomes U+FFFD.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        text = well_formed(text)
    if len(text) <= limit:
        return text
    rest = f"… [{len(text)} characters, {key(text)}]"
    return text[: limit - len(rest)] + rest


def well_formed(text: str) -> str:
    """The text with the halves of surrogate pairs as one character, and other halves as U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def bounded(tree: Tree) -> Tree:
    """The tree as it may be stored: its texts clipped, and the nodes beyond the limits counted in `cut`."""
    nodes: list[Node] = []
    size = len(tree_bytes(dataclasses.replace(tree, nodes=()))) + 20  # the digits of a larger `cut`
    for node in map(_clipped, tree.nodes[:NODE_LIMIT]):
        size += len(canonical_json(_fields(node))) + 1
        if size > BYTES_LIMIT:
            break
        nodes.append(node)
    if len(nodes) == len(tree.nodes) and all(map(operator.is_, nodes, tree.nodes)):
        return tree
    return Tree(kind=tree.kind, nodes=tuple(nodes), cut=tree.cut + len(tree.nodes) - len(nodes))


def tree_bytes(tree: Tree) -> bytes:
    """The canonical JSON of a tree."""
    return canonical_json({"kind": tree.kind, "cut": tree.cut, "nodes": [_fields(node) for node in tree.nodes]})


def tree_from_bytes(data: bytes) -> Tree:
    """The tree of that JSON.

    Raises:
        SchemaError: if the bytes are no tree, or it is larger than `BYTES_LIMIT` or `NODE_LIMIT`.
    """
    if len(data) > BYTES_LIMIT:
        raise SchemaError(f"expected a tree of at most {BYTES_LIMIT} bytes, found more")
    parsed = parse_json(data)
    if not isinstance(parsed, dict) or not isinstance(parsed.get("nodes"), list):
        raise SchemaError(f"expected the JSON of a tree, found {data[:60]!r}")
    nodes = parsed["nodes"]
    if len(nodes) > NODE_LIMIT:
        raise SchemaError(f"expected at most {NODE_LIMIT} nodes, found {len(nodes)}")
    filled = [{**_EMPTY, **node} if isinstance(node, dict) else node for node in nodes]
    return from_row(Tree, {**parsed, "nodes": filled})


def pack_tree(tree: Tree) -> tuple[str, bytes]:
    """The id of a tree and its compressed bytes, as the lake keeps them."""
    data = tree_bytes(tree)
    return content_id(data), zlib.compress(data, 6)


def unpack_tree(data: bytes, *, tree: str | None = None) -> Tree:
    """The tree of compressed bytes; with an id, only if it is the one of that id.

    Raises:
        SchemaError: if they are no tree or another one, or grow beyond the limits.
    """
    inflater = zlib.decompressobj()
    try:
        plain = inflater.decompress(data, BYTES_LIMIT + 1)
    except zlib.error as error:
        raise SchemaError("expected a compressed tree, found other bytes") from error
    if tree is not None and content_id(plain) != tree:
        raise SchemaError(f"expected tree {tree}, found another or a part of it")
    return tree_from_bytes(plain)


def parents(tree: Tree) -> tuple[int | None, ...]:
    """For each node the index of its parent, or None for a root."""
    stack: list[int] = []
    above: list[int | None] = []
    for index, node in enumerate(tree.nodes):
        while stack and tree.nodes[stack[-1]].depth >= node.depth:
            stack.pop()
        above.append(stack[-1] if stack else None)
        stack.append(index)
    return tuple(above)


def descendants(tree: Tree, index: int) -> Iterator[int]:
    """The indexes of the nodes below a node, in preorder."""
    depth = tree.nodes[index].depth
    for below in range(index + 1, len(tree.nodes)):
        if tree.nodes[below].depth <= depth:
            return
        yield below


def _fields(node: Node) -> dict[str, Any]:
    """The fields of a node that are not empty."""
    fields = {name: getattr(node, name) for name in _FIELDS}
    return {name: part for name, part in fields.items() if name not in _EMPTY or part != _EMPTY[name]}


def _clipped(node: Node) -> Node:
    """The node with its texts clipped and its numbers bounded; the same object where none needs it."""
    texts = {name: getattr(node, name) for name in _TEXTS}
    changed: dict[str, Any] = {name: clip(text) for name, text in texts.items() if text is not None}
    options = tuple(clip(option) for option in node.options[:OPTION_LIMIT])
    box = bounded_numbers(node.box)
    if box is node.box and options == node.options and all(changed[name] is texts[name] for name in changed):
        return node
    return dataclasses.replace(node, options=options, box=box, **changed)


_FIELDS = tuple(field.name for field in dataclasses.fields(Node))
_TEXTS = tuple(name for name, hint in get_type_hints(Node).items() if hint in (str, str | None))
