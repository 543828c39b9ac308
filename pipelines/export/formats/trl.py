"""Datasets for TRL: `trl-sft`, `trl-kto`, `trl-dpo` and `trl-grpo` with images, `trl-prm` in words."""

import json
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from pipelines.export.formats.curated import CuratedStep, in_words
from pipelines.export.formats.examples import (
    BLOCKS,
    IMAGES,
    PROVENANCE,
    SHARED_COLUMNS,
    Example,
    Format,
    Rows,
    Sample,
    blocks,
    of_each,
    step_sample,
    tried,
    with_features,
)
from pipelines.export.formats.pairs import COST, KIND, Pair, judged_rows, pair_rows
from pipelines.export.formats.truth import REWARD, checked, truth_of
from pipelines.export.tokens import harmless
from pipelines.export.voice import Voice

_COLUMNS = {
    **SHARED_COLUMNS,
    "prompt": "messages in blocks: system, then user with the screenshot and the task",
    "completion": "one assistant message",
    "task": "`step`, `ending` (the model should stop or answer) or `grounding` (one sentence, one action)",
    "synthetic": "whether the completion was made up by the format and not recorded",
}
_WRONG_STEP = (pa.field("kind", pa.string()), pa.field("cost", pa.int32()))


def _prompt(sample: Sample) -> list[dict[str, Any]]:
    return [blocks("system", sample.system), blocks("user", sample.user, image=True)]


def sft_rows(chosen: CuratedStep, voice: Voice) -> Rows:
    """The row of a step, and after the last one that its instruction needs, the ending."""

    def row(sample: Sample) -> Example:
        return sample.example({"prompt": _prompt(sample), "completion": [blocks("assistant", sample.answer)]})

    yield from of_each(chosen, voice, row)


def kto_rows(chosen: CuratedStep, voice: Voice) -> Rows:
    """The row of a step: was the action right for the task?"""

    def row(sample: Sample) -> dict[str, Any]:
        return {"prompt": _prompt(sample), "completion": [blocks("assistant", sample.calls)]}

    yield from judged_rows(chosen, voice, row)


def dpo_rows(chosen: CuratedStep, voice: Voice) -> Rows:
    """The row of a pair: the same screen and task, the right action and the wrong one."""

    def row(pair: Pair) -> dict[str, Any]:
        sides = {"chosen": pair.sample.calls, "rejected": pair.rejected}
        return {"prompt": _prompt(pair.sample), **{name: [blocks("assistant", calls)] for name, calls in sides.items()}}

    yield from pair_rows(chosen, voice, row)


def grpo_rows(chosen: CuratedStep, voice: Voice) -> Rows:
    """The prompt of a step with the truth that the reward compares with, and the ending after the last one."""

    def row(sample: Sample) -> Example:
        truth = truth_of(sample, voice)
        return checked(sample, truth, {"prompt": _prompt(sample), "ground_truth": truth})

    yield from of_each(chosen, voice, row)


def prm_rows(chosen: CuratedStep, voice: Voice) -> Rows:
    """The steps of a task in words with their labels: all of one that was done, or those up to a wrong one."""
    right = chosen.role == "target"
    if right and not chosen.ends:
        return

    def row() -> Example:
        sample = step_sample(chosen, voice)
        steps = [*chosen.so_far, chosen.sentence or in_words(chosen.step)]
        labels = [*[True] * len(chosen.so_far), right]
        told = {
            "prompt": f"Task: {harmless(chosen.instruction.text)}",
            "completions": harmless(steps),
            "labels": labels,
        }
        return sample.example(told, json.dumps(told), pictures=())

    yield from tried(chosen, "step", row)


_THOUGHTS = (
    "With `--thoughts`, where a labeler wrote a thought before a step, on the way to the row's task, the completion "
    "begins with it. None speaks of what came after, and none is of a step that was found wrong."
)

SFT = Format(
    name="trl-sft",
    uses=("grounding", "sft"),
    schema=with_features(pa.schema([("prompt", BLOCKS), ("completion", BLOCKS), ("images", IMAGES), *PROVENANCE])),
    examples=sft_rows,
    title="supervised fine-tuning with TRL's SFTTrainer",
    about="One row a step on the way to what the instruction asks; a last row in which the model should stop or "
    f"answer; and grounding rows, each with one sentence and the one action that it means. {_THOUGHTS}",
    columns=MappingProxyType(_COLUMNS),
    thoughts=True,
)

KTO = Format(
    name="trl-kto",
    uses=("kto",),
    schema=with_features(
        pa.schema(
            [
                ("prompt", BLOCKS),
                ("completion", BLOCKS),
                ("label", pa.bool_()),
                *_WRONG_STEP,
                ("images", IMAGES),
                *PROVENANCE,
            ]
        )
    ),
    examples=kto_rows,
    title="unpaired preferences with TRL's KTOTrainer",
    about="One row a judged step: true where it led to what the instruction asks, false where it was tried and did "
    "not (`kind`, `cost`), or, of a task that was not proven, did nothing, led astray or round in a circle; and of "
    "each task its ending, true, and a stop in the place of its last step, false. Rows lie in an order that does not "
    "depend on the episode, and neighbours ask different things: the trainer's KL estimate pairs neighbours.",
    columns=MappingProxyType(
        {
            **_COLUMNS,
            "label": "whether the action is right for the task",
            "kind": KIND,
            "cost": COST,
            "task": "`step` or `ending`",
        }
    ),
    label="label",
)

DPO = Format(
    name="trl-dpo",
    uses=("dpo",),
    schema=with_features(
        pa.schema(
            [
                ("prompt", BLOCKS),
                ("chosen", BLOCKS),
                ("rejected", BLOCKS),
                *_WRONG_STEP,
                ("images", IMAGES),
                *PROVENANCE,
                ("rejected_trajectory_id", pa.string()),
                ("rejected_step_index", pa.int32()),
            ]
        )
    ),
    examples=dpo_rows,
    title="paired preferences with TRL's DPOTrainer",
    about="One row a pair: in the state on the screenshot the chosen action led to what the instruction asks, and the "
    "rejected one, which was done in the same state for the same task, did not (`kind`, `cost`), or, of a task that "
    "was not proven, did nothing, led astray or round in a circle. "
    "Both come from recordings; the history in the prompt is that of the chosen one. Endings are made up: a stop too "
    "early, no answer, going on when all is done.",
    columns=MappingProxyType(
        {
            **{name: text for name, text in _COLUMNS.items() if name != "completion"},
            "chosen": "one assistant message: the right action",
            "rejected": "one assistant message: the wrong one",
            "kind": KIND,
            "cost": COST,
            "task": "`step` or `ending`",
            "synthetic": "whether a side was made up by the format and not recorded",
            "instruction_id": "the instruction that the prompt holds; null where it is the goal of a rollout",
            "rejected_trajectory_id": "the episode that the rejected action comes from",
            "rejected_step_index": "its step there",
        }
    ),
    goals=True,
)

OWN_SCORE = "what the recorded action earns by the reward: 1, or the row is left out"

GRPO = Format(
    name="trl-grpo",
    uses=("rl",),
    schema=with_features(
        pa.schema(
            [
                ("prompt", BLOCKS),
                ("images", IMAGES),
                ("ground_truth", pa.string()),
                ("own_score", pa.float64()),
                *PROVENANCE,
            ]
        )
    ),
    examples=grpo_rows,
    title="reinforcement learning of single steps with TRL's GRPOTrainer",
    about="One row a step whose right answer a program can check, and a last row in which the model should stop or "
    "answer. `reward.py` beside the data has the reward: `from reward import step_reward`, then "
    "`GRPOTrainer(reward_funcs=step_reward, ...)`.",
    columns=MappingProxyType(
        {
            **{name: text for name, text in _COLUMNS.items() if name != "completion"},
            "ground_truth": "JSON for the reward: action, box or boxes (left, top, right, bottom), what is set",
            "own_score": OWN_SCORE,
            "task": "`step`, or `ending` (the model should stop or answer)",
        }
    ),
    files=MappingProxyType(REWARD),
    places=True,
)

PRM = Format(
    name="trl-prm",
    uses=("kto",),
    schema=with_features(
        pa.schema(
            [
                ("prompt", pa.string()),
                ("completions", pa.list_(pa.string())),
                ("labels", pa.list_(pa.bool_())),
                *PROVENANCE,
            ]
        )
    ),
    examples=prm_rows,
    title="process rewards in words, for TRL's PRMTrainer up to 1.13 and Axolotl",
    about="One row a task that was done, all steps true, or a wrong step after the right ones before it. Stepwise "
    "supervision as TRL names it, without pictures: no trainer of today takes any there; `trl-kto` has the same "
    "judgements with screenshots.",
    columns=MappingProxyType(
        {
            **{name: text for name, text in SHARED_COLUMNS.items() if name != "images"},
            "prompt": "the task",
            "completions": "what was done, a sentence a step",
            "labels": "whether each was right for the task; after a wrong one there is none",
            "task": "always `step`",
            "synthetic": "always false",
        }
    ),
)

FORMATS = (SFT, KTO, DPO, GRPO, PRM)
