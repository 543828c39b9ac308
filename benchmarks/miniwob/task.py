"""One task of MiniWoB++ as an environment, with what its page says of the reward and what changed in it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.miniwob.serving import appended
from benchmarks.sites.miniwob import VERSION, pages
from benchmarks.sites.serving import static_files
from explorers.core.rollout import TaskResult, Trial
from explorers.core.wrapping import Wrapped
from explorers.web import WebConfig, WebEnvironment
from explorers.web.browser import SharedBrowser
from explorers.web.episode import EpisodeConfig
from schemas.actions import Action
from schemas.errors import DeviceLost, DeviceUnavailable
from schemas.keys import key
from schemas.records import Observation, Outcome, Task

HIDDEN = ("#reward-display", "#sync-task-cover", "#click-canvas")
"""What the pages show of rewards, of their end and of clicks: nobody but the truth may know."""

WIDTH, HEIGHT = 320, 240
START_SECONDS = 10.0
CLOCK = datetime(2024, 5, 17, 9, tzinfo=UTC)
_ASK = "window.taskTruth && WOB_TASK_READY ? taskTruth() : null"


@contextmanager
def served_tasks() -> Iterator[str]:
    """The address below which the tasks are, for the time of the block."""
    with (
        TemporaryDirectory() as folder,
        static_files(pages(), "/miniwob/", "--append", str(appended(Path(folder)))) as address,
    ):
        yield address


class TaskEnvironment(Wrapped):
    """A task of one kind and seed, for one episode.

    `done` says whether the task is over, `reward` what its page gave then, 0 before; `changes` has a number a step.

    What changed between two observations is counted from before the first was known to be current to after the second
    was taken: where the count is 0, nothing can differ between them.
    """

    def __init__(
        self,
        address: str,
        kind: str,
        seed: int,
        *,
        browser: SharedBrowser,
        hidden: tuple[str, ...] = HIDDEN,
        clock: datetime = CLOCK,
    ) -> None:
        episode = EpisodeConfig(seed=seed, clock=clock)
        config = WebConfig(width=WIDTH, height=HEIGHT, mode="page", episode=episode, hidden=hidden)
        self._kind, self._seed = kind, seed
        self._web = WebEnvironment(f"{address}{kind}.html?seed={seed}", config=config, browser=browser)
        super().__init__(self._web)
        self.changes: list[int] = []
        self.done = False
        self._opened: Observation | None = None
        self.reward = 0.0
        self._counted = 0
        self._acted = False

    @property
    def app(self) -> str:
        """The kind of task: each has a page of its own, wherever it is served."""
        return f"miniwob.{self._kind}"

    def trial(self) -> Trial:
        """The task as its page states it, which is opened for that, and the page's verdict.

        Raises:
            DeviceUnavailable: if it does not begin.
        """
        self._opened = self._open()
        goal = str(self._asked()["goal"])
        name = f"{self._kind} {self._seed}"
        task = Task(
            task_id=key("task", f"miniwob {VERSION}", name),
            text=goal,
            platform="web",
            app=self.app,
            start=self.start,
            setup=None,
            check=None,
            template=self._kind,
            source="benchmark",
            instruction_id=None,
            trajectory_id=None,
        )
        return Trial(task, lambda _seen, _answer: self._verdict())

    def reset(self) -> Observation:
        """What is seen first of the task; `trial` has opened it.

        Raises:
            DeviceUnavailable: if it does not begin.
        """
        seen, self._opened = self._opened or self._open(), None
        return seen

    def _open(self) -> Observation:
        self._web.reset()
        until = time.monotonic() + START_SECONDS
        while self._web.evaluate(_ASK) is None:
            if time.monotonic() > until:
                raise DeviceUnavailable(f"{self.start}: the task did not begin within {START_SECONDS:g} seconds")
            time.sleep(0.02)
        self.changes, self.done, self._acted = [], False, False
        return self.observe()

    def act(self, action: Action) -> Outcome:
        """Does the action; the reward is the page's own once the task is over, and 0 before."""
        self._acted = True
        outcome = self._web.act(action)
        self._take(self._asked())
        return Outcome(outcome.result, outcome.settle, outcome.message, self.reward)

    def observe(self) -> Observation:
        """What is seen now, and the count of what changed since the observation before."""
        before = self._asked()["changes"]  # a change after this makes the environment look again, or counts as later
        seen = self._web.observe()
        after = self._asked()
        self._take(after)
        if self._acted:
            self.changes.append(after["changes"] - self._counted)
        self._counted, self._acted = before, False
        return seen

    def ask(self, expression: str) -> Any:
        """The value of an expression in the page: a script may look at what no observation shows."""
        return self._web.evaluate(expression)

    def _verdict(self) -> TaskResult:
        """Whether the page gave its full reward; no telling where it gave a part of it."""
        if self.done and 0 < self.reward < 1:
            return TaskResult(None, f"a reward of {self.reward:g}")
        return TaskResult(self.done and self.reward >= 1)

    def _take(self, said: Any) -> None:
        if said["done"]:
            self.done, self.reward = True, float(said["reward"])

    def _asked(self) -> Any:
        found = self._web.evaluate(_ASK)
        if found is None:
            raise DeviceLost("the task is gone: the page is another one")
        return found
