"""Annotate: facts become opinions, by a backend that is given.

Pass 1, per bucket, makes the states that the lake does not have yet and reads the known transitions between them, app
by app; pass 2, per bucket, shows each episode that this labeler has not seen yet to the backend. A trajectory with a
label of this labeler and version is done.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import apache_beam as beam
import pyarrow as pa
import pyarrow.compute as pc

from labelers.backend import Backend, Opinions
from labelers.transitions import Ways, transitions
from pipelines.lake.delta import open_lake
from pipelines.lake.episodes import Trees, episodes, incomplete
from pipelines.lake.parquet import write_once
from pipelines.lake.screens import Screens
from pipelines.lake.states import keys_by_place
from pipelines.lake.writing import write_sorted
from pipelines.running.graph import beam_options, run_graph
from pipelines.running.jobs import Summary, begin
from pipelines.running.known_states import bucket_states, read_states
from pipelines.running.rejects import without_damaged, write_rejects
from pipelines.running.work import Report, Work
from schemas.choices import Reject
from schemas.errors import LakeError, LedgerError
from schemas.files import filesystem_of
from schemas.keys import key
from schemas.opinions import Instruction, Label
from schemas.protocols import Labeler
from schemas.records import Screen

READS = ("trajectories", "steps", "screens", "trees", "states", "labels", "rejects")
ORDER = ("rejects", "states", "instructions", "labels")
"""Labels come last: they tell that a trajectory is done."""

CHECKED, GLANCED_AT = ("steps", "trees", "states"), ("screens",)
"""The tables whose files may be damaged without an end to the job: what misses something waits until it is back."""

INCOMPLETE = "incomplete episode"

PAIR = 32
"""Bytes of a transition: the content keys of both states."""

BackendFactory = Callable[[], Backend]


def annotate(lake_url: str, factory: BackendFactory, *, flags: Sequence[str] = ()) -> Summary:
    """Asks a backend for its opinions on every trajectory that it has not seen; `factory` must be picklable.

    Raises:
        LakeError: if the lake can't be read or written.
        LedgerError: if the backend's opinions are not about the episode that it was shown.
    """
    options = beam_options(flags, urls=(lake_url,))
    backend = factory()
    lake = open_lake(lake_url)
    configuration = {"labeler": backend.name, "version": backend.version}
    writer = f"annotate {backend.name} {backend.version}"
    job = begin(lake, "annotate", configuration, reads=READS, order=ORDER, writer=writer, resume=True)
    work = job.work

    def build(pipeline: beam.Pipeline) -> None:
        buckets = pipeline | "Every bucket" >> beam.Create(range(lake.buckets)) | "Spread them" >> beam.Reshuffle()
        ways = (
            buckets
            | "Read the transitions" >> beam.ParDo(_ReadWaysFn(work))
            | "By app" >> beam.GroupByKey()
            | "Write the ways" >> beam.ParDo(_WriteWaysFn(work))
        )
        buckets | "Ask the backend" >> beam.ParDo(_AskFn(work, factory), beam.pvalue.AsList(ways))

    reports: Sequence[Report] = ()
    if pending(work, backend):
        run_graph(build, options)
        reports = (*work.collect("states"), *work.collect())
    return job.finish(reports)


def plan(lake_url: str, factory: BackendFactory) -> dict[str, object]:
    """What `annotate` would do now: trajectories to look at, requests, tokens and money.

    Raises:
        LakeError: if the lake can't be read.
    """
    backend = factory()
    configuration = {"labeler": backend.name, "version": backend.version}
    work = begin(open_lake(lake_url), "annotate", configuration, reads=READS, resume=True).work
    return {"trajectories to look at": len(pending(work, backend)), "requests": 0, "tokens": 0, "US dollars": "0.00"}


def pending(work: Work, backend: Labeler, *, bucket: int | None = None) -> tuple[str, ...]:
    """The trajectories that this labeler and version has not seen, sorted."""
    columns = ["trajectory_id", "subject", "labeler", "labeler_version"]
    labels = work.snapshot.read("labels", bucket=bucket, columns=columns)
    mine = labels.filter(
        (pc.field("subject") == "trajectory")
        & (pc.field("labeler") == backend.name)
        & (pc.field("labeler_version") == backend.version)
    )
    known = work.snapshot.read("trajectories", bucket=bucket, columns=["trajectory_id"])["trajectory_id"]
    return tuple(sorted(set(known.to_pylist()) - set(mine["trajectory_id"].to_pylist())))


class _ReadWaysFn(beam.DoFn):
    def __init__(self, work: Work) -> None:
        self._work = work

    def process(self, bucket: int) -> Iterator[tuple[str, bytes]]:
        work, _ = without_damaged(self._work, bucket, CHECKED)
        trajectories, steps = _facts(work, bucket)
        if work.is_done(bucket, stage="states"):
            states = read_states(work, bucket, added=work.report(bucket, stage="states").add)
        else:
            states, added = bucket_states(work, bucket, steps)
            work.leave(bucket, Report(added), stage="states")
        found: set[tuple[str, bytes]] = set()
        for episode in episodes(trajectories, steps, keys_by_place(states), None, no_screen):
            app = episode.trajectory.app
            found.update((app, bytes.fromhex(start + goal)) for start, goal in transitions(episode))
        yield from sorted(found)


class _WriteWaysFn(beam.DoFn):
    def __init__(self, work: Work) -> None:
        self._work = work

    def process(self, element: tuple[str, Iterable[bytes]]) -> Iterator[tuple[str, str]]:
        app, pairs = element
        filesystem, base = filesystem_of(self._work.folder)
        name = f"ways/{key('ways', app)}.bin"
        write_once(filesystem, f"{base}/{name}", b"".join(sorted(set(pairs))))
        yield app, name


class _AskFn(beam.DoFn):
    def __init__(self, work: Work, factory: BackendFactory) -> None:
        self._work, self._factory = work, factory

    def setup(self) -> None:
        self._backend = self._factory()

    def process(self, bucket: int, ways: Sequence[tuple[str, str]]) -> None:
        if not self._work.is_done(bucket, stage="reports"):
            self._work.leave(bucket, annotate_bucket(self._work, bucket, self._backend, dict(ways)))


def annotate_bucket(work: Work, bucket: int, backend: Backend, ways: Mapping[str, str]) -> Report:
    """Writes the backend's opinions on the bucket's episodes that it has not seen; `ways` names a file an app.

    An episode of which something is missing is not shown, and goes to `rejects`.
    """
    work, damaged = without_damaged(work, bucket, CHECKED, glanced_at=GLANCED_AT)
    todo = pending(work, backend, bucket=bucket)
    counts: Counter[str] = Counter(trajectories=0)
    trajectories, steps = _facts(work, bucket)
    counts["trajectories already labelled"] = trajectories.num_rows - len(todo)
    if not todo:
        return Report(counts=dict(counts))
    snapshot = work.snapshot
    trajectories = trajectories.filter(pc.is_in(trajectories["trajectory_id"], value_set=pa.array(todo, pa.string())))
    trees = Trees(snapshot.read("trees", bucket=bucket, columns=["tree", "nodes"]))
    states = read_states(work, bucket, added=work.report(bucket, stage="states").add)
    screens = Screens(snapshot, bucket)
    missing = incomplete(trajectories, steps, trees, screens)
    counts["trajectories that miss something"] = len(missing)
    lost = (*damaged, *(Reject(work.name, name, name, INCOMPLETE, why) for name, why in missing.items()))
    whole = pc.invert(pc.is_in(trajectories["trajectory_id"], value_set=pa.array(sorted(missing), pa.string())))
    known: dict[str, Ways] = {}
    instructions: list[Instruction] = []
    labels: list[Label] = []
    for episode in episodes(trajectories.filter(whole), steps, keys_by_place(states), trees, screens):
        app = episode.trajectory.app
        if app not in known:
            known[app] = _ways(work, ways.get(app))
        opinions = backend(episode, known[app])
        check_opinions(episode.trajectory.trajectory_id, backend, opinions)
        instructions += opinions.instructions
        labels += opinions.labels
        counts["trajectories"] += 1
        counts.update({f"silent: {reason}": number for reason, number in opinions.silences.items()})
    counts.update(f"instructions, {one.level} level" for one in instructions)
    counts.update(f"labels on a {one.subject}: {one.verdict}" for one in labels)
    add = [
        *write_rejects(work, bucket, lost),
        *write_sorted(snapshot.url, "instructions", instructions, bucket=bucket),
        *write_sorted(snapshot.url, "labels", labels, bucket=bucket),
    ]
    notes = tuple(f"{one.subject}: {one.reason}" for one in lost)
    return Report(tuple(add), (), dict(sorted(counts.items())), notes)


def no_screen(screen: str) -> Screen:
    """Stands for the images of an episode whose images nobody looks at.

    Raises:
        KeyError: whatever is asked for.
    """
    raise KeyError(screen)


def _facts(work: Work, bucket: int) -> tuple[pa.Table, pa.Table]:
    return work.snapshot.read("trajectories", bucket=bucket), work.snapshot.read("steps", bucket=bucket)


def _ways(work: Work, name: str | None) -> Ways:
    if name is None:
        return Ways(())
    filesystem, base = filesystem_of(work.folder)
    with filesystem.open_input_stream(f"{base}/{name}") as stream:
        data = stream.read()
    if len(data) % PAIR:
        raise LakeError(f"{name}: expected pairs of {PAIR} bytes, found {len(data)} bytes")
    pairs = (data[place : place + PAIR].hex() for place in range(0, len(data), PAIR))
    return Ways((pair[:PAIR], pair[PAIR:]) for pair in pairs)


def check_opinions(trajectory_id: str, backend: Labeler, opinions: Opinions) -> None:
    """Refuses opinions on another episode, and silence on this one.

    Raises:
        LedgerError: if there are any, since curation could not account for them.
    """
    said: list[Instruction | Label] = [*opinions.instructions, *opinions.labels]
    for one in said:
        if one.trajectory_id != trajectory_id:
            raise LedgerError(f"{backend.name}: was shown {trajectory_id}, spoke of {one.trajectory_id}")
        if (one.labeler, one.labeler_version) != (backend.name, backend.version):
            raise LedgerError(f"{backend.name} {backend.version}: spoke as {one.labeler} {one.labeler_version}")
    if not any(one.subject == "trajectory" for one in opinions.labels):
        raise LedgerError(f"{backend.name}: gave no label on the trajectory {trajectory_id} that it was shown")
