"""The command line: `hindtrace VERB`, one module a group of verbs.

    hindtrace explore web --start-url http://localhost:8001 --traces traces --episodes 20
    hindtrace ingest --traces traces --lake lake

Importing this imports neither Beam nor a device library: each verb imports what it needs when it runs.
"""

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from pipelines.cli import (
    agreement,
    compose,
    doctor,
    embed,
    explore,
    handbook,
    jobs,
    prove,
    reading,
    record,
    replay,
    reviewing,
    rollout,
)
from pipelines.cli.output import say
from schemas.errors import ConfigurationError, HindtraceError

DONE, FAILED, WRONG_CALL = 0, 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a verb; 0 when it did its work, 1 when it failed, 2 for a wrong call."""
    parser = _parser()
    try:
        options, rest = parser.parse_known_args(argv)
        if rest and not options.takes_beam:
            options.parser.error(f"unknown option {rest[0]}")
    except SystemExit as end:
        return int(end.code or 0)
    # Beam and its friends warn about what they miss, and log a worker's traceback; what fails is said by an error.
    logging.basicConfig(level=logging.ERROR, format="%(message)s", force=True)
    logging.getLogger("apache_beam").setLevel(logging.CRITICAL)
    options.flags = rest
    try:
        _expand(options)
        code: int = options.run(options)
    except ConfigurationError as error:
        say(f"hindtrace {options.verb}: {error}")
        return WRONG_CALL
    except HindtraceError as error:
        say(f"hindtrace {options.verb}: {error}")
        return FAILED
    except KeyboardInterrupt:
        say(f"hindtrace {options.verb}: interrupted")
        return FAILED
    except BrokenPipeError:
        sys.stderr.close()  # the reader has gone, such as `head`; there is nobody to tell
        return FAILED
    except OSError as error:
        say(f"hindtrace {options.verb}: {error}")  # a full disk, a place that can't be written to, a lost mount
        return FAILED
    return code


def _expand(options: argparse.Namespace) -> None:
    """Puts a home in the place of `~` wherever a path is told: of `--out=~/data` no shell does it.

    Raises:
        ConfigurationError: if it names nobody's.
    """
    for name, value in vars(options).items():
        path = isinstance(value, Path) or (name in ("lake", "memory") and isinstance(value, str))
        if path and str(value).startswith("~"):
            try:
                home = Path(value).expanduser()
            except RuntimeError as error:
                raise ConfigurationError(f"--{name}: expected a path, found {value}: {error}") from error
            setattr(options, name, home if isinstance(value, Path) else str(home))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hindtrace",
        description="Explore real interfaces first, write the task afterwards.",
        allow_abbrev=False,
    )
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    explore.add(verbs)
    record.add(verbs)
    replay.add(verbs)
    rollout.add(verbs)
    jobs.add(verbs)
    prove.add(verbs)
    embed.add(verbs)
    agreement.add(verbs)
    compose.add(verbs)
    reviewing.add(verbs)
    handbook.add(verbs)
    reading.add(verbs)
    doctor.add(verbs)
    return parser
