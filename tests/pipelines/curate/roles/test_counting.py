from dataclasses import replace

import pytest

from pipelines.agree.ensembles import Member
from pipelines.curate.roles.counting import counted
from schemas.arrow import table_of
from schemas.opinions import Label
from tests.pipelines.agree.test_ensembles import label

RULES, OLD, NEW = Member("rules", "3"), Member("verify/x", "1"), Member("verify/x", "2")
ROWS = [
    label(RULES, "good"),
    label(OLD, "harmful"),
    label(NEW, "good", step=1),
    label(Member("safety/x", "1"), "harmful"),
    replace(label(RULES, "harmful"), subject="screen", instruction_id=None),
]


def of(rows: list[Label], *labelers: str) -> list[int]:
    """The places of those that count."""
    kept = counted(table_of(Label, rows), labelers)["label_id"].to_pylist()
    return [place for place, one in enumerate(rows) if one.label_id in kept]


@pytest.mark.parametrize(
    ("labelers", "kept"),
    [
        ((), [0, 1, 2, 3, 4]),
        (("rules",), [0, 3, 4]),
        (("verify/x",), [1, 2, 3, 4]),
        (("verify/x@2", "rules@3"), [0, 2, 3, 4]),
        (("nobody",), [3, 4]),
    ],
)
def test_on_goals_those_count_that_are_named(labelers: tuple[str, ...], kept: list[int]) -> None:
    rows = [replace(one, label_id=str(place)) for place, one in enumerate(ROWS)]
    assert of(rows, *labelers) == kept


def test_a_person_goes_before_all_others_on_that_subject() -> None:
    rows = [replace(one, label_id=str(place)) for place, one in enumerate(ROWS)]
    human = Member("human", "ann")
    assert of([*rows, label(human, "harmful")]) == [2, 3, 4, 5]
    assert of([*rows, label(human, "harmful")], "rules") == [3, 4, 5]
    assert of([*rows, label(human, "abstain")]) == [0, 1, 2, 3, 4, 5]
