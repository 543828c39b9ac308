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
    export,
    handbook,
    init,
    jobs,
    prove,
    reading,
    record,
    replay,
    reviewing,
    rollout,
    tasks,
    view,
)
from pipelines.cli.output import say
from schemas.errors import ConfigurationError, HindtraceError

DONE, FAILED, WRONG_CALL = 0, 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a verb; 0 when it did its work, 1 when it failed, 2 for a wrong call."""
    try:
        return _run(argv)
    except KeyboardInterrupt:  # before the verb is known
        say("hindtrace: interrupted")
        return FAILED


def _run(argv: Sequence[str] | None) -> int:
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
        _check_texts(options, list(sys.argv[1:] if argv is None else argv))
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
    except UnicodeEncodeError as error:
        say(
            f"hindtrace {options.verb}: expected an output that takes every character, found {error.encoding}: set "
            "PYTHONIOENCODING=utf-8"
        )
        return FAILED
    except OSError as error:
        say(f"hindtrace {options.verb}: {error}")  # a full disk, a place that can't be written to, a lost mount
        return FAILED
    return code


def _check_texts(options: argparse.Namespace, argv: Sequence[str]) -> None:
    """Refuses texts of the command line that nothing can hold, and empty ones: a variable of the shell was not set.

    Raises:
        ConfigurationError: if there is one.
    """
    empty = "" in argv or any(text.startswith("--") and text.endswith("=") for text in argv)
    for name, value in vars(options).items():
        option = f"--{name.replace('_', '-')}"
        if isinstance(value, str) and value != value.encode("utf-8", "replace").decode():
            raise ConfigurationError(f"{option}: expected text in UTF-8, found {value[:200]!a}")
        if empty and (value == "" or (isinstance(value, Path) and value == Path())):
            raise ConfigurationError(f"{option}: expected a value, found an empty text: is its variable not set?")


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
    init.add(verbs)
    explore.add(verbs)
    record.add(verbs)
    replay.add(verbs)
    rollout.add(verbs)
    jobs.add(verbs)
    export.add(verbs)
    prove.add(verbs)
    tasks.add(verbs)
    view.add(verbs)
    embed.add(verbs)
    agreement.add(verbs)
    compose.add(verbs)
    reviewing.add(verbs)
    handbook.add(verbs)
    reading.add(verbs)
    doctor.add(verbs)
    return parser
