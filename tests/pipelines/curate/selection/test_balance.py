from collections import Counter
from itertools import pairwise

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pipelines.curate.duplicates.records import received, sent
from pipelines.curate.selection import balance

SCHEMA = {name: pl.String for name in ("use", "app", "role", "rule", "split", "key")}  # noqa: C420


def rows(*groups: str | None, start: int = 0) -> pl.DataFrame:
    made = [("sft", group, "target", "as given", "train", f"key {start + n}") for n, group in enumerate(groups)]
    return pl.DataFrame(made, schema=SCHEMA, orient="row")


def kept(files: list[pl.DataFrame], most: int, *, seed: int = 0) -> list[pl.DataFrame]:
    parts: dict[int, list[bytes]] = {}
    for number, part in enumerate(files):
        found = balance.members(part, ("use", "app"), file=number, seed=seed)
        for partition, data in sent(found, 4):
            parts.setdefault(partition, []).append(data)
    lost: dict[int, list[int]] = {}
    for members in parts.values():
        for number, gone in balance.beyond(received(members, balance.MEMBER), most).items():
            lost.setdefault(number, []).extend(gone)
    return [balance.cut(part, sorted(lost.get(number, [])), "app limit") for number, part in enumerate(files)]


GROUPS = st.lists(st.sampled_from(["a", "b", "c", None]), max_size=30)


@given(GROUPS, st.integers(1, 5), st.integers(1, 4), st.integers(0, 3))
def test_of_each_group_so_many_stay_however_the_rows_are_cut_into_files(
    groups: list[str | None], most: int, files: int, seed: int
) -> None:
    whole = kept([rows(*groups)], most, seed=seed)[0]
    counts = Counter(groups)
    left = Counter(whole.filter(pl.col("split").is_not_null())["app"].to_list())
    assert left == Counter({group: count if group is None else min(count, most) for group, count in counts.items()})
    bounds = [len(groups) * part // files for part in range(files + 1)]
    cut = [rows(*groups[low:high], start=low) for low, high in pairwise(bounds)]
    assert pl.concat(kept(cut, most, seed=seed)).equals(whole)


def test_a_row_beyond_the_limit_says_so_and_is_on_no_side() -> None:
    (found,) = kept([rows("a", "a", "a")], 1)
    lost = found.filter(role="dropped")
    assert lost.height == 2
    assert set(lost["rule"]) == {"app limit"}
    assert lost["split"].null_count() == 2


def test_who_stays_is_drawn_by_the_seed() -> None:
    groups = rows(*["a"] * 50)
    draws = {tuple(kept([groups], 5, seed=seed)[0]["role"].to_list()) for seed in range(5)}
    assert len(draws) == 5


def test_what_no_dataset_holds_is_not_counted() -> None:
    part = rows("a", "a", "a").with_columns(split=pl.Series([None, "train", "train"], dtype=pl.String))
    assert kept([part], 2)[0].equals(part)
