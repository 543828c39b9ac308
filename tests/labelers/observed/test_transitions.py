"""What is read off each step: its pages, its element, and whether it changed anything."""

import dataclasses
import io
from dataclasses import replace

import pytest
from PIL import Image

from labelers.observed.transitions import Transition, site_names, transitions_of
from schemas.actions import Action, Click, Point, Stop, Wait
from schemas.episodes import Moment
from schemas.records import Box, Cause, Screen, Target
from tests.labelers.site import (
    BLANK,
    HOME,
    ORDERS,
    Act,
    Scene,
    back,
    button,
    click,
    heading,
    link,
    part,
    plant,
    plants,
    scene,
    scrolled,
    text,
    typed,
    walk,
)


def read(start: Scene | None, *acts: Act) -> tuple[Transition, ...]:
    return transitions_of(walk(start, *acts))


def test_every_step_is_read_in_order_with_its_pages_and_states() -> None:
    first, second = read(HOME, click("Plants", plants()), click("Royal Fern", plant("12")))
    assert (first.index, second.index) == (0, 1)
    assert first.next_state == second.state != second.next_state
    assert first.after is second.before, "one page is read once"
    assert first.node is not None
    assert (first.node.role, first.node.name) == ("link", "Plants")


def test_what_an_earlier_step_caused_is_not_put_down_to_the_step_that_shows_it() -> None:
    episode = walk(HOME, click("Plants", HOME), click("Plants", plants()), click("Royal Fern", plant("12")))
    assert [each.change for each in transitions_of(episode)] == ["nothing", "content", "content"]
    causes = (None, Cause(0, "request"), Cause(2, "history"))
    steps = tuple(
        replace(each, step=replace(each.step, caused_by=cause))
        for each, cause in zip(episode.steps, causes, strict=True)
    )
    changes = [each.change for each in transitions_of(replace(episode, steps=steps))]
    assert changes == ["unknown", "unknown", "content"], "and the cause did not change nothing"


def test_what_changed_beyond_the_screen_is_an_effect_though_the_pages_are_equal() -> None:
    episode = walk(HOME, click("Plants", HOME))
    (only,) = episode.steps
    assert only.after is not None
    grown = replace(only.after, seen=replace(only.after.seen, changed_beyond=2))
    (transition,) = transitions_of(replace(episode, steps=(replace(only, after=grown),)))
    assert transition.change == "pixels"


def test_a_page_under_another_title_is_another_page() -> None:
    renamed = dataclasses.replace(ORDERS, title="Orders (2)")
    (only,) = read(ORDERS, Act(Wait(), renamed))
    assert only.before is not None
    assert only.after is not None
    assert (only.before.title, only.after.title) == ("", "Orders (2)")


def test_the_target_tells_which_of_two_elements_was_meant() -> None:
    twins = scene("/twins", link("Plants"), link("Plants"))
    (first,), (second,) = (read(twins, click("Plants", plants(), nth=nth)) for nth in (0, 1))
    assert (first.target, second.target) == (0, 1)


def test_without_a_target_the_smallest_box_around_the_point_was_meant() -> None:
    small = Box(10, 10, 20, 20)
    nested = scene(
        "/n",
        part("main", "", link("Plants", box=small), text("Plants"), box=Box(0, 0, 300, 300)),
        button("x", box=Box(200, 0, 9, 9)),
    )
    (hit,) = read(nested, Act(Click(Point(15, 15)), plants()))
    assert hit.node is not None
    assert hit.node.name == "Plants"
    assert hit.node.role == "link"
    (beside,) = read(nested, Act(Click(Point(100, 100)), plants()))
    assert beside.node is not None
    assert beside.node.role == "main"
    (outside,) = read(nested, Act(Click(Point(310, 5000)), plants()))
    assert outside.node is None


def test_a_target_that_is_gone_falls_back_to_the_point() -> None:
    episode = walk(HOME, click("Plants", plants()))
    step = dataclasses.replace(episode.steps[0].step, target=Target("link", "Elsewhere", None))
    gone = dataclasses.replace(episode, steps=(dataclasses.replace(episode.steps[0], step=step),))
    (only,) = transitions_of(gone)
    assert only.node is not None
    assert only.node.name == "Plants"


def test_a_point_known_as_a_fraction_only_means_no_element() -> None:
    (only,) = read(HOME, Act(Click(Point(fx=0.5, fy=0.5)), plants()))
    assert only.target is None


def test_another_tree_is_a_changed_content() -> None:
    (only,) = read(HOME, click("Plants", plants()))
    assert only.change == "content"


def test_a_page_that_scrolled_has_changed_even_if_its_first_element_stayed() -> None:
    (only,) = read(plants(), scrolled(dataclasses.replace(plants(), scroll=3)))
    assert only.change == "content"
    assert only.state == only.next_state


def test_what_ticks_by_itself_is_no_change() -> None:
    clock = (scene("/c", heading("Orders"), text(f"refreshed {n} seconds ago"), shade=7) for n in (1, 2))
    (only,) = read(next(clock), click("Orders", next(clock)))
    assert only.change == "nothing"


@pytest.mark.parametrize(("before", "after", "change"), [(10, 10, "nothing"), (10, 12, "nothing"), (10, 200, "pixels")])
def test_pixels_tell_where_the_tree_does_not(before: int, after: int, change: str) -> None:
    first, last = (dataclasses.replace(ORDERS, shade=shade) for shade in (before, after))
    (only,) = read(first, click("Plants", last))
    assert only.change == change


def test_pixels_of_a_box_that_moves_by_itself_are_not_looked_at() -> None:
    ticking = text("3 seconds ago")
    ticking = dataclasses.replace(ticking, node=dataclasses.replace(ticking.node, box=Box(0, 0, 400, 400)))
    first, last = (scene("/c", ticking, shade=shade) for shade in (10, 200))
    (only,) = read(first, Act(Wait(), last))
    assert only.change == "nothing"


def test_without_screens_it_is_unknown_whether_pixels_changed() -> None:
    missing = dataclasses.replace(ORDERS, shade=None)
    (one,) = read(dataclasses.replace(ORDERS, shade=1), Act(Wait(), missing))
    assert one.change == "unknown"


def test_a_screen_that_is_gone_or_broken_leaves_it_unknown() -> None:
    first, last = (dataclasses.replace(ORDERS, shade=shade).moment for shade in (1, 2))
    episode = walk(ORDERS, Act(Wait(), ORDERS))
    torn = dataclasses.replace(first, seen=dataclasses.replace(first.seen, screen="torn"))
    (step,) = episode.steps
    gone = dataclasses.replace(episode, steps=(dataclasses.replace(step, before=torn, after=last),))
    assert transitions_of(gone)[0].change == "unknown"
    broken = dataclasses.replace(
        gone, screen=lambda name: dataclasses.replace(walk(HOME).screen("shade 1"), data=b"no image" + name.encode())
    )
    assert transitions_of(broken)[0].change == "unknown"


def test_a_side_that_was_not_seen_is_no_page_and_no_state() -> None:
    first, second, third = read(HOME, click("Plants", None), Act(Wait(), BLANK), click("Plants", None, before=HOME))
    assert (first.after, first.next_state, first.change) == (None, None, "unknown")
    assert (second.before, second.after, second.target) == (None, None, None)
    assert third.before is not None


def test_a_heading_on_nearly_every_page_is_the_sites() -> None:
    pages = [scene(f"/p{n}", heading("Fernwood"), heading(f"Page {'abcde'[n]}", 2), link("on")) for n in range(5)]
    transitions = read(HOME, *(click("Plants" if n == 0 else "on", one) for n, one in enumerate(pages)))
    assert site_names(transitions) == {"fernwood"}


def test_a_few_pages_are_too_few_to_tell_the_sites_name() -> None:
    pages = [scene(f"/p{n}", heading("Fernwood"), link("on")) for n in range(3)]
    transitions = read(pages[2], *(click("on", one) for one in pages))
    assert site_names(transitions) == frozenset()


def test_one_page_seen_often_counts_once() -> None:
    acts = [act for _ in range(5) for act in (click("Plants", plants()), back(HOME))]
    transitions = read(HOME, *acts, typed("x", "Search plants", plants(holds="x"), before=plants()))
    assert site_names(transitions) == frozenset()


def test_one_list_in_many_arrangements_counts_once() -> None:
    lists = [scene(f"/plants?page={n}", heading("Plants"), text("abcdef"[n]), link("on")) for n in range(6)]
    assert site_names(read(lists[5], *(click("on", one) for one in lists))) == frozenset()


def drawn(*areas: tuple[int, int, int, int]) -> Screen:
    """A white screen of 320 x 240 with black areas: left, top, right, bottom."""
    image = Image.new("L", (320, 240), 255)
    for area in areas:
        image.paste(0, area)
    data = io.BytesIO()
    image.save(data, "PNG")
    return Screen(data.getvalue(), 320, 240)


def looked(first: Screen, second: Screen, *acts: Act) -> str:
    """What the last act of a walk changed, whose screens are the first until then."""
    start = scene("/", button("Send", box=Box(100, 40, 60, 20)), button("More", box=Box(10, 200, 60, 20)))
    screens = {"first": first, "second": second}
    episode = walk(start, *(Act(act.action, start, act.on) for act in acts))

    def seen(moment: Moment | None, name: str) -> Moment | None:
        return None if moment is None else replace(moment, seen=replace(moment.seen, screen=name))

    one_screen = (
        replace(one, before=seen(one.before, "first"), after=seen(one.after, "first")) for one in episode.steps
    )
    *earlier, last = one_screen
    steps = (*earlier, replace(last, after=seen(last.after, "second")))
    return transitions_of(replace(episode, steps=steps, screen=screens.__getitem__))[-1].change


SEND, MORE = click("Send", None), click("More", None)


def test_the_look_of_what_has_the_pointer_is_no_effect() -> None:
    pressed = drawn((98, 38, 162, 62))
    assert looked(drawn(), pressed, SEND) == "look"
    assert looked(drawn(), pressed, MORE) == "pixels"
    assert looked(pressed, drawn(), SEND, MORE) == "look", "the pointer has left it"


def test_a_row_that_is_lit_under_a_pointer_on_nothing_is_a_look() -> None:
    lit, nowhere = drawn((0, 100, 320, 140)), Act(Click(Point(200, 120)), None)
    assert looked(drawn(), lit, nowhere) == "look"
    assert looked(lit, drawn(), nowhere, SEND) == "look"
    assert looked(drawn(), lit, SEND) == "pixels"


@pytest.mark.parametrize("action", [Wait(1.0), Stop()])
def test_what_moves_while_nothing_is_done_is_a_look(action: Action) -> None:
    assert looked(drawn(), drawn((0, 100, 320, 140)), Act(action, None)) == "look"


def test_a_nameless_element_that_the_pointers_shape_shows_is_no_content() -> None:
    bare, shown = scene("/", button("Send")), scene("/", button("Send"), part("generic", ""))
    named = scene("/", button("Send"), part("generic", "Like"))
    (transition,) = transitions_of(walk(shown, click("Send", bare)))
    assert transition.change == "nothing"
    (transition,) = transitions_of(walk(shown, click("Send", named)))
    assert transition.change == "content"
