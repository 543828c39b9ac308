"""Tests of schemas.actions."""

import dataclasses
import math
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.actions import (
    ACTIONS,
    POINT_FIELDS,
    Action,
    Drag,
    Platform,
    Point,
    Scroll,
    Swipe,
    Type,
    offered,
    point_of,
    points_of,
)
from schemas.arrow import kind_of
from schemas.errors import SchemaError
from tests.schemas.samples import values


@pytest.mark.parametrize(
    "coordinates",
    [
        (),
        (1.0, None),
        (None, 1.0, 0.5, 0.5),
        (1.0, 1.0, 0.5),
        (1.0, 1.0, 1.01, 0.5),
        (1.0, 1.0, 0.5, -0.01),
        (math.nan, 1.0),
        (1.0, math.inf),
        (None, None, math.nan, 0.5),
    ],
)
def test_a_point_that_is_none_is_refused(coordinates: tuple[float | None, ...]) -> None:
    with pytest.raises(SchemaError, match="expected"):
        Point(*coordinates)


@given(x=st.floats(-1e9, 1e9), y=st.floats(-1e9, 1e9), width=st.integers(1, 10_000), height=st.integers(1, 10_000))
def test_a_point_on_a_screen_lies_on_it_and_says_so_twice(x: float, y: float, width: int, height: int) -> None:
    point = Point.on(x, y, width=width, height=height)
    assert point.x is not None
    assert point.fx is not None
    assert 0 <= point.x <= width
    assert point.fx == pytest.approx(point.x / width, abs=1e-6)
    if 0 <= x <= width and 0 <= y <= height:
        assert (point.x, point.y) == (x, y)


def test_every_variant_of_the_union_has_its_own_kind() -> None:
    assert get_args(Action) == ACTIONS
    assert len({kind_of(variant) for variant in ACTIONS}) == len(ACTIONS)
    assert {"click", "double_click", "long_press", "open", "stop"} <= {kind_of(variant) for variant in ACTIONS}


@pytest.mark.parametrize("variant", ACTIONS, ids=lambda variant: variant.__name__)
@given(data=st.data())
def test_the_point_of_an_action_is_its_point_or_where_it_starts(variant: type[Any], data: st.DataObject) -> None:
    action = data.draw(values(variant))
    names = get_type_hints(variant)
    expected = getattr(action, "start" if "start" in names else "point", None) if names else None
    assert point_of(action) == expected


def test_a_second_point_is_not_the_point_of_an_action() -> None:
    first, second = Point(1, 1), Point(9, 9)
    assert point_of(Swipe(first, second)) is point_of(Drag(first, second)) is first
    assert point_of(Type("x")) is point_of(Scroll(0, 100)) is None


def test_the_points_of_an_action_are_those_of_its_pointer() -> None:
    first, second = Point(1, 2), Point(3, 4)
    assert points_of(Swipe(first, second)) == points_of(Drag(first, second)) == (first, second)
    assert points_of(Type("x", first)) == (first,)
    assert points_of(Type("x")) == points_of(Scroll(0, 100)) == ()


def test_every_point_of_an_action_is_in_a_field_that_is_known_to_hold_one() -> None:
    for variant in ACTIONS:
        hints = get_type_hints(variant)
        held = {each.name for each in dataclasses.fields(variant) if hints[each.name] in (Point, Point | None)}
        assert held == {each.name for each in dataclasses.fields(variant)}.intersection(POINT_FIELDS)


def test_every_text_of_an_action_is_known_to_what_redacts_them() -> None:
    texts = set()
    for variant in ACTIONS:
        hints = get_type_hints(variant)
        texts |= {
            (kind_of(variant), each.name)
            for each in dataclasses.fields(variant)
            if hints[each.name] in (str, str | None, tuple[str, ...])
        }
    # A kind that is new here: see to `redact_action` and to `_masked` of the replay.
    assert texts == {
        ("type", "text"),
        ("key", "keys"),
        ("select", "option"),
        ("upload", "files"),
        ("scroll_to", "path"),
        ("new_tab", "location"),
        ("invoke", "name"),
        ("open", "location"),
        ("answer", "text"),
    }


def test_every_kind_is_final_and_on_a_platform_and_its_traits_are_no_fields() -> None:
    assert set(ACTIONS) == {kind for platform in get_args(Platform) for kind in offered(platform)}
    for variant in ACTIONS:
        assert getattr(variant, "__final__", False), "or `isinstance` leaves the type checker in doubt"
        assert variant.text_field is None or variant.text_field in get_type_hints(variant)
        assert not {"on_page", "ends", "text_field"}.intersection(each.name for each in dataclasses.fields(variant))
