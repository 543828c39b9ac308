"""The dataset `adp`: whole walks in the Agent Data Protocol, observations and actions in turns, lines of JSON."""

import json
from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from pipelines.export.dialects.telling import parts_of
from pipelines.export.formats.curated import CuratedStep
from pipelines.export.formats.examples import (
    IMAGES,
    PROVENANCE,
    SHARED_COLUMNS,
    Example,
    Format,
    Rows,
    ending_sample,
    left_out,
    step_sample,
    tried,
)
from pipelines.export.shards import JsonLines
from pipelines.export.tokens import harmless
from pipelines.export.voice import Voice
from schemas.keys import canonical_json, key

VERSION = "1.3.1"
_ITEM = pa.struct(
    [
        pa.field("class_", pa.string()),
        pa.field("content", pa.string()),
        pa.field("source", pa.string()),
        pa.field("image", pa.int32()),
        pa.field("function", pa.string()),
        pa.field("kwargs", pa.string()),
        pa.field("description", pa.string()),
    ]
)


def _item(kind: str, **parts: Any) -> dict[str, Any]:
    return {**dict.fromkeys(("class_", *(field.name for field in _ITEM))), "class_": kind, **parts}


def rows(walk: Sequence[CuratedStep], voice: Voice) -> Rows:
    """The row of a walk of which every step that the instruction needs is there."""
    first, last = walk[0], walk[-1]
    if tuple(each.step.step_index for each in walk) != first.instruction.path:
        yield left_out(first, "walk", "the curation has not all steps of it")
        return

    def row() -> Example:
        samples = [step_sample(each, voice) for each in walk]
        end = ending_sample(last, voice)
        content = [_item("text_observation", content=harmless(first.instruction.text), source="user")]
        for number, (chosen, sample) in enumerate(zip(walk, samples, strict=True)):
            parts = parts_of(sample.action, sample.frame)
            content.append(_item("image_observation", image=number, source="environment"))
            content.append(_call(parts, harmless(chosen.sentence)))
        if end is not None:
            content.append(_item("image_observation", image=len(samples), source="environment"))
            content.append(_call(parts_of(end.action, end.frame), None))
        moments = [*samples, *([end] if end is not None else [])]
        told = {
            "schema_version": VERSION,
            "id": key("adp", first.step.trajectory_id, first.instruction.instruction_id),
            "content": content,
            "details": canonical_json({"platform": first.platform, "dialect": voice.name}).decode(),
        }
        example = samples[-1].example(
            told, *(each.calls for each in moments), pictures=[each.picture for each in moments]
        )
        return replace(example, row={**example.row, "task": "walk", "step_index": first.step.step_index})

    yield from tried(first, "walk", row)


def _call(parts: dict[str, Any], sentence: str | None) -> dict[str, Any]:
    kwargs = {name: value for name, value in parts.items() if name != "action"}
    if parts["action"] == "answer":
        return _item("message_action", content=parts["text"], description=sentence)
    return _item("api_action", function=parts["action"], kwargs=canonical_json(kwargs).decode(), description=sentence)


class AdpLines(JsonLines):
    """Lines of JSON whose items have what their class has and no more, pictures by their path."""

    def line(self, row: dict[str, Any]) -> dict[str, Any]:
        """The row as the protocol has it."""
        content = []
        for item in row["content"]:
            told = {name: value for name, value in item.items() if value is not None}
            if "image" in told:
                told["content"] = row["images"][told.pop("image")]
                told["annotations"] = []
            if "kwargs" in told:
                told["kwargs"] = json.loads(told["kwargs"])
            content.append(told)
        return {**row, "content": content, "details": json.loads(row["details"])}


ADP = Format(
    name="adp",
    uses=("sft",),
    schema=pa.schema(
        [
            ("schema_version", pa.string()),
            ("id", pa.string()),
            ("content", pa.list_(_ITEM)),
            ("details", pa.string()),
            ("images", IMAGES),
            *PROVENANCE,
        ]
    ),
    walks=rows,
    title="whole walks in the Agent Data Protocol",
    about="One row a task and the walk that does it: the task, then a screenshot and an action in turns, and the stop "
    "or the answer. Actions are calls of ours, places on the grid of the geometry.",
    columns=MappingProxyType(
        {
            **SHARED_COLUMNS,
            "images": "the paths of the screenshots from the dataset's folder",
            "schema_version": "of the protocol",
            "id": "of the row",
            "content": "observations and actions in turns, each an object with `class_`",
            "details": "platform and dialect",
            "step_index": "its first step there",
            "task": "always `walk`",
            "synthetic": "always false; the stop or the answer at the end was not recorded",
        }
    ),
    writer=AdpLines(),
)

FORMATS = (ADP,)
