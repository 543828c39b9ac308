"""The four jobs over a folder of traces, with flags for Beam: what every engine is asked to do.

python -m benchmarks.engines.jobs TRACES OUT [FLAGS OF BEAM ...]

Labels are written by the rules, which are in the wheel: a worker elsewhere has nothing else of this project.
"""

import hashlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from labelers.backends import BACKENDS
from pipelines.annotate.job import annotate
from pipelines.curate.config import CurationConfig
from pipelines.curate.job import curate
from pipelines.export.job import export
from pipelines.ingest.job import ingest
from schemas.tables import TABLES

FORMATS = ("trl-sft", "trl-kto", "trl-dpo", "verl-rl")
LIMITED = CurationConfig(app_limit=9, instruction_limit=1, kto_balance=1.0)
ROOT = Path(__file__).parents[2]


def run(traces: Path, out: Path, flags: Sequence[str]) -> None:
    """Ingest, annotate, curate with and without limits, export of every format."""
    lake = str(out / "lake")
    ingest(traces, lake, flags=flags)
    annotate(lake, BACKENDS["rules"], flags=flags)
    curate(lake, "demo", flags=flags)
    curate(lake, "few", LIMITED, flags=flags)
    for name in FORMATS:
        export(lake, "demo", name, out / name, flags=flags)


def digests(out: Path) -> dict[str, str]:
    """The sha256 of every data file of the lake but its log, and of all that is in the datasets, by path."""
    files = [path for table in TABLES if table != "runs" for path in (out / "lake" / table).rglob("*.parquet")]
    files += [path for name in FORMATS for path in (out / name).rglob("*") if path.is_file()]
    return {path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(files)}


def environment() -> dict[str, str]:
    """That of a process that runs this module of this tree."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
