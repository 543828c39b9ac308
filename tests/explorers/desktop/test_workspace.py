import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from explorers.desktop import DesktopEnvironment
from explorers.desktop.workspace import EpisodeHome
from explorers.tasks import TaskEnvironment
from explorers.tasks.files import RunnableTask, parse_task
from explorers.tasks.workspace import prepare
from schemas.actions import Click, Key, Type
from schemas.errors import DeviceUnavailable
from tests.explorers.contract import find, middle
from tests.explorers.desktop.conftest import PYTHON, application

pytestmark = pytest.mark.desktop


@pytest.fixture(scope="module")
def home() -> Iterator[EpisodeHome]:
    with closing(DesktopEnvironment(application())) as environment:
        environment.reset()
        assert isinstance(environment.workspace, EpisodeHome)
        yield environment.workspace


def test_files_are_written_read_and_removed(home: EpisodeHome) -> None:
    home.write("new/folder/a.txt", b"one")
    assert home.read("new/folder/a.txt") == b"one"
    home.write("new/folder/a.txt", b"2")
    assert home.read("new/folder/a.txt") == b"2"
    assert (home.exists("new/folder"), home.read("new/folder"), home.read("new/none")) == (True, None, None)
    home.remove("new")
    home.remove("new")
    assert not home.exists("new")
    home.make_folder("other/inner")
    assert home.run(("ls", "other"), 5).output == b"inner\n"


def test_a_command_runs_where_the_application_does(home: EpisodeHome) -> None:
    ran = home.run(("sh", "-c", "pwd; echo $HOME; echo $DISPLAY; cat Documents/notes.txt; exit 4"), 5)
    assert ran.code == 4
    lines = ran.output.decode().splitlines()
    assert lines[0] == lines[1]
    assert lines[2].startswith(":")
    assert "Call the library" in lines
    assert home.run(("sh", "-c", "touch /etc/x || echo refused"), 5).output.endswith(b"refused\n")


def test_a_command_that_takes_too_long_is_ended_and_one_that_is_not_there_is_refused(home: EpisodeHome) -> None:
    ran = home.run(("sh", "-c", "echo begun; sleep 600"), 0.3)
    assert (ran.code, ran.output) == (None, b"begun\n")
    with pytest.raises(DeviceUnavailable, match="no-such-program"):
        home.run(("no-such-program",), 5)
    assert home.run(("true",), 5).code == 0


def test_what_a_hostile_application_leaves_is_not_followed(home: EpisodeHome, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    made = f"ln -s {secret} link; ln -s {tmp_path} folder; mkfifo pipe"
    assert home.run(("sh", "-c", made), 5).code == 0
    assert [home.read(name) for name in ("link", "folder/secret.txt", "pipe")] == [None] * 3
    assert (home.exists("link"), home.exists("folder/secret.txt")) == (True, False)
    for name in ("link", "folder/secret.txt", "folder/new.txt"):
        with pytest.raises(DeviceUnavailable):
            home.write(name, b"changed")
    with pytest.raises(DeviceUnavailable):
        home.remove("folder/secret.txt")
    home.remove("folder")
    assert secret.read_text() == "secret"
    assert os.listdir(tmp_path) == ["secret.txt"]


def shopping() -> RunnableTask:
    return parse_task(
        {
            "text": "Add tea to the shopping list",
            "platform": "desktop",
            "start": "mousepad shopping.txt",
            "setup": {
                "steps": [
                    {"kind": "write_file", "path": "shopping.txt", "text": "bread\n"},
                    {"kind": "run_command", "arguments": ["sh", "-c", "echo milk >> shopping.txt"]},
                ],
                "require": [{"kind": "file_contains", "path": "shopping.txt", "text": "milk"}],
            },
            "check": {
                "all": [
                    {"kind": "file_matches", "path": "shopping.txt", "pattern": "(?m)^tea$"},
                    {"kind": "prints", "arguments": ["wc", "-l", "shopping.txt"], "text": "3"},
                ]
            },
        }
    )


def test_a_task_begins_with_its_set_up_and_is_done_when_its_check_says_so() -> None:
    given = shopping()

    def make(each: RunnableTask) -> DesktopEnvironment:
        return DesktopEnvironment(each.start, prepare=lambda home: prepare(home, each.setup.steps))

    with closing(TaskEnvironment(given, make)) as place:
        trial = place.set(given)
        seen = place.reset()
        box = find(seen, "textbox")
        assert box.value == "bread\nmilk\n"
        assert trial.check(seen, None).success is False
        place.act(Click(middle(box, seen)))
        place.act(Key("Control+End"))
        place.act(Type("tea\n"))
        place.act(Key("Control+s"))
        result = trial.check(place.observe(), None)
        assert (result.success, result.judged_by, result.message) == (True, "check", None)
        place.reset()  # the next try begins anew
        assert trial.check(place.observe(), None).success is False


def test_a_set_up_that_fails_is_a_start_that_failed() -> None:
    def refuse(_home: object) -> None:
        raise DeviceUnavailable("step 1 of the task's set-up failed")

    with (
        closing(DesktopEnvironment(application(), prepare=refuse)) as environment,
        pytest.raises(DeviceUnavailable, match="step 1"),
    ):
        environment.reset()


SETTINGS = "from gi.repository import Gio; view = Gio.Settings.new('org.xfce.mousepad.preferences.view'); "
GET = SETTINGS + "print(view.get_boolean('show-line-numbers'))"
SET = SETTINGS + "view.set_boolean('show-line-numbers', True); Gio.Settings.sync()"


def toggle_line_numbers(environment: DesktopEnvironment) -> None:
    """Presses that entry of the menu, which does not tell whether it is ticked."""
    seen = environment.observe()
    environment.act(Click(middle(find(seen, "menuitem", "View"), seen)))
    seen = environment.observe()
    assert environment.act(Click(middle(find(seen, "menuitem", "Line Numbers"), seen))).result == "ok"


def line_numbers(environment: DesktopEnvironment) -> bytes:
    assert environment.workspace is not None
    return environment.workspace.run((PYTHON, "-c", GET), 20).output.strip()


def test_a_setting_that_the_application_makes_is_seen_by_a_check_and_gone_with_the_home() -> None:
    with closing(DesktopEnvironment("mousepad shopping.txt")) as environment:
        environment.reset()
        assert line_numbers(environment) == b"False"
        toggle_line_numbers(environment)
        assert line_numbers(environment) == b"True"
        environment.reset()
        assert line_numbers(environment) == b"False"


def test_a_setting_that_a_task_sets_up_is_what_the_application_begins_with() -> None:
    def prepared(home: EpisodeHome) -> None:
        assert home.run((PYTHON, "-c", SET), 20).code == 0

    with closing(DesktopEnvironment("mousepad shopping.txt", prepare=prepared)) as environment:
        environment.reset()
        assert line_numbers(environment) == b"True"
        toggle_line_numbers(environment)
        assert line_numbers(environment) == b"False"
