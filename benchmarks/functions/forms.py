"""How many forms are filled validly and saved, looked up in the database of their application.

    python -m benchmarks.functions.forms
    python -m benchmarks.functions.forms members travel --seeds 2

Each form is an application of `benchmarks.sites.offices`, two of them of twenty fields. An episode begins at the form
with an empty database; the server itself checks what it keeps, so that a row is a valid record. Ends with 1 below 80%.
"""

import argparse
import sqlite3
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from benchmarks.sites.offices.forms import FORMS
from benchmarks.sites.offices.serving import offices
from benchmarks.sites.serving import clean_up_when_terminated
from benchmarks.tables import table
from explorers.core.resets import ResettingEnvironment
from explorers.core.rollout import ExploreConfig, run_episode
from explorers.policies import build_policy
from explorers.web import WebEnvironment

BAR = 0.8


class Emptied:
    """The reset of the offices: every table is emptied."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __call__(self) -> None:
        """Empties them."""
        with closing(sqlite3.connect(self._file)) as base, base:
            for name in FORMS:
                base.execute(f'delete from "{name}"')

    def stop(self) -> None:
        """Nothing goes on."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("forms", nargs="*", default=list(FORMS), help=f"of {', '.join(FORMS)} (default: all)")
    parser.add_argument("--policy", default="goals")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--steps", type=int, default=60, help="of the episode")
    parser.add_argument("--traces", type=Path, metavar="DIR", help="keep the recordings there")
    given = parser.parse_args(arguments)
    clean_up_when_terminated()
    rows: list[tuple[object, ...]] = []
    kept = tried = 0
    for name in given.forms:
        saved = 0
        for seed in range(given.first, given.first + given.seeds):
            saved += saves(name, given.policy, seed, given.steps, given.traces)
        kept, tried = kept + saved, tried + given.seeds
        rows.append((name, len(FORMS[name].fields), f"{saved} of {given.seeds}"))
        print(f"{name}: {saved} of {given.seeds}", file=sys.stderr, flush=True)
    print(table(("form", "fields", "saved"), [*rows, ("together", "", f"{kept} of {tried} ({kept / tried:.0%})")]))
    return 0 if kept >= BAR * tried else 1


def saves(name: str, policy: str, seed: int, steps: int, keep: Path | None = None) -> bool:
    """Whether an episode of so many steps leaves a record in the database of the application.

    Raises:
        SiteError: if the server doesn't start.
    """
    with tempfile.TemporaryDirectory(prefix="hindtrace-") as folder:
        file = Path(folder) / "offices.db"
        with offices(file=file) as address:
            environment = ResettingEnvironment(WebEnvironment(f"{address}{name}/new"), (Emptied(file),))
            traces = keep or Path(folder)
            traces.mkdir(parents=True, exist_ok=True)
            try:
                config = ExploreConfig(max_steps=steps, seed=seed)
                run_id = f"{name}-{policy}-{seed}"
                run_episode(environment, build_policy(policy), traces, config, run_id=run_id, episode=0)
            finally:
                environment.close()
            with closing(sqlite3.connect(file)) as base:
                return bool(base.execute(f'select count(*) from "{name}"').fetchone()[0])


if __name__ == "__main__":
    sys.exit(main())
