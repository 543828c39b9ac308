"""What a policy chooses from: the options of a screen, and what makes one promising before anything is known."""

from dataclasses import dataclass

from explorers.core.affordances import Affordance, is_search, shape_of, visible_point
from explorers.core.safety.terminals import TERMINAL
from explorers.policies.leaving import LAST, is_way_out
from explorers.policies.values import is_blank
from explorers.policies.view import View
from schemas.actions import Action, Back, Point, Scroll
from schemas.identity import canonical_location
from schemas.records import Node, Observation, Screen, Target

SCROLL_PART = 0.75
"""Of the screen's height: what was at the edge stays visible."""

SIDEWAYS_PART = 0.5
"""Of the width of what scrolls from side to side: one page where it has pages."""

INNER_HEIGHT = 80
INNER_MOST = 5
"""Pixels of a part of the page that is worth scrolling by itself, and how many of them are looked at."""


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to do with its weight; `identity` is the same on another visit."""

    action: Action
    name: str
    weight: float
    identity: tuple[str, ...]
    target: Target | None = None
    affordance: Affordance | None = None


def scrolls(observation: Observation, weight: float) -> list[Option]:
    """Down and up where the page scrolls; where it is not known how far, in its largest part that scrolls."""
    place, screen = observation.scroll, observation.screen
    if screen is None:
        return []
    if place is None:
        parts = scrolled_parts(observation)
        largest = max(
            parts, key=lambda part: part[0].box.width * part[0].box.height if part[0].box else 0, default=None
        )
        return [] if largest is None else scrolls_inside(*largest, screen, weight=weight)
    far = round(screen.height * SCROLL_PART)
    options = []
    if place.max_y - place.y > 2:
        options.append(Option(Scroll(0, far), "scroll down", weight, ("scroll", "down")))
    if place.y > 2:
        options.append(Option(Scroll(0, -far), "scroll up", weight / 2, ("scroll", "up")))
    return options


def scrolled_parts(observation: Observation) -> list[tuple[Node, Point]]:
    """The parts of the screen that scroll by themselves, each with a point in it."""
    screen, tree = observation.screen, observation.tree
    if screen is None or tree is None:
        return []
    parts = []
    for node in tree.nodes:
        if not node.has("scrollable") or node.box is None or node.box.height < INNER_HEIGHT:
            continue
        point = visible_point(node, screen.width, screen.height)
        if point is not None:
            parts.append((node, point))
    return parts[:INNER_MOST]


def scrolls_inside(node: Node, point: Point, screen: Screen, *, weight: float) -> list[Option]:
    """On and back in a part of the screen: down and up, or to the right and to the left."""
    assert node.box is not None
    identity = ("scroll", "inside", node.role, shape_of(node))
    if node.has("horizontal"):
        far = round(node.box.width * SIDEWAYS_PART)
        return [
            Option(Scroll(far, 0, point), "scroll right inside", weight, (*identity, "right")),
            Option(Scroll(-far, 0, point), "scroll left inside", weight, (*identity, "left")),
        ]
    far = round(min(node.box.height, screen.height) * SCROLL_PART)
    return [
        Option(Scroll(0, far, point), "scroll down inside", weight, identity),
        Option(Scroll(0, -far, point), "scroll up inside", weight / 2, (*identity, "up")),
    ]


def back(observation: Observation, weight: float = 1.0) -> list[Option]:
    """Back, where there is a page to go back to."""
    return [Option(Back(), "back", weight, ("back",))] if observation.can_go_back else []


def appetite(each: Affordance, inside: list[Affordance]) -> float:
    """How likely a field is filled once its form was begun: what has a value already is mostly left alone."""
    node = each.node
    match each.kind:
        case "fill" if is_search(node) and sum(other.kind == "fill" for other in inside) > 1:
            return 0.1  # a search beside other fields is a thing by itself
        case "fill":
            return 0.95 if not node.value else 0.15
        case "choose":
            return 0.6 if is_blank(node) else 0.08
        case _:
            return 0.9 if node.has("required") else 0.15


def prospect(each: Affordance, view: View) -> float:
    """How promising an element is by its kind alone, as a factor."""
    node = each.node
    if is_way_out(each, view):
        return LAST
    if node.field == TERMINAL:
        return 1.0
    if node.has("multiline") and node.value:
        return 0.1  # a text that is there already: code, a draft
    if node.href and "#" in node.href and canonical_location(node.href) == view.page:
        return 0.1  # another place of the same page
    if each.kind == "choose" and not is_blank(node):
        return 0.4
    if each.kind == "press" and not node.name:
        return 0.3
    if (
        node.role == "button"
        and each.form is not None
        and any(not field.node.value for field in view.fields(each.form))
    ):
        return 0.15  # sending a form that nothing was entered into
    return 1.0


def opens_by_two(node: Node) -> bool:
    """Whether it takes a double click to open: an entry of a desktop's list, once it is chosen."""
    return node.has("selected") and bool(node.actions) and node.role in ("gridcell", "option", "treeitem")


def blank_list_before(each: Affordance, fields: list[Affordance]) -> Affordance | None:
    """The first list of the form before this field that has nothing chosen yet: what it says decides what fits here."""
    for other in fields:
        if other.index >= each.index:
            return None
        if other.kind == "choose" and is_blank(other.node):
            return other
    return None
