"""From attempts to proofs: the lanes over what the lake holds, and the sentences and labels of the walk to train on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from labelers.observed.transitions import transitions_of
from labelers.rules import low_level
from pipelines.lake.delta import Snapshot
from pipelines.lake.episodes import Trees
from pipelines.prove.composing import AND, Part, part_of
from pipelines.prove.lanes import RULES_VERSION, prove
from pipelines.prove.outcomes import Outcome, outcomes
from pipelines.prove.proving import Proving, Walk
from pipelines.prove.tasks import Task
from pipelines.prove.walks import episode_of, walk_of
from schemas.arrow import from_row
from schemas.conditions import check_text
from schemas.episodes import Episode
from schemas.keys import bucket_of, key
from schemas.opinions import Instruction, Label
from schemas.proofs import EXPERIMENT, Attempt, Proof, Purpose, attempt_run
from schemas.records import Step, Trajectory
from schemas.traces import trajectory_id


class Attempts:
    """The attempts of a lake in one environment, by their ids; those of a bucket are read when one of it is asked."""

    def __init__(self, snapshot: Snapshot, environment: str) -> None:
        self._snapshot = snapshot
        self._environment = environment
        self._buckets: dict[int, tuple[dict[str, Trajectory], dict[str, list[Step]], Trees]] = {}

    def walk(self, attempt: Attempt) -> Walk | None:
        """What an attempt led to, or None where it was not made."""
        found = self._found(attempt)
        if found is None:
            return None
        trajectory, steps, trees = found
        return walk_of(trajectory, steps, trees.__getitem__, choices=len(attempt.choices))

    def episode(self, attempt: Attempt) -> Episode | None:
        """The same as an episode."""
        found = self._found(attempt)
        return None if found is None else episode_of(found[0], found[1], found[2].__getitem__)

    def composed(self) -> tuple[str, ...]:
        """The ids of the composed tasks for which attempts were made."""
        rows = self._snapshot.read("trajectories", columns=["environment", "proof_of"])
        names = rows.filter(pc.equal(rows["environment"], self._environment))["proof_of"].drop_null().unique()
        return tuple(sorted(name for name in names.to_pylist() if AND in name))

    def _found(self, attempt: Attempt) -> tuple[Trajectory, list[Step], Trees] | None:
        name = trajectory_id(attempt_run(self._environment, attempt), attempt.repeat)
        trajectories, steps, trees = self._of(bucket_of(name, self._snapshot.buckets))
        trajectory = trajectories.get(name)
        return None if trajectory is None else (trajectory, steps.get(name, []), trees)

    def _of(self, bucket: int) -> tuple[dict[str, Trajectory], dict[str, list[Step]], Trees]:
        if bucket not in self._buckets:
            rows = self._snapshot.read("trajectories", bucket=bucket)
            rows = rows.filter(pc.equal(rows["environment"], self._environment))
            trajectories = {row["trajectory_id"]: from_row(Trajectory, row) for row in rows.to_pylist()}
            held = self._snapshot.read("steps", bucket=bucket)
            held = held.filter(pc.is_in(held["trajectory_id"], value_set=pa.array(sorted(trajectories), pa.string())))
            steps: dict[str, list[Step]] = {}
            for row in held.sort_by([("trajectory_id", "ascending"), ("step_index", "ascending")]).to_pylist():
                steps.setdefault(row["trajectory_id"], []).append(from_row(Step, row))
            trees = Trees(self._snapshot.read("trees", bucket=bucket, columns=["tree", "nodes"]))
            self._buckets[bucket] = trajectories, steps, trees
        return self._buckets[bucket]


@dataclass(frozen=True, slots=True)
class Proven:
    """What a task's attempts came to: a row for each lane.

    Where it is proven there are the instructions and labels of the walk to train on, what came of other actions on its
    way, and what it is in a composed task.
    """

    proofs: tuple[Proof, ...]
    instructions: tuple[Instruction, ...] = ()
    labels: tuple[Label, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    part: Part | None = None
    composed: bool = False


def proven_of(task: Task, attempts: Attempts, environment: str) -> Proven | None:
    """The verdicts on a task by the attempts that the lake holds; None where none was made for it."""
    made: list[Attempt] = []

    def attempt(asked: Attempt, purpose: Purpose, variant: str) -> Walk | None:  # noqa: ARG001
        walk = attempts.walk(asked)
        if walk is not None:
            made.append(asked)
        return walk

    proving = prove(task.claimed, attempt)
    if not made or proving.missing:
        return None
    copy = proving.copy.trajectory_id if proving.proven and proving.copy is not None else None
    if copy is None:
        return Proven(tuple(_proofs(task, proving, None, None, environment)), composed=bool(task.parts))
    kept = next(each for each in reversed(made) if each.kept and _name(each, environment) == copy)
    episode = attempts.episode(kept)
    assert episode is not None  # it was just walked
    instructions, labels = _training_copy(task, episode)
    taught_as = instructions[0].instruction_id
    came = outcomes(task.claimed, proving, attempt, deeds=task.deeds)
    contrasts: list[str] = []
    for outcome in came:
        beside = None if outcome.asked is None else attempts.episode(outcome.asked)
        if beside is not None:
            said, wrong = _contrast(task, outcome, beside, taught_as)
            contrasts.append(said[0].instruction_id)
            instructions, labels = (*instructions, *said), (*labels, *wrong)
    labels = (*labels, *not_needed(task, proving))
    if task.parts:  # nobody said it before
        task = replace(task, instructions=(taught_as,), trajectory_id=copy)
    proofs = tuple(_proofs(task, proving, copy, taught_as, environment, contrasts=tuple(contrasts)))
    return Proven(proofs, instructions, labels, came, part_of(task, proving, taught_as), bool(task.parts))


def not_needed(task: Task, proving: Proving) -> Iterator[Label]:
    """Neutral for each step of the explored walk that the minimal path does the task without."""
    if task.digest is None:
        return
    own = task.claimed.path[task.claimed.lead :]
    left_out = [step for step, choice in zip(task.steps, own, strict=True) if choice not in proving.path]
    for index in sorted({*task.beside, *left_out}):
        yield Label(
            label_id=key("label", task.instructions[0], index, EXPERIMENT, RULES_VERSION),
            trajectory_id=task.trajectory_id,
            subject="step",
            first_step=index,
            last_step=index,
            instruction_id=task.instructions[0],
            verdict="neutral",
            reason="the task is done without it",
            rule="not needed",
            labeler=EXPERIMENT,
            labeler_version=RULES_VERSION,
            input=task.digest,
        )


def _name(attempt: Attempt, environment: str) -> str:
    return trajectory_id(attempt_run(environment, attempt), attempt.repeat)


def _proofs(
    task: Task,
    proving: Proving,
    copy: str | None,
    taught_as: str | None,
    environment: str,
    contrasts: tuple[str, ...] | None = None,
) -> Iterator[Proof]:
    for instruction in task.instructions:
        for result in proving.results.values():
            yield Proof(
                proof_id=key("proof", instruction, result.lane, environment, RULES_VERSION),
                trajectory_id=task.trajectory_id,
                instruction_id=instruction,
                lane=result.lane,
                verdict=result.verdict,
                reason=result.reason,
                tried=result.tried,
                held=result.held,
                share=result.share,
                attempts=result.attempts,
                copy=copy,
                taught_as=taught_as,
                environment=environment,
                rules_version=RULES_VERSION,
                contrasts=contrasts,
            )


def _training_copy(task: Task, episode: Episode) -> tuple[tuple[Instruction, ...], tuple[Label, ...]]:
    """The task's sentence on its minimal walk, a sentence for each step, and that each step was needed."""
    name = episode.trajectory.trajectory_id
    path = tuple(each.step.step_index for each in episode.steps)
    claim = task.claimed.claim
    whole = Instruction(
        instruction_id=taught_id(name, task),
        trajectory_id=name,
        kind="task",
        level="high",
        first_step=path[0],
        last_step=path[-1],
        path=path,
        text=task.text,
        answer=task.answer,
        evidence="it was done again, and without any of these steps it was not",
        template=task.template,
        labeler=EXPERIMENT,
        labeler_version=RULES_VERSION,
        claim=None if claim is None else check_text(claim),
        parts=task.parts or None,
    )
    needed = tuple(_good(whole, index, episode) for index in path)
    return (whole, *_sentences(episode, path)), needed


def _contrast(
    task: Task, outcome: Outcome, episode: Episode, parent: str
) -> tuple[tuple[Instruction, ...], tuple[Label, ...]]:
    """The task's sentence on a walk on which something else was done, with what that came to.

    Its path is what was done for the task until then, and the step that was done right in the same state afterwards.
    """
    name, wrong = episode.trajectory.trajectory_id, outcome.step
    path = (*range(wrong), *(() if outcome.held is None else (outcome.held,)))
    tried = f"{outcome.variant}: the claim does not hold by the rest of the path"
    if outcome.cost is None:
        told = f"{tried}, nor after {outcome.tried} ways to go on"
    else:
        told = f"{tried}; after going back it holds, {outcome.cost} steps later"
    whole = Instruction(
        instruction_id=taught_id(name, task),
        trajectory_id=name,
        kind="task",
        level="high",
        first_step=0,
        last_step=max(wrong, *path) if path else wrong,
        path=path,
        text=task.text,
        answer=task.answer,
        evidence=told,
        template=task.template,
        parent_id=parent,
        parts=task.parts or None,
        labeler=EXPERIMENT,
        labeler_version=RULES_VERSION,
    )
    label = Label(
        label_id=key("label", whole.instruction_id, wrong, EXPERIMENT, RULES_VERSION),
        trajectory_id=name,
        subject="step",
        first_step=wrong,
        last_step=wrong,
        instruction_id=whole.instruction_id,
        verdict="harmful",
        reason=told,
        rule=outcome.kind,
        labeler=EXPERIMENT,
        labeler_version=RULES_VERSION,
        input=episode.trajectory.digest,
        cost=outcome.cost,
    )
    right = () if outcome.held is None else (_good(whole, outcome.held, episode),)
    return (whole, *_sentences(episode, path)), (label, *right)


def taught_id(walk: str, task: Task) -> str:
    """The id of the task's instruction on a walk."""
    return key("instruction", walk, task.text, task.answer, EXPERIMENT, RULES_VERSION)


def _good(whole: Instruction, index: int, episode: Episode) -> Label:
    return Label(
        label_id=key("label", whole.instruction_id, index, EXPERIMENT, RULES_VERSION),
        trajectory_id=whole.trajectory_id,
        subject="step",
        first_step=index,
        last_step=index,
        instruction_id=whole.instruction_id,
        verdict="good",
        reason="without it the claim fails",
        rule="needed",
        labeler=EXPERIMENT,
        labeler_version=RULES_VERSION,
        input=episode.trajectory.digest,
    )


def _sentences(episode: Episode, path: Sequence[int]) -> tuple[Instruction, ...]:
    """A sentence for each of the steps that has one."""
    return tuple(
        _labelled(each)
        for transition in transitions_of(episode)
        if transition.index in path and (each := low_level(episode, transition)) is not None
    )


def _labelled(instruction: Instruction) -> Instruction:
    """A sentence of a step as the experiment's own: the walk is, too."""
    name = key("instruction", instruction.trajectory_id, instruction.first_step, EXPERIMENT, RULES_VERSION)
    return replace(instruction, instruction_id=name, labeler=EXPERIMENT, labeler_version=RULES_VERSION)
