"""A recording of pictures alone gets trees."""

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from explorers.pixels.reader import PixelReader, Reading, Word
from explorers.pixels.recordings import add_trees
from schemas.actions import Click, Point, Wait
from schemas.recordings import read_trace
from schemas.records import Box, Choice, EpisodeEnd, EpisodeStart, Outcome, Screen, Setting
from schemas.traces import TraceWriter, trajectory_id
from tests.explorers.screens import screen

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Brightness:
    """Reads how bright a picture is, and counts its looks."""

    looks = 0

    def read(self, pixels: NDArray[np.uint8]) -> Reading:
        self.looks += 1
        return Reading((Word(f"Level {int(pixels[0, 0, 0])}", Box(4.0, 4.0, 40.0, 12.0), "level"),))


def picture(level: int) -> Screen:
    data = io.BytesIO()
    Image.new("RGB", (64, 32), (level, level, level)).save(data, "PNG")
    return Screen(data.getvalue(), 64, 32)


def recorded(folder: Path, levels: Sequence[int], *, whole: bool) -> Path:
    start = EpisodeStart(
        trajectory_id=trajectory_id("imported", 0), run_id="imported", episode=0, platform="desktop", app="drawing",
        start="drawing", policy="person", policy_version="1", seed=None, source="elsewhere", missing=("trees",),
        setting=Setting("X11", "1", 64, 32, 1.0, "en", False), time=NOW,
    )  # fmt: skip
    writer = TraceWriter(folder, start)
    seen = [replace(screen(), screen=picture(level), tree=None, location="drawing") for level in levels]
    writer.observation(seen[0])
    for each in seen[1:]:
        writer.action(Choice(Click(Point.on(10.0, 10.0, width=64, height=32))))
        writer.observation(each, Outcome("ok", message="done"))
    if whole:
        return writer.end(EpisodeEnd("stop", None, None, None, NOW))
    writer.action(Choice(Wait()))
    writer.close()
    return writer.path


def test_each_screen_gets_the_tree_of_its_picture_and_all_else_stays(tmp_path: Path) -> None:
    for whole in (True, False):
        source, out = tmp_path / f"from-{whole}", tmp_path / f"to-{whole}"
        before = read_trace(recorded(source, (10, 20, 20), whole=whole))
        reader = Brightness()
        (path,) = add_trees(source, out, cast(PixelReader, reader))
        after = read_trace(path)
        assert reader.looks == 2
        assert replace(after.trajectory, digest="", chain="") == replace(before.trajectory, digest="", chain="")
        assert len(after.steps) == len(before.steps)
        for old, new in zip(before.steps, after.steps, strict=True):
            assert (old.action, old.result, old.message, old.continuous) == (
                new.action, new.result, new.message, new.continuous,
            )  # fmt: skip
            assert old.before is not None
            assert new.before is not None
            assert new.before.tree is not None
            assert replace(new.before, tree=None) == old.before
            tree = after.tree(new.before.tree)
            assert tree.kind == "pixels"
            assert next(node.name for node in tree.nodes).startswith("Level ")
