"""Questions over several pages: of what a record links to, of what stands first, of what is left by a filter."""

import pytest

from labelers.observed.graph import TransitionGraph, edges
from labelers.observed.transitions import site_names, transitions_of
from labelers.reading import Unread, Vocabulary, read
from labelers.rules.paths import runs
from labelers.rules.questions import Question, questions
from labelers.rules.tasks import explain, synthesize
from schemas.claims import fulfilled
from schemas.pages import Page
from tests.labelers.site import PLANTS, Act, Scene, click, heading, link, plants, scene, table, text, walk

AUTHORS = {"1": ("Ines Sato", "1971", "Porto"), "2": ("Emil Dumas", "1950", "Lyon")}
BOOKS = (("Glass Harbour", "1", "240"), ("Winter Roads", "2", "410"), ("Salt Maps", "1", "120"))


def books(*, by: bool = False, only: str | None = None, page: int = 1, linked: bool = True) -> Scene:
    """The list of books, each with a link to its author; `by` the pages, the longest first; `page` 2 lacks one."""
    rows = [row for row in BOOKS if only in (None, AUTHORS[row[1]][0]) and (page == 1 or row[0] != "Winter Roads")]
    rows = sorted(rows, key=lambda row: -int(row[2])) if by else rows
    lines = [
        (
            link(title, f"/books/{title}"),
            link(AUTHORS[author][0], f"/authors/{author}") if linked else AUTHORS[author][0],
            pages,
        )
        for title, author, pages in rows
    ]
    kept = ("sort=pages&" if by else "") + (f"author={only}" if only else "")
    return scene(
        "/books?" + kept,
        heading("Books"),
        *([text(f"{len(rows)} rows")] if only else []),
        table(("title", "author", "pages"), lines, sortable="/books?"),
    )


def author(number: str) -> Scene:
    name, born, city = AUTHORS[number]
    return scene(
        f"/authors/{number}",
        heading(name),
        table(("name", "born", "city"), [(name, born, city)]),
        link("books", f"/books?author={name}"),
    )


def book(title: str) -> Scene:
    row = next(row for row in BOOKS if row[0] == title)
    return scene(
        f"/books/{title}",
        heading(title),
        table(
            ("title", "author", "shelf"), [(title, link(AUTHORS[row[1]][0], f"/authors/{row[1]}"), f"Room {row[2]}")]
        ),
    )


def pages(*scenes: Scene) -> list[Page]:
    return [Page(seen.tree, title=seen.title, location=seen.location) for seen in scenes if seen.tree is not None]


def asked(start: Scene, *acts: Act) -> tuple[str, str | None]:
    """The one question of a walk, with its answer; the claim and each way of the question are true of the walk."""
    episode = walk(start, *acts)
    transitions = transitions_of(episode)
    run = next(run for run in runs(transitions) if run.last == len(acts) - 1 and len(run.path) == len(acts))
    task, *_ = [
        each
        for each in synthesize(run, transitions, TransitionGraph(edges(episode)), site_names(transitions))
        if each.answer is not None
    ]
    seen = pages(start, *(act.then for act in acts if act.then is not None))
    assert task.claim is not None
    assert fulfilled(task.claim, seen)
    assert not fulfilled(task.claim, seen[:-1])
    for words in (task.text, task.plain):
        check = read(words, Vocabulary(), answer=task.answer)
        assert fulfilled(check, seen)
        assert not fulfilled(check, seen[:-1])
    return task.plain, task.answer


def test_a_value_of_what_a_row_links_to() -> None:
    assert asked(books(), click("Emil Dumas", author("2"), role="link")) == (
        'In "Books", look up the "author" of "Winter Roads" and report its "city".',
        "Lyon",
    )


def test_a_value_over_two_records() -> None:
    acts = [click("Winter Roads", book("Winter Roads"), role="link"), click("Emil Dumas", author("2"), role="link")]
    assert asked(books(linked=False), *acts) == (
        'In "Books", look up the "author" of "Winter Roads" and report its "born".',
        "1950",
    )


def test_a_value_of_what_stands_first_and_of_what_that_links_to() -> None:
    start, longest = books(page=2, linked=False), click("pages", books(by=True, linked=False), role="link")
    opened = click("Winter Roads", book("Winter Roads"), role="link")
    assert asked(start, longest, opened) == (
        'In "Books", look up the "title" with the highest "pages" and report the "shelf" that its record gives.',
        "Room 410",
    )
    assert asked(start, longest, opened, click("Emil Dumas", author("2"), role="link")) == (
        'In "Books", look up the "author" of the "title" with the highest "pages" and report its "born".',
        "1950",
    )


def test_how_many_rows_belong_to_a_record() -> None:
    acts = [click("Ines Sato", author("1"), role="link"), click("books", books(only="Ines Sato"), role="link")]
    start = author("1")
    assert asked(start, acts[1]) == ('How many rows of "Books" have "Ines Sato" as their "author"?', "2")


def test_what_stands_first_among_the_rows_that_a_filter_left() -> None:
    facet = plants(only=("family", "Osmunda"), rows=(*PLANTS, ("17", "Tall Fern", "Osmunda", "400")))
    ordered = plants(
        only=("family", "Osmunda"), rows=(*PLANTS, ("17", "Tall Fern", "Osmunda", "400")), by="height", down=True
    )
    acts = [click("Osmunda", facet, role="link"), click("height", ordered, role="link")]
    found = walk(plants(), *acts)
    transitions = transitions_of(found)
    effects = explain(transitions, frozenset())
    asked_for = questions(
        effects,
        (),
        [each.before for each in transitions if each.before is not None][:1],
        [each.after for each in transitions if each.after is not None],
        transitions[-1].after,
    )
    assert [(each.ways[0], each.answer) for each in asked_for] == [
        (
            'In "Plants", which "name" has the highest "height" among the rows whose "family" is "Osmunda"?',
            "Tall Fern",
        )
    ]


def test_each_way_of_a_question_is_read_as_the_same() -> None:
    made: list[Question] = []
    for start, acts in (
        (books(), [click("Emil Dumas", author("2"), role="link")]),
        (books(), [click("Winter Roads", book("Winter Roads"), role="link")]),
        (author("1"), [click("books", books(only="Ines Sato"), role="link")]),
        (plants(), [click("Osmunda", plants(only=("family", "Osmunda")), role="link")]),
        (plants(rows=PLANTS[1:]), [click("height", plants(by="height", down=True), role="link")]),
    ):
        transitions = transitions_of(walk(start, *acts))
        effects = explain(transitions, frozenset())
        seen = [each.before for each in transitions if each.before is not None]
        after = [each.after for each in transitions if each.after is not None]
        made += questions(effects, (), seen, after, after[-1])
    assert [each.template for each in made] == [
        *["record+join+value"] * 2, "record+value", "related+count", "filter+count", "sort+extreme",
    ]  # fmt: skip
    for question in made:
        checks = {read(way, Vocabulary(), answer=question.answer) for way in question.ways}
        assert len(checks) == 1, question.ways
    assert all(len(question.ways) > 1 for question in made)


@pytest.mark.parametrize("cut", list(range(5, 60, 5)))
def test_a_part_of_a_question_is_none(cut: int) -> None:
    whole = 'In "Books", look up the "author" of "Winter Roads" and report its "born".'
    with pytest.raises(Unread):
        read(whole[:cut], Vocabulary(), answer="1950")
