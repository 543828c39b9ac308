import ast
import json
from pathlib import Path

import pytest

from pipelines.export.formats import reward
from pipelines.export.formats.reward import compute_score, find_action

CLICK = {"action": "click", "box": [10, 20, 110, 60]}
TYPE = {"action": "type", "box": [10, 20, 110, 60], "text": "Blue House"}
KEY = {"action": "key", "keys": "Enter"}
TICK = {"action": "check", "box": [0, 0, 5, 5], "checked": True}
UNTICK = {**TICK, "checked": False}
SELECT = {"action": "select", "box": [0, 0, 5, 5], "option": "genre"}


@pytest.mark.parametrize(
    ("truth", "answer", "score"),
    [
        (CLICK, '{"action":"click","x":60,"y":40}', 1.0),
        (CLICK, 'I click.\n{"action":"click","x":10,"y":60}', 1.0),
        (CLICK, '```json\n{"action": "click", "x": 60.5, "y": 40}\n```', 1.0),
        (CLICK, '{"action":"click","x":9,"y":40}', 0.3),
        (CLICK, '{"action":"click","x":60,"y":61}', 0.3),
        (CLICK, '{"action":"click"}', 0.3),
        (CLICK, '{"action":"click","x":"60","y":40}', 0.3),
        (CLICK, '{"action":"click","x":null,"y":40}', 0.3),
        (CLICK, '{"action":"hover","x":60,"y":40}', 0.1),
        (CLICK, "click at 60, 40", 0.0),
        (CLICK, "", 0.0),
        (CLICK, "{{{{", 0.0),
        (CLICK, '{"action":3}', 0.0),
        (CLICK, '["click"]', 0.0),
        (TYPE, '{"action":"type","text":"blue  house ","x":60,"y":40}', 1.0),
        (TYPE, '{"action":"type","text":"Blue","x":60,"y":40}', 0.3),
        (TYPE, '{"action":"type","text":"Blue House"}', 0.3),
        (TYPE, '{"action":"type","text":["Blue House"],"x":60,"y":40}', 0.3),
        (KEY, '{"action":"key","keys":"Enter"}', 1.0),
        (KEY, '{"action":"key","keys":"Escape"}', 0.3),
        (SELECT, '{"action":"select","option":"Genre","x":1,"y":1}', 1.0),
        (SELECT, '{"action":"select","option":"born","x":1,"y":1}', 0.3),
        (TICK, '{"action":"check","x":1,"y":1}', 1.0),
        (TICK, '{"action":"check","x":1,"y":1,"checked":true}', 1.0),
        (TICK, '{"action":"check","x":1,"y":1,"checked":false}', 0.3),
        (TICK, '{"action":"check","x":1,"y":1,"checked":1}', 0.3),
        (UNTICK, '{"action":"check","x":1,"y":1,"checked":false}', 1.0),
        (UNTICK, '{"action":"check","x":1,"y":1}', 0.3),
    ],
)
def test_answers_are_worth_what_they_get_right(truth: dict[str, object], answer: str, score: float) -> None:
    assert compute_score("hindtrace/step", answer, json.dumps(truth), None) == score


def test_the_last_action_counts() -> None:
    assert find_action('{"action":"click","x":1,"y":1} no: {"action":"back"} {"note":1}') == {"action": "back"}


@pytest.mark.parametrize("answer", ["{" * 200_000, '{"a":' * 50_000, '{"action":"click"' * 30_000, "\x00{\ud800}"])
def test_an_answer_made_to_break_it_is_worth_nothing(answer: str) -> None:
    assert compute_score("x", answer, json.dumps(KEY)) == 0.0


def test_it_needs_the_standard_library_alone() -> None:
    tree = ast.parse(Path(reward.__file__).read_text())
    imported = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    imported |= {alias.name for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names}
    assert imported == {"json", "collections.abc", "typing"}
