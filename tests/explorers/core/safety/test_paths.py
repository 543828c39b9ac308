from dataclasses import replace

import pytest

from explorers.core.safety import Safety
from explorers.core.safety.paths import outside_home
from schemas.actions import Point, Type
from schemas.records import Tree
from tests.explorers.screens import node, screen


@pytest.mark.parametrize(
    "text",
    [
        "/etc/passwd",
        " /etc ",
        "//etc",
        "file:///etc/x",
        "../x",
        "a/../../x",
        "..",
        "~root",
        "~/../x",
        "/tmp/agent/../x",
    ],
)
def test_a_path_that_leads_out_of_the_home_is_one(text: str) -> None:
    assert outside_home(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "notes.txt",
        "Documents/a.txt",
        "~/x",
        "/tmp/agent/x",
        "/tmp/hindtrace-desktop-0a1b/agent/x",
        "/5",
        "and/or",
        "see ../x there",
        "/* a comment",
        "first\n/etc/passwd",
    ],
)
def test_what_stays_inside_or_is_no_path_is_none(text: str) -> None:
    assert not outside_home(text)


@pytest.mark.parametrize(("kind", "refused"), [("atspi", True), ("web", False)])
def test_it_is_refused_where_files_are_within_reach(kind: str, refused: bool) -> None:
    field = node("textbox", "File name", "editable")
    seen = replace(screen(field), tree=Tree(kind, (field,)))
    said = Safety().refuses(seen, Type("/etc/passwd", Point.on(50, 20, width=400, height=300)))
    assert (said == "denied: the path leads out of the episode's home") is refused


def test_a_path_on_a_line_of_its_own_is_one_where_lines_are_entered_one_by_one() -> None:
    for flags, refused in ((("editable",), True), (("editable", "multiline"), False)):
        field = node("textbox", "File name", *flags)
        seen = replace(screen(field), tree=Tree("atspi", (field,)))
        said = Safety().refuses(seen, Type("a.txt\n/etc/passwd\n", Point.on(50, 20, width=400, height=300)))
        assert (said is not None) is refused
