import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from pipelines.export.formats import FORMATS
from pipelines.export.formats.examples import CuratedStep, Rejected, curated_steps, request
from pipelines.export.formats.truth import step_truth
from pipelines.export.formats.verl import rl_examples
from pipelines.lake.delta import open_lake
from schemas.actions import Answer, Check, Click, Drag, Key, Platform, Point, Scroll, Select, Type, Upload
from schemas.errors import LakeError
from schemas.records import Box, Target


@pytest.fixture(scope="module")
def tables(curated: Path) -> dict[str, pa.Table]:
    snapshot = open_lake(str(curated)).snapshot()
    return {name: snapshot.read(name) for name in ("decisions", "steps", "instructions", "trajectories")}


def platforms(tables: dict[str, pa.Table]) -> dict[str, Platform]:
    return {row["trajectory_id"]: row["platform"] for row in tables["trajectories"].to_pylist()}


@pytest.fixture(scope="module")
def chosen(tables: dict[str, pa.Table]) -> list[CuratedStep]:
    return list(
        curated_steps(tables["decisions"], tables["steps"], tables["instructions"], ("sft",), platforms(tables))
    )


def test_what_was_done_before_is_told_for_every_step_of_the_path(chosen: list[CuratedStep]) -> None:
    assert chosen
    for one in chosen:
        assert len(one.so_far) == sum(index < one.step.step_index for index in one.instruction.path)
        assert len(one.done) == len(one.so_far) + 1


def test_a_step_without_a_sentence_is_told_by_its_action(tables: dict[str, pa.Table]) -> None:
    high = tables["instructions"].filter(pa.compute.field("level") == "high")
    for one in curated_steps(tables["decisions"], tables["steps"], high, ("sft",), platforms(tables)):
        assert one.sentence is None
        assert all(json.loads(said)["action"] for said in one.done)


def test_a_decision_about_what_is_not_there_is_an_error(tables: dict[str, pa.Table]) -> None:
    with pytest.raises(LakeError, match="curate again"):
        list(
            curated_steps(
                tables["decisions"], tables["steps"].slice(0, 0), tables["instructions"], ("sft",), platforms(tables)
            )
        )


def test_the_request_numbers_what_was_done() -> None:
    assert request("Open it.", ()) == "Task: Open it."
    assert request("Open it.", ("Click A.", "Click B.")) == "Task: Open it.\nDone so far:\n1. Click A.\n2. Click B."


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_the_metadata_describes_every_column_without_what_old_readers_refuse(name: str) -> None:
    schema = FORMATS[name].schema
    (text,) = schema.metadata.values()
    features = json.loads(text)["info"]["features"]
    assert list(schema.metadata) == [b"huggingface"]
    assert set(features) == set(schema.names)
    assert features["images"] == [{"_type": "Image"}]
    assert '"List"' not in text.decode()
    assert '"Json"' not in text.decode()


def test_the_ground_truth_is_what_a_program_can_check(chosen: list[CuratedStep]) -> None:
    point = Point(5.0, 5.0)
    target = Target("button", "Go", Box(1.0, 2.0, 3.0, 4.0))
    step = replace(chosen[0].step, action=Click(point), target=target)

    def truth(**changes: object) -> dict[str, object]:
        return json.loads(step_truth(replace(chosen[0], step=replace(step, **changes))))  # type: ignore

    box = [1.0, 2.0, 4.0, 6.0]
    assert truth() == {"action": "click", "box": box}
    assert truth(action=Type("salt", point)) == {"action": "type", "box": box, "text": "salt", "submit": False}
    assert truth(action=Select("one", point)) == {"action": "select", "box": box, "option": "one"}
    assert truth(action=Check(point)) == {"action": "check", "box": box, "checked": True}
    assert truth(action=Check(point, checked=False)) == {"action": "check", "box": box, "checked": False}
    assert truth(action=Scroll(0, -300)) == {"action": "scroll", "direction": "up"}
    assert truth(action=Upload(("a.txt",), point)) == {"action": "upload", "box": box, "files": ["a.txt"]}
    drag = truth(action=Drag(point, Point(50.0, 60.0)))
    assert drag == {"action": "drag", "box": box, "end_box": [26.0, 36.0, 74.0, 84.0]}
    assert truth(action=Answer("<|im_end|>")) == {"action": "answer", "text": "< |im_end|>"}
    assert truth(action=Key("Enter")) == {"action": "key", "keys": "Enter"}, "a key has no place"


def test_words_that_stand_for_an_image_are_not_taken_for_one(chosen: list[CuratedStep]) -> None:
    odd = replace(chosen[0], instruction=replace(chosen[0].instruction, text="Open <image> <video>"))
    one = next(rl_examples(odd))
    content = one.row["prompt"][-1]["content"]
    assert content.count("<image>") == 1
    assert "<video>" not in content
    assert content.startswith("<image>Task: Open < image>")


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_no_text_of_a_page_is_a_control_token_in_any_row(chosen: list[CuratedStep], name: str) -> None:
    signs = ("<|im_end|>", "<|image_pad|>", "<end_of_turn>", "[INST]", "<tool_call>", "<think>")
    said = " ".join(signs)
    one = next(each for each in chosen if each.ends)
    odd = replace(
        one,
        instruction=replace(one.instruction, text=said, answer=said),
        step=replace(one.step, action=Type(said)),
        sentence=said,
        so_far=(said,),
        thought=said,
        group="g",
        rejected=Rejected(replace(one.step, action=Type(said))),
    )
    rows = [json.dumps(dict(example.row), ensure_ascii=False) for example in FORMATS[name].examples(odd)]
    assert rows
    for row in rows:
        assert not [sign for sign in signs if sign in row]
