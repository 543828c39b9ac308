"""A claim: what is true when a task is done, as a check of screens; whether a walk fulfils it.

What is true at the end is asked of the end, what is not any more of the walk, in its order: so "sort, then open" needs
its sort.
"""

from collections.abc import Iterable, Sequence

from schemas.conditions import Answered, Condition, HomeCondition, TaskCheck
from schemas.pages import Page
from schemas.records import Observation, Tree
from schemas.screen_conditions import ScreenCondition, shown

NOTHING = Tree("none", ())


class Progress:
    """How far a walk came through the groups that its check wants passed: each on one page, in their order.

    A page may fulfil several of them.
    """

    def __init__(self, check: TaskCheck) -> None:
        self._left = list(check.passed)

    def see(self, page: Page) -> None:
        """The next page of the walk."""
        while self._left and all(shown(condition, page) for condition in self._left[0]):
            del self._left[0]

    @property
    def missing(self) -> tuple[ScreenCondition, ...] | None:
        """The first group that was not passed yet."""
        return self._left[0] if self._left else None


def page_of(observation: Observation) -> Page:
    """What is seen, to be read as a page; without a tree there is nothing on it."""
    return Page(observation.tree or NOTHING, title=observation.title, location=observation.location)


def unfulfilled(check: TaskCheck, walk: Sequence[Page], answer: str | None = None) -> Condition | str | None:
    """The first condition that a walk does not fulfil, or None where it does what the check says.

    An answer that is wanted is compared where one is given: without one it is not asked for.
    """
    if not walk:
        return "nothing was seen"
    progress = Progress(check)
    for page in walk:
        progress.see(page)
    if progress.missing is not None:
        return progress.missing[0]
    last = walk[-1]
    for condition in check.all:
        if not _true(condition, last, answer):
            return condition
    if check.any and not any(_true(condition, last, answer) for condition in check.any):
        return check.any[0]
    return None


def fulfilled(check: TaskCheck, walk: Sequence[Page], answer: str | None = None) -> bool:
    """Whether a walk, the pages from its start to its end, does what the check says."""
    return unfulfilled(check, walk, answer) is None


def is_of_screens(check: TaskCheck) -> bool:
    """Whether a check asks for nothing but what screens show and an answer: no file, no command."""
    return not any(isinstance(condition, HomeCondition) for condition in check.conditions)


def claim_of(moments: Sequence[Iterable[ScreenCondition]], end: Page, *, answer: str | None = None) -> TaskCheck:
    """A claim from what was true after one step and the next: at the end what still is, the rest as passed."""
    kept: list[Condition] = []
    passed: list[tuple[ScreenCondition, ...]] = []
    for moment in moments:
        conditions = tuple(moment)
        if all(shown(condition, end) for condition in conditions):
            kept += [condition for condition in conditions if condition not in kept]
        elif conditions:
            passed.append(conditions)
    if answer is not None:
        kept.append(Answered(answer))
    return TaskCheck(tuple(kept), (), tuple(passed))


def same_answer(first: str, second: str) -> bool:
    """Whether two answers are the same, whatever their case and the spaces in and around them."""
    return " ".join(first.split()).casefold() == " ".join(second.split()).casefold()


def _true(condition: Condition, page: Page, answer: str | None) -> bool:
    match condition:
        case Answered(text, negated):
            return answer is None or same_answer(answer, text) != negated
        case _ if isinstance(condition, HomeCondition):
            return False  # nothing of a home is on a screen
        case _:
            return shown(condition, page)
