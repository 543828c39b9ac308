from collections.abc import Iterator

import pytest

from explorers.desktop import DesktopEnvironment
from schemas.protocols import Environment
from schemas.records import Node, Observation
from tests.explorers.contract import EnvironmentContract, find
from tests.explorers.desktop.conftest import application


@pytest.mark.desktop
class TestContract(EnvironmentContract):
    @pytest.fixture
    def environment(self) -> Iterator[Environment]:
        made = DesktopEnvironment(application())
        yield made
        made.close()

    def link(self, observation: Observation) -> Node:
        return find(observation, "link", "Details")

    def go_to_form(self, environment: Environment) -> Observation:
        return environment.reset()
