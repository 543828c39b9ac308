"""Frontier search: what was not tried yet, here or by the shortest known way elsewhere."""

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from explorers.affordances import Affordance, shape_of, submit_of, visible_point
from explorers.coverage import url_template
from explorers.generated import Generator
from explorers.memory import Door, Memory, State, short_key
from explorers.policies.graph import Move, Order, StateGraph, used_at
from explorers.policies.options import Option, form_key, left, prospect, scrolls
from explorers.policies.walk import RandomPolicy
from schemas.actions import Back, Open, Scroll, Type
from schemas.identity import canonical_location, stable_text
from schemas.keys import fraction, key
from schemas.records import Choice, Observation, Outcome

ENOUGH = 0.5
"""An element that promises so much is used before any way to another state is looked for."""

NEAR_BEST = 0.85
"""Of the elements that promise at least this part of the best, one is drawn."""

DEEP = 1_000
"""The depth of a state that no way from the start is known to."""

SPREAD = 0.3
"""How much explorers with a shared memory differ in what they prefer, as a part of the promise."""


@dataclass(slots=True)
class _Walk:
    """What the search remembers until the episode ends; `trail` are the places of the history."""

    here: tuple[Observation, str] | None = None
    moves: list[Move] = field(default_factory=list)
    moving: tuple[Move, str] | None = None
    trail: list[str] = field(default_factory=list)
    steps: int = 0
    form: str | None = None


class FrontierPolicy(RandomPolicy):
    """A search over the graph of states, shared by all episodes of a run and by all that share the memory.

    In each state the element is used that most likely shows something new: by what was seen of it, of its family and of
    elements of its sort, less with each use; a link by whether its address was visited. Where nothing here promises
    enough, the shortest known way leads to the state that promises most for the steps it takes (DroidBot's rule, with
    promises instead of the one bit "untried"): by the known clicks, or by opening its address. An edge that does not
    lead where it did before is given up, and the way planned again. `order` decides between states that promise alike:
    depth first takes the last one met; breadth first values a state less the deeper it lies.
    """

    def __init__(self, memory: Memory | None = None, made: Generator | None = None, *, order: Order = "depth") -> None:
        super().__init__(memory, made)
        self._order = order
        self._graph = StateGraph(self.memory, order)
        self._walk = _Walk()

    @property
    def name(self) -> str:
        """As the lake records it."""
        return "frontier" if self._order == "depth" else "frontier breadth"

    @property
    def version(self) -> str:
        """Changes when its choices would."""
        return "1"

    def begin(self, *, seed: int) -> None:
        """A new episode; the graph stays."""
        super().begin(seed=seed)
        self._walk = _Walk()

    def choose(self, observation: Observation) -> Choice | None:
        """The next action, or None where nothing can be done."""
        found = self._affordances(observation)
        here = self._arrive(observation, found)
        self._walk.steps += 1
        self._check_move(here)
        return super().choose(observation)

    def learn(self, before: Observation, choice: Choice, outcome: Outcome, after: Observation) -> None:
        """Remembers where the action led, and whether it showed something new."""
        super().learn(before, choice, outcome, after)
        chosen = self._episode.chosen
        if chosen is None or chosen.action != choice.action:
            return
        here, template = self._here(before), url_template(before.location)
        fresh = self._is_fresh(after)
        there = self._arrive(after, self._affordances(after), came=choice.action)
        if isinstance(choice.action, Open | Back) or here is None or there is None:
            return
        door = self._door(chosen, before, self._affordances(before))
        self.memory.take_edge(here, door.element, there)
        self.memory.count(used_at(before.location or "", door.element), alive=1)
        if door.goal:
            self._note_link(door, before, after)
        self._credit(chosen, door, template, fresh)

    # ---- what was seen

    def _here(self, observation: Observation) -> str | None:
        known = self._walk.here
        return known[1] if known is not None and known[0] is observation else None

    def _arrive(self, observation: Observation, found: tuple[Affordance, ...], came: object = None) -> str | None:
        """The state of an observation, after the graph learned of it."""
        known = self._here(observation)
        if known is not None:
            return known
        keys = self._keys(observation)
        if keys is None:
            return None
        name = self._graph.state_of(keys, observation.location)
        place = canonical_location(observation.location)
        trail = self._walk.trail
        moved = not trail or trail[-1] != place
        if isinstance(came, Back):
            del trail[-1:]
            if not trail or trail[-1] != place:
                trail[:] = [place]
        elif moved:
            trail.append(place)
        self.memory.visit(short_key("place", place))
        if not self._walk.steps and came is None:
            self._is_fresh(observation)
        at_top = observation.scroll is None or observation.scroll.y <= 0
        options = self._all_options(observation, found)
        doors = tuple(self._door(option, observation, found) for option in options)
        self._graph.arrive(
            name,
            State(
                location=observation.location or "",
                template=short_key("template", url_template(observation.location)),
                opens=moved and at_top and not left(observation),
                depth=self._depth(came),
                doors=doors,
            ),
        )
        self._walk.here = (observation, name)
        return name

    def _depth(self, came: object) -> int:
        """The steps from the start to a state that is reached now, by the shortest way known to the one before it."""
        if self._walk.here is None or isinstance(came, Open | Back):
            return 0 if self._walk.here is None else DEEP
        before = self.memory.state(self._walk.here[1])
        return DEEP if before is None else min(before.depth + 1, DEEP)

    def _is_fresh(self, observation: Observation) -> bool:
        """Whether what the screen says was never seen on a page of this template; it counts as seen from then on."""
        if observation.tree is None:
            return False
        words = sorted({f"{node.role} {stable_text(node.name)}" for node in observation.tree.nodes})
        sight = short_key("sight", key(url_template(observation.location), words))
        fresh = self.memory.visits(sight) == 0
        self.memory.visit(sight)
        return fresh

    def _note_link(self, door: Door, before: Observation, after: Observation) -> None:
        """Counts the place that a link names as visited, even if it led elsewhere: one that leads nowhere is a button."""
        place = canonical_location(after.location)
        if short_key("place", place) != door.goal:
            self.memory.visit(door.goal)
            if place == canonical_location(before.location):
                self.memory.visit(short_key("button", door.element))

    def _credit(self, chosen: Option, door: Door, template: str, fresh: bool) -> None:
        """Counts the use for the element, its family, and its family on pages like this one.

        A field shows nothing new before its form is sent: what sending shows counts for the form.
        """
        each, action = chosen.affordance, chosen.action
        self.memory.count(door.element, fresh=int(fresh))
        if door.sort != "fill" or (isinstance(action, Type) and action.submit):
            self.memory.count(short_key(door.sort, door.family), alive=1, fresh=int(fresh))
            self.memory.count(short_key("here", short_key("template", template), door.family), alive=1)
            self._walk.form = None
        elif each is not None and each.form is not None:
            self._walk.form = door.family
            return
        if self._walk.form is not None and each is not None and each.node.role == "button" and each.form is not None:
            self.memory.count(short_key("fill", self._walk.form), alive=1, fresh=int(fresh))
            self.memory.count(short_key("here", short_key("template", template), self._walk.form), alive=1)
        self._walk.form = None

    # ---- what can be done

    def _all_options(self, observation: Observation, found: tuple[Affordance, ...]) -> list[Option]:
        """Every element that may be used and every way to scroll, whatever was used before; without texts."""
        options = []
        for each in found:
            if self._leads_off(each.identity) or (each.kind != "press" and self._sends_away(each, found)):
                continue
            options.append(Option(Back(), each.label, 0.0, each.identity, each.target, each))
        down = [option for option in scrolls(observation, 1.0) if option.identity == ("scroll", "down")]
        return [*options, *down, *_inner_scrolls(observation)]

    def _door(self, option: Option, observation: Observation, found: tuple[Affordance, ...]) -> Door:
        each = option.affordance
        if each is None:
            template = url_template(observation.location)
            return Door(
                short_key("element", *option.identity), short_key("scroll", template, *option.identity), "scroll"
            )
        node = each.node
        element = short_key("element", *each.identity)
        if node.href and each.kind == "press" and not node.href.startswith("javascript:"):
            if "#" in node.href and canonical_location(node.href) == canonical_location(observation.location):
                return Door(element, short_key("family", *each.family), "anchor")
            goal = short_key("place", canonical_location(node.href))
            element = short_key("element", *each.identity, goal)
            if self.memory.visits(short_key("button", element)):
                return Door(element, short_key("family", *each.family), "press")
            return Door(element, _link_family(node.href), "link", goal)
        if each.kind == "press":
            return Door(element, short_key("family", *each.family), "press")
        if each.kind in ("fill", "choose") and (
            each.form is None or submit_of(found, each.form) or each.kind == "fill"
        ):
            form = form_key(observation, each) if each.form is not None else each.identity
            return Door(element, short_key("form", url_template(observation.location), *form), "fill")
        return Door(element, short_key("family", *each.family), each.kind)

    def _options(self, observation: Observation, found: tuple[Affordance, ...]) -> list[Option]:
        here = self._here(observation)
        if here is None:
            return super()._options(observation, found)
        following = self._following(observation, found, here)
        if following is not None:
            return [following]
        options = self._promising(observation, found, here)
        best = max((option.weight for option in options), default=0.0)
        self._graph.found(here, best)
        if best < ENOUGH:
            moves = self._graph.way(here, best, lambda location: _may_open(location, observation.location))
            if moves:
                self._walk.moves = moves
                following = self._following(observation, found, here)
                if following is not None:
                    return [following]
        if best < 0.02:
            return super()._options(observation, found)
        return [option for option in options if option.weight >= NEAR_BEST * best]

    def _promising(self, observation: Observation, found: tuple[Affordance, ...], here: str) -> list[Option]:
        """What can be done here, weighted by its promise."""
        state = self.memory.state(here)
        if state is None:
            return []
        options = []
        for option in self._all_options(observation, found):
            door = self._door(option, observation, found)
            promise = self._graph.promise(door, here, state) * self._taste(door)
            if self._order == "breadth":
                promise /= 1 + state.depth
            each = option.affordance
            if each is None:
                options.append(_weighted(option, promise))
                continue
            if door.sort in ("press", "tick", "choose", "fill"):
                promise *= prospect(each, found, observation.location)
            made = self._option(each, found, observation, promise) if promise > 0 else None
            if made is not None:
                options.append(made)
        return self._without_idle(options, observation)

    def _taste(self, door: Door) -> float:
        """A factor near 1 by which explorers that share a memory come to differ."""
        if not self.memory.explorer:
            return 1.0
        return 1 - SPREAD / 2 + SPREAD * fraction("taste", self.memory.explorer, door.element)

    # ---- on the way elsewhere

    def _check_move(self, here: str | None) -> None:
        """After a move of the way: goes on if it led where it should, else gives the way up."""
        moving, self._walk.moving = self._walk.moving, None
        if moving is not None and moving[0].state != here:
            self._graph.broke(*moving)
            self._walk.moves = []

    def _following(self, observation: Observation, found: tuple[Affordance, ...], here: str) -> Option | None:
        """The next move of the way as an option of this screen, or None where there is none, or it can't be made."""
        if not self._walk.moves:
            return None
        move = self._walk.moves.pop(0)
        option = self._move_option(move, observation, found)
        if option is None:
            self._graph.broke(move, here)
            self._walk.moves = []
            return None
        self._walk.moving = (move, here)
        return option

    def _move_option(self, move: Move, observation: Observation, found: tuple[Affordance, ...]) -> Option | None:
        if move.element is None:
            trail = self._walk.trail
            if observation.can_go_back and len(trail) > 1 and trail[-2] == canonical_location(move.location):
                return Option(Back(), "back", 1.0, ("back",))
            return Option(Open(move.location), f"open {url_template(move.location)}", 1.0, ("open", move.location))
        for option in self._all_options(observation, found):
            if self._door(option, observation, found).element == move.element:
                if option.affordance is None:
                    return _weighted(option, 1.0)
                return self._option(option.affordance, found, observation, 1.0)
        return None


def _weighted(option: Option, weight: float) -> Option:
    return Option(option.action, option.name, weight, option.identity, option.target, option.affordance)


def _inner_scrolls(observation: Observation) -> list[Option]:
    """Down in each part of the page that scrolls by itself."""
    screen, tree = observation.screen, observation.tree
    if screen is None or tree is None:
        return []
    options = []
    for node in tree.nodes:
        if node.has("scrollable") and node.box is not None and node.box.height >= 80:
            point = visible_point(node, screen.width, screen.height)
            if point is not None:
                far = round(min(node.box.height, screen.height) * 0.75)
                identity = ("scroll", "inside", node.role, shape_of(node))
                options.append(Option(Scroll(0, far, point), "scroll down inside", 1.0, identity))
    return options[:5]


def _link_family(href: str) -> str:
    """What links are alike in: where they lead, with ids replaced, and by the names of the query's fields."""
    try:
        names = sorted({name for name, _ in parse_qsl(urlsplit(href).query, keep_blank_values=True)})
    except ValueError:
        names = []
    return short_key("link", url_template(href), *names)


def _may_open(location: str, here: str | None) -> bool:
    """Whether a known address may be opened from here: a page of the same host."""
    try:
        there, now = urlsplit(location), urlsplit(here or "")
    except ValueError:
        return False
    return there.scheme in ("http", "https") and there.netloc == now.netloc
