import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from pipelines.export.dialects import DIALECTS
from pipelines.export.formats import FORMATS
from pipelines.export.formats.curated import CuratedStep, Rejected, curated_steps
from pipelines.export.formats.examples import Example, LeftOut, Sample, step_sample
from pipelines.export.formats.pairs import EARLY, ONWARD, SILENT
from pipelines.export.formats.truth import truth_of
from pipelines.export.formats.verl import rl_rows
from pipelines.export.geometry import Geometry, Size
from pipelines.export.voice import OURS, Voice
from pipelines.lake.delta import open_lake
from schemas.actions import Answer, Check, Click, Drag, Key, Platform, Point, Scroll, Select, Type, Upload
from schemas.errors import LakeError
from schemas.records import Box, Target


@pytest.fixture(scope="module")
def tables(curated: Path) -> dict[str, pa.Table]:
    snapshot = open_lake(str(curated)).snapshot()
    return {name: snapshot.read(name) for name in ("decisions", "steps", "instructions", "trajectories")}


def sizes(curated: Path) -> dict[str, Size]:
    rows = open_lake(str(curated)).snapshot().read("screens", columns=["screen", "width", "height"]).to_pylist()
    return {row["screen"]: (row["width"], row["height"]) for row in rows}


def platforms(tables: dict[str, pa.Table]) -> dict[str, Platform]:
    return {row["trajectory_id"]: row["platform"] for row in tables["trajectories"].to_pylist()}


@pytest.fixture(scope="module")
def chosen(tables: dict[str, pa.Table], curated: Path) -> list[CuratedStep]:
    steps, sentences = tables["steps"], tables["instructions"]
    return list(curated_steps(tables["decisions"], steps, sentences, ("sft",), platforms(tables), sizes(curated)))


def test_what_was_done_before_is_told_for_every_step_of_the_path(chosen: list[CuratedStep]) -> None:
    assert chosen
    for one in chosen:
        assert len(one.so_far) == sum(index < one.step.step_index for index in one.instruction.path)
        assert len(one.done) == len(one.so_far) + 1


def test_a_step_without_a_sentence_is_told_by_what_it_does(tables: dict[str, pa.Table]) -> None:
    high = tables["instructions"].filter(pa.compute.field("level") == "high")
    told = set()
    for one in curated_steps(tables["decisions"], tables["steps"], high, ("sft",), platforms(tables), {}):
        assert one.sentence is None
        told.update(one.done)
    assert told
    assert told <= {"Click.", "Back.", *(said for said in told if said.startswith(('Type "', 'Select "', "Scroll")))}


def test_a_decision_about_what_is_not_there_is_an_error(tables: dict[str, pa.Table]) -> None:
    nothing = tables["steps"].slice(0, 0)
    with pytest.raises(LakeError, match="curate again"):
        list(curated_steps(tables["decisions"], nothing, tables["instructions"], ("sft",), platforms(tables), {}))


def test_the_request_numbers_what_was_done() -> None:
    assert OURS.request("Open it.", ()) == "Task: Open it."
    assert (
        OURS.request("Open it.", ("Click A.", "Click B.")) == "Task: Open it.\nDone so far:\n1. Click A.\n2. Click B."
    )


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_the_metadata_describes_every_column_without_what_old_readers_refuse(name: str) -> None:
    schema = FORMATS[name].schema
    if not schema.metadata:
        return  # whoever reads it finds dictionaries of bytes, or paths
    (text,) = schema.metadata.values()
    features = json.loads(text)["info"]["features"]
    assert list(schema.metadata) == [b"huggingface"]
    assert set(features) == set(schema.names)
    assert features.get("images", [{"_type": "Image"}]) == [{"_type": "Image"}]
    assert '"List"' not in text.decode()
    assert '"Json"' not in text.decode()


def test_the_ground_truth_is_what_a_program_can_check(chosen: list[CuratedStep]) -> None:
    point = Point(5.0, 5.0)
    target = Target("button", "Go", Box(1.0, 2.0, 3.0, 4.0))
    step = replace(chosen[0].step, action=Click(point), target=target)

    def truth(**changes: object) -> dict[str, object]:
        one = replace(chosen[0], step=replace(step, **changes), size=(320, 200))  # type: ignore
        return json.loads(truth_of(step_sample(one, OURS), OURS))  # type: ignore

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
    assert truth(action=Click(Point(5.0, 5.2)), target=Target("b", "", Box(1.4, 2.2, 4.1, 3.9)))["box"] == [1, 2, 6, 7]
    assert truth(action=Key("Enter")) == {"action": "key", "keys": "Enter"}, "a key has no place"


def test_words_that_stand_for_an_image_are_not_taken_for_one(chosen: list[CuratedStep]) -> None:
    odd = replace(chosen[0], instruction=replace(chosen[0].instruction, text="Open <image> <video>"))
    one = next(rl_rows(odd, OURS))
    assert isinstance(one, Example)
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
        rejected=Rejected(replace(one.step, action=Type(f"{said} more"))),
    )
    form = FORMATS[name]
    for voice in (OURS, Voice("qwen2.5-vl", Geometry("qwen2.5-vl"), system="Act.", thoughts=True)):
        made: list[object] = []
        if form.walks is not None:
            whole = replace(odd.instruction, path=(odd.step.step_index,))
            made += form.walks([replace(odd, instruction=whole)], voice)
        if form.examples is not None:
            made += form.examples(odd, voice)
        rows = [dict(one.row) for one in made if isinstance(one, Example)]
        assert rows or name in ("grounding",)
        for row in rows:
            text = json.dumps(row, ensure_ascii=False)
            for own in ("<tool_call>", "</tool_call>") if voice is not OURS else ():
                text = text.replace(own + "\\n", "").replace("\\n" + own, "")
            assert not [sign for sign in signs if sign in text], text


def rows_of(name: str, one: CuratedStep, voice: Voice = OURS) -> list[Example]:
    form = FORMATS[name]
    assert form.examples is not None
    return [row for row in form.examples(one, voice) if isinstance(row, Example)]


def test_endings_are_right_where_the_task_is_done_and_wrong_before(chosen: list[CuratedStep]) -> None:
    last = next(each for each in chosen if each.ends)
    step, end, early = rows_of("trl-kto", last)
    assert [
        (row.row["label"], row.row["task"], row.row["kind"], row.row["synthetic"]) for row in (step, end, early)
    ] == [
        (True, "step", None, False),
        (True, "ending", None, True),
        (False, "ending", EARLY, True),
    ]
    assert early.row["prompt"] == step.row["prompt"] != end.row["prompt"]
    wrong = Rejected(replace(last.step, action=Click(Point(1.0, 1.0))), "wrong turn", 2)
    for answer, kind in ((None, ONWARD), ("42", SILENT)):
        one = replace(last, use="dpo", rejected=wrong, instruction=replace(last.instruction, answer=answer))
        pairs = [row.row for row in rows_of("trl-dpo", one)]
        assert [row["kind"] for row in pairs] == ["wrong turn", EARLY, kind]
        assert [row["synthetic"] for row in pairs] == [False, True, True]
        assert len({row["chosen"][0]["content"][0]["text"] for row in pairs[:2]}) == 1
        assert len({json.dumps(row["chosen"]) == json.dumps(row["rejected"]) for row in pairs}) == 1


@pytest.mark.parametrize("name", sorted(DIALECTS))
def test_every_dialect_earns_all_by_its_own_answer_and_says_what_it_lacks(chosen: list[CuratedStep], name: str) -> None:
    voice = Voice(name, DIALECTS[name].geometry)
    target = Target("button", "Go", Box(20.0, 30.0, 40.0, 20.0))
    for action in (
        Click(Point(33.0, 44.0)),
        Type("salt", Point(33.0, 44.0), submit=True),
        Scroll(0, 300, Point(33.0, 44.0)),
    ):
        step = replace(chosen[0].step, action=action, target=target)
        one = replace(chosen[0], step=step, platform="android" if name == "androidworld" else "web", size=(320, 200))
        (row, *_) = rl_rows(one, voice)
        assert isinstance(row, Example), row
        assert row.row["own_score"] == 1.0
    odd = replace(chosen[0], step=replace(chosen[0].step, action=Upload(("a.txt",), Point(33.0, 44.0)), target=target))
    (row, *_) = rl_rows(odd, voice)
    if name not in ("hindtrace", "browsergym"):
        assert isinstance(row, LeftOut)
        assert name in row.why


def test_a_recorded_place_outside_of_its_element_is_no_truth(chosen: list[CuratedStep]) -> None:
    step = replace(chosen[0].step, action=Click(Point(300.0, 150.0)), target=Target("b", "", Box(1.0, 2.0, 3.0, 4.0)))
    (row, *_) = rl_rows(replace(chosen[0], step=step), OURS)
    assert isinstance(row, LeftOut)
    assert "its own answer earns 0.05" in row.why


def test_a_given_system_prompt_stands_in_the_place_of_the_dialects(chosen: list[CuratedStep]) -> None:
    sample: Sample = step_sample(chosen[0], Voice(system="Act."))
    assert sample.system == "Act."
