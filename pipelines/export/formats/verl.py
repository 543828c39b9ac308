"""Datasets for verl's reinforcement learning: `verl-rl`, one step with ground truth that a program can check."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from pipelines.export.dialects import render, system
from pipelines.export.formats.examples import (
    IMAGES,
    MESSAGES,
    PROVENANCE,
    SHARED_COLUMNS,
    CuratedStep,
    Ending,
    Example,
    Format,
    message,
    provenance,
    request,
    with_features,
)
from pipelines.export.formats.truth import ending_truth, step_truth
from pipelines.export.tokens import harmless
from schemas.keys import key

DATA_SOURCE = "hindtrace/step"
ROLLOUT_SOURCE = "hindtrace/rollout"


def rl_examples(chosen: CuratedStep) -> Iterator[Example]:
    """The example of a step, with the action and the box of its element as ground truth, and the ending."""
    words = request(chosen.instruction.text, chosen.so_far)
    yield Example.of(chosen, words, _row(chosen, words, step_truth(chosen), chosen.key, "step"))
    if (end := Ending.of(chosen)) is not None:
        row = _row(chosen, end.words, ending_truth(end), key("ending", chosen.key), "ending")
        yield end.placed(chosen, row)


def _row(chosen: CuratedStep, words: str, truth: str, order: str, task: str) -> dict[str, Any]:
    return {
        "data_source": DATA_SOURCE,
        "prompt": [message("system", system(chosen.platform)), message("user", words, image=True)],
        "ability": "gui",
        "reward_model": {"style": "rule", "ground_truth": truth},
        "extra_info": {
            "split": chosen.split,
            "index": int(order[:15], 16),
            "instruction": harmless(chosen.instruction.text),
        },
        **provenance(chosen, task=task, synthetic=task == "ending"),
    }


def rollout_examples(chosen: CuratedStep) -> Iterator[Example]:
    """The example of a step of a rollout for its goal: what the policy saw, what it answered, and its advantage."""
    if chosen.group is None:
        return
    example = next(rl_examples(chosen))
    action = render(chosen.step.action)
    answer = action if chosen.step.thought is None else f"{chosen.step.thought}\n{action}"
    truth = step_truth(chosen, advantage=chosen.weight)
    row = {
        **example.row,
        "data_source": ROLLOUT_SOURCE,
        "target": [message("assistant", answer)],
        "reward_model": {"style": "rule", "ground_truth": truth},
        "extra_info": {**example.row["extra_info"], "group": chosen.group, "advantage": chosen.weight},
        "task": "rollout",
    }
    yield replace(example, row=row)


_TRUTH = pa.struct([("style", pa.string()), ("ground_truth", pa.string())])
_EXTRA = [("split", pa.string()), ("index", pa.int64()), ("instruction", pa.string())]
_COLUMNS = {
    **SHARED_COLUMNS,
    "prompt": "messages as text; `<image>` stands where the screenshot goes",
    "ability": "always `gui`",
    "synthetic": "whether the answer was made up by the format and not recorded",
}


def _schema(
    *, target: Sequence[tuple[str, pa.DataType]] = (), extra: Sequence[tuple[str, pa.DataType]] = ()
) -> pa.Schema:
    """The columns: verl's own, with the recorded answer and more about the row where a format has them."""
    return with_features(
        pa.schema(
            [
                ("data_source", pa.string()),
                ("prompt", MESSAGES),
                ("images", IMAGES),
                *target,
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
    schema=_schema(),
    examples=rl_examples,
    title="reinforcement learning of single steps with verl",
    about="One row a step whose right answer a program can check, a last one in which the model should stop or answer, "
    "and the reward beside the data: "
    "`custom_reward_function.path=reward.py`. A screenshot is a few thousand tokens: set `data.max_prompt_length` "
    "to 8192 or more.",
    columns=MappingProxyType(
        {
            **_COLUMNS,
            "data_source": f"always `{DATA_SOURCE}`",
            "reward_model": "`ground_truth` is JSON: action, box or boxes (left, top, right, bottom), what is set",
            "extra_info": "split, a number that stays the same, and the instruction",
            "task": "`step`, or `ending` (the model should stop or answer)",
        }
    ),
    files=("reward.py",),
    places=True,
)

GROUP = Format(
    name="verl-group",
    uses=("rl",),
    schema=_schema(target=[("target", MESSAGES)], extra=[("group", pa.string()), ("advantage", pa.float64())]),
    examples=rollout_examples,
    title="whole groups of recorded rollouts, with their advantages, for verl",
    about="One row a step of every rollout of a group, good or bad: the prompt, the recorded answer in `target` (as "
    "LUFFY's fork of verl takes off-policy answers) and the advantage of its episode within the group, which was "
    "computed before any row was dropped. verl's own trainer reads the file as prompts; "
    "`custom_reward_function.path=reward.py` then rewards an answer that does what a rollout of positive advantage "
    "did, and gives none to one that does what another one did.",
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
    files=("reward.py",),
    places=True,
    goals=True,
)

FORMATS = (RL, GROUP)
