"""An interface in which one task after another is set: it begins as the task says, and says how it ended."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from explorers.core.rollout import TaskResult, Trial
from explorers.core.wrapping import Wrapped
from explorers.tasks.files import RunnableTask
from explorers.tasks.outcome import Ending, described, failing, holds
from explorers.tasks.workspace import Workspace
from schemas.claims import Progress, page_of
from schemas.errors import DeviceError, DeviceUnavailable
from schemas.protocols import Environment
from schemas.records import Observation


@runtime_checkable
class Housed(Protocol):
    """An environment whose episodes have a home."""

    @property
    def workspace(self) -> Workspace | None:
        """The home of the running episode, or None without one."""


@runtime_checkable
class Killable(Protocol):
    """An environment whose device can be taken away by another thread."""

    def kill(self) -> None:
        """Takes it away."""


class TaskEnvironment(Wrapped):
    """The environment of whichever task was set last, made anew for each that is another one.

    A task that is done before its first step, or whose requirements are not met, can't begin.
    """

    def __init__(self, first: RunnableTask, make: Callable[[RunnableTask], Environment]) -> None:
        super().__init__(make(first))
        self._make = make
        self._given = first
        self._progress: Progress | None = None

    def set(self, task: RunnableTask) -> Trial:
        """The task of the next episode."""
        if task is not self._given:
            self.inner.close()
            self.inner = self._make(task)
            self._given = task
        return Trial(task.task, self._result)

    def reset(self) -> Observation:
        """Begins the task.

        Raises:
            DeviceUnavailable: if it can't begin.
        """
        seen = super().reset()
        check = self._given.check
        self._progress = None if check is None else Progress(check)
        ending = self._ending(seen, None)
        for condition in self._given.setup.require:
            if not holds(condition, ending):
                raise DeviceUnavailable(f"the task can't begin, not so: {described(condition)}")
        if self._given.check is not None and failing(self._given.check, ending) is None:
            raise DeviceUnavailable("the task is done before its first step: its check holds already")
        return seen

    def observe(self) -> Observation:
        """What is seen now, which may be what has to be passed on the way."""
        seen = super().observe()
        if self._progress is not None:
            self._progress.see(page_of(seen))
        return seen

    def kill(self) -> None:
        """Takes the device away, where another thread may do that; the run is over."""
        if isinstance(self.inner, Killable):
            self.inner.kill()

    def _result(self, seen: Observation, answer: str | None) -> TaskResult:
        if self._given.check is None:
            return TaskResult(None)
        try:
            why = failing(self._given.check, self._ending(seen, answer))
        except DeviceError as error:
            return TaskResult(None, f"not checked: {error}")
        return TaskResult(why is None, why)

    def _ending(self, seen: Observation, answer: str | None) -> Ending:
        inner = self.inner
        return Ending(seen, answer, inner.workspace if isinstance(inner, Housed) else None, self._progress)
