"""What a run is doing now, for whoever waits for it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from schemas.arrow import kind_of
from schemas.identity import state_keys
from schemas.records import Choice, Observation

NAME_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Doing:
    """What an episode is doing: `step` counts the steps that are done, `state` is the structure of what is seen now.

    `what` is in words: starting, or an action with its element; of what is typed nothing is told.
    """

    episode: int
    step: int
    what: str
    state: str | None = None


Watch: TypeAlias = Callable[[Doing], None]
"""Is told by the thread of an explorer, several times in each step; it returns at once."""


def words_of(choice: Choice) -> str:
    """An action with the element that it is for."""
    kind = kind_of(type(choice.action)).replace("_", " ")
    if choice.target is None:
        return kind
    name = "".join(sign if sign.isprintable() else " " for sign in choice.target.name[: NAME_LENGTH + 1])
    name = name if len(name) <= NAME_LENGTH else f"{name[: NAME_LENGTH - 1]}\u2026"
    return " ".join(filter(None, (kind, choice.target.role, f"'{name}'" if name else "")))


def state_of(observation: Observation) -> str | None:
    """The structure of what is seen; None without a tree."""
    keys = state_keys(observation)
    return None if keys is None else keys.structure
