"""What a labeler asks a model and what the answers say, apart from which model and whose name the opinions carry.

A questionnaire is a few pure functions of an episode; `labelers.kit.asker` runs all of them alike.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

from labelers.kit.cheap_first import RuleVerdicts
from labelers.kit.forms import Form, ListForm
from labelers.kit.inputs import Inputs
from labelers.model.requests import Turn
from labelers.observed.opinions import Opinion
from labelers.rules import RulesBackend
from schemas.conditions import TaskCheck
from schemas.episodes import Episode
from schemas.opinions import Call, Instruction, InstructionKind, Level, Subject, Verdict

Need = Literal["runs", "group mates", "policies"]
"""What some are given besides the episode; `pipelines.annotate.needs` gets it from the lake or a file."""


@dataclass(frozen=True, slots=True)
class Case:
    """An episode to be asked about, what others wrote of it, in the order of the lake, and what the rules decided."""

    episode: Episode
    instructions: Sequence[Instruction]
    decided: RuleVerdicts


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What becomes a label. `instruction` is what it is relative to; `apart` tells several on one subject apart."""

    verdict: Verdict
    reason: str
    subject: Subject
    step: int | None = None
    last_step: int | None = None
    instruction: Instruction | None = None
    other_id: str | None = None
    screen: str | None = None
    score: float | None = None
    rule: str | None = None
    apart: tuple[object, ...] = ()
    call: Call | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """What becomes an instruction. Without a path, it is every step from the first to the last."""

    text: str
    kind: InstructionKind
    level: Level
    first_step: int
    last_step: int
    path: tuple[int, ...] | None = None
    answer: str | None = None
    evidence: str | None = None
    template: str
    parent: Instruction | None = None
    claim: TaskCheck | None = None
    call: Call | None = None


@dataclass(frozen=True, slots=True)
class Silence:
    """A reason why something was not written; they are counted."""

    reason: str


@dataclass(frozen=True, slots=True)
class LookedAt:
    """What becomes the label that says that the episode was looked at; the usual reason counts the answers."""

    reason: str | None = None
    call: Call | None = None


Finding = Judgement | Sentence | Silence | LookedAt


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked (None: the rules decided it), what it is about, and what the fields of an answer say.

    Where there is a `subject`, a label on it says that no answer came, or what the rules decided. Where silence is
    `counted`, a question without an answer is one.
    """

    turn: Turn | None
    read: Callable[["Question", Mapping[str, Any]], Iterable[Finding]] | None = None
    subject: Subject | None = None
    step: int | None = None
    instruction: Instruction | None = None
    decided: Opinion | None = None
    counted: bool = False

    def judged(self, verdict: Verdict, reason: str, **more: Any) -> Judgement:
        """A judgement of what the question is about."""
        assert self.subject is not None
        about: dict[str, Any] = {"subject": self.subject, "step": self.step, "instruction": self.instruction}
        return Judgement(verdict=verdict, reason=reason, **{**about, **more})


@dataclass(frozen=True, slots=True)
class Reply:
    """A question, its call (None: the rules decided it), and the fields of its answer (None: there is none)."""

    question: Question
    call: Call | None
    fields: Mapping[str, Any] | None


class Questionnaire(ABC):
    """One labeler: its class says what it is, its methods what it asks and reads. Its prompt has the file of its name.

    Attributes:
        name: What stands before the model in the labeler's name.
        question: What its labels answer. Only labels of one question are compared, counted and voted on together:
            `GOAL` is that of the rules and of people, any other stands for itself.
        gives_verdicts: False for those that name or write things.
        need: What it is given when it is made.
        inputs: What its questions depend on besides the recording.
        decidable: Whether rules can decide any of its questions.
        pictured: Whether its questions show pictures, where there are any.
    """

    name: ClassVar[str]
    question: ClassVar[str]
    form: ClassVar[Form | ListForm]
    gives_verdicts: ClassVar[bool] = True
    need: ClassVar[Need | None] = None
    inputs: ClassVar[Inputs] = "recording"
    decidable: ClassVar[bool] = False
    pictured: ClassVar[bool] = True

    @property
    def variant(self) -> str:
        """What stands behind the version where it asks otherwise than usual."""
        return ""

    @property
    def appendix(self) -> str:
        """What is put behind the prompt."""
        return ""

    def parse(self, text: str) -> dict[str, Any]:
        """The fields of an answer.

        Raises:
            SchemaError: if it does not fit the form.
        """
        return self.form.parse(text)

    @abstractmethod
    def questions(self, case: Case) -> Iterator[Question]:
        """All that there is to ask, and what is decided, in order; a pure function."""

    def findings(self, episode: Episode, replies: Sequence[Reply]) -> Iterator[Finding]:
        """What the answers say: here each alone, and that the episode was looked at."""
        del episode
        for reply in replies:
            yield from each_alone(reply)
        yield LookedAt()


def each_alone(reply: Reply) -> Iterator[Finding]:
    """What one answer says, what the rules decided instead, or that there is no answer."""
    question, call = reply.question, reply.call
    if call is None:
        if question.decided is not None:
            why, rule = (
                f"decided by the rules: {question.decided.reason}",
                f"{RulesBackend.name}: {question.decided.rule}",
            )
            yield question.judged(question.decided.verdict, why, rule=rule)
    elif reply.fields is None:
        if question.counted:
            yield Silence(f"question {call.status}")
        if question.subject is not None:
            yield unanswered(reply)
    elif question.read is not None:
        for finding in question.read(question, reply.fields):
            yield finding if isinstance(finding, Silence) else replace(finding, call=call)


def unanswered(reply: Reply) -> Judgement:
    """The judgement where a question has no answer: it abstains, and says why."""
    assert reply.call is not None
    why = f"the question was not answered: {reply.call.error or reply.call.status}"
    return reply.question.judged("abstain", why, rule=reply.call.status, call=reply.call)
