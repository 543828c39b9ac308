"""The rules backend as a whole."""

import dataclasses
import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelers.backend import LabelingBackend, Opinions
from labelers.backends import BACKENDS
from labelers.observed.graph import TransitionGraph, edges
from labelers.observed.opinions import IDLE_RULE
from labelers.observed.transitions import transitions_of
from labelers.rules import RulesBackend
from labelers.rules.rules import score_walk
from schemas.actions import (
    Action,
    Answer,
    Back,
    Click,
    Drag,
    Hover,
    Key,
    Open,
    Point,
    Scroll,
    Select,
    Stop,
    Swipe,
    Type,
    Wait,
)
from schemas.episodes import Episode
from schemas.keys import canonical_json
from schemas.opinions import Verdict
from schemas.records import Box, Flag, Node, Result, Tree
from tests.labelers.site import (
    BLANK,
    ERROR,
    FILE,
    HOME,
    HOST,
    ORDERS,
    Act,
    Scene,
    back,
    button,
    click,
    duties,
    enter,
    field,
    heading,
    link,
    part,
    plant,
    plants,
    scene,
    scrolled,
    table,
    text,
    typed,
    walk,
)

ROOT = Path(__file__).parents[3]
BACKEND = RulesBackend()


def walks() -> list[Episode]:
    """A few walks over the site with something of everything, good steps and bad."""
    off, on = (duties({"Water": False, "Weed": done}) for done in (False, True))
    to_plants = click("Plants", plants())
    searched = typed("silver", "Search plants", plants(holds="silver"))
    return [
        walk(
            HOME,
            to_plants,
            click("Royal Fern", plant("12")),
            back(plants()),
            click("height", plants(by="height")),
            number=0,
        ),
        walk(HOME, click("Orders", ORDERS), back(HOME), to_plants, click("13", plant("13"), role="link"), number=1),
        walk(HOME, click("Duties", off), click("Weed", on, role="checkbox"), number=2),
        walk(
            HOME, to_plants, click("Osmunda", plants(only=("family", "Osmunda")), role="link"), back(plants()), number=3
        ),
        walk(HOME, to_plants, searched, enter(plants(query="silver")), click("Silver Fern", plant("11")), number=4),
        walk(HOME, click("Orders", ERROR), back(HOME), click("Orders", FILE), back(HOME), to_plants, number=5),
        walk(HOME, to_plants, scrolled(dataclasses.replace(plants(), scroll=9)), number=6, ended_by="crashed"),
    ]


def ways_of(episodes: Iterable[Episode]) -> TransitionGraph:
    return TransitionGraph(edge for episode in episodes for edge in edges(episode))


def opinions_of(episodes: list[Episode]) -> list[Opinions]:
    ways = ways_of(episodes)
    return [BACKEND(episode, ways) for episode in episodes]


def check(episode: Episode, opinions: Opinions) -> None:
    """What holds of all opinions on any episode."""
    own = {one.instruction_id: one for one in opinions.instructions}
    assert len(own) == len(opinions.instructions), "ids are distinct"
    assert len({label.label_id for label in opinions.labels}) == len(opinions.labels)
    for one in opinions.instructions:
        assert one.trajectory_id == episode.trajectory.trajectory_id
        assert 0 <= one.first_step <= one.path[0] <= one.path[-1] == one.last_step < len(episode.steps)
        assert list(one.path) == sorted(set(one.path))
        assert one.text
        assert len(one.text.splitlines()) == 1
        assert (one.kind, one.level) in {("step", "low"), ("task", "high")}
        assert one.evidence or one.level == "low"
        labelled = [label.first_step for label in opinions.labels if label.instruction_id == one.instruction_id]
        assert labelled == list(range(one.first_step, one.last_step + 1)), (
            "each step of the run has one label, in order"
        )
    for label in opinions.labels:
        assert label.verdict in get_args(Verdict)
        assert label.reason
        assert label.input == episode.trajectory.digest
        if label.subject == "step":
            # Without an instruction it is relative to the trajectory's goal, or says that there was no effect.
            goal = episode.trajectory.goal
            assert label.instruction_id in own or (label.instruction_id is None and (goal or label.rule == IDLE_RULE))
            assert label.first_step == label.last_step is not None
            assert label.score is None
    (whole,) = (label for label in opinions.labels if label.subject == "trajectory")
    assert whole.instruction_id is None
    assert whole.score is None if whole.verdict == "abstain" else whole.score is not None and 1 <= whole.score <= 5
    assert all(count > 0 for count in opinions.silences.values())
    assert list(opinions.silences) == sorted(opinions.silences)
    low = sum(one.level == "low" for one in opinions.instructions)
    silent = sum(count for why, count in opinions.silences.items() if why.startswith("step: "))
    assert low + silent == len(episode.steps), "each step has its sentence, or a reason why not"


def test_every_backend_of_the_registry_is_one() -> None:
    assert set(BACKENDS) == {"rules"}
    for name, backend in BACKENDS.items():
        made = backend()
        assert isinstance(made, LabelingBackend)
        assert made.name == name
        assert made.version


def test_the_opinions_on_the_site_hold_together() -> None:
    episodes = walks()
    for episode, opinions in zip(episodes, opinions_of(episodes), strict=True):
        check(episode, opinions)


def test_the_site_gives_the_tasks_that_a_person_would_name() -> None:
    high = {one.text for opinions in opinions_of(walks()) for one in opinions.instructions if one.level == "high"}
    assert high == {
        'In "Plants", open the entry "Royal Fern".',
        'Find the "keeper" that the record of "Royal Fern" in "Plants" gives.',
        'In "Plants", sort the list by "height" in ascending order.',
        'In "Plants", show the details of "Sword Fern".',
        'In "Plants", what "keeper" does the record of "Sword Fern" give?',
        'Go to "Duties" and tick "Weed".',
        'In "Plants", show only the rows whose "family" is "Osmunda".',
        'How many rows of "Plants" have "Osmunda" as their "family"?',
        'Go to "Plants" and look for "silver".',
        'In "Plants", look up "Royal Fern" and report the "plot" that its record gives.',
        'How many rows does "Plants" list?',
        'In "Plants", what is listed as "family" for "Silver Fern"?',
        'What does "Plants" list as "height" for "Lady Fern"?',
        'Find the "plot" that the record of "Sword Fern" in "Plants" gives.',
        'Look up in "Plants" what is listed as "height" for "Royal Fern".',
    }


def test_the_question_and_the_sentence_of_a_run_have_their_own_labels() -> None:
    (opinions,) = opinions_of(walks()[:1])
    run = [one for one in opinions.instructions if one.level == "high" and one.last_step == 1]
    assert len(run) == 3, "the whole run as a sentence and two questions; the last step alone is a part of them"
    assert len({label.instruction_id for label in opinions.labels}) == len(opinions.instructions) + 1


def test_every_silence_is_counted_with_its_reason() -> None:
    (opinions,) = opinions_of([walk(HOME, click("Plants", ORDERS), scrolled(ORDERS))])
    assert opinions.silences == {"run: a single step, and nothing to ask": 1}


def low_verdict(act: Act, start: Scene = HOME) -> tuple[str, str | None]:
    (opinions,) = opinions_of([walk(start, act)])
    (label,) = (
        label for label in opinions.labels if label.subject == "step" and label.rule != "effect matches the target"
    )
    return label.verdict, label.rule


def test_a_low_level_instruction_is_never_called_harmful() -> None:
    still = dataclasses.replace(HOME, shade=1)
    assert low_verdict(click("Plants", ORDERS)) == ("good", "effect seen")
    assert low_verdict(click("Plants", still), still) == ("neutral", "nothing changed")
    assert low_verdict(click("Plants", ERROR)) == ("neutral", "error shown")
    assert low_verdict(click("Plants", ORDERS, result="timeout")) == ("abstain", "not done")
    assert low_verdict(click("Plants", None)) == ("abstain", "unclear")
    assert low_verdict(click("Plants", dataclasses.replace(HOME, shade=200)), still) == ("abstain", "unclear")


@pytest.mark.parametrize(
    ("acts", "crashed", "score"),
    [
        ((click("Plants", plants()), click("Royal Fern", plant("12"))), False, 5.0),
        ((click("Plants", plants()), click("Royal Fern", plant("12"))), True, 4.0),
        ((click("Plants", HOME), click("Plants", HOME)), False, 1.0),
        ((click("Plants", HOME), click("Plants", HOME)), True, 1.0),
        ((click("Orders", ERROR), back(HOME)), False, 1.0),
        ((click("Plants", plants()), back(HOME)), False, 3.0),
        ((click("Plants", plants()), back(HOME)), True, 2.0),
    ],
)
def test_a_walk_is_scored_by_how_often_it_came_somewhere_new(
    acts: tuple[Act, ...], crashed: bool, score: float
) -> None:
    found, reason = score_walk(transitions_of(walk(HOME, *acts)), crashed=crashed)
    assert found == score
    assert reason.endswith("crashed") == crashed


def test_a_walk_of_which_nothing_was_seen_has_no_score() -> None:
    assert score_walk((), crashed=False) == (None, "none of 0 steps could be read")
    (opinions,) = opinions_of([walk(HOME, click("Plants", None), Act(Wait(), BLANK))])
    (whole,) = (label for label in opinions.labels if label.subject == "trajectory")
    assert (whole.verdict, whole.score, whole.reason) == ("abstain", None, "none of 2 steps could be read")


def test_an_episode_that_crashed_is_scored_lower() -> None:
    acts = (click("Plants", plants()), back(HOME))
    scores = []
    for ended_by in ("max steps", "crashed", "device lost", "start failed"):
        (opinions,) = opinions_of([walk(HOME, *acts, ended_by=ended_by)])
        scores.append([label.score for label in opinions.labels if label.subject == "trajectory"])
    assert scores == [[3.0], [2.0], [2.0], [2.0]]


# The same input, the same opinions.


def digest(opinions: Iterable[Opinions]) -> str:
    return hashlib.sha256(b"\n".join(canonical_json(one) for one in opinions)).hexdigest()


def test_neither_the_order_of_the_episodes_nor_a_second_run_matters() -> None:
    episodes = walks()
    first = opinions_of(episodes)
    assert opinions_of(episodes) == first
    assert opinions_of(episodes[::-1])[::-1] == first
    assert BACKEND(episodes[0], ways_of(episodes * 2)) == first[0]


def test_the_opinions_are_the_same_in_fresh_processes_whatever_the_hash_seed() -> None:
    program = (
        "from tests.labelers.rules.test_rules import digest, opinions_of, walks; print(digest(opinions_of(walks())))"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("0", "1", "2")
    }
    assert printed == {digest(opinions_of(walks()))}


def test_another_walk_of_the_same_steps_has_other_ids() -> None:
    acts = (click("Plants", plants()), click("Royal Fern", plant("12")))
    one, two = opinions_of([walk(HOME, *acts, number=0), walk(HOME, *acts, number=1)])
    assert [i.text for i in one.instructions] == [i.text for i in two.instructions]
    assert not {i.instruction_id for i in one.instructions} & {i.instruction_id for i in two.instructions}
    assert not {label.label_id for label in one.labels} & {label.label_id for label in two.labels}


def test_more_known_ways_only_ever_silence() -> None:
    episodes = walks()
    few = {one.instruction_id for one in BACKEND(episodes[0], TransitionGraph([])).instructions}
    many = {one.instruction_id for one in BACKEND(episodes[0], ways_of(episodes)).instructions}
    assert many <= few


# Broken recordings.


@pytest.mark.parametrize(
    "episode",
    [
        walk(HOME),
        walk(None),
        walk(None, Act(Wait(), None)),
        walk(HOME, click("Plants", None, result="crashed"), ended_by="crashed"),
        walk(BLANK, Act(Open(HOST), HOME), click("Plants", BLANK), Act(Click(Point(5, 5)), BLANK)),
        walk(None, Act(Type("x", Point(1, 1)), HOME), Act(Stop(), HOME), Act(Answer("x"), None)),
        walk(FILE, Act(Click(Point(5, 5)), FILE), Act(Select("x", Point(5, 5)), HOME), Act(Key("Enter"), FILE)),
        walk(HOME, Act(Swipe(Point(1, 1), Point(2, 2)), ORDERS), Act(Drag(Point(1, 1), Point(2, 2)), HOME)),
        walk(HOME, click("Plants", None), click("Plants", plants(), before=HOME), Act(Wait(), None)),
        walk(HOME, Act(Click(Point(fx=0.5, fy=0.5)), plants())),
    ],
)
def test_a_recording_with_gaps_has_its_opinions(episode: Episode) -> None:
    (opinions,) = opinions_of([episode])
    check(episode, opinions)
    assert not [one for one in opinions.instructions if one.level == "high" and len(one.path) > 1]


HOSTILE = (
    'Fern" and open "Moss',
    "Fern\nIgnore the above.\r\nMoss",
    "\u202eneerF\u202c",
    "\u200f\u200e",
    "(a+)+$",
    "[[[[\\",
    "a" * 100_000,
    "." * 20_000,
    " \t" * 5_000 + "x",
    "a." * 5_000 + "!",
    "9" * 10_000 + " rows",
    "1,111" * 2_000,
    "\ud800",
    "\x00\x1b[31m",
    "<script>alert(1)</script>",
    "{{7*7}}",
    "¶",
    "Ⅳ²½",
    "ﷺ" * 100,
    "👩‍👩‍👧",
)


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_page_full_of_hostile_names_is_survived_and_stays_on_one_line(name: str) -> None:
    rows = [("1", link(name, "/1"), name), ("2", link(name + "b", "/2"), "3"), ("3", "Fern", name)]
    parts = (link(name, "/1"), field(name, name), button(name), part("listitem", "", part("checkbox"), text(name)))
    listed = scene("/list", heading(name), table(("id", "name", name), rows, sortable="/list?"), *parts, title=name)
    record = scene("/1", heading(name), table(("name", "x"), [(name, name * 2)]), part("alert", name), title=name)
    held = scene("/list", heading(name), field(name, "Fern"), button(name), part("dialog", name), title=name)
    episode = walk(
        scene("/", heading(name), link(name, "/list"), title=name),
        click(name, listed, role="link"),
        click(name, listed, role="button"),
        typed(name, name, held, role="textbox"),
        typed("Fern", name, held, role="textbox", before=listed),
        click(name, record, role="button"),
        back(listed),
        click(name, record, role="link", nth=2),
    )
    (opinions,) = opinions_of([episode])
    check(episode, opinions)
    for one in opinions.instructions:
        assert len(one.text) <= 400
        assert not re.search("[\u202a-\u202e\u200e\u200f\x00\x1b]", one.text)
        assert one.text.count('"') % 2 == 0


# Any trees at all.

ROLES = (
    *("link", "button", "heading", "table", "row", "cell", "columnheader", "text", "textbox", "combobox", "checkbox"),
    *("listitem", "form", "dialog", "alert", "searchbox", "tab", "term", "definition", "radio", "grid", "", "option"),
)
NAMES = (
    "",
    "Fern",
    "fern ",
    "Moss",
    "id",
    "name",
    "3",
    "10 rows",
    "0 results",
    "Next",
    "Search",
    "Save",
    "²",
    "Error 500",
)
NODES = st.builds(
    Node,
    role=st.sampled_from(ROLES),
    name=st.sampled_from(NAMES) | st.text(max_size=6),
    value=st.none() | st.sampled_from(NAMES),
    depth=st.integers(-1, 5),
    flags=st.lists(st.sampled_from(get_args(Flag)), max_size=2, unique=True).map(tuple),
    box=st.none() | st.builds(Box, *[st.integers(-5, 50)] * 2, *[st.integers(0, 50)] * 2),
    level=st.none() | st.integers(-1, 7),
    column=st.none() | st.sampled_from(NAMES),
    href=st.none() | st.sampled_from((HOST + "/a", HOST + "/b", "http://[", "", "javascript:1")),
    id=st.none() | st.sampled_from("xy"),
    path=st.none() | st.sampled_from(("/0", "/1")),
)
SCENES = st.builds(
    Scene,
    tree=st.none() | st.lists(NODES, max_size=14).map(lambda nodes: Tree("fake", tuple(nodes))),
    location=st.none() | st.sampled_from((HOST + "/a", HOST + "/b", HOST + "/a?q=1", "http://[", "x")),
    title=st.none() | st.sampled_from(NAMES),
    scroll=st.integers(0, 2),
    shade=st.none() | st.sampled_from((0, 200)),
    content_type=st.none() | st.sampled_from(("text/html", "text/csv")),
)
POINTS = st.builds(Point, st.integers(0, 50), st.integers(0, 50))
ACTIONS: st.SearchStrategy[Action] = st.one_of(
    st.builds(Click, POINTS),
    st.builds(Click, POINTS),
    st.builds(Type, st.sampled_from(NAMES), st.none() | POINTS, submit=st.booleans()),
    st.builds(Select, st.sampled_from(NAMES), POINTS),
    st.builds(Hover, POINTS),
    st.just(Key("Enter")),
    st.just(Scroll(0, 10)),
    st.just(Back()),
)
ACTS = st.builds(Act, ACTIONS, st.none() | SCENES, result=st.sampled_from(get_args(Result)), before=st.none() | SCENES)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.none() | SCENES, min_size=1, max_size=4), st.data())
def test_whatever_was_recorded_has_opinions_that_hold_together(scenes: list[Scene | None], data: st.DataObject) -> None:
    """Walks between a few random pages, so that states come again, with a leap now and then."""
    acts = [
        dataclasses.replace(act, then=data.draw(st.sampled_from(scenes)))
        for act in data.draw(st.lists(ACTS, max_size=7))
    ]
    episode = walk(scenes[0], *acts)
    (opinions,) = opinions_of([episode])
    check(episode, opinions)
    assert BACKEND(episode, ways_of([episode])) == opinions
