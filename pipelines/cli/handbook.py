"""The handbook of an app: what is done again and again."""

import argparse
from pathlib import Path
from typing import Any

from pipelines.cli.output import add_lake, add_verb, failed, progress, summary
from schemas.errors import ConfigurationError


def add(verbs: Any) -> None:
    """The verbs of this module."""
    handbook = add_verb(
        verbs,
        "handbook",
        "Write the runs of steps that recur over episodes as a handbook.",
        (
            "hindtrace handbook --lake lake --out handbook.md",
            "hindtrace handbook --lake lake --out handbook.json --least 10 --labeler handbook/gpt-4o-mini",
        ),
    )
    add_lake(handbook)
    handbook.add_argument("--out", type=Path, required=True, metavar="FILE", help="a .md or .json file")
    handbook.add_argument("--least", type=int, default=3, metavar="N", help="episodes that hold a run (default: 3)")
    handbook.add_argument(
        "--labeler", metavar="NAME[@VERSION]", help="whose names; `annotate --labeler handbook` asks a model for them"
    )
    handbook.set_defaults(run=run_handbook)


def run_handbook(options: argparse.Namespace) -> int:
    """Runs `hindtrace handbook`; 1 if nothing recurs."""
    from pipelines.annotate.handbook import entries, write_handbook
    from pipelines.cli.agreement import named_labeler
    from pipelines.lake.delta import open_lake

    if options.least < 2:
        raise ConfigurationError(f"--least: expected 2 or more, found {options.least}")
    labeler = None if options.labeler is None else named_labeler(options.labeler)
    with progress("Looking for what recurs"):
        handbook = entries(open_lake(options.lake), least=options.least, labeler=labeler)
        if handbook:
            write_handbook(options.out, handbook)
    if not handbook:
        return failed(
            "handbook",
            f"no run of steps recurs in {options.least} episodes, and nothing was written to {options.out}: record "
            "more of an application, or lower --least",
        )
    counts = {
        "runs": len(handbook),
        "named by a model": sum(entry["labeler"] is not None for entry in handbook),
        "apps": len({entry["app"] for entry in handbook}),
    }
    summary("handbook", counts)
    return 0
