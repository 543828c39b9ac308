"""What lies under what, held against the plain rule."""

from hypothesis import given
from hypothesis import strategies as st

from explorers.android.covering import Layer, covered
from schemas.records import Box

SIZES = st.integers(0, 12).map(float)
BOXES = st.builds(Box, SIZES, SIZES, SIZES, SIZES)


@given(boxes=st.lists(st.tuples(BOXES, st.integers(1, 4)), max_size=30))
def test_a_layer_is_covered_by_any_later_one_that_holds_its_middle(boxes: list[tuple[Box, int]]) -> None:
    layers = [Layer(box, order, order + inside) for order, (box, inside) in enumerate(boxes)]
    plain = [
        any(over.order >= layer.end and over.box.contains(*layer.box.centre) for over in layers) for layer in layers
    ]
    assert covered(layers) == plain


def test_thousands_that_lie_over_one_another_take_few_looks() -> None:
    looks = 0

    class Counted(Box):
        @property
        def centre(self) -> tuple[float, float]:
            nonlocal looks
            looks += 1
            return super().centre

    layers = [Layer(Counted(0.0, float(at % 50), 100.0, 40.0), at, at + 1) for at in range(3_000)]
    assert sum(covered(layers)) >= 2_900
    assert looks <= 4 * len(layers)
