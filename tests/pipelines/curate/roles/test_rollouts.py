import math
import statistics

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.curate.roles.rollouts import EPSILON, EQUAL, GROUP, REWARDS, UNKNOWN, advantages, rewards_of
from schemas.errors import LedgerError

EPISODES = st.lists(st.tuples(st.sampled_from(["g", "h"]), st.sampled_from([None, 0.0, 0.25, 1.0])), max_size=12)


def rewards(given: list[tuple[str, float | None]]) -> pl.DataFrame:
    rows = [(f"{number:032x}", group, reward) for number, (group, reward) in enumerate(given)]
    return pl.DataFrame(rows, schema=REWARDS, orient="row")


def test_an_advantage_is_the_reward_less_the_mean_over_the_deviation() -> None:
    given = [1.0, 0.0, 0.0, 1.0, 1.0]
    found = advantages(rewards([("g", one) for one in given]), "grpo")
    spread = statistics.stdev(given) + EPSILON
    assert found["advantage"].to_list() == pytest.approx([(one - 0.6) / spread for one in given])
    assert set(found["told"]) == {GROUP}
    bare = advantages(rewards([("g", one) for one in given]), "dr-grpo")
    assert bare["advantage"].to_list() == pytest.approx([one - 0.6 for one in given])


@pytest.mark.parametrize("given", [[1.0, 1.0], [0.0, 0.0, 0.0], [1.0], [1.0, None]])
def test_a_group_of_one_reward_tells_nothing_and_says_so(given: list[float | None]) -> None:
    found = advantages(rewards([("g", one) for one in given]), "grpo")
    assert set(found["advantage"]) == {0.0}
    assert found["told"].to_list() == [UNKNOWN if one is None else EQUAL for one in given]


@given(EPISODES, st.randoms(use_true_random=False), st.sampled_from(["grpo", "dr-grpo"]))
def test_the_order_of_episodes_changes_no_bit(given: list[tuple[str, float | None]], luck: object, kind: str) -> None:
    rows = rewards(given)
    order = list(range(rows.height))
    luck.shuffle(order)  # type: ignore[attr-defined]
    assert advantages(rows[order], kind).equals(advantages(rows, kind))  # type: ignore[arg-type]


@given(EPISODES)
def test_advantages_of_a_group_cancel_out_and_no_episode_is_lost(given: list[tuple[str, float | None]]) -> None:
    found = rewards(given).join(advantages(rewards(given), "grpo"), on="trajectory_id")
    assert found.height == len(given)
    for _, members in found.group_by("group"):
        assert math.fsum(members["advantage"].to_list()) == pytest.approx(0.0, abs=1e-9)


@given(EPISODES)
def test_an_episode_without_a_reward_changes_no_other(given: list[tuple[str, float | None]]) -> None:
    rows = rewards(given)
    whole = advantages(rows, "grpo").filter(pl.col("told") != UNKNOWN)
    assert whole.equals(advantages(rows.drop_nulls(), "grpo"))


def test_an_episode_that_is_there_twice_is_refused() -> None:
    with pytest.raises(LedgerError, match="twice"):
        advantages(pl.concat([rewards([("g", 1.0)])] * 2), "grpo")


def test_the_check_says_what_an_episode_got_and_else_the_outcome_labels() -> None:
    episodes = [("a", "g", "x", True), ("b", "g", "x", None), ("c", "g", "x", None), ("d", "g", "x", None)]
    episodes += [("e", None, "x", True), ("f", "g", None, True), ("h", "g", "x", False)]
    names = ("trajectory_id", "group", "goal", "success")
    trajectories = pa.table({name: [row[at] for row in episodes] for at, name in enumerate(names)})
    said = [
        ("a", "trajectory", None, "harmful"),
        ("b", "trajectory", None, "good"),
        ("b", "trajectory", "i", "harmful"),
    ]
    said += [("c", "trajectory", None, "good"), ("c", "trajectory", None, "harmful"), ("d", "step", None, "good")]
    names = ("trajectory_id", "subject", "instruction_id", "verdict")
    labels = pa.table({name: [row[at] for row in said] for at, name in enumerate(names)})
    found = dict(rewards_of(trajectories, labels).select("trajectory_id", "reward").iter_rows())
    assert found == {"a": 1.0, "b": 1.0, "c": 0.0, "d": None, "h": 0.0}
