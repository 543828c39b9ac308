"""Behaviour tags: where steps show planning, verification, error recovery or adaptive search (behaviour priming).

A tag is no verdict: its label abstains, its rule is the tag.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from labelers.backend import Opinions
from labelers.kit.prompted import ModelUse, PromptedAsker
from labelers.kit.prompting import fenced, goal_line, parsed, told
from labelers.model.requests import AnswerForm, Request
from schemas.episodes import Episode, EpisodeStep
from schemas.errors import SchemaError
from schemas.keys import key
from schemas.opinions import Call, Instruction, Label, Subject

TAGS = ("planning", "verification", "error recovery", "adaptive search")

STEPS = 25
"""Steps of one question; what lies on both sides of a border is not seen."""

SPANS = 3 * STEPS
"""Most spans of an answer."""

THOUGHT_LIMIT = 400
"""Characters of a thought."""

_SPAN: Mapping[str, type] = {"first": int, "last": int, "tag": str, "reason": str}
_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "spans": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "first": {"type": "integer"},
                    "last": {"type": "integer"},
                    "tag": {"type": "string", "enum": list(TAGS)},
                    "reason": {"type": "string"},
                },
                "required": list(_SPAN),
                "additionalProperties": False,
            },
        }
    },
    "required": ["spans"],
    "additionalProperties": False,
}


class BehaviourTagger(PromptedAsker):
    """Names what steps and spans of steps show."""

    prompt_name: ClassVar[str] = "behaviour"
    fields: ClassVar[Mapping[str, type]] = {}
    choices: ClassVar[Mapping[str, Sequence[Any]]] = {}

    def __init__(self, use: ModelUse) -> None:
        super().__init__(use)
        self._form = AnswerForm.of(self.prompt_name, _SCHEMA)

    def parse(self, text: str) -> dict[str, Any]:
        """The spans of an answer.

        Raises:
            SchemaError: if it does not fit the form.
        """
        found = parsed(text, {"spans": list})
        if len(found["spans"]) > SPANS:
            raise SchemaError(f"spans: expected at most {SPANS}, found {len(found['spans'])}")
        for span in found["spans"]:
            if not isinstance(span, dict) or {name: type(value) for name, value in span.items()} != _SPAN:
                raise SchemaError(f"spans: expected objects with {', '.join(_SPAN)}, found {str(span)[:80]!r}")
            if span["tag"] not in TAGS:
                raise SchemaError(f"tag: expected one of {', '.join(TAGS)}, found {span['tag']!r}")
        return found

    def requests(self, episode: Episode, instructions: Sequence[Instruction]) -> Iterator[Request]:
        """A question for so many steps."""
        del instructions
        for part in _parts(episode):
            yield self._request(episode, part)

    def read(self, episode: Episode, instructions: Sequence[Instruction], answers: Mapping[str, Call]) -> Opinions:
        """A label a tag and step or span; the same tag on the same steps is written once."""
        del instructions
        labels: dict[str, Label] = {}
        silences: dict[str, int] = {}
        asked = answered = 0
        for part in _parts(episode):
            asked += 1
            call = answers[self._request(episode, part).digest]
            if (said := self.said(call)) is None:
                continue
            answered += 1
            there = [one.step.step_index for one in part]
            for span in said["spans"]:
                if there[0] <= span["first"] <= span["last"] <= there[-1]:
                    label = self._label(episode, call, span)
                    labels.setdefault(label.label_id, label)
                else:
                    silences["tag on steps that were not shown"] = (
                        silences.get("tag on steps that were not shown", 0) + 1
                    )
        return Opinions((), (*labels.values(), self.seen(episode, asked, answered)), silences)

    def _label(self, episode: Episode, call: Call, span: Mapping[str, Any]) -> Label:
        first, last, tag = span["first"], span["last"], span["tag"]
        subject: Subject = "step" if first == last else "span"
        made = self.label(episode, "abstain", span["reason"], call=call, subject=subject, step=first, rule=tag)
        return replace(made, last_step=last, label_id=key("label", made.label_id, last, tag))

    def _request(self, episode: Episode, part: Sequence[EpisodeStep]) -> Request:
        lines = [goal_line(episode.trajectory.goal), "the steps:"]
        for one in part:
            if one.step.thought:
                lines.append(json.dumps({"thought": one.step.thought[:THOUGHT_LIMIT]}, ensure_ascii=False))
            lines.append(told(one.step.step_index, one))
        return self.ask(episode, "A thought stands before the step that it led to.\n\n" + fenced(lines), ())


def _parts(episode: Episode) -> Iterator[Sequence[EpisodeStep]]:
    for first in range(0, len(episode.steps), STEPS):
        yield episode.steps[first : first + STEPS]
