"""Answers to an asker's questions that no model gave."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from labelers.askers.asking import ModelUse
from labelers.asking import Asker
from labelers.backend import Opinions
from labelers.model.requests import Request
from schemas.episodes import Episode
from schemas.opinions import Call, Instruction, Label

USE = ModelUse("local")


def answered(request: Request, answer: Any) -> Call:
    """The call whose answer is that object, or that failed where it is None."""
    return Call(
        call_id=f"call {request.digest}",
        request=request.digest,
        trajectory_id=request.trajectory_id,
        labeler="x",
        labeler_version="1",
        model=request.model,
        status="failed" if answer is None else "ok",
        answer=None if answer is None else json.dumps(answer),
        error="it broke" if answer is None else None,
        input_tokens=1,
        output_tokens=1,
        cached_tokens=0,
        money=None,
        latency=0.1,
        time=datetime(2026, 1, 1, tzinfo=UTC),
    )


def said(asker: Asker, episode: Episode, *answers: Any, known: Sequence[Instruction] = ()) -> Opinions:
    """What the asker makes of the answers, one a question in turn, the last of them for all that are left."""
    requests = list(asker.requests(episode, known))
    given = [answers[min(place, len(answers) - 1)] for place in range(len(requests))]
    calls = {one.digest: answered(one, answer) for one, answer in zip(requests, given, strict=True)}
    return asker.read(episode, known, calls)


def told(opinions: Opinions, subject: str) -> list[Label]:
    """The labels on that kind of subject, in order."""
    return [one for one in opinions.labels if one.subject == subject]
