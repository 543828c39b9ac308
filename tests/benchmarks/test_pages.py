import pytest

from benchmarks.pages import BIG, PAGES, SMALL, Page, element_count, html_of


def test_the_pages_have_the_sizes_that_the_figures_name() -> None:
    assert element_count(BIG) == 2498
    assert element_count(SMALL) == 275


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_the_same_each_time_and_can_count(page: Page) -> None:
    assert html_of(page) == html_of(page)
    assert html_of(page).count("<button id=count>") == 1


def test_elements_grow_with_the_orders_alone() -> None:
    a_row = element_count(Page("one", 1)) - element_count(Page("none", 0))
    assert element_count(Page("many", 50)) - element_count(Page("none", 0)) == 50 * a_row
