import pyarrow as pa

from pipelines.curate.roles.dangling import anchored

EPISODES = pa.table({"trajectory_id": ["a", "b"]})
STEPS = pa.table({"trajectory_id": ["a", "a", "b"], "step_index": pa.array([0, 1, 0], pa.int32())})


def spans(name: str, rows: list[tuple[str, str, int | None, int | None]]) -> pa.Table:
    schema = pa.schema(
        [(name, pa.string()), ("trajectory_id", pa.string()), ("first_step", pa.int32()), ("last_step", pa.int32())]
    )
    return pa.table(list(map(list, zip(*rows, strict=True))) if rows else [[], [], [], []], schema=schema)


def labels(rows: list[tuple[str, str, int | None, int | None]], instructions: list[str | None]) -> pa.Table:
    return spans("label_id", rows).append_column("instruction_id", pa.array(instructions, pa.string()))


def test_what_is_about_something_stays_in_its_order() -> None:
    instructions = spans("instruction_id", [("i2", "b", 0, 0), ("i1", "a", 0, 1)])
    said = labels([("l3", "a", None, None), ("l1", "a", 1, 1), ("l2", "b", 0, 0)], [None, "i1", "i2"])
    assert anchored(EPISODES, STEPS, instructions, said) == (instructions, said, [])


def test_each_opinion_about_nothing_has_its_rule() -> None:
    instructions = spans("instruction_id", [("whole", "a", 0, 1), ("long", "a", 1, 2), ("lost", "c", 0, 0)])
    said = labels(
        [
            ("1", "a", 2, 2),
            ("2", "c", None, None),
            ("3", "a", 0, 0),
            ("4", "a", 0, 0),
            ("5", "b", 0, 0),
            ("6", "a", 0, 0),
        ],
        [None, None, "none", "long", "whole", "whole"],
    )
    kept, held, found = anchored(EPISODES, STEPS, instructions, said)
    assert kept["instruction_id"].to_pylist() == ["whole"]
    assert held["label_id"].to_pylist() == ["6"]
    assert {one.subject: one.rule for one in found} == {
        "long": "instruction for a step that does not exist",
        "lost": "instruction for an episode that does not exist",
        "1": "label for a step that does not exist",
        "2": "label for an episode that does not exist",
        "3": "label for an instruction that does not exist",
        "4": "label for an instruction that does not exist",  # its instruction is left out
        "5": "label for an instruction that does not exist",  # it is of another episode
    }


def test_nothing_said_is_nothing_lost() -> None:
    empty = spans("instruction_id", []), labels([], [])
    assert anchored(EPISODES, STEPS, *empty) == (*empty, [])
