"""Datasets for verl: `verl-rl`, one step with ground truth that a program can check; `verl-sft`; `verl-group`."""

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from pipelines.export.formats.curated import CuratedStep
from pipelines.export.formats.examples import (
    IMAGES,
    MESSAGES,
    PROVENANCE,
    SHARED_COLUMNS,
    Example,
    Format,
    Rows,
    Sample,
    conversation,
    conversation_rows,
    message,
    of_each,
    step_sample,
    tried,
    with_features,
)
from pipelines.export.formats.trl import OWN_SCORE
from pipelines.export.formats.truth import REWARD, checked, truth_of
from pipelines.export.tokens import harmless
from pipelines.export.voice import Voice

DATA_SOURCE = "hindtrace/step"
ROLLOUT_SOURCE = "hindtrace/rollout"


def rl_rows(chosen: CuratedStep, voice: Voice) -> Rows:
    """The row of a step, with the action and the box of its element as ground truth, and the ending."""

    def row(sample: Sample) -> Example:
        truth = truth_of(sample, voice)
        return checked(sample, truth, _row(sample, truth))

    yield from of_each(chosen, voice, row)


def _row(sample: Sample, truth: str) -> dict[str, Any]:
    return {
        "data_source": DATA_SOURCE,
        "prompt": conversation(sample),
        "ability": "gui",
        "reward_model": {"style": "rule", "ground_truth": truth},
        "extra_info": {
            "split": sample.chosen.split,
            "index": int(sample.order[:15], 16),
            "instruction": harmless(sample.chosen.instruction.text),
        },
    }


def rollout_rows(chosen: CuratedStep, voice: Voice) -> Rows:
    """The row of a step of a rollout for its goal: what the policy saw, what it answered, and its advantage."""
    if chosen.group is None:
        return

    def row() -> Example:
        sample = step_sample(replace(chosen, sentence=None, thought=None), voice, task="rollout")
        truth = truth_of(sample, voice, advantage=chosen.weight)
        told = _row(sample, truth)
        thinks = replace(voice, thoughts=True)
        answer = thinks.answer(sample.calls, chosen.step.thought)
        told |= {
            "data_source": ROLLOUT_SOURCE,
            "target": [message("assistant", answer)],
            "extra_info": {**told["extra_info"], "group": chosen.group, "advantage": chosen.weight},
        }
        return sample.example(told, truth)

    yield from tried(chosen, "rollout", row)


_TRUTH = pa.struct([("style", pa.string()), ("ground_truth", pa.string())])
_EXTRA = [("split", pa.string()), ("index", pa.int64()), ("instruction", pa.string())]
_COLUMNS = {
    **SHARED_COLUMNS,
    "prompt": "messages as text; `<image>` stands where the screenshot goes",
    "ability": "always `gui`",
    "synthetic": "whether the answer was made up by the format and not recorded",
}


def _schema(
    *, more: Sequence[tuple[str, pa.DataType]] = (), extra: Sequence[tuple[str, pa.DataType]] = ()
) -> pa.Schema:
    """The columns: verl's own, with more about the row where a format has it."""
    return with_features(
        pa.schema(
            [
                ("data_source", pa.string()),
                ("prompt", MESSAGES),
                ("images", IMAGES),
                *more,
                ("ability", pa.string()),
                ("reward_model", _TRUTH),
                ("extra_info", pa.struct([*_EXTRA, *extra])),
                *PROVENANCE,
            ]
        )
    )


RL = Format(
    name="verl-rl",
    uses=("rl",),
    schema=_schema(more=[("own_score", pa.float64())]),
    examples=rl_rows,
    title="reinforcement learning of single steps with verl",
    about="One row a step whose right answer a program can check, a last one in which the model should stop or answer, "
    "and the reward beside the data: "
    "`reward.custom_reward_function.path=reward.py`. A screenshot is a few thousand tokens: set "
    "`data.max_prompt_length` to 8192 or more.",
    columns=MappingProxyType(
        {
            **_COLUMNS,
            "data_source": f"always `{DATA_SOURCE}`",
            "reward_model": "`ground_truth` is JSON: action, box or boxes (left, top, right, bottom), what is set",
            "extra_info": "split, a number that stays the same, and the instruction",
            "own_score": OWN_SCORE,
            "task": "`step`, or `ending` (the model should stop or answer)",
        }
    ),
    files=MappingProxyType(REWARD),
    places=True,
)

GROUP = Format(
    name="verl-group",
    uses=("rl",),
    schema=_schema(more=[("target", MESSAGES)], extra=[("group", pa.string()), ("advantage", pa.float64())]),
    examples=rollout_rows,
    title="whole groups of recorded rollouts, with their advantages, for verl",
    about="One row a step of every rollout of a group, good or bad: the prompt, the recorded answer in `target` (as "
    "LUFFY's fork of verl takes off-policy answers) and the advantage of its episode within the group, which was "
    "computed before any row was dropped. verl's own trainer reads the file as prompts; "
    "`reward.custom_reward_function.path=reward.py` then rewards an answer that does what a rollout of positive "
    "advantage did, and gives none to one that does what another one did.",
    columns=MappingProxyType(
        {
            **_COLUMNS,
            "data_source": f"always `{ROLLOUT_SOURCE}`",
            "target": "the recorded answer, one assistant message: the policy's thought if it had one, and the action",
            "reward_model": "`ground_truth` is JSON: the recorded action, box or boxes, what it set, and the advantage",
            "extra_info": "split, a number that stays the same, the goal, the group and the episode's advantage in it",
            "task": "always `rollout`",
            "instruction_id": "always null: the goal is the task's, and `trajectory_id` tells whose",
        }
    ),
    files=MappingProxyType(REWARD),
    places=True,
    goals=True,
    whole=True,
)

SFT = Format(
    name="verl-sft",
    uses=("grounding", "sft"),
    schema=pa.schema([("messages", MESSAGES), ("images", IMAGES), *PROVENANCE]),
    examples=conversation_rows,
    title="supervised fine-tuning with verl's MultiTurnSFTDataset",
    about="The rows of `trl-sft`, each as one conversation. verl reads the file by pandas: "
    "`data.train_files=...`, `data.messages_key=messages`, `data.max_length` of 8192 or more.",
    columns=MappingProxyType(
        {
            **SHARED_COLUMNS,
            "messages": "messages as text; `<image>` stands where the screenshot goes",
            "task": "`step`, `ending` (the model should stop or answer) or `grounding` (one sentence, one action)",
            "synthetic": "whether the answer was made up by the format and not recorded",
        }
    ),
    thoughts=True,
)

FORMATS = (RL, SFT, GROUP)
