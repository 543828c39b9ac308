import json
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from labelers.askers.reward import RewardJudge
from labelers.askers.synthesis import TaskSynthesizer
from labelers.askers.verify import StepVerifier
from labelers.kit.asker import Asker, ModelUse
from labelers.model.prices import Price
from labelers.model.sending import Endpoint
from labelers.rules import RulesBackend
from pipelines.annotate.asking import SAVED, annotate_by_asking, plan_asking
from pipelines.annotate.call_log import FLUSH_SECONDS, CallLog
from pipelines.annotate.job import annotate
from pipelines.annotate.planning import Selection, Spending
from pipelines.annotate.reading import ASKED, DECIDED
from pipelines.lake.delta import Lake
from pipelines.lake.funnel import funnel
from schemas.arrow import from_row
from schemas.errors import ConfigurationError, LakeError, ModelError
from schemas.opinions import Call, Instruction, Label
from tests.labelers.model.server import serving
from tests.pipelines.recorded import WALKS

T = TypeVar("T")
UNRULED = "trajectories that the rules have not seen"
CopyOf = Callable[[Path], Lake]
SYNTHESIS, VERIFY, REWARD = (Asker(kind(), ModelUse("local")) for kind in (TaskSynthesizer, StepVerifier, RewardJudge))
PRICE = Price(1.0, 4.0, 0.5)


def spending(url: str, **limits: object) -> Spending:
    return Spending(Endpoint(url, flights=8, seconds=5.0), PRICE, **limits)  # type: ignore[arg-type]


def stats(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(url.replace("/v1", "/stats")) as answer:
        return json.load(answer)  # type: ignore[no-any-return]


def rows(lake: Lake, table: str, record: type[T]) -> list[T]:
    return [from_row(record, row) for row in lake.snapshot().read(table).to_pylist()]


def test_three_labelers_in_turn_write_tasks_verdicts_and_rewards(ingested: Path, copy_of: CopyOf) -> None:
    lake = copy_of(ingested)
    with serving() as url:
        for factory in (SYNTHESIS, VERIFY, REWARD):
            planned = plan_asking(lake.url, factory, spending(url), Selection())
            assert planned["trajectories to look at"] == len(WALKS)
            assert annotate_by_asking(lake.url, factory, spending(url)).counts["trajectories"] == len(WALKS)
            assert plan_asking(lake.url, factory, spending(url), Selection())["requests"] == 0
        counted = stats(url)
    assert set(counted["came"].values()) == {1}
    instructions, labels = rows(lake, "instructions", Instruction), rows(lake, "labels", Label)
    calls = {call.call_id: call for call in rows(lake, "calls", Call)}
    assert len({call.request for call in calls.values()}) == len(counted["came"]) < len(calls)
    high = [one for one in instructions if one.level == "high"]
    assert {one.level for one in instructions} == {"high", "low"}
    assert all(one.call_id in calls for one in instructions)
    judged = {
        (one.instruction_id, one.first_step)
        for one in labels
        if one.labeler == "verify/local" and one.subject == "step"
    }
    assert judged == {(one.instruction_id, step) for one in high for step in range(one.first_step, one.last_step + 1)}
    assert {one.instruction_id for one in labels if one.subject == "span"} == {one.instruction_id for one in high}
    assert all(one.score == 1.0 for one in labels if one.subject == "span")
    run = lake.snapshot().read("runs").to_pylist()
    assert sum(row["money"] for row in run) == pytest.approx(sum(call.money or 0 for call in calls.values()))


def test_what_was_answered_is_never_asked_again(ingested: Path, copy_of: CopyOf) -> None:
    lake = copy_of(ingested)
    with serving() as url:
        first = annotate_by_asking(lake.url, SYNTHESIS, spending(url), selection=Selection(most=2, seed=3))
        assert first.counts["trajectories"] == 2
        annotate_by_asking(lake.url, SYNTHESIS, spending(url))
        assert not annotate_by_asking(lake.url, SYNTHESIS, spending(url)).changed
        assert set(stats(url)["came"].values()) == {1}
        assert annotate_by_asking(lake.url, Asker(TaskSynthesizer(), ModelUse("another")), spending(url)).changed


def test_tasks_that_were_written_later_are_judged_and_those_before_not_again(curated: Path, copy_of: CopyOf) -> None:
    lake = copy_of(curated)
    two = Selection(most=2, seed=3)
    with serving() as url:
        annotate_by_asking(lake.url, VERIFY, spending(url), selection=two)
        before, asked = step_labels(lake), len(stats(url)["came"])
        assert not annotate_by_asking(lake.url, VERIFY, spending(url), selection=those_of(before)).changed
        annotate_by_asking(lake.url, SYNTHESIS, spending(url), selection=those_of(before))
        between = len(stats(url)["came"])
        again = annotate_by_asking(lake.url, VERIFY, spending(url), selection=those_of(before))
        counted = stats(url)["came"]
        assert not annotate_by_asking(lake.url, VERIFY, spending(url), selection=those_of(before)).changed
    after = step_labels(lake)
    assert again.counts["trajectories"] == 2
    assert asked > 0
    assert len(counted) > between
    assert set(counted.values()) == {1}
    assert len({one.label_id for one in after}) == len(after) > len(before) > 0
    assert {one.label_id for one in before} < {one.label_id for one in after}
    tasks = [one for one in rows(lake, "instructions", Instruction) if one.level == "high"]
    mine = {one.trajectory_id for one in before}
    assert {(one.instruction_id, one.first_step) for one in after} == {
        (one.instruction_id, step)
        for one in tasks
        if one.trajectory_id in mine
        for step in range(one.first_step, one.last_step + 1)
    }


def step_labels(lake: Lake) -> list[Label]:
    return [one for one in rows(lake, "labels", Label) if one.labeler == "verify/local" and one.subject == "step"]


def those_of(labels: list[Label]) -> Selection:
    return Selection(only=frozenset(one.trajectory_id for one in labels))


def test_faults_leave_every_step_labelled_or_a_dead_letter(ingested: Path, copy_of: CopyOf) -> None:
    lake = copy_of(ingested)
    with serving() as url:
        annotate_by_asking(lake.url, SYNTHESIS, spending(url))
    with serving(faults=0.4, kinds=["full", "error", "cut", "no json", "wrong form", "refused", "gone"]) as url:
        done = annotate_by_asking(lake.url, VERIFY, spending(url))
        counted = stats(url)
    calls = {call.call_id: call for call in rows(lake, "calls", Call) if call.labeler == "verify/local"}
    labels = [one for one in rows(lake, "labels", Label) if one.subject == "step"]
    assert done.counts["trajectories"] == len(WALKS)
    assert len({call.request for call in calls.values()}) == len(counted["came"])
    dead = {call.call_id for call in calls.values() if call.status != "ok"}
    assert dead
    assert {one.call_id for one in labels if one.verdict == "abstain"} == dead
    assert all(calls[name].error for name in dead)
    assert all(calls[name].answer for name in dead if calls[name].status == "malformed")


def test_the_budget_ends_it_and_the_next_run_goes_on_where_it_ended(ingested: Path, copy_of: CopyOf) -> None:
    lake = copy_of(ingested)
    with serving() as url:
        most = plan_asking(lake.url, SYNTHESIS, spending(url), Selection())["tokens, at most"]
        assert isinstance(most, int)
        part = annotate_by_asking(lake.url, SYNTHESIS, spending(url, tokens=most // 3))
        assert stats(url)["tokens"] <= most // 3  # type: ignore[operator]
        assert part.counts["trajectories not finished: questions not asked"] > 0
        rest = annotate_by_asking(lake.url, SYNTHESIS, spending(url))
        assert part.counts.get("trajectories", 0) + rest.counts["trajectories"] == len(WALKS)
        assert set(stats(url)["came"].values()) == {1}


def test_what_a_killed_job_had_heard_is_not_asked_again(ingested: Path, copy_of: CopyOf) -> None:
    lake = copy_of(ingested)
    with serving() as url:
        annotate_by_asking(lake.url, SYNTHESIS, spending(url))
    heard = rows(lake, "calls", Call)
    other = copy_of_again(ingested, Path(lake.url).with_name("other"))
    log = CallLog.of(other, SYNTHESIS)
    for number, call in enumerate(heard):
        log.add(bucket_of_call(other, call), call)
        if number % 5 == 0:
            log.flush()
    log.flush()
    folder = next(Path(log.folder).iterdir())
    (folder / "half.jsonl.part").write_bytes(b'{"answer":"ha')
    with serving() as url:
        done = annotate_by_asking(other.url, SYNTHESIS, spending(url))
        assert stats(url)["came"] == {}
    assert done.counts["calls ok"] == len(heard)
    assert rows(other, "instructions", Instruction) == rows(lake, "instructions", Instruction)
    assert not Path(log.folder).exists()


def test_an_answer_that_is_kept_and_is_another_now_is_named(ingested: Path, copy_of: CopyOf) -> None:
    lake = copy_of(ingested)
    with serving() as url:
        annotate_by_asking(lake.url, SYNTHESIS, spending(url))
        heard = rows(lake, "calls", Call)[0]
        other = copy_of_again(ingested, Path(lake.url).with_name("other"))
        log = CallLog.of(other, SYNTHESIS)
        log.add(bucket_of_call(other, heard), heard)
        log.flush()
        (kept,) = Path(log.folder).rglob("*.jsonl")
        kept.write_bytes(kept.read_bytes().replace(b"e", b"d", 1))
        with pytest.raises(LakeError, match=rf"{kept.name}: .* other bytes than were written: remove the file"):
            annotate_by_asking(other.url, SYNTHESIS, spending(url))
    assert not other.snapshot().rows("labels")


def test_a_server_that_refuses_everyone_labels_nothing(
    ingested: Path, copy_of: CopyOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = copy_of(ingested)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-wrong")
    with serving(key="sk-right") as url, pytest.raises(ModelError, match="HTTP 401"):
        annotate_by_asking(lake.url, SYNTHESIS, spending(url))
    assert lake.snapshot().rows("labels") == lake.snapshot().rows("calls") == 0


def test_money_without_a_price_is_refused_before_anything_is_asked(ingested: Path, copy_of: CopyOf) -> None:
    lake = copy_of(ingested)
    with serving() as url:
        with pytest.raises(ConfigurationError, match="price"):
            annotate_by_asking(lake.url, SYNTHESIS, Spending(Endpoint(url), None, money=1.0))
        assert stats(url)["came"] == {}


@pytest.mark.slow
def test_a_job_that_is_killed_asks_again_no_more_than_was_under_way_and_one_flush(
    ingested: Path, copy_of: CopyOf
) -> None:
    lake = copy_of(ingested)
    flights, latency = 2, 0.3
    with serving(latency=latency) as url:
        command = [sys.executable, "-m", "pipelines.cli", "annotate", "--lake", lake.url, "--backend", "openai"]
        command += ["--model", "local", "--base-url", url, "--labeler", "synthesis", "--flights", str(flights)]
        job = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while sum(stats(url)["came"].values()) < 16 and job.poll() is None:
            time.sleep(0.02)
        job.kill()
        assert job.wait() == -signal.SIGKILL
        assert subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode == 0
        came = stats(url)["came"]
    per_flush = flights / latency * FLUSH_SECONDS
    assert sum(came.values()) - len(came) <= flights + per_flush + flights
    assert len({call.request for call in rows(lake, "calls", Call)}) == len(came)


def copy_of_again(source: Path, target: Path) -> Lake:
    import shutil

    from pipelines.lake.delta import open_lake

    shutil.copytree(source, target)
    return open_lake(str(target))


def bucket_of_call(lake: Lake, call: Call) -> int:
    from schemas.keys import bucket_of

    assert call.trajectory_id is not None
    return bucket_of(call.trajectory_id, lake.buckets)


def test_a_batch_costs_half_and_says_the_same(ingested: Path, copy_of: CopyOf) -> None:
    lake = copy_of(ingested)
    other = copy_of_again(ingested, Path(lake.url).with_name("other"))
    with serving(batch_seconds=0.1) as url:
        annotate_by_asking(lake.url, SYNTHESIS, spending(url))
        annotate_by_asking(other.url, SYNTHESIS, spending(url, batch=True, poll=0.05))
    texts = [sorted(one.text for one in rows(each, "instructions", Instruction)) for each in (lake, other)]
    assert texts[0] == texts[1]
    money = [sum(call.money or 0 for call in rows(each, "calls", Call)) for each in (lake, other)]
    assert money[1] == pytest.approx(money[0] / 2)


CHEAP = Asker(TaskSynthesizer(), ModelUse("local", cheap_first=True))


def test_what_the_rules_decided_is_saved_and_told(ingested: Path, copy_of: CopyOf) -> None:
    lake = copy_of(ingested)
    with serving() as url:
        with pytest.raises(ConfigurationError, match="labels of the rules"):
            annotate_by_asking(lake.url, CHEAP, spending(url))
        assert plan_asking(lake.url, CHEAP, spending(url), Selection())[UNRULED] == len(WALKS)
        annotate(lake.url, RulesBackend)
        plain = plan_asking(lake.url, SYNTHESIS, spending(url), Selection())
        planned = plan_asking(lake.url, CHEAP, spending(url), Selection())
        assert planned[UNRULED] == 0
        for name in ("requests", "tokens, at most", "US dollars, at most"):
            assert plain[f"with --cheap-first: {name}"] == planned[name]
            assert planned[f"without --cheap-first: {name}"] == plain[name]
        done = annotate_by_asking(lake.url, CHEAP, spending(url))
        cheaply = len(stats(url)["came"])
        assert cheaply == planned["requests"] < plain["requests"]  # type: ignore[operator]
        written = [one for one in rows(lake, "instructions", Instruction) if one.labeler == "rules"]
        assert done.counts[DECIDED] == sum(one.level == "low" for one in written) > 0
        assert done.counts[SAVED] >= 0
        told = funnel(lake)["Questions"]
        name = CHEAP.name
        assert told[f"{name}: decided by rules"] == done.counts[DECIDED]
        assert told[f"{name}: asked"] == done.counts[ASKED]
        assert f"{name}: US cents saved, by estimate" in told
        annotate_by_asking(lake.url, SYNTHESIS, spending(url))  # the rest: what was paid for is not asked again
        counted = stats(url)["came"]
    assert set(counted.values()) == {1}
    assert len(counted) == plain["requests"]


@pytest.mark.parametrize("table", ["trees", "screens", "steps"])
def test_what_is_damaged_ends_the_job_before_anything_is_asked(ingested: Path, copy_of: CopyOf, table: str) -> None:
    lake = copy_of(ingested)
    file = lake.snapshot().files_of(table)[0].path
    (Path(lake.url) / file).write_bytes(b"damaged")
    with serving() as url:
        with pytest.raises(LakeError, match=file):
            plan_asking(lake.url, SYNTHESIS, spending(url), Selection())
        with pytest.raises(LakeError, match=file):
            annotate_by_asking(lake.url, SYNTHESIS, spending(url))
        assert stats(url)["came"] == {}
        (Path(lake.url) / file).write_bytes((ingested / file).read_bytes())
        assert annotate_by_asking(lake.url, SYNTHESIS, spending(url)).counts["trajectories"] == len(WALKS)


def test_the_fixed_part_comes_first_and_the_steps_of_a_trajectory_together(ingested: Path, copy_of: CopyOf) -> None:
    lake = copy_of(ingested)
    with serving() as url:
        annotate_by_asking(lake.url, SYNTHESIS, Spending(Endpoint(url, flights=1, seconds=5.0), PRICE))
        log = stats(url)["log"]
    calls = sorted(rows(lake, "calls", Call), key=lambda call: call.time)
    asked = [call.trajectory_id for call in calls if call.latency]  # the others are copies of an answer
    assert len(asked) == len(log)
    turns = [one for position, one in enumerate(asked) if position == 0 or asked[position - 1] != one]
    assert len(turns) == len(set(turns))
    assert len({before for before, _ in log}) == 1
    assert len({text for _, text in log}) > len(WALKS)
