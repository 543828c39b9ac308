"""Answers to an asker's questions that no model gave."""

import json
from collections.abc import Sequence
from typing import Any

from labelers.backend import Opinions
from labelers.kit.asker import Asker
from labelers.model.requests import Request
from schemas.episodes import Episode
from schemas.opinions import Call, Instruction, Label
from tests.labelers.askers.answering import USE as USE
from tests.labelers.askers.answering import call


def answered(request: Request, answer: Any) -> Call:
    """The call whose answer is that object, or that failed where it is None."""
    text = None if answer is None else json.dumps(answer)
    return call(request, text, status="failed" if answer is None else "ok")


def said(asker: Asker, episode: Episode, *answers: Any, known: Sequence[Instruction] = ()) -> Opinions:
    """What the asker makes of the answers, one a question in turn, the last of them for all that are left."""
    requests = list(asker.requests(episode, known))
    given = [answers[min(place, len(answers) - 1)] for place in range(len(requests))]
    calls = {one.digest: answered(one, answer) for one, answer in zip(requests, given, strict=True)}
    return asker.read(episode, known, calls)


def told(opinions: Opinions, subject: str) -> list[Label]:
    """The labels on that kind of subject, in order."""
    return [one for one in opinions.labels if one.subject == subject]
