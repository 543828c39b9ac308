"""What can be used in a state, and by which names a memory counts its uses."""

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl, urlsplit

from explorers.affordances import Affordance, shape_of, submit_of, visible_point
from explorers.coverage import url_template
from explorers.memory import Door, Memory, short_key
from explorers.policies.graph import place_of
from explorers.policies.options import SCROLL_PART, Option, form_key, scrolls
from schemas.actions import Scroll
from schemas.records import Observation

INNER_HEIGHT = 80
INNER_MOST = 5
"""Pixels of a part of the page that is worth scrolling by itself, and how many of them are looked at."""


@dataclass(frozen=True, slots=True)
class Use:
    """Something that can be used: a door, and the element behind it, or the way to scroll."""

    door: Door
    affordance: Affordance | None = None
    scroll: Option | None = None


def uses_of(observation: Observation, found: tuple[Affordance, ...], memory: Memory) -> list[Use]:
    """All that can be used on a screen, whatever was used before: the elements, and scrolling down."""
    down = [option for option in scrolls(observation, 1.0) if option.identity == ("scroll", "down")]
    template = url_template(observation.location)
    uses = [Use(_element_door(each, found, observation, template, memory), each) for each in found]
    for option in [*down, *_inner_scrolls(observation)]:
        element = short_key("element", *option.identity)
        uses.append(Use(Door(element, short_key("scroll", template, *option.identity), "scroll"), scroll=option))
    return uses


def button_key(element: str) -> str:
    """The name under which it is counted that a link leads nowhere."""
    return short_key("button", element)


def _element_door(
    each: Affordance, found: tuple[Affordance, ...], observation: Observation, template: str, memory: Memory
) -> Door:
    node = each.node
    element, family = short_key("element", *each.identity), short_key("family", *each.family)
    if each.kind == "press":
        if not node.href or node.href.startswith("javascript:"):
            return Door(element, family, "press")
        goal = place_of(node.href)
        if "#" in node.href and goal == place_of(observation.location):
            return Door(element, family, "anchor")
        element = short_key("element", *each.identity, goal)
        if memory.visits(button_key(element)):
            return Door(element, family, "press")
        return Door(element, _link_family(node.href, observation.location), "link", goal)
    if each.kind == "fill" or (each.kind == "choose" and (each.form is None or submit_of(found, each.form))):
        form = form_key(observation, each) if each.form is not None else each.identity
        return Door(element, short_key("form", template, *form), "fill")
    return Door(element, family, each.kind)


@lru_cache(maxsize=50_000)
def _link_family(href: str, here: str | None) -> str:
    """What links are alike in: where they lead, with ids replaced, and which fields of the query they change.

    Only those that they change: else each combination of filters would be a family of its own.
    """
    there, now = _query(href), _query(here)
    if url_template(href) != url_template(here):
        return short_key("link", url_template(href), *sorted({name for name, _ in there}))
    return short_key("link", url_template(href), *sorted({name for name, _ in there ^ now}))


def _query(location: str | None) -> frozenset[tuple[str, str]]:
    try:
        return frozenset(parse_qsl(urlsplit(location or "").query, keep_blank_values=True))
    except ValueError:
        return frozenset()


def _inner_scrolls(observation: Observation) -> list[Option]:
    """Down in each part of the page that scrolls by itself."""
    screen, tree = observation.screen, observation.tree
    if screen is None or tree is None:
        return []
    options = []
    for node in tree.nodes:
        if not node.has("scrollable") or node.box is None or node.box.height < INNER_HEIGHT:
            continue
        point = visible_point(node, screen.width, screen.height)
        if point is not None:
            far = round(min(node.box.height, screen.height) * SCROLL_PART)
            identity = ("scroll", "inside", node.role, shape_of(node))
            options.append(Option(Scroll(0, far, point), "scroll down inside", 1.0, identity))
    return options[:INNER_MOST]
