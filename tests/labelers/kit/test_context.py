from dataclasses import replace

from labelers.askers.verify import EARLIER, HISTORY, StepVerifier
from labelers.kit.asker import Asker, ModelUse
from labelers.kit.context import CHANGES, HELD, EpisodeContext
from schemas.episodes import Episode
from schemas.keys import parse_json
from tests.labelers.site import Scene, button, click, field, heading, link, part, scene, text, typed, walk

USE = ModelUse("local")
GOAL = 'Enter "Ada" into the field "Name", enter "Oslo" into the field "City" and press "Save".'


def first_page(name: str = "", *, ticked: bool = False) -> Scene:
    box = part("checkbox", "Gift", flags=("checked",) if ticked else ())
    return scene("/form/1", heading("Who"), field("Name", name), box, button("Next"))


def second_page(city: str = "", *, saved: bool = False) -> Scene:
    parts = [heading("Where"), field("City", city), button("Back"), button("Save")]
    return scene("/form/2", *parts, *([part("alert", "Order saved")] if saved else []))


def form() -> Episode:
    """A wrong name on the first page, a city on the second, and the order is sent."""
    episode = walk(
        first_page(),
        typed("Adam", "Name", first_page("Adam")),
        click("Gift", first_page("Adam", ticked=True)),
        click("Next", second_page()),
        typed("Oslo", "City", second_page("Oslo")),
        click("Save", second_page("Oslo", saved=True)),
    )
    return replace(episode, trajectory=replace(episode.trajectory, goal=GOAL))


def test_what_a_step_changed_is_told_in_words() -> None:
    context = EpisodeContext(form())
    assert context.changes(0) == ("textbox 'Name': '' became 'Adam'",)
    assert context.changes(1) == ("checkbox 'Gift' is on now",)
    assert context.changes(2)[0] == "appeared: heading 'Where'"
    assert "went: textbox 'Name', holding 'Adam'" in context.changes(2)
    assert context.changes(4) == ("appeared: alert 'Order saved'",)


def test_a_field_is_told_as_it_was_last_seen_wherever_it_is() -> None:
    context = EpisodeContext(form())
    assert context.start(0) == ["textbox 'Name': ''", "checkbox 'Gift': 'off'"]
    assert context.last_seen(0, 4) == ["textbox 'Name': 'Adam'", "checkbox 'Gift': 'on'", "textbox 'City': 'Oslo'"]
    assert context.last_seen(3, 3) == ["textbox 'City': ''"]


def test_what_the_goal_lacks_is_what_no_field_held_and_no_step_pressed() -> None:
    context = EpisodeContext(form())
    assert context.lacking(GOAL, 0, 0) == ["Ada", "Oslo", "Save"]
    assert context.lacking(GOAL, 0, 4) == ["Ada", "Save"]
    assert context.lacking(GOAL, 0, 5) == ["Ada"]


def test_many_changes_and_fields_are_counted_and_not_told() -> None:
    few = scene("/", heading("Many"))
    many = scene("/", heading("Many"), *(field(f"Field {number}") for number in range(HELD + 3)), text("x" * 5_000))
    context = EpisodeContext(walk(few, click("Many", many)))
    assert len(context.changes(0)) == CHANGES + 1
    assert context.changes(0)[-1] == f"and {HELD + 4 - CHANGES} more"
    assert len(context.last_seen(0, 1)) == HELD + 1
    assert len(EpisodeContext(walk(many, click("Many", few))).start(0)) == HELD + 1


def test_a_tree_that_is_the_same_or_missing_tells_nothing() -> None:
    episode = walk(first_page(), click("Gift", first_page()))
    assert EpisodeContext(episode).changes(0) == ("nothing that the page tells",)
    (step,) = episode.steps
    assert step.before is not None
    blind = replace(episode, steps=(replace(step, before=replace(step.before, tree=None)),))
    assert EpisodeContext(blind).changes(0) == ()
    assert EpisodeContext(blind).start(0) == []


def test_the_question_about_a_late_step_holds_what_decides_it_and_a_bare_one_does_not() -> None:
    episode = form()
    asked, bare = (list(Asker(StepVerifier(context=context), USE).requests(episode, ())) for context in (True, False))
    late = asked[-1].turns[1].text
    assert "fields as last seen before this step: [\"textbox 'Name': 'Adam'\"" in late
    assert 'named by the goal, not yet in a field or acted on: ["Ada", "Save"]' in late
    assert "last seen" not in bare[-1].turns[1].text
    assert late.index("<<<recorded") < late.index("last seen") < late.index("recorded", late.index("last seen"))
    assert Asker(StepVerifier(), USE).version != Asker(StepVerifier(context=False), USE).version


def test_steps_that_lie_far_back_are_told_in_short_and_bounded() -> None:
    home, plants = scene("/", link("Plants", "/plants")), scene("/plants", link("Home", "/"))
    acts = [click("Home", home) if number % 2 else click("Plants", plants) for number in range(HISTORY + EARLIER + 4)]
    episode = walk(home, *acts)
    episode = replace(episode, trajectory=replace(episode.trajectory, goal="Open Plants."))
    lines = list(Asker(StepVerifier(), USE).requests(episode, ()))[-1].turns[1].text.splitlines()
    steps = [parse_json(line.encode()) for line in lines if line.startswith('{"step"')]
    assert [one["step"] for one in steps] == list(range(3, len(acts)))
    assert ["at" in one for one in steps] == [False] * EARLIER + [True] * (HISTORY + 1)
