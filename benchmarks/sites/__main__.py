"""Serve a real application until Ctrl-C.

python -m benchmarks.sites --list
python -m benchmarks.sites dokuwiki
"""

import argparse
import signal
import sys
from collections.abc import Sequence

from benchmarks.sites import SITES, SiteError
from benchmarks.sites.serving import clean_up_when_terminated


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="?", choices=list(SITES))
    parser.add_argument("--list", action="store_true", help="the names")
    given = parser.parse_args(arguments)
    if given.list:
        print(*SITES, sep="\n")
        return 0
    if given.name is None:
        parser.error("expected the name of a site; --list shows them")
    clean_up_when_terminated()
    try:
        with SITES[given.name]() as address:
            print(address, flush=True)
            signal.pause()
    except KeyboardInterrupt:
        return 0
    except SiteError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
