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
    Example,
    Format,
    provenance,
    request,
    with_features,
)
from schemas.actions import Check, point_of
from schemas.arrow import kind_of
from schemas.keys import canonical_json

DATA_SOURCE = "hindtrace/step"
ROLLOUT_SOURCE = "hindtrace/rollout"


def rl_examples(chosen: CuratedStep) -> Iterator[Example]:
    """The example of a step, with the action and the box of its element as ground truth."""
    words = request(chosen.instruction.text, chosen.so_far)
    row = {
        "data_source": DATA_SOURCE,
        "prompt": [
            {"role": "system", "content": system(chosen.platform)},
            {"role": "user", "content": f"<image>{_plain(words)}"},
        ],
        "ability": "gui",
        "reward_model": {"style": "rule", "ground_truth": canonical_json(ground_truth(chosen)).decode()},
        "extra_info": {
            "split": chosen.split,
            "index": int(chosen.key[:15], 16),
            "instruction": chosen.instruction.text,
        },
        **provenance(chosen, task="step"),
    }
    yield Example.of(chosen, words, row)


def rollout_examples(chosen: CuratedStep) -> Iterator[Example]:
    """The example of a step of a rollout for its goal: what the policy saw, what it answered, and its advantage."""
    if chosen.group is None:
        return
    (example,) = rl_examples(chosen)
    action = render(chosen.step.action)
    answer = action if chosen.step.thought is None else f"{chosen.step.thought}\n{action}"
    truth = {**ground_truth(chosen), "advantage": chosen.weight}
    row = {
        **example.row,
        "data_source": ROLLOUT_SOURCE,
        "target": [{"role": "assistant", "content": answer}],
        "reward_model": {"style": "rule", "ground_truth": canonical_json(truth).decode()},
        "extra_info": {**example.row["extra_info"], "group": chosen.group, "advantage": chosen.weight},
        "task": "rollout",
    }
    yield replace(example, row=row)


def ground_truth(chosen: CuratedStep) -> dict[str, Any]:
    """What the reward compares an answer with: the kind, the element's box (left, top, right, bottom), what is set.

    That is the text, and for a box whether it is ticked or no longer.
    """
    action, target = chosen.step.action, chosen.step.target
    truth: dict[str, Any] = {"action": kind_of(type(action))}
    if target is not None and target.box is not None and point_of(action) is not None:
        box = target.box
        truth["box"] = [box.x, box.y, box.x + box.width, box.y + box.height]
    if action.text_field is not None:
        truth[action.text_field] = getattr(action, action.text_field)
    if isinstance(action, Check):
        truth["checked"] = action.checked
    return truth


def _plain(words: str) -> str:
    """The words without anything that verl would take for the place of an image."""
    return words.replace("<image>", "<image >").replace("<video>", "<video >").replace("<audio>", "<audio >")


_TRUTH = pa.struct([("style", pa.string()), ("ground_truth", pa.string())])
_EXTRA = [("split", pa.string()), ("index", pa.int64()), ("instruction", pa.string())]
_COLUMNS = {
    **SHARED_COLUMNS,
    "prompt": "messages as text; `<image>` stands where the screenshot goes",
    "ability": "always `gui`",
    "synthetic": "always false",
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
    about="One row a step whose right answer a program can check, and the reward beside the data: "
    "`custom_reward_function.path=reward.py`. A screenshot is a few thousand tokens: set `data.max_prompt_length` "
    "to 8192 or more.",
    columns=MappingProxyType(
        {
            **_COLUMNS,
            "data_source": f"always `{DATA_SOURCE}`",
            "reward_model": "`ground_truth` is JSON: action, box (left, top, right, bottom in pixels), text, checked",
            "extra_info": "split, a number that stays the same, and the instruction",
            "task": "always `step`",
        }
    ),
    files=("reward.py",),
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
            "reward_model": "`ground_truth` is JSON: the recorded action, box, text, checked, and the advantage",
            "extra_info": "split, a number that stays the same, the goal, the group and the episode's advantage in it",
            "task": "always `rollout`",
            "instruction_id": "always null: the goal is the task's, and `trajectory_id` tells whose",
        }
    ),
    files=("reward.py",),
    goals=True,
)

FORMATS = (RL, GROUP)
