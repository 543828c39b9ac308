"""The tasks of a lake to prove: what was done for each, where it starts, what is claimed and what its words ask for."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.compute as pc

from labelers.reading import Unread, Vocabulary, read, vocabulary_of
from pipelines.lake.delta import Snapshot
from pipelines.lake.episodes import Trees
from pipelines.lake.explored import explored
from pipelines.prove.lanes import Claimed
from schemas.arrow import from_row
from schemas.conditions import TaskCheck, parse_check
from schemas.keys import key
from schemas.pages import Page
from schemas.proofs import EXPERIMENT
from schemas.records import Choice, Step

CHANGED = "sent "
"""How a notice begins that tells of what a step sent to the site besides reading (`explorers/core/aftermath`)."""


@dataclass(frozen=True, slots=True)
class Task:
    """A task of the lake; `instructions` are the ids of all that say it of this path, the least first.

    `whole` says that its trees hold the whole page. `changes` are the steps that sent something.
    """

    instructions: tuple[str, ...]
    trajectory_id: str
    text: str
    answer: str | None
    template: str | None
    app: str
    claimed: Claimed
    whole: bool
    changes: tuple[int, ...]


def vocabularies(snapshot: Snapshot) -> Mapping[str, Vocabulary]:
    """What each application calls its lists, from everything that was seen of it while it was explored."""
    pages: dict[str, list[Page]] = {}
    for bucket in range(snapshot.buckets):
        explored = _explored(snapshot, bucket)
        trees = Trees(snapshot.read("trees", bucket=bucket, columns=["tree", "nodes"]))
        seen: set[tuple[str, str, str | None]] = set()
        for step in _steps(snapshot, bucket, explored):
            after = step.after
            if after is None or after.tree is None or (step.app, after.tree, after.title) in seen:
                continue
            seen.add((step.app, after.tree, after.title))
            page = Page(trees[after.tree], title=after.title, location=after.location)
            if page.tables:
                pages.setdefault(step.app, []).append(page)
    return {app: vocabulary_of(each) for app, each in sorted(pages.items())}


def tasks_of(snapshot: Snapshot, bucket: int, words: Mapping[str, Vocabulary]) -> Iterator[Task]:
    """The high-level tasks of a bucket, each text of a start and path once, in order of their ids."""
    explored = _explored(snapshot, bucket)
    rows = snapshot.read("instructions", bucket=bucket)
    read_by_models = rows.filter(pc.field("kind") == "check")
    rows = rows.filter(
        (pc.field("level") == "high") & (pc.field("kind") == "task") & (pc.field("labeler") != EXPERIMENT)
    )
    checks = {row["parent_id"]: row["claim"] for row in sorted(read_by_models.to_pylist(), key=_whose)}
    trees = Trees(snapshot.read("trees", bucket=bucket, columns=["tree", "nodes"]))
    steps = {(step.trajectory_id, step.step_index): step for step in _steps(snapshot, bucket, explored)}
    same: dict[str, list[dict[str, Any]]] = {}
    for row in sorted(rows.to_pylist(), key=lambda row: str(row["instruction_id"])):
        if row["trajectory_id"] in explored and row["path"]:
            path = [step for index in row["path"] if (step := steps.get((row["trajectory_id"], index))) is not None]
            if len(path) == len(row["path"]):
                same.setdefault(key("task", row["text"], row["answer"], *_done(path)), []).append(row)
    for group in same.values():
        first = group[0]
        path = [steps[first["trajectory_id"], index] for index in first["path"]]
        claim = next((checks[row["instruction_id"]] for row in group if row["instruction_id"] in checks), None)
        yield _task(group, explored[first["trajectory_id"]], path, trees, words, claim)


def _whose(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return row["labeler"], row["labeler_version"], row["instruction_id"]


def _task(
    group: list[dict[str, Any]],
    app: str,
    path: list[Step],
    trees: Trees,
    words: Mapping[str, Vocabulary],
    read_by_model: str | None,
) -> Task:
    """A task that the rows of a group state; what its words ask for is read by the rules, else by a model."""
    row = group[0]
    before = path[0].before
    asked: TaskCheck | None = None
    unread = ""
    try:
        asked = read(row["text"], words.get(app, Vocabulary()), answer=row["answer"])
    except Unread as error:
        unread = str(error)
        asked = None if read_by_model is None else parse_check(json.loads(read_by_model))
    held = [trees[seen.tree] for step in path for seen in (step.before,) if seen is not None and seen.tree is not None]
    claimed = Claimed(
        start=relative((before and before.location) or ""),
        path=tuple(Choice(step.action, step.target) for step in path),
        claim=None if row["claim"] is None else parse_check(json.loads(row["claim"])),
        read=asked,
        unread=unread,
    )
    return Task(
        instructions=tuple(each["instruction_id"] for each in group),
        trajectory_id=row["trajectory_id"],
        text=row["text"],
        answer=row["answer"],
        template=row["template"],
        app=app,
        claimed=claimed,
        whole=any(node.has("offscreen") for tree in held for node in tree.nodes),
        changes=tuple(step.step_index for step in path if _changes(step)),
    )


def relative(location: str) -> str:
    """An address without its scheme, host and port: what copies of an application share."""
    parts = urlsplit(location)
    if parts.scheme not in ("http", "https"):
        return location
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.path or '/'}{query}" + (f"#{parts.fragment}" if parts.fragment else "")


def _done(path: list[Step]) -> list[object]:
    before = path[0].before
    return [relative((before and before.location) or ""), *([step.action, step.target] for step in path)]


def _changes(step: Step) -> bool:
    notice = step.after.notice if step.after is not None else None
    return notice is not None and any(part.startswith(CHANGED) for part in notice.split("; "))


def _explored(snapshot: Snapshot, bucket: int) -> dict[str, str]:
    """The application of each trajectory of the bucket that was no attempt."""
    rows = explored(snapshot, bucket=bucket, columns=["trajectory_id", "app"])
    return dict(zip(rows["trajectory_id"].to_pylist(), rows["app"].to_pylist(), strict=True))


def _steps(snapshot: Snapshot, bucket: int, trajectories: Mapping[str, str]) -> Iterator[Step]:
    rows: pa.Table = snapshot.read("steps", bucket=bucket)
    rows = rows.filter(pc.is_in(rows["trajectory_id"], value_set=pa.array(sorted(trajectories), pa.string())))
    for batch in rows.to_batches(max_chunksize=1_024):
        for row in batch.to_pylist():
            yield from_row(Step, row)
