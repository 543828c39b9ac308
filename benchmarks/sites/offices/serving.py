"""The offices as a site."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.sites.serving import served

PROJECT = Path(__file__).resolve().parents[3]


@contextmanager
def offices(*, port: int = 0, file: Path | None = None) -> Iterator[str]:
    """Their start page; what they keep lies in the file, or in one that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="hindtrace-") as folder:
        kept = file or Path(folder) / "offices.db"
        command = [sys.executable, "-m", "benchmarks.sites.offices", str(kept), "--port"]
        with served(
            lambda chosen: [*command, str(chosen)], "/", port=port, env={"PYTHONPATH": str(PROJECT)}
        ) as address:
            yield address
