import json
from typing import Any

import pytest

from labelers.askers.behaviour import SPANS, STEPS, TAGS, BehaviourTagger
from labelers.kit.asker import Asker
from schemas.episodes import Episode
from tests.labelers.askers.judging import USE, said, told
from tests.labelers.site import HOME, click, plants, walk

TAGGER = Asker(BehaviourTagger(), USE)


def episode(steps: int = 4) -> Episode:
    acts = [click("Plants", plants()) if place % 2 == 0 else click("Fernwood", HOME) for place in range(steps)]
    return walk(HOME, *acts)


def span(first: int, last: int, tag: str = TAGS[0], **rest: Any) -> dict[str, Any]:
    return {"first": first, "last": last, "tag": tag, "reason": "It does.", **rest}


def test_tags_are_labels_on_steps_and_spans_that_give_no_verdict() -> None:
    spans = [span(0, 0, "planning"), span(1, 3, "error recovery"), span(1, 1, "verification"), span(1, 1, "planning")]
    labels = said(TAGGER, episode(), {"spans": spans}).labels
    found = [(one.subject, one.first_step, one.last_step, one.rule, one.verdict) for one in labels[:-1]]
    assert found == [
        ("step", 0, 0, "planning", "abstain"),
        ("span", 1, 3, "error recovery", "abstain"),
        ("step", 1, 1, "verification", "abstain"),
        ("step", 1, 1, "planning", "abstain"),
    ]
    assert len({one.label_id for one in labels}) == len(labels)
    assert (labels[-1].subject, labels[-1].rule) == ("trajectory", "looked at")


def test_what_is_said_twice_is_written_once_and_what_was_not_shown_is_silence() -> None:
    found = said(TAGGER, episode(), {"spans": [span(0, 1), span(0, 1), span(3, 2), span(0, 9), span(-1, 0)]})
    assert len(told(found, "span")) == 1
    assert dict(found.silences) == {"tag on steps that were not shown": 3}


@pytest.mark.parametrize(
    "wrong",
    [
        {"spans": [span(0, 0, "daring")]},
        {"spans": [{"first": 0}]},
        {"spans": [span(0, "1")]},  # type: ignore[arg-type]
        {"spans": [span(0, 0, more=1)]},
        {"spans": ["planning"]},
        {"spans": [span(0, 0)] * (SPANS + 1)},
        {"spans": "none"},
        [],
    ],
)
def test_an_answer_of_another_form_is_told(wrong: Any) -> None:
    assert TAGGER.check(json.dumps(wrong)) is not None


def test_a_long_episode_has_several_questions_and_silence_leaves_the_rest() -> None:
    long = episode(STEPS + 1)
    found = said(TAGGER, long, {"spans": [span(0, STEPS)]}, {"spans": [span(STEPS, STEPS)]})
    assert [one.first_step for one in told(found, "step")] == [STEPS]
    (whole,) = told(said(TAGGER, long, None, {"spans": []}), "trajectory")
    assert whole.reason == "1 of 2 questions were answered"


def test_it_is_an_asker() -> None:
    assert isinstance(TAGGER, Asker)
    assert TAGGER.name == "behaviour/local"
