"""What a model's server gets wrong, through the job: told, kept, and never taken for success."""

import json
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import labelers.kit.asker
from labelers.askers.reward import RewardJudge
from labelers.askers.synthesis import TaskSynthesizer
from labelers.kit.asker import WORDS_ALONE, Asker, ModelUse
from labelers.model.sending import Endpoint
from pipelines.annotate.asking import annotate_by_asking
from pipelines.annotate.planning import Selection, Spending
from pipelines.annotate.reading import IN_VAIN
from pipelines.cli import main
from pipelines.lake.delta import Lake
from schemas.errors import ModelError
from tests.labelers.model.server import serving
from tests.pipelines.recorded import WALKS

CopyOf = Callable[[Path], Lake]
SYNTHESIS, REWARD = (Asker(kind(), ModelUse("local")) for kind in (TaskSynthesizer, RewardJudge))
ONE = Selection(most=1, seed=3)


def spending(url: str) -> Spending:
    return Spending(Endpoint(url, flights=4, seconds=5.0))


def came(url: str) -> dict[str, int]:
    with urllib.request.urlopen(url.replace("/v1", "/stats")) as answer:
        return json.load(answer)["came"]  # type: ignore[no-any-return]


def rows(lake: Lake, table: str) -> list[dict[str, Any]]:
    return lake.snapshot().read(table).to_pylist()


def test_a_model_that_takes_no_pictures_is_asked_by_words_alone(ingested: Path, copy_of: CopyOf) -> None:
    lake = copy_of(ingested)
    with serving(no_pictures=500) as url:
        done = annotate_by_asking(lake.url, SYNTHESIS, spending(url))
        counted = came(url)
        assert not annotate_by_asking(lake.url, SYNTHESIS.in_words(), spending(url)).changed
    assert counted.pop("refused: pictures") == 1
    assert set(counted.values()) == {1}
    assert done.counts["trajectories"] == len(WALKS)
    assert done.notes[0].endswith("it was asked by words alone, as --no-pictures asks at once")
    labels = rows(lake, "labels")
    assert labels
    assert {row["labeler_version"].endswith(WORDS_ALONE) for row in labels} == {True}
    assert {row["status"] for row in rows(lake, "calls")} == {"ok"}
    assert not list(Path(lake.url, "_work").glob("calls-*"))


def test_words_alone_show_no_picture_and_are_another_version(ingested: Path, copy_of: CopyOf) -> None:
    lake = copy_of(ingested)
    with serving(no_pictures=400) as url:
        called = ["annotate", "--lake", lake.url, "--backend", "openai", "--model", "local", "--base-url", url]
        assert main([*called, "--labeler", "synthesis", "--no-pictures", "--most-output", "900"]) == 0
        assert "refused: pictures" not in came(url)
    assert SYNTHESIS.version + WORDS_ALONE == SYNTHESIS.in_words().version


def test_answers_that_a_stricter_reading_can_not_use_are_malformed(
    ingested: Path, copy_of: CopyOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = copy_of(ingested)
    with serving() as url:
        annotate_by_asking(lake.url, SYNTHESIS, spending(url))
        assert {row["status"] for row in rows(lake, "calls")} == {"ok"}
        monkeypatch.setattr(labelers.kit.asker, "READING", "stricter")
        monkeypatch.setattr(Asker, "fields", lambda _asker, _call: None)
        with pytest.raises(ModelError, match=r"questions got a usable answer \(\d+ malformed\)"):
            annotate_by_asking(lake.url, SYNTHESIS, spending(url))


def test_answers_of_no_use_are_no_success_and_are_kept(
    ingested: Path, copy_of: CopyOf, capsys: pytest.CaptureFixture[str]
) -> None:
    lake = copy_of(ingested)
    with serving(answer="<think>Let me see", ending="length") as url:
        called = ["annotate", "--lake", lake.url, "--backend", "openai", "--model", "local", "--base-url", url]
        assert main([*called, "--labeler", "synthesis", "--sample", "1"]) == 1
        said = capsys.readouterr().err.splitlines()[0]
        asked = len(came(url))
        assert main([*called, "--labeler", "synthesis", "--sample", "1"]) == 1
        assert capsys.readouterr().err.splitlines()[0] == said
        assert sum(came(url).values()) == asked > 1
    assert f"none of {asked} questions got a usable answer ({asked} malformed)" in said
    assert "--most-output" in said
    assert len(rows(lake, "calls")) == asked
    assert rows(lake, "labels") == rows(lake, "instructions") == []
    longer = Asker(TaskSynthesizer(), replace(SYNTHESIS.use, most_output=900))
    assert longer.version == SYNTHESIS.version
    with serving() as url:
        done = annotate_by_asking(lake.url, longer, spending(url), selection=Selection(most=1))
    assert done.counts["trajectories"] == 1
    assert IN_VAIN not in done.counts


def test_a_server_that_refuses_all_in_its_answers_is_no_success_either(ingested: Path, copy_of: CopyOf) -> None:
    lake = copy_of(ingested)
    told = pytest.raises(ModelError, match=r"refused\); \d+ times: I can't help with that")
    with serving(faults=1.0, kinds=["refused"]) as url, told:
        annotate_by_asking(lake.url, SYNTHESIS, spending(url), selection=ONE)
    assert {row["status"] for row in rows(lake, "calls")} == {"refused"}


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        ("gone", r"\d+ failed\); \d+ times: HTTP 400.*: see that the server answers"),
        ("no json", r"\d+ malformed\).*: see that --base-url is that of a chat interface"),
    ],
)
def test_calls_that_are_all_refused_or_answered_by_no_model_are_no_success(
    ingested: Path, copy_of: CopyOf, kind: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labelers.model.caller.pause_before", lambda *_, **__: 0.01)
    lake = copy_of(ingested)
    with serving(faults=1.0, kinds=[kind]) as url, pytest.raises(ModelError, match=what.replace(": see", "; see")):
        annotate_by_asking(lake.url, SYNTHESIS, spending(url), selection=ONE)
    assert rows(lake, "labels") == []
    with serving() as url:
        done = annotate_by_asking(lake.url, SYNTHESIS, spending(url), selection=ONE)
    assert done.counts["trajectories"] == 1


def test_thoughts_before_an_answer_are_no_failure(ingested: Path, copy_of: CopyOf) -> None:
    lake = copy_of(ingested)
    with serving(around="<think>It is {sorted}.</think>\nHere it is:\n") as url:
        done = annotate_by_asking(lake.url, SYNTHESIS, spending(url), selection=ONE)
        assert set(came(url).values()) == {1}
    assert done.counts["trajectories"] == 1
    assert {row["status"] for row in rows(lake, "calls")} == {"ok"}


def test_what_an_earlier_reading_could_not_read_is_read_and_not_paid_for_again(
    ingested: Path, copy_of: CopyOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = copy_of(ingested)
    with serving(around="So: ") as url:
        with monkeypatch.context() as earlier:
            earlier.setattr("labelers.kit.asker.READING", "1")
            earlier.setattr("labelers.kit.objects._objects", lambda _: iter(()))
            with pytest.raises(ModelError, match="malformed"):
                annotate_by_asking(lake.url, SYNTHESIS, spending(url), selection=ONE)
        asked = sum(came(url).values())
        done = annotate_by_asking(lake.url, SYNTHESIS, spending(url), selection=ONE)
        assert sum(came(url).values()) == asked
    assert done.counts["trajectories"] == 1
    assert len(rows(lake, "instructions")) > 0


def test_half_a_character_in_an_answer_is_replaced_and_ends_no_run(ingested: Path, copy_of: CopyOf) -> None:
    lake = copy_of(ingested)
    with serving(tail="\ud83d") as url:
        done = annotate_by_asking(lake.url, SYNTHESIS, spending(url))
        judged = annotate_by_asking(lake.url, REWARD, spending(url))
        asked = sum(came(url).values())
        assert not annotate_by_asking(lake.url, REWARD, spending(url)).changed
        assert sum(came(url).values()) == asked
    assert done.counts["trajectories"] == judged.counts["trajectories"] == len(WALKS)
    assert {row["text"][-1] for row in rows(lake, "instructions")} == {"\ufffd"}
    assert any(row["reason"].endswith("\ufffd") for row in rows(lake, "labels"))


def test_one_that_is_not_found_is_a_row_and_ends_no_run(ingested: Path, copy_of: CopyOf) -> None:
    lake = copy_of(ingested)
    with serving(faults=0.1, kinds=["missing"]) as url:
        done = annotate_by_asking(lake.url, SYNTHESIS, spending(url))
    assert done.counts["trajectories"] == len(WALKS)
    assert {row["status"] for row in rows(lake, "calls")} == {"ok", "failed"}


CASE = Path(__file__).parents[3] / "../shared/cases/data/surrogate_server.py"


@pytest.mark.skipif(not CASE.is_file(), reason="the folder with shared cases is not beside this project")
def test_the_shared_case_of_half_a_character(ingested: Path, copy_of: CopyOf) -> None:
    lake = copy_of(ingested)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen([sys.executable, str(CASE), str(port), "half"], stdout=subprocess.PIPE, text=True)
    try:
        url = f"http://127.0.0.1:{port}/v1"
        for labeler in (SYNTHESIS, REWARD):
            assert annotate_by_asking(lake.url, labeler, spending(url)).counts["trajectories"] == len(WALKS)
            assert not annotate_by_asking(lake.url, labeler, spending(url)).changed
    finally:
        server.kill()
        calls = server.communicate()[0].count("call")  # threads print between one another's words
    assert calls == len({row["request"] for row in rows(lake, "calls")})
    assert {row["text"] for row in rows(lake, "instructions")} == {"the list is sorted \ufffd"}
