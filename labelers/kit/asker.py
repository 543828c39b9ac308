"""A labeler that asks a model: runs a questionnaire, and gives what it finds names and keys."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from labelers.backend import Opinions
from labelers.kit.cheap_first import DECIDING, NO_RULE_VERDICTS, RuleVerdicts
from labelers.kit.inputs import LOOKED_AT, Inputs, input_key
from labelers.kit.prompting import load_prompt
from labelers.kit.questionnaire import Case, Judgement, LookedAt, Question, Questionnaire, Reply, Sentence, Silence
from labelers.model.answers import UNFINISHED
from labelers.model.requests import AnswerForm, Request, Turn
from schemas.conditions import check_text
from schemas.episodes import Episode
from schemas.errors import SchemaError
from schemas.keys import content_id, key
from schemas.opinions import Call, Instruction, Label

READING = "2"
"""Changes when the same answer is read otherwise."""

WORDS_ALONE = "-words"
"""What stands behind the version where pictures were left out."""

NOT_SHOWN = (
    "No pictures can be shown this time, whatever is said of them: go by the words alone, and where they don't tell, "
    "say that it can't be told rather than guess."
)


@dataclass(frozen=True, slots=True)
class ModelUse:
    """Which model is asked, and how: the sampling temperature (None: the server's own) and most tokens of an answer.

    `cheap_first` leaves out what the rules decided. Without `pictures` it is asked by words alone.
    """

    model: str
    temperature: float | None = 0.0
    most_output: int = 500
    cheap_first: bool = False
    pictures: bool = True


@dataclass(frozen=True)  # without slots: what is the same for all questions is made once
class Asker:
    """A labeler in three parts, so that reading answers again costs nothing. Cheap to pickle.

    Where it goes without the questions that the rules decided, its version ends with `+` and what decides: the same
    prompt, read the same way, asked less often. `decided` is that of one episode.
    """

    questionnaire: Questionnaire
    use: ModelUse
    decided: RuleVerdicts = NO_RULE_VERDICTS

    @property
    def name(self) -> str:
        """What it does, and the model that is asked."""
        return f"{self.questionnaire.name}/{self.use.model}"

    @property
    def version(self) -> str:
        """That of the prompt, of how its answers are read and of their form; then how it is asked otherwise than usual.

        The begin of the form's hash is in it, so that no edit of a form goes unseen.
        """
        read = f"{READING}.{content_id(self._form.schema.encode())[:4]}"
        version = f"{load_prompt(self.questionnaire.name).version}-{read}{self.questionnaire.variant}"
        version += "" if self.pictured else WORDS_ALONE
        return version + (f"+{DECIDING}" if self.cheap_first else "")

    @property
    def pictured(self) -> bool:
        """Whether it is asked as it is meant to be: with pictures, where it has any."""
        return self.use.pictures or not self.questionnaire.pictured

    @property
    def inputs(self) -> Inputs:
        """What its questions depend on besides the recording."""
        return self.questionnaire.inputs

    @property
    def cheap_first(self) -> bool:
        """Whether it goes without the questions that the rules decided."""
        return self.questionnaire.decidable and self.use.cheap_first

    def in_words(self) -> "Asker":
        """The same labeler for a model that takes no pictures."""
        return replace(self, use=replace(self.use, pictures=False))

    def after(self, decided: RuleVerdicts) -> "Asker":
        """The same labeler for one episode of which that is decided."""
        return replace(self, decided=decided)

    def requests(self, episode: Episode, instructions: Sequence[Instruction]) -> Iterator[Request]:
        """All that there is to ask, in order; a pure function of both arguments."""
        for question in self._questions(episode, instructions):
            if question.turn is not None:
                yield self._request(episode, question.turn)

    def check(self, text: str) -> str | None:
        """What is wrong with an answer, or None."""
        try:
            self.questionnaire.parse(text)
        except SchemaError as error:
            return str(error)
        return None

    def read(self, episode: Episode, instructions: Sequence[Instruction], answers: Mapping[str, Call]) -> Opinions:
        """What the answers say, by the digest of the request.

        Raises:
            KeyError: if a request has none, not even of a failure; whoever holds the answers says so.
        """
        replies = [self._reply(episode, question, answers) for question in self._questions(episode, instructions)]
        written: dict[str, Instruction] = {}
        labels: dict[str, Label] = {}
        silences: Counter[str] = Counter()
        for finding in self.questionnaire.findings(episode, replies):
            match finding:
                case Silence(reason):
                    silences[reason] += 1
                case Sentence():
                    instruction = self._instruction(episode, finding)
                    written[instruction.instruction_id] = instruction
                case Judgement():
                    label = self._label(episode, finding)
                    labels.setdefault(label.label_id, label)
                case LookedAt():
                    label = self._looked_at(episode, finding, replies, instructions)
                    labels[label.label_id] = label
        decided = sum(reply.call is None for reply in replies)
        return Opinions(tuple(written.values()), tuple(labels.values()), dict(sorted(silences.items())), decided)

    def _questions(self, episode: Episode, instructions: Sequence[Instruction]) -> Iterator[Question]:
        return self.questionnaire.questions(Case(episode, instructions, self.decided))

    @cached_property
    def _form(self) -> AnswerForm:
        return AnswerForm.of(self.questionnaire.name, self.questionnaire.form.schema)

    @cached_property
    def _system(self) -> Turn:
        """The prompt, which is the same for all."""
        return Turn("system", load_prompt(self.questionnaire.name).text + self.questionnaire.appendix)

    def _request(self, episode: Episode, turn: Turn) -> Request:
        name, use = episode.trajectory.trajectory_id, self.use
        if not self.pictured:
            turn = replace(turn, text=f"{turn.text}\n\n{NOT_SHOWN}", pictures=())
        return Request(name, use.model, (self._system, turn), self._form, use.most_output, use.temperature)

    def _reply(self, episode: Episode, question: Question, answers: Mapping[str, Call]) -> Reply:
        if question.turn is None:
            return Reply(question, None, None)
        call = answers[self._request(episode, question.turn).digest]
        return Reply(question, call, self.fields(call))

    def fields(self, call: Call) -> Mapping[str, Any] | None:
        """What an answer says, also one that an earlier reading could make nothing of: it was paid for; or None."""
        unfinished = call.status == "malformed" and (call.error or "").startswith(UNFINISHED)
        if call.answer is None or call.status not in ("ok", "malformed") or unfinished:
            return None
        try:
            return self.questionnaire.parse(call.answer)
        except SchemaError:
            return None

    def _instruction(self, episode: Episode, sentence: Sentence) -> Instruction:
        trajectory, first, last, parent = (
            episode.trajectory.trajectory_id,
            sentence.first_step,
            sentence.last_step,
            sentence.parent,
        )
        path = tuple(range(first, last + 1)) if sentence.path is None else sentence.path
        said = (sentence.level, first, last, path, sentence.text, self.name, self.version)
        whose = () if parent is None else (sentence.kind, parent.instruction_id)
        return Instruction(
            instruction_id=key("instruction", trajectory, *said, *whose),
            trajectory_id=trajectory,
            kind=sentence.kind,
            level=sentence.level,
            first_step=first,
            last_step=last,
            path=path,
            text=sentence.text,
            answer=sentence.answer,
            evidence=sentence.evidence,
            template=sentence.template,
            parent_id=None if parent is None else parent.instruction_id,
            labeler=self.name,
            labeler_version=self.version,
            call_id=None if sentence.call is None else sentence.call.call_id,
            claim=None if sentence.claim is None else check_text(sentence.claim),
        )

    def _label(self, episode: Episode, judgement: Judgement) -> Label:
        trajectory, instruction = episode.trajectory, judgement.instruction
        about = trajectory.trajectory_id if instruction is None else instruction.instruction_id
        label_id = key("label", about, judgement.subject, judgement.step, self.name, self.version, 0)
        return Label(
            label_id=key("label", label_id, *judgement.apart) if judgement.apart else label_id,
            trajectory_id=trajectory.trajectory_id,
            subject=judgement.subject,
            first_step=judgement.step,
            last_step=judgement.step if judgement.last_step is None else judgement.last_step,
            instruction_id=None if instruction is None else instruction.instruction_id,
            other_id=judgement.other_id,
            screen=judgement.screen,
            verdict=judgement.verdict,
            score=judgement.score,
            reason=judgement.reason,
            rule=judgement.rule,
            labeler=self.name,
            labeler_version=self.version,
            input=trajectory.digest if judgement.call is None else judgement.call.request,
            call_id=None if judgement.call is None else judgement.call.call_id,
        )

    def _looked_at(
        self, episode: Episode, finding: LookedAt, replies: Sequence[Reply], instructions: Sequence[Instruction]
    ) -> Label:
        """The label on the episode as a whole that says it was looked at, and what the questions depended on."""
        asked = [reply for reply in replies if reply.call is not None]
        decided, answered = len(replies) - len(asked), sum(reply.fields is not None for reply in asked)
        counted = f"{answered} of {len(asked)} questions were answered"
        counted += f", {decided} more were decided by the rules" if decided else ""
        reason = counted if finding.reason is None else finding.reason
        judged = Judgement(verdict="abstain", reason=reason, subject="trajectory", rule=LOOKED_AT, call=finding.call)
        label = self._label(episode, judged)
        depended = input_key(self.inputs, self.name, episode.trajectory.digest, instructions, episode.labels)
        return replace(label, label_id=key(label.label_id, depended), input=depended)
