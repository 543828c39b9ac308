"""The tables of the lake: which record each holds, and in what order its rows lie."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from schemas import choices, opinions, proofs, records

BUCKETS = 16
"""Buckets of a lake: a power of two, fixed when the lake is made."""

MOST_BUCKETS = 2**16
"""A file of keys has a number of 16 bits."""


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A table: its record, what it is made of, what tells a row from another, and the order of its rows in a file."""

    name: str
    record: type[Any]
    kind: Literal["facts", "opinions", "choices", "log"]
    identity: tuple[str, ...]
    order: tuple[str, ...]


_SPECS = (
    TableSpec("trajectories", records.Trajectory, "facts", ("trajectory_id",), ("trajectory_id",)),
    TableSpec("steps", records.Step, "facts", ("trajectory_id", "step_index"), ("trajectory_id", "step_index")),
    TableSpec("screens", records.ScreenRow, "facts", ("screen",), ("position",)),
    TableSpec("trees", records.TreeRow, "facts", ("tree",), ("position",)),
    TableSpec("tasks", records.Task, "facts", ("task_id",), ("task_id",)),
    TableSpec("calls", opinions.Call, "opinions", ("call_id",), ("call_id",)),
    TableSpec(
        "instructions",
        opinions.Instruction,
        "opinions",
        ("instruction_id",),
        ("trajectory_id", "first_step", "last_step", "level", "instruction_id"),
    ),
    TableSpec(
        "labels", opinions.Label, "opinions", ("label_id",), ("trajectory_id", "subject", "first_step", "label_id")
    ),
    TableSpec(
        "proofs", proofs.Proof, "choices", ("proof_id",), ("trajectory_id", "instruction_id", "lane", "proof_id")
    ),
    TableSpec(
        "states",
        choices.State,
        "choices",
        ("trajectory_id", "step_index", "side", "rules_version"),
        ("trajectory_id", "step_index", "side", "rules_version"),
    ),
    TableSpec("fingerprints", choices.Fingerprint, "choices", ("screen", "rules_version"), ("screen", "rules_version")),
    TableSpec(
        "decisions",
        choices.Decision,
        "choices",
        ("curation", "trajectory_id", "step_index", "instruction_id", "use"),
        ("trajectory_id", "step_index", "instruction_id", "use"),
    ),
    TableSpec("edges", choices.Edge, "choices", ("curation", "kind", "left", "right"), ("kind", "left", "right")),
    TableSpec(
        "calibrations",
        choices.Calibration,
        "choices",
        ("calibration_id",),
        ("subject", "slice", "value", "calibration_id"),
    ),
    TableSpec("rejects", choices.Reject, "choices", ("job", "subject", "rule"), ("job", "subject", "rule")),
    TableSpec("runs", choices.Run, "log", ("run_id",), ("run_id",)),
)

TABLES = MappingProxyType({spec.name: spec for spec in _SPECS})
"""Every table by name, in the order in which the jobs fill them."""
