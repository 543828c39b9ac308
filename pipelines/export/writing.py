"""The stages of an export: rows are made, what says the same is cut, parts are written by bucket and merged by shard.

Rows are made once, without their pictures, and handed on; what follows reads them. Plain functions, which know nothing
of Beam. What was done is not done again: a file has its name when it is whole.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.export import shards
from pipelines.export.chosen import bucket_rows
from pipelines.export.formats import format_of
from pipelines.export.formats.examples import Example, Format, LeftOut
from pipelines.export.geometry import resized
from pipelines.export.voice import Voice
from pipelines.lake.screens import Screens
from pipelines.running.work import HandOver, Report, Work

MADE, COUNT, PARTS = "made", "counted", "parts"
"""The stages that leave a report of each bucket."""

SAME = 3
"""How many rows that teach one thing, what to do on a screen, a dataset has where nothing else is asked for."""

_KEYS = (
    pa.field("_order", pa.string()),
    pa.field("_split", pa.string()),
    pa.field("_prompt", pa.string()),
    pa.field("_says", pa.string()),
    pa.field("_exact", pa.string()),
    pa.field(
        "_pictures",
        pa.list_(pa.struct([("screen", pa.string()), ("width", pa.int32()), ("height", pa.int32())])),
    ),
)

OUT = HandOver(
    "out",
    pa.schema(
        [
            ("split", pa.string()),
            ("task", pa.string()),
            ("trajectory_id", pa.string()),
            ("step_index", pa.int32()),
            ("instruction_id", pa.string()),
            ("why", pa.string()),
        ]
    ),
    writer=MADE,
    readers=("publish",),
)
"""Rows that there could have been, and why they are not there."""

REPEATS = HandOver("repeats", OUT.schema, writer=COUNT, readers=("publish",))
"""Rows that were left out because others say the same."""

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

Alike: TypeAlias = tuple[str, list[tuple[str, str]]]
"""What rows say, and of each row all that it says and its order."""

Kept: TypeAlias = tuple[str, tuple[str, ...]]
"""What rows say, and the orders of those that stay."""


@dataclass(frozen=True, slots=True)
class Export:
    """What the stages of an export need to know. Cheap to pickle.

    `same` is how many rows that say the same there may be.
    """

    work: Work
    curation: str
    format: str
    folder: str
    voice: Voice
    same: int = SAME

    @property
    def form(self) -> Format:
        """The format of that name."""
        return format_of(self.format)


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


def made_of(form: Format) -> HandOver:
    """The rows of a bucket without their pictures, with the keys that the stages go by."""
    fields = [field for field in form.schema if field.name != "images"]
    return HandOver("rows", pa.schema([*_KEYS, *fields]), writer=MADE, readers=(COUNT, PARTS))


def make(export: Export, bucket: int) -> Iterator[Alike]:
    """Makes the rows of a bucket, unless it was done; yields what they say."""
    work, form = export.work, export.form
    rows = made_of(form)
    if not work.is_done(bucket, stage=MADE):
        made: list[dict[str, Any]] = []
        out: list[dict[str, Any]] = []
        for row in bucket_rows(work.snapshot, bucket, export.curation, form, export.voice):
            if isinstance(row, LeftOut):
                out.append(asdict(row))
            else:
                made.append(_with_keys(row))
        work.hand_over(rows, pa.Table.from_pylist(made, schema=rows.schema), bucket)
        work.hand_over(OUT, pa.Table.from_pylist(out, schema=OUT.schema), bucket)
        work.leave(bucket, Report(), stage=MADE)
    if form.whole:
        return
    alike: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    keys = work.handed(rows, bucket, columns=["_order", "_says", "_exact"]).to_pydict()
    for order, says, exact in zip(keys["_order"], keys["_says"], keys["_exact"], strict=True):
        alike[says].append((exact, order))
    for says, orders in sorted(alike.items()):
        yield says, sorted(orders)


def _with_keys(example: Example) -> dict[str, Any]:
    pictures = [
        {"screen": each.screen, "width": each.size and each.size[0], "height": each.size and each.size[1]}
        for each in example.pictures
    ]
    keys = (example.order, example.split, example.prompt, example.says, example.exact, pictures)
    return {**dict(zip((field.name for field in _KEYS), keys, strict=True)), **example.row}


def cut(same: int, says: str, alike: Iterable[list[tuple[str, str]]]) -> Iterator[Kept]:
    """Of the rows that say the same the first few, each but once: the orders of those that stay, if not all do."""
    first: dict[str, str] = {}
    rows = [row for several in alike for row in several]
    for exact, order in rows:
        first[exact] = min(order, first.get(exact, order))
    kept = tuple(sorted(first.values())[:same])
    if len(kept) < len(rows):
        yield says, kept


def count(export: Export, bucket: int, kept: Mapping[str, Container[str]]) -> Iterator[tuple[str, tuple[int, int]]]:
    """Counts the rows of a bucket that stay and the bytes of their images, unless it was done; yields both by split."""
    work, form = export.work, export.form
    if not work.is_done(bucket, stage=COUNT):
        screens = Screens(work.snapshot, bucket)
        columns = ["_order", "_split", "_says", "_pictures", "task", "trajectory_id", "step_index", "instruction_id"]
        columns += [] if form.label is None else [form.label]
        rows, sizes = Counter[Kind](), Counter[Kind]()
        repeats = []
        for row in work.handed(made_of(form), bucket, columns=columns).to_pylist():
            if not _stays(row["_says"], row["_order"], kept, form):
                why = "others say the same"
                names = ("task", "trajectory_id", "step_index", "instruction_id")
                repeats.append({"split": row["_split"], **{name: row[name] for name in names}, "why": why})
                continue
            kind = Kind(row["_split"], row["task"], None if form.label is None else row[form.label])
            rows[kind] += 1
            for picture in row["_pictures"]:
                if picture["screen"] not in screens:
                    raise screens.missing(picture["screen"])
                sizes[kind] += screens.size(picture["screen"])
        counted = [(*astuple(kind), rows[kind], sizes[kind]) for kind in sorted(rows, key=str)]
        lines = [dict(zip(SIZES.schema.names, line, strict=True)) for line in counted]
        work.hand_over(SIZES, pa.Table.from_pylist(lines, schema=SIZES.schema), bucket)
        work.hand_over(REPEATS, pa.Table.from_pylist(repeats, schema=REPEATS.schema), bucket)
        work.leave(bucket, Report(), stage=COUNT)
    for row in work.handed(SIZES, bucket).to_pylist():
        yield row["split"], (row["rows"], row["bytes"])


def _stays(says: str, order: str, kept: Mapping[str, Container[str]], form: Format) -> bool:
    return form.whole or says not in kept or order in kept[says]


def kinds(work: Work) -> Mapping[Kind, int]:
    """How many rows of each kind all buckets have, in order of their names.

    Raises:
        LakeError: if a bucket was not counted.
    """
    total = Counter[Kind]()
    for row in work.handed(SIZES).to_pylist():
        total[Kind(row["split"], row["task"], row["label"])] += row["rows"]
    return dict(sorted(total.items(), key=lambda counted: str(counted[0])))


def left_out(work: Work) -> pa.Table:
    """All rows that are not there, and why, in the order of the buckets."""
    return pa.concat_tables([work.handed(OUT), work.handed(REPEATS)])


def lines_of(rows: pa.Table) -> bytes:
    """The rows as lines of JSON."""
    return b"".join(json.dumps(row, ensure_ascii=False).encode(errors="replace") + b"\n" for row in rows.to_pylist())


def shards_of(split: str, sizes: Iterable[tuple[int, int]]) -> Iterator[tuple[str, int]]:
    """How many shards the split has, by the rows and bytes of all buckets."""
    counted = sorted(sizes)
    yield split, shards.shard_count(sum(rows for rows, _ in counted), sum(size for _, size in counted))


def write_parts(
    export: Export, bucket: int, numbers: Sequence[tuple[str, int]], kept: Mapping[str, Container[str]]
) -> Iterator[Part]:
    """Writes a part for each shard that has rows of the bucket, unless it was done; yields them by shard.

    `numbers` are the shards of each split. The first bucket names them all, so that one without rows is written too.
    """
    shards_by_split = dict(numbers)
    if bucket == 0:
        for split, number in sorted(shards_by_split.items()):
            yield from (((split, shard, number), "") for shard in range(number))
    if not _parts_are_there(export, bucket):
        _write_parts(export, bucket, shards_by_split, kept)
    for part in export.work.handed(WRITTEN, bucket).to_pylist():
        yield (part["split"], part["shard"], shards_by_split[part["split"]]), part["file"]


def _parts_are_there(export: Export, bucket: int) -> bool:
    work, folder = export.work, Path(export.folder) / "parts"
    if not work.is_done(bucket, stage=PARTS):
        return False
    return all(work.is_vouched(folder / name) for name in work.handed(WRITTEN, bucket)["file"].to_pylist())


def _write_parts(
    export: Export, bucket: int, shards_by_split: Mapping[str, int], kept: Mapping[str, Container[str]]
) -> None:
    form = export.form
    rows = export.work.handed(made_of(form), bucket)
    places: dict[tuple[str, int], list[int]] = {}
    keys = rows.select(["_order", "_split", "_says"]).to_pydict()
    for row, (order, split, says) in enumerate(zip(*keys.values(), strict=True)):
        if _stays(says, order, kept, form):
            places.setdefault((split, shards.shard_of(order, shards_by_split[split])), []).append(row)
    screens = Screens(export.work.snapshot, bucket)
    folder = Path(export.folder) / "parts"
    folder.mkdir(exist_ok=True)
    written = []
    for (split, shard), indices in sorted(places.items()):
        path = folder / f"{split}-{shard:05d}-{bucket:05d}.parquet"
        shards.PARQUET.write(path, _with_images(form, rows.take(pa.array(indices, pa.int64())), screens))
        export.work.vouch(path)
        written.append({"split": split, "shard": shard, "file": path.name})
    export.work.hand_over(WRITTEN, pa.Table.from_pylist(written, schema=WRITTEN.schema), bucket)
    export.work.leave(bucket, Report(), stage=PARTS)


def merge(export: Export, shard: Shard, names: Iterable[str]) -> Iterator[str]:
    """Merges the parts of a shard in order, unless it was done; yields its name."""
    folder, form = Path(export.folder), export.form
    to = folder / "data" / form.writer.name(*shard)
    if not export.work.is_vouched(to):
        parts = [pq.read_table(folder / "parts" / name) for name in sorted(names) if name]
        parts = parts or [_columns(form).empty_table()]
        rows = shards.merged(parts, apart=form.label is not None).replace_schema_metadata(form.schema.metadata)
        form.writer.write(to, rows)
        export.work.vouch(to)
    yield form.writer.name(*shard)


def _with_images(form: Format, rows: pa.Table, screens: Screens) -> pa.Table:
    columns = _columns(form)
    if "images" in columns.names:
        images = [[_image(each, screens) for each in pictures] for pictures in rows["_pictures"].to_pylist()]
        rows = rows.append_column("images", pa.array(images, columns.field("images").type))
    return rows.select(columns.names).cast(columns.remove_metadata()).replace_schema_metadata(columns.metadata)


def _image(picture: Mapping[str, Any], screens: Screens) -> dict[str, Any]:
    if picture["screen"] not in screens:
        raise screens.missing(picture["screen"])
    data = screens.data(picture["screen"])
    size = (picture["width"], picture["height"])
    return {"bytes": data if size[0] is None else resized(data, size), "path": None}


def _columns(form: Format) -> pa.Schema:
    hidden = [pa.field("_order", pa.string()), pa.field("_prompt", pa.string())]
    return pa.schema([*hidden, *form.schema])
