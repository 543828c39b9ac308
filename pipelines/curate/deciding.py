"""The last stage of `curate`: keys are compared across buckets, and each row gets its role."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
import numpy as np
import polars as pl
import pyarrow as pa

from pipelines.curate import ledger
from pipelines.curate.choosing import CHOSEN
from pipelines.curate.config import CurationConfig
from pipelines.curate.duplicates import duplicates, exact, keys
from pipelines.curate.exact_graph import FindDuplicates, lost_rows, read_columns
from pipelines.curate.keeping import Shelf
from pipelines.curate.likeness import ONCE
from pipelines.curate.pairing import pack, together
from pipelines.curate.roles import contradictions
from pipelines.curate.roles.candidates import RULES_VERSION
from pipelines.running.work import Report, Work, write_choices
from schemas.arrow import arrow_schema
from schemas.choices import Decision, Edge
from schemas.keys import content_id, key

KEYED, SETTLED, WRITTEN = "keyed", "settled", "written"
"""The stages: rows with their keys, with what became of them, and what is written of them."""

ASKED = np.dtype([("row", "<u4"), ("winner_row", "<u4"), ("exact", "<u8")])
"""What the file of a row that is kept is asked: for which row of which other one, and that one's own key."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What the stages of a decision need to know."""

    work: Work
    name: str
    config: CurationConfig
    shelf: Shelf


class KeyFn(beam.DoFn):
    """Gives the candidates of a bucket their keys, unless it was done; yields the file by its bucket's number."""

    def __init__(self, choice: Choice) -> None:
        self._choice = choice

    def process(self, bucket: int) -> Iterator[tuple[int, str]]:
        work = self._choice.work
        if not work.is_done(bucket, stage=KEYED):
            rows = work.handed(CHOSEN, bucket)
            states = _standing(work, "alike states", rows, ("state_before", "state_after"))
            words = _standing(work, "alike words", rows, ("plain",))
            digest = key("keyed", keys.VERSION.decode(), content_id(work.handed_bytes(CHOSEN, bucket)), states, words)
            if self._choice.shelf.take(work, KEYED, bucket, digest) is None:
                work.hand_over(KEYED, bucket, keys.keyed(rows, states, words))
                self._choice.shelf.put(work, KEYED, bucket, digest, (KEYED,), {})
            work.leave(bucket, Report(), stage=KEYED)
        yield bucket, f"{work.folder}/{KEYED}/{bucket:05d}.parquet"


def _standing(work: Work, name: str, rows: pa.Table, columns: Sequence[str]) -> dict[str, str]:
    """What stands for what, of all that the columns hold."""
    alike = pl.DataFrame(work.handed(name, ONCE))
    held = pl.concat([pl.Series(rows[column]).alias("held") for column in columns]).drop_nulls().unique()
    mine = alike.filter(pl.col("member").is_in(held.implode())).sort("member")
    return dict(mine.select("member", "stands_for_it").iter_rows())


class Settle(beam.PTransform[Any, Any]):
    """From the keyed files to what became of the rows of every bucket."""

    def __init__(self, choice: Choice) -> None:
        super().__init__()
        self._choice = choice

    def expand(self, files: "beam.PCollection[tuple[int, str]]") -> "beam.PCollection[int]":
        """The graph."""
        every = files | "Every file" >> beam.Map(_nothing)
        told = [every, self._against(files)]
        if self._choice.config.exact_duplicates:
            told.append(self._named(files))
        return (
            told
            | "All of a bucket" >> beam.Flatten()
            | "By bucket" >> beam.GroupByKey()
            | "Settle" >> beam.ParDo(_SettleFn(self._choice))
        )

    def _named(self, files: "beam.PCollection[tuple[int, str]]") -> "beam.PCollection[tuple[int, tuple[str, bytes]]]":
        """The duplicates, each with who is kept."""
        return (
            files
            | "Find the duplicates" >> FindDuplicates(self._choice.work.snapshot.buckets)
            | "What each file loses" >> beam.GroupByKey()
            | "Ask who is kept" >> beam.ParDo(_AskFn(self._choice))
            | "By the file of who is kept" >> beam.GroupByKey()
            | "Name who is kept" >> beam.ParDo(_NameFn(self._choice))
        )

    def _against(self, files: "beam.PCollection[tuple[int, str]]") -> "beam.PCollection[tuple[int, tuple[str, bytes]]]":
        """The harmful rows whose action is right elsewhere."""
        return (
            files
            | "Read the verdicts" >> beam.ParDo(_VerdictsFn(self._choice))
            | "By pair" >> beam.GroupByKey()
            | "Find contradictions" >> beam.ParDo(_ContradictFn())
        )


class _AskFn(beam.DoFn):
    def __init__(self, choice: Choice) -> None:
        self._choice = choice

    def process(self, element: tuple[int, Iterable[bytes]]) -> Iterator[tuple[int, tuple[int, bytes]]]:
        bucket, parts = element
        lost = lost_rows(parts, file=bucket)
        if not len(lost):
            return
        (own,) = read_columns(_path(self._choice.work, bucket), ["exact"])
        first = keys.first_bytes(own.take(pa.array(lost["row"])))
        for winner in np.unique(lost["winner_file"]).tolist():
            mine = lost["winner_file"] == winner
            asked = np.empty(int(mine.sum()), ASKED)
            asked["row"], asked["winner_row"] = lost["row"][mine], lost["winner_row"][mine]
            asked["exact"] = first[mine]
            yield winner, (bucket, exact.pack(asked, ASKED))


class _NameFn(beam.DoFn):
    def __init__(self, choice: Choice) -> None:
        self._choice = choice

    def process(self, element: tuple[int, Iterable[tuple[int, bytes]]]) -> Iterator[tuple[int, tuple[str, bytes]]]:
        winner, questions = element
        names = ("trajectory_id", "step_index", "instruction_id", "exact")
        ids, steps, instructions, own = read_columns(_path(self._choice.work, winner), names)
        for bucket, data in sorted(questions):
            asked = exact.unpack(data, ASKED)
            at = pa.array(asked["winner_row"])
            survivors = [
                f"{trajectory}/{step}/{instruction}"
                for trajectory, step, instruction in zip(
                    *(column.take(at).to_pylist() for column in (ids, steps, instructions)), strict=True
                )
            ]
            same = keys.first_bytes(own.take(at)) == asked["exact"]
            rows = pa.table({"row": asked["row"], "survivor": survivors, "same": same})
            yield bucket, ("lost", pack(rows))


class _VerdictsFn(beam.DoFn):
    def __init__(self, choice: Choice) -> None:
        self._partitions = choice.work.snapshot.buckets

    def process(self, element: tuple[int, str]) -> Iterator[tuple[int, bytes]]:
        bucket, url = element
        pairs, roles = read_columns(url, ["pair", "role"])
        found = contradictions.verdicts(pairs, roles, file=bucket)
        for partition, part in exact.partitions(found, self._partitions).items():
            yield partition, exact.pack(part, contradictions.VERDICT)


class _ContradictFn(beam.DoFn):
    def process(self, element: tuple[int, Iterable[bytes]]) -> Iterator[tuple[int, tuple[str, bytes]]]:
        parts = [exact.unpack(data, contradictions.VERDICT) for data in element[1]]
        for bucket, rows in contradictions.contradicted(parts).items():
            yield bucket, ("against", pack(pa.table({"row": pa.array(rows, pa.uint32())})))


class _SettleFn(beam.DoFn):
    def __init__(self, choice: Choice) -> None:
        self._choice = choice

    def process(self, element: tuple[int, Iterable[tuple[str, bytes]]]) -> Iterator[int]:
        bucket, told = element
        if not self._choice.work.is_done(bucket, stage=SETTLED):
            self._settle(bucket, told)
        yield bucket

    def _settle(self, bucket: int, told: Iterable[tuple[str, bytes]]) -> None:
        work = self._choice.work
        heard = sorted(told)
        parts = {what: [data for kind, data in heard if kind == what] for what in ("lost", "against")}
        rows = pl.DataFrame(work.handed(KEYED, bucket))
        decided = duplicates.apply(
            rows,
            lost=together(parts["lost"], duplicates.LOST),
            against=together(parts["against"], duplicates.AGAINST),
            sides=pl.DataFrame(work.handed("sides", ONCE)),
            hits=pl.DataFrame(work.handed("hits", ONCE)),
            twins=pl.DataFrame(work.handed("twins", ONCE)),
            advantages=pl.DataFrame(work.handed("advantages", ONCE)),
        )
        ledger.conserved(rows, decided, where=f"bucket {bucket}")
        work.hand_over(SETTLED, bucket, decided)
        work.leave(bucket, Report(), stage=SETTLED)


class WriteFn(beam.DoFn):
    """Writes decisions and edges of a bucket from what the last stage left, unless it was done."""

    def __init__(self, choice: Choice, last: str) -> None:
        self._choice, self._last = choice, last

    def process(self, bucket: int) -> None:
        work, name = self._choice.work, self._choice.name
        if work.is_done(bucket, stage=WRITTEN):
            return
        rows = pl.DataFrame(work.handed(self._last, bucket))
        ledger.conserved(pl.DataFrame(work.handed(KEYED, bucket)), rows, where=f"bucket {bucket}")
        decisions = _rows_like(
            rows.with_columns(curation=pl.lit(name), rules_version=pl.lit(RULES_VERSION)),
            arrow_schema(Decision),
        )
        add = [
            *write_choices(work, "decisions", decisions, bucket=bucket, curation=name),
            *write_choices(work, "edges", _edges(rows, name), bucket=bucket, curation=name),
        ]
        remove = [
            file
            for table in ("decisions", "edges")
            for file in work.snapshot.files_of(table, bucket=bucket, curation=name)
        ]
        work.leave(bucket, Report(tuple(add), tuple(remove), ledger.tally(decisions)), stage=WRITTEN)


def _edges(decided: pl.DataFrame, name: str) -> pa.Table:
    """An edge from each row that was dropped as a duplicate to the one that is kept."""
    rows = decided.filter(pl.col("rule").is_in(list(duplicates.EDGES)))
    edges = rows.select(
        "trajectory_id",
        curation=pl.lit(name),
        kind=pl.col("rule").replace_strict(duplicates.EDGES, return_dtype=pl.String),
        left=pl.format("{}/{}/{}", "trajectory_id", "step_index", "instruction_id"),
        right="survivor",
        distance=pl.col("distance").fill_null(0.0),
    ).unique(maintain_order=True)
    return _rows_like(edges, arrow_schema(Edge))


def _path(work: Work, bucket: int) -> str:
    return f"{work.folder}/{KEYED}/{bucket:05d}.parquet"


def _nothing(element: tuple[int, str]) -> tuple[int, tuple[str, bytes]]:
    return element[0], ("nothing", b"")


def _rows_like(frame: pl.DataFrame, schema: pa.Schema) -> pa.Table:
    return frame.to_arrow(compat_level=pl.CompatLevel.oldest()).select(schema.names).cast(schema)
