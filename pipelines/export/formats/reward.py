"""The reward of one step for verl: `custom_reward_function.path=reward.py`. Standard library only.

0.0  no action in the answer
0.1  an action, of another kind
0.3  the right kind, at the wrong place or with the wrong text, or unticked where it is ticked
1.0  the right kind, inside the box of the element meant, and with the text typed, chosen or pressed there

Where the truth has an `advantage` it is a recorded step of a rollout, and no certain answer: with a positive one the
rewards are as above; else an answer that does the same as that step gets 0.0, and any other action 0.1.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

FORMAT, KIND, RIGHT = 0.1, 0.3, 1.0
LONGEST = 20_000
TEXTS = {"type": "text", "select": "option", "key": "keys"}


def compute_score(data_source: str, solution_str: str, ground_truth: str, extra_info: Any = None) -> float:  # noqa: ARG001
    """The reward from 0 to 1 of an answer; the last action in it counts."""
    truth = json.loads(ground_truth)
    action = find_action(solution_str)
    found = agreement(action, truth)
    if truth.get("advantage", 1) > 0 or action is None:
        return found
    return 0.0 if found == RIGHT else FORMAT


def agreement(action: Mapping[str, Any] | None, truth: Mapping[str, Any]) -> float:
    """How far an action is the one meant."""
    if action is None:
        return 0.0
    if action["action"] != truth["action"]:
        return FORMAT
    if "box" in truth and not inside(action, truth["box"]):
        return KIND
    field = TEXTS.get(truth["action"])
    if field is not None and plain(action.get(field)) != plain(truth[field]):
        return KIND
    if "checked" in truth and action.get("checked", True) is not truth["checked"]:
        return KIND
    return RIGHT


def find_action(answer: str) -> dict[str, Any] | None:
    """The last JSON object with an action in a text, or None."""
    text = answer[-LONGEST:]
    decoder, place = json.JSONDecoder(), text.find("{")
    found: dict[str, Any] | None = None
    while place >= 0:
        try:
            value, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            end = place + 1
        else:
            if isinstance(value, dict) and isinstance(value.get("action"), str):
                found = value
        place = text.find("{", end)
    return found


def inside(action: Mapping[str, Any], box: Sequence[float]) -> bool:
    """Whether the action's point lies in the box (left, top, right, bottom), edges included."""
    x, y = action.get("x"), action.get("y")
    if not isinstance(x, int | float) or not isinstance(y, int | float):
        return False
    left, top, right, bottom = box
    return left <= x <= right and top <= y <= bottom


def plain(text: object) -> str | None:
    """A text as it is compared: white space folded, letters small."""
    return " ".join(text.split()).casefold() if isinstance(text, str) else None
