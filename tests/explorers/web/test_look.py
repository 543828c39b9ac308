"""The three modes of a look, its picture, and how it waits for rest."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from explorers.web import WebConfig, WebEnvironment
from explorers.web.extraction import Mode
from schemas.actions import Click, Hover, Open, Point, Scroll, Type, Wait
from schemas.errors import ConfigurationError
from schemas.records import Observation
from schemas.visual import decode, packed
from tests.explorers.contract import find
from tests.explorers.site import Site
from tests.explorers.web.conftest import Visitor, node_of, point_on

pytestmark = pytest.mark.web


@pytest.fixture(scope="module")
def looks(site: Site) -> dict[Mode, Observation]:
    """One page in every mode."""
    seen: dict[Mode, Observation] = {}
    for mode in ("viewport", "page", "full"):
        environment = WebEnvironment(site.url("/tall"), config=WebConfig(mode=mode))
        seen[mode] = environment.reset()
        environment.close()
    return seen


def names(seen: Observation) -> list[tuple[str, str]]:
    assert seen.tree is not None
    return [(node.role, node.name) for node in seen.tree.nodes]


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="mode"):
        WebConfig(mode="all")  # type: ignore[arg-type]


def test_the_viewport_holds_just_what_is_on_the_screen(looks: dict[Mode, Observation]) -> None:
    tree = looks["viewport"].tree
    assert tree is not None
    assert tree.cut > 0
    assert all(node.on_screen for node in tree.nodes)
    whole = looks["page"].tree
    assert whole is not None
    shown = [(node.role, node.name, node.box) for node in whole.nodes if node.on_screen]
    assert [(node.role, node.name, node.box) for node in tree.nodes] == shown


def test_what_is_fixed_on_the_screen_is_seen_though_its_parent_is_far_below(looks: dict[Mode, Observation]) -> None:
    assert ("button", "Help") in names(looks["viewport"])
    assert ("text", "Far below") not in names(looks["viewport"])


def test_the_page_holds_what_is_below_the_screen_too(looks: dict[Mode, Observation]) -> None:
    found = names(looks["page"])
    assert ("link", "Row 200") in found
    assert ("link", "End") in found
    assert looks["page"].tree.cut == 0  # type: ignore[union-attr]


def test_cells_know_their_column_in_every_mode(looks: dict[Mode, Observation]) -> None:
    for seen in looks.values():
        assert find(seen, "cell", "Town 1").column == "Town"


def test_full_keeps_what_the_browser_itself_tells(looks: dict[Mode, Observation]) -> None:
    raw = {each.kind: json.loads(each.data) for each in looks["full"].raw}
    assert set(raw) == {"dom snapshot", "accessibility tree"}
    assert "Row 200" in raw["dom snapshot"]["strings"]
    told = {node.get("name", {}).get("value") for node in raw["accessibility tree"]["nodes"]}
    assert {"Row 200", "Help"} <= told
    assert looks["page"].raw == looks["viewport"].raw == ()
    assert names(looks["full"]) == names(looks["page"])


def test_the_picture_that_is_stored_has_the_pixels_of_the_browsers_own(visitor: Visitor) -> None:
    seen = visitor.visit("/roles")
    tab = visitor.environment._session.tab
    answer = tab.devtools.call("Page.captureScreenshot", {"format": "png"}, session=tab.session)
    assert seen.screen is not None
    stored = packed(seen.screen)
    assert stored.format == "webp"
    assert len(stored.data) < len(base64.b64decode(answer["data"])) < len(seen.screen.data)
    assert np.array_equal(decode(base64.b64decode(answer["data"])), decode(stored.data))


def test_a_caret_is_not_in_the_picture(visitor: Visitor) -> None:
    seen = visitor.visit("/form")
    _, first = visitor.act(Click(point_on(find(seen, "textbox", "Name"))))
    later = [visitor.act(Wait(0.3))[1] for _ in range(3)]
    assert first.screen is not None
    assert {seen.screen.data for seen in later if seen.screen} == {first.screen.data}


def test_parts_that_move_by_themselves_are_told(visitor: Visitor) -> None:
    seen = visitor.visit("/clock")
    assert seen.volatile
    assert visitor.visit("/roles").volatile == ()


def test_an_application_that_did_not_draw_itself_yet_is_waited_for(visitor: Visitor) -> None:
    seen = visitor.visit("/late")
    assert ("button", "Go on") in names(seen)
    assert seen.volatile == ()


def test_a_page_that_stays_blank_is_an_observation_at_last(visitor: Visitor) -> None:
    outcome, seen = visitor.act(Open(visitor.site.url("/blank")))
    assert (outcome.result, names(seen)) == ("ok", [])
    assert seen.title == "Blank"
    assert outcome.settle is not None
    assert outcome.settle.startswith("quiet")


def test_a_pointer_that_only_moves_settles_without_a_change(visitor: Visitor) -> None:
    visitor.visit("/roles")
    outcome, _ = visitor.act(Hover(Point.on(600, 400, width=1280, height=720)))
    assert outcome.settle is not None
    assert outcome.settle.startswith("quiet ")


def test_scrolling_shows_other_nodes_in_the_viewport(site: Site) -> None:
    environment = WebEnvironment(site.url("/tall"))
    first = environment.reset()
    environment.act(Scroll(0, 600))
    after = environment.observe()
    environment.close()
    assert ("heading", "Tall") in names(first)
    assert ("heading", "Tall") not in names(after)
    assert len([node for node in names(after) if node[0] == "link"]) > 5


def test_an_observation_that_was_made_while_acting_is_not_given_when_the_page_changed_since(visitor: Visitor) -> None:
    visitor.visit("/roles")
    environment = visitor.environment
    environment.act(Open(visitor.site.url("/drag")))
    environment._session.tab.frame.evaluate("document.title = 'changed'")
    environment._session.tab.frame.evaluate("document.body.append('more words')")
    assert environment.observe().title == "changed"


def test_what_was_said_while_acting_is_not_lost_when_the_page_changed_since(visitor: Visitor) -> None:
    seen = visitor.visit("/dialogs")
    environment = visitor.environment
    environment.act(Click(point_on(node_of(seen, "alert"))))
    environment._session.tab.frame.evaluate("document.body.append('more words')")
    assert environment.observe().notice == "alert: Watch out"
    assert environment.observe().notice is None


def test_what_a_secret_field_holds_is_painted_over_and_nothing_raw_is_kept(site: Site) -> None:
    environment = WebEnvironment(site.url("/form"), config=WebConfig(mode="full"))
    seen = environment.reset()
    environment.close()
    box = find(seen, "textbox", "Password").box
    assert box is not None
    assert seen.screen is not None
    pixels = np.asarray(Image.open(io.BytesIO(seen.screen.data)).convert("RGB"))
    inside = pixels[int(box.y) : int(box.y + box.height), int(box.x) : int(box.x + box.width)]
    assert (inside == inside[0, 0]).all()
    assert seen.raw == ()


def test_personal_data_is_taken_out_where_that_is_asked(site: Site) -> None:
    mail = "ada@example.org"
    for asked in (False, True):
        environment = WebEnvironment(site.url("/form"), config=WebConfig(redact_personal=asked))
        seen = environment.reset()
        environment.act(Type(mail, point_on(find(seen, "textbox", "Mail"))))
        after = environment.observe()
        environment.close()
        value = find(after, "textbox", "Mail").value
        assert (value == mail) is not asked
        assert seen.screen is not None
        assert after.screen is not None
        assert seen.screen.data != after.screen.data
