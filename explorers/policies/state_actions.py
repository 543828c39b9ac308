"""What can be done in a state, and by which names a memory counts its uses."""

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl, urlsplit

from explorers.core.affordances import Affordance
from explorers.core.coverage import url_template
from explorers.core.memory import Memory, StateAction, short_key
from explorers.policies.gestures import drags, listed_keys
from explorers.policies.keyboard import key_options
from explorers.policies.options import Option, back, scrolled_parts, scrolls, scrolls_inside
from explorers.policies.state_graph import place_of
from explorers.policies.view import View
from schemas.records import Observation


@dataclass(frozen=True, slots=True)
class Use:
    """An action of a state with the element that it uses, or the move that it is: to scroll, to go back."""

    state_action: StateAction
    affordance: Affordance | None = None
    move: Option | None = None


def uses_of(view: View, memory: Memory) -> list[Use]:
    """All that can be used on a screen, whatever was used before: elements, scrolling, drags, keys, and going back."""
    observation = view.observation
    down = [option for option in scrolls(observation, 1.0) if option.identity == ("scroll", "down")]
    template = url_template(observation.location)
    uses = [Use(_element_action(each, view, template, memory), each) for each in view.affordances]
    for option in [*down, *_inner_scrolls(observation)]:
        element = short_key("element", *option.identity)
        uses.append(Use(StateAction(element, short_key("scroll", template, *option.identity), "scroll"), move=option))
    for sort, gestures in (("drag", drags(view)), ("key", listed_keys(view))):
        for option in gestures:
            family = short_key(sort, template, *option.identity[:2])
            uses.append(Use(StateAction(short_key("element", *option.identity), family, sort), move=option))
    for option in key_options(view, 1.0):
        element = short_key("element", *option.identity)
        uses.append(Use(StateAction(element, short_key("key", template), "press"), move=option))
    # Without addresses to open, going back is an edge of its own: it leads to screens that nothing else does.
    if not view.has_address:
        going_back = StateAction(short_key("element", "back"), short_key("back", template), "back")
        uses += [Use(going_back, move=option) for option in back(observation)]
    return uses


def button_key(element: str) -> str:
    """The name under which it is counted that a link leads nowhere."""
    return short_key("button", element)


def _element_action(each: Affordance, view: View, template: str, memory: Memory) -> StateAction:
    node, location = each.node, view.observation.location
    element, family = short_key("element", *each.identity), short_key("family", *each.family)
    if each.kind == "press":
        if not node.href or node.href.startswith("javascript:"):
            return StateAction(element, family, "press")
        goal = place_of(node.href)
        if "#" in node.href and goal == place_of(location):
            return StateAction(element, family, "anchor")
        element = short_key("element", *each.identity, goal)
        if memory.visits(button_key(element)):
            return StateAction(element, family, "press")
        return StateAction(element, link_family(node.href, location), "link", goal)
    if each.kind == "fill" or (each.kind == "choose" and (each.form is None or view.submit(each.form))):
        form = view.form_key(each) if each.form is not None else each.identity
        return StateAction(element, short_key("form", template, *form), "fill")
    return StateAction(element, family, each.kind)


@lru_cache(maxsize=50_000)
def link_family(href: str, here: str | None) -> str:
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
