"""What a task begins with, and what is true when it is done: as data, which is written down with the task.

In JSON, where a person writes it, each is an object with its `kind`:

    "setup": {"steps": [{"kind": "write_file", "path": "Documents/a.txt", "text": "one"}],
              "require": [{"kind": "file_exists", "path": "Documents/a.txt"}]}
    "check": {"all": [{"kind": "file_contains", "path": "Documents/a.txt", "text": "two"}], "any": []}

Paths are below the home of the episode. A pattern is one of RE2, which takes no more time than the text is long.
"""

import dataclasses
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, TypeAlias, get_args

import pyarrow as pa
import pyarrow.compute as pc

from schemas.arrow import from_row, kind_of
from schemas.errors import SchemaError
from schemas.keys import canonical_json
from schemas.screen_conditions import (
    Called,
    Finds,
    Gives,
    HasRow,
    LocationContains,
    Says,
    ScreenCondition,
    Shows,
)

PATH_LIMIT, TEXT_LIMIT, COUNT_LIMIT = 500, 1_000_000, 100
"""Characters of a path and of a text, and how many steps, conditions or words of a command there may be."""

SECONDS_LIMIT = 600.0
COMMAND_SECONDS = 10.0
"""How long a command may take at most, and unless it says otherwise."""


@dataclass(frozen=True, slots=True)
class WriteFile:
    """Writes a file, over one that is there."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class MakeFolder:
    """Makes a folder, and those above it."""

    path: str


@dataclass(frozen=True, slots=True)
class Remove:
    """Removes a file or a whole folder, if it is there."""

    path: str


@dataclass(frozen=True, slots=True)
class RunCommand:
    """Runs a program with its arguments, without a shell, in the home; another exit code than 0 is a failure."""

    arguments: tuple[str, ...]
    seconds: float = COMMAND_SECONDS


Preparation: TypeAlias = WriteFile | MakeFolder | Remove | RunCommand


@dataclass(frozen=True, slots=True)
class FileExists:
    """A file or a folder is there; with `negated`, none is."""

    path: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class FileContains:
    """The text is in the file."""

    path: str
    text: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class FileEquals:
    """The file holds the text and nothing else, white space at its end aside."""

    path: str
    text: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class FileMatches:
    """The pattern is found in the file."""

    path: str
    pattern: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Prints:
    """A command ends with the code, and prints the text, or what the pattern finds; null for whatever it prints."""

    arguments: tuple[str, ...]
    text: str | None = None
    pattern: str | None = None
    code: int = 0
    seconds: float = COMMAND_SECONDS
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer is the text, whatever the case and the spaces around it."""

    text: str
    negated: bool = False


HomeCondition: TypeAlias = FileExists | FileContains | FileEquals | FileMatches | Prints
Condition: TypeAlias = HomeCondition | ScreenCondition | Answered


@dataclass(frozen=True, slots=True)
class SetUp:
    """What is done before the application starts, and what must be true then."""

    steps: tuple[Preparation, ...] = ()
    require: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class TaskCheck:
    """A task is done when all of `all` are true at its end, and one of `any` if there are some.

    `passed` are groups of conditions of a screen: those of each were true together somewhere on the way, in this order.
    """

    all: tuple[Condition, ...] = ()
    any: tuple[Condition, ...] = ()
    passed: tuple[tuple[ScreenCondition, ...], ...] = ()

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Every condition."""
        return (*self.all, *self.any, *(each for group in self.passed for each in group))


def parse_setup(raw: Any) -> SetUp:
    """The set-up of a task.

    Raises:
        SchemaError: if it is none; the text says where.
    """
    parts = _parts(raw, "setup", ("steps", "require"))
    return SetUp(
        _each(parts.get("steps"), Preparation, "setup.steps"), _each(parts.get("require"), Condition, "setup.require")
    )


def parse_check(raw: Any) -> TaskCheck:
    """The check of a task.

    Raises:
        SchemaError: if it is none, or has no condition; the text says where.
    """
    parts = _parts(raw, "check", ("all", "any", "passed"))
    groups = parts.get("passed") or []
    if not isinstance(groups, list) or len(groups) > COUNT_LIMIT:
        raise SchemaError(f"check.passed: expected a list of at most {COUNT_LIMIT} groups")
    check = TaskCheck(
        _each(parts.get("all"), Condition, "check.all"),
        _each(parts.get("any"), Condition, "check.any"),
        tuple(_each(group, ScreenCondition, f"check.passed[{index}]", least=1) for index, group in enumerate(groups)),
    )
    if not (check.all or check.any):
        raise SchemaError("check: expected at least one condition, found none")
    return check


def matches(pattern: str, text: str) -> bool:
    """Whether the pattern is found in the text.

    Raises:
        SchemaError: if it is no pattern.
    """
    try:
        matched = pc.match_substring_regex(pa.array([text], pa.large_string()), pattern)
    except pa.ArrowInvalid as error:
        raise SchemaError(f"expected a pattern, found {pattern[:80]!r}: {str(error)[:100]}") from error
    return bool(matched[0].as_py())


def _parts(raw: Any, where: str, names: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(raw, Mapping) or not set(names).issuperset(raw):
        raise SchemaError(f"{where}: expected an object with {' and '.join(names)}, found {str(raw)[:80]}")
    return raw


def _each(raw: Any, union: Any, where: str, *, least: int = 0) -> tuple[Any, ...]:
    if raw is None and not least:
        return ()
    if not isinstance(raw, list) or not least <= len(raw) <= COUNT_LIMIT:
        raise SchemaError(f"{where}: expected a list of {least} to {COUNT_LIMIT}")
    return tuple(_one(each, union, f"{where}[{index}]") for index, each in enumerate(raw))


@functools.cache
def _variants(union: Any) -> Mapping[str, type[Any]]:
    return {kind_of(variant): variant for variant in get_args(union)}


def _one(raw: Any, union: Any, where: str) -> Any:
    """A variant of the union; what a person may leave out has its default, and a name that it lacks is refused."""
    variants = _variants(union)
    kind = raw.get("kind") if isinstance(raw, Mapping) else None
    if not isinstance(kind, str) or kind not in variants:
        raise SchemaError(f"{where}: expected one of {', '.join(variants)} as its kind, found {str(kind)[:40]!r}")
    fields = {field.name: field for field in dataclasses.fields(variants[kind])}
    unknown = sorted(set(raw) - {"kind", *fields})
    if unknown:
        raise SchemaError(f"{where}: expected {kind} with {', '.join(fields)}, found {unknown[0][:40]!r}")
    defaults = {name: field.default for name, field in fields.items() if field.default is not dataclasses.MISSING}
    try:
        made = from_row(variants[kind], {**defaults, **{name: part for name, part in raw.items() if name != "kind"}})
        _check(made)
    except SchemaError as error:
        raise SchemaError(f"{where}: {error}") from error
    return made


def _check(made: Any) -> None:
    """Refuses what can't be done or asked."""
    for name in ("text", "name", "value", "pattern"):
        text = getattr(made, name, None)
        if text is not None and len(text) > TEXT_LIMIT:
            raise SchemaError(f"expected at most {TEXT_LIMIT} characters of {name}, found {len(text)}")
    path = getattr(made, "path", None)
    if path is not None:
        check_path(path)
    pattern = getattr(made, "pattern", None)
    if pattern is not None:
        matches(pattern, "")
    match made:
        case Prints(text=str(), pattern=str()):
            raise SchemaError("expected a text or a pattern, found both")
        case Shows(role=None, name=None, value=None, flag=None):
            raise SchemaError("expected a role, a name, a value or a flag, found none")
        case RunCommand() | Prints():
            words = made.arguments
            if not words or len(words) > COUNT_LIMIT or any(not word or "\0" in word for word in words[:1]):
                raise SchemaError(f"expected a program and at most {COUNT_LIMIT} arguments")
            if any("\0" in word or len(word) > TEXT_LIMIT for word in words):
                raise SchemaError("expected arguments without a zero character, found one")
            if not 0 < made.seconds <= SECONDS_LIMIT:
                raise SchemaError(f"expected above 0 and at most {SECONDS_LIMIT:g} seconds, found {made.seconds:g}")
        case FileContains(text="") | LocationContains(text="") | Answered(text="") | Called(text="") | Says(text=""):
            raise SchemaError("expected a text, found an empty one")
        case Finds(text=""):
            raise SchemaError("expected a text, found an empty one")
        case HasRow() | Gives():
            if not 0 < len(made.cells) <= COUNT_LIMIT:
                raise SchemaError(f"expected 1 to {COUNT_LIMIT} cells, found {len(made.cells)}")


def check_path(path: str) -> None:
    """Refuses a path that may lead out of the home.

    Raises:
        SchemaError: if it does.
    """
    pure = PurePosixPath(path)
    if not path or "\0" in path or len(path) > PATH_LIMIT or pure.is_absolute() or ".." in pure.parts or not pure.parts:
        raise SchemaError(f"expected a path below the home, such as Documents/a.txt, found {path[:80]!r}")


def needs_home(setup: SetUp | None, check: TaskCheck | None) -> bool:
    """Whether the task touches files or runs commands, for which an interface must have a home of its own."""
    conditions = (*(setup.require if setup else ()), *(check.conditions if check else ()))
    inside = (FileExists, FileContains, FileEquals, FileMatches, Prints)
    return bool(setup and setup.steps) or any(isinstance(each, inside) for each in conditions)


def as_json(part: SetUp | TaskCheck) -> dict[str, Any]:
    """What `parse_setup` or `parse_check` reads; `passed` is left out where it is empty."""
    named = {field.name: getattr(part, field.name) for field in dataclasses.fields(part)}
    groups = named.pop("passed", ())
    written: dict[str, Any] = {name: [_written(each) for each in parts] for name, parts in named.items()}
    return {**written, "passed": [[_written(each) for each in group] for group in groups]} if groups else written


def check_text(check: TaskCheck) -> str:
    """A check as a lake keeps it: canonical JSON, so that the same check is the same text."""
    return canonical_json(as_json(check)).decode()


def _written(part: Any) -> dict[str, Any]:
    return {"kind": kind_of(type(part)), **dataclasses.asdict(part)}
