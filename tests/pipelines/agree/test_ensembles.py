from collections.abc import Sequence
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelers.askers import question_of
from pipelines.agree.ensembles import DISAGREEMENT, TOO_FEW, Ensemble, Member, Rule, combined, vote
from pipelines.agree.model_families import family_of
from schemas.arrow import table_of
from schemas.errors import ConfigurationError
from schemas.keys import key
from schemas.opinions import Label, Subject, Verdict

RULES: tuple[Rule, ...] = get_args(Rule)
NAMES = ("rules", "verify/gpt-4o", "verify/gpt-4o-mini", "verify/qwen2.5-vl", "verify/claude-x", "reward/gemma-3")
MEMBERS = tuple(Member(name, "1") for name in NAMES)
A, B, C = MEMBERS[0], MEMBERS[1], MEMBERS[3]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
SAID = st.dictionaries(st.sampled_from(MEMBERS), st.sampled_from(VERDICTS), min_size=2)


def label(
    member: Member,
    verdict: Verdict,
    *,
    step: int | None = 0,
    subject: Subject = "step",
    score: float | None = None,
    rule: str | None = None,
    sample: int = 0,
) -> Label:
    return Label(
        label_id=key(member.labeler, member.version, verdict, step, subject, rule, sample),
        trajectory_id="t",
        subject=subject,
        first_step=step,
        last_step=step,
        instruction_id="i" if subject == "step" else None,
        verdict=verdict,
        score=score,
        reason="so",
        rule=rule,
        labeler=member.labeler,
        labeler_version=member.version,
        sample=sample,
        input="x",
    )


def whole(*members: Member) -> list[Label]:
    """What says that they have looked at the trajectory."""
    return [label(one, "abstain", step=None, subject="trajectory", rule="looked at") for one in members]


def of(labels: Sequence[Label], rule: Rule = "all", members: Sequence[Member] = (A, B)) -> list[Label]:
    return combined(table_of(Label, list(labels)), Ensemble(tuple(members), rule))


@given(SAID, st.sampled_from(RULES), st.permutations(MEMBERS))
def test_the_order_of_members_says_nothing(said: dict[Member, Verdict], rule: Rule, order: list[Member]) -> None:
    assert vote({member: said[member] for member in order if member in said}, rule) == vote(said, rule)


@given(SAID, st.sampled_from(RULES))
def test_a_verdict_is_what_enough_of_them_said_and_else_it_abstains(said: dict[Member, Verdict], rule: Rule) -> None:
    verdict, why = vote(said, rule)
    given_ = [one for one in said.values() if one != "abstain"]
    agreeing = [member for member, one in said.items() if one == verdict]
    if verdict == "abstain":
        assert why == (DISAGREEMENT if len(set(given_)) > 1 else TOO_FEW)
        return
    assert why == rule
    match rule:
        case "all":
            assert len(agreeing) == len(said)
        case "majority":
            assert 2 * len(agreeing) > len(said)
        case "families":
            assert len({family_of(member.labeler) for member in agreeing}) >= 2


@given(SAID)
def test_what_all_say_the_majority_says_too(said: dict[Member, Verdict]) -> None:
    verdict, _ = vote(said, "all")
    if verdict != "abstain":
        assert vote(said, "majority")[0] == verdict


@given(SAID, st.sampled_from(RULES))
def test_one_who_turns_to_the_winner_changes_nothing(said: dict[Member, Verdict], rule: Rule) -> None:
    verdict, _ = vote(said, rule)
    for member in said:
        if verdict != "abstain":
            assert vote({**said, member: verdict}, rule)[0] == verdict


def test_two_models_of_one_family_are_one_voice() -> None:
    both = dict.fromkeys(MEMBERS[1:3], "good")
    assert vote({**both, C: "abstain"}, "families") == ("abstain", TOO_FEW)
    assert vote({**both, C: "good"}, "families") == ("good", "families")
    assert vote({**both, C: "harmful"}, "families") == ("abstain", DISAGREEMENT)
    assert vote({A: "good", C: "good", MEMBERS[4]: "harmful", MEMBERS[5]: "harmful"}, "families")[1] == DISAGREEMENT


def test_labels_hold_the_verdict_the_members_and_what_they_said() -> None:
    rows = [label(A, "good", score=4), label(B, "good", score=2), label(A, "harmful", step=1), label(B, "good", step=1)]
    first, second = sorted(of([*rows, *whole(A, B)]), key=lambda one: one.first_step or 0)
    assert (first.verdict, first.rule, first.score, first.instruction_id) == ("good", "all", 3.0, "i")
    assert (second.verdict, second.rule) == ("abstain", DISAGREEMENT)
    assert second.reason == "good: verify/gpt-4o@1; harmful: rules@1"
    assert first.labeler == "ensemble/all"
    assert first.labeler_version == "1:rules=1:verify/gpt-4o=1"


@given(st.permutations([label(A, "good"), label(B, "harmful"), label(C, "good"), *whole(A, B, C)]))
def test_the_order_of_labels_and_members_says_nothing(rows: list[Label]) -> None:
    expected = of([label(A, "good"), label(B, "harmful"), label(C, "good"), *whole(A, B, C)], "majority", (A, B, C))
    assert of(rows, "majority", (C, A, B)) == expected
    assert [(one.verdict, one.rule) for one in expected] == [("good", "majority")]


def test_what_not_all_have_looked_at_waits() -> None:
    assert of([label(A, "good"), label(B, "good"), *whole(A)]) == []


def test_a_member_without_a_label_on_it_abstains_and_one_alone_is_no_ensemble() -> None:
    three = (A, B, C)
    (found,) = of([label(A, "good"), label(B, "good"), *whole(*three)], "all", three)
    assert (found.verdict, found.rule) == ("abstain", TOO_FEW)
    assert [one.verdict for one in of([label(A, "good"), label(B, "good"), *whole(*three)], "majority", three)] == [
        "good"
    ]
    assert of([label(A, "good"), *whole(*three)], "majority", three) == []


def test_several_answers_of_one_member_are_one_voice() -> None:
    three = [label(B, verdict, sample=place) for place, verdict in enumerate(("good", "harmful", "good"))]  # type: ignore[arg-type]
    assert [one.verdict for one in of([label(A, "good"), *three, *whole(A, B)])] == ["good"]
    assert [one.rule for one in of([label(A, "good"), *three[:2], *whole(A, B)])] == [TOO_FEW]


def test_first_failing_steps_are_no_verdicts() -> None:
    rows = [label(A, "good"), label(B, "good"), label(B, "harmful", rule="first failing step", sample=1)]
    assert [one.verdict for one in of([*rows, *whole(A, B)])] == ["good"]


@pytest.mark.parametrize(
    ("names", "rule", "said"),
    [
        (("rules",), "all", "two labelers"),
        (("rules", "rules"), "all", "two labelers"),
        (("verify/x", "safety/x"), "all", "one question"),
        (("behaviour/x", "behaviour/y"), "all", "one question"),
        (("verify/gpt-4o", "human"), "all", "rules or a model"),
        (("verify/gpt-4o", "ensemble/all"), "all", "rules or a model"),
        (("verify/gpt-4o", "verify/gpt-5"), "families", "openai alone"),
    ],
)
def test_who_can_not_agree_is_refused(names: tuple[str, ...], rule: Rule, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        Ensemble(tuple(Member(name, "1") for name in names), rule)


def test_another_question_is_in_the_name() -> None:
    ensemble = Ensemble((Member("safety/gpt-4o", "1"), Member("safety/qwen", "2")), "families")
    assert (ensemble.name, question_of(ensemble.name)) == ("ensemble/families/safety", "safety")
    assert question_of("ensemble/all") == question_of("verify/x") == question_of("human") == "goal"


def test_versions_of_members_make_another_version() -> None:
    other = Ensemble((A, replace(B, version="2")), "all")
    assert other.version != Ensemble((A, B), "all").version
