"""Composed tasks: several that were seen to be done, of one application, joined into one (BUTTON, CompWoB).

A part is a task of which a label calls the run good, or that was given and checked. Parts follow each other where the
next can begin: where the first began, or where the one before ended.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipelines.prove.composing import COMPOSED, alike, sentence
from schemas.actions import ACTIONS
from schemas.arrow import kind_of
from schemas.conditions import Answered, Condition, SetUp, TaskCheck, as_json
from schemas.keys import fraction, key
from schemas.records import Platform
from schemas.screen_conditions import ScreenCondition

TEMPLATE = SOURCE = COMPOSED

ATTEMPTS = 50
"""Draws for each task that is wanted, before it is said that there are no more."""

TRIES = 200
"""Parts that are tried as the next one, from a drawn one on."""

_CHANGING = frozenset(kind_of(kind) for kind in ACTIONS if kind.sets_target)


@dataclass(frozen=True, slots=True)
class Part:
    """A task that was seen to be done; `part_id` is that of its instruction, or of the task that was given.

    `start` is where it can be begun, `begin` the same as it is compared, and `end` where it left off, null where that
    is not known. `subjects` are what it changes. `asks` says that it wants an answer.
    """

    part_id: str
    text: str
    platform: Platform
    app: str
    start: str
    begin: str
    end: str | None = None
    subjects: frozenset[str] = frozenset()
    asks: bool = False
    setup: SetUp = field(default_factory=SetUp)
    check: TaskCheck | None = None

    @property
    def is_last(self) -> bool:
        """Whether nothing can follow: it is answered, or what is shown at the end is looked at."""
        return self.asks or (
            self.check is not None
            and any(isinstance(condition, ScreenCondition | Answered) for condition in self.check.conditions)
        )


def compose(parts: Sequence[Part], *, lengths: tuple[int, int], count: int, seed: int) -> Iterator[dict[str, Any]]:
    """At most so many composed tasks as `hindtrace rollout` reads them, each of as many parts as `lengths` allow.

    The same parts in another order are another task. What is drawn hangs on the parts and the seed alone.
    """
    groups: dict[tuple[str, str], list[Part]] = {}
    for part in sorted(parts, key=lambda part: part.part_id):
        groups.setdefault((part.platform, part.app), []).append(part)
    firsts = [part for _, group in sorted(groups.items()) if len(group) > 1 for part in group]
    least, most = lengths
    made: set[tuple[str, ...]] = set()
    for attempt in range(ATTEMPTS * count if firsts else 0):
        if len(made) == count:
            return
        first = firsts[_drawn(len(firsts), seed, attempt, "first")]
        wanted = least + _drawn(most - least + 1, seed, attempt, "length")
        chain = _chain(first, groups[first.platform, first.app], wanted, seed, attempt)
        names = tuple(part.part_id for part in chain)
        if len(chain) >= least and names not in made:
            made.add(names)
            yield joined(chain)


def _chain(first: Part, group: Sequence[Part], wanted: int, seed: int, attempt: int) -> list[Part]:
    chain = [first]
    while len(chain) < wanted:
        at = _drawn(len(group), seed, attempt, len(chain))
        around = (group[(at + step) % len(group)] for step in range(min(TRIES, len(group))))
        following = next((part for part in around if why_not(chain, part) is None), None)
        if following is None:
            break
        chain.append(following)
    return chain


def _drawn(count: int, *what: object) -> int:
    return int(fraction("compose", *what) * count)


def why_not(chain: Sequence[Part], part: Part) -> str | None:
    """Why a task can't follow those of the chain, or None."""
    if chain[-1].is_last:
        return "nothing can follow"
    if part.begin not in (chain[0].begin, chain[-1].end):
        return "it begins elsewhere"
    if part.setup != SetUp() and part.start != chain[0].start:
        return "its set-up belongs to another start"
    for earlier in chain:
        if earlier.part_id == part.part_id or earlier.subjects & part.subjects or alike(earlier.text, part.text):
            return "they are about the same"
        if not _agree(earlier, part):
            return "their set-ups or checks are about the same"
    if sum(bool(earlier.check and earlier.check.any) for earlier in (*chain, part)) > 1:
        return "two checks leave a choice"
    return None


def _agree(first: Part, second: Part) -> bool:
    """Whether no file is named by both."""
    paths = [
        {path for condition in _conditions(part) if (path := getattr(condition, "path", None)) is not None}
        for part in (first, second)
    ]
    return not paths[0] & paths[1]


def _conditions(part: Part) -> Iterator[object]:
    yield from part.setup.steps
    yield from part.setup.require
    yield from () if part.check is None else part.check.conditions


def joined(chain: Sequence[Part]) -> dict[str, Any]:
    """The parts as one task; it has a check only where each of them has one."""
    first = chain[0]
    steps = tuple(step for part in chain for step in part.setup.steps)
    require = tuple(condition for part in chain for condition in part.setup.require)
    names = [part.part_id for part in chain]
    task: dict[str, Any] = {
        "id": key("composed", names),
        "text": sentence([part.text for part in chain]),
        "platform": first.platform,
        "app": first.app,
        "start": first.start,
        "template": TEMPLATE,
        "source": SOURCE,
        "parts": names,
    }
    if steps or require:
        task["setup"] = as_json(SetUp(steps, require))
    checks = [part.check for part in chain if part.check is not None]
    if len(checks) == len(chain):
        every: tuple[Condition, ...] = tuple(condition for part in checks for condition in part.all)
        choice = tuple(condition for part in checks for condition in part.any)
        task["check"] = as_json(TaskCheck(every, choice, tuple(group for part in checks for group in part.passed)))
    return task


def subjects_of(steps: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """What the steps change: the elements in which something was entered, chosen, ticked or moved, in small letters."""
    return frozenset(
        f"{step['target']['role']} {' '.join(step['target']['name'].split()).casefold()}"
        for step in steps
        if step["action"]["kind"] in _CHANGING and step["target"] is not None
    )
