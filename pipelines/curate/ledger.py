"""The ledger: rows in are rows out, by role and rule, or the job fails."""

from collections.abc import Mapping

import polars as pl
import pyarrow as pa

from schemas.errors import LedgerError


def tally(decisions: pa.Table) -> dict[str, int]:
    """How many rows by use, role and rule, as `use / role / rule`, sorted."""
    rows = pl.DataFrame(decisions.select(["use", "role", "rule"]))
    counted = rows.group_by("use", "role", "rule").len().sort("use", "role", "rule")
    return {f"{row['use']} / {row['role']} / {row['rule']}": row["len"] for row in counted.to_dicts()}


def nothing_usable(counts: Mapping[str, int]) -> str | None:
    """Of how many rows of tallies what became of most, where none may stand in a dataset; None where one may."""
    rules = {tuple(name.split(" / ")): count for name, count in counts.items() if name.count(" / ") == 2}
    if any(role in ("target", "negative") for _, role, _ in rules):
        return None
    most = max(rules, key=lambda rule: (rules[rule], rule), default=None)
    return (
        f"of {sum(rules.values())} most ({rules[most]}) are {' / '.join(most)}" if most else "there is none to decide"
    )


def balance(expected: Mapping[str, int], decisions: pa.Table, *, where: str) -> None:
    """Checks that each use has as many rows as steps and instructions ask for, and each step a row in each use.

    Raises:
        LedgerError: if one has not.
    """
    rows = pl.DataFrame(decisions.select(["use", "role", "trajectory_id", "step_index", "instruction_id"]))
    counted = {row["use"]: row["len"] for row in rows.group_by("use").len().to_dicts()}
    for use, count in sorted(expected.items()):
        if counted.get(use, 0) != count:
            raise LedgerError(f"{where}: use {use}: {count} rows in, {counted.get(use, 0)} rows out; nothing committed")
    if set(counted) - set(expected):
        raise LedgerError(f"{where}: rows of an unknown use {sorted(set(counted) - set(expected))}")
    if rows.select("use", "trajectory_id", "step_index", "instruction_id").is_duplicated().any():
        raise LedgerError(f"{where}: a step is decided twice for one instruction and use; nothing committed")
    steps = rows.select("trajectory_id", "step_index").unique().height
    for use in sorted(counted):
        mine = rows.filter(pl.col("use") == use).select("trajectory_id", "step_index").unique().height
        if mine != steps:
            raise LedgerError(f"{where}: use {use}: {steps} steps in, {mine} decided; nothing committed")


def conserved(before: pl.DataFrame, after: pl.DataFrame, *, where: str) -> None:
    """Checks that a stage neither lost nor added a row, and that each that names a survivor was dropped.

    In `dpo` a row that is kept names its partner.

    Raises:
        LedgerError: if it did, or one was not.
    """
    names = ["trajectory_id", "step_index", "instruction_id", "use"]
    if before.height != after.height or not before.select(names).equals(after.select(names)):
        raise LedgerError(f"{where}: {before.height} rows in, {after.height} rows out; nothing committed")
    if after.filter(pl.col("survivor").is_not_null() & (pl.col("role") != "dropped") & (pl.col("use") != "dpo")).height:
        raise LedgerError(f"{where}: a row that was kept names another one instead; nothing committed")
