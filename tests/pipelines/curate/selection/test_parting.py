import polars as pl

from pipelines.curate.roles.candidates import CANDIDATES
from pipelines.curate.selection.parting import part
from pipelines.curate.selection.splits import SHARED

SIDES = {"instruction_id": ["i", "j", "run"], "split": ["train", "test", "test"]}


def row(step: int, before: str | None, after: str | None, **named: object) -> dict[str, object]:
    whole = {"trajectory_id": "run", "step_index": step, "instruction_id": "j", "use": "sft", "role": "target"}
    shown = {"rule": "on path", "plain": "p", "state_before": before, "state_after": after, "action": "a", "rank": 7}
    return {**whole, **shown, "alone": False, "prompt": None, **named}


def parted(*rows: dict[str, object], **keepers: str) -> list[tuple[object, ...]]:
    shared = pl.DataFrame({"state": list(keepers), "side": list(keepers.values())}, schema=SHARED)
    frame = pl.DataFrame(list(rows), schema=CANDIDATES)
    done = part(frame, pl.DataFrame(SIDES), shared)
    assert done.schema == CANDIDATES
    assert done.select("trajectory_id", "step_index", "use").equals(frame.select("trajectory_id", "step_index", "use"))
    for held, before in zip(done.iter_rows(named=True), frame.iter_rows(named=True), strict=True):
        compared = ("plain", "state_before", "state_after", "action", "rank", "prompt")
        dropped = str(held["rule"]).startswith("shown in")
        assert all(held[name] == (None if dropped else before[name]) for name in compared)
    return done.select("role", "rule").rows()


def test_a_row_that_shows_what_another_side_keeps_is_dropped_and_says_which() -> None:
    kept, lost = ("target", "on path"), ("dropped", "shown in train")
    rows = (row(0, "s", "t"), row(1, "t", "dialog"), row(2, "dialog", "t"), row(3, None, None))
    assert parted(*rows, dialog="train") == [kept, lost, lost, kept]
    assert parted(*rows, dialog="test") == [kept] * 4
    assert parted(*rows) == [kept] * 4
    clicks = tuple({**each, "use": "kto"} for each in rows)
    assert parted(*clicks, dialog="train") == [kept, kept, lost, kept], "but for sft nothing shows what came after"


def test_a_goal_goes_by_its_episode_and_what_no_dataset_holds_stays_as_it_is() -> None:
    goal = row(0, "dialog", "t", instruction_id=None, use="rl")
    idle = row(1, None, None, plain=None, role="context", rule="not on path", rank=None)
    other = row(2, "dialog", "t", instruction_id="i")
    assert parted(goal, idle, other, dialog="train") == [
        ("dropped", "shown in train"),
        ("context", "not on path"),
        ("target", "on path"),
    ]
