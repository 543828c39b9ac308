import socket
import threading
from collections.abc import Callable, Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from explorers.setup import doctor
from explorers.setup.chromium import Chromium
from explorers.setup.doctor import Readiness, check_android, check_desktop, check_platforms, check_web
from schemas.errors import DeviceUnavailable


@pytest.fixture
def importable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    """Make these modules importable and no others, as far as the doctor can see."""

    def limit(*names: str) -> None:
        def find_spec(name: str) -> ModuleSpec | None:
            return ModuleSpec(name, None, origin=str(tmp_path / name / "__init__.py")) if name in names else None

        monkeypatch.setattr("importlib.util.find_spec", find_spec)

    return limit


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    """Make these the only programs on the machine."""

    def limit(*names: str) -> None:
        folder = tmp_path / "bin"
        folder.mkdir()
        for name in names:
            (folder / name).touch(mode=0o755)
        monkeypatch.setenv("PATH", str(folder))
        monkeypatch.setattr(doctor, "LIBEXEC", ())

    return limit


def test_the_platforms_come_in_order_and_each_takes_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "find_chromium", lambda: Chromium(executable=None, version="1.0"))
    lines = check_platforms()
    assert [line.platform for line in lines] == ["web", "desktop", "android"]
    assert not [line for line in lines if "\n" in str(line)]


@pytest.mark.web
def test_web_is_ready_where_a_browser_opens_pages() -> None:
    web = check_web()
    assert web.ready
    assert str(web).startswith("web: ready. Chromium ")


def test_web_repeats_what_was_wrong_with_the_browsers(monkeypatch: pytest.MonkeyPatch) -> None:
    def find() -> Chromium:
        raise DeviceUnavailable("No Chromium opens a page. Run this.")

    monkeypatch.setattr(doctor, "find_chromium", find)
    assert str(check_web()) == "web: not ready. No Chromium opens a page. Run this."


def test_desktop_names_each_missing_program_by_its_package(
    importable: Callable[..., None], programs: Callable[..., None]
) -> None:
    importable("explorers.desktop", "mss", "Xlib")
    programs("dbus-daemon", "openbox")
    assert check_desktop() == Readiness(
        platform="desktop",
        ready=False,
        detail="No Xvfb, at-spi-bus-launcher: run 'apt-get install -y xvfb at-spi2-core' as root.",
    )


def test_desktop_names_missing_libraries_and_their_extra(
    importable: Callable[..., None], programs: Callable[..., None]
) -> None:
    importable("explorers.desktop")
    programs(*doctor.DESKTOP_PROGRAMS)
    desktop = check_desktop()
    assert not desktop.ready
    assert desktop.detail == "No mss, Xlib: run \"pip install 'hindtrace[desktop]'\"."


def test_desktop_is_ready_with_all_of_it(importable: Callable[..., None], programs: Callable[..., None]) -> None:
    importable("explorers.desktop", "mss", "Xlib")
    programs(*doctor.DESKTOP_PROGRAMS)
    assert check_desktop().ready


def test_android_without_its_library_names_the_extra(importable: Callable[..., None]) -> None:
    importable("explorers.android")
    assert check_android().detail == "No adbutils: run \"pip install 'hindtrace[android]'\"."


def test_android_without_adb_names_the_package(importable: Callable[..., None], programs: Callable[..., None]) -> None:
    importable("explorers.android", "adbutils")
    programs()
    assert check_android().detail == "No adb: run 'apt-get install -y adb' as root."


@pytest.fixture
def adb_server(
    importable: Callable[..., None], programs: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[bytes], None]]:
    """Answer one request on the adb port with these bytes."""
    importable("explorers.android", "adbutils")
    programs("adb")
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", str(server.getsockname()[1]))
        threads = []

        def answer(with_bytes: bytes) -> None:
            def serve() -> None:
                connection, _ = server.accept()
                with connection:
                    assert connection.recv(64) == b"000chost:devices"
                    connection.sendall(with_bytes)

            thread = threading.Thread(target=serve)
            thread.start()
            threads.append(thread)

        yield answer
        for thread in threads:
            thread.join()


def test_android_is_ready_with_a_device_that_answers(adb_server: Callable[[bytes], None]) -> None:
    adb_server(b"OKAY001dab12\tdevice\nZX9\tunauthorized\n")
    assert str(check_android()) == "android: ready. Devices: ab12."


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        (b"OKAY0011ZX9\tunauthorized\n", "No device is usable, ZX9 is unauthorized"),
        (b"OKAY000cZX9\toffline\n", "No device is usable, ZX9 is offline"),
        (b"OKAY0000", "No device: A phone: turn on USB debugging"),
        (b"FAIL0004oops", "No adb server answers"),
        (b"HTTP/1.1 400 Bad Request", "No adb server answers"),
        (b"OKAYzzzz", "No adb server answers"),
        (b"", "No adb server answers"),
    ],
)
def test_android_says_what_is_wrong_with_the_devices_or_the_server(
    answer: bytes, detail: str, adb_server: Callable[[bytes], None]
) -> None:
    adb_server(answer)
    android = check_android()
    assert not android.ready
    assert detail in android.detail


@pytest.mark.parametrize("port", ["1", "not-a-port", "70000"])
def test_android_without_a_server_says_how_to_start_it(
    port: str, importable: Callable[..., None], programs: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    importable("explorers.android", "adbutils")
    programs("adb")
    monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", port)
    assert "adb devices'" in check_android().detail


def test_a_server_that_never_answers_is_given_up(
    importable: Callable[..., None], programs: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    importable("explorers.android", "adbutils")
    programs("adb")
    monkeypatch.setattr(doctor, "ADB_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", str(server.getsockname()[1]))
        assert "No adb server answers" in check_android().detail
