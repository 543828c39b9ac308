"""The walk that accomplishes something: what was never done is done, where it is known to be."""

from dataclasses import dataclass, replace
from functools import partial

from explorers.core.memory import Memory, short_key
from explorers.policies.forms import Filled
from explorers.policies.frontier import FrontierPolicy, Here, form_key, may_open, use_of
from explorers.policies.generated import TextGenerator
from explorers.policies.goal_graph import GoalGraph, goal_key, kin_key
from explorers.policies.goal_uses import goal_uses, is_sender
from explorers.policies.keyboard import is_desktop
from explorers.policies.options import Option
from explorers.policies.registry import Order
from explorers.policies.state_actions import Use
from explorers.policies.state_graph import Move, place_of
from explorers.policies.threads import LEAST, Places, Records, Thread, factor
from explorers.policies.view import View
from schemas.actions import Home, Reload
from schemas.records import Choice, Observation

FREE_MOVES = 6
MOVES_PART = 0.5
"""Of an episode's steps so many may be ways to elsewhere, and this part of the others: steps are for what is new."""


@dataclass(slots=True)
class _Budget:
    """How many steps an episode took, and how many of them were ways through what is known."""

    steps: int = 0
    moves: int = 0

    @property
    def allows(self) -> bool:
        """Whether another way may be begun."""
        return self.moves <= FREE_MOVES + MOVES_PART * self.steps


class GoalsPolicy(FrontierPolicy):
    """Picks what was never accomplished and goes there by the known graph.

    How it chooses, in plain words: each screen is read as a list of things to accomplish: a form to fill and send, a
    page that no link was followed to, a menu or a tab to open, a setting to change, a search to make, a button to
    press. Each has a worth by its sort; nearly nothing is left of it once it was done, and less with each of its kin
    (the second row of a table, the third page of a pager). A walk is made of threads, as a person's is of errands. A
    thread begins where the application does, with what is worth most for the steps that it takes to be there by known
    clicks, and goes on: what other pages have too is worth little to it then, what a page has of its own all it was; a
    list that was sorted, narrowed or searched has something opened. Where nothing is left, or after some steps, the
    next begins at home, on a desktop with the application anew. Among equals the seed draws. At most half of the steps
    may be ways to where something is left. A form is filled as the frontier fills it. Where all is done, it walks as
    the random walk does.

    What was accomplished is kept in the memory: with `--memory` the next run goes on with what is left.
    """

    version = "3"

    _graph: GoalGraph

    def __init__(
        self, memory: Memory | None = None, text: TextGenerator | None = None, *, order: Order = "depth"
    ) -> None:
        super().__init__(memory, text, order=order)
        self.name = "goals"
        self._budget = _Budget()
        self._places = Places()
        self._thread: Thread | None = None

    def _new_graph(self, order: Order) -> GoalGraph:
        return GoalGraph(self.memory, order)

    def begin(self, *, seed: int) -> None:
        """A new episode; what was accomplished stays, and the words that were seen."""
        if self._filler.filling is not None:
            self._count_form(*self._filler.filling)  # one that an episode was too short for
        values = self._episode.values
        super().begin(seed=seed)
        self._episode.values = values
        self._graph.begin()
        self._budget = _Budget()
        self._thread = None

    def choose(self, observation: Observation) -> Choice | None:
        """The next action, or None where nothing can be done."""
        choice = super().choose(observation)
        self._budget.steps += 1
        self._budget.moves += self._walk.moving is not None
        return choice

    def _chosen(self, view: View, here: Here) -> list[Option]:
        if self._thread is None:
            self._thread = Thread.begin(view, self._chance)
        raw = self._promising(here)
        self._graph.note_best(here.name, max((option.weight for option in raw), default=0.0))
        options = self._going_on(here, raw)
        best = max((option.weight for option in options), default=0.0)
        if self._thread.length and (self._thread.is_over or best < LEAST):
            turning = self._turning_back(here)
            if turning is not None:
                return [turning]
            self._thread = Thread.begin(view, self._chance)
            options = self._going_on(here, raw)
            best = max((option.weight for option in options), default=0.0)
        if not self._thread.length and best < GoalGraph.most:
            following = self._elsewhere(here, best)
            if following is not None:
                return [following]
        return self._best(view, options, best)

    def _turning_back(self, here: Here) -> Option | None:
        """The end of a thread: home, or a new start of a desktop's application; None where the next may begin here."""
        assert self._thread is not None
        if here.view.has_address:
            if here.view.page == self._thread.begun_at:
                return None
            self._thread = None
            return Option(Home(), "home", 1.0, ("home",))
        if not is_desktop(here.view.observation) or here.name == self._walk.start:
            return None
        self._thread = None
        return Option(Reload(), "restart", 1.0, ("restart",))

    def _elsewhere(self, here: Here, best: float) -> Option | None:
        """The first step to where more is left than here: by known clicks, and by an address where nothing else is."""
        if self._budget.allows:
            self._walk.moves = self._graph.path(here.name, best, lambda _: False)
        if best < LEAST and not self._walk.moves:
            opens = partial(may_open, here=here.view.observation.location)
            self._walk.moves = self._graph.path(here.name, best, opens, hopeful=not here.view.has_address)
        return self._following(here)

    def _going_on(self, here: Here, options: list[Option]) -> list[Option]:
        """The options by what they are worth to the thread."""
        assert self._thread is not None
        records = Records(here.view)
        weighed = []
        for option in options:
            use = use_of(option, here.uses)
            if use is None:
                weighed.append(option)
                continue
            weight = option.weight * factor(use, self._thread, self._places, records)
            if not self.memory.tally(goal_key(use.state_action)).tries:
                weight = max(weight, self._thread.floor(use, records))
            weighed.append(replace(option, weight=weight))
        return weighed

    def _uses_on(self, view: View) -> list[Use]:
        self._places.learn(view)
        return [self._places.told(use) for use in goal_uses(view, self.memory)]

    def _missed(self, move: Move, came_from: str, observation: Observation) -> None:
        """A page that was opened is where it was: what is to be done is looked for anew, and the way stays known."""
        location = observation.location or ""
        if move.element is None and "://" in location and place_of(location) == place_of(move.location):
            return
        super()._missed(move, came_from, observation)

    def _prospect(self, use: Use, view: View) -> float:
        """A button that sends a form is for when the form is filled; a long text that is there is left alone."""
        each = use.affordance
        if each is None:
            return 1.0
        if is_sender(view, each):
            return 0.02
        return 0.1 if each.node.has("multiline") and each.node.value else 1.0

    def _credit(self, chosen: Option, use: Use, before: Observation, *, fresh: bool) -> None:  # noqa: ARG002
        """Counts what was done, for itself and for its kin; a form counts when it is over."""
        state_action = use.state_action
        if self._walk.here is not None:
            self._graph.led(state_action.element, self._walk.here.name)
        if state_action.sort == "form" and (self._filler.active or self._filler.last is not None):
            return
        if self._thread is not None and self._walk.moving is None:
            self._thread.went(use, Records(self._view(before)))
        self.memory.count(goal_key(state_action), alive=1)
        self.memory.count(kin_key(state_action), alive=1)

    def _filled(self, filled: Filled) -> None:
        super()._filled(filled)
        self._count_form(filled.page, filled.name)

    def _count_form(self, page: str, name: tuple[str, ...]) -> None:
        self.memory.count(short_key("goals", "form", form_key(page, name)), alive=1)
