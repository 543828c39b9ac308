"""Three of the four jobs: ingest, annotate, curate."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.cli.asking import add_model_options, run_asking
from pipelines.cli.output import add_lake, add_verb, failed, progress, say, summary
from schemas.errors import ConfigurationError

if TYPE_CHECKING:
    from pipelines.running.jobs import Summary


def add(verbs: Any) -> None:
    """The verbs of this module."""
    ingest = add_verb(
        verbs,
        "ingest",
        "Bring traces into a lake, each once.",
        (
            "hindtrace ingest --traces traces --lake lake",
            "hindtrace ingest --traces traces --lake lake --direct_num_workers 2 --direct_running_mode multi_threading",
        ),
        takes_beam=True,
    )
    ingest.add_argument("--traces", type=Path, required=True, metavar="DIR", help="folder with recordings")
    ingest.add_argument(
        "--lake", required=True, metavar="DIR", help="folder or URL of the lake; made if it is not there"
    )
    ingest.add_argument(
        "--buckets",
        type=int,
        metavar="N",
        help="of a lake that is made, a power of two: about one for 50,000 steps (default: 16)",
    )
    ingest.set_defaults(run=run_ingest)

    annotate = add_verb(
        verbs,
        "annotate",
        "Write what the episodes accomplished, and judge their steps.",
        (
            "hindtrace annotate --lake lake --backend rules",
            "hindtrace annotate --lake lake --backend openai --model gpt-4o-mini --plan",
            "hindtrace annotate --lake lake --backend openai --model qwen2.5-vl --base-url http://localhost:8000/v1",
        ),
        takes_beam=True,
    )
    add_lake(annotate)
    annotate.add_argument("--backend", required=True, metavar="NAME", help="who labels: rules, or openai for a model")
    annotate.add_argument(
        "--plan", action="store_true", help="print what would be asked and what it would cost, and stop"
    )
    add_model_options(annotate)
    annotate.set_defaults(run=run_annotate)

    curate = add_verb(
        verbs,
        "curate",
        "Decide what each step is for: target, context, negative, or dropped and why.",
        (
            "hindtrace curate --lake lake --name first",
            "hindtrace curate --lake lake --name strict --config strict.toml",
            "hindtrace curate --lake lake --name stricter --from strict --config stricter.toml",
        ),
        takes_beam=True,
    )
    add_lake(curate)
    curate.add_argument("--name", required=True, help="name of the curation; one of the same name is replaced")
    curate.add_argument("--config", type=Path, metavar="FILE", help="TOML, such as: test = 0.2; see docs/curation.md")
    curate.add_argument(
        "--from",
        dest="source",
        metavar="NAME",
        help="cut the edges of that curation at tighter thresholds, and compare nothing again; what FILE does not tell "
        "is as it was there",
    )
    curate.set_defaults(run=run_curate)


def run_ingest(options: argparse.Namespace) -> int:
    """Runs `hindtrace ingest`; 1 if every trace was rejected, or no episode has a step."""
    from pipelines.ingest.job import ingest

    with progress("Ingesting"):
        done = ingest(options.traces, options.lake, buckets=options.buckets, flags=options.flags)
    code, counts = 0, done.counts
    if counts["traces"] == counts["traces rejected"]:
        code = failed("ingest", f"all {counts['traces']} traces were rejected, and nothing was ingested, for this:")
    elif counts["episodes added"] and not counts["steps added"]:
        code = failed(
            "ingest",
            f"there is no step in {counts['episodes added']} episodes, so there is nothing to learn from: did they "
            "start? `hindtrace sql` asks the lake for ended_by and message of trajectories",
        )
    show("ingest", done)
    return code


def run_annotate(options: argparse.Namespace) -> int:
    """Runs `hindtrace annotate`; 1 if by the rules there is no instruction."""
    from labelers.backends import BACKENDS
    from pipelines.annotate.job import annotate, plan
    from pipelines.lake.delta import open_lake

    if options.backend == "openai":
        return run_asking(options)
    if options.model is not None:
        raise ConfigurationError(f"--model: the backend {options.backend} asks none; --backend openai does")
    if options.backend not in BACKENDS:
        raise ConfigurationError(
            f"unknown backend {options.backend!r}; there are openai, {', '.join(sorted(BACKENDS))}"
        )
    factory = BACKENDS[options.backend]
    if options.plan:
        summary("plan", plan(options.lake, factory))
        return 0
    with progress("Annotating"):
        done = annotate(options.lake, factory, flags=options.flags)
    code = 0
    if not (snapshot := open_lake(options.lake).snapshot()).rows("instructions"):
        episodes = snapshot.rows("trajectories")
        code = failed("annotate", f"no instruction could be written of {episodes} episodes: record and ingest more")
    show("annotate", done)
    return code


def run_curate(options: argparse.Namespace) -> int:
    """Runs `hindtrace curate`; 1 if no dataset has a row."""
    from pipelines.curate.config import load_config
    from pipelines.curate.job import curate
    from pipelines.curate.ledger import nothing_usable

    base = None
    if options.source is not None:
        from pipelines.curate.tightening import stored_config
        from pipelines.lake.delta import open_lake

        base = stored_config(open_lake(options.lake), options.source)
    config = load_config(options.config, base)
    with progress("Curating"):
        done = curate(options.lake, options.name, config, source=options.source, flags=options.flags)
    code = 0
    if (why := nothing_usable(done.counts)) is not None:
        what = "annotate the lake, or see docs/curation.md for what a rule wants"
        code = failed("curate", f"no dataset has a row: {why}; {what}")
    show("curate", done)
    return code


def show(verb: str, done: "Summary") -> None:
    """Prints what a job did."""
    title = verb if done.changed else f"{verb}: nothing new"
    summary(title, {name: count for name, count in done.counts.items() if count})
    for note in done.notes:
        say(note)
