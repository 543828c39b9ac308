"""Tasks: what was proven of a lake, as a file for `rollout`."""

import argparse
from pathlib import Path
from typing import Any

from pipelines.cli.output import add_lake, add_verb, failed, summary
from schemas.errors import ConfigurationError

SPLITS = ("train", "validation", "test")


def add(verbs: Any) -> None:
    """The verb of this module."""
    tasks = add_verb(
        verbs,
        "tasks",
        "Write the proven tasks of a lake with their starts and checks, as a file for rollout.",
        (
            "hindtrace tasks --lake lake --out tasks.jsonl",
            "hindtrace tasks --lake lake --curation first --split test --out held-out.jsonl",
        ),
    )
    add_lake(tasks)
    tasks.add_argument("--out", type=Path, required=True, metavar="FILE", help="the tasks, a line of JSON for each")
    tasks.add_argument("--curation", metavar="NAME", help="only those that this curation trains or tests on")
    tasks.add_argument("--split", choices=SPLITS, help="of the curation only this side")
    tasks.set_defaults(run=run_tasks)


def run_tasks(options: argparse.Namespace) -> int:
    """Runs `hindtrace tasks`; 1 if there is none."""
    from pipelines.lake.delta import open_lake
    from pipelines.prove.proven import proven_tasks
    from schemas.files import write_file
    from schemas.keys import canonical_json

    tasks = proven_tasks(open_lake(options.lake).snapshot(), curation=options.curation, split=options.split)
    if not tasks:
        return failed("tasks", f"nothing was written to {options.out}: the lake has no such proven task; prove some")
    try:
        write_file(options.out, b"".join(canonical_json(task) + b"\n" for task in tasks))
    except OSError as error:
        raise ConfigurationError(f"{options.out}: expected a place for the tasks, found {error}") from error
    asking = sum(any(each["kind"] == "answered" for each in task["check"]["all"]) for task in tasks)
    summary("tasks", {"tasks": len(tasks), "that ask for an answer": asking, "file": str(options.out)})
    return 0
