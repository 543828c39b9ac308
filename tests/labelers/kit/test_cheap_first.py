from collections.abc import Sequence
from dataclasses import replace

import pytest

from labelers.kit.cheap_first import MET, SERVES, RuleVerdicts
from labelers.observed.graph import TransitionGraph
from labelers.observed.opinions import IDLE_RULE, LOOK
from labelers.rules import RulesBackend
from schemas.actions import Key, Stop
from schemas.episodes import Episode
from schemas.opinions import Instruction, Label, Verdict
from tests.labelers.site import button, click, heading, link, scene, walk

HOME = scene("/", heading("Fernwood"), link("Plants", "/plants"), shade=10)
PLANTS = scene("/plants", heading("Plants"), button("Water all"), link("Home", "/"), shade=20)
EPISODE = walk(HOME, click("Plants", PLANTS), click("Water all", PLANTS), click("Home", HOME))


def label(rule: str, *, step: int | None, verdict: Verdict = "good", **changes: object) -> Label:
    found = Label(
        label_id=f"{rule} {step}",
        trajectory_id=EPISODE.trajectory.trajectory_id,
        subject="trajectory" if step is None else "step",
        first_step=step,
        last_step=step,
        verdict=verdict,
        reason="so it is",
        rule=rule,
        labeler=RulesBackend.name,
        labeler_version=RulesBackend.version,
        input="x",
    )
    return replace(found, **changes)  # type: ignore[arg-type]


def decided(*labels: Label, written: Sequence[Instruction] = (), episode: Episode = EPISODE) -> RuleVerdicts:
    return RuleVerdicts.of(replace(episode, labels=labels), written)


def acted(episode: Episode, action: object) -> Episode:
    """The same with another action at its second step."""
    first, second, *rest = episode.steps
    changed = replace(second, step=replace(second.step, action=action))  # type: ignore[arg-type]
    return replace(episode, steps=(first, changed, *rest))


def test_what_the_rules_wrote_decides() -> None:
    opinions = RulesBackend()(EPISODE, TransitionGraph(()))
    found = decided(*opinions.labels, written=opinions.instructions)
    assert found.sentences == {0, 1, 2}
    assert set(found.idle) == {1}
    assert found.outcome is None


def test_a_step_of_no_effect_is_neutral_for_every_goal_and_one_that_serves_for_its_own() -> None:
    found = decided(label(IDLE_RULE, step=1, verdict="harmful"), label(SERVES, step=2))
    for given_goal in (True, False):
        opinion = found.on_step(1, given_goal=given_goal)
        assert opinion is not None
        assert (opinion.verdict, opinion.rule) == ("neutral", IDLE_RULE)
    served = found.on_step(2, given_goal=True)
    assert served is not None
    assert (served.verdict, served.reason) == ("good", "so it is")
    assert found.on_step(2, given_goal=False) is None


def test_an_outcome_is_decided_where_all_was_done() -> None:
    found = decided(label(MET, step=None))
    assert found.outcome is not None
    assert (found.outcome.verdict, found.outcome.rule) == ("good", MET)


@pytest.mark.parametrize(
    "one",
    [
        label(IDLE_RULE, step=1, reason=f"nothing changed{LOOK}"),
        label(IDLE_RULE, step=1, labeler="verify/local"),
        label(IDLE_RULE, step=1, labeler_version="0"),
        label(SERVES, step=1, instruction_id="of another goal"),
        label("against the goal", step=1, verdict="harmful"),
        label("requirement unmet", step=None, verdict="harmful"),
    ],
)
def test_what_was_not_measured_to_be_right_decides_nothing(one: Label) -> None:
    assert decided(one) == RuleVerdicts()


@pytest.mark.parametrize("action", [Key("Control+C"), Stop()])
def test_what_may_serve_a_goal_unseen_is_not_called_of_no_effect(action: object) -> None:
    found = decided(label(IDLE_RULE, step=1), episode=acted(EPISODE, action))
    assert found.on_step(1, given_goal=True) is None
