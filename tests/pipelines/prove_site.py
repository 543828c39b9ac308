"""The made-up site as one that can be tried: choices lead where its links lead, and nobody but the tests knows it."""

from collections.abc import Iterable
from dataclasses import replace

from labelers.observed.transitions import transitions_of
from pipelines.prove.proving import Walk
from pipelines.prove.walks import content_of
from schemas.actions import Back, Click, Point, Select, Type, Wait
from schemas.proofs import Attempt, Purpose, attempt_run
from schemas.records import Choice, Node, Target, Tree
from schemas.targets import target_of
from schemas.traces import trajectory_id
from tests.labelers.site import HOST, Act, Scene, back, find, walk

ENVIRONMENT = "fernwood"


def press(seen: Scene, name: str, role: str = "link") -> Choice:
    """A click on the element of that name."""
    return Choice(Click(Point(1, 1)), target_of(node_of(seen, name, role)))


def enter(seen: Scene, words: str, into: str) -> Choice:
    """Text for a field, sent with Enter."""
    return Choice(Type(words, Point(1, 1), clear=True, submit=True), target_of(node_of(seen, into, "searchbox")))


def node_of(seen: Scene, name: str, role: str) -> Node:
    """An element of a scene."""
    assert seen.tree is not None
    return seen.tree.nodes[find(seen.tree, name, role)]


class Site:
    """Scenes by their addresses; a search for words leads to that of `?q=`. It remembers what was tried."""

    def __init__(self, scenes: Iterable[Scene], *, forgets: bool = True) -> None:
        self.scenes = {seen.location: seen for seen in scenes}
        self.tried: list[tuple[Purpose, str]] = []
        self.forgets = forgets

    def attempt(self, asked: Attempt, lane: Purpose, variant: str) -> Walk | None:
        """Makes an attempt."""
        self.tried.append((lane, variant))
        start = self.scenes.get(HOST + asked.start)
        if start is None:
            return None
        here, acts, whole, behind = start, list[Act](), True, list[Scene]()
        for choice in asked.choices:
            if isinstance(choice.action, Back):
                here = behind.pop() if behind else here
                acts.append(back(here))
                continue
            leads = self._leads(here, choice)
            if leads is None:
                acts.append(Act(Wait(0.05), here))
                whole = False
                break
            node, following = leads
            acts.append(Act(choice.action, following, (node.name, node.role, 0)))
            if following is not here:
                behind.append(here)
            here = following
        if not asked.choices:
            acts.append(Act(Wait(0.05), here))
        episode = walk(start, *acts)
        assert isinstance(start.tree, Tree)
        name = trajectory_id(attempt_run(ENVIRONMENT, asked), asked.repeat)
        steps = (replace(each, step=replace(each.step, requests=())) for each in transitions_of(episode))
        return Walk(name, tuple(steps), whole, content_of(start.tree, start.location))

    def _leads(self, here: Scene, choice: Choice) -> tuple[Node, Scene] | None:
        node = self._found(here, choice.target)
        if node is None:
            return None
        match choice.action:
            case Type(text=text):
                return node, self.scenes.get(f"{HOST}/plants?&q={text}", here)
            case Select(option=option):
                return node, self.scenes.get(f"{HOST}/plants?&o={option}", here)
        href = node.href or ""
        following = self.scenes.get(href) or self.scenes.get(href.partition("?")[0] + "?")
        return node, here if following is None else following

    @staticmethod
    def _found(here: Scene, target: Target | None) -> Node | None:
        if here.tree is None or target is None:
            return None
        alike = [node for node in here.tree.nodes if (node.role, node.name) == (target.role, target.name)]
        placed = [node for node in alike if any(each.value == node.path for each in target.locators)]
        return next(iter((*placed, *alike)), None)
