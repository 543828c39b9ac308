"""Datasets for verl's reinforcement learning: `verl-rl`, one step with ground truth that a program can check."""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from pipelines.dialects import SYSTEM
from pipelines.formats.examples import (
    IMAGES,
    MESSAGES,
    PROVENANCE,
    Chosen,
    Example,
    Format,
    provenance,
    request,
    with_features,
)
from schemas.actions import Key, Select, Type, point_of
from schemas.arrow import kind_of
from schemas.errors import LakeError
from schemas.keys import canonical_json, key

DATA_SOURCE = "hindtrace/step"


def rl_examples(chosen: Chosen) -> Iterator[Example]:
    """The example of a step, with the action and the box of its element as ground truth."""
    before = chosen.step.before
    if before is None or before.screen is None:
        raise LakeError(f"step {chosen.step.step_index} of {chosen.step.trajectory_id} has no screen: curate again")
    words = request(chosen.instruction.text, chosen.so_far)
    row = {
        "data_source": DATA_SOURCE,
        "prompt": [{"role": "system", "content": SYSTEM}, {"role": "user", "content": f"<image>{_plain(words)}"}],
        "ability": "gui",
        "reward_model": {"style": "rule", "ground_truth": canonical_json(ground_truth(chosen)).decode()},
        "extra_info": {
            "split": chosen.split,
            "index": int(chosen.key[:15], 16),
            "instruction": chosen.instruction.text,
        },
        **provenance(chosen, task="step"),
    }
    yield Example(chosen.key, chosen.split, key("prompt", words, before.screen), before.screen, row)


def ground_truth(chosen: Chosen) -> dict[str, Any]:
    """What the reward compares an answer with: the kind, the element's box (left, top, right, bottom), the text."""
    action, target = chosen.step.action, chosen.step.target
    truth: dict[str, Any] = {"action": kind_of(type(action))}
    if target is not None and target.box is not None and point_of(action) is not None:
        box = target.box
        truth["box"] = [box.x, box.y, box.x + box.width, box.y + box.height]
    match action:
        case Type(text=text):
            truth["text"] = text
        case Select(option=option):
            truth["option"] = option
        case Key(keys=keys):
            truth["keys"] = keys
    return truth


def _plain(words: str) -> str:
    """The words without anything that verl would take for the place of an image."""
    return words.replace("<image>", "<image >").replace("<video>", "<video >").replace("<audio>", "<audio >")


RL = Format(
    name="verl-rl",
    uses=("rl",),
    schema=with_features(
        pa.schema(
            [
                ("data_source", pa.string()),
                ("prompt", MESSAGES),
                ("images", IMAGES),
                ("ability", pa.string()),
                ("reward_model", pa.struct([("style", pa.string()), ("ground_truth", pa.string())])),
                (
                    "extra_info",
                    pa.struct([("split", pa.string()), ("index", pa.int64()), ("instruction", pa.string())]),
                ),
                *PROVENANCE,
            ]
        )
    ),
    examples=rl_examples,
    title="reinforcement learning of single steps with verl",
    about="One row a step whose right answer a program can check, and the reward beside the data: "
    "`custom_reward_function.path=reward.py`. A screenshot is a few thousand tokens: set `data.max_prompt_length` "
    "to 8192 or more.",
    columns=MappingProxyType(
        {
            "data_source": f"always `{DATA_SOURCE}`",
            "prompt": "messages as text; `<image>` stands where the screenshot goes",
            "images": "the screenshot, bytes and path",
            "ability": "always `gui`",
            "reward_model": "`ground_truth` is JSON: action, box (left, top, right, bottom in pixels), text",
            "extra_info": "split, a number that stays the same, and the instruction",
            "task": "always `step`",
            "synthetic": "always false",
            "trajectory_id": "the episode that the row comes from",
            "step_index": "its step there",
            "instruction_id": "the instruction that the prompt holds",
        }
    ),
    files=("reward.py",),
)
