import subprocess
from types import SimpleNamespace

import pytest

from explorers.setup import commands
from explorers.setup.commands import complaint_in, install, run_command

NO_LIBATOMIC = "node: error while loading shared libraries: libatomic.so.1: cannot open shared object file"


def test_a_command_that_is_not_there_is_a_failure_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert not run_command("Trying", ("/no/such/program",))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Trying ..."
    assert lines[1].startswith("  failed: ")
    assert "/no/such/program" in lines[1]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("Error: no host\nError: getaddrinfo ENOTFOUND\n    at f (x.js:1)\n}\n", "Error: getaddrinfo ENOTFOUND"),
        ("Reading lists...\nE: Unable to locate package x\n", "E: Unable to locate package x"),
        ("Traceback\n  File x\nModuleNotFoundError: No module\n", "ModuleNotFoundError: No module"),
        (f"{NO_LIBATOMIC}\nException: closed\n", NO_LIBATOMIC),
        ("first\nlast.\n\n", "last"),
        ("", "it said nothing"),
    ],
)
def test_of_a_failed_command_the_line_that_says_why_is_quoted(text: str, complaint: str) -> None:
    assert complaint_in(text) == complaint


HELD = "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 7 (apt-get)\nE: Unable to lock directory"
FRONTEND = "E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), is another process using it?"
DPKG = "dpkg: error: dpkg frontend lock was locked by another process with pid 7"
FORBIDDEN = (
    "E: Could not open lock file /var/lib/dpkg/lock-frontend - open (13: Permission denied)\n"
    "E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), are you root?"
)


class Commands:
    """Commands that say these things one after another, each of them a failure but an empty one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *said: str) -> None:
        self.said = list(said)
        self.ran: list[tuple[str, ...]] = []
        self.environments: list[dict[str, str]] = []
        monkeypatch.setattr(subprocess, "run", self.run)
        monkeypatch.setattr(commands, "LOCK_PAUSE", 0.0)

    def run(self, command: tuple[str, ...], *, env: dict[str, str], **_: object) -> SimpleNamespace:
        self.ran.append(command)
        self.environments.append(env)
        said = self.said.pop(0)
        return SimpleNamespace(returncode=100 if said else 0, stderr=said, stdout="")


@pytest.mark.parametrize("said", [HELD, FRONTEND, DPKG])
def test_a_lock_that_another_program_holds_is_waited_for_and_said_once(
    said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    system = Commands(monkeypatch, said, said, "", said, "")
    assert install(["xvfb"])
    assert [command[1] for command in system.ran] == ["update"] * 3 + ["install"] * 2
    lines = capsys.readouterr().out.splitlines()
    assert [line.strip().partition(",")[0] for line in lines] == [
        "Reading the package lists ...",
        "another program installs packages",
        "Installing xvfb ...",
        "another program installs packages",
    ]
    assert "lock" in lines[1]


def test_a_lock_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(commands, "LOCK_SECONDS", -1.0)
    system = Commands(monkeypatch, HELD)
    assert not install(["xvfb"])
    assert len(system.ran) == 1
    assert "failed: E: " in capsys.readouterr().out


@pytest.mark.parametrize("said", [FORBIDDEN, "E: Unable to locate package xvfb"])
def test_what_no_waiting_mends_fails_at_once_and_says_why(
    said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    system = Commands(monkeypatch, "", said)
    assert not install(["xvfb"])
    assert len(system.ran) == 2
    assert said.splitlines()[-1] in capsys.readouterr().out


def test_a_command_complains_in_the_language_that_is_read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    system = Commands(monkeypatch, "")
    assert run_command("Trying", ("true",))
    assert system.environments[0]["LC_ALL"] == "C.UTF-8"
