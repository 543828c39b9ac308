import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pipelines.curate.duplicates.records import received
from pipelines.curate.selection import diversity

# Instruction, kind, app, score from 0 to 255.
ROW = st.tuples(*(st.sampled_from("abc") for _ in range(3)), st.integers(0, 255))


def rows(given: list[tuple[str, str, str, int]], *, start: int = 0) -> pl.DataFrame:
    made = [
        ("sft", "target", "train", f"key {start + number}", *groups, (255 - score) * 256)
        for number, (*groups, score) in enumerate(given)
    ]
    names = {name: pl.String for name in ("use", "role", "split", "key", *diversity.GROUPS)}  # noqa: C420
    return pl.DataFrame(made, schema={**names, "rank": pl.UInt16}, orient="row")


def kept(files: list[pl.DataFrame], limit: int, weight: float, *, seed: int = 0) -> list[str]:
    sent: dict[str, list[bytes]] = {}
    for number, part in enumerate(files):
        for group, found in diversity.drawn(part, file=number, seed=seed).items():
            sent.setdefault(group, []).append(found.tobytes())
    lost = {
        (file, row)
        for parts in sent.values()
        for file, gone in diversity.choose(received(parts, diversity.ROW), limit, weight).lost.items()
        for row in gone
    }
    keys = [(number, row, key) for number, part in enumerate(files) for row, key in enumerate(part["key"].to_list())]
    return sorted(key for number, row, key in keys if (number, row) not in lost)


@given(st.lists(ROW, max_size=20), st.integers(0, 8), st.sampled_from([0.0, 0.3, 1.0]), st.integers(1, 4))
def test_so_many_are_kept_and_neither_order_nor_files_count(
    given: list[tuple[str, str, str, int]], limit: int, weight: float, files: int
) -> None:
    whole = rows(given)
    once = kept([whole], limit, weight)
    assert len(once) == min(limit, len(given))
    assert kept([whole.reverse()], limit, weight) == once
    assert kept([whole[number::files] for number in range(files)], limit, weight) == once


def test_quality_alone_keeps_the_best_and_diversity_alone_one_of_each() -> None:
    given = [("a", "k", "x", 250), ("a", "k", "x", 240), ("a", "k", "x", 230), ("b", "l", "y", 10), ("c", "m", "z", 5)]
    assert kept([rows(given)], 3, 0.0) == ["key 0", "key 1", "key 2"]
    assert kept([rows(given)], 3, 1.0) == ["key 0", "key 3", "key 4"]
    assert kept([rows(given)], 2, 0.5) == ["key 0", "key 1"], "much worse is not made good by being different"
    near = [*given[:3], ("b", "l", "y", 200), ("c", "m", "z", 190)]
    assert kept([rows(near)], 3, 0.5) == ["key 0", "key 3", "key 4"]


def test_equals_are_drawn_by_the_seed() -> None:
    same = [("a", "k", "x", 100)] * 12
    assert len({tuple(kept([rows(same)], 4, 0.5, seed=seed)) for seed in range(5)}) > 1


def test_rows_that_no_dataset_holds_take_no_place() -> None:
    held = rows([("a", "k", "x", 100)] * 3).with_columns(split=pl.Series([None, "train", "train"]))
    assert kept([held], 2, 0.5) == ["key 0", "key 1", "key 2"]


def test_what_rows_are_worth_is_told_of_those_that_stay_and_of_all() -> None:
    given = [("a", "k", "x", 255), ("a", "k", "x", 255), ("b", "l", "y", 127)]
    (every,) = diversity.drawn(rows(given), file=0, seed=0).values()
    found = diversity.choose(every, 2, 1.0)
    assert (found.rows, found.kept) == (3, 2)
    assert (found.worth_of_kept, found.worth_of_all) == (1.0, (1.0 + 1.0 + 0.5) / 3)
    assert diversity.choose(every, 1, 0.0).worth_of_all == (1.0 + 1.0 + 0.5) / 3
    none = diversity.choose(every[:0], 2, 0.5)
    assert (none.rows, none.worth_of_kept, none.worth_of_all) == (0, 0.0, 0.0)
