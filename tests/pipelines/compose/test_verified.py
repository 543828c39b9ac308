import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from explorers.tasks import read_tasks
from labelers.askers.critic import InstructionCritic
from labelers.askers.reward import RewardJudge
from labelers.kit.asker import Asker, ModelUse
from labelers.model.sending import Endpoint
from pipelines.annotate.asking import annotate_by_asking
from pipelines.annotate.job import annotate
from pipelines.annotate.planning import Spending
from pipelines.cli import main
from pipelines.compose.verified import Verified, verified_parts
from pipelines.curate.benchmarks import read_benchmarks
from pipelines.curate.config import CurationConfig
from pipelines.curate.job import curate
from pipelines.ingest.job import ingest
from pipelines.lake.delta import Lake, create_lake, open_lake
from schemas.errors import ConfigurationError
from schemas.records import Task
from tests.labelers.model.server import serving
from tests.pipelines.fake_backend import make_fake_backend
from tests.pipelines.recorded import WALKS, Walk, record, record_all

GIVEN = Task(
    "g", "Look for salt.", "web", "library.test", "http://library.test/", None, None, None, "given", None, None
)
CHECK = '{"all":[{"kind":"location_contains","negated":false,"text":"search"}],"any":[]}'


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Walks whose runs a judge called good, and three that were given tasks, two of which were done. Read only."""
    folder = tmp_path_factory.mktemp("verified")
    record_all(folder / "traces", WALKS)
    held = replace(GIVEN, task_id="h", text="Visit nobody.", source="benchmark")
    missed = replace(GIVEN, task_id="m", text="Buy the shop.")
    for number, (task, success) in enumerate(((replace(GIVEN, check=CHECK), True), (held, True), (missed, False))):
        record(folder / "traces", Walk(20 + number, ("Search", "?salt")), task=task, success=success)
    create_lake(str(folder / "lake"), buckets=2)
    ingest(folder / "traces", str(folder / "lake"))
    annotate(str(folder / "lake"), make_fake_backend)
    ask(
        folder / "lake",
        RewardJudge,
        {"reason": "Done.", "score": 5, "success": True, "process": 4, "first_failing_step": 0, "blame": "person"},
    )
    return folder / "lake"


def ask(lake: Path, kind: Any, answer: Any) -> None:
    with serving(answer=json.dumps(answer)) as url:
        annotate_by_asking(str(lake), Asker(kind(), ModelUse("local")), Spending(Endpoint(url)))


def parts(lake: Path | Lake, *files: Path, curation: str | None = None) -> Verified:
    snapshot = (lake if isinstance(lake, Lake) else open_lake(str(lake))).snapshot()
    return verified_parts(snapshot, read_benchmarks([str(file) for file in files]), words=8, curation=curation)


def texts(found: Verified) -> list[str]:
    return sorted(one.text for one in found.parts)


def test_tasks_are_parts_whose_run_is_called_good_or_that_were_checked(lake: Path) -> None:
    found = parts(lake)
    opened = [text for text in texts(found) if text.startswith("Open the page")]
    assert opened
    assert sorted({*opened, "Look for salt."}) == texts(found), "each sentence once, and none that was missed"
    assert "its episode was given a benchmark's task" in found.refused
    (salt,) = (one for one in found.parts if one.text == "Look for salt.")
    assert (salt.part_id, salt.begin, salt.end, salt.subjects) == ("g", "/", "/search", {"searchbox search"})
    assert salt.check is not None
    assert salt.is_last
    assert all(one.asks and one.check is None for one in found.parts if one is not salt)


def test_without_a_verdict_there_is_no_part(ingested: Path, tmp_path: Path) -> None:
    shutil.copytree(ingested, tmp_path / "lake")
    annotate(str(tmp_path / "lake"), make_fake_backend)
    found = parts(tmp_path / "lake")
    assert found.parts == ()
    assert list(found.refused) == ["no label calls its run good"]


def test_what_was_refused_or_is_held_out_or_in_a_benchmark_is_no_part(lake: Path, tmp_path: Path) -> None:
    file = tmp_path / "held.json"
    file.write_text(json.dumps([{"text": "look for salt"}]))
    assert texts(parts(lake, file)) == [text for text in texts(parts(lake)) if text != "Look for salt."]
    assert parts(lake, file).refused["found in a benchmark"] == 1
    copy = tmp_path / "lake"
    shutil.copytree(lake, copy)
    curate(str(copy), "held", CurationConfig(test=0.5, validation=0.4))
    rows = open_lake(str(copy)).snapshot().read("decisions", curation="held").to_pylist()
    out = {row["instruction_id"] for row in rows if row["split"] in ("test", "validation") and row["use"] == "sft"}
    assert not {one.part_id for one in parts(copy, curation="held").parts} & out
    with pytest.raises(ConfigurationError, match="no curation 'other'"):
        parts(copy, curation="other")
    said = {"account": "It is not.", "concrete": "yes", "feasible": "yes", "natural": "yes", "true": "no"}
    ask(copy, InstructionCritic, said)
    assert texts(parts(copy)) == ["Look for salt."]
    assert parts(copy).refused["refused by a labeler"] > 0


def test_the_verb_writes_what_rollout_reads(lake: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "composed.jsonl"
    arguments = ["compose", "--lake", str(lake), "--length", "2", "--n", "3", "--seed", "1"]
    copy = tmp_path / "lake"
    shutil.copytree(lake, copy)
    record(tmp_path / "more", Walk(40, ("Books",)), task=replace(GIVEN, task_id="k", text="See books."), success=True)
    ingest(tmp_path / "more", str(copy))
    arguments[2] = str(copy)
    assert main([*arguments, "--out", str(out)]) == 0
    told = capsys.readouterr().out
    tasks = read_tasks(out)
    assert 0 < len(tasks) <= 3
    assert "composed tasks" in told
    assert "tasks that were seen to be done" in told
    assert {(one.task.source, one.task.template) for one in tasks} == {("composed", "composed")}
    known = {one.part_id for one in parts(copy).parts}
    assert all(len(one.parts) == 2 and set(one.parts) <= known for one in tasks)
    again = tmp_path / "again.jsonl"
    assert main([*arguments, "--out", str(again)]) == 0
    assert again.read_bytes() == out.read_bytes()


def test_nothing_to_compose_is_said(ingested: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compose", "--lake", str(ingested), "--out", str(tmp_path / "x.jsonl")]) == 1
    assert "nothing was written" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
