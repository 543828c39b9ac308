"""A recorded app behind the real server: DroidBot's run of an album, where the recording is here."""

from pathlib import Path

import pytest

from explorers.android import AndroidConfig, AndroidEnvironment
from explorers.android.interruptions import InterruptionRules
from explorers.core.safety import Safety
from explorers.policies.frontier import FrontierPolicy
from schemas.actions import Back, Click, Point, Reload, Type
from schemas.records import Outcome
from tests.explorers.android.conftest import album_folder
from tests.explorers.android.device import AlbumPlayer
from tests.explorers.android.device.adbd import plugged
from tests.explorers.contract import find, middle

CAMERA = "com.sec.android.app.camera"

pytestmark = pytest.mark.android


@pytest.fixture
def folder() -> Path:
    found = album_folder()
    if found is None:
        pytest.skip("no recording of DroidBot: name its folder in HINDTRACE_DROIDBOT")
    return found


def album(player: AlbumPlayer, serial: str) -> AndroidEnvironment:
    config = AndroidConfig(packages=(CAMERA,), reconnect=5.0)
    return AndroidEnvironment(serial, player.recording.package, config=config)


def test_recorded_edges_are_served_and_others_are_said(folder: Path, adb_server: str) -> None:  # noqa: ARG001
    player = AlbumPlayer(folder, shrink=4)
    with plugged(player) as adbd:
        environment = album(player, adbd.serial)
        seen = environment.reset()
        assert (seen.title, environment.setting.simulated) == ("Album", True)
        assert environment.act(Click(middle(find(seen, "button", "Select Image"), seen))).result == "ok"
        seen = environment.observe()
        assert seen.title == "Image"
        outcome = environment.act(Click(Point(x=338.0, y=102.0)))
        assert (outcome.result, outcome.message) == ("refused", "Error: no edge was recorded for: touch 338 102")
        assert player.unrecorded == [(player.at, "touch 338 102")]
        assert environment.act(Type("x")).result == "no target"
        assert environment.act(Back()).result == "ok"
        assert find(environment.observe(), "dialog").has("modal")
        assert environment.act(Reload()).result == "ok"
        assert environment.observe().location == environment.start


def test_every_state_is_reachable_and_every_recorded_picture_is_one(folder: Path) -> None:
    recording = AlbumPlayer(folder).recording
    assert len(recording.reachable()) == len(recording.states) == 21
    assert all(state.picture.is_file() for state in recording.states.values())


def test_the_frontier_reaches_every_screen(folder: Path, adb_server: str) -> None:  # noqa: ARG001
    player = AlbumPlayer(folder, shrink=8)
    app, goal = player.recording.package, player.recording.reachable()
    safety = Safety(packages=(app, CAMERA))
    with plugged(player) as adbd:
        environment = album(player, adbd.serial)
        policy = InterruptionRules(FrontierPolicy(), app, packages=(CAMERA,))
        for episode in range(8):
            seen = environment.reset()
            policy.begin(seed=episode)
            for _ in range(60):
                choice = policy.choose(seen)
                assert choice is not None
                refusal = safety.refuses(seen, choice.action)
                assert refusal is None
                outcome: Outcome = environment.act(choice.action)
                after = environment.observe()
                policy.learn(seen, choice, outcome, after)
                seen = after
            if set(player.visited) == goal:
                break
    assert set(player.visited) == goal
