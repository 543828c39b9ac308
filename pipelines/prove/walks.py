"""Attempts as walks, from a trace that was just made or from the lake: read the same way, without their pictures."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from labelers.observed.transitions import transitions_of
from pipelines.prove.proving import Walk
from schemas.actions import Wait
from schemas.episodes import Episode, EpisodeStep, Moment
from schemas.identity import tree_keys
from schemas.recordings import Recording
from schemas.records import Screen, Seen, Step, Trajectory, Tree


def walk_of(trajectory: Trajectory, steps: Iterable[Step], tree: Callable[[str], Tree], *, choices: int) -> Walk:
    """The walk of an attempt at so many choices; `tree` gives a tree by its id.

    An attempt rests where a choice can't be done, and then it is not complete.
    """
    episode = episode_of(trajectory, steps, tree)
    rested = [each for each in episode.steps if isinstance(each.step.action, Wait)] if choices else []
    done = [each.step.result in ("ok", "timeout") and each.after is not None for each in episode.steps]
    first = episode.steps[0].before if episode.steps else None
    return Walk(
        trajectory.trajectory_id,
        transitions_of(episode),
        all(done) and len(done) == max(choices, 1) and not rested,
        None if first is None or first.tree is None else content_of(first.tree, first.seen.location),
    )


def content_of(tree: Tree, location: str | None) -> str:
    """The content of a state, however far it was scrolled."""
    return tree_keys(tree, location=location, scroll=None).content


def walk_of_recording(recording: Recording, *, choices: int) -> Walk:
    """The same of a trace.

    Raises:
        TraceError: if one of its trees can't be read.
    """
    return walk_of(recording.trajectory, recording.steps, recording.tree, choices=choices)


def episode_of(trajectory: Trajectory, steps: Iterable[Step], tree: Callable[[str], Tree]) -> Episode:
    """The episode with its trees and states, and without its pictures: what is compared is what trees tell."""

    def moment(seen: Seen | None) -> Moment | None:
        if seen is None:
            return None
        held = None if seen.tree is None else tree(seen.tree)
        keys = None if held is None else tree_keys(held, location=seen.location, scroll=seen.scroll)
        return Moment(replace(seen, screen=None), held, keys)

    parts = tuple(EpisodeStep(step, moment(step.before), moment(step.after)) for step in steps)
    return Episode(trajectory, parts, _no_screen)


def _no_screen(screen: str) -> Screen:
    raise KeyError(screen)
