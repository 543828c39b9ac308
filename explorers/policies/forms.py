"""Filling in a form as a task would: every field by its kind and label, then sending it, and finding what was saved.

A form is filled over several steps, which may scroll. What is refused is corrected where the form says what is wrong.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Literal, TypeAlias

from explorers.core.affordances import Affordance, is_search
from explorers.core.safety import Scene
from explorers.policies.demands import blamed, demand_of, labelled, refusals, says_saved
from explorers.policies.fields import FieldKind, kind_of
from explorers.policies.finding import RecordFinder
from explorers.policies.fitting import FittingValues
from explorers.policies.form_parts import (
    form_name,
    is_field,
    key_of,
    may_choose,
    option_on,
    other_text,
    same_group,
    senders,
)
from explorers.policies.generated import TextGenerator
from explorers.policies.options import SCROLL_PART, Option, scrolled_parts
from explorers.policies.values import choosable, is_blank
from explorers.policies.view import View
from schemas.actions import Click, Key, Scroll, Select, Type
from schemas.records import Outcome

STEPS = 60
"""Steps that one form may take: filled, refused and corrected."""

ENOUGH = 8
"""Fields from which on only those are filled that must be: nobody goes through all of fifty settings."""

OFTEN = 3
"""How often a form is sent by its first button until another of them is tried: by that most is seen of what came."""

SENDS = 3
"""How often a form is sent until it is given up."""

OPTIONAL = 0.25
"""How often a box is ticked that need not be."""

LISTED = 5
"""Of the entries that a field offers once it is opened, one of the first so many is taken."""

Plan: TypeAlias = Literal["fitting", "refusable"]
"""What is entered: values that fit, or one that the form should refuse, corrected afterwards."""

End: TypeAlias = Literal["saved", "refused", "forbidden", "given up"]

_AGREED = re.compile(
    r"\b(?:agree|accept|terms|conditions|consent|i confirm|einverstanden|j'accepte|acepto)\b", re.IGNORECASE
)
_NO_ENTRY = re.compile(
    r"^(?:no |none|nothing|search|load|please|select|choose|type |create |add |[-\u2013\u2014. ]*$)", re.IGNORECASE
)
_ENTRIES = frozenset({"option", "treeitem", "menuitem"})
_TELLING: tuple[FieldKind, ...] = (
    "title",
    "name",
    "user name",
    "company",
    "email",
    "last name",
    "url",
    "sentence",
    "words",
    "paragraph",
)
"""By what a record may be found again: by the first of these that was typed."""


@dataclass(slots=True)
class _Run:
    """A form that is being filled: what it is told by, and what became of its fields so far."""

    page: str
    name: tuple[str, ...]
    plan: Plan
    values: FittingValues
    fields: set[str] = field(default_factory=set)
    done: set[str] = field(default_factory=set)
    again: dict[str, int] = field(default_factory=dict)
    typed: dict[str, tuple[FieldKind, str]] = field(default_factory=dict)
    wrong: str | None = None
    picking: frozenset[tuple[str, ...]] | None = None
    wanted: str | None = None
    changed: bool = False
    retyped: bool = False
    looked: set[str] = field(default_factory=set)
    scrolled: int = 0
    sends: int = 0
    steps: int = 0


@dataclass(frozen=True, slots=True)
class Filled:
    """How a form ended: `name` is what it is told by, `value` what a record that was saved may be found by."""

    name: tuple[str, ...]
    page: str
    plan: Plan
    end: End
    value: str | None = None


class FormFiller:
    """Fills in one form at a time; `tried` tells how often a button was pressed already, so that each gets its turn."""

    def __init__(self, generate: TextGenerator, chance: Random, tried: Callable[[Affordance], int]) -> None:
        self._generate = generate
        self._chance = chance
        self._tried = tried
        self._run: _Run | None = None
        self._sent: Option | None = None
        self._find: RecordFinder | None = None
        self.last: Filled | None = None

    @property
    def active(self) -> bool:
        """Whether a form is being filled, or what was saved is looked for."""
        return self._run is not None or self._find is not None

    @property
    def filling(self) -> tuple[str, tuple[str, ...]] | None:
        """The page and the name of the form that is being filled."""
        return None if self._run is None else (self._run.page, self._run.name)

    def begin(self, view: View, each: Affordance, plan: Plan) -> Option | None:
        """Begins with the form of a field; its first step, or None where it can't be filled, or must not be sent."""
        sender = Scene(view.observation).submit(each.index)
        if sender is not None and view.observation.nodes[sender].on_screen and not senders(view, each.form):
            return None
        values = FittingValues(self._generate, Random(self._chance.getrandbits(53)))
        self._run, self._find, self.last = _Run(view.page, form_name(view, each), plan, values), None, None
        return self.next(view)

    def drop(self) -> None:
        """Gives up the form, and what was looked for."""
        self._run = self._find = self._sent = None

    def next(self, view: View) -> Option | None:
        """The next step, or None once there is none."""
        self.last = None
        if self._find is not None:
            option = self._find.next(view)
            if option is None:
                self._find = None
            return option
        run = self._run
        if run is None:
            return None
        run.steps += 1
        option = self._step(run, view) if run.steps <= STEPS else None
        if option is None:
            self._end("given up")
        return option

    def learn(self, view: View, chosen: Option, outcome: Outcome, after: View) -> None:
        """What a step led to; once the form is over, `last` says how."""
        run, sent, self._sent = self._run, self._sent, None
        if run is None:
            return
        if isinstance(chosen.action, Type) and outcome.result == "ok" and chosen.affordance is not None:
            kind = kind_of(labelled(view.observation.nodes, chosen.affordance.index))
            run.typed[key_of(chosen.affordance)] = (kind, chosen.action.text)
        if sent is None or sent.action != chosen.action:
            if after.page != run.page:
                self._end("given up")
            return
        run.sends += 1
        run.scrolled = 0
        if outcome.result == "refused":
            self._end("forbidden")
        elif not self._was_refused(run, view, after):
            self._end("saved")
        elif run.plan == "refusable" and run.wrong is not None:
            run.done.discard(run.wrong)
            run.again[run.wrong] = 1
            run.looked = {run.wrong}
            run.wrong, run.retyped, run.page = None, False, after.page
        elif run.sends >= SENDS:
            self._end("refused")
        else:
            run.looked, run.retyped, run.page = set(), False, after.page

    # ---- one step

    def _step(self, run: _Run, view: View) -> Option | None:
        inside = self._inside(run, view)
        if run.picking is not None:
            before, run.picking = run.picking, None
            entry = self._entry(view, before, run.wanted)
            if entry is not None:
                return entry
            if not inside and run.wanted is not None:
                return _key("Enter")  # what the field offers lies over the form: the first of it
        elif not inside and run.wanted is not None:
            run.wanted = None
            return _key("Escape")
        if not inside and not run.fields:
            return None
        run.fields |= {key_of(each) for each in inside}
        run.values.settle(each.node for each in inside)
        if run.sends:
            self._reconsider(run, view, inside)
        for each in inside:
            if key_of(each) in run.done:
                continue
            run.done.add(key_of(each))
            option = self._filling(run, view, each, inside)
            if option is not None:
                return option
        further = self._scroll(run, view, inside)
        if further is not None:
            return further
        if not run.changed and (option := self._changing(run, view, inside)) is not None:
            run.changed = run.retyped = True
            return option
        return self._sending(run, view, inside)

    def _inside(self, run: _Run, view: View) -> list[Affordance]:
        """The fields of the form that are on the screen: by its name, or because one of them is known."""
        groups: dict[int | None, list[Affordance]] = {}
        for each in view.affordances:
            if is_field(each):
                groups.setdefault(each.form, []).append(each)
        for fields in groups.values():
            if form_name(view, fields[0]) == run.name or any(key_of(each) in run.fields for each in fields):
                return fields
        return []

    def _filling(self, run: _Run, view: View, each: Affordance, inside: list[Affordance]) -> Option | None:
        """What to do with a field, or None if it stays as it is."""
        node = each.node
        again = run.again.get(key_of(each), 0)
        if each.kind == "fill":
            if node.value and not again:
                return None
            if len(run.typed) >= ENOUGH and not node.has("required") and not again:
                return None
            if is_search(labelled(view.observation.nodes, each.index)) and len(inside) > 1:
                return None
            return self._typing(run, view, each, inside, again)
        if each.kind == "choose":
            if not is_blank(node) and not again:
                return None
            options = [option for option in choosable(node) if may_choose(view, each, option)]
            if not options:
                return None
            run.changed = run.retyped = True
            return option_on(Select(run.values.option(node, options), each.point), each)
        if each.kind == "tick":
            return self._ticking(run, view, each, inside)
        if node.value and not _NO_ENTRY.match(node.value):
            return None
        # A list of the page's own making: it shows what it has once it is pressed.
        run.picking, run.wanted = _entries_of(view), None
        return option_on(Click(each.point), each)

    def _typing(self, run: _Run, view: View, each: Affordance, inside: list[Affordance], again: int) -> Option | None:
        node, nodes = each.node, view.observation.nodes
        demand = demand_of(nodes, each.index)
        text: str | None = None
        if run.plan == "refusable" and run.wrong is None and not again and run.sends == 0:
            text = run.values.before_the_begin(node) or run.values.malformed(node)
            if text is None and node.has("required") and len(inside) > 1:
                run.wrong = key_of(each)
                return None  # what is required is left out
            if text is not None:
                run.wrong = key_of(each)
        if text is None:
            before = [labelled(nodes, other.index) for other in inside if other.index < each.index]
            label = labelled(nodes, each.index)
            text = run.values.text(label, demand, before) if again < 2 else other_text(label, demand, again)
        if text == node.value:
            return None
        run.changed = run.retyped = True
        run.picking, run.wanted = _entries_of(view), text
        return option_on(Type(text, each.point, clear=bool(node.value)), each)

    def _ticking(self, run: _Run, view: View, each: Affordance, inside: list[Affordance]) -> Option | None:
        node = each.node
        if node.role == "radio":
            group = [other for other in inside if other.node.role == "radio" and same_group(view, each, other)]
            run.done |= {key_of(other) for other in group}
            if any(other.node.has("checked") for other in group):
                return None
            each = self._chance.choice(group)
        elif node.has("checked") or not (
            node.has("required")
            or _AGREED.search(node.name)
            or self._chance.random() < OPTIONAL / (1 + len(inside) / 20)
        ):
            return None
        run.changed = run.retyped = True
        return option_on(Click(each.point), each)

    def _entry(self, view: View, before: frozenset[tuple[str, ...]], wanted: str | None) -> Option | None:
        """One of the entries that a field offers since it was opened or typed into, what was typed if it is there."""
        entries = [
            each
            for each in view.affordances
            if each.node.role in _ENTRIES and each.identity not in before and not _NO_ENTRY.match(each.node.name)
        ]
        if wanted is not None:
            offered = [each for each in view.affordances if each.node.role in _ENTRIES and each.identity not in before]
            same = [each for each in offered if each.node.name.strip().casefold() == wanted.casefold()]
            entries = same or [each for each in entries if wanted.casefold() in each.node.name.casefold()]
        if not entries:
            return None
        each = self._chance.choice(entries[:LISTED])
        return option_on(Click(each.point), each)

    def _changing(self, run: _Run, view: View, inside: list[Affordance]) -> Option | None:
        """Another text in a field that holds one, where nothing else was entered: else nothing would be saved."""
        texts = [each for each in inside if each.kind == "fill" and each.node.value and not each.node.has("password")]
        for each in sorted(
            texts, key=lambda each: _TELLING.index(kind) if (kind := kind_of(each.node)) in _TELLING else 9
        ):
            node = each.node
            text = run.values.text(node, demand_of(view.observation.nodes, each.index))
            if text != node.value and not is_search(node):
                return option_on(Type(text, each.point, clear=True), each)
        return None

    def _scroll(self, run: _Run, view: View, inside: list[Affordance]) -> Option | None:
        """On, where the form goes on below the screen or nothing that sends it is there yet."""
        observation = view.observation
        screen, scroll = observation.screen, observation.scroll
        if screen is None or run.scrolled >= 8:
            return None
        form = inside[0].form if inside else None
        box = None if form is None else observation.nodes[form].box
        ends_here = box is not None and box.y + box.height <= screen.height + 4
        if ends_here or (form is None and inside and senders(view, form)):
            return None
        far = round(screen.height * SCROLL_PART)
        if scroll is not None and scroll.max_y - scroll.y > 2:
            run.scrolled += 1
            return Option(Scroll(0, far), "scroll down", 1.0, ("scroll", "down"))
        if box is not None and inside and not senders(view, form):
            for node, point in scrolled_parts(observation):
                if node.box is not None and box.contains(*node.box.centre) and not node.has("horizontal"):
                    run.scrolled += 1
                    return Option(Scroll(0, far, point), "scroll down inside", 1.0, ("scroll", "inside", node.role))
        return None

    def _sending(self, run: _Run, view: View, inside: list[Affordance]) -> Option | None:
        if run.sends and not run.retyped:
            self._end("refused")  # the same once more would be refused once more
            return None
        form = inside[0].form if inside else self._form_on(run, view)
        found = senders(view, form)
        if found:
            several = found if found[0].node.field == "submit" else found[:1]
            each = min(several, key=lambda each: (self._tried(each) // OFTEN, several.index(each)))
            self._sent = option_on(Click(each.point), each)
        elif inside and run.typed and Scene(view.observation).submit(inside[-1].index) is None:
            if inside[-1].node.has("multiline"):
                return None
            self._sent = _key("Enter")
        return self._sent

    def _form_on(self, run: _Run, view: View) -> int | None:
        """The form where only its buttons are still on the screen."""
        for each in view.affordances:
            if each.form is not None and form_name(view, each) == run.name:
                return each.form
        return None

    # ---- what became of it

    def _was_refused(self, run: _Run, view: View, after: View) -> bool:
        before, now = view.observation.nodes, after.observation.nodes
        fields = self._inside(run, after)
        if says_saved(now) - says_saved(before):
            return False
        if any(each.node.has("invalid") for each in fields):
            return True
        if refusals(now) - refusals(before) and (fields or after.page == run.page):
            return True
        if view.keys is not None and after.keys is not None and view.keys.content == after.keys.content:
            return True  # the browser itself refused to send it
        return run.sends > 1 and bool(fields) and bool(refusals(now)) and after.page == run.page

    def _reconsider(self, run: _Run, view: View, inside: list[Affordance]) -> None:
        """Has the fields on the screen filled anew that were refused, each once for each time that the form was sent.

        Of a password another one would not be the right one either.
        """
        nodes = view.observation.nodes
        wrong = blamed(nodes, [each.index for each in inside], refusals(nodes))
        for each in inside:
            node, key = each.node, key_of(each)
            empty = node.has("required") and each.kind in ("fill", "choose") and not node.value
            refused = node.has("invalid") or each.index in wrong or empty
            if refused and key not in run.looked and not node.has("password"):
                run.looked.add(key)
                run.again[key] = run.again.get(key, 0) + 1
                run.done.discard(key)

    def _end(self, end: End) -> None:
        run, self._run = self._run, None
        if run is None:
            return
        telling = [(_TELLING.index(kind), text) for kind, text in run.typed.values() if kind in _TELLING and text]
        value = min(telling, key=lambda each: each[0])[1] if telling else None
        self.last = Filled(run.name, run.page, run.plan, end, value)
        if end == "saved" and value is not None:
            entered = [text for kind, text in run.typed.values() if kind not in ("password", "search")]
            self._find = RecordFinder(value, entered, run.page)


def _entries_of(view: View) -> frozenset[tuple[str, ...]]:
    return frozenset(each.identity for each in view.affordances if each.node.role in _ENTRIES)


def _key(name: str) -> Option:
    return Option(Key(name), name, 1.0, ("key", name))
