import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipelines.agree.agreement import Confusion, RiskPoint, Share, kappa, risk_curve, suggested_threshold, wilson

counts = st.integers(0, 60)


def test_wilson_has_the_values_of_the_textbook() -> None:
    # Newcombe (1998), Statistics in Medicine 17, 857: table I, method 3.
    for found, among, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        share = wilson(found, among)
        assert share.value == found / among
        assert (share.low, share.high) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))
    assert wilson(0, 0) == Share(None, None, None)


@given(counts, counts)
def test_an_interval_holds_its_share_and_stays_within_0_and_1(found: int, more: int) -> None:
    assume(found + more > 0)
    share = wilson(found, found + more)
    assert share.value is not None
    assert share.low is not None
    assert share.high is not None
    assert 0 <= share.low <= share.value <= share.high <= 1


def test_kappa_has_the_value_of_the_textbook() -> None:
    # Two readers of 50 proposals: both yes 20, both no 15, apart 5 and 10.
    found = kappa(20, 10, 15, 5)
    assert found.value == pytest.approx(0.4)
    assert (found.low, found.high) == (pytest.approx(0.15, abs=0.01), pytest.approx(0.65, abs=0.01))
    assert kappa(10, 0, 10, 0).value == 1.0
    assert kappa(0, 10, 0, 10).value == -1.0
    assert kappa(10, 0, 0, 0) == kappa(0, 0, 0, 0) == Share(None, None, None)


@given(counts, counts, counts, counts)
def test_kappa_does_not_care_who_is_gold_or_what_is_called_good(a: int, b: int, c: int, d: int) -> None:
    assume(a + b + c + d > 0)
    one, other, turned = kappa(a, b, c, d), kappa(a, d, c, b), kappa(c, d, a, b)
    assert one.value == pytest.approx(other.value)
    assert one.value == pytest.approx(turned.value)
    assert one.low == pytest.approx(other.low)
    if one.value is not None:
        assert one.low is not None
        assert one.high is not None
        assert -1 <= one.low <= one.value + 1e-12
        assert one.value <= one.high + 1e-12


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([True, False, None])), max_size=60))
def test_the_counts_are_those_of_the_pairs(pairs: list[tuple[bool, bool | None]]) -> None:
    found = Confusion.of(pairs)
    assert found.rows == len(pairs)
    assert found.open_ == sum(said is None for _, said in pairs)
    assert found.true_positive + found.false_negative == sum(gold for gold, said in pairs if said is not None)
    assert found.true_positive + found.false_positive == sum(said is True for _, said in pairs)
    if found.true_positive:
        assert found.precision.value is not None
        assert found.recall.value is not None
        mean = 2 * found.precision.value * found.recall.value / (found.precision.value + found.recall.value)
        assert found.f1 == pytest.approx(mean)


def test_a_curve_goes_from_the_surest_to_all() -> None:
    curve = risk_curve([(True, 5.0), (True, 5.0), (False, 3.0), (True, 4.0)])
    assert [(point.threshold, point.accepted, point.precision.value) for point in curve] == [
        (5.0, 2, 1.0),
        (4.0, 3, 1.0),
        (3.0, 4, 0.75),
    ]
    assert risk_curve([]) == []


def test_a_threshold_is_suggested_where_it_is_sure_enough() -> None:
    sure = [(True, 5.0)] * 100 + [(False, 2.0)] * 50
    assert suggested_threshold(risk_curve(sure), precision=0.9) == 5.0
    assert suggested_threshold(risk_curve(sure[:5]), precision=0.9) is None
    assert suggested_threshold([RiskPoint(1.0, 1, 1.0, Share(None, None, None))], precision=0.1) is None


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([1.0, 2.0, 3.0, 4.0, 5.0])), max_size=40))
def test_a_curve_accepts_more_with_each_lower_threshold(scored: list[tuple[bool, float]]) -> None:
    curve = risk_curve(scored)
    assert [point.threshold for point in curve] == sorted({score for _, score in scored}, reverse=True)
    assert [point.accepted for point in curve] == [
        sum(score >= point.threshold for _, score in scored) for point in curve
    ]
