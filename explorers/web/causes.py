"""The step that the effects of a step came from: itself, or an earlier one whose answer, or whose event, came late."""

import time
from bisect import bisect_right
from dataclasses import dataclass

from explorers.web.look import PageLook
from explorers.web.traffic import CLOCKS_SECONDS, Traffic
from schemas.records import Cause, Evidence

FOLLOWS_SECONDS = 0.3
"""What changes that soon after an answer changes because of it."""

_EVENT, _REQUEST, _HISTORY = 1, 2, 3
_KINDS: dict[int, Evidence] = {_EVENT: "event", _REQUEST: "request", _HISTORY: "history"}


@dataclass(frozen=True, slots=True)
class _Found:
    """How much an effect weighs, another address most, and what it came from."""

    weight: int
    cause: Cause


class Causes:
    """Knows when the steps of an episode began; steps are counted from 0 as they are done."""

    def __init__(self) -> None:
        self._began: list[float] = []
        self._seen = 0.0

    def begin(self) -> None:
        """An episode begins."""
        self._began, self._seen = [], 0.0

    def act(self) -> None:
        """A step begins."""
        self._began.append(time.time())

    def own(self) -> Cause:
        """The step that is being done, by an event of its own."""
        return Cause(len(self._began) - 1, "event")

    def tell(self, traffic: Traffic) -> None:
        """What a tab asks for from now on is asked for in this step."""
        traffic.act(len(self._began) - 1, self._began[-1])

    def of(self, traffic: Traffic, seen: PageLook) -> Cause | None:
        """What the effects that the last look shows came from; None where nothing happened, or nothing says why.

        Of an earlier step's and its own effects those count that weigh more; where neither does, the earlier step's:
        it may have done all that is seen.
        """
        since, self._seen = self._seen, seen.after.told[0] / 1000
        now = len(self._began) - 1
        if now < 0:
            return None
        found = [*self._by_request(traffic, seen, since), *self._by_event(seen, since), *self._by_move(traffic, since)]
        late = max((each for each in found if each.cause.step < now), key=lambda each: each.weight, default=None)
        own = max((each for each in found if each.cause.step == now), key=lambda each: each.weight, default=None)
        if late is not None and (own is None or late.weight >= own.weight):
            return late.cause
        return None if own is None else own.cause

    def _by_request(self, traffic: Traffic, seen: PageLook, since: float) -> list[_Found]:
        """What changed just after an answer to what a step asked for."""
        changed = [at / 1000 for at in seen.after.told[3] if at / 1000 >= since]
        found = []
        for asked in traffic.answered(since - CLOCKS_SECONDS):
            if asked.step is None:
                continue
            moved = (move.at for move in traffic.moves if move.step is None and move.at >= since)
            if any(asked.led_to(at, FOLLOWS_SECONDS, acted=self._began[-1]) for at in moved):
                found.append(_Found(_HISTORY, Cause(asked.step, "request")))
            elif any(asked.led_to(at, FOLLOWS_SECONDS, acted=self._began[-1]) for at in changed):
                found.append(_Found(_REQUEST, Cause(asked.step, "request")))
        return found

    def _by_event(self, seen: PageLook, since: float) -> list[_Found]:
        """What changed in an event: of this step, or of a field that was typed into before and lost the focus now."""
        _, own, lost, _ = seen.after.told
        found = [_Found(_EVENT, Cause(len(self._began) - 1, "event"))] if own / 1000 >= self._began[-1] else []
        for typed, at in lost:
            if at / 1000 >= max(since, self._began[-1] - CLOCKS_SECONDS):
                step = max(bisect_right(self._began, typed / 1000) - 1, 0)
                found.append(_Found(_EVENT, Cause(step, "event")))
        return found

    def _by_move(self, traffic: Traffic, since: float) -> list[_Found]:
        """Another address: before the step began it is none of its doing, else its own unless a request says more."""
        found = []
        now = len(self._began) - 1
        for move in traffic.moves:
            if move.at < since:
                continue
            if move.step is not None:
                found.append(_Found(_HISTORY, Cause(move.step, "request")))
            elif move.at >= self._began[-1]:
                found.append(_Found(_HISTORY, Cause(now, "history")))
            elif now > 0:
                found.append(_Found(_HISTORY, Cause(now - 1, "history")))
        return found
