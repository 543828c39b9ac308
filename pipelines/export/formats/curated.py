"""The steps that a curation chose, with what is known of each: what came before, what was wrong, what is as good."""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from pipelines.curate.roles.planted import REPEATED
from pipelines.export.geometry import Size
from schemas.actions import Action, Platform
from schemas.arrow import from_row, kind_of
from schemas.errors import LakeError
from schemas.opinions import Instruction
from schemas.proofs import WRONG
from schemas.records import Box, Node, Seen, Step


@dataclass(frozen=True, slots=True)
class Rejected:
    """The step that another one is preferred to; `kind` and `cost` as those of a negative."""

    step: Step
    kind: str | None = None
    cost: int | None = None


@dataclass(frozen=True, slots=True)
class CuratedStep:
    """A step that a dataset will hold, with what is known of it.

    `so_far` says what the steps did that the instruction needs before it: their sentences, or their actions where no
    labeler found a sentence. `thought` is what a labeler wrote as the reason for the step on the way to this task, in
    whatever words the task is told. `group` is that of a rollout for its goal, whose instruction is the goal, with an
    empty id and all steps as its path; `weight` is then its advantage. `rejected` is the step that a target of `dpo` is
    preferred to. `kind` and `cost` are those of a negative that was tried (`schemas.proofs.WRONG`). `places` are the
    boxes of all links on the screen that lead where the one meant leads, itself among them. `size` and `after_size` are
    those of the screenshots before and after it; `nodes` and `after_nodes` what is on them, where a format needs it.
    """

    use: str
    role: str
    split: str
    key: str
    platform: Platform
    step: Step
    instruction: Instruction
    sentence: str | None
    so_far: tuple[str, ...]
    thought: str | None = None
    weight: float = 1.0
    group: str | None = None
    rejected: Rejected | None = None
    kind: str | None = None
    cost: int | None = None
    places: tuple[Box, ...] = ()
    size: Size = (0, 0)
    after_size: Size | None = None
    nodes: tuple[Node, ...] = ()
    after_nodes: tuple[Node, ...] = ()

    @property
    def done(self) -> tuple[str, ...]:
        """What was done when this step is over."""
        return *self.so_far, self.sentence or in_words(self.step)

    @property
    def screen(self) -> str:
        """What was seen before the step.

        Raises:
            LakeError: if that is not known.
        """
        before = self.step.before
        if before is None or before.screen is None:
            raise LakeError(f"step {self.step.step_index} of {self.step.trajectory_id} has no screen: curate again")
        return before.screen

    @property
    def ends(self) -> bool:
        """Whether it is the last step that its instruction needs."""
        return self.instruction.path[-1:] == (self.step.step_index,)


def curated_steps(
    decisions: pa.Table,
    steps: pa.Table,
    instructions: pa.Table,
    uses: Sequence[str],
    platforms: Mapping[str, Platform],
    sizes: Mapping[str, Size],
    *,
    trajectories: pa.Table | None = None,
    partners: Mapping[str, Rejected] = MappingProxyType({}),
    barred: Container[str] = frozenset(),
) -> Iterator[CuratedStep]:
    """The steps that are targets or negatives of those uses, in the decisions' order.

    `platforms` are by trajectory, `sizes` of screenshots by screen.

    With `trajectories` also those of rollouts for their goals; `partners` are the steps that pairs name, of any bucket,
    by those names.
    `barred` are the ids of thoughts that stand in no text: they were refused, or repeat what a page planted. Of the
    sentences the decisions say so.

    Raises:
        LakeError: if a decision names a step or an instruction that the bucket does not have.
    """
    sentences: dict[str, Instruction] = {}
    low: dict[tuple[str, int], str] = {}
    thoughts: dict[tuple[str | None, int], tuple[str, str]] = {}
    decided = decisions.to_pylist()
    planted = {row["instruction_id"] for row in decided if row["rule"] == REPEATED}
    for row in instructions.to_pylist():
        sentence = from_row(Instruction, row)
        sentences[sentence.instruction_id] = sentence
        if sentence.instruction_id in planted or sentence.instruction_id in barred:
            continue
        if sentence.level == "low" and sentence.kind == "step" and sentence.first_step == sentence.last_step:
            low.setdefault((sentence.trajectory_id, sentence.first_step), sentence.text)
        if sentence.kind == "thought":
            where, said = (sentence.parent_id, sentence.first_step), (sentence.instruction_id, sentence.text)
            thoughts[where] = min(said, thoughts.get(where, said))  # of several labelers' always the same
    kept = [
        row
        for row in decided
        if row["use"] in uses
        and row["split"] is not None
        and row["key"] is not None
        and (row["instruction_id"] is not None or trajectories is not None)
    ]
    goals = {} if trajectories is None else _goals(trajectories, kept)

    def asked(row: Mapping[str, Any]) -> Instruction | None:
        name = row["instruction_id"]
        return sentences.get(name) if name is not None else goals.get(row["trajectory_id"], (None, None))[0]

    wanted = {(row["trajectory_id"], row["step_index"]) for row in kept}
    for row in kept:
        if (meant := asked(row)) is not None:
            wanted.update((row["trajectory_id"], index) for index in meant.path)
    by_place: dict[tuple[str, int], Step] = {}
    for batch in steps.to_batches(max_chunksize=1_024):
        for row in batch.to_pylist():
            if (row["trajectory_id"], row["step_index"]) in wanted:
                by_place[row["trajectory_id"], row["step_index"]] = from_row(Step, row)
    for row in kept:
        place = (row["trajectory_id"], row["step_index"])
        instruction = asked(row)
        if place not in by_place or instruction is None:
            raise LakeError(f"decision on {place} names what is not in the lake: curate again")
        earlier = ((place[0], index) for index in instruction.path if index < place[1])
        yield CuratedStep(
            use=row["use"],
            role=row["role"],
            split=row["split"],
            key=row["key"],
            platform=platforms[place[0]],
            step=by_place[place],
            instruction=instruction,
            sentence=low.get(place),
            thought=thoughts.get((family_of(instruction), place[1]), (None, None))[1],
            so_far=tuple(low.get(step) or in_words(by_place[step]) for step in earlier if step in by_place),
            weight=row["weight"],
            group=goals[place[0]][1] if row["instruction_id"] is None else None,
            rejected=partners.get(row["survivor"]) if row["use"] == "dpo" else None,
            kind=kind_of_wrong(row),
            cost=row["cost"],
            size=_size(by_place[place].before, sizes) or (0, 0),
            after_size=_size(by_place[place].after, sizes),
        )


def family_of(instruction: Instruction) -> str | None:
    """The id of the task that the instruction is, or is a phrasing of."""
    return instruction.parent_id if instruction.kind == "variant" else instruction.instruction_id


def kind_of_wrong(decision: Mapping[str, Any]) -> str | None:
    """What a step that was tried came to, where that is why it is a negative."""
    rule: str = decision["rule"]
    return rule if decision["role"] == "negative" and rule in WRONG else None


def partner_of(name: str) -> tuple[str, int]:
    """The place of the step that a decision names."""
    trajectory, step, _ = name.split("/")
    return trajectory, int(step)


def _goals(trajectories: pa.Table, kept: Sequence[Mapping[str, Any]]) -> dict[str, tuple[Instruction, str | None]]:
    """The goals of the trajectories that have rows without an instruction, each as one, and their groups."""
    aimed = {row["trajectory_id"] for row in kept if row["instruction_id"] is None}
    goals: dict[str, tuple[Instruction, str | None]] = {}
    for row in trajectories.select(["trajectory_id", "goal", "group", "steps"]).to_pylist():
        if row["trajectory_id"] in aimed and row["goal"] is not None:
            goal = Instruction(
                instruction_id="",
                trajectory_id=row["trajectory_id"],
                kind="task",
                level="high",
                first_step=0,
                last_step=row["steps"] - 1,
                path=tuple(range(row["steps"])),
                text=row["goal"],
                answer=None,
                evidence=None,
                template="goal",
                parent_id=None,
                labeler="",
                labeler_version="",
                call_id=None,
            )
            goals[row["trajectory_id"]] = (goal, row["group"])
    return goals


def in_words(step: Step) -> str:
    """What a step did, where there is no sentence or none that may be told: no word of a page."""
    words = kind_of(type(step.action)).replace("_", " ").capitalize()
    names = ("text", "option", "keys", "location")
    given = next((getattr(step.action, name) for name in names if _has(step.action, name)), None)
    return f"{words}." if given is None else f'{words} "{given}".'


def _has(action: Action, name: str) -> bool:
    return isinstance(getattr(action, name, None), str)


def _size(seen: Seen | None, sizes: Mapping[str, Size]) -> Size | None:
    return None if seen is None or seen.screen is None else sizes.get(seen.screen)
