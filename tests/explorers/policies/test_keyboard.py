"""Keys, lines at a prompt, a new start, and what is pressed last."""

from dataclasses import replace

from explorers.core.memory import Memory
from explorers.core.safety.terminals import SHELL
from explorers.policies import build_policy
from explorers.policies.keyboard import KEYS, TEXTS, key_options
from explorers.policies.leaving import is_way_out
from explorers.policies.view import View
from schemas.actions import Action, Click, Key, Reload, Type
from schemas.records import Box, Node, Observation, Outcome, Tree
from tests.explorers.screens import screen

WINDOW = Node("window", "Tool", box=Box(0, 0, 300, 200), path="window")


def _drawn(name: str, y: float = 20) -> Node:
    return Node("generic", name, depth=1, flags=("pixels",), box=Box(10, y, 40, 12), path=f"window>{name}")


def _desktop(*nodes: Node, windows: tuple[str, ...] = ("Tool",)) -> Observation:
    seen = screen(*nodes, location="tool")
    return replace(seen, tree=Tree("atspi", nodes), windows=windows, content_type=None)


def _options(seen: Observation) -> list[Action]:
    return [option.action for option in key_options(View(seen), 1.0)]


def test_keys_are_pressed_where_nothing_is_told_and_only_there() -> None:
    blind = [*map(Key, KEYS), *map(Type, TEXTS)]
    assert _options(_desktop(WINDOW)) == blind
    assert _options(_desktop(WINDOW, _drawn("Open"))) == blind
    told = Node("button", "Open", depth=1, box=Box(10, 60, 40, 12), path="window>button")
    assert _options(_desktop(WINDOW, _drawn("Other"), told)) == []
    assert _options(screen(WINDOW)) == []
    assert _options(_desktop(windows=())) == []


def test_lines_of_the_list_are_entered_in_turn_at_a_prompt() -> None:
    flags = ("editable", "focused", "pixels")
    terminal = Node("textbox", "terminal", "$", 1, flags, Box(0, 0, 300, 200), field="terminal", path="window>terminal")
    seen = _desktop(WINDOW, terminal)
    for name in ("random", "novelty", "frontier"):
        policy = build_policy(name, memory=Memory())
        policy.begin(seed=3)
        lines = []
        for _ in range(30):
            choice = policy.choose(seen)
            assert choice is not None
            if isinstance(choice.action, Type):
                assert choice.action.submit
                assert not choice.action.clear
                lines.append(choice.action.text)
            after = replace(seen, tree=Tree("atspi", (WINDOW, replace(terminal, value=f"$ {len(lines)}\n$"))))
            policy.learn(seen, choice, Outcome("ok"), after)
            seen = after
        assert lines[:4] == list(SHELL[:4]), name


def test_an_application_that_ended_is_started_again() -> None:
    policy = build_policy("frontier")
    policy.begin(seed=1)
    for _ in range(5):
        choice = policy.choose(_desktop(windows=()))
        assert choice is not None
        assert choice.action == Reload()


def test_the_way_out_of_the_only_window_is_taken_last() -> None:
    close, other = _drawn("Close"), _drawn("Details", y=60)
    seen = _desktop(WINDOW, close, other)
    (out,) = (each for each in View(seen).affordances if is_way_out(each, View(seen)))
    assert out.node.name == "Close"
    dialog = replace(seen, windows=("Tool", "Options"))
    assert not any(is_way_out(each, View(dialog)) for each in View(dialog).affordances)
    assert not any(is_way_out(each, View(screen(close))) for each in View(screen(close)).affordances)
    policy = build_policy("random", memory=Memory())
    for seed in range(20):
        policy.begin(seed=seed)
        choice = policy.choose(seen)
        assert choice is not None
        assert not (isinstance(choice.action, Click) and choice.target is not None and choice.target.name == "Close")
