"""What a link led to, told by what the page that came says, and not by whether it is called as the link is."""

import dataclasses

import pytest

from labelers.observed.graph import TransitionGraph, edges
from labelers.observed.transitions import menu_names, site_names, transitions_of
from labelers.reading import Vocabulary, read
from labelers.rules.effects import Effect
from labelers.rules.paths import runs
from labelers.rules.steps import effect_of
from labelers.rules.tasks import NoTask, TaskSentence, explain, synthesize
from schemas.claims import fulfilled
from schemas.pages import Page
from tests.labelers.site import Act, Part, Scene, click, field, heading, link, part, scene, table, text, typed, walk

VALUES = (("Status:", "Open"), ("Kind:", "Defect"), ("Place:", "North gate"))


def row(*cells: str | Part) -> Part:
    return part(
        "row", "", *(part("cell", "", cell) if isinstance(cell, Part) else part("cell", cell) for cell in cells)
    )


def told(name: str, *parts: Part) -> Part:
    return part("table", "", row("Title:", name), *(row(*each) for each in VALUES), *parts)


def effect(start: Scene, *acts: Act) -> Effect | None:
    transitions = transitions_of(walk(start, *acts))
    return effect_of(transitions[-1], (), site_names(transitions), menu_names(transitions))


def tasks(start: Scene, *acts: Act) -> list[TaskSentence]:
    """The tasks of a walk; the claim of each is true of it, and so is what its words are read as."""
    episode = walk(start, *acts)
    transitions = transitions_of(episode)
    run = next(each for each in runs(transitions) if each.last == len(acts) - 1 and len(each.path) == len(acts))
    names = site_names(transitions), menu_names(transitions)
    made = synthesize(run, transitions, TransitionGraph(edges(episode)), *names)
    scenes = [start, *(act.then for act in acts)]
    seen = [
        Page(each.tree, title=each.title, location=each.location) for each in scenes if each is not None and each.tree
    ]
    for task in made:
        assert task.claim is not None
        for check in (task.claim, read(task.text, Vocabulary(), answer=task.answer)):
            assert fulfilled(check, seen)
            assert not fulfilled(check, seen[:-1])
    return made


def timeline() -> Scene:
    lines = (
        part("row", "", part("cell", "", link(f"[{code}]", f"/info/{code}"), text(f"{said}."), text("user: ada")))
        for code, said in (("08cf1d1951", "Path floods"), ("1ed56b0cb7", "Label the beds"))
    )
    return scene("/timeline", heading("Timeline"), part("table", "", *lines))


TICKET = scene("/info/08cf1d1951", heading("View Ticket"), told("Path floods"))
START = scene("/", heading("Fernwood"), link("Timeline", "/timeline"))


def test_a_code_in_a_row_leads_to_the_record_of_what_else_the_row_says() -> None:
    found = tasks(START, click("Timeline", timeline()), click("[08cf1d1951]", TICKET))
    assert found[0].plain == 'In "Timeline", open the entry "Path floods".'
    assert {each.answer for each in found[1:]} <= {value for _, value in VALUES}
    assert len(found) == 3, "and two of its values are asked for"


def test_a_dialog_that_tells_of_what_the_link_is_called_is_its_record() -> None:
    names = ("Solaris", "Kindred", "Dune")
    cards = [link(name, f"/book/{number}") for number, name in enumerate(names)]

    def books(*more: Part) -> Scene:
        return scene("/books", heading("Books"), *cards, *more)

    shown = books(part("dialog", "Book Details", heading("Solaris", level=2), told("Solaris")))
    found = tasks(scene("/", link("Books", "/books")), click("Books", books()), click("Solaris", shown))
    assert found[0].plain == 'In "Books", open the record of "Solaris".'
    generic = books(part("dialog", "Book Details", text("Nothing known")))
    opened = effect(books(), click("Solaris", generic))
    assert opened is not None
    assert opened.kind == "dialog"


def test_a_link_that_sorts_a_page_opens_none() -> None:
    sorts = link("Sort ascending by name", "/books?by=name")
    start = scene("/books", heading("Books"), link("Solaris", "/book/5"), sorts)
    then = scene("/books?by=name", heading("Books"), sorts, link("Solaris", "/book/5"))
    opened = effect(start, click("Sort ascending by name", then))
    assert opened is None or opened.kind != "open"


def test_what_comes_by_the_start_begins_there() -> None:
    start = scene("/", heading("Fernwood"), link("Timeline", "/timeline"), link("Plants", "/plants"))
    late = scene("/plants", heading("Plants"), link("Home", "/"))
    episode = walk(start, click("Plants", late), click("Home", start), click("Timeline", timeline()))
    transitions = transitions_of(episode)
    for run in (each for each in runs(transitions) if len(each.path) == 2 and each.last == 2):
        with pytest.raises(NoTask, match="where the application begins"):
            synthesize(run, transitions, TransitionGraph(edges(episode)), frozenset())


def test_a_dialog_that_tells_of_a_row_is_its_record() -> None:
    def bookmarks(*more: Part) -> Scene:
        names = ("Keeping bees", "Folding paper")
        rows = [(link("View", f"/{name}"), link(name, f"/to/{name}")) for name in names]
        return scene("/bookmarks", heading("Bookmarks"), table(("do", "Entry"), rows), *more)

    shown = bookmarks(part("dialog", "", heading("View #5", level=3), told("Keeping bees"), flags=("modal",)))
    found = tasks(scene("/", link("Bookmarks")), click("Bookmarks", bookmarks()), click("View", shown))
    assert found[0].plain == 'In "Bookmarks", open the record of "Keeping bees".'
    other = bookmarks(part("dialog", "", heading("View #6", level=3), told("Old maps"), flags=("modal",)))
    assert effect(bookmarks(), click("View", other)) is None


def test_the_link_of_a_value_leads_to_another_record_that_questions_go_by_way_of() -> None:
    def change(name: str, number: str, by: str, *more: Part) -> Scene:
        rows = (("author:", by), ("date:", f"{number} May 2026"))
        return scene(
            f"/rev/{number}", heading(f"change {number}"), text(name), part("table", "", *map_rows(rows), *more)
        )

    log = scene(
        "/log", heading("Log"), table(("by", "what"), [("x", link("Add beds", "/rev/4")), ("y", link("Add pond"))])
    )
    first = change("Add beds", "4", "Ann", row("parent:", link("7", "/rev/7")))
    found = tasks(log, click("Add beds", first), click("7", change("Add gate", "7", "Ben")))
    asked = [(each.plain, each.answer) for each in found if each.answer is not None]
    assert ('In "Log", look up the "parent" of "Add beds" and report its "author".', "Ben") in asked


def map_rows(rows: tuple[tuple[str, str], ...]) -> tuple[Part, ...]:
    return tuple(row(*each) for each in rows)


def listed(*names: str, query: str = "") -> Scene:
    rows = [(f"{name} {tag}", "4") for name, tag in (each.split("/") for each in names)]
    return scene(f"/bookmarks{query}", heading("Bookmarks"), table(("Entry", "Visits"), rows))


TAGS = scene("/tags", heading("Tags"), table(("Name", "Used"), [(link("garden", "/b?tag=garden"), "2"), ("sea", "9")]))
GARDEN = listed("Bees/garden", "Moss/garden", query="?tag=garden")


def test_a_link_that_left_what_says_its_name_narrowed_a_list_and_opened_no_record() -> None:
    found = tasks(scene("/", link("Tags")), click("Tags", TAGS), click("garden", GARDEN, role="link"))
    assert found[0].plain == 'Go to "Tags" and list what "Bookmarks" has for "garden".'
    assert [(each.plain, each.answer) for each in found[1:]] == [
        ('How many rows does "Bookmarks" have for "garden"?', "2")
    ]


@pytest.mark.parametrize("end", [listed("Bees/sea", "Moss/garden", query="?tag=garden"), listed("Bees/garden")])
def test_a_list_of_which_some_say_something_else_or_whose_address_does_is_not_narrowed(end: Scene) -> None:
    found = effect(TAGS, click("garden", end, role="link"))
    assert found is None or found.kind != "narrow"


def test_what_was_sent_from_a_field_without_a_name_was_searched_for_where_the_address_says_so() -> None:
    start = scene("/log", heading("Log"), field(""), table(("by", "what"), [("Ann", "Beds"), ("Ben", "Gate")]))
    end = scene("/log?rev=Ann", heading("Found"), field(""), table(("by", "what"), [("Ann", "Beds"), ("Ann", "Pond")]))
    found = effect(start, typed("Ann", "", end, role="textbox", submit=True))
    assert found is not None
    assert (found.kind, found.phrase) == ("search", 'search for "Ann"')


def test_words_of_a_menu_chained_are_no_task_and_pages_below_it_are() -> None:
    menu = tuple(link(name) for name in ("Tags", "Branches", "Graph"))
    start, tags, branches = (scene(f"/{name}", *menu, heading(name.title())) for name in ("log", "tags", "branches"))
    with pytest.raises(NoTask):
        tasks(start, click("Tags", tags), click("Branches", branches))
    deep = scene("/tags", *menu, heading("Tags"), link("Rules of naming", "/rules"))
    rules = scene("/rules", *menu, heading("Rules of naming"))
    found = tasks(start, click("Tags", deep), click("Rules of naming", rules))
    assert [each.plain for each in found] == ['Go to "Tags" and open "Rules of naming".']


def test_a_page_that_a_link_does_not_name_is_asked_for_by_its_own_heading() -> None:
    users = scene(
        "/users", heading("User List"), table(("Name", "Rights"), [("ada", "all"), ("bob", "few"), ("eve", "no")])
    )
    admin = scene("/admin", heading("Admin"), link("People", "/users"))
    found = tasks(scene("/", link("Admin")), click("Admin", admin), click("People", users))
    assert found[0].plain == 'Go to "Admin" and open "User List".'
    assert {each.template for each in found[1:]} <= {"list+cell", "list+which", "list+count"}
    assert found[1:]


def test_on_a_desktop_what_the_application_began_with_is_put_away_and_an_item_shows_its_part() -> None:
    def window(*parts: Part, title: str, part_of: str = "atspi") -> Scene:
        made = scene("/app", *parts, title=title)
        assert made.tree is not None
        return dataclasses.replace(made, tree=dataclasses.replace(made.tree, kind=part_of))

    def main(chosen: str) -> Scene:
        names = ("Due", "Future")
        options = (part("option", name, flags=("selected",) if name == chosen else ()) for name in names)
        return window(part("window", "Money", part("list", "", *options)), title="Money")

    welcome = window(part("dialog", "Welcome", part("button", "Start afresh")), title="Welcome")
    acts = click("Start afresh", main("Due")), click("Future", main("Future"), role="option")
    episode = walk(welcome, *acts)
    steps = (
        dataclasses.replace(each, step=dataclasses.replace(each.step, platform="desktop")) for each in episode.steps
    )
    transitions = transitions_of(dataclasses.replace(episode, steps=tuple(steps)))
    first, second = explain(transitions, frozenset())
    assert (first.kind, first.phrase) == ("reveal", None)
    assert (second.kind, second.phrase) == ("tab", 'switch to "Future"')
    with pytest.raises(NoTask):
        explain(transitions_of(episode), frozenset())  # on the web nothing begins with a dialog that has to go
