"""The way of people's answers into the lake: the queue of what they should look at, and what they said of it."""

from pathlib import Path
from typing import Any, cast

import polars as pl

from labelers.kit.questions import HUMAN
from pipelines.agree.calibration import Gold, read_gold
from pipelines.agree.job import add_labels
from pipelines.agree.views import VIEWS
from pipelines.lake.delta import Lake, Snapshot, open_lake
from pipelines.lake.sql import connect, query, rows_of
from pipelines.running.jobs import Summary, begin
from schemas.errors import ConfigurationError, LakeError
from schemas.keys import bucket_of, key
from schemas.opinions import Label, Subject

SCORES = {"good": 5.0, "neutral": 3.0, "harmful": 1.0}
"""What a person's verdict on a run is on the scale of trajectory scores."""

READS = ("trajectories", "steps", "instructions", "labels")


def queue(lake: Lake, *, most: int | None = None) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """The names of the columns, and the rows that a person should look at, the most telling first.

    Steps and runs and nothing else: what a file of answers can name.

    Raises:
        ConfigurationError: if the query fails as it runs.
        LakeError: if the lake can't be read.
    """
    limit = "" if most is None else f"limit {most}"
    text = f"""
        select trajectory_id, step, instruction_id, '' as verdict, '' as reason, aim, app, action, target_role,
            target_name, location, disagreement, margin,
            list_transform(verdicts, lambda one:
                concat_ws(' ', one.labeler, one.verdict, one.score, one.reason)) as said,
            screen_before, screen_after
        from review where question = 'goal' and subject in ('step', 'span', 'trajectory') order by place {limit}
    """
    connection = connect(lake, views=VIEWS)
    try:
        return rows_of(query(connection, text))
    finally:
        connection.close()


def take_answers(lake_url: str, path: Path, *, by: str) -> Summary:
    """Writes a person's answers as labels of `human`, version `by`; the same again adds nothing.

    A row without a verdict is not answered yet.

    Raises:
        ConfigurationError: if the file is no gold set, names what is not in the lake, or that person said otherwise.
        LakeError: if the lake can't be read or written.
    """
    gold = read_gold(path, unanswered=True)
    if not gold.rows.height:
        raise LakeError(f"{path}: expected answers in the column verdict, found none")
    lake = open_lake(lake_url)
    configuration = {"labeler": HUMAN, "version": by, "answers": gold.digest}
    job = begin(lake, "review", configuration, reads=READS, order=("labels",), writer=f"review {by}")
    snapshot = job.work.snapshot
    made = _labels(snapshot, gold, by)
    known = _known(snapshot, by)
    for label in made:
        if known.get(_subject(label), label.verdict) != label.verdict:
            raise ConfigurationError(
                f"{path}: {label.trajectory_id}, step {label.first_step}: expected {known[_subject(label)]} as {by} "
                f"said before, found {label.verdict}; answer as somebody else by --by NAME"
            )
    buckets: dict[int, list[Label]] = {}
    for label in made:
        if _subject(label) not in known:
            buckets.setdefault(bucket_of(label.trajectory_id, lake.buckets), []).append(label)
    return add_labels(job, sorted(buckets.items()), _counted_as)


def _counted_as(label: Label) -> str:
    return f"{label.subject}: {label.verdict}"


_Subject = tuple[str, str, int | None, str | None]


def _subject(label: Label) -> _Subject:
    return label.trajectory_id, label.subject, label.first_step, label.instruction_id


def _known(snapshot: Snapshot, by: str) -> dict[_Subject, str]:
    labels = cast(pl.DataFrame, pl.from_arrow(snapshot.read("labels", columns=_KNOWN)))
    mine = labels.filter((pl.col("labeler") == HUMAN) & (pl.col("labeler_version") == by))
    return {(row[0], row[1], row[2], row[3]): row[4] for row in mine.rows()}


_KNOWN = ["trajectory_id", "subject", "first_step", "instruction_id", "verdict", "labeler", "labeler_version"]


def _labels(snapshot: Snapshot, gold: Gold, by: str) -> list[Label]:
    def rows(table: str, *columns: str) -> dict[Any, tuple[Any, ...]]:
        stored = cast(pl.DataFrame, pl.from_arrow(snapshot.read(table, columns=list(columns)))).rows()
        return {row[: 2 if table == "steps" else 1]: row for row in stored}

    trajectories = rows("trajectories", "trajectory_id", "digest")
    steps = rows("steps", "trajectory_id", "step_index")
    instructions = rows("instructions", "instruction_id", "trajectory_id", "first_step", "last_step")
    made = []
    for row in gold.rows.to_dicts():
        name, step, instruction = row["trajectory_id"], row["step"], row["instruction_id"]
        run = instructions.get((instruction,)) if instruction is not None else None
        if (name,) not in trajectories or (step is not None and (name, step) not in steps):
            raise ConfigurationError(f"expected trajectories and steps of the lake, found {name}, step {step}")
        if instruction is not None and (run is None or run[1] != name):
            raise ConfigurationError(f"expected an instruction of {name}, found {instruction}")
        subject: Subject = "step" if step is not None else "trajectory" if run is None else "span"
        # As with models, a run is known by its instruction, and its label names no steps.
        made.append(
            Label(
                label_id=key("label", HUMAN, by, name, subject, step, instruction),
                trajectory_id=name,
                subject=subject,
                first_step=step,
                last_step=step,
                instruction_id=instruction,
                verdict=row["verdict"],
                score=None if step is not None else SCORES[row["verdict"]],
                reason=(row["reason"] or "").strip() or "a person said so",
                rule="answered",
                labeler=HUMAN,
                labeler_version=by,
                input=trajectories[(name,)][1],
            )
        )
    return made
