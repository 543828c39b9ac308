"""The windows of a display of our own."""

import pytest

from explorers.desktop import DesktopConfig
from explorers.desktop.process import DesktopProcess
from explorers.desktop.x11 import X11
from explorers.desktop.x11.windows import X11Windows


@pytest.mark.desktop
def test_a_display_is_open_when_its_manager_takes_charge_of_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[bool] = []
    wait = X11Windows.await_manager
    monkeypatch.setattr(
        X11Windows, "await_manager", lambda own, seconds: waited.append(wait(own, seconds)) or waited[-1]
    )
    process = DesktopProcess(DesktopConfig())
    try:
        display = X11.open(process.display, shared=False, every_window=False)
        assert display.windows.shown() == []
        display.close()
        X11.open(process.display, shared=True, every_window=False).close()
    finally:
        process.close()
    assert waited == [True]
