"""What the steps of a recorded episode did, by the kinds of effect, and whether the explorer ended it itself."""

from collections import Counter
from collections.abc import Iterable

from schemas.actions import Back, CloseTab
from schemas.recordings import Recording
from schemas.records import Step

ELSEWHERE, CHANGED, SCROLLED, DRAWN, NOTHING = "elsewhere", "changed", "scrolled", "drawn", "nothing"
"""Another address or window; another tree; the same scrolled; another picture alone; none of these."""

_EARLY = frozenset({"crashed", "device lost", "left the app"})


def deed(step: Step) -> str:
    """What a step did; where it was not done, its result."""
    before, after = step.before, step.after
    if step.result != "ok" or before is None or after is None:
        return step.result or "unknown"
    if before.location != after.location or before.windows != after.windows:
        return ELSEWHERE
    if before.tree != after.tree:
        return CHANGED
    if before.scroll != after.scroll:
        return SCROLLED
    return DRAWN if before.screen != after.screen else NOTHING


def deeds(recordings: Iterable[Recording]) -> Counter[str]:
    """How many steps of the episodes did what."""
    return Counter(deed(step) for recording in recordings for step in recording.steps)


def shares(counted: Counter[str]) -> str:
    """The kinds of effect as parts of all, the largest first."""
    return ", ".join(f"{number / counted.total():.2f} {kind}" for kind, number in counted.most_common()) or "-"


def ended_itself(recording: Recording, ended_by: str) -> bool:
    """Whether an episode that ended early did so by the explorer's own Back, or by closing the window."""
    last = recording.steps[-1].action if recording.steps else None
    return ended_by in _EARLY and isinstance(last, Back | CloseTab)
