import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import fs

from explorers.core import memory as memory_module
from explorers.core import shared_memory
from explorers.core.memory import Knowledge, Memory, StateAction, StateNode, Tally, short_key
from explorers.core.shared_memory import (
    BYTES_LIMIT,
    FORMAT,
    SUFFIX,
    MemorySnapshot,
    SharedMemory,
    merge,
    pack,
    snapshot_of,
    unpack,
)
from schemas.errors import ConfigurationError, SchemaError
from schemas.keys import canonical_json, parse_json

APP = "shop.example"
keys = st.sampled_from([short_key("test", str(number)) for number in range(6)])
small = st.integers(0, 9)
tallies = st.builds(Tally, small, small, small, small)
actions = st.builds(StateAction, keys, keys, st.sampled_from(("link", "press", "fill")), keys | st.just(""))
states = st.builds(
    StateNode,
    st.sampled_from(("http://shop.example/a", "")),
    keys,
    st.booleans(),
    small,
    st.lists(actions, max_size=3).map(tuple),
)


@st.composite
def facts(draw: st.DrawFn) -> Knowledge:
    found = Knowledge()
    for name, tally in draw(st.lists(st.tuples(keys, tallies), max_size=4)):
        found.count(name, tally)
    for place in draw(st.lists(keys, max_size=4)):
        found.visit(place)
    for name, state in draw(st.lists(st.tuples(keys, states), max_size=4)):
        found.take_state(name, state)
    for edge in draw(st.lists(st.tuples(keys, keys, keys), max_size=4)):
        found.take_edge(*edge)
    return found


@st.composite
def snapshots(draw: st.DrawFn) -> dict[str, MemorySnapshot]:
    """Snapshots by explorer, as one explorer may know them."""
    found = {}
    for name in draw(st.lists(st.sampled_from(("ada", "bob", "eve")), unique=True)):
        sequence = draw(st.integers(1, 3))
        found[name] = snapshot_of(draw(facts()), app=APP, explorer=name, sequence=sequence)
    return found


@given(snapshots(), snapshots(), snapshots())
def test_merging_is_commutative_associative_and_idempotent(
    one: dict[str, MemorySnapshot], two: dict[str, MemorySnapshot], three: dict[str, MemorySnapshot]
) -> None:
    assert merge(one, two) == merge(two, one)
    assert merge(merge(one, two), three) == merge(one, merge(two, three))
    assert merge(one, one) == one == merge(one, {})
    assert merge(merge(one, two), two) == merge(one, two)


@given(facts(), facts(), facts())
def test_what_explorers_know_adds_up_in_any_order(one: Knowledge, two: Knowledge, three: Knowledge) -> None:
    def together(*several: Knowledge) -> Knowledge:
        found = Knowledge()
        for each in several:
            found.add(each)
        return found

    assert together(one, two, three) == together(three, one, two)
    assert together(together(one, two), three) == together(one, together(two, three))


@given(facts(), st.integers(1, 2**40))
def test_a_snapshot_comes_back_as_it_was(found: Knowledge, sequence: int) -> None:
    snapshot = snapshot_of(found, app=APP, explorer="ada", sequence=sequence)
    read, said = unpack(pack(snapshot))
    assert read == snapshot
    assert (said.counts, said.places, said.states) == (found.counts, found.places, found.states)
    assert set(said.edges) <= set(found.edges)


def told(url: str, name: str) -> SharedMemory:
    return SharedMemory(url, app=APP, explorer=name)


@pytest.mark.parametrize("form", ["{}", "file://{}"])
def test_what_one_learns_the_other_knows(form: str, tmp_path: Path) -> None:
    url = form.format(tmp_path / "memory")
    one, two = told(url, "one"), told(url, "two")
    name = short_key("element", "x")
    one.count(name, dead=1)
    one.visit(name)
    one.take_state(
        name, StateNode("http://shop.example/", name, opens=True, depth=1, actions=(StateAction(name, name, "link"),))
    )
    one.take_edge(name, name, name)
    one.share()
    assert not two.is_dead(name)
    two.share()
    assert two.is_dead(name)
    assert two.visits(name) == 1
    assert two.results(name, name) == {name: 1}
    assert [each for each, _ in two.states()] == [name]
    two.count(name, alive=1)
    two.share()
    one.share()
    assert one.tally(name) == Tally(dead=1, alive=1)
    one.share()
    two.share()
    assert one.tally(name) == two.tally(name) == Tally(dead=1, alive=1), "shared again, counted once"
    assert one.notes == two.notes == []


def test_an_explorer_that_comes_back_goes_on_with_what_it_knew(tmp_path: Path) -> None:
    one = told(str(tmp_path), "one")
    name = short_key("element", "x")
    one.count(name, dead=1)
    one.share()
    again = told(str(tmp_path), "one")
    again.count(name, dead=1)
    again.share()
    other = told(str(tmp_path), "other")
    assert other.tally(name).dead == 2


def test_each_app_has_a_memory_of_its_own(tmp_path: Path) -> None:
    one, other = told(str(tmp_path), "one"), SharedMemory(str(tmp_path), app="other.example", explorer="two")
    one.count(short_key("x"), dead=1)
    one.share()
    other.share()
    assert other.others == Knowledge()


def test_a_name_is_drawn_where_none_is_given(tmp_path: Path) -> None:
    names = {SharedMemory(str(tmp_path), app=APP).explorer for _ in range(3)}
    assert len(names) == 3


@pytest.mark.parametrize("name", ["../x", ".hidden", "a b", "x" * 100, "a/b"])
def test_a_name_that_is_no_file_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="explorer's name"):
        told(str(tmp_path), name)


@pytest.mark.parametrize("url", ["nowhere://x/y", "file://%%"])
def test_a_place_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="expected a place for the memory"):
        told(url, "one")


def plain(**changes: object) -> bytes:
    snapshot = snapshot_of(Knowledge(), app=APP, explorer="bad", sequence=1)
    return zlib.compress(canonical_json({**parse_json(snapshot.data), **changes}))


KEY = "0" * 16
HOSTILE = {
    "torn": plain()[:-4],
    "empty": b"",
    "no memory": b"{}",
    "a bomb": zlib.compress(b" " * (BYTES_LIMIT + 2)),
    "another format": plain(format="tar"),
    "another version": plain(version=99),
    "another app": plain(app="evil.example"),
    "another's name": plain(explorer="one"),
    "no facts": plain(counts=None),
    "a name that is no key": plain(counts={"../../x": [0, 0, 0, 0]}),
    "too few numbers": plain(counts={KEY: [0]}),
    "negative": plain(places={KEY: -1}),
    "too large": plain(places={KEY: 2**60}),
    "a boolean": plain(places={KEY: True}),
    "half a state": plain(states={KEY: ["http://shop.example/"]}),
    "a long address": plain(states={KEY: ["x" * 9000, KEY, True, 0, []]}),
    "bad actions": plain(states={KEY: ["", KEY, True, 0, [["x", KEY, "link", ""]]]}),
    "many actions": plain(states={KEY: ["", KEY, True, 0, [[KEY, KEY, "link", ""]] * 301]}),
    "bad edges": plain(edges={KEY: {KEY: 3}}),
    "no JSON": zlib.compress(b"{"),
    "deep": zlib.compress(b"[" * 100_000),
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_file_that_is_no_memory_is_left_aside_with_a_note(name: str, tmp_path: Path) -> None:
    one = told(str(tmp_path), "one")
    one.share()
    [folder] = tmp_path.iterdir()
    (folder / f"bad{SUFFIX}").write_bytes(HOSTILE[name])
    (folder / "README").write_text("no memory")
    good = told(str(tmp_path), "zoe")
    good.count(short_key("x"), alive=1)
    good.share()
    one.share()
    one.share()
    assert one.tally(short_key("x")).alive == 1
    assert len(one.notes) == 1
    assert f"bad{SUFFIX}" in one.notes[0]
    if name not in ("another app", "another's name"):
        with pytest.raises(SchemaError):
            unpack(HOSTILE[name])


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_or_read(data: bytes) -> None:
    for each in (data, zlib.compress(data)):
        with pytest.raises(SchemaError):
            unpack(each)


def test_a_torn_write_leaves_the_last_snapshot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = told(str(tmp_path), "one")
    one.count(short_key("x"), dead=1)
    one.share()

    def broken(_files: object, _path: str, data: bytes) -> None:
        [folder] = tmp_path.iterdir()
        (folder / ".one.memory.z.part").write_bytes(data[:5])
        raise OSError("the disk is full")

    monkeypatch.setattr(shared_memory, "write_whole", broken)
    one.share()
    assert "the disk is full" in one.notes[0]
    assert told(str(tmp_path), "two").is_dead(short_key("x"))


def test_a_memory_grows_to_its_limits_and_says_what_it_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COUNTS_LIMIT", "STATES_LIMIT", "EDGES_LIMIT"):
        monkeypatch.setattr(memory_module, name, 3)
    found = Knowledge()
    for number in range(5):
        name = short_key(str(number))
        found.count(name, Tally(1))
        found.visit(name)
        found.take_state(name, StateNode("", name, opens=False, depth=0, actions=()))
        found.take_edge(name, name, name)
    assert (len(found.counts), len(found.places), len(found.states), found.edge_count) == (3, 3, 3, 3)
    assert found.left_out == 8
    memory = Memory()
    memory.own = found
    assert memory.problems() == ["the memory is full: 8 entries were left out"]


def test_a_snapshot_that_is_too_large_loses_the_states_met_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorers.core.shared_memory.BYTES_LIMIT", 3_000)
    found = Knowledge()
    names = [short_key(str(number)) for number in range(100)]
    for name in names:
        found.take_state(name, StateNode("http://shop.example/", name, opens=True, depth=0, actions=()))
    snapshot = snapshot_of(found, app=APP, explorer="ada", sequence=1)
    assert len(snapshot.data) <= 3_000
    kept = parse_json(snapshot.data)["states"]
    assert names[-1] in kept
    assert names[0] not in kept
    assert parse_json(snapshot.data)["format"] == FORMAT


def test_an_object_store_gets_whole_objects_and_no_parts(tmp_path: Path) -> None:
    store = fs._MockFileSystem()
    explorers = [told(str(tmp_path), name) for name in ("one", "two")]
    for each in explorers:
        each._files, each._folder = store, "bucket/memory"
    store.create_dir("bucket/memory")
    explorers[0].count(short_key("x"), dead=1)
    for each in explorers:
        each.share()
    assert explorers[1].is_dead(short_key("x"))
    names = {each.base_name for each in store.get_file_info(fs.FileSelector("bucket/memory"))}
    assert names == {f"one{SUFFIX}", f"two{SUFFIX}"}
    assert explorers[0].notes == explorers[1].notes == []


def test_a_memory_of_its_own_shares_nothing() -> None:
    alone = Memory()
    alone.count(short_key("x"), dead=1)
    alone.share()
    assert alone.is_dead(short_key("x"))
    assert alone.notes == []
