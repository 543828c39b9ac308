"""Finding and reading words in pictures that are drawn here."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from explorers.pixels import PixelReader, can_read
from explorers.pixels.segments import segments

pytestmark = pytest.mark.skipif(not can_read(), reason="rapidocr is not installed: pip install 'hindtrace[pixels]'")
FONT = ImageFont.load_default(15)


@pytest.fixture(scope="module")
def reader() -> PixelReader:
    return PixelReader()


def drawn(*labels: tuple[int, int, str], border: tuple[int, int, int, int] | None = None) -> NDArray[np.uint8]:
    picture = Image.new("RGB", (480, 240), "#eeeeee")
    draw = ImageDraw.Draw(picture)
    if border is not None:
        draw.rounded_rectangle(border, 8, outline="black")
    for x, y, text in labels:
        draw.text((x, y), text, "black", FONT)
    return np.asarray(picture)


def test_labels_that_lie_apart_are_parts_of_their_own_and_words_of_a_line_are_one() -> None:
    found = segments(drawn((20, 20, "File"), (90, 20, "Edit"), (20, 60, "Save the whole page")))
    assert [(part.left < 30, part.top // 40) for part in found] == [(True, 0), (False, 0), (True, 1)]
    assert found[2].width > 100


def test_a_border_around_a_label_is_no_part_of_it() -> None:
    (label,) = segments(drawn((60, 60, "Send"), border=(40, 50, 130, 88)))
    assert label.left >= 55
    assert label.right <= 110


def test_words_are_read_where_they_stand(reader: PixelReader) -> None:
    reading = reader.read(drawn((20, 20, "Settings"), (200, 20, "Help"), (20, 120, "7")))
    assert [word.text for word in reading.words] == ["Settings", "Help", "7"]
    assert reading.words[1].box.contains(215, 30)
    assert reading.cut == 0


def test_only_what_changed_is_read(reader: PixelReader) -> None:
    reader.read(drawn((20, 20, "Orders"), (200, 20, "Guests")))
    before = reader.looked_at
    reader.read(drawn((20, 20, "Orders"), (200, 20, "Guests")))
    assert reader.looked_at == before
    moved = reader.read(drawn((20, 90, "Orders"), (200, 20, "Rooms")))
    assert {word.text for word in moved.words} == {"Orders", "Rooms"}
    assert reader.looked_at == before + 1
