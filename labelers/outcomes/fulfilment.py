"""What became of each thing that a goal asks for: done, certainly not done, or it can't be told."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from labelers.observed.transitions import Transition
from labelers.outcomes.goals import ParsedGoal, Requirement
from labelers.outcomes.mentions import (
    FIELDS,
    MARKED,
    fields_meant,
    is_called_by_id,
    is_known_field,
    is_marked,
    labels_of,
    lists_offering,
    nodes_named,
    nodes_of_kind,
    numbered,
    same_value,
    says,
    shows,
    touched,
)
from schemas.actions import (
    Answer,
    Check,
    Click,
    DoubleClick,
    Drag,
    Hover,
    Key,
    LongPress,
    Select,
    Stop,
    Swipe,
    Type,
    Wait,
    point_of,
)
from schemas.pages import Page, fold, quote
from schemas.redaction import MASK

SLACK_SECONDS = 0.5
"""How far a time that was waited may be from the one that was asked for."""

SENDS = frozenset(
    {"submit", "ok", "okay", "done", "save", "send", "go", "search", "apply", "confirm", "login", "log in"}
)
"""What a button is called that sends what was entered."""

State = Literal["met", "unmet", "unknown"]

_PRESSES = (Click, DoubleClick, LongPress, Check, Select)
_ACTS: dict[str, tuple[type, ...]] = {
    "drag": (Drag, Swipe),
    "move": (Drag, Swipe, Key, Click),
    "draw": (Drag, Swipe, Click),
    "enter": (Type, Key, Select),
    "paste": (Type, Key),
    "answer": (Type, Click, Select, Answer),
    "hover": (Hover, Click, Drag),
}
"""What it takes at least to do what a verb says."""


@dataclass(frozen=True, slots=True)
class Fulfilment:
    """What became of a requirement, why in words, and the places of the steps that served it."""

    state: State
    why: str
    steps: tuple[int, ...] = field(default=())


class Progress:
    """The steps of an episode held against its goal; a place is an index in `transitions`, without idling ones.

    `last_press` is the place of the last step that presses what the goal asks to press at its end, or that sends what
    it asks to enter; `end` is the page as it was then, else the last one that was seen.
    """

    def __init__(self, goal: ParsedGoal, transitions: Sequence[Transition]) -> None:
        self.goal = goal
        self.transitions = [
            transition for transition in transitions if not isinstance(transition.step.action, Stop | Wait)
        ]
        self.pages = [
            page for transition in transitions for page in (transition.before, transition.after) if page is not None
        ]
        self.last_press = self._final_press()
        self.end = self._end_page()
        self.fulfilments = tuple(self._fulfilments())

    def tried(self, before: int) -> bool:
        """Whether a step before that place may have changed something: a look may be a mark that no tree tells of."""
        return any(transition.change != "nothing" for transition in self.transitions[:before])

    def _final_press(self) -> int | None:
        if not self.goal.requirements:
            return None
        last = self.goal.requirements[-1]
        for place in range(len(self.transitions) - 1, -1, -1):
            transition = self.transitions[place]
            if last.kind == "press" and len(last.names) < 2 and self._presses(transition, last):
                return place
            if last.kind in ("choose", "enter") and is_sending(transition):
                return place
        return None

    def _end_page(self) -> Page | None:
        if self.last_press is not None:
            transition = self.transitions[self.last_press]
            if not isinstance(transition.step.action, Type | Select | Check):
                return transition.before
        return self.pages[-1] if self.pages else None

    def _fulfilments(self) -> Iterator[Fulfilment]:
        place = 0
        asked = self.goal.requirements
        for number, requirement in enumerate(asked):
            match requirement.kind:
                case "press":
                    pressed = self._pressed(requirement, place, last=number == len(asked) - 1)
                    place = max([place, *(step + 1 for step in pressed.steps)])
                    yield pressed
                case "choose":
                    yield self._chosen(requirement)
                case "enter":
                    yield self._entered(requirement)
                case "wait":
                    yield self._waited(requirement, place)
                case "touch":
                    yield self._touched(requirement)
                case "expand":
                    yield self._expanded()
                case "act":
                    yield self._acted(requirement)

    # ---- to press

    def _presses(self, transition: Transition, asked: Requirement) -> bool | None:
        """Whether the step presses what is asked for; None where it can't be told."""
        action, page = transition.step.action, transition.before
        if (isinstance(action, Key) and action.keys == "Enter") or (isinstance(action, Type) and action.submit):
            return any(fold(name) in SENDS for name in asked.names)
        if not isinstance(action, _PRESSES) or transition.step.result != "ok":
            return False
        if page is None:
            return None
        if not asked.names:
            wanted = numbered(page, asked.noun, asked.ordinal or 1)
            return None if wanted is None or transition.target is None else wanted == transition.target
        known = [index for name in asked.names for index in nodes_named(page, name, asked.noun)]
        if asked.noun == "widget" and not known:
            known = [index for name in asked.names for index in nodes_of_kind(page, name)]
        if asked.ordinal is not None:
            place = asked.ordinal - 1 if asked.ordinal > 0 else len(known) + asked.ordinal
            if not 0 <= place < len(known):
                return None
            known = [sorted(known)[place]]
        node = transition.node
        if touched(page, transition.target, point_of(action), known):
            return None if node is not None and node.has("covered") else True
        if node is not None and any(is_called_by_id(node, name) for name in asked.names):
            return True
        if known:
            return False
        return None if not labels_of(page, transition.target) else False

    def _pressed(self, asked: Requirement, place: int, *, last: bool) -> Fulfilment:
        steps: list[int] = []
        ones = [asked] if len(asked.names) < 2 else [replace(asked, names=(name,)) for name in asked.names]
        for each in ones:
            what = quote(each.names[0] if each.names else f"{each.noun} {each.ordinal}")
            said = [self._presses(transition, each) for transition in self.transitions]
            if last and len(ones) == 1:
                at = self.last_press if self.last_press is not None and self.last_press >= place else None
            else:
                at = next((at for at in range(place, len(said)) if said[at]), None)
            if at is None:
                if None in said or not self._is_there(each):
                    return Fulfilment("unknown", f"whether {what} was pressed can't be told", tuple(steps))
                return Fulfilment("unmet", f"{what} was not pressed{' in its turn' if True in said else ''}")
            steps.append(at)
            place = at + 1
        return Fulfilment("met", f"{quote(', '.join(asked.names) or asked.noun)} was pressed", tuple(steps))

    def _is_there(self, asked: Requirement) -> bool:
        """Whether what is asked for can be known by its name: it stands in quotation marks, or on a page."""
        if not asked.names:
            return any(numbered(page, asked.noun, asked.ordinal or 1) is not None for page in self.pages)
        return asked.quoted or all(
            any(nodes_named(page, name, asked.noun) for page in self.pages) for name in asked.names
        )

    # ---- to choose

    def _chosen(self, asked: Requirement) -> Fulfilment:
        page = self.end
        if page is None:
            return Fulfilment("unknown", "no page was seen")
        if not asked.names:
            what = quote(f"{asked.noun} {asked.ordinal}")
            index = numbered(page, asked.noun, asked.ordinal or 1)
            if index is None or page.nodes[index].role not in MARKED:
                return Fulfilment("unknown", f"{what} is not known")
            return self._marked(page, [index], what)
        names = self._names(asked)
        if names is None:
            return Fulfilment("unknown", f"{quote(asked.names[0])} is on no page that was seen")
        steps: list[int] = []
        for name in names:
            chosen = self._one_chosen(page, name, asked.noun)
            steps += chosen.steps
            if chosen.state != "met":
                return replace(chosen, steps=tuple(steps))
        return Fulfilment("met", f"{quote(', '.join(names))} is chosen", tuple(steps))

    def _names(self, asked: Requirement) -> tuple[str, ...] | None:
        """The names as the pages know them: an unquoted list may be one name or several."""
        if asked.quoted:
            return asked.names
        for parts in _readings_of(asked.names[0]):
            if all(any(shows(page, part) for page in self.pages) for part in parts):
                return parts
        return None

    def _one_chosen(self, page: Page, name: str, noun: str) -> Fulfilment:
        what, steps = quote(name), tuple(self._touching(name))
        marks = [index for index in nodes_named(page, name, noun) if page.nodes[index].role in MARKED]
        if marks:
            return self._marked(page, marks, what)
        if offering := lists_offering(page, name):
            values = [value for node in offering for value in (node.value or "", *(node.value or "").split(", "))]
            if any(same_value(value, name) or fold(value) == fold(name) for value in values):
                return Fulfilment("met", f"{what} is chosen", steps)
            return Fulfilment("unmet", f"{what} is not chosen")
        if any(same_value(node.value or "", name) for node in page.nodes if node.role in FIELDS):
            return Fulfilment("met", f"{what} is chosen", steps)
        if shows(page, name) and not shows(self.pages[0], name):
            return Fulfilment("met", f"{what} is shown now", steps)
        if len(steps) == 1 and shows(page, name):
            return Fulfilment("met", f"{what} was pressed", steps)
        if not steps and any(nodes_named(seen, name, "") for seen in self.pages):
            return Fulfilment("unmet", f"{what} was not chosen")
        return Fulfilment("unknown", f"whether {what} is chosen can't be told")

    def _marked(self, page: Page, indexes: Sequence[int], what: str) -> Fulfilment:
        if not any(is_marked(page.nodes[index]) for index in indexes):
            return Fulfilment("unmet", f"{what} is not chosen")
        names = {page.nodes[index].name for index in indexes if page.nodes[index].name.strip()}
        return Fulfilment(
            "met", f"{what} is chosen", tuple(at for name in sorted(names) for at in self._touching(name))
        )

    def _touching(self, name: str) -> Iterator[int]:
        """The places of the steps that press or choose an element of that name."""
        for place, transition in enumerate(self.transitions):
            action = transition.step.action
            if transition.before is None or not isinstance(action, _PRESSES):
                continue
            labels = [action.option] if isinstance(action, Select) else labels_of(transition.before, transition.target)
            if any(fold(label) == fold(name) for label in labels):
                yield place

    # ---- to enter

    def _entered(self, asked: Requirement) -> Fulfilment:
        value, what, page = asked.names[0], quote(asked.names[0]), self.end
        typed = [place for place, transition in enumerate(self.transitions) if entered_text(transition)]
        right = tuple(place for place in typed if same_value(entered_text(self.transitions[place]), value))
        if any(MASK in entered_text(self.transitions[place]) for place in typed):
            return Fulfilment("unknown", "a secret was typed", right)
        if page is None:
            return Fulfilment("unknown", "no page was seen", right)
        meant = fields_meant(page, asked.field, asked.ordinal)
        holding = [index for index in meant if same_value(page.nodes[index].value or "", value)]
        everywhere = [index for index in sorted(page.fields) if same_value(page.nodes[index].value or "", value)]
        if everywhere and not is_known_field(page, asked.field):
            return Fulfilment("unknown", f"which field {quote(asked.field)} is can't be told", right)
        if holding and (len(holding) == len(meant) if asked.every or len(meant) == 1 else len(everywhere) == 1):
            return Fulfilment("met", f"{what} is in its field", right)
        if len(meant) == 1 and not holding:
            return Fulfilment("unmet", f"{what} is not in its field")
        if not everywhere and (not right or page.fields):
            keyed = any(isinstance(transition.step.action, Key) for transition in self.transitions)
            return Fulfilment("unknown" if keyed and not right else "unmet", f"no field holds {what}")
        if asked.every and len(holding) < len(meant):
            return Fulfilment("unmet", f"{what} is not in all fields", right)
        return Fulfilment("unknown", f"whether {what} is in the right field can't be told", right)

    # ---- the rest

    def _waited(self, asked: Requirement, place: int) -> Fulfilment:
        """The time from the press before to the last one, as the observations before them tell it."""
        if self.last_press is None or not 0 < place <= self.last_press:
            return Fulfilment("unknown", "there was nothing to wait between")
        first, last = (self.transitions[at].step.before for at in (place - 1, self.last_press))
        if first is None or last is None:
            return Fulfilment("unknown", "how long was waited can't be told")
        waited = (last.time - first.time).total_seconds()
        why = f"{waited:.1f} seconds passed"
        if waited < asked.seconds - SLACK_SECONDS:
            return Fulfilment("unmet", why)
        return Fulfilment("met" if waited <= asked.seconds + SLACK_SECONDS else "unknown", why)

    def _touched(self, asked: Requirement) -> Fulfilment:
        """Whether a step acted on an element whose text has the name, or entered it."""
        name, doubt = asked.names[0], False
        for place, transition in enumerate(self.transitions):
            labels: tuple[str, ...] = (entered_text(transition),)
            if transition.before is not None and point_of(transition.step.action) is not None:
                labels = (*labels, *labels_of(transition.before, transition.target))
                doubt = doubt or len(labels) == 1
            if any(says(label, name) for label in labels):
                return Fulfilment("met", f"{quote(name)} was acted on", (place,))
        return Fulfilment("unknown" if doubt else "unmet", f"{quote(name)} was not acted on")

    def _expanded(self) -> Fulfilment:
        """Whether something was expanded, or there was nothing to expand."""
        if not self.pages or self.end is None:
            return Fulfilment("unknown", "no page was seen")
        if any(node.has("expanded") for node in self.end.nodes):
            return Fulfilment("met", "")
        could = any(node.has("collapsed") for node in self.pages[0].nodes)
        return Fulfilment("unmet", "nothing was expanded") if could else Fulfilment("met", "")

    def _acted(self, asked: Requirement) -> Fulfilment:
        kinds = _ACTS.get(asked.names[0])
        if kinds is not None and not any(isinstance(transition.step.action, kinds) for transition in self.transitions):
            return Fulfilment("unmet", f"no step could {asked.names[0]} anything")
        if not self.tried(len(self.transitions)):
            return Fulfilment("unmet", "no step changed anything")
        return Fulfilment("unknown", f"what it takes to {asked.names[0]} can't be told")


def entered_text(transition: Transition) -> str:
    """What the step typed or chose from a list, or nothing."""
    action = transition.step.action
    return action.text if isinstance(action, Type) else action.option if isinstance(action, Select) else ""


def is_sending(transition: Transition) -> bool:
    """Whether the step sends what was entered."""
    action, node = transition.step.action, transition.node
    if isinstance(action, Type):
        return action.submit
    if isinstance(action, Key):
        return action.keys == "Enter"
    return isinstance(action, Click) and node is not None and node.role == "button" and fold(node.name) in SENDS


def list_parts(name: str) -> tuple[str, ...]:
    """The parts of an unquoted list in words."""
    return tuple(part.strip().removeprefix("and ").strip() for part in name.split(",") if part.strip())


def _readings_of(name: str) -> Iterator[tuple[str, ...]]:
    """The ways to read an unquoted name: as one, as a list, as a list whose last two are joined by a word."""
    yield (name,)
    parts = list_parts(name)
    yield parts
    if parts and len(last := parts[-1].split(" and ")) == 2:
        yield (*parts[:-1], *(part.strip() for part in last))
