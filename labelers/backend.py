"""What a labeling backend gives for an episode: instructions, labels, and why it kept silent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from labelers.observed.graph import TransitionGraph
from schemas.episodes import Episode
from schemas.opinions import Instruction, Label
from schemas.protocols import Labeler


@dataclass(frozen=True, slots=True)
class Opinions:
    """All that a backend says of one episode.

    `silences` counts the runs and steps that got no instruction, by reason. A trajectory that was looked at always has
    a label on the trajectory itself, so that it is known to be done. `decided` counts the questions that no model was
    asked because the rules had decided them.
    """

    instructions: tuple[Instruction, ...]
    labels: tuple[Label, ...]
    silences: Mapping[str, int]
    decided: int = 0


@runtime_checkable
class LabelingBackend(Labeler, Protocol):
    """A synthesizer, a verifier and a judge that belong together."""

    def __call__(self, episode: Episode, graph: TransitionGraph) -> Opinions:
        """The opinions on one episode: a pure function of both arguments."""
