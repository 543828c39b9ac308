"""Tests with the mark `desktop` need one, and are skipped with the reason where there can't be one."""

import shlex
from pathlib import Path

import pytest

from explorers.setup.desktop_packages import missing_packages

APP = Path(__file__).with_name("gtk_app.py")
PYTHON = "/usr/bin/python3"


def application(mode: str = "") -> str:
    """The command of the test application."""
    return shlex.join([PYTHON, str(APP), *([mode] if mode else [])])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = missing_packages()
    reason = f"not installed: {', '.join(missing)}; root gets them with 'make desktop'"
    for item in items:
        if missing and item.get_closest_marker("desktop") is not None:
            item.add_marker(pytest.mark.skip(reason=reason))
