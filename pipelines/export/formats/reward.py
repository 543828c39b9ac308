"""The reward of one step: verl's `custom_reward_function.path=reward.py`, TRL's `reward_funcs`. Standard library only.

-0.1   it stops or answers, where the task goes on
0.0    no action in the answer, or one of another kind
0.05   the right kind, at the wrong place, the other way, or with something else typed, chosen, ticked or pressed
1.0    the right kind, inside the box of the element meant or of another one that leads to the same place, with all
       that it sets

Answers are read in the dialect of the dataset, which the truth names, and places are on its grid. No answer that is
always the same earns anything by being always the same. Where the truth has an `advantage` it is a recorded step of a
rollout, and no certain answer: with a positive one the rewards are as above; else an answer that does the same as that
step gets 0.0, and any other action 0.05.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.export.dialects.reading import read

EARLY, NEAR, RIGHT = -0.1, 0.05, 1.0
ENDS = ("answer", "stop")
PLACES = ("box", "boxes", "end_box", "direction")
ABOUT = ("action", "advantage", "dialect", "platform")
DEFAULTS = {"checked": True, "submit": False, "status": "success"}
"""What an action sets where it says nothing."""


def compute_score(data_source: str, solution_str: str, ground_truth: str, extra_info: Any = None) -> float:  # noqa: ARG001
    """The reward from -0.1 to 1 of an answer; the last action in it counts."""
    return score(solution_str, ground_truth)


def step_reward(completions: Sequence[Any], ground_truth: Sequence[str], **_: Any) -> list[float]:
    """The rewards of TRL's completions, texts or messages, each with the truth of its row."""
    return [score(_text(answer), truth) for answer, truth in zip(completions, ground_truth, strict=True)]


def score(answer: str, ground_truth: str) -> float:
    """The reward of an answer, by the row's `ground_truth`."""
    truth = json.loads(ground_truth)
    action = read(answer, truth.get("dialect", "hindtrace"), truth.get("platform", "web"))
    if truth.get("advantage", 1) > 0 or action is None:
        return agreement(action, truth)
    return 0.0 if agreement(action, truth) == RIGHT else NEAR


def agreement(action: Mapping[str, Any] | None, truth: Mapping[str, Any]) -> float:
    """How far an action is the one meant."""
    if action is None:
        return 0.0
    if action["action"] != truth["action"]:
        return EARLY if action["action"] in ENDS else 0.0
    boxes = truth.get("boxes") or ([truth["box"]] if "box" in truth else [])
    if boxes and not any(inside(action.get("x"), action.get("y"), box) for box in boxes):
        return NEAR
    if "end_box" in truth and not inside(action.get("to_x"), action.get("to_y"), truth["end_box"]):
        return NEAR
    if "direction" in truth and direction(action) != truth["direction"]:
        return NEAR
    for name, value in truth.items():
        if name not in (*PLACES, *ABOUT) and not same(action.get(name, DEFAULTS.get(name)), value):
            return NEAR
    return RIGHT


def inside(x: object, y: object, box: Sequence[float]) -> bool:
    """Whether a point lies in the box (left, top, right, bottom), edges included."""
    if isinstance(x, bool) or isinstance(y, bool) or not isinstance(x, int | float) or not isinstance(y, int | float):
        return False
    left, top, right, bottom = box
    return left <= x <= right and top <= y <= bottom


def direction(action: Mapping[str, Any]) -> str | None:
    """Where a scroll or a swipe goes: up, down, left, right; None where it goes nowhere."""
    across, down = action.get("dx", 0), action.get("dy", 0)
    if action["action"] != "scroll":
        parts = [action.get(name) for name in ("x", "y", "to_x", "to_y")]
        if not all(isinstance(part, int | float) for part in parts):
            return None
        across, down = parts[2] - parts[0], parts[3] - parts[1]  # type: ignore[operator]
    if not isinstance(across, int | float) or not isinstance(down, int | float) or across == down == 0:
        return None
    if abs(across) > abs(down):
        return "right" if across > 0 else "left"
    return "down" if down > 0 else "up"


def same(value: object, meant: object) -> bool:
    """Whether what is set is what was meant: texts but for white space and case, lists in any order."""
    if isinstance(meant, str):
        return isinstance(value, str) and plain(value) == plain(meant)
    if isinstance(meant, list):
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            return False
        return sorted(map(plain, value)) == sorted(map(plain, meant))
    return type(value) is type(meant) and value == meant


def plain(text: str) -> str:
    """A text as it is compared: white space folded, letters small."""
    return " ".join(text.split()).casefold()


def _text(answer: Any) -> str:
    """The words of a completion: a text, or messages whose content is a text or blocks."""
    if isinstance(answer, str):
        return answer
    content = answer[-1].get("content") if answer else None
    if isinstance(content, list):
        return "\n".join(str(block.get("text") or "") for block in content)
    return content if isinstance(content, str) else ""
