"""Tests of schemas.arrow: every record there and back, and what is refused."""

import dataclasses
import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.actions import Action, Back, Click, LongPress, Point, Type
from schemas.arrow import (
    RECORD_KEY,
    SCHEMA_VERSION,
    VERSION_KEY,
    arrow_schema,
    check_version,
    from_row,
    kind_of,
    table_of,
    to_row,
)
from schemas.errors import SchemaError, SchemaVersionError
from schemas.keys import canonical_json, parse_json
from schemas.records import Box, Candidate, Choice, EpisodeEnd, EpisodeStart, Int32, Node, Outcome, Seen, Step
from schemas.tables import TABLES
from tests.schemas.golden import FOLDER, golden_texts
from tests.schemas.samples import ACTIONS, NOON, STORED, values


@dataclasses.dataclass(frozen=True, slots=True)
class Holder:
    action: Action


@dataclasses.dataclass(frozen=True, slots=True)
class Widths:
    small: Int32
    plain: int
    natural: Annotated[int, pa.uint64()]
    share: float = 0.0
    time: datetime = NOON
    text: str = ""


@pytest.mark.parametrize("record", STORED, ids=lambda record: record.__name__)
@given(data=st.data())
def test_every_record_comes_back_from_arrow(record: type[Any], data: st.DataObject) -> None:
    written = data.draw(st.lists(values(record), min_size=1, max_size=2))
    table = table_of(record, written)
    table.validate(full=True)
    assert [from_row(record, row) for row in table.to_pylist()] == written


@pytest.mark.parametrize(
    "record", [EpisodeStart, Seen, Choice, Outcome, EpisodeEnd], ids=lambda record: record.__name__
)
@given(data=st.data())
def test_every_record_of_a_trace_comes_back_from_canonical_json(record: type[Any], data: st.DataObject) -> None:
    written = data.draw(values(record))
    assert from_row(record, parse_json(canonical_json(to_row(written)))) == written


@pytest.mark.parametrize("variant", ACTIONS, ids=lambda variant: variant.__name__)
@given(data=st.data())
def test_every_action_comes_back_as_its_own_kind(variant: type[Any], data: st.DataObject) -> None:
    action = data.draw(values(variant))
    (row,) = table_of(Holder, [Holder(action)]).to_pylist()
    assert row["action"]["kind"] == kind_of(variant)
    assert from_row(Holder, row) == Holder(action)


@pytest.mark.parametrize("name", TABLES)
@given(data=st.data())
def test_every_table_comes_back_from_parquet(name: str, data: st.DataObject) -> None:
    record = TABLES[name].record
    written = data.draw(st.lists(values(record), max_size=2))
    file = pa.BufferOutputStream()
    pq.write_table(table_of(record, written), file)
    table = pq.read_table(pa.BufferReader(file.getvalue()))
    check_version(table.schema, where=name)
    assert table.schema.metadata[RECORD_KEY] == record.__name__.encode()
    assert [from_row(record, row) for row in table.to_pylist()] == written


def test_the_golden_files_are_the_schemas() -> None:
    found = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()}
    assert found == golden_texts(), "a change that is meant: python -m tests.schemas.golden"


def test_a_field_is_nullable_exactly_where_none_is_allowed() -> None:
    schema = arrow_schema(Step)
    assert schema.field("thought").nullable
    assert not schema.field("trajectory_id").nullable
    assert not schema.field("action").type.field("kind").nullable
    assert all(schema.field("action").type.field(name).nullable for name in ("text", "point", "seconds"))
    assert not schema.field("candidates").type.value_field.nullable


@pytest.mark.parametrize(
    ("record", "where"),
    [
        (Box(1, None, 3, 4), "Box.y"),  # type: ignore[arg-type]
        (Holder(Type(None)), "Holder.action.text"),  # type: ignore[arg-type]
        (Holder(None), "Holder.action"),  # type: ignore[arg-type]
        (Node("button", options=("a", None)), r"Node.options\[1\]"),  # type: ignore[arg-type]
    ],
)
def test_none_in_a_required_field_is_refused_by_its_name(record: Any, where: str) -> None:
    with pytest.raises(SchemaError, match=f"{where}: expected a value, found None"):
        to_row(record)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (Box("1", 2, 3, 4), "Box.x: expected float, found str"),  # type: ignore[arg-type]
        (Box(True, 2, 3, 4), "Box.x: expected float, found bool"),
        (Node("button", flags=("shiny",)), r"Node.flags\[0\]: expected one of .*found 'shiny'"),  # type: ignore[arg-type]
        (Node("button", options="abc"), "Node.options: expected a tuple, found str"),  # type: ignore[arg-type]
        (Node("button", options=7), "Node.options: expected a tuple, found int"),  # type: ignore[arg-type]
        (Node("button", box=Point(1, 1)), "Node.box: expected .*Box.*, found Point"),  # type: ignore[arg-type]
        (Node("button", depth=1.0), "Node.depth: expected int, found float"),  # type: ignore[arg-type]
        (Holder(Box(1, 2, 3, 4)), "Holder.action: expected one of .*found Box"),  # type: ignore[arg-type]
        (Node("half \ud83d of a pair"), "Node.role: expected what Arrow can hold"),
        (Widths(2**31, 0, 0), "Widths.small: expected -2147483648 to 2147483647, found one of 32 bits"),
        (Widths(0, -(2**63) - 1, 0), "Widths.plain"),
        (Widths(0, 0, -1), "Widths.natural: expected 0 to 18446744073709551615"),
        (Widths(0, 0, 0, share=10**400), "Widths.share: expected what Arrow can hold"),
        (Widths(0, 0, 0, time=datetime(2026, 1, 1)), "Widths.time: expected a time with its zone"),  # noqa: DTZ001
        (
            Widths(0, 0, 0, time=datetime.max.replace(tzinfo=timezone(timedelta(hours=-1)))),
            "Widths.time: expected what Arrow can hold",
        ),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_its_name(record: Any, message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        to_row(record)


@pytest.mark.parametrize(
    ("record", "row", "message"),
    [
        (Box, {"x": 1.0, "y": 2.0, "width": 3.0}, "Box.height: expected a value, found null"),
        (Box, [1, 2, 3, 4], "Box: expected a struct, found list"),
        (Holder, {"action": {"kind": "teleport"}}, "Holder.action: expected one of .*found 'teleport'"),
        (Holder, {"action": {"text": "no kind"}}, "Holder.action: expected one of .*found None"),
        (Holder, {"action": "click"}, "Holder.action: expected a struct with kind, found str"),
        (Holder, {"action": {"kind": "click", "point": {"x": 1.0, "y": None}}}, "both coordinates"),
        (Node, {"role": "a", "name": "", "depth": 0, "flags": "checked", "options": []}, "Node.flags: expected a list"),
        (Widths, {"small": 0, "plain": 10**30, "natural": 0}, "Widths.plain"),
        (Widths, {"small": 0, "plain": 0, "natural": 0, "share": 0.0, "time": "noon"}, "Widths.time"),
        (
            Widths,
            {"small": 0, "plain": 0, "natural": 0, "share": 0, "time": "0001-01-01T00:00:00+01:00"},
            "Widths.time",
        ),
    ],
)
def test_a_row_that_does_not_fit_is_refused_by_its_name(record: type[Any], row: Any, message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        from_row(record, row)


def test_a_hostile_text_does_not_fill_the_message() -> None:
    with pytest.raises(SchemaError) as caught:
        from_row(Widths, {"small": 0, "plain": 0, "natural": 0, "share": 0, "time": "x" * 10**6})
    assert len(str(caught.value)) < 300


def test_an_integer_becomes_a_float_where_a_float_is_expected() -> None:
    row = to_row(Box(1, 2, 3, 4))
    assert [type(value) for value in row.values()] == [float] * 4
    assert from_row(Box, {"x": 1, "y": 2, "width": 3, "height": 4}) == Box(1.0, 2.0, 3.0, 4.0)


def test_times_are_utc_with_microseconds_whatever_their_zone_was() -> None:
    berlin = datetime(2026, 5, 1, 14, 0, 0, 250, tzinfo=timezone(timedelta(hours=2)))
    (row,) = table_of(Widths, [Widths(0, 0, 0, time=berlin)]).to_pylist()
    assert from_row(Widths, row).time == NOON
    assert from_row(Widths, row).time.tzinfo is UTC


def test_readers_fill_nulls_for_nullable_columns_that_a_file_lacks() -> None:
    seen = Seen("0" * 64, None, "a", None, (), None, NOON, None, None, None)
    older = table_of(Seen, [seen]).drop_columns(["title", "content_type", "can_go_back", "notice"])
    assert [from_row(Seen, row) for row in older.to_pylist()] == [seen]


def test_readers_ignore_columns_that_a_newer_minor_version_added() -> None:
    assert from_row(Box, {**to_row(Box(1, 2, 3, 4)), "angle": 0.5}) == Box(1, 2, 3, 4)


def test_a_missing_column_that_is_required_is_refused() -> None:
    older = table_of(Box, [Box(1, 2, 3, 4)]).drop_columns(["x"])
    with pytest.raises(SchemaError, match=r"Box\.x: expected a value, found null"):
        from_row(Box, older.to_pylist()[0])


def test_a_union_in_a_list_keeps_each_kind() -> None:
    step = [Candidate(Back(), "Back", 0.5), Candidate(LongPress(Point(1, 2)), "Hold", 0.25)]
    assert [from_row(Candidate, row) for row in table_of(Candidate, step).to_pylist()] == step


@pytest.mark.parametrize("version", [SCHEMA_VERSION, SCHEMA_VERSION.split(".")[0] + ".99"])
def test_any_minor_version_of_this_major_one_is_read(version: str) -> None:
    check_version(pa.schema([], metadata={VERSION_KEY: version.encode()}), where="a.parquet")


@pytest.mark.parametrize(
    ("metadata", "found"),
    [(None, "none"), ({b"other": b"1"}, "none"), ({VERSION_KEY: b"2.0"}, "2.0"), ({VERSION_KEY: b"\xff"}, "\ufffd")],
)
def test_another_major_version_is_refused_by_the_name_of_the_file(metadata: Any, found: str) -> None:
    with pytest.raises(SchemaVersionError, match=rf"a\.parquet: expected schema version 1\.x, found {found}"):
        check_version(pa.schema([], metadata=metadata), where="a.parquet")


@dataclasses.dataclass(frozen=True)
class Mapped:
    parts: dict[str, int]


@dataclasses.dataclass(frozen=True)
class Mixed:
    value: int | str


@dataclasses.dataclass(frozen=True)
class Loud:
    text: int


@dataclasses.dataclass(frozen=True)
class Clashing:
    either: Type | Loud


@dataclasses.dataclass(frozen=True)
class Kinded:
    kind: str


@dataclasses.dataclass(frozen=True)
class Doubled:
    either: Kinded | Click


@dataclasses.dataclass(frozen=True)
class Noted:
    number: Annotated[int, "a note"]


@pytest.mark.parametrize("record", [Mapped, Mixed, Clashing, Doubled, Noted, int, Box(1, 2, 3, 4)])
def test_a_type_without_an_arrow_form_is_refused_when_the_schema_is_built(record: Any) -> None:
    with pytest.raises(SchemaError):
        arrow_schema(record)


def test_a_number_that_is_not_finite_never_reaches_a_trace() -> None:
    with pytest.raises(SchemaError, match="finite"):
        canonical_json(to_row(Box(1, 2, 3, math.inf)))
