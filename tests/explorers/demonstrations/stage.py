"""A screen on a script, with a clock of its own: what it shows when, and what is done on it."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
from PIL import Image

from explorers.demonstrations.events import Event, Moved, Pressed
from explorers.demonstrations.glances import Glance
from schemas.errors import DeviceLost
from schemas.records import Box, Flag, Node, Observation, Platform, Screen, Setting, Tree

WIDTH, HEIGHT = 400, 300


class Clock:
    """Stands in for the module `time` of the recorder."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


def element(role: str, name: str, row: int, *flags: Flag, value: str | None = None) -> Node:
    """An element in a row of the screen, 100 pixels wide and 20 high."""
    box = Box(10.0, 30.0 * row, 100.0, 20.0)
    return Node(role, name, value, flags=flags, box=box, path=f"{role}:{row}:{name}")


@dataclass
class ScriptedStage:
    """Shows `shows` (from when on, which elements, how long a look at them takes), while `does` happens.

    What is in `late` is told so many seconds after it was done.
    """

    clock: Clock
    shows: list[tuple[float, list[Node]]]
    does: list[Event]
    takes: float = 0.01
    restless: bool = False
    lost_at: float | None = None
    over_at: float | None = None
    late: list[tuple[float, Event]] = field(default_factory=list)
    closed: int = 0
    _looked: float = -1.0
    _shown: int = -1
    _pointer: tuple[float, float] | None = None
    _notices: list[str] = field(default_factory=list)

    platform: Platform = "desktop"
    app = "scripted"
    start = "scripted"

    @property
    def setting(self) -> Setting:
        return Setting("fake", "1", WIDTH, HEIGHT, 1.0, "C", True)

    @property
    def over(self) -> str | None:
        return "it was closed" if self.over_at is not None and self.clock.now >= self.over_at else None

    def open(self) -> Glance:
        glance = self.look(since=self.clock.now)
        assert glance is not None
        return glance

    def listen(self, seconds: float) -> Sequence[Event]:
        self.clock.now += seconds
        if self.lost_at is not None and self.clock.now >= self.lost_at:
            raise DeviceLost("unplugged")
        found = [event for event in self.does if event.time <= self.clock.now]
        del self.does[: len(found)]
        told = [each for each in self.late if each[0] + each[1].time <= self.clock.now]
        self.late = [each for each in self.late if each not in told]
        found += [event for _, event in told]
        for event in found:
            if isinstance(event, Moved | Pressed):
                self._pointer = (event.x, event.y)
        return found

    def look(self, *, since: float | None) -> Glance | None:
        index = max(n for n, (when, _) in enumerate(self.shows) if when <= self.clock.now)
        if index == self._shown and (since is None or self._looked >= since):
            return None
        self._shown, self._looked = index, self.clock.now
        began = self.clock.now
        self.clock.now += self.takes
        nodes = tuple(self.shows[index][1])
        colour = 10 * (index + 1)
        # What is shown tells which look it was of.
        picture = np.full((HEIGHT, WIDTH, 3), colour, np.uint8)
        tree = Tree("fake", nodes)
        return Glance(
            began=began,
            ended=self.clock.now,
            quiet=not self.restless,
            tree=tree,
            title="scripted",
            location=None,
            pointer=self._pointer,
            make=lambda: _observation(tree, colour, began),
            picture=lambda: picture if len(nodes) <= 3 else None,
        )

    def close(self) -> None:
        self.closed += 1


def _observation(tree: Tree, colour: int, began: float) -> Observation:
    data = io.BytesIO()
    Image.new("RGB", (WIDTH, HEIGHT), (colour,) * 3).save(data, "PNG")
    return Observation(
        screen=Screen(data.getvalue(), WIDTH, HEIGHT),
        tree=tree,
        location="scripted",
        title="scripted",
        windows=("scripted",),
        scroll=None,
        time=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=began),
    )
