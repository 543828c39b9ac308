"""What is asked of a list that was come to: what it says of a row, of which row, which has most, and how many."""

import dataclasses

import pytest

from labelers.reading import Vocabulary, read
from labelers.rules.asking import is_answer, moves
from labelers.rules.listing import list_questions
from schemas.claims import claim_of, fulfilled
from schemas.pages import Page
from tests.labelers.site import HOME, Part, Scene, heading, link, scene, table

TAGS = (("baking", "3", "Ann"), ("bread", "12", "Ben"), ("craft", "7", "Ben"))


def page(seen: Scene) -> Page:
    assert seen.tree is not None
    return Page(seen.tree, title=seen.title, location=seen.location)


def tags(*more: Part, rows: tuple[tuple[str, ...], ...] = TAGS) -> Scene:
    return scene("/tags", heading("Tags"), table(("Name", "Used", "Keeper"), rows), *more)


def kinds(end: Scene, *before: Scene) -> set[str]:
    return {each.template for each in list_questions("Tags", page(end), [page(each) for each in before])}


def test_a_list_is_asked_of_in_four_ways_each_true_of_it_and_read_as_that_from_the_words_alone() -> None:
    asked = list(list_questions("Tags", page(tags()), [page(HOME)]))
    assert {each.template for each in asked} == {"list+cell", "list+which", "list+extreme", "list+count"}
    walk = [page(HOME), page(tags())]
    for each in asked:
        claim = claim_of([(each.shown,)], walk[-1], answer=each.answer)
        assert fulfilled(claim, walk)
        for way in each.ways:
            understood = read(way, Vocabulary(), answer=each.answer)
            assert fulfilled(understood, walk)
            assert not fulfilled(understood, walk[:1])
    (top,) = (each for each in asked if each.template == "list+extreme")
    wrong = read(top.ways[0], Vocabulary(), answer="craft")
    assert not fulfilled(wrong, walk), "another row is not the one with the most"


def test_what_the_page_before_told_is_not_asked_for() -> None:
    assert kinds(tags(), tags()) == {"list+count"}


def test_of_a_list_that_goes_on_nothing_is_asked_that_hangs_on_all_of_it() -> None:
    assert kinds(tags(link("more", "/tags?page=2"))) == {"list+cell"}
    seen = tags()
    assert seen.tree is not None
    assert kinds(dataclasses.replace(seen, tree=dataclasses.replace(seen.tree, cut=9))) == {"list+cell"}


def test_a_page_that_is_not_headed_so_is_not_asked_about_by_that_name() -> None:
    other = scene("/tags", heading("All words"), table(("Name", "Used", "Keeper"), TAGS))
    assert kinds(other) == set()


def test_which_has_the_most_is_asked_only_where_one_has() -> None:
    rows = (("baking", "7", "Ann"), ("bread", "7", "Ben"), ("craft", "7", "Ben"))
    assert "list+extreme" not in kinds(tags(rows=rows))
    assert "list+extreme" not in kinds(tags(rows=(*TAGS, ("games", "few", "Ann"))))


@pytest.mark.parametrize(
    ("value", "good"),
    [
        ("Ann", True),
        ("7", True),
        ("1", False),
        ("Tue, 03 Mar 2026 10:00:00 +0000", True),
        ("55.4 minutes", False),
        ("5 months ago", False),
        ("10:04", False),
        ("58155396cf0c", False),
        ("https://example.org/bees", False),
        ("varchar(40)", False),
        ("word " * 20, False),
    ],
)
def test_an_answer_is_short_plain_and_the_same_tomorrow(value: str, good: bool) -> None:
    assert is_answer(value) == good


def test_a_time_that_is_named_with_its_year_does_not_move() -> None:
    assert not moves("2026-12-01 11:04:05")
    assert moves("11:04:05")
