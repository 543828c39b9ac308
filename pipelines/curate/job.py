"""Curate: facts and opinions become choices, under a name and a configuration.

Stages, each of which leaves what it found in the job's work folder, a file a bucket. A job that was killed and is
started again does only what is not there yet.

1. `choosing`: per bucket, what each step could be, and what that hangs on.
2. `likeness`: what is nearly the same, what hangs together, and on which side of the split it is.
3. `deciding`: keys are compared across buckets, and each row gets its role.
4. `pairing`: right actions and wrong ones in the same state come together.
5. `limiting`: of what is left so many rows stay of each group that has a limit.
"""

import time
from collections.abc import Sequence

import apache_beam as beam

from pipelines.annotate.vectors import check_vectors
from pipelines.curate.benchmarks import read_benchmarks
from pipelines.curate.choosing import CHOSEN, ChooseFn
from pipelines.curate.config import CurationConfig
from pipelines.curate.deciding import KEYED, SETTLED, WRITTEN, Choice, KeyFn, Settle, WriteFn
from pipelines.curate.keeping import Shelf
from pipelines.curate.likeness import LIKENESS, ONCE, LikenFn
from pipelines.curate.limiting import Limit, is_limited, limit_graph, limits, worths
from pipelines.curate.meaning import embedding_of
from pipelines.curate.pairing import PAIRED, Pair
from pipelines.curate.roles.candidates import RULES_VERSION
from pipelines.curate.similarity.fingerprints import RULES_VERSION as FINGERPRINT_VERSION
from pipelines.curate.tightening import check_tighter, stored_config
from pipelines.lake.delta import check_name, open_lake
from pipelines.running.work import Summary, beam_options, begin, finish, run_graph
from schemas.errors import LedgerError
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
    "states",
    "fingerprints",
    "decisions",
    "rejects",
)
ORDER = ("rejects", "states", "fingerprints", "edges", "decisions")
"""The order of the commits; only the last is among what the job is known by, so one killed between two is resumed."""


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
        LedgerError: if rows in are not rows out, or what hangs together leaves nothing to split; nothing is committed.
    """
    started = time.time()
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
    every = (*READS, "calls") if config.embedding else READS
    reads = [table for table in every if table not in ORDER[:-1]]
    work = begin(lake, "curate", configuration, reads=reads, resume=True, about=name)
    if config.embedding and source is None:
        check_vectors(work.snapshot, embedding_of(config))
    work.hand_over("benchmarks", 0, benchmarks)
    shelf = Shelf(name, source)
    choice = Choice(work, name, config, shelf)

    def build(pipeline: beam.Pipeline) -> None:
        settled = (
            pipeline
            | "Every bucket" >> beam.Create(range(lake.buckets))
            | "Spread them" >> beam.Reshuffle()
            | "Choose" >> beam.ParDo(ChooseFn(work, config, shelf))
            | "When all are chosen" >> beam.GroupByKey()
            | "Liken" >> beam.ParDo(LikenFn(work, config, shelf))
            | "Spread them again" >> beam.Reshuffle()
            | "Give keys" >> beam.ParDo(KeyFn(choice))
            | Settle(choice)
            | Pair(work, keyed=KEYED, before=SETTLED)
        )
        if not limited:
            _ = settled | "Write" >> beam.ParDo(WriteFn(choice, PAIRED))

    def limiting(limit: Limit) -> None:
        run_graph(lambda pipeline: limit_graph(pipeline, work, config, limit), options)

    def writing(pipeline: beam.Pipeline) -> None:
        _ = pipeline | beam.Create(range(lake.buckets)) | beam.Reshuffle() | beam.ParDo(WriteFn(choice, last))

    limited = is_limited(config)
    run_graph(build, options)
    if limited:
        last = limits(work, config, limiting)
        run_graph(writing, options)
    chosen, decided = work.collect(CHOSEN), work.collect(WRITTEN)
    likeness = work.report(ONCE, stage=LIKENESS)
    expected = sum(one.counts["rows expected"] for one in chosen)
    rows = sum(sum(one.counts.values()) for one in decided)
    if rows != expected:
        raise LedgerError(f"curation {name}: {expected} rows in, {rows} rows out; nothing committed")
    return finish(
        lake,
        work,
        writer="curate",
        configuration={**configuration, "digest": config.digest},
        order=ORDER,
        started=started,
        reports=(*chosen, likeness, *decided),
        reads=every,
        notes=(*likeness.notes, *worths(work, config)),
    )
