import numpy as np
import polars as pl
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pipelines.curate import ledger
from pipelines.curate.selection import preferences
from pipelines.curate.selection.preferences import GOOD, HARMFUL, JUDGED, UNJUDGED, Records

# Prompt, action, walk, rank, verdict; a row's number is its place.
ROW = st.tuples(
    st.integers(0, 2),
    st.integers(0, 3),
    st.integers(1, 4),
    st.integers(0, 1),
    st.sampled_from([UNJUDGED, GOOD, HARMFUL]),
)


def records(rows: list[tuple[int, int, int, int, int]]) -> Records:
    found = np.zeros(len(rows), JUDGED)
    for at, (prompt, deed, walk, rank, verdict) in enumerate(rows):
        found[at] = (prompt, prompt, deed, walk, at, rank, at % 3, verdict)
    return found


def test_a_right_action_is_paired_with_a_wrong_one_of_the_same_prompt() -> None:
    found = preferences.paired(records([(0, 1, 1, 0, GOOD), (0, 2, 2, 0, HARMFUL), (1, 3, 3, 0, HARMFUL)]), {})
    assert found.pairs == (((0, 0), (1, 1), "labelled"),)
    assert found.against == ()


def test_what_is_right_elsewhere_is_rejected_nowhere() -> None:
    found = preferences.paired(records([(0, 1, 1, 0, GOOD), (0, 1, 2, 0, HARMFUL)]), {})
    assert found.pairs == ()
    assert found.against == ((1, 1),)


def test_the_better_walk_is_preferred_where_they_part() -> None:
    rows = [(0, 1, 1, 0, UNJUDGED), (0, 2, 2, 0, UNJUDGED), (1, 1, 1, 0, UNJUDGED), (1, 1, 2, 0, UNJUDGED)]
    found = preferences.paired(records(rows), {1: [2]})
    assert found.pairs == (((0, 0), (1, 1), "better walk"),), "where they did the same none is better"
    assert preferences.paired(records(rows), {}).pairs == ()


@given(st.lists(ROW, max_size=14), st.randoms(use_true_random=False), st.sampled_from([{}, {1: [2, 3], 3: [4]}]))
def test_pairs_are_of_one_prompt_and_of_two_actions_and_no_order_counts(
    rows: list[tuple[int, int, int, int, int]], luck: object, contests: dict[int, list[int]]
) -> None:
    every = records(rows)
    found = preferences.paired(every, contests)
    order = list(range(len(rows)))
    luck.shuffle(order)  # type: ignore[attr-defined]
    assert preferences.paired(every[order], contests) == found
    places = [place for chosen, rejected, _ in found.pairs for place in (chosen, rejected)]
    assert len(places) == len(set(places)), "a row is in one pair at most"
    refused = []
    for (_, chosen), (_, rejected), why in found.pairs:
        (prompt, deed, _, _, verdict), (its, other, _, _, against) = rows[chosen], rows[rejected]
        assert prompt == its
        assert deed != other
        assert verdict != HARMFUL
        assert against != GOOD
        assert why == "better walk" or (verdict, against) == (GOOD, HARMFUL)
        refused.append((prompt, other))
        assert not any(row[0] == prompt and row[1] == other and row[4] == GOOD for row in rows)
    assert len(refused) == len(set(refused)), "no two pairs of a prompt reject the same"


def test_only_labels_that_prefer_a_walk_count() -> None:
    said = [("pair", "a", "b", "good"), ("pair", "a", "c", "abstain"), ("trajectory", "a", "b", "good")]
    said += [("pair", "a", "d", "harmful"), ("pair", "a", "e", "neutral")]
    names = ("subject", "trajectory_id", "other_id", "verdict")
    labels = pa.table({name: [row[at] for row in said] for at, name in enumerate(names)})
    assert preferences.contests_of(labels).rows() == [("a", "b"), ("d", "a")]


def test_rows_of_dpo_are_in_a_pair_or_dropped_and_others_stay() -> None:
    told = [
        ("dpo", "target", "labelled good"),
        ("dpo", "negative", "labelled harmful"),
        ("dpo", "context", "no verdict"),
    ]
    told += [
        ("dpo", "negative", "labelled harmful"),
        ("dpo", "dropped", "no instruction"),
        ("kto", "target", "labelled good"),
    ]
    told += [("dpo", "target", "labelled good")]
    before = pl.DataFrame(
        {
            "trajectory_id": ["t"] * len(told),
            "step_index": range(len(told)),
            "instruction_id": ["i"] * len(told),
            **{name: [row[at] for row in told] for at, name in enumerate(("use", "role", "rule"))},
            "survivor": pl.Series([None] * len(told), dtype=pl.String),
            "split": ["train"] * len(told),
        }
    )
    partners = [(0, "u/1/i", "labelled"), (2, "u/2/", "worse walk")]
    found = preferences.settled(
        before,
        pl.DataFrame(partners, schema=preferences.PARTNERS, orient="row"),
        pl.DataFrame({"row": [3]}, schema=preferences.AGAINST),
    )
    ledger.conserved(before, found, where="test")
    assert found.select("role", "rule", "survivor", "split").rows() == [
        ("target", "labelled good", "u/1/i", "train"),
        ("dropped", "no partner", None, None),
        ("negative", "worse walk", "u/2/", "train"),
        ("dropped", "contradicted", None, None),
        ("dropped", "no instruction", None, "train"),
        ("target", "labelled good", None, "train"),
        ("dropped", "no partner", None, None),
    ]
