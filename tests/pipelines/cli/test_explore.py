import json
import re
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipelines.cli import main
from schemas.recordings import read_trace
from schemas.traces import find_traces


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:
        """Says nothing."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """Two pages that link to each other."""
    folder = tmp_path / "site"
    folder.mkdir()
    for name, other in (("index", "second"), ("second", "index")):
        text = f"<title>{name}</title><h1>{name}</h1><a href='{other}.html'>To the {other} page</a>"
        (folder / f"{name}.html").write_text(f"<!doctype html><html lang='en'>{text}</html>")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.web
def test_exploring_a_site_records_steps_that_ingest_takes(
    site: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    traces, lake = str(tmp_path / "traces"), str(tmp_path / "lake")
    options = ["--episodes", "1", "--max-steps", "3", "--seed", "1", "--run-id", "ab" * 16]
    assert main(["explore", "web", "--start-url", site, "--traces", traces, *options]) == 0
    told = capsys.readouterr().out
    assert "steps" in told
    assert told.splitlines()[-1] == f"next: hindtrace ingest --traces {traces} --lake lake"
    (trace,) = find_traces(Path(traces))
    recording = read_trace(trace)
    assert (recording.trajectory.policy, recording.trajectory.finished) == ("novelty", 3)
    assert main(["ingest", "--traces", traces, "--lake", lake]) == 0
    assert main(["explore", "web", "--start-url", site, "--traces", traces, *options]) == 1, "recorded once"


@pytest.mark.web
def test_a_site_that_is_not_there_is_1_with_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--traces", str(tmp_path), "--episodes", "1", "--max-steps", "2", "--json"]
    assert main(["explore", "web", "--start-url", "http://nowhere.invalid/", *options]) == 1
    told = capsys.readouterr()
    assert "nowhere.invalid" in told.err
    events = [json.loads(line) for line in told.out.splitlines()]
    assert [event["event"] for event in events if event["event"] != "progress"] == ["episode", "summary"]
    assert events[-1]["next"].startswith("no step was recorded")


WEB = ["explore", "web", "--start-url", "http://127.0.0.1:9/", "--traces", "traces"]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--contexts", "0"], "at least 1"),
        (["--shard", "1"], "0/4"),
        (["--shard", "2/2", "--run-id", "r"], "2/2"),
        (["--shard", "0/2"], "run id"),
        (["--resume"], "run id"),
        (["--run-id", "../r"], "run id"),
        (["--storage-state", "none.json"], "storage state"),
        (["--storage-state", "state.json"], "cookie 0: expected a domain"),
        (["--page-seed", "-1"], "seed"),
        (["--clock", "noon"], "2026-01-31T09:00:00Z"),
        (["--timezone", "Moon/Sea"], "time zone"),
        (["--locale", "english"], "locale"),
        (["--viewport", "large"], "1280x720"),
        (["--viewport", "5x5"], "pixels"),
        (["--observe", "nothing"], "viewport"),
        (["--uploads", "nowhere"], "--uploads"),
        (["--allow-host", "a b"], "host"),
        (["--reset-copy", "a"], "SRC:DST"),
        (["--reset-copy", "nowhere:copy"], "nowhere"),
        (["--reset-command", "'"], "--reset-command"),
        (["--reset-command", "no-such-program --now"], "no-such-program"),
        (["--reset-url", "http://example.org/"], "--allow-host"),
        (["--reset-url", "PUT http://127.0.0.1/"], "URL"),
        (["--reset-url", "http://127.0.0.1/", "--reset-seconds", "0"], "time limit"),
        (["--reset-url", "http://127.0.0.1/", "--contexts", "2"], "under the others"),
    ],
)
def test_an_option_that_can_not_work_is_refused_before_a_browser_starts(
    options: list[str], named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    cookie = {"name": "session", "value": "hush", "domain": ""}
    (tmp_path / "state.json").write_text(json.dumps({"cookies": [cookie]}))
    monkeypatch.setattr("explorers.web.browser.SharedBrowser.start", _never)
    assert main([*WEB, *options]) == 2
    said = capsys.readouterr().err
    assert named in said
    assert "hush" not in said
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]


def _never(_: object) -> None:
    raise AssertionError("a browser was started")


def test_a_reset_that_fails_is_told_with_its_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--episodes", "2", "--reset-command", f"{sys.executable} -c 'raise SystemExit(4)'"]
    assert main(["explore", "web", "--start-url", "http://127.0.0.1:9/", "--traces", str(tmp_path), *options]) == 1
    told = capsys.readouterr()
    assert told.err.count("failed with code 4") == 2
    assert "ended by start failed" in told.out
    assert told.out.splitlines()[-1].startswith("next: no step was recorded")
    assert len(list(find_traces(tmp_path))) == 2


@pytest.mark.web
def test_an_error_of_http_on_the_start_page_is_named(
    site: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["explore", "web", "--traces", str(tmp_path), "--episodes", "2", "--max-steps", "2"]
    assert main([*call, "--start-url", f"{site}no-such-page"]) == 1
    assert "/no-such-page answered with HTTP 404, 2 times" in capsys.readouterr().err
    assert main([*call, "--start-url", site]) == 0
    assert "HTTP" not in capsys.readouterr().err


@pytest.mark.web
def test_shards_of_a_run_are_recorded_with_many_contexts_and_resumed(
    site: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["explore", "web", "--start-url", site, "--traces", str(tmp_path / "traces"), "--max-steps", "2"]
    run = ["--run-id", "r", "--contexts", "2"]
    assert main([*call, *run, "--episodes", "4", "--shard", "1/2"]) == 0
    found = list(find_traces(tmp_path / "traces"))
    assert [path.name for path in found] == ["r-00001.trace.zip", "r-00003.trace.zip"]
    assert main([*call, *run, "--episodes", "4"]) == 1, "recorded once"
    capsys.readouterr()
    assert main([*call, *run, "--episodes", "5", "--resume"]) == 0
    told = capsys.readouterr().out
    assert re.search(r"recorded earlier\W+2\b", told)
    assert re.search(r"episodes\W+3\b", told)
    numbers = [read_trace(path).trajectory.episode for path in find_traces(tmp_path / "traces")]
    assert numbers == list(range(5))
    assert main([*call, *run, "--episodes", "5", "--resume"]) == 0, "nothing is left to do"


@pytest.mark.web
def test_an_episode_begins_as_the_options_say(site: str, tmp_path: Path) -> None:
    state = {"cookies": [{"name": "session", "value": "ada", "domain": "127.0.0.1", "path": "/"}]}
    (tmp_path / "state.json").write_text(json.dumps(state))
    (tmp_path / "site" / "index.html").write_text(
        "<!doctype html><html lang=en><title>told</title><script>document.write(['told', document.cookie,"
        " new Date().getFullYear(), Intl.DateTimeFormat().resolvedOptions().timeZone, navigator.language,"
        " innerWidth].join(' '))</script><a href=second.html>On</a>"
    )
    options = ["--storage-state", str(tmp_path / "state.json"), "--clock", "2031-02-03T04:05:06Z"]
    options += ["--timezone", "Asia/Tokyo", "--locale", "de-DE", "--viewport", "800x600", "--observe", "page"]
    traces = tmp_path / "traces"
    call = ["explore", "web", "--start-url", site, "--traces", str(traces), "--episodes", "1", "--max-steps", "1"]
    assert main([*call, *options]) == 0
    (path,) = find_traces(traces)
    recording = read_trace(path)
    assert (recording.trajectory.setting.width, recording.trajectory.setting.locale) == (800, "de-DE")
    before = recording.steps[0].before
    assert before is not None
    names = [node.name for node in recording.tree(before.tree or "").nodes]
    assert any("told session=ada 2031 Asia/Tokyo de-DE 800" in name for name in names)


@pytest.mark.web
def test_a_trace_is_replayed_and_what_differs_is_told(
    site: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    traces, again = tmp_path / "traces", tmp_path / "again"
    call = ["explore", "web", "--start-url", site, "--traces", str(traces), "--episodes", "1", "--run-id", "r"]
    assert main([*call, "--max-steps", "2", "--seed", "1"]) == 0
    capsys.readouterr()
    replay = ["replay", "--trace", str(traces / "r-00000.trace.zip"), "--traces", str(again)]
    assert main([*replay, "--format", "json", "--run-id", "s"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["step"], row["content"], row["changed"]) for row in rows] == [(0, "same", 0.0), (1, "same", 0.0)]
    child = read_trace(again / "s-00000.trace.zip").trajectory
    assert child.parent_id == read_trace(traces / "r-00000.trace.zip").trajectory.trajectory_id
    (tmp_path / "site" / "second.html").write_text("<!doctype html><html lang=en><title>new</title><h1>All new</h1>")
    assert main(replay) == 0
    told = capsys.readouterr().out
    assert "content as recorded" in told
    assert "first differs at step" in told
    assert main([*replay, "--start-url", "http://127.0.0.1:9/"]) == 1
    assert "start failed after 0 of 2 steps" in capsys.readouterr().err


@pytest.mark.web
def test_a_frontier_search_prints_its_coverage_and_leaves_its_memory_and_its_curve(
    site: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    curve, memory = tmp_path / "curve.csv", tmp_path / "memory"
    options = ["--policy", "frontier", "--order", "breadth", "--episodes", "2", "--max-steps", "2", "--seed", "1"]
    shared = ["--memory", memory.as_uri(), "--explorer", "one", "--curve", str(curve), "--timings"]
    assert main(["explore", "web", "--start-url", site, "--traces", str(tmp_path / "traces"), *options, *shared]) == 0
    out = capsys.readouterr().out
    assert {"distinct states", "elements tried", "forms sent", "address templates", "a step", "- starting"} <= {
        line.strip("│ ").split("│")[0].strip() for line in out.splitlines()
    }
    assert curve.read_text().startswith("steps,states,elements,elements_tried,forms,forms_sent,templates\n1,")
    assert len(list(memory.glob("*/one.memory.z"))) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--policy", "model"], "expected a chat model"),
        (["--explorer", "one"], "expected --memory"),
        (["--memory", "nowhere://x"], "expected a place for the memory"),
        (["--memory", "MEMORY", "--explorer", "a/b"], "expected an explorer's name"),
    ],
)
def test_what_cannot_work_is_refused_before_a_browser_starts(
    options: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [str(tmp_path / "memory") if each == "MEMORY" else each for each in options]
    traces = tmp_path / "traces"
    assert main(["explore", "web", "--start-url", "http://127.0.0.1:9/", "--traces", str(traces), *options]) == 2
    assert message in capsys.readouterr().err
    assert not traces.exists()
