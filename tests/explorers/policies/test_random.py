from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorers.core.experience import NOT_AGAIN
from explorers.core.memory import Memory
from explorers.fake import FakeEnvironment
from explorers.policies import build_policy
from explorers.policies.novelty import NoveltyPolicy
from explorers.policies.random import CANDIDATES, RandomPolicy
from schemas.actions import Action, Back, Click, Scroll, Select, Type, Wait, point_of
from schemas.keys import canonical_json
from schemas.records import Choice, Flag, Observation, Outcome
from tests.explorers.screens import HERE, node, screen, screens

OK = Outcome("ok")
NAMES = ("random", "novelty", "frontier", "goals")
policies = st.sampled_from(NAMES)


def walk(policy: RandomPolicy, *, seed: int, steps: int = 15) -> list[Choice]:
    """The choices of an episode in the fake shop."""
    shop = FakeEnvironment()
    seen = shop.reset()
    policy.begin(seed=seed)
    choices = []
    for _ in range(steps):
        choice = policy.choose(seen)
        assert choice is not None
        choices.append(choice)
        outcome = shop.act(choice.action)
        after = shop.observe()
        policy.learn(seen, choice, outcome, after)
        seen = after
    return choices


def actions(policy: RandomPolicy, seen: Observation, times: int = 200) -> Counter[type[Action]]:
    """How often each kind of action is chosen on one screen."""
    counted: Counter[type[Action]] = Counter()
    for seed in range(times):
        policy.begin(seed=seed)
        choice = policy.choose(seen)
        if choice is not None:
            counted[type(choice.action)] += 1
    return counted


@given(policies, screens(), st.integers(0, 2**53))
def test_a_choice_touches_only_what_can_be_used(name: str, seen: Observation, seed: int) -> None:
    policy = build_policy(name)
    policy.begin(seed=seed)
    choice = policy.choose(seen)
    if choice is None:
        return
    assert seen.tree is not None
    if choice.target is not None:
        point = point_of(choice.action)
        assert point is not None
        meant = [each for each in seen.tree.nodes if each.box == choice.target.box and each.name == choice.target.name]
        assert any(not {"disabled", "covered", "offscreen"} & set(each.flags) for each in meant)
    if isinstance(choice.action, Back):
        assert seen.can_go_back
    if isinstance(choice.action, Scroll) and choice.action.point is None:
        assert seen.scroll is not None
        assert seen.scroll.max_y > 0


@given(policies, st.lists(screens(), min_size=1, max_size=4), st.integers(0, 2**53))
def test_the_same_seed_makes_the_same_choices(name: str, seen: list[Observation], seed: int) -> None:
    told = []
    for _ in range(2):
        policy = build_policy(name)
        policy.begin(seed=seed)
        choices = []
        for before, after in zip(seen, [*seen[1:], seen[0]], strict=True):
            choice = policy.choose(before)
            choices.append(choice)
            if choice is not None:
                policy.learn(before, choice, OK, after)
        told.append(canonical_json(choices))
    assert told[0] == told[1]


@settings(max_examples=4)
@given(policies, st.integers(0, 2**53))
def test_two_walks_with_one_seed_are_the_same(name: str, seed: int) -> None:
    assert walk(build_policy(name), seed=seed) == walk(build_policy(name), seed=seed)


@pytest.mark.parametrize("name", NAMES)
def test_the_candidates_are_the_best_few_and_hold_the_names(name: str) -> None:
    for choice in walk(build_policy(name), seed=3):
        scores = [each.score for each in choice.candidates]
        assert 0 < len(scores) <= CANDIDATES
        assert scores == sorted(scores, reverse=True)
        assert sum(scores) <= 1.001


def test_a_screen_with_nothing_to_do_ends_the_episode() -> None:
    policy = NoveltyPolicy()
    policy.begin(seed=1)
    assert policy.choose(screen(node("text", "Nothing here"))) is None


@pytest.mark.parametrize("empty", [screen(), screen(node("generic", "", "disabled"))])
def test_an_empty_screen_is_waited_for(empty: Observation) -> None:
    policy = RandomPolicy()
    policy.begin(seed=1)
    choices = [policy.choose(empty) for _ in range(5)]
    assert [choice and choice.action for choice in choices] == [*([Wait(2.0)] * 4), None]
    policy.begin(seed=1)
    waits = policy.choose(empty)
    assert waits is not None
    policy.learn(empty, waits, Outcome("ok"), screen(node("button", "Here")))
    following = policy.choose(screen(node("button", "Here")))
    assert following is not None
    assert isinstance(following.action, Click)


def test_only_what_scrolls_is_scrolled_and_only_a_history_is_gone_back() -> None:
    button = node("button", "Save")
    assert set(actions(RandomPolicy(), screen(button))) == {Click}
    assert Scroll in actions(RandomPolicy(), screen(button, scroll=500))
    assert Back in actions(RandomPolicy(), screen(button, back=True))


def test_a_button_weighs_ten_times_a_move_in_the_random_walk() -> None:
    counted = actions(RandomPolicy(), screen(node("button", "Save"), back=True), times=2000)
    assert 100 < counted[Back] < 280  # one in eleven


def test_where_nothing_can_be_touched_the_way_is_back() -> None:
    assert set(actions(NoveltyPolicy(), screen(node("text", "{}"), back=True))) == {Back}


def dead(policy: RandomPolicy) -> Counter[str]:
    """What is pressed of two buttons after one was seen to do nothing."""
    seen = screen(node("button", "Dead"), node("button", "Other", y=60))
    policy.begin(seed=1)
    for seed in range(100):
        policy.begin(seed=seed)
        choice = policy.choose(seen)
        assert choice is not None
        assert choice.target is not None
        if choice.target.name == "Dead":
            policy.learn(seen, choice, OK, seen)
            break
    counted: Counter[str] = Counter()
    for seed in range(100):
        policy.begin(seed=seed)
        choice = policy.choose(seen)
        assert choice is not None
        assert choice.target is not None
        counted[choice.target.name] += 1
    return counted


def test_what_did_nothing_is_dead_in_later_episodes_too() -> None:
    assert dead(RandomPolicy()) == {"Other": 100}
    assert dead(NoveltyPolicy())["Other"] > 90


def test_what_led_to_a_file_is_never_used_again() -> None:
    seen = screen(node("button", "Export"), node("button", "Other", y=60))
    file = replace(screen(node("text", "{}"), location=HERE + ".json"), content_type="application/json")
    policy = NoveltyPolicy()
    for seed in range(100):
        policy.begin(seed=seed)
        choice = policy.choose(seen)
        assert choice is not None
        assert choice.target is not None
        if choice.target.name == "Export":
            policy.learn(seen, choice, OK, file)
            break
    for seed in range(50):
        policy.begin(seed=seed)
        choice = policy.choose(seen)
        assert choice is not None
        assert choice.target is not None
        assert choice.target.name == "Other"


def test_a_no_op_is_not_repeated_on_the_same_screen() -> None:
    seen = screen(node("button", "One"), node("button", "Two", y=60), node("button", "Three", y=90))
    policy = NoveltyPolicy()
    policy.begin(seed=4)
    pressed = []
    for _ in range(3):
        choice = policy.choose(seen)
        assert choice is not None
        assert choice.target is not None
        pressed.append(choice.target.name)
        policy.learn(seen, choice, OK, seen)
    assert sorted(pressed) == ["One", "Three", "Two"]


def test_what_was_never_used_is_preferred() -> None:
    first = screen(node("button", "Used"), node("button", "Fresh", y=60))
    after = screen(node("button", "Used"), node("button", "Fresh", y=60), node("text", "changed", y=90))
    policy = NoveltyPolicy()
    counted: Counter[str] = Counter()
    for seed in range(300):
        policy.begin(seed=seed)
        choice = policy.choose(first)
        assert choice is not None
        assert choice.target is not None
        counted[choice.target.name] += 1
        if choice.target.name == "Used":
            policy.learn(first, choice, OK, after)
    assert counted["Fresh"] > 1.5 * counted["Used"]


def test_a_long_list_does_not_drown_what_is_beside_it() -> None:
    rows = [
        node("link", f"Row {number}", y=2 * number, path=f"ul > li:nth-of-type({number}) > a", href=f"{HERE}/{number}")
        for number in range(1, 101)
    ]
    seen = screen(*rows, node("button", "Filter", y=250))
    counted: Counter[str] = Counter()
    for seed in range(300):
        policy = NoveltyPolicy()
        policy.begin(seed=seed)
        choice = policy.choose(seen)
        assert choice is not None
        assert choice.target is not None
        counted[choice.target.role] += 1
    assert counted["button"] > 10  # three of three hundred, were every row to count alike


def test_an_anchor_of_the_page_is_rarely_taken() -> None:
    seen = screen(
        node("link", "Further down", href=HERE + "#end", path="#a"),
        node("link", "Elsewhere", href=HERE + "/b", path="#b", y=60),
    )
    counted: Counter[str] = Counter()
    for seed in range(200):
        policy = NoveltyPolicy()
        policy.begin(seed=seed)
        choice = policy.choose(seen)
        assert choice is not None
        assert choice.target is not None
        counted[choice.target.name] += 1
    assert counted["Elsewhere"] > 5 * counted["Further down"]


FORM = (
    node("cell", "Oslo", y=5, column="City"),
    node("form", y=20),
    node("combobox", "Column", y=40, depth=1, value="- column -", options=("- column -", "City"), id="column"),
    node("textbox", "", "editable", y=70, depth=1, field="text", id="text"),
    node("button", "Apply", y=100, depth=1, field="submit"),
)


def filled(column: str, text: str) -> Observation:
    parts = list(FORM)
    parts[2] = replace(parts[2], value=column)
    parts[3] = replace(parts[3], value=text)
    return screen(*parts)


def test_a_form_is_filled_from_its_list_to_its_button() -> None:
    """Whatever field it begins with, the list that decides what fits comes first, and the button comes last."""
    told = []
    for seed in range(60):
        policy = NoveltyPolicy()
        policy.begin(seed=seed)
        seen, done = screen(*FORM), []
        for _ in range(3):
            choice = policy.choose(seen)
            assert choice is not None
            done.append(choice.action)
            match choice.action:
                case Select(option):
                    after = filled(option, "")
                case Type(text):
                    after = filled("City", text)
                case _:
                    break
            policy.learn(seen, choice, OK, after)
            seen = after
        if isinstance(done[0], Select):
            told.append([type(action) for action in done])
            assert done[0].option == "City"
            assert [action.text for action in done if isinstance(action, Type)] in (["Oslo"], [])
    assert told.count([Select, Type, Click]) > 0.8 * len(told) > 0


@pytest.mark.parametrize(("flags", "sent"), [(("editable",), True), (("editable", "multiline"), False)])
def test_enter_sends_a_lone_field_unless_it_is_a_new_line_there(flags: tuple[Flag, ...], sent: bool) -> None:
    policy = RandomPolicy()
    policy.begin(seed=3)
    choice = policy.choose(screen(node("textbox", "Note", *flags)))
    assert choice is not None
    assert isinstance(choice.action, Type)
    assert choice.action.submit is sent


def test_a_form_that_nothing_was_entered_into_is_rarely_sent() -> None:
    counted = actions(NoveltyPolicy(), screen(*FORM))
    assert counted[Click] < 0.2 * counted[Select]


def test_walks_get_to_the_articles_and_use_the_forms() -> None:
    policy = NoveltyPolicy()
    kinds: Counter[type[Action]] = Counter()
    opened = set()
    for seed in range(8):
        for choice in walk(policy, seed=seed, steps=25):
            kinds[type(choice.action)] += 1
            if choice.target is not None:
                opened.add(choice.target.name)
    assert {Click, Type, Select, Scroll, Back} <= set(kinds)
    assert len({"Brass lamp", "Oak table", "Linen curtain", "Reading chair", "Glass vase"} & opened) >= 3
    assert kinds[Back] < 0.3 * kinds.total()


def test_a_search_is_sent_as_soon_as_it_is_typed() -> None:
    fields = (
        node("heading", "Anna Weber", y=5),
        node("form", y=20),
        node("checkbox", "Titles only", y=40, depth=1, field="checkbox"),
        node("textbox", "Search", "editable", y=70, depth=1, field="text", value=""),
        node("button", "Go", y=100, depth=1, field="submit"),
    )
    typed = 0
    for seed in range(40):
        policy = NoveltyPolicy()
        policy.begin(seed=seed)
        seen = screen(*fields)
        first = policy.choose(seen)
        assert first is not None
        if isinstance(first.action, Type):
            typed += 1
            after = screen(*fields[:3], replace(fields[3], value=first.action.text), fields[4])
            policy.learn(seen, first, OK, after)
            second = policy.choose(after)
            assert second is not None
            assert second.target is not None
            assert second.target.name == "Go"
    assert typed > 5


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("refused", [True, False])
def test_what_is_not_to_be_pressed_again_is_left_alone_by_all_that_share_a_memory(name: str, refused: bool) -> None:
    memory = Memory()
    seen = screen(node("button", "Zork"), node("button", "Mirf", y=60))
    policy = build_policy(name, memory=memory)

    def chosen_at(seed: int) -> Choice | None:
        policy.begin(seed=seed)
        choice = policy.choose(seen)
        return choice if choice is not None and choice.target is not None and choice.target.name == "Zork" else None

    choice = next(filter(None, map(chosen_at, range(100))))
    outcome = Outcome("refused", message="denied") if refused else OK
    after = screen(node("heading", "Done"), location=f"{HERE}/done")
    policy.learn(seen, choice, outcome, replace(after, notice=None if refused else f"sent POST x; {NOT_AGAIN}"))
    others = [policy, build_policy(name, memory=memory)]
    for each in others:
        for seed in range(20):
            each.begin(seed=seed)
            chosen = each.choose(seen)
            assert chosen is None or chosen.target is None or chosen.target.name == "Mirf"
