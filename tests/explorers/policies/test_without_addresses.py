"""Walks where screens have no address that could be opened: apps."""

from collections import Counter
from dataclasses import replace

import pytest

from explorers.core.affordances import affordances
from explorers.policies.element_identity import with_lasting_identity
from explorers.policies.frontier import FrontierPolicy
from explorers.policies.options import scrolls
from explorers.policies.random import HELD, RandomPolicy
from schemas.actions import Action, Back, Click, LongPress, Reload, Scroll
from schemas.records import Box, Choice, Flag, Node, Observation, Outcome, Tree
from tests.explorers.screens import node, screen

START = "com.example/.Main"


def app(*nodes: Node, location: str = START) -> Observation:
    seen = screen(*nodes, location=location)
    return replace(seen, scroll=None, can_go_back=True, tree=Tree("uiautomator", tuple(nodes)))


def part(*flags: Flag, path: str = "#list") -> Node:
    return node("list", "", "scrollable", *flags, path=path, box=Box(0, 20, 300, 160))


class App:
    """Screens of buttons: pressing one leads where it says, in turn where it says several; what it lacks is refused."""

    def __init__(self, **screens: dict[str, list[str]]) -> None:
        self._screens = screens
        self.uses: Counter[tuple[str, str]] = Counter()
        self.at = "start"
        self.seen: Counter[str] = Counter()

    def observe(self) -> Observation:
        names = [name for name in self._screens[self.at] if name != "back"]
        buttons = [node("button", name, y=10 + 30 * number, path=f"#{name}") for number, name in enumerate(names)]
        return app(node("heading", self.at, path="h"), *buttons)

    def act(self, choice: Choice) -> Outcome:
        match choice.action:
            case Reload():
                self.at = "start"
                return Outcome("ok")
            case Back():
                name = "back"
            case _:
                name = choice.target.name if choice.target is not None else ""
        to = self._screens[self.at].get(name)
        if not to:
            return Outcome("refused", message="no edge was recorded")
        self.uses[self.at, name] += 1
        self.at = to[(self.uses[self.at, name] - 1) % len(to)]
        self.seen[self.at] += 1
        return Outcome("ok")


def walk(policy: FrontierPolicy, place: App, *, steps: int) -> list[Action]:
    policy.begin(seed=1)
    seen, done = place.observe(), []
    for _ in range(steps):
        choice = policy.choose(seen)
        if choice is None:
            break
        outcome = place.act(choice)
        after = place.observe()
        policy.learn(seen, choice, outcome, after)
        done.append(choice.action)
        seen = after
    return done


def test_a_screen_that_only_going_back_leads_to_is_reached() -> None:
    place = App(start={"open": ["form"]}, form={"save": ["start"], "back": ["question"]}, question={"yes": ["start"]})
    walk(FrontierPolicy(), place, steps=12)
    assert set(place.seen) == {"start", "form", "question"}


def test_out_of_a_dead_end_the_way_leads_over_a_restart() -> None:
    place = App(start={"trap": ["end"], "open": ["form"]}, form={"next": ["last"]}, end={}, last={})
    done = walk(FrontierPolicy(), place, steps=20)
    assert Reload() in done
    assert set(place.seen) == {"form", "last", "end"}


def test_an_edge_that_leads_here_or_there_is_tried_until_both_sides_are_known() -> None:
    place = App(
        start={"go": ["left", "right"]},
        left={"a": ["start"], "b": ["l2"]},
        right={"c": ["start"], "d": ["r2"], "e": ["start"]},
        l2={},
        r2={"f": ["r3"]},
        r3={},
    )
    walk(FrontierPolicy(), place, steps=60)
    assert set(place.seen) >= {"left", "right", "l2", "r2", "r3"}
    assert {("left", "a"), ("right", "c"), ("right", "e")} <= set(place.uses)


def test_what_is_refused_on_one_screen_is_tried_on_another() -> None:
    both = {"menu": [], "next": ["second"]}
    place = App(start=both, second={"menu": ["menus"], "next": []}, menus={})
    walk(FrontierPolicy(), place, steps=15)
    assert place.seen["menus"]


def test_nothing_is_tried_in_an_app_that_must_not_be_used() -> None:
    policy = FrontierPolicy()
    policy.begin(seed=1)
    here = app(node("button", "Leave", path="#leave"))
    choice = policy.choose(here)
    assert choice is not None
    there = replace(
        app(node("button", "Buy", path="#buy"), location="com.other/.Shop"), notice="left the app: com.other"
    )
    policy.learn(here, choice, Outcome("ok"), there)
    state = policy.memory.state(policy._walk.here.name)  # type: ignore[union-attr]
    assert state is not None
    assert state.actions == ()


def test_elements_that_are_the_same_to_the_eye_are_counted() -> None:
    cells = [node("generic", "Image", y=10 + 30 * n, path=f"#list > Cell:nth-of-type({n})") for n in range(3)]
    found = affordances(app(*cells))
    assert len({each.identity for each in with_lasting_identity(found)}) == 1
    assert len({each.identity for each in with_lasting_identity(found, counted=True)}) == 3


def test_where_it_is_not_known_how_far_it_scrolls_both_ways_are_offered() -> None:
    down, up = scrolls(app(part()), 1.0)
    assert isinstance(down.action, Scroll)
    assert isinstance(up.action, Scroll)
    assert down.action.dy == -up.action.dy > 0
    right, left = scrolls(app(part("horizontal")), 1.0)
    assert isinstance(right.action, Scroll)
    assert isinstance(left.action, Scroll)
    assert right.action.dx == -left.action.dx > 0 == right.action.dy


@pytest.mark.parametrize(("flags", "kinds"), [((), {"Click"}), (("holdable",), {"Click", "LongPress"})])
def test_a_long_press_is_a_tenth_of_what_answers_one(flags: tuple[Flag, ...], kinds: set[str]) -> None:
    policy = RandomPolicy()
    policy.begin(seed=1)
    choice = policy.choose(replace(app(node("button", "Row", *flags, path="#row")), can_go_back=False))
    assert choice is not None
    assert {type(each.action).__name__ for each in choice.candidates} == kinds
    if "LongPress" in kinds:
        scores = {type(each.action): each.score for each in choice.candidates}
        assert scores[LongPress] == pytest.approx(HELD)
        assert scores[Click] == pytest.approx(1 - HELD)


def test_a_list_that_tells_its_options_only_when_it_is_open_is_opened() -> None:
    assert [each.kind for each in affordances(app(node("combobox", "Category", path="#category")))] == ["press"]
