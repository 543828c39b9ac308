"""Whether a thought before an action holds what nobody could have thought then, or what no thought should hold."""

import re
from collections.abc import Iterator, Sequence

from labelers.paraphrases import holds
from schemas.actions import Select, Type, point_of
from schemas.episodes import EpisodeStep, Moment

THOUGHT_LIMIT = 600
"""Characters of a thought: two to four sentences."""

SHORTEST_NAME = 4
"""Letters of a name that is looked for: shorter ones are words that anybody uses."""

_NUMBER = r"-?\d{1,5}(?:\.\d+)?"
_PLACE = re.compile(
    rf"[(\[]\s*{_NUMBER}\s*[,;]\s*{_NUMBER}\s*[)\]]|\b[xy]\s*[=:]\s*{_NUMBER}|{_NUMBER}\s*(?:px\b|pixels?\b)|\bcoordinates?\b",
    re.IGNORECASE,
)
_STEP = re.compile(r"\bsteps?\s+(?:number\s+)?(\d+)", re.IGNORECASE)
_RECORDING = re.compile(
    r"\b(?:recording|recorded|screenshots?|(?:first|second|other) picture|red (?:line|box|frame|rectangle))\b",
    re.IGNORECASE,
)


def what_is_wrong(thought: str, goal: str, steps: Sequence[EpisodeStep], place: int) -> str | None:
    """Why the thought before the step at that place can't stand, or None; `steps` are all of the episode."""
    one = steps[place]
    if not thought:
        return "it is empty"
    if len(thought) > THOUGHT_LIMIT:
        return "it is too long"
    if _PLACE.search(thought) or _names_the_point(thought, one):
        return "it names a place in pixels"
    if _RECORDING.search(thought):
        return "it speaks of the recording"
    if any(int(found) > one.step.step_index for found in _STEP.findall(thought)):
        return "it names a later step"
    known = " ".join(_known(goal, steps[: place + 1])).casefold()
    said = thought.casefold()
    for name in _later(steps, place):
        if len(name) >= SHORTEST_NAME and name not in known and holds(said, name):
            return "it names what comes later"
    return None


def _names_the_point(thought: str, one: EpisodeStep) -> bool:
    """Whether both numbers of the action's place stand in the thought."""
    point = point_of(one.step.action)
    if point is None or point.x is None or point.y is None:
        return False
    numbers = re.findall(r"\d+", thought)
    return str(round(point.x)) in numbers and str(round(point.y)) in numbers


def _known(goal: str, steps: Sequence[EpisodeStep]) -> Iterator[str]:
    """What can be known before the last of the steps: the goal, what was seen and done, and what is about to be."""
    yield goal
    for one in steps:
        yield from _meant(one)
        yield from _seen(one.before)


def _later(steps: Sequence[EpisodeStep], place: int) -> Iterator[str]:
    """What only later shows, in small letters: what is acted on and entered, titles, and sentences on the next page."""
    for one in steps[place + 1 :]:
        yield from (name.casefold() for name in _meant(one))
    for one in steps[place:]:
        if one.after is not None and one.after.seen.title:
            yield one.after.seen.title.strip().casefold()
    after = steps[place].after
    if after is not None and after.tree is not None:
        yield from (node.name.strip().casefold() for node in after.tree.nodes if len(node.name.split()) > 1)


def _meant(one: EpisodeStep) -> Iterator[str]:
    """The words of an action: its element's name, and what it enters."""
    if one.step.target is not None:
        yield one.step.target.name.strip()
    match one.step.action:
        case Type(text=text):
            yield text.strip()
        case Select(option=option):
            yield option.strip()


def _seen(moment: Moment | None) -> Iterator[str]:
    if moment is None:
        return
    yield from filter(None, (moment.seen.title, moment.seen.location))
    for node in () if moment.tree is None else moment.tree.nodes:
        yield node.name
        if node.value:
            yield node.value
        yield from node.options
