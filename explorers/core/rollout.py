"""The rollout loop: a policy acts in an environment, and every step is recorded before and after."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from explorers.core.aftermath import Aftermath
from explorers.core.experience import Experience
from explorers.core.recording import Recorder
from explorers.core.safety import Safety, noted, touched
from explorers.core.timings import part
from explorers.core.watching import Doing, Watch, state_of, words_of
from schemas.actions import Action, Answer, Key, NewTab, Open, Select, Type
from schemas.errors import ConfigurationError, DeviceError, DeviceLost, UnsupportedAction
from schemas.keys import key, named
from schemas.protocols import Environment, GoalPolicy, Policy
from schemas.records import (
    Choice,
    EndedBy,
    EpisodeEnd,
    EpisodeStart,
    Observation,
    Outcome,
    Task,
)
from schemas.redaction import KnownSecrets, redact_action, redact_task, redact_text
from schemas.traces import check_run_id, trajectory_id

SOURCE = "hindtrace"
DEFAULT = Safety()
_ENTERING = (Type, Key, Select, Open, NewTab, Answer)
CHECK = "check"
"""Who says whether a task was done: its own check."""


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
        if self.run_id is not None:
            check_run_id(self.run_id)


@dataclass(frozen=True, slots=True)
class TaskResult:
    """Whether a task was done, by its check, and if not, why not; None where there is no check, or no telling."""

    success: bool | None
    message: str | None = None

    @property
    def judged_by(self) -> str | None:
        """As the lake records it."""
        return None if self.success is None else CHECK


@dataclass(frozen=True, slots=True)
class Trial:
    """One try at a task; `check` is asked once, with what was seen last and the answer, while the device is there."""

    task: Task
    check: Callable[[Observation, str | None], TaskResult]


@dataclass(frozen=True, slots=True)
class Trying:
    """What an episode is an attempt at: in which lane of the proof of which instruction, how, and in what environment.

    `environment` is the digest of its manifest.
    """

    lane: str
    proof_of: str
    variant: str
    environment: str


@dataclass(frozen=True, slots=True)
class EpisodeSummary:
    """What became of an episode; `path` is its sealed trace, `success` what the check of its task says."""

    episode: int
    steps: int
    ended_by: EndedBy
    message: str | None
    path: Path
    success: bool | None = None


@dataclass(frozen=True, slots=True)
class _Walked:
    """How an episode's steps ended; `seen` is the last observation, if there was one."""

    steps: int
    ended_by: EndedBy
    message: str | None
    seen: Observation | None
    answer: str | None = None


@dataclass(slots=True)
class _Told:
    """Tells whoever watches an episode what it does; nothing is worked out where nobody does."""

    episode: int
    watch: Watch | None
    what: str = "starting"

    def acts(self, step: int, choice: Choice) -> None:
        """An action is about to be done."""
        if self.watch is not None:
            self.what = words_of(choice)
            self.watch(Doing(self.episode, step, self.what))

    def sees(self, step: int, observation: Observation) -> None:
        """So many steps are done, and this is seen."""
        if self.watch is not None:
            self.watch(Doing(self.episode, step, self.what, state_of(observation)))


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
    trial: Trial | None = None,
    experience: Experience | None = None,
    trying: Trying | None = None,
    watch: Watch | None = None,
) -> EpisodeSummary:
    """Records one episode and seals it, whatever happens in it.

    `parent_id` is the trajectory that it repeats, `trial` the task that it tries, `experience` what the run knows of
    elements that are not pressed again, `trying` what it is an attempt at. `watch` is told what the episode does.
    """
    if watch is not None:
        watch(Doing(episode, 0, "starting"))
    experience = experience or Experience()
    seed = episode_seed(config.seed, episode)
    task = None if trial is None else trial.task
    written = None if task is None else redact_task(task)
    began = datetime.now(UTC)
    observation: Observation | None = None
    problem: str | None = None
    try:
        with part("starting"):
            observation = noted(environment.reset())
        problem = experience.begins(observation)
        if problem is not None:
            observation = None
    except DeviceError as error:
        problem = str(error)
    start = EpisodeStart(
        trajectory_id=trajectory_id(run_id, episode),
        run_id=run_id,
        episode=episode,
        platform=environment.platform,
        app=environment.app,
        start=redact_text(environment.start),
        policy=policy.name,
        policy_version=policy.version,
        round=config.round,
        seed=seed,
        task_id=None if task is None else task.task_id,
        goal=None if written is None else written.text,
        group=None if task is None else group_of(task, policy, config.round),
        parent_id=parent_id,
        setting=environment.setting,
        source=SOURCE,
        licence=config.licence,
        time=began,
        repeat=None if trying is None else episode,
        **({} if trying is None else named(trying)),
    )
    writer = Recorder(traces, start, written)
    result = TaskResult(None)
    walked = _Walked(0, "start failed", problem, None)
    try:
        if observation is not None:
            if task is not None and isinstance(policy, GoalPolicy):
                policy.pursue(task.text)
            policy.begin(seed=seed)
            writer.observation(observation)
            given = task is not None or parent_id is not None or trying is not None
            aftermath = Aftermath(environment, safety, experience, observation, given=given)
            told = _Told(episode, watch)
            walked = _walk(
                environment, policy, writer, observation, config.max_steps, safety, aftermath, told, whole=given
            )
        message = walked.message
        if trial is not None and walked.seen is not None and walked.ended_by != "device lost":
            result = trial.check(walked.seen, walked.answer)
            message = "; ".join(filter(None, (message, result.message))) or None
        message = None if message is None else redact_text(message)
        path = writer.end(EpisodeEnd(walked.ended_by, message, result.success, result.judged_by, datetime.now(UTC)))
    finally:
        writer.close()
    return EpisodeSummary(episode, walked.steps, walked.ended_by, message, path, result.success)


def group_of(task: Task, policy: Policy, round_: int) -> str:
    """What ties the rollouts that are compared: the same task and start, policy and version, in one round."""
    return key("group", task.task_id, task.start, policy.name, policy.version, round_)


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
    aftermath: Aftermath,
    told: "_Told",
    *,
    whole: bool,
) -> _Walked:
    """Steps until the end; a `whole` episode, a try at a task or a replay, can't begin anew in its middle."""
    changes, known = 0, KnownSecrets()
    acted: list[int] = []  # the steps that the environment was given since it began
    for step in range(max_steps):
        with part("choosing"):
            choice = policy.choose(observation)
        if choice is None:
            return _Walked(step, "policy", "nothing to do", observation)
        written = _redacted(choice, observation, known)
        told.acts(step, written)
        writer.action(written)
        with part("choosing"):
            refusal = safety.refuses(observation, choice.action) or aftermath.refuses(observation, choice.action)
        if refusal is None and safety.changes is not None and safety.may_change(observation, choice.action):
            changes += 1
            if changes > safety.changes:
                refusal = f"denied: only {safety.changes} actions of an episode may change something"
        try:
            if refusal is None:
                acted.append(step)
                outcome = _with_cause(_act(environment, choice.action), acted)
            else:
                outcome = Outcome("refused", message=refusal)
            if outcome.message is not None:
                outcome = replace(outcome, message=known.hide(outcome.message))
            with part("reading"):
                after = noted(environment.observe())
            with part("judging"):
                outcome, after, harm = aftermath.judge(observation, choice.action, outcome, after)
        except DeviceLost as error:
            return _Walked(step, "device lost", str(error), observation)
        writer.observation(after, outcome)
        told.sees(step + 1, after)
        if outcome.result == "crashed":
            return _Walked(step + 1, "crashed", outcome.message, after)
        with part("judging"):
            policy.learn(observation, choice, outcome, after)
        if choice.action.ends:
            answer = choice.action.text if isinstance(choice.action, Answer) else None
            return _Walked(step + 1, "stop", None, after, answer)
        if harm is not None:
            begun = None if whole else aftermath.put_back(harm, after)
            if begun is None:
                return _Walked(step + 1, "left the app", f"{harm.by} {harm.deed}, which is not put back", after)
            writer.observation(begun)
            acted, after = [], begun
        observation = after
    return _Walked(max_steps, "max steps", None, observation)


@part("acting")
def _act(environment: Environment, action: Action) -> Outcome:
    try:
        return environment.act(action)
    except UnsupportedAction as error:
        return Outcome("refused", message=str(error))


def _with_cause(outcome: Outcome, acted: list[int]) -> Outcome:
    """The outcome with the step of the episode as its cause, where the environment counts its own."""
    cause = outcome.caused_by
    return outcome if cause is None else replace(outcome, caused_by=replace(cause, step=acted[cause.step]))


def _redacted(choice: Choice, observation: Observation, known: KnownSecrets) -> Choice:
    """The choice as it may be written down; with a secret in its action, the candidates go too."""
    target = touched(observation, choice.action)
    known.learn_typed(choice.action, target, observation.nodes)
    action = redact_action(choice.action, target, known)
    candidates = tuple(
        replace(each, action=redact_action(each.action, touched(observation, each.action)), name=known.hide(each.name))
        if isinstance(each.action, _ENTERING)
        else each
        for each in (choice.candidates if action == choice.action else ())
    )
    thought = None if choice.thought is None else known.hide(choice.thought)
    return replace(choice, action=action, thought=thought, candidates=candidates)
