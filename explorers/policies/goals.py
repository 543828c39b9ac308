"""The walk that accomplishes something: what was never done is done, where it is known to be."""

from dataclasses import dataclass

from explorers.core.memory import Memory, short_key
from explorers.policies.forms import Filled
from explorers.policies.frontier import FrontierPolicy, form_key
from explorers.policies.generated import TextGenerator
from explorers.policies.goal_graph import GoalGraph, goal_key, kin_key
from explorers.policies.goal_uses import goal_uses, is_sender
from explorers.policies.options import Option
from explorers.policies.registry import Order
from explorers.policies.state_actions import Use
from explorers.policies.state_graph import Move, place_of
from explorers.policies.view import View
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
    (the second row of a table, the third page of a pager). Of all things in all states that are known, the one is
    taken that is worth most for the steps that it takes to be there: on this screen without any, elsewhere by the known
    clicks or by opening an address. Among equals the seed draws. At most half of the steps may be ways to elsewhere.
    A form is filled as the frontier fills it. Where all is done, it walks as the frontier's random walk does.

    What was accomplished is kept in the memory: with `--memory` the next run goes on with what is left.
    """

    version = "1"

    _graph: GoalGraph

    def __init__(
        self, memory: Memory | None = None, text: TextGenerator | None = None, *, order: Order = "depth"
    ) -> None:
        super().__init__(memory, text, order=order)
        self.name = "goals"
        self._budget = _Budget()

    def _new_graph(self, order: Order) -> GoalGraph:
        return GoalGraph(self.memory, order)

    @property
    def _enough(self) -> float:
        return GoalGraph.most if self._budget.allows else 0.0

    def begin(self, *, seed: int) -> None:
        """A new episode; what was accomplished stays."""
        super().begin(seed=seed)
        self._graph.begin()
        self._budget = _Budget()

    def choose(self, observation: Observation) -> Choice | None:
        """The next action, or None where nothing can be done."""
        choice = super().choose(observation)
        self._budget.steps += 1
        self._budget.moves += self._walk.moving is not None
        return choice

    def _uses_on(self, view: View) -> list[Use]:
        return goal_uses(view, self.memory)

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
        self.memory.count(goal_key(state_action), alive=1)
        self.memory.count(kin_key(state_action), alive=1)

    def _filled(self, filled: Filled) -> None:
        super()._filled(filled)
        self.memory.count(short_key("goals", "form", form_key(filled.page, filled.name)), alive=1)
