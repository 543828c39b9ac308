"""The server of uiautomator2 as a backend, on the simulated device."""

import importlib.util
import zipfile
from collections.abc import Iterator
from pathlib import Path
from threading import Timer
from time import monotonic, sleep

import pytest

from explorers.android import AndroidConfig, AndroidEnvironment, uiautomator2
from schemas.actions import Click, Home, Type, Wait
from schemas.errors import ConfigurationError, DeviceLost, DeviceUnavailable
from schemas.protocols import Environment
from tests.explorers.android.conftest import notes_on
from tests.explorers.android.device import Phone
from tests.explorers.android.device.machine import LATIN
from tests.explorers.android.test_environment import TestContract as AdbContract
from tests.explorers.contract import find, middle

pytestmark = pytest.mark.android


@pytest.fixture
def faster(phone: Phone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AndroidEnvironment]:
    """The notes app of the phone by the faster backend; the jar is any file, which the phone takes for it."""
    jar = tmp_path / "u2.jar"
    jar.write_bytes(b"jar")
    monkeypatch.setattr(uiautomator2, "jar", lambda: jar)
    monkeypatch.setattr(uiautomator2, "POLL_SECONDS", 0.01)
    environment = notes_on(phone.adbd, backend="uiautomator2")  # type: ignore[attr-defined]
    yield environment
    environment.close()


class TestUiautomator2Contract(AdbContract):
    @pytest.fixture
    def environment(self, faster: AndroidEnvironment) -> Environment:
        return faster


def test_the_server_is_copied_once_started_once_and_ended(faster: AndroidEnvironment, phone: Phone) -> None:
    seen = faster.reset()
    assert (phone.files[uiautomator2.JAR], phone.uia2.port) == (b"jar", uiautomator2.PORT)
    faster.act(Click(middle(find(seen, "button", "Account"), seen)))
    assert faster.observe().title == "Account"
    faster.reset()
    assert phone.uia2.started == 1
    assert not any(words[:1] == ["uiautomator"] for words in phone.commands)
    faster.close()
    assert faster.reset().tree is not None
    assert phone.uia2.started == 2


def test_both_backends_see_the_same(faster: AndroidEnvironment, phone: Phone) -> None:
    one = faster.reset()
    faster.close()
    plain = notes_on(phone.adbd)  # type: ignore[attr-defined]
    other = plain.reset()
    plain.close()
    assert one.tree == other.tree
    assert one.screen is not None
    assert other.screen is not None
    assert one.screen.data == other.screen.data
    assert (one.location, one.title, one.windows) == (other.location, other.title, other.windows)


def test_any_text_is_typed_without_another_keyboard(faster: AndroidEnvironment, phone: Phone) -> None:
    seen = faster.reset()
    faster.act(Click(middle(find(seen, "button", "Account"), seen)))
    seen = faster.observe()
    field = middle(find(seen, "textbox", "Name"), seen)
    assert faster.act(Type("Åsa 你好", field)).result == "ok"
    assert find(faster.observe(), "textbox", "Name").value == "Åsa 你好"
    assert phone.settings["secure"]["default_input_method"] == LATIN
    phone.uia2.locked_clipboard = True
    outcome = faster.act(Type("é", field))
    assert (outcome.result, "needs the ADB keyboard" in (outcome.message or "")) == ("refused", True)


@pytest.mark.parametrize("fault", ["crash", "disconnected"])
def test_a_server_that_fails_is_started_again_and_nothing_is_done_twice(
    fault: str, faster: AndroidEnvironment, phone: Phone
) -> None:
    seen = faster.reset()
    if fault == "crash":
        phone.uia2.crashes = 1
    else:
        phone.uia2.disconnected = True
    taps = len([words for words in phone.commands if words[:2] == ["input", "tap"]])
    assert faster.act(Click(middle(find(seen, "button", "Account"), seen))).result == "ok"
    assert (faster.observe().title, faster.observe().notice) == ("Account", None)
    assert len([words for words in phone.commands if words[:2] == ["input", "tap"]]) == taps + 1
    assert phone.uia2.started == 2


@pytest.mark.parametrize("lingers", [1, 4])
def test_a_server_that_was_ended_and_still_answers_is_not_taken_for_the_next_one(
    lingers: int, faster: AndroidEnvironment, phone: Phone
) -> None:
    seen = faster.reset()
    phone.uia2.disconnected, phone.uia2.lingers = True, lingers
    assert faster.act(Click(middle(find(seen, "button", "Account"), seen))).result == "ok"
    assert (faster.observe().title, faster.observe().notice) == ("Account", None)
    assert (phone.uia2.started, phone.uia2.lingers) == (2, 0)


@pytest.mark.parametrize(("fault", "said"), [("cut", "the tree is broken"), ("rootless", "no tree: the tree is empty")])
def test_a_tree_that_fails_for_good_is_a_recorded_observation(
    fault: str, said: str, faster: AndroidEnvironment, phone: Phone
) -> None:
    faster.reset()
    setattr(phone.failures, fault, 1000)
    faster.act(Home())
    seen = faster.observe()
    assert said in (seen.notice or "")
    assert seen.screen is not None


def test_a_server_that_does_not_start_is_said_with_what_to_do(faster: AndroidEnvironment, phone: Phone) -> None:
    phone.uia2.taken = True
    with pytest.raises(DeviceUnavailable, match="something else looks at the screen"):
        faster.reset()
    phone.uia2.taken = False
    faster.reset()
    phone.uia2.taken = True
    phone.uia2.end()
    with pytest.raises(DeviceLost, match="something else looks at the screen"):
        faster.act(Wait(0))


def test_a_connection_that_breaks_is_said_as_with_plain_adb(faster: AndroidEnvironment, phone: Phone) -> None:
    seen = faster.reset()
    phone.failures.drop_late = frozenset({phone.scripts})
    outcome = faster.act(Click(middle(find(seen, "button", "Account"), seen)))
    assert outcome.result == "timeout"
    assert faster.observe().title == "Account"  # the server ended with the connection, and was started again
    assert phone.uia2.started == 2


def test_a_start_that_takes_long_can_be_interrupted_and_leaves_nothing_running(
    faster: AndroidEnvironment, phone: Phone
) -> None:
    phone.uia2.silent = True
    ending = Timer(0.3, faster.interrupt)
    ending.start()
    with pytest.raises(DeviceUnavailable, match="interrupted"):
        faster.reset()
    ending.join()
    faster.close()
    until = monotonic() + 20.0
    while phone.uia2.port and monotonic() < until:
        sleep(0.01)
    assert phone.uia2.port == 0


def test_without_the_library_the_backend_is_refused_before_a_device_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ConfigurationError, match=r"pip install 'hindtrace\[uiautomator2\]'"):
        AndroidEnvironment("none", "com.example.app", config=AndroidConfig(backend="uiautomator2"))


def test_the_library_that_is_installed_has_the_jar_where_it_is_looked_for() -> None:
    if importlib.util.find_spec("uiautomator2") is None:
        pytest.skip("no uiautomator2: run 'make setup'")
    assert zipfile.is_zipfile(uiautomator2.jar())
