"""What some labelers are given besides the episodes: the one place where a kind of need is met."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labelers.askers.safety import read_policies
from labelers.kit.questionnaire import Need
from pipelines.annotate.groups import GroupMates
from pipelines.annotate.handbook import runs_of
from pipelines.lake.delta import open_lake
from schemas.errors import ConfigurationError
from schemas.files import read_given


@dataclass(frozen=True, slots=True)
class Supply:
    """The arguments that a questionnaire is made with, and all trajectories that it asks about (None: any)."""

    arguments: Mapping[str, Any] = field(default_factory=dict)
    only: frozenset[str] | None = None


def supply(need: Need | None, lake_url: str, *, policies: Path | None, least: int, opponents: int) -> Supply:
    """What is needed: the runs that `least` episodes hold, the mates in groups, the policies of a file.

    The lake is opened only for what comes of it.

    Raises:
        ConfigurationError: if the file of policies can't be read.
        LakeError: if the lake can't be read.
    """
    match need:
        case "runs":
            runs = runs_of(open_lake(lake_url), least=least)
            return Supply({"runs": runs}, frozenset(run.trajectory_id for run in runs))
        case "group mates":
            mates = GroupMates(open_lake(lake_url), opponents=opponents)
            return Supply({"mates": mates, "groups": mates.digest}, mates.trajectories)
        case "policies" if policies is not None:
            try:
                return Supply({"policies": read_policies(read_given(policies).decode())})
            except (OSError, UnicodeDecodeError) as error:
                raise ConfigurationError(f"{policies}: expected policies, a line each: {error}") from error
    return Supply()
