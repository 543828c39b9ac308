"""A lake of many applications, explored for real, curated by default and exported: is there a test side?

    python -m benchmarks.many
    python -m benchmarks.many datasette tiddlywiki galculator mousepad --episodes 4 --steps 15

A name of `benchmarks.sites` is a site on loopback, anything else a program on a desktop. Everything is made in
`.bench/many`, anew. Ends with 1 where a job failed, or no instruction is for testing.
"""

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.sites import SITES, SiteError
from benchmarks.sites.serving import clean_up_when_terminated
from benchmarks.tables import table
from pipelines.cli import main as hindtrace
from pipelines.lake.delta import open_lake
from pipelines.lake.sql import connect

APPS = (
    "datasette",
    "django-admin",
    "tiddlywiki",
    "todomvc-react",
    "todomvc-vue",
    "galculator",
    "mousepad",
    "speedcrunch",
    "xterm",
    "pcmanfm",
)
FOLDER = Path(".bench/many")
NAME = "many"
SIDES = """
    select app, count(distinct trajectory_id), count(distinct instruction_id),
        string_agg(distinct split, ', ' order by split), count(*) filter (rule like 'shown in %')
    from decisions join trajectories using (trajectory_id) where curation = ? group by app order by app"""
HEADINGS = ("application", "episodes", "instructions", "sides", "rows that another side shows")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("apps", nargs="*", metavar="APP", help=f"default: {', '.join(APPS)}")
    parser.add_argument("--episodes", type=int, default=3, help="of each application (default: 3)")
    parser.add_argument("--steps", type=int, default=15, help="of an episode (default: 15)")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    clean_up_when_terminated()
    shutil.rmtree(FOLDER, ignore_errors=True)
    explored = [app for app in given.apps or APPS if _explored(app, given)]
    print(f"explored: {', '.join(explored)}", flush=True)
    lake, out = str(FOLDER / "lake"), str(FOLDER / "trl-sft")
    jobs = (
        ("ingest", "--traces", str(FOLDER / "traces"), "--lake", lake),
        ("annotate", "--lake", lake, "--backend", "rules"),
        ("curate", "--lake", lake, "--name", NAME),
        ("export", "--lake", lake, "--name", NAME, "--format", "trl-sft", "--out", out),
    )
    for job in jobs:
        if hindtrace(job) != 0:
            return 1
    connection = connect(open_lake(lake))
    try:
        rows = connection.execute(SIDES, [NAME]).fetchall()
    finally:
        connection.close()
    print(table(HEADINGS, rows))
    return 0 if any("test" in (row[3] or "") for row in rows) else 1


def _explored(app: str, given: argparse.Namespace) -> bool:
    """Explores the application; whether it could be."""
    how = ["--traces", str(FOLDER / "traces"), "--episodes", str(given.episodes), "--max-steps", str(given.steps)]
    how += ["--seed", str(given.seed)]
    if app not in SITES:
        return hindtrace(["explore", "desktop", "--app", app, *how]) == 0
    try:
        with SITES[app]() as address:
            return hindtrace(["explore", "web", "--start-url", address, *how]) == 0
    except SiteError as error:
        print(f"{app}: {error}", file=sys.stderr)
        return False


if __name__ == "__main__":
    raise SystemExit(main())
