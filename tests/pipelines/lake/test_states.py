from pathlib import Path

import pytest

from pipelines.lake.delta import Snapshot, open_lake
from pipelines.lake.episodes import Trees, episodes
from pipelines.lake.states import keys_by_place, places, states_of
from schemas.errors import LakeError
from schemas.identity import RULES_VERSION, tree_keys
from schemas.records import Screen


@pytest.fixture(scope="module")
def snapshot(ingested: Path) -> Snapshot:
    return open_lake(str(ingested)).snapshot()


def trees_of(snapshot: Snapshot) -> Trees:
    return Trees(snapshot.read("trees", columns=["tree", "nodes"]))


def no_screen(screen: str) -> Screen:
    raise KeyError(screen)


def test_every_place_has_a_state_with_the_keys_of_its_tree(snapshot: Snapshot) -> None:
    steps, trees = snapshot.read("steps"), trees_of(snapshot)
    states = states_of(steps, trees)
    seen = dict(places(steps))
    assert states.num_rows == len(seen) == 2 * steps.num_rows
    for row in states.to_pylist():
        one = seen[row["trajectory_id"], row["step_index"], row["side"]]
        assert one.tree is not None
        keys = tree_keys(trees[one.tree], location=one.location, scroll=one.scroll)
        assert (row["structure"], row["content"], row["rules_version"]) == (keys.structure, keys.content, RULES_VERSION)
        assert (row["screen"], row["tree"]) == (one.screen, one.tree)


def test_known_places_are_left_out(snapshot: Snapshot) -> None:
    steps, trees = snapshot.read("steps"), trees_of(snapshot)
    everything = [place for place, _ in places(steps)]
    assert states_of(steps, {}, known=set(everything)).num_rows == 0
    fresh = states_of(steps, trees, known=set(everything[1:]))
    assert [(r["trajectory_id"], r["step_index"], r["side"]) for r in fresh.to_pylist()] == everything[:1]


def test_keys_come_back_from_the_table_as_they_were(snapshot: Snapshot) -> None:
    steps, trees = snapshot.read("steps"), trees_of(snapshot)
    found = keys_by_place(states_of(steps, trees))
    for place, seen in places(steps):
        assert found[place] == tree_keys(trees[seen.tree], location=seen.location, scroll=seen.scroll)  # type: ignore[index]


def test_episodes_have_their_steps_in_order_with_trees_and_keys(snapshot: Snapshot) -> None:
    steps, trees = snapshot.read("steps"), trees_of(snapshot)
    found = list(
        episodes(snapshot.read("trajectories"), steps, keys_by_place(states_of(steps, trees)), trees, no_screen)
    )
    assert [one.trajectory.trajectory_id for one in found] == sorted(one.trajectory.trajectory_id for one in found)
    assert sum(len(one.steps) for one in found) == steps.num_rows
    for episode in found:
        assert [one.step.step_index for one in episode.steps] == list(range(episode.trajectory.steps))
        for one in episode.steps:
            assert one.before is not None
            assert one.before.tree is not None
            assert one.before.keys == tree_keys(one.before.tree, location=one.before.seen.location, scroll=None)


def test_episodes_without_trees_have_their_keys_alone(snapshot: Snapshot) -> None:
    steps = snapshot.read("steps")
    keys = keys_by_place(states_of(steps, trees_of(snapshot)))
    for episode in episodes(snapshot.read("trajectories"), steps, keys, None, no_screen):
        assert all(one.before is not None and one.before.tree is None and one.before.keys for one in episode.steps)


def test_only_the_trajectories_asked_for_become_episodes(snapshot: Snapshot) -> None:
    one = snapshot.read("trajectories").slice(2, 1)
    found = list(episodes(one, snapshot.read("steps"), {}, None, no_screen))
    assert [episode.trajectory.trajectory_id for episode in found] == one["trajectory_id"].to_pylist()


def test_trees_are_unpacked_when_asked_for_and_a_missing_one_is_named(snapshot: Snapshot) -> None:
    trees = trees_of(snapshot)
    assert len(trees) == len(set(snapshot.read("trees")["tree"].to_pylist()))
    assert all(trees[name].kind == "fake" for name in trees)
    with pytest.raises(LakeError, match="tree nothing is missing"):
        trees["nothing"]
