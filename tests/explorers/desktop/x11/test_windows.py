"""The windows of a display of our own."""

import time

import pytest
from Xlib import Xatom
from Xlib.display import Display

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


@pytest.mark.desktop
def test_a_window_that_gets_the_number_of_one_that_is_gone_is_of_its_own_process() -> None:
    process = DesktopProcess(DesktopConfig())
    try:
        display = X11.open(process.display, shared=False, every_window=False)
        program = Display(process.display)
        window = program.screen().root.create_window(0, 0, 90, 90, 0, program.screen().root_depth)
        seen = []
        for pid in (101, 202):  # as when a program is started anew
            window.change_property(program.intern_atom("_NET_WM_PID"), Xatom.CARDINAL, 32, [pid])
            window.map()
            program.sync()
            until = time.monotonic() + 10
            while not (shown := display.windows.shown()) and time.monotonic() < until:
                time.sleep(0.01)
            seen += [each.pid for each in shown]
        display.close()
        program.close()
    finally:
        process.close()
    assert seen == [101, 202]
