"""Data that was entered and saved: how one came to the form, what its fields took, and where it is told afterwards."""

import json

from labelers.observed.graph import TransitionGraph, edges
from labelers.observed.transitions import transitions_of
from labelers.reading import Vocabulary, read
from labelers.rules.rules import RulesBackend
from schemas.actions import Key
from schemas.claims import fulfilled
from schemas.conditions import TaskCheck, parse_check
from schemas.pages import Page
from tests.labelers.site import Act, Part, Scene, button, click, field, heading, link, part, scene, table, typed, walk


def commands(start: Scene, *acts: Act) -> dict[str, TaskCheck]:
    """What the rules ask for that enters something, each with its claim; the words are read as asking for the same."""
    episode = walk(start, *acts)
    opinions = RulesBackend()(episode, TransitionGraph(edges(episode)))
    found = {}
    seen = pages(start, *acts)
    for each in opinions.instructions:
        if each.level != "high" or each.answer is not None or "then press" not in each.text:
            continue
        assert each.claim is not None, each.text
        found[each.text] = parse_check(json.loads(each.claim))
        path = seen[: each.last_step + 2]
        for check in (found[each.text], read(each.text, Vocabulary())):
            assert fulfilled(check, path), (each.text, check)
    return found


def pages(start: Scene, *acts: Act) -> list[Page]:
    scenes = [start, *(act.then for act in acts)]
    assert transitions_of(walk(start, *acts))
    return [Page(each.tree, title=each.title, location=each.location) for each in scenes if each and each.tree]


def tools(*rows: tuple[str, str]) -> Scene:
    lines: list[list[str | Part]] = [
        [link(name, f"/tools/{name}"), shelf, link("Edit", f"/tools/{name}/edit")] for name, shelf in rows
    ]
    return scene("/tools", heading("Tools"), link("Create", "/tools/new"), table(("Name", "Shelf", "Act"), lines))


def form(name: str = "", shelf: str = "", *more: Part, to: str = "new") -> Scene:
    fields = (field("Name", name), field("Shelf", shelf), *more, button("Save"))
    return scene(f"/tools/{to}", heading("Tools"), part("form", "", *fields, id="f"))


LIST = (("Spade", "B2"), ("Hose", "A1"))


def test_the_press_that_brings_a_form_up_is_asked_for_and_each_of_its_fields() -> None:
    acts = [
        click("Create", form()),
        typed("Rake", "Name", form("Rake")),
        typed("C3", "Shelf", form("Rake", "C3")),
        click("Save", tools(*LIST, ("Rake", "C3"))),
    ]
    (text, claim), *rest = commands(tools(*LIST), *acts).items()
    assert not rest
    assert 'ress "Create", ' in text
    assert '"Tools", ' in text
    assert text.endswith(', then press "Save".')
    for value in ("Rake", "C3"):
        assert f'"{value}"' in text
    unsaved = pages(tools(*LIST), *acts[:-1], click("Save", tools(*LIST)))
    assert not fulfilled(claim, unsaved)
    assert not fulfilled(read(text, Vocabulary()), unsaved)


def changed(name: str) -> list[Act]:
    """The first of the rows or another one is put on another shelf."""
    shelf = dict(LIST)[name]
    after = [(each, "D4" if each == name else old) for each, old in LIST]
    nth = [each for each, _ in LIST].index(name)
    return [
        click("Edit", form(name, shelf, to=f"{name}/edit"), nth=nth),
        typed("D4", "Shelf", form(name, "D4", to=f"{name}/edit")),
        click("Save", tools(*after)),
    ]


def test_a_change_is_told_of_the_row_that_it_was_made_to() -> None:
    (text, claim), *_ = commands(tools(*LIST), *changed("Hose")).items()
    assert 'ress "Edit" of "Hose", ' in text
    other = pages(tools(*LIST), *changed("Spade"))
    assert not fulfilled(claim, other)
    assert not fulfilled(read(text, Vocabulary()), other)


def test_what_no_page_tells_is_left_out_and_the_rest_is_asked_for() -> None:
    acts = [
        click("Create", form("", "", field("Note"))),
        typed("Rake", "Name", form("Rake", "", field("Note"))),
        typed("Oiled in May", "Note", form("Rake", "", field("Note", "Oiled in May"))),
        click("Save", tools(*LIST, ("Rake", ""))),
    ]
    (text, _), *rest = commands(tools(*LIST), *acts).items()
    assert not rest
    assert '"Rake"' in text
    assert "Oiled" not in text


def test_a_word_that_a_field_keeps_is_added_to_it() -> None:
    def tagged(*tags: str, typing: str = "") -> Scene:
        chips = [part("listitem", f"\u00d7 {tag}") for tag in tags]
        return form("Rake", "", *chips, field("Tags", typing, "combobox"))

    def saved(*rows: tuple[str, str, str]) -> Scene:
        return scene("/tools", heading("Tools"), link("Create", "/tools/new"), table(("Name", "Shelf", "Tags"), rows))

    old = (("Spade", "B2", "digging"), ("Hose", "A1", "water"))
    acts = [
        click("Create", form("", "", field("Tags", "", "combobox"))),
        typed("Rake", "Name", tagged()),
        typed("autumn", "Tags", tagged(typing="autumn"), role="combobox"),
        Act(Key("Enter"), tagged("autumn")),
        click("Save", saved(*old, ("Rake", "", "autumn leaves"))),
    ]
    texts = list(commands(saved(*old), *acts))
    assert len(texts) == 1
    assert 'add "autumn" to "Tags", then press "Save".' in texts[0]


def test_what_is_found_again_by_a_search_is_asked_for_with_it() -> None:
    def home(query: str = "") -> Scene:
        return scene(
            "/", heading("Shed"), link("Create", "/tools/new"), field("Search", query, "searchbox"), button("Go")
        )

    found = scene(
        "/tools?q=Rake", heading("Results"), table(("Name", "Shelf"), [("Rake", "C3"), ("Rake, small", "C4")])
    )
    acts = [
        click("Create", form()),
        typed("Rake", "Name", form("Rake")),
        typed("C3", "Shelf", form("Rake", "C3")),
        click("Save", home()),
        typed("Rake", "Search", home("Rake"), role="searchbox"),
        click("Go", found),
    ]
    texts = [text for text in commands(home(), *acts) if "search for" in text]
    assert len(texts) == 1
    assert texts[0].endswith(', then press "Save" and search for "Rake".')


def test_what_was_refused_and_written_over_is_no_part_of_the_task() -> None:
    wrong = form("?", "C3", part("alert", "Error: the name is invalid"))
    acts = [
        click("Create", form()),
        typed("?", "Name", form("?")),
        typed("C3", "Shelf", form("?", "C3")),
        click("Save", wrong),
        typed("Rake", "Name", form("Rake", "C3")),
        click("Save", tools(*LIST, ("Rake", "C3"))),
    ]
    texts = list(commands(tools(*LIST), *acts))
    assert len(texts) == 1
    assert '"?"' not in texts[0]
    assert '"Rake"' in texts[0]
