"""The stages of an export: rows and bytes are counted, parts are written bucket by bucket, and merged shard by shard.

Plain functions, which know nothing of Beam. What was done is not done again: a file has its name when it is whole.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.agree.verdicts import refused_of
from pipelines.curate.roles.planted import tainted, unlabelled
from pipelines.export import shards
from pipelines.export.formats import format_of
from pipelines.export.formats.examples import (
    CuratedStep,
    Example,
    Format,
    Rejected,
    curated_steps,
    kind_of_wrong,
    partner_of,
)
from pipelines.lake.delta import Snapshot
from pipelines.lake.episodes import Trees
from pipelines.lake.screens import Screens
from pipelines.running.work import HandOver, Report, Work
from schemas.arrow import from_row
from schemas.keys import bucket_of
from schemas.records import Box, Step

COUNT, PARTS = "counted", "parts"
"""The stages that leave a report of each bucket."""

SIZES = HandOver(
    "sizes",
    pa.schema(
        [
            pa.field("split", pa.string()),
            pa.field("task", pa.string()),
            pa.field("label", pa.bool_()),
            pa.field("rows", pa.int64()),
            pa.field("bytes", pa.int64()),
        ]
    ),
    writer=COUNT,
    readers=(COUNT,),
)
"""The rows of a bucket and the bytes of their images, by what the rows are."""

WRITTEN = HandOver(
    "parts",
    pa.schema([("split", pa.string()), ("shard", pa.int64()), ("file", pa.string())]),
    writer=PARTS,
    readers=("merge",),
)
"""The files with a bucket's rows, each for one shard."""


Shard: TypeAlias = tuple[str, int, int]
"""The split, the number, and how many shards the split has."""

Part: TypeAlias = tuple[Shard, str]
"""A file with rows of a shard; without a name it stands for none."""


@dataclass(frozen=True, slots=True)
class Export:
    """What the stages of an export need to know. Cheap to pickle."""

    work: Work
    curation: str
    format: str
    folder: str


@dataclass(frozen=True, slots=True)
class Kind:
    """What rows of a dataset have in common: their split, their task, and their label where the format has one."""

    split: str
    task: str
    label: bool | None

    def __str__(self) -> str:
        """As card, manifest and terminal name it."""
        verdict = "" if self.label is None else f" / label {str(self.label).lower()}"
        return f"{self.split} / {self.task}{verdict}"


def count(export: Export, bucket: int) -> Iterator[tuple[str, tuple[int, int]]]:
    """Counts the rows of a bucket and the bytes of their images, unless it was done; yields both by split."""
    work = export.work
    if not work.is_done(bucket, stage=COUNT):
        screens = Screens(work.snapshot, bucket)
        rows, sizes = Counter[Kind](), Counter[Kind]()
        for example in bucket_examples(export, bucket):
            if example.screen not in screens:
                raise screens.missing(example.screen)
            kind = Kind(example.split, example.row["task"], example.row.get("label"))
            rows[kind] += 1
            sizes[kind] += screens.size(example.screen)
        counted = [(*astuple(kind), rows[kind], sizes[kind]) for kind in sorted(rows, key=str)]
        lines = [dict(zip(SIZES.schema.names, line, strict=True)) for line in counted]
        work.hand_over(SIZES, pa.Table.from_pylist(lines, schema=SIZES.schema), bucket)
        work.leave(bucket, Report(), stage=COUNT)
    for row in work.handed(SIZES, bucket).to_pylist():
        yield row["split"], (row["rows"], row["bytes"])


def kinds(work: Work) -> Mapping[Kind, int]:
    """How many rows of each kind all buckets have, in order of their names.

    Raises:
        LakeError: if a bucket was not counted.
    """
    total = Counter[Kind]()
    for row in work.handed(SIZES).to_pylist():
        total[Kind(row["split"], row["task"], row["label"])] += row["rows"]
    return dict(sorted(total.items(), key=lambda counted: str(counted[0])))


def shards_of(split: str, sizes: Iterable[tuple[int, int]]) -> Iterator[tuple[str, int]]:
    """How many shards the split has, by the rows and bytes of all buckets."""
    counted = sorted(sizes)
    yield split, shards.shard_count(sum(rows for rows, _ in counted), sum(size for _, size in counted))


def write_parts(export: Export, bucket: int, numbers: Sequence[tuple[str, int]]) -> Iterator[Part]:
    """Writes a part for each shard that has rows of the bucket, unless it was done; yields them by shard.

    `numbers` are the shards of each split. The first bucket names them all, so that one without rows is written too.
    """
    shards_by_split = dict(numbers)
    if bucket == 0:
        for split, number in sorted(shards_by_split.items()):
            yield from (((split, shard, number), "") for shard in range(number))
    if not _parts_are_there(export, bucket):
        _write_parts(export, bucket, shards_by_split)
    for part in export.work.handed(WRITTEN, bucket).to_pylist():
        yield (part["split"], part["shard"], shards_by_split[part["split"]]), part["file"]


def _parts_are_there(export: Export, bucket: int) -> bool:
    work, folder = export.work, Path(export.folder) / "parts"
    if not work.is_done(bucket, stage=PARTS):
        return False
    return all(work.is_vouched(folder / name) for name in work.handed(WRITTEN, bucket)["file"].to_pylist())


def _write_parts(export: Export, bucket: int, shards_by_split: Mapping[str, int]) -> None:
    groups: dict[tuple[str, int], list[Example]] = {}
    for example in bucket_examples(export, bucket):
        shard = shards.shard_of(example.order, shards_by_split[example.split])
        groups.setdefault((example.split, shard), []).append(example)
    screens = Screens(export.work.snapshot, bucket)
    folder = Path(export.folder) / "parts"
    folder.mkdir(exist_ok=True)
    written = []
    for (split, shard), examples in sorted(groups.items()):
        path = folder / f"{split}-{shard:05d}-{bucket:05d}.parquet"
        shards.PARQUET.write(path, _table(export.format, examples, screens))
        export.work.vouch(path)
        written.append({"split": split, "shard": shard, "file": path.name})
    export.work.hand_over(WRITTEN, pa.Table.from_pylist(written, schema=WRITTEN.schema), bucket)
    export.work.leave(bucket, Report(), stage=PARTS)


def merge(export: Export, shard: Shard, names: Iterable[str]) -> Iterator[str]:
    """Merges the parts of a shard in order, unless it was done; yields its name."""
    folder, form = Path(export.folder), format_of(export.format)
    to = folder / "data" / shards.shard_name(*shard, form.writer.suffix)
    if not export.work.is_vouched(to):
        parts = [pq.read_table(folder / "parts" / name) for name in sorted(names) if name]
        parts = parts or [_columns(form).empty_table()]
        rows = shards.merged(parts, apart=form.label is not None).replace_schema_metadata(form.schema.metadata)
        form.writer.write(to, rows)
        export.work.vouch(to)
    yield to.name


def bucket_examples(export: Export, bucket: int) -> Iterator[Example]:
    """The examples of a bucket, in order of the decisions."""
    snapshot, form = export.work.snapshot, format_of(export.format)
    decisions = snapshot.read("decisions", bucket=bucket, curation=export.curation)
    steps = snapshot.read("steps", bucket=bucket)
    instructions = snapshot.read("instructions", bucket=bucket)
    trajectories = snapshot.read("trajectories", bucket=bucket)
    platforms = dict(zip(*(trajectories[name].to_pylist() for name in ("trajectory_id", "platform")), strict=True))
    goals = trajectories if form.goals else None
    partners = _partners(snapshot, decisions, export.curation) if "dpo" in form.uses else {}
    barred: frozenset[str] = frozenset()
    if form.thoughts:
        labels = snapshot.read("labels", bucket=bucket)
        trees = snapshot.read("trees", bucket=bucket, columns=["tree", "nodes"])
        planted = unlabelled(trajectories, steps, labels, trees)
        barred = tainted(steps, instructions, labels, planted).instructions.union(refused_of(labels))
    curated = curated_steps(
        decisions, steps, instructions, form.uses, platforms, trajectories=goals, partners=partners, barred=barred
    )
    if form.places:
        curated = _placed(curated, snapshot, bucket)
    for chosen in curated:
        yield from form.examples(chosen)


def _placed(curated: Iterable[CuratedStep], snapshot: Snapshot, bucket: int) -> Iterator[CuratedStep]:
    """The steps with the boxes of all links on their screens that lead where the one meant leads."""
    trees = Trees(snapshot.read("trees", bucket=bucket, columns=["tree", "nodes"]))

    def links(tree: str | None) -> list[tuple[str, Box]]:
        if tree is None or tree not in trees:
            return []
        shown = [(node.href, node.box) for node in trees[tree].nodes if node.on_screen]
        return [(href, box) for href, box in shown if href is not None and box is not None]

    for chosen in curated:
        before, target = chosen.step.before, chosen.step.target
        here = [] if before is None or target is None else links(before.tree)
        meant = {href for href, box in here if target is not None and box == target.box}
        yield replace(chosen, places=tuple(box for href, box in here if href in meant))


def _partners(snapshot: Snapshot, decisions: pa.Table, curation: str) -> Mapping[str, Rejected]:
    """The steps that the pairs of a bucket name, read bucket by bucket, with what is decided of them."""
    kept = decisions.filter((pc.field("use") == "dpo") & (pc.field("role") == "target"))
    by_bucket: dict[int, set[str]] = {}
    for name in kept["survivor"].drop_null().to_pylist():
        by_bucket.setdefault(bucket_of(partner_of(name)[0], snapshot.buckets), set()).add(name)
    partners: dict[str, Rejected] = {}
    for bucket, names in sorted(by_bucket.items()):
        named = pa.array(sorted({partner_of(name)[0] for name in names}), pa.string())
        rows = snapshot.read("steps", bucket=bucket)
        rows = rows.filter(pc.is_in(rows["trajectory_id"], value_set=named))
        steps = {(row["trajectory_id"], row["step_index"]): row for row in rows.to_pylist()}
        decided = snapshot.read("decisions", bucket=bucket, curation=curation)
        decided = decided.filter((pc.field("use") == "dpo") & (pc.field("role") == "negative"))
        said = {
            f"{row['trajectory_id']}/{row['step_index']}/{row['instruction_id'] or ''}": row
            for row in decided.to_pylist()
        }
        for name in sorted(names):
            place, row = partner_of(name), said.get(name)
            if place in steps:
                kind, cost = (None, None) if row is None else (kind_of_wrong(row), row["cost"])
                partners[name] = Rejected(from_row(Step, steps[place]), kind, cost)
    return partners


def _table(format_name: str, examples: Sequence[Example], screens: Screens) -> pa.Table:
    form = format_of(format_name)
    lines = []
    for example in examples:
        if example.screen not in screens:
            raise screens.missing(example.screen)
        image = {"bytes": screens.data(example.screen), "path": None}
        lines.append({"_order": example.order, "_prompt": example.prompt, "images": [image], **example.row})
    return pa.Table.from_pylist(lines, schema=_columns(form))


def _columns(form: Format) -> pa.Schema:
    hidden = [pa.field("_order", pa.string()), pa.field("_prompt", pa.string())]
    return pa.schema([*hidden, *form.schema])
