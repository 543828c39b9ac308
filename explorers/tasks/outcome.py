"""Whether a condition of a task is true, by what is seen and by what lies in the home of the episode."""

from dataclasses import dataclass

from explorers.tasks.workspace import Workspace
from schemas.claims import Progress, page_of, same_answer
from schemas.conditions import (
    Answered,
    Condition,
    FileContains,
    FileEquals,
    FileExists,
    FileMatches,
    Prints,
    TaskCheck,
    matches,
)
from schemas.errors import DeviceLost
from schemas.keys import canonical_json
from schemas.records import Observation
from schemas.screen_conditions import shown

SHOWN = 200
"""Characters of a condition that a message holds."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What a check looks at: the last observation, the answer that was given, and the home, if there is one.

    `progress` is how far the way to it came through what has to be passed.
    """

    seen: Observation
    answer: str | None = None
    workspace: Workspace | None = None
    progress: Progress | None = None


def failing(check: TaskCheck, ending: Ending) -> str | None:
    """Why the check fails, or None where it holds.

    Raises:
        DeviceLost: if the device is gone.
        DeviceUnavailable: if a command of it can't be run.
    """
    if ending.progress is not None and ending.progress.missing is not None:
        return f"not so on the way: {'; '.join(map(described, ending.progress.missing))}"
    for condition in check.all:
        if not holds(condition, ending):
            return f"not so: {described(condition)}"
    if check.any and not any(holds(condition, ending) for condition in check.any):
        return "not so: any of " + "; ".join(map(described, check.any))
    return None


def holds(condition: Condition, ending: Ending) -> bool:
    """Whether the condition is true.

    Raises:
        DeviceLost: if the device is gone.
        DeviceUnavailable: if a command can't be run.
    """
    return _holds(condition, ending) != condition.negated


def described(condition: Condition) -> str:
    """The condition in a message."""
    text = canonical_json(condition).decode()
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _holds(condition: Condition, ending: Ending) -> bool:
    match condition:
        case Answered(text):
            return ending.answer is not None and same_answer(ending.answer, text)
        case FileExists(path):
            return _home(ending).exists(path)
        case Prints(arguments, text, pattern, code, seconds):
            ran = _home(ending).run(arguments, seconds)
            printed = ran.output.decode(errors="replace")
            if ran.code != code:
                return False
            return text in printed if text is not None else pattern is None or matches(pattern, printed)
        case FileContains(path, text) | FileEquals(path, text) | FileMatches(path, text):
            data = _home(ending).read(path)
            if data is None:
                return False
            held = data.decode(errors="replace")
            match condition:
                case FileContains():
                    return text in held
                case FileEquals():
                    return held.rstrip() == text.rstrip()
            return matches(text, held)
        case _:
            return shown(condition, page_of(ending.seen)) != condition.negated


def _home(ending: Ending) -> Workspace:
    if ending.workspace is None:
        raise DeviceLost("the home of the episode is gone")
    return ending.workspace
