"""What every environment must keep to; a platform's tests subclass it and give an environment."""

from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image

from schemas.actions import (
    ACTIONS,
    Action,
    Answer,
    Back,
    Check,
    Click,
    CloseTab,
    DoubleClick,
    Drag,
    FocusTab,
    Forward,
    Home,
    Hover,
    Invoke,
    Key,
    LongPress,
    Maximize,
    MiddleClick,
    MoveWindow,
    NewTab,
    Open,
    Point,
    Reload,
    RightClick,
    Rotate,
    Scroll,
    ScrollTo,
    Select,
    Stop,
    Swipe,
    Type,
    Upload,
    Wait,
    offered,
)
from schemas.errors import DeviceLost, UnsupportedAction
from schemas.identity import state_keys
from schemas.protocols import Environment
from schemas.records import Node, Observation
from schemas.redaction import MASK
from schemas.trees import NODE_LIMIT, parents


def find(observation: Observation, role: str, name: str | None = None) -> Node:
    assert observation.tree is not None
    for node in observation.tree.nodes:
        if node.role == role and name in (None, node.name):
            return node
    raise AssertionError(f"no {role} named {name!r} in {[(node.role, node.name) for node in observation.tree.nodes]}")


def middle(node: Node, observation: Observation) -> Point:
    assert node.box is not None
    assert observation.screen is not None
    return Point.on(*node.box.centre, width=observation.screen.width, height=observation.screen.height)


def left(node: Node, observation: Observation) -> Point:
    """A little right of its left edge."""
    assert node.box is not None
    assert observation.screen is not None
    y = node.box.centre[1]
    return Point.on(node.box.x + 4, y, width=observation.screen.width, height=observation.screen.height)


QUIET = frozenset({Hover, RightClick, Wait, Stop, Answer})
"""Kinds that may be done without that anything is seen of it.

A pointer that rests changes what the interface chooses to, a right click opens a menu of the system's that no page
shows, and the others do nothing to the screen.
"""

ON_LINK = (DoubleClick, MiddleClick, LongPress)
"""Kinds that are seen where they press something that leads elsewhere."""

AFTER_TYPING = (Key, Drag, Reload)
"""Kinds that are seen where something was typed: it is sent or left, selected, gone."""

SHOP_LACKS = frozenset({Drag, Check, Upload, ScrollTo, NewTab, FocusTab, CloseTab})
"""Kinds of a browser that the fake shop does not imitate."""


def every_action(seen: Observation, option: str, start: str, *, key: str = "Tab") -> dict[type[Action], Action]:
    """An action of each kind on the page with the form, such that it is seen whether it was done."""
    name, heading = middle(find(seen, "textbox", "Name"), seen), middle(find(seen, "heading"), seen)
    box, choice = middle(find(seen, "checkbox"), seen), middle(find(seen, "combobox"), seen)
    assert seen.tree is not None
    path = next((node.path for node in seen.tree.nodes if node.path and node.has("offscreen")), "no/such/path")
    actions: list[Action] = [
        Click(box),
        DoubleClick(heading),
        RightClick(heading),
        MiddleClick(heading),
        LongPress(heading, 0.6),
        Hover(heading),
        Type("Ada Berg", name),
        Key(key),
        Scroll(0, 40),
        Swipe(name, heading),
        Drag(name, left(find(seen, "textbox", "Name"), seen)),
        Select(option, choice),
        Check(box),
        Upload(("no such file",), name),
        ScrollTo(path),
        NewTab(),
        FocusTab(0),
        CloseTab(),
        Maximize(),
        MoveWindow(Point.on(60, 60, width=600, height=600)),
        Invoke("no such thing", heading),
        Open(start),
        Back(),
        Forward(),
        Reload(),
        Home(),
        Rotate("landscape"),
        Wait(0.01),
        Stop(),
        Answer("42"),
    ]
    return {type(action): action for action in actions}


def picture(seen: Observation) -> object:
    """All that is seen of a state, but for the time."""
    screen = None if seen.screen is None else seen.screen.data
    return screen, seen.tree, seen.location, seen.title, seen.windows, seen.scroll


def place(seen: Observation) -> object:
    """Where one is, whatever was entered there."""
    boxes = () if seen.tree is None else tuple((node.role, node.box) for node in seen.tree.nodes)
    return seen.location, seen.title, seen.windows, seen.scroll, boxes


class EnvironmentContract(ABC):
    """The subclass names what its start page has: a link, and the password field of another page."""

    lacks: frozenset[type[Action]] = frozenset()
    """Kinds that its platform offers and it does not: an imitation may."""
    quiet: frozenset[type[Action]] = QUIET
    """Kinds of which nothing need be seen."""
    key = "Tab"
    """A chord of which something is seen in the field that was typed into."""

    @pytest.fixture
    @abstractmethod
    def environment(self) -> Environment:
        """A fresh or reusable environment."""

    @abstractmethod
    def link(self, observation: Observation) -> Node:
        """A link of the start page that leads to another page."""

    @abstractmethod
    def go_to_form(self, environment: Environment) -> Observation:
        """A page with a text field, a password field and a list named by a label."""

    def scrolled(self, observation: Observation) -> Node:
        """An element of the start page that moves when the page is scrolled."""
        return self.link(observation)

    def option(self, field: Node) -> str:
        """An option of the list that is not chosen yet."""
        return field.options[1]

    def test_a_reset_shows_the_start_page_without_a_history(self, environment: Environment) -> None:
        seen = environment.reset()
        assert seen.location == environment.start
        assert seen.can_go_back is False
        assert seen.title in seen.windows

    def test_the_screenshot_has_the_size_that_the_setting_and_the_record_say(self, environment: Environment) -> None:
        screen = environment.reset().screen
        assert screen is not None
        size = Image.open(BytesIO(screen.data)).size
        assert size == (screen.width, screen.height) == (environment.setting.width, environment.setting.height)

    def test_the_tree_is_in_preorder_and_every_node_has_a_box(self, environment: Environment) -> None:
        tree = environment.reset().tree
        assert tree is not None
        assert 0 < len(tree.nodes) <= NODE_LIMIT
        for node, above in zip(tree.nodes, parents(tree), strict=True):
            assert node.box is not None
            assert node.depth == (0 if above is None else tree.nodes[above].depth + 1)

    def test_two_looks_at_a_still_screen_are_the_same_state(self, environment: Environment) -> None:
        first = environment.reset()
        second = environment.observe()
        assert state_keys(first) == state_keys(second)
        assert second.time > first.time
        assert first.time.utcoffset() == timedelta(0)

    def test_a_click_on_a_link_leads_elsewhere_and_back_leads_back(self, environment: Environment) -> None:
        first = environment.reset()
        assert environment.act(Click(middle(self.link(first), first))).result == "ok"
        second = environment.observe()
        assert second.location != first.location
        assert second.can_go_back is True
        assert environment.act(Back()).result == "ok"
        third = environment.observe()
        assert third.location == first.location
        assert third.can_go_back is False

    def test_back_without_a_history_is_refused_and_changes_nothing(self, environment: Environment) -> None:
        first = environment.reset()
        outcome = environment.act(Back())
        assert outcome.result == "refused"
        assert outcome.message
        assert state_keys(environment.observe()) == state_keys(first)

    def test_typed_text_is_the_value_of_the_field(self, environment: Environment) -> None:
        seen = self.go_to_form(environment)
        field = find(seen, "textbox", "Name")
        assert environment.act(Type("Ada Berg", middle(field, seen))).result == "ok"
        assert find(environment.observe(), "textbox", "Name").value == "Ada Berg"
        assert environment.act(Type("Eva", middle(field, seen), clear=True)).result == "ok"
        assert find(environment.observe(), "textbox", "Name").value == "Eva"

    def test_a_password_never_leaves_the_environment(self, environment: Environment) -> None:
        seen = self.go_to_form(environment)
        field = find(seen, "textbox", "Password")
        assert field.has("password")
        assert environment.act(Type("swordfish", middle(field, seen))).result == "ok"
        after = environment.observe()
        assert find(after, "textbox", "Password").value == MASK
        assert "swordfish" not in repr(replace(after, screen=None))

    def test_a_point_outside_the_screen_is_no_target_and_is_not_moved_onto_it(self, environment: Environment) -> None:
        seen = self.go_to_form(environment)
        assert seen.screen is not None
        far = Point(x=float(seen.screen.width + 300), y=20.0)
        for point in (far, Point(x=20.0, y=-8.0), Point(x=-1e9, y=1e9)):
            for action in (
                Click(point),
                LongPress(point, 0.1),
                Type("x", point),
                Select("x", point),
                Scroll(0, 9, point),
            ):
                outcome = environment.act(action)
                assert outcome.result == "no target", action
                assert outcome.message
        assert state_keys(environment.observe()) == state_keys(seen)

    def test_text_without_a_field_has_no_target(self, environment: Environment) -> None:
        seen = environment.reset()
        heading = find(seen, "heading")
        assert environment.act(Type("hello", middle(heading, seen))).result == "no target"

    def test_choosing_an_option_changes_the_value_and_an_unknown_one_has_no_target(
        self, environment: Environment
    ) -> None:
        seen = self.go_to_form(environment)
        field = find(seen, "combobox")
        option = self.option(field)
        assert environment.act(Select(option, middle(field, seen))).result == "ok"
        assert find(environment.observe(), "combobox").value == option
        assert environment.act(Select("no such option", middle(field, seen))).result == "no target"

    def test_a_checkbox_shows_that_it_was_ticked(self, environment: Environment) -> None:
        seen = self.go_to_form(environment)
        box = find(seen, "checkbox")
        assert not box.has("checked")
        environment.act(Click(middle(box, seen)))
        assert find(environment.observe(), "checkbox").has("checked")

    def test_scrolling_moves_the_page_by_what_is_said_until_its_end(self, environment: Environment) -> None:
        seen = environment.reset()
        environment.act(Scroll(0, 40))
        moved = environment.observe()
        if seen.scroll is not None and moved.scroll is not None:
            assert seen.scroll.max_y > 0
            assert moved.scroll.y == 40
        else:  # a platform that does not tell how far it is scrolled
            before, after = self.scrolled(seen).box, self.scrolled(moved).box
            assert before is not None
            assert after is not None
            assert before.y - after.y == 40
        environment.act(Scroll(0, 100_000))
        last = environment.observe()
        if last.scroll is not None:
            assert last.scroll.y == last.scroll.max_y
        assert state_keys(last) != state_keys(seen)
        environment.act(Scroll(0, 100_000))
        assert state_keys(environment.observe()) == state_keys(last)

    def test_nodes_outside_the_screen_are_flagged(self, environment: Environment) -> None:
        seen = environment.reset()
        assert seen.tree is not None
        assert seen.screen is not None
        for node in seen.tree.nodes:
            assert node.box is not None
            outside = node.box.y >= seen.screen.height or node.box.y + node.box.height <= 0
            assert node.has("offscreen") or not outside

    def test_what_needs_nothing_is_done(self, environment: Environment) -> None:
        environment.reset()
        for action in (Wait(0.01), Stop(), Answer("42")):
            assert environment.act(action).result == "ok"

    def test_each_kind_of_action_is_done_or_refused_by_name(self, environment: Environment) -> None:
        """Never `ok` for nothing: what is done is seen, what the platform does not offer says so."""
        has = set(offered(environment.platform)) - self.lacks
        seen = has - self.quiet
        wrong = {}
        form = self.go_to_form(environment)
        before: Observation | None = None
        actions = every_action(form, self.option(find(form, "combobox")), environment.start, key=self.key)
        assert set(actions) == set(ACTIONS)
        for kind in sorted(ACTIONS, key=lambda kind: kind in seen):  # of the others nothing is seen: one page does
            action = actions[kind]
            if kind in seen:
                before, action = self.prepared(environment, action, form, before or environment.observe())
            try:
                outcome = environment.act(action)
            except UnsupportedAction as error:
                if kind in has or kind.__name__.lower() not in str(error).lower():
                    wrong[kind.__name__] = f"unsupported: {error}"
                continue
            if kind not in has:
                wrong[kind.__name__] = f"{outcome}, though it is not offered"
            elif outcome.result == "ok" and before is not None:
                after = environment.observe()
                if picture(after) == picture(before):
                    wrong[kind.__name__] = f"{outcome}, and nothing is seen of it"
                before = after
            elif outcome.result != "ok" and not outcome.message:
                wrong[kind.__name__] = f"{outcome.result} without a word"
        assert not wrong, wrong

    def prepared(
        self, environment: Environment, action: Action, form: Observation, now: Observation
    ) -> tuple[Observation, Action]:
        """What is seen where something can be seen of the action, and the action there."""
        if isinstance(action, (Scroll, Swipe)):
            return environment.reset(), action
        if isinstance(action, ON_LINK):
            start = environment.reset()
            return start, replace(action, point=middle(self.link(start), start))
        if place(now) != place(form):
            now = self.go_to_form(environment)
        if isinstance(action, AFTER_TYPING):
            environment.act(Type("Ada Berg", middle(find(now, "textbox", "Name"), now)))
            now = environment.observe()
        if isinstance(action, Check):
            action = replace(action, checked=not find(now, "checkbox").has("checked"))
        if isinstance(action, FocusTab):
            environment.act(NewTab())
            now = environment.observe()
        return now, action

    def test_a_reset_forgets_what_the_episode_before_did(self, environment: Environment) -> None:
        seen = self.go_to_form(environment)
        environment.act(Type("Ada Berg", middle(find(seen, "textbox", "Name"), seen)))
        environment.reset()
        assert find(self.go_to_form(environment), "textbox", "Name").value == ""

    def test_nothing_can_be_done_after_closing_which_may_happen_twice(self, environment: Environment) -> None:
        environment.reset()
        environment.close()
        environment.close()
        with pytest.raises(DeviceLost):
            environment.observe()
        assert environment.reset().tree is not None
        environment.close()
