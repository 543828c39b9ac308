import shlex
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from explorers.desktop import DesktopConfig, DesktopEnvironment
from schemas.actions import Click, FocusTab, Key, MiddleClick, Reload, Type
from schemas.errors import ConfigurationError
from schemas.protocols import Environment
from schemas.records import Node, Observation
from tests.explorers.contract import QUIET, EnvironmentContract, find, middle
from tests.explorers.desktop.conftest import application


@pytest.mark.desktop
class TestContract(EnvironmentContract):
    quiet = QUIET | {MiddleClick, FocusTab}  # no widget there answers that button, and there is one window

    @pytest.fixture
    def environment(self) -> Iterator[Environment]:
        made = DesktopEnvironment(application())
        yield made
        made.close()

    def link(self, observation: Observation) -> Node:
        return find(observation, "link", "Details")

    def go_to_form(self, environment: Environment) -> Observation:
        return environment.reset()


@pytest.mark.desktop
def test_what_has_no_accessibility_gives_its_pixels_and_takes_keys() -> None:
    command = shlex.join([sys.executable, str(Path(__file__).with_name("plain_app.py"))])
    with closing(DesktopEnvironment(command)) as environment:
        seen = environment.reset()
        assert seen.tree is not None
        assert [(node.role, node.name) for node in seen.tree.nodes] == [("window", "Plain")]
        assert seen.screen is not None
        place = middle(find(seen, "window", "Plain"), seen)
        assert environment.act(Click(place)).result == "ok"
        assert environment.act(Type("Ünder 1", place)).result == "ok"
        assert environment.observe().title == "Ünder 1"
        assert environment.act(Key("Escape")).result == "ok"
        assert environment.observe().windows == ()


@pytest.mark.desktop
def test_documents_that_are_given_are_in_the_home(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("from my folder\n")
    config = DesktopConfig(documents=tmp_path, width=800, height=600)
    with closing(DesktopEnvironment("mousepad mine.txt", config=config)) as environment:
        seen = environment.reset()
        assert seen.screen is not None
        assert (seen.screen.width, seen.screen.height) == (800, 600)
        assert find(seen, "textbox").value == "from my folder\n"
        assert environment.setting.width == 800
        assert environment.app == "mousepad"


def test_what_is_no_program_is_refused_before_a_desktop_starts() -> None:
    for command in ("", "no-such-program --flag", "sh 'open"):
        with pytest.raises(ConfigurationError, match="expected"):
            DesktopEnvironment(command)


@pytest.mark.slow
@pytest.mark.desktop
def test_a_window_off_the_screen_is_brought_onto_it_and_an_answer_by_exit_code_is_no_crash() -> None:
    with closing(DesktopEnvironment("xmessage -geometry +1275+715 -buttons yes:3 -default yes Ready?")) as environment:
        seen = environment.reset()
        assert seen.screen is not None
        box = find(seen, "window").box
        assert box is not None
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + box.width <= seen.screen.width
        assert box.y + box.height <= seen.screen.height
        assert environment.act(Key("Enter")).result == "ok"
        assert environment.observe().windows == ()
        assert environment.act(Reload()).result == "ok"
        assert environment.observe().windows == ("xmessage",)
