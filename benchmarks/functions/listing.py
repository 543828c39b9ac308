"""A list of an application's functions, and by what in a recorded step each is seen to be exercised.

A list is a TOML file in `lists`, written by hand; it says when, beside the policy that it measures. Each function says
in words what it is, and in regular expressions what a step that exercises it looks like; all that are given, without
regard to case, must hold of one step whose action was done.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from schemas.arrow import kind_of
from schemas.errors import ConfigurationError
from schemas.recordings import Recording
from schemas.records import Seen, Step, Tree

LISTS = Path(__file__).resolve().parent / "lists"
LEAST = 25
"""Functions that a list has at least."""


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen, as patterns are compared with it: a line `role name`, or `role name=value`, for each node."""

    location: str
    windows: tuple[str, ...]
    notice: str
    lines: frozenset[str]


@dataclass(frozen=True, slots=True)
class Moment:
    """A step as patterns are compared with it; `target` is `role name` of the element that was meant."""

    before: Look
    after: Look
    action: str
    target: str


Test = Callable[[re.Pattern[str], Moment], bool]


def _any(pattern: re.Pattern[str], lines: frozenset[str] | tuple[str, ...]) -> bool:
    return any(pattern.match(line) for line in lines)


TESTS: Mapping[str, Test] = MappingProxyType(
    {
        "before": lambda pattern, moment: pattern.search(moment.before.location) is not None,
        "after": lambda pattern, moment: pattern.search(moment.after.location) is not None,
        "action": lambda pattern, moment: pattern.fullmatch(moment.action) is not None,
        "target": lambda pattern, moment: pattern.match(moment.target) is not None,
        "before_shows": lambda pattern, moment: _any(pattern, moment.before.lines),
        "shows": lambda pattern, moment: _any(pattern, moment.after.lines),
        "appears": lambda pattern, moment: _any(pattern, moment.after.lines - moment.before.lines),
        "gone": lambda pattern, moment: _any(pattern, moment.before.lines - moment.after.lines),
        "notice": lambda pattern, moment: pattern.search(moment.after.notice) is not None,
        "before_windows": lambda pattern, moment: any(map(pattern.search, moment.before.windows)),
        "windows": lambda pattern, moment: any(
            pattern.search(window) for window in moment.after.windows if window not in moment.before.windows
        ),
    }
)
"""What a pattern of that name is compared with: the place, an element, the request in the notice, a window's title."""


@dataclass(frozen=True, slots=True)
class Function:
    """One function: what it does in words, and the patterns by which it is seen."""

    does: str
    patterns: tuple[tuple[str, re.Pattern[str]], ...]

    def is_in(self, moment: Moment) -> bool:
        """Whether a step exercises it."""
        return all(TESTS[name](pattern, moment) for name, pattern in self.patterns)


@dataclass(frozen=True, slots=True)
class FunctionList:
    """The functions of an application: a site of `benchmarks.sites`, or the command of a desktop's program."""

    name: str
    app: str | None
    command: str | None
    functions: tuple[Function, ...]

    def exercised(self, recording: Recording) -> frozenset[str]:
        """What of it a recorded episode exercised."""
        found: set[str] = set()
        for moment in moments(recording):
            found |= {each.does for each in self.functions if each.does not in found and each.is_in(moment)}
        return frozenset(found)


def read_list(name: str) -> FunctionList:
    """The list of that name.

    Raises:
        ConfigurationError: if there is none, or it says what no list says.
    """
    path = LISTS / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(each.stem for each in LISTS.glob("*.toml")))
        raise ConfigurationError(f"expected a list of functions among {known}, found {name!r}")
    read = tomllib.loads(path.read_text(encoding="utf-8"))
    functions = tuple(_function(each, path) for each in read["function"])
    names = {each.does for each in functions}
    if len(names) < len(functions) or len(names) < LEAST:
        raise ConfigurationError(f"{path.name}: expected at least {LEAST} functions, each once, found {len(names)}")
    return FunctionList(name, read.get("app"), read.get("command"), functions)


def moments(recording: Recording) -> Iterator[Moment]:
    """The steps of a recording whose action was done."""
    trees: dict[str, Tree] = {}

    def look(seen: Seen) -> Look:
        if seen.tree is not None and seen.tree not in trees:
            if len(trees) > 8:
                trees.clear()
            trees[seen.tree] = recording.tree(seen.tree)
        nodes = trees[seen.tree].nodes if seen.tree is not None else ()
        lines = frozenset(f"{each.role} {each.name}" + (f"={each.value}" if each.value else "") for each in nodes)
        return Look(seen.location or "", seen.windows, seen.notice or "", lines)

    for step in recording.steps:
        if step.before is not None and step.after is not None and step.result == "ok":
            yield Moment(look(step.before), look(step.after), kind_of(type(step.action)), _target(step))


def _target(step: Step) -> str:
    return "" if step.target is None else f"{step.target.role} {step.target.name}"


def _function(read: Mapping[str, Any], path: Path) -> Function:
    does = read.get("does")
    if not isinstance(does, str) or len(read) < 2 or not set(read) <= {"does", *TESTS}:
        raise ConfigurationError(f"{path.name}: expected what a function does and how it is seen, found {sorted(read)}")
    return Function(
        does, tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in read.items() if name != "does")
    )
