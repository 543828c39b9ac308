import json
from pathlib import Path

import pytest

from pipelines.curate.benchmarks import read_benchmarks
from schemas.errors import ConfigurationError
from tests.pipelines.recorded import screenshot


@pytest.mark.parametrize("form", ["list", "lines"])
def test_tasks_are_read_with_the_hashes_of_their_pictures(tmp_path: Path, form: str) -> None:
    (tmp_path / "home.png").write_bytes(screenshot("/"))
    tasks = [{"id": "t1", "text": "Open it", "app": "a"}, {"start": "/x", "screenshot": "home.png"}]
    path = tmp_path / "webarena.json"
    path.write_text(json.dumps(tasks) if form == "list" else "\n".join(map(json.dumps, tasks)))
    first, second = read_benchmarks([str(path)]).rows(named=True)
    assert (first["benchmark"], first["task"], first["text"], first["app"]) == ("webarena", "t1", "Open it", "a")
    assert first["phash256"] is None
    assert (second["task"], second["start"]) == ("2", "/x")
    assert len(second["phash256"]) == 64
    assert len(second["dhash64"]) == 16


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "expected JSON"),
        ("[1]", "task 1: expected an object with text"),
        ('{"goal": "x"}', "task 1: expected an object with text"),
        ('{"screenshot": "none.png"}', "expected a picture"),
        ('{"screenshot": "../outside.png"}', "beside the file"),
        ('{"screenshot": "tasks.json"}', "expected a picture"),
    ],
)
def test_what_is_no_task_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "tasks.json"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=said):
        read_benchmarks([str(path)])


def test_a_file_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="expected a benchmark's tasks"):
        read_benchmarks(["nowhere.json"])
