"""Places that a person sees and presses though their roles and tags don't say so."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from explorers.core.affordances import affordances
from explorers.pixels import can_read
from explorers.web import WebConfig, WebEnvironment
from explorers.web.listening import selectors_in
from schemas.actions import Check, Click, Open, Scroll, Select
from schemas.errors import ConfigurationError
from schemas.records import PRESS, Observation
from schemas.visual import decode, image_size
from tests.explorers.contract import find, middle
from tests.explorers.site import Site, serve_folder
from tests.explorers.web.conftest import Visitor, node_of, point_on

SHARED = Path(__file__).resolve().parents[4] / "shared" / "cases" / "pages"


@pytest.mark.parametrize(
    ("source", "selectors"),
    [
        ("e => { if (e.target.id == 'go') x() }", ['[id="go"]']),
        ('e => { if ("go" === e.target.id) x() }', ['[id="go"]']),
        ("e => e.target.closest('.row, [data-id]') && x()", [".row", "[data-id]"]),
        ("function (e) { if (e.target.matches(`li.item`)) x() }", ["li.item"]),
        ("e => e.target.classList.contains('remove') && x()", [".remove"]),
        ("e => e.target.tagName === 'LI' && x()", ["li"]),
        ("e => acts[e.target.dataset.doIt]()", ["[data-do-it]"]),
        ("e => acts[e.target.getAttribute('data-act')]()", ["[data-act]"]),
        ("e => { switch (e.target.id) { case 'save': x(); case 'drop': y() } }", ['[id="save"]', '[id="drop"]']),
        ("() => { panel.classList.toggle('open'); say('done') }", []),
    ],
)
def test_a_listener_names_those_that_it_listens_for(source: str, selectors: list[str]) -> None:
    assert selectors_in(source) == selectors


@pytest.fixture(scope="module")
def seen(visitor: Visitor) -> Observation:
    return visitor.visit("/listening")


@pytest.mark.web
def test_a_control_that_is_not_drawn_is_where_its_label_is(seen: Observation) -> None:
    told = {
        (node.role, node.name, node.field): node.id
        for node in seen.nodes
        if node.id in ("switch", "small", "photo", "away", "terms", "hidden-send")
    }
    assert told == {
        ("checkbox", "Dark switch", "checkbox"): "switch",
        ("radio", "Small size", "radio"): "small",
        ("textbox", "Choose a photo", "file"): "photo",
        ("checkbox", "Away box", "checkbox"): "away",
        ("checkbox", "I take the terms and conditions of all of this and of everything else", "checkbox"): "terms",
        ("button", "Send by label", "submit"): "hidden-send",
    }
    assert node_of(seen, "hidden-send").method == "post"


@pytest.mark.web
def test_what_listens_is_a_place_and_what_only_holds_others_is_none(seen: Observation) -> None:
    usable = {each.node.id: each.node for each in affordances(seen) if each.kind == "press"}
    assert {"cross", "icon", "plain", "named", "one", "cell", "picture", "bar", "north", "south"} <= set(usable)
    assert not {"two", "quiet", "bar-of-two", "article", "list", "chart"} & set(usable)
    assert usable["cell"].actions == usable["picture"].actions == (PRESS,)
    assert (usable["one"].role, usable["one"].name) == ("listitem", "First row")
    assert usable["north"].href is not None
    assert usable["north"].href.endswith("/done")


@pytest.mark.web
def test_closed_shadow_roots_are_looked_into_and_so_are_their_secrets(seen: Observation) -> None:
    assert find(seen, "text", "Words in a closed root")
    assert find(seen, "button", "Closed button").path == "#outer >>> div >>> button"
    assert "Zq81mv" not in repr(seen.nodes)


@pytest.mark.web
def test_what_a_canvas_shows_is_places(seen: Observation) -> None:
    board = node_of(seen, "board")
    boxes = [node.box for node in seen.nodes if (node.path or "").startswith("#board / ") and node.box]
    assert board.box is not None
    corner = (round(board.box.x), round(board.box.y))
    assert [(box.x - corner[0], box.y - corner[1], box.width, box.height) for box in boxes] == [
        (20, 10, 80, 40),
        (200, 10, 60, 40),
    ]


@pytest.mark.web
def test_pressing_them_does_what_they_say(visitor: Visitor) -> None:
    visitor.visit("/listening")
    for id in ("cross", "icon", "plain", "named", "cell", "picture"):
        assert visitor.click(visitor.environment.observe(), id)[1].nodes[0].name == id
    for path, said in (("#bar", "svg"), ("#board / mi", "red place"), ("#one", "row")):
        now = visitor.environment.observe()
        place = next(node for node in now.nodes if node.path == path)
        assert visitor.act(Click(point_on(place)))[1].nodes[0].name == said
    now = visitor.environment.observe()
    for id in ("switch", "small", "away", "terms"):
        box = next(node for node in now.nodes if node.id == id)
        outcome, now = visitor.act(Check(point_on(box)))
        assert outcome.result == "ok"
        assert node_of(now, id).has("checked")


@pytest.mark.web
def test_options_are_counted_where_they_are_cut_and_twins_are_chosen_by_their_place(
    visitor: Visitor, seen: Observation
) -> None:
    long = node_of(seen, "long")
    assert len(long.options) == 1_000
    assert seen.tree is not None
    assert seen.tree.cut == 101
    assert long.options.count("Twin") == 2
    for nth, value in ((None, 500), (0, 500), (1, 900)):
        outcome, now = visitor.act(Select("Twin", point_on(long), nth=nth))
        assert outcome.result == "ok"
        assert now.nodes[0].name == f"chose {value}"
    assert visitor.act(Select("Twin", point_on(long), nth=2))[0].result == "no target"


@pytest.mark.web
@pytest.mark.parametrize("scale", [1.5, 2])
def test_at_another_scale_pictures_boxes_points_and_scrolls_agree(site: Site, scale: float) -> None:
    environment = WebEnvironment(
        site.url("/listening"), config=WebConfig(width=800, height=500, scale=scale, mode="page")
    )
    try:
        seen = environment.reset()
        setting = environment.setting
        assert (setting.width, setting.height, setting.scale) == (800 * scale, 500 * scale, scale)
        assert seen.screen is not None
        assert image_size(seen.screen.data) == (seen.screen.width, seen.screen.height) == (800 * scale, 500 * scale)
        board = node_of(seen, "board")
        environment.act(Scroll(0, 2000))
        seen = environment.observe()
        assert seen.scroll is not None
        assert seen.scroll.y == seen.scroll.max_y > 100
        moved = node_of(seen, "board")
        assert board.box is not None
        assert moved.box is not None
        assert (moved.box.y, moved.box.width) == (pytest.approx(board.box.y - seen.scroll.y, abs=1), 300 * scale)
        red = next(node for node in seen.nodes if node.path == "#board / mi")
        assert red.box is not None
        assert seen.screen is not None
        x, y = red.box.centre
        assert tuple(decode(seen.screen.data)[round(y), round(x)]) == (204, 0, 0)
        assert (red.box.width, red.box.height) == pytest.approx((60 * scale, 40 * scale), abs=2)
        assert environment.act(Click(middle(red, seen))).result == "ok"
        environment.act(Scroll(0, -2000))
        assert find(environment.observe(), "text", "red place")
    finally:
        environment.close()


def test_a_scale_that_no_screen_has_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"scale of 0\.5 to 4"):
        WebConfig(scale=0)


@pytest.fixture(scope="module")
def cases() -> Iterator[tuple[WebEnvironment, str]]:
    with serve_folder(SHARED) as url:
        environment = WebEnvironment(f"{url}/index.html", config=WebConfig(mode="viewport"))
        environment.reset()
        yield environment, url
        environment.close()


def presses(cases: tuple[WebEnvironment, str], page: str, *ids: str) -> list[str]:
    """What the page says after a press on each, of those that are called so or whose path ends so."""
    environment, url = cases
    said = []
    for id in ids:
        assert environment.act(Open(f"{url}/{page}.html")).result == "ok"
        place = next(node for node in environment.observe().nodes if id in (node.name, (node.path or "")[-len(id) :]))
        assert environment.act(Click(point_on(place))).result == "ok"
        said.append(" ".join(node.name for node in environment.observe().nodes if node.role == "text"))
    return said


@pytest.mark.web
@pytest.mark.skipif(not SHARED.is_dir(), reason="the folder of shared cases is not there")
def test_the_places_of_the_shared_cases_are_there_and_can_be_pressed(cases: tuple[WebEnvironment, str]) -> None:
    environment, url = cases
    assert environment.act(Open(f"{url}/hidden.html")).result == "ok"
    boxes = [node.name for node in environment.observe().nodes if node.role in ("checkbox", "radio")]
    assert boxes == ["Clipped box", "Transparent box", "Undisplayed box", "Radio one", "Radio two"]
    for name in boxes:
        box = next(node for node in environment.observe().nodes if node.name == name)
        assert environment.act(Check(point_on(box))).result == "ok"
        assert next(node for node in environment.observe().nodes if node.name == name).has("checked")
    assert presses(cases, "anchor", "#x", "#s", "#d", "#cur") == [
        "closed",
        "Welcome icon",
        "Welcome delegated div",
        "Welcome pointer div",
    ]
    assert presses(cases, "shadow", "x-a >>> div >>> div >>> div >>> #deep", "x-c >>> div >>> div >>> #deep") == [
        "ordered open",
        "ordered closed",
    ]
    # Where pictures are read the word that is drawn in the place names it.
    assert presses(cases, "canvas", "Start" if can_read() else "#c / ef") == ["started"]
