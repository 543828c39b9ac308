"""What the formats share: the walk behind an example, its prompt, and its columns as `datasets` reads them."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from pipelines.dialects import render
from pipelines.kernels.planted import REPEATED
from schemas.arrow import from_row, kind_of
from schemas.errors import LakeError, SchemaError
from schemas.opinions import Instruction
from schemas.records import Step

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
"""Where a row comes from; `task` is step, ending or grounding, `synthetic` says that nobody recorded the answer."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A step that a dataset will hold, with what is known of it.

    `so_far` says what the steps did that the instruction needs before it: their sentences, or their actions where no
    labeler found a sentence. `thought` is what a labeler wrote as the reason for the step on the way to this task, in
    whatever words the task is told.
    """

    use: str
    role: str
    split: str
    key: str
    step: Step
    instruction: Instruction
    sentence: str | None
    so_far: tuple[str, ...]
    thought: str | None = None

    @property
    def done(self) -> tuple[str, ...]:
        """What was done when this step is over."""
        return *self.so_far, self.sentence or _written(self.step)

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


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of dataset: the uses that it takes, its columns (with `images`), and how a step becomes examples.

    `files` are those that lie beside the data, `facts` a line for the card from the counts by split and task.
    """

    name: str
    uses: tuple[str, ...]
    schema: pa.Schema
    examples: Callable[[Chosen], Iterator[Example]]
    title: str
    about: str
    columns: Mapping[str, str]
    label: str | None = None
    files: tuple[str, ...] = ()


def chosen_steps(decisions: pa.Table, steps: pa.Table, instructions: pa.Table, uses: Sequence[str]) -> Iterator[Chosen]:
    """The steps that are targets or negatives of those uses, in the decisions' order.

    Raises:
        LakeError: if a decision names a step or an instruction that the bucket does not have.
    """
    sentences: dict[str, Instruction] = {}
    low: dict[tuple[str, int], str] = {}
    thoughts: dict[tuple[str | None, int], tuple[str, str]] = {}
    decided = decisions.to_pylist()
    planted = {row["instruction_id"] for row in decided if row["rule"] == REPEATED}
    for row in instructions.to_pylist():
        one = from_row(Instruction, row)
        sentences[one.instruction_id] = one
        if one.instruction_id in planted:
            continue
        if one.level == "low" and one.kind == "step" and one.first_step == one.last_step:
            low.setdefault((one.trajectory_id, one.first_step), one.text)
        if one.kind == "thought":
            where, said = (one.parent_id, one.first_step), (one.instruction_id, one.text)
            thoughts[where] = min(said, thoughts.get(where, said))  # of several labelers' always the same
    kept = [row for row in decided if row["use"] in uses and row["split"] is not None and row["key"] is not None]
    wanted = {(row["trajectory_id"], row["step_index"]) for row in kept}
    for row in kept:
        if row["instruction_id"] in sentences:
            wanted.update((row["trajectory_id"], index) for index in sentences[row["instruction_id"]].path)
    by_place: dict[tuple[str, int], Step] = {}
    for batch in steps.to_batches(max_chunksize=1_024):
        for row in batch.to_pylist():
            if (row["trajectory_id"], row["step_index"]) in wanted:
                by_place[row["trajectory_id"], row["step_index"]] = from_row(Step, row)
    for row in kept:
        place = (row["trajectory_id"], row["step_index"])
        instruction = sentences.get(row["instruction_id"])
        if place not in by_place or instruction is None:
            raise LakeError(f"decision on {place} names what is not in the lake: curate again")
        earlier = ((place[0], index) for index in instruction.path if index < place[1])
        yield Chosen(
            use=row["use"],
            role=row["role"],
            split=row["split"],
            key=row["key"],
            step=by_place[place],
            instruction=instruction,
            sentence=low.get(place),
            thought=thoughts.get((family_of(instruction), place[1]), (None, None))[1],
            so_far=tuple(low.get(one) or _written(by_place[one]) for one in earlier if one in by_place),
        )


def family_of(instruction: Instruction) -> str | None:
    """The id of the task that the instruction is, or is a phrasing of."""
    return instruction.parent_id if instruction.kind == "variant" else instruction.instruction_id


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
    """A message in blocks, the image first."""
    content = [{"type": "image", "text": None}] if image else []
    return {"role": role, "content": [*content, *({"type": "text", "text": text} for text in texts)]}


def provenance(chosen: Chosen, *, task: str, synthetic: bool = False) -> dict[str, Any]:
    """The columns that say where a row comes from."""
    return {
        "task": task,
        "synthetic": synthetic,
        "trajectory_id": chosen.step.trajectory_id,
        "step_index": chosen.step.step_index,
        "instruction_id": chosen.instruction.instruction_id,
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
