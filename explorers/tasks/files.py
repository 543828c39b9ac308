"""Tasks from a file: a JSON list, or a line of JSON for each.

    {"text": "Add tea to the shopping list", "platform": "desktop", "start": "mousepad shopping.txt",
     "check": {"all": [{"kind": "file_contains", "path": "shopping.txt", "text": "tea"}]}}

What a task may hold besides is `id`, `app`, `template`, `source`, `parts`, `setup`, `instruction_id` and
`trajectory_id`; see `schemas.conditions`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from schemas.conditions import SetUp, TaskCheck, as_json, needs_home, parse_check, parse_setup
from schemas.errors import ConfigurationError, SchemaError
from schemas.files import read_given
from schemas.keys import canonical_json, key, parse_json
from schemas.records import Platform, Task

FILE_LIMIT = 64 * 2**20
TASK_LIMIT = 100_000
GOAL_LIMIT = 10_000
"""Bytes of a file, tasks in it, and characters of a goal or a start."""

HOMES = ("desktop",)
"""The platforms on which an episode has a home of files and commands."""

_SOURCES = ("given", "benchmark", "derived", "composed")
_TOLD = ("instruction_id", "trajectory_id")
"""Of a task that was proven: its sentence in the lake, and the walk that does it."""

_NAMES = ("id", "text", "platform", "app", "start", "setup", "check", "template", "source", "parts", *_TOLD)
PARTS_LIMIT = 100
"""Tasks that one is composed of."""


@dataclass(frozen=True, slots=True)
class RunnableTask:
    """A task with its set-up and its check as what they are; without a check, no program says whether it was done.

    `parts` are the ids of what a composed one is made of.
    """

    task: Task
    setup: SetUp
    check: TaskCheck | None
    parts: tuple[str, ...] = ()

    @property
    def start(self) -> str:
        """Where it begins: a URL, or a command."""
        assert self.task.start is not None  # it was asked for
        return self.task.start


def read_tasks(path: Path) -> tuple[RunnableTask, ...]:
    """The tasks of a file, in its order.

    Raises:
        ConfigurationError: if there is no such file, or a task in it is none; the text says which and why.
    """
    try:
        data = read_given(path, FILE_LIMIT)
    except OSError as error:
        raise ConfigurationError(f"expected a file of tasks, found {error}") from error
    tasks: list[RunnableTask] = []
    for where, raw in _given(data, path):
        try:
            tasks.append(parse_task(raw))
        except SchemaError as error:
            raise ConfigurationError(f"{where}: {error}") from error
    if not 0 < len(tasks) <= TASK_LIMIT:
        raise ConfigurationError(f"{path}: expected 1 to {TASK_LIMIT} tasks, found {len(tasks)}")
    first: dict[str, int] = {}
    for number, each in enumerate(tasks, 1):
        other = first.setdefault(each.task.task_id, number)
        if other != number:
            raise ConfigurationError(f"{path}: expected each task once, found number {other} again as {number}")
    return tuple(tasks)


def parse_task(raw: Any) -> RunnableTask:
    """A task as a person writes it; without an `id` it is known by its content.

    Raises:
        SchemaError: if it is none.
    """
    if not isinstance(raw, Mapping):
        raise SchemaError(f"expected an object, found {str(raw)[:80]}")
    unknown = sorted(set(raw) - set(_NAMES))
    if unknown:
        raise SchemaError(f"expected a task with {', '.join(_NAMES)}, found {unknown[0][:40]!r}")
    text, start = (_text(raw, name) for name in ("text", "start"))
    platform: Any = raw.get("platform")
    source: Any = raw.get("source", "given")
    if platform not in get_args(Platform):
        raise SchemaError(f"platform: expected one of {', '.join(get_args(Platform))}, found {str(platform)[:40]!r}")
    if source not in _SOURCES:
        raise SchemaError(f"source: expected one of {', '.join(_SOURCES)}, found {str(source)[:40]!r}")
    app, template, name = (_text(raw, each) if raw.get(each) else None for each in ("app", "template", "id"))
    setup = parse_setup(raw["setup"]) if raw.get("setup") else SetUp()
    check = parse_check(raw["check"]) if raw.get("check") else None
    if platform not in HOMES and needs_home(setup, check):
        raise SchemaError(
            f"expected conditions on what is shown or answered alone, because {platform} has no home of files and "
            "commands; found one on those"
        )
    begun = canonical_json(as_json(setup)).decode() if setup != SetUp() else None
    done = None if check is None else canonical_json(as_json(check)).decode()
    task = Task(
        task_id=name or key("task", text, platform, app, start, begun, done),
        text=text,
        platform=platform,
        app=app,
        start=start,
        setup=begun,
        check=done,
        template=template,
        source=source,
        instruction_id=_text(raw, "instruction_id") if raw.get("instruction_id") else None,
        trajectory_id=_text(raw, "trajectory_id") if raw.get("trajectory_id") else None,
    )
    parts = raw.get("parts") or []
    if not isinstance(parts, list) or len(parts) > PARTS_LIMIT or not all(isinstance(part, str) for part in parts):
        raise SchemaError(f"parts: expected a list of at most {PARTS_LIMIT} ids, found {str(parts)[:40]!r}")
    return RunnableTask(task, setup, check, tuple(parts))


def _given(data: bytes, path: Path) -> list[tuple[str, Any]]:
    """Each task as JSON, and where it stands."""
    stripped = data.strip()
    try:
        if stripped.startswith(b"["):
            return [(f"{path}, task {number}", item) for number, item in enumerate(parse_json(stripped), 1)]
    except SchemaError as error:
        raise ConfigurationError(f"{path}: {error}") from error
    items = []
    for number, line in enumerate(data.splitlines(), 1):
        where = f"{path}, line {number}"
        if line.strip():
            try:
                items.append((where, parse_json(line)))
            except SchemaError as error:
                raise ConfigurationError(f"{where}: {error}") from error
    return items


def _text(raw: Mapping[str, Any], name: str) -> str:
    text = raw.get(name)
    if not isinstance(text, str) or not text.strip() or len(text) > GOAL_LIMIT:
        raise SchemaError(f"{name}: expected a text of 1 to {GOAL_LIMIT} characters, found {str(text)[:40]!r}")
    return text
