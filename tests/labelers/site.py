"""A small made-up site, Fernwood, and walks through it: what the labelers are tested on, without a browser.

A page is a `Scene` of nested parts; a walk is a start and acts, each with the scene that it leads to. Boxes, paths, ids
of trees and state keys are filled in as a recording and ingest would.
"""

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from PIL import Image

from schemas.actions import Action, Back, Click, Key, Point, Scroll, Select, Type
from schemas.episodes import Episode, EpisodeStep, Moment
from schemas.identity import tree_keys
from schemas.keys import content_id, key
from schemas.records import (
    Box,
    EndedBy,
    Node,
    Result,
    Screen,
    ScrollPosition,
    Seen,
    Setting,
    Step,
    Target,
    Trajectory,
    Tree,
)
from schemas.trees import tree_bytes

HOST = "http://fernwood.test"
WIDTH, HEIGHT = 320, 10_000
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Part:
    """An element and what is inside it."""

    node: Node
    parts: tuple["Part", ...] = ()


def part(role: str, name: str = "", *parts: Part, **fields: Any) -> Part:
    """An element; `fields` are those of a node."""
    return Part(Node(role, name, **fields), parts)


def link(name: str, to: str | None = None, **fields: Any) -> Part:
    """A link to a path of the site."""
    return part("link", name, href=HOST + (to if to is not None else "/" + name.lower()), **fields)


def heading(name: str, level: int = 1) -> Part:
    """A heading."""
    return part("heading", name, level=level)


def text(words: str) -> Part:
    """Words that are no element of their own."""
    return part("text", words)


def button(name: str, **fields: Any) -> Part:
    """A button."""
    return part("button", name, **fields)


def field(name: str, value: str = "", role: str = "textbox", **fields: Any) -> Part:
    """A field with what it holds."""
    return part(role, name, value=value, **fields)


def table(columns: Iterable[str], rows: Iterable[Iterable[str | Part]], *, sortable: str = "") -> Part:
    """A table; with `sortable`, a path with a query, the headings of its columns are links that sort."""
    columns = tuple(columns)
    heads = tuple(
        part("columnheader", "" if sortable else one, *([link(one, f"{sortable}&sort={one}")] if sortable else []))
        for one in columns
    )
    lines = tuple(
        part(
            "row",
            "",
            *(
                part("cell", cell, column=column)
                if isinstance(cell, str)
                else part("cell", cell.node.name, cell, column=column)
                for column, cell in zip(columns, row, strict=True)
            ),
        )
        for row in rows
    )
    return part("table", "", part("row", "", *heads), *lines)


def tree_of(*parts: Part) -> Tree:
    """The tree of the parts: each node a line lower than the one before it, where it has no box of its own."""
    nodes: list[Node] = []

    def add(one: Part, depth: int, path: str) -> None:
        box = one.node.box or Box(0, 20.0 * len(nodes), WIDTH, 18)
        nodes.append(replace(one.node, depth=depth, box=box, path=one.node.path or path))
        for position, below in enumerate(one.parts):
            add(below, depth + 1, f"{path}/{position}")

    for position, one in enumerate(parts):
        add(one, 0, f"/{position}")
    return Tree("fake", tuple(nodes))


@dataclass(frozen=True, slots=True)
class Scene:
    """What is seen: the tree at a location; without a tree, the location alone."""

    tree: Tree | None
    location: str | None
    title: str | None
    scroll: int = 0
    shade: int | None = None
    content_type: str | None = "text/html"

    @property
    def moment(self) -> Moment:
        """The scene as labelers see it."""
        return _moment(self)


@lru_cache(maxsize=4096)
def _moment(scene: Scene) -> Moment:
    tree = scene.tree
    seen = Seen(
        screen=None if scene.shade is None else f"shade {scene.shade}",
        tree=None if tree is None else content_id(tree_bytes(tree)),
        location=scene.location,
        title=scene.title,
        windows=(),
        scroll=ScrollPosition(0, scene.scroll, 0, 2_000),
        time=EPOCH,
        content_type=scene.content_type,
        can_go_back=None,
        notice=None,
    )
    keys = None if tree is None else tree_keys(tree, location=scene.location, scroll=seen.scroll)
    return Moment(seen, tree, keys)


def scene(path: str, *parts: Part, title: str = "", **fields: Any) -> Scene:
    """A page of the site."""
    return Scene(tree_of(*parts), HOST + path, title, **fields)


def partly(seen: Scene) -> Scene:
    """The page as a look at the screen alone gives it: something of it was left out."""
    assert seen.tree is not None
    return replace(seen, tree=replace(seen.tree, cut=1))


@dataclass(frozen=True, slots=True)
class Act:
    """Something done on a page, `on` the index of an element of it, and the scene after it; `before` is a leap."""

    action: Action
    then: Scene | None
    on: tuple[str, str | None, int] | None = None
    result: Result = "ok"
    before: Scene | None = None


def lower(seen: Scene, name: str, end: str | None = None) -> Scene:
    """The page scrolled down: from the element of that name to before the one called `end` it is in sight."""
    assert seen.tree is not None
    inside = range(find(seen.tree, name), len(seen.tree.nodes) if end is None else find(seen.tree, end))
    nodes = (
        replace(
            node, flags=tuple(flag for flag in node.flags if flag != "offscreen") if at in inside else ("offscreen",)
        )
        for at, node in enumerate(seen.tree.nodes)
    )
    return replace(seen, tree=replace(seen.tree, nodes=tuple(nodes)), scroll=20 * inside.start)


def find(tree: Tree, name: str, role: str | None = None, nth: int = 0) -> int:
    """The index of the `nth` element of that name and role."""
    alike = [at for at, one in enumerate(tree.nodes) if one.name == name and role in (None, one.role)]
    pressable = [at for at in alike if role or tree.nodes[at].role not in ("cell", "text", "heading", "columnheader")]
    return (pressable or alike)[nth]


def click(name: str, then: Scene | None, *, role: str | None = None, nth: int = 0, **rest: Any) -> Act:
    """A click on the element of that name."""
    return Act(Click(Point(0, 0)), then, (name, role, nth), **rest)


def typed(words: str, into: str, then: Scene | None, *, role: str | None = None, nth: int = 0, **rest: Any) -> Act:
    """Text typed into a field; `submit` presses Enter."""
    submit = rest.pop("submit", False)
    return Act(Type(words, Point(0, 0), clear=True, submit=submit), then, (into, role, nth), **rest)


def chosen(option: str, into: str, then: Scene | None, *, nth: int = 0, **rest: Any) -> Act:
    """An option chosen in a list."""
    return Act(Select(option, Point(0, 0)), then, (into, "combobox", nth), **rest)


def scrolled(then: Scene | None, **rest: Any) -> Act:
    """A scroll down."""
    return Act(Scroll(0, 400), then, **rest)


def back(then: Scene | None) -> Act:
    """A step back."""
    return Act(Back(), then)


def enter(then: Scene | None) -> Act:
    """The Enter key."""
    return Act(Key("Enter"), then)


def walk(start: Scene | None, *acts: Act, number: int = 0, ended_by: EndedBy = "max steps") -> Episode:
    """The episode of the acts, one after another."""
    trajectory_id = key("trajectory", "fernwood", number)
    steps: list[EpisodeStep] = []
    here = start
    for index, act in enumerate(acts):
        before = act.before or here
        steps.append(_step(trajectory_id, index, act, before, continuous=index > 0 and act.before is None))
        here = act.then
    return Episode(_trajectory(trajectory_id, number, len(steps), ended_by), tuple(steps), screen)


def _step(trajectory_id: str, index: int, act: Act, before: Scene | None, *, continuous: bool) -> EpisodeStep:
    action, target = act.action, None
    if act.on is not None and before is not None and before.tree is not None:
        node = before.tree.nodes[find(before.tree, *act.on)]
        assert node.box is not None
        if hasattr(action, "point"):
            action = replace(action, point=Point.on(*node.box.centre, width=WIDTH, height=HEIGHT))  # type: ignore[arg-type]
        target = Target(node.role, node.name, node.box)
    first, last = None if before is None else before.moment, None if act.then is None else act.then.moment
    step = Step(
        trajectory_id=trajectory_id,
        step_index=index,
        platform="web",
        app="fernwood.test",
        before=first and first.seen,
        after=last and last.seen,
        action=action,
        target=target,
        result=act.result,
        message=None,
        settle=None,
        continuous=continuous,
        thought=None,
        candidates=(),
        reward=None,
    )
    return EpisodeStep(step, first, last)


def _trajectory(trajectory_id: str, number: int, steps: int, ended_by: EndedBy) -> Trajectory:
    return Trajectory(
        trajectory_id=trajectory_id,
        digest=key("digest", trajectory_id),
        chain=key("chain", trajectory_id),
        run_id="fernwood",
        episode=number,
        platform="web",
        app="fernwood.test",
        start=HOST + "/",
        policy="random",
        policy_version="1",
        round=0,
        seed=number,
        task_id=None,
        goal=None,
        group=None,
        parent_id=None,
        branch_step=None,
        steps=steps,
        finished=steps,
        truncated=False,
        ended_by=ended_by,
        message=None,
        success=None,
        judged_by=None,
        setting=Setting("fake", "1", WIDTH, HEIGHT, 1.0, "en-GB", simulated=True),
        source="test",
        licence=None,
        missing=(),
        started_at=EPOCH,
        ended_at=EPOCH + timedelta(minutes=1),
    )


def screen(name: str) -> Screen:
    """The image `shade N`: one grey; the image of another name is none of ours."""
    word, _, shade = name.partition(" ")
    if word != "shade":
        raise KeyError(name)
    data = io.BytesIO()
    Image.new("L", (64, 64), int(shade)).save(data, "PNG")
    return Screen(data.getvalue(), 64, 64)


# The site itself.

COLUMNS = ("id", "name", "family", "height")
PLANTS = (
    ("11", "Silver Fern", "Cyathea", "300"),
    ("12", "Royal Fern", "Osmunda", "160"),
    ("13", "Sword Fern", "Boston", "90"),
    ("14", "Golden Fern", "Cyathea", "210"),
    ("15", "Lady Fern", "Osmunda", "120"),
)
KEEPERS = {"11": "Ida Lund", "12": "Noor Khan", "13": "Ida Lund", "14": "Pavel Cerny", "15": "Noor Khan"}
PLOTS = {"11": "North Gate", "12": "Pond", "13": "Old Wall", "14": "Orchard", "15": "Glass House"}

HOME = scene("/", heading("Fernwood"), link("Plants"), link("Orders"), link("Duties"), title="Fernwood")
ORDERS = scene("/orders", heading("Orders"), text("Nothing was ordered yet."), link("Plants"), link("Fernwood", "/"))
ERROR = scene("/oops", heading("500 Server Error"), part("alert", "An error occurred"), title="500 Server Error")
BLANK = Scene(None, "about:blank", None)
FILE = Scene(Tree("fake", ()), HOST + "/plants.csv", None, content_type="text/csv")


def plants(
    *,
    by: str | None = None,
    down: bool = False,
    only: tuple[str, str] | None = None,
    query: str = "",
    holds: str = "",
    rows: Iterable[Iterable[str]] = PLANTS,
    around: Iterable[Part] = (),
    **fields: Any,
) -> Scene:
    """The list of plants: sorted by a column, only those with a value, or those whose name has the words of a query."""
    found = [tuple(row) for row in rows]
    kept = ""
    if only is not None:
        found = [row for row in found if row[COLUMNS.index(only[0])] == only[1]]
        kept += f"&{only[0]}={only[1]}"
    if query:
        found = [row for row in found if query.casefold() in row[1].casefold()]
        kept += f"&q={query}"
    if by is not None:
        at = COLUMNS.index(by)
        found.sort(key=lambda row: (int(row[at]), "") if row[at].isdecimal() else (0, row[at]), reverse=down)
        kept += f"&sort={by}&down={int(down)}"
    lines = [
        (link(row[0], f"/plants/{row[0]}?{kept}"), link(row[1], f"/plants/{row[0]}?{kept}"), *row[2:]) for row in found
    ]
    facets = [link(family, f"/plants?{kept}&family={family}") for family in sorted({row[2] for row in PLANTS})]
    return scene(
        "/plants?" + kept,
        heading("Plants"),
        text(f"{len(found)} row{'s' * (len(found) != 1)}"),
        part("form", "", field("Search plants", holds or query, "searchbox"), button("Find")),
        part("list", "", *(part("listitem", "", facet) for facet in facets)),
        table(COLUMNS, lines, sortable="/plants?" + kept),
        *around,
        link("Fernwood", "/"),
        title="Plants - Fernwood",
        **fields,
    )


def plant(number: str, *, values: Mapping[str, str] | None = None, **fields: Any) -> Scene:
    """The page of one plant, with its keeper and its plot, which no list shows."""
    row = next(row for row in PLANTS if row[0] == number)
    known = dict(zip(COLUMNS, row, strict=True)) | {"keeper": KEEPERS[number], "plot": PLOTS[number]}
    known |= values or {}
    return scene(
        f"/plants/{number}",
        heading(row[1]),
        table(known, [known.values()]),
        link("Plants"),
        link("waterings", f"/waterings?plant={number}"),
        title=f"{row[1]} - Fernwood",
        **fields,
    )


def waterings(of: str, others: Iterable[str] = ()) -> Scene:
    """The list of waterings of a plant."""
    rows = [(str(at), name, f"{at} litres") for at, name in enumerate((of, of, *others), 1)]
    return scene(f"/waterings?plant={of}", heading("Waterings"), table(("id", "plant", "amount"), rows))


def duties(done: Mapping[str, bool], *, holds: str = "", nameless: bool = False, **fields: Any) -> Scene:
    """The list of duties: a box each, and a field for a new one."""
    items = (
        part(
            "listitem",
            "",
            part("checkbox", "" if nameless else name, flags=("checked",) if ticked else ()),
            text(name),
        )
        for name, ticked in done.items()
    )
    return scene(
        "/duties", heading("Duties"), field("New duty", holds), button("Add"), part("list", "", *items), **fields
    )


def profile(name: str = "", mood: str = "Calm", *, saved: str = "", button_name: str = "Save", **fields: Any) -> Scene:
    """A form with a name and a mood, and what was saved last."""
    return scene(
        "/profile",
        heading("Profile"),
        *([text(saved)] if saved else []),
        part(
            "form",
            "",
            field("Nickname", name),
            field("Mood", mood, "combobox", options=("Calm", "Wild")),
            part("checkbox", "Newsletter"),
            button(button_name),
        ),
        **fields,
    )
