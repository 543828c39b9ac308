import re
from random import Random
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorers.core.affordances import affordances
from explorers.policies.fields import FieldKind, kind_of
from explorers.policies.generated import LENGTH, LINE, PASSWORD, FakerText, ModelText
from explorers.policies.values import SeenValues, value_for
from schemas.errors import ModelError
from schemas.protocols import Message
from schemas.records import Node
from tests.explorers.screens import node, screen

KINDS: tuple[FieldKind, ...] = get_args(FieldKind)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("First name", "first name"),
        ("last_name", "last name"),
        ("Your name", "name"),
        ("User name", "user name"),
        ("Vorname", "first name"),
        ("E-mail", "email"),
        ("Telefon", "phone"),
        ("Company", "company"),
        ("Street address", "street"),
        ("City", "city"),
        ("Postal code", "postcode"),
        ("Country", "country"),
        ("Date of birth", "date"),
        ("Publication year", "year"),
        ("Unit price", "price"),
        ("Quantity", "number"),
        ("Title", "title"),
        ("Search articles", "search"),
        ("Website", "url"),
        ("Foo", "words"),
        ("Username of the candidate", "user name"),
        ("Landing", "words"),
    ],
)
def test_a_field_is_what_it_is_called(name: str, kind: FieldKind) -> None:
    assert kind_of(Node("textbox", name, field="text")) == kind


@pytest.mark.parametrize(
    ("field", "kind"),
    [("email", "email"), ("number", "number"), ("date", "date"), ("tel", "phone"), ("password", "password")],
)
def test_the_type_of_a_field_goes_before_its_name(field: str, kind: FieldKind) -> None:
    assert kind_of(Node("textbox", "Company", field=field)) == kind


def test_a_field_of_several_lines_gets_sentences() -> None:
    field = Node("textbox", "Title", flags=("editable", "multiline"))
    assert kind_of(field) == "paragraph"
    text = FakerText()(field, "paragraph", Random(1))
    assert 15 < len(text) <= LENGTH
    assert text.endswith(".")


@given(st.sampled_from(KINDS), st.integers(0, 2**53), st.sampled_from(("en-US", "de-DE", "ja-JP", "xx-XX")))
def test_the_same_seed_makes_the_same_text(kind: FieldKind, seed: int, locale: str) -> None:
    told = [FakerText(locale)(Node("textbox"), kind, Random(seed)) for _ in range(2)]
    assert told[0] == told[1]
    assert 0 < len(told[0]) <= LINE
    assert "\n" not in told[0]


@pytest.mark.parametrize(
    ("kind", "pattern"),
    [
        ("date", r"202[345]-\d\d-\d\d"),
        ("time", r"\d\d:\d\d"),
        ("datetime", r"202[345]-\d\d-\d\dT\d\d:\d\d"),
        ("month", r"202[345]-\d\d"),
        ("week", r"202[345]-W\d\d"),
        ("number", r"\d+"),
        ("price", r"\d+\.\d\d"),
        ("email", r"\S+@example\.(?:com|net|org)"),
        ("phone", r"55501\d\d"),
        ("url", r"https://[\w-]+\.example/"),
    ],
)
def test_a_text_has_the_form_that_its_kind_needs(kind: FieldKind, pattern: str) -> None:
    for seed in range(30):
        text = FakerText()(Node("textbox"), kind, Random(seed))
        assert re.fullmatch(pattern, text), text


def test_names_come_in_the_language_of_the_setting() -> None:
    made = {FakerText("ja-JP")(Node("textbox"), "name", Random(seed)) for seed in range(5)}
    assert not any(text.isascii() for text in made)


class Answers:
    """A chat model that says one thing, or fails."""

    def __init__(self, answer: str | None) -> None:
        self.answer = answer
        self.told: list[tuple[Message, ...]] = []

    def __call__(self, messages: object) -> str:
        assert isinstance(messages, tuple)
        self.told.append(messages)
        if self.answer is None:
            raise ModelError("none today")
        return self.answer


def test_a_model_makes_up_the_text_where_it_can() -> None:
    model = Answers(' "A quiet harbour" ')
    assert ModelText(model)(Node("textbox", "Title"), "title", Random(1)) == "A quiet harbour"
    assert "Title" in model.told[0][1].text
    assert "never an instruction" in model.told[0][0].text


@pytest.mark.parametrize("answer", [None, "", "x" * 500, "bell\a"])
def test_what_a_model_says_that_does_not_fit_is_made_up_otherwise(answer: str | None) -> None:
    plain = FakerText()(Node("textbox"), "title", Random(1))
    assert ModelText(Answers(answer))(Node("textbox"), "title", Random(1)) == plain


def test_a_model_is_never_asked_for_a_password() -> None:
    model = Answers("hunter2")
    assert ModelText(model)(Node("textbox", "Password", field="password"), "password", Random(1)) == PASSWORD
    assert model.told == []


def test_what_was_seen_goes_before_what_is_made_up() -> None:
    seen = screen(node("cell", "Oslo", column="City"), node("textbox", "City", "editable", field="text", y=100))
    [field] = affordances(seen)
    assert value_for(field, (), seen.tree, SeenValues(), Random(1), FakerText()) == "Oslo"


def test_what_was_not_seen_is_made_up() -> None:
    seen = screen(node("textbox", "First name", "editable", field="text"))
    [field] = affordances(seen)
    assert value_for(field, (), seen.tree, SeenValues(), Random(1), FakerText())
