"""Who asked for what in a tab: the step that a request came from, and what a page asks for all the time by itself."""

import re
import time
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

PROMPT_SECONDS = 0.5
"""What is asked for that soon after an action is asked for because of it."""

CHAIN_SECONDS = 0.1
"""What is asked for that soon after an answer is asked for because of it."""

STEADY_TIMES = 4
STEADY_SECONDS = 0.5
"""What is asked for so often, over that time and longer, while nothing is done is asked for all the time."""

CLOCKS_SECONDS = 0.05
"""How far two clocks may be apart: that of the network and that of a document."""

KEPT = 500
_VARIES = re.compile(r"[0-9a-f]{8,}(?:-[0-9a-f]{4,})*|\d+", re.IGNORECASE)


@dataclass(slots=True)
class Asked:
    """A request: when it was made and when its answer began and ended, in seconds since 1970.

    `step` is the step that it came from, if that is known, `likeness` the same for those that differ in numbers alone,
    `sent` when it was made by the clock of the network.
    """

    likeness: str
    began: float
    step: int | None
    sent: float
    answered: float | None = None
    ended: float | None = None

    def led_to(self, at: float, seconds: float, *, acted: float) -> bool:
        """Whether what happened at a time happened because of the answer: while it came, or that soon after it.

        What happened after something was done, at `acted`, has nothing to do with what was answered before.
        """
        begun, ended = self.answered or self.ended, self.ended or self.answered
        if begun is None or ended is None or ended < acted <= at:
            return False
        return begun - CLOCKS_SECONDS <= at <= ended + seconds

    def when(self, timestamp: float) -> float:
        """The time of a timestamp of the network's clock."""
        return self.began + timestamp - self.sent


@dataclass(frozen=True, slots=True)
class Move:
    """The address of a tab changed: when, and because of which step, where a request for a document says so."""

    at: float
    step: int | None


class Traffic:
    """The requests and moves of a tab, by the step that they came from; `steady` is what is not waited for.

    `steady` is shared by the tabs of a session, and outlasts its episodes.
    """

    def __init__(self, steady: set[str]) -> None:
        self.step: int | None = None
        self.acted = 0.0
        self.moves: deque[Move] = deque(maxlen=KEPT)
        self._steady = steady
        self._asked: dict[str, Asked] = {}
        self._often: defaultdict[str, list[float]] = defaultdict(list)

    def act(self, step: int, at: float) -> None:
        """A step begins, at that time: what is asked for next comes from it."""
        self.step, self.acted = step, at
        self._often.clear()
        for id in [id for id, each in self._asked.items() if each.ended is not None and each.ended < self.acted - 60]:
            del self._asked[id]

    def answered(self, since: float) -> list[Asked]:
        """What was answered since then and came from a step."""
        asked = [each for each in self._asked.values() if each.step is not None]
        return [each for each in asked if max(each.answered or 0.0, each.ended or 0.0) >= since]

    # ---- events

    def began(self, params: dict[str, Any]) -> bool:
        """A request was made; returns whether it is worth waiting for."""
        request, at = params["request"], float(params.get("wallTime") or time.time())
        parts = urlsplit(str(request["url"])[:2000])
        likeness = f"{request['method']} {parts.netloc} {_VARIES.sub('#', parts.path)}"
        if params.get("type") not in ("XHR", "Fetch"):
            return self._keep(params, likeness, at)
        if likeness not in self._steady and at - self.acted > PROMPT_SECONDS:
            times = self._often[likeness]
            times.append(at)
            if len(times) >= STEADY_TIMES and at - times[0] >= STEADY_SECONDS and len(self._steady) < KEPT:
                self._steady.add(likeness)
                for each in self._asked.values():
                    each.step = None if each.likeness == likeness else each.step  # it came from no step after all
        return likeness not in self._steady and self._keep(params, likeness, at)

    def answering(self, params: dict[str, Any]) -> None:
        """The answer to a request begins."""
        asked = self._asked.get(params["requestId"])
        if asked is not None:
            asked.answered = asked.when(float(params["timestamp"]))

    def ended(self, params: dict[str, Any]) -> None:
        """A request was answered, or failed."""
        asked = self._asked.get(params["requestId"])
        if asked is not None:
            asked.ended = asked.when(float(params["timestamp"]))

    def moved(self, document: str | None) -> None:
        """The tab went to another document, which was asked for under its id, or to another place of its document."""
        asked = None if document is None else self._asked.get(document)
        self.moves.append(Move(time.time(), None if asked is None else asked.step))

    def _keep(self, params: dict[str, Any], likeness: str, at: float) -> bool:
        if len(self._asked) < KEPT and params["requestId"] not in self._asked:  # a redirect asks under the same id
            self._asked[params["requestId"]] = Asked(likeness, at, self._cause(at), float(params["timestamp"]))
        return True

    def _cause(self, at: float) -> int | None:
        """The step that a request which is made now comes from: by an answer just before it, or by its time alone."""
        for asked in self._asked.values():
            if asked.step is not None and asked.step != self.step and asked.led_to(at, CHAIN_SECONDS, acted=self.acted):
                return asked.step
        if self.step is None or at < self.acted:
            return None
        if at - self.acted <= PROMPT_SECONDS:
            return self.step
        own = (each for each in self._asked.values() if each.step == self.step)
        return self.step if any(each.led_to(at, CHAIN_SECONDS, acted=self.acted) for each in own) else None
