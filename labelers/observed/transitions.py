"""An episode read step by step: the pages on both sides, the element that was meant, and whether anything changed."""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Literal

from schemas.actions import Point, Wait, point_of, points_of
from schemas.episodes import Episode, EpisodeStep, Moment
from schemas.errors import SchemaError
from schemas.identity import STRUCTURE_FLAGS, canonical_location, stable_text
from schemas.pages import Page, fold
from schemas.records import Box, Flag, Node, Step
from schemas.visual import changed_tiles, decode

Change = Literal["nothing", "look", "content", "pixels", "unknown"]
"""What an action changed: nothing at all, the looks of what has the focus or the pointer, the tree, pixels that no
node tells of, on the screen or beyond it, or it can't be said. What moves by itself while nothing is done is a look as
well."""

IDLE: frozenset[Change] = frozenset({"nothing", "look"})
"""What is no effect: focus and pointer come and go with every click."""

ALIKE = 4
"""Pages with one heading or title: so many are not called by it."""

MOST = 0.6
"""The part of the pages that have what belongs to a menu."""

EDGE = 4
"""Pixels around an element that its focus ring and its shadow take."""

_DRAWN = frozenset({"canvas", "img", "video", "iframe"})
"""Elements whose pixels are content, and no look."""


@dataclass(frozen=True, slots=True)
class Transition:
    """One step with its pages; `target` is the index in `before` of the element that the action touched."""

    step: Step
    before: Page | None
    after: Page | None
    state: str | None
    next_state: str | None
    target: int | None
    change: Change

    @property
    def index(self) -> int:
        """The step's index in the trajectory."""
        return self.step.step_index

    @property
    def node(self) -> Node | None:
        """The element that the action touched."""
        return None if self.before is None or self.target is None else self.before.nodes[self.target]


def transitions_of(episode: Episode) -> tuple[Transition, ...]:
    """Every step of the episode, in order."""
    pages: dict[tuple[str | None, str | None, str | None], Page] = {}
    transitions: list[Transition] = []
    for step in episode.steps:
        transitions.append(_read(step, episode, pages, transitions))
    causes = [each.step.caused_by for each in episode.steps if is_late(each.step)]
    late = {cause.step for cause in causes if cause is not None}
    # What a step did that was seen only later can't be told from its own pages.
    return tuple(
        replace(each, change="unknown") if each.index in late and each.change in IDLE else each for each in transitions
    )


def is_late(step: Step) -> bool:
    """Whether what is seen after a step came from an earlier one: it is no effect of this step."""
    return step.caused_by is not None and step.caused_by.step < step.step_index


def site_names(transitions: tuple[Transition, ...]) -> frozenset[str]:
    """Headings and titles, folded, of nearly every page, or of several pages alike: no page's own name."""
    seen = [transition.after for transition in transitions if transition.after is not None]
    pages = {canonical_location(page.location).split("?")[0].split("#")[0]: page for page in seen}
    if len(pages) < 4:
        return frozenset()
    often = Counter(name for page in pages.values() for name in {fold(heading) for heading in page.headings})
    first = Counter(fold(page.headings[0]) for page in pages.values() if page.headings)
    titles = Counter(fold(page.title) for page in pages.values() if page.title)
    alike = {name for counted in (first, titles) for name, count in counted.items() if count >= ALIKE}
    return frozenset(alike | {name for name, count in often.items() if count >= 0.8 * len(pages)})


def menu_names(transitions: tuple[Transition, ...]) -> frozenset[str]:
    """What the links are called, folded, that most pages have: the menu of a site."""
    seen = [transition.after for transition in transitions if transition.after is not None]
    pages = {canonical_location(page.location).split("?")[0].split("#")[0]: page for page in seen}
    if len(pages) < ALIKE:
        return frozenset()
    often = Counter(
        name for page in pages.values() for name in {fold(node.name) for node in page.nodes if node.role == "link"}
    )
    return frozenset(name for name, count in often.items() if name and count >= MOST * len(pages))


def _read(
    step: EpisodeStep,
    episode: Episode,
    pages: dict[tuple[str | None, str | None, str | None], Page],
    earlier: list[Transition],
) -> Transition:
    before, after = _page(step.before, pages), _page(step.after, pages)
    target = None if before is None else _target(step.step, before)
    was = next((transition for transition in reversed(earlier) if points_of(transition.step.action)), None)
    pointed = [None if before is None or target is None else before.nodes[target], None if was is None else was.node]
    pointers = [*points_of(step.step.action), *(() if was is None else points_of(was.step.action))]
    return Transition(
        step=step.step,
        before=before,
        after=after,
        state=None if step.before is None or step.before.keys is None else step.before.keys.content,
        next_state=None if step.after is None or step.after.keys is None else step.after.keys.content,
        target=target,
        change=_change(step, episode, [node for node in pointed if node is not None], pointers),
    )


def _page(moment: Moment | None, pages: dict[tuple[str | None, str | None, str | None], Page]) -> Page | None:
    if moment is None:
        return None
    known = (moment.seen.tree, moment.seen.title, moment.seen.location)
    if known not in pages and (page := moment.page) is not None:
        pages[known] = page
    return pages.get(known)


def _target(step: Step, page: Page) -> int | None:
    """The element that the target names, else the smallest box around the point."""
    if step.target is not None:
        alike = [
            index
            for index, node in enumerate(page.nodes)
            if node.role == step.target.role and node.name == step.target.name and node.box == step.target.box
        ]
        if alike:
            return alike[-1]
    point = point_of(step.action)
    if point is None or point.x is None or point.y is None:
        return None
    around = [
        (node.box.width * node.box.height, -index, index)
        for index, node in enumerate(page.nodes)
        if node.box is not None and node.box.contains(point.x, point.y) and node.role != "text"
    ]
    return min(around)[2] if around else None


def _change(step: EpisodeStep, episode: Episode, pointed: list[Node], pointers: list[Point]) -> Change:
    """What the step changed; what came from an earlier one is not its doing."""
    seen = _seen_change(step, episode, pointed, pointers)
    return "unknown" if seen in ("content", "pixels") and is_late(step.step) else seen


def _seen_change(step: EpisodeStep, episode: Episode, pointed: list[Node], pointers: list[Point]) -> Change:
    """What is seen to have changed; `pointed` are the elements under the pointer before and after it, where known."""
    before, after = step.before, step.after
    if before is None or after is None or before.keys is None or after.keys is None:
        return "unknown"
    if before.seen.scroll != after.seen.scroll:
        return "content"
    if before.keys.content != after.keys.content and _said(before) != _said(after):
        return "content"
    if after.seen.changed_beyond:
        return "pixels"  # beyond the screen, of which the tree tells nothing
    if before.seen.screen == after.seen.screen:
        return "nothing"
    if before.seen.screen is None or after.seen.screen is None:
        return "unknown"
    try:
        first, second = (decode(episode.screen(screen).data) for screen in (before.seen.screen, after.seen.screen))
    except (KeyError, SchemaError):
        return "unknown"
    volatile = (*before.keys.volatile, *after.keys.volatile)
    if not changed_tiles(first, second, volatile=volatile):
        return "nothing"
    if isinstance(step.step.action, Wait) or step.step.action.ends:
        return "look"
    focused = [node for seen in (before, after) if seen.tree for node in seen.tree.nodes if node.has("focused")]
    looks = [_around(node.box) for node in (*pointed, *focused) if node.box is not None and node.role not in _DRAWN]
    places = [(point.x, point.y) for point in pointers if point.x is not None and point.y is not None]
    changed = changed_tiles(first, second, volatile=(*volatile, *looks), pointers=places)
    return "pixels" if changed else "look"


def _said(moment: Moment) -> tuple[str, list[tuple[str, tuple[Flag, ...], str, str | None]]]:
    """What a page says, without the nameless elements that the pointer's shape alone shows to be clickable."""
    nodes = moment.tree.nodes if moment.tree is not None else ()
    rows = [
        (
            node.role,
            tuple(sorted(STRUCTURE_FLAGS.intersection(node.flags))),
            stable_text(node.name),
            None if node.value is None else stable_text(node.value),
        )
        for node in nodes
        if node.role != "generic" or node.name or node.value
    ]
    return canonical_location(moment.seen.location), rows


def _around(box: Box) -> Box:
    return Box(box.x - EDGE, box.y - EDGE, box.width + 2 * EDGE, box.height + 2 * EDGE)
