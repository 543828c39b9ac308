import contextlib
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from PIL import Image, ImageColor

from pipelines.lake import filmstrip
from pipelines.lake.delta import open_lake
from pipelines.lake.filmstrip import STEPS, StripFrame, film_strip, frames_of
from pipelines.lake.sql import connect
from schemas.errors import ConfigurationError
from schemas.records import Box

GREEN, RED = ImageColor.getrgb("#1a8f3c"), ImageColor.getrgb("#d11f2f")


def screenshot(width: int = 640, height: int = 480) -> bytes:
    sink = io.BytesIO()
    Image.new("RGB", (width, height), "white").save(sink, "PNG")
    return sink.getvalue()


def colours(image: Image.Image) -> set[tuple[int, ...]]:
    return {colour for _, colour in image.getcolors(1 << 20)}  # type: ignore[misc, union-attr]


@pytest.fixture
def connection(small_lake: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with contextlib.closing(connect(open_lake(str(small_lake / "lake")))) as found:
        yield found


def detour(connection: duckdb.DuckDBPyConnection) -> str:
    """The id of the task whose run has four steps, of which the first and the last are needed."""
    query = "select instruction_id from instructions where level = 'high' and path = [0, 3] and answer is null"
    ((instruction_id,),) = connection.execute(query).fetchall()
    return str(instruction_id)


def test_the_frames_are_the_run_in_order_and_the_screen_at_its_end(connection: duckdb.DuckDBPyConnection) -> None:
    frames = frames_of(connection, detour(connection))
    assert [frame.number for frame in frames] == [0, 1, 2, 3, 4]
    assert [frame.verdict for frame in frames] == ["good", "harmful", "abstain", "good", None]
    assert [frame.on_path for frame in frames] == [True, False, False, True, False]
    assert [frame.box is not None for frame in frames] == [True, True, False, True, False]
    assert [frame.caption for frame in frames[::2]] == [
        'Type "lamp" into the search field "Search articles".',
        "Go back to the previous page.",
        "at the end",
    ]
    assert len({frame.image for frame in frames}) == 4  # it came back to where it began


def test_a_step_without_a_sentence_is_told_by_its_action(connection: duckdb.DuckDBPyConnection) -> None:
    bare = duckdb.connect()
    for table in ("instructions", "steps", "labels", "screens"):
        rows = connection.sql(f"select * from {table}").to_arrow_table()
        bare.register("rows", rows)
        bare.execute(f"create table {table} as select * from rows")
    bare.execute("delete from instructions where level = 'low'")
    with contextlib.closing(bare):
        captions = [frame.caption for frame in frames_of(bare, detour(bare))]
    assert captions == ["type lamp Search articles", "click Oak table", "back", "click Search", "at the end"]


def test_a_long_run_is_cut_and_says_how_much_is_left(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filmstrip, "STEPS", 3)
    frames = frames_of(connection, detour(connection))
    assert [frame.number for frame in frames] == [0, 1, 2, 3]
    assert (frames[-1].caption, frames[-1].image) == ("and 1 more", None)


def test_an_instruction_that_is_not_there_is_refused(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(ConfigurationError, match="expected the id of an instruction in the lake, found 'none'"):
        frames_of(connection, "none")


def test_the_target_is_drawn_where_it_was_in_the_colour_of_the_verdict() -> None:
    frame = StripFrame(0, "", screenshot(), Box(320, 240, 100, 60), "good")
    strip = film_strip([frame])
    # Half the size, 12 pixels of margin, a line of 3 pixels around the element.
    assert strip.getpixel((12 + 160 - 2, 12 + 130)) == GREEN
    assert strip.getpixel((12 + 160 + 25, 12 + 130)) == (255, 255, 255)
    assert RED not in colours(strip)
    assert RED in colours(film_strip([replace(frame, verdict="harmful")]))


def test_frames_lie_side_by_side_and_then_in_the_next_row() -> None:
    one = film_strip([StripFrame(0, "a", screenshot())], columns=2)
    two = film_strip([StripFrame(n, "a", screenshot()) for n in range(2)], columns=2)
    three = film_strip([StripFrame(n, "a", screenshot()) for n in range(3)], columns=2)
    assert two.width > one.width
    assert three.width == two.width
    assert three.height > two.height == one.height


def test_a_strip_stays_small_whatever_the_screens_are_like() -> None:
    shapes = [(1, 3000), (3000, 1), (1200, 900), (1, 1)]
    frames = [
        StripFrame(n, "x" * 10_000, screenshot(*shapes[n % 4]), Box(-1e9, -1e9, 2e9, 2e9)) for n in range(STEPS + 1)
    ]
    strip = film_strip(frames)
    assert strip.width < 1_500
    assert strip.height < 7 * 330


@pytest.mark.parametrize("image", [None, b"", b"no image", screenshot()[:60]])
def test_a_screen_that_is_missing_or_broken_leaves_a_grey_frame(image: bytes | None) -> None:
    assert ImageColor.getrgb("#dddddd") in colours(film_strip([StripFrame(0, "gone", image)]))


def test_control_characters_of_a_page_do_not_reach_the_caption() -> None:
    spaced = film_strip([StripFrame(0, "a b c", None)])
    assert film_strip([StripFrame(0, "a\x1bb\u202ec", None)]).tobytes() == spaced.tobytes()


@pytest.mark.parametrize(("count", "columns"), [(0, 4), (STEPS + 2, 4), (1, 0)])
def test_a_strip_of_nothing_or_too_much_is_refused(count: int, columns: int) -> None:
    with pytest.raises(ConfigurationError, match="expected 1 to 25 frames in at least one column"):
        film_strip([StripFrame(n, "a", None) for n in range(count)], columns=columns)
