"""Labelers that ask a model: what to ask about an episode, whether an answer fits, and what the answers say."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, runtime_checkable

from labelers.backend import Opinions
from labelers.kit.basis import Basis
from labelers.kit.cheap_first import Rulings
from labelers.model.requests import Request
from schemas.episodes import Episode
from schemas.opinions import Call, Instruction
from schemas.protocols import Labeler


@runtime_checkable
class Asker(Labeler, Protocol):
    """A labeler in three parts, so that reading answers again costs nothing. Holds no state.

    `instructions` are those on the episode that other labelers wrote, in the order of the lake.
    """

    @property
    def basis(self) -> Basis:
        """What its questions hang on besides the recording."""

    def requests(self, episode: Episode, instructions: Sequence[Instruction]) -> Iterator[Request]:
        """All that there is to ask, step after step; a pure function of both arguments."""

    def check(self, request: Request, text: str) -> str | None:
        """What is wrong with an answer, or None."""

    def read(self, episode: Episode, instructions: Sequence[Instruction], answers: Mapping[str, Call]) -> Opinions:
        """What the answers say, by the digest of the request.

        Raises:
            KeyError: if a request has none, not even of a failure; whoever holds the answers says so.
        """


@runtime_checkable
class Frugal(Asker, Protocol):
    """An asker that can go without the questions that the rules decided.

    Where it does, its version ends with `+` and what decides: the same prompt, read the same way, asked less often.
    """

    @property
    def decidable(self) -> bool:
        """Whether rules can decide any of its questions."""

    @property
    def cheap_first(self) -> bool:
        """Whether it goes without those that they decided."""

    def after(self, rulings: Rulings) -> Asker:
        """The same labeler for one episode of which that is decided."""


def prompt_version(version: str) -> str:
    """The part of a labeler's version that its questions and answers hang on: without what follows a `+`."""
    return version.partition("+")[0]
