"""A claim against a walk: its end, what it had to pass on the way and in which order, and an answer."""

import pytest

from schemas.claims import Progress, claim_of, fulfilled, is_of_screens, unfulfilled
from schemas.conditions import Answered, FileExists, TaskCheck
from schemas.pages import Page
from schemas.screen_conditions import At, Called, Says, SortedBy
from tests.labelers.site import heading, table, text, tree_of


def page(name: str, *prices: str) -> Page:
    listed = (table(("Price",), [(price,) for price in prices]),) if prices else ()
    return Page(tree_of(heading(name), text(name), *listed), title=name, location=f"http://fernwood.test/{name}")


HOME, LIST, SORTED, RECORD = page("home"), page("list", "3", "1", "2"), page("list", "1", "2", "3"), page("record")
SORT = SortedBy("Price")


def test_what_is_true_at_the_end_is_asked_there_and_the_rest_on_the_way() -> None:
    claim = claim_of([(At("/list"), SORT), (Called("record"),)], RECORD)
    assert claim == TaskCheck((Called("record"),), (), ((At("/list"), SORT),))
    assert claim_of([(At("/list"), SORT)], SORTED, answer="1") == TaskCheck((At("/list"), SORT, Answered("1")))
    assert fulfilled(claim, [HOME, LIST, SORTED, RECORD])
    assert unfulfilled(claim, [HOME, LIST, RECORD]) == At("/list")
    assert unfulfilled(claim, [HOME, LIST, SORTED]) == Called("record")


def test_groups_are_passed_in_their_order_and_each_on_one_page() -> None:
    order = TaskCheck((Called("record"),), (), ((Called("home"),), (SORT,)))
    assert fulfilled(order, [HOME, SORTED, RECORD])
    assert unfulfilled(order, [SORTED, HOME, RECORD]) == SORT
    together = TaskCheck((Called("record"),), (), ((Called("home"), SORT),))
    assert not fulfilled(together, [HOME, SORTED, RECORD])


def test_the_end_may_be_the_page_that_had_to_be_passed() -> None:
    assert fulfilled(TaskCheck((Called("list"),), (), ((SORT,),)), [HOME, SORTED])


@pytest.mark.parametrize(("answer", "done"), [(None, True), (" 4 ROWS", True), ("5", False)])
def test_an_answer_is_compared_where_there_is_one(answer: str | None, done: bool) -> None:
    assert fulfilled(TaskCheck((Says("home"), Answered("4 rows"))), [HOME], answer) is done


def test_one_of_several_is_enough_where_that_is_what_is_asked() -> None:
    assert fulfilled(TaskCheck((), (Says("list"), Says("home"))), [HOME])
    assert unfulfilled(TaskCheck((), (Says("list"), Says("record"))), [HOME]) == Says("list")


def test_a_walk_on_which_nothing_was_seen_does_nothing() -> None:
    assert unfulfilled(TaskCheck((Says("home", negated=True),)), []) == "nothing was seen"


def test_what_lies_in_a_home_is_no_matter_of_screens() -> None:
    check = TaskCheck((FileExists("a"),))
    assert not is_of_screens(check)
    assert is_of_screens(TaskCheck((Says("a"), Answered("b"))))
    assert not fulfilled(check, [HOME])


def test_progress_says_what_is_next() -> None:
    progress = Progress(TaskCheck((Says("a"),), (), ((Called("home"),), (SORT,))))
    progress.see(SORTED)
    assert progress.missing == (Called("home"),)
    progress.see(HOME)
    assert progress.missing == (SORT,)
    progress.see(SORTED)
    assert progress.missing is None
