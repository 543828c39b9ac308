"""Ingest: traces become facts, once each, whatever their folders are called and however often they are given.

Pass 1 reads which episode each trace holds; pass 2, per bucket, decides which recording counts and writes the rows
that the lake does not have yet. Each table is compared with what it already holds, so that a job that died between
two commits is finished by the next one. What a job that was killed before its commits had written of a bucket is not
written again, if the bucket's traces are the same.
"""

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import apache_beam as beam

from pipelines.ingest.facts import heads_of, write_facts
from pipelines.lake.delta import create_lake
from pipelines.running.graph import PerBucket, Spread, beam_options, run_graph
from pipelines.running.jobs import Summary, begin
from schemas.errors import ConfigurationError
from schemas.traces import LINES, find_traces

READS = ("trajectories", "steps", "screens", "trees", "tasks", "instructions", "labels", "rejects")
ORDER = ("labels", "instructions", "rejects", "screens", "trees", "tasks", "steps", "trajectories")
"""The order of the commits: an episode counts as ingested when its row in `trajectories` is there, so that is last."""


def ingest(traces: Path, lake_url: str, *, buckets: int | None = None, flags: Sequence[str] = ()) -> Summary:
    """Brings the traces below a folder into the lake, which is made if it is not there, with so many buckets.

    Raises:
        TraceError: if the folder is not there.
        ConfigurationError: if it holds no trace, or the lake has another number of buckets.
        LakeError: if the lake can't be read or written.
    """
    options = beam_options(flags, urls=(lake_url, str(traces)))
    traces = traces.absolute()  # a worker in another process may have another working directory
    names = tuple(path.relative_to(traces).as_posix() for path in find_traces(traces))
    if not names:
        raise ConfigurationError(f"{traces}: expected traces (NAME.trace.zip or NAME/{LINES}), found none")
    lake = create_lake(lake_url, buckets=buckets)
    job = begin(
        lake,
        "ingest",
        {"traces": len(names)},
        reads=READS,
        order=ORDER,
        known_by={"traces": sorted(names)},
        resume=True,
    )
    work = job.work
    work.clear("reports")  # what a bucket was given may have changed since

    def build(pipeline: beam.Pipeline) -> None:
        heads = (
            pipeline
            | "Every trace" >> Spread(map(os.fsencode, names))  # a name need not be text
            | "Read their heads" >> beam.FlatMap(partial(heads_of, traces, lake.buckets))
        )
        _ = heads | "Write the facts" >> PerBucket(partial(write_facts, work, traces), lake.buckets)

    run_graph(build, options)
    return job.finish(work.collect())
