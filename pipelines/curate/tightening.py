"""A curation from the edges of another one: a tighter threshold leaves some of them away, and nothing is compared."""

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from types import MappingProxyType
from typing import Any

import polars as pl

from pipelines.curate.config import AFTERWARDS, CurationConfig
from pipelines.curate.meaning import embedding_of
from pipelines.curate.published import runs_of
from pipelines.curate.similarity.near import EDGES
from pipelines.lake.delta import Lake, Snapshot
from schemas.errors import ConfigurationError

COMPARED = ("trajectories", "steps", "screens", "trees", "tasks", "instructions", "labels")
"""The tables whose rows are compared: edges hold for one version of each."""

TIERS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "near instruction": ("near_instructions", "instruction_similarity"),
        "near meaning": ("embedding", "embedding_similarity"),
        "near screen": ("near_states", "state_distance"),
        "near trajectory": ("near_trajectories", "trajectory_similarity"),
    }
)
"""For each kind of edge what says whether it is looked for, and its threshold."""


def stored_config(lake: Lake, name: str) -> CurationConfig:
    """The configuration of the curation of that name.

    Raises:
        ConfigurationError: if the lake has none, or one of another version of this program.
    """
    stored: dict[str, Any] = json.loads(_latest(lake.snapshot(), name)["configuration"])["config"]
    del stored["kind"]
    known = {field.name for field in fields(CurationConfig)}
    if set(stored) - known:
        raise ConfigurationError(f"curation {name} was made with {sorted(set(stored) - known)}: curate without --from")
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()
    }
    return CurationConfig(**values)


def check_tighter(snapshot: Snapshot, name: str, stored: CurationConfig, wanted: CurationConfig, rules: Any) -> None:
    """Checks that the edges of a curation are all that the wanted one asks for.

    Raises:
        ConfigurationError: if a threshold is looser than the stored one, the lake has changed since, or something else
            differs that decides what is compared.
    """
    for kind, (tier, threshold) in TIERS.items():
        have, ask = getattr(stored, threshold), getattr(wanted, threshold)
        looser = ask > have if threshold == "state_distance" else ask < have
        if getattr(wanted, tier) and not getattr(stored, tier):
            raise ConfigurationError(
                f"curation {name} looked for no edges of the kind {kind} "
                f"({tier} = {json.dumps(getattr(stored, tier))} was stored)"
            )
        if getattr(wanted, tier) and looser:
            raise ConfigurationError(
                f"{threshold} = {ask} is looser than what curation {name} stored, {threshold} = {have}: edges beyond "
                "it were not kept; curate without --from"
            )
    if wanted.embedding and embedding_of(stored) != embedding_of(wanted):
        raise ConfigurationError(
            f"curation {name} compared the vectors of {embedding_of(stored).told}, not of {embedding_of(wanted).told}: "
            "curate without --from"
        )
    others = {key for key, value in asdict(wanted).items() if value != asdict(stored)[key]} - AFTERWARDS
    if others:
        raise ConfigurationError(
            f"curation {name} has another {', '.join(sorted(others))}, which decides what is compared: curate without "
            "--from"
        )
    run = _latest(snapshot, name)
    then = {read["table"]: read["version"] for read in run["read"]}
    compared = (*COMPARED, "calls") if wanted.embedding else COMPARED
    changed = [table for table in compared if then.get(table) != snapshot.versions[table]]
    if changed or json.loads(run["configuration"])["rules"] != rules:
        raise ConfigurationError(
            f"the lake has changed since curation {name} ({', '.join(changed) or 'rules'}): curate without --from"
        )


def cut_edges(
    snapshot: Snapshot, name: str, config: CurationConfig, names: Mapping[str, Mapping[str, str]]
) -> dict[str, pl.DataFrame]:
    """The stored edges that the thresholds leave, by kind, as `kernels.near` gives them.

    `names` translates what an edge of each kind calls its ends.
    """
    columns = ["kind", "left", "right", "distance"]
    every = pl.DataFrame(snapshot.read("edges", curation=name, columns=columns))
    edges = {}
    for kind, (tier, threshold) in TIERS.items():
        at = getattr(config, threshold)
        # Of a similarity of half and more the distance, 1 less it, is exact.
        near = pl.col("distance") <= at if threshold == "state_distance" else 1 - pl.col("distance") >= at
        mine = every.filter((pl.col("kind") == kind) & near & bool(getattr(config, tier)))
        ends = {end: pl.col(end).replace_strict(names[kind], return_dtype=pl.String) for end in ("left", "right")}
        edges[kind] = mine.select(**ends, distance="distance").cast(dict(EDGES)).sort("left", "right")  # type: ignore[arg-type]
    return edges


def _latest(snapshot: Snapshot, name: str) -> Mapping[str, Any]:
    """The newest run of the curation of that name."""
    runs = runs_of(snapshot, name)
    if not runs:
        rows = [row for row in snapshot.read("runs").to_pylist() if row["job"] == "curate"]
        names = sorted({json.loads(row["configuration"])["name"] for row in rows})
        raise ConfigurationError(f"no curation {name!r} in the lake; there are {', '.join(names) or 'none'}")
    return runs[-1]
