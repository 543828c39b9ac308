"""Accessibility trees as bytes: canonical JSON of the nodes, each an object without its empty fields."""

import dataclasses
import json
import zlib
from collections.abc import Iterator
from typing import Any, get_type_hints

from schemas.arrow import from_row
from schemas.errors import SchemaError
from schemas.keys import canonical_json, content_id, key
from schemas.records import Node, Tree

TEXT_LIMIT = 2_000
"""Characters of a name or a value; of a longer one the beginning is kept, and a key of all of it."""

NODE_LIMIT = 5_000
"""Nodes of a tree; `Tree.cut` counts those beyond."""

BYTES_LIMIT = 32 * 2**20
"""Bytes of a tree's JSON; a larger one is refused on reading."""

_EMPTY: dict[str, Any] = {
    field.name: field.default
    for field in dataclasses.fields(Node)
    if field.default is not dataclasses.MISSING and field.name in get_type_hints(Node)
}


def clip(text: str) -> str:
    """The text, or its beginning and the key of the whole where it is longer than `TEXT_LIMIT`."""
    if len(text) <= TEXT_LIMIT:
        return text
    return f"{text[:TEXT_LIMIT]}… [{len(text)} characters, {key(text)}]"


def tree_bytes(tree: Tree) -> bytes:
    """The canonical JSON of a tree."""
    nodes = []
    for node in tree.nodes:
        fields = {name: getattr(node, name) for name in _FIELDS}
        nodes.append({name: part for name, part in fields.items() if name not in _EMPTY or part != _EMPTY[name]})
    return canonical_json({"kind": tree.kind, "cut": tree.cut, "nodes": nodes})


def tree_from_bytes(data: bytes) -> Tree:
    """The tree of that JSON.

    Raises:
        SchemaError: if the bytes are no tree, or more than `BYTES_LIMIT`.
    """
    if len(data) > BYTES_LIMIT:
        raise SchemaError(f"expected a tree of at most {BYTES_LIMIT} bytes, found {len(data)}")
    try:
        parsed = json.loads(data)
        nodes = tuple(from_row(Node, {**_EMPTY, **node}) for node in parsed["nodes"])
        return Tree(kind=str(parsed["kind"]), nodes=nodes, cut=int(parsed["cut"]))
    except (ValueError, KeyError, TypeError) as error:
        raise SchemaError(f"expected the JSON of a tree, found {data[:80]!r}") from error


def pack_tree(tree: Tree) -> tuple[str, bytes]:
    """The id of a tree and its compressed bytes, as the lake keeps them."""
    data = tree_bytes(tree)
    return content_id(data), zlib.compress(data, 6)


def unpack_tree(data: bytes) -> Tree:
    """The tree of compressed bytes.

    Raises:
        SchemaError: if they are no tree, or grow to more than `BYTES_LIMIT`.
    """
    inflater = zlib.decompressobj()
    try:
        plain = inflater.decompress(data, BYTES_LIMIT + 1)
    except zlib.error as error:
        raise SchemaError("expected a compressed tree, found other bytes") from error
    return tree_from_bytes(plain)


def parents(tree: Tree) -> tuple[int | None, ...]:
    """For each node the index of its parent, or None for a root."""
    stack: list[int] = []
    found: list[int | None] = []
    for index, node in enumerate(tree.nodes):
        while stack and tree.nodes[stack[-1]].depth >= node.depth:
            stack.pop()
        found.append(stack[-1] if stack else None)
        stack.append(index)
    return tuple(found)


def descendants(tree: Tree, index: int) -> Iterator[int]:
    """The indexes of the nodes below a node, in preorder."""
    depth = tree.nodes[index].depth
    for below in range(index + 1, len(tree.nodes)):
        if tree.nodes[below].depth <= depth:
            return
        yield below


_FIELDS = tuple(field.name for field in dataclasses.fields(Node))
