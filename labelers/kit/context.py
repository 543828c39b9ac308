"""What a late step needs to be judged: what each step changed, what fields held and hold, what the goal lacks.

All of it is read off the trees, in words; what a tree does not tell is left to the pictures.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from labelers.kit.prompting import as_json
from labelers.outcomes.goals import read_goal
from labelers.outcomes.mentions import is_marked, same_value
from labelers.reading import vocabulary_of
from schemas.actions import Select, Type
from schemas.episodes import Episode, EpisodeStep, Moment
from schemas.identity import canonical_location
from schemas.pages import fold
from schemas.records import Node, Tree

CHANGES = 6
"""Changes of one step that are told."""

HELD = 24
"""Fields that are told."""

WORDS = 100
"""Characters of a name or a value."""

FIELDS = frozenset({"textbox", "searchbox", "combobox", "listbox", "spinbutton", "slider"})
MARKS = frozenset({"checkbox", "radio", "switch", "option", "menuitemcheckbox", "menuitemradio"})
_TOLD = frozenset({"alert", "alertdialog", "dialog", "heading", "status"})
"""What appears or goes with one of these roles is told before the rest."""

LISTS = 40
"""Lists of an application that are told."""

OUTLINED = 120
"""Elements of a screen that are told."""

Row = tuple[str, str, int]
"""Role, name, and which of several alike."""

Place = tuple[str, Row]
"""A field at a canonical location."""


class EpisodeContext:
    """The episode's steps in words, each read once; steps are named by their place in the episode."""

    def __init__(self, episode: Episode) -> None:
        self._steps = episode.steps
        self._changes: dict[int, tuple[str, ...]] = {}
        self._held: dict[str | None, Mapping[Row, str]] = {}

    def changes(self, place: int) -> tuple[str, ...]:
        """What the step changed on the screen."""
        if place not in self._changes:
            self._changes[place] = self._changed(place)
        return self._changes[place]

    def start(self, first: int) -> list[str]:
        """What the fields held before step `first`."""
        return _listed(self._fields(self._steps[first].before)) if first < len(self._steps) else []

    def last_seen(self, first: int, place: int) -> list[str]:
        """What the fields held when they were last seen before step `place`, of those seen since step `first`."""
        return _listed({row: text for (_, row), text in self._seen(first, place).items()})

    def lacking(self, goal: str, first: int, place: int) -> list[str]:
        """What the goal names that no field held when last seen, and no step since `first` acted on."""
        names = [
            name
            for requirement in read_goal(goal).requirements
            if requirement.kind in ("press", "choose", "enter")
            for name in requirement.names
        ]
        held = [*self._seen(first, place).values()]
        acted = {fold(name) for step in self._steps[first:place] for name in _acted_on(step)}
        lacking = (
            name for name in names if fold(name) not in acted and not any(same_value(value, name) for value in held)
        )
        return list(dict.fromkeys(name[:WORDS] for name in lacking))[:HELD]

    def _changed(self, place: int) -> tuple[str, ...]:
        before, after = self._steps[place].before, self._steps[place].after
        if before is None or after is None or before.tree is None or after.tree is None:
            return ()
        if before.seen.tree is not None and before.seen.tree == after.seen.tree:
            return ("nothing that the page tells",)
        changes = list(_differences(before.tree, after.tree))
        more = len(changes) - CHANGES
        return tuple([*changes[:CHANGES], f"and {more} more"] if more > 0 else changes) or (
            "nothing that the page tells",
        )

    def _seen(self, first: int, place: int) -> dict[Place, str]:
        """The fields by where they are, in the order in which they were first seen."""
        fields: dict[Place, str] = {}
        for before, after in self._sights[first:place]:
            fields.update(before)
            fields.update(after)
        if place < len(self._steps):
            fields.update(self._sights[place][0])
        return fields

    @cached_property
    def _sights(self) -> list[tuple[Mapping[Place, str], Mapping[Place, str]]]:
        """What each step's two sides show of fields."""
        return [(self._sight(step.before), self._sight(step.after)) for step in self._steps]

    def _sight(self, moment: Moment | None) -> Mapping[Place, str]:
        if moment is None:
            return {}
        where = canonical_location(moment.seen.location) or moment.seen.title or ""
        return {(where, row): text for row, text in self._fields(moment).items()}

    def _fields(self, moment: Moment | None) -> Mapping[Row, str]:
        if moment is None or moment.tree is None:
            return {}
        if moment.seen.tree is None:
            return _fields_of(moment.tree)
        if moment.seen.tree not in self._held:
            self._held[moment.seen.tree] = _fields_of(moment.tree)
        return self._held[moment.seen.tree]


def lists_line(episode: Episode) -> str:
    """What the application calls its lists and their columns, as far as the episode saw them."""
    pages = [
        page
        for step in episode.steps
        for moment in (step.before, step.after)
        if moment is not None and (page := moment.page) is not None
    ]
    return f"lists and their columns: {as_json(dict(list(vocabulary_of(pages).columns.items())[:LISTS]))}"


def outline(tree: Tree) -> list[str]:
    """What a screen shows, an element a line in the order of the page, alike ones once, then how many are left out."""
    told = dict.fromkeys(
        f"{node.role} {name!r}" + (f", holding {(node.value or '')[:WORDS]!r}" if node.value else "")
        for (_, name, _), node in _rows(tree)
    )
    lines = list(told)
    return [*lines[:OUTLINED], f"and {len(lines) - OUTLINED} more"] if len(lines) > OUTLINED else lines


def _fields_of(tree: Tree) -> Mapping[Row, str]:
    """What the fields of a page hold, and which boxes are ticked."""
    fields: dict[Row, str] = {}
    for row, node in _rows(tree):
        if node.role in FIELDS:
            fields[row] = (node.value or "")[:WORDS]
        elif node.role in MARKS and node.name:
            fields[row] = "on" if is_marked(node) else "off"
    return fields


def _listed(held: Mapping[Row, str]) -> list[str]:
    said = [f"{_called(row)}: {text!r}" for row, text in held.items()]
    return [*said[:HELD], f"and {len(said) - HELD} more"] if len(said) > HELD else said


def _rows(tree: Tree) -> Iterator[tuple[Row, Node]]:
    counts: Counter[tuple[str, str]] = Counter()
    for node in tree.nodes:
        if node.name or node.value or node.role in FIELDS:
            name = node.name[:WORDS]
            counts[node.role, name] += 1
            yield (node.role, name, counts[node.role, name]), node


def _differences(before: Tree, after: Tree) -> Iterator[str]:
    """What is otherwise: values and marks first, then what appeared or went, the telling roles first."""
    old, new = dict(_rows(before)), dict(_rows(after))
    for row, node in new.items():
        was = old.get(row)
        if was is None:
            continue
        if (was.value or "") != (node.value or ""):
            yield f"{_called(row)}: {(was.value or '')[:WORDS]!r} became {(node.value or '')[:WORDS]!r}"
        if is_marked(was) != is_marked(node):
            yield f"{_called(row)} is {'on' if is_marked(node) else 'off'} now"
    for kind, here, there in (("appeared", new, old), ("went", old, new)):
        rows = [row for row in here if row not in there and row[1] and row[0] != "text"]
        texts = [row for row in here if row not in there and row[1] and row[0] == "text"]
        for row in sorted(rows, key=lambda row: row[0] not in _TOLD) + texts:
            held = (here[row].value or "")[:WORDS]
            yield f"{kind}: {_called(row)}" + (f", holding {held!r}" if held else "")


def _called(row: Row) -> str:
    role, name, number = row
    return f"{role} {name!r}" + (f" ({number})" if number > 1 else "")


def _acted_on(step: EpisodeStep) -> Sequence[str]:
    """What the step pressed or chose; what it typed counts by what the field holds after it."""
    action, target = step.step.action, step.step.target
    if step.step.result != "ok":
        return ()
    if isinstance(action, Select):
        return (action.option,)
    return () if target is None or isinstance(action, Type) else (target.name,)
