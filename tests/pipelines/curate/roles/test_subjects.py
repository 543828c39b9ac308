import polars as pl
import pyarrow as pa

from pipelines.curate.roles import subjects
from schemas.arrow import table_of
from schemas.choices import State
from schemas.records import Node, Tree
from schemas.trees import pack_tree


def state(
    number: int, *, tree: str | None = None, step: int = 1, side: str = "before", screen: str | None = "p"
) -> State:
    content = None if tree is None else f"content {number}"
    return State("t", step, side, screen, tree, "s", None, content, ())  # type: ignore[arg-type]


def test_states_with_which_episodes_begin_are_launchers() -> None:
    rows = [
        state(0, tree="x", step=0),
        state(1, tree="x", step=0, side="after"),
        state(2, tree="x"),
        state(3, step=0, screen="pixels"),
        state(4, step=0, screen=None),
    ]
    walks = pa.table({"trajectory_id": ["t"], "lane": pa.array([None], pa.string())})
    assert subjects.launchers_of(table_of(State, rows), walks) == ["content 0", "screen pixels"]


def test_an_attempt_begins_where_a_task_does_and_that_tells_something() -> None:
    walks = pa.table({"trajectory_id": ["t"], "lane": ["done"]})
    assert subjects.launchers_of(table_of(State, [state(0, tree="x", step=0)]), walks) == []


def test_states_that_ask_for_a_password_are_logins() -> None:
    plain = Tree("web", (Node("textbox", "A password of words"),))
    secret = Tree("web", (Node("textbox", "Key", flags=("password",)),))
    packed = dict(pack_tree(tree) for tree in (plain, secret))
    trees = pa.table({"tree": list(packed), "nodes": list(packed.values())})
    first, second = packed
    rows = [state(0, tree=first), state(1, tree=second), state(2)]
    assert subjects.logins_of(table_of(State, rows), trees) == ["content 1"]
    assert subjects.logins_of(table_of(State, []), trees.slice(0, 0)) == []


def test_marks_are_the_states_that_rows_show() -> None:
    rows = pa.table(
        {
            "instruction_id": ["i", "i", "j", "k", None],
            "trajectory_id": ["t", "t", "t", "t", "u"],
            "plain": ["w", "w", "v", None, "g"],
            "state_before": ["a", "b", "a", None, "b"],
            "state_after": ["b", "c", None, None, None],
        }
    )
    found = subjects.marks_of(rows)
    assert list(found.iter_rows()) == [("i", "a"), ("i", "b"), ("i", "c"), ("j", "a"), ("u", "b")], (
        "a goal is known by its trajectory"
    )
    assert found.schema == pl.Schema(subjects.MARKS)
