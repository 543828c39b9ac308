"""The pictures of a question: the screen before a step with its target marked, the screen after it."""

from labelers.model.comparing import Comparison
from labelers.model.pictures import Picture
from schemas.actions import point_of
from schemas.episodes import EpisodeStep
from schemas.records import Box


def before(step: EpisodeStep) -> list[Picture]:
    """The screen before the step, its target marked; none where none was recorded."""
    screen = None if step.before is None else step.before.seen.screen
    return [] if screen is None else [Picture(screen, mark=target_box(step))]


def after(step: EpisodeStep) -> list[Picture]:
    """The screen after the step; none where none was recorded."""
    screen = None if step.after is None else step.after.seen.screen
    return [] if screen is None else [Picture(screen)]


def compared(step: EpisodeStep) -> list[Picture | Comparison]:
    """What the step changed on the screen, its target marked; the one screen that there is, where one is missing."""
    whole = [*before(step), *after(step)]
    if len(whole) < 2:
        return [*whole]
    first, last = whole
    return [Comparison(first.screen, last.screen, first.mark)]


def target_box(step: EpisodeStep) -> Box | None:
    """The element that the action was meant for, in pixels of the screen before; else a small box around its point."""
    if step.step.target is not None and step.step.target.box is not None:
        return step.step.target.box
    point = point_of(step.step.action)
    if point is None or point.x is None or point.y is None:
        return None
    return Box(point.x - 8, point.y - 8, 16, 16)
