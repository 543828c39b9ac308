"""The rollout loop: a policy acts in an environment, and every step is recorded before and after."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from explorers.recording import Recorder
from explorers.safety import Safety, noted, touched
from schemas.actions import Action, Answer, Stop
from schemas.errors import ConfigurationError, DeviceError, DeviceLost, UnsupportedAction
from schemas.keys import key
from schemas.protocols import Environment, Policy
from schemas.records import (
    Choice,
    EndedBy,
    EpisodeEnd,
    EpisodeStart,
    Observation,
    Outcome,
)
from schemas.redaction import redact_action
from schemas.traces import trajectory_id

SOURCE = "hindtrace"
DEFAULT = Safety()


@dataclass(frozen=True, slots=True)
class ExploreConfig:
    """How a run goes; `run_id` is drawn at random unless given.

    An episode's seed follows from `seed` and the episode's number.
    """

    episodes: int = 20
    max_steps: int = 25
    seed: int = 0
    run_id: str | None = None
    round: int = 0
    licence: str | None = None

    def __post_init__(self) -> None:
        """Refuses numbers that can't work."""
        if self.episodes < 1 or self.max_steps < 1:
            raise ConfigurationError(
                f"expected at least one episode of at least one step, found {self.episodes} of {self.max_steps}"
            )


@dataclass(frozen=True, slots=True)
class EpisodeSummary:
    """What became of an episode; `path` is its sealed trace."""

    episode: int
    steps: int
    ended_by: EndedBy
    message: str | None
    path: Path


class Assignment(Protocol):
    """A task that an episode is about, and the program that tells whether it was done."""

    @property
    def task_id(self) -> str | None:
        """Of the task in the lake, where it is there."""

    @property
    def judged_by(self) -> str:
        """The name of the program."""

    def goal(self) -> str | None:
        """What is to be done; asked when the environment was reset."""

    def success(self) -> bool | None:
        """Whether it was done, None where that can't be said; asked after the last step."""


def explore(
    environment: Environment, policy: Policy, traces: Path, config: ExploreConfig, *, safety: Safety = DEFAULT
) -> Iterator[EpisodeSummary]:
    """Records episodes one after another, and yields each when it is sealed; closes the environment at the end.

    What `safety` refuses is recorded as a step that was refused, and not done.

    Raises:
        TraceError: if the run was recorded before.
    """
    run_id = config.run_id or secrets.token_hex(16)
    traces.mkdir(parents=True, exist_ok=True)
    try:
        for episode in range(config.episodes):
            yield run_episode(environment, policy, traces, config, run_id=run_id, episode=episode, safety=safety)
    finally:
        environment.close()


def run_episode(
    environment: Environment,
    policy: Policy,
    traces: Path,
    config: ExploreConfig,
    *,
    run_id: str,
    episode: int,
    safety: Safety = DEFAULT,
    parent_id: str | None = None,
    assignment: Assignment | None = None,
) -> EpisodeSummary:
    """Records one episode and seals it, whatever happens in it; `parent_id` is the trajectory that it repeats."""
    seed = episode_seed(config.seed, episode)
    began = datetime.now(UTC)
    observation: Observation | None = None
    problem: str | None = None
    try:
        observation = noted(environment.reset())
    except DeviceError as error:
        problem = str(error)
    start = EpisodeStart(
        trajectory_id=trajectory_id(run_id, episode),
        run_id=run_id,
        episode=episode,
        platform=environment.platform,
        app=environment.app,
        start=environment.start,
        policy=policy.name,
        policy_version=policy.version,
        round=config.round,
        seed=seed,
        task_id=None if assignment is None else assignment.task_id,
        goal=None if assignment is None or observation is None else assignment.goal(),
        group=None,
        parent_id=parent_id,
        branch_step=None,
        setting=environment.setting,
        source=SOURCE,
        licence=config.licence,
        missing=(),
        time=began,
    )
    writer = Recorder(traces, start)
    steps: int
    ended_by: EndedBy
    message: str | None
    try:
        if observation is None:
            steps, ended_by, message = 0, "start failed", problem
        else:
            policy.begin(seed=seed)
            writer.observation(observation)
            steps, ended_by, message = _walk(environment, policy, writer, observation, config.max_steps, safety)
        success = None if assignment is None or observation is None else assignment.success()
        judge = None if assignment is None or success is None else assignment.judged_by
        path = writer.end(EpisodeEnd(ended_by, message, success, judge, time=datetime.now(UTC)))
    finally:
        writer.close()
    return EpisodeSummary(episode, steps, ended_by, message, path)


def episode_seed(seed: int, episode: int) -> int:
    """The seed of an episode: below 2**53, so that JSON readers keep it exact."""
    return int(key("episode seed", seed, episode)[:13], 16)


def _walk(
    environment: Environment,
    policy: Policy,
    writer: Recorder,
    observation: Observation,
    max_steps: int,
    safety: Safety,
) -> tuple[int, EndedBy, str | None]:
    """Steps until the end; returns their number, how it ended, and why."""
    changes = 0
    for step in range(max_steps):
        choice = policy.choose(observation)
        if choice is None:
            return step, "policy", "nothing to do"
        writer.action(_redacted(choice, observation))
        refusal = safety.refuses(observation, choice.action)
        if refusal is None and safety.may_change(observation, choice.action):
            changes += 1
            if safety.changes is not None and changes > safety.changes:
                refusal = f"denied: only {safety.changes} actions of an episode may change something"
        try:
            outcome = _act(environment, choice.action) if refusal is None else Outcome("refused", message=refusal)
            after = noted(environment.observe())
        except DeviceLost as error:
            return step, "device lost", str(error)
        writer.observation(after, outcome)
        if outcome.result == "crashed":
            return step + 1, "crashed", outcome.message
        policy.learn(observation, choice, outcome, after)
        if isinstance(choice.action, Stop | Answer):
            return step + 1, "stop", None
        observation = after
    return max_steps, "max steps", None


def _act(environment: Environment, action: Action) -> Outcome:
    try:
        return environment.act(action)
    except UnsupportedAction as error:
        return Outcome("refused", message=str(error))


def _redacted(choice: Choice, observation: Observation) -> Choice:
    """The choice as it may be written down; with a secret in its action, the candidates go too."""
    action = redact_action(choice.action, touched(observation, choice.action))
    return choice if action == choice.action else replace(choice, action=action, candidates=())
