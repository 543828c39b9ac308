from hypothesis import given
from hypothesis import strategies as st

from pipelines.curate.selection.components import Components, stars

PAIRS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=15)


@given(PAIRS, st.randoms())
def test_what_is_joined_in_any_order_is_what_can_be_reached(pairs: list[tuple[int, int]], chance: object) -> None:
    reached = {one: {one} for one in range(10)}
    for _ in range(10):
        for left, right in pairs:
            both = reached[left] | reached[right]
            for one in both:
                reached[one] = reached[one] | both
    shuffled = list(pairs)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    together = Components(10)
    for left, right in shuffled:
        together.join(left, right)
    expected = [min(reached[one]) for one in range(10)]
    assert together.roots().tolist() == expected
    assert [together.find(one) for one in range(10)] == expected


def test_a_group_is_joined_as_a_whole() -> None:
    together = Components(5)
    together.join_all([4, 2, 3])
    together.join_all([])
    assert together.roots().tolist() == [0, 1, 2, 2, 2]


def test_nothing_is_drawn_in_by_way_of_others() -> None:
    chain = [("a", "b", 1.0), ("b", "c", 1.0), ("d", "c", 1.0)]
    # b is like a; c is like b, which stands for nothing; d is like c, which stands for itself.
    assert stars(chain, within=2) == {"b": ("a", 1.0), "d": ("c", 1.0)}
    assert stars(chain, within=0.5) == {}


EDGES = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef"), st.sampled_from([1.0, 2.0])), max_size=12
)


@given(EDGES, st.randoms())
def test_a_member_is_within_the_distance_of_what_stands_for_it_and_for_itself(
    edges: list[tuple[str, str, float]], chance: object
) -> None:
    found = stars(edges, within=1.0)
    for member, (least, distance) in found.items():
        assert distance == 1.0
        assert least < member
        assert least not in found
        assert any({left, right} == {least, member} and far == distance for left, right, far in edges)
    shuffled = list(edges)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert stars(shuffled, within=1.0) == found
