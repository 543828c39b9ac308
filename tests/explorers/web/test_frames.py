"""Frames of another origin, which Chromium keeps in a process of its own: seen and acted on like the page's own."""

from collections.abc import Iterator

import pytest

from explorers.web import WebConfig, WebEnvironment
from explorers.web.extraction import Mode
from schemas.actions import Check, Click, Open, Select, Type
from schemas.records import Node, Observation
from tests.explorers.contract import find
from tests.explorers.site import Site
from tests.explorers.web.conftest import point_on

pytestmark = pytest.mark.web


@pytest.fixture(scope="module", params=["viewport", "page"])
def framed(site: Site, request: pytest.FixtureRequest) -> Iterator[WebEnvironment]:
    mode: Mode = request.param
    other = site.host.replace("127.0.0.1", "localhost")
    environment = WebEnvironment(site.url("/framed"), config=WebConfig(mode=mode, hosts=(other,)))
    yield environment
    environment.close()


def depth_below(seen: Observation, node: Node, frame: Node) -> bool:
    assert seen.tree is not None
    nodes = seen.tree.nodes
    return nodes.index(node) > nodes.index(frame) and node.depth > frame.depth


def test_its_elements_stand_below_the_frame_where_they_are_seen(framed: WebEnvironment) -> None:
    seen = framed.reset()
    frame, name = find(seen, "iframe"), find(seen, "textbox", "Name")
    assert depth_below(seen, name, frame)
    assert frame.box is not None
    assert name.box is not None
    assert frame.box.x + 5 < name.box.x < frame.box.x + frame.box.width
    assert frame.box.y + 5 < name.box.y < frame.box.y + frame.box.height
    after = find(seen, "text", "After it")
    assert after.depth == frame.depth
    assert seen.tree is not None
    assert seen.tree.nodes.index(after) > seen.tree.nodes.index(name)


def test_its_fields_are_filled(framed: WebEnvironment) -> None:
    seen = framed.reset()
    assert framed.act(Type("Ada", point_on(find(seen, "textbox", "Name")))).result == "ok"
    assert framed.act(Type("2024-05-17", point_on(find(seen, "textbox", "Day")))).result == "ok"
    assert framed.act(Select("Writer", point_on(find(seen, "combobox", "Kind")))).result == "ok"
    assert framed.act(Check(point_on(find(seen, "checkbox", "Newsletter")))).result == "ok"
    after = framed.observe()
    assert find(after, "textbox", "Name").value == "Ada"
    assert find(after, "textbox", "Day").value == "2024-05-17"
    assert find(after, "combobox", "Kind").value == "Writer"
    assert find(after, "checkbox", "Newsletter").has("checked")


def test_what_is_clicked_in_it_changes_it_and_the_page_stays(framed: WebEnvironment) -> None:
    seen = framed.reset()
    framed.act(Type("Ada", point_on(find(seen, "textbox", "Name"))))
    assert framed.act(Click(point_on(find(seen, "button", "Send")))).result == "ok"
    after = framed.observe()
    assert after.location == seen.location
    assert find(after, "heading", "Thank you")
    assert all(node.role != "textbox" for node in after.tree.nodes)  # type: ignore[union-attr]


def test_it_is_cut_at_the_edge_of_its_frame(framed: WebEnvironment, site: Site) -> None:
    framed.reset()
    framed.act(Open(site.url("/framed?page=table")))
    seen = framed.observe()
    assert seen.tree is not None
    frame = find(seen, "iframe").box
    assert frame is not None
    inside = [node for node in seen.tree.nodes if node.depth > find(seen, "iframe").depth]
    assert inside
    for node in inside:
        assert node.box is not None
        if node.on_screen:
            assert node.box.y < frame.y + frame.height
