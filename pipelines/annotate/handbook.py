"""The handbook of a lake: runs of steps that recur, with the names and procedures that a model gave them."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import polars as pl

from labelers.askers.handbook import RecurringRun
from pipelines.annotate.recurring import LEAST, markdown, recurring, spoken
from pipelines.lake.delta import Lake, Snapshot
from pipelines.lake.explored import explored
from schemas.errors import ConfigurationError, LakeError

_STEPS = ["trajectory_id", "step_index", "action", "target", "result", "continuous"]
_LABELS = ["subject", "other_id", "rule", "reason", "labeler", "labeler_version"]
FORMS = (".md", ".json")


def runs_of(lake: Lake, *, least: int = LEAST) -> list[RecurringRun]:
    """The runs that recur in a lake, in at least so many episodes of an app.

    Raises:
        LakeError: if the lake can't be read.
    """
    return _runs(lake.snapshot(), least)


def entries(lake: Lake, *, least: int = LEAST, labeler: tuple[str, str | None] | None = None) -> list[dict[str, Any]]:
    """An entry a run: `app`, `key`, `name`, `procedure`, who gave these, `acts`, and where and how often it is.

    Of several labelers that named a run, or several versions, the first by name counts, or the one that is named. A run
    that none named is called by its acts, and its `labeler` is null.

    Raises:
        LakeError: if the lake can't be read.
    """
    snapshot = lake.snapshot()
    labels = cast(pl.DataFrame, pl.from_arrow(snapshot.read("labels", columns=_LABELS)))
    named = labels.filter((pl.col("subject") == "span") & pl.col("labeler").str.starts_with("handbook/"))
    if labeler is not None:
        name, version = labeler
        named = named.filter(
            (pl.col("labeler") == name) & (pl.lit(version is None) | (pl.col("labeler_version") == version))
        )
    known: dict[str, dict[str, Any]] = {}
    for row in named.sort(
        "labeler", "labeler_version", "rule", "reason", descending=[False, True, False, False]
    ).to_dicts():
        known.setdefault(row["other_id"], row)
    return [_entry(run, known.get(run.key)) for run in _runs(snapshot, least)]


def write_handbook(path: Path, handbook: Sequence[dict[str, Any]]) -> None:
    """Writes entries as Markdown or JSON, by the suffix; the same entries give the same bytes.

    Raises:
        ConfigurationError: for another suffix.
        LakeError: if it can't be written.
    """
    if path.suffix not in FORMS:
        raise ConfigurationError(f"{path}: expected a handbook as {' or '.join(FORMS)}")
    text = (
        markdown(handbook) if path.suffix == ".md" else json.dumps(list(handbook), ensure_ascii=False, indent=1) + "\n"
    )
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise LakeError(f"{path}: expected to write the handbook, found {error}") from error


def _runs(snapshot: Snapshot, least: int) -> list[RecurringRun]:
    trajectories = explored(snapshot, columns=["trajectory_id", "app"])
    return recurring(trajectories, snapshot.read("steps", columns=_STEPS), least=least)


def _entry(run: RecurringRun, named: dict[str, Any] | None) -> dict[str, Any]:
    acts = [asdict(act) for act in run.acts]
    words = ", then ".join(spoken(act) for act in acts)
    return {
        "app": run.app,
        "key": run.key,
        "name": words if named is None else named["rule"],
        "procedure": words[:1].upper() + words[1:] + "." if named is None else named["reason"],
        "labeler": None if named is None else f"{named['labeler']}@{named['labeler_version']}",
        "acts": acts,
        "episodes": run.episodes,
        "times": run.times,
        "trajectory_id": run.trajectory_id,
        "first_step": run.first_step,
    }
