"""The tasks of a lake that were seen to be done: what composed tasks are made of."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.agree.verdicts import refused_of
from pipelines.compose.composing import Part, subjects_of
from pipelines.curate.roles.counting import counted
from pipelines.curate.roles.phrasings import family
from pipelines.curate.similarity.contamination import hits
from pipelines.lake.delta import Snapshot
from pipelines.lake.explored import explored
from schemas.conditions import SetUp, TaskCheck, parse_check, parse_setup
from schemas.errors import ConfigurationError
from schemas.identity import canonical_location
from schemas.keys import parse_json, plain_text

PLATFORMS = ("web", "desktop")
"""Where tasks can be tried."""

BENCHMARK = "benchmark"
HELD_OUT = ("validation", "test")


@dataclass(frozen=True, slots=True)
class Verified:
    """The parts, sorted by id, and how many tasks are none, by reason."""

    parts: tuple[Part, ...]
    refused: Mapping[str, int]


def verified_parts(snapshot: Snapshot, benchmarks: pl.DataFrame, *, words: int, curation: str | None) -> Verified:
    """The tasks whose run a label calls good, and those that were given and checked; each sentence of an app once.

    Left out is what a labeler refused, what an episode did that was given a benchmark's task, what says, begins or is
    in the app of one of `benchmarks` (screens are not compared), and what the curation of that name holds out.

    Raises:
        LakeError: if the lake can't be read.
    """
    tasks = {row["task_id"]: row for row in snapshot.read("tasks").to_pylist()}
    held_out = _held_out(snapshot, curation)
    refused: Counter[str] = Counter()
    parts_by_text: dict[tuple[str, str, str], Part] = {}
    for bucket in range(snapshot.buckets):
        for part, why in _parts(snapshot, bucket, tasks, held_out):
            if why is not None:
                refused[why] += 1
                continue
            same = parts_by_text.setdefault((part.platform, part.app, plain_text(part.text)), part)
            # A part with a check goes first, then the least id: whatever the order of the buckets.
            parts_by_text[same.platform, same.app, plain_text(same.text)] = min(
                same, part, key=lambda part: (part.check is None, part.part_id)
            )
    parts = sorted(parts_by_text.values(), key=lambda part: part.part_id)
    rows = [{"instruction_id": part.part_id, "text": part.text, "app": part.app, "start": part.begin} for part in parts]
    schema = dict.fromkeys(("instruction_id", "text", "app", "start"), pl.String)
    shown = pl.DataFrame(schema=dict.fromkeys(("instruction_id", "phash256", "dhash64"), pl.String))
    hit = set(hits(pl.DataFrame(rows, schema=schema), shown, benchmarks, words=words)["instruction_id"].to_list())
    refused["found in a benchmark"] += len(hit)
    return Verified(
        tuple(part for part in parts if part.part_id not in hit),
        {why: count for why, count in sorted(refused.items()) if count},
    )


def _parts(
    snapshot: Snapshot, bucket: int, given_tasks: Mapping[str, Mapping[str, Any]], held_out: frozenset[str]
) -> Iterator[tuple[Part, str | None]]:
    """Each task of a bucket as a part, and why it is none."""
    trajectories = {row["trajectory_id"]: row for row in explored(snapshot, bucket=bucket).to_pylist()}
    instructions = snapshot.read("instructions", bucket=bucket)
    tasks = instructions.filter((pc.field("kind") == "task") & (pc.field("level") == "high")).to_pylist()
    labels = counted(snapshot.read("labels", bucket=bucket), ())
    wrong, verdicts = set(refused_of(labels)), _verdicts(labels)
    steps: dict[str, list[dict[str, Any]]] = {}
    columns = ["trajectory_id", "step_index", "before", "after", "action", "target"]
    for row in snapshot.read("steps", bucket=bucket, columns=columns).sort_by("step_index").to_pylist():
        steps.setdefault(row["trajectory_id"], []).append(row)
    for row in tasks:
        trajectory = trajectories.get(row["trajectory_id"])
        if trajectory is None:
            continue
        path = [step for step in steps.get(row["trajectory_id"], ()) if step["step_index"] in row["path"]]
        task = given_tasks.get(trajectory["task_id"])
        checked = trajectory["success"] is True and row["text"] == trajectory["goal"]
        part = _part(row["instruction_id"], row["text"], trajectory, path, task, row["answer"], checked=checked)
        verdict = verdicts.get(row["instruction_id"], set())
        why = _why_not(trajectory, part, task)
        if row["instruction_id"] in wrong:
            why = "refused by a labeler"
        elif not checked and verdict != {"good"}:
            why = "no label calls its run good" if "good" not in verdict else "labelers disagree"
        elif row["instruction_id"] in held_out:
            why = "held out by the curation"
        yield part, why
    written = {(row["trajectory_id"], row["text"]) for row in tasks}
    for trajectory in trajectories.values():
        task = given_tasks.get(trajectory["task_id"])
        if (
            task is not None
            and trajectory["success"] is True
            and (trajectory["trajectory_id"], task["text"]) not in written
        ):
            path = steps.get(trajectory["trajectory_id"], [])
            part = _part(task["task_id"], task["text"], trajectory, path, task, None, checked=True)
            yield part, _why_not(trajectory, part, task)


def _part(
    name: str,
    text: str,
    trajectory: Mapping[str, Any],
    path: list[dict[str, Any]],
    task: Mapping[str, Any] | None,
    answer: str | None,
    *,
    checked: bool,
) -> Part:
    """A task with where it begins and ends; `task` is the one that its episode was given, `checked` if it is that.

    What begins in the middle of an episode can be begun by itself where its first screen has an address.
    """
    start, end = trajectory["start"], None
    begins_late = not checked and bool(path) and path[0]["step_index"] > 0
    if trajectory["platform"] == "web" and path:
        first, last = path[0]["before"], path[-1]["after"]
        if begins_late:
            start = (first and first["location"]) or ""
        end = canonical_location(last["location"]) if last is not None and last["location"] else None
    elif begins_late:
        start = ""
    begin = canonical_location(start)
    setup = parse_setup(parse_json(task["setup"].encode())) if task is not None and task["setup"] else SetUp()
    check: TaskCheck | None = None
    if checked and task is not None and task["check"]:
        check = parse_check(parse_json(task["check"].encode()))
    return Part(
        part_id=name,
        text=text,
        platform=trajectory["platform"],
        app=trajectory["app"],
        start=start,
        begin=begin,
        end=end,
        subjects=subjects_of(path),
        asks=answer is not None,
        setup=setup,
        check=check,
    )


def _why_not(trajectory: Mapping[str, Any], part: Part, task: Mapping[str, Any] | None) -> str | None:
    if trajectory["platform"] not in PLATFORMS:
        return "no task of its platform can be tried"
    if task is not None and task["source"] == BENCHMARK:
        return "its episode was given a benchmark's task"
    if not part.start or (part.platform == "web" and not part.start.startswith(("http://", "https://"))):
        return "it begins nowhere that can be opened"
    return None


def _verdicts(labels: pa.Table) -> dict[str, set[str]]:
    """What was said of each instruction's run, but for those that abstain."""
    verdicts: dict[str, set[str]] = {}
    for row in labels.filter(pc.field("subject") == "span").to_pylist():
        if row["instruction_id"] is not None and row["verdict"] != "abstain":
            verdicts.setdefault(row["instruction_id"], set()).add(row["verdict"])
    return verdicts


def _held_out(snapshot: Snapshot, curation: str | None) -> frozenset[str]:
    """The tasks of which the curation holds out a phrasing.

    Raises:
        ConfigurationError: if the lake has no curation of that name.
    """
    if curation is None:
        return frozenset()
    if not snapshot.files_of("decisions", curation=curation):
        raise ConfigurationError(f"no curation {curation!r} in the lake")
    rows = snapshot.read("decisions", curation=curation, columns=["instruction_id", "split"])
    out = pl.DataFrame(rows.filter(pc.is_in(rows["split"], value_set=pa.array(HELD_OUT)))).unique()
    instructions = pl.DataFrame(snapshot.read("instructions", columns=["instruction_id", "kind", "parent_id"]))
    families = out.join(instructions.select("instruction_id", family=family()), on="instruction_id")
    return frozenset(families["family"].to_list())
