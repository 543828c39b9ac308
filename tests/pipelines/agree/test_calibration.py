import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from labelers.askers.critic import InstructionCritic
from labelers.askers.reward import RewardJudge
from labelers.askers.synthesis import TaskSynthesizer
from labelers.askers.verify import StepVerifier
from labelers.kit.asker import Asker, ModelUse
from labelers.model.sending import Endpoint
from labelers.rules import RulesBackend
from pipelines.agree.calibration import EARLY, calibrate, compare, read_gold
from pipelines.annotate.asking import annotate_by_asking
from pipelines.annotate.job import annotate
from pipelines.annotate.planning import Spending
from pipelines.cli import main
from pipelines.ingest.job import ingest
from pipelines.lake.delta import Lake, open_lake
from schemas.choices import Calibration
from schemas.errors import ConfigurationError
from schemas.traces import trajectory_id
from tests.labelers.model.server import serving
from tests.pipelines.recorded import Walk, record

CopyOf = Callable[[Path], Lake]


@pytest.fixture(scope="module")
def judged(ingested: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake judged by the models `local` and `other`, which say good of every step and 1 of every run; read only."""
    lake = tmp_path_factory.mktemp("judged") / "lake"
    shutil.copytree(ingested, lake)
    with serving() as url:
        for kind, model in ((TaskSynthesizer, "local"), (StepVerifier, "local"), (RewardJudge, "local")):
            annotate_by_asking(str(lake), Asker(kind(), ModelUse(model)), Spending(Endpoint(url)))  # type: ignore[arg-type]
    with serving(answer='{"reason":"no","verdict":"harmful"}') as url:
        annotate_by_asking(str(lake), Asker(StepVerifier(), ModelUse("other")), Spending(Endpoint(url)))
    return lake


def gold_of(lake: Lake, folder: Path, *, labeler: str = "verify/local", every: int = 4) -> Path:
    """A gold set that calls every fourth of the labeler's subjects harmful."""
    labels = pl.from_arrow(lake.snapshot().read("labels"))
    assert isinstance(labels, pl.DataFrame)
    kind = "span" if labeler.startswith("reward") else "step"
    mine = labels.filter(
        (pl.col("labeler") == labeler) & (pl.col("subject") == kind) & (pl.col("verdict") != "abstain")
    ).sort("label_id")
    verdicts = ["harmful" if number % every == 0 else "good" for number in range(mine.height)]
    gold = mine.select("trajectory_id", pl.col("first_step").alias("step"), "instruction_id")
    gold.with_columns(pl.Series("verdict", verdicts)).write_csv(folder / "gold.csv")
    return folder / "gold.csv"


def whole(rows: tuple[Calibration, ...]) -> Calibration:
    return next(row for row in rows if row.slice == "all")


def test_a_critic_is_calibrated_by_the_sentences_that_it_judged(judged: Path, copy_of: CopyOf, tmp_path: Path) -> None:
    lake = copy_of(judged)
    said = '{"account":"So it is.","concrete":"yes","feasible":"yes","natural":"yes","true":"%s"}'
    for verdict, model in (("yes", "local"), ("no", "strict")):
        with serving(answer=said % verdict) as url:
            annotate_by_asking(lake.url, Asker(InstructionCritic(), ModelUse(model)), Spending(Endpoint(url)))
    labels = pl.from_arrow(lake.snapshot().read("labels"))
    assert isinstance(labels, pl.DataFrame)
    mine = labels.filter(labeler="critic/local", subject="instruction").sort("label_id")
    gold = mine.select("trajectory_id", pl.lit(None).alias("step"), "instruction_id").with_row_index("row")
    gold = gold.with_columns(verdict=pl.when(pl.col("row") % 4 == 0).then(pl.lit("harmful")).otherwise(pl.lit("good")))
    gold.drop("row").write_csv(tmp_path / "gold.csv")
    found = whole(calibrate(lake, read_gold(tmp_path / "gold.csv"), "critic/local").rows)
    assert found.precision == pytest.approx(1 - -(-mine.height // 4) / mine.height)
    strict = whole(calibrate(lake, read_gold(tmp_path / "gold.csv"), "critic/strict").rows)
    assert strict.recall == 0.0


def test_the_counts_of_all_slices_are_those_of_the_whole(judged: Path, copy_of: CopyOf, tmp_path: Path) -> None:
    lake = copy_of(judged)
    gold = read_gold(gold_of(lake, tmp_path))
    rows = calibrate(lake, gold, "verify/local").rows
    total = whole(rows)
    harmful = -(-gold.rows.height // 4)
    assert (total.true_positive, total.false_positive) == (gold.rows.height - harmful, harmful)
    assert (total.true_negative, total.false_negative, total.open) == (0, 0, 0)
    assert total.precision == total.true_positive / gold.rows.height
    assert (total.recall, total.kappa) == (1.0, 0.0)
    for kind in ("app", "action", "position"):
        parts = [row for row in rows if row.slice == kind]
        assert sum(row.true_positive for row in parts) == total.true_positive
    assert {row.value for row in rows if row.slice == "position"} == {"early"}
    assert EARLY == 7


def test_a_calibration_is_kept_with_the_version_once(judged: Path, copy_of: CopyOf, tmp_path: Path) -> None:
    lake = copy_of(judged)
    gold = read_gold(gold_of(lake, tmp_path))
    first = calibrate(lake, gold, "verify/local")
    version = Asker(StepVerifier(), ModelUse("local")).version
    assert calibrate(lake, gold, "verify/local", version) == first
    stored = lake.snapshot().read("calibrations").to_pylist()
    assert len(stored) == len(first.rows)
    assert {row["labeler_version"] for row in stored} == {version}
    assert {row["gold"] for row in stored} == {gold.digest}


def test_a_run_has_a_score_and_its_curve(judged: Path, copy_of: CopyOf, tmp_path: Path) -> None:
    lake = copy_of(judged)
    found = calibrate(lake, read_gold(gold_of(lake, tmp_path, labeler="reward/local")), "reward/local")
    (point,) = found.curve
    assert (point.threshold, point.coverage) == (1.0, 1.0)
    assert whole(found.rows).subject == "run"
    assert whole(found.rows).threshold is None, "three in four are not precise enough"


def test_what_was_not_judged_is_open(judged: Path, copy_of: CopyOf, tmp_path: Path) -> None:
    lake = copy_of(judged)
    trajectory = lake.snapshot().read("trajectories")["trajectory_id"][0].as_py()
    file = tmp_path / "gold.jsonl"
    file.write_text(f'{{"trajectory_id":"{trajectory}","step":0,"verdict":"good"}}\n')
    total = whole(calibrate(lake, read_gold(file), "verify/local").rows)
    assert (total.open, total.true_positive, total.precision, total.kappa) == (1, 0, None, None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("trajectory_id,verdict\nx,excellent\n", "excellent"),
        ("trajectory_id,step\nx,1\n", "no verdict"),
        ("trajectory_id,step,verdict\nx,1,good\nx,1,harmful\n", "two of the same"),
        ("trajectory_id,step,verdict\nx,first,good\n", "whole number"),
        ("", "gold set"),
    ],
)
def test_a_gold_set_that_says_something_else_is_refused(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "gold.csv"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=said):
        read_gold(file)
    with pytest.raises(ConfigurationError, match="parquet"):
        read_gold(tmp_path / "gold.xlsx")


def test_a_stranger_in_the_gold_set_is_told(judged: Path, copy_of: CopyOf, tmp_path: Path) -> None:
    file = tmp_path / "gold.csv"
    file.write_text("trajectory_id,step,verdict\nnobody,1,good\n")
    with pytest.raises(ConfigurationError, match="nobody"):
        calibrate(copy_of(judged), read_gold(file), "verify/local")
    with pytest.raises(ConfigurationError, match="the versions none"):
        calibrate(copy_of_lake(judged), read_gold(file), "verify/unheard")


def copy_of_lake(path: Path) -> Lake:
    return open_lake(str(path))


def test_two_labelers_are_compared_on_what_both_judged(judged: Path) -> None:
    lake = copy_of_lake(judged)
    found = compare(lake, ("verify/local", None), ("verify/other", None))
    assert found.both > 10
    assert (found.agree, found.only_left, found.only_right) == (0, 0, 0)
    assert found.flips == {"good to harmful": found.both}
    same = compare(lake, ("verify/local", None), ("verify/local", None))
    assert (same.agree, same.flips) == (same.both, {})
    with pytest.raises(ConfigurationError, match="nobody"):
        compare(lake, ("nobody", None), ("verify/local", None))


def test_the_command_line_tells_both(
    judged: Path, copy_of: CopyOf, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lake = copy_of(judged)
    gold = str(gold_of(lake, tmp_path, labeler="reward/local", every=1000))
    assert main(["calibrate", "--lake", lake.url, "--gold", gold, "--labeler", "reward/local"]) == 0
    assert "score at least" in capsys.readouterr().out
    assert main(["compare", "--lake", lake.url, "verify/local", "verify/other"]) == 0
    assert "good to harmful" in capsys.readouterr().out
    assert main(["compare", "--lake", lake.url, "verify/local@0", "verify/other"]) == 2


def test_a_run_without_a_step_can_be_in_the_gold_set(tmp_path: Path) -> None:
    record(tmp_path / "traces", Walk(0, ()))
    ingest(tmp_path / "traces", str(tmp_path / "lake"))
    annotate(str(tmp_path / "lake"), RulesBackend)
    (tmp_path / "gold.csv").write_text(f"trajectory_id,verdict\n{trajectory_id('ab' * 16, 0)},harmful\n")
    (row,) = calibrate(open_lake(str(tmp_path / "lake")), read_gold(tmp_path / "gold.csv"), "rules").rows[:1]
    assert (row.subject, row.open) == ("run", 1), "the rules abstain: there is nothing to read"
