"""Tests of schemas.trees."""

import json
import tracemalloc
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import trees
from schemas.errors import SchemaError
from schemas.keys import content_id
from schemas.records import Node, Tree
from schemas.trees import (
    NODE_LIMIT,
    OPTION_LIMIT,
    TEXT_LIMIT,
    bounded,
    clip,
    descendants,
    pack_tree,
    parents,
    tree_bytes,
    tree_from_bytes,
    unpack_tree,
)
from tests.schemas.samples import tree, values


@given(values(Tree))
def test_a_tree_comes_back_from_its_bytes(written: Tree) -> None:
    name, packed = pack_tree(written)
    assert unpack_tree(packed) == unpack_tree(packed, tree=name) == written
    assert pack_tree(unpack_tree(packed)) == (name, packed)
    assert name == content_id(tree_bytes(written))


def test_empty_fields_are_not_written() -> None:
    assert (
        tree_bytes(Tree("web", (Node("text", "a"),))) == b'{"cut":0,"kind":"web","nodes":[{"name":"a","role":"text"}]}'
    )


@given(st.text(st.characters(), max_size=60), st.integers(70, 90))
def test_a_clipped_text_is_short_valid_and_clipped_once(text: str, limit: int) -> None:
    for long in (text, text * 40):
        clipped = clip(long, limit)
        clipped.encode()
        assert len(clipped) <= limit
        assert clip(clipped, limit) == clipped


def test_texts_that_differ_only_at_their_end_differ_when_clipped() -> None:
    assert clip("a" * TEXT_LIMIT) == "a" * TEXT_LIMIT
    one, other = clip("a" * 3_000 + "b"), clip("a" * 3_000 + "c")
    assert one != other
    assert one.startswith("aaaa")
    assert "[3001 characters, " in one


def test_halves_of_surrogate_pairs_are_joined_or_replaced() -> None:
    assert clip("\ud83d\ude00 \ud83d \ude00") == "\U0001f600 \ufffd \ufffd"


def test_a_tree_within_the_limits_is_kept_as_it_is() -> None:
    small = tree(Node("list", depth=1, options=("a", "b"), href="/x"), Node("text", "ä", depth=2))
    assert bounded(small) is small


def test_what_a_page_has_too_much_of_is_cut_and_counted() -> None:
    long = "x" * 3_000
    nodes = (Node("list", long, value=long, depth=1, options=(long,) * 2_000, href=long, path="\ud800"),)
    found = bounded(Tree("fake", nodes * (NODE_LIMIT + 7), cut=3))
    assert found.cut >= 10
    assert len(found.nodes) + found.cut == NODE_LIMIT + 10
    assert found.nodes[0] == Node(
        "list",
        clip(long),
        value=clip(long),
        depth=1,
        options=(clip(long),) * OPTION_LIMIT,
        href=clip(long),
        path="\ufffd",
    )
    assert len(tree_bytes(found)) <= trees.BYTES_LIMIT
    assert bounded(found) is found
    assert unpack_tree(pack_tree(found)[1]) == found


def as_json(**parts: Any) -> bytes:
    return json.dumps({"kind": "web", "cut": 0, "nodes": [{"role": "text"}], **parts}).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b"null",
        b"[" * 100_000,
        as_json(nodes=None),
        as_json(nodes={"role": "text"}),
        as_json(nodes=["text"]),
        as_json(nodes=[None]),
        as_json(nodes=[{}]),
        as_json(nodes=[{"role": None}]),
        as_json(nodes=[{"role": "text", "depth": "1"}]),
        as_json(nodes=[{"role": "text", "depth": 10**30}]),
        as_json(nodes=[{"role": "text", "flags": ["shiny"]}]),
        as_json(nodes=[{"role": "text", "name": "\ud800"}]),
        as_json(nodes=[{"role": "text", "box": {"x": 1}}]),
        as_json(nodes=[{"role": "text", "box": {"x": 1, "y": 1, "width": float("nan"), "height": 1}}]),
        as_json(cut=float("inf")),
        as_json(cut="7"),
        as_json(cut=None),
        as_json(kind=7),
        as_json(nodes=[{"role": "text"}] * (NODE_LIMIT + 1)),
    ],
    ids=lambda data: repr(data[:60]),
)
def test_bytes_that_are_no_tree_are_refused(data: bytes) -> None:
    with pytest.raises(SchemaError):
        tree_from_bytes(data)
    with pytest.raises(SchemaError):
        unpack_tree(zlib.compress(data))


def test_a_tree_of_a_newer_minor_version_is_read_and_keeps_its_id() -> None:
    data = as_json(nodes=[{"role": "text", "live": "polite"}], language="en")
    assert unpack_tree(zlib.compress(data), tree=content_id(data)) == Tree("web", (Node("text"),))


def test_a_tree_of_another_id_is_refused() -> None:
    packed = pack_tree(tree())[1]
    with pytest.raises(SchemaError, match="expected tree 0000"):
        unpack_tree(packed, tree="0" * 64)


def test_compressed_bytes_that_are_cut_anywhere_are_refused() -> None:
    packed = pack_tree(tree(Node("button", "Save", depth=1)))[1]
    for length in range(len(packed) - 4):  # the last 4 bytes are a check of what is already there
        with pytest.raises(SchemaError):
            unpack_tree(packed[:length])


def test_a_bomb_is_refused_without_inflating_it() -> None:
    bomb = zlib.compress(bytes(8 * trees.BYTES_LIMIT), 1)
    tracemalloc.start()
    with pytest.raises(SchemaError, match="at most"):
        unpack_tree(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * trees.BYTES_LIMIT


@given(st.lists(st.integers(-2, 6), max_size=30))
def test_parents_and_descendants_agree_whatever_the_depths(depths: list[int]) -> None:
    forest = Tree("fake", tuple(Node("group", depth=depth) for depth in depths))
    above = parents(forest)
    for index, parent in enumerate(above):
        if parent is not None:
            assert parent < index
            assert depths[parent] < depths[index]
        ancestors = set()
        while parent is not None:
            ancestors.add(parent)
            parent = above[parent]
        assert ancestors == {other for other in range(len(depths)) if index in descendants(forest, other)}


def test_parents_and_descendants_of_a_small_tree() -> None:
    small = Tree(
        "fake", tuple(Node(name, depth=depth) for name, depth in zip("abcdef", (0, 1, 2, 1, 3, 0), strict=True))
    )
    assert parents(small) == (None, 0, 1, 0, 3, None)
    assert list(descendants(small, 0)) == [1, 2, 3, 4]
    assert list(descendants(small, 3)) == [4]
    assert list(descendants(small, 5)) == []
