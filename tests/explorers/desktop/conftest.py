"""Every test here needs a desktop, and is skipped with the reason where there can't be one."""

import shlex
from pathlib import Path

import pytest

from explorers.doctor import check_desktop

APP = Path(__file__).with_name("gtk_app.py")
PYTHON = "/usr/bin/python3"


def application(mode: str = "") -> str:
    """The command of the test application."""
    return shlex.join([PYTHON, str(APP), *([mode] if mode else [])])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    ready = check_desktop()
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.desktop)
            if not ready.ready:
                item.add_marker(pytest.mark.skip(reason=str(ready)))
