from dataclasses import replace
from itertools import pairwise

from explorers.core.memory import Memory
from explorers.policies.goal_graph import kin_key
from explorers.policies.goal_uses import goal_uses
from explorers.policies.goals import GoalsPolicy
from explorers.policies.threads import FROM_ARRANGED, Records, Thread
from explorers.policies.view import View
from schemas.actions import Reload
from schemas.records import Node, Observation, Outcome, Tree
from tests.explorers.policies.test_frontier import SITE, Pages, links, walk
from tests.explorers.policies.test_without_addresses import App
from tests.explorers.screens import node, screen

OK = Outcome("ok")


def sorts(*nodes: Node) -> dict[str, str]:
    """For each element on a screen what it is to accomplish."""
    uses = goal_uses(View(screen(*nodes)), Memory())
    return {use.affordance.node.name: use.state_action.sort for use in uses if use.affordance is not None}


def families(*nodes: Node) -> int:
    """How many things the elements of a screen are in the end."""
    uses = goal_uses(View(screen(*nodes)), Memory())
    return len({kin_key(use.state_action) for use in uses if use.affordance is not None})


def test_what_there_is_to_accomplish_is_told_by_what_an_element_is() -> None:
    assert sorts(
        node("tab", "Two", path="#tabs > a"),
        node("button", "File", "haspopup", y=30),
        node("link", "Books", y=50, href=SITE + "/books"),
        node("link", "By year", y=70, href=SITE + "/list?o=2"),
        node("searchbox", "Search", "editable", y=90, field="search"),
        node("form", "", id="record", method="post", y=110),
        node("textbox", "Title", "editable", y=110, depth=1, field="text"),
        node("textbox", "Author", "editable", y=130, depth=1, field="text"),
        node("button", "Save", y=150, depth=1, field="submit"),
    ) == {
        "Two": "tab",
        "File": "menu",
        "Books": "page",
        "By year": "query",
        "Search": "search",
        "Title": "form",
        "Author": "form",
        "Save": "press",
    }


def test_filters_pages_of_a_pager_and_days_are_each_one_thing() -> None:
    assert (
        families(
            *(
                node("link", f"Genre {name}", y=10 + 20 * n, href=f"{SITE}/list?genre={name}")
                for n, name in enumerate("abcdef")
            )
        )
        == 1
    )
    assert families(*(node("link", str(n), y=10 * n, href=f"{SITE}/list?page={n}") for n in range(1, 9))) == 1
    assert families(*(node("button", str(n), y=10 * n, path=f"table > td:nth-of-type({n})") for n in range(1, 29))) == 1
    assert families(*links(*(f"/book/title-{name}" for name in "abcdefghij"))) <= 10


def test_each_thing_is_done_once_before_any_is_done_again() -> None:
    screen_of = [node("button", name, y=10 + 30 * n, path=f"#{name}") for n, name in enumerate(("One", "Two", "Three"))]
    policy = GoalsPolicy()
    policy.begin(seed=3)
    pressed = []
    seen = screen(*screen_of)
    for number in range(3):
        choice = policy.choose(seen)
        assert choice is not None
        assert choice.target is not None
        pressed.append(choice.target.name)
        after = screen(*screen_of, node("text", f"pressed {number}", y=200))
        policy.learn(seen, choice, OK, after)
        seen = after
    assert sorted(pressed) == ["One", "Three", "Two"]


def test_it_goes_to_what_is_left_by_the_known_graph() -> None:
    """The page that was left for another one is come back to for what is to be done there."""
    site = Pages(
        {"/": links("/a", "/b"), "/a": links("/a/x"), "/b": [node("button", "Left", y=30, path="#left")], "/a/x": []}
    )
    policy = GoalsPolicy()
    policy.begin(seed=1)
    seen = site.reset()
    for _ in range(8):
        choice = policy.choose(seen)
        if choice is None:
            break
        if choice.target is not None and choice.target.name == "Left":
            site.clicked.update(["Left"])
        else:
            site.act(choice.action, choice)
        after = site.seen()
        policy.learn(seen, choice, OK, after)
        seen = after
    assert {"/a", "/b", "Left"} <= set(site.clicked)


def test_every_page_of_a_tree_is_seen() -> None:
    site = Pages(
        {"/": links("/a", "/b", "/c"), "/a": links("/a/x"), "/b": links("/b/x"), "/c": [], "/a/x": [], "/b/x": []}
    )
    assert len({*walk(GoalsPolicy(), site, steps=11)}) >= 6


def test_what_an_element_did_elsewhere_it_is_expected_to_do_here() -> None:
    memory = Memory()
    policy = GoalsPolicy(memory)
    app = App(
        start={"Menu": ["menu"], "Type": ["typed"]}, typed={"Menu": ["menu"]}, menu={"One": ["start"], "Two": ["start"]}
    )
    policy.begin(seed=1)
    seen = app.observe()
    for _ in range(12):
        choice = policy.choose(seen)
        assert choice is not None
        outcome = app.act(choice)
        after = app.observe()
        policy.learn(seen, choice, outcome, after)
        seen = after
    assert app.uses["menu", "One"] >= 1
    assert app.uses["menu", "Two"] >= 1


def test_the_same_seed_walks_the_same_way() -> None:
    def site() -> Pages:
        return Pages({"/": links("/a", "/b"), "/a": links("/c"), "/b": links("/d"), "/c": [], "/d": []})

    assert walk(GoalsPolicy(), site(), seed=5) == walk(GoalsPolicy(), site(), seed=5)


def test_half_of_the_steps_are_for_what_is_new() -> None:
    """Where everything is far away, not all steps are ways there."""
    policy = GoalsPolicy()
    policy.begin(seed=1)
    policy._budget.steps, policy._budget.moves = 20, 17
    assert not policy._budget.allows
    policy._budget.moves = 10
    assert policy._budget.allows


def test_a_location_of_another_host_is_not_opened() -> None:
    site = Pages({"/": links("/a"), "/a": []})
    policy = GoalsPolicy()
    walk(policy, site, steps=2)
    state = next(iter(policy.memory.own.states.values()))
    memory = policy.memory
    memory.take_state("f" * 16, type(state)("http://evil.example/", state.template, True, 0, state.actions))
    assert not any("evil" in place for place in walk(policy, site, seed=3, steps=6))


def menu(*paths: str) -> list[Node]:
    return [
        node("link", path, y=10 + 20 * number, href=SITE + path, path="nav > a") for number, path in enumerate(paths)
    ]


def test_it_goes_on_in_what_a_page_has_of_its_own() -> None:
    """A person who opened a list opens something in it, and no other entry of the menu."""
    pages = {
        path: [*menu("/", "/a", "/b", "/c"), node("link", f"of {path}", y=200, href=f"{SITE}{path}/x", path="main > a")]
        for path in ("/a", "/b", "/c")
    }
    for path in tuple(pages):
        pages[f"{path}/x"] = menu("/", "/a", "/b", "/c")
    site = Pages({"/": menu("/a", "/b", "/c"), **pages})
    walk(GoalsPolicy(), site, steps=9)
    went = [place.removeprefix(SITE) for place in site.history]
    assert [went.index(f"{path}/x") - went.index(path) for path in ("/a", "/b", "/c")] == [1, 1, 1]
    assert went[::3][:3] == ["/", "/", "/"]


def test_what_was_searched_is_opened() -> None:
    """A list that was narrowed is for opening something in it, however often others were opened."""
    rows = [node("row", y=100 + 20 * n) for n in range(3)]
    found = [
        node("link", name, y=100, depth=1, href=f"{SITE}/r/{name}", path="tr > a") for name in ("Ada", "Ben", "Cy")
    ]
    view = View(screen(*(each for pair in zip(rows, found, strict=True) for each in pair), location=f"{SITE}/list?q=a"))
    records = Records(view)
    use = next(use for use in goal_uses(view, Memory()) if use.affordance is not None and use.affordance.node.href)
    thread = Thread(arranged={"search"}, length=2)
    assert thread.floor(use, records) == FROM_ARRANGED
    thread.went(use, records)
    assert thread.floor(use, records) == 0


def test_a_name_that_each_row_has_stands_for_none_of_them() -> None:
    rows = [node("row", y=100 + 20 * n) for n in range(4)]
    edits = [node("link", "Edit", y=100, depth=1, href=f"{SITE}/r/{n}", path="tr > a") for n in range(4)]
    view = View(screen(*(each for pair in zip(rows, edits, strict=True) for each in pair)))
    assert not any(Records(view).are_led_to(use) for use in goal_uses(view, Memory()))


def test_a_menu_of_many_pages_is_no_list_of_rows() -> None:
    assert set(sorts(*menu(*(f"/{name}" for name in "abcdefghijkl"))).values()) == {"page"}
    assert set(sorts(*menu(*(f"/item/{n}" for n in range(12)))).values()) == {"row"}


def test_an_application_that_starts_otherwise_since_something_was_set_is_not_started_anew_for_what_it_had() -> None:
    def seen(*nodes: Node) -> Observation:
        return replace(screen(*nodes, location="editor"), tree=Tree("atspi", nodes), content_type=None)

    menus = [node("menuitem", name, "haspopup", y=30 * n) for n, name in enumerate(("File", "Edit", "View", "Help"))]
    text = node("textbox", "", "editable", "multiline", y=200)
    whole, bare = seen(*menus, text), seen(text, node("button", "New", y=150))
    policy = GoalsPolicy()
    policy.begin(seed=1)
    now, done = whole, []
    for step in range(30):
        choice = policy.choose(now)
        if choice is None:
            break
        done.append(choice.action)
        after = bare if step > 1 else now  # its bar of menus was hidden, and stays so
        policy.learn(now, choice, OK, after)
        now = after
    pairs = sum(isinstance(one, Reload) and isinstance(other, Reload) for one, other in pairwise(done))
    assert pairs <= 1
