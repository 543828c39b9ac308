"""Annotate: facts become opinions, by a backend that is given.

Pass 1, per bucket, makes the states that the lake does not have yet and reads the known transitions between them, app
by app; pass 2, per bucket, shows each episode that this labeler has not seen yet to the backend. A trajectory with a
label of this labeler and version is done.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

import apache_beam as beam

from labelers.backend import Backend
from pipelines.annotate.backend import STATES, annotate_bucket, transitions_of, write_graph
from pipelines.annotate.opinions import begin_labelling, pending
from pipelines.lake.delta import open_lake
from pipelines.running.graph import PerKey, Spread, beam_options, run_graph
from pipelines.running.jobs import Summary
from pipelines.running.work import Report, Work

READS = ("trajectories", "steps", "screens", "trees", "states", "labels", "rejects")
ORDER = ("rejects", "states", "instructions", "labels")
"""Labels come last: they tell that a trajectory is done."""

BackendFactory = Callable[[], Backend]


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
            | "Write the graphs, app by app" >> PerKey(partial(_write_graph, work))
        )
        buckets | "Ask the backend" >> beam.ParDo(_AskFn(work, factory), beam.pvalue.AsList(graphs))

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


def _write_graph(work: Work, app: str, edges: Iterable[bytes]) -> Iterator[tuple[str, str]]:
    yield app, write_graph(work, app, edges)


class _AskFn(beam.DoFn):
    def __init__(self, work: Work, factory: BackendFactory) -> None:
        self._work, self._factory = work, factory

    def setup(self) -> None:
        self._backend = self._factory()

    def process(self, bucket: int, graphs: Sequence[tuple[str, str]]) -> None:
        if not self._work.is_done(bucket, stage="reports"):
            self._work.leave(bucket, annotate_bucket(self._work, bucket, self._backend, dict(graphs)))
