"""Labelers that ask a model: what to ask about an episode, whether an answer fits, and what the answers say."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, runtime_checkable

from labelers.backend import Opinions
from labelers.model.requests import Request
from schemas.episodes import Episode
from schemas.opinions import Call, Instruction
from schemas.protocols import Labeler


@runtime_checkable
class Asker(Labeler, Protocol):
    """A labeler in three parts, so that reading answers again costs nothing. Holds no state.

    `instructions` are those on the episode that other labelers wrote, in the order of the lake.
    """

    def requests(self, episode: Episode, instructions: Sequence[Instruction]) -> Iterator[Request]:
        """All that there is to ask, step after step; a pure function of both arguments."""

    def check(self, request: Request, text: str) -> str | None:
        """What is wrong with an answer, or None."""

    def read(self, episode: Episode, instructions: Sequence[Instruction], answers: Mapping[str, Call]) -> Opinions:
        """What the answers say, by the digest of the request; every request has one, if only of a failure."""
