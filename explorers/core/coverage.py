"""How much of an interface was seen: states, elements, forms, addresses, and a curve of them against the steps."""

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, field, fields
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from explorers.core.affordances import Affordance, affordances, shape_of, submit_of
from schemas.actions import Action, Click, Type
from schemas.identity import stable_text, state_keys
from schemas.keys import named
from schemas.recordings import Recording, read_trace
from schemas.records import Choice, Observation, Screen, Seen, Target, Tree

TREES_KEPT = 8
"""Trees of a recording that are kept while it is read: what is after one step is before the next."""

_ID = re.compile(r"\d+|[0-9a-f]{8,}|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_NUMBER = re.compile(r"\d+")
_ROUTES = ("/", "!")

Key = tuple[str, ...]


def url_template(location: str | None) -> str:
    """The path of a URL with numbers, UUIDs and hexadecimal ids replaced, and the route in its fragment likewise.

    >>> url_template("http://shop.example/items/17/edit?next=1")
    '/items/*/edit'
    """
    try:
        parts = urlsplit(location or "")
    except ValueError:
        return ""
    routed = [parts.path, parts.fragment] if parts.fragment.startswith(_ROUTES) else [parts.path]
    return "#".join("/".join("*" if _ID.fullmatch(part) else part for part in path.split("/")) for path in routed)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was reached after `steps` steps, each kind counted once.

    `states` by their structure; `elements` that could be used, and those of them that were used; `forms` with a field,
    and those of them that were sent; `templates` of addresses.
    """

    steps: int
    states: int
    elements: int
    elements_tried: int
    forms: int
    forms_sent: int
    templates: int

    def named(self) -> dict[str, str | int]:
        """The figures as a summary names them."""
        return {
            "distinct states": self.states,
            "elements tried": f"{self.elements_tried:,} of {self.elements:,}",
            "forms sent": f"{self.forms_sent:,} of {self.forms:,}",
            "address templates": self.templates,
        }


@dataclass(slots=True)
class CoverageMeter:
    """Measures a stream of observations and choices; `curve` has the coverage after each step."""

    curve: list[Coverage] = field(default_factory=list)
    _steps: int = 0
    _states: set[str] = field(default_factory=set)
    _elements: set[Key] = field(default_factory=set)
    _tried: set[Key] = field(default_factory=set)
    _forms: set[Key] = field(default_factory=set)
    _sent: set[Key] = field(default_factory=set)
    _templates: set[str] = field(default_factory=set)

    def begin(self, observation: Observation) -> None:
        """The first observation of an episode."""
        self._see(observation)

    def step(self, before: Observation, choice: Choice, after: Observation) -> None:
        """A step: what was seen, what was done, and what was seen then."""
        self._act(before, choice.action, choice.target)
        self._see(after)
        self._steps += 1
        self.curve.append(self.now())

    def now(self) -> Coverage:
        """The coverage so far."""
        return Coverage(
            steps=self._steps,
            states=len(self._states),
            elements=len(self._elements),
            elements_tried=len(self._tried),
            forms=len(self._forms),
            forms_sent=len(self._sent),
            templates=len(self._templates),
        )

    def read(self, recording: Recording) -> None:
        """The steps of a recording.

        Raises:
            TraceError: if a tree of it is missing or damaged.
        """
        setting = recording.trajectory.setting
        screen = Screen(b"", setting.width, setting.height)
        trees: dict[str, Tree] = {}
        look = partial(_observation, recording=recording, screen=screen, trees=trees)
        for number, step in enumerate(recording.steps):
            if step.before is None:
                continue
            before = look(step.before)
            if number == 0:
                self.begin(before)
            if step.after is not None:
                self.step(before, Choice(step.action, step.target), look(step.after))

    def _see(self, observation: Observation) -> None:
        keys = state_keys(observation)
        if keys is not None:
            self._states.add(keys.structure)
        template = url_template(observation.location)
        self._templates.add(template)
        for each in affordances(observation):
            self._elements.add(_element(template, each))
            if each.form is not None and each.kind != "press":
                self._forms.add(_form(template, observation, each.form))

    def _act(self, before: Observation, action: Action, target: Target | None) -> None:
        usable = affordances(before) if target is not None else ()
        each = next((each for each in usable if target == each.target), None)
        if each is None:
            return
        template = url_template(before.location)
        self._tried.add(_element(template, each))
        if each.form is None:
            return
        submit = submit_of(usable, each.form)
        if (isinstance(action, Type) and action.submit) or (isinstance(action, Click) and each is submit):
            form = _form(template, before, each.form)
            if form in self._forms:
                self._sent.add(form)


def measure(paths: Iterable[Path]) -> tuple[Coverage, Sequence[Coverage]]:
    """The coverage of recorded traces together, and its curve in the order of the paths.

    Raises:
        TraceError: if one of them is damaged.
    """
    meter = CoverageMeter()
    for path in paths:
        meter.read(read_trace(path))
    return meter.now(), meter.curve


def write_curve(path: Path, curve: Iterable[Coverage]) -> None:
    """Writes a curve as CSV: a row a step, its columns named after the fields of `Coverage`."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([each.name for each in fields(Coverage)])
        writer.writerows(astuple(each) for each in curve)


def _observation(seen: Seen, *, recording: Recording, screen: Screen, trees: dict[str, Tree]) -> Observation:
    """What was seen, without its image."""
    tree = None
    if seen.tree is not None:
        tree = trees.pop(seen.tree, None) or recording.tree(seen.tree)
        trees[seen.tree] = tree
        while len(trees) > TREES_KEPT:
            del trees[next(iter(trees))]
    return Observation(screen=screen, tree=tree, **named(seen, without=("screen", "tree", "volatile", "raw")))


def _element(template: str, each: Affordance) -> Key:
    """An element as it is counted: numbers in its name don't make another one where there is a word beside them."""
    name = stable_text(each.node.name)
    name = _NUMBER.sub("#", name) if any(sign.isalpha() for sign in name) else name
    return (template, each.node.role, shape_of(each.node), name or each.node.id or "")


def _form(template: str, observation: Observation, index: int) -> Key:
    nodes = observation.tree.nodes if observation.tree is not None else ()
    form = nodes[index]
    return (template, form.role, form.name, form.id or "", shape_of(form))
