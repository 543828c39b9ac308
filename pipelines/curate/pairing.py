"""The stage of `curate` that pairs right with wrong actions for `dpo`: records are shuffled by what they answer to."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import apache_beam as beam
import polars as pl
import pyarrow as pa

from pipelines.curate import ledger
from pipelines.curate.duplicates import exact
from pipelines.curate.exact_graph import read_columns
from pipelines.curate.selection import preferences
from pipelines.running.work import Report, Work

PAIRED = "paired"
"""The stage: what became of all rows once those of `dpo` are in pairs."""

_ASKED = {"asked": pa.uint32(), "file": pa.uint16(), "row": pa.uint32(), "why": pa.string()}
"""Whose name is asked for, and which row of which file asks."""


class Pair(beam.PTransform[Any, Any]):
    """From buckets whose rows are settled (under the stage `before`) to buckets whose pairs are found."""

    def __init__(self, work: Work, *, keyed: str, before: str) -> None:
        super().__init__()
        self._work, self._keyed, self._before = work, keyed, before

    def expand(self, buckets: "beam.PCollection[int]") -> "beam.PCollection[int]":
        """The graph."""
        found = (
            buckets
            | "Read what was judged" >> beam.ParDo(_JudgedFn(self._work, self._keyed, self._before))
            | "By prompt" >> beam.GroupByKey()
            | "Pair" >> beam.ParDo(_PairFn(self._work)).with_outputs("against", main="asked")
        )
        named = (
            found.asked
            | "By the file of the partner" >> beam.GroupByKey()
            | "Name the partner" >> beam.ParDo(_PartnerFn(self._work, self._keyed))
        )
        every = buckets | "Every bucket with pairs" >> beam.Map(_nothing)
        return (
            (named, found.against, every)
            | "All pairs of a bucket" >> beam.Flatten()
            | "Pairs by bucket" >> beam.GroupByKey()
            | "Write the pairs" >> beam.ParDo(_MatchFn(self._work, self._before))
        )


class _JudgedFn(beam.DoFn):
    def __init__(self, work: Work, keyed: str, before: str) -> None:
        self._work, self._keyed, self._before = work, keyed, before

    def process(self, bucket: int) -> Iterator[tuple[int, bytes]]:
        work = self._work
        names = ["prompt", "action", "rank", "trajectory_id"]
        prompts, actions, ranks, ids = read_columns(_path(work, self._keyed, bucket), names)
        rows = pl.DataFrame(work.handed(self._before, bucket, columns=["use", "role", "split"])).with_columns(
            action=pl.Series(actions), rank=pl.Series(ranks)
        )
        found = preferences.judged(rows, prompts.to_pylist(), exact.prefixes(ids), file=bucket)
        for partition, part in exact.partitions(found, work.snapshot.buckets).items():
            yield partition, exact.pack(part, preferences.JUDGED)


class _PairFn(beam.DoFn):
    def __init__(self, work: Work) -> None:
        self._work = work

    def process(self, element: tuple[int, Iterable[bytes]]) -> Iterator[Any]:
        contests: dict[int, list[int]] = {}
        for winner, loser in pl.DataFrame(self._work.handed("contests")).iter_rows():
            contests.setdefault(int(winner[:16], 16), []).append(int(loser[:16], 16))
        parts = [exact.unpack(data, preferences.JUDGED) for data in element[1]]
        found = preferences.paired(parts, contests)
        asked: dict[int, list[tuple[int, int, int, str]]] = {}
        for (file, row), (other, its), why in found.pairs:
            worse = preferences.WORSE if why == preferences.BETTER else why
            asked.setdefault(other, []).append((its, file, row, why))
            asked.setdefault(file, []).append((row, other, its, worse))
        for file, lines in sorted(asked.items()):
            columns = zip(*lines, strict=True)
            table = {name: pa.array(part, kind) for part, (name, kind) in zip(columns, _ASKED.items(), strict=True)}
            yield file, pack(pa.table(table))
        against: dict[int, list[int]] = {}
        for file, row in found.against:
            against.setdefault(file, []).append(row)
        for file, rows in sorted(against.items()):
            lost = pa.table({"row": pa.array(rows, pa.uint32())})
            yield beam.pvalue.TaggedOutput("against", (file, ("against", pack(lost))))


class _PartnerFn(beam.DoFn):
    def __init__(self, work: Work, keyed: str) -> None:
        self._work, self._keyed = work, keyed

    def process(self, element: tuple[int, Iterable[bytes]]) -> Iterator[tuple[int, tuple[str, bytes]]]:
        bucket, parts = element
        asked = pa.concat_tables([pa.ipc.open_stream(data).read_all() for data in sorted(parts)])
        names = ("trajectory_id", "step_index", "instruction_id")
        held = (
            column.take(asked["asked"].combine_chunks())
            for column in read_columns(_path(self._work, self._keyed, bucket), names)
        )
        partners = [
            f"{trajectory}/{step}/{instruction or ''}"
            for trajectory, step, instruction in zip(*(column.to_pylist() for column in held), strict=True)
        ]
        rows = pl.DataFrame(asked).with_columns(partner=pl.Series(partners, dtype=pl.String))
        for (file,), mine in rows.sort("file", "row").group_by("file", maintain_order=True):
            yield file, ("partners", pack(mine.select("row", "partner", "why").to_arrow()))


class _MatchFn(beam.DoFn):
    def __init__(self, work: Work, before: str) -> None:
        self._work, self._before = work, before

    def process(self, element: tuple[int, Iterable[tuple[str, bytes]]]) -> Iterator[int]:
        bucket, told = element
        work = self._work
        if not work.is_done(bucket, stage=PAIRED):
            heard = sorted(told)
            partners, against = (
                together([data for kind, data in heard if kind == what], schema)
                for what, schema in (("partners", preferences.PARTNERS), ("against", preferences.AGAINST))
            )
            rows = pl.DataFrame(work.handed(self._before, bucket))
            found = preferences.settled(rows, partners, against)
            ledger.conserved(rows, found, where=f"bucket {bucket}")
            work.hand_over(PAIRED, bucket, found)
            work.leave(bucket, Report(), stage=PAIRED)
        yield bucket


def pack(rows: pa.Table) -> bytes:
    """The rows as bytes, to be sent to another worker."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows)
    return bytes(sink.getvalue().to_pybytes())


def together(parts: Sequence[bytes], schema: pl.Schema) -> pl.DataFrame:
    """What was packed as one frame in order of its rows, whoever sent it."""
    frames = [pl.DataFrame(pa.ipc.open_stream(part).read_all()).cast(dict(schema)) for part in parts]  # type: ignore[arg-type]
    return pl.concat([pl.DataFrame(schema=schema), *frames]).sort("row")


def _path(work: Work, stage: str, bucket: int) -> str:
    return f"{work.folder}/{stage}/{bucket:05d}.parquet"


def _nothing(bucket: int) -> tuple[int, tuple[str, bytes]]:
    return bucket, ("nothing", b"")
