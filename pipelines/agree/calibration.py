"""Calibration: a labeler's verdicts against a gold set, slice by slice; and two labelers against each other.

Gold is what people or a program said: CSV, JSON lines or Parquet with `trajectory_id`, `step` (null for a run as a
whole), `instruction_id` (null where the verdict is of the trajectory's own goal) and `verdict` (good or harmful;
neutral rows are left out, as the binary policy does).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any, Literal, cast

import polars as pl

from pipelines.agree.agreement import Confusion, RiskPoint, risk_curve, suggested_threshold
from pipelines.agree.ensembles import NO_VERDICTS
from pipelines.lake.delta import Lake, write_rows
from schemas.arrow import table_of
from schemas.choices import Calibration
from schemas.errors import ConfigurationError
from schemas.keys import content_id, key
from schemas.tables import TABLES

Subject = Literal["step", "run"]
Slice = Literal["all", "app", "action", "position"]

EARLY = 7
"""Steps of a run that are early; STEVE's verifier was worse after them."""

PRECISION = 0.9
"""What a threshold is suggested for."""

_VERDICTS = {"good": True, "harmful": False}
_COLUMNS = ("trajectory_id", "step", "instruction_id", "verdict")


@dataclass(frozen=True, slots=True)
class Judged:
    """A gold row beside what a labeler says: None where it abstains, is neutral or was not asked."""

    subject: Subject
    app: str
    action: str
    position: str
    gold: bool
    said: bool | None
    score: float | None


@dataclass(frozen=True, slots=True)
class Gold:
    """A gold set: its rows, and the sha256 that names it; the reasons that rows may give are no part of that."""

    rows: pl.DataFrame
    digest: str


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What a calibration found: a row a slice, and the risk curve of the runs."""

    rows: tuple[Calibration, ...]
    curve: tuple[RiskPoint, ...]


def read_table(path: Path) -> pl.DataFrame:
    """The rows of a CSV, JSON lines or Parquet file as they are.

    Raises:
        ConfigurationError: if it can't be read.
    """
    readers: dict[str, Callable[[Path], pl.DataFrame]] = {
        ".csv": pl.read_csv,
        ".parquet": pl.read_parquet,
        ".jsonl": pl.read_ndjson,
    }
    if path.suffix not in readers:
        raise ConfigurationError(f"{path}: expected a gold set as {', '.join(readers)}")
    try:
        return readers[path.suffix](path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise ConfigurationError(f"{path}: expected a gold set: {str(error)[:200]}") from error


def read_gold(path: Path, *, unanswered: bool = False) -> Gold:
    """A gold set from its file; where rows may be `unanswered`, those without a verdict are left out.

    Raises:
        ConfigurationError: if it can't be read, lacks a column, has a strange verdict, or two on one subject.
    """
    table = read_table(path)
    if missing := [name for name in ("trajectory_id", "verdict") if name not in table.columns]:
        raise ConfigurationError(f"{path}: expected the columns {', '.join(_COLUMNS)}, found no {missing[0]}")
    absent = [pl.lit(None).alias(name) for name in (*_COLUMNS, "reason") if name not in table.columns]
    try:
        rows = table.with_columns(absent).select(
            pl.col("trajectory_id").cast(pl.String),
            pl.col("step").cast(pl.Int32),
            pl.col("instruction_id").cast(pl.String),
            pl.col("verdict").cast(pl.String),
            pl.col("reason").cast(pl.String, strict=False),
        )
    except pl.exceptions.PolarsError as error:
        raise ConfigurationError(f"{path}: expected a step as a whole number: {str(error)[:200]}") from error
    if unanswered:
        rows = rows.filter(pl.col("verdict").fill_null("") != "")
    strange = set(rows["verdict"].to_list()) - {*_VERDICTS, "neutral"}
    if strange:
        raise ConfigurationError(
            f"{path}: expected the verdicts good, neutral or harmful, found {sorted(map(str, strange))[0]}"
        )
    if rows.select(_COLUMNS[:3]).is_duplicated().any():
        raise ConfigurationError(f"{path}: expected one verdict a subject, found two of the same")
    rows = rows.sort(_COLUMNS, nulls_last=False)
    return Gold(rows, content_id(rows.select(_COLUMNS).write_csv().encode()))


def judged(lake: Lake, gold: Gold, labeler: str, version: str | None) -> tuple[str, list[Judged]]:
    """Each gold row beside the labeler's verdict, and the version that gave it (None: the only one there is).

    Raises:
        ConfigurationError: if the lake has no label of the labeler, or several versions and none is named.
    """
    snapshot = lake.snapshot()
    version, labels = of_one_version(cast(pl.DataFrame, pl.from_arrow(snapshot.read("labels"))), labeler, version)
    # Who judges sentences and no runs, the critic, is compared by them.
    judges_runs = labels["subject"].is_in(["step", "span"]).any()
    subjects = ["step", "span", "trajectory", *([] if judges_runs else ["instruction"])]
    mine = (
        labels.filter(pl.col("subject").is_in(subjects))
        .with_columns(pl.when(pl.col("subject") == "step").then(pl.col("first_step")).alias("step"))
        .filter(~pl.col("rule").fill_null("").is_in(NO_VERDICTS))
        .select("trajectory_id", "step", "instruction_id", pl.col("verdict").alias("said"), "score")
    )
    facts = cast(pl.DataFrame, pl.from_arrow(snapshot.read("steps", columns=["trajectory_id", "step_index", "action"])))
    steps = facts.select(
        "trajectory_id", pl.col("step_index").alias("step"), pl.col("action").struct.field("kind").alias("action")
    )
    apps = cast(pl.DataFrame, pl.from_arrow(snapshot.read("trajectories", columns=["trajectory_id", "app"])))
    joined = (
        gold.rows.join(mine, on=["trajectory_id", "step", "instruction_id"], how="left", nulls_equal=True)
        .join(steps, on=["trajectory_id", "step"], how="left")
        .join(apps, on="trajectory_id", how="left")
        .sort("trajectory_id", "step", "instruction_id", "said", nulls_last=False)
    )
    unknown = joined.filter(pl.col("app").is_null())
    if unknown.height:
        raise ConfigurationError(
            f"expected trajectories of the lake, found {unknown['trajectory_id'][0]} in the gold set"
        )
    return version, [_judged(row) for row in joined.to_dicts() if row["verdict"] in _VERDICTS]


def calibrate(lake: Lake, gold: Gold, labeler: str, version: str | None = None) -> Calibrated:
    """The agreement of a labeler with the gold set, kept in the table `calibrations`; the same again adds nothing.

    Raises:
        ConfigurationError: if there is nothing to compare.
        LakeError: if the lake can't be read or written.
    """
    version, pairs = judged(lake, gold, labeler, version)
    rows: list[Calibration] = []
    curve: list[RiskPoint] = []
    for subject, of_subject in _grouped(pairs, attrgetter("subject")):
        scored = [(pair.gold, pair.score) for pair in of_subject if pair.score is not None]
        points = risk_curve(scored)
        curve += points if subject == "run" else []
        threshold = suggested_threshold(points, precision=PRECISION)
        for kind, value, part in slices(of_subject):
            rows.append(_row(labeler, version, gold, cast(Subject, subject), kind, value, part, threshold))
    _store(lake, labeler, version, rows)
    return Calibrated(tuple(rows), tuple(curve))


def slices(pairs: Sequence[Judged]) -> Iterator[tuple[Slice, str, list[Judged]]]:
    """All pairs, then those of each app, kind of action and position."""
    yield "all", "", list(pairs)
    kinds: tuple[Slice, ...] = ("app", "action", "position")
    for kind in kinds:
        for value, part in _grouped(pairs, attrgetter(kind)):
            if value:
                yield kind, value, part


@dataclass(frozen=True, slots=True)
class LabelerComparison:
    """Two labelers on the same subjects: how often they agree, and which verdicts flipped from one to the other."""

    both: int
    agree: int
    only_left: int
    only_right: int
    flips: dict[str, int]
    money: tuple[float, float]


def compare(lake: Lake, left: tuple[str, str | None], right: tuple[str, str | None]) -> LabelerComparison:
    """How two labelers, or two versions of one, differ on steps and runs relative to the same instruction.

    Raises:
        ConfigurationError: if one has no labels, or several versions and none is named.
    """
    snapshot = lake.snapshot()
    labels = cast(pl.DataFrame, pl.from_arrow(snapshot.read("labels")))
    calls = cast(pl.DataFrame, pl.from_arrow(snapshot.read("calls")))
    parts, money = [], []
    for name, version in (left, right):
        chosen, mine = of_one_version(labels, name, version)
        parts.append(mine.select(*_SUBJECT, "verdict").unique(_SUBJECT, keep="first"))
        paid = calls.filter((pl.col("labeler") == name) & (pl.col("labeler_version") == chosen))["money"].sum()
        money.append(float(paid or 0.0))
    joined = parts[0].join(parts[1], on=_SUBJECT, how="full", nulls_equal=True, suffix="_right", coalesce=True)
    both = joined.filter(pl.col("verdict").is_not_null() & pl.col("verdict_right").is_not_null())
    flips = (
        both.filter(pl.col("verdict") != pl.col("verdict_right"))
        .group_by("verdict", "verdict_right")
        .len()
        .sort("len", "verdict", "verdict_right", descending=[True, False, False])
    )
    return LabelerComparison(
        both=both.height,
        agree=both.filter(pl.col("verdict") == pl.col("verdict_right")).height,
        only_left=joined["verdict_right"].null_count(),
        only_right=joined["verdict"].null_count(),
        flips={f"{row['verdict']} to {row['verdict_right']}": row["len"] for row in flips.to_dicts()},
        money=(money[0], money[1]),
    )


_SUBJECT = ["trajectory_id", "subject", "first_step", "instruction_id"]


def of_one_version(labels: pl.DataFrame, labeler: str, version: str | None) -> tuple[str, pl.DataFrame]:
    """The verdicts of a labeler, and the version that gave them; None is the only one that there is.

    Raises:
        ConfigurationError: if there is no such version, or several and none is named.
    """
    mine = labels.filter((pl.col("labeler") == labeler) & (pl.col("rule").fill_null("") != "looked at"))
    versions = sorted(mine["labeler_version"].unique().to_list())
    if version is None and len(versions) == 1:
        version = versions[0]
    if version is None or version not in versions:
        listed = ", ".join(versions) or "none"
        raise ConfigurationError(f"expected labels of {labeler}@VERSION, found the versions {listed}")
    return version, mine.filter(pl.col("labeler_version") == version)


def _judged(row: dict[str, Any]) -> Judged:
    step = row["step"]
    return Judged(
        subject="run" if step is None else "step",
        app=row["app"],
        action=row["action"] or "",
        position="" if step is None else "early" if step < EARLY else "late",
        gold=_VERDICTS[row["verdict"]],
        said=_VERDICTS.get(row["said"]),
        score=row["score"],
    )


def _row(
    labeler: str,
    version: str,
    gold: Gold,
    subject: Subject,
    kind: Slice,
    value: str,
    part: Sequence[Judged],
    threshold: float | None,
) -> Calibration:
    confusion = Confusion.of((pair.gold, pair.said) for pair in part)
    precision, recall, kappa = confusion.precision, confusion.recall, confusion.kappa
    return Calibration(
        calibration_id=key("calibration", labeler, version, gold.digest, subject, kind, value, confusion),
        labeler=labeler,
        labeler_version=version,
        gold=gold.digest,
        subject=subject,
        slice=kind,
        value=value,
        true_positive=confusion.true_positive,
        false_positive=confusion.false_positive,
        true_negative=confusion.true_negative,
        false_negative=confusion.false_negative,
        open=confusion.open_,
        precision=precision.value,
        precision_low=precision.low,
        precision_high=precision.high,
        recall=recall.value,
        recall_low=recall.low,
        recall_high=recall.high,
        f1=confusion.f1,
        kappa=kappa.value,
        kappa_low=kappa.low,
        kappa_high=kappa.high,
        threshold=threshold if kind == "all" else None,
    )


def _store(lake: Lake, labeler: str, version: str, rows: Sequence[Calibration]) -> None:
    snapshot = lake.snapshot()
    known = set(snapshot.read("calibrations", columns=["calibration_id"])["calibration_id"].to_pylist())
    fresh = [row for row in rows if row.calibration_id not in known]
    if not fresh:
        return
    order = [(name, "ascending") for name in TABLES["calibrations"].order]
    file = write_rows(snapshot.url, "calibrations", table_of(Calibration, fresh).sort_by(order), bucket=0)
    job = f"calibrate-{key('calibrate', [row.calibration_id for row in fresh])}"
    lake.commit(snapshot, "calibrations", job=job, writer=f"calibrate {labeler} {version}", add=[file])


def _grouped(pairs: Sequence[Judged], by: Any) -> list[tuple[str, list[Judged]]]:
    return [(value, list(part)) for value, part in groupby(sorted(pairs, key=by), key=by)]
