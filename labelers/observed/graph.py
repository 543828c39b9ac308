"""The graph of all recorded transitions between content states: is there a shorter way from here to there?"""

from collections import deque
from collections.abc import Iterable, Iterator

from schemas.episodes import Episode


class TransitionGraph:
    """A directed graph of content states; asks for nothing but its edges, in any order."""

    def __init__(self, edges: Iterable[tuple[str, str]]) -> None:
        self._next: dict[str, list[str]] = {}
        for start, goal in sorted(set(edges)):
            self._next.setdefault(start, []).append(goal)

    def distance(self, start: str, goal: str, *, limit: int) -> int | None:
        """The fewest known actions from `start` to `goal`, or None if there are more than `limit` or none is known."""
        if start == goal:
            return 0
        seen, frontier = {start}, deque([(start, 0)])
        while frontier:
            state, length = frontier.popleft()
            if length == limit:
                return None
            for following in self._next.get(state, ()):
                if following == goal:
                    return length + 1
                if following not in seen:
                    seen.add(following)
                    frontier.append((following, length + 1))
        return None


def edges(episode: Episode) -> Iterator[tuple[str, str]]:
    """The pairs of content states that what was done on the page led from and to, where both are known."""
    for step in episode.steps:
        if step.before is None or step.after is None or step.step.result != "ok":
            continue
        if step.before.keys is None or step.after.keys is None or not step.step.action.on_page:
            continue
        if step.before.keys.content != step.after.keys.content:
            yield step.before.keys.content, step.after.keys.content
