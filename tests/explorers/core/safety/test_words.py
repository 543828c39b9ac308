# ruff: noqa: RUF001 - letters that look like others are what is tested
"""Tests of explorers.core.safety.words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorers.core.safety.words import CONFIRM, CONFIRMED, DENIED, DENY, HUMAN, LOGIN, folded
from schemas.folding import parted

LANGUAGES = sorted(DENY)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_every_list_and_finds_its_own_words(language: str) -> None:
    assert language in CONFIRM
    assert language in LOGIN
    assert language in HUMAN
    for words, list_of in ((DENIED, DENY), (CONFIRMED, CONFIRM)):
        for word in list_of[language]:
            assert words.find(word.removeprefix("=").upper()), word


@pytest.mark.parametrize(
    "name",
    [
        "Log out",
        "LOG-OUT",
        "Delete this book",
        "SİL",
        "ÇIKIŞ YAP",
        "Se deconnecter",
        "Konto lösch​en",
        "🗑️",
        "deleteAll",
        "D e l e t e",
        "Dеlеte",
        "Delete2",
        "Logi välja",
        "アカウントを削除する",
        "계정 삭제하기",
        "حذف الحساب",
        "Удалить «Отчёт»",
    ],
)
def test_case_accents_hyphens_and_invisible_characters_do_not_hide_a_word(name: str) -> None:
    assert DENIED.find(name)


@pytest.mark.parametrize("name", ["payNow", "PAYNOW", "P a y", "Рay now", "Pay12.99", "💳", "✉️", "E-mail me a link"])
def test_what_costs_or_sends_is_found_however_it_is_written(name: str) -> None:
    assert CONFIRMED.find(name)


@pytest.mark.parametrize(
    "name",
    [
        "Dropdown",
        "Deleted items",
        "Payments",
        "Removal services",
        "Format cells",
        "退出全屏",
        "Undelete",
        "A B C D",
        "Catalogue",
        "Exit survey",
        "",
    ],
)
def test_words_that_only_look_like_it_are_left_alone(name: str) -> None:
    assert DENIED.find(name) is None


def test_a_word_that_means_something_else_in_a_longer_name_counts_as_the_whole_name_only() -> None:
    assert CONFIRMED.find("Order")
    assert CONFIRMED.find("Order by date") is None
    assert CONFIRMED.find("Book")
    assert CONFIRMED.find("Add book") is None


def test_in_the_long_name_of_a_link_a_word_counts_at_its_beginning_only() -> None:
    title = "How to delete a branch in five easy steps"
    assert DENIED.find(title)
    assert DENIED.find(title, link=True) is None
    assert DENIED.find("Delete a branch in five easy steps", link=True)


@given(st.text(max_size=40))
def test_folding_twice_is_folding_once_and_never_fails(text: str) -> None:
    once = folded(text)
    assert folded(once) == once
    DENIED.find(text)
    CONFIRMED.find(text, link=True)


def test_ids_are_read_as_words() -> None:
    assert parted("deleteItem") == "delete item"
    assert parted("btn_log-out") == "btn log out"
