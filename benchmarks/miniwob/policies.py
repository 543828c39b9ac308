"""Who does the tasks: a script that solves them, the same script with something done wrong, and the random walk."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any, Literal, TypeAlias, get_args

from benchmarks.miniwob.task import HEIGHT, WIDTH, TaskEnvironment
from explorers.core.affordances import affordances
from explorers.policies.random import RandomPolicy
from schemas.actions import Action, Click, Drag, Hover, Key, Point, Scroll, Select, Stop, Type, Wait
from schemas.protocols import Policy
from schemas.records import Choice, Node, Observation, Outcome
from schemas.targets import target_of

Fault: TypeAlias = Literal["stop early", "leave out", "wrong element", "wrong value", "one more"]
FAULTS: tuple[Fault, ...] = get_args(Fault)

ANYWHERE = 0.2
AREA = (160, 210)
"""Pixels of the screen that a task takes."""

_WRONG = ("Absent", "Wrong", "42", "Nobody")


@cache
def scripts() -> Mapping[str, Sequence[str]]:
    """The moves that solve each kind of task, as expressions of `oracle.js`."""
    found: dict[str, Sequence[str]] = {}
    for half in ("opened", "unopened"):
        text = files("benchmarks.miniwob").joinpath("scripts", f"{half}.toml").read_text("utf-8")
        found.update(tomllib.loads(text))
    return found


@cache
def _oracle() -> str:
    return files("benchmarks.miniwob").joinpath("oracle.js").read_text("utf-8")


class Ending:
    """A policy that stops acting when its task is over."""

    def __init__(self, inner: Policy, task: TaskEnvironment) -> None:
        self._inner, self._task = inner, task
        self.name, self.version = inner.name, inner.version

    def begin(self, *, seed: int) -> None:
        """A new episode."""
        self._inner.begin(seed=seed)

    def choose(self, observation: Observation) -> Choice | None:
        """The next action, or None at the end."""
        return None if self._task.done else self._inner.choose(observation)

    def learn(self, before: Observation, choice: Choice, outcome: Outcome, after: Observation) -> None:
        """What the action led to."""
        self._inner.learn(before, choice, outcome, after)


class Anywhere:
    """The random walk, but for one step in five, and where it finds nothing to do: a click at any point of the task."""

    name, version = "random", "1"

    def __init__(self) -> None:
        self._inner = RandomPolicy()
        self._chance = Random(0)
        self._own = False

    def begin(self, *, seed: int) -> None:
        """A new episode; everything random in it follows from the seed."""
        self._inner.begin(seed=seed)
        self._chance = Random(seed)

    def choose(self, observation: Observation) -> Choice | None:
        """The next action."""
        choice = None if self._chance.random() < ANYWHERE else self._inner.choose(observation)
        self._own = choice is None
        if choice is not None:
            return choice
        point = _point(self._chance.uniform(0, AREA[0]), self._chance.uniform(0, AREA[1]))
        return _choice({"op": "click", "x": point.x, "y": point.y}, observation)

    def learn(self, before: Observation, choice: Choice, outcome: Outcome, after: Observation) -> None:
        """What the action led to, if the walk chose it."""
        if not self._own:
            self._inner.learn(before, choice, outcome, after)


class ScriptedPolicy:
    """Does the moves of a script, whose expressions may look into the page, and says then that it is done."""

    name, version = "scripted", "1"

    def __init__(self, task: TaskEnvironment, script: Sequence[str]) -> None:
        self._task, self._script = task, script
        self._place = 0
        self._stopped = False

    def begin(self, *, seed: int) -> None:
        """Nothing is random in it."""

    def choose(self, observation: Observation) -> Choice | None:
        """The next move."""
        made = self.move()
        if made is not None:
            return _choice(made, observation)
        if self._stopped:
            return None
        self._stopped = True
        return Choice(Stop())

    def move(self) -> dict[str, Any] | None:
        """The next move of the script, or None at its end."""
        while self._place < len(self._script):
            expression = self._script[self._place]
            # Where what it needs is not there, as after a sabotage, there is no move to be made.
            made = self._task.ask(
                f"(() => {{ {_oracle()}\ntry {{ return {expression}; }} catch (missing) {{ return null; }} }})()"
            )
            if made is None or not made.get("again"):
                self._place += 1
            if made is not None:
                return dict(made)
        return None

    def learn(self, before: Observation, choice: Choice, outcome: Outcome, after: Observation) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class Sabotage:
    """What is done wrong at which step."""

    fault: Fault
    step: int


class SabotagedPolicy(ScriptedPolicy):
    """The script, but for one step; `did` says whether the fault could be made there."""

    name = "sabotaged"

    def __init__(self, task: TaskEnvironment, script: Sequence[str], sabotage: Sabotage) -> None:
        super().__init__(task, script)
        self.did = False
        self._sabotage = sabotage
        self._steps = 0
        self._chance = Random(0)

    def begin(self, *, seed: int) -> None:
        """Which wrong element or value it takes follows from the seed."""
        self._chance = Random(seed)

    def choose(self, observation: Observation) -> Choice | None:
        """The next move, or what stands in its place."""
        here = self._steps == self._sabotage.step and not self.did
        self._steps += 1
        if here and self._sabotage.fault == "one more":
            return self._other(observation, None) or super().choose(observation)
        choice = super().choose(observation)
        if choice is None or isinstance(choice.action, Stop) or not here:
            return choice
        match self._sabotage.fault:
            case "stop early":
                self.did = self._stopped = True
                self._place = len(self._script)
                return Choice(Stop())
            case "leave out":
                self.did = True
                return super().choose(observation)
            case "wrong element":
                return self._other(observation, choice) or choice
            case _:
                return self._misspelt(choice)

    def _other(self, observation: Observation, choice: Choice | None) -> Choice | None:
        """The same move on another element of the same role, or of any; another click where there is no move."""
        meant = None if choice is None else choice.target
        if choice is not None and not isinstance(choice.action, Click | Type):
            return None
        others = [one for one in affordances(observation) if meant is None or one.node.box != meant.box]
        if choice is not None and isinstance(choice.action, Type):
            others = [one for one in others if one.kind == "fill"]
        alike = [one for one in others if meant is not None and one.node.role == meant.role]
        if not (alike or others):
            return None
        self.did = True
        other = self._chance.choice(alike or others)
        if choice is not None and isinstance(choice.action, Type):
            return Choice(replace(choice.action, point=other.point), other.target)
        if other.kind == "fill":
            return Choice(Type(self._chance.choice(_WRONG), other.point, clear=True), other.target)
        if other.kind == "choose" and other.node.options:
            return Choice(Select(self._chance.choice(other.node.options), other.point), other.target)
        return Choice(Click(other.point), other.target)

    def _misspelt(self, choice: Choice) -> Choice:
        action = choice.action
        if isinstance(action, Type):
            self.did = True
            text = self._chance.choice((action.text[:-1], action.text + "s", self._chance.choice(_WRONG)))
            return replace(choice, action=replace(action, text=text))
        if isinstance(action, Drag):
            self.did = True
            return replace(choice, action=replace(action, end=action.start))
        return choice


def _choice(made: Mapping[str, Any], observation: Observation) -> Choice:
    """A move of a script as a choice, its target the smallest element around its point."""
    point = _point(made["x"], made["y"]) if "x" in made else None
    action: Action
    match made["op"], point:
        case "click", Point():
            action = Click(point)
        case "hover", Point():
            action = Hover(point)
        case "type", Point():
            action = Type(made["text"], point, clear=True)
        case "select", Point():
            action = Select(made["text"], point)
        case "scroll", Point():
            action = Scroll(0.0, float(made["dy"]), point)
        case "drag", Point():
            action = Drag(point, _point(made["x2"], made["y2"]))
        case "key", None:
            action = Key(made["text"])
        case "wait", None:
            action = Wait(float(made["seconds"]))
        case other, _:
            raise ValueError(f"expected a move with its point, found {other!r}")
    node = None if point is None or observation.tree is None else _around(observation.tree.nodes, point)
    return Choice(action, None if node is None else target_of(node))


def _point(x: float, y: float) -> Point:
    return Point.on(round(x, 1), round(y, 1), width=WIDTH, height=HEIGHT)


def _around(nodes: Sequence[Node], point: Point) -> Node | None:
    x, y = point.x or 0.0, point.y or 0.0
    found = [
        (node.box.width * node.box.height, -index, node)
        for index, node in enumerate(nodes)
        if node.box is not None and node.on_screen and not node.has("covered") and node.box.contains(x, y)
    ]
    return min(found, key=lambda one: one[:2])[2] if found else None
