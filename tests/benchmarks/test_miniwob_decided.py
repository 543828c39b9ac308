from pathlib import Path

from benchmarks.miniwob.collecting import Told
from benchmarks.miniwob.measuring import measure_decided
from benchmarks.questions.form import Case
from benchmarks.questions.late import fill
from labelers.kit.cheap_first import MET, SERVES
from labelers.rules import RulesBackend
from pipelines.annotate.job import annotate


def told(name: str, case: Case, *, reward: float) -> Told:
    return Told(
        trajectory_id=name,
        kind="form",
        half="opened",
        policy="scripted",
        seed=0,
        fault=None,
        fault_step=None,
        done=True,
        reward=reward,
        changes=(1,) * len(case.moves),
    )


def test_what_the_rules_decide_is_held_against_what_is_true(tmp_path: Path) -> None:
    known = fill(tmp_path, (0,), pages=(1, 2))
    annotate(str(tmp_path / "lake"), RulesBackend)
    rows = [told(name, case, reward=float(case.verdicts()[-1] == "good")) for name, case in known.items()]
    found = {one.kind: one for one in measure_decided(tmp_path / "lake", rows)}
    assert found[SERVES].right > 0
    assert found[SERVES].wrong == 0
    assert (found[MET].right > 0, found[MET].wrong) == (True, 0)
    lied = [told(name, case, reward=0.0) for name, case in known.items()]
    against = {one.kind: one for one in measure_decided(tmp_path / "lake", lied)}
    assert (against[MET].right, against[MET].wrong) == (0, found[MET].right)
