import re
from random import Random

import pytest

from explorers.core.affordances import affordances
from explorers.policies.fields import FieldKind
from explorers.policies.values import PASSWORD, SeenValues, is_blank, option_for, value_for
from schemas.records import Node, Observation
from tests.explorers.screens import node, screen

TABLE = (
    node("row"),
    node("cell", "Oslo", depth=1, column="City"),
    node("cell", "12", depth=1, column="Age"),
    node("cell", "2024-03-01", depth=1, column="Due"),
    node("row"),
    node("cell", "Rome", depth=1, column="City"),
    node("cell", "ada@shop.example", depth=1, column="Mail"),
)


def invented(_field: Node, kind: FieldKind, _chance: Random) -> str:
    return f"invented {kind}"


def typed(field: Node, *others: Node, before: tuple[Node, ...] = (), times: int = 20) -> set[str | None]:
    """All that is typed into the field, over several seeds."""
    seen = screen(*TABLE, *others, field)
    [each] = [each for each in affordances(seen) if each.node is field]
    known = SeenValues()
    assert seen.tree is not None
    known.learn(seen.tree)
    return {value_for(each, before, seen.tree, known, Random(seed), invented) for seed in range(times)}


def field(kind: str, name: str = "") -> Node:
    return node("textbox", name, "editable", field=kind, y=100)


def test_words_come_from_the_page() -> None:
    assert typed(field("text")) == {"Oslo", "Rome", "ada@shop.example"}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("number", {"12"}),
        ("date", {"2024-03-01"}),
        ("email", {"ada@shop.example"}),
        ("password", {PASSWORD}),
        ("time", {"invented time"}),
    ],
)
def test_a_field_gets_what_its_kind_takes(kind: str, expected: set[str]) -> None:
    whose = node("textbox", "Whose", "editable", y=130)  # a password alone would be set, not given
    assert typed(field(kind), whose) == expected


def test_a_field_named_after_a_column_gets_its_values() -> None:
    assert typed(field("text", "Your city")) == {"Oslo", "Rome"}


def test_a_list_set_to_a_column_decides_what_is_typed_after_it() -> None:
    chosen = node("combobox", value="Due", options=("- column -", "City", "Due"))
    assert typed(field("text"), before=(chosen,)) == {"2024-03-01"}


def test_nothing_is_typed_where_the_chosen_column_was_never_seen() -> None:
    chosen = node("combobox", value="Weight", options=("City", "Weight"))
    assert typed(field("text"), before=(chosen,)) == {None}


def test_a_field_that_holds_a_date_gets_a_date() -> None:
    assert typed(node("textbox", "", "editable", field="text", value="2020-01-01", y=100)) == {"2024-03-01"}


def test_what_changes_by_itself_is_never_typed() -> None:
    known = SeenValues()
    seen = screen(node("link", "3 minutes ago"), node("link", "Anna Weber"))
    assert seen.tree is not None
    known.learn(seen.tree)
    assert known.words() == ["Anna Weber"]


def test_a_cell_of_several_things_is_no_value() -> None:
    known = SeenValues()
    seen = screen(
        node("cell", "Igor Becker 34", column="Author"),
        node("link", "Igor Becker", depth=1),
        node("text", "34", depth=1),
        node("cell", "Rosa", column="Author"),
        node("link", "Rosa", depth=1),
    )
    assert seen.tree is not None
    known.learn(seen.tree)
    assert known.column("author") == ["Rosa"]


def test_of_long_values_one_word_is_typed() -> None:
    seen = screen(node("cell", "The Blue House of Oslo", column="Title"), field("text"))
    [each] = affordances(seen)
    found = {value_for(each, (), seen.tree, SeenValues(), Random(seed), invented) for seed in range(30)}
    assert found == {"Blue", "House", "Oslo"}


def test_with_nothing_seen_a_text_is_invented() -> None:
    seen: Observation = screen(field("text"))
    [each] = affordances(seen)
    assert value_for(each, (), seen.tree, SeenValues(), Random(1), invented) == "invented words"


@pytest.mark.parametrize(
    ("value", "blank"),
    [
        ("", True),
        (None, True),
        ("- column -", True),
        ("Choose a city", True),
        ("--", True),
        ("=", False),
        ("Oslo", False),
    ],
)
def test_a_list_is_blank_where_its_first_option_asks_to_choose(value: str | None, blank: bool) -> None:
    options = (value, "Rome") if value else ("Rome",)
    assert is_blank(Node("combobox", value=value, options=options)) is blank


def test_an_option_is_another_than_the_chosen_one_and_no_placeholder() -> None:
    several = Node("combobox", value="Oslo", options=("- choose -", "Oslo", "Rome", "Bergen"))
    assert {option_for(several, SeenValues(), Random(seed)) for seed in range(20)} == {"Rome", "Bergen"}
    assert option_for(Node("combobox", value="Oslo", options=("Oslo",)), SeenValues(), Random(1)) is None


def test_among_columns_only_one_with_known_values_is_chosen() -> None:
    known = SeenValues()
    seen = screen(*TABLE)
    assert seen.tree is not None
    known.learn(seen.tree)
    several = Node("combobox", value="", options=("Weight", "City", "Height"))
    assert {option_for(several, known, Random(seed)) for seed in range(20)} == {"City"}


def test_every_word_that_is_typed_was_seen() -> None:
    spoken = " ".join(each.name for each in TABLE)
    for text in typed(field("search"), times=50):
        assert text is not None
        assert re.search(rf"\b{re.escape(text)}\b", spoken)
