"""An attempt on a live environment: given actions, one after another, each on its element as it is found now.

An attempt's name follows from the environment, the start and the actions, so none is made twice: one that is recorded
is read back, one that broke off is made anew.
"""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Lock
from urllib.parse import urljoin

from explorers.core.locating import find_again
from explorers.core.placing import masked, moved, rescaled
from explorers.core.rollout import EpisodeSummary, ExploreConfig, Trying, run_episode
from explorers.core.safety import Safety
from explorers.core.wrapping import Wrapped
from schemas.actions import Open, Wait, point_of
from schemas.errors import DeviceUnavailable
from schemas.proofs import Attempt, attempt_run
from schemas.protocols import Environment
from schemas.recordings import Recording, read_trace
from schemas.records import Choice, Observation, Outcome
from schemas.targets import target_of
from schemas.traces import sealed_file, trace_folder

POLICY, VERSION = "attempt", "1"
REST_SECONDS = 0.05
"""How long nothing is done where that is what is tried: a step has to be recorded for its screen to be."""


class Laboratory:
    """Makes attempts in the environment of that digest, and reads back those that were made before.

    May be used by several threads: one that asks for what another one is making waits for it. `made` and `steps` count
    what was done and not read back.
    """

    def __init__(self, traces: Path, environment: str, safety: Safety) -> None:
        self._traces = traces
        self._environment = environment
        self._safety = safety
        self._guard = Lock()
        self._under_way: dict[Path, Lock] = {}
        self.made = 0
        self.steps = 0

    def attempt(
        self, asked: Attempt, make: Callable[[Attempt], Environment], *, lane: str, variant: str, proof_of: str
    ) -> Recording:
        """The recording of an attempt, made now unless it was before; `make` gives an environment at its start.

        Raises:
            TraceError: if it can't be written, or what was recorded can't be read.
            DeviceUnavailable: if the application can't be used, or is gone in its middle.
        """
        run_id = attempt_run(self._environment, asked)
        folder = trace_folder(self._traces, run_id, asked.repeat)
        with self._guard:
            mine = self._under_way.setdefault(folder, Lock())
        with mine:
            if not sealed_file(folder).exists():
                if folder.exists():
                    shutil.rmtree(folder)  # it broke off: an attempt is whole, or it was none
                summary = self._run(asked, make, run_id, Trying(lane, proof_of, variant, self._environment))
                if summary.ended_by in ("device lost", "start failed"):
                    sealed_file(folder).unlink()
                    raise DeviceUnavailable(f"the attempt broke off: {summary.message}")
                with self._guard:
                    self.made += 1
                    self.steps += summary.steps
        return read_trace(sealed_file(folder))

    def _run(
        self, asked: Attempt, make: Callable[[Attempt], Environment], run_id: str, trying: Trying
    ) -> EpisodeSummary:
        environment = make(asked)
        choices = asked.choices or (Choice(Wait(REST_SECONDS)),)
        policy = _GivenActions(choices)
        inside = environment if asked.kept else _Unpictured(environment, policy)
        config = ExploreConfig(episodes=1, max_steps=len(choices))
        try:
            return run_episode(
                inside,
                policy,
                self._traces,
                config,
                run_id=run_id,
                episode=asked.repeat,
                safety=self._safety,
                trying=trying,
            )
        finally:
            environment.close()


class _Unpictured(Wrapped):
    """An environment whose pictures are not recorded: most attempts are looked at by programs alone."""

    def __init__(self, inner: Environment, policy: "_GivenActions") -> None:
        super().__init__(inner)
        self._policy = policy

    def reset(self) -> Observation:
        """Starts an episode."""
        return self._without(super().reset())

    def observe(self) -> Observation:
        """What is seen now."""
        return self._without(super().observe())

    def _without(self, observation: Observation) -> Observation:
        self._policy.seen = observation
        return replace(observation, screen=None)


class _GivenActions:
    """Takes the given actions one after another, and ends where one can't be done."""

    name, version = POLICY, VERSION

    def __init__(self, choices: tuple[Choice, ...]) -> None:
        self._left = list(choices)
        self.seen: Observation | None = None
        """The observation with its picture, where the one that is recorded has none."""

    def begin(self, *, seed: int) -> None:
        """Nothing is random in it."""

    def choose(self, observation: Observation) -> Choice | None:
        """The next action, on its element as it is found now; where that can't be, nothing is done, and it ends."""
        if not self._left:
            return None
        choice = self._left.pop(0)
        placed = self._placed(choice, observation)
        if isinstance(placed, Choice):
            return placed
        self._left.clear()
        return Choice(Wait(REST_SECONDS), thought=placed)

    def learn(self, before: Observation, choice: Choice, outcome: Outcome, after: Observation) -> None:  # noqa: ARG002
        """Ends with a step that could not be done: what would follow is another walk."""
        if outcome.result not in ("ok", "timeout"):
            self._left.clear()

    def _placed(self, choice: Choice, observation: Observation) -> Choice | str:
        """The choice on its element as it is found now, or why it can't be done."""
        if (secret := masked(choice.action)) is not None:
            return secret
        whole = observation if observation.screen is not None or self.seen is None else self.seen
        action, target = choice.action, choice.target
        if isinstance(action, Open) and observation.location is not None:
            return Choice(Open(urljoin(observation.location, action.location)))  # one of this copy of the application
        if point_of(action) is None:
            return Choice(action, target)
        if target is None:
            screen = whole.screen
            return Choice(action if screen is None else rescaled(action, (screen.width, screen.height)))
        match = find_again(target, whole.tree, None)
        if match is None:
            return f"the element is not there: {target.role} {target.name!r}"[:300]
        placed = moved(action, target, match, whole, None)
        if placed is None:
            return f"the element is not on the screen: {target.role} {target.name!r}"[:300]
        return Choice(placed, target_of(match.node), thought=f"found by {match.evidence}")
