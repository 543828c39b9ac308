"""How far a replay goes as its recording did: step by step, and as a whole."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from explorers.core.locating import Evidence, text_likeness
from explorers.core.rollout import EpisodeSummary
from schemas.identity import canonical_location, tree_keys
from schemas.records import Observation, Screen, Seen, Tree
from schemas.trees import bounded
from schemas.visual import TILE, changed_tiles, decode

Strength: TypeAlias = Literal["done", "result", "location", "structure", "content"]
STRENGTHS: tuple[Strength, ...] = ("done", "result", "location", "structure", "content")
"""What a step may be faithful in, from the weakest to the strongest: each but the first is about what came after it."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How what is seen compares with what was recorded; None where one of the two has nothing to compare.

    `text` is the share of the nodes' roles, names and values that both have, from 0 to 1; `changed` the share of the
    screen's tiles that differ.
    """

    location: bool | None = None
    structure: bool | None = None
    content: bool | None = None
    text: float | None = None
    changed: float | None = None


NOTHING = Likeness()


@dataclass(frozen=True, slots=True)
class StepFidelity:
    """How a recorded step went when it was done again.

    `evidence` is what its element was found by, None where there was none to find or it was not found; `moved` says
    that it lies elsewhere now, `matches` how many elements fitted it. `problem` says why the step was not done.
    """

    step: int
    action: str
    evidence: Evidence | None
    matches: int
    moved: bool
    result: bool
    after: Likeness
    problem: str | None = None

    def holds(self, strength: Strength) -> bool:
        """Whether the step is faithful in that; what can't be compared is not."""
        match strength:
            case "done":
                return self.problem is None
            case "result":
                return self.problem is None and self.result
            case _:
                return self.problem is None and getattr(self.after, strength) is True


@dataclass(frozen=True, slots=True)
class Replay:
    """How a whole trace went when it was done again; `recorded` are the steps that there were to do.

    `start` compares what was seen before the first step.
    """

    recorded: int
    start: Likeness
    steps: tuple[StepFidelity, ...]
    summary: EpisodeSummary

    def share(self, strength: Strength) -> float:
        """The share of the recorded steps that are faithful in that, from 0 to 1; 1 where there are none."""
        return sum(step.holds(strength) for step in self.steps) / self.recorded if self.recorded else 1.0

    def diverged(self, strength: Strength) -> int | None:
        """The first step that is not faithful in that, or that was not come to; None where all are."""
        for step in self.steps:
            if not step.holds(strength):
                return step.step
        return len(self.steps) if len(self.steps) < self.recorded else None


def likeness(recorded: Seen, tree: Tree | None, screen: Screen | None, now: Observation) -> Likeness:
    """Compares what is seen with what was recorded; `tree` and `screen` are the record's."""
    structure = content = text = None
    if tree is not None and now.tree is not None:
        fresh = bounded(now.tree)  # as a record would hold it
        old = tree_keys(tree, location=recorded.location, scroll=recorded.scroll)
        new = tree_keys(fresh, location=now.location, scroll=now.scroll)
        structure, content = old.structure == new.structure, old.content == new.content
        text = text_likeness(tree, fresh)
    return Likeness(
        location=canonical_location(recorded.location) == canonical_location(now.location),
        structure=structure,
        content=content,
        text=text,
        changed=None if screen is None or now.screen is None else _changed(recorded, screen, now, now.screen),
    )


def _changed(recorded: Seen, old: Screen, now: Observation, new: Screen) -> float:
    """The share of the tiles that differ outside of what moves by itself."""
    volatile = (*(recorded.volatile or ()), *now.volatile)
    count = -(-new.height // TILE) * -(-new.width // TILE)
    return round(len(changed_tiles(decode(old.data), decode(new.data), volatile=volatile)) / count, 4)
