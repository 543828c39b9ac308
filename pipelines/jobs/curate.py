"""Curate: facts and opinions become choices, under a name and a configuration.

Pass 1, per bucket, writes states and fingerprints that are not there yet and what each step could be, and sends the
keys of what may be a duplicate; the keys are compared; pass 2, per bucket, writes what each step is.
"""

import time
from collections.abc import Iterable, Iterator, Sequence

import apache_beam as beam
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.curation import CurationConfig
from pipelines.jobs.running import Report, Summary, Work, beam_options, begin, finish, run_graph, write_chunks
from pipelines.jobs.states import bucket_states
from pipelines.kernels import duplicates, ledger
from pipelines.kernels.candidates import RULES_VERSION, Facts, candidates, expected_rows
from pipelines.kernels.fingerprints import RULES_VERSION as FINGERPRINT_VERSION
from pipelines.kernels.fingerprints import fingerprints
from pipelines.lake import DataFile, check_name, filesystem_of, open_lake, write_rows
from pipelines.parquet import parquet_bytes, write_once
from pipelines.screens import Screens
from schemas.arrow import arrow_schema
from schemas.choices import Decision, Edge, Fingerprint
from schemas.errors import LakeError, LedgerError
from schemas.identity import RULES_VERSION as STATE_VERSION
from schemas.tables import TABLES

READS = ("trajectories", "steps", "screens", "trees", "instructions", "labels", "states", "fingerprints")
ORDER = ("states", "fingerprints", "edges", "decisions")

APPS_FOR_SPLIT = 3
"""With fewer apps than this the split goes by start state: one app would be one split."""


def curate(lake_url: str, name: str, config: CurationConfig | None = None, *, flags: Sequence[str] = ()) -> Summary:
    """Decides what each step is for each instruction and use; replaces the curation of that name.

    Raises:
        LakeError: if the lake can't be read or written.
        LedgerError: if rows in are not rows out; nothing is committed.
    """
    started = time.time()
    options = beam_options(flags, urls=(lake_url,))
    check_name(name)
    config = config if config is not None else CurationConfig()
    lake = open_lake(lake_url)
    configuration = {
        "name": name,
        "config": config,
        "rules": [RULES_VERSION, STATE_VERSION, FINGERPRINT_VERSION],
    }
    work = begin(lake, "curate", configuration, reads=READS)
    apps = pc.count_distinct(work.snapshot.read("trajectories", columns=["app"])["app"]).as_py()
    by_app = apps >= APPS_FOR_SPLIT

    def build(pipeline: beam.Pipeline) -> None:
        buckets = pipeline | "Every bucket" >> beam.Create(range(lake.buckets)) | "Spread them" >> beam.Reshuffle()
        buckets | "Fingerprint the screens" >> beam.ParDo(_FingerprintFn(work))
        sent = buckets | "Find the candidates" >> beam.ParDo(_FindFn(work, config, by_app))
        verdicts = sent | "By key" >> beam.GroupByKey() | "Compare the keys" >> beam.ParDo(_CompareFn())
        nothing = buckets | "Expect every bucket" >> beam.Map(_nothing)
        (
            (verdicts, nothing)
            | "All buckets" >> beam.Flatten()
            | "By bucket" >> beam.GroupByKey()
            | "Decide" >> beam.ParDo(_DecideFn(work, name))
        )

    run_graph(build, options)
    found, decided = work.collect("candidates"), work.collect("decisions")
    expected = sum(one.counts["rows expected"] for one in found)
    rows = sum(sum(one.counts.values()) for one in decided)
    if rows != expected:
        raise LedgerError(f"curation {name}: {expected} rows in, {rows} rows out; nothing committed")
    return finish(
        lake,
        work,
        writer="curate",
        configuration={**configuration, "digest": config.digest, "split": "app" if by_app else "start state"},
        order=ORDER,
        started=started,
        reports=(*work.collect("fingerprints"), *found, *decided),
        reads=READS,
    )


class _FingerprintFn(beam.DoFn):
    def __init__(self, work: Work) -> None:
        self._work = work

    def process(self, bucket: int) -> None:
        held = self._work.snapshot.read("fingerprints", bucket=bucket, columns=["screen", "rules_version"])
        known = set(held.filter(pc.field("rules_version") == FINGERPRINT_VERSION)["screen"].to_pylist())
        screens = Screens(self._work.snapshot, bucket)
        found = fingerprints((screen, screens.data(screen)) for screen in screens if screen not in known)
        ranked = sorted(found, key=lambda one: one.screen)
        files = write_chunks(self._work, "fingerprints", ((one, 1_024) for one in ranked), Fingerprint, bucket=bucket)
        broken = sum(one.error is not None for one in found)
        counts = {"screens fingerprinted": len(found), "screens that can't be decoded": broken}
        self._work.leave(bucket, Report(files, (), counts), stage="fingerprints")


class _FindFn(beam.DoFn):
    def __init__(self, work: Work, config: CurationConfig, by_app: bool) -> None:
        self._work, self._config, self._by_app = work, config, by_app

    def process(self, bucket: int) -> Iterator[tuple[int, tuple[str, int, bytes]]]:
        snapshot = self._work.snapshot
        steps = snapshot.read("steps", bucket=bucket)
        states, added = bucket_states(self._work, bucket, steps)
        facts = Facts(
            trajectories=snapshot.read("trajectories", bucket=bucket, columns=["trajectory_id", "app"]),
            steps=steps,
            states=states,
            instructions=snapshot.read("instructions", bucket=bucket),
            labels=snapshot.read("labels", bucket=bucket),
        )
        found = candidates(facts, self._config, by_app=self._by_app)
        expected = expected_rows(facts)
        ledger.balance(expected, found, where=f"bucket {bucket}")
        filesystem, base = filesystem_of(self._work.folder)
        write_once(filesystem, f"{base}/candidates/{bucket:05d}.parquet", parquet_bytes(found))
        self._work.leave(bucket, Report(added, (), {"rows expected": sum(expected.values())}), stage="candidates")
        yield from _by_partition("key", duplicates.keys_of(found), bucket, snapshot.buckets)
        yield from _by_partition("pair", duplicates.pairs_of(found), bucket, snapshot.buckets)


class _CompareFn(beam.DoFn):
    def process(self, element: tuple[int, Iterable[tuple[str, int, bytes]]]) -> Iterator[tuple[int, tuple[str, bytes]]]:
        _, sent = element
        parts = sorted(sent)
        for bucket, rows in duplicates.losers([(b, _unpack(data)) for what, b, data in parts if what == "key"]).items():
            yield bucket, ("key", _pack(rows))
        pairs = [(b, _unpack(data)) for what, b, data in parts if what == "pair"]
        for bucket, against in duplicates.contradicted(pairs).items():
            yield bucket, ("pair", _pack(pa.table({"pair": against})))


class _DecideFn(beam.DoFn):
    def __init__(self, work: Work, name: str) -> None:
        self._work, self._name = work, name

    def process(self, element: tuple[int, Iterable[tuple[str, bytes]]]) -> None:
        bucket, sent = element
        parts = sorted(sent)
        lost = pa.concat_tables(
            [duplicates.KEYS.empty_table(), *(_unpack(data) for what, data in parts if what == "key")]
        )
        against = [one for what, data in parts if what == "pair" for one in _unpack(data)["pair"].to_pylist()]
        filesystem, base = filesystem_of(self._work.folder)
        found = pa.parquet.read_table(f"{base}/candidates/{bucket:05d}.parquet", filesystem=filesystem)
        decided = duplicates.apply(found, lost, pa.array(against, pa.binary(16)))
        if decided.num_rows != found.num_rows:
            raise LedgerError(f"bucket {bucket}: {found.num_rows} rows in, {decided.num_rows} out; nothing committed")
        decisions, edges = _decisions(decided, self._name), _edges(decided, self._name)
        add = [*self._write("decisions", decisions, bucket), *self._write("edges", edges, bucket)]
        remove = [
            file
            for table in ("decisions", "edges")
            for file in self._work.snapshot.files_of(table, bucket=bucket, curation=self._name)
        ]
        self._work.leave(bucket, Report(tuple(add), tuple(remove), ledger.tally(decisions)), stage="decisions")

    def _write(self, table: str, rows: pa.Table, bucket: int) -> tuple[DataFile, ...]:
        if not rows.num_rows:
            return ()
        rows = rows.sort_by([(name, "ascending") for name in TABLES[table].order])
        return (write_rows(self._work.snapshot.url, table, rows, bucket=bucket, curation=self._name),)


def _rows_like(frame: pl.DataFrame, schema: pa.Schema) -> pa.Table:
    return frame.to_arrow(compat_level=pl.CompatLevel.oldest()).select(schema.names).cast(schema)


def _decisions(decided: pa.Table, name: str) -> pa.Table:
    rows = pl.DataFrame(decided).with_columns(
        curation=pl.lit(name),
        rules_version=pl.lit(RULES_VERSION),
        distance=pl.lit(None, pl.Float64),
        weight=pl.lit(1.0),
    )
    return _rows_like(rows, arrow_schema(Decision))


def _edges(decided: pa.Table, name: str) -> pa.Table:
    rows = pl.DataFrame(decided).filter(pl.col("survivor").is_not_null())
    edges = rows.select(
        "trajectory_id",
        curation=pl.lit(name),
        kind=pl.lit("exact step"),
        left=pl.format("{}/{}/{}", "trajectory_id", "step_index", "instruction_id"),
        right="survivor",
        distance=pl.lit(0.0),
    ).unique(maintain_order=True)
    return _rows_like(edges, arrow_schema(Edge))


def _by_partition(
    what: str, rows: pa.Table, bucket: int, partitions: int
) -> Iterator[tuple[int, tuple[str, int, bytes]]]:
    """The rows, packed, by the first byte of their key: one element a partition and bucket."""
    if not rows.num_rows:
        return
    first = pa.array([one[0] % partitions for one in rows[what].to_pylist()], pa.int32())
    for partition in range(partitions):
        mine = rows.filter(pc.equal(first, partition))
        if mine.num_rows:
            yield partition, (what, bucket, _pack(mine))


def _nothing(bucket: int) -> tuple[int, tuple[str, bytes]]:
    return bucket, ("none", b"")


def _pack(rows: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows)
    return bytes(sink.getvalue().to_pybytes())


def _unpack(data: bytes) -> pa.Table:
    try:
        return pa.ipc.open_stream(data).read_all()
    except pa.ArrowInvalid as error:
        raise LakeError("a stage of the job handed over something that is no table") from error
