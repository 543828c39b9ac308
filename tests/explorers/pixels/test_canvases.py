"""What is written on a page's canvas becomes elements below it."""

import io
from dataclasses import replace

import pytest
from PIL import Image, ImageDraw, ImageFont

from explorers.core.affordances import affordances
from explorers.pixels import can_read, with_canvases
from schemas.records import Box, Node, Screen, Tree
from tests.explorers.screens import screen

HEADING = Node("heading", "Board", depth=0, box=Box(10, 0, 100, 20), path="h1")
CANVAS = Node("canvas", "", depth=0, box=Box(20, 40, 300, 180), path="canvas")
AFTER = Node("text", "none", depth=0, box=Box(10, 240, 40, 20), path="p")


def picture() -> Screen:
    image = Image.new("RGB", (400, 300), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((60, 80, 200, 130), "#0088ff")
    draw.text((100, 92), "Start", "white", ImageFont.load_default(20))
    data = io.BytesIO()
    image.save(data, "PNG")
    return Screen(data.getvalue(), 400, 300)


@pytest.mark.skipif(not can_read(), reason="rapidocr is not installed: pip install 'hindtrace[pixels]'")
def test_words_on_a_canvas_can_be_pressed() -> None:
    seen = replace(screen(HEADING, CANVAS, AFTER), screen=picture())
    shown = with_canvases(seen)
    assert [node.role for node in shown.nodes if not node.has("pixels")] == ["heading", "canvas", "text"]
    (word,) = [each for each in affordances(shown) if each.node.name == "Start"]
    assert (word.node.role, word.node.depth, word.node.path) == ("button", 1, "canvas>drawn:nth-of-type(1)")
    assert 100 <= (word.point.x or 0) <= 160
    assert 80 <= (word.point.y or 0) <= 130


@pytest.mark.skipif(not can_read(), reason="rapidocr is not installed: pip install 'hindtrace[pixels]'")
def test_what_is_drawn_on_a_canvas_and_holds_words_is_called_by_them() -> None:
    told, wordless = (Node("generic", depth=1, box=box) for box in (Box(60, 80, 140, 50), Box(250, 150, 40, 40)))
    shown = with_canvases(replace(screen(HEADING, CANVAS, told, wordless, AFTER), screen=picture()))
    assert [(node.role, node.name) for node in shown.nodes] == [
        ("heading", "Board"),
        ("canvas", ""),
        ("button", "Start"),
        ("generic", ""),
        ("text", "none"),
    ]


def test_a_page_without_a_canvas_stays_as_it_is() -> None:
    seen = screen(HEADING, AFTER)
    assert with_canvases(seen) is seen
    covered = replace(CANVAS, flags=("covered",))
    seen = replace(screen(HEADING), tree=Tree("web", (HEADING, covered)))
    assert with_canvases(seen) is seen
