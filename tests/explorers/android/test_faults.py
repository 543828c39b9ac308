"""What goes wrong with devices, servers and apps, and what is said or done about it."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from random import Random
from threading import Timer
from time import monotonic, sleep

import pytest

from benchmarks.episodes import explore
from explorers.android import AndroidEnvironment, provisioning
from explorers.android.adb import Adb
from explorers.android.interruptions import InterruptionRules
from explorers.core.rollout import ExploreConfig
from explorers.policies.random import RandomPolicy
from schemas.actions import Click, Home, Wait
from schemas.errors import ConfigurationError, DeviceLost, DeviceUnavailable
from schemas.recordings import read_trace
from tests.explorers.android.conftest import notes_on
from tests.explorers.android.device import Phone
from tests.explorers.android.device.adbd import plugged
from tests.explorers.android.device.apps import NOTES
from tests.explorers.contract import find, middle

pytestmark = pytest.mark.android


def refused(environment: AndroidEnvironment) -> str:
    with pytest.raises(DeviceUnavailable) as caught:
        environment.reset()
    return str(caught.value)


def test_a_killed_server_is_started_again_and_the_step_says_what_is_not_known(
    notes: AndroidEnvironment, phone: Phone, adb_server: str
) -> None:
    seen = notes.reset()
    subprocess.run([adb_server, "kill-server"], env=dict(os.environ), check=True, capture_output=True)
    outcome = notes.act(Click(middle(find(seen, "button", "Account"), seen)))
    assert outcome.result == "timeout"
    assert "may have been done or not" in (outcome.message or "")
    # Nothing reached the phone: it shows what it did.
    assert notes.observe().location == f"{NOTES}/.MainActivity"
    assert phone.top().name == ".MainActivity"


def test_a_device_that_comes_back_within_the_time_goes_on(notes: AndroidEnvironment, phone: Phone) -> None:
    seen = notes.reset()
    phone.failures.drop_late = frozenset({phone.scripts})
    outcome = notes.act(Click(middle(find(seen, "button", "Account"), seen)))
    assert outcome.result == "timeout"
    assert notes.observe().location == f"{NOTES}/.AccountActivity"  # it was done


def test_a_device_that_stays_away_is_lost_and_the_next_episode_waits_for_it(phone: Phone) -> None:
    adbd = phone.adbd  # type: ignore[attr-defined]
    environment = notes_on(adbd, reconnect=1.0)
    environment.reset()
    adbd.unplug()
    with pytest.raises(DeviceLost, match="is gone"):
        environment.observe()
    assert "is not connected: run 'adb connect" in refused(environment)
    adbd.plug()
    assert environment.reset().tree is not None
    environment.close()


def test_a_restarted_device_ends_the_episode(notes: AndroidEnvironment, phone: Phone) -> None:
    notes.reset()
    phone.reboot()
    with pytest.raises(DeviceLost, match="was restarted"):
        notes.act(Wait(0))
    assert notes.reset().location == f"{NOTES}/.MainActivity"


@pytest.mark.parametrize(
    ("state", "said"), [("offline", "is offline"), ("unauthorized", "is unauthorized: allow this")]
)
def test_a_device_that_is_there_but_not_usable_is_told_by_its_state(
    state: str, said: str, phone: Phone, adb_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provisioning, "CONNECT_SECONDS", 0.3)  # it never greets
    phone.failures.state = state  # type: ignore[assignment]
    adbd = phone.adbd  # type: ignore[attr-defined]
    connecting = subprocess.Popen([adb_server, "connect", adbd.serial], env=dict(os.environ), stdout=subprocess.DEVNULL)
    try:
        until = monotonic() + 20.0
        while Adb(adbd.serial).state() != state and monotonic() < until:
            sleep(0.02)
        assert said in refused(notes_on(adbd, reconnect=0.3))
    finally:
        adbd.unplug()  # or it would wait for its greeting
        connecting.kill()
        connecting.wait()


def test_an_old_version_a_full_storage_a_low_battery_and_a_locked_screen_are_said(
    notes: AndroidEnvironment, phone: Phone
) -> None:
    phone.properties["ro.build.version.sdk"] = "23"
    assert "expected Android 7 (API 24) or later" in refused(notes)
    phone.properties["ro.build.version.sdk"] = "36"
    phone.failures.full = True
    assert "storage of" in refused(notes)
    phone.failures.full = False
    phone.failures.battery = 3
    assert "is at 3 %: charge it" in refused(notes)
    phone.failures.battery = 80
    phone.failures.locked = phone.failures.secured = True
    assert "is locked: unlock it" in refused(notes)
    phone.failures.secured = False
    phone.awake = False
    assert notes.reset().notice is None  # a lock without a secret is put away, and the screen turned on
    assert phone.awake


def test_an_app_that_is_missing_or_crashes_at_its_start_is_said_and_an_apk_brings_it(
    adb_server: str,  # noqa: ARG001
    tmp_path: Path,
) -> None:
    phone = Phone(missing=frozenset({NOTES}))
    with plugged(phone) as adbd:
        assert "com.hindtrace.notes is not installed" in refused(notes_on(adbd))
        broken, right = tmp_path / "broken.apk", tmp_path / "notes.apk"
        broken.write_text("PK")
        right.write_text(f"apk {NOTES}")
        assert "broken.apk can't be installed" in refused(notes_on(adbd, apk=broken))
        with pytest.raises(ConfigurationError, match="found no file"):
            notes_on(adbd, apk=tmp_path / "none.apk").reset()
        assert notes_on(adbd, apk=right).reset().title == "Notes"
        phone.failures.install_failure = "INSTALL_FAILED_USER_RESTRICTED: Install canceled by user"
        assert "USER_RESTRICTED (allow it on its screen; Xiaomi's" in refused(notes_on(adbd, apk=right))
        phone.failures.crashing = frozenset({NOTES})
        assert "crashed when it was started: java.lang.IllegalStateException: no session" in refused(notes_on(adbd))


def test_an_app_with_several_icons_begins_with_its_first(notes: AndroidEnvironment, phone: Phone) -> None:
    phone.failures.several_icons = True
    assert notes.reset().location == f"{NOTES}/.MainActivity"


def test_what_the_device_refuses_is_an_outcome(notes: AndroidEnvironment, phone: Phone) -> None:
    seen = notes.reset()
    phone.failures.input_denied = True
    outcome = notes.act(Click(middle(find(seen, "button", "Account"), seen)))
    assert outcome.result == "refused"
    assert "INJECT_EVENTS; on a Xiaomi phone turn on" in (outcome.message or "")


def test_a_screen_whose_app_forbids_screenshots_says_so(notes: AndroidEnvironment, phone: Phone) -> None:
    assert notes.reset().notice is None
    phone.failures.secure = True
    assert notes.observe().notice == "the screenshot is empty: the app forbids screenshots here"


@pytest.mark.parametrize("fault", ["restless", "cut", "rootless"])
def test_a_tree_that_fails_once_is_asked_for_again(fault: str, notes: AndroidEnvironment, phone: Phone) -> None:
    notes.reset()
    setattr(phone.failures, fault, 2)
    seen = notes.observe()
    assert (seen.notice, seen.tree is not None) == (None, True)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("restless", "no tree: ERROR: could not get idle state."),
        ("cut", "the tree is broken in line"),
        ("rootless", "no tree: ERROR: null root node"),
    ],
)
def test_a_tree_that_fails_for_good_is_a_recorded_observation(
    fault: str, said: str, notes: AndroidEnvironment, phone: Phone
) -> None:
    notes.reset()
    setattr(phone.failures, fault, 1000)
    outcome = notes.act(Home())
    seen = notes.observe()
    assert said in (seen.notice or "")
    assert seen.screen is not None
    assert (seen.tree is None) == (fault != "cut")
    assert (outcome.settle or "").startswith("timeout" if fault == "restless" else "quiet")


def test_a_crash_in_the_middle_ends_the_episode_with_the_reason(notes: AndroidEnvironment, phone: Phone) -> None:
    notes.reset()
    phone.failures.crashing = frozenset({NOTES})
    phone.start(f"{NOTES}/.MainActivity", "")
    outcome = notes.act(Wait(0))
    assert outcome.result == "crashed"
    assert "no session" in (outcome.message or "")


def killed(phone: Phone, *, seed: int, kills: int, scripts: int) -> None:
    """Breaks the connection at so many of the next scripts, before or after they are done."""
    chance = Random(seed)
    at = chance.sample(range(phone.scripts + 8, phone.scripts + scripts), kills)
    early = chance.sample(at, kills // 2)
    phone.failures.drop, phone.failures.drop_late = frozenset(early), frozenset(at) - frozenset(early)


def test_an_interrupted_step_ends_at_once_and_the_settings_are_put_back(
    notes: AndroidEnvironment, phone: Phone
) -> None:
    before = {space: dict(settings) for space, settings in phone.settings.items()}
    notes.reset()
    phone.latency["uiautomator"] = 1.0
    ending = Timer(0.2, notes.interrupt)
    ending.start()
    with pytest.raises(DeviceLost, match="interrupted"):
        notes.act(Wait(0))
    ending.join()
    notes.close()
    assert phone.settings == before


@pytest.mark.slow
def test_fifty_random_kills_lose_no_finished_step(phone: Phone, tmp_path: Path, check: Callable[..., None]) -> None:
    killed(phone, seed=11, kills=50, scripts=200)
    environment = notes_on(phone.adbd)  # type: ignore[attr-defined]
    policy = InterruptionRules(RandomPolicy(), NOTES)
    config = ExploreConfig(episodes=8, max_steps=22, seed=3, run_id="kills")
    done = list(explore(environment, policy, tmp_path, config))
    assert len(done) == 8
    broke = 0
    for one in done:
        recording = read_trace(one.path)
        assert recording.trajectory.finished == one.steps
        check(recording)
        broke += sum("connection broke" in (step.message or "") for step in recording.steps)
    assert phone.scripts > 200
    assert broke >= 20
    assert sum(one.ended_by == "max steps" for one in done) >= 6
