"""What a policy chooses from: the options of a screen, and what makes one promising before anything is known."""

from dataclasses import dataclass

from explorers.affordances import Affordance, fields_of, is_search
from explorers.values import is_blank
from schemas.actions import Action, Back, Scroll
from schemas.identity import canonical_location
from schemas.records import Node, Observation, Target, is_page

SCROLL_PART = 0.75
"""Of the screen's height: what was at the edge stays visible."""


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
    """Down and up where the page scrolls."""
    place, screen = observation.scroll, observation.screen
    if place is None or screen is None:
        return []
    far = round(screen.height * SCROLL_PART)
    options = []
    if place.max_y - place.y > 2:
        options.append(Option(Scroll(0, far), "scroll down", weight, ("scroll", "down")))
    if place.y > 2:
        options.append(Option(Scroll(0, -far), "scroll up", weight / 2, ("scroll", "up")))
    return options


def back(observation: Observation, weight: float) -> list[Option]:
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


def prospect(each: Affordance, found: tuple[Affordance, ...], location: str | None) -> float:
    """How promising an element is by its kind alone, as a factor."""
    node = each.node
    if node.has("multiline") and node.value:
        return 0.1  # a text that is there already: code, a draft
    if node.href and "#" in node.href and canonical_location(node.href) == canonical_location(location):
        return 0.1  # another place of the same page
    if each.kind == "choose" and not is_blank(node):
        return 0.4
    if each.kind == "press" and not node.name:
        return 0.3
    if (
        node.role == "button"
        and each.form is not None
        and any(not field.node.value for field in fields_of(found, each.form))
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


def left(after: Observation) -> bool:
    """Whether the action led to something that is no page of the site."""
    if not is_page(after.content_type):
        return True
    return after.notice is not None and ("download of" in after.notice or "refused" in after.notice)


def form_key(observation: Observation, each: Affordance) -> tuple[str, ...]:
    """What a form is told by: its place in the page."""
    if each.form is None or observation.tree is None:
        return ()
    form = observation.tree.nodes[each.form]
    number = sum(1 for node in observation.tree.nodes[: each.form] if node.role == form.role)
    return (form.role, form.name, form.id or "", str(number))
