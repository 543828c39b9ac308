"""Preferences: of what was done in one state for one sentence, a right action is paired with a wrong one."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.curate.duplicates.records import Records, begins, ordered

JUDGED = np.dtype(
    [
        ("high", "<u8"),
        ("low", "<u8"),
        ("deed", "<u8"),
        ("id", "<u8"),
        ("row", "<u4"),
        ("rank", "<u2"),
        ("file", "<u2"),
        ("verdict", "<u1"),
    ]
)
"""What is shuffled for a row: its prompt, its action, how good it is, where it lies, and what was found: 41 bytes."""

UNJUDGED, GOOD, HARMFUL = 0, 1, 2
VERDICTS = {"context": UNJUDGED, "target": GOOD, "negative": HARMFUL}

LABELLED, BETTER = "labelled", "better walk"
"""Why one is preferred: by the labels on both steps, or since its walk was found better than the other one."""

CONTESTS = pl.Schema({"winner": pl.String, "loser": pl.String})
PARTNERS = pl.Schema({"row": pl.UInt32, "partner": pl.String, "why": pl.String})
AGAINST = pl.Schema({"row": pl.UInt32})
NO_PARTNER, CONTRADICTED, WORSE = "no partner", "contradicted", "worse walk"

Place: TypeAlias = tuple[int, int]
"""A file and a row of it."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of places, the preferred one first, each with why; and harmful rows whose action is right for the same."""

    pairs: tuple[tuple[Place, Place, str], ...]
    against: tuple[Place, ...]


def contests_of(labels: pa.Table) -> pl.DataFrame:
    """Which walk was found better than which other one, by the labels on pairs; `CONTESTS`."""
    rows = pl.DataFrame(labels.select(["subject", "trajectory_id", "other_id", "verdict"]))
    said = rows.filter((pl.col("subject") == "pair") & pl.col("other_id").is_not_null())
    won = said.filter(pl.col("verdict") == "good").select(winner="trajectory_id", loser="other_id")
    lost = said.filter(pl.col("verdict") == "harmful").select(winner="other_id", loser="trajectory_id")
    return pl.concat([won, lost]).unique().sort("winner", "loser")


def judged(rows: pl.DataFrame, prompts: Sequence[bytes | None], ids: NDArray[np.uint64], *, file: int) -> Records:
    """A record for each row of `dpo` that may be in a pair.

    `rows` has `use`, `role`, `split`, `action` and `rank`; `prompts` are 16 bytes, the same for one
    sentence in one state.
    """
    usable = (rows["use"] == "dpo") & rows["split"].is_not_null() & rows["role"].is_in(list(VERDICTS))
    at = [row for row in np.flatnonzero(usable.to_numpy()).tolist() if prompts[row] is not None]
    records = np.empty(len(at), JUDGED)
    if not at:
        return records
    halves = np.frombuffer(b"".join(prompts[row] or b"" for row in at), ">u8").reshape(-1, 2)
    records["high"], records["low"] = halves[:, 0], halves[:, 1]
    mine = rows[at]
    deeds = (hashlib.blake2b(action.encode(), digest_size=8).digest() for action in mine["action"].to_list())
    records["deed"] = [int.from_bytes(digest, "big") for digest in deeds]
    records["id"], records["row"], records["file"] = ids[at], at, file
    records["rank"] = mine["rank"].to_numpy()
    records["verdict"] = [VERDICTS[role] for role in mine["role"].to_list()]
    return records


def paired(judged: Records, contests: Mapping[int, Sequence[int]]) -> Pairs:
    """The pairs among all records of a partition; `contests` are the walks that each is better than, by their ids.

    A row is in one pair at most, and no two pairs of a prompt reject the same action. The best rows come first: of the
    lowest rank, then of the lowest id.
    """
    every = ordered(judged, "high", "low", "rank", "id", "file", "row")
    pairs: list[tuple[Place, Place, str]] = []
    against: list[Place] = []
    for members in np.split(every, np.flatnonzero(begins(every))[1:]):
        if len(members) > 1 and (members["verdict"] != GOOD).any():
            rows = [_Row(*row) for row in members[["file", "row", "deed", "id", "verdict"]].tolist()]
            right = {row.deed for row in rows if row.verdict == GOOD}
            against += [row.place for row in rows if row.verdict == HARMFUL and row.deed in right]
            pairs += _of_prompt(rows, right, contests)
    return Pairs(tuple(sorted(pairs)), tuple(sorted(against)))


@dataclass(frozen=True, slots=True)
class _Row:
    file: int
    row: int
    deed: int
    id: int
    verdict: int

    @property
    def place(self) -> Place:
        return self.file, self.row


def _of_prompt(
    rows: Sequence[_Row], right: set[int], contests: Mapping[int, Sequence[int]]
) -> Iterator[tuple[Place, Place, str]]:
    wrong: dict[int, _Row] = {}
    for row in rows:
        if row.verdict == HARMFUL and row.deed not in right:
            wrong.setdefault(row.deed, row)
    good = [row for row in rows if row.verdict == GOOD]
    used: set[Place] = set()
    for chosen, rejected in zip(good, wrong.values(), strict=False):
        used |= {chosen.place, rejected.place}
        yield chosen.place, rejected.place, LABELLED
    refused = {row.deed for row in wrong.values() if row.place in used}
    for winner in rows:
        for other in contests.get(winner.id, ()):
            loser = next((row for row in rows if row.id == other and row.place not in used), None)
            if loser is None or winner.place in used or winner.verdict == HARMFUL or loser.verdict == GOOD:
                continue
            if loser.deed in right | refused | {winner.deed} or winner.deed in refused:
                continue
            used |= {winner.place, loser.place}
            refused.add(loser.deed)
            yield winner.place, loser.place, BETTER


def settled(rows: pl.DataFrame, partners: pl.DataFrame, against: pl.DataFrame) -> pl.DataFrame:
    """The rows with those of `dpo` in their pairs, `survivor` the partner, or dropped, in the order given.

    `partners` (`PARTNERS`, in order of their rows) has why a row is in a pair: `LABELLED`, `BETTER` or `WORSE`.
    """
    joined = (
        rows.with_row_index("row")
        .join(partners, on="row", how="left", maintain_order="left")
        .join(against.with_columns(against=pl.lit(True)), on="row", how="left", maintain_order="left")
    )
    open_ = (pl.col("use") == "dpo") & (pl.col("role") != "dropped")
    there = open_ & pl.col("partner").is_not_null()
    lost = open_ & ~there
    unsaid = pl.col("role") == "context"
    rule = (
        pl.when(lost & pl.col("against").is_not_null())
        .then(pl.lit(CONTRADICTED))
        .when(lost & ~unsaid)
        .then(pl.lit(NO_PARTNER))
        .when(there & (pl.col("why") != LABELLED))
        .then("why")
        .otherwise("rule")
    )
    role = (
        pl.when(lost)
        .then(pl.lit("dropped"))
        .when(there & (pl.col("why") == BETTER))
        .then(pl.lit("target"))
        .when(there & (pl.col("why") == WORSE))
        .then(pl.lit("negative"))
        .otherwise("role")
    )
    return joined.with_columns(
        rule=rule,
        role=role,
        split=pl.when(~lost).then("split"),
        survivor=pl.when(there).then("partner").otherwise("survivor"),
    ).select(rows.columns)
