from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelers.askers.pairwise import BOTH, DIFFER, STEPS, TIE, Account, PairwiseJudge, account, decide, paired
from labelers.kit.asker import Asker
from schemas.episodes import Episode
from schemas.errors import ConfigurationError
from tests.labelers.askers.judging import USE, said, told
from tests.labelers.site import HOME, button, click, heading, plants, scene, walk

WINNERS = ("first", "second", "tie")
TURNED = {"first": "second", "second": "first", "tie": "tie"}


def episode(number: int, *, goal: str = "Open the plants.") -> Episode:
    acts = [click("Plants", plants()), *([click("Fernwood", HOME)] if number % 2 else [])]
    one = walk(HOME, *acts, number=number)
    return replace(one, trajectory=replace(one.trajectory, goal=goal, group="g"))


ONE, TWO = sorted((episode(0), episode(1)), key=lambda one: one.trajectory.trajectory_id)


def mates(trajectory_id: str) -> Sequence[Account]:
    return [account(TWO)] if trajectory_id == ONE.trajectory.trajectory_id else ()


JUDGE = Asker(PairwiseJudge(mates, "g"), USE)


def answer(winner: str) -> dict[str, str]:
    return {"reason": f"It is the {winner}.", "winner": winner}


@pytest.mark.parametrize(
    ("winner", "turned", "verdict", "rule", "score"),
    [
        ("first", "second", "good", BOTH, 1.0),
        ("second", "first", "harmful", BOTH, 0.0),
        ("tie", "tie", "neutral", TIE, 0.5),
        ("first", "first", "neutral", DIFFER, 0.5),
        ("second", "second", "neutral", DIFFER, 0.5),
        ("first", "tie", "neutral", DIFFER, 0.5),
    ],
)
def test_who_wins_in_both_orders_wins(winner: str, turned: str, verdict: str, rule: str, score: float) -> None:
    found = said(JUDGE, ONE, answer(winner), answer(turned))
    (label,) = told(found, "pair")
    assert (label.verdict, label.rule, label.score) == (verdict, rule, score)
    assert (label.trajectory_id, label.other_id) == (ONE.trajectory.trajectory_id, TWO.trajectory.trajectory_id)
    assert told(found, "trajectory")[0].reason == "2 of 2 questions were answered"


@given(st.sampled_from(WINNERS), st.sampled_from(WINNERS))
def test_the_other_way_round_it_is_the_other_way_round(winner: str, turned: str) -> None:
    verdict, rule, score = decide(winner, turned)
    other, same_rule, other_score = decide(turned, winner)
    opposite = {"good": "harmful", "harmful": "good", "neutral": "neutral"}
    assert (opposite[other], same_rule, 1 - other_score) == (verdict, rule, score)


@given(st.sampled_from(WINNERS))
def test_a_judge_who_prefers_a_place_decides_nothing(always: str) -> None:
    assert decide(always, always)[0] == "neutral"


def test_a_pair_is_asked_once_in_both_orders() -> None:
    first, turned = JUDGE.requests(ONE, ())
    assert list(JUDGE.requests(TWO, ())) == []
    assert first.digest != turned.digest
    mine, other = account(ONE).lines, account(TWO).lines
    text = first.turns[1].text
    assert text.index("\n".join(mine)) < text.index("the second recording:") < text.rindex("\n".join(other))
    assert not first.turns[1].pictures


def test_the_final_screens_are_shown_in_the_order_of_the_recordings() -> None:
    mine, other = (walk(HOME, click("Plants", scene("/", shade=shade)), number=shade) for shade in (10, 20))
    first, turned = Asker(PairwiseJudge(lambda _: [account(other)], "g"), USE).requests(mine, ())
    assert [one.screen for one in first.turns[1].pictures] == ["shade 10", "shade 20"]
    assert [one.screen for one in turned.turns[1].pictures] == ["shade 20", "shade 10"]
    assert "the final screen of the first, then that of the second." in first.turns[1].text
    (only, _) = Asker(PairwiseJudge(lambda _: [account(TWO)], "g"), USE).requests(mine, ())
    assert [one.screen for one in only.turns[1].pictures] == ["shade 10"]
    assert "the final screen of the first." in only.turns[1].text


NAMES = st.lists(st.text("abc", min_size=1), unique=True, max_size=40)


@given(NAMES, st.integers(2, 12), st.randoms())
def test_all_meet_all_or_just_so_many_whatever_the_order(names: list[str], opponents: int, random: Random) -> None:
    pairs = paired(names, opponents)
    met = Counter(name for pair in pairs for name in pair)
    others = len(names) - 1 if len(names) <= opponents + 1 else opponents // 2 * 2
    assert met == {name: others for name in names if others}
    assert all(one < other for one, other in pairs)
    assert len(set(pairs)) == len(pairs) <= len(names) * opponents / 2
    random.shuffle(names)
    assert paired(names, opponents) == pairs


@given(NAMES, st.integers(2, 12))
def test_who_joins_changes_few_pairs(names: list[str], opponents: int) -> None:
    gone = {pair for pair in paired(names, opponents) if pair not in paired([*names, "new"], opponents)}
    if len(names) > opponents + 1:
        assert len(gone) <= (opponents // 2) * (opponents // 2 + 1) / 2


def test_less_than_two_opponents_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="2 or more, found 1"):
        paired(["a", "b"], 1)


def test_a_silent_order_abstains() -> None:
    (label,) = told(said(JUDGE, ONE, answer("first"), None), "pair")
    assert (label.verdict, label.other_id) == ("abstain", TWO.trajectory.trajectory_id)


def test_an_account_has_the_end_and_not_too_much() -> None:
    page = scene("/", heading("Shop " + "x" * 9_000), *(button(f"Go {number}") for number in range(900)))
    long = walk(page, *(click("Go 0", page) for _ in range(STEPS + 5)))
    lines = account(long).lines
    assert lines[0] == "5 earlier steps are left out"
    assert sum('"step"' in line for line in lines) == STEPS
    assert len("".join(lines[STEPS + 1 :])) < 4_000
    assert "it ended with: max steps" in lines
    assert "none was recorded" in account(replace(long, steps=())).lines


def test_other_groups_make_another_version() -> None:
    assert Asker(PairwiseJudge(mates, "g"), USE).version != Asker(PairwiseJudge(mates, "h"), USE).version
