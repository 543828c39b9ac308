"""Answers of a model that is not there, and tasks for it to be asked about."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from labelers.kit.asker import Asker, ModelUse
from labelers.model.comparing import Comparison
from labelers.model.pictures import Picture
from labelers.model.requests import Request
from schemas.episodes import Episode
from schemas.keys import key
from schemas.opinions import Call, Instruction, Label

USE = ModelUse("local")


def call(request: Request, answer: Any, *, status: str = "ok") -> Call:
    text = answer if isinstance(answer, str) or answer is None else json.dumps(answer)
    return Call(
        call_id=f"call {request.digest}",
        request=request.digest,
        trajectory_id=request.trajectory_id,
        labeler="x",
        labeler_version="1",
        model=request.model,
        status=status,  # type: ignore[arg-type]
        answer=text,
        error=None if status == "ok" else "it broke",
        input_tokens=1,
        output_tokens=1,
        cached_tokens=0,
        money=None,
        latency=0.1,
        time=datetime(2026, 1, 1, tzinfo=UTC),
    )


def answers(asker: Asker, episode: Episode, known: Sequence[Instruction], answer: Any, **rest: str) -> dict[str, Call]:
    return {request.digest: call(request, answer, **rest) for request in asker.requests(episode, known)}


def task(episode: Episode, text: str, *path: int, **fields: Any) -> Instruction:
    """A task on the steps of the path, or on all."""
    steps = path or tuple(one.step.step_index for one in episode.steps)
    given: dict[str, Any] = {
        "trajectory_id": episode.trajectory.trajectory_id,
        "kind": "task",
        "level": "high",
        "first_step": steps[0],
        "last_step": steps[-1],
        "path": steps,
        "text": text,
        "template": "test",
        "labeler": "test",
        "labeler_version": "1",
    }
    return Instruction(**{"instruction_id": key("test", text, steps, *fields.items()), **given, **fields})


def label(episode: Episode, **fields: Any) -> Label:
    """A label on the episode as a whole, unless the fields say otherwise."""
    given: dict[str, Any] = {
        "trajectory_id": episode.trajectory.trajectory_id,
        "subject": "trajectory",
        "verdict": "good",
        "reason": "so it is",
        "labeler": "test",
        "labeler_version": "1",
        "input": "",
    }
    return Label(**{"label_id": key("label", *fields.items()), **given, **fields})


def told_of(request: Request) -> str:
    """The question as a reader sees it: both turns, and which pictures."""
    parts = []
    for turn in request.turns:
        parts.append(f"== {turn.role}\n{turn.text}\n")
        parts += [_picture(one) for one in turn.pictures]
    return "".join(parts)


def _picture(one: Picture | Comparison) -> str:
    marked = "" if one.mark is None else ", marked"
    return (
        f"[before and after {one.before} {one.after}{marked}]\n"
        if isinstance(one, Comparison)
        else f"[picture {one.screen}{marked}]\n"
    )
