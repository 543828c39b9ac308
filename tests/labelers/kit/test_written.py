import pytest

from labelers.kit.written import no_sentence


@pytest.mark.parametrize(
    "text", ["yes", "1", "", "N/A", "None.", "null", "true", "No task.", "Ok!", "1 2 3", "…", "是"]
)
def test_what_fills_a_form_is_no_sentence(text: str) -> None:
    assert no_sentence(text, most=400) is not None


@pytest.mark.parametrize(
    "text",
    ["Log out", "Open the list of plants.", "打开设置页面", "Откройте список", "Abmelden und schließen", "設定を開く"],
)
def test_a_sentence_is_one_in_any_script(text: str) -> None:
    assert no_sentence(text, most=400) is None


def test_one_that_is_too_long_is_none() -> None:
    assert no_sentence("go on " * 100, most=400) == "it is too long"
