"""Observations made up by hand, and by hypothesis."""

from datetime import UTC, datetime
from typing import cast, get_args

from hypothesis import strategies as st

from schemas.records import Box, Flag, Node, Observation, Screen, ScrollPosition, Tree

WIDTH, HEIGHT = 400, 300
PIXEL = b"\x89PNG"
HERE = "http://shop.example/list"


def screen(*nodes: Node, location: str = HERE, back: bool = False, scroll: float = 0) -> Observation:
    return Observation(
        screen=Screen(PIXEL, WIDTH, HEIGHT),
        tree=Tree("fake", nodes),
        location=location,
        title="List",
        windows=("List",),
        scroll=ScrollPosition(0, 0, 0, scroll),
        time=datetime(2026, 1, 1, tzinfo=UTC),
        content_type="text/html",
        can_go_back=back,
    )


def node(role: str, name: str = "", *flags: Flag, y: float = 10, depth: int = 0, **rest: object) -> Node:
    known = {"path": f"body > {role}:nth-of-type({y:.0f})", "box": Box(10, y, 80, 20)}
    return Node(role, name, depth=depth, flags=flags, **{**known, **rest})  # type: ignore[arg-type]


ROLES = ("button", "link", "textbox", "searchbox", "combobox", "checkbox", "text", "heading", "generic", "form", "cell")
NAMES = ("", "Save", "Delete", "Log out", "Oslo", "12", "Next page", "Rome")
HREFS = (
    None,
    HERE,
    "http://shop.example/a",
    "http://shop.example/a.csv",
    "http://other.example/",
    "mailto:a@b.example",
)


@st.composite
def nodes(draw: st.DrawFn) -> Node:
    role = draw(st.sampled_from(ROLES))
    flags = draw(st.sets(st.sampled_from(cast(tuple[Flag, ...], get_args(Flag))), max_size=4))
    if role in ("textbox", "searchbox"):
        flags = flags | {"editable"}
    number = st.floats(-200, 500, allow_nan=False)
    return Node(
        role=role,
        name=draw(st.sampled_from(NAMES)),
        value=draw(st.sampled_from((None, "", "Oslo"))),
        depth=draw(st.integers(0, 2)),
        flags=tuple(sorted(flags)),
        box=draw(
            st.none() | st.builds(Box, number, number, st.floats(0, 300), st.floats(0, 200)),
        ),
        field=draw(st.sampled_from((None, "text", "number", "file", "submit", "download"))),
        options=draw(st.sampled_from(((), ("- none -", "Oslo", "Rome")))) if role == "combobox" else (),
        href=draw(st.sampled_from(HREFS)) if role == "link" else None,
        path=draw(st.sampled_from((None, "body > a", "body > form > input:nth-of-type(2)"))),
        column=draw(st.sampled_from((None, "City"))) if role == "cell" else None,
    )


@st.composite
def screens(draw: st.DrawFn) -> Observation:
    """A screen of up to twelve nodes in preorder."""
    found: list[Node] = []
    for each in draw(st.lists(nodes(), max_size=12)):
        depth = min(each.depth, found[-1].depth + 1 if found else 0)
        found.append(Node(**{name: getattr(each, name) for name in Node.__slots__ if name != "depth"}, depth=depth))
    return screen(
        *found,
        location=draw(st.sampled_from((HERE, "http://shop.example/other"))),
        back=draw(st.booleans()),
        scroll=draw(st.sampled_from((0.0, 500.0))),
    )
