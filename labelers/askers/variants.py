"""Other phrasings of a task: exact, casual and terse, each of which asks for the same."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from labelers.askers.synthesis import SENTENCE_LIMIT
from labelers.backend import Opinions
from labelers.kit.one_by_one import OneByOne, Question
from labelers.kit.prompted import refused, tasks
from labelers.kit.prompting import fenced, quoted
from labelers.model.requests import Request
from labelers.paraphrases import what_changed
from schemas.episodes import Episode
from schemas.opinions import Call, Instruction

STYLES = ("exact", "casual", "terse")

READ_AS = "variant refused"
"""The rule of the label that tells which phrasings changed what is asked for."""


class TaskRephraser(OneByOne):
    """Writes variants of each task that was not refused."""

    prompt_name: ClassVar[str] = "variants"
    fields: ClassVar[Mapping[str, type]] = dict.fromkeys(STYLES, str)
    choices: ClassVar[Mapping[str, Sequence[Any]]] = {}

    def questions(self, episode: Episode, instructions: Sequence[Instruction]) -> Iterator[Question]:
        """One a task, of its words alone: the same task anywhere in an application is asked about once."""
        wrong = refused(episode)
        for one in tasks(instructions):
            if one.instruction_id not in wrong:
                yield Question(self._request(episode, one), partial(self._heard, episode, one), "instruction", one)

    def _heard(self, episode: Episode, one: Instruction, call: Call, said: Mapping[str, Any]) -> Opinions:
        """The variants that ask for the same; a label on the task tells which do not, in their own words."""
        kept, wrong = sorted_out(one, said)
        variants = tuple(self._variant(episode, call, one, style, text) for style, text in kept.items())
        if not wrong:
            return Opinions(variants, (), {})
        reason = "; ".join(f"{style}: {why}: {quoted(text)}" for style, (why, text) in wrong.items())
        label = self.label(episode, "abstain", reason, call=call, subject="instruction", instruction=one, rule=READ_AS)
        return Opinions(variants, (label,), Counter(f"{READ_AS}: {why}" for why, _ in wrong.values()))

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


def _folded(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())
