"""What askers share that ask about one goal or instruction at a time, or a step of it, and read each answer alone."""

from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from labelers.backend import Opinions
from labelers.kit.basis import Basis
from labelers.kit.cheap_first import Ruling
from labelers.kit.prompted import PromptedAsker
from labelers.model.requests import Request
from schemas.episodes import Episode
from schemas.opinions import Call, Instruction, Label, Subject


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, or what the rules decided instead; what it is about; and what the fields of an answer say."""

    asked: Request | Ruling
    heard: Callable[[Call, Mapping[str, Any]], Opinions]
    subject: Subject
    instruction: Instruction | None
    step: int | None = None


class OneByOne(PromptedAsker):
    """Asks question by question; where one has no answer, the label on what it is about says so."""

    basis: ClassVar[Basis] = "tasks"

    @abstractmethod
    def questions(self, episode: Episode, instructions: Sequence[Instruction]) -> Iterator[Question]:
        """All that there is to ask, and what is decided, in order."""

    def requests(self, episode: Episode, instructions: Sequence[Instruction]) -> Iterator[Request]:
        """The questions that are not decided."""
        for one in self.questions(episode, instructions):
            if isinstance(one.asked, Request):
                yield one.asked

    def read(self, episode: Episode, instructions: Sequence[Instruction], answers: Mapping[str, Call]) -> Opinions:
        """What the answers say, in order, and a label on the episode."""
        found: dict[str, Instruction] = {}
        labels: list[Label] = []
        silences: Counter[str] = Counter()
        asked = answered = decided = 0
        for one in self.questions(episode, instructions):
            if isinstance(one.asked, Ruling):
                decided += 1
                labels.append(
                    self.ruled(episode, one.asked, subject=one.subject, instruction=one.instruction, step=one.step)
                )
                continue
            asked += 1
            call = answers[one.asked.digest]
            if (said := self.said(call)) is None:
                labels.append(
                    self.unanswered(episode, call, subject=one.subject, instruction=one.instruction, step=one.step)
                )
                continue
            answered += 1
            heard = one.heard(call, said)
            found.update((each.instruction_id, each) for each in heard.instructions)
            labels += heard.labels
            silences.update(heard.silences)
        whole = self.seen(episode, asked, answered, decided, instructions=instructions)
        return Opinions(tuple(found.values()), (*labels, whole), dict(sorted(silences.items())), decided)
