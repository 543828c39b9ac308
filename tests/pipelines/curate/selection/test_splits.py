from collections import Counter
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.curate.config import CurationConfig
from pipelines.curate.selection.splits import KEEPERS, Sides, check, sides, split_of
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
    parts: tuple[int, ...] = (),
) -> dict[str, object]:
    return {
        "instruction_id": f"{number:032x}",
        "app": app,
        "start": start,
        "plain": plain or f"words {number}",
        "template": template,
        "family": f"{number if task is None else task:032x}",
        "parts": [f"{part:032x}" for part in parts] or None,
    }


def split(
    rows: list[dict[str, object]],
    marks: list[tuple[int, str]] = (),  # type: ignore[assignment]
    config: CurationConfig = HALF,
    before: dict[int, Split] | None = None,
) -> Sides:
    names = ("instruction_id", "app", "start", "plain", "template", "family")
    schema = pl.Schema({**dict.fromkeys(names, pl.String), "parts": pl.List(pl.String)})
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


def test_what_apps_have_in_common_joins_them_only_where_it_is_most_of_what_one_shows_or_says() -> None:
    rows = [instruction(number, app=f"app {number % 6}") for number in range(24)]
    assert split(rows).sizes == (4,) * 6
    shown = [(number, f"page {number}") for number in (0, 6, 1, 7)]
    assert split(rows, [*shown, (0, "dialog"), (1, "dialog")]).sizes == (4,) * 6, "one of three that either shows"
    assert split(rows, [*shown[1:3], (0, "dialog"), (1, "dialog")]).sizes == (8, 4, 4, 4, 4), "one of two"
    rows[0]["plain"] = rows[1]["plain"]
    assert split(rows).sizes == (4,) * 6, "one of four that either says"
    rows[6]["plain"] = rows[7]["plain"]
    assert split(rows).sizes == (8, 4, 4, 4, 4), "two of four"


def test_what_is_common_to_many_joins_nothing() -> None:
    menus = [f"click the menu item {name}" for name in ("File", "Edit", "View", "Help", "Open", "Quit")]
    rows = [
        instruction(20 * app + number, app=f"app {app}", plain=text, template="step")
        for app in range(10)
        for number, text in enumerate([*menus, *(f"words {app} {own}" for own in range(4))])
    ]
    marks = [(20 * app + number, f"dialog {number}") for app in range(10) for number in range(6)]
    marks += [(20 * app + 6 + own, f"page {app} {own}") for app in range(10) for own in range(4)]
    found = split(rows, marks, CurationConfig())
    assert found.sizes == (10,) * 10
    assert set(of(found).values()) == {"train", "test"}
    assert not found.missing


def test_copies_of_one_app_are_one_however_many_there_are() -> None:
    rows = [
        instruction(20 * copy + number, app=f"127.0.0.1:{8000 + copy}", plain=f"words {number}")
        for copy in range(70)
        for number in range(6)
    ]
    rows += [instruction(9_000 + number, app=f"other {number // 6}") for number in range(12)]
    assert split(rows).sizes == (420, 6, 6)
    found = split(rows[:420])
    assert found.sizes == (420,)
    assert set(of(found).values()) == {"train"}
    assert set(found.missing) == {"test", "validation"}
    assert "all applications are the same" in found.missing["test"]


def test_a_screen_that_two_sides_show_is_kept_by_one_of_them() -> None:
    rows = [instruction(number, app=f"app {number % 10}") for number in range(100)]
    marks = [(number, f"page {number}") for number in range(100)]
    alone = split(rows, marks)
    assert not alone.shared.height
    first = {side: next(number for number, held in of(alone).items() if held == side) for side in KEEPERS}
    marks += [(first[side], "in all") for side in KEEPERS]
    marks += [(first["test"], "held out"), (first["validation"], "held out"), (first["train"], "own")]
    found = split(rows, marks)
    assert of(found) == of(alone)
    assert found.shared.rows() == [("held out", "test"), ("in all", "train")]


@pytest.mark.parametrize("apps", [3, 4, 10])
@pytest.mark.parametrize("seed", range(8))
def test_with_three_apps_there_is_a_test_side_by_default(apps: int, seed: int) -> None:
    rows = [instruction(number, app=f"app {number % apps}") for number in range(60)]
    found = split(rows, config=CurationConfig(split_seed=seed))
    assert set(of(found).values()) == {"train", "test"}
    assert not found.missing
    assert set(of(split(rows, config=CurationConfig(split_seed=seed, test=0.0))).values()) == {"train"}
    both = split(rows, config=CurationConfig(split_seed=seed, validation=0.1))
    assert set(of(both).values()) == {"train", "test", "validation"}
    assert "train" in of(split(rows, config=CurationConfig(split_seed=seed, test=0.98))).values()


def test_where_none_was_drawn_the_app_is_for_testing_whose_share_is_nearest() -> None:
    sizes = {"large": 60, "some": 12, "few": 3, "half": 25}
    apps = [app for app, size in sizes.items() for _ in range(size)]
    rows = [instruction(number, app=app) for number, app in enumerate(apps)]
    seed = next(
        seed
        for seed in range(100)
        if not any(split_of(f"{apps.index(app):032x}", CurationConfig(split_seed=seed)) == "test" for app in sizes)
    )
    found = of(split(rows, config=CurationConfig(split_seed=seed)))
    assert {apps[number] for number, side in found.items() if side == "test"} == {"some"}


def test_a_side_that_cannot_be_had_says_what_would_give_it() -> None:
    published = dict.fromkeys(range(30), "train")
    rows = [instruction(number, app=f"app {number % 3}") for number in range(30)]
    told = split(rows, before=published, config=CurationConfig()).missing  # type: ignore[arg-type]
    assert "another name draws them anew" in told["test"]
    one = [instruction(number, plain="same") for number in range(5)]
    assert "5 of 5 instructions hang together" in split(one).missing["test"]
    assert "record three applications or more" in split(one).missing["test"]
    two = [*rows[:20], *(instruction(100 + number, app="app 2", plain=f"words {number}") for number in range(20))]
    two = [{**row, "app": "app 0" if row["app"] == "app 1" else row["app"]} for row in two]
    two.append(instruction(500, app="app 9"))
    assert split(two, config=CurationConfig()).missing == {}
    single = [instruction(0)]
    assert split(single, config=CurationConfig()).missing.keys() <= {"test"}


def test_with_fewer_apps_it_goes_by_where_episodes_start_and_then_by_sentence() -> None:
    by_start = [instruction(number, start=f"/{number % 4}") for number in range(8)]
    assert (split(by_start).by, split(by_start).sizes) == ("start", (2, 2, 2, 2))
    by_sentence = [instruction(number, plain=f"words {number % 5}") for number in range(10)]
    assert (split(by_sentence).by, split(by_sentence).sizes) == ("plain", (2,) * 5)


def test_a_component_of_more_than_half_is_for_training() -> None:
    rows = [instruction(number, app=f"app {min(number, 4)}") for number in range(20)]
    for seed in range(20):
        found = split(rows, config=CurationConfig(test=0.9, split_seed=seed))
        assert found.sizes[0] == 16
        assert of(found)[19] == "train"
        assert set(of(found).values()) == {"train", "test"}
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
    on = of(split(rows, config=CurationConfig(test=0.4, validation=0.3, split_seed=seed)))
    sides_: dict[int, set[str]] = {}
    for number, (_, task) in enumerate(made):
        sides_.setdefault(task, set()).add(on[number])
    assert all(len(one) == 1 for one in sides_.values())


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 6), st.sampled_from([None, "t", "u"])), max_size=15),
    st.lists(st.tuples(st.integers(0, 14), st.sampled_from("abcde")), max_size=10),
    st.integers(0, 5),
)
def test_what_would_give_an_answer_away_is_on_one_side(
    made: list[tuple[int, int, str | None]], marks: list[tuple[int, str]], seed: int
) -> None:
    rows = [
        instruction(number, app=f"app {app}", plain=f"w{word}", template=template)
        for number, (app, word, template) in enumerate(made)
    ]
    marks = [(number, state) for number, state in marks if number < len(rows)]
    found = split(rows, marks, CurationConfig(test=0.4, validation=0.3, split_seed=seed))
    on = of(found)
    seen: dict[tuple[str, object], set[str]] = {}
    for number, row in enumerate(rows):
        whole = ("app",) if found.by == "app" else ("plain", "template")
        for name in whole:
            seen.setdefault((name, row[name] or number), set()).add(on[number])
    assert all(len(one) == 1 for one in seen.values())
    shown: dict[str, set[str]] = {}
    for number, state in marks:
        shown.setdefault(state, set()).add(on[number])
    keepers = {state: next(side for side in KEEPERS if side in on_) for state, on_ in shown.items() if len(on_) > 1}
    assert dict(found.shared.iter_rows()) == keepers
    assert found.by == "app" or not keepers
    assert sum(found.sizes) == len(rows)
    assert sorted(Counter(found.rows["component"].to_list()).values(), reverse=True) == list(found.sizes)


def test_a_composed_task_is_where_its_parts_are() -> None:
    """Alone they are on several sides; what is not in the lake any more joins nothing."""
    apart = [instruction(number) for number in range(12)]
    assert len(set(of(split(apart)).values())) > 1
    together = [*apart, instruction(12, parts=(*range(12), 99))]
    found = split(together)
    assert len(set(of(found).values())) == 1
    assert found.sizes == (13,)


def test_the_check_finds_a_leak() -> None:
    rows = pl.DataFrame({"instruction_id": ["a", "b"], "split": ["train", "test"]})
    marks = pl.DataFrame({"instruction_id": ["a", "b"], "state": ["s", "s"]})
    with pytest.raises(LedgerError, match="a screen is on two sides"):
        check(rows, [(marks, "state", "screen")])
    check(rows, [(marks.with_columns(state=pl.Series(["s", "t"])), "state", "screen")])
    check(rows, [(marks.head(0), "state", "screen")])


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
