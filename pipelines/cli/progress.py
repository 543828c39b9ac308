"""How far a run of episodes is: one line that is rewritten on a terminal, a line now and then elsewhere, or JSON."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape

from pipelines.cli.output import say

if TYPE_CHECKING:
    from explorers.core.rollout import EpisodeSummary
    from explorers.core.watching import Doing

SHOWN_SECONDS = 0.2
"""Between two rewritings of the line on a terminal."""

LINE_SECONDS = 15.0
"""Between two lines where there is no terminal; JSON comes once a second."""

JSON_SECONDS = 1.0


class RunProgress:
    """Episodes, steps, their rate, states found, what is done now, and the time that is left.

    `episodes` of at most `max_steps` are to be recorded. `told` is called by the threads of the explorers. With
    `as_json` the standard output has a line of JSON for each event, and nothing else.
    """

    def __init__(
        self,
        episodes: int,
        max_steps: int,
        *,
        as_json: bool = False,
        clock: Callable[[], float] = time.monotonic,
        console: Console | None = None,
    ) -> None:
        self._episodes = episodes
        self._max_steps = max_steps
        self._as_json = as_json
        self._clock = clock
        self._console = console or Console(stderr=True)
        self._began = self._last = clock()
        self._lock = threading.Lock()
        self._steps: dict[int, int] = {}
        self._over: list[int] = []
        self._states: set[str] = set()
        self._now: dict[int, str] = {}
        self._show: Callable[[str], None] | None = None

    @contextmanager
    def shown(self) -> Iterator["RunProgress"]:
        """Shows it for the time of the block."""
        if self._as_json or not self._console.is_terminal:
            yield self
            return
        with self._console.status(escape(self.line())) as status:
            self._show = lambda line: status.update(escape(line))
            try:
                yield self
            finally:
                self._show = None

    def told(self, doing: "Doing") -> None:
        """What an episode does now."""
        with self._lock:
            self._steps[doing.episode] = max(doing.step, self._steps.get(doing.episode, 0))
            self._now[doing.episode] = doing.what
            if doing.state is not None:
                self._states.add(doing.state)
            self._tell()

    def over(self, done: "EpisodeSummary") -> None:
        """An episode was sealed."""
        with self._lock:
            self._steps[done.episode] = done.steps
            self._over.append(done.steps)
            self._now.pop(done.episode, None)
            if self._as_json:
                ended = {"episode": done.episode, "steps": done.steps, "ended by": done.ended_by}
                self._print({"event": "episode", **ended, "message": done.message, "success": done.success})

    def failed(self, episode: int, message: str) -> None:
        """An episode could not be recorded."""
        with self._lock:
            self._now.pop(episode, None)
            if self._as_json:
                self._print({"event": "episode", "episode": episode, "message": message, "ended by": "not recorded"})

    def summary(self, counts: Mapping[str, object]) -> None:
        """The last event of a run."""
        self._print({"event": "summary", **counts})

    def figures(self) -> dict[str, Any]:
        """How far it is now; seconds that are left are None before the first step."""
        steps, elapsed = sum(self._steps.values()), self._clock() - self._began
        rate = steps / elapsed if elapsed > 0 else 0.0
        whole = sum(self._over) / len(self._over) if self._over else self._max_steps
        begun = sum(steps for episode, steps in self._steps.items() if episode in self._now)
        to_do = max((self._episodes - len(self._over)) * whole - begun, 0)
        return {
            "episodes": len(self._over),
            "of": self._episodes,
            "steps": steps,
            "steps a second": round(rate, 2),
            "states": len(self._states),
            "seconds left": round(to_do / rate) if rate else None,
            "now": self._now[max(self._now)] if self._now else None,
        }

    def line(self) -> str:
        """The same in a line."""
        now = self.figures()
        left = "" if now["seconds left"] is None else f", {_span(now['seconds left'])} left"
        doing = "" if now["now"] is None else f": {now['now']}"
        rate = f"{now['steps']} steps ({now['steps a second']:.1f} a second), {now['states']} states"
        return f"episode {now['episodes']} of {now['of']} done, {rate}{left}{doing}"

    def _tell(self) -> None:
        """Shows it, if it was not shown a moment ago."""
        now = self._clock()
        every = JSON_SECONDS if self._as_json else LINE_SECONDS if self._show is None else SHOWN_SECONDS
        if now - self._last < every:
            return
        self._last = now
        if self._as_json:
            self._print({"event": "progress", **self.figures()})
        elif self._show is not None:
            self._show(self.line())
        else:
            say(self.line())

    def _print(self, event: Mapping[str, object]) -> None:
        print(json.dumps(event, ensure_ascii=False), flush=True)


def _span(seconds: int) -> str:
    """Seconds as people say them."""
    if seconds < 60:
        return f"{seconds} s"
    minutes = (seconds + 30) // 60
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
