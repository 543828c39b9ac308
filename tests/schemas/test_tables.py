"""Tests of schemas.tables."""

import pytest

from schemas.arrow import arrow_schema
from schemas.tables import BUCKETS, TABLES, TableSpec
from tests.schemas.samples import RECORDS

KINDS = {
    "facts": {"trajectories", "steps", "screens", "trees", "tasks"},
    "opinions": {"calls", "instructions", "labels"},
    "choices": {"states", "fingerprints", "decisions", "edges", "calibrations", "rejects", "proofs"},
    "log": {"runs"},
}


def test_the_tables_are_those_of_the_design() -> None:
    assert {kind: {name for name, table in TABLES.items() if table.kind == kind} for kind in KINDS} == KINDS
    assert set(TABLES) == set().union(*KINDS.values())
    assert all(name == table.name for name, table in TABLES.items())
    assert len({table.record for table in TABLES.values()}) == len(TABLES)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_table_is_identified_and_ordered_by_scalar_columns_that_it_has(table: TableSpec) -> None:
    schema = arrow_schema(table.record)
    assert table.record in RECORDS
    for name in {*table.identity, *table.order}:
        assert str(schema.field(name).type) in {"string", "int32", "int64"}
    assert len(set(table.identity)) == len(table.identity)
    assert len(set(table.order)) == len(table.order)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_the_order_of_a_file_is_total(table: TableSpec) -> None:
    # A file holds one curation; the position of a blob is its own in a bucket.
    own = {"position"} if "position" in table.order else set(table.identity) - {"curation"}
    assert own <= set(table.order)


def test_only_what_may_be_missing_is_null_in_an_identity() -> None:
    nullable = {
        (table.name, name)
        for table in TABLES.values()
        for name in table.identity
        if arrow_schema(table.record).field(name).nullable
    }
    assert nullable == {("decisions", "instruction_id")}


def test_no_column_is_called_bucket_which_the_lake_adds() -> None:
    assert not [table.name for table in TABLES.values() if "bucket" in arrow_schema(table.record).names]


def test_the_number_of_buckets_is_a_power_of_two_that_never_changes() -> None:
    assert BUCKETS == 16


def test_the_tables_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        TABLES["more"] = TABLES["steps"]  # type: ignore[index]
