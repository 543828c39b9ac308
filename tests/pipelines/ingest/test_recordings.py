from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.ingest.recordings import blobs_of, check, choose, relation, screen_row, tree_row, without
from schemas.arrow import table_of
from schemas.errors import TraceError
from schemas.keys import content_id
from schemas.recordings import Recording, read_trace
from schemas.records import Step
from tests.pipelines.recorded import WALKS, Walk, record

WALK = WALKS[1]


def recorded(folder: Path, *, walk: Walk = WALK, steps: int | None = None) -> Recording:
    return read_trace(record(folder, walk, keep_open_after=steps))


def test_a_recording_is_the_same_as_itself(tmp_path: Path) -> None:
    one = recorded(tmp_path)
    assert relation(one, one.trajectory) == "same"


@pytest.mark.parametrize(("before", "after"), [(1, 3), (1, None), (0, 1), (5, None)])
def test_more_of_the_same_walk_is_longer(tmp_path: Path, before: int, after: int | None) -> None:
    old, new = recorded(tmp_path / "a", steps=before), recorded(tmp_path / "b", steps=after)
    assert relation(new, old.trajectory) == "longer"
    assert relation(old, new.trajectory) != "longer"


def test_another_walk_of_the_same_id_is_a_conflict(tmp_path: Path) -> None:
    old = recorded(tmp_path / "a", steps=2)
    new = recorded(tmp_path / "b", walk=replace(WALK, clicks=("Books", "Blue House", "Anna Grieg", "Authors")))
    assert old.trajectory.trajectory_id == new.trajectory.trajectory_id
    assert relation(new, old.trajectory) == "conflict"


def test_nothing_supersedes_a_recording_that_has_its_end(tmp_path: Path) -> None:
    old = recorded(tmp_path / "a")
    new = recorded(tmp_path / "b", walk=replace(WALK, clicks=(*WALK.clicks, "Books")))
    assert relation(new, old.trajectory) == "conflict"


def test_the_longest_recording_counts_in_whatever_order_they_come(tmp_path: Path) -> None:
    parts = [check(recorded(tmp_path / str(steps), steps=steps)) for steps in (0, 2, 3)]
    whole = check(recorded(tmp_path / "whole"))
    for order in ([*parts, whole], [whole, *parts[::-1]]):
        best, others = choose(order)
        assert best is whole
        assert {relation for _, relation in others} == {"shorter"}
    other = check(recorded(tmp_path / "other", walk=replace(WALK, clicks=("Search",))))
    assert [found for _, found in choose([whole, other])[1]] == ["conflict"]


def test_screens_and_trees_come_once_and_in_order_of_first_use(tmp_path: Path) -> None:
    one = recorded(tmp_path)
    blobs = blobs_of(one)
    seen = [step.before.screen for step in one.steps if step.before] + [one.steps[-1].after.screen]  # type: ignore[union-attr]
    assert list(blobs.screens) == list(dict.fromkeys(seen))
    assert len(set(blobs.trees)) == len(blobs.trees)


def test_rows_of_screens_and_trees_say_what_they_are(tmp_path: Path) -> None:
    whole = check(recorded(tmp_path))
    blobs = blobs_of(whole.recording)
    screen = screen_row(whole, blobs.screens[0], 7)
    assert (screen.position, screen.width, screen.height, screen.format) == (7, 320, 200, "png")
    assert content_id(screen.image.bytes or b"") == screen.screen == blobs.screens[0]
    tree = tree_row(whole, blobs.trees[0], 8)
    assert (tree.position, tree.kind, tree.count, tree.cut) == (8, "fake", 5, 0)


@pytest.mark.parametrize("damage", ["missing", "cut", "swapped", "no image"])
def test_a_damaged_screen_is_found(tmp_path: Path, damage: str) -> None:
    trace = record(tmp_path, WALK, keep_open_after=3)
    screens = sorted((trace / "screens").iterdir())
    match damage:
        case "missing":
            screens[0].unlink()
        case "cut":
            screens[0].write_bytes(screens[0].read_bytes()[:-10])
        case "swapped":
            screens[0].write_bytes(screens[1].read_bytes())
        case _:
            data = b"not an image"
            name = content_id(data)
            lines = (trace / "trace.jsonl").read_bytes().replace(screens[0].stem.encode(), name.encode())
            (trace / "trace.jsonl").write_bytes(lines)
            (trace / "screens" / f"{name}.png").write_bytes(data)
    with pytest.raises(TraceError, match="screen"):
        check(read_trace(trace))


def test_a_missing_tree_is_found(tmp_path: Path) -> None:
    trace = record(tmp_path, WALK, keep_open_after=3)
    next(iter((trace / "trees").iterdir())).unlink()
    with pytest.raises(TraceError, match="tree"):
        check(read_trace(trace))


def test_rows_of_named_trajectories_are_left_out(tmp_path: Path) -> None:
    one, other = recorded(tmp_path), recorded(tmp_path, walk=WALKS[0])
    rows = table_of(Step, [*one.steps, *other.steps])
    kept = without(rows, [one.trajectory.trajectory_id])
    assert set(kept["trajectory_id"].to_pylist()) == {other.trajectory.trajectory_id}
    assert without(rows, []).equals(rows)
