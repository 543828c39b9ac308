import asyncio
import os
import re
import shlex
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Error, sync_playwright

from explorers.setup import chromium
from explorers.setup.chromium import Chromium, find_chromium, install_chromium, launch_arguments, main
from schemas.errors import DeviceUnavailable

MISSING_LIBRARY = "error while loading shared libraries: libnss3.so: cannot open shared object file"

Script = Callable[[str, str], str]


@pytest.fixture(scope="module")
def real() -> Chromium:
    return find_chromium()


@pytest.fixture
def script(tmp_path: Path) -> Script:
    """Write an executable shell script and return its path."""

    def write(name: str, body: str) -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
        return str(path)

    return write


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    """Make these the only candidates beside Playwright's own, of which there is none."""

    def limit(*names: str) -> None:
        monkeypatch.setattr(chromium, "NAMES", names)
        monkeypatch.setattr(chromium, "UNPACKED", tmp_path / ".chromium")
        monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "none"))
        monkeypatch.delenv("HINDTRACE_CHROMIUM", raising=False)

    return limit


@pytest.mark.web
def test_the_browser_found_is_one_that_playwright_can_launch(real: Chromium) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_arguments(real.executable))
        assert browser.version == real.version
        browser.close()
    assert re.fullmatch(r"\d+(\.\d+)+", real.version)


@pytest.mark.web
def test_it_can_be_searched_for_beside_a_running_playwright_and_a_running_loop(real: Chromium) -> None:
    with sync_playwright():
        assert find_chromium() == real

    async def search() -> Chromium:
        return find_chromium()

    assert asyncio.run(search()) == real


def test_a_search_leaves_no_files_behind(
    only: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only("/bin/false")
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    with pytest.raises(DeviceUnavailable):
        find_chromium()
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.web
def test_the_variable_goes_first_and_may_be_relative(
    real: Chromium, script: Script, only: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    if real.executable is None:
        pytest.skip("Playwright's own browser has no path to point to")
    chosen = script("mine", f'exec {shlex.quote(real.executable)} "$@"')
    only(real.executable)
    monkeypatch.chdir(Path(chosen).parent)
    monkeypatch.setenv("HINDTRACE_CHROMIUM", "./mine")
    assert find_chromium() == Chromium(executable=chosen, version=real.version)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("exit 1", "ended at once with code 1"),
        ("exit 0", "ended at once with code 0"),
        (f"echo '{MISSING_LIBRARY}' >&2; exit 127", "libnss3.so"),
    ],
)
def test_a_variable_that_does_not_work_is_an_error_and_never_passed_over(
    body: str, reason: str, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = script("broken", body)
    monkeypatch.setenv("HINDTRACE_CHROMIUM", chosen)
    with pytest.raises(DeviceUnavailable) as failure:
        find_chromium()
    assert f"HINDTRACE_CHROMIUM={chosen} does not work" in str(failure.value)
    assert reason in str(failure.value)


def test_a_variable_that_names_no_program_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HINDTRACE_CHROMIUM", str(tmp_path / "absent"))
    with pytest.raises(DeviceUnavailable, match="not found"):
        find_chromium()
    (tmp_path / "absent").write_text("a text\n")
    with pytest.raises(DeviceUnavailable, match="not executable"):
        find_chromium()


def test_a_browser_that_hangs_is_given_up_and_ended(
    script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HINDTRACE_CHROMIUM", script("hanging", f"echo $$ > {tmp_path}/pid; exec sleep 600"))
    with pytest.raises(DeviceUnavailable, match="no answer within 1 s"):
        find_chromium(seconds=1)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_trial_that_hangs_itself_is_ended_with_all_that_it_started(
    script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", script("python", f"sleep 600 & echo $! > {tmp_path}/pid; wait"))
    with pytest.raises(DeviceUnavailable, match="no answer"):
        chromium._try(None, seconds=-3)  # one second in all
    pid = (tmp_path / "pid").read_text().strip()
    state = Path(f"/proc/{pid}/stat")
    # Whoever adopts the orphan may not have reaped it yet.
    assert not state.exists() or state.read_text().rsplit(")", 1)[1].split()[0] == "Z"


def test_a_trial_without_an_answer_is_told_by_its_last_line(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", script("python", "printf '\\377\\n' >&2; echo 'ImportError: greenlet' >&2"))
    with pytest.raises(DeviceUnavailable) as failure:
        find_chromium()
    assert str(failure.value) == "Playwright does not start: ImportError: greenlet."


NO_LIBATOMIC = "node: error while loading shared libraries: libatomic.so.1: cannot open shared object file"


def test_a_driver_without_its_library_is_told_once_with_the_package_that_has_it(
    script: Script, runs: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", script("python", f"echo '{NO_LIBATOMIC}' >&2; echo 'Exception: closed' >&2"))
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(DeviceUnavailable) as failure:
        install_chromium()
    assert str(failure.value).count("libatomic.so.1") == 1
    assert str(failure.value).endswith("Run 'apt-get install -y libatomic1' as root.")
    assert runs == []


@pytest.mark.web
def test_root_gets_the_driver_its_library_first(
    script: Script, tmp_path: Path, real: Chromium, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = f"[ -e {tmp_path}/installed ] || {{ echo '{NO_LIBATOMIC}' >&2; exit 1; }}; exec {sys.executable} \"$@\""
    monkeypatch.setattr("sys.executable", script("python", body))
    script("bin/apt-get", f'case "$*" in *libatomic1) touch {tmp_path}/installed;; esac')
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert install_chromium() == real


@pytest.mark.web
def test_candidates_that_fail_are_passed_over(real: Chromium, script: Script, only: Callable[..., None]) -> None:
    if real.executable is None:
        pytest.skip("Playwright's own browser is always the first")
    only("no-such-browser", script("stub", "echo 'install the snap' >&2; exit 1"), real.executable)
    assert find_chromium() == real


def test_where_none_works_each_is_named_with_its_reason_and_the_command_that_mends_it(
    script: Script, only: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    stub = script("stub", "echo 'install the snap' >&2; exit 1")
    only("no-such-browser", stub)
    monkeypatch.setattr("platform.freedesktop_os_release", lambda: {"ID": "debian"})
    with pytest.raises(DeviceUnavailable) as failure:
        find_chromium()
    message = str(failure.value)
    assert "Playwright's own: not downloaded" in message
    assert "no-such-browser: not found" in message
    assert f"{stub}: install the snap" in message
    assert "apt-get install -y chromium-headless-shell" in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("system", "failures", "command"),
    [
        ("ubuntu", ["a: not found"], "playwright install --only-shell chromium"),
        ("ubuntu", [f"a: {MISSING_LIBRARY}"], "playwright install-deps"),
        ("ubuntu", ["a: its sandbox may not start here"], "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"),
        ("debian", ["a: its sandbox may not start here"], "apt-get install -y chromium-sandbox"),
        ("debian", [], "apt-get install -y chromium-headless-shell"),
    ],
)
def test_the_advice_fits_the_system_and_what_failed(
    system: str, failures: list[str], command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.freedesktop_os_release", lambda: {"ID": system})
    assert command in chromium._advice(failures)


def test_a_system_without_a_name_gets_advice_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def unnamed() -> dict[str, str]:
        raise OSError("no os-release")

    monkeypatch.setattr("platform.freedesktop_os_release", unnamed)
    assert "playwright install" in chromium._advice([])


def test_without_playwright_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(DeviceUnavailable, match=re.escape("pip install 'hindtrace[web]'")):
        find_chromium()
    with pytest.raises(DeviceUnavailable, match=re.escape("pip install 'hindtrace[web]'")):
        install_chromium()


@pytest.mark.parametrize(("user", "sandbox"), [(0, False), (1000, True)])
def test_the_sandbox_is_on_for_everyone_but_root(user: int, sandbox: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: user)
    assert launch_arguments(None)["chromium_sandbox"] is sandbox


@pytest.fixture
def site() -> Iterator[int]:
    """The port of a small site on loopback."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<title>here</title>")

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.mark.web
def test_loopback_only_resolves_no_name_but_localhost(real: Chromium, site: int) -> None:
    def titles(*, loopback_only: bool) -> list[str]:
        with sync_playwright() as playwright:
            arguments = launch_arguments(real.executable, loopback_only=loopback_only)
            browser = playwright.chromium.launch(**arguments)
            found = []
            for host in ("127.0.0.1", "localhost", "other.localhost"):
                page = browser.new_page()
                try:
                    page.goto(f"http://{host}:{site}/", timeout=10_000)
                    found.append(page.title())
                except Error as error:
                    found.append(error.message.split(" at ")[0])
            browser.close()
        return found

    assert titles(loopback_only=False) == ["here", "here", "here"]
    assert titles(loopback_only=True) == ["here", "here", "Page.goto: net::ERR_NAME_NOT_RESOLVED"]


def test_a_sandbox_that_may_not_start_is_told_from_a_browser_that_fails() -> None:
    message = "Target closed\nChromium sandboxing failed!\n[pid=1][err] [1:2:FATAL:zygote.cc(1)] No usable sandbox!"
    assert chromium._reason(message, 1) == "its sandbox may not start here"


@given(st.text(), st.floats(0.1, 1000))
def test_any_launch_error_becomes_one_short_line(message: str, seconds: float) -> None:
    for text in (message, f"BrowserType.launch: {message}", f"closed\n[pid=1][err] {message}"):
        reason = chromium._reason(text, seconds)
        assert len(reason) <= 200
        assert "\n" not in reason


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The commands that an installation runs; each of them fails."""
    commands: list[tuple[str, ...]] = []

    def record(_title: str, command: tuple[str, ...], **_: object) -> bool:
        commands.append(command)
        return False

    monkeypatch.setattr(chromium, "run_command", record)
    return commands


def test_an_installation_runs_nothing_where_a_browser_works(
    runs: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Chromium(executable="/here", version="1.0")
    monkeypatch.setattr(chromium, "find_chromium", lambda: here)
    assert install_chromium() == here
    assert runs == []


def test_an_installation_does_not_go_round_a_variable_that_fails(
    runs: list[tuple[str, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HINDTRACE_CHROMIUM", str(tmp_path / "absent"))
    with pytest.raises(DeviceUnavailable, match="HINDTRACE_CHROMIUM"):
        install_chromium()
    assert runs == []


@pytest.mark.parametrize("user", [0, 1000])
def test_only_root_installs_packages_and_nobody_calls_sudo(
    user: int, runs: list[tuple[str, ...]], only: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    only()
    monkeypatch.setattr("os.geteuid", lambda: user)
    with pytest.raises(DeviceUnavailable, match="No Chromium opens a page"):
        install_chromium()
    assert runs[0][1:] == ("-m", "playwright", "install", "--only-shell", "chromium")
    installed = [run[-1] for run in runs if run[:2] == ("apt-get", "install")]
    assert installed == (["chromium-headless-shell", "chromium"] if user == 0 else [])
    assert not [run for run in runs if "sudo" in run]


def test_an_installation_stops_at_the_first_way_that_works(monkeypatch: pytest.MonkeyPatch) -> None:
    titles: list[str] = []

    def run(title: str, _command: tuple[str, ...]) -> bool:
        titles.append(title)
        return title in ("Downloading Chromium", "Installing its libraries")

    def find() -> Chromium:
        if "Installing its libraries" not in titles:
            raise DeviceUnavailable("not yet")
        return Chromium(executable=None, version="1.0")

    monkeypatch.setattr(chromium, "run_command", run)
    monkeypatch.setattr(chromium, "find_chromium", find)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.delenv("HINDTRACE_CHROMIUM", raising=False)
    assert install_chromium().executable is None
    assert titles == ["Downloading Chromium", "Installing its libraries"]


@pytest.mark.web
def test_an_ordinary_user_gets_the_package_unpacked_and_it_is_found(
    real: Chromium, script: Script, only: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if real.executable is None:
        pytest.skip("needs a Chromium outside Playwright to stand in for the package")
    only()
    script("bin/apt-get", '[ "$1" = download ] && touch "$2.deb"')
    unpacked = f'exec {shlex.quote(real.executable)} "$@"'
    script("package", unpacked)
    script(
        "bin/dpkg",
        f'mkdir -p "$3/usr/lib/chromium"; cp {tmp_path}/package "$3/usr/lib/chromium/chromium-headless-shell"',
    )
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    assert chromium._unpack()
    found = find_chromium()
    assert found.executable == str(tmp_path / ".chromium/usr/lib/chromium/chromium-headless-shell")
    assert not (tmp_path / ".chromium/packages").exists()


def test_a_package_that_cannot_be_fetched_leaves_nothing_behind(
    script: Script,
    only: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    only()
    script("bin/apt-get", "echo 'E: Unable to locate package' >&2; exit 100")
    script("bin/dpkg", "exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    assert not chromium._unpack()
    assert "failed: E: Unable to locate package" in capsys.readouterr().out
    assert not (tmp_path / ".chromium/packages").exists()


@pytest.mark.web
def test_the_command_prints_what_is_used(real: Chromium, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--install"]) == 0
    assert capsys.readouterr().out == f"{real}\n"


def test_the_command_fails_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HINDTRACE_CHROMIUM", str(tmp_path / "absent"))
    assert main([]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
