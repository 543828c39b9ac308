"""Traces to facts: which recording of an episode counts, and what rows it becomes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from schemas.errors import SchemaError, TraceError
from schemas.recordings import Recording
from schemas.records import Image, ScreenRow, Trajectory, TreeRow
from schemas.visual import image_size

Relation = Literal["same", "longer", "shorter", "conflict"]


def relation(new: Recording, old: Trajectory) -> Relation:
    """How a recording relates to a stored one of the same id.

    `longer` supersedes: the stored one broke off, and the new one has the same finished steps and then more, or the
    end. `shorter` is the same the other way round as far as that can be told from the new recording alone.
    """
    if new.trajectory.digest == old.digest:
        return "same"
    if old.truncated and old.finished < len(new.chains) and new.chains[old.finished] == old.chain:
        reach = (new.trajectory.finished, new.trajectory.steps, not new.trajectory.truncated)
        if reach > (old.finished, old.steps, False):
            return "longer"
        return "shorter" if reach < (old.finished, old.steps, True) else "conflict"
    return "conflict"


@dataclass(frozen=True, slots=True)
class Blobs:
    """The ids of the screens and trees that a recording's steps name, in order of first use."""

    screens: tuple[str, ...]
    trees: tuple[str, ...]


def blobs_of(recording: Recording) -> Blobs:
    """The screens and trees of a recording, each once."""
    screens: dict[str, None] = {}
    trees: dict[str, None] = {}
    for step in recording.steps:
        for seen in (step.before, step.after):
            if seen is not None and seen.screen is not None:
                screens.setdefault(seen.screen)
            if seen is not None and seen.tree is not None:
                trees.setdefault(seen.tree)
    return Blobs(tuple(screens), tuple(trees))


@dataclass(frozen=True, slots=True)
class Whole:
    """A recording of which every screen and tree was read and found to be what its name says."""

    recording: Recording
    sizes: Mapping[str, tuple[int, int]]
    trees: Mapping[str, tuple[str, int, int]]
    """Kind, nodes and nodes left out of each tree."""


def check(recording: Recording) -> Whole:
    """Reads every screen and tree of the recording once.

    Raises:
        TraceError: if one is missing, damaged or not what its name says.
        SchemaError: if a tree's bytes are no tree.
    """
    blobs = blobs_of(recording)
    sizes = {screen: _size(recording, screen, recording.screen(screen)) for screen in blobs.screens}
    trees = {}
    for tree in blobs.trees:
        content = recording.tree(tree)
        trees[tree] = (content.kind, len(content.nodes), content.cut)
    return Whole(recording, sizes, trees)


def choose(candidates: Sequence[Whole]) -> tuple[Whole, tuple[tuple[Whole, Relation], ...]]:
    """The recording that counts among several of one id, and how each of the others relates to it.

    The one with most finished steps, then with its end, then with the lowest digest; in what order they were found
    does not matter.
    """
    ranked = sorted(
        candidates,
        key=lambda whole: (
            -whole.recording.trajectory.finished,
            whole.recording.trajectory.truncated,
            -whole.recording.trajectory.steps,
            whole.recording.trajectory.digest,
        ),
    )
    best = ranked[0]
    others: list[tuple[Whole, Relation]] = []
    for other in ranked[1:]:
        related = relation(best.recording, other.recording.trajectory)
        others.append((other, "shorter" if related == "longer" else related))
    return best, tuple(others)


def screen_row(whole: Whole, screen: str, position: int) -> ScreenRow:
    """A row of `screens`.

    Raises:
        TraceError: if the screen has gone since it was checked.
    """
    width, height = whole.sizes[screen]
    image = Image(whole.recording.screen(screen), None)
    return ScreenRow(screen, position, image, width, height, whole.recording.formats[screen])


def tree_row(whole: Whole, tree: str, position: int) -> TreeRow:
    """A row of `trees`.

    Raises:
        TraceError: if the tree has gone since it was checked.
    """
    kind, count, cut = whole.trees[tree]
    return TreeRow(tree, position, kind, whole.recording.packed_tree(tree), count, cut)


def without(rows: pa.Table, trajectories: Sequence[str]) -> pa.Table:
    """The rows of all other trajectories."""
    named = pc.is_in(rows["trajectory_id"], value_set=pa.array(trajectories, pa.string()))
    return rows.filter(pc.invert(named))


def _size(recording: Recording, screen: str, data: bytes) -> tuple[int, int]:
    """Width and height as the image file states them; its pixels are not decoded here."""
    try:
        return image_size(data)
    except SchemaError as error:
        raise TraceError(f"{recording.path}: screen {screen}: {error}") from error
