"""Annotate: facts become opinions, by a backend that is given.

Pass 1, per bucket, makes the states that the lake does not have yet and reads the known transitions between them, app
by app; pass 2, per bucket, shows each episode that this labeler has not seen yet to the backend. A trajectory with a
label of this labeler and version is done.
"""

from collections.abc import Sequence
from functools import partial

import apache_beam as beam

from pipelines.annotate.backend import STATES, BackendFactory, annotate_bucket, transitions_of, write_graph
from pipelines.annotate.opinions import begin_labelling, pending
from pipelines.lake.delta import open_lake
from pipelines.running.graph import PerKey, Spread, beam_options, run_graph
from pipelines.running.jobs import Summary
from pipelines.running.work import Report

READS = ("trajectories", "steps", "screens", "trees", "states", "labels", "rejects")
ORDER = ("rejects", "states", "instructions", "labels")
"""Labels come last: they tell that a trajectory is done."""


def annotate(lake_url: str, factory: BackendFactory, *, flags: Sequence[str] = ()) -> Summary:
    """Asks a backend for its opinions on every trajectory that it has not seen; `factory` must be picklable.

    Raises:
        LakeError: if the lake can't be read or written.
        LedgerError: if the backend's opinions are not about the episode that it was shown.
    """
    options = beam_options(flags, urls=(lake_url,))
    backend, lake = factory(), open_lake(lake_url)
    job = begin_labelling(lake, "annotate", backend, reads=READS, order=ORDER, resume=True)
    work = job.work

    def build(pipeline: beam.Pipeline) -> None:
        buckets = pipeline | "Every bucket" >> Spread(range(lake.buckets))
        graphs = (
            buckets
            | "Read the transitions" >> beam.FlatMap(partial(transitions_of, work))
            | "Write the graphs" >> PerKey(partial(write_graph, work))
        )
        buckets | "Ask the backend" >> beam.Map(partial(annotate_bucket, work, factory), beam.pvalue.AsList(graphs))

    reports: Sequence[Report] = ()
    if pending(work, backend):
        run_graph(build, options)
        reports = (*work.collect(STATES), *work.collect())
    return job.finish(reports)


def plan(lake_url: str, factory: BackendFactory) -> dict[str, object]:
    """What `annotate` would do now: trajectories to look at, requests, tokens and money.

    Raises:
        LakeError: if the lake can't be read.
    """
    backend = factory()
    work = begin_labelling(open_lake(lake_url), "annotate", backend, reads=READS, order=ORDER, resume=True).work
    return {"trajectories to look at": len(pending(work, backend)), "requests": 0, "tokens": 0, "US dollars": "0.00"}
