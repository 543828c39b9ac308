"""Sentences as vectors, by which curation finds those that say the same in other words."""

import argparse
from typing import Any

from pipelines.cli.asking import add_server_options, check_recorded, spending_of
from pipelines.cli.output import add_lake, add_verb, progress, say, summary
from schemas.errors import ConfigurationError, ModelError


def add(verbs: Any) -> None:
    """The verbs of this module."""
    embed = add_verb(
        verbs,
        "embed",
        "Ask a model behind an OpenAI-compatible interface for the vectors of all instructions.",
        (
            "hindtrace embed --lake lake --model text-embedding-3-small --plan",
            "hindtrace embed --lake lake --model nomic-embed-text --base-url http://localhost:11434/v1",
        ),
    )
    add_lake(embed)
    embed.add_argument(
        "--dimensions", type=int, metavar="N", help="of a vector, where the model can make shorter ones (default: its)"
    )
    embed.add_argument("--plan", action="store_true", help="print what would be asked and what it would cost, and stop")
    add_server_options(embed)
    embed.set_defaults(run=run_embed)


def run_embed(options: argparse.Namespace) -> int:
    """Runs `hindtrace embed`.

    Raises:
        ModelError: if no text got its vector, and one was asked for.
    """
    from pipelines.annotate.embedding import embed_instructions, plan_embedding
    from pipelines.annotate.vectors import Embedding

    if options.model is None:
        raise ConfigurationError("expected a model by --model NAME, found none")
    check_recorded(options.lake)
    spending, embedding = spending_of(options), Embedding(options.model, options.dimensions)
    if options.plan:
        summary("plan embed", plan_embedding(options.lake, embedding, spending))
        return 0
    with progress("Embedding"):
        done = embed_instructions(options.lake, embedding, spending)
    failed = done.counts.get("texts failed", 0)
    if failed and not done.counts.get("texts ok"):
        what = "see that the server answers and has that model, and run it again"
        raise ModelError(f"none of {failed} texts got its vector; {'; '.join(done.notes)}; {what}")
    summary("embed", {**done.counts, "lake changed": "yes" if done.changed else "no"})
    for note in done.notes or (() if done.changed else ("every text has its vector: nothing was asked",)):
        say(note)
    return 0
