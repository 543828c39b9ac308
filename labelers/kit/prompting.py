"""Prompts: their files, and how recorded material is put into them so that it can't pass for an order."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any

from labelers.model.comparing import Comparison
from labelers.model.pictures import Picture
from labelers.model.requests import Turn
from schemas.actions import Point
from schemas.arrow import kind_of
from schemas.episodes import Episode, EpisodeStep
from schemas.errors import ConfigurationError
from schemas.keys import content_id, key

TEXT_LIMIT = 300
"""Characters of one recorded text in a prompt."""

BRIEF = 60
"""Characters of one in a step that lies far back."""

_VERSION = re.compile(r"version: ([\w.-]{1,20})\n\n")


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt's fixed text; the version is the file's own and the begin of its hash: no edit goes unseen."""

    version: str
    text: str


@cache
def load_prompt(name: str) -> Prompt:
    """The prompt of a name, from its file in `labelers/prompts`.

    Raises:
        ConfigurationError: if the file does not begin with its version.
    """
    text = files("labelers").joinpath("prompts", f"{name}.md").read_text("utf-8")
    version = _VERSION.match(text)
    if version is None:
        raise ConfigurationError(f"labelers/prompts/{name}.md: expected `version: NAME` and an empty line at its begin")
    return Prompt(f"{version[1]}-{content_id(text.encode())[:8]}", text[version.end() :].strip())


def user_turn(text: str, material: Sequence[str], pictures: Sequence[Picture | Comparison] = ()) -> Turn:
    """A question: what to do, the recorded material, and the pictures."""
    return Turn("user", f"{text}\n\n{fenced(material)}", tuple(pictures))


def fenced(material: Sequence[str]) -> str:
    """Recorded material between two lines that none of it can contain."""
    body = "\n".join(material)
    mark = key("fence", body)[:12]
    return f"<<<recorded {mark}\n{body}\nrecorded {mark}>>>"


def goal_line(goal: str | None) -> str:
    """The line that tells the goal; who wrote it may be as hostile as a page."""
    return f"goal: {as_json(goal or 'none was given')}"


def app_line(episode: Episode) -> str:
    """The line that tells the application."""
    return f"application: {as_json(episode.trajectory.app)}"


def step_line(step: EpisodeStep, changed: Sequence[str] = ()) -> str:
    """A step in one line of JSON: its number, where it was, the action with its element, how it went, what changed."""
    record = step.step
    action = {name: _short(value) for name, value in _arguments(record.action).items() if value not in (None, (), "")}
    facts: dict[str, Any] = {"step": record.step_index, "action": kind_of(type(record.action)), **action}
    if record.target is not None:
        facts["element"] = f"{record.target.role} {_short(record.target.name)!r}"
    if record.result != "ok":
        facts["result"] = record.result
    for side, moment in (("at", step.before), ("then at", step.after)):
        if moment is not None:
            facts[side] = _short(f"{moment.seen.title or ''} {moment.seen.location or ''}".strip())
    if step.after is not None and step.after.seen.notice:
        facts["notice"] = _short(step.after.seen.notice)
    if changed:
        facts["changed"] = list(changed)
    return as_json(facts)


def short_step_line(step: EpisodeStep) -> str:
    """A step that lies far back, in one short line of JSON: its number, the action, its text and its element."""
    record = step.step
    texts = {
        name: _short(value, BRIEF)
        for name, value in _arguments(record.action).items()
        if isinstance(value, str) and value
    }
    facts: dict[str, Any] = {"step": record.step_index, "action": kind_of(type(record.action)), **texts}
    if record.target is not None:
        facts["element"] = _short(f"{record.target.role} {record.target.name}", BRIEF)
    return as_json(facts)


def thought_line(thought: str) -> str:
    """A thought in one line of JSON."""
    return as_json({"thought": thought})


def as_json(value: Any) -> str:
    """A value in one line of JSON: a recorded text can't pass for other lines than its own."""
    return json.dumps(value, ensure_ascii=False)


def _arguments(action: Any) -> dict[str, Any]:
    """What an action says besides where: the picture shows that."""
    values = {field.name: getattr(action, field.name) for field in fields(action)}
    return {name: value for name, value in values.items() if not isinstance(value, Point)}


def _short(value: Any, limit: int = TEXT_LIMIT) -> Any:
    return value if not isinstance(value, str) or len(value) <= limit else value[:limit] + "…"
