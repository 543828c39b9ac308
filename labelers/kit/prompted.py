"""What all askers share: requests with the fixed part first, answers read by their form, opinions with their keys."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from labelers.kit.basis import LOOKED_AT, Basis, basis_of, is_task
from labelers.kit.cheap_first import DECIDING, NO_RULINGS, Ruling, Rulings
from labelers.kit.prompting import Prompt, load_prompt, parsed, target_box
from labelers.model.comparing import Comparison
from labelers.model.pictures import Picture
from labelers.model.requests import AnswerForm, Request, Turn
from labelers.rules import RulesBackend
from schemas.episodes import Episode, EpisodeStep
from schemas.errors import SchemaError
from schemas.keys import key
from schemas.opinions import Call, Instruction, InstructionKind, Label, Level, Subject, Verdict

READING = "1"
"""Changes when the same answer is read otherwise."""

_TYPES: Mapping[type, str] = {str: "string", int: "integer", bool: "boolean"}


@dataclass(frozen=True, slots=True)
class ModelUse:
    """Which model is asked, and how: the sampling temperature (None: the server's own) and most tokens of an answer.

    `cheap_first` leaves out what the rules decided.
    """

    model: str
    temperature: float | None = 0.0
    most_output: int = 500
    cheap_first: bool = False


class PromptedAsker:
    """A prompt with the fields of its answer, and what some of them must be one of; the base of every asker.

    `decidable` says that there are questions which rules can decide.
    """

    prompt_name: ClassVar[str]
    fields: ClassVar[Mapping[str, type]]
    choices: ClassVar[Mapping[str, Sequence[Any]]]
    basis: ClassVar[Basis] = "recording"
    decidable: ClassVar[bool] = False

    def __init__(self, use: ModelUse) -> None:
        self._use = use
        self._prompt: Prompt = load_prompt(self.prompt_name)
        self._form = AnswerForm.of(self.prompt_name, _schema(self.fields, self.choices))
        self._rulings = NO_RULINGS

    @property
    def name(self) -> str:
        """What it does, and the model that is asked."""
        return f"{self.prompt_name}/{self._use.model}"

    @property
    def version(self) -> str:
        """That of the prompt and of how its answers are read, and what decides before it."""
        return f"{self._prompt.version}-{READING}" + (f"+{DECIDING}" if self.cheap_first else "")

    @property
    def cheap_first(self) -> bool:
        """Whether it goes without the questions that the rules decided."""
        return self.decidable and self._use.cheap_first

    def after(self, rulings: Rulings) -> Self:
        """The same labeler for one episode of which that is decided."""
        found = copy(self)
        found._rulings = rulings
        return found

    def check(self, request: Request, text: str) -> str | None:
        """What is wrong with an answer, or None."""
        del request  # all of one asker's answers have one form
        try:
            self.parse(text)
        except SchemaError as error:
            return str(error)
        return None

    def parse(self, text: str) -> dict[str, Any]:
        """The fields of an answer.

        Raises:
            SchemaError: if it does not fit the form.
        """
        found = parsed(text, self.fields)
        for name, allowed in self.choices.items():
            if found[name] not in allowed:
                raise SchemaError(f"{name}: expected one of {', '.join(map(str, allowed))}, found {found[name]!r}")
        return found

    def said(self, call: Call) -> dict[str, Any] | None:
        """The fields of a call's answer, or None where it has none.

        Raises:
            SchemaError: if it does not fit the form.
        """
        return None if call.status != "ok" or call.answer is None else self.parse(call.answer)

    def ask(self, episode: Episode, text: str, pictures: Sequence[Picture | Comparison]) -> Request:
        """A request: the prompt, which is the same for all, then the question with its pictures."""
        turns = (Turn("system", self._prompt.text), Turn("user", text, tuple(pictures)))
        use = self._use
        return Request(episode.trajectory.trajectory_id, use.model, turns, self._form, use.most_output, use.temperature)

    def instruction(
        self,
        episode: Episode,
        call: Call,
        text: str,
        *,
        kind: InstructionKind,
        level: Level,
        steps: tuple[int, int],
        evidence: str | None,
        template: str | None,
        path: tuple[int, ...] | None = None,
        answer: str | None = None,
        parent: Instruction | None = None,
    ) -> Instruction:
        """An instruction that this labeler writes; without a path, it is every step from the first to the last."""
        trajectory, (first, last) = episode.trajectory.trajectory_id, steps
        path = tuple(range(first, last + 1)) if path is None else path
        said = (level, first, last, path, text, self.name, self.version)
        whose = () if parent is None else (kind, parent.instruction_id)
        return Instruction(
            instruction_id=key("instruction", trajectory, *said, *whose),
            trajectory_id=trajectory,
            kind=kind,
            level=level,
            first_step=first,
            last_step=last,
            path=path,
            text=text,
            answer=answer,
            evidence=evidence,
            template=template,
            parent_id=None if parent is None else parent.instruction_id,
            labeler=self.name,
            labeler_version=self.version,
            call_id=call.call_id,
        )

    def label(
        self,
        episode: Episode,
        verdict: Verdict,
        reason: str,
        *,
        call: Call | None,
        subject: Subject,
        step: int | None = None,
        instruction: Instruction | None = None,
        score: float | None = None,
        rule: str | None = None,
    ) -> Label:
        """A label that this labeler gives, relative to the instruction if there is one."""
        trajectory = episode.trajectory
        about = instruction.instruction_id if instruction is not None else trajectory.trajectory_id
        return Label(
            label_id=key("label", about, subject, step, self.name, self.version, 0),
            trajectory_id=trajectory.trajectory_id,
            subject=subject,
            first_step=step,
            last_step=step,
            instruction_id=instruction.instruction_id if instruction is not None else None,
            other_id=None,
            screen=None,
            verdict=verdict,
            score=score,
            reason=reason,
            rule=rule,
            labeler=self.name,
            labeler_version=self.version,
            sample=0,
            input=call.request if call is not None else trajectory.digest,
            call_id=call.call_id if call is not None else None,
        )

    def unanswered(
        self,
        episode: Episode,
        call: Call,
        *,
        subject: Subject,
        instruction: Instruction | None,
        step: int | None = None,
    ) -> Label:
        """The label where a question has no answer: it abstains, and says why."""
        why = f"the question was not answered: {call.error or call.status}"
        return self.label(
            episode, "abstain", why, call=call, subject=subject, step=step, instruction=instruction, rule=call.status
        )

    def ruled(
        self,
        episode: Episode,
        ruling: Ruling,
        *,
        subject: Subject,
        instruction: Instruction | None,
        step: int | None = None,
    ) -> Label:
        """The label where the rules decided and no model was asked; it says so."""
        why, rule = f"decided by the rules: {ruling.reason}", f"{RulesBackend.name}: {ruling.rule}"
        return self.label(
            episode, ruling.verdict, why, call=None, subject=subject, step=step, instruction=instruction, rule=rule
        )

    def seen(
        self,
        episode: Episode,
        asked: int,
        answered: int,
        decided: int = 0,
        *,
        instructions: Sequence[Instruction] = (),
    ) -> Label:
        """The label on the episode as a whole that says it was looked at, and what the questions hung on."""
        reason = f"{answered} of {asked} questions were answered"
        reason += f", {decided} more were decided by the rules" if decided else ""
        return self.looked_at(episode, reason, instructions)

    def looked_at(
        self, episode: Episode, reason: str, instructions: Sequence[Instruction] = (), *, call: Call | None = None
    ) -> Label:
        """The same in other words."""
        label = self.label(episode, "abstain", reason, call=call, subject="trajectory", rule=LOOKED_AT)
        found = basis_of(self.basis, self.name, episode.trajectory.digest, instructions, episode.labels)
        return replace(label, label_id=key(label.label_id, found), input=found)


def compared(one: EpisodeStep) -> list[Picture | Comparison]:
    """What the step changed on the screen, its target marked; the one screen that there is, where one is missing."""
    whole = before_and_after(one, one)
    if len(whole) < 2:
        return [*whole]
    before, after = whole
    return [Comparison(before.screen, after.screen, before.mark)]


def before_and_after(first: EpisodeStep, last: EpisodeStep) -> list[Picture]:
    """The screen before the first step, its target marked, and the screen after the last; none where there is none."""
    pictures = []
    if first.before is not None and first.before.seen.screen is not None:
        pictures.append(Picture(first.before.seen.screen, mark=target_box(first)))
    if last.after is not None and last.after.seen.screen is not None:
        pictures.append(Picture(last.after.seen.screen))
    return pictures


def run_of(episode: Episode, path: Sequence[int]) -> list[EpisodeStep]:
    """The steps of a path, in order; those that the episode does not have are left out."""
    wanted = frozenset(path)
    return [one for one in episode.steps if one.step.step_index in wanted]


@dataclass(frozen=True, slots=True)
class Aim:
    """What steps `first` to `last` are judged by: an instruction, or the goal that the policy saw (None)."""

    text: str
    first_step: int
    last_step: int
    instruction: Instruction | None


def tasks(instructions: Sequence[Instruction]) -> list[Instruction]:
    """Those that state a goal of their own, in order."""
    return [one for one in instructions if is_task(one)]


def refused(episode: Episode) -> frozenset[str]:
    """The ids of the instructions of which a label says that they are wrong."""
    return frozenset(
        one.instruction_id
        for one in episode.labels
        if one.subject == "instruction" and one.verdict == "harmful" and one.instruction_id is not None
    )


def aims(episode: Episode, instructions: Sequence[Instruction]) -> list[Aim]:
    """The goal that the policy saw, if it had one, and those of the instructions that state a goal, in order."""
    found = [Aim(one.text, one.first_step, one.last_step, one) for one in tasks(instructions)]
    goal = episode.trajectory.goal
    if goal is None or not episode.steps:
        return found
    return [Aim(goal, episode.steps[0].step.step_index, episode.steps[-1].step.step_index, None), *found]


def _schema(fields: Mapping[str, type], choices: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    properties: dict[str, Any] = {name: {"type": _TYPES[kind]} for name, kind in fields.items()}
    for name, allowed in choices.items():
        properties[name]["enum"] = list(allowed)
    return {"type": "object", "properties": properties, "required": list(fields), "additionalProperties": False}
