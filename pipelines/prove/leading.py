"""How a desktop's application is led to where a path starts: no address leads there."""

from collections.abc import Mapping

from pipelines.lake.episodes import Trees
from pipelines.prove.addresses import is_address
from pipelines.prove.walks import content_of
from schemas.records import Step

MOST = 8
"""Steps by which an application is led to where a path starts."""


def lead_of(steps: Mapping[tuple[str, int], Step], first: Step, trees: Trees) -> list[Step]:
    """The steps since the application last was as at the beginning of its episode, to the first one of a path.

    None where they are many, or an address leads there.
    """
    if first.before is None or is_address(first.before.location):
        return []
    walk = [steps.get((first.trajectory_id, index)) for index in range(first.step_index + 1)]
    states = [_state(step, trees) for step in walk]
    begun = max((index for index, state in enumerate(states) if state == states[0]), default=0)
    lead = [step for step in walk[begun:-1] if step is not None and step.result in ("ok", "timeout")]
    return lead if len(lead) <= MOST and states[0] is not None else []


def _state(step: Step | None, trees: Trees) -> str | None:
    before = None if step is None else step.before
    return None if before is None or before.tree is None else content_of(trees[before.tree], before.location)
