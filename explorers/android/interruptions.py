"""What every walk on a phone needs, whatever chooses its steps: answering the system, and coming back to the app."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from explorers.android.actions import is_name
from explorers.core.safety.packages import QUESTIONS, package_of
from schemas.actions import Action, Back, Click, Open, Point, Reload
from schemas.protocols import Policy
from schemas.records import Choice, Node, Observation, Outcome
from schemas.targets import target_of

BACK_AFTER = 5
RESTART_AFTER = 10
"""Steps in an app that may be visited besides the one that is explored (DroidBot's rule)."""
BACK_TRIES = 2
"""Times that back is pressed in an app that may not be used, before the explored one is started anew."""

Permission = Literal["allow", "deny"]

_ANSWERS = {
    "allow": re.compile(r"permission_allow_(?:foreground_only_|one_time_|always_)?button|allow_button"),
    "deny": re.compile(r"permission_(?:no_upgrade_)?deny_(?:and_dont_ask_again_)?button|deny_button"),
}
_CLOSING = frozenset({"aerr_wait", "aerr_close"})
"""The buttons of the system's notices that an app hangs or crashed."""


@dataclass(slots=True)
class _Detour:
    """Since the episode began: steps in a row out of the app, and whether the last choice was a rule's.

    `held` is what is not learned yet: the choice that led to a question of the system.
    """

    outside: int = 0
    own: bool = False
    held: tuple[Observation, Choice, Outcome] | None = None


class InterruptionRules:
    """A policy with rules before it: a rule's choice says so in its thought, and the policy does not learn from it.

    What a choice of the policy led to is learned once the system's questions that came of it are answered.

    The system's questions for permissions are answered as `permission` says, notices of crashes are closed. In an app
    of `packages` the policy goes on for some steps; out of all others the way leads back at once. An app that the
    policy opens by its name is opened by its package, which `package_named` knows: so it is judged like any other.
    """

    def __init__(
        self,
        inner: Policy,
        app: str,
        *,
        packages: Sequence[str] = (),
        permission: Permission = "allow",
        package_named: Callable[[str], str | None] | None = None,
    ) -> None:
        self.inner = inner
        self._app = app
        self._packages = frozenset(packages)
        self._permission: Permission = permission
        self._package_named = package_named
        self._detour = _Detour()

    @property
    def name(self) -> str:
        """The policy's."""
        return self.inner.name

    @property
    def version(self) -> str:
        """The policy's, and that of the rules."""
        return f"{self.inner.version}+android2"

    def begin(self, *, seed: int) -> None:
        """A new episode."""
        self._detour = _Detour()
        self.inner.begin(seed=seed)

    def choose(self, observation: Observation) -> Choice | None:
        """A rule's choice where one applies, else the policy's."""
        choice = self._by_rule(observation)
        self._detour.own = choice is not None
        return choice if choice is not None else self._by_package(self.inner.choose(observation))

    def learn(self, before: Observation, choice: Choice, outcome: Outcome, after: Observation) -> None:
        """Tells the policy what its own choices led to."""
        if not self._detour.own:
            self._detour.held = before, choice, outcome
        held = self._detour.held
        if held is not None and package_of(after) not in QUESTIONS:
            self._detour.held = None
            self.inner.learn(*held, after)

    def _by_package(self, choice: Choice | None) -> Choice | None:
        if choice is None or self._package_named is None or not isinstance(choice.action, Open):
            return choice
        package = self._package_named(choice.action.location) if is_name(choice.action.location) else None
        return choice if package is None else replace(choice, action=Open(package))

    def _by_rule(self, observation: Observation) -> Choice | None:
        package = package_of(observation)
        if package is None:
            return None  # nothing is known of the screen
        if package == self._app:
            self._detour.outside = 0
        elif package in QUESTIONS:
            return self._answer(observation)
        else:
            self._detour.outside += 1
            return self._come_back(package, self._detour.outside)
        return self._answer_trouble(observation)

    def _come_back(self, package: str, steps: int) -> Choice | None:
        if package in self._packages:
            if steps > RESTART_AFTER:
                return Choice(Reload(), thought=f"rule: {steps} steps outside the app, it is started anew")
            return Choice(Back(), thought=f"rule: {steps} steps outside the app") if steps > BACK_AFTER else None
        if steps > BACK_TRIES or _is_home(package):
            return Choice(Reload(), thought=f"rule: {package} is not explored, the app is started anew")
        return Choice(Back(), thought=f"rule: {package} is not explored")

    def _answer(self, observation: Observation) -> Choice | None:
        """Presses the button that answers the system's question as configured, else goes back."""
        buttons = [node for node in observation.nodes if node.role == "button" and node.on_screen]
        for node in buttons:
            if _ANSWERS[self._permission].fullmatch((node.id or "").rpartition("/")[2]):
                return _press(node, observation, f"rule: permissions are answered with {self._permission}")
        return self._answer_trouble(observation) or Choice(Back(), thought="rule: the system asks something unknown")

    def _answer_trouble(self, observation: Observation) -> Choice | None:
        for node in observation.nodes:
            if (node.id or "").rpartition("/")[2] in _CLOSING:
                return _press(node, observation, "rule: a notice of the system is closed")
        return None


def _is_home(package: str) -> bool:
    """Whether a package is a launcher, from which back leads nowhere."""
    return "launcher" in package.lower() or package.endswith((".home", ".homescreen"))


def _press(node: Node, observation: Observation, thought: str) -> Choice | None:
    if node.box is None or observation.screen is None:
        return None
    action: Action = Click(Point.on(*node.box.centre, width=observation.screen.width, height=observation.screen.height))
    return Choice(action, target=target_of(node), thought=thought)
