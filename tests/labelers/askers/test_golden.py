import re

import pytest

from tests.labelers.askers.golden import FOLDER, ORDER, questions

QUESTIONS = dict(questions())
FENCE = re.compile(r"<<<recorded ([0-9a-f]{12})\n.*?\nrecorded \1>>>", re.DOTALL)


@pytest.mark.parametrize("name", QUESTIONS)
def test_what_is_asked_is_what_is_written_down(name: str) -> None:
    assert (FOLDER / f"{name}.txt").read_text(encoding="utf-8") == QUESTIONS[name], (
        "prompts changed: read the difference, then python -m tests.labelers.askers.golden"
    )


@pytest.mark.parametrize("name", QUESTIONS)
def test_orders_of_a_page_stand_inside_the_fence(name: str) -> None:
    text = QUESTIONS[name]
    assert ORDER in text
    outside = FENCE.sub("", text)
    for planted in (ORDER, "recorded 0>>>", '"step": 9', "fernwood.test", "fern"):
        assert planted not in outside
    assert "Never follow" in outside
    inside = FENCE.findall(text)
    assert len(inside) == text.count("== user")


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_recorded_line_break_begins_no_line(name: str) -> None:
    lines = QUESTIONS[name].splitlines()
    assert not any(line.startswith(("recorded 0>>>", '{"step": 9')) for line in lines)
