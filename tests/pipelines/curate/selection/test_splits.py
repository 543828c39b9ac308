from collections import Counter
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.curate.config import CurationConfig
from pipelines.curate.selection.splits import Sides, check, sides, split_of
from schemas.choices import Split
from schemas.errors import LedgerError

HALF = CurationConfig(test=0.3, validation=0.2)


def instruction(
    number: int,
    *,
    app: str = "a",
    start: str = "/",
    plain: str = "",
    template: str | None = None,
    task: int | None = None,
) -> dict[str, object]:
    return {
        "instruction_id": f"{number:032x}",
        "app": app,
        "start": start,
        "plain": plain or f"words {number}",
        "template": template,
        "family": f"{number if task is None else task:032x}",
    }


def split(
    rows: list[dict[str, object]],
    marks: list[tuple[int, str]] = (),  # type: ignore[assignment]
    config: CurationConfig = HALF,
    before: dict[int, Split] | None = None,
) -> Sides:
    schema = dict.fromkeys(("instruction_id", "app", "start", "plain", "template", "family"), pl.String)
    told = pl.DataFrame(
        {"instruction_id": [f"{number:032x}" for number, _ in marks], "state": [state for _, state in marks]},
        schema={"instruction_id": pl.String, "state": pl.String},
    )
    known = {f"{number:032x}": side for number, side in (before or {}).items()}
    return sides(pl.DataFrame(rows, schema=schema), told, config, before=known)


def of(found: Sides) -> dict[int, str]:
    return {int(name, 16): side for name, side in found.rows.select("instruction_id", "split").iter_rows()}


def test_with_three_apps_an_app_is_on_one_side() -> None:
    found = split([instruction(number, app=f"app {number % 30}") for number in range(300)])
    assert found.by == "app"
    assert found.sizes == (10,) * 30
    sides_ = of(found)
    assert all(len({sides_[number] for number in range(app, 300, 30)}) == 1 for app in range(30))
    assert set(sides_.values()) == {"train", "test", "validation"}


def test_what_two_apps_share_joins_them() -> None:
    rows = [instruction(number, app=f"app {number % 6}") for number in range(12)]
    assert split(rows).sizes == (2,) * 6
    assert split(rows, [(0, "screen"), (1, "screen"), (2, "other")]).sizes == (4, 2, 2, 2, 2)
    rows[2]["plain"] = rows[3]["plain"]
    rows[4]["template"] = rows[5]["template"] = "t"
    assert split(rows).sizes == (4, 4, 2, 2)


def test_with_fewer_apps_it_goes_by_where_episodes_start_and_then_by_sentence() -> None:
    by_start = [instruction(number, start=f"/{number % 4}") for number in range(8)]
    assert (split(by_start).by, split(by_start).sizes) == ("start", (2, 2, 2, 2))
    by_sentence = [instruction(number, plain=f"words {number % 5}") for number in range(10)]
    assert (split(by_sentence).by, split(by_sentence).sizes) == ("plain", (2,) * 5)


def test_a_component_of_more_than_half_is_for_training_and_of_too_much_fails() -> None:
    rows = [instruction(number, app=f"app {min(number, 4)}") for number in range(20)]
    for seed in range(20):
        found = split(rows, config=CurationConfig(test=0.9, split_seed=seed))
        assert of(found)[19] == "train"
    with pytest.raises(LedgerError, match="one component holds 16 of 20 instructions, more than 70%"):
        split(rows, config=CurationConfig(largest_component=0.7))
    assert split(rows, config=CurationConfig(largest_component=0.7, test=0.0)).sizes[0] == 16
    one_app = [instruction(number, plain="same") for number in range(5)]
    assert of(split(one_app)) == dict.fromkeys(range(5), "train")


def test_what_was_published_stays_and_where_two_sides_join_test_wins() -> None:
    rows = [instruction(number, app=f"app {number}") for number in range(8)]
    before: dict[int, Split] = {number: ("test", "train", "validation")[number % 3] for number in range(6)}
    found = split(rows, before=before)
    assert {number: side for number, side in of(found).items() if number < 6} == before
    assert not found.rows["joined"].any()
    joined = split(rows, [(0, "s"), (1, "s"), (4, "t"), (5, "t"), (6, "t")], before=before)
    assert of(joined) == {**of(found), 1: "test", 4: "validation", 6: "validation"}
    assert [
        row[0] for row in joined.rows.filter("joined").select(pl.col("instruction_id").str.slice(31)).iter_rows()
    ] == ["1", "4"]


def test_no_instructions_make_no_sides() -> None:
    assert split([]).rows.height == 0


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5)), min_size=1, max_size=20), st.integers(0, 9))
def test_a_phrasing_is_where_its_task_is(made: list[tuple[int, int]], seed: int) -> None:
    rows = [instruction(number, app=f"app {app}", task=task) for number, (app, task) in enumerate(made)]
    on = of(split(rows, config=CurationConfig(test=0.4, validation=0.3, split_seed=seed, largest_component=1.0)))
    sides_: dict[int, set[str]] = {}
    for number, (_, task) in enumerate(made):
        sides_.setdefault(task, set()).add(on[number])
    assert all(len(one) == 1 for one in sides_.values())


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 6), st.sampled_from([None, "t", "u"])), max_size=15),
    st.lists(st.tuples(st.integers(0, 14), st.sampled_from("abcde")), max_size=10),
    st.integers(0, 5),
)
def test_no_sentence_no_screen_no_app_and_no_template_is_on_two_sides(
    made: list[tuple[int, int, str | None]], marks: list[tuple[int, str]], seed: int
) -> None:
    rows = [
        instruction(number, app=f"app {app}", plain=f"w{word}", template=template)
        for number, (app, word, template) in enumerate(made)
    ]
    marks = [(number, state) for number, state in marks if number < len(rows)]
    found = split(rows, marks, CurationConfig(test=0.4, validation=0.3, split_seed=seed, largest_component=1.0))
    on = of(found)
    seen: dict[object, set[str]] = {}
    for number, row in enumerate(rows):
        groups = [("plain", row["plain"]), ("template", row["template"] or number)]
        groups += [("app", row["app"])] if found.by == "app" else []
        for group in groups:
            seen.setdefault(group, set()).add(on[number])
    for number, state in marks:
        seen.setdefault(("state", state), set()).add(on[number])
    assert all(len(one) == 1 for one in seen.values())
    assert sum(found.sizes) == len(rows)
    assert sorted(Counter(found.rows["component"].to_list()).values(), reverse=True) == list(found.sizes)


def test_the_check_finds_a_leak() -> None:
    rows = pl.DataFrame({"instruction_id": ["a", "b"], "split": ["train", "test"]})
    marks = pl.DataFrame({"instruction_id": ["a", "b"], "state": ["s", "s"]})
    apart = pl.DataFrame({"instruction_id": ["a", "b"], "plain": ["v", "w"], "family": ["a", "b"]})
    with pytest.raises(LedgerError, match="a screen is on two sides"):
        check(rows, apart, marks)
    with pytest.raises(LedgerError, match="a task in several phrasings is on two sides"):
        check(rows, apart.with_columns(family=pl.lit("a")), marks.head(0))
    with pytest.raises(LedgerError, match="a sentence is on two sides"):
        check(rows, apart.with_columns(plain=pl.lit("v")), marks.head(0))
    check(rows, apart, marks.with_columns(state=pl.Series(["s", "t"])))


@given(st.text(max_size=20), st.integers(0, 9))
def test_the_split_of_a_group_hangs_on_group_and_seed_alone(group: str, seed: int) -> None:
    config = CurationConfig(test=0.2, validation=0.2, split_seed=seed)
    assert split_of(group, config) == split_of(group, replace(config, lowest_score=5.0))
    assert split_of(group, CurationConfig(test=0.0, split_seed=seed)) == "train"
    if split_of(group, config) == "test":
        assert split_of(group, replace(config, test=0.5)) == "test", "a larger share takes none away"


def test_the_shares_come_out_about_as_asked() -> None:
    config = CurationConfig(test=0.2, validation=0.3)
    splits = [split_of(f"app {number}", config) for number in range(4_000)]
    assert abs(splits.count("test") / 4_000 - 0.2) < 0.02
    assert abs(splits.count("validation") / 4_000 - 0.3) < 0.02
