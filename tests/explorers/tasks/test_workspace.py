from pathlib import Path

import pytest

from explorers.tasks import Ran
from explorers.tasks.workspace import prepare
from schemas.conditions import MakeFolder, Remove, RunCommand, WriteFile
from schemas.errors import DeviceUnavailable
from tests.explorers.tasks.homes import FolderHome


def test_a_set_up_is_done_in_its_order(tmp_path: Path) -> None:
    home = FolderHome(tmp_path)
    prepare(
        home,
        (
            MakeFolder("a/b"),
            WriteFile("a/b/c.txt", "Grüße\n"),
            RunCommand(("cp", "a/b/c.txt", "d.txt")),
            Remove("a"),
            Remove("never there"),
        ),
    )
    assert (tmp_path / "d.txt").read_text() == "Grüße\n"
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("sh", "-c", "echo one; echo no such thing >&2; exit 3"), "sh ended with code 3: no such thing"),
        (("sleep", "9"), "sleep took longer than 0.2 s"),
    ],
)
def test_a_set_up_that_fails_says_which_step_and_why(tmp_path: Path, command: tuple[str, ...], said: str) -> None:
    with pytest.raises(DeviceUnavailable) as caught:
        prepare(FolderHome(tmp_path), (WriteFile("a", "b"), RunCommand(command, 0.2), WriteFile("c", "d")))
    assert str(caught.value) == f"step 2 of the task's set-up failed: {said}"
    assert not (tmp_path / "c").exists()


def test_the_last_line_of_what_was_printed_is_one_line_of_text() -> None:
    assert Ran(1, b"a\n\x1b[31mred\n\n").last_line == "[31mred"
    assert Ran(1, b"\n \n").last_line == ""
    assert len(Ran(1, b"x" * 10_000).last_line) == 200
