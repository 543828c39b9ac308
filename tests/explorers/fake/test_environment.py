import pytest

from explorers.fake import FakeEnvironment, Faults
from explorers.fake.pages import ARTICLES
from schemas.actions import Click, Drag, Open, Point, Scroll, Type
from schemas.errors import DeviceLost, DeviceUnavailable, UnsupportedAction
from schemas.protocols import Environment
from schemas.records import Node, Observation
from tests.explorers.contract import SHOP_LACKS, EnvironmentContract, find, middle


class TestContract(EnvironmentContract):
    lacks = SHOP_LACKS
    key = "Enter"  # the only one that the shop takes

    @pytest.fixture
    def environment(self) -> Environment:
        return FakeEnvironment()

    def link(self, observation: Observation) -> Node:
        return find(observation, "link", "Orders")

    def go_to_form(self, environment: Environment) -> Observation:
        environment.reset()
        environment.act(Open("http://shop.example/order"))
        return environment.observe()


@pytest.fixture
def shop() -> FakeEnvironment:
    return FakeEnvironment()


def press(shop: FakeEnvironment, seen: Observation, role: str, name: str) -> Observation:
    assert shop.act(Click(middle(find(seen, role, name), seen))).result == "ok"
    return shop.observe()


def test_a_search_shows_what_holds_the_word(shop: FakeEnvironment) -> None:
    seen = shop.reset()
    shop.act(Type("lamp", middle(find(seen, "searchbox"), seen), submit=True))
    after = shop.observe()
    assert after.title == "2 articles"
    assert find(after, "link", "Desk lamp").href is not None


def test_sorting_by_price_puts_the_cheapest_first(shop: FakeEnvironment) -> None:
    seen = press(shop, shop.reset(), "link", "Price")
    assert seen.tree is not None
    names = [node.name for node in seen.tree.nodes if node.role == "cell" and node.column == "Name"]
    assert names == [name for name, _, price in sorted(ARTICLES, key=lambda row: int(row[2]))]


def test_an_article_is_opened_by_its_link(shop: FakeEnvironment) -> None:
    seen = press(shop, shop.reset(), "link", "Oak table")
    assert seen.title == "Oak table"
    assert find(seen, "text", "Price: 310 euro")


def test_an_order_needs_a_name_and_is_listed(shop: FakeEnvironment) -> None:
    seen = press(shop, shop.reset(), "link", "Order")
    refused = press(shop, seen, "button", "Place it")
    assert refused.notice == "alert: A name is required"
    assert refused.location == seen.location
    shop.act(Type("Ada", middle(find(seen, "textbox", "Name"), seen)))
    done = press(shop, seen, "button", "Place it")
    assert find(done, "listitem", "Order of Ada")


def test_a_dead_button_changes_nothing_and_a_broken_one_complains_once(shop: FakeEnvironment) -> None:
    seen = press(shop, shop.reset(), "link", "Wool blanket")
    assert press(shop, seen, "button", "Rate").tree == seen.tree
    broken = press(shop, seen, "button", "Preview")
    assert broken.notice == "alert: Something went wrong"
    assert shop.observe().notice is None


def test_what_was_scrolled_away_cannot_be_pressed(shop: FakeEnvironment) -> None:
    seen = shop.reset()
    place = middle(find(seen, "link", "Order"), seen)
    shop.act(Scroll(0, 30))
    scrolled = shop.observe()
    assert find(scrolled, "link", "Order").has("offscreen")
    shop.act(Click(place))
    assert shop.observe().location == seen.location


def test_a_drag_is_no_action_of_the_shop(shop: FakeEnvironment) -> None:
    shop.reset()
    with pytest.raises(UnsupportedAction):
        shop.act(Drag(Point.on(1, 1, width=9, height=9), Point.on(2, 2, width=9, height=9)))


def test_another_host_is_refused(shop: FakeEnvironment) -> None:
    shop.reset()
    assert shop.act(Open("http://elsewhere.example/")).result == "refused"


def test_an_unknown_address_shows_that_it_is_not_found(shop: FakeEnvironment) -> None:
    shop.reset()
    shop.act(Open("http://shop.example/articles/999"))
    assert shop.observe().title == "Not found"


def test_faults_happen_where_they_were_asked_for() -> None:
    shop = FakeEnvironment(faults=(Faults("crash", 0, 1), Faults("lost", 1, 0), Faults("unavailable", 2)))
    shop.reset()
    assert shop.act(Scroll(0, 1)).result == "ok"
    assert shop.act(Scroll(0, 1)).result == "crashed"
    assert shop.observe().tree is None
    assert shop.reset().tree is not None
    with pytest.raises(DeviceLost):
        shop.act(Scroll(0, 1))
    with pytest.raises(DeviceUnavailable):
        shop.reset()
    assert shop.reset().tree is not None
