"""Each condition in words, and its contrary."""

from typing import get_args

import pytest

from schemas.condition_words import in_words
from schemas.conditions import Answered, Condition, FileExists, HomeCondition
from schemas.screen_conditions import (
    At,
    Called,
    Cell,
    Counts,
    EveryRow,
    Finds,
    Gives,
    HasRow,
    LocationContains,
    Parameter,
    Says,
    Shows,
    SortedBy,
    Tells,
    Tops,
)

WORDS: dict[Condition, str] = {
    Answered("4"): "the answer is '4'",
    Shows("checkbox", "Rake", flag="checked"): "there is a checkbox called 'Rake' that is checked",
    Shows(value="Oslo"): "there is a thing with 'Oslo'",
    LocationContains("a=1"): "the address or the title holds 'a=1'",
    At("/plants", (Parameter("q", "fern"),)): "the address is /plants with q = 'fern'",
    Called("Plants"): "the page is called 'Plants'",
    Called("Plants", whole=True): "the page is headed 'Plants'",
    Says("Fern"): "the page says 'Fern'",
    HasRow((Cell("Fern", "name"), Cell("3"))): "a row has 'Fern' as its 'name' and '3'",
    HasRow((Cell("Fern"),), only=True): "the only row has 'Fern'",
    HasRow((Cell("Fern"),), first=True): "the first row has 'Fern'",
    EveryRow("town", "Oslo"): "every row has 'Oslo' as its 'town'",
    SortedBy("price", descending=True): "the rows run by 'price', downwards",
    Tops("Fern", "price"): "'Fern' has the highest 'price'",
    Counts(3): "there are 3 rows",
    Shows("checkbox", "Done", inside="Rake"): "there is a checkbox called 'Done' in 'Rake'",
    HasRow((Cell("Fern"),), named=True): "a row is called 'Fern'",
    Gives((Cell("Fern", "name"),)): "a record is shown with 'Fern' as its 'name'",
    Gives((Cell("Fern", "name"),), fields=True): "a record or a form is shown with 'Fern' as its 'name'",
    Finds("fern"): "results for 'fern' are shown",
    Tells("Fern", ("price",)): "the page is about 'Fern', with price",
    Counts(3, negated=True): "it is not so that there are 3 rows",
    FileExists("a"): '{"kind":"file_exists","negated":false,"path":"a"}',
}


@pytest.mark.parametrize(("condition", "said"), WORDS.items())
def test_it_is_said(condition: Condition, said: str) -> None:
    assert in_words(condition) == said


def test_every_kind_has_words() -> None:
    homely = set(get_args(HomeCondition))
    assert {type(condition) for condition in WORDS} - homely == set(get_args(Condition)) - homely
