"""The walk that prefers what is new."""

from collections import Counter

from explorers.core.affordances import Affordance
from explorers.core.memory import short_key
from explorers.policies.keyboard import key_options
from explorers.policies.options import Option, back, scrolls
from explorers.policies.random import RandomPolicy, element_key
from explorers.policies.view import View
from schemas.actions import Back
from schemas.records import Choice, Observation, Outcome

LEAF = 1
"""A screen with so few new elements, or fewer, is the end of a way: turning back is likely there."""


class NoveltyPolicy(RandomPolicy):
    """Prefers what is new, with the weights of OS-Genesis's web walk (`random_walk_web.py`): 4, 3, 3, 1.

    New and unexplored 4, new and explored 3, unexplored and not new 3, else 1; "new" is what the screen before had not.
    The siblings of a list or a column share their weight by its square root, and what was used often fades: otherwise a
    table of a hundred links draws every step. Its memory lasts for the run.
    """

    name = "novelty"
    _families: Counter[tuple[str, ...]]

    def learn(self, before: Observation, choice: Choice, outcome: Outcome, after: Observation) -> None:
        """Remembers what was used and what was seen."""
        super().learn(before, choice, outcome, after)
        chosen = self._episode.chosen
        if chosen is None or chosen.action != choice.action:
            return
        if chosen.affordance is not None:
            self.memory.count(short_key("family", *chosen.affordance.family), alive=1)
        step = -1 if isinstance(choice.action, Back) else 1
        self._episode.depth = max(0, self._episode.depth + step)
        keys = self._view(after).keys
        if keys is not None:
            self.memory.visit(short_key("structure", keys.structure))
        self._episode.before = frozenset(each.identity for each in self._view(before).affordances)

    def _options(self, view: View) -> list[Option]:
        self._families = Counter(each.family for each in view.affordances)
        return super()._options(view)

    def _weight(self, each: Affordance) -> float:
        if self._is_dead(each.identity):
            return 0.02
        used = self.memory.tally(element_key(each.identity)).tries
        used_family = self.memory.tally(short_key("family", *each.family)).tries
        new, explored = each.identity not in self._episode.before, used > 0
        weight: float = 4 if new and not explored else 3 if new or not explored else 1
        weight /= self._families[each.family] ** 0.5
        weight /= (1 + used) ** 0.5
        weight /= (1 + used_family / 4) ** 0.5
        return weight

    def _moves(self, view: View, options: list[Option]) -> list[Option]:
        total = sum(option.weight for option in options)
        fresh = sum(option.identity not in self._episode.before for option in options)
        keys = view.keys
        visits = self.memory.visits(short_key("structure", keys.structure)) if keys is not None else 0
        if self._episode.depth < 2:
            part = 0.06
        elif fresh <= LEAF:
            part = 0.5
        else:
            part = 0.18 if visits <= 2 else 0.25
        return [
            *scrolls(view.observation, 0.1 * total or 1.0),
            *back(view.observation, part * total or 1.0),
            *key_options(view, 0.05 * total or 1.0),
        ]
