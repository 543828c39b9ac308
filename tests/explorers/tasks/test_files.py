import json
from pathlib import Path
from typing import Any

import pytest

from explorers.tasks import read_tasks
from explorers.tasks.files import parse_task
from schemas.conditions import Answered, FileContains, SetUp, TaskCheck, WriteFile
from schemas.errors import ConfigurationError, SchemaError

PLAIN = {"text": "Say hello", "platform": "web", "start": "http://shop.example/"}
FULL = {
    "id": "tea-1",
    "text": "Add tea to the list",
    "platform": "desktop",
    "app": "mousepad",
    "start": "mousepad list.txt",
    "setup": {"steps": [{"kind": "write_file", "path": "list.txt", "text": "bread\n"}]},
    "check": {"all": [{"kind": "file_contains", "path": "list.txt", "text": "tea"}]},
    "template": "add-to-list",
    "source": "benchmark",
}


@pytest.mark.parametrize("form", ["list", "lines"])
def test_tasks_are_read_from_a_list_or_from_lines(tmp_path: Path, form: str) -> None:
    path = tmp_path / "tasks.json"
    path.write_text(json.dumps([PLAIN, FULL]) if form == "list" else f"{json.dumps(PLAIN)}\n\n{json.dumps(FULL)}\n")
    plain, full = read_tasks(path)
    assert (plain.task.source, plain.check, plain.setup) == ("given", None, SetUp())
    assert (full.task.task_id, full.task.template, full.task.source) == ("tea-1", "add-to-list", "benchmark")
    assert full.setup == SetUp((WriteFile("list.txt", "bread\n"),))
    assert full.check == TaskCheck((FileContains("list.txt", "tea"),))


def test_a_task_without_an_id_is_known_by_what_it_says() -> None:
    one = parse_task(PLAIN).task.task_id
    assert parse_task({**PLAIN, "template": "t"}).task.task_id == one
    for name, other in (("text", "Say bye"), ("start", "http://a.example/"), ("app", "x")):
        assert parse_task({**PLAIN, name: other}).task.task_id != one
    answered = {**PLAIN, "check": {"all": [{"kind": "answered", "text": "4"}]}}
    assert parse_task(answered).check == TaskCheck((Answered("4"),))
    assert parse_task(answered).task.task_id != one


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"text": ""}, "text: expected"),
        ({"text": "x" * 10_001}, "text: expected"),
        ({"start": None}, "start: expected"),
        ({"platform": "windows"}, "platform: expected one of web, desktop, android"),
        ({"platform": ["web"]}, "platform: expected"),
        ({"source": "made up"}, "source: expected"),
        ({"parts": "1"}, "parts: expected"),
        ({"parts": [1]}, "parts: expected"),
        ({"goal": "x"}, "found 'goal'"),
        ({"check": {"all": [{"kind": "file_exists", "path": "a"}]}}, "web has no home"),
        ({"setup": {"steps": [{"kind": "remove", "path": "a"}]}}, "web has no home"),
        ({"setup": {"step": []}}, "setup: expected an object with steps and require"),
        ({"check": {"all": [{"kind": "shows"}]}}, "check.all[0]: "),
    ],
)
def test_a_task_that_is_none_is_refused_with_the_reason(change: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(SchemaError) as caught:
        parse_task({**PLAIN, **change})
    assert said in str(caught.value)
    path = tmp_path / "tasks.jsonl"
    path.write_text(f"{json.dumps(FULL)}\n{json.dumps({**PLAIN, **change})}\n")
    with pytest.raises(ConfigurationError, match="line 2: "):
        read_tasks(path)


@pytest.mark.parametrize("data", [b"", b"[]", b"[1]", b"nonsense", b"[{]", b"\xff", b'[{"a": 1}]'])
def test_a_file_without_tasks_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "tasks.json"
    path.write_bytes(data)
    with pytest.raises(ConfigurationError, match="expected"):
        read_tasks(path)


def test_a_task_that_is_given_twice_and_a_file_that_is_not_there_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "tasks.json"
    path.write_text(json.dumps([PLAIN, FULL, PLAIN]))
    with pytest.raises(ConfigurationError, match="found number 1 again as 3"):
        read_tasks(path)
    with pytest.raises(ConfigurationError, match="expected a file of tasks"):
        read_tasks(tmp_path / "none.json")
