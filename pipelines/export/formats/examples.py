"""What the formats share: the walk behind an example, its prompt, and its columns as `datasets` reads them."""

import json
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from pipelines.curate.roles.planted import REPEATED
from pipelines.export.dialects import render
from pipelines.export.shards import PARQUET, ShardWriter
from pipelines.export.tokens import harmless
from schemas.actions import Action, Answer, Platform, Stop
from schemas.arrow import from_row, kind_of
from schemas.errors import LakeError, SchemaError
from schemas.keys import key
from schemas.opinions import Instruction
from schemas.proofs import WRONG
from schemas.records import Box, Step

BLOCK = pa.struct([pa.field("type", pa.string()), pa.field("text", pa.string())])
BLOCKS = pa.list_(pa.struct([pa.field("role", pa.string()), pa.field("content", pa.list_(BLOCK))]))
"""Messages whose content is a list of blocks. No `image` key in a block: Arrow would fill it with null in the text
blocks, and the chat templates would render those as images."""

MESSAGES = pa.list_(pa.struct([pa.field("role", pa.string()), pa.field("content", pa.string())]))
IMAGES = pa.list_(pa.struct([pa.field("bytes", pa.binary()), pa.field("path", pa.string())]))

PROVENANCE = (
    pa.field("task", pa.string()),
    pa.field("synthetic", pa.bool_()),
    pa.field("trajectory_id", pa.string()),
    pa.field("step_index", pa.int32()),
    pa.field("instruction_id", pa.string()),
)
"""Where a row comes from; `task` is step, ending, grounding or rollout, `synthetic` says that nobody recorded the
answer."""

SHARED_COLUMNS = MappingProxyType(
    {
        "images": "the screenshot, bytes and path",
        "trajectory_id": "the episode that the row comes from",
        "step_index": "its step there",
        "instruction_id": "the instruction that the prompt holds",
    }
)
"""What the columns are that mean the same in every format."""


THOUGHTS = "+thoughts"
"""Ends the name of a format that holds thoughts, after that of the same without."""


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
    boxes of all links on the screen that lead where the one meant leads, itself among them.
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

    @property
    def done(self) -> tuple[str, ...]:
        """What was done when this step is over."""
        return *self.so_far, self.sentence or _written(self.step)

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


@dataclass(frozen=True, slots=True)
class Example:
    """A row of a dataset without its images' bytes.

    `order` is a key that places it in its split, `prompt` the key of what it asks: neighbours should differ in it.
    """

    order: str
    split: str
    prompt: str
    screen: str
    row: Mapping[str, Any]

    @classmethod
    def of(cls, chosen: CuratedStep, words: str, row: Mapping[str, Any]) -> "Example":
        """The row of a step, in the step's place, with the screen that was seen before it."""
        return cls(chosen.key, chosen.split, key("prompt", words, chosen.screen), chosen.screen, row)


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of dataset: the uses that it takes, its columns (with `images`), and how a step becomes examples.

    `writer` says what files its rows become. With `goals` it takes the steps of rollouts for their goals too. `files`
    are those that lie beside the data, `thoughts` says whether it holds any, `places` whether it needs those.
    """

    name: str
    uses: tuple[str, ...]
    schema: pa.Schema
    examples: Callable[[CuratedStep], Iterator[Example]]
    title: str
    about: str
    columns: Mapping[str, str]
    label: str | None = None
    files: tuple[str, ...] = ()
    goals: bool = False
    thoughts: bool = False
    places: bool = False
    writer: ShardWriter = PARQUET


def curated_steps(
    decisions: pa.Table,
    steps: pa.Table,
    instructions: pa.Table,
    uses: Sequence[str],
    platforms: Mapping[str, Platform],
    *,
    trajectories: pa.Table | None = None,
    partners: Mapping[str, Rejected] = MappingProxyType({}),
    barred: Container[str] = frozenset(),
) -> Iterator[CuratedStep]:
    """The steps that are targets or negatives of those uses, in the decisions' order; `platforms` by trajectory.

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
            so_far=tuple(low.get(step) or _written(by_place[step]) for step in earlier if step in by_place),
            weight=row["weight"],
            group=goals[place[0]][1] if row["instruction_id"] is None else None,
            rejected=partners.get(row["survivor"]) if row["use"] == "dpo" else None,
            kind=kind_of_wrong(row),
            cost=row["cost"],
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


def _written(step: Step) -> str:
    """A step's action as text, where it has no sentence."""
    try:
        return render(step.action)
    except SchemaError:
        return kind_of(type(step.action))  # a place that is known as a fraction alone


def request(instruction: str, so_far: Sequence[str]) -> str:
    """The user's words: the task, and what was done so far."""
    if not so_far:
        return f"Task: {instruction}"
    done = "\n".join(f"{number}. {sentence}" for number, sentence in enumerate(so_far, 1))
    return f"Task: {instruction}\nDone so far:\n{done}"


def blocks(role: str, *texts: str, image: bool = False) -> dict[str, Any]:
    """A message in blocks, the image first; no text of it is a control token."""
    content = [{"type": "image", "text": None}] if image else []
    return {"role": role, "content": [*content, *({"type": "text", "text": harmless(text)} for text in texts)]}


def message(role: str, text: str, *, image: bool = False) -> dict[str, str]:
    """A message in one text, `<image>` first where it has one; nothing else of it is a control token."""
    return {"role": role, "content": ("<image>" if image else "") + harmless(text)}


@dataclass(frozen=True, slots=True)
class Ending:
    """What follows the last step that an instruction needs: a stop or an answer, asked for on the last screen."""

    action: Action
    words: str
    screen: str

    @classmethod
    def of(cls, chosen: CuratedStep) -> "Ending | None":
        """That of a step, if it is the last one and what came of it was seen."""
        after = chosen.step.after
        if not chosen.ends or after is None or after.screen is None:
            return None
        answer = chosen.instruction.answer
        action: Action = Stop() if answer is None else Answer(answer)
        return cls(action, request(chosen.instruction.text, chosen.done), after.screen)

    def placed(self, chosen: CuratedStep, row: Mapping[str, Any]) -> Example:
        """The row of it, in a place of its own in the step's split."""
        order, prompt = key("ending", chosen.key), key("prompt", self.words, self.screen)
        return Example(order, chosen.split, prompt, self.screen, row)


def provenance(chosen: CuratedStep, *, task: str, synthetic: bool = False) -> dict[str, Any]:
    """The columns that say where a row comes from."""
    return {
        "task": task,
        "synthetic": synthetic,
        "trajectory_id": chosen.step.trajectory_id,
        "step_index": chosen.step.step_index,
        "instruction_id": chosen.instruction.instruction_id or None,
    }


def with_features(schema: pa.Schema) -> pa.Schema:
    """The schema with the metadata by which `datasets` decodes `images`.

    Lists are written as JSON arrays of one element: that loads in every version since 2.21, `List` only in the newest.
    """
    features = {field.name: _feature(field.name, field.type) for field in schema}
    text = json.dumps({"info": {"features": features}}, sort_keys=True, separators=(",", ":"))
    return schema.with_metadata({b"huggingface": text.encode()})


def _feature(name: str, kind: pa.DataType) -> Any:
    if name == "images":
        return [{"_type": "Image"}]
    if pa.types.is_list(kind):
        return [_feature("", kind.value_type)]
    if pa.types.is_struct(kind):
        return {field.name: _feature(field.name, field.type) for field in kind}
    return {"_type": "Value", "dtype": str(kind)}
