"""Sentences that are made false, one thing at a time."""

import pytest

from benchmarks.proofs import Lie, lies_of
from labelers.reading import Vocabulary, read
from pipelines.prove.proving import Claimed
from pipelines.prove.tasks import Task


def task(text: str, answer: str | None = None) -> Task:
    asked = read(text, Vocabulary(), answer=answer)
    return Task(("i",), "t", text, answer, None, "fernwood", Claimed("/", (), asked, asked), whole=True, changes=())


OTHERS = [
    task('In "Plants", open the record of "Royal Fern".'),
    task('In "Orders", open the record of "Lady Fern".'),
    task('List the rows of "Plants" whose "family" is "Osmunda".'),
    task('List the rows of "Plants" whose "family" is "Cyathea" and sort the list by "height" in ascending order.'),
]


@pytest.mark.parametrize(
    ("number", "lies"),
    [
        (0, {("place", 'In "Orders", open the record of "Royal Fern".'),
             ("row", 'In "Plants", open the record of "Lady Fern".')}),
        (2, {("place", 'List the rows of "Orders" whose "family" is "Osmunda".'),
             ("column", 'List the rows of "Plants" whose "height" is "Osmunda".'),
             ("value", 'List the rows of "Plants" whose "family" is "Cyathea".')}),
    ],
)  # fmt: skip
def test_one_thing_of_a_sentence_is_swapped_for_its_like(number: int, lies: set[tuple[str, str]]) -> None:
    assert {
        (lie.kind, lie.text) for lie in lies_of(OTHERS[number], OTHERS) if lie.kind not in ("verb", "order")
    } == lies


def test_verbs_and_the_order_of_what_is_done_are_swapped_too() -> None:
    told = list(lies_of(OTHERS[3], OTHERS))
    assert Lie("verb", OTHERS[3].text.replace("ascending", "descending")) in told
    last = 'Sort the list by "height" in ascending order and list the rows of "Plants" whose "family" is "Cyathea".'
    assert Lie("order", last) in told
    whole = task('In "Plants", search for "Fern and Moss" and open the record of "Royal Fern".')
    last = 'In "Plants", open the record of "Royal Fern" and search for "Fern and Moss".'
    assert Lie("order", last) in list(lies_of(whole, OTHERS))
