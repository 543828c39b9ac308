"""What an action would touch: the elements at its point, and the form around them."""

from collections.abc import Collection, Iterator
from functools import cached_property

from schemas.actions import Action, Point, point_of
from schemas.records import PRESS, Node, Observation
from schemas.trees import descendants, parents

PRESSED = frozenset(
    {
        "button",
        "link",
        "tab",
        "menuitem",
        "menuitemcheckbox",
        "menuitemradio",
        "option",
        "treeitem",
        "checkbox",
        "radio",
        "switch",
        "generic",
    }
)
"""Roles of elements that do something when they are pressed."""

FORMS = frozenset({"form", "search"})


class Scene:
    """An observation with what is asked of it more than once."""

    def __init__(self, observation: Observation) -> None:
        self.observation = observation
        self.nodes: tuple[Node, ...] = observation.tree.nodes if observation.tree is not None else ()

    @property
    def is_desktop(self) -> bool:
        """Whether what is seen has files within reach."""
        return self.observation.tree is not None and self.observation.tree.kind == "atspi"

    @cached_property
    def above(self) -> tuple[int | None, ...]:
        """For each node the index of its parent."""
        return parents(self.observation.tree) if self.observation.tree is not None else ()

    @property
    def focused(self) -> int | None:
        """The index of the innermost element that has the focus."""
        return next((index for index in range(len(self.nodes) - 1, -1, -1) if self.nodes[index].has("focused")), None)

    def at(self, x: float, y: float) -> list[int]:
        """The indexes of the elements at a pixel that something else does not cover, from the outermost inwards."""
        return [
            index
            for index, node in enumerate(self.nodes)
            if node.box is not None
            and node.box.contains(x, y)
            and not node.has("covered")
            and not node.has("offscreen")
        ]

    def reached(self, point: Point) -> list[int]:
        """The indexes of the elements at a point."""
        screen = self.observation.screen
        if screen is None and point.x is None:
            return []
        return self.at(*point.pixel(*((screen.width, screen.height) if screen else (0, 0))))

    def pressed(self, action: Action) -> list[int]:
        """The indexes of the elements that a press at the action's point may reach.

        The innermost one is not enough: a press on the text of a button reaches the button, and boxes overlap.
        """
        point = point_of(action)
        reached = [] if point is None else self.reached(point)
        inner = [index for index in reached if self.nodes[index].role in PRESSED or PRESS in self.nodes[index].actions]
        return inner or reached[-1:]

    def form(self, index: int) -> int | None:
        """The index of the form around an element, or of itself if it is one."""
        return self.enclosing(index, FORMS)

    def enclosing(self, index: int | None, roles: Collection[str]) -> int | None:
        """The index of the innermost element of those roles around an element, or of itself if it is one."""
        while index is not None and self.nodes[index].role not in roles:
            index = self.above[index]
        return index

    @cached_property
    def loose(self) -> tuple[int, ...]:
        """The indexes of the elements in no form."""
        inside: set[int] = set()
        for index, node in enumerate(self.nodes):
            if node.role in FORMS:
                inside.add(index)
                inside.update(self.within(index))
        return tuple(index for index in range(len(self.nodes)) if index not in inside)

    def within(self, index: int) -> Iterator[int]:
        """The indexes of the elements inside an element, such as a form."""
        assert self.observation.tree is not None
        return descendants(self.observation.tree, index)

    def submit(self, index: int) -> int | None:
        """The button that Enter in a field presses: the first that sends the form around it."""
        form = self.form(index)
        if form is None:
            return None
        buttons = [each for each in self.within(form) if self.nodes[each].role == "button"]
        declared = [each for each in buttons if self.nodes[each].field in ("submit", "image")]
        return next(iter(declared or buttons), None)

    def method(self, index: int) -> str | None:
        """How pressing an element asks the site: get, post, dialog, or None where that is unknown."""
        node = self.nodes[index]
        if node.method is not None:
            return node.method.lower()
        if node.role == "link" and node.href and node.href.lower().startswith(("http:", "https:")):
            return "get"
        form = self.form(index)
        if form is None:
            return None
        around = self.nodes[form]
        if around.method is not None:
            return around.method.lower()
        return "get" if around.role == "search" else None


def touched(observation: Observation, action: Action) -> Node | None:
    """The innermost element at the point of an action, or the innermost in focus for a text without a point."""
    if observation.tree is None:
        return None
    point = point_of(action)
    if point is None:
        # A window in use is in focus as well, and so is a frame: the field inside is what a text goes to.
        return next((node for node in reversed(observation.tree.nodes) if node.has("focused")), None)
    if point.x is None or point.y is None:
        return None
    x, y = point.x, point.y
    at = [node for node in observation.tree.nodes if node.box is not None and node.box.contains(x, y)]
    fields = [node for node in at if node.has("editable") or node.has("password")]
    innermost = fields or at
    return innermost[-1] if innermost else None
