import polars as pl
import pyarrow as pa
import pytest

from pipelines.curate.ledger import balance, nothing_usable, tally
from schemas.errors import LedgerError

ROWS = [
    ("kto", "target", "good", "t", 0, "i"),
    ("kto", "dropped", "no instruction", "t", 1, None),
    ("sft", "target", "path", "t", 0, "i"),
    ("sft", "target", "path", "t", 0, "j"),
    ("sft", "context", "off", "t", 1, "i"),
]
EXPECTED = {"kto": 2, "sft": 3}


def table(rows: list[tuple[object, ...]]) -> pa.Table:
    names = ["use", "role", "rule", "trajectory_id", "step_index", "instruction_id"]
    return pl.DataFrame(rows, schema=names, orient="row").to_arrow(compat_level=pl.CompatLevel.oldest())


def test_rows_are_counted_by_use_role_and_rule() -> None:
    found = tally(table(ROWS))
    assert found == {
        "kto / dropped / no instruction": 1,
        "kto / target / good": 1,
        "sft / context / off": 1,
        "sft / target / path": 2,
    }
    assert sum(found.values()) == len(ROWS)


def test_a_ledger_that_balances_passes() -> None:
    balance(EXPECTED, table(ROWS), where="here")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (ROWS[:-1], "use sft: 3 rows in, 2 rows out"),
        ([*ROWS, ("kto", "dropped", "x", "t", 2, "i")], "use kto: 2 rows in, 3 rows out"),
        ([*ROWS, ("dpo", "target", "x", "t", 0, "i")], "unknown use"),
        ([*ROWS[:3], ROWS[2], ROWS[4]], "decided twice"),
        ([*ROWS[:4], ("sft", "context", "off", "t", 0, "k")], "use sft: 2 steps in, 1 decided"),
    ],
)
def test_a_ledger_that_does_not_balance_fails(rows: list[tuple[object, ...]], message: str) -> None:
    with pytest.raises(LedgerError, match=message):
        balance(EXPECTED, table(rows), where="here")


def test_what_became_of_most_rows_is_told_where_no_dataset_has_one() -> None:
    assert nothing_usable({**tally(table(ROWS)), "components": 3}) is None
    dropped = tally(table([row for row in ROWS if row[1] in ("dropped", "context")]))
    assert nothing_usable({**dropped, "components": 9}) == "of 2 most (1) are sft / context / off"
    assert nothing_usable({"components": 0}) == "there is none to decide"
