import polars as pl
import pytest

from pipelines.curate import ledger
from pipelines.curate.duplicates import duplicates
from pipelines.curate.roles.rollouts import ADVANTAGES
from schemas.errors import LedgerError

SCHEMA = {
    "trajectory_id": pl.String,
    "step_index": pl.Int32,
    "instruction_id": pl.String,
    "use": pl.String,
    "role": pl.String,
    "rule": pl.String,
    "plain": pl.String,
    "key": pl.Binary,
    "cost": pl.Int32,
}
SIDES = {"instruction_id": pl.String, "split": pl.String, "was": pl.String}
TWINS = {"trajectory_id": pl.String, "twin": pl.String, "apart": pl.Float64}
HITS = {"instruction_id": pl.String, "survivor": pl.String, "distance": pl.Float64}


def rows(*held: bool) -> pl.DataFrame:
    """One row an instruction i0, i1 ...: held by a dataset or dropped before."""
    made = [
        (
            "t",
            number,
            f"i{number}",
            "kto",
            "negative" if on else "dropped",
            "as given",
            "w" if on else None,
            b"\x01\x02",
            2,
        )
        for number, on in enumerate(held)
    ]
    return pl.DataFrame(made, schema=SCHEMA, orient="row")


def decided(
    before: pl.DataFrame,
    *,
    lost: list[tuple[int, str, bool]] = (),  # type: ignore[assignment]
    against: list[int] = (),  # type: ignore[assignment]
    was: dict[str, str] | None = None,
    hits: list[tuple[str, str, float]] = (),  # type: ignore[assignment]
    twins: list[tuple[str, str, float]] = (),  # type: ignore[assignment]
) -> list[dict[str, object]]:
    sides = [(name, "test", (was or {}).get(name)) for name in before["instruction_id"].to_list()]
    found = duplicates.apply(
        before,
        lost=pl.DataFrame(lost, schema=duplicates.LOST, orient="row"),
        against=pl.DataFrame({"row": list(against)}, schema=duplicates.AGAINST),
        sides=pl.DataFrame(sides, schema=SIDES, orient="row"),
        hits=pl.DataFrame(hits, schema=HITS, orient="row"),
        twins=pl.DataFrame(twins, schema=TWINS, orient="row"),
        advantages=pl.DataFrame(schema=ADVANTAGES),
    )
    ledger.conserved(before, found, where="test")
    return found.to_dicts()


def test_what_is_nowhere_else_stays_with_its_side_and_key() -> None:
    (one,) = decided(rows(True))
    assert (one["role"], one["rule"], one["split"], one["key"]) == ("negative", "as given", "test", "0102")
    assert one["survivor"] is None
    assert one["distance"] is None


def test_what_was_dropped_before_has_no_side_and_no_key() -> None:
    (one,) = decided(
        rows(False), lost=[(0, "t/9/i9", True)], against=[0], was={"i0": "train"}, hits=[("i0", "b/1", 1.0)]
    )
    assert (one["role"], one["rule"]) == ("dropped", "as given")
    assert [one[name] for name in ("split", "key", "survivor", "distance")] == [None] * 4


@pytest.mark.parametrize(
    ("same", "rule", "distance"), [(True, "exact duplicate", 0.0), (False, "near duplicate", None)]
)
def test_a_duplicate_names_what_is_kept(same: bool, rule: str, distance: float | None) -> None:
    first, second = decided(rows(True, True), lost=[(1, "t/0/i0", same)])
    assert first["role"] == "negative"
    assert (second["role"], second["rule"], second["survivor"]) == ("dropped", rule, "t/0/i0")
    assert (second["distance"], second["split"], second["key"]) == (distance, None, "0102")


def test_a_row_of_an_episode_with_a_better_twin_names_that_one() -> None:
    found = decided(rows(True, False), against=[0], twins=[("t", "u", 0.05)])
    assert [(one["rule"], one["survivor"], one["distance"]) for one in found] == [
        ("near-duplicate trajectory", "u", 0.05),
        ("as given", None, None),
    ]


def test_of_several_reasons_the_first_one_counts() -> None:
    before = rows(True, True, True, True)
    lost = [(number, "t/9/i9", True) for number in range(4)]
    found = decided(
        before, lost=lost, against=[0, 1, 2], was={"i0": "train", "i1": "validation"}, hits=[("i0", "bench/7", 0.9)]
    )
    assert [one["rule"] for one in found] == ["in a benchmark", "was in validation", "contradicted", "exact duplicate"]
    assert [one["survivor"] for one in found] == ["bench/7", None, None, "t/9/i9"]
    assert found[0]["distance"] == 0.9
    assert {one["split"] for one in found} == {None}


def test_a_stage_that_loses_a_row_or_keeps_one_that_names_another_does_not_pass() -> None:
    before = rows(True, True)
    after = pl.DataFrame(decided(before))
    with pytest.raises(LedgerError, match="2 rows in, 1 rows out"):
        ledger.conserved(before, after.head(1), where="x")
    with pytest.raises(LedgerError, match="rows in"):
        ledger.conserved(before, after.reverse(), where="x")
    with pytest.raises(LedgerError, match="names another one"):
        ledger.conserved(before, after.with_columns(survivor=pl.lit("t/0/i0")), where="x")
