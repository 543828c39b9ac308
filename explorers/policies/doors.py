"""What can be used in a state, and by which names a memory counts its uses."""

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl, urlsplit

from explorers.core.affordances import Affordance, submit_of
from explorers.core.coverage import url_template
from explorers.core.memory import Door, Memory, short_key
from explorers.policies.graph import place_of
from explorers.policies.options import Option, form_key, scrolled_parts, scrolls, scrolls_inside
from schemas.actions import Back
from schemas.records import Observation

_BACK = Option(Back(), "back", 1.0, ("back",))


@dataclass(frozen=True, slots=True)
class Use:
    """Something that can be used: a door, and the element behind it, or the move that it is: to scroll, to go back."""

    door: Door
    affordance: Affordance | None = None
    move: Option | None = None


def uses_of(observation: Observation, found: tuple[Affordance, ...], memory: Memory) -> list[Use]:
    """All that can be used on a screen, whatever was used before: the elements, scrolling on, and going back."""
    down = [option for option in scrolls(observation, 1.0) if option.identity == ("scroll", "down")]
    template = url_template(observation.location)
    uses = [Use(_element_door(each, found, observation, template, memory), each) for each in found]
    for option in [*down, *_inner_scrolls(observation)]:
        element = short_key("element", *option.identity)
        uses.append(Use(Door(element, short_key("scroll", template, *option.identity), "scroll"), move=option))
    if not has_addresses(observation) and observation.can_go_back:
        # Without addresses to open, going back is an edge of its own: it leads to screens that nothing else does.
        uses.append(Use(Door(short_key("element", "back"), short_key("back", template), "back"), move=_BACK))
    return uses


def has_addresses(observation: Observation) -> bool:
    """Whether a screen is told by an address that can be opened again; an app's component can't, from outside."""
    return "://" in (observation.location or "")


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
    """On in each part of the page that scrolls by itself; both ways where it goes from side to side."""
    options = []
    for node, point in scrolled_parts(observation):
        assert observation.screen is not None
        both = scrolls_inside(node, point, observation.screen, weight=1.0)
        options += both if node.has("horizontal") else both[:1]
    return options
