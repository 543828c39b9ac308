"""Recordings without trees: each screen gets the tree that is read from its picture."""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from explorers.pixels.nodes import read_tree
from explorers.pixels.reader import PixelReader, shared_reader
from schemas.recordings import Recording, read_trace
from schemas.records import Choice, EpisodeEnd, EpisodeStart, Observation, Outcome, Raw, Seen
from schemas.redaction import KnownSecrets
from schemas.traces import TraceWriter, find_traces


def add_trees(traces: Path, folder: Path, reader: PixelReader | None = None) -> Iterator[Path]:
    """Writes the recordings below `traces` anew into `folder`, with a tree for each screen that has none.

    All else stays as it was recorded; a recording that breaks off does so there as well. Yields what was written.

    Raises:
        ConfigurationError: if the packages that the reader needs are missing.
        TraceError: if a recording is damaged, or is in the folder already.
    """
    for path in find_traces(traces):
        yield _copied(read_trace(path), folder, reader or shared_reader())


def _copied(recording: Recording, folder: Path, reader: PixelReader) -> Path:
    known, episode = KnownSecrets(), recording.trajectory
    same = {each.name for each in fields(EpisodeStart)} - {"time"}
    start = EpisodeStart(**{name: getattr(episode, name) for name in same}, time=episode.started_at)
    writer = TraceWriter(folder, start, recording.task)
    seen: dict[str, Observation] = {}

    def observed(each: Seen) -> Observation:
        """What was seen, with a tree; one screen is read once."""
        screen = None if each.screen is None else recording.load_screen(each.screen)
        if each.tree is not None:
            tree = recording.tree(each.tree)
        elif screen is None or each.screen is None:
            tree = None
        elif each.screen in seen:
            tree = seen[each.screen].tree
        else:
            tree = known.redact_tree(read_tree(screen, reader), place=each.location or "")
        kept = {field.name: getattr(each, field.name) for field in fields(Seen)}
        raw = tuple(Raw(ref.kind, recording.raw(ref.raw)) for ref in each.raw or ())
        made = Observation(**{**kept, "screen": screen, "tree": tree, "volatile": each.volatile or (), "raw": raw})
        if each.screen is not None:
            seen[each.screen] = made
        return made

    try:
        for number, step in enumerate(recording.steps):
            if step.before is not None and (number == 0 or not step.continuous):
                writer.observation(observed(step.before))
            writer.action(Choice(step.action, step.target, step.thought, step.candidates))
            if step.after is not None:
                outcome = Outcome(step.result, step.settle, step.message, step.reward)
                writer.observation(observed(step.after), outcome)
        if episode.truncated or episode.ended_at is None:
            return writer.path
        end = EpisodeEnd(episode.ended_by, episode.message, episode.success, episode.judged_by, episode.ended_at)
        return writer.end(end)
    finally:
        writer.close()
