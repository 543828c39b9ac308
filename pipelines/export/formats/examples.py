"""What the formats share: what a row says, its messages and its columns, and what a format is."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeAlias

import pyarrow as pa

from pipelines.export.dialects import Unspoken
from pipelines.export.formats.curated import CuratedStep
from pipelines.export.geometry import Frame, Size
from pipelines.export.shards import PARQUET, ShardWriter
from pipelines.export.voice import Voice
from schemas.actions import Action, Answer, Stop
from schemas.keys import key

BLOCK = pa.struct([pa.field("type", pa.string()), pa.field("text", pa.string())])
BLOCKS = pa.list_(pa.struct([pa.field("role", pa.string()), pa.field("content", pa.list_(BLOCK))]))
"""Messages whose content is a list of blocks. No `image` key in a block: Arrow would fill it with null in the text
blocks, and the chat templates would render those as images."""

MESSAGE = pa.struct([pa.field("role", pa.string()), pa.field("content", pa.string())])
MESSAGES = pa.list_(MESSAGE)
IMAGES = pa.list_(pa.struct([pa.field("bytes", pa.binary()), pa.field("path", pa.string())]))

PROVENANCE = (
    pa.field("width", pa.int32()),
    pa.field("height", pa.int32()),
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
        "width": "how wide the model sees the screenshot, in pixels",
        "height": "how high",
        "trajectory_id": "the episode that the row comes from",
        "step_index": "its step there",
        "instruction_id": "the instruction that the prompt holds",
    }
)
"""What the columns are that mean the same in every format."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A screenshot of a row; `size` is the one to resize it to, None where it stays as it was recorded."""

    screen: str
    size: Size | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """A row of a dataset without its images' bytes.

    `order` is a key that places it in its split, `prompt` the key of what it asks: neighbours should differ in it.
    `says` is the key of what it teaches, a screen and what to do there, and `exact` of all that it says: rows that are
    equal in one of them are more of the same.
    """

    order: str
    split: str
    prompt: str
    pictures: tuple[Picture, ...]
    row: Mapping[str, Any]
    says: str
    exact: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that there could have been, and why it is not there."""

    split: str
    task: str
    trajectory_id: str
    step_index: int
    instruction_id: str | None
    why: str


Rows: TypeAlias = Iterator[Example | LeftOut]


@dataclass(frozen=True, slots=True)
class Sample:
    """A moment at which a model is asked: the screen, the prompt, and what it should do there.

    `calls` does the action in the dialect's words, `answer` says more where a labeler wrote it.
    """

    chosen: CuratedStep
    task: str
    screen: str
    frame: Frame
    system: str
    user: str
    action: Action
    calls: str
    answer: str
    resized: bool
    order: str

    @property
    def synthetic(self) -> bool:
        """Whether nobody recorded the answer."""
        return self.task == "ending"

    @property
    def picture(self) -> Picture:
        """The screenshot."""
        return Picture(self.screen, self.frame.shown if self.resized else None)

    def example(self, row: Mapping[str, Any], *teaches: Any, pictures: Sequence[Picture] | None = None) -> Example:
        """The row of it, with where it comes from; `teaches` is what it says beside screen and prompt."""
        seen = (self.picture,) if pictures is None else tuple(pictures)
        said = [self.task, self.chosen.split, self.screen, *map(str, teaches or (self.calls,))]
        return Example(
            self.order,
            self.chosen.split,
            key("prompt", self.user, self.screen),
            seen,
            {**row, **self.provenance()},
            key("says", *said),
            key("exact", *said, self.user, self.answer),
        )

    def provenance(self) -> dict[str, Any]:
        """The columns that say where a row comes from."""
        return {
            "width": self.frame.shown[0],
            "height": self.frame.shown[1],
            "task": self.task,
            "synthetic": self.synthetic,
            "trajectory_id": self.chosen.step.trajectory_id,
            "step_index": self.chosen.step.step_index,
            "instruction_id": self.chosen.instruction.instruction_id or None,
        }


def step_sample(chosen: CuratedStep, voice: Voice, *, task: str = "step", action: Action | None = None) -> Sample:
    """The moment before a step; `action` is done instead of its own.

    A grounding row holds the sentence of the step as its task, and no other words.

    Raises:
        Unspoken: if the dialect has no words for what is done.
    """
    grounding = chosen.use == "grounding"
    step, frame = chosen.step, voice.frame(chosen.size)
    changed = step.before is None or step.after is None or step.before.tree != step.after.tree
    meant = voice.meant(step.action if action is None else action, chosen.platform, frame, changed=changed)
    calls = voice.calls(meant, chosen.platform, frame)
    return Sample(
        chosen=chosen,
        task="grounding" if grounding else task,
        screen=chosen.screen,
        frame=frame,
        system=voice.prompt(chosen.platform, frame),
        user=voice.request(chosen.instruction.text, () if grounding else chosen.so_far),
        action=meant,
        calls=calls,
        answer=voice.answer(calls) if grounding else voice.answer(calls, chosen.sentence, chosen.thought),
        resized=voice.geometry.resizes(frame),
        order=chosen.key,
    )


def ending_sample(chosen: CuratedStep, voice: Voice) -> Sample | None:
    """The moment after the last step that an instruction needs: the model should stop, or answer.

    None if it is not the last one, or what came of it was not seen.

    Raises:
        Unspoken: if the dialect has no words for it.
    """
    after = chosen.step.after
    if not chosen.ends or after is None or after.screen is None or chosen.use == "grounding":
        return None
    frame = voice.frame(chosen.after_size or chosen.size)
    said = chosen.instruction.answer
    action = voice.meant(Stop() if said is None else Answer(said), chosen.platform, frame)
    calls = voice.calls(action, chosen.platform, frame)
    return Sample(
        chosen=chosen,
        task="ending",
        screen=after.screen,
        frame=frame,
        system=voice.prompt(chosen.platform, frame),
        user=voice.request(chosen.instruction.text, chosen.done),
        action=action,
        calls=calls,
        answer=voice.answer(calls),
        resized=voice.geometry.resizes(frame),
        order=key("ending", chosen.key),
    )


def of_each(chosen: CuratedStep, voice: Voice, row: Callable[[Sample], Example]) -> Rows:
    """The rows of a step and of the ending after it, or why there is none."""
    for task, make in (("step", step_sample), ("ending", ending_sample)):
        yield from tried(chosen, task, lambda make=make: (made := make(chosen, voice)) and row(made))  # type: ignore


def tried(chosen: CuratedStep, task: str, make: Callable[[], Example | None]) -> Rows:
    """The row that is made, or why there is none."""
    try:
        made = make()
    except Unspoken as error:
        yield left_out(chosen, "grounding" if chosen.use == "grounding" else task, str(error))
    else:
        if made is not None:
            yield made


def left_out(chosen: CuratedStep, task: str, why: str) -> LeftOut:
    """That a row of the step is not there."""
    step, instruction = chosen.step, chosen.instruction.instruction_id or None
    return LeftOut(chosen.split, task, step.trajectory_id, step.step_index, instruction, why)


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of dataset: the uses that it takes, its columns (with `images`), and how a step becomes examples.

    `writer` says what files its rows become. With `goals` it takes the steps of rollouts for their goals too. `files`
    are those that lie beside the data; `thoughts` says whether it can hold any, `places` and `trees` whether it needs
    those. `walks` makes rows of all steps of an episode for one instruction, in their order. `whole` says that what
    repeats itself stays.
    """

    name: str
    uses: tuple[str, ...]
    schema: pa.Schema
    title: str
    about: str
    columns: Mapping[str, str]
    examples: Callable[[CuratedStep, Voice], Rows] | None = None
    walks: Callable[[Sequence[CuratedStep], Voice], Rows] | None = None
    label: str | None = None
    files: Mapping[str, Callable[["Made"], bytes]] = field(default_factory=lambda: MappingProxyType({}))
    goals: bool = False
    thoughts: bool = False
    places: bool = False
    trees: bool = False
    whole: bool = False
    writer: ShardWriter = PARQUET


@dataclass(frozen=True, slots=True)
class Made:
    """A dataset of which the rows are written: what the files beside them tell of."""

    form: Format
    voice: Voice
    rows: Mapping[str, int]


def blocks(role: str, text: str, *, image: bool = False) -> dict[str, Any]:
    """A message in blocks, the image first."""
    content = [{"type": "image", "text": None}] if image else []
    return {"role": role, "content": [*content, {"type": "text", "text": text}]}


def message(role: str, text: str, *, image: bool = False) -> dict[str, str]:
    """A message in one text, `<image>` first where it has one."""
    return {"role": role, "content": ("<image>" if image else "") + text}


def conversation(sample: Sample, *answers: str) -> list[dict[str, str]]:
    """The prompt of a sample as messages in one text, and what is answered to it."""
    asked = [message("system", sample.system), message("user", sample.user, image=True)]
    return [*asked, *(message("assistant", answer) for answer in answers)]


def conversation_rows(chosen: CuratedStep, voice: Voice) -> Rows:
    """The row of a step as one conversation, and after the last one that its instruction needs, the ending."""

    def row(sample: Sample) -> Example:
        return sample.example({"messages": conversation(sample, sample.answer)})

    yield from of_each(chosen, voice, row)


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
