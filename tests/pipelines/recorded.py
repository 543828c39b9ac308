"""Recordings of a small made-up site, written with the real trace writer: what the jobs are tested on."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

from PIL import Image, ImageDraw

from schemas.actions import Action, Back, Click, Point, Type
from schemas.records import (
    Box,
    Choice,
    EpisodeEnd,
    EpisodeStart,
    Node,
    Observation,
    Outcome,
    Screen,
    Setting,
    Target,
    Task,
    Tree,
)
from schemas.traces import TraceWriter, trajectory_id

WIDTH, HEIGHT = 320, 200
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
PAGES = {
    "/": ("Library", ("Books", "Authors", "Search")),
    "/books": ("Books", ("Blue House", "Garden Salt", "Library")),
    "/authors": ("Authors", ("Anna Grieg", "Emil Dumas", "Library")),
    "/search": ("Search", ("Library",)),
    "/books/blue-house": ("Blue House", ("Books", "Anna Grieg")),
    "/books/garden-salt": ("Garden Salt", ("Books", "Emil Dumas")),
    "/authors/anna-grieg": ("Anna Grieg", ("Authors", "Blue House")),
    "/authors/emil-dumas": ("Emil Dumas", ("Authors", "Garden Salt")),
}
Pages: TypeAlias = Mapping[str, tuple[str, tuple[str, ...]]]
"""The heading of each page and its links, by its place; a link is the heading of where it leads."""


@dataclass(frozen=True, slots=True)
class Walk:
    """One episode to record: the links clicked, `<` for back, `?text` for a text typed into the page's field."""

    episode: int
    clicks: tuple[str, ...]
    app: str = "library.test"
    seed: int = 0
    pages: Pages = field(default_factory=lambda: PAGES)

    @property
    def places(self) -> dict[str, str]:
        """Where a link leads."""
        return {heading: place for place, (heading, _) in self.pages.items()}


WALKS = (
    Walk(0, ("Books", "Blue House", "Anna Grieg")),
    Walk(1, ("Authors", "Emil Dumas", "Garden Salt", "<", "Garden Salt")),
    Walk(2, ("Books", "nothing here", "Garden Salt")),
    Walk(3, ("Search", "?salt", "Library", "Books", "Blue House")),
    Walk(4, ("Books", "Blue House", "Anna Grieg")),
    Walk(5, ("Authors", "Anna Grieg", "Blue House", "Books")),
)


def screenshot(place: str, *, text: str = "", pages: Pages = PAGES) -> bytes:
    """The PNG of a page: its words, drawn."""
    heading, links = pages[place]
    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(image)
    draw.text((10, 5), heading + (f" [{text}]" if text else ""), fill="black")
    for index, link in enumerate(links):
        draw.rectangle(_rectangle(index), outline="blue")
        draw.text((14, 42 + 40 * index), link, fill="blue")
    sink = io.BytesIO()
    image.save(sink, "PNG")
    return sink.getvalue()


def tree(place: str, *, text: str = "", pages: Pages = PAGES) -> Tree:
    """The accessibility tree of a page."""
    heading, links = pages[place]
    places = {heading: place for place, (heading, _) in pages.items()}
    nodes = [Node("document", heading, box=Box(0, 0, WIDTH, HEIGHT)), Node("heading", heading, depth=1, level=1)]
    nodes += [Node("link", link, depth=1, box=_box(index), href=places[link]) for index, link in enumerate(links)]
    if place == "/search":
        nodes.append(Node("searchbox", "Search", text, depth=1, box=_box(3), field="search"))
    return Tree("fake", tuple(nodes))


def record(
    folder: Path,
    walk: Walk,
    *,
    run_id: str = "ab" * 16,
    keep_open_after: int | None = None,
    task: Task | None = None,
    group: str | None = None,
    success: bool | None = None,
) -> Path:
    """Records the walk and returns its trace; with `keep_open_after` the recorder dies after that many steps."""
    start = EpisodeStart(
        trajectory_id=trajectory_id(run_id, walk.episode),
        run_id=run_id,
        episode=walk.episode,
        platform="web",
        app=walk.app,
        start=f"http://{walk.app}/",
        policy="random",
        policy_version="1",
        round=0,
        seed=walk.seed,
        task_id=None if task is None else task.task_id,
        goal=None if task is None else task.text,
        group=group,
        parent_id=None,
        branch_step=None,
        setting=Setting("made up", "1", WIDTH, HEIGHT, 1.0, "en", simulated=True),
        source="test",
        licence="CC0-1.0",
        missing=(),
        time=EPOCH,
    )
    writer = TraceWriter(folder, start, task)
    clock = EPOCH
    history = ["/"]
    text = ""
    writer.observation(_observe(walk, "/", text, clock))
    for number, click in enumerate(walk.clicks):
        clock += timedelta(seconds=1)
        if keep_open_after is not None and number > keep_open_after:
            break
        place = history[-1]
        choice, result = _choice(walk, place, click)
        writer.action(choice)
        if keep_open_after is not None and number == keep_open_after:
            break
        text = click[1:] if click.startswith("?") else ""
        if click == "<":
            history.pop()
        elif result == "ok" and not click.startswith("?"):
            history.append(walk.places[click])
        writer.observation(_observe(walk, history[-1], text, clock), Outcome(result, "quiet 20"))
    if keep_open_after is not None:
        writer.close()
        return writer.path
    return writer.end(EpisodeEnd("max steps", None, success, None if success is None else "check", clock))


def record_all(folder: Path, walks: Sequence[Walk] = WALKS) -> Path:
    """Records the walks below a folder, and returns it."""
    folder.mkdir(parents=True, exist_ok=True)
    for walk in walks:
        record(folder, walk)
    return folder


def _choice(walk: Walk, place: str, click: str) -> "tuple[Choice, object]":
    _, links = walk.pages[place]
    action: Action
    if click == "<":
        return Choice(Back()), "ok"
    if click.startswith("?"):
        box = _box(3)
        action = Type(click[1:], Point.on(*box.centre, width=WIDTH, height=HEIGHT), submit=True)
        return Choice(action, Target("searchbox", "Search", box)), "ok"
    if click not in links:
        return Choice(Click(Point.on(300, 190, width=WIDTH, height=HEIGHT))), "no target"
    box = _box(links.index(click))
    return Choice(Click(Point.on(*box.centre, width=WIDTH, height=HEIGHT)), Target("link", click, box)), "ok"


def _observe(walk: Walk, place: str, text: str, clock: datetime) -> Observation:
    return Observation(
        screen=Screen(screenshot(place, text=text, pages=walk.pages), WIDTH, HEIGHT),
        tree=tree(place, text=text, pages=walk.pages),
        location=f"http://{walk.app}{place}",
        title=walk.pages[place][0],
        windows=(),
        scroll=None,
        time=clock,
    )


def _rectangle(index: int) -> tuple[float, float, float, float]:
    box = _box(index)
    return box.x, box.y, box.x + box.width, box.y + box.height


def _box(index: int) -> Box:
    return Box(10, 38 + 40 * index, 140, 24)
