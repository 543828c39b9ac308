"""Policies without a model: a random walk, and one that prefers what is new."""

from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from explorers.affordances import Affordance, affordances, fields_of, is_search, leads_here, submit_of
from explorers.values import SeenValues, is_blank, option_for, value_for
from schemas.actions import Action, Back, Click, Scroll, Select, Type
from schemas.identity import StateKeys, canonical_location, state_keys
from schemas.records import Candidate, Choice, Observation, Outcome, Target, is_page

CANDIDATES = 10
"""Candidates that a choice records, by falling score."""

LEAF = 1
"""A screen with so few new elements, or fewer, is the end of a way: turning back is likely there."""

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


@dataclass(slots=True)
class _Form:
    """A form that is being filled: the page it is on, what it is told by, and which fields were dealt with."""

    place: str
    form: tuple[str, ...]
    done: set[tuple[str, ...]] = field(default_factory=set)


@dataclass(slots=True)
class _Episode:
    """What a policy remembers until the episode ends; `depth` counts the steps forward less those back."""

    seen: SeenValues = field(default_factory=SeenValues)
    form: _Form | None = None
    idle: set[tuple[str, tuple[str, ...]]] = field(default_factory=set)
    chosen: Option | None = None
    before: frozenset[tuple[str, ...]] = frozenset()
    depth: int = 0
    found: tuple[Observation, tuple[Affordance, ...]] | None = None
    keys: tuple[tuple[Observation, StateKeys | None], ...] = ()


class RandomPolicy:
    """OS-Genesis's walk (App. B, `random_walk_aw.py`): each usable element weighs 10, scroll down, up and back 1 each.

    An element that changed nothing is dead for the rest of the run. Text comes from the page instead of a model; forms
    are filled field by field and then sent.
    """

    def __init__(self) -> None:
        self._chance = Random(0)
        self._dead: Counter[tuple[str, ...]] = Counter()
        self._alive: Counter[tuple[str, ...]] = Counter()
        self._away: set[tuple[str, ...]] = set()
        self._episode = _Episode()

    @property
    def name(self) -> str:
        """As the lake records it."""
        return "random"

    @property
    def version(self) -> str:
        """Changes when its choices would."""
        return "1"

    def begin(self, *, seed: int) -> None:
        """A new episode; what is known of dead elements stays."""
        self._chance = Random(seed)
        self._episode = _Episode()

    def choose(self, observation: Observation) -> Choice | None:
        """The next action, or None where nothing can be done."""
        if observation.tree is not None:
            self._episode.seen.learn(observation.tree)
        found = self._affordances(observation)
        options = self._form_options(observation, found) or self._options(observation, found)
        options = [option for option in options if option.weight > 0]
        if not options:
            return None
        chosen = self._chance.choices(options, [option.weight for option in options])[0]
        total = sum(option.weight for option in options)
        best = sorted(options, key=lambda option: -option.weight)[:CANDIDATES]
        self._episode.chosen = chosen
        return Choice(
            action=chosen.action,
            target=chosen.target,
            candidates=tuple(Candidate(each.action, each.name, round(each.weight / total, 6)) for each in best),
        )

    def learn(self, before: Observation, choice: Choice, outcome: Outcome, after: Observation) -> None:
        """Remembers what changed nothing, and where a form was touched."""
        chosen = self._episode.chosen
        if chosen is None or chosen.action != choice.action:
            return
        old, new = self._keys(before), self._keys(after)
        changed = old is None or new is None or old.content != new.content
        if _left(after):
            self._away.add(chosen.identity)
        if changed and outcome.result == "ok":
            self._alive[chosen.identity] += 1
        else:
            self._dead[chosen.identity] += 1
            if old is not None:
                self._episode.idle.add((old.content, chosen.identity))
        self._note_form(before, chosen, after)

    # ---- what the kinds of policy share

    def _affordances(self, observation: Observation) -> tuple[Affordance, ...]:
        known = self._episode.found
        if known is None or known[0] is not observation:
            known = self._episode.found = (observation, affordances(observation))
        return known[1]

    def _keys(self, observation: Observation) -> StateKeys | None:
        """The keys of an observation; those of the last two are kept, because each is asked for several times."""
        for known, keys in self._episode.keys:
            if known is observation:
                return keys
        keys = state_keys(observation)
        self._episode.keys = (*self._episode.keys[-1:], (observation, keys))
        return keys

    def _options(self, observation: Observation, found: tuple[Affordance, ...]) -> list[Option]:
        options = []
        for each in found:
            if each.identity in self._away or leads_here(each.node, observation.location):
                continue
            if each.kind != "press" and self._sends_away(each, found):
                continue
            weight = self._weight(each) * _prospect(each, found, observation.location)
            if weight > 0:
                option = self._option(each, found, observation, weight)
                if option is not None:
                    options.append(option)
        return self._without_idle([*options, *self._moves(observation, options)], observation)

    def _weight(self, each: Affordance) -> float:
        return 0.0 if self._is_dead(each.identity) else 10.0

    def _moves(self, observation: Observation, options: list[Option]) -> list[Option]:  # noqa: ARG002
        return [*_scrolls(observation, 1.0), *_back(observation, 1.0)]

    def _is_dead(self, identity: tuple[str, ...]) -> bool:
        return self._dead[identity] > 0 and self._alive[identity] == 0

    def _sends_away(self, each: Affordance, found: tuple[Affordance, ...]) -> bool:
        """Whether the form of a field is known to lead to something that is no page."""
        submit = None if each.form is None else submit_of(found, each.form)
        return submit is not None and submit.identity in self._away

    def _without_idle(self, options: list[Option], observation: Observation) -> list[Option]:
        keys = self._keys(observation)
        if keys is None:
            return options
        lively = [option for option in options if (keys.content, option.identity) not in self._episode.idle]
        return lively or options

    def _option(
        self, each: Affordance, found: tuple[Affordance, ...], observation: Observation, weight: float
    ) -> Option | None:
        node = each.node
        action: Action
        match each.kind:
            case "press" | "tick":
                action = Click(each.point)
            case "choose":
                option = option_for(node, self._episode.seen, self._chance)
                if option is None:
                    return None
                action = Select(option, each.point)
            case "fill":
                fields = fields_of(found, each.form)
                blank = _blank_list_before(each, fields)
                if blank is not None:
                    return self._option(blank, found, observation, weight)
                before = [other.node for other in reversed(fields) if other.index < each.index]
                text = value_for(each, before, observation.tree, self._episode.seen, self._chance)
                if text is None or text == node.value:
                    return None
                submit = len(fields) <= 1 and submit_of(found, each.form) is None
                action = Type(text, each.point, clear=bool(node.value), submit=submit)
        return Option(action, each.label, weight, each.identity, each.target, each)

    def _form_options(self, observation: Observation, found: tuple[Affordance, ...]) -> list[Option]:
        """The next step in the form that was begun: its next field, or its submit button; else nothing."""
        form = self._episode.form
        if form is None:
            return []
        if form.place != canonical_location(observation.location):
            self._episode.form = None
            return []
        inside = [each for each in found if _form_key(observation, each) == form.form]
        last = max((n for n, each in enumerate(inside) if each.identity in form.done), default=-1)
        # What is still empty comes first, even where the form was begun below it.
        empty = [each for each in inside if each.kind == "fill" and not each.node.value]
        searched = any(each.kind == "fill" and is_search(each.node) and each.identity in form.done for each in inside)
        for each in [] if searched else [*empty, *inside[last + 1 :]]:
            if each.kind == "press" or each.identity in form.done:
                continue
            form.done.add(each.identity)
            if self._chance.random() < _appetite(each, inside):
                option = self._option(each, found, observation, 10.0)
                if option is not None:
                    return [option]
        index = next((each.form for each in inside), None)
        submit = submit_of(found, index) if index is not None else None
        self._episode.form = None
        if submit is None or submit.identity in self._away or self._is_dead(submit.identity):
            return []
        return [Option(Click(submit.point), submit.label, 10.0, submit.identity, submit.target, submit)]

    def _note_form(self, before: Observation, chosen: Option, after: Observation) -> None:
        each = chosen.affordance
        if each is None or each.kind == "press" or each.form is None:
            return
        place = canonical_location(after.location)
        if place != canonical_location(before.location):
            return
        form = _form_key(before, each)
        known = self._episode.form
        if known is None or known.place != place or known.form != form:
            known = self._episode.form = _Form(place, form)
        known.done.add(each.identity)


class NoveltyPolicy(RandomPolicy):
    """Prefers what is new, with the weights of OS-Genesis's web walk (`random_walk_web.py`): 4, 3, 3, 1.

    New and unexplored 4, new and explored 3, unexplored and not new 3, else 1; "new" is what the screen before had not.
    The siblings of a list or a column share their weight by its square root, and what was used often fades: otherwise a
    table of a hundred links draws every step. Its memory lasts for the run.
    """

    def __init__(self) -> None:
        super().__init__()
        self._used: Counter[tuple[str, ...]] = Counter()
        self._used_family: Counter[tuple[str, ...]] = Counter()
        self._visits: Counter[str] = Counter()

    @property
    def name(self) -> str:
        """As the lake records it."""
        return "novelty"

    def learn(self, before: Observation, choice: Choice, outcome: Outcome, after: Observation) -> None:
        """Remembers what was used and what was seen."""
        super().learn(before, choice, outcome, after)
        chosen = self._episode.chosen
        if chosen is None or chosen.action != choice.action:
            return
        self._used[chosen.identity] += 1
        if chosen.affordance is not None:
            self._used_family[chosen.affordance.family] += 1
        step = -1 if isinstance(choice.action, Back) else 1
        self._episode.depth = max(0, self._episode.depth + step)
        keys = self._keys(after)
        if keys is not None:
            self._visits[keys.structure] += 1
        self._episode.before = frozenset(each.identity for each in self._affordances(before))

    def _options(self, observation: Observation, found: tuple[Affordance, ...]) -> list[Option]:
        self._families = Counter(each.family for each in found)
        return super()._options(observation, found)

    def _weight(self, each: Affordance) -> float:
        if self._is_dead(each.identity):
            return 0.02
        new, explored = each.identity not in self._episode.before, self._used[each.identity] > 0
        weight: float = 4 if new and not explored else 3 if new or not explored else 1
        weight /= self._families[each.family] ** 0.5
        weight /= (1 + self._used[each.identity]) ** 0.5
        weight /= (1 + self._used_family[each.family] / 4) ** 0.5
        return weight

    def _moves(self, observation: Observation, options: list[Option]) -> list[Option]:
        total = sum(option.weight for option in options)
        fresh = sum(option.identity not in self._episode.before for option in options)
        keys = self._keys(observation)
        visits = self._visits[keys.structure] if keys is not None else 0
        if self._episode.depth < 2:
            part = 0.06
        elif fresh <= LEAF:
            part = 0.5
        else:
            part = 0.18 if visits <= 2 else 0.25
        return [*_scrolls(observation, 0.1 * total or 1.0), *_back(observation, part * total or 1.0)]


POLICIES: dict[Literal["random", "novelty"], type[RandomPolicy]] = {"random": RandomPolicy, "novelty": NoveltyPolicy}


def _scrolls(observation: Observation, weight: float) -> list[Option]:
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


def _back(observation: Observation, weight: float) -> list[Option]:
    return [Option(Back(), "back", weight, ("back",))] if observation.can_go_back else []


def _appetite(each: Affordance, inside: list[Affordance]) -> float:
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


def _prospect(each: Affordance, found: tuple[Affordance, ...], location: str | None) -> float:
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


def _blank_list_before(each: Affordance, fields: list[Affordance]) -> Affordance | None:
    """The first list of the form before this field that has nothing chosen yet: what it says decides what fits here."""
    for other in fields:
        if other.index >= each.index:
            return None
        if other.kind == "choose" and is_blank(other.node):
            return other
    return None


def _left(after: Observation) -> bool:
    """Whether the action led to something that is no page of the site."""
    if not is_page(after.content_type):
        return True
    return after.notice is not None and ("download of" in after.notice or "refused" in after.notice)


def _form_key(observation: Observation, each: Affordance) -> tuple[str, ...]:
    """What a form is told by: its place in the page."""
    if each.form is None or observation.tree is None:
        return ()
    form = observation.tree.nodes[each.form]
    number = sum(1 for node in observation.tree.nodes[: each.form] if node.role == form.role)
    return (form.role, form.name, form.id or "", str(number))
