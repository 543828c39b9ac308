"""The simulated device behind both adb servers: the system's and the one that adbutils brings."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from explorers.android import AndroidEnvironment
from schemas.actions import Click, Home, Key, LongPress, Open, Point, Reload, Rotate, Scroll, ScrollTo, Type
from schemas.records import Node, Observation
from tests.explorers.android.conftest import adb_programs, notes_on, served
from tests.explorers.android.device import Phone
from tests.explorers.android.device.adbd import plugged
from tests.explorers.android.device.machine import ADB_KEYBOARD, LATIN
from tests.explorers.contract import find, middle

pytestmark = pytest.mark.android


@pytest.fixture(params=["system", "adbutils"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[served]:
    program = adb_programs().get(request.param)
    if program is None:
        pytest.skip(f"no adb of the {request.param}")
    running = served(program, tmp_path)
    with running:
        yield running


def test_both_servers_take_it_for_a_phone(server: served, tmp_path: Path) -> None:
    phone = Phone()
    with plugged(phone) as adbd:
        assert "connected to" in server.run("connect", adbd.serial)
        on = ("-s", adbd.serial)
        assert server.run(*on, "get-state") == "device\n"
        assert server.run(*on, "shell", "getprop ro.product.model; nope; echo $?").split()[:2] == ["Simulated", "phone"]
        assert "540x960" in server.run(*on, "shell", "wm", "size")
        local, back = tmp_path / "local", tmp_path / "back"
        local.write_bytes(bytes(range(256)) * 2000)
        server.run(*on, "push", str(local), "/sdcard/file")
        server.run(*on, "pull", "/sdcard/file", str(back))
        assert back.read_bytes() == local.read_bytes()
        environment = notes_on(adbd)
        assert environment.reset().title == "Notes"
        assert environment.setting.simulated
        assert environment.setting.engine_version == "14 (API 34), Simulated phone"
        environment.close()


def test_a_step_is_one_script(notes: AndroidEnvironment, phone: Phone) -> None:
    seen = notes.reset()
    before = phone.scripts
    notes.act(Click(middle(find(seen, "button", "Account"), seen)))
    notes.observe()
    assert phone.scripts == before + 1


def test_settings_are_put_back_at_the_end(phone: Phone) -> None:
    phone.keyboards.append(ADB_KEYBOARD)
    before = {space: dict(settings) for space, settings in phone.settings.items()}
    environment = notes_on(phone.adbd)  # type: ignore[attr-defined]
    environment.reset()
    assert phone.settings["global"]["window_animation_scale"] == "0"
    assert phone.settings["secure"]["default_input_method"] == ADB_KEYBOARD
    environment.reset()
    environment.close()
    assert phone.settings == before
    assert phone.settings["secure"]["default_input_method"] == LATIN


def test_with_the_adb_keyboard_any_text_is_typed(phone: Phone) -> None:
    phone.keyboards.append(ADB_KEYBOARD)
    environment = notes_on(phone.adbd)  # type: ignore[attr-defined]
    seen = environment.reset()
    environment.act(Click(middle(find(seen, "button", "Account"), seen)))
    seen = environment.observe()
    environment.act(Type("Åsa Öberg 你好", middle(find(seen, "textbox", "Name"), seen)))
    assert find(environment.observe(), "textbox", "Name").value == "Åsa Öberg 你好"
    environment.close()


def test_the_keyboard_shows_among_the_windows_and_back_hides_it(notes: AndroidEnvironment) -> None:
    seen = notes.reset()
    notes.act(Click(middle(find(seen, "button", "Account"), seen)))
    seen = notes.observe()
    notes.act(Click(middle(find(seen, "textbox", "Name"), seen)))
    assert notes.observe().windows == ("Account", "keyboard")
    notes.act(Key("GoBack"))
    assert notes.observe().windows == ("Account",)


def test_turning_opening_leaving_and_restarting(notes: AndroidEnvironment) -> None:
    notes.reset()
    notes.act(Rotate("landscape"))
    turned = notes.observe().screen
    assert turned is not None
    assert (turned.width, turned.height) == (960, 540)
    notes.act(Rotate("portrait"))
    notes.act(Home())
    assert notes.observe().notice == "left the app: com.hindtrace.launcher"
    notes.act(Open(notes.app))
    assert notes.observe().notice is None
    assert notes.act(Open("com.example.none")).result == "refused"
    outcome = notes.act(Open("Camera"))
    assert outcome.result == "refused"
    assert "'Camera' here, there are: settings (com.android.settings), com.hindtrace.launcher" in (
        outcome.message or ""
    )
    assert notes.package_named("Settings") == "com.android.settings"
    notes.act(Reload())
    assert notes.observe().location == notes.start


def test_a_long_press_and_a_scroll_reach_the_list(notes: AndroidEnvironment) -> None:
    seen = notes.reset()
    row = find(seen, "generic", "Bike tour About: bike tour.")
    assert row.has("holdable")
    notes.act(LongPress(middle(row, seen)))
    assert notes.observe().title == "Note"
    notes.reset()
    notes.act(Scroll(0, 300, Point(x=200.0, y=500.0)))
    assert "Shopping About: shopping." not in {node.name for node in notes.observe().tree.nodes}  # type: ignore[union-attr]


def test_an_element_below_is_scrolled_to_and_from_there_one_above(notes: AndroidEnvironment, phone: Phone) -> None:
    seen = notes.reset()
    assert "20 notes" not in {node.name for node in nodes_of(seen)}
    assert notes.act(ScrollTo("#count")).result == "ok"
    assert "20 notes" in {node.name for node in nodes_of(notes.observe())}
    phone.commands.clear()
    assert notes.act(ScrollTo("#count")).result == "ok"  # it is there already
    assert not any(words[:2] == ["input", "swipe"] for words in phone.commands)
    outcome = notes.act(ScrollTo("#nowhere"))
    assert (outcome.result, "scrolled through" in (outcome.message or "")) == ("no target", True)
    notes.act(Click(middle(find(notes.observe(), "button", "Account"), notes.observe())))
    outcome = notes.act(ScrollTo("#nowhere"))
    assert (outcome.result, "nothing scrolls here" in (outcome.message or "")) == ("no target", True)


def nodes_of(seen: Observation) -> tuple[Node, ...]:
    assert seen.tree is not None
    return seen.tree.nodes
