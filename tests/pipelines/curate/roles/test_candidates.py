from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from pipelines.curate.config import CurationConfig
from pipelines.curate.roles.candidates import (
    NO_INSTRUCTION,
    USES,
    Facts,
    action_key,
    candidates,
    expected_rows,
    renderable,
    verifiable,
)
from pipelines.lake.delta import open_lake
from schemas.actions import Click, Point
from schemas.arrow import arrow_schema, from_row, table_of, to_row
from schemas.keys import plain_text
from schemas.opinions import Instruction, Label
from schemas.records import Step

DEFAULT = CurationConfig()


@pytest.fixture(scope="module")
def facts(curated: Path) -> Facts:
    """All buckets at once: the kernel does not care."""
    snapshot = open_lake(str(curated)).snapshot()
    return Facts(
        **{name: snapshot.read(name) for name in ("trajectories", "steps", "states", "instructions", "labels")}
    )


def found(facts: Facts, config: CurationConfig = DEFAULT) -> pl.DataFrame:
    return pl.DataFrame(candidates(facts, config))


def opinions(facts: Facts, name: str) -> list[Any]:
    record = {"instructions": Instruction, "labels": Label, "steps": Step}[name]
    return [from_row(record, row) for row in getattr(facts, name).to_pylist()]


def changed(facts: Facts, name: str, rows: list[Any]) -> Facts:
    record = {"instructions": Instruction, "labels": Label, "steps": Step}[name]
    return replace(facts, **{name: table_of(record, rows)})


def test_every_step_has_a_row_in_every_use(facts: Facts) -> None:
    rows = found(facts)
    for use in USES:
        places = rows.filter(use=use).select("trajectory_id", "step_index").unique().height
        assert places == facts.steps.num_rows


def test_the_rows_are_as_many_as_counted_without_them(facts: Facts) -> None:
    rows = found(facts)
    assert {use: rows.filter(use=use).height for use in USES} == expected_rows(facts)


def test_without_instructions_every_row_says_so(facts: Facts) -> None:
    rows = found(changed(changed(facts, "instructions", []), "labels", []))
    assert rows.height == len(USES) * facts.steps.num_rows
    assert set(rows["rule"]) == {NO_INSTRUCTION}
    assert rows["instruction_id"].null_count() == rows.height
    assert rows["plain"].null_count() == rows.height


def test_steps_on_the_path_are_targets_and_the_others_of_the_run_context(facts: Facts) -> None:
    paths = {one.instruction_id: one.path for one in opinions(facts, "instructions")}
    rows = found(facts).filter(pl.col("use").is_in(["sft", "rl"]) & pl.col("instruction_id").is_not_null())
    assert set(rows["role"]) == {"target", "context"}
    for one in rows.to_dicts():
        on_path = one["step_index"] in paths[one["instruction_id"]]
        assert one["role"] == ("target" if on_path else "context"), one


def test_kto_takes_the_verdicts_and_grounding_the_low_level(facts: Facts) -> None:
    rows = found(facts)
    kto = rows.filter(use="kto").filter(pl.col("instruction_id").is_not_null())
    assert set(kto["role"]) == {"target", "negative"}
    levels = {one.instruction_id: one.level for one in opinions(facts, "instructions")}
    for use, level in (("kto", "high"), ("sft", "high"), ("rl", "high"), ("grounding", "low")):
        mine = rows.filter(use=use)["instruction_id"].drop_nulls()
        assert {levels[one] for one in mine} == {level}


@pytest.mark.parametrize(
    ("verdicts", "role", "rule"),
    [
        (["good"], "target", "labelled good"),
        (["harmful"], "negative", "labelled harmful"),
        (["good", "abstain"], "target", "labelled good"),
        (["good", "harmful"], "dropped", "labelers disagree"),
        (["neutral"], "dropped", "labelled neutral"),
        (["neutral", "abstain"], "dropped", "labelled neutral"),
        (["abstain"], "dropped", "labelers abstain"),
        ([], "dropped", "no verdict"),
    ],
)
def test_what_labelers_say_decides_in_kto(facts: Facts, verdicts: list[str], role: str, rule: str) -> None:
    labels = opinions(facts, "labels")
    one = next(label for label in labels if label.subject == "step")
    rest = [label for label in labels if label.label_id != one.label_id]
    said = [replace(one, verdict=verdict, label_id=f"{n:032x}") for n, verdict in enumerate(verdicts)]
    rows = found(changed(facts, "labels", [*rest, *said])).filter(
        use="kto", trajectory_id=one.trajectory_id, step_index=one.first_step, instruction_id=one.instruction_id
    )
    assert [(r["role"], r["rule"]) for r in rows.to_dicts()] == [(role, rule)]


def test_a_step_labelled_harmful_is_no_target_though_it_is_on_the_path(facts: Facts) -> None:
    one = next(label for label in opinions(facts, "labels") if label.subject == "step" and label.verdict == "good")
    rest = [label for label in opinions(facts, "labels") if label.label_id != one.label_id]
    rows = found(changed(facts, "labels", [*rest, replace(one, verdict="harmful")])).filter(
        trajectory_id=one.trajectory_id, step_index=one.first_step, instruction_id=one.instruction_id
    )
    assert {r["use"]: r["rule"] for r in rows.to_dicts()} == dict.fromkeys(
        ("dpo", "kto", "rl", "sft"), "labelled harmful"
    )


def test_a_low_trajectory_score_drops_targets_and_no_negatives(facts: Facts) -> None:
    labels = [replace(one, score=1.0) if one.subject == "trajectory" else one for one in opinions(facts, "labels")]
    rows = found(changed(facts, "labels", labels)).filter(pl.col("instruction_id").is_not_null())
    assert set(rows.filter(pl.col("use").is_in(["sft", "rl"]))["rule"]) == {"low trajectory score"}
    assert set(rows.filter(use="kto")["role"]) == {"dropped", "negative"}
    assert set(rows.filter(use="grounding")["role"]) == {"target"}
    kept = found(changed(facts, "labels", labels), replace(DEFAULT, lowest_score=1.0))
    assert kept.filter(use="sft", role="target").height > 0
    unscored = [replace(one, score=None) for one in labels]
    assert found(changed(facts, "labels", unscored)).filter(use="sft", role="target").height > 0


def test_a_step_that_cannot_be_shown_or_written_is_dropped_by_name(facts: Facts) -> None:
    steps = opinions(facts, "steps")
    assert steps[0].before is not None
    blind = [replace(one, before=replace(one.before, screen=None)) if one.before else one for one in steps]
    rows = found(changed(facts, "steps", blind)).filter(role="dropped").filter(pl.col("instruction_id").is_not_null())
    assert set(rows["rule"]) == {"no screen before"}


def test_rows_of_other_trajectories_are_left_out(facts: Facts) -> None:
    first = facts.trajectories["trajectory_id"][0].as_py()
    rows = found(replace(facts, trajectories=facts.trajectories.slice(0, 1)))
    assert set(rows["trajectory_id"]) == {first}


def test_the_key_leaves_out_where_and_keeps_what(facts: Facts) -> None:
    step = to_row(next(one for one in opinions(facts, "steps") if one.target is not None))
    moved = {**step["action"], "point": {**step["action"]["point"], "x": 1.0}}
    assert action_key(step["action"], step["target"]) == action_key(moved, step["target"])
    assert action_key(step["action"], None) != action_key(moved, None)
    other = {**step["target"], "name": "another link"}
    assert action_key(step["action"], step["target"]) != action_key(step["action"], other)


def test_only_pixels_can_be_rendered_and_only_boxes_and_texts_verified() -> None:
    def action(kind: str, **parts: object) -> dict[str, Any]:
        return {"kind": kind, "point": None, "start": None, "end": None, **parts}

    pixels, fraction = {"x": 1.0, "y": 2.0}, {"x": None, "y": None}
    box = {"box": {"x": 0.0, "y": 0.0, "width": 1.0, "height": 1.0}}
    assert renderable(action("click", point=pixels))
    assert renderable(action("back"))
    assert not renderable(action("click", point=fraction))
    assert not renderable(action("drag", start=pixels, end=fraction))
    assert verifiable(action("click", point=pixels), box)
    assert verifiable(action("type"), None)
    assert verifiable(action("key"), None)
    assert not verifiable(action("click", point=pixels), None)
    assert not verifiable(action("click", point=pixels), {"box": None})
    assert not verifiable(action("back"), box)


@pytest.mark.parametrize("same", ["open the page", "  Open   the page ", "OPEN THE\nPAGE"])
def test_texts_are_compared_without_case_and_space(same: str) -> None:
    assert plain_text(same) == "open the page"


def test_what_is_compared_is_there_for_what_a_dataset_may_hold_and_for_nothing_else(facts: Facts) -> None:
    rows = found(facts)
    held = pl.col("role").is_in(["target", "negative"])
    for name in ("plain", "state_before", "state_after", "action", "rank"):
        assert rows.filter(held)[name].null_count() == 0
        assert rows.filter(~held)[name].drop_nulls().is_empty()


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"result": "timeout"}, "the action did not work"),
        ({"after": None}, "the recording broke off"),
        ({"x": 5_000.0}, "point outside its target"),
        ({"box": (-500.0, 10.0)}, "target not on the screen"),
    ],
)
def test_a_step_that_teaches_something_wrong_is_no_target(facts: Facts, change: dict[str, Any], rule: str) -> None:
    def spoilt(step: Step) -> Step:
        if not isinstance(step.action, Click) or step.target is None or step.target.box is None:
            return step
        box, action = step.target.box, step.action
        if "x" in change:
            action = Click(Point(change["x"], 1.0, 0.5, 0.5))
        if "box" in change:
            box = replace(box, x=change["box"][0])
            action = Click(Point(box.x + 1, box.y + 1, 0.5, 0.5))
        rest = {name: value for name, value in change.items() if name in ("result", "after")}
        return replace(step, action=action, target=replace(step.target, box=box), **rest)

    steps = [spoilt(step) for step in opinions(facts, "steps")]
    clicked = {(one.trajectory_id, one.step_index) for one in steps if isinstance(one.action, Click)}
    rows = found(changed(facts, "steps", steps)).filter(pl.col("instruction_id").is_not_null())
    spoilt_rows = [r for r in rows.to_dicts() if (r["trajectory_id"], r["step_index"]) in clicked]
    assert rule in {row["rule"] for row in spoilt_rows}
    if rule != "target not on the screen":
        assert {row["role"] for row in spoilt_rows if row["use"] == "kto"} <= {"negative", "dropped"}
    for row in spoilt_rows:
        assert row["role"] != "target" or row["use"] == "x", row


def test_a_licence_that_is_not_allowed_is_for_nothing(facts: Facts) -> None:
    rows = found(facts, CurationConfig(licences=("MIT",))).filter(pl.col("instruction_id").is_not_null())
    assert set(rows["rule"]) == {"licence not allowed"}
    assert found(facts, CurationConfig(licences=("MIT", "CC0-1.0"))).equals(found(facts))


def test_by_reward_an_episode_passes_as_often_as_its_score_says(facts: Facts) -> None:
    def passed(score: float, seed: int) -> bool:
        labels = [
            replace(one, score=score) if one.subject == "trajectory" else one for one in opinions(facts, "labels")
        ]
        config = CurationConfig(sampling="reward", split_seed=seed, lowest_score=0.0)
        rows = found(changed(facts, "labels", labels), config).filter(use="sft", trajectory_id=first)
        return "passed over by its score" not in set(rows["rule"])

    first = facts.trajectories["trajectory_id"][0].as_py()
    assert all(passed(5.0, seed) for seed in range(5))
    assert not any(passed(0.0, seed) for seed in range(5))
    drawn = {seed for seed in range(20) if passed(2.5, seed)}
    assert 4 <= len(drawn) <= 16
    assert drawn <= {seed for seed in range(20) if passed(4.0, seed)}, "a better score takes no episode away"


def test_the_rank_is_by_score_and_then_by_length(facts: Facts) -> None:
    labels = opinions(facts, "labels")
    first = facts.trajectories["trajectory_id"][0].as_py()
    better = [
        replace(one, score=5.0) if (one.subject, one.trajectory_id) == ("trajectory", first) else one for one in labels
    ]
    worse = [
        replace(one, score=2.0) if one.subject == "trajectory" and one.trajectory_id != first else one for one in better
    ]
    rows = found(changed(facts, "labels", worse)).filter(pl.col("rank").is_not_null())
    assert rows.filter(trajectory_id=first)["rank"].max() < rows.filter(pl.col("trajectory_id") != first)["rank"].min()  # type: ignore[operator]
    lengths = {one.instruction_id: len(one.path) for one in opinions(facts, "instructions")}
    mine = rows.filter(trajectory_id=first).select("instruction_id", "rank").unique()
    ranked = sorted(mine.rows(), key=lambda row: row[1])
    assert [lengths[name] for name, _ in ranked] == sorted((lengths[name] for name, _ in ranked), reverse=True)


def test_the_order_of_the_tables_does_not_matter(facts: Facts) -> None:
    turned = Facts(
        **{
            name: getattr(facts, name).take(pa.array(range(getattr(facts, name).num_rows - 1, -1, -1)))
            for name in ("trajectories", "steps", "states", "instructions", "labels")
        }
    )
    assert candidates(turned, DEFAULT).equals(candidates(facts, DEFAULT))


def test_empty_tables_give_no_rows() -> None:
    empty = {name: arrow_schema(record).empty_table() for name, record in (("steps", Step), ("labels", Label))}
    from schemas.choices import State
    from schemas.records import Trajectory

    facts = Facts(
        trajectories=arrow_schema(Trajectory).empty_table(),
        states=arrow_schema(State).empty_table(),
        instructions=arrow_schema(Instruction).empty_table(),
        **empty,
    )
    assert candidates(facts, DEFAULT).num_rows == 0
    assert set(expected_rows(facts).values()) == {0}


def test_an_instruction_that_was_refused_gives_nothing(facts: Facts) -> None:
    labels = opinions(facts, "labels")
    one = next(label for label in labels if label.subject == "step")
    whole = {"subject": "instruction", "first_step": None, "last_step": None, "rule": "not true"}
    before, name = found(facts), one.instruction_id
    for verdict, config, dropped in (
        ("harmful", DEFAULT, True),
        ("harmful", CurationConfig(drop_refused=False), False),
        ("good", DEFAULT, False),
        ("abstain", DEFAULT, False),
    ):
        said = replace(one, label_id="f" * 32, verdict=verdict, **whole)
        rows = found(changed(facts, "labels", [*labels, said]), config)
        assert rows.filter(pl.col("instruction_id") != name).equals(before.filter(pl.col("instruction_id") != name))
        mine = rows.filter(instruction_id=name)
        assert mine.height == before.filter(instruction_id=name).height > 0
        if dropped:
            assert mine.select("role", "rule").unique().rows() == [("dropped", "instruction refused")]
        else:
            assert mine.equals(before.filter(instruction_id=name))


def test_an_instruction_that_reaches_to_the_end_of_a_broken_recording_gives_targets_only_when_asked(
    facts: Facts,
) -> None:
    at = facts.trajectories.schema.get_field_index("truncated")
    broken = facts.trajectories.set_column(at, "truncated", pa.array([True] * facts.trajectories.num_rows))
    rows = found(replace(facts, trajectories=broken)).filter(use="sft").filter(pl.col("instruction_id").is_not_null())
    assert set(rows.filter(pl.col("role") != "context")["rule"]) == {"truncated recording"}
    kept = found(replace(facts, trajectories=broken), replace(DEFAULT, truncated=True))
    assert kept.equals(found(facts))


def test_a_text_that_was_typed_and_is_not_there_is_dropped_by_name(facts: Facts) -> None:
    place = next((one.trajectory_id, one.step_index) for one in opinions(facts, "steps"))
    rows = found(replace(facts, failed={"typed": frozenset({place})})).filter(
        trajectory_id=place[0], step_index=place[1]
    )
    assert set(rows.filter(use="grounding")["rule"]) == {"typed text not there"}


@pytest.mark.parametrize("gate", ["sized", "pictured"])
def test_what_does_not_fit_its_picture_is_nothing_in_any_use(facts: Facts, gate: str) -> None:
    places = frozenset((step.trajectory_id, step.step_index) for step in opinions(facts, "steps"))
    kept = found(facts).filter(pl.col("role").is_in(["target", "negative"]))
    assert set(kept["use"]) >= {"sft", "kto", "grounding"}
    rows = found(replace(facts, failed={gate: places}))
    assert rows.filter(pl.col("role").is_in(["target", "negative"])).is_empty()
    assert {"screenshot of another size", "point outside its picture"} & set(rows["rule"])


def test_labelers_who_agree_too_little_drop_a_step(facts: Facts) -> None:
    labels = opinions(facts, "labels")
    one = next(label for label in labels if label.subject == "step" and label.verdict == "good")
    said = [replace(one, verdict=verdict, label_id=f"{n:032x}") for n, verdict in enumerate(["neutral", "abstain"])]
    mixed = changed(facts, "labels", [*labels, *said])
    place = {"trajectory_id": one.trajectory_id, "step_index": one.first_step, "instruction_id": one.instruction_id}
    for share, rule in ((0.5, "labelled good"), (0.6, "low agreement")):
        rows = found(mixed, replace(DEFAULT, agreement=share)).filter(use="kto", **place)
        assert rows["rule"].to_list() == [rule]
