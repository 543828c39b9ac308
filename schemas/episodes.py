"""An episode as labelers see it: its steps with the trees and the state keys of both sides, screens on demand."""

from collections.abc import Callable
from dataclasses import dataclass

from schemas.identity import StateKeys
from schemas.opinions import Label
from schemas.pages import Page
from schemas.records import Screen, Seen, Step, Trajectory, Tree


@dataclass(frozen=True, slots=True)
class Moment:
    """What was seen at one moment; `tree` and `keys` are None where there was no tree."""

    seen: Seen
    tree: Tree | None
    keys: StateKeys | None

    @property
    def page(self) -> Page | None:
        """The tree as a page, read anew each time."""
        return None if self.tree is None else Page(self.tree, title=self.seen.title, location=self.seen.location)


@dataclass(frozen=True, slots=True)
class EpisodeStep:
    """A step with both sides; a side is None where nothing was seen."""

    step: Step
    before: Moment | None
    after: Moment | None


@dataclass(frozen=True, slots=True)
class Episode:
    """A trajectory and all its steps in order. `screen` gives an image by its id and raises KeyError for another.

    `labels` are what was said of it before, for labelers that go by what others found; empty for those that must not.
    """

    trajectory: Trajectory
    steps: tuple[EpisodeStep, ...]
    screen: Callable[[str], Screen]
    labels: tuple[Label, ...] = ()
