"""Other phrasings of a task: exact, casual and terse, each of which asks for the same."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from labelers.askers.asking import PromptedAsker, refused, tasks
from labelers.askers.sameness import what_changed
from labelers.askers.synthesis import SENTENCE_LIMIT
from labelers.backend import Opinions
from labelers.basis import Basis
from labelers.model.requests import Request
from labelers.prompting import fenced, quoted
from schemas.episodes import Episode
from schemas.opinions import Call, Instruction, Label

STYLES = ("exact", "casual", "terse")

READ_AS = "variant refused"
"""The rule of the label that tells which phrasings changed what is asked for."""


class TaskRephraser(PromptedAsker):
    """Writes variants of each task that was not refused."""

    prompt_name: ClassVar[str] = "variants"
    fields: ClassVar[Mapping[str, type]] = dict.fromkeys(STYLES, str)
    choices: ClassVar[Mapping[str, Sequence[Any]]] = {}
    basis: ClassVar[Basis] = "tasks"

    def requests(self, episode: Episode, instructions: Sequence[Instruction]) -> Iterator[Request]:
        """A question a task, of its words alone: the same task anywhere in an application is asked about once."""
        for one in _rephrased(episode, instructions):
            yield self._request(episode, one)

    def read(self, episode: Episode, instructions: Sequence[Instruction], answers: Mapping[str, Call]) -> Opinions:
        """The variants that ask for the same; a label on the task tells which do not, in their own words."""
        found: dict[str, Instruction] = {}
        labels: list[Label] = []
        silences: Counter[str] = Counter()
        asked = _rephrased(episode, instructions)
        answered = 0
        for one in asked:
            call = answers[self._request(episode, one).digest]
            if call.status != "ok" or call.answer is None:
                labels.append(self.unanswered(episode, call, subject="instruction", instruction=one))
                continue
            answered += 1
            kept, wrong = sorted_out(one, self.parse(call.answer))
            for style, text in kept.items():
                variant = self._variant(episode, call, one, style, text)
                found[variant.instruction_id] = variant
            silences.update(f"{READ_AS}: {why}" for why, _ in wrong.values())
            if wrong:
                reason = "; ".join(f"{style}: {why}: {quoted(text)}" for style, (why, text) in wrong.items())
                labels.append(
                    self.label(
                        episode, "abstain", reason, call=call, subject="instruction", instruction=one, rule=READ_AS
                    )
                )
        whole = self.seen(episode, len(asked), answered, instructions=instructions)
        return Opinions(tuple(found.values()), (*labels, whole), dict(sorted(silences.items())))

    def _request(self, episode: Episode, one: Instruction) -> Request:
        lines = [
            f"application: {quoted(episode.trajectory.app)}",
            f"task: {quoted(one.text)}",
            *([] if one.answer is None else ["it asks for an answer, which is not told here"]),
        ]
        return self.ask(episode, f"Rephrase the task.\n\n{fenced(lines)}", ())

    def _variant(self, episode: Episode, call: Call, one: Instruction, style: str, text: str) -> Instruction:
        return self.instruction(
            episode,
            call,
            text,
            kind="variant",
            level=one.level,
            steps=(one.first_step, one.last_step),
            path=one.path,
            answer=one.answer,
            evidence=None,
            template=style,
            parent=one,
        )


def sorted_out(one: Instruction, said: Mapping[str, str]) -> tuple[dict[str, str], dict[str, tuple[str, str]]]:
    """By style the phrasings of a task that ask for the same, and those that do not, each with what it changed.

    What is empty was left out on purpose, and is neither.
    """
    kept: dict[str, str] = {}
    wrong: dict[str, tuple[str, str]] = {}
    heard = {_folded(one.text)}
    for style in STYLES:
        text = " ".join(said[style].split())
        if not text:
            continue
        why = what_changed(one.text, text, answer=one.answer)
        if len(text) > SENTENCE_LIMIT:
            wrong[style] = ("it is too long", text[:SENTENCE_LIMIT])
        elif why is not None:
            wrong[style] = (why, text)
        elif _folded(text) in heard:
            wrong[style] = ("it is no other phrasing", text)
        else:
            heard.add(_folded(text))
            kept[style] = text
    return kept, wrong


def _rephrased(episode: Episode, instructions: Sequence[Instruction]) -> list[Instruction]:
    wrong = refused(episode)
    return [one for one in tasks(instructions) if one.instruction_id not in wrong]


def _folded(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())
