import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pipelines.export.dialects import DIALECTS
from pipelines.export.geometry import RULES, UNITS, Geometry, Size, geometry_of, resized
from schemas.actions import Point
from schemas.errors import ConfigurationError, LakeError
from schemas.records import Box

SCREENS: dict[str, tuple[Size, Box]] = {
    "phone": ((1080, 2400), Box(871.0, 2211.0, 150.0, 96.0)),
    "4K desktop": ((3840, 2160), Box(3799.0, 9.0, 24.0, 24.0)),
    "half-size screenshot": ((540, 1200), Box(20.5, 1101.5, 63.0, 30.0)),
    "page at device scale 2": ((2560, 1440), Box(32.0, 420.0, 116.0, 44.0)),
}
"""A screenshot, and an element on it in its pixels: device scale and half size are in both alike."""
SIZES = st.tuples(st.integers(40, 4_000), st.integers(40, 4_000))


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("screen", sorted(SCREENS))
def test_the_point_is_in_the_box_after_each_processors_resizing(screen: str, rule: str, unit: str) -> None:
    size, box = SCREENS[screen]
    frame = geometry_of(f"{rule},{unit}", Geometry()).frame(size)
    centre = Point.on(*box.centre, width=size[0], height=size[1])
    x, y = frame.place(centre)
    left, top, right, bottom = frame.sides(box)
    assert left <= x <= right
    assert top <= y <= bottom
    back = frame.point(x, y).pixel(*size)
    half = [0.5 * side / far / 10**frame.digits for side, far in zip(size, frame.grid, strict=True)]
    assert all(abs(one - other) <= off + 1e-3 for one, other, off in zip(back, box.centre, half, strict=True))
    assert box.contains(*back), "where it is meant on the screen"
    shown = tuple(x / far * side for x, far, side in zip((x, y), frame.grid, frame.shown, strict=True))
    scales = [new / old for new, old in zip(frame.shown, size, strict=True)]
    seen = Box(box.x * scales[0], box.y * scales[1], box.width * scales[0], box.height * scales[1])
    assert seen.contains(*shown), "and in the picture as the model sees it"


@pytest.mark.parametrize(
    ("rule", "size", "shown"),
    [
        ("qwen2.5-vl", (1280, 720), (1288, 728)),
        ("qwen2.5-vl", (1920, 1080), (1932, 1092)),
        ("qwen2.5-vl", (1080, 2400), (1092, 2408)),
        ("qwen2.5-vl", (3840, 2160), (3836, 2156)),
        ("qwen3-vl", (1280, 720), (1280, 704)),
        ("qwen3-vl", (1920, 1080), (1920, 1088)),
        ("qwen3-vl", (1080, 2400), (1088, 2400)),
        ("qwen3-vl", (3840, 2160), (3840, 2176)),
        ("ui-tars", (320, 200), (364, 224)),
        ("openai", (3840, 2160), (1365, 768)),
        ("openai", (1024, 768), (1024, 768)),
        ("anthropic", (2560, 1600), (1280, 800)),
        ("anthropic", (3840, 2160), (1366, 768)),
        ("anthropic", (1080, 2400), (705, 1568)),
        ("recorded", (3840, 2160), (3840, 2160)),
    ],
)
def test_the_size_is_the_one_that_the_processor_gives(rule: str, size: Size, shown: Size) -> None:
    assert Geometry(rule).frame(size).shown == shown


@pytest.mark.parametrize("rule", RULES)
@given(size=SIZES)
def test_what_has_that_size_is_not_resized_again(rule: str, size: Size) -> None:
    shown = Geometry(rule).frame(size).shown
    assert Geometry(rule).frame(shown).shown == shown


@given(size=SIZES, most=st.integers(200_000, 2_000_000))
def test_the_area_is_within_other_bounds_where_they_are_given(size: Size, most: int) -> None:
    shown = Geometry("qwen3-vl", most=most).frame(size).shown
    assert shown[0] * shown[1] <= most
    assert shown[0] % 32 == shown[1] % 32 == 0


def test_a_picture_is_kept_or_resized_as_the_geometry_says() -> None:
    frame = Geometry("qwen2.5-vl").frame((320, 200))
    assert Geometry("qwen2.5-vl").resizes(frame)
    assert not Geometry("qwen2.5-vl", kept=True).resizes(frame)
    assert not Geometry().resizes(Geometry().frame((320, 200)))
    sink = io.BytesIO()
    Image.new("RGB", (320, 200), "red").save(sink, "PNG")
    made = resized(sink.getvalue(), frame.shown)
    assert Image.open(io.BytesIO(made)).size == frame.shown == (308, 196)
    assert resized(sink.getvalue(), frame.shown) == made
    with pytest.raises(LakeError, match="expected a picture"):
        resized(b"no picture", (10, 10))


def test_a_picture_that_a_processor_refuses_is_named() -> None:
    with pytest.raises(LakeError, match="10x2400 is more than 200 times"):
        Geometry("qwen3-vl").frame((10, 2400))


@pytest.mark.parametrize("name", sorted(DIALECTS))
def test_a_geometry_comes_back_from_its_name(name: str) -> None:
    geometry = DIALECTS[name].geometry
    assert geometry_of(str(geometry), Geometry("anthropic", "fraction")) == geometry
    changed = geometry_of("kept,thousand,least=1000,most=5000", geometry)
    assert (changed.rule, changed.unit, changed.kept, changed.least, changed.most) == (
        geometry.rule,
        "thousand",
        True,
        1000,
        5000,
    )
    assert geometry_of(str(changed), Geometry()) == changed
    assert geometry.about


@pytest.mark.parametrize("text", ["", "qwen9", "most=", "most=-1", "most=9999999999999", "kept=1", "least=9,most=3"])
def test_what_is_no_geometry_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="--geometry"):
        geometry_of(text, Geometry())
