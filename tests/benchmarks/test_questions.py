from pathlib import Path

import pytest

from benchmarks.questions.form import FAULTS, FIELDS_A_PAGE, Case, Move, State, cases, distance
from benchmarks.questions.late import LATE, fill, holds, informed, judged
from benchmarks.questions.pictures import main as pictures
from labelers.model.sending import Endpoint
from tests.labelers.model.server import serving

WANTED = ("a", "b", "c", "d")
FILLED = (Move(field=0, text="a"), Move(field=1, text="b"), Move("Next"), Move(field=2, text="c"))


def test_a_verdict_is_whether_a_move_brings_the_goal_nearer() -> None:
    right = Case(WANTED, (*FILLED, Move(field=3, text="d"), Move("Save")), "none")
    assert set(right.verdicts()) == {"good"}
    early = Case(WANTED, (*FILLED, Move("Save")), "left out")
    assert early.verdicts() == ["good"] * 4 + ["harmful"]
    assert Case(WANTED, (Move(field=0, text="a"), Move(field=0, text="a")), "none").verdicts() == ["good", "neutral"]
    assert Case(WANTED, (Move("Next"),), "none").verdicts() == ["harmful"]
    assert distance(State(1, WANTED), WANTED) == 1
    assert distance(State(1, WANTED, sent=True), WANTED) == 0


def test_every_fault_ends_as_it_says_and_its_goal_can_be_read() -> None:
    for case in cases(4, 1):
        verdicts = case.verdicts()
        assert (verdicts[-1] == "good") == (case.fault in ("none", "went back", "repaired"))
        assert ("harmful" in verdicts) == (case.fault not in ("none",))
    assert [case.fault for case in cases(4, 1)] == [*FAULTS]


def test_what_decides_is_on_another_page() -> None:
    left_out = next(case for case in cases(4, 1) if case.fault == "left out")
    (name,) = left_out.deciding(len(left_out.moves) - 1)
    assert left_out.deciding(len(left_out.moves) - 1)[name] == ""
    right = next(case for case in cases(4, 1) if case.fault == "none")
    assert len(right.deciding(len(right.moves) - 1)) == 3 * FIELDS_A_PAGE
    assert right.deciding(0) == {}


def test_a_field_that_was_left_out_is_known_where_all_steps_are_told() -> None:
    lines = ['{"step": 0, "element": "textbox \'Name\'", "text": "a"}', '{"step": 1}']
    assert holds(lines, 1, "City", "")
    assert not holds(lines, 2, "City", "")
    assert holds(lines, 2, "Name", "a")
    assert not holds(lines, 2, "Name", "b")
    assert holds(["fields: [\"textbox 'City': ''\"]"], 9, "City", "")


@pytest.mark.slow
def test_context_holds_what_decides_a_late_step_and_a_model_is_asked_with_and_without(tmp_path: Path) -> None:
    known = fill(tmp_path, (0,), pages=(4,))
    found = {(one.late, one.context): one for one in informed(tmp_path / "lake", known)}
    assert found[True, True].held == found[True, True].of == found[True, False].of > 0
    assert found[True, False].held < found[True, True].held
    with serving(answer='{"reason": "It helps.", "verdict": "good"}') as url:
        rows = judged(tmp_path / "lake", known, "local", Endpoint(url))
    steps = [(place >= LATE, verdict) for case in known.values() for place, verdict in enumerate(case.verdicts())]
    for row in rows:
        assert row.of == sum(late == row.late for late, _ in steps)
        assert row.right == sum(late == row.late and verdict == "good" for late, verdict in steps)


def test_the_figures_are_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fill(tmp_path, (0,), pages=(1,))
    assert pictures(["--lake", str(tmp_path / "lake")]) == 0
    told = capsys.readouterr().out
    assert "OpenAI, tiles of 512" in told
