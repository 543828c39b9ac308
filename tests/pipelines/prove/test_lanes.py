"""The lanes of a proof on a site that can be tried: what passes, what fails and why, and what is not tried twice."""

from dataclasses import replace

import pytest

from pipelines.prove.kernel import not_needed
from pipelines.prove.lanes import prove
from pipelines.prove.others import held_elsewhere
from pipelines.prove.proving import Claimed, Ended, Proving, Walk
from pipelines.prove.tasks import Task
from schemas.conditions import Answered, FileExists, TaskCheck
from schemas.pages import Page
from schemas.proofs import LANES, Attempt, Lane
from schemas.records import Choice, Node, Request
from schemas.redaction import MASK
from schemas.screen_conditions import At, Called, Cell, Gives, HasRow, Says, SortedBy, Tells
from tests.labelers.site import HOME, ORDERS, Part, Scene, button, heading, link, plant, plants, scene, text
from tests.pipelines.prove_site import Site, press

LIST = plants()
UP, DOWN = plants(by="height"), plants(by="height", down=True)
BY_NAME = plants(by="name")


def linked(seen: Scene, path: str) -> Scene:
    """The scene under the address that its links have."""
    return replace(seen, location=f"http://fernwood.test{path}")


SCENES = (
    HOME,
    linked(LIST, "/plants"),
    linked(ORDERS, "/orders"),
    *(linked(plant(number), f"/plants/{number}?") for number in ("11", "12", "13", "14", "15")),
    linked(UP, "/plants?&sort=height"),
    linked(BY_NAME, "/plants?&sort=name"),
    linked(plants(by="family"), "/plants?&sort=family"),
)


def page_at(seen: Scene) -> Page:
    """The scene as it is read."""
    assert seen.tree is not None
    return Page(seen.tree, title=seen.title, location=seen.location)


OPEN, RECORD = press(HOME, "Plants"), press(LIST, "Royal Fern")
ROYAL = TaskCheck(
    (At("/plants/12"), HasRow((Cell("Royal Fern", "name"),), only=True)), (), ((At("/plants"), Called("Plants")),)
)
WORDS = TaskCheck((Tells("Royal Fern", ("height",)),), (), ((Called("Plants"),),))
ENDS = tuple(
    Ended(f"task {number}", (page_at(start), page_at(end)), f"end {number}")
    for number, (start, end) in enumerate(
        [(HOME, LIST), (LIST, UP), (HOME, ORDERS), (LIST, BY_NAME), (LIST, plant("11")), (LIST, plant("13"))]
    )
)
TASK = Claimed("/", (OPEN, RECORD), ROYAL, WORDS, others=ENDS)


def tried(task: Claimed, site: Site | None = None) -> tuple[Proving, Site]:
    site = site or Site(SCENES)
    return prove(task, site.attempt), site


def verdicts(proving: Proving) -> dict[Lane, str]:
    return {lane: proving.results[lane].verdict for lane in LANES}


def test_a_true_task_passes_every_lane_and_leaves_a_walk_to_train_on() -> None:
    proving, site = tried(TASK)
    assert verdicts(proving) == dict.fromkeys(LANES, "passed")
    assert proving.proven
    assert proving.copy is not None
    assert [step.step.target and step.step.target.name for step in proving.copy.transitions] == ["Plants", "Royal Fern"]
    assert proving.results["done"].share == 1.0
    assert proving.results["near misses"].share == 1.0
    assert proving.results["near misses"].tried >= 2
    lanes = [lane for lane, _ in site.tried]
    assert lanes[:2] == ["untouched", "done"]
    assert lanes.index("untouched", 1) < len(lanes) - 1 - lanes[::-1].index("done")


def test_a_step_that_was_not_needed_and_may_be_named_refuses_the_sentence() -> None:
    home = press(LIST, "Fernwood")
    round_about = Claimed("/", (OPEN, home, OPEN, RECORD), ROYAL, WORDS, text='Go to "Fernwood" and open "Royal Fern".')
    proving, _ = tried(round_about)
    assert verdicts(proving)["shortened"] == "failed"
    assert "without step 1" in proving.results["shortened"].reason
    assert not proving.proven


def test_a_step_that_was_not_needed_and_no_word_names_is_left_out() -> None:
    """The first step is named, but what remains has one that is called the same."""
    home = press(LIST, "Fernwood")
    proving, _ = tried(Claimed("/", (OPEN, home, OPEN, RECORD), ROYAL, WORDS, text='In "Plants", open "Royal Fern".'))
    assert verdicts(proving)["shortened"] == "passed"
    assert proving.path == (OPEN, RECORD)
    assert proving.proven


def test_an_order_that_the_claim_has_passed_is_needed_though_the_record_is_there_without_it() -> None:
    sort = press(LIST, "height")
    record = Claimed("/plants", (sort, press(UP, "Royal Fern")), TaskCheck((At("/plants/12"),)), None, text="by height")
    proving, _ = tried(record)
    assert "without step 0" in proving.results["shortened"].reason
    ordered = replace(record, claim=TaskCheck((At("/plants/12"),), (), ((SortedBy("height"),),)))
    proving, _ = tried(ordered)
    assert verdicts(proving)["shortened"] == "passed"
    assert verdicts(proving)["near misses"] == "passed"
    made = {variant for lane, variant in tried(ordered)[1].tried if lane == "near misses"}
    assert "another row at step 1" in made
    assert made & {"another column at step 0", "once more at step 1"}


def test_a_claim_that_is_true_before_anything_is_done_abstains() -> None:
    proving, site = tried(replace(TASK, claim=TaskCheck((Called("Fernwood"),))))
    assert set(verdicts(proving).values()) == {"abstained"}
    assert proving.results["done"].reason == "it is true before anything is done"
    assert len(site.tried) == 1


def test_a_claim_that_its_own_end_does_not_fulfil_fails_as_not_done() -> None:
    proving, _ = tried(replace(TASK, claim=TaskCheck((Says("Sold out"),))))
    assert verdicts(proving)["done"] == "failed"
    assert "Sold out" in proving.results["done"].reason
    assert proving.copy is None


def test_a_step_that_can_not_be_done_again_is_named() -> None:
    gone = Choice(RECORD.action, replace(RECORD.target, name="Tree Fern"))  # type: ignore[type-var]
    proving, _ = tried(replace(TASK, path=(OPEN, gone)))
    assert proving.results["done"].reason == "step 2 of 2 can't be done"


def test_a_weak_claim_does_not_survive_its_near_misses() -> None:
    weak = TaskCheck((Says("Plants"), HasRow((Cell("Osmunda", "family"),), only=True)))
    proving, _ = tried(replace(TASK, claim=weak, read=None))
    assert verdicts(proving)["near misses"] == "failed"
    assert 0 < (proving.results["near misses"].share or 0) < 1


def lonely(*parts: Part) -> tuple[Proving, Site]:
    """What comes of opening the only thing of a page, but for these parts of it."""
    only = scene("/shed", heading("Shed"), link("Rake"), *parts)
    rake = scene("/rake", heading("Rake"), text("It is new."))
    claim = TaskCheck((At("/rake"), Called("Rake")))
    return tried(Claimed("/shed", (press(only, "Rake"),), claim, claim), Site([only, rake, linked(HOME, "/")]))


def test_a_task_of_which_nothing_is_nearly_done_is_not_proven() -> None:
    proving, _ = lonely()
    assert verdicts(proving)["near misses"] == "abstained"
    assert not proving.proven


def test_where_too_few_of_its_kind_are_there_what_is_near_is_tried_and_no_more_than_needed() -> None:
    proving, site = lonely(button("Sweep"), button("Lock"), button("Paint"), button("Close"))
    assert verdicts(proving)["near misses"] == "passed"
    assert [variant for lane, variant in site.tried if lane == "near misses"] == ["another element at step 0"] * 2


def test_parts_of_a_path_are_no_near_misses_enough() -> None:
    start = scene("/shed", heading("Shed"), link("Tools"))
    tools = scene("/tools", heading("Tools"), link("Rake"))
    rake = scene("/rake", heading("Rake"), text("It is new."))
    claim = TaskCheck((Called("Rake"),), (), ((Called("Tools"),),))
    path = (press(start, "Tools"), press(tools, "Rake"))
    proving, site = tried(Claimed("/shed", path, claim, claim), Site([start, tools, rake]))
    assert ("near misses", "in part") in site.tried
    assert verdicts(proving)["near misses"] == "abstained"


def test_a_question_that_has_the_same_answer_wherever_it_is_looked_up_is_not_proven() -> None:
    def asked(values: dict[str, str]) -> Proving:
        records = [
            linked(plant(n, values=values if n != "12" else {}), f"/plants/{n}?")
            for n in ("11", "12", "13", "14", "15")
        ]
        answer = TaskCheck((Tells("Royal Fern"), Gives((Cell("Pond", "plot"),)), Answered("Pond")))
        return tried(Claimed("/plants", (RECORD,), answer, answer), Site([linked(LIST, "/plants"), *records]))[0]

    assert verdicts(asked({}))["near misses"] == "passed"
    everywhere = asked({"plot": "Pond"})
    assert everywhere.results["near misses"].verdict == "abstained"
    assert "wherever" in everywhere.results["near misses"].reason


@pytest.mark.parametrize(
    ("read", "reason"),
    [
        (TaskCheck((Tells("Royal Fern", ("author",)),)), "the words are not true of it"),
        (TaskCheck((Says("Plants"),)), "the words are true of a miss"),
    ],
)
def test_words_that_ask_for_something_else_refuse_the_sentence(read: TaskCheck, reason: str) -> None:
    proving, _ = tried(replace(TASK, read=read))
    assert verdicts(proving)["reading"] == "failed"
    assert proving.results["reading"].reason.startswith(reason)
    assert not proving.proven


def test_words_that_are_not_understood_abstain() -> None:
    proving, _ = tried(replace(TASK, read=None, unread="not understood: Find it"))
    assert proving.results["reading"].reason == "not understood: Find it"
    assert not proving.proven


def test_a_start_that_draws_something_else_each_time_is_put_back_all_the_same() -> None:
    class Drawing(Site):
        """A site whose start shows another plant of the day in each look."""

        drawn = 0

        def attempt(self, asked, lane, variant):  # type: ignore[no-untyped-def]
            if lane == "untouched":
                self.drawn += 1
                assert HOME.tree is not None
                plant_of_the_day = Node("text", f"Of the day: {'abc'[self.drawn % 3]}", depth=1)
                tree = replace(HOME.tree, nodes=(*HOME.tree.nodes, plant_of_the_day))
                self.scenes["http://fernwood.test/"] = replace(HOME, tree=tree)
            return super().attempt(asked, lane, variant)

    proving, _ = tried(TASK, Drawing(SCENES))
    assert verdicts(proving)["untouched"] == "passed"
    assert proving.proven


def test_what_stays_at_a_start_that_draws_is_not_put_back_where_anything_was_sent() -> None:
    class Keeping(Site):
        """A site whose start draws a plant in each look, and lists what was ordered once it was."""

        drawn = 0
        ordered = False

        def attempt(self, asked, lane, variant):  # type: ignore[no-untyped-def]
            self.drawn += 1
            assert HOME.tree is not None
            said = [f"Of the day: {'abcde'[self.drawn % 5]}", *(["Ordered: Royal Fern"] if self.ordered else [])]
            tree = replace(HOME.tree, nodes=(*HOME.tree.nodes, *(Node("text", each, depth=1) for each in said)))
            self.scenes["http://fernwood.test/"] = replace(HOME, tree=tree)
            walk = super().attempt(asked, lane, variant)
            if lane != "done":
                return walk
            self.ordered = True
            sent = (Request("POST", 1),)
            steps = (replace(each, step=replace(each.step, requests=sent)) for each in walk.transitions)
            return replace(walk, transitions=tuple(steps))

    proving, _ = tried(TASK, Keeping(SCENES))
    assert verdicts(proving)["untouched"] == "failed"


def test_questions_of_one_list_are_no_ends_of_each_other() -> None:
    asks = TaskCheck((At("/plants"), Called("Plants"), Answered("40")))
    found = [Ended(f"task {number}", (page_at(HOME), page_at(LIST)), f"end {number}", "50") for number in range(9)]
    assert held_elsewhere(asks, found, text="which", ends=frozenset()) == (0, 0)
    pages = [replace(each, answer=None) for each in found]
    assert held_elsewhere(replace(asks, all=asks.all[:2]), pages, text="which", ends=frozenset()) == (9, 9)


def test_what_is_not_put_back_is_found_by_trying_nothing_again() -> None:
    class Keeping(Site):
        """A site that stays where the last attempt left it."""

        def attempt(self, asked, lane, variant):  # type: ignore[no-untyped-def]
            walk = super().attempt(asked, lane, variant)
            if lane == "done" and walk is not None:
                self.scenes["http://fernwood.test/"] = linked(ORDERS, "/")
            return walk

    site = Keeping(SCENES)
    back = TaskCheck((At("/plants/12"),))
    proving, _ = tried(Claimed("/", (OPEN, RECORD), back, None), site)
    assert verdicts(proving)["untouched"] == "failed"
    assert proving.results["untouched"].reason == "what was done before is not put back"


def test_what_can_not_be_looked_for_is_not_tried() -> None:
    for task, reason in (
        (replace(TASK, claim=None), "nothing is claimed"),
        (replace(TASK, claim=TaskCheck((FileExists("a"),))), "in a home"),
        (replace(TASK, start=""), "begins nowhere"),
        (replace(TASK, start=f"/reset/{MASK}"), "begins nowhere"),
    ):
        proving, site = tried(task)
        assert reason in proving.results["done"].reason
        assert not site.tried


def test_an_attempt_that_can_not_be_had_decides_nothing() -> None:
    proving, _ = tried(TASK, Site([HOME]))
    assert not proving.missing
    proving, _ = tried(replace(TASK, start="/nowhere"))
    assert proving.missing
    assert set(verdicts(proving).values()) == {"abstained"}


def test_the_same_attempts_give_the_same_verdicts_and_ask_for_the_same() -> None:
    (first, one), (second, two) = tried(TASK), tried(TASK)
    assert first.results == second.results
    assert one.tried == two.tried


def test_words_that_mean_two_things_refuse_the_sentence() -> None:
    two = linked(plants(rows=[("12", "Royal Fern", "Osmunda", "160"), ("16", "Royal Fern", "Boston", "40")]), "/plants")
    scenes = [linked(HOME, "/"), two, linked(plant("12"), "/plants/12?"), linked(plant("11"), "/plants/16?")]
    proving, site = tried(replace(TASK, path=(OPEN, press(two, "Royal Fern"))), Site(scenes))
    told = proving.results["referents"]
    assert (told.verdict, told.reason) == ("failed", "it may mean something else: 'Royal Fern' at step 1")
    assert ("referents", "another 'Royal Fern' at step 1") in site.tried
    assert not proving.proven


def test_words_that_nothing_is_called_by_abstain_and_words_not_understood() -> None:
    proving, _ = tried(replace(TASK, read=TaskCheck((At("/plants/12"),))))
    assert proving.results["referents"].verdict == "abstained"
    proving, _ = tried(replace(TASK, read=None, unread="not understood"))
    assert proving.results["referents"].reason == "not understood"


def test_a_claim_that_holds_where_most_tasks_end_says_nothing() -> None:
    anywhere = tuple(replace(end, pages=(*end.pages, page_at(plant("12")))) for end in ENDS)
    said = TaskCheck((Called("Royal Fern"),))
    proving, _ = tried(replace(TASK, claim=said, read=said, others=anywhere))
    told = proving.results["others"]
    assert (told.verdict, told.held, told.tried) == ("failed", 6, 6)
    assert not proving.proven
    few, _ = tried(replace(TASK, others=ENDS[:4]))
    assert few.results["others"].verdict == "abstained"
    assert few.proven


def test_the_end_of_the_same_task_is_no_other() -> None:
    mine = tuple(replace(end, text="open it", pages=(*end.pages, page_at(plant("12")))) for end in ENDS)
    proving, _ = tried(replace(TASK, text="Open it", others=(*mine, *ENDS)))
    assert proving.results["others"].reason == "false at 6 ends of other tasks"


class Ticking(Site):
    """A site whose list says what day it is, another one under a later clock."""

    def attempt(self, asked: Attempt, lane: Lane, variant: str) -> Walk | None:
        day = "3 May" if asked.later else "2 May"
        self.scenes["http://fernwood.test/plants"] = linked(plants(around=[heading(f"Today {day}")]), "/plants")
        return super().attempt(asked, lane, variant)


def test_what_a_later_clock_changes_is_named_by_no_clause() -> None:
    claim = TaskCheck((At("/plants/12"),), (), ((Called("Plants"),),))
    proving, _ = tried(replace(TASK, claim=claim, read=claim), Ticking(SCENES))
    assert proving.changing >= {"today 2 may", "today 3 may"}
    assert verdicts(proving)["done"] == "passed"
    dated = replace(claim, passed=((Says("Today 2 May"),),))
    proving, _ = tried(replace(TASK, claim=dated, read=dated), Ticking(SCENES))
    assert proving.results["done"].verdict == "failed"
    assert "only under a later clock it is not" in proving.results["done"].reason
    either = replace(claim, any=(Says("Today 2 May"), Called("Royal Fern")))
    proving, _ = tried(replace(TASK, claim=either, read=either), Ticking(SCENES))
    assert proving.results["done"].reason == "it names what changes by itself: Today 2 May"


def test_a_near_miss_that_ends_alike_but_for_the_clock_is_none() -> None:
    class Counting(Site):
        """A site whose record counts how often it was looked at."""

        looks = 0

        def attempt(self, asked: Attempt, lane: Lane, variant: str) -> Walk | None:
            self.looks += 1
            same = linked(plant("12", values={"plot": f"look {self.looks}"}), "/plants/12?")
            for number in ("11", "12", "13", "14", "15"):
                self.scenes[f"http://fernwood.test/plants/{number}?"] = same
            return super().attempt(asked, lane, variant)

    claim = TaskCheck((Called("Royal Fern"),), (), ((Called("Plants"),),))
    proving, site = tried(replace(TASK, claim=claim, read=claim), Counting(SCENES))
    assert ("near misses", "another row at step 1") in site.tried
    assert proving.results["near misses"].held == 0


def test_what_nobody_knows_to_have_been_sent_abstains() -> None:
    class Silent(Site):
        """A site that tells nothing of what it was asked."""

        def attempt(self, asked: Attempt, lane: Lane, variant: str) -> Walk | None:
            walk = super().attempt(asked, lane, variant)
            if walk is None:
                return None
            return replace(walk, transitions=tuple(
                replace(each, step=replace(each.step, requests=None)) for each in walk.transitions
            ))  # fmt: skip

    proving, _ = tried(TASK, Silent(SCENES))
    assert proving.results["side effects"].reason == "nobody knows what it sent"
    assert proving.proven


def test_a_name_that_is_in_every_title_is_the_place_of_the_page_that_is_headed_so_alone() -> None:
    read = TaskCheck((Tells("Royal Fern"),), (), ((Called("Fernwood"),),))
    in_list = Claimed("/plants", (RECORD,), TaskCheck((At("/plants/12"),)), read)
    assert verdicts(tried(in_list)[0])["reading"] == "passed", "where nobody knows of other pages"
    proving, _ = tried(replace(in_list, others=ENDS))
    assert proving.results["reading"].reason.startswith("the words are not true of it")
    from_home = replace(TASK, claim=TaskCheck((At("/plants/12"),)), read=read)
    assert verdicts(tried(from_home)[0])["reading"] == "passed"


def test_what_began_where_something_had_been_changed_is_not_refuted_where_it_can_not_be_done() -> None:
    gone = Choice(RECORD.action, replace(RECORD.target, name="Tree Fern"))  # type: ignore[type-var]
    proving, _ = tried(replace(TASK, path=(OPEN, gone), after_changes=True))
    assert set(verdicts(proving).values()) == {"abstained"}
    assert "had been changed before" in proving.results["done"].reason
    assert verdicts(tried(replace(TASK, after_changes=True))[0]) == dict.fromkeys(LANES, "passed")


def test_what_the_explored_walk_did_besides_is_neutral_for_a_proven_task() -> None:
    proving, _ = tried(TASK)
    task = Task(
        ("one",),
        "walk",
        "Open it.",
        None,
        None,
        "fernwood",
        TASK,
        False,
        (),
        steps=(0, 3),
        beside=(1, 2),
        digest="of it",
    )
    labels = list(not_needed(task, proving))
    assert [(each.first_step, each.verdict, each.rule) for each in labels] == [
        (1, "neutral", "not needed"),
        (2, "neutral", "not needed"),
    ]
    assert {(each.trajectory_id, each.instruction_id, each.input) for each in labels} == {("walk", "one", "of it")}
    scrolled = replace(proving, path=proving.path[1:])
    assert [each.first_step for each in not_needed(task, scrolled)] == [0, 1, 2]
    assert not list(not_needed(replace(task, digest=None), proving)), "nobody explored what was composed"
