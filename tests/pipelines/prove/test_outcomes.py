"""What comes of other actions on the way of a proven task: detours, wrong turns with their cost, and what is lost."""

from dataclasses import replace

from labelers.observed.transitions import Transition
from pipelines.prove.lanes import prove
from pipelines.prove.outcomes import EXPLORED, MOST, MOST_EXPLORED, Outcome, others, outcomes
from pipelines.prove.proving import Claimed, Proving, Walk
from pipelines.prove.tasks import Deed
from schemas.actions import Scroll, Stop, Wait
from schemas.conditions import TaskCheck
from schemas.proofs import STOPPED, Attempt, Purpose, attempt_run
from schemas.records import Choice, Request
from schemas.screen_conditions import At, Called, Cell, HasRow, Says, Tells
from tests.labelers.site import HOME, ORDERS, Scene, heading, link, plant, plants, scene
from tests.pipelines.prove_site import Site, press


def linked(seen: Scene, path: str) -> Scene:
    """The scene under the address that its links have."""
    return replace(seen, location=f"http://fernwood.test{path}")


LIST = linked(plants(), "/plants")
SCENES = (
    HOME,
    LIST,
    linked(ORDERS, "/orders"),
    *(linked(plant(number), f"/plants/{number}?") for number in ("11", "12", "13", "14", "15")),
    linked(plants(by="height"), "/plants?&sort=height"),
    linked(plants(by="name"), "/plants?&sort=name"),
    linked(plants(by="family"), "/plants?&sort=family"),
)
OPEN, RECORD = press(HOME, "Plants"), press(LIST, "Royal Fern")
ROYAL = TaskCheck(
    (At("/plants/12"), HasRow((Cell("Royal Fern", "name"),), only=True)), (), ((At("/plants"), Called("Plants")),)
)
WORDS = TaskCheck((Tells("Royal Fern", ("height",)),), (), ((Called("Plants"),),))
TASK = Claimed("/", (OPEN, RECORD), ROYAL, WORDS)


def deed(seen: Scene, choice: Choice) -> Deed:
    """The same as something that was explored there."""
    keys = seen.moment.keys
    assert keys is not None
    return Deed(keys.content, choice)


def came(*deeds: Deed, task: Claimed = TASK, site: Site | None = None) -> tuple[tuple[Outcome, ...], Site, Proving]:
    site = site or Site(SCENES)
    proving = prove(task, site.attempt)
    return outcomes(task, proving, site.attempt, deeds=deeds), site, proving


def test_what_leads_away_and_is_made_good_by_going_back_is_a_wrong_turn_of_two_steps() -> None:
    found, _, proving = came()
    assert proving.proven
    astray = [outcome for outcome in found if outcome.step == 1]
    assert [(outcome.variant, outcome.kind, outcome.cost) for outcome in astray] == [
        ("another row", "wrong turn", 2)
    ] * 2
    for outcome in astray:
        assert outcome.asked is not None
        assert outcome.asked.kept
        assert outcome.held == outcome.step + 2
        assert len(outcome.asked.choices) == 4


def test_what_the_rest_of_the_path_still_follows_is_a_detour_and_no_wrong_step() -> None:
    """The list is as well linked on the page of orders, and has the record in any order."""
    assert {outcome.kind for outcome in came()[0] if outcome.step == 0} == {"detour"}
    sort = press(LIST, "height")
    found, site, _ = came(deed(LIST, sort))
    assert (found[0].step, found[0].variant, found[0].kind, found[0].asked) == (1, EXPLORED, "detour", None)
    assert ("other actions", f"{EXPLORED} at step 1, then step 1") in site.tried
    assert ("other actions", f"{EXPLORED} at step 1, then back and the rest") not in site.tried


def test_a_shorter_way_is_no_wrong_step() -> None:
    """A link on the start page leads to the record itself, if the list need not be passed."""
    start = scene("/", heading("Fernwood"), link("Plants"), link("Newest", "/plants/12?"), title="Fernwood")
    short = press(start, "Newest")
    claim = TaskCheck(ROYAL.all)
    task = replace(TASK, path=(press(start, "Plants"), RECORD), claim=claim, read=replace(WORDS, passed=()))
    found, _, proving = came(deed(start, short), task=task, site=Site((start, *SCENES[1:])))
    assert proving.proven
    assert found[0].kind == "detour"


def test_where_back_leads_nowhere_the_way_is_done_again() -> None:
    home = press(LIST, "Fernwood")
    site = Site(SCENES)
    proving = prove(TASK, site.attempt)

    def without_history(asked: Attempt, purpose: Purpose, variant: str) -> Walk | None:
        """Back leads nowhere."""
        choices = tuple(Choice(Scroll(0, 0)) if choice.target is None else choice for choice in asked.choices)
        return site.attempt(replace(asked, choices=choices), purpose, variant)

    found = outcomes(TASK, proving, without_history, deeds=(deed(LIST, home),))
    assert (found[0].kind, found[0].cost, found[0].held) == ("wrong turn", 2, None)
    found = outcomes(TASK, proving, site.attempt, deeds=(deed(LIST, home),))
    assert (found[0].kind, found[0].cost, found[0].held) == ("wrong turn", 2, 3)


def test_what_is_made_good_by_no_way_is_unrecovered() -> None:
    """A page without a way out, where going back shows it again."""
    trap = scene("/trap", heading("Gone"))
    start = scene("/", heading("Fernwood"), link("Plants"), link("Orders", "/trap"), title="Fernwood")

    class Trapped(Site):
        """A site on which nothing leads out of that page."""

        def attempt(self, asked, lane, variant):  # type: ignore[no-untyped-def]
            lost = any(choice.target and choice.target.name == "Orders" for choice in asked.choices)
            cut = tuple(asked.choices[:1]) if lost else asked.choices
            return super().attempt(replace(asked, choices=cut), lane, variant)

    task = replace(TASK, path=(press(start, "Plants"), RECORD))
    found, _, proving = came(task=task, site=Trapped((start, trap, *SCENES[1:])))
    assert proving.proven
    lost = next(outcome for outcome in found if outcome.step == 0)
    assert (lost.kind, lost.cost, lost.held) == ("unrecovered", None, None)


def test_what_opens_something_over_the_page_is_made_good_by_a_click_beside_it() -> None:
    """A menu is open until the heading is clicked, and what it covers can't be pressed."""

    class Covered(Site):
        """A site whose button opens a menu over all of the page."""

        def attempt(self, asked, lane, variant):  # type: ignore[no-untyped-def]
            names = [choice.target.name if choice.target else "" for choice in asked.choices]
            if "Menu" in names and "Plants" not in names[names.index("Menu") :][:2]:
                asked = replace(asked, choices=asked.choices[: names.index("Menu") + 1])
            return super().attempt(asked, lane, variant)

    listed = linked(plants(around=[link("Menu", "/plants")]), "/plants")
    site = Covered((HOME, listed, *SCENES[2:]))
    found, _, proving = came(deed(listed, press(listed, "Menu")), site=site)
    assert proving.proven
    assert (found[0].variant, found[0].kind, found[0].cost) == (EXPLORED, "wrong turn", 2)
    assert ("other actions", f"{EXPLORED} at step 1, then a click beside it and the rest") in site.tried


def test_what_sends_something_besides_is_destructive_though_going_back_makes_it_good() -> None:
    class Sending(Site):
        """A site on which following links to other records changes something."""

        def attempt(self, asked, lane, variant):  # type: ignore[no-untyped-def]
            walk = super().attempt(asked, lane, variant)
            if walk is None or lane != "other actions":
                return walk
            sent = tuple(_sending(each) for each in walk.transitions)
            return replace(walk, transitions=sent)

    found, _, _ = came(site=Sending(SCENES))
    astray = [outcome for outcome in found if outcome.step == 1]
    assert {(outcome.kind, outcome.cost) for outcome in astray} == {("destructive", 2)}


def _sending(walked: Transition) -> Transition:
    target = walked.step.target
    if target is None or target.name in ("Plants", "Royal Fern"):
        return walked
    return replace(walked, step=replace(walked.step, requests=(Request("POST", 1),)))


def test_what_was_held_back_says_nothing() -> None:
    class Holding(Site):
        """A site on which nothing goes out that changes something, and other records are changed by looking."""

        def attempt(self, asked, lane, variant):  # type: ignore[no-untyped-def]
            walk = super().attempt(asked, lane, variant)
            if walk is None or lane != "other actions":
                return walk
            return replace(walk, transitions=tuple(map(_held, walk.transitions)))

    found, _, _ = came(site=Holding(SCENES))
    assert [outcome for outcome in found if outcome.step == 1] == []


def _held(walked: Transition) -> Transition:
    target = walked.step.target
    if target is None or target.name in ("Plants", "Royal Fern"):
        return walked
    return replace(walked, step=replace(walked.step, result="refused", message=f"{STOPPED}POST /plants"))


def test_where_words_and_claim_differ_nothing_is_said() -> None:
    proving = prove(TASK, Site(SCENES).attempt)
    broad = replace(TASK, read=TaskCheck((Says("Fern"),)))
    assert all(outcome.kind == "detour" for outcome in outcomes(broad, proving, Site(SCENES).attempt))


def test_what_was_explored_goes_before_near_misses_and_what_names_nothing_is_left_out() -> None:
    proving = prove(TASK, Site(SCENES).attempt)
    idle = (Choice(Scroll(0, 400)), Choice(Wait(1.0)), Choice(Stop()), RECORD)
    deeds = [deed(LIST, choice) for choice in (*idle, *(press(LIST, name) for name in ("height", "name", "family")))]
    found = others(proving, [*deeds, deed(ORDERS, press(ORDERS, "Plants"))])
    assert [other.variant for other in found[:MOST_EXPLORED]] == [EXPLORED] * MOST_EXPLORED
    assert len(found) == MOST
    assert EXPLORED not in [other.variant for other in found[MOST_EXPLORED:]]
    again = [deed(LIST, miss.choice) for miss in others(proving, ()) if miss.step == 1]
    named = [(other.step, other.choice.target and other.choice.target.name) for other in others(proving, again)]
    assert len(named) == len(set(named))


def test_only_so_many_are_tried_and_what_was_not_tried_is_left_out() -> None:
    site = Site(SCENES)
    proving = prove(TASK, site.attempt)
    made: set[str] = set()

    def made_now(asked: Attempt, purpose: Purpose, variant: str) -> Walk | None:
        made.add(attempt_run("e", asked))
        return site.attempt(asked, purpose, variant)

    first = outcomes(TASK, proving, made_now, most=1)
    assert len(first) == 1
    assert outcomes(TASK, proving, made_now, most=0) == ()

    def known(asked: Attempt, purpose: Purpose, variant: str) -> Walk | None:
        return site.attempt(asked, purpose, variant) if attempt_run("e", asked) in made else None

    assert outcomes(TASK, proving, known) == first


def test_what_is_not_proven_has_no_other_actions() -> None:
    site = Site(SCENES)
    refuted = replace(TASK, read=TaskCheck((Says("Orchid"),)))
    proving = prove(refuted, site.attempt)
    assert outcomes(refuted, proving, site.attempt) == ()
    assert "other actions" not in {lane for lane, _ in site.tried}
