import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from explorers.policies import POLICIES as BUILT
from pipelines.cli import main
from pipelines.cli.explore import POLICIES
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


def test_the_policies_offered_are_those_that_are_built() -> None:
    assert set(POLICIES) == set(BUILT)


@pytest.mark.web
def test_exploring_a_site_records_steps_that_ingest_takes(
    site: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    traces, lake = str(tmp_path / "traces"), str(tmp_path / "lake")
    options = ["--episodes", "1", "--max-steps", "3", "--seed", "1", "--run-id", "ab" * 16]
    assert main(["explore", "web", "--start-url", site, "--traces", traces, *options]) == 0
    assert "steps" in capsys.readouterr().out
    (trace,) = find_traces(Path(traces))
    recording = read_trace(trace)
    assert (recording.trajectory.policy, recording.trajectory.finished) == ("novelty", 3)
    assert main(["ingest", "--traces", traces, "--lake", lake]) == 0
    assert main(["explore", "web", "--start-url", site, "--traces", traces, *options]) == 1, "recorded once"


@pytest.mark.web
def test_a_site_that_is_not_there_is_1_with_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--traces", str(tmp_path), "--episodes", "1", "--max-steps", "2"]
    assert main(["explore", "web", "--start-url", "http://nowhere.invalid/", *options]) == 1
    assert "nowhere.invalid" in capsys.readouterr().err


@pytest.mark.web
def test_a_frontier_search_prints_its_coverage_and_leaves_its_memory_and_its_curve(
    site: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    curve, memory = tmp_path / "curve.csv", tmp_path / "memory"
    options = ["--policy", "frontier", "--order", "breadth", "--episodes", "2", "--max-steps", "2", "--seed", "1"]
    shared = ["--memory", memory.as_uri(), "--explorer", "one", "--curve", str(curve)]
    assert main(["explore", "web", "--start-url", site, "--traces", str(tmp_path / "traces"), *options, *shared]) == 0
    out = capsys.readouterr().out
    assert {"distinct states", "elements tried", "forms sent", "address templates"} <= {
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
