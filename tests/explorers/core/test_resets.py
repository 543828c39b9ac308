import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from benchmarks.episodes import explore
from explorers.core.resets import MARKER, ResetCommand, ResetCopy, ResetRequest, ResettingEnvironment
from explorers.core.rollout import ExploreConfig
from explorers.fake import FakeEnvironment
from schemas.actions import Open
from schemas.errors import ConfigurationError, DeviceUnavailable
from schemas.protocols import Environment
from schemas.records import Choice, Node, Observation, Outcome
from tests.explorers.contract import SHOP_LACKS, EnvironmentContract, find


class TestContract(EnvironmentContract):
    lacks = SHOP_LACKS
    key = "Enter"  # the only one that the shop takes

    @pytest.fixture
    def environment(self) -> Environment:
        return ResettingEnvironment(FakeEnvironment(), ())

    def link(self, observation: Observation) -> Node:
        return find(observation, "link", "Orders")

    def go_to_form(self, environment: Environment) -> Observation:
        environment.reset()
        environment.act(Open("http://shop.example/order"))
        return environment.observe()


class Nothing:
    name, version = "nothing", "1"

    def begin(self, *, seed: int) -> None:
        """Nothing to do."""

    def choose(self, observation: Observation) -> Choice | None:  # noqa: ARG002
        return None

    def learn(self, before: Observation, choice: Choice, outcome: Outcome, after: Observation) -> None:
        """Nothing to learn."""


def python(script: str, *, seconds: float = 20) -> ResetCommand:
    return ResetCommand((sys.executable, "-c", script), seconds)


def test_what_is_done_before_an_episode_is_done_before_each_in_its_order(tmp_path: Path) -> None:
    written = tmp_path / "order"
    first, second = (python(f"open({str(written)!r}, 'a').write('{name}')") for name in "ab")
    environment = ResettingEnvironment(FakeEnvironment(), (first, second))
    list(explore(environment, Nothing(), tmp_path / "traces", ExploreConfig(episodes=2)))
    assert written.read_text() == "abab"


def test_a_reset_that_fails_is_a_start_that_failed_and_the_next_episode_tries_again(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    script = f"import pathlib, sys; p = pathlib.Path({str(mark)!r}); p.exists() or (p.touch(), sys.exit('no luck'))"
    environment = ResettingEnvironment(FakeEnvironment(), (python(script),))
    first, second = explore(environment, Nothing(), tmp_path / "traces", ExploreConfig(episodes=2))
    assert first.ended_by == "start failed"
    assert first.message is not None
    assert first.message.endswith("failed with code 1: no luck")
    assert second.ended_by == "policy"


def test_a_command_is_given_its_arguments_as_they_are(tmp_path: Path) -> None:
    name = tmp_path / "a b; $HOME"
    ResetCommand((sys.executable, "-c", "import sys; open(sys.argv[1], 'w')", str(name)))()
    assert name.exists()


def test_a_command_that_takes_too_long_ends_with_all_its_processes(tmp_path: Path) -> None:
    alive = tmp_path / "alive"
    child = f"import time, pathlib\nwhile True: pathlib.Path({str(alive)!r}).touch(); time.sleep(0.02)"
    script = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    with pytest.raises(DeviceUnavailable, match="took longer than 1 seconds"):
        python(script, seconds=1)()
    alive.unlink(missing_ok=True)
    time.sleep(0.2)  # longer than the child waits
    assert not alive.exists()


def test_a_command_may_print_without_end_and_only_its_last_line_is_told() -> None:
    script = "import sys; sys.stdout.write('x' * 5_000_000 + '\\nlast\\x1b[2J\\n'); sys.exit(3)"
    with pytest.raises(DeviceUnavailable, match=r"failed with code 3: last\[2J$"):
        python(script)()


def test_a_command_that_leaves_something_running_is_not_waited_for() -> None:
    child = "import time; time.sleep(30)"
    script = (
        f"import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', {child!r}]); print(p.pid); sys.exit(9)"
    )
    with pytest.raises(DeviceUnavailable, match="code 9") as failed:
        python(script)()
    os.kill(int(str(failed.value).rpartition(" ")[2]), signal.SIGKILL)


def test_a_command_can_be_stopped_from_another_thread() -> None:
    command = python("import time; time.sleep(30)", seconds=30)
    timer = threading.Timer(0.2, command.stop)
    timer.start()
    with pytest.raises(DeviceUnavailable, match="was stopped"):
        command()
    timer.join()


@pytest.mark.parametrize(("arguments", "seconds"), [((), 1), (("/no/such/program",), 1), ((sys.executable,), 0)])
def test_a_command_that_can_not_run_is_refused_early(arguments: tuple[str, ...], seconds: float) -> None:
    with pytest.raises(ConfigurationError):
        ResetCommand(arguments, seconds)


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """Its address, and what it was asked; it never answers at /never."""
    asked: list[str] = []
    over = threading.Event()

    class Answers(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            asked.append(f"{self.command} {self.path}")
            if self.path == "/never":
                over.wait(20)
                return
            self.send_response(int(self.path.strip("/").partition("?")[0]))
            self.send_header("Location", "/500")
            self.end_headers()

        do_GET = do_POST = _answer

        def log_message(self, format: str, *arguments: object) -> None:
            """Says nothing."""

    running = HTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}", asked
    over.set()
    running.shutdown()
    thread.join()
    running.server_close()


def test_a_url_is_asked_and_a_redirect_is_not_followed(server: tuple[str, list[str]]) -> None:
    address, asked = server
    ResetRequest(f"{address}/204?all=1")()
    ResetRequest(f"{address}/303", "GET")()
    assert asked == ["POST /204?all=1", "GET /303"]


def test_a_url_that_answers_with_an_error_or_not_at_all_is_a_failure(server: tuple[str, list[str]]) -> None:
    address, _ = server
    with pytest.raises(DeviceUnavailable, match="HTTP 500"):
        ResetRequest(f"{address}/500")()
    with pytest.raises(DeviceUnavailable, match=r"took longer than 0\.3 seconds"):
        ResetRequest(f"{address}/never", seconds=0.3)()
    with pytest.raises(DeviceUnavailable, match="failed: ") as failed:
        ResetRequest("http://127.0.0.1:9/?token=hush")()
    assert "hush" not in str(failed.value)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://127.0.0.1/",
        "http://",
        "http://[::1",
        "http://127.0.0.1:99999/",
        "http://ada:hush@127.0.0.1/",
        "http://127.0.0.1/a b",
        "http://169.254.169.254/",
        "http://example.org/",
    ],
)
def test_a_url_that_must_not_be_asked_is_refused_early(url: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        ResetRequest(url)
    assert "hush" not in str(refused.value)


def test_a_host_that_is_named_may_be_asked() -> None:
    assert ResetRequest("http://app.example:8000/reset", hosts=("app.example:8000",)).method == "POST"
    with pytest.raises(ConfigurationError, match="--allow-host"):
        ResetRequest("http://app.example:8001/reset", hosts=("app.example:8000",))


def folder(path: Path, **files: str) -> Path:
    path.mkdir()
    for name, text in files.items():
        (path / name).write_text(text)
    return path


def test_a_copy_replaces_what_the_last_episode_left(tmp_path: Path) -> None:
    source, destination = folder(tmp_path / "clean", data="1"), tmp_path / "live"
    (source / "link").symlink_to("data")
    copy = ResetCopy(source, destination)
    copy()
    (destination / "data").write_text("2")
    (destination / "more").write_text("3")
    (tmp_path / ".live.hindtrace-new").mkdir()  # as a reset that was killed leaves it
    copy()
    assert sorted(path.name for path in destination.iterdir()) == sorted(["data", "link", MARKER])
    assert (destination / "link").read_text() == "1"
    assert (destination / "link").is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clean", "live"]


def test_a_copy_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    source, destination = folder(tmp_path / "clean", data="1"), tmp_path / "live"
    copy = ResetCopy(source, destination)
    copy()
    (source / "data").unlink()
    source.rmdir()
    with pytest.raises(DeviceUnavailable, match="failed"):
        copy()
    assert (destination / "data").read_text() == "1"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["live"]


def test_a_folder_that_was_not_made_by_a_reset_is_never_replaced(tmp_path: Path) -> None:
    source, mine = folder(tmp_path / "clean", data="1"), folder(tmp_path / "mine", letters="dear")
    with pytest.raises(ConfigurationError, match="left alone"):
        ResetCopy(source, mine)
    copy = ResetCopy(source, tmp_path / "live")
    folder(tmp_path / "live", letters="dear")  # somebody came in between
    with pytest.raises(DeviceUnavailable, match="left alone"):
        copy()
    assert (tmp_path / "live" / "letters").read_text() == "dear"


def test_a_destination_that_holds_the_source_is_in_it_or_is_a_root_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = folder(tmp_path / "clean", data="1")
    (tmp_path / "way").symlink_to(source)
    work = folder(tmp_path / "work")
    monkeypatch.chdir(work)
    monkeypatch.setenv("HOME", str(folder(tmp_path / "home")))
    wrong = [tmp_path, source, source / "in", tmp_path / "way", Path("/"), Path("~"), work, Path(), Path("no/such")]
    for destination in wrong:
        with pytest.raises(ConfigurationError):
            ResetCopy(source, destination)
    with pytest.raises(ConfigurationError, match="found none"):
        ResetCopy(tmp_path / "none", tmp_path / "live")
