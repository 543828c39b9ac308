"""Frontier search: what was not tried yet, here or by the shortest known path elsewhere."""

from dataclasses import dataclass, field, replace
from functools import partial
from typing import Self
from urllib.parse import urlsplit

from explorers.core.affordances import Affordance
from explorers.core.coverage import url_template
from explorers.core.experience import NOT_AGAIN
from explorers.core.memory import Memory, StateAction, StateNode, short_key
from explorers.policies.form_parts import form_name, is_field, is_record_form
from explorers.policies.forms import Filled, FormFiller, Plan
from explorers.policies.generated import TextGenerator
from explorers.policies.options import Option, back, prospect
from explorers.policies.random import RandomPolicy, element_key
from explorers.policies.registry import Order, PolicyParts
from explorers.policies.state_actions import Use, button_key, uses_of
from explorers.policies.state_graph import Move, StateGraph, place_of, used_at
from explorers.policies.view import View
from schemas.actions import Action, Back, LongPress, Open, Reload, Type
from schemas.identity import stable_text
from schemas.keys import fraction, key
from schemas.records import Choice, Observation, Outcome

ENOUGH = 0.5
"""An element that promises so much is used before any path to another state is looked for."""

NEAR_BEST = 0.85
"""Of the elements that promise at least this part of the best, one is drawn."""

EXHAUSTED = 0.02
"""Where nothing promises more, here or elsewhere, the walk is the random one."""

DEEP = 1_000
"""The depth of a state that no path from the start is known to."""

SPREAD = 0.3
"""How much explorers with a shared memory differ in what they prefer, as a part of the promise."""


@dataclass(frozen=True, slots=True)
class Here:
    """A state that was arrived at, and what can be used in it."""

    view: View
    name: str
    uses: tuple[Use, ...]


@dataclass(slots=True)
class _Walk:
    """What the search remembers until the episode ends.

    `moves` are what is left of the path that it is on, `moving` the move just made and where it was made; `trail` are
    the places of the history; `form` is the family of the form that is being filled; `start` is the first state.
    """

    here: Here | None = None
    moves: list[Move] = field(default_factory=list)
    moving: tuple[Move, str] | None = None
    start: str | None = None
    trail: list[str] = field(default_factory=list)
    form: str | None = None


class FrontierPolicy(RandomPolicy):
    """A search over the graph of states, shared by all episodes of a run and by all that share the memory.

    In each state the element is used that most likely shows something new: by what was seen of it, of its family and of
    elements of its sort, less with each use; a link by whether its address was visited. Where nothing here promises
    enough, the shortest known path leads to the state that promises most for the steps it takes (DroidBot's rule, with
    promises instead of the one bit "untried"): by the known clicks, or by opening its address. An edge that does not
    lead where it did before is given up, and the path planned again. `order` decides between states that promise alike:
    depth first takes the last one met; breadth first values a state less the deeper it lies.

    A form that keeps something is filled as a task would: every field by its kind and label, with values that fit
    together, then sent, and what was saved is looked for. The next time it is sent with a value that it should refuse,
    and corrected; that only where a reset puts back what is changed, or where nothing is known to be sent. What can be
    dragged is dragged, and the keys that the application lists are pressed.
    """

    version = "5"

    def __init__(
        self, memory: Memory | None = None, text: TextGenerator | None = None, *, order: Order = "depth"
    ) -> None:
        super().__init__(memory, text)
        self.name = "frontier" if order == "depth" else "frontier breadth"
        self._order = order
        self._graph = self._new_graph(order)
        self._walk = _Walk()
        self._filler = self._new_filler()
        self._kept = False

    def _new_graph(self, order: Order) -> StateGraph:
        return StateGraph(self.memory, order)

    def _new_filler(self) -> FormFiller:
        return FormFiller(self._text, self._chance, lambda each: self.memory.tally(element_key(each.identity)).tries)

    @classmethod
    def build(cls, parts: PolicyParts) -> Self:
        """The policy of these parts."""
        return cls(parts.memory, parts.text, order=parts.order)

    def begin(self, *, seed: int) -> None:
        """A new episode; the graph stays."""
        super().begin(seed=seed)
        self._walk = _Walk()
        self._filler = self._new_filler()

    def choose(self, observation: Observation) -> Choice | None:
        """The next action, or None where nothing can be done."""
        if self._here(observation) is None:
            self._is_fresh(observation)
            self._arrive(observation, None)
        here = self._here(observation)
        moving, self._walk.moving = self._walk.moving, None
        went_back = self._episode.chosen is not None and isinstance(self._episode.chosen.action, Back)
        if moving is not None and (here is None or moving[0].state != here.name):
            if not went_back:  # the history may hold another state of the page than opening its address shows
                self._missed(*moving, observation)
            self._walk.moves = []
        return super().choose(observation)

    def learn(self, before: Observation, choice: Choice, outcome: Outcome, after: Observation) -> None:
        """Remembers where the action led, and whether it showed something new."""
        super().learn(before, choice, outcome, after)
        chosen, here = self._episode.chosen, self._here(before)
        if chosen is None or chosen.action != choice.action:
            self._filler.drop()
            return
        self._kept = self._kept or NOT_AGAIN in (after.notice or "")
        if self._filler.active:
            self._episode.form = None  # it has a memory of its own of what was filled
        self._filler.learn(self._view(before), chosen, outcome, self._view(after))
        if self._filler.last is not None:
            self._filled(self._filler.last)
        use = None if here is None else use_of(chosen, here.uses)
        if use is not None and use.state_action.goal:
            self._note_link(use.state_action, before, after)
        fresh = self._is_fresh(after)
        self._arrive(after, choice.action)
        there = self._here(after)
        if use is None or here is None or there is None:
            return
        self.memory.take_edge(here.name, use.state_action.element, there.name)
        self.memory.count(used_at(before.location or "", use.state_action.element), alive=1)
        self._credit(chosen, use, before, fresh=fresh)

    def _missed(self, move: Move, came_from: str, observation: Observation) -> None:  # noqa: ARG002
        """A move of the path did not lead where it was expected to."""
        self._graph.broke(move, came_from)

    # ---- what was seen

    def _here(self, observation: Observation) -> Here | None:
        here = self._walk.here
        return here if here is not None and here.view.observation is observation else None

    def _arrive(self, observation: Observation, came: Action | None) -> None:
        """Tells the graph of the state that an action led to, or that the episode begins with."""
        view = self._view(observation)
        if view.keys is None:
            self._walk.here = None
            return
        name = self._graph.state_of(view.keys, observation.location, texts=not view.has_address)
        if isinstance(came, Reload) and not view.has_address and self._walk.start is not None:
            self._walk.start = self._graph.start = name  # what was set may outlive an application: so it starts now
        place, trail = place_of(observation.location), self._walk.trail
        moved = not trail or trail[-1] != place
        if isinstance(came, Back):
            del trail[-1:]
            if not trail or trail[-1] != place:
                trail[:] = [place]
        elif moved:
            trail.append(place)
        self.memory.visit(place)
        uses = tuple(
            use for use in self._uses_on(view) if use.affordance is None or not self._is_barred(use.affordance, view)
        )
        if view.is_outside and not view.has_address:
            uses = ()  # in another app nothing is to be done
        at_top = observation.scroll is None or observation.scroll.y <= 0
        self._graph.arrive(
            name,
            StateNode(
                location=observation.location or "",
                template=short_key("template", url_template(observation.location)),
                opens=self._opens(name, view, moved=moved) and at_top and not view.is_outside,
                depth=self._depth(came),
                actions=tuple(use.state_action for use in uses),
            ),
        )
        self._walk.here = Here(view, name, uses)

    def _uses_on(self, view: View) -> list[Use]:
        """What can be used on a screen."""
        return uses_of(view, self.memory)

    def _opens(self, name: str, view: View, *, moved: bool) -> bool:
        """Whether a state can be come to from anywhere: by its address, or by starting the app anew."""
        if self._walk.start is None:
            self._walk.start = name
            self._graph.start = None if view.has_address else name
        return moved if view.has_address else name == self._walk.start

    def _is_barred(self, each: Affordance, view: View) -> bool:
        """Whether an element is known to lead off the site, or its form is."""
        if self._leads_off(each.identity):
            return True
        return each.kind != "press" and self._sends_away(each, view)

    def _depth(self, came: Action | None) -> int:
        """The steps from the start to a state that is reached now, by the shortest path known to the one before it."""
        if came is None:
            return 0
        before = None if self._walk.here is None else self.memory.state(self._walk.here.name)
        return DEEP if before is None or isinstance(came, Open | Back | Reload) else min(before.depth + 1, DEEP)

    def _is_fresh(self, observation: Observation) -> bool:
        """Whether what the screen says was never seen on a page of this template; it counts as seen from then on."""
        if observation.tree is None:
            return False
        words = sorted({f"{node.role} {stable_text(node.name)}" for node in observation.tree.nodes})
        sight = key("sight", url_template(observation.location), words)[:16]
        fresh = self.memory.visits(sight) == 0
        self.memory.visit(sight)
        return fresh

    def _note_link(self, state_action: StateAction, before: Observation, after: Observation) -> None:
        """Counts the place that a link names as visited, wherever it led; one that leads nowhere is a button."""
        place = place_of(after.location)
        if place != state_action.goal:
            self.memory.visit(state_action.goal)
            if place == place_of(before.location):
                self.memory.visit(button_key(state_action.element))

    def _credit(self, chosen: Option, use: Use, before: Observation, *, fresh: bool) -> None:
        """Counts the use for the element, its family, and its family on pages like this one.

        A field shows nothing new before its form is sent: what sending shows counts for the form.
        """
        state_action, each, action = use.state_action, use.affordance, chosen.action
        self.memory.count(state_action.element, fresh=int(fresh))
        form, self._walk.form = self._walk.form, None
        if state_action.sort == "fill" and not (isinstance(action, Type) and action.submit):
            self._walk.form = state_action.family
            return
        self._count_family(state_action.sort, state_action.family, before, fresh=fresh)
        if form is not None and each is not None and each.node.role == "button" and each.form is not None:
            self._count_family("fill", form, before, fresh=fresh)

    def _count_family(self, sort: str, family: str, before: Observation, *, fresh: bool) -> None:
        template = short_key("template", url_template(before.location))
        self.memory.count(short_key(sort, family), alive=1, fresh=int(fresh))
        self.memory.count(short_key("here", template, family), alive=1)

    # ---- forms

    def _form_options(self, view: View) -> list[Option]:
        """The next step in the form that was begun, or towards what was saved by it."""
        if not self._filler.active:
            return super()._form_options(view)
        option = self._filler.next(view)
        if option is None and self._filler.last is not None:
            self._filled(self._filler.last)
        return [] if option is None else [option]

    def _taken_up(self, drawn: Option, view: View) -> Option:
        """The drawn option, or the first step in the form whose field it is."""
        each = drawn.affordance
        if self._filler.active or each is None or not is_field(each) or not is_record_form(view, each):
            return drawn
        if self._walk.moving is not None or isinstance(drawn.action, LongPress):
            return drawn
        return self._filler.begin(view, each, self._plan(view, each)) or drawn

    def _plan(self, view: View, each: Affordance) -> Plan:
        """What a form gets this time: what fits, at first and where it would be kept; what it should refuse, once."""
        form = form_key(view.observation.location, form_name(view, each))
        saved, tried = self.memory.tally(short_key("saved", form)), self.memory.tally(short_key("refusable", form))
        return "refusable" if saved.tries and not tried.tries and not self._kept else "fitting"

    def _filled(self, filled: Filled) -> None:
        """Remembers how a form ended."""
        form = form_key(filled.page, filled.name)
        self.memory.count(short_key("saved", form), alive=int(filled.end == "saved"), dead=int(filled.end != "saved"))
        if filled.plan == "refusable":
            self.memory.count(short_key("refusable", form), alive=1)

    # ---- what can be done

    def _options(self, view: View) -> list[Option]:
        here = self._here(view.observation)
        if here is None:
            return super()._options(view)
        following = self._following(here)
        if following is not None:
            return [following]
        return self._chosen(view, here)

    def _chosen(self, view: View, here: Here) -> list[Option]:
        """What may be done on a screen to which no path is under way."""
        options = self._promising(here)
        best = max((option.weight for option in options), default=0.0)
        self._graph.note_best(here.name, best)
        if best < ENOUGH:
            opens = partial(may_open, here=view.observation.location)
            self._walk.moves = self._graph.path(here.name, best, opens)
            if best < EXHAUSTED and not self._walk.moves and not view.has_address:
                # What led there once may do so again, where no address does.
                self._walk.moves = self._graph.path(here.name, best, opens, hopeful=True)
            following = self._following(here)
            if following is not None:
                return [following]
        return self._best(view, options, best)

    def _best(self, view: View, options: list[Option], best: float) -> list[Option]:
        """The options that come near the best one, or any at random where nothing is left."""
        if best < EXHAUSTED:
            return super()._options(view)
        return [option for option in options if option.weight >= NEAR_BEST * best]

    def _promising(self, here: Here) -> list[Option]:
        """What can be done here, weighted by its promise."""
        state = self.memory.state(here.name)
        if state is None:
            return []
        options = []
        for use in here.uses:
            promise = self._graph.promise(use.state_action, here.name, state) * self._taste(use.state_action)
            if self._order == "breadth":
                promise /= 1 + state.depth
            promise *= self._prospect(use, here.view)
            option = self._option_of(use, here.view, promise) if promise > 0 else None
            if option is not None:
                options.append(option)
        return self._without_idle(options, here.view)

    def _prospect(self, use: Use, view: View) -> float:
        """How promising what can be used is by its kind alone, as a factor."""
        if use.affordance is None or use.state_action.sort not in ("press", "tick", "choose", "fill"):
            return 1.0
        return prospect(use.affordance, view)

    def _option_of(self, use: Use, view: View, weight: float) -> Option | None:
        if use.affordance is not None:
            return self._option(use.affordance, view, weight)
        return None if use.move is None else replace(use.move, weight=weight)

    def _taste(self, state_action: StateAction) -> float:
        """A factor near 1 by which explorers that share a memory come to differ."""
        if not self.memory.explorer:
            return 1.0
        return 1 - SPREAD / 2 + SPREAD * fraction("taste", self.memory.explorer, state_action.element)

    # ---- on the path elsewhere

    def _following(self, here: Here) -> Option | None:
        """The next move of the path as an option of this screen, or None where there is none, or it can't be made."""
        if not self._walk.moves:
            return None
        move = self._walk.moves.pop(0)
        option = self._move_option(move, here)
        if option is None:
            self._graph.broke(move, here.name)
            self._walk.moves = []
            return None
        self._walk.moving = (move, here.name)
        return option

    def _move_option(self, move: Move, here: Here) -> Option | None:
        if move.element is None and not here.view.has_address:
            return Option(Reload(), "restart", 1.0, ("restart",))
        if move.element is None:
            trail = self._walk.trail
            if len(trail) > 1 and trail[-2] == place_of(move.location) and (options := back(here.view.observation)):
                return options[0]
            return Option(Open(move.location), f"open {url_template(move.location)}", 1.0, ("open", move.location))
        for use in here.uses:
            if use.state_action.element == move.element:
                return self._option_of(use, here.view, 1.0)
        return None


def form_key(location: str | None, name: tuple[str, ...]) -> str:
    """The name of a form in a memory: the same on all pages of a template."""
    return short_key("form", url_template(location), *name)


def use_of(chosen: Option, uses: tuple[Use, ...]) -> Use | None:
    """What was used by an option."""
    for use in uses:
        if use.affordance is not None and use.affordance is chosen.affordance:
            return use
        if use.move is not None and use.move.action == chosen.action:
            return use
    return None


def may_open(location: str, here: str | None) -> bool:
    """Whether a known address may be opened from here: a page of the same host, or the start of an app."""
    if "://" not in location and "://" not in (here or ""):
        return True
    try:
        there, now = urlsplit(location), urlsplit(here or "")
    except ValueError:
        return False
    return there.scheme in ("http", "https") and there.netloc == now.netloc
