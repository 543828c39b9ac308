"""Curate: facts and opinions become choices, under a name and a configuration.

This file is the graph and nothing else: which stage comes after which, and how their rows meet. `stages` says what
each of them leaves for the others; a stage is a module of plain functions, one bucket at a time. A job that was killed
and is started again does only what is not there yet.
"""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from pipelines.annotate.vectors import check_vectors
from pipelines.curate.benchmarks import read_benchmarks
from pipelines.curate.choosing import choose
from pipelines.curate.config import CurationConfig
from pipelines.curate.keeping import Shelf
from pipelines.curate.keying import give_keys
from pipelines.curate.likeness import liken
from pipelines.curate.limiting import Limit, cut, find_beyond, is_limited, limits, read_groups, worths
from pipelines.curate.meaning import embedding_of
from pipelines.curate.pairing import name_partners, pair, read_judged, write_pairs
from pipelines.curate.published import under_way
from pipelines.curate.roles.candidates import RULES_VERSION
from pipelines.curate.settling import (
    ask_who_is_kept,
    find_best,
    find_contradictions,
    name_who_is_kept,
    read_keys,
    read_verdicts,
    settle,
)
from pipelines.curate.similarity.fingerprints import RULES_VERSION as FINGERPRINT_VERSION
from pipelines.curate.stages import BENCHMARKS, PAIRED, Curation, Stage
from pipelines.curate.tightening import check_tighter, stored_config
from pipelines.curate.writing import write_bucket
from pipelines.lake.delta import check_name, open_lake
from pipelines.running.graph import PerBucket, PerKey, Spread, beam_options, branches, run_graph
from pipelines.running.jobs import Job, Summary, begin
from pipelines.running.work import HandOver
from schemas.errors import HindtraceError, LakeError, LedgerError
from schemas.identity import RULES_VERSION as STATE_VERSION
from schemas.keys import key

READS = (
    "trajectories",
    "steps",
    "screens",
    "trees",
    "tasks",
    "instructions",
    "labels",
    "proofs",
    "states",
    "fingerprints",
    "decisions",
    "rejects",
)
ORDER = ("rejects", "states", "fingerprints", "edges", "decisions")
"""The order of the commits; only the last is among what the job is known by, so one killed between two is resumed."""

PICTURES = ("states", "fingerprints")
"""Tables that are right whatever becomes of the curation."""


def curate(
    lake_url: str,
    name: str,
    config: CurationConfig | None = None,
    *,
    source: str | None = None,
    flags: Sequence[str] = (),
) -> Summary:
    """Decides what each step is for each instruction and use; replaces the curation of that name.

    With `source` no candidates are looked for: the edges are those of the curation of that name, cut at the thresholds
    of the configuration, and the result is that of a whole run.

    Raises:
        ConfigurationError: if `source` does not hold all edges that the configuration asks for, or the lake no vectors
            of its `embedding`.
        LakeError: if the lake can't be read or written.
        LedgerError: if rows in are not rows out; then no decision is committed.
    """
    options = beam_options(flags, urls=(lake_url,))
    check_name(name)
    config = config if config is not None else CurationConfig()
    lake = open_lake(lake_url)
    benchmarks = read_benchmarks(config.benchmarks)
    configuration: dict[str, object] = {
        "name": name,
        "config": config,
        "benchmarks": key("benchmarks", benchmarks.rows()),
        "rules": [RULES_VERSION, STATE_VERSION, FINGERPRINT_VERSION],
    }
    if source is not None:
        rules = configuration["rules"]
        check_tighter(lake.snapshot(), source, stored_config(lake, source), config, rules)
        configuration["from"] = source
    job = begin(
        lake,
        "curate",
        {**configuration, "digest": config.digest},
        reads=(*READS, "calls") if config.embedding else READS,
        order=ORDER,
        known_by=configuration,
        resume=True,
        about=name,
    )
    work = job.work
    if config.embedding and source is None:
        check_vectors(work.snapshot, embedding_of(config))
    with under_way(lake, name):
        work.hand_over(BENCHMARKS, benchmarks)
        curation = Curation(work, config, Shelf(name, source))
        try:
            run_graphs(curation, options)
            return _finish(job, curation)
        except (HindtraceError, KeyboardInterrupt):
            _commit_pictures(job)
            raise


def run_graphs(curation: Curation, options: PipelineOptions) -> None:
    """All stages, in a graph for each limit, of which the next one hangs on what the last one left."""
    run_graph(partial(decide_graph, curation), options)
    if is_limited(curation.config):
        last = PAIRED
        for limit in limits(curation):
            run_graph(partial(limit_graph, curation, limit), options)
            last = limit.after
        run_graph(partial(write_graph, curation, last), options)


def _finish(job: Job, curation: Curation) -> Summary:
    """Checks the ledger and commits.

    Raises:
        LakeError: if another curation has committed meanwhile.
        LedgerError: if rows in are not rows out; nothing is committed.
    """
    work = job.work
    chosen, written = work.collect(Stage.CHOOSE), work.collect(Stage.WRITE)
    likeness = work.report(0, stage=Stage.LIKEN)
    expected = sum(report.counts["rows expected"] for report in chosen)
    rows = sum(sum(report.counts.values()) for report in written)
    if rows != expected:
        raise LedgerError(f"curation {curation.name}: {expected} rows in, {rows} rows out; nothing committed")
    return job.finish((*chosen, likeness, *written), notes=(*likeness.notes, *worths(curation)))


def _commit_pictures(job: Job) -> None:
    """Commits what screens look like and which states they show, of all buckets that were looked through.

    It hangs on the screens alone, whatever the configuration, and decoding is most of the work: a curation that ends
    without a result does not lose it.
    """
    work = job.work
    buckets = range(work.snapshot.buckets)
    reports = [
        work.report(bucket, stage=Stage.CHOOSE) for bucket in buckets if work.is_done(bucket, stage=Stage.CHOOSE)
    ]
    for table in PICTURES:
        add = [file for report in reports for file in report.add if file.table == table]
        once = f"{work.job} {key('pictures', sorted(file.path for file in add))}"
        with suppress(LakeError):  # what ends the curation is told; another job may have committed the same
            job.lake.commit(work.snapshot, table, job=once, writer=table, add=add)


def decide_graph(curation: Curation, pipeline: beam.Pipeline) -> None:
    """All stages, where no limit is set; else all but the last."""
    keyed = (
        pipeline
        | "Every bucket" >> Spread(range(curation.work.snapshot.buckets))
        | "Choose" >> beam.FlatMap(partial(choose, curation))
        | "When all are chosen, liken" >> PerKey(partial(liken, curation))
        | "Spread them again" >> beam.Reshuffle()
        | "Give keys" >> beam.FlatMap(partial(give_keys, curation))
    )
    paired = keyed | "Settle" >> Settle(curation) | "Pair" >> Pair(curation)
    if not is_limited(curation.config):
        _ = paired | "Write" >> beam.Map(partial(write_bucket, curation, PAIRED))


class Settle(beam.PTransform[Any, Any]):
    """From keyed files to buckets whose rows have their roles."""

    def __init__(self, curation: Curation) -> None:
        super().__init__()
        self._curation, self._buckets = curation, curation.work.snapshot.buckets

    def expand(self, files: Any) -> Any:
        """The graph."""
        messages: tuple[Any, ...] = (
            files
            | "Read the verdicts" >> beam.FlatMap(partial(read_verdicts, self._curation))
            | "Find contradictions" >> PerKey(find_contradictions),
        )
        if self._curation.config.exact_duplicates:
            messages += (
                files
                | "Find the duplicates" >> FindDuplicates(self._buckets)
                | "Ask who is kept" >> PerKey(partial(ask_who_is_kept, self._curation))
                | "Name who is kept" >> PerKey(partial(name_who_is_kept, self._curation)),
            )
        return messages | "Settle" >> PerBucket(partial(settle, self._curation), self._buckets)


class FindDuplicates(beam.PTransform[Any, Any]):
    """From numbered files to what each of them loses, packed: at least one element a file.

    `partitions` is a power of two, and comes from the lake.
    """

    def __init__(self, partitions: int) -> None:
        super().__init__()
        self._partitions = partitions

    def expand(self, files: Any) -> Any:
        """The graph."""
        own = files | "Read the keys" >> branches(partial(read_keys, self._partitions), "lost", "sent", threaded=True)
        others = own.sent | "Find the best" >> PerKey(find_best, threaded=True)
        return (own.lost, others) | "All that is lost" >> beam.Flatten()


class Pair(beam.PTransform[Any, Any]):
    """From buckets whose rows are settled to buckets whose pairs are found."""

    def __init__(self, curation: Curation) -> None:
        super().__init__()
        self._curation = curation

    def expand(self, buckets: Any) -> Any:
        """The graph."""
        pairs = (
            buckets
            | "Read what was judged" >> beam.FlatMap(partial(read_judged, self._curation))
            | "By prompt" >> beam.GroupByKey()
            | "Pair" >> branches(partial(pair, self._curation), "asked", "told")
        )
        named = pairs.asked | "Name the partners" >> PerKey(partial(name_partners, self._curation))
        write = PerBucket(partial(write_pairs, self._curation), self._curation.work.snapshot.buckets)
        return (named, pairs.told) | "Write the pairs" >> write


def limit_graph(curation: Curation, limit: Limit, pipeline: beam.Pipeline) -> None:
    """One limit."""
    beyond = (
        pipeline
        | "Every bucket" >> Spread(range(curation.work.snapshot.buckets))
        | "Read the groups" >> beam.FlatMap(partial(read_groups, curation, limit))
        | "Find what is beyond" >> PerKey(partial(find_beyond, curation, limit))
    )
    _ = beyond | "Cut" >> PerBucket(partial(cut, curation, limit), curation.work.snapshot.buckets)


def write_graph(curation: Curation, last: HandOver, pipeline: beam.Pipeline) -> None:
    """The last stage, from what the last limit left."""
    buckets = pipeline | "Every bucket" >> Spread(range(curation.work.snapshot.buckets))
    _ = buckets | "Write" >> beam.Map(partial(write_bucket, curation, last))
