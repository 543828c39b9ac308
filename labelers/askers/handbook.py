"""Names for runs of steps that recur over episodes: the entries of a handbook (Metacognitive Reuse).

Which runs recur is found by code; a model gives each a name and a procedure of one line. The question is put for the
first episode that holds the run, and says nothing of that episode, so that its answer holds for all.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from labelers.kit.forms import Form, Text
from labelers.kit.prompting import as_json, user_turn
from labelers.kit.questionnaire import Case, Judgement, Question, Questionnaire
from labelers.rules.planted import passages_in
from schemas.errors import SchemaError
from schemas.keys import key

NAME_LIMIT, PROCEDURE_LIMIT = 80, 400
"""Characters."""


@dataclass(frozen=True, slots=True, order=True)
class Act:
    """What a step did, without what was typed and where it lay: the kind of action, the element's role and name."""

    kind: str
    role: str | None
    name: str | None


@dataclass(frozen=True, slots=True)
class RecurringRun:
    """Acts in a row that recur in episodes of an app: in how many of them, and how often in all.

    `trajectory_id` is the least of those that hold it, and `first_step` where it begins there first.
    """

    app: str
    acts: tuple[Act, ...]
    episodes: int
    times: int
    trajectory_id: str
    first_step: int

    @property
    def key(self) -> str:
        """What it is known by, whatever episodes hold it."""
        return key("run", self.app, self.acts)


@dataclass(frozen=True)
class HandbookNamer(Questionnaire):
    """Gives each of the runs a name and a procedure."""

    name = question = "handbook"
    form = Form({"name": Text(NAME_LIMIT), "procedure": Text(PROCEDURE_LIMIT)})
    gives_verdicts = False
    pictured = False
    need = "runs"

    runs: Sequence[RecurringRun] = ()

    @property
    def variant(self) -> str:
        """Which runs there were."""
        return f"+{key('runs', sorted(run.key for run in self.runs))[:8]}"

    def parse(self, text: str) -> dict[str, Any]:
        """The fields of an answer, each in one line.

        Raises:
            SchemaError: if it does not fit the form, a field is empty or too long, or gives orders to an agent.
        """
        answer = {name: " ".join(value.split()) for name, value in super().parse(text).items()}
        for name, limit in (("name", NAME_LIMIT), ("procedure", PROCEDURE_LIMIT)):
            if not 0 < len(answer[name]) <= limit:
                raise SchemaError(f"{name}: expected 1 to {limit} characters, found {len(answer[name])}")
            if any(passages_in(answer[name])):
                raise SchemaError(f"{name}: expected no orders to an agent, found {answer[name]!r}")
        return answer

    def questions(self, case: Case) -> Iterator[Question]:
        """One for each run that is found in this episode first."""
        for run in self.runs:
            if run.trajectory_id == case.episode.trajectory.trajectory_id:
                turn = user_turn("Name these steps.", [f"application: {run.app}", *map(_act_line, run.acts)])
                yield Question(turn=turn, read=partial(_entry, run))


def _act_line(act: Act) -> str:
    facts = {"action": act.kind, "role": act.role, "name": act.name}
    return as_json({name: value for name, value in facts.items() if value})


def _entry(run: RecurringRun, _: Question, answer: Mapping[str, Any]) -> Iterator[Judgement]:
    """A label on the span of the run: its rule is the name, its reason the procedure, `other_id` the run's key."""
    yield Judgement(
        verdict="abstain",
        reason=answer["procedure"],
        subject="span",
        step=run.first_step,
        last_step=run.first_step + len(run.acts) - 1,
        other_id=run.key,
        rule=answer["name"],
        apart=(run.key,),
    )
