"""Conversations for LLaMA-Factory and ms-swift: `chat-sft`, `chat-dpo` and `chat-kto`, lines of JSON and image files.

One row serves both. LLaMA-Factory finds its columns by `dataset_info.json` beside the data; ms-swift by their names,
and what it does not know it drops.
"""

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from pipelines.export.formats.curated import CuratedStep
from pipelines.export.formats.examples import (
    IMAGES,
    MESSAGE,
    MESSAGES,
    PROVENANCE,
    SHARED_COLUMNS,
    Format,
    Made,
    Rows,
    conversation,
    conversation_rows,
    message,
)
from pipelines.export.formats.pairs import COST, KIND, Pair, judged_rows, pair_rows
from pipelines.export.shards import JSON_LINES
from pipelines.export.voice import Voice

_TAGS = {
    "role_tag": "role",
    "content_tag": "content",
    "user_tag": "user",
    "assistant_tag": "assistant",
    "system_tag": "system",
}


def dataset_info(columns: Mapping[str, str], *, ranking: bool = False) -> Callable[[Made], bytes]:
    """What writes LLaMA-Factory's `dataset_info.json`: an entry a split, `hindtrace_train` and so on."""

    def write(made: Made) -> bytes:
        entry: dict[str, Any] = {"formatting": "sharegpt", "columns": {**columns, "images": "images"}, "tags": _TAGS}
        entry |= {"ranking": True} if ranking else {}
        entries = {f"hindtrace_{split}": {"file_name": f"data/{split}", **entry} for split in made.rows}
        return (json.dumps(entries, indent=2, sort_keys=True) + "\n").encode()

    return write


def kto_rows(chosen: CuratedStep, voice: Voice) -> Rows:
    """The row of a step: was the action right for the task?"""
    yield from judged_rows(chosen, voice, lambda sample: {"messages": conversation(sample, sample.calls)})


def dpo_rows(chosen: CuratedStep, voice: Voice) -> Rows:
    """The row of a pair: the right answer within the conversation for ms-swift, and beside it for LLaMA-Factory."""

    def row(pair: Pair) -> dict[str, Any]:
        return {
            "messages": conversation(pair.sample, pair.sample.calls),
            "rejected_response": pair.rejected,
            "conversation": conversation(pair.sample),
            "chosen": message("assistant", pair.sample.calls),
            "rejected": message("assistant", pair.rejected),
        }

    yield from pair_rows(chosen, voice, row)


_COLUMNS = {
    **SHARED_COLUMNS,
    "images": "the path of the screenshot from the dataset's folder",
    "messages": "system, user, assistant; `<image>` stands where the screenshot goes",
    "task": "`step`, `ending` (the model should stop or answer) or `grounding` (one sentence, one action)",
    "synthetic": "whether the answer was made up by the format and not recorded",
}
_HOW = (
    "LLaMA-Factory: `dataset_dir` is this folder, `dataset: hindtrace_train`, and `image_max_pixels` above the largest "
    "width times height of the rows. ms-swift: `ROOT_IMAGE_DIR=` this folder, `--dataset` its `data/train`."
)
_WRONG = [("kind", pa.string()), ("cost", pa.int32())]

SFT = Format(
    name="chat-sft",
    uses=("grounding", "sft"),
    schema=pa.schema([("messages", MESSAGES), ("images", IMAGES), *PROVENANCE]),
    examples=conversation_rows,
    title="supervised fine-tuning with LLaMA-Factory and ms-swift",
    about=f"The rows of `trl-sft`, each as one conversation. {_HOW}",
    columns=MappingProxyType(_COLUMNS),
    files=MappingProxyType({"dataset_info.json": dataset_info({"messages": "messages"})}),
    thoughts=True,
    writer=JSON_LINES,
)

KTO = Format(
    name="chat-kto",
    uses=("kto",),
    schema=pa.schema([("messages", MESSAGES), ("label", pa.bool_()), *_WRONG, ("images", IMAGES), *PROVENANCE]),
    examples=kto_rows,
    title="unpaired preferences with LLaMA-Factory and ms-swift",
    about=f"The rows of `trl-kto`, each as one conversation with its label. {_HOW}",
    columns=MappingProxyType(
        {**_COLUMNS, "label": "whether the answer is right", "kind": KIND, "cost": COST, "task": "`step` or `ending`"}
    ),
    label="label",
    files=MappingProxyType({"dataset_info.json": dataset_info({"messages": "messages", "kto_tag": "label"})}),
    writer=JSON_LINES,
)

DPO = Format(
    name="chat-dpo",
    uses=("dpo",),
    schema=pa.schema(
        [
            ("messages", MESSAGES),
            ("rejected_response", pa.string()),
            ("conversation", MESSAGES),
            ("chosen", MESSAGE),
            ("rejected", MESSAGE),
            *_WRONG,
            ("images", IMAGES),
            *PROVENANCE,
            ("rejected_trajectory_id", pa.string()),
            ("rejected_step_index", pa.int32()),
        ]
    ),
    examples=dpo_rows,
    title="paired preferences with LLaMA-Factory and ms-swift",
    about=f"The rows of `trl-dpo`. ms-swift reads `messages` and `rejected_response`, LLaMA-Factory `conversation`, "
    f"`chosen` and `rejected`. {_HOW}",
    columns=MappingProxyType(
        {
            **_COLUMNS,
            "messages": "system, user, and the right answer; `<image>` stands where the screenshot goes",
            "rejected_response": "the wrong answer",
            "conversation": "system and user",
            "chosen": "the right answer as a message",
            "rejected": "the wrong one",
            "kind": KIND,
            "cost": COST,
            "task": "`step` or `ending`",
            "synthetic": "whether a side was made up by the format and not recorded",
            "rejected_trajectory_id": "the episode that the wrong answer comes from",
            "rejected_step_index": "its step there",
        }
    ),
    goals=True,
    files=MappingProxyType(
        {
            "dataset_info.json": dataset_info(
                {"messages": "conversation", "chosen": "chosen", "rejected": "rejected"}, ranking=True
            )
        }
    ),
    writer=JSON_LINES,
)

FORMATS = (SFT, KTO, DPO)
