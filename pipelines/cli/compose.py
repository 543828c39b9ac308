"""Composed tasks: several of one application that were seen to be done, joined into one, for `rollout` to try."""

import argparse
from pathlib import Path
from typing import Any

from pipelines.cli.output import add_lake, add_verb, failed, progress, summary
from schemas.errors import ConfigurationError

SHORTEST, LONGEST = 2, 10


def add(verbs: Any) -> None:
    """The verb of this module."""
    compose = add_verb(
        verbs,
        "compose",
        "Join tasks of one application that were seen to be done into longer ones, as a file for rollout.",
        (
            "hindtrace compose --lake lake --out composed.jsonl",
            "hindtrace compose --lake lake --out composed.jsonl --length 2..3 --n 500 --seed 1 --benchmark held.json",
        ),
    )
    add_lake(compose)
    compose.add_argument("--out", type=Path, required=True, metavar="FILE", help="the tasks, a line of JSON for each")
    compose.add_argument(
        "--length", type=_lengths, default=(2, 4), metavar="A..B", help="how many are joined (default: 2..4)"
    )
    compose.add_argument("--n", type=int, default=100, metavar="N", help="composed tasks at most (default: 100)")
    compose.add_argument("--seed", type=int, default=0, help="of the draw (default: 0)")
    compose.add_argument(
        "--benchmark", action="append", default=[], metavar="FILE", help="tasks that must not be in it; repeatable"
    )
    compose.add_argument(
        "--benchmark-words", type=int, default=8, metavar="N", help="words in a row that may not be theirs (default: 8)"
    )
    compose.add_argument("--curation", metavar="NAME", help="leave out what this curation holds out for tests")
    compose.set_defaults(run=run_compose)


def run_compose(options: argparse.Namespace) -> int:
    """Runs `hindtrace compose`; 1 if there is nothing to compose."""
    from pipelines.compose.composing import compose
    from pipelines.compose.verified import verified_parts
    from pipelines.curate.benchmarks import read_benchmarks
    from pipelines.lake.delta import open_lake
    from schemas.files import write_file
    from schemas.keys import canonical_json

    for flag in ("n", "benchmark_words"):
        if getattr(options, flag) <= 0:
            raise ConfigurationError(
                f"--{flag.replace('_', '-')}: expected more than 0, found {getattr(options, flag)}"
            )
    benchmarks = read_benchmarks(options.benchmark)
    snapshot = open_lake(options.lake).snapshot()
    with progress("Composing"):
        verified = verified_parts(snapshot, benchmarks, words=options.benchmark_words, curation=options.curation)
        tasks = list(compose(verified.parts, lengths=options.length, count=options.n, seed=options.seed))
    counts: dict[str, object] = {"tasks that were seen to be done": len(verified.parts)}
    counts |= {f"left out: {why}": count for why, count in verified.refused.items()}
    counts |= {"composed tasks": len(tasks), "with a check": sum("check" in task for task in tasks)}
    code = 0
    if not tasks:
        code = failed(
            "compose",
            f"nothing was written to {options.out}: of {len(verified.parts)} tasks that were seen to be done no two of "
            "one application can follow each other; explore, annotate or roll out more of it",
        )
    else:
        try:
            write_file(options.out, b"".join(canonical_json(task) + b"\n" for task in tasks))
        except OSError as error:
            raise ConfigurationError(f"{options.out}: expected a place for the tasks, found {error}") from error
    summary("compose", counts)
    return code


def _lengths(text: str) -> tuple[int, int]:
    first, _, last = text.partition("..")
    try:
        least, most = int(first), int(last or first)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected A..B such as 2..4, found {text!r}") from None
    if not SHORTEST <= least <= most <= LONGEST:
        raise argparse.ArgumentTypeError(f"expected {SHORTEST} to {LONGEST}, the smaller one first, found {text!r}")
    return least, most
