import subprocess
from types import SimpleNamespace

import pytest

from explorers.desktop.config import refuse_other_systems
from explorers.desktop.x11 import X11
from explorers.setup import desktop_packages as packages
from schemas.errors import ConfigurationError


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


@pytest.mark.parametrize(("platform", "named"), [("win32", "UI Automation"), ("darwin", "AX"), ("aix", "aix")])
def test_other_systems_are_refused_by_name(platform: str, named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        refuse_other_systems(platform)


@pytest.mark.parametrize("display", ["wayland-1", "host:0", "0", ":x"])
def test_what_is_no_display_of_x11_here_is_refused(display: str) -> None:
    with pytest.raises(ConfigurationError, match="display"):
        X11.check(display)
    X11.check(":0")
    X11.check(":12.0")
