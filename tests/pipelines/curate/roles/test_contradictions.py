import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pipelines.curate.duplicates.records import received, sent
from pipelines.curate.roles import contradictions

Row = tuple[int | None, bool]
FILES = st.lists(st.lists(st.tuples(st.none() | st.integers(0, 3), st.booleans()), max_size=10), max_size=4)


def through(files: list[list[Row]]) -> dict[int, list[int]]:
    parts: dict[int, list[bytes]] = {}
    for number, rows in enumerate(files):
        pairs = pa.array([None if row[0] is None else bytes([row[0]]) * 16 for row in rows], pa.binary(16))
        roles = pa.array(["target" if row[1] else "negative" for row in rows], pa.string())
        found = contradictions.verdicts(pairs, roles, file=number)
        for partition, data in sent(found, 4):
            parts.setdefault(partition, []).append(data)
    found_: dict[int, list[int]] = {}
    for verdicts in parts.values():
        for number, lost in contradictions.contradicted(received(verdicts, contradictions.VERDICT)).items():
            found_.setdefault(number, []).extend(lost)
    return {number: sorted(rows) for number, rows in found_.items()}


@given(FILES)
def test_a_harmful_row_is_contradicted_where_its_pair_is_good_anywhere(files: list[list[Row]]) -> None:
    good = {pair for rows in files for pair, right in rows if right and pair is not None}
    expected = {
        number: [at for at, (pair, right) in enumerate(rows) if not right and pair in good]
        for number, rows in enumerate(files)
    }
    assert through(files) == {number: rows for number, rows in expected.items() if rows}
