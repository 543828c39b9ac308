"""The random walk, and what all walks share: options, forms, dead elements."""

from dataclasses import dataclass, field, replace
from random import Random
from typing import Self

from explorers.core.affordances import DEFAULT, Affordance, is_search, leads_here
from explorers.core.coverage import url_template
from explorers.core.experience import NOT_AGAIN
from explorers.core.memory import Memory, short_key
from explorers.policies.generated import FakerText, TextGenerator
from explorers.policies.keyboard import is_desktop, key_options, line_at, note_line
from explorers.policies.options import Option, appetite, back, blank_list_before, opens_by_two, prospect, scrolls
from explorers.policies.registry import PolicyParts
from explorers.policies.values import SeenValues, option_for, value_for
from explorers.policies.view import View
from schemas.actions import Action, Click, DoubleClick, LongPress, Reload, Select, Type, Wait
from schemas.records import Candidate, Choice, Observation, Outcome

HELD = 0.1
"""Of the weight of an element that answers a long press: OS-Genesis's 90 to 10."""

WAITS = 4
WAIT_SECONDS = 2.0
"""How often in an episode, and how long, a policy waits for something to appear on an empty screen."""

ALIKE = 0.7
"""The part of a screen's elements that must be the same before and after, where one of them changed its name."""

RENAMED_MOST = 10_000

CANDIDATES = 10
"""Candidates that a choice records, by falling score."""


@dataclass(slots=True)
class _Form:
    """A form that is being filled: the page it is on, what it is told by, and which fields were dealt with."""

    page: str
    form: tuple[str, ...]
    done: set[tuple[str, ...]] = field(default_factory=set)


@dataclass(slots=True)
class _EpisodeMemory:
    """What a policy remembers until the episode ends; `depth` counts the steps forward less those back."""

    values: SeenValues = field(default_factory=SeenValues)
    form: _Form | None = None
    idle: set[tuple[str, tuple[str, ...]]] = field(default_factory=set)
    chosen: Option | None = None
    before: frozenset[tuple[str, ...]] = frozenset()
    depth: int = 0
    waits: int = 0
    views: tuple[View, ...] = ()


class RandomPolicy:
    """OS-Genesis's walk (App. B, `random_walk_aw.py`): each usable element weighs 10, scroll down, up and back 1 each.

    An element that changed nothing is dead for the rest of the run, and for all that share the memory; one that changes
    its own name when it is pressed ("Watch", "Unwatch") is one element. Text comes from the page, else it is made up;
    forms are filled field by field and then sent.
    """

    name = "random"
    version = "6"

    def __init__(self, memory: Memory | None = None, text: TextGenerator | None = None) -> None:
        self.memory = memory or Memory()
        self._text = text or FakerText()
        self._chance = Random(0)
        self._episode = _EpisodeMemory()
        self._renamed: dict[tuple[str, ...], tuple[str, ...]] = {}

    @classmethod
    def build(cls, parts: PolicyParts) -> Self:
        """The policy of these parts."""
        return cls(parts.memory, parts.text)

    def begin(self, *, seed: int) -> None:
        """A new episode; what is known of dead elements stays, and what others learned meanwhile comes in."""
        self.memory.share()
        self._chance = Random(seed)
        self._episode = _EpisodeMemory()

    def choose(self, observation: Observation) -> Choice | None:
        """The next action, or None where nothing can be done."""
        if observation.tree is not None:
            self._episode.values.learn(observation.tree)
        view = self._view(observation)
        options = self._form_options(view) or self._options(view)
        options = [option for option in options if option.weight > 0]
        if not options:
            return self._patience(observation)
        drawn = self._chance.choices(options, [option.weight for option in options])[0]
        chosen = replace(self._taken_up(drawn, view), weight=drawn.weight)
        total = sum(option.weight for option in options)
        options = [chosen if option is drawn else option for option in options]
        best = sorted(options, key=lambda option: -option.weight)[:CANDIDATES]
        self._episode.chosen = chosen
        return Choice(
            action=chosen.action,
            target=chosen.target,
            candidates=tuple(Candidate(each.action, each.name, round(each.weight / total, 6)) for each in best),
        )

    def _patience(self, observation: Observation) -> Choice | None:
        """A new start of an application that ended, a wait where there is nothing at all; else the end."""
        self._episode.chosen = None
        if is_desktop(observation) and not observation.windows:
            return Choice(Reload())
        shows = any(node.name or node.role != "generic" for node in observation.nodes)
        if shows or self._episode.waits == WAITS:
            return None
        self._episode.waits += 1
        return Choice(Wait(WAIT_SECONDS))

    def learn(self, before: Observation, choice: Choice, outcome: Outcome, after: Observation) -> None:
        """Remembers what changed nothing, and where a form was touched."""
        chosen = self._episode.chosen
        if chosen is None or chosen.action != choice.action:
            return
        old = self._view(before)
        if isinstance(choice.action, Type):
            note_line(choice.action.text, self.memory)
        if NOT_AGAIN in (after.notice or "") or (outcome.result == "refused" and old.has_address):
            self.memory.count(_barred_key(url_template(before.location), chosen.identity), dead=1)
        new = self._view(after)
        changed = old.keys is None or new.keys is None or old.keys.content != new.keys.content
        worked = changed and outcome.result == "ok"
        # What a device refuses here, it may do elsewhere: that says nothing of the element.
        dead = not worked and (outcome.result != "refused" or old.has_address)
        self.memory.count(element_key(chosen.identity), alive=int(worked), dead=int(dead), away=int(new.is_outside))
        if not worked and old.keys is not None:
            self._episode.idle.add((old.keys.content, chosen.identity))
        self._note_form(old, chosen, new)
        self._note_name(old, chosen, new)

    # ---- what the kinds of policy share

    def _taken_up(self, drawn: Option, view: View) -> Option:  # noqa: ARG002
        """What is done once an option was drawn."""
        return drawn

    def _view(self, observation: Observation) -> View:
        """The observation as a policy looks at it; the last two are kept, because each is asked for several times."""
        for known in self._episode.views:
            if known.observation is observation:
                return known
        place = url_template(observation.location)
        view = View(
            observation, lambda each: self.memory.tally(_barred_key(place, each.identity)).tries > 0, self._renamed
        )
        self._episode.views = (*self._episode.views[-1:], view)
        return view

    def _options(self, view: View) -> list[Option]:
        options = []
        for each in view.affordances:
            if self._leads_off(each.identity) or leads_here(each.node, view.observation.location):
                continue
            if each.kind != "press" and self._sends_away(each, view):
                continue
            weight = self._weight(each) * prospect(each, view)
            if weight > 0:
                option = self._option(each, view, weight)
                if option is not None:
                    options += self._held(option)
        return self._without_idle([*options, *self._moves(view, options)], view)

    def _held(self, option: Option) -> list[Option]:
        """The option, and beside a press the long press, where the element answers one: 90 to 10."""
        each = option.affordance
        if each is None or each.kind != "press" or not each.node.has("holdable"):
            return [option]
        identity = (*option.identity, "long press")
        if self._is_dead(identity):
            return [option]
        held = replace(option, action=LongPress(each.point), weight=option.weight * HELD, identity=identity)
        return [replace(option, weight=option.weight * (1 - HELD)), held]

    def _weight(self, each: Affordance) -> float:
        return 0.0 if self._is_dead(each.identity) else 10.0

    def _moves(self, view: View, options: list[Option]) -> list[Option]:  # noqa: ARG002
        return [*scrolls(view.observation, 1.0), *back(view.observation, 1.0), *key_options(view, 1.0)]

    def _is_dead(self, identity: tuple[str, ...]) -> bool:
        return self.memory.is_dead(element_key(identity))

    def _leads_off(self, identity: tuple[str, ...]) -> bool:
        """Whether an element is known to lead to something that is no page of the site."""
        return self.memory.tally(element_key(identity)).away > 0

    def _sends_away(self, each: Affordance, view: View) -> bool:
        """Whether the form of a field is known to lead to something that is no page."""
        submit = None if each.form is None else view.submit(each.form)
        return submit is not None and self._leads_off(submit.identity)

    def _without_idle(self, options: list[Option], view: View) -> list[Option]:
        keys = view.keys
        if keys is None:
            return options
        lively = [option for option in options if (keys.content, option.identity) not in self._episode.idle]
        return lively or options

    def _option(self, each: Affordance, view: View, weight: float) -> Option | None:
        node = each.node
        action: Action
        match each.kind:
            case "press" | "tick":
                action = DoubleClick(each.point) if opens_by_two(node) else Click(each.point)
            case "choose":
                value = option_for(node, self._episode.values, self._chance)
                if value is None or DEFAULT.refuses(view.observation, Select(value, each.point)) is not None:
                    return None
                alike = node.options.count(value)
                action = Select(value, each.point, self._chance.randrange(alike) if alike > 1 else None)
            case "fill" if (line := line_at(each, self.memory)) is not None:
                action = Type(line, each.point, submit=True)
            case "fill":
                fields = view.fields(each.form)
                blank = blank_list_before(each, fields)
                if blank is not None:
                    return self._option(blank, view, weight)
                before = [other.node for other in reversed(fields) if other.index < each.index]
                tree = view.observation.tree
                text = value_for(each, before, tree, self._episode.values, self._chance, self._text)
                if text is None or text == node.value:
                    return None
                action = Type(text, each.point, clear=bool(node.value), submit=view.enter_sends(each))
        return Option(action, each.label, weight, each.identity, each.target, each)

    def _form_options(self, view: View) -> list[Option]:
        """The next step in the form that was begun: its next field, or its submit button; else nothing."""
        form = self._episode.form
        if form is None:
            return []
        if form.page != view.page:
            self._episode.form = None
            return []
        inside = [each for each in view.affordances if view.form_key(each) == form.form]
        last = max((n for n, each in enumerate(inside) if each.identity in form.done), default=-1)
        # What is still empty comes first, even where the form was begun below it.
        empty = [each for each in inside if each.kind == "fill" and not each.node.value]
        searched = any(each.kind == "fill" and is_search(each.node) and each.identity in form.done for each in inside)
        for each in [] if searched else [*empty, *inside[last + 1 :]]:
            if each.kind == "press" or each.identity in form.done:
                continue
            form.done.add(each.identity)
            if self._chance.random() < appetite(each, inside):
                option = self._option(each, view, 10.0)
                if option is not None:
                    return [option]
        index = next((each.form for each in inside), None)
        submit = view.submit(index) if index is not None else None
        self._episode.form = None
        if submit is None or self._leads_off(submit.identity) or self._is_dead(submit.identity):
            return []
        return [Option(Click(submit.point), submit.label, 10.0, submit.identity, submit.target, submit)]

    def _note_name(self, before: View, chosen: Option, after: View) -> None:
        """Has an element that is called otherwise now told by what it was called, where the rest stayed as it was."""
        each = chosen.affordance
        if each is None or each.kind != "press" or not each.node.path or after.page != before.page:
            return
        same = next((other for other in after.affordances if other.node.path == each.node.path), None)
        if same is None or same.identity == each.identity or same.family != each.family:
            return
        old, new = ({other.identity for other in view.affordances} for view in (before, after))
        if len(old & new) < ALIKE * len(old | new) - 2 or len(self._renamed) >= RENAMED_MOST:
            return
        if same.identity in old:
            return  # one took the other's place in a list
        self._renamed[same.identity] = each.identity
        self._episode.views = tuple(view for view in self._episode.views if view is not after)

    def _note_form(self, before: View, chosen: Option, after: View) -> None:
        each = chosen.affordance
        if each is None or each.kind == "press" or each.form is None or after.page != before.page:
            return
        form = before.form_key(each)
        known = self._episode.form
        if known is None or known.page != after.page or known.form != form:
            known = self._episode.form = _Form(after.page, form)
        known.done.add(each.identity)


def _barred_key(place: str, identity: tuple[str, ...]) -> str:
    """The name in a memory of an element that is not to be used again on pages like that one."""
    return short_key("barred", place, *identity)


def element_key(identity: tuple[str, ...]) -> str:
    """The name of an element in a memory."""
    return short_key("element", *identity)
