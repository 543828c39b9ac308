from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from explorers.android import AndroidEnvironment
from explorers.android.interruptions import InterruptionRules
from explorers.core.safety import Safety
from schemas.actions import Action, Back, Click, Open, Reload, Wait
from schemas.records import Box, Choice, Node, Observation, Outcome, Screen, Tree
from tests.explorers.android.device import Phone
from tests.explorers.android.device.apps import NOTES, SETTINGS
from tests.explorers.contract import find, middle


class Given:
    """A policy that makes given choices and keeps what it learned."""

    name, version = "given", "1"

    def __init__(self, *actions: Action) -> None:
        self._actions: Iterator[Action] = iter(actions)
        self.learned: list[tuple[str | None, str | None]] = []

    def begin(self, *, seed: int) -> None: ...

    def choose(self, observation: Observation) -> Choice | None:  # noqa: ARG002
        return Choice(next(self._actions, Wait()))

    def learn(self, before: Observation, choice: Choice, outcome: Outcome, after: Observation) -> None:  # noqa: ARG002
        self.learned.append((before.location, after.location))


def seen(location: str, *nodes: Node) -> Observation:
    return Observation(Screen(b"", 100, 100), Tree("uiautomator", nodes), location, "", (), None, datetime.now(UTC))


def button(id: str) -> Node:
    return Node("button", "OK", box=Box(0, 0, 10, 10), id=id)


def chosen(rules: InterruptionRules, location: str, *nodes: Node) -> tuple[str, bool]:
    """The action that is chosen, and whether a rule chose it."""
    choice = rules.choose(seen(location, *nodes))
    assert choice is not None
    return type(choice.action).__name__, (choice.thought or "").startswith("rule")


def test_in_the_app_the_policy_chooses() -> None:
    assert chosen(InterruptionRules(Given(), "com.a"), "com.a/.Main") == ("Wait", False)


def test_out_of_the_app_the_way_is_back_at_once_and_then_a_restart() -> None:
    rules = InterruptionRules(Given(), "com.a")
    steps = [chosen(rules, "com.b/.Main") for _ in range(3)]
    assert steps == [("Back", True), ("Back", True), ("Reload", True)]
    assert chosen(rules, "com.some.launcher/.Home") == ("Reload", True)


def test_an_allowed_app_is_left_after_five_steps_and_restarted_after_ten() -> None:
    rules = InterruptionRules(Given(), "com.a", packages=("com.b",))
    steps = [chosen(rules, "com.b/.Main")[0] for _ in range(11)]
    assert steps == ["Wait"] * 5 + ["Back"] * 5 + ["Reload"]
    chosen(rules, "com.a/.Main")
    assert chosen(rules, "com.b/.Main") == ("Wait", False)  # counted anew


@pytest.mark.parametrize(
    ("permission", "pressed"),
    [("allow", "permission_allow_foreground_only_button"), ("deny", "permission_deny_button")],
)
def test_permissions_are_answered_as_configured(permission: str, pressed: str) -> None:
    rules = InterruptionRules(Given(), "com.a", permission=permission)  # type: ignore[arg-type]
    question = seen(
        "com.android.permissioncontroller/.Grant",
        button("permission_allow_foreground_only_button"),
        button("permission_deny_button"),
    )
    choice = rules.choose(question)
    assert choice is not None
    assert choice.target is not None
    assert choice.target.locators[0].value == pressed


def test_a_notice_of_a_hang_is_closed_and_an_unknown_question_is_left() -> None:
    rules = InterruptionRules(Given(), "com.a")
    assert chosen(rules, "android/.Anr", button("aerr_wait")) == ("Click", True)
    assert chosen(rules, "android/.Chooser", button("button_once")) == ("Back", True)


@pytest.mark.android
def test_the_policy_learns_where_its_choice_led_after_the_question(notes: AndroidEnvironment, phone: Phone) -> None:
    first = notes.reset()
    notes.act(Click(middle(find(first, "button", "More options"), first)))
    menu = notes.observe()
    policy = Given(Click(middle(find(menu, "generic", "Share location"), menu)))
    rules = InterruptionRules(policy, NOTES, permission="deny")
    rules.begin(seed=0)
    now = menu
    for _ in range(2):
        choice = rules.choose(now)
        assert choice is not None
        assert Safety(packages=(NOTES,)).refuses(now, choice.action) is None
        outcome = notes.act(choice.action)
        after = notes.observe()
        rules.learn(now, choice, outcome, after)
        now = after
    assert phone.store.permission == "Don\u2019t allow"
    assert policy.learned == [(f"{NOTES}/.MainActivity", f"{NOTES}/.LocationActivity")]


def test_an_app_that_is_not_named_must_not_be_used() -> None:
    press = Click(middle(button("x"), seen("", button("x"))))
    strict, free = Safety(packages=("com.a",)), Safety()
    assert strict.refuses(seen("com.a/.Main", button("x")), press) is None
    assert "none of the apps" in (strict.refuses(seen("com.b/.Main", button("x")), press) or "")
    assert free.refuses(seen("com.b/.Main", button("x")), press) is None
    assert "only explored where it is named" in (free.refuses(seen(f"{SETTINGS}/.Settings", button("x")), press) or "")
    assert Safety(packages=(SETTINGS,)).refuses(seen(f"{SETTINGS}/.Settings", button("x")), press) is None
    for action in (Back(), Reload(), Open("com.a")):
        assert strict.refuses(seen("com.b/.Main"), action) is None
    for place in ("com.b", "com.android.vending/.Main", "tel:112", "sms:112", "market://details?id=x"):
        assert strict.refuses(seen("com.a/.Main"), Open(place)) is not None


def test_a_factory_reset_is_refused_even_in_settings_that_are_named() -> None:
    row = Node("generic", "Erase all data (factory reset)", box=Box(0, 0, 10, 10))
    now = seen(f"{SETTINGS}/.Settings", row)
    assert Safety(packages=(SETTINGS,)).refuses(now, Click(middle(row, now))) is not None


def test_an_app_is_opened_by_its_package_which_is_judged_like_any_other() -> None:
    named = {"Notes": "com.a", "Settings": "com.android.settings"}.get
    actions = (Open("Notes"), Open("Settings"), Open("Nothing"), Open("com.b"), Open("https://a.example/"))
    rules = InterruptionRules(Given(*actions), "com.a", package_named=named)
    here = seen("com.a/.Main")
    chosen = [choice.action for choice in (rules.choose(here) for _ in actions) if choice is not None]
    assert chosen == [Open("com.a"), Open("com.android.settings"), *actions[2:]]
    refusals = [Safety(packages=("com.a",)).refuses(here, action) for action in chosen]
    assert [refusal is not None for refusal in refusals] == [False, True, False, True, False]
