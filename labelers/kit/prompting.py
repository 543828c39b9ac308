"""Prompts: their files, and how recorded material is put into them so that it can't pass for an order."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any

from schemas.actions import Point, point_of
from schemas.arrow import kind_of
from schemas.episodes import EpisodeStep
from schemas.errors import ConfigurationError, SchemaError
from schemas.keys import content_id, key, parse_json
from schemas.records import Box

TEXT_LIMIT = 300
"""Characters of one recorded text in a prompt."""

BRIEF = 60
"""Characters of one in a step that lies far back."""

_VERSION = re.compile(r"version: ([\w.-]{1,20})\n\n")


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt's fixed text; the version is the file's own and the begin of its hash: no edit goes unseen."""

    name: str
    version: str
    text: str


@cache
def load_prompt(name: str) -> Prompt:
    """The prompt of a name, from its file in `labelers/prompts`.

    Raises:
        ConfigurationError: if the file does not begin with its version.
    """
    text = files("labelers").joinpath("prompts", f"{name}.md").read_text("utf-8")
    found = _VERSION.match(text)
    if found is None:
        raise ConfigurationError(f"labelers/prompts/{name}.md: expected `version: NAME` and an empty line at its begin")
    return Prompt(name, f"{found[1]}-{content_id(text.encode())[:8]}", text[found.end() :].strip())


def fenced(material: Sequence[str]) -> str:
    """Recorded material between two lines that none of it can contain."""
    body = "\n".join(material)
    mark = key("fence", body)[:12]
    return f"<<<recorded {mark}\n{body}\nrecorded {mark}>>>"


def quoted(text: str) -> str:
    """A sentence in one line, as a JSON string: it can't pass for other lines than its own."""
    return as_json(text)


def goal_line(goal: str | None) -> str:
    """The line that tells the goal; who wrote it may be as hostile as a page."""
    return f"goal: {quoted(goal or 'none was given')}"


def told(number: int, one: EpisodeStep, changed: Sequence[str] = ()) -> str:
    """A step in one line of JSON: its number, where it was, the action with its element, how it went, what changed."""
    step = one.step
    action = {name: _short(value) for name, value in _said(step.action).items() if value not in (None, (), "")}
    facts: dict[str, Any] = {"step": number, "action": kind_of(type(step.action)), **action}
    if step.target is not None:
        facts["element"] = f"{step.target.role} {_short(step.target.name)!r}"
    if step.result != "ok":
        facts["result"] = step.result
    for side, moment in (("at", one.before), ("then at", one.after)):
        if moment is not None:
            facts[side] = _short(f"{moment.seen.title or ''} {moment.seen.location or ''}".strip())
    if one.after is not None and one.after.seen.notice:
        facts["notice"] = _short(one.after.seen.notice)
    if changed:
        facts["changed"] = list(changed)
    return as_json(facts)


def in_short(one: EpisodeStep) -> str:
    """A step that lies far back, in one short line of JSON: its number, the action, its text and its element."""
    step = one.step
    said = {name: _brief(value) for name, value in _said(step.action).items() if isinstance(value, str) and value}
    facts: dict[str, Any] = {"step": step.step_index, "action": kind_of(type(step.action)), **said}
    if step.target is not None:
        facts["element"] = _brief(f"{step.target.role} {step.target.name}")
    return as_json(facts)


def as_json(value: Any) -> str:
    """A value in one line of JSON."""
    return json.dumps(value, ensure_ascii=False)


def target_box(one: EpisodeStep) -> Box | None:
    """The element that the action was meant for, in pixels of the screen before; else a small box around its point."""
    if one.step.target is not None and one.step.target.box is not None:
        return one.step.target.box
    point = point_of(one.step.action)
    if point is None or point.x is None or point.y is None:
        return None
    return Box(point.x - 8, point.y - 8, 16, 16)


def parsed(text: str, wanted: Mapping[str, type]) -> dict[str, Any]:
    """An answer as an object with exactly those fields.

    Raises:
        SchemaError: if it is something else.
    """
    found = parse_json(_unwrapped(text).encode("utf-8", "replace"))
    if not isinstance(found, dict) or found.keys() != wanted.keys():
        raise SchemaError(f"expected an object with {', '.join(wanted)}, found {text[:80]!r}")
    for name, kind in wanted.items():
        if type(found[name]) is not kind:
            raise SchemaError(f"{name}: expected a value of type {kind.__name__}, found {str(found[name])[:80]!r}")
    return found


def _unwrapped(text: str) -> str:
    """Without the fence of a code block, which some models put around JSON though they were given a schema."""
    text = text.strip()
    if text.startswith("```") and text.endswith("```"):
        text = text[3:-3].removeprefix("json").strip()
    return text


def _said(action: Any) -> dict[str, Any]:
    """What an action says besides where: the picture shows that."""
    found = {field.name: getattr(action, field.name) for field in fields(action)}
    return {name: value for name, value in found.items() if not isinstance(value, Point)}


def _brief(text: str) -> str:
    return text if len(text) <= BRIEF else text[:BRIEF] + "…"


def _short(value: Any) -> Any:
    return value if not isinstance(value, str) or len(value) <= TEXT_LIMIT else value[:TEXT_LIMIT] + "…"
