import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest

from pipelines.export.dialects.reading import read
from pipelines.export.formats.reward import EARLY, NEAR, compute_score, step_reward
from pipelines.export.formats.truth import reward_source

CLICK = {"action": "click", "box": [10, 20, 110, 60]}
TWICE = {**CLICK, "boxes": [[10, 20, 110, 60], [200, 0, 220, 10]]}
TYPE = {"action": "type", "box": [10, 20, 110, 60], "text": "Blue House", "submit": False}
KEY = {"action": "key", "keys": "Enter"}
TICK = {"action": "check", "box": [0, 0, 5, 5], "checked": True}
UNTICK = {**TICK, "checked": False}
SELECT = {"action": "select", "box": [0, 0, 5, 5], "option": "genre"}
SCROLL = {"action": "scroll", "direction": "down"}
SWIPE = {"action": "swipe", "direction": "up"}
DRAG = {"action": "drag", "box": [0, 0, 5, 5], "end_box": [80, 80, 120, 120]}
UPLOAD = {"action": "upload", "box": [0, 0, 5, 5], "files": ["a.txt", "b.txt"]}
TAB = {"action": "focus_tab", "index": 1}
STOP = {"action": "stop", "status": "success"}
ANSWER = {"action": "answer", "text": "42"}


@pytest.mark.parametrize(
    ("truth", "answer", "score"),
    [
        (CLICK, '{"action":"click","x":60,"y":40}', 1.0),
        (CLICK, 'I click.\n{"action":"click","x":10,"y":60}', 1.0),
        (CLICK, '```json\n{"action": "click", "x": 60.5, "y": 40}\n```', 1.0),
        (CLICK, '[{"answer":{"action":"click","x":60,"y":40}}]', 1.0),
        (CLICK, '{"action":"click","x":9,"y":40}', NEAR),
        (CLICK, '{"action":"click","x":60,"y":61}', NEAR),
        (CLICK, '{"action":"click"}', NEAR),
        (CLICK, '{"action":"click","x":"60","y":40}', NEAR),
        (CLICK, '{"action":"click","x":null,"y":40}', NEAR),
        (CLICK, '{"action":"click","x":NaN,"y":40}', NEAR),
        ({**CLICK, "box": [0, 0, 5, 60]}, '{"action":"click","x":true,"y":40}', NEAR),
        (CLICK, '{"action":"hover","x":60,"y":40}', 0.0),
        (CLICK, '{"action":"stop"}', EARLY),
        (CLICK, '{"action":"answer","text":"42"}', EARLY),
        (CLICK, "click at 60, 40", 0.0),
        (CLICK, "", 0.0),
        (CLICK, "{{{{", 0.0),
        (CLICK, '{"action":3}', 0.0),
        (CLICK, '["click"]', 0.0),
        (TWICE, '{"action":"click","x":210,"y":5}', 1.0),
        (TWICE, '{"action":"click","x":150,"y":5}', NEAR),
        (TYPE, '{"action":"type","text":"blue  house ","x":60,"y":40}', 1.0),
        (TYPE, '{"action":"type","text":"blue house","x":60,"y":40,"clear":true}', 1.0),
        (TYPE, '{"action":"type","text":"blue house","x":60,"y":40,"submit":true}', NEAR),
        ({**TYPE, "submit": True}, '{"action":"type","text":"blue house","x":60,"y":40}', NEAR),
        (TYPE, '{"action":"type","text":"a {b} \\"c","x":60,"y":40}', NEAR),
        (TYPE, '{"action":"type","text":"Blue","x":60,"y":40}', NEAR),
        (TYPE, '{"action":"type","text":"Blue House"}', NEAR),
        (TYPE, '{"action":"type","text":["Blue House"],"x":60,"y":40}', NEAR),
        (KEY, '{"action":"key","keys":"Enter"}', 1.0),
        (KEY, '{"action":"key","keys":"Escape"}', NEAR),
        (SELECT, '{"action":"select","option":"Genre","x":1,"y":1}', 1.0),
        (SELECT, '{"action":"select","option":"born","x":1,"y":1}', NEAR),
        ({**SELECT, "nth": 1}, '{"action":"select","option":"Genre","x":1,"y":1}', NEAR),
        (TICK, '{"action":"check","x":1,"y":1}', 1.0),
        (TICK, '{"action":"check","x":1,"y":1,"checked":true}', 1.0),
        (TICK, '{"action":"check","x":1,"y":1,"checked":false}', NEAR),
        (TICK, '{"action":"check","x":1,"y":1,"checked":1}', NEAR),
        (UNTICK, '{"action":"check","x":1,"y":1,"checked":false}', 1.0),
        (UNTICK, '{"action":"check","x":1,"y":1}', NEAR),
        (SCROLL, '{"action":"scroll","dx":0,"dy":600}', 1.0),
        (SCROLL, '{"action":"scroll","dx":0,"dy":-600}', NEAR),
        (SCROLL, '{"action":"scroll","dx":0,"dy":0}', NEAR),
        (SWIPE, '{"action":"swipe","x":50,"y":500,"to_x":60,"to_y":100}', 1.0),
        (SWIPE, '{"action":"swipe","x":50,"y":100,"to_x":60,"to_y":500}', NEAR),
        (SWIPE, '{"action":"swipe","x":50,"y":100}', NEAR),
        (DRAG, '{"action":"drag","x":1,"y":1,"to_x":100,"to_y":100}', 1.0),
        (DRAG, '{"action":"drag","x":1,"y":1,"to_x":200,"to_y":100}', NEAR),
        (UPLOAD, '{"action":"upload","files":["b.txt","a.txt"],"x":1,"y":1}', 1.0),
        (UPLOAD, '{"action":"upload","files":["c.txt","a.txt"],"x":1,"y":1}', NEAR),
        (UPLOAD, '{"action":"upload","files":"a.txt","x":1,"y":1}', NEAR),
        (TAB, '{"action":"focus_tab","index":1}', 1.0),
        (TAB, '{"action":"focus_tab","index":true}', NEAR),
        (STOP, '{"action":"stop"}', 1.0),
        (STOP, '{"action":"stop","status":"failure"}', NEAR),
        (ANSWER, '{"action":"answer","text":" 42"}', 1.0),
        (ANSWER, '{"action":"stop"}', EARLY),
    ],
)
def test_answers_are_worth_what_they_get_right(truth: dict[str, object], answer: str, score: float) -> None:
    assert compute_score("hindtrace/step", answer, json.dumps(truth), None) == score


def test_no_answer_that_is_always_the_same_earns_by_it() -> None:
    truths = [CLICK, TYPE, KEY, TICK, SELECT, SCROLL, SWIPE, DRAG, UPLOAD, TAB, STOP, ANSWER]
    for answer in ('{"action":"click","x":500,"y":500}', '{"action":"back"}', '{"action":"stop"}', "none"):
        scores = [compute_score("", answer, json.dumps(truth)) for truth in truths]
        wrong = [score for score in scores if score < 1]
        assert sum(wrong) / len(wrong) <= 0.05


@pytest.mark.parametrize(
    "answer",
    [
        '{"action":"stop"}',
        [{"role": "assistant", "content": '{"action":"stop"}'}],
        [{"content": [{"type": "text", "text": '{"action":"stop"}'}]}],
    ],
)
def test_trl_gives_texts_or_messages_and_the_column_of_truths(answer: object) -> None:
    assert step_reward([answer, ""], ground_truth=[json.dumps(STOP), json.dumps(STOP)], prompts=[]) == [1.0, 0.0]


def test_of_a_bad_rollout_the_same_step_earns_nothing() -> None:
    bad = {**CLICK, "advantage": -0.5}
    assert compute_score("", '{"action":"click","x":60,"y":40}', json.dumps(bad)) == 0.0
    assert compute_score("", '{"action":"back"}', json.dumps(bad)) == NEAR


def test_the_last_action_counts() -> None:
    assert read('{"action":"click","x":1,"y":1} no: {"action":"back"} {"note":1}') == {"action": "back"}


@pytest.mark.parametrize("answer", ["{" * 200_000, '{"a":' * 50_000, '{"action":"click"' * 30_000, "\x00{\ud800}"])
def test_an_answer_made_to_break_it_is_worth_nothing(answer: str) -> None:
    assert compute_score("x", answer, json.dumps(KEY)) == 0.0


@pytest.mark.parametrize(
    ("dialect", "platform", "answer"),
    [
        (
            "qwen2.5-vl",
            "web",
            '<tool_call>\n{"name":"computer_use","arguments":{"action":"left_click","coordinate":[60,40]}}',
        ),
        ("qwen3-vl", "android", '{"name":"mobile_use","arguments":{"action":"click","coordinate":[60,40]}}'),
        ("ui-tars", "web", "Thought: There.\nAction: click(start_box='<|box_start|>(60,40)<|box_end|>')"),
        ("opencua", "desktop", "## Code:\n```python\npyautogui.click(60, 40)\n```"),
        ("aguvis", "web", "Action: I click.\npyautogui.click(x=60, y=40)"),
        ("androidworld", "android", 'Reason: so\nAction: {"action_type":"click","x":60,"y":40}'),
        ("openai", "web", '{"type":"computer_call","action":{"type":"click","button":"left","x":60,"y":40}}'),
        (
            "anthropic",
            "web",
            '{"type":"tool_use","name":"computer","input":{"action":"left_click","coordinate":[60,40]}}',
        ),
        ("browsergym", "web", "```\nmouse_click(60, 40)\n```"),
    ],
)
def test_an_answer_is_scored_in_the_dialect_of_the_dataset(dialect: str, platform: str, answer: str) -> None:
    truth = {**CLICK, "dialect": dialect, "platform": platform}
    assert compute_score("hindtrace/step", answer, json.dumps(truth)) == 1.0
    assert compute_score("hindtrace/step", answer.replace("60", "600"), json.dumps(truth)) == NEAR
    assert compute_score("hindtrace/step", '{"action":"click","x":60,"y":40}', json.dumps(truth)) == 0.0


def test_beside_the_data_it_is_one_file_of_the_standard_library_alone(tmp_path: Path) -> None:
    source = reward_source(cast(Any, None)).decode()
    tree = ast.parse(source)
    imported = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    imported |= {alias.name for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names}
    assert imported <= {"ast", "json", "re", "collections.abc", "typing"}
    assert str(ast.get_docstring(tree)).startswith("The reward of one step")
    path = tmp_path / "reward.py"
    path.write_text(source)
    truth, answer = json.dumps({**CLICK, "dialect": "opencua"}), "```python\npyautogui.click(60, 40)\n```"
    call = f"from reward import compute_score; print(compute_score('', {answer!r}, {truth!r}))"
    done = subprocess.run([sys.executable, "-S", "-c", call], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "1.0\n"
