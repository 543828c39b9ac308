"""The proven tasks of a lake as `rollout` reads them: where each starts, its check, and the walk that does it."""

import json
from collections.abc import Iterator
from typing import Any

import polars as pl

from pipelines.lake.delta import Snapshot
from schemas.errors import ConfigurationError
from schemas.keys import key, plain_text

SOURCE = "derived"


def proven_tasks(snapshot: Snapshot, *, curation: str | None = None, split: str | None = None) -> list[dict[str, Any]]:
    """The tasks, each text of a start once, sorted by id; with a curation those that it trains on, or of one side.

    Raises:
        ConfigurationError: if the lake has no curation of that name, or a split is asked of none.
        LakeError: if the lake can't be read.
    """
    wanted = None if curation is None else _of(snapshot, curation, split)
    if curation is None and split is not None:
        raise ConfigurationError("a split is one of a curation: name that too")
    taught = frozenset(snapshot.read("proofs", columns=["taught_as"])["taught_as"].drop_null().to_pylist())
    wanted = taught if wanted is None else wanted & taught
    tasks: dict[str, dict[str, Any]] = {}
    for bucket in range(snapshot.buckets):
        for task in _tasks(snapshot, bucket, wanted):
            tasks.setdefault(task["id"], task)
    return [tasks[name] for name in sorted(tasks)]


def _of(snapshot: Snapshot, curation: str, split: str | None) -> frozenset[str]:
    """The instructions that a curation has targets of."""
    if not snapshot.files_of("decisions", curation=curation):
        raise ConfigurationError(f"no curation {curation!r} in the lake")
    columns = ["instruction_id", "role", "split"]
    rows = pl.DataFrame(snapshot.read("decisions", curation=curation, columns=columns))
    rows = rows.filter(pl.col("role") == "target")
    if split is not None:
        rows = rows.filter(pl.col("split") == split)
    return frozenset(rows["instruction_id"].drop_nulls().to_list())


def _tasks(snapshot: Snapshot, bucket: int, wanted: frozenset[str]) -> Iterator[dict[str, Any]]:
    columns = ["trajectory_id", "platform", "app", "start"]
    rows = snapshot.read("trajectories", bucket=bucket, columns=columns).to_pylist()
    walks = {row["trajectory_id"]: row for row in rows}
    told = pl.DataFrame(snapshot.read("instructions", bucket=bucket)).filter(pl.col("instruction_id").is_in(wanted))
    for row in told.sort("instruction_id").to_dicts():
        walk = walks.get(row["trajectory_id"])
        if walk is None or row["claim"] is None:
            continue
        yield {
            "id": key("proven task", plain_text(row["text"]), row["answer"], walk["platform"], walk["start"]),
            "text": row["text"],
            "platform": walk["platform"],
            "app": walk["app"],
            "start": walk["start"],
            "check": json.loads(row["claim"]),
            **({} if row["template"] is None else {"template": row["template"]}),
            "source": SOURCE,
            "instruction_id": row["instruction_id"],
            "trajectory_id": row["trajectory_id"],
        }
