"""Names for runs of steps that recur over episodes: the entries of a handbook (Metacognitive Reuse).

Which runs recur is found by code; a model gives each a name and a procedure of one line. The question is put for the
first episode that holds the run, and says nothing of that episode, so that its answer holds for all.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from labelers.backend import Opinions
from labelers.kit.prompted import ModelUse, PromptedAsker
from labelers.kit.prompting import fenced
from labelers.model.requests import Request
from labelers.rules.planted import passages_in
from schemas.episodes import Episode
from schemas.errors import SchemaError
from schemas.keys import key
from schemas.opinions import Call, Instruction, Label

NAME_LIMIT, PROCEDURE_LIMIT = 80, 400
"""Characters."""


@dataclass(frozen=True, slots=True, order=True)
class Act:
    """What a step did, without what was typed and where it lay: the kind of action, the element's role and name."""

    kind: str
    role: str | None
    name: str | None


@dataclass(frozen=True, slots=True)
class Run:
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


class HandbookNamer(PromptedAsker):
    """Gives each of the runs a name and a procedure."""

    prompt_name: ClassVar[str] = "handbook"
    fields: ClassVar[Mapping[str, type]] = {"name": str, "procedure": str}
    choices: ClassVar[Mapping[str, Sequence[Any]]] = {}

    def __init__(self, use: ModelUse, runs: Sequence[Run] = ()) -> None:
        super().__init__(use)
        self._runs = tuple(runs)

    @property
    def version(self) -> str:
        """That of the prompt and of how its answers are read, and which runs there were."""
        return f"{super().version}+{key('runs', sorted(one.key for one in self._runs))[:8]}"

    def parse(self, text: str) -> dict[str, Any]:
        """The fields of an answer, each in one line.

        Raises:
            SchemaError: if it does not fit the form, a field is empty or too long, or gives orders to an agent.
        """
        found = {name: " ".join(said.split()) for name, said in super().parse(text).items()}
        for name, limit in (("name", NAME_LIMIT), ("procedure", PROCEDURE_LIMIT)):
            if not 0 < len(found[name]) <= limit:
                raise SchemaError(f"{name}: expected 1 to {limit} characters, found {len(found[name])}")
            if any(passages_in(found[name])):
                raise SchemaError(f"{name}: expected no orders to an agent, found {found[name]!r}")
        return found

    def requests(self, episode: Episode, instructions: Sequence[Instruction]) -> Iterator[Request]:
        """A question for each run that is found in this episode first."""
        del instructions
        for run in self._of(episode):
            yield self._request(episode, run)

    def read(self, episode: Episode, instructions: Sequence[Instruction], answers: Mapping[str, Call]) -> Opinions:
        """A label on the span of each run: its rule is the name, its reason the procedure, `other_id` the run's key."""
        del instructions
        labels = []
        answered = 0
        for run in self._of(episode):
            call = answers[self._request(episode, run).digest]
            if (said := self.said(call)) is None:
                continue
            answered += 1
            labels.append(self._label(episode, run, call, said))
        return Opinions((), (*labels, self.seen(episode, len(self._of(episode)), answered)), {})

    def _of(self, episode: Episode) -> list[Run]:
        return [one for one in self._runs if one.trajectory_id == episode.trajectory.trajectory_id]

    def _label(self, episode: Episode, run: Run, call: Call, said: Mapping[str, Any]) -> Label:
        made = self.label(
            episode,
            "abstain",
            said["procedure"],
            call=call,
            subject="span",
            step=run.first_step,
            rule=said["name"],
        )
        last = run.first_step + len(run.acts) - 1
        return replace(made, last_step=last, other_id=run.key, label_id=key("label", made.label_id, run.key))

    def _request(self, episode: Episode, run: Run) -> Request:
        lines = [f"application: {run.app}", *(_told(one) for one in run.acts)]
        return self.ask(episode, "Name these steps.\n\n" + fenced(lines), ())


def _told(act: Act) -> str:
    facts = {"action": act.kind, "role": act.role, "name": act.name}
    return json.dumps({name: value for name, value in facts.items() if value}, ensure_ascii=False)
