import io
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from explorers.web import WebConfig, WebEnvironment
from schemas.actions import Back, Click, Forward, Home, Key, Open, Point, Reload, Scroll, Swipe, Type, Wait
from schemas.errors import ConfigurationError, DeviceLost, DeviceUnavailable, UnsupportedAction
from schemas.protocols import Environment
from schemas.records import Node, Observation
from tests.explorers.contract import EnvironmentContract, find, middle
from tests.explorers.site import Site
from tests.explorers.web.conftest import Visitor, node_of, point_on

pytestmark = pytest.mark.web


class TestContract(EnvironmentContract):
    @pytest.fixture
    def environment(self, visitor: Visitor) -> Environment:
        return visitor.environment

    def link(self, observation: Observation) -> Node:
        return find(observation, "link", "Books")

    def go_to_form(self, environment: Environment) -> Observation:
        seen = environment.reset()
        environment.act(Click(middle(find(seen, "link", "Register"), seen)))
        return environment.observe()


@pytest.fixture
def hasty(site: Site) -> Iterator[WebEnvironment]:
    """A browser that is killed when a page takes more than a few seconds."""
    environment = WebEnvironment(site.url("/hang"), config=WebConfig(step=3))
    yield environment
    environment.close()


@pytest.mark.parametrize(
    "start", ["file:///etc/passwd", "javascript:alert(1)", "example.com", "http://", "http://[::1"]
)
def test_only_a_web_address_is_a_start(start: str) -> None:
    with pytest.raises(ConfigurationError, match="URL to start from"):
        WebEnvironment(start)


@pytest.mark.parametrize("start", ["http://a:99999/", "http://[::1", "http://a:b/"])
def test_what_is_no_url_is_called_so(start: str) -> None:
    with pytest.raises(ConfigurationError, match="expected a URL to start from"):
        WebEnvironment(start)


def test_a_screen_of_no_size_and_a_time_of_zero_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="pixels"):
        WebConfig(width=5)
    with pytest.raises(ConfigurationError, match="seconds"):
        WebConfig(settle=0)


def test_a_start_that_does_not_resolve_is_named() -> None:
    environment = WebEnvironment("http://nowhere.invalid/")
    with pytest.raises(
        DeviceUnavailable, match=r"http://nowhere.invalid/ can't be opened: .*nowhere.invalid/robots.txt can't be read"
    ):
        environment.reset()
    environment.close()


def test_user_and_password_of_the_start_stay_out_of_the_record(site: Site) -> None:
    environment = WebEnvironment(site.url("/").replace("//", "//ada:swordfish@"))
    seen = environment.reset()
    assert environment.app == site.host
    assert environment.start == seen.location == site.url("/")
    environment.close()


def test_the_setting_names_the_browser_after_the_first_reset(visitor: Visitor) -> None:
    visitor.environment.reset()
    assert visitor.environment.setting.engine == "chromium"
    assert visitor.environment.setting.engine_version[0].isdigit()
    assert not visitor.environment.setting.simulated


def test_boxes_are_pixels_of_the_screenshot(visitor: Visitor) -> None:
    seen = visitor.visit("/drag")
    assert seen.screen is not None
    image = Image.open(io.BytesIO(seen.screen.data)).convert("RGB")
    box = find(seen, "heading").box
    assert box is not None
    dark = [
        (x, y)
        for x in range(300)
        for y in range(75)
        if sum(image.getpixel((x, y))) < 200  # type: ignore[arg-type]
    ]
    assert dark
    assert all(box.contains(x, y) for x, y in dark)


def test_dialogs_are_answered_and_noted(visitor: Visitor) -> None:
    seen = visitor.visit("/dialogs")
    _, after = visitor.click(seen, "alert")
    assert after.notice == "alert: Watch out"
    _, asked = visitor.click(after, "confirm")
    assert asked.notice == "confirm: Sure?"
    assert asked.title == "no"


@pytest.mark.parametrize(("id", "name"), [("file", "file.bin"), ("attached", "attached")])
def test_a_download_is_refused_and_noted(visitor: Visitor, id: str, name: str) -> None:
    seen = visitor.visit("/downloads")
    outcome, after = visitor.click(seen, id)
    assert outcome.result == "ok"
    assert after.notice == f"download of {name} refused"
    assert after.location == seen.location


def test_an_opened_tab_is_followed_and_back_closes_it(visitor: Visitor) -> None:
    seen = visitor.visit("/tabs")
    opening, inside = visitor.click(seen, "tab")
    assert opening.caused_by is not None
    assert opening.caused_by.evidence == "event"
    assert inside.location == visitor.site.url("/done")
    assert inside.notice == f"a new tab opened: {visitor.site.url('/done')}"
    assert inside.windows == ("tabs", "done")
    assert inside.can_go_back is True
    outcome, back = visitor.act(Back())
    assert outcome.message == "closed the tab"
    assert back.location == seen.location
    assert back.windows == ("tabs",)


def test_a_pop_up_is_gone_over_to_and_whoever_opened_it_goes_on_when_it_closes_itself(visitor: Visitor) -> None:
    seen = visitor.visit("/tabs")
    _, inside = visitor.click(seen, "popup")  # it shares the process of its opener
    assert inside.notice == f"a new tab opened: {visitor.site.url('/popup')}"
    assert inside.windows == ("tabs", "popup")
    visitor.act(Type("Zora", point_on(node_of(inside, "name"))))
    outcome, after = visitor.click(inside, "save")
    assert outcome.result == "ok"
    assert after.notice == "the tab closed itself"
    assert after.windows == ("tabs",)
    assert after.tree is not None
    assert "Zora" in [node.name for node in after.tree.nodes]
    assert visitor.click(after, "tab")[1].location == visitor.site.url("/done")


def test_a_tab_of_another_host_is_closed(visitor: Visitor) -> None:
    _, after = visitor.click(visitor.visit("/tabs"), "foreign")
    assert after.location == visitor.site.url("/tabs")
    assert after.notice is not None
    assert "refused GET http://localhost:9/" in after.notice


def test_a_link_to_another_host_is_refused_before_it_is_asked(visitor: Visitor) -> None:
    _, after = visitor.click(visitor.visit("/away"), "out")
    if after.notice is None:  # a page that is slow to ask is refused in the next step
        _, after = visitor.act(Wait(2))
    assert after.notice is not None
    assert after.notice.startswith("refused GET http://elsewhere.invalid/page: ")
    assert after.location == visitor.site.url("/away")


def test_a_redirect_to_another_host_is_not_followed(visitor: Visitor) -> None:
    elsewhere = visitor.site.url("/done").replace("127.0.0.1", "localhost")
    seen = visitor.visit("/away")
    _, after = visitor.click(seen, "hop")
    assert after.location == seen.location
    assert after.notice is not None
    assert f"refused GET {elsewhere}" in after.notice


def test_an_editor_holds_what_was_typed_whoever_keeps_its_text(visitor: Visitor) -> None:
    seen = visitor.visit("/rich")
    for id in ("plain", "own", "inbtn"):
        outcome, seen = visitor.act(Type("Hello big world", point_on(node_of(seen, id))))
        assert outcome.result == "ok"
        assert node_of(seen, id).value == "Hello big world"
    _, seen = visitor.act(Type("other", point_on(node_of(seen, "own")), clear=True))
    assert node_of(seen, "own").value == "Hello big worldother"  # that one knows no key that clears it


def test_a_feed_goes_on_as_far_as_it_was_scrolled(visitor: Visitor) -> None:
    def posts(seen: Observation) -> list[str]:
        assert seen.tree is not None
        return [node.name for node in seen.tree.nodes if node.role == "link"]

    assert len(posts(visitor.visit("/feed"))) == 20
    visitor.act(Key("End"))
    _, more = visitor.act(Wait(0.5))
    assert len(posts(more)) >= 40
    assert posts(more) == [f"Post {number}" for number in range(len(posts(more)))]
    assert more.scroll is not None
    assert more.scroll.y < more.scroll.max_y


def test_opening_another_host_is_refused(visitor: Visitor) -> None:
    visitor.visit("/")
    outcome, after = visitor.act(Open("http://elsewhere.invalid/"))
    assert outcome.result == "refused"
    assert after.location == visitor.site.url("/")


def test_an_error_page_keeps_the_address_and_says_why(visitor: Visitor) -> None:
    outcome, after = visitor.click(visitor.visit("/loops"), "redirect")
    assert outcome.result == "ok"
    assert after.location == visitor.site.url("/redirect")
    assert after.notice == "error page: net::ERR_TOO_MANY_REDIRECTS"
    _, back = visitor.act(Back())
    assert back.location == visitor.site.url("/loops")
    assert back.notice is None


def test_a_missing_page_says_its_status(visitor: Visitor) -> None:
    _, after = visitor.click(visitor.visit("/loops"), "missing")
    assert after.notice == "HTTP 404"


def test_what_is_no_page_is_recorded_as_leaving_the_app(visitor: Visitor) -> None:
    seen = visitor.visit("/data.json")
    assert seen.content_type == "application/json"
    assert seen.notice == "left the app: application/json is not a page"
    assert seen.screen is not None


def test_where_no_script_may_run_nothing_hangs_and_a_link_leads_on(visitor: Visitor) -> None:
    outcome, after = visitor.click(visitor.visit("/sandboxed"), "on")
    assert outcome.result == "ok"
    assert (outcome.settle or "").startswith("quiet")
    assert after.location == visitor.site.url("/sandboxed.gif")
    assert after.notice == "left the app: image/gif is not a page"


def test_an_action_ends_when_a_navigation_that_it_started_later_is_over(visitor: Visitor) -> None:
    outcome, after = visitor.click(visitor.visit("/script"), "late")
    assert after.location == visitor.site.url("/done")
    assert outcome.settle is not None
    assert outcome.settle.startswith("quiet ")


def test_an_action_waits_for_what_it_fetches(visitor: Visitor) -> None:
    _, after = visitor.click(visitor.visit("/script"), "fetch")
    assert after.title == "fetched"


def test_a_page_that_never_rests_is_taken_as_it_is_and_what_never_rests_is_waited_for_once(visitor: Visitor) -> None:
    visitor.environment.reset()
    outcome, seen = visitor.act(Open(visitor.site.url("/clock")))
    assert seen.screen is not None
    assert outcome.settle is not None
    assert outcome.settle.startswith("timeout ")
    outcome, seen = visitor.act(Wait(0.01))
    assert outcome.settle is not None
    assert outcome.settle.startswith("quiet ")
    assert seen.volatile


def test_an_endless_page_can_be_scrolled(visitor: Visitor) -> None:
    first = visitor.visit("/endless")
    _, after = visitor.act(Scroll(0, 500))
    assert first.scroll is not None
    assert after.scroll is not None
    assert after.scroll.max_y > first.scroll.max_y
    assert after.scroll.y == 500


def test_forward_reload_and_home_are_the_browsers_own(visitor: Visitor) -> None:
    seen = visitor.visit("/table")
    _, back = visitor.act(Back())
    assert back.location == visitor.site.url("/")
    _, forward = visitor.act(Forward())
    assert forward.location == seen.location
    asked = visitor.site.asked["/table"]
    visitor.act(Reload())
    assert visitor.site.asked["/table"] == asked + 1
    _, home = visitor.act(Home())
    assert home.location == visitor.site.url("/")


def test_a_swipe_is_no_action_of_a_browser(visitor: Visitor) -> None:
    visitor.visit("/")
    with pytest.raises(UnsupportedAction):
        visitor.environment.act(Swipe(Point.on(1, 1, width=9, height=9), Point.on(2, 2, width=9, height=9)))


def test_a_context_is_fresh_in_every_episode(visitor: Visitor) -> None:
    seen = visitor.visit("/cookie")
    assert find(seen, "heading").name == "First visit"
    _, again = visitor.act(Reload())
    assert find(again, "heading").name == "Second visit"
    assert find(visitor.visit("/cookie"), "heading").name == "First visit"


def test_a_page_that_hangs_has_its_script_ended_and_can_be_used_again(hasty: WebEnvironment) -> None:
    seen = hasty.reset()
    outcome = hasty.act(Click(point_on(node_of(seen, "hang"))))
    assert outcome.result == "timeout"
    assert outcome.message == "the page hung: its script was ended"
    after = hasty.observe()
    assert after.location == seen.location
    assert after.notice == outcome.message


def test_a_start_that_hangs_is_no_start(site: Site) -> None:
    environment = WebEnvironment(site.url("/hang-at-start"), config=WebConfig(step=1.5))
    with pytest.raises(DeviceUnavailable, match="hang-at-start can't be opened: the page hung"):
        environment.reset()
    environment.close()


def test_a_crashed_tab_is_an_outcome_and_the_next_episode_goes_on(hasty: WebEnvironment) -> None:
    hasty.reset()
    for process in _renderers():
        os.kill(process, signal.SIGKILL)
    outcome = hasty.act(Wait(0.3))
    assert outcome.result == "crashed"
    seen = hasty.observe()
    assert seen.tree is None
    assert seen.screen is None
    assert seen.notice is not None
    assert "crashed" in seen.notice
    assert hasty.reset().tree is not None


def _renderers() -> list[int]:
    """The renderers below this process: a `kill` is how a crash looks from outside."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(folder.name))
    below, found = [os.getpid()], []
    while below:
        process = below.pop()
        below += children.get(process, [])
        try:
            command = Path(f"/proc/{process}/cmdline").read_bytes()
        except OSError:
            continue
        if b"--type=renderer" in command:
            found.append(process)
    return found


def test_what_is_hidden_is_in_no_tree_and_takes_no_room(site: Site) -> None:
    environment = WebEnvironment(site.url("/"), config=WebConfig(mode="page", hidden=("a[href]", "#none")))
    seen = environment.reset()
    assert seen.tree is not None
    assert seen.tree.nodes
    assert not any(node.role == "link" for node in seen.tree.nodes)
    assert environment.evaluate("document.links.length") > 0, "the page has them, and answers for itself"
    assert environment.evaluate("document.links[0].getBoundingClientRect().width") == 0
    with pytest.raises(DeviceLost, match="no_such_name"):
        environment.evaluate("no_such_name")
    environment.close()


def test_a_selector_that_is_none_is_refused_before_anything_is_seen(site: Site) -> None:
    environment = WebEnvironment(site.url("/"), config=WebConfig(hidden=("a[",)))
    with pytest.raises(DeviceUnavailable, match="a\\["):
        environment.reset()
    environment.close()
