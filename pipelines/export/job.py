"""Export: a curation becomes a dataset, a folder that needs nothing else.

Pass 1, per bucket, counts rows and image bytes; the number of shards follows from their sums. Pass 2, per bucket,
writes a part for each shard, with the images; pass 3, per shard, merges the parts in order. The folder is made beside
its place, and moved there when it is whole. A job that was killed and is started again counts, writes and merges only
what is not there yet.
"""

import json
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import apache_beam as beam
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.agree.verdicts import refused_of
from pipelines.curate.roles.planted import tainted, unlabelled
from pipelines.export import card, shards
from pipelines.export.formats import format_of
from pipelines.export.formats.examples import Example, Format, curated_steps, partner_of
from pipelines.lake.delta import Snapshot, check_name, open_lake
from pipelines.lake.screens import Screens
from pipelines.running.graph import beam_options, run_graph
from pipelines.running.jobs import Summary, begin, package_version
from pipelines.running.work import HandOver, Report, Work
from schemas.arrow import from_row
from schemas.errors import ConfigurationError, LakeError, LedgerError
from schemas.keys import bucket_of, content_id
from schemas.records import Step

READS = ("trajectories", "steps", "screens", "instructions", "decisions")
READS_FOR_THOUGHTS = (*READS, "labels", "trees")
SPLITS = ("train", "validation", "test")

SIZES = HandOver(
    "sizes",
    pa.schema([("split", pa.string()), ("rows", pa.int64()), ("bytes", pa.int64())]),
    writer="counts",
    readers=("counts",),
)
"""The rows of a bucket and the bytes of their images, by split."""

PARTS = HandOver(
    "parts",
    pa.schema([("split", pa.string()), ("shard", pa.int64()), ("file", pa.string())]),
    writer="parts",
    readers=("merge",),
)
"""The files with a bucket's rows, each for one shard."""


@dataclass(frozen=True, slots=True)
class Task:
    """What the stages of an export need to know."""

    work: Work
    curation: str
    format: str
    folder: str


def export(
    lake_url: str, name: str, format_name: str, out: Path, *, thoughts: bool = False, flags: Sequence[str] = ()
) -> Summary:
    """Writes a dataset of a curation into a new folder, or in the place of an earlier dataset.

    With `thoughts` those that labelers wrote stand before the actions, in a format that can hold them.

    Raises:
        ConfigurationError: for an unknown format or curation, or a folder that holds something else.
        LakeError: if the lake can't be read.
        LedgerError: if rows in are not rows out.
    """
    options = beam_options(flags, urls=(lake_url, str(out)))
    form = format_of(format_name, thoughts=thoughts)
    check_name(name)
    out = out.absolute()
    _check_out(out)
    lake = open_lake(lake_url)
    configuration = {"name": name, "format": form.name}
    reads = READS_FOR_THOUGHTS if form.thoughts else READS
    asked = {**configuration, "out": str(out), "version": package_version("hindtrace")}
    job = begin(lake, "export", configuration, reads=reads, known_by=asked, resume=True)
    work = job.work
    if not work.snapshot.files_of("decisions", curation=name):
        names = sorted({file.curation for file in work.snapshot.files["decisions"] if file.curation is not None})
        raise ConfigurationError(f"no curation {name!r} in the lake; there are {', '.join(names) or 'none'}")
    made = out.with_name(f".{out.name}.{work.job[-12:]}.part")
    if not made.exists():
        work.clear()  # of a job that was killed, whose folder is gone
    try:
        (made / "data").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LakeError(f"{out}: expected a place for the dataset, found {error}") from error
    task = Task(work, name, form.name, str(made))

    def build(pipeline: beam.Pipeline) -> None:
        buckets = pipeline | "Every bucket" >> beam.Create(range(lake.buckets)) | "Spread them" >> beam.Reshuffle()
        sizes = (
            buckets
            | "Count rows and bytes" >> beam.ParDo(_CountFn(task))
            | "By split" >> beam.GroupByKey()
            | "Count the shards" >> beam.Map(_shards)
        )
        (
            buckets
            | "Write the parts" >> beam.ParDo(_WritePartsFn(task), beam.pvalue.AsList(sizes))
            | "By shard" >> beam.GroupByKey()
            | "Merge the parts" >> beam.ParDo(_MergeFn(task))
        )

    run_graph(build, options)
    reports = work.collect("counts")
    rows = _sum(reports)
    _finish(task, form, out, made, rows)
    done = job.finish([Report(counts={f"rows, {line}": count for line, count in rows.items()})])
    return replace(done, changed=True)


class _CountFn(beam.DoFn):
    def __init__(self, task: Task) -> None:
        self._task = task

    def process(self, bucket: int) -> Iterator[tuple[str, tuple[int, int]]]:
        work = self._task.work
        if not work.is_done(bucket, stage="counts"):
            self._count(bucket)
        for row in work.handed(SIZES, bucket).to_pylist():
            yield row["split"], (row["rows"], row["bytes"])

    def _count(self, bucket: int) -> None:
        screens = Screens(self._task.work.snapshot, bucket)
        rows, sizes, lines = (Counter[str]() for _ in range(3))
        for example in bucket_examples(self._task, bucket):
            rows[example.split] += 1
            sizes[example.split] += screens.size(example.screen)
            lines[_line(example)] += 1
        by_split = [{"split": split, "rows": rows[split], "bytes": sizes[split]} for split in sorted(rows)]
        self._task.work.hand_over(SIZES, pa.Table.from_pylist(by_split, schema=SIZES.schema), bucket)
        self._task.work.leave(bucket, Report(counts=dict(sorted(lines.items()))), stage="counts")


class _WritePartsFn(beam.DoFn):
    def __init__(self, task: Task) -> None:
        self._task = task

    def process(self, bucket: int, sizes: Sequence[tuple[str, int]]) -> Iterator[tuple[tuple[str, int, int], str]]:
        counts = dict(sizes)
        if bucket == 0:
            for split, number in sorted(counts.items()):
                yield from (((split, shard, number), "") for shard in range(number))
        work = self._task.work
        if not work.is_done(bucket, stage="parts"):
            self._write_parts(bucket, counts)
        for part in work.handed(PARTS, bucket).to_pylist():
            yield (part["split"], part["shard"], counts[part["split"]]), part["file"]

    def _write_parts(self, bucket: int, counts: Mapping[str, int]) -> None:
        groups: dict[tuple[str, int], list[Example]] = {}
        for example in bucket_examples(self._task, bucket):
            groups.setdefault((example.split, shards.shard_of(example.order, counts[example.split])), []).append(
                example
            )
        screens = Screens(self._task.work.snapshot, bucket)
        folder = Path(self._task.folder) / "parts"
        folder.mkdir(exist_ok=True)
        written = []
        for (split, shard), rows in sorted(groups.items()):
            path = folder / f"{split}-{shard:05d}-{bucket:05d}.parquet"
            shards.PARQUET.write(path, _table(self._task.format, rows, screens))
            written.append({"split": split, "shard": shard, "file": path.name})
        self._task.work.hand_over(PARTS, pa.Table.from_pylist(written, schema=PARTS.schema), bucket)
        self._task.work.leave(bucket, Report(), stage="parts")


class _MergeFn(beam.DoFn):
    def __init__(self, task: Task) -> None:
        self._task = task

    def process(self, element: tuple[tuple[str, int, int], Iterable[str]]) -> None:
        (split, shard, number), names = element
        folder, form = Path(self._task.folder), format_of(self._task.format)
        to = folder / "data" / shards.shard_name(split, shard, number, form.writer.suffix)
        if to.exists():  # a file has its name when it is whole
            return
        parts = [pq.read_table(folder / "parts" / name) for name in sorted(names) if name]
        parts = parts or [_columns(form).empty_table()]
        rows = shards.merged(parts, apart=form.label is not None).replace_schema_metadata(form.schema.metadata)
        form.writer.write(to, rows)


def bucket_examples(task: Task, bucket: int) -> Iterator[Example]:
    """The examples of a bucket, in order of the decisions."""
    snapshot, form = task.work.snapshot, format_of(task.format)
    decisions = snapshot.read("decisions", bucket=bucket, curation=task.curation)
    steps = snapshot.read("steps", bucket=bucket)
    instructions = snapshot.read("instructions", bucket=bucket)
    trajectories = snapshot.read("trajectories", bucket=bucket)
    platforms = dict(zip(*(trajectories[name].to_pylist() for name in ("trajectory_id", "platform")), strict=True))
    goals = trajectories if form.goals else None
    partners = _partners(snapshot, decisions) if "dpo" in form.uses else {}
    barred: frozenset[str] = frozenset()
    if form.thoughts:
        labels = snapshot.read("labels", bucket=bucket)
        trees = snapshot.read("trees", bucket=bucket, columns=["tree", "nodes"])
        planted = unlabelled(trajectories, steps, labels, trees)
        barred = tainted(steps, instructions, labels, planted).instructions.union(refused_of(labels))
    curated = curated_steps(
        decisions, steps, instructions, form.uses, platforms, trajectories=goals, partners=partners, barred=barred
    )
    for chosen in curated:
        yield from form.examples(chosen)


def _partners(snapshot: Snapshot, decisions: pa.Table) -> Mapping[tuple[str, int], Step]:
    """The steps that the pairs of a bucket name, read bucket by bucket."""
    kept = decisions.filter((pc.field("use") == "dpo") & (pc.field("role") == "target"))
    by_bucket: dict[int, set[tuple[str, int]]] = {}
    for place in map(partner_of, kept["survivor"].drop_null().to_pylist()):
        by_bucket.setdefault(bucket_of(place[0], snapshot.buckets), set()).add(place)
    partners: dict[tuple[str, int], Step] = {}
    for bucket, places in sorted(by_bucket.items()):
        named = pa.array(sorted({trajectory for trajectory, _ in places}), pa.string())
        steps = snapshot.read("steps", bucket=bucket)
        for row in steps.filter(pc.is_in(steps["trajectory_id"], value_set=named)).to_pylist():
            if (row["trajectory_id"], row["step_index"]) in places:
                partners[row["trajectory_id"], row["step_index"]] = from_row(Step, row)
    return partners


def _table(format_name: str, rows: Sequence[Example], screens: Screens) -> pa.Table:
    form = format_of(format_name)
    lines = []
    for example in rows:
        if example.screen not in screens:
            raise screens.missing(example.screen)
        image = {"bytes": screens.data(example.screen), "path": None}
        lines.append({"_order": example.order, "_prompt": example.prompt, "images": [image], **example.row})
    return pa.Table.from_pylist(lines, schema=_columns(form))


def _columns(form: Format) -> pa.Schema:
    hidden = [pa.field("_order", pa.string()), pa.field("_prompt", pa.string())]
    return pa.schema([*hidden, *form.schema])


def _shards(element: tuple[str, Iterable[tuple[int, int]]]) -> tuple[str, int]:
    split, sizes = element
    counted = sorted(sizes)
    return split, shards.shard_count(sum(rows for rows, _ in counted), sum(size for _, size in counted))


def _line(example: Example) -> str:
    label = example.row.get("label")
    verdict = "" if label is None else f" / label {str(label).lower()}"
    return f"{example.split} / {example.row['task']}{verdict}"


def _sum(reports: Sequence[Report]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for report in reports:
        total.update(report.counts)
    return dict(sorted(total.items()))


def _finish(task: Task, form: Format, out: Path, made: Path, counts: Mapping[str, int]) -> None:
    """Checks the ledger, writes card and manifest, and puts the folder in its place."""
    shutil.rmtree(made / "parts", ignore_errors=True)
    files: list[dict[str, Any]] = []
    for path in sorted(path for path in (made / "data").rglob("*") if path.is_file()):
        _check_whole(path, made / "data", form.writer.suffix)
        data = path.read_bytes()
        name = path.relative_to(made).as_posix()
        rows = form.writer.count(path) if path.suffix == form.writer.suffix else 0
        files.append({"path": name, "rows": rows, "bytes": len(data), "sha256": content_id(data)})
    written, counted = sum(file["rows"] for file in files), sum(counts.values())
    if written != counted:
        shutil.rmtree(made)
        task.work.clear()
        raise LedgerError(f"{task.format}: {counted} rows in, {written} rows out; nothing published")
    for name in form.files:
        source = Path(card.__file__).with_name("formats") / name
        shards.write_local(made / name, source.read_bytes())
    description = card.describe(task.work.snapshot, task.curation, form, counts, files)
    shards.write_local(made / "README.md", card.render(description).encode())
    shards.write_local(made / card.MANIFEST, (json.dumps(description, indent=2, sort_keys=True) + "\n").encode())
    old = out.with_name(f"{made.name}.old")
    shutil.rmtree(old, ignore_errors=True)  # of a job that was killed after it had moved its own there
    if out.exists():
        out.replace(old)
    made.replace(out)
    shutil.rmtree(old, ignore_errors=True)


def _check_whole(path: Path, data: Path, suffix: str) -> None:
    """Refuses what a writer that was broken off left, and what is no shard where only shards are.

    Raises:
        LakeError: if the file is not one to publish.
    """
    hidden = any(name.startswith(".") for name in path.relative_to(data).parts)
    if hidden or path.suffix == ".part" or (path.parent == data and path.suffix != suffix):
        raise LakeError(f"{path}: expected whole files of the dataset and no other; remove it and export again")


def _check_out(out: Path) -> None:
    """Refuses to write where something else is.

    Raises:
        ConfigurationError: if the folder is no dataset of ours and not empty.
    """
    if not out.exists():
        return
    if not out.is_dir():
        raise ConfigurationError(f"{out}: expected a folder for the dataset, found a file")
    names = sorted(path.name for path in out.iterdir())
    if not names:
        return
    try:
        manifest = json.loads((out / card.MANIFEST).read_bytes())
    except (OSError, ValueError):
        manifest = None
    if not isinstance(manifest, dict) or manifest.get("made_by") != card.MADE_BY:
        raise ConfigurationError(f"{out}: expected an empty folder or a dataset of Hindtrace, found {names[:3]}")
