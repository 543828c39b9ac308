"""Datasets for TRL, with images: `trl-sft`, `trl-kto`, `trl-dpo` and `trl-grpo` for the trainers of those names."""

from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from pipelines.export.dialects import render, system, with_thought
from pipelines.export.formats.examples import (
    BLOCKS,
    IMAGES,
    PROVENANCE,
    SHARED_COLUMNS,
    THOUGHTS,
    CuratedStep,
    Ending,
    Example,
    Format,
    blocks,
    provenance,
    request,
    with_features,
)
from pipelines.export.formats.truth import ending_truth, step_truth
from schemas.errors import LakeError

_COLUMNS = {
    **SHARED_COLUMNS,
    "prompt": "messages in blocks: system, then user with the screenshot and the task",
    "completion": "one assistant message",
    "task": "`step`, `ending` (the model should stop or answer) or `grounding` (one sentence, one action)",
    "synthetic": "whether the completion was made up by the format and not recorded",
}


def sft_examples(chosen: CuratedStep) -> Iterator[Example]:
    """The example of a step, and after the last one that its instruction needs, the ending."""
    text = chosen.instruction.text
    if chosen.use == "grounding":
        yield _sft(chosen, request(text, ()), render(chosen.step.action), task="grounding")
        return
    action = render(chosen.step.action)
    completion = action if chosen.sentence is None else f"{chosen.sentence}\n{action}"
    yield _sft(chosen, request(text, chosen.so_far), completion, task="step")
    if (end := Ending.of(chosen)) is not None:
        yield end.placed(chosen, _sft(chosen, end.words, render(end.action), task="ending").row)


def thinking_examples(chosen: CuratedStep) -> Iterator[Example]:
    """The same with the thought before a step's completion, where there is one, and a system prompt that says so."""
    first = blocks("system", system(chosen.platform, thoughts=True))
    for example in sft_examples(chosen):
        _, user = example.row["prompt"]
        row = {**example.row, "prompt": [first, user]}
        if example.row["task"] == "step":
            ((block,),) = (turn["content"] for turn in example.row["completion"])
            row["completion"] = [blocks("assistant", with_thought(chosen.thought, block["text"]))]
        yield replace(example, row=row)


def kto_examples(chosen: CuratedStep) -> Iterator[Example]:
    """The example of a step: was the action right for the task?"""
    words = request(chosen.instruction.text, chosen.so_far)
    row = {
        "prompt": _prompt(chosen, words),
        "completion": [blocks("assistant", render(chosen.step.action))],
        "label": chosen.role == "target",
        "kind": chosen.kind,
        "cost": chosen.cost,
        **provenance(chosen, task="step"),
    }
    yield Example.of(chosen, words, row)


def dpo_examples(chosen: CuratedStep) -> Iterator[Example]:
    """The example of a pair: the same screen and task, the right action and the wrong one."""
    if chosen.role != "target":
        return
    if chosen.rejected is None:
        raise LakeError(f"step {chosen.step.step_index} of {chosen.step.trajectory_id} has no partner: curate again")
    words = request(chosen.instruction.text, chosen.so_far)
    row = {
        "prompt": _prompt(chosen, words),
        "chosen": [blocks("assistant", render(chosen.step.action))],
        "rejected": [blocks("assistant", render(chosen.rejected.step.action))],
        "kind": chosen.rejected.kind,
        "cost": chosen.rejected.cost,
        **provenance(chosen, task="step"),
        "rejected_trajectory_id": chosen.rejected.step.trajectory_id,
        "rejected_step_index": chosen.rejected.step.step_index,
    }
    yield Example.of(chosen, words, row)


def grpo_examples(chosen: CuratedStep) -> Iterator[Example]:
    """The prompt of a step with the truth that the reward compares with, and the ending after the last one."""

    def row(words: str, truth: str, task: str) -> dict[str, Any]:
        shown = {"prompt": _prompt(chosen, words), "ground_truth": truth}
        return {**shown, **provenance(chosen, task=task, synthetic=task == "ending")}

    words = request(chosen.instruction.text, chosen.so_far)
    yield Example.of(chosen, words, row(words, step_truth(chosen), "step"))
    if (end := Ending.of(chosen)) is not None:
        yield end.placed(chosen, row(end.words, ending_truth(end), "ending"))


def _prompt(chosen: CuratedStep, words: str) -> list[dict[str, Any]]:
    return [blocks("system", system(chosen.platform)), blocks("user", words, image=True)]


def _sft(chosen: CuratedStep, words: str, completion: str, *, task: str) -> Example:
    row = {
        "prompt": _prompt(chosen, words),
        "completion": [blocks("assistant", completion)],
        **provenance(chosen, task=task, synthetic=task == "ending"),
    }
    return Example.of(chosen, words, row)


_WRONG_STEP = (("kind", pa.string()), ("cost", pa.int32()))
_KIND = (
    "what the wrong action came to where it was tried: `wrong turn` (the task was done after going back), "
    "`unrecovered` (it was done in none of the ways that were tried), `destructive` (it changed something besides)"
)
_COST = "how many steps more it took to do the task all the same; null where it was not done, or not tried"

SFT = Format(
    name="trl-sft",
    uses=("grounding", "sft"),
    schema=with_features(pa.schema([("prompt", BLOCKS), ("completion", BLOCKS), ("images", IMAGES), *PROVENANCE])),
    examples=sft_examples,
    title="supervised fine-tuning with TRL's SFTTrainer",
    about="One row a step on the way to what the instruction asks; a last row in which the model should stop or "
    "answer; and grounding rows, each with one sentence and the one action that it means.",
    columns=MappingProxyType(_COLUMNS),
)

THINKING_SFT = replace(
    SFT,
    name=f"{SFT.name}{THOUGHTS}",
    examples=thinking_examples,
    title="supervised fine-tuning with TRL's SFTTrainer, thoughts before actions",
    about=f"{SFT.about} Where a labeler wrote a thought before a step, on the way to the row's task, the completion "
    "begins with it, on a line of its own after `Thought:`. None speaks of what came after, and none is of a step that "
    "was found wrong.",
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
    examples=kto_examples,
    title="unpaired preferences with TRL's KTOTrainer",
    about="One row a judged step: true where it led to what the instruction asks, false where it was tried and did "
    "not (`kind`, `cost`), or, of a task that was not proven, did nothing, led astray or round in a circle. Rows lie "
    "in an order that does not depend on the episode, and neighbours ask different things: the trainer's KL estimate "
    "pairs neighbours.",
    columns=MappingProxyType(
        {
            **_COLUMNS,
            "label": "whether the action is right for the task",
            "kind": _KIND,
            "cost": _COST,
            "task": "always `step`",
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
    examples=dpo_examples,
    title="paired preferences with TRL's DPOTrainer",
    about="One row a pair: in the state on the screenshot the chosen action led to what the instruction asks, and the "
    "rejected one, which was done in the same state for the same task, did not (`kind`, `cost`), or, of a task that "
    "was not proven, did nothing, led astray or round in a circle. "
    "Both come from recordings; the history in the prompt is that of the chosen one.",
    columns=MappingProxyType(
        {
            **{name: text for name, text in _COLUMNS.items() if name != "completion"},
            "chosen": "one assistant message: the right action",
            "rejected": "one assistant message: the wrong one",
            "kind": _KIND,
            "cost": _COST,
            "task": "always `step`",
            "synthetic": "always false",
            "instruction_id": "the instruction that the prompt holds; null where it is the goal of a rollout",
            "rejected_trajectory_id": "the episode that the rejected action comes from",
            "rejected_step_index": "its step there",
        }
    ),
    goals=True,
)

GRPO = Format(
    name="trl-grpo",
    uses=("rl",),
    schema=with_features(
        pa.schema([("prompt", BLOCKS), ("images", IMAGES), ("ground_truth", pa.string()), *PROVENANCE])
    ),
    examples=grpo_examples,
    title="reinforcement learning of single steps with TRL's GRPOTrainer",
    about="One row a step whose right answer a program can check, and a last row in which the model should stop or "
    "answer. `reward.py` beside the data has the reward: `from reward import step_reward`, then "
    "`GRPOTrainer(reward_funcs=step_reward, ...)`.",
    columns=MappingProxyType(
        {
            **{name: text for name, text in _COLUMNS.items() if name != "completion"},
            "ground_truth": "JSON for the reward: action, box or boxes (left, top, right, bottom), what is set",
            "task": "`step`, or `ending` (the model should stop or answer)",
        }
    ),
    files=("reward.py",),
    places=True,
)

FORMATS = (SFT, THINKING_SFT, KTO, DPO, GRPO)
