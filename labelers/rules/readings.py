"""An episode read step by step: the pages on both sides, the element that was meant, and whether anything changed."""

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from labelers.rules.pages import Page, fold
from schemas.actions import point_of
from schemas.episodes import Episode, EpisodeStep, Moment
from schemas.errors import SchemaError
from schemas.identity import canonical_location
from schemas.records import Node, Step
from schemas.visual import changed_tiles, decode

Change = Literal["nothing", "content", "pixels", "unknown"]
"""What an action changed: nothing at all, the tree, pixels that no node tells of, or it can't be said."""


@dataclass(frozen=True, slots=True)
class Reading:
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


def read_episode(episode: Episode) -> tuple[Reading, ...]:
    """Every step of the episode, in order."""
    pages: dict[tuple[str | None, str | None, str | None], Page] = {}
    return tuple(_read(one, episode, pages) for one in episode.steps)


def site_names(readings: tuple[Reading, ...]) -> frozenset[str]:
    """Headings, folded, that stand on nearly every page: the site's own name and not a page's."""
    seen = [reading.after for reading in readings if reading.after is not None]
    pages = {canonical_location(page.location).split("?")[0].split("#")[0]: page for page in seen}
    if len(pages) < 4:
        return frozenset()
    often = Counter(name for page in pages.values() for name in {fold(heading) for heading in page.headings})
    return frozenset(name for name, count in often.items() if count >= 0.8 * len(pages))


def _read(one: EpisodeStep, episode: Episode, pages: dict[tuple[str | None, str | None, str | None], Page]) -> Reading:
    before, after = _page(one.before, pages), _page(one.after, pages)
    return Reading(
        step=one.step,
        before=before,
        after=after,
        state=None if one.before is None or one.before.keys is None else one.before.keys.content,
        next_state=None if one.after is None or one.after.keys is None else one.after.keys.content,
        target=None if before is None else _target(one.step, before),
        change=_change(one, episode),
    )


def _page(moment: Moment | None, pages: dict[tuple[str | None, str | None, str | None], Page]) -> Page | None:
    if moment is None or moment.tree is None:
        return None
    known = (moment.seen.tree, moment.seen.title, moment.seen.location)
    if known not in pages:
        pages[known] = Page(moment.tree, title=moment.seen.title, location=moment.seen.location)
    return pages[known]


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


def _change(one: EpisodeStep, episode: Episode) -> Change:
    before, after = one.before, one.after
    if before is None or after is None or before.keys is None or after.keys is None:
        return "unknown"
    if before.keys.content != after.keys.content or before.seen.scroll != after.seen.scroll:
        return "content"
    if before.seen.screen == after.seen.screen:
        return "nothing"
    if before.seen.screen is None or after.seen.screen is None:
        return "unknown"
    try:
        first, second = (decode(episode.screen(screen).data) for screen in (before.seen.screen, after.seen.screen))
    except (KeyError, SchemaError):
        return "unknown"
    volatile = (*before.keys.volatile, *after.keys.volatile)
    return "pixels" if changed_tiles(first, second, volatile=volatile) else "nothing"
