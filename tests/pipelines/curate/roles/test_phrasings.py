from dataclasses import replace

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pipelines.curate.config import CurationConfig
from pipelines.curate.roles.phrasings import passed_over
from pipelines.lake.episodes import sentences_of
from schemas.arrow import table_of
from schemas.opinions import Instruction

TASK = Instruction(
    instruction_id="p",
    trajectory_id="t",
    kind="task",
    level="high",
    first_step=0,
    last_step=0,
    path=(0,),
    text="Open it.",
    template="go",
    labeler="x",
    labeler_version="1",
)


def family(task: Instruction, *styles: str) -> list[Instruction]:
    """The task and its variants, whose ids begin with the task's."""
    return [
        task,
        *(
            replace(
                task,
                instruction_id=f"{task.instruction_id} {style}",
                kind="variant",
                parent_id=task.instruction_id,
                template=style,
                text=f"{task.text} {style}",
            )
            for style in styles
        ),
    ]


def table(*rows: Instruction) -> pa.Table:
    return table_of(Instruction, rows)


def used(rows: list[Instruction], config: CurationConfig, refused: list[str] | None = None) -> list[str]:
    lost = passed_over(table(*rows), refused or [], config)
    return [one.instruction_id for one in rows if one.instruction_id not in lost]


def test_thoughts_are_no_sentences() -> None:
    thought = replace(TASK, instruction_id="h", kind="thought", parent_id="p")
    assert sentences_of(table(TASK, thought))["instruction_id"].to_pylist() == ["p"]


def test_its_own_words_or_all() -> None:
    rows = family(TASK, "exact", "terse")
    assert used(rows, CurationConfig(phrasings="own")) == ["p"]
    assert used(rows, CurationConfig(phrasings="all")) == ["p", "p exact", "p terse"]


@given(st.integers(0, 50), st.lists(st.sampled_from(["casual", "exact", "terse"]), unique=True), st.text(max_size=5))
def test_one_of_a_family_is_drawn_and_the_same_for_the_same_words(seed: int, styles: list[str], text: str) -> None:
    config = CurationConfig(split_seed=seed)
    first = family(replace(TASK, text=text), *styles)
    second = family(replace(TASK, text=text, instruction_id="q", trajectory_id="u"), *styles)
    drawn = used([*second, *first], config)
    assert len(drawn) == 2
    assert {one[1:] for one in drawn} == {drawn[0][1:]}
    assert sorted(used([*first[::-1], *second], config)) == sorted(drawn)


def test_every_phrasing_is_drawn_at_times_and_a_refused_one_never() -> None:
    rows = family(TASK, "exact", "terse")
    drawn = [used(rows, CurationConfig(split_seed=seed)) for seed in range(60)]
    assert {one for (one,) in drawn} == {"p", "p exact", "p terse"}
    for seed in range(60):
        config = CurationConfig(split_seed=seed)
        assert used(rows, config, ["p terse"])[0] in ("p", "p exact")


def test_a_task_without_variants_is_used() -> None:
    assert used([TASK], CurationConfig()) == ["p"]
