import json
from pathlib import Path
from typing import Any

import pytest

from explorers.setup.desktop_packages import missing_packages
from pipelines.cli import main
from schemas.recordings import read_trace
from schemas.traces import find_traces

TASK: dict[str, Any] = {"text": "Calculate 6 times 7", "platform": "desktop", "start": "sh"}


@pytest.mark.parametrize(
    ("tasks", "options", "named"),
    [
        ([], [], "1 to 100000 tasks"),
        ([{**TASK, "start": "no-such-program"}], ["--policy", "random"], "expected a program"),
        ([{**TASK, "platform": "web"}], ["--policy", "random"], "http or https"),
        ([{**TASK, "platform": "android"}], ["--policy", "random"], "expected one on web or desktop"),
        ([{**TASK, "check": {"all": [{"kind": "shows"}]}}], ["--policy", "random"], "check.all[0]"),
        ([TASK], [], "--model NAME"),
        ([TASK], ["--policy", "random", "--documents", "nowhere"], "folder of documents"),
        ([TASK], ["--policy", "random", "--resume"], "run id"),
    ],
)
def test_a_wrong_call_is_2_with_a_line_before_anything_starts(
    tasks: list[Any],
    options: list[str],
    named: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tasks.json").write_text(json.dumps(tasks))
    assert main(["rollout", "--tasks", "tasks.json", "--traces", "traces", *options]) == 2
    assert named in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["tasks.json"]


@pytest.mark.desktop
@pytest.mark.skipif(bool(missing_packages()), reason="not installed: root gets the packages with 'make desktop'")
def test_tasks_are_tried_in_groups_and_their_outcomes_are_in_the_lake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = {"kind": "file_contains", "path": "shopping.txt", "text": "bread", "negated": True}
    tasks = [
        {**TASK, "start": "galculator", "check": {"any": [{"kind": "shows", "value": "42"}]}},
        {**TASK, "start": "galculator", "text": "Look around"},
        {
            "text": "Write something else",
            "platform": "desktop",
            "start": "mousepad shopping.txt",
            "setup": {"steps": [{"kind": "run_command", "arguments": ["false"]}]},
            "check": {"all": [changed]},
        },
    ]
    path, traces, lake = tmp_path / "tasks.jsonl", str(tmp_path / "traces"), str(tmp_path / "lake")
    path.write_text("\n".join(map(json.dumps, tasks)))
    options = ["--policy", "random", "--n", "2", "--max-steps", "2", "--parallel", "2", "--run-id", "r"]
    assert main(["rollout", "--tasks", str(path), "--traces", traces, *options]) == 0
    said = capsys.readouterr()
    assert "the task was not done" in said.out
    assert "step 1 of the task's set-up failed: false ended with code 1" in said.err
    found = [read_trace(trace).trajectory for trace in find_traces(Path(traces))]
    assert [one.success for one in found] == [False, False, None, None, None, None]
    assert [one.ended_by for one in found[4:]] == ["start failed"] * 2
    assert len({one.group for one in found}) == 3
    assert main(["ingest", "--traces", traces, "--lake", lake]) == 0
    capsys.readouterr()
    asked = (
        "select text, count(*) filter (not success) from trajectories join tasks using (task_id) group by 1 order by 1"
    )
    assert main(["sql", "--lake", lake, asked, "--format", "csv"]) == 0
    rows = capsys.readouterr().out.strip().splitlines()[1:]
    assert rows == ["Calculate 6 times 7,2", "Look around,0", "Write something else,0"]
