import subprocess
from types import SimpleNamespace

import pytest

from explorers.setup import desktop_packages as packages


def test_what_dpkg_does_not_call_installed_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    said = "\n".join(f"{name} installed" for name in packages.NEEDED[1:]) + "\ngalculator config-files\n"
    monkeypatch.setattr(packages.shutil, "which", lambda _: "/usr/bin/dpkg-query")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(stdout=said, returncode=0))
    assert packages.missing_packages() == (packages.NEEDED[0], *packages.TESTED)


def test_only_root_installs_and_what_is_missing_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(packages, "missing_packages", lambda: ("xvfb",))
    monkeypatch.setattr(packages.os, "geteuid", lambda: 1000)
    assert packages.main(["--install"]) == 1
    said = capsys.readouterr().out
    assert "Only root" in said
    assert "apt-get install -y --no-install-recommends xvfb" in said


def test_a_failed_installation_says_why(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    failed = SimpleNamespace(returncode=100, stderr="Reading lists\nE: Unable to locate package xvfb\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    assert not packages.install(["xvfb"])
    assert "Unable to locate package xvfb" in capsys.readouterr().out
