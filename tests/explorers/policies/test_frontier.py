from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from explorers.core.memory import Memory
from explorers.core.shared_memory import SharedMemory
from explorers.fake import FakeEnvironment
from explorers.policies import build_policy
from explorers.policies.frontier import FrontierPolicy
from explorers.policies.random import RandomPolicy
from explorers.policies.registry import Order
from explorers.policies.state_graph import PLACE_STATES
from schemas.actions import Action, Back, Click, Home, Open, Scroll, Type
from schemas.identity import state_keys
from schemas.records import Choice, Node, Observation, Outcome, ScrollPosition
from tests.explorers.screens import HERE, node, screen

OK = Outcome("ok")
SITE = "http://shop.example"


class Pages:
    """A site of pages by address, each a list of names of what it links to or holds; it counts what was clicked."""

    def __init__(self, pages: dict[str, list[Node]], tall: float = 0) -> None:
        self.pages = pages
        self.tall = tall
        self.history: list[str] = []
        self.scrolled = 0.0
        self.clicked: Counter[str] = Counter()

    def reset(self) -> Observation:
        self.history, self.scrolled = [SITE + "/"], 0.0
        return self.seen()

    def seen(self) -> Observation:
        path = self.history[-1].removeprefix(SITE)
        nodes = self.pages[path]
        if self.tall:
            nodes = [*nodes, *(node("text", f"line {self.scrolled:.0f} {n}", y=200 + n) for n in range(3))]
        shown = screen(*nodes, location=self.history[-1], back=len(self.history) > 1, scroll=self.tall)
        return replace(shown, scroll=ScrollPosition(0, self.scrolled, 0, self.tall))

    def act(self, action: Action, choice: Choice) -> None:
        match action:
            case Click():
                assert choice.target is not None
                self.clicked[choice.target.name] += 1
                [meant] = [n for n in self.pages[self.history[-1].removeprefix(SITE)] if n.name == choice.target.name]
                if meant.href is not None:
                    self.history.append(meant.href)
                    self.scrolled = 0
            case Back():
                self.history.pop()
                self.scrolled = 0
            case Home():
                self.history.append(SITE + "/")
                self.scrolled = 0
            case Open(location):
                self.history.append(location)
                self.scrolled = 0
            case Scroll(_, dy):
                self.scrolled = min(max(self.scrolled + dy, 0), self.tall)
            case _:
                raise AssertionError(action)


def links(*paths: str, start: int = 10) -> list[Node]:
    return [
        node("link", path, y=start + 12 * number, href=SITE + path, path=f"a{path}")
        for number, path in enumerate(paths)
    ]


def walk(policy: RandomPolicy, site: Pages, *, seed: int = 1, steps: int = 10) -> list[str]:
    """The addresses that an episode saw, the start first."""
    seen = site.reset()
    policy.begin(seed=seed)
    places = [seen.location or ""]
    for _ in range(steps):
        choice = policy.choose(seen)
        if choice is None:
            break
        site.act(choice.action, choice)
        after = site.seen()
        policy.learn(seen, choice, OK, after)
        places.append((after.location or "").removeprefix(SITE))
        seen = after
    return places


def shop(policy: RandomPolicy, *, seed: int, steps: int = 24) -> set[tuple[str, frozenset[tuple[str, str]]]]:
    """What an episode sees of the fake shop: addresses with the roles and names that are there."""
    found = set()
    environment = FakeEnvironment()
    seen = environment.reset()
    policy.begin(seed=seed)
    for _ in range(steps):
        assert seen.tree is not None
        found.add((seen.location or "", frozenset((each.role, each.name) for each in seen.tree.nodes)))
        choice = policy.choose(seen)
        assert choice is not None
        outcome = environment.act(choice.action)
        after = environment.observe()
        policy.learn(seen, choice, outcome, after)
        seen = after
    return found


def test_it_sees_more_of_the_shop_than_the_random_walk_before_there_is_nothing_left() -> None:
    seen = {name: sum(len(shop(build_policy(name), seed=10 * n)) for n in range(4)) for name in ("frontier", "random")}
    assert seen["frontier"] > 1.5 * seen["random"], seen


def test_each_page_of_a_tree_is_seen_before_any_is_tried_again() -> None:
    site = Pages(
        {
            "/": links("/a", "/b", "/c"),
            "/a": links("/a/x", "/a/y"),
            "/b": links("/b/x"),
            "/c": [],
            "/a/x": [],
            "/a/y": [],
            "/b/x": [],
        }
    )
    places = walk(FrontierPolicy(), site, steps=11)
    assert len({*places}) >= 7, places
    assert site.clicked["/a"] <= 2


def test_what_was_seen_in_one_episode_is_not_looked_for_in_the_next() -> None:
    site = Pages({"/": links("/a", "/b"), "/a": links("/c"), "/b": links("/d"), "/c": [], "/d": []})
    policy = FrontierPolicy()
    first = walk(policy, site, seed=1, steps=2)
    second = walk(policy, site, seed=2, steps=2)
    assert len({*first[1:], *second[1:]}) == 4, (first, second)


def test_the_way_to_what_is_untried_is_opened_where_clicks_take_longer() -> None:
    """The end of a chain is left, and its beginning has a link that was not tried: one address is shorter than back."""
    site = Pages({"/": links("/a"), "/a": links("/b", "/z"), "/b": links("/c"), "/c": links("/d"), "/d": [], "/z": []})
    actions: list[Action] = []
    policy = FrontierPolicy()
    for seed in range(4):
        policy.begin(seed=seed)
    seen = site.reset()
    for _ in range(9):
        choice = policy.choose(seen)
        assert choice is not None
        actions.append(choice.action)
        site.act(choice.action, choice)
        after = site.seen()
        policy.learn(seen, choice, OK, after)
        seen = after
    assert {"/z", "/d"} <= set(site.clicked)
    if list(site.clicked).index("/z") > list(site.clicked).index("/d"):
        assert Open(SITE + "/a") in actions


def test_rows_of_a_list_are_left_for_what_is_new_elsewhere() -> None:
    rows = [f"/item/{number}" for number in range(1, 60)]
    site = Pages(
        {
            "/": links("/list", "/about", "/help", "/news"),
            "/list": [replace(each, path="ul > li > a") for each in links(*rows)],
            "/about": links("/team"),
            "/help": links("/faq"),
            "/news": [],
            "/team": [],
            "/faq": [],
            **{row: [node("heading", row)] for row in rows},
        }
    )
    # The screen of these tests is 300 pixels high: 24 rows of the list are on it.
    places = walk(FrontierPolicy(), site, steps=40)
    assert {"/about", "/help", "/news", "/team", "/faq"} <= {*places}, places
    assert len({*places}) > 20


def test_a_page_is_scrolled_to_its_end_and_not_beyond() -> None:
    site = Pages({"/": [node("heading", "Long")]}, tall=900)
    policy = FrontierPolicy()
    seen = site.reset()
    policy.begin(seed=1)
    reached = []
    for _ in range(4):
        choice = policy.choose(seen)
        assert choice is not None
        site.act(choice.action, choice)
        after = site.seen()
        policy.learn(seen, choice, OK, after)
        reached.append(site.scrolled)
        seen = after
    assert reached == [225.0, 450.0, 675.0, 900.0]


def test_an_edge_that_leads_elsewhere_than_before_is_given_up() -> None:
    site = Pages({"/": links("/a", "/gone"), "/a": links("/b"), "/b": [], "/gone": []})
    policy = FrontierPolicy()
    walk(policy, site, steps=3)
    site.pages["/"] = [*links("/gone"), node("text", "moved", y=200)]
    site.pages["/b"] = links("/new")
    site.pages["/new"] = []
    places = walk(policy, site, seed=2, steps=8)
    assert len(places) == 9, "it went on"


def test_a_page_that_never_looks_the_same_does_not_fill_the_graph() -> None:
    policy = FrontierPolicy()
    policy.begin(seed=1)
    seen = screen(node("button", "Turn"))
    for number in range(1, PLACE_STATES * 2):
        choice = policy.choose(seen)
        assert choice is not None
        after = screen(node("button", "Turn"), *(node("text", f"{n}", y=40) for n in range(number)))
        policy.learn(seen, choice, OK, after)
        seen = after
    assert len(policy.memory.own.states) <= PLACE_STATES + 1


def test_a_search_is_filled_and_sent() -> None:
    fields = (
        node("heading", "Anna Weber", y=5),
        node("form", y=20),
        node("searchbox", "Search", "editable", y=70, depth=1, field="search", value=""),
        node("button", "Go", y=100, depth=1, field="submit"),
    )
    policy = FrontierPolicy()
    policy.begin(seed=1)
    seen = screen(*fields)
    first = policy.choose(seen)
    assert first is not None
    assert isinstance(first.action, Type | Click)
    if isinstance(first.action, Type):
        after = screen(*fields[:2], replace(fields[2], value=first.action.text), fields[3])
        policy.learn(seen, first, OK, after)
        second = policy.choose(after)
        assert second is not None
        assert second.target is not None
        assert second.target.name == "Go"


def test_breadth_first_sees_what_is_near_before_what_is_deep() -> None:
    def pages() -> Pages:
        chain = {f"/deep/{'x' * n}": links(f"/deep/{'x' * (n + 1)}") for n in range(1, 9)}
        near = {f"/near/{name}": [node("heading", name)] for name in "abcdef"}
        return Pages({"/": links("/deep/x", *near), **chain, **near, "/deep/xxxxxxxxx": []})

    def near(order: Order) -> int:
        return sum("/near/" in place for place in set(walk(FrontierPolicy(order=order), pages(), steps=12)))

    assert near("breadth") >= near("depth")
    assert near("breadth") >= 4


def test_a_state_that_only_clicks_lead_to_is_reached_by_them_again() -> None:
    """Two panels on one address: opening it shows the first, so the second is reached by its tab."""
    tabs = [node("tab", "Two", y=10, path="#two"), node("tab", "One", y=40, path="#one")]
    second = [*tabs, node("heading", "Two", y=70), node("button", "Deep", y=100, path="#deep")]
    first = [*tabs, node("text", "One", y=70), node("text", "more", y=90)]
    deep = [*second, node("text", "found", y=130)]
    following = {
        ("first", "Two"): "second",
        ("second", "One"): "first",
        ("second", "Deep"): "deep",
        ("deep", "One"): "first",
    }
    shown = {name: screen(*nodes) for name, nodes in (("first", first), ("second", second), ("deep", deep))}
    policy = FrontierPolicy()
    seen_states = set()
    for seed in range(3):
        state = "first"
        policy.begin(seed=seed)
        for _ in range(4):
            choice = policy.choose(shown[state])
            assert choice is not None
            name = choice.target.name if choice.target is not None else ""
            after = "first" if isinstance(choice.action, Open) else following.get((state, name), state)
            policy.learn(shown[state], choice, OK, shown[after])
            state = after
            seen_states.add(state)
    assert seen_states == {"first", "second", "deep"}


def test_explorers_with_one_memory_go_to_different_places(tmp_path: Path) -> None:
    paths = [f"/page/{name}" for name in ("aa", "bb", "cc", "dd", "ee", "ff")]
    pages = {"/": links(*paths), **{path: [node("heading", path)] for path in paths}}
    seen = []
    for name in ("one", "two"):
        policy = FrontierPolicy(SharedMemory(str(tmp_path), app="shop.example", explorer=name))
        seen.append([place for place in walk(policy, Pages(pages), seed=1, steps=5) if "/page/" in place])
        policy.memory.share()
    assert not {*seen[0]} & {*seen[1]}, seen


def test_what_is_dead_for_one_explorer_is_left_alone_by_another(tmp_path: Path) -> None:
    seen = screen(node("button", "Dead"), node("button", "Other", y=60))
    for name, seeds in (("one", range(20)), ("two", range(100, 150))):
        policy = RandomPolicy(SharedMemory(str(tmp_path), app="shop.example", explorer=name))
        pressed: Counter[str] = Counter()
        for seed in seeds:
            policy.begin(seed=seed)
            choice = policy.choose(seen)
            assert choice is not None
            assert choice.target is not None
            pressed[choice.target.name] += 1
            if choice.target.name == "Dead":
                policy.learn(seen, choice, OK, seen)
        policy.memory.share()
        if name == "two":
            assert pressed == {"Other": 50}


def test_a_location_of_another_host_is_never_opened() -> None:
    memory = Memory()
    policy = FrontierPolicy(memory)
    site = Pages({"/": links("/a"), "/a": []})
    walk(policy, site, steps=2)
    state = next(iter(memory.own.states.values()))
    for number in range(5):
        memory.take_state(f"{number:016x}", replace(state, location="http://evil.example/"))
    places = walk(policy, site, seed=3, steps=6)
    assert not any("evil" in place for place in places)


@pytest.mark.parametrize("order", ["depth", "breadth"])
def test_it_is_built_by_name_in_both_orders(order: Order) -> None:
    assert "frontier" in build_policy("frontier", order=order).name


def test_the_graph_is_keyed_by_structure() -> None:
    site = Pages({"/": links("/a"), "/a": []})
    policy = FrontierPolicy()
    walk(policy, site, steps=1)
    keys = state_keys(site.seen())
    assert keys is not None
    assert {state.location for state in policy.memory.own.states.values()} == {SITE + "/", SITE + "/a"}
    assert HERE.startswith(SITE)
