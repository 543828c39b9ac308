import polars as pl
import pytest

from pipelines.curate.similarity.contamination import ENTRIES, grams, hits

SCREEN = "8f" * 32
SMALL = "0f" * 8


def entries(*tasks: dict[str, str]) -> pl.DataFrame:
    rows = [{"benchmark": "bench", "task": str(number), **task} for number, task in enumerate(tasks)]
    return pl.DataFrame(rows, schema=ENTRIES)


def instructions(*texts: str, app: str = "shop.example", start: str = "/") -> pl.DataFrame:
    return pl.DataFrame(
        [
            {"instruction_id": f"i{number}", "text": text, "app": app, "start": start}
            for number, text in enumerate(texts)
        ],
        schema={name: pl.String for name in ("instruction_id", "text", "app", "start")},  # noqa: C420
    )


def shown(**screens: tuple[str, str]) -> pl.DataFrame:
    rows = [{"instruction_id": name, "phash256": big, "dhash64": small} for name, (big, small) in screens.items()]
    return pl.DataFrame(rows, schema={name: pl.String for name in ("instruction_id", "phash256", "dhash64")})  # noqa: C420


def found(
    told: pl.DataFrame, benchmark: pl.DataFrame, screens: pl.DataFrame | None = None, words: int = 4
) -> list[tuple[str, str, float]]:
    seen = screens if screens is not None else shown()
    return [(name, task, round(far, 3)) for name, task, far in hits(told, seen, benchmark, words=words).iter_rows()]


def test_so_many_words_in_a_row_are_a_hit() -> None:
    benchmark = entries({"text": "Buy the cheapest desk lamp in the shop"}, {"text": "Delete it"})
    told = instructions(
        "First buy the CHEAPEST  desk lamp, please",
        "Buy the cheapest lamp in the shop",
        "buy the cheapest",
        "Delete it!",
        "Delete it now",
    )
    assert found(told, benchmark) == [("i0", "bench/0", 0.5), ("i1", "bench/0", 0.75), ("i3", "bench/1", 0.0)]
    assert found(told, benchmark, words=5) == [("i0", "bench/0", 0.667), ("i3", "bench/1", 0.0)]


def test_the_same_app_or_start_is_a_hit_and_the_front_page_of_a_site_is_none() -> None:
    told = instructions("a b", app="com.example.notes", start="/admin?a=1&b=2")
    assert found(told, entries({"app": "com.example.notes"})) == [("i0", "bench/0", 0.0)]
    assert found(told, entries({"start": "http://other.example/admin?b=2&a=1"})) == [("i0", "bench/0", 0.0)]
    assert found(told, entries({"app": "com.example"}, {"start": "http://a.example/admin"})) == []
    assert found(instructions("a b"), entries({"start": "http://other.example/"})) == []


def test_a_screen_that_is_nearly_the_same_is_a_hit() -> None:
    near, far = "8e" * 2 + "8f" * 30, "70" * 32
    told = instructions("a", "b", "c")
    screens = shown(i0=(SCREEN, SMALL), i1=(near, SMALL), i2=(far, SMALL))
    benchmark = entries({"phash256": SCREEN, "dhash64": SMALL})
    assert found(told, benchmark, screens) == [("i0", "bench/0", 0.0), ("i1", "bench/0", 0.008)]
    assert found(told, entries({"phash256": SCREEN, "dhash64": "f0" * 8}), screens) == []


def test_the_nearest_task_is_named_and_each_instruction_once() -> None:
    told = instructions("one two three four five six")
    benchmark = entries({"text": "zero one two three four"}, {"text": "one two three four"}, {"app": "shop.example"})
    assert found(told, benchmark) == [("i0", "bench/2", 0.0)]
    assert found(told, benchmark.head(2)) == [("i0", "bench/0", 0.667)]


def test_nothing_is_hit_by_nothing() -> None:
    assert found(instructions("a"), entries()) == []
    assert found(instructions(), entries({"text": "a", "app": "b", "start": "/c"})) == []
    assert list(grams("... !", 4)) == []


@pytest.mark.parametrize(("text", "count"), [("a", 1), ("a b c d", 1), ("a b c d e", 2)])
def test_a_text_has_a_run_of_words_for_each_place(text: str, count: int) -> None:
    assert len(list(grams(text, 4))) == count
