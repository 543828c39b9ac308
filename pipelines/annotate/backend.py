"""A backend at work on one bucket: the known transitions between states, and its opinions on the episodes."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from labelers.backend import LabelingBackend
from labelers.observed.graph import TransitionGraph, edges
from pipelines.annotate.opinions import Collected, no_screen, pending, whole_episodes
from pipelines.lake.episodes import episodes
from pipelines.lake.explored import explored, without_attempts
from pipelines.lake.screens import Screens
from pipelines.lake.states import keys_by_place
from pipelines.running.known_states import bucket_states, read_states
from pipelines.running.work import Report, Work
from schemas.errors import LakeError
from schemas.files import filesystem_of
from schemas.keys import key

STATES = "states"
BackendFactory = Callable[[], LabelingBackend]

PAIR = 32
"""Bytes of a transition: the content keys of both states."""


def transitions_of(work: Work, bucket: int) -> list[tuple[str, bytes]]:
    """The transitions that the bucket's episodes went, by app; makes the states that the lake does not have yet."""
    trajectories = explored(work.snapshot, bucket=bucket)
    steps = without_attempts(work.snapshot.read("steps", bucket=bucket), trajectories)
    if work.is_done(bucket, stage=STATES):
        states = read_states(work, bucket, added=work.report(bucket, stage=STATES).add)
    else:
        states, added = bucket_states(work, bucket, steps)
        work.leave(bucket, Report(added), stage=STATES)
    pairs = {
        (episode.trajectory.app, bytes.fromhex(start + goal))
        for episode in episodes(trajectories, steps, keys_by_place(states), None, no_screen)
        for start, goal in edges(episode)
    }
    return sorted(pairs)


def write_graph(work: Work, app: str, pairs: Iterable[bytes]) -> Iterator[tuple[str, str]]:
    """Writes the transitions of an app, and gives it with the name of their file."""
    name = f"ways/{key('ways', app)}.bin"
    work.write(name, b"".join(sorted(set(pairs))))
    yield app, name


def read_graph(work: Work, name: str | None) -> TransitionGraph:
    """The graph of such a file, or one without edges.

    Raises:
        LakeError: if it is damaged.
    """
    if name is None:
        return TransitionGraph(())
    filesystem, base = filesystem_of(work.folder)
    with filesystem.open_input_stream(f"{base}/{name}") as stream:
        data = stream.read()
    if len(data) % PAIR:
        raise LakeError(f"{name}: expected pairs of {PAIR} bytes, found {len(data)} bytes")
    pairs = (data[place : place + PAIR].hex() for place in range(0, len(data), PAIR))
    return TransitionGraph((pair[:PAIR], pair[PAIR:]) for pair in pairs)


def annotate_bucket(work: Work, factory: BackendFactory, bucket: int, graphs: Iterable[tuple[str, str]]) -> None:
    """Leaves the backend's opinions on the bucket's episodes that it has not seen; `graphs` names a file an app."""
    if not work.is_done(bucket, stage="reports"):
        work.leave(bucket, _opinions(work, factory(), bucket, dict(graphs)))


def _opinions(work: Work, backend: LabelingBackend, bucket: int, graphs: Mapping[str, str]) -> Report:
    """An episode of which something is missing is not shown, and goes to `rejects`."""
    todo = pending(work, backend, bucket=bucket)
    known = explored(work.snapshot, bucket=bucket, columns=["trajectory_id"])
    collected = Collected(Counter({"trajectories": 0, "trajectories already labelled": known.num_rows - len(todo)}))
    if not todo:
        return Report(counts=dict(collected.counts))
    keys = keys_by_place(read_states(work, bucket, added=work.report(bucket, stage=STATES).add))
    shown, missing = whole_episodes(work.snapshot, bucket, todo, keys, Screens(work.snapshot, bucket))
    opened: dict[str, TransitionGraph] = {}
    for episode in shown:
        app = episode.trajectory.app
        if app not in opened:
            opened[app] = read_graph(work, graphs.get(app))
        collected.add(episode.trajectory.trajectory_id, backend, backend(episode, opened[app]))
    return collected.report(work, bucket, missing)
