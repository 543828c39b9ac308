import pytest

from explorers.setup.commands import complaint_in, run_command

NO_LIBATOMIC = "node: error while loading shared libraries: libatomic.so.1: cannot open shared object file"


def test_a_command_that_is_not_there_is_a_failure_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert not run_command("Trying", ("/no/such/program",))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Trying ..."
    assert lines[1].startswith("  failed: ")
    assert "/no/such/program" in lines[1]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("Error: no host\nError: getaddrinfo ENOTFOUND\n    at f (x.js:1)\n}\n", "Error: getaddrinfo ENOTFOUND"),
        ("Reading lists...\nE: Unable to locate package x\n", "E: Unable to locate package x"),
        ("Traceback\n  File x\nModuleNotFoundError: No module\n", "ModuleNotFoundError: No module"),
        (f"{NO_LIBATOMIC}\nException: closed\n", NO_LIBATOMIC),
        ("first\nlast.\n\n", "last"),
        ("", "it said nothing"),
    ],
)
def test_of_a_failed_command_the_line_that_says_why_is_quoted(text: str, complaint: str) -> None:
    assert complaint_in(text) == complaint
