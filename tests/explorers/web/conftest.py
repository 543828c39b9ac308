from collections.abc import Iterator

import pytest

from explorers.web import WebConfig, WebEnvironment
from schemas.actions import Action, Click, Open, Point
from schemas.records import Node, Observation, Outcome
from tests.explorers.site import Site


class Visitor:
    """A browser on the test site, and the few moves that the tests make in it."""

    def __init__(self, site: Site, environment: WebEnvironment | None = None) -> None:
        self.site = site
        self.environment = environment or WebEnvironment(site.url("/"), config=WebConfig(step=20, mode="page"))

    def visit(self, path: str) -> Observation:
        self.environment.reset()
        assert self.environment.act(Open(self.site.url(path))).result == "ok"
        return self.environment.observe()

    def act(self, action: Action) -> tuple[Outcome, Observation]:
        return self.environment.act(action), self.environment.observe()

    def click(self, seen: Observation, id: str) -> tuple[Outcome, Observation]:
        return self.act(Click(point_on(node_of(seen, id))))


def node_of(seen: Observation, id: str) -> Node:
    assert seen.tree is not None
    return next(node for node in seen.tree.nodes if node.id == id)


def point_on(node: Node) -> Point:
    assert node.box is not None
    return Point.on(*node.box.centre, width=1280, height=720)


@pytest.fixture(scope="session")
def visitor(site: Site) -> Iterator[Visitor]:
    visiting = Visitor(site)
    yield visiting
    visiting.environment.close()
