import io
from typing import Any

import polars as pl
import pytest
from PIL import Image, ImageDraw

from pipelines.curate.similarity.fingerprints import fingerprint
from pipelines.curate.similarity.near import EDGES, near_states, near_walks, near_words

SIZE = (640, 384)
SCHEMA = {
    "state": pl.String,
    "app": pl.String,
    "structure": pl.String,
    "width": pl.Int32,
    "height": pl.Int32,
    "phash64": pl.String,
    "tiles": pl.Binary,
    "volatile": pl.List(pl.Struct({name: pl.Float64 for name in ("x", "y", "width", "height")})),  # noqa: C420
}
CLOCK = (560.0, 10.0, 70.0, 20.0)


def page(
    *, clock: str = "12:00", ticked: bool = False, digit: str = "7", advert: str = "red", blank: bool = False
) -> bytes:
    """The PNG of a page with a clock, a box to tick, a number and an advertisement."""
    image = Image.new("RGB", SIZE, "white")
    if not blank:
        draw = ImageDraw.Draw(image)
        for line in range(12):
            draw.text(
                (20, 60 + 24 * line), f"line {line} of the page, which says this and that {line * 37}", fill="black"
            )
        draw.rectangle((0, 0, 640, 40), fill="#235")
        draw.text((562, 12), clock, fill="white")
        draw.rectangle((420, 100, 436, 116), outline="black", fill="#06c" if ticked else "white")
        draw.text((420, 160), f"Amount: {digit}", fill="black")
        draw.rectangle((420, 220, 620, 360), fill=advert)
    sink = io.BytesIO()
    image.save(sink, "PNG")
    return sink.getvalue()


def sight(
    state: str, data: bytes, *, app: str = "a", structure: str | None = "s", volatile: tuple[Any, ...] = ()
) -> dict[str, Any]:
    found = fingerprint(state, data)
    boxes = [dict(zip(("x", "y", "width", "height"), box, strict=True)) for box in volatile]
    looks = {"phash64": found.phash64, "tiles": found.tiles}
    return {
        "state": state,
        "app": app,
        "structure": structure,
        "width": SIZE[0],
        "height": SIZE[1],
        "volatile": boxes,
        **looks,
    }


def near(*sights: dict[str, Any], distance: int = 4) -> set[tuple[str, str]]:
    found = near_states(pl.DataFrame(list(sights), schema=SCHEMA), distance=distance)
    assert found.schema == EDGES
    return {(left, right) for left, right, _ in found.iter_rows()}


PLAIN = sight("plain", page())


def test_a_clock_that_moved_is_the_same_state_where_it_is_known_to_be_one() -> None:
    later = page(clock="12:01 am")
    assert near(PLAIN, sight("later", later, volatile=(CLOCK,))) == {("later", "plain")}
    assert near(PLAIN, sight("later", later)) == set()


@pytest.mark.parametrize("change", [{"ticked": True}, {"digit": "8"}])
def test_a_box_that_was_ticked_and_a_digit_make_another_state(change: dict[str, Any]) -> None:
    assert near(PLAIN, sight("other", page(**change), volatile=(CLOCK,)), distance=8) == set()


def test_another_advertisement_is_the_same_state_where_it_is_known_to_be_one() -> None:
    other = page(advert="#0a0")
    place = (420.0, 220.0, 201.0, 141.0)
    assert near(PLAIN, sight("other", other, volatile=(place,)), distance=8) == {("other", "plain")}
    assert near(PLAIN, sight("other", other), distance=8) == set()


@pytest.mark.parametrize("change", [{"app": "b"}, {"structure": "t"}, {"structure": None}])
def test_states_of_other_apps_and_structures_are_not_compared(change: dict[str, Any]) -> None:
    assert near(PLAIN, sight("other", page(), **change)) == set()
    assert near(sight("one", page(), **change), sight("two", page(), **change)) == {("one", "two")}


def test_many_blank_screens_and_one_that_is_none_stay_apart() -> None:
    blank = sight("blank 0", page(blank=True))
    many = [{**blank, "state": f"blank {number}"} for number in range(100_000)]
    assert near(PLAIN, *many) == set()


def test_a_crowd_with_one_hash_is_compared_with_those_that_are_most_like_them() -> None:
    crowd = [{**PLAIN, "state": f"{number:05d}"} for number in range(600)]
    found = near(*crowd)
    assert len(found) < 600 * 20
    reached = {"00000"}
    for left, right in sorted(found):
        if left in reached:
            reached.add(right)
    assert len(reached) == 600


def test_what_can_t_be_decoded_is_near_nothing() -> None:
    broken = {**PLAIN, "state": "broken", "phash64": None, "tiles": None}
    assert near(PLAIN, broken) == set()
    assert near() == set()


def test_sentences_of_much_the_same_words_are_near() -> None:
    texts = [
        "Open the record of the oak table in the list of all articles of the shop",
        "Open the record of the oak table in the list of all articles of the store",
        "Sort the list by price",
        "Sort the list by name",
    ]
    words = pl.DataFrame({"plain": list("abcd"), "text": texts})
    assert [row[:2] for row in near_words(words, similarity=0.8).iter_rows()] == [("a", "b")]
    assert near_words(words.head(0), similarity=0.8).height == 0


def test_walks_of_much_the_same_steps_are_near() -> None:
    long = [f"{what} {number}" for number in range(30) for what in ("state", "action")]
    walks = pl.DataFrame({"walk": ["w1", "w2", "w3"], "tokens": [long, [*long[:-2], "state x", "action x"], long[:6]]})
    found = near_walks(walks, similarity=0.9)
    assert [row[:2] for row in found.iter_rows()] == [("w1", "w2")]
    assert found["distance"][0] == pytest.approx(1 - 57 / 61, abs=0.01)
    assert near_walks(walks.head(0), similarity=0.9).height == 0
