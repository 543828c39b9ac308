"""High-level instructions: a path whose every step has an effect, said as one task, if nothing forbids it.

A path gives none where a shorter way is known, a name in the sentence could not have been seen by then, a step stays
unexplained, or an answer was already in sight. The reason is counted.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from labelers.observed.graph import TransitionGraph
from labelers.observed.transitions import Transition
from labelers.rules.claims import claim, undone
from labelers.rules.effects import ARRANGE, MARKUP, MEANS, TOOL, Effect, Fill, Kind, fill_of
from labelers.rules.entering import opened_form, unseen_fill, word_kept
from labelers.rules.forms import kept, told_of
from labelers.rules.paths import RunPath, begins
from labelers.rules.questions import questions
from labelers.rules.steps import effect_of
from labelers.rules.wording import PLACELESS, command, drawn, plainly
from schemas.actions import Click, Scroll, Select, Type
from schemas.conditions import TaskCheck
from schemas.identity import canonical_location
from schemas.pages import Page, fold, heading_parts, is_name, page_name, quote
from schemas.screen_conditions import Called, shown

PHRASE_LIMIT = 4
"""Goals in one sentence; of fields and boxes that are set, twice as many."""

ALONE = ARRANGE | {"toggle", "add"}
"""Kinds that are worth asking for though one step does them."""

TEXT_LIMIT = 600
"""Characters of a sentence: a longer one quotes what nobody would say."""

ON_THE_WAY = "on the way"
"""The value of an effect that no sentence names: a link that only leads to where something is done."""

TAKEN = "taken"
"""The value of an effect by which a field took a word that was typed."""

AWAY = "put away"
"""The value of an effect that took away what an application began with."""

_SETTING = frozenset({"set", "toggle"})


class NoTask(Exception):
    """Why a run gets no instruction."""


class Untold(NoTask):
    """What was entered is told but for some fields; `steps` are the indexes of those that filled them."""

    def __init__(self, steps: Sequence[int]) -> None:
        super().__init__("not all that was sent is told by the page that followed")
        self.steps = frozenset(steps)


@dataclass(frozen=True, slots=True)
class TaskSentence:
    """A sentence, with the answer where it asks for one, what makes it true, and the template that wrote it.

    `claim` is what makes it true as a check, None where nothing that could be looked for is left on the screen.
    `plain` is the same sentence in the first of its ways, where it is said in another.
    """

    text: str
    answer: str | None
    evidence: str
    template: str
    claim: TaskCheck | None = None
    plain: str = ""


def synthesize(
    run: RunPath,
    transitions: tuple[Transition, ...],
    graph: TransitionGraph,
    site: frozenset[str],
    menu: frozenset[str] = frozenset(),
) -> list[TaskSentence]:
    """What the run accomplished, as instructions and questions; `menu` are the links that nearly every page has.

    Raises:
        NoTask: with the reason, if nothing that is true, doable and needs these steps can be said.
    """
    _check_start(run.path[0], transitions)
    _check_beginning(run.path, transitions[0])
    effects = explain(run.path, site, menu)
    last = effects[-1]
    if last.kind in MEANS:
        raise NoTask("the last step only serves a next one")
    start, goal = run.path[0].state, run.path[-1].next_state
    enters = {"submit", "save"}.intersection(effect.kind for effect in effects)
    if start is None or goal is None:
        raise NoTask("a shorter way is known")
    if not enters and graph.distance(start, goal, limit=len(run.path) - 1) is not None:
        raise NoTask("a shorter way is known")
    _check_shortcuts(run.path)
    _check_return(run.path, last)
    _check_arrangements(run.path, effects)
    _check_search(run.path, [effect.kind for effect in effects])
    asked = [at for at, effect in enumerate(effects) if effect.phrase is not None]
    said = [effects[at] for at in asked]
    if any(undone(run.path[at], effects[at], run.path[-1].after) for at in asked[:-1]):
        raise NoTask("a wish that a later one undoes")
    hops, rest = _compose(said)
    tasks = []
    wanted = _is_wanted(run.path, said, menu, at_start=begins(run, transitions))
    if wanted and (len(run.path) > 1 or last.kind in ALONE):
        evidence = "; ".join(effect.evidence for effect in said)
        plain = command(hops, rest, plainly)
        text = command(hops, rest, drawn(plain), window=run.path[0].step.platform == "desktop")
        tasks.append(TaskSentence(text, None, evidence, _template(said), claim(run.path, effects), plain))
    pages = [transition.before for transition in run.path if transition.before is not None]
    moments = [page for at in asked if (page := run.path[at].after) is not None]
    for question in questions(said, hops, pages, moments, run.path[-1].after, run.path[-1].index):
        plain = question.ways[0]
        claimed = claim(run.path, effects, answer=question.answer, shows=question.shown)
        tasks.append(
            TaskSentence(
                question.said(drawn(plain)), question.answer, question.evidence, question.template, claimed, plain
            )
        )
    entered = [fill.value for effect in said for fill in effect.entered]
    tasks = [task for task in tasks if len(task.text) <= TEXT_LIMIT and _is_plain(task.text, entered)]
    if not (tasks or wanted) and len(run.path) > 1:
        raise NoTask("nothing but a page that a menu has, or that is not headed so, or tools that are switched")
    if not tasks:
        raise NoTask("a single step, and nothing to ask" if len(run.path) == 1 else "a name that can't be said")
    return tasks


def _is_wanted(path: tuple[Transition, ...], said: Sequence[Effect], menu: frozenset[str], *, at_start: bool) -> bool:
    """Whether somebody may want it: if that is to come to a page, to one with a heading of its own that no menu has.

    And that from where the application begins. On desktops a menu is the way to all there is.
    """
    last, node = said[-1], path[-1].node
    if all(effect.value == TOOL for effect in said):
        return False
    if last.kind != "open" or path[0].step.platform != "web":
        return True
    start, end = path[0].before, path[-1].after
    names = {fold(last.name), fold("" if node is None else node.name)}
    links = {fold(other.name) for other in (() if start is None else start.nodes) if other.role == "link"}
    if end is None or (names & (menu | links)) or (not at_start and all(effect.kind == "open" for effect in said)):
        return False
    named = [fold(part) for heading in (*end.headings[:2], end.title) for part in (heading, *heading_parts(heading))]
    return len(said) > 1 and fold(last.name) in named


def _is_plain(text: str, entered: Sequence[str] = ()) -> bool:
    """Whether a person would say the text: what is to be entered may look as it will."""
    for value in entered:
        text = text.replace(quote(value), "")
    return MARKUP.search(text) is None


def explain(
    path: tuple[Transition, ...], site: frozenset[str], menu: frozenset[str] = frozenset()
) -> tuple[Effect, ...]:
    """The effect of every step of a path.

    Raises:
        NoTask: if a step has none, or what it did was of no use to a later one.
    """
    effects: list[Effect] = []
    fills: list[Fill] = []
    filled: dict[str, list[int]] = {}
    sent: Effect | None = None
    since = 0
    for position, transition in enumerate(path):
        following = path[position + 1] if position + 1 < len(path) else None
        way = effects[since + 1 :]
        effect = None if sent is None else kept(sent, transition, way, _looked_for(transition, fills))
        word = word_kept(transition, following)
        if effect is not None:
            sent = None
            effects[since + 1 :] = [replace(each, phrase=None) for each in way]
        elif word is not None:
            fills = [*(earlier for earlier in fills if earlier != word), word]
            filled.setdefault(word.place, []).extend((position, position + 1))
            effects.append(Effect("fill", None, word.field, None, f"it has {quote(word.value)}", value=word.value))
            continue
        elif position and word_kept(path[position - 1], transition) is not None:
            effect = Effect("reveal", None, "", None, "the word was taken", value=TAKEN)
        else:
            effect = effect_of(transition, tuple(fills), site, menu)
        ahead = next((each for each in path[position + 1 :] if not isinstance(each.step.action, Scroll)), None)
        if effect is None and ahead is not None and sent is None:
            effect = opened_form(transition, ahead, site)
            unseen = unseen_fill(transition)
            if unseen is not None:
                effect = Effect("fill", None, unseen.field, None, "it was typed", value=unseen.value)
        if effect is None and position == 0 and len(path) > 1:
            effect = _put_away(transition)
        if effect is None:
            effect = _led_on(transition, site)
            looking = any(each.value == ON_THE_WAY for each in effects)
            last = position == len(path) - 1
            unnamed = effect is not None and effect.phrase is None
            done = any(each.kind not in ("open", "reveal") for each in effects)
            if looking or (last and (unnamed or done)):
                effect = None  # one has looked around already, or it only leads away from what was done
        if effect is None:
            raise NoTask(f"a {type(transition.step.action).__name__.lower()} that no rule explains")
        if sent is not None and effect.kind not in ("open", "reveal", "search") and not _is_search(effect, transition):
            raise NoTask("it goes on after it was sent")
        if effect.kind == "fill":
            fill = fill_of(transition) or unseen_fill(transition)
            assert fill is not None  # it is what the effect was read from
            fills = [*(earlier for earlier in fills if earlier.place != fill.place), fill]
            filled.setdefault(fill.place, []).append(position)
            if position == len(path) - 1:
                raise NoTask("a field that was filled and not sent")
        elif effect.kind == "submit":
            sent, since, fills = effect, position, []
        elif effect.kind in ("search", "save", "add", "filter") and len(_of_forms(fills)) > 1:
            raise NoTask("a field that was filled and not sent")
        elif effect.kind == "reveal" and effect.value != AWAY:
            if effect.value != TAKEN:
                _check_reveal(path, position)
        else:
            fills = []
        if effect.kind not in MEANS and effect.kind != "kept":
            _check_in_sight(transition, effect)
        if position and effect.kind == "open" and transition.step.platform != "desktop":
            effect = _from_menu(effect, transition, effects[-1], path[position - 1])
        effects.append(effect)
    if sent is not None:
        _check_untold(path, sent, filled)
        raise NoTask("what was sent is told by no page that followed")
    kinds = {effect.kind for effect in effects}
    if "form" in kinds and not kinds & {"save", "kept"}:
        raise NoTask("a form that was brought up for nothing")
    return tuple(effects)


def _looked_for(transition: Transition, fills: Sequence[Fill]) -> Fill | None:
    """What was typed into the search that the step may send."""
    link = transition.node is not None and transition.node.role == "link"
    return fills[-1] if fills and not link else None


def _is_search(effect: Effect, transition: Transition) -> bool:
    fill = fill_of(transition) if effect.kind == "fill" else None
    return fill is not None and fill.search


def _check_untold(path: Sequence[Transition], sent: Effect, filled: Mapping[str, list[int]]) -> None:
    """That not just a part is told of what was sent, while the rest need not be entered."""
    before, after = path[0].before, path[-1].after
    if before is None or after is None:
        return
    part = told_of(sent.entered, before, after)
    rest = [at for fill in sent.entered if fill not in part for at in filled.get(fill.place, ())]
    needed = any((node := path[at].node) is not None and node.has("required") for at in rest)
    if part and rest and not needed:
        raise Untold([path[at].index for at in rest])


def _put_away(transition: Transition) -> Effect | None:
    """A press by which a dialog is gone that a desktop's application began with: all that it has lies behind that."""
    node, before, after = transition.node, transition.before, transition.after
    if transition.step.platform != "desktop" or node is None or before is None or after is None:
        return None
    if node.role != "button" or not before.dialogs or after.dialogs or after.errors:
        return None
    return Effect("reveal", None, node.name, None, f"{quote(before.dialogs[0])} is gone", value=AWAY)


def _led_on(transition: Transition, site: frozenset[str]) -> Effect | None:
    """A link to another page that is called otherwise: the page is asked for by its own name, if it can be said.

    If not, what is done there is asked for, and how one comes there is not. One such link only: whoever is not told
    what to press has to look around, and finds what is near.
    """
    node, before, after = transition.node, transition.before, transition.after
    if node is None or before is None or after is None or node.role != "link" or not is_name(node.name.strip()):
        return None
    if canonical_location(before.location) == canonical_location(after.location) or after.errors:
        return None
    if len({link.href for link in before.nodes if link.role == "link" and fold(link.name) == fold(node.name)}) > 1:
        return None
    evidence = f"{quote(node.name)} leads there"
    name = page_name(after, site)
    sayable = name is not None and _is_plain(quote(name)) and fold(name) != fold(page_name(before, site) or "")
    if name is None or not sayable or not shown(Called(name), after) or shown(Called(name), before):
        return Effect("reveal", None, node.name, None, evidence, value=ON_THE_WAY)
    return Effect("open", f"open {quote(name)}", name, page_name(before, site), evidence, value=ON_THE_WAY)


def _of_forms(fills: Sequence[Fill]) -> set[str]:
    return {fill.form for fill in fills if fill.form is not None}


def _from_menu(effect: Effect, transition: Transition, opening: Effect, opened: Transition) -> Effect:
    """The effect with the menu in which what was pressed came up: another one may have the same name in it."""
    node, before = transition.node, opened.before
    if opening.kind != "reveal" or opening.value != "expanded" or node is None or before is None:
        return effect
    if any(other.role == node.role and other.name == node.name for other in before.nodes):
        return effect
    return replace(effect, menu=opening.name)


def _check_start(first: Transition, transitions: tuple[Transition, ...]) -> None:
    """A task doesn't start on an error, nor with a form that is half filled."""
    if first.before is not None and first.before.errors:
        raise NoTask("it would start on an error page")
    scroll = None if first.step.before is None else first.step.before.scroll
    if scroll is not None and (scroll.y > 0 or scroll.x > 0) and not isinstance(first.step.action, Scroll):
        raise NoTask("it would start in the middle of a page")
    before = transitions[first.index - 1] if first.index else None
    if before is None or first.step.platform == "desktop" or not first.step.continuous:
        return
    home = canonical_location(first.before.location if first.before else None)
    for at in range(first.index - 1, -1, -1):
        earlier = transitions[at]
        action = earlier.step.action
        if isinstance(action, Select) or (isinstance(action, Type) and not action.submit):
            raise NoTask("it would start in the middle of a form")
        came = earlier.before is None or canonical_location(earlier.before.location) != home
        if came or earlier.step.requests or not earlier.step.continuous:
            return


def _check_beginning(path: tuple[Transition, ...], first: Transition) -> None:
    """A task that comes by where the application begins begins there."""
    home = None if first.before is None else first.before.location
    for transition in path[:-1]:
        node = transition.node
        if node is None or node.href is None or "#" in node.href or home is None:
            continue
        if canonical_location(node.href) == canonical_location(home):
            raise NoTask("it comes by where the application begins")


def _check_return(path: tuple[Transition, ...], last: Effect) -> None:
    """To open a page that is called like one on the way is no task: the walk just came round."""
    headings = [
        transition.before.headings[0]
        for transition in path
        if transition.before is not None and transition.before.headings
    ]
    if last.kind == "open" and fold(last.name) in [
        fold(part) for heading in headings for part in heading_parts(heading)
    ]:
        raise NoTask("it came round to a page like an earlier one")
    start, end = path[0].before, path[-1].after
    if last.kind == "open" and len(path) > 1 and _is_above(end, path[-2].after):
        raise NoTask("it went back up")
    if last.kind == "related" and start is not None and end is not None and _rows(end) <= _rows(start):
        raise NoTask("it came round to a page like an earlier one")


def _is_above(page: Page | None, other: Page | None) -> bool:
    """Whether the address of a page is the beginning of the other's: a list above its record."""
    if page is None or other is None:
        return False
    above, below = (canonical_location(each.location).partition("?")[0].rstrip("/") for each in (page, other))
    return below.startswith(above + "/")


def _rows(page: Page) -> set[tuple[str, ...]]:
    """The rows of a page's tables, whatever their order."""
    return {tuple(sorted(row.cells.values())) for table in page.tables for row in table.rows}


def _check_arrangements(path: tuple[Transition, ...], effects: tuple[Effect, ...]) -> None:
    """A list is sorted, filtered or searched for a record only if the page did not show the record anyway."""
    for position, effect in enumerate(effects):
        following = next((later for later in effects[position:] if later.kind == "record"), None)
        page = path[position].before
        if effect.kind in ARRANGE and following is not None and page is not None and page.says(following.name):
            raise NoTask("an arrangement that was not needed")


def _check_search(path: tuple[Transition, ...], kinds: Sequence[Kind]) -> None:
    """What is searched for on every page alike needs no way to one of them; a form is filled where it is."""
    if {"submit", "save"}.intersection(kinds):
        return
    for position, transition in enumerate(path):
        node = transition.node
        if position == 0 or node is None or not isinstance(transition.step.action, Type):
            continue
        if not isinstance(path[position - 1].step.action, Click):
            continue
        for earlier in path[:position]:
            if earlier.before is not None and any(
                other.role == node.role and other.name == node.name and other.id == node.id
                for other in earlier.before.nodes
            ):
                raise NoTask("an earlier page has the same field")


def _check_reveal(path: tuple[Transition, ...], position: int) -> None:
    """A scroll or another page of a list is of use only if it brings the target of what follows into sight."""
    own = path[position].node
    turned = isinstance(path[position].step.action, Click)
    later = [transition for transition in path[position + 1 :] if not isinstance(transition.step.action, Scroll)]
    if turned:
        later = [
            transition
            for transition in later
            if own is None or transition.node is None or transition.node.name != own.name
        ]
    if not later:
        raise NoTask("a scroll at the end")
    before, following = path[position].before, later[0].node
    if before is None or following is None:
        raise NoTask("a scroll that led to nothing")
    for node in before.nodes:
        if node.role != following.role or node.name != following.name:
            continue
        if turned or (node.on_screen and not node.has("covered")):
            raise NoTask("a scroll that was not needed")


def _check_in_sight(transition: Transition, effect: Effect) -> None:
    assert transition.before is not None
    for name in effect.quotes:
        if not transition.before.says(name) and not any(
            fold(node.name) == fold(name) for node in transition.before.nodes
        ):
            raise NoTask("a name that is not in sight where it is needed")


def _check_shortcuts(path: tuple[Transition, ...]) -> None:
    """An earlier page that already has a link to where a later link leads makes the steps between needless."""
    for position, transition in enumerate(path):
        node = transition.node
        if position == 0 or node is None or node.href is None:
            continue
        goal = canonical_location(node.href)
        while position and isinstance(path[position - 1].step.action, Scroll):
            position -= 1  # the same page, before it was scrolled
        for earlier in path[:position]:
            if earlier.before is not None and any(
                link.role == "link" and link.href is not None and canonical_location(link.href) == goal
                for link in earlier.before.nodes
            ):
                raise NoTask("an earlier page already links there")


def _compose(effects: list[Effect]) -> tuple[list[str], list[Effect]]:
    """The names of the pages to go to first, and the effects to ask for there.

    Raises:
        NoTask: if it is too much or too mixed for one sentence.
    """
    hops: list[str] = []
    rest = list(effects)
    while len(rest) > 1 and rest[0].kind == "open":
        hops.append(rest.pop(0).name)
    kinds = [effect.kind for effect in rest]
    if len([kind for kind in kinds if kind not in _SETTING]) > PHRASE_LIMIT or len(rest) > 2 * PHRASE_LIMIT:
        raise NoTask("too many things at once")
    if len(hops) > PHRASE_LIMIT:
        raise NoTask("too many things at once")
    if rest[0].context is None and not hops and rest[0].kind not in PLACELESS | {"search", "form"}:
        raise NoTask("where it is done has no name")
    if any(kind in ("save", "add", "kept") for kind in kinds[:-1]):
        raise NoTask("it goes on after it was saved")
    if kinds[-1] in ("open", "narrow") and fold(rest[-1].name) in map(fold, hops):
        raise NoTask("the same thing twice")
    if len({effect.context for effect in rest if effect.kind in _SETTING}) > 1:
        raise NoTask("things that have nothing to do with each other")
    if kinds[-1] == "dialog" and {"tab", *_SETTING}.intersection(kinds):
        raise NoTask("things that have nothing to do with each other")
    columns = [effect.column for effect in rest if effect.kind in ("sort", "filter")]
    if len(set(columns)) < len(columns):
        raise NoTask("an arrangement that another one makes needless")
    if kinds.count("sort") > 1 or kinds.count("search") > 1:
        raise NoTask("a wish that a later one undoes")
    if kinds == ["open"] and len(hops) > 1:
        raise NoTask("wandering from page to page")
    if any(kind == "open" for kind in kinds[:-1]):
        raise NoTask("wandering from page to page")
    records = [at for at, kind in enumerate(kinds) if kind == "record"]
    if any(later != earlier + 1 for earlier, later in itertools.pairwise(records)) or len(records) > 2:
        raise NoTask("wandering from page to page")
    for earlier, later in itertools.pairwise(rest):
        if earlier.kind in ("sort", "filter") and later.kind == "open":
            raise NoTask("an arrangement that the next page does not keep")
        if fold(earlier.name) == fold(later.name):
            raise NoTask("the same thing twice")
    return hops, rest


def _template(effects: list[Effect]) -> str:
    return "+".join(effect.kind for effect in effects)
