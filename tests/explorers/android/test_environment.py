import pytest

from explorers.android import AndroidEnvironment
from schemas.actions import Click, Drag, Open
from schemas.protocols import Environment
from schemas.records import Node, Observation
from tests.explorers.contract import QUIET, EnvironmentContract, find, middle

pytestmark = pytest.mark.android


class TestContract(EnvironmentContract):
    quiet = QUIET | {Open, Drag}  # the app that is opened is in front already; in the form nothing is dragged
    key = "Backspace"

    @pytest.fixture
    def environment(self, notes: AndroidEnvironment) -> Environment:
        return notes

    def link(self, observation: Observation) -> Node:
        return find(observation, "button", "Account")

    def go_to_form(self, environment: Environment) -> Observation:
        seen = environment.reset()
        environment.act(Click(middle(find(seen, "button", "Account"), seen)))
        return environment.observe()

    def option(self, field: Node) -> str:  # noqa: ARG002
        return "Work"  # a list of Android says its options only when it is open

    def scrolled(self, observation: Observation) -> Node:
        return find(observation, "generic", "Bike tour About: bike tour.")
