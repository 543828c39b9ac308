import json
import re
import shlex
import socket
import sys
from pathlib import Path

import pytest

from benchmarks.engines import servers
from benchmarks.engines.__main__ import engines, main
from benchmarks.engines.getting import FLINK_JAR, NotToBeHad, flink_classpath
from benchmarks.processes import tree
from pipelines.running.graph import unknown_flags

PAGE = (Path(__file__).parents[2] / "docs" / "engines.md").read_text(encoding="utf-8")
LISTENS = """
import socket, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print(child.pid, flush=True)
time.sleep(60)
"""


def test_a_server_and_what_it_started_are_gone_afterwards(tmp_path: Path) -> None:
    port, log = servers.free_port(), tmp_path / "log"
    with servers.served([sys.executable, "-c", LISTENS, str(port)], port, log):
        socket.create_connection(("127.0.0.1", port)).close()
    assert tree(int(log.read_text())) == []


def test_a_server_that_does_not_come_up_is_said_with_its_last_word(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no such cluster')"]
    with (
        pytest.raises(NotToBeHad, match="did not come up: no such cluster"),
        servers.served(command, servers.free_port(), tmp_path / "log"),
    ):
        pytest.fail("it did not come up")


def test_a_jar_that_is_not_there_is_not_had(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setenv(FLINK_JAR, str(tmp_path / "none.jar"))
    with pytest.raises(NotToBeHad, match="which is no file"):
        flink_classpath()
    (tmp_path / "none.jar").touch()
    assert flink_classpath() == str(tmp_path / "none.jar")


@pytest.mark.parametrize(("found", "code"), [({"a": "1"}, 0), ({"a": "2"}, 1), ({}, 1)])
def test_other_bytes_and_none_are_a_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], found: dict[str, str], code: int
) -> None:
    def ran(name: str, *_: object) -> tuple[dict[str, str], float, str]:
        return ({"a": "1"} if name == "in memory" else found), 0.0, ""

    monkeypatch.setattr("benchmarks.engines.__main__._run", ran)
    assert main(["--only", "prism"]) == code
    assert "Prism, loopback" in capsys.readouterr().out


def test_what_cannot_be_had_is_neither_passed_nor_failed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def ran(name: str, *_: object) -> tuple[dict[str, str], float, str]:
        return ({"a": "1"}, 0.0, "") if name == "in memory" else ({}, 0.0, "not to be had: no Go")

    monkeypatch.setattr("benchmarks.engines.__main__._run", ran)
    assert main(["--only", "prism"]) == 0
    assert "not to be had: no Go" in capsys.readouterr().out


def test_the_page_lists_every_engine(tmp_path: Path) -> None:
    rows = PAGE.split("| engine |")[1].split("\n\n")[0].splitlines()[2:]
    assert len(rows) == len(engines(tmp_path))


def test_the_flags_of_the_page_are_known_to_beam() -> None:
    lines = [
        shlex.split(line) for block in re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()
    ]
    assert len(lines) == 5
    for line in lines:
        assert line[:3] == ["hindtrace", "curate", "--lake"]
        assert line[4] == "--name"
        assert unknown_flags(line[6:]) == []


@pytest.mark.parametrize("differs", [False, True])
def test_the_whole_comparison_is_written_beside_the_other_results(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, differs: bool
) -> None:
    def ran(name: str, *_: object) -> tuple[dict[str, str], float, str]:
        return {"a": "2" if differs and name == "3 shards, 8 workers" else "1"}, 0.0, ""

    monkeypatch.setattr("benchmarks.engines.__main__._run", ran)
    monkeypatch.setattr("benchmarks.engines.__main__.kill_and_resume", lambda *_: [("1.0 s", 3, 9, 9, "yes")])
    monkeypatch.setattr("benchmarks.curation.measuring.RESULTS", tmp_path)
    assert main([]) == differs
    found = json.loads((tmp_path / "engines.json").read_text())
    assert [bar["met"] for bar in found["bars"]] == [not differs]
    assert [row["engine"] for row in found["engines"]] == list(engines(tmp_path))
    assert len(found["shards and workers"]) == 9
    assert found["kills"][0]["all the same"] == "yes"
