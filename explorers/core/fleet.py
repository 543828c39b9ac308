"""Many explorers of one run: each has an environment and a policy of its own, and takes the next episode when free.

What an episode is, its id and its seed, follow from its number in the run alone; which explorer takes it does not
matter for them. What a policy remembers of earlier episodes does depend on it, unless all share one memory.
"""

import secrets
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from explorers.core.experience import Experience
from explorers.core.rollout import DEFAULT, EpisodeSummary, ExploreConfig, Trial, run_episode
from explorers.core.safety import Safety
from explorers.core.timings import Timings
from explorers.core.watching import Watch
from explorers.core.wrapping import Wrapped
from schemas.actions import Action
from schemas.errors import ConfigurationError, DeviceError, HindtraceError, TraceError
from schemas.protocols import Environment, Policy
from schemas.records import Observation, Outcome
from schemas.traces import sealed_file, trace_folder


@dataclass(frozen=True, slots=True)
class Explorer:
    """An environment and the policy that acts in it; no other explorer may use either.

    `trial` sets the task of an episode in that environment, where there are tasks.
    """

    environment: Environment
    policy: Policy
    trial: Callable[[int], Trial] | None = None


@dataclass(frozen=True, slots=True)
class Shard:
    """The part of a run that one machine records: the episodes whose number modulo `count` is `index`.

    Raises:
        ConfigurationError: if there is no such part.
    """

    index: int = 0
    count: int = 1

    def __post_init__(self) -> None:
        """Refuses a part that is none."""
        if not 0 <= self.index < self.count:
            raise ConfigurationError(f"expected a shard from 0/{self.count} on, found {self.index}/{self.count}")


WHOLE = Shard()


@dataclass(frozen=True, slots=True)
class EpisodeFailure:
    """An episode that could not be recorded to its end, such as on a full disk; what is there of it stays."""

    episode: int
    message: str


@dataclass(frozen=True, slots=True)
class Agenda:
    """The episodes of a run that are to be recorded, by number, and those that an earlier call began.

    `sealed` were recorded to their end, `broken` broke off.
    """

    run_id: str
    episodes: tuple[int, ...]
    sealed: tuple[int, ...] = ()
    broken: tuple[int, ...] = ()


def agenda(traces: Path, config: ExploreConfig, *, shard: Shard = WHOLE, resume: bool = False) -> Agenda:
    """What there is to record.

    With `resume`, an episode that was begun is done: a sealed one, and one that broke off as well. It stays as it is,
    readable up to its last finished step, and is not recorded a second time: two recordings of one episode could not
    both be facts. For as many complete ones, ask for more episodes.

    Raises:
        ConfigurationError: if the run id is none, or missing where several calls must agree on it.
        TraceError: without `resume`, if one of them was recorded before.
    """
    if config.run_id is None and (resume or shard.count > 1):
        raise ConfigurationError("expected a run id: the parts of a run are known by it")
    run_id = config.run_id or secrets.token_hex(16)
    left: list[int] = []
    sealed: list[int] = []
    broken: list[int] = []
    for episode in range(shard.index, config.episodes, shard.count):
        folder = trace_folder(traces, run_id, episode)
        group = sealed if sealed_file(folder).exists() else broken if folder.exists() else left
        group.append(episode)
    if not resume and (begun := sorted(sealed + broken)):
        raise TraceError(
            f"{trace_folder(traces, run_id, begun[0])} is already there: an episode is recorded once; resume the run, "
            "or choose another run id"
        )
    return Agenda(run_id, tuple(left), tuple(sealed), tuple(broken))


def explore_together(
    explorers: Sequence[Explorer],
    traces: Path,
    config: ExploreConfig,
    todo: Agenda,
    *,
    safety: Safety = DEFAULT,
    interrupt: Callable[[], None] = lambda: None,
    watch: Watch | None = None,
    timings: Timings | None = None,
) -> Generator[EpisodeSummary | EpisodeFailure, None, None]:
    """Records the episodes of an agenda, and yields each when it is over, in the order in which they end.

    `watch` is told what they do, `timings` where their time goes. Closes the environments at the end. To end earlier,
    close the generator, or interrupt the thread that waits for it: then `interrupt` is called, which may take the
    device away under those who use it, and the episodes in flight stay as they are: folders that are not sealed,
    readable up to their last finished step.
    """
    traces.mkdir(parents=True, exist_ok=True)
    stopping = threading.Event()
    results: SimpleQueue[EpisodeSummary | EpisodeFailure | None] = SimpleQueue()
    numbers = iter(todo.episodes)
    experience = Experience()
    handing = threading.Lock()

    def take() -> int | None:
        with handing:
            return next(numbers, None)

    def work(explorer: Explorer) -> None:
        environment = _Stoppable(explorer.environment, stopping)
        try:
            while not stopping.is_set() and (episode := take()) is not None:
                try:
                    with nullcontext() if timings is None else timings.counted():
                        done = run_episode(
                            environment,
                            explorer.policy,
                            traces,
                            config,
                            run_id=todo.run_id,
                            episode=episode,
                            safety=safety,
                            trial=None if explorer.trial is None else explorer.trial(episode),
                            experience=experience,
                            watch=watch,
                        )
                    results.put(done)
                except _Stopped:
                    return
                except HindtraceError as error:
                    results.put(EpisodeFailure(episode, str(error)))
        finally:
            results.put(None)
            environment.close()

    with ThreadPoolExecutor(len(explorers), thread_name_prefix="explorer") as pool:
        working = [pool.submit(work, explorer) for explorer in explorers]
        over = 0
        try:
            while over < len(working):
                result = results.get()
                if result is None:
                    over += 1
                else:
                    yield result
        finally:
            stopping.set()
            if over < len(working):
                interrupt()
    for each in working:
        each.result()  # raises what no one expected


class _Stopped(Exception):
    """The run is over for an explorer in the middle of an episode."""


class _Stoppable(Wrapped):
    """An environment that ends its episode, without an end in the record, once the run is stopped."""

    def __init__(self, inner: Environment, stopping: threading.Event) -> None:
        super().__init__(inner)
        self._stopping = stopping

    def reset(self) -> Observation:
        """Starts an episode."""
        with self._unless_stopped():
            return super().reset()

    def observe(self) -> Observation:
        """What is seen now."""
        with self._unless_stopped():
            return super().observe()

    def act(self, action: Action) -> Outcome:
        """Does the action."""
        with self._unless_stopped():
            return super().act(action)

    @contextmanager
    def _unless_stopped(self) -> Iterator[None]:
        if self._stopping.is_set():
            raise _Stopped
        try:
            yield
        except DeviceError:
            # It was taken away because of that, which says nothing of the episode.
            if self._stopping.is_set():
                raise _Stopped from None
            raise
