"""The benchmarks of curation one after the other, each into `benchmarks/results/`.

    python -m benchmarks.curation
    python -m benchmarks.curation hamming instructions --datatrove /path/to/python --faiss /path/to/python

Ends with 1 if a bar of one is missed. Without the Pythons of datatrove and faiss their parts are left out, and said so.
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence

NAMES = ("exact", "flink", "hamming", "screens", "tiles", "instructions")
OPTIONS = {"hamming": "faiss", "instructions": "datatrove"}
"""Which benchmark takes the path of another Python."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of those wanted: {', '.join(NAMES)} (default: all)")
    parser.add_argument(
        "--datatrove", metavar="PYTHON", help="an interpreter that has datatrove[io,processing] and spacy"
    )
    parser.add_argument("--faiss", metavar="PYTHON", help="an interpreter that has faiss-cpu")
    given = parser.parse_args(arguments)
    unknown = [name for name in given.names if name not in NAMES]
    if unknown:
        parser.error(f"expected names among {', '.join(NAMES)}, found {', '.join(unknown)}")
    missed = []
    for name in given.names or NAMES:
        python = getattr(given, OPTIONS[name]) if name in OPTIONS else None
        options = ("--" + OPTIONS[name], python) if python else ()
        print(f"\n## {name}\n", flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.curation.{name}", *options], check=False).returncode:
            missed.append(name)
    if missed:
        print(f"\na bar is missed by: {', '.join(missed)}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
