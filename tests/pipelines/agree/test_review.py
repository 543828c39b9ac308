import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from labelers.askers import NAMES, question_of
from labelers.askers.reward import RewardJudge
from labelers.askers.verify import StepVerifier
from labelers.kit.asker import Asker, ModelUse
from labelers.kit.questions import ENSEMBLE, HUMAN
from labelers.model.sending import Endpoint
from pipelines.agree.ensembles import DISAGREEMENT
from pipelines.agree.job import agree
from pipelines.agree.views import _QUESTION, VIEWS
from pipelines.annotate.asking import annotate_by_asking
from pipelines.annotate.job import annotate
from pipelines.annotate.planning import Spending
from pipelines.cli import main
from pipelines.curate.config import CurationConfig
from pipelines.curate.job import curate
from pipelines.curate.roles.roles import DISAGREE
from pipelines.ingest.job import ingest
from pipelines.lake.delta import Lake, create_lake, open_lake
from pipelines.lake.sql import connect, query, rows_of
from schemas.errors import ConfigurationError
from tests.labelers.model.server import serving
from tests.pipelines.fake_backend import make_fake_backend

CopyOf = Callable[[Path], Lake]
GOOD, BAD = "verify/gpt-x", "verify/qwen-x"


@pytest.fixture(scope="module")
def judged(traces: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of which one model says good of every step and another harmful, and a third 1 of every run; read only."""
    lake = tmp_path_factory.mktemp("judged") / "lake"
    create_lake(str(lake), buckets=2)
    ingest(traces, str(lake))
    annotate(str(lake), make_fake_backend)
    for answer, model in (
        ('{"reason":"yes","verdict":"good"}', "gpt-x"),
        ('{"reason":"no","verdict":"harmful"}', "qwen-x"),
    ):
        with serving(answer=answer) as url:
            annotate_by_asking(str(lake), Asker(StepVerifier(), ModelUse(model)), Spending(Endpoint(url)))
    with serving() as url:
        annotate_by_asking(str(lake), Asker(RewardJudge(), ModelUse("gpt-x")), Spending(Endpoint(url)))
    return lake


def ask(lake: Lake, text: str) -> list[tuple[Any, ...]]:
    connection = connect(lake, views=VIEWS)
    try:
        return rows_of(query(connection, text))[1]
    finally:
        connection.close()


def labels(lake: Lake, labeler: str) -> list[dict[str, Any]]:
    return [row for row in lake.snapshot().read("labels").to_pylist() if row["labeler"] == labeler]


def test_agreeing_writes_once_and_stores_the_disagreement(judged: Path, copy_of: CopyOf) -> None:
    lake = copy_of(judged)
    first = agree(lake.url, [(GOOD, None), (BAD, None)], "all")
    again = agree(lake.url, [(BAD, None), (GOOD, None)], "all")
    assert (first.changed, again.changed) == (True, False)
    steps = [row for row in labels(lake, "ensemble/all") if row["subject"] == "step"]
    assert len(steps) == len([row for row in labels(lake, GOOD) if row["subject"] == "step"]) > 0
    assert {(row["verdict"], row["rule"]) for row in steps} == {("abstain", DISAGREEMENT)}
    assert all(row["instruction_id"] and GOOD in row["reason"] for row in steps)


def test_the_verb_and_what_it_refuses(judged: Path, copy_of: CopyOf, capsys: pytest.CaptureFixture[str]) -> None:
    lake = copy_of(judged)
    assert main(["agree", "--lake", lake.url, "--labelers", f"fake,{GOOD}", "--rule", "families"]) == 0
    assert "step: good, families" in capsys.readouterr().out
    assert main(["agree", "--lake", lake.url, "--labelers", GOOD, "--rule", "all"]) == 2
    assert main(["agree", "--lake", lake.url, "--labelers", f"{GOOD},nobody", "--rule", "all"]) == 2
    assert "expected labels of nobody" in capsys.readouterr().err
    verdicts = {row["verdict"] for row in labels(lake, "ensemble/families") if row["subject"] == "step"}
    assert verdicts == {"good", "abstain"}


def test_the_queue_begins_with_what_labelers_differ_on(judged: Path) -> None:
    lake = open_lake(str(judged))
    rows = ask(
        lake, "select place, subject, disagreement, margin, late, aim, action, verdicts from review order by place"
    )
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
    order = [(not row[2], row[3], not row[4]) for row in rows]
    assert order == sorted(order)
    ten = ask(lake, "select count(distinct trajectory_id) from (select * from review order by place limit 5)")
    assert ten == [(5,)]
    first = rows[0]
    assert first[1:3] == ("step", True)
    assert first[5].startswith("Open the page")
    assert first[6] is not None
    assert {(one["labeler"], one["verdict"]) for one in first[7]} > {(GOOD, "good"), (BAD, "harmful")}
    assert any(one[1] == "span" and not one[2] for one in rows)


def test_what_a_person_answered_leaves_the_queue_and_comes_back_as_labels(
    judged: Path, copy_of: CopyOf, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lake = copy_of(judged)
    assert main(["review", "--lake", lake.url, "--most", "3", "--format", "csv"]) == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert [row["verdict"] for row in rows] == ["", "", ""]
    rows[0] |= {"verdict": "good", "reason": "It opens what was asked for."}
    rows[1] |= {"verdict": "harmful"}
    path = tmp_path / "answers.csv"
    write(path, rows)
    before = ask(lake, "select count(*) from review")[0][0]
    take = ["review", "--lake", lake.url, "--answers", str(path), "--by", "ann"]
    assert main(take) == 0
    said = {row["verdict"]: row for row in labels(lake, HUMAN)}
    assert set(said) == {"good", "harmful"}
    assert (said["good"]["reason"], said["good"]["labeler_version"]) == ("It opens what was asked for.", "ann")
    assert said["good"]["trajectory_id"] == rows[0]["trajectory_id"]
    assert ask(lake, "select count(*) from review")[0][0] == before - 2
    assert main(take) == 0
    assert "nothing new" in capsys.readouterr().out
    assert len(labels(lake, HUMAN)) == 2
    write(path, [{**rows[0], "verdict": "harmful"}])
    assert main(take) == 2
    assert "as ann said before" in capsys.readouterr().err
    assert main([*take[:-1], "bob"]) == 0


def write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.parametrize(
    "row", [{"step": "99"}, {"trajectory_id": "ab"}, {"instruction_id": "nothing"}, {"verdict": "fine"}]
)
def test_answers_on_what_is_not_there_are_refused(
    judged: Path, copy_of: CopyOf, tmp_path: Path, row: dict[str, str]
) -> None:
    from pipelines.agree.review import take_answers

    lake = copy_of(judged)
    one = labels(lake, GOOD)[0]
    path = tmp_path / "answers.csv"
    write(path, [{"trajectory_id": one["trajectory_id"], "step": "0", "instruction_id": "", "verdict": "good", **row}])
    with pytest.raises(ConfigurationError):
        take_answers(lake.url, path, by="ann")
    assert labels(lake, HUMAN) == []


def test_a_persons_verdict_on_a_run_is_a_score(judged: Path, copy_of: CopyOf, tmp_path: Path) -> None:
    from pipelines.agree.review import take_answers

    lake = copy_of(judged)
    span = next(row for row in labels(lake, "reward/gpt-x") if row["subject"] == "span")
    path = tmp_path / "answers.csv"
    answer = {"trajectory_id": span["trajectory_id"], "step": "", "instruction_id": "", "verdict": "harmful"}
    write(path, [answer, {**answer, "instruction_id": span["instruction_id"], "verdict": "good"}])
    take_answers(lake.url, path, by="ann")
    found = {row["subject"]: (row["verdict"], row["score"], row["first_step"]) for row in labels(lake, HUMAN)}
    assert found == {"trajectory": ("harmful", 1.0, None), "span": ("good", 5.0, None)}


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    found = duckdb.connect(":memory:")
    yield found
    found.close()


def test_the_question_in_sql_is_the_one_in_python(connection: duckdb.DuckDBPyConnection) -> None:
    names = [
        "rules",
        "human",
        "verify/a/b",
        f"{ENSEMBLE}/all",
        f"{ENSEMBLE}/all/safety",
        *(f"{one}/x" for one in NAMES),
    ]
    for name in names:
        (said,) = connection.execute(f"select {_QUESTION} from (select ? as labeler)", [name]).fetchone() or ()
        assert said == question_of(name)


def test_a_curation_is_told_whose_verdicts_count(judged: Path, copy_of: CopyOf) -> None:
    lake = copy_of(judged)
    agree(lake.url, [(GOOD, None), (BAD, None)], "all")
    for name, labelers in (("good", (GOOD,)), ("bad", (BAD,)), ("both", ("ensemble/all",))):
        curate(lake.url, name, CurationConfig(labelers=labelers, lowest_score=0.0, exact_duplicates=False))
    kto = {name: said_of(lake, name) for name in ("good", "bad", "both")}
    assert kto["good"] == {("target", "labelled good"), ("dropped", "the action did not work")}
    assert kto["bad"] == {("negative", "labelled harmful")}
    assert kto["both"] == {("dropped", DISAGREE)}


def said_of(lake: Lake, name: str) -> set[tuple[str, str]]:
    rows = lake.snapshot().read("decisions", curation=name).to_pylist()
    return {(row["role"], row["rule"]) for row in rows if row["use"] == "kto" and row["instruction_id"] is not None}
