"""The example of docs/tasks.md, done by the policy that asks a model."""

import json
import re
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from explorers.core.rollout import ExploreConfig, run_episode
from explorers.desktop import DesktopEnvironment
from explorers.policies.model import ModelPolicy
from explorers.tasks import TaskEnvironment
from explorers.tasks.files import RunnableTask, parse_task
from explorers.tasks.workspace import prepare
from schemas.protocols import Message

pytestmark = pytest.mark.desktop

DOCUMENT = Path(__file__).parents[3] / "docs" / "tasks.md"


def example() -> RunnableTask:
    """The task that the document shows."""
    (shown,) = re.findall(r"^```json\n(.+?)^```", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return parse_task(json.loads(shown))


class Replying:
    """A chat model that gives the answers of a list; `FIELD` stands for the number of the text's field."""

    def __init__(self, *answers: dict[str, object]) -> None:
        self._answers = list(answers)

    def __call__(self, messages: Sequence[Message]) -> str:
        field = re.search(r"^\[(\d+)\] textbox .*\(several lines\)", messages[-1].text, re.MULTILINE)
        assert field is not None
        answer = self._answers.pop(0)
        return json.dumps({**answer, "element": int(field[1])} if answer.get("element") == "FIELD" else answer)


SAVE: dict[str, object] = {"action": "key", "keys": "Control+s"}
STOP: dict[str, object] = {"action": "stop"}


@pytest.mark.parametrize(
    "steps",
    [
        ({"action": "key", "keys": "Control+End"}, {"action": "type", "text": "tea\n"}, SAVE, STOP),
        ({"action": "type", "element": "FIELD", "text": "bread\ntea\n"}, SAVE, STOP),
    ],
    ids=["by keys", "the whole text"],
)
def test_the_example_of_the_document_can_be_done(steps: tuple[dict[str, object], ...], tmp_path: Path) -> None:
    task = example()
    place = TaskEnvironment(
        task, lambda given: DesktopEnvironment(given.start, prepare=lambda home: prepare(home, given.setup.steps))
    )
    with closing(place):
        policy, config = ModelPolicy(Replying(*steps)), ExploreConfig(episodes=1, max_steps=6)
        summary = run_episode(place, policy, tmp_path, config, run_id="r", episode=0, trial=place.set(task))
    assert (summary.ended_by, summary.steps, summary.message) == ("stop", len(steps), None)
    assert summary.success is True
