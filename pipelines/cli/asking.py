"""Annotating by a model: the options that say which, what to ask it about, and what it may cost."""

import argparse
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labelers.askers import NAMES, questionnaire
from pipelines.cli.output import progress, say, summary
from schemas.errors import ConfigurationError, LakeError

if TYPE_CHECKING:
    from pipelines.annotate.planning import Selection, Spending

USUAL = ("synthesis", "verify", "reward")
"""Those that are asked unless others are named."""

MOST = 1e12
"""What no count, no second and no sum of money goes beyond."""

_COUNTS = ("sample", "least", "dimensions", "most_output")
"""Options of some verbs that count something."""


def add_model_options(annotate: argparse.ArgumentParser) -> None:
    """The options of `--backend openai`."""
    group = annotate.add_argument_group("a model behind an OpenAI-compatible interface (--backend openai)")
    add_server_options(group)
    group.add_argument(
        "--labeler",
        action="append",
        choices=NAMES,
        help=f"what is asked; repeat for several (default: {', '.join(USUAL)})",
    )
    group.add_argument("--policies", type=Path, metavar="FILE", help="what safety holds steps to: a line each")
    group.add_argument("--least", type=int, default=3, metavar="N", help="handbook: episodes of a run (default: 3)")
    group.add_argument(
        "--opponents",
        type=int,
        default=8,
        metavar="N",
        help="pairwise: most others of its group that an episode is compared with (default: 8)",
    )
    group.add_argument("--temperature", type=float, default=0.0, help="of the answers (default: 0)")
    group.add_argument(
        "--most-output",
        type=int,
        default=500,
        metavar="N",
        help="tokens of an answer, thoughts included: more for models that reason (default: 500)",
    )
    group.add_argument(
        "--no-pictures",
        action="store_true",
        help="ask by words alone, for models that take no pictures; found out by itself where a server says so",
    )
    group.add_argument("--batch", action="store_true", help="send files of requests: half the price, within a day")
    group.add_argument(
        "--cheap-first",
        action="store_true",
        help="don't ask what the rules decided (annotate by them before); off by default: the labels that they decide"
        " say so, and the labeler has another version. --plan tells what it saves",
    )
    group.add_argument("--where", metavar="SQL", help="only trajectories for which this is true, such as \"app = 'x'\"")
    group.add_argument("--sample", type=int, metavar="N", help="only so many of them, drawn by --seed")
    group.add_argument("--seed", type=int, default=0, help="of the draw (default: 0)")


def add_server_options(group: Any) -> None:
    """The options that say which model of which server is asked, how fast, and what it may cost."""
    group.add_argument("--model", metavar="NAME", help="as the server knows it")
    group.add_argument("--base-url", metavar="URL", help="of the server (default: OPENAI_BASE_URL, else OpenAI's)")
    group.add_argument("--flights", type=int, default=16, metavar="N", help="calls at once (default: 16)")
    group.add_argument(
        "--call-seconds", type=float, default=120.0, metavar="S", help="most for one call (default: 120)"
    )
    group.add_argument("--calls-a-minute", type=float, metavar="N")
    group.add_argument("--tokens-a-minute", type=float, metavar="N")
    group.add_argument("--money", type=float, metavar="USD", help="spend no more than that; needs the model's price")
    group.add_argument("--tokens", type=int, metavar="N", help="spend no more tokens than that, in and out")
    group.add_argument("--prices", type=Path, metavar="FILE", help="TOML: US dollars for a million tokens, by model")


def run_asking(options: argparse.Namespace) -> int:
    """Runs `hindtrace annotate --backend openai`: each labeler in turn, as a job of its own."""
    from labelers.kit.asker import Asker, ModelUse
    from pipelines.annotate.asking import annotate_by_asking, plan_asking
    from pipelines.annotate.needs import supply

    if options.model is None:
        raise ConfigurationError("--backend openai: expected a model by --model NAME, found none")
    names = [name for name in NAMES if name in (options.labeler or USUAL)]
    if options.policies is not None and not any(questionnaire(name).need == "policies" for name in names):
        raise ConfigurationError("--policies: they are for --labeler safety, which is not asked")
    spending, chosen = spending_of(options), _selection(options)
    use = ModelUse(
        options.model,
        options.temperature,
        options.most_output,
        cheap_first=options.cheap_first,
        pictures=not options.no_pictures,
    )
    needs = {name: getattr(options, name) for name in ("policies", "least", "opponents")}
    for name in names:
        needed = supply(questionnaire(name).need, options.lake, **needs)
        check_recorded(options.lake)
        asker, selection = Asker(questionnaire(name)(**needed.arguments), use), chosen.within(needed.only)
        if options.plan:
            summary(f"plan {name}", plan_asking(options.lake, asker, spending, selection))
            if name != names[-1]:
                say(f"what comes after {name} depends on what it writes: plan again when it has run")
            return 0
        with progress(f"Annotating: {name}"):
            done = annotate_by_asking(options.lake, asker, spending, selection=selection, flags=options.flags)
        check_whole(done.counts)
        summary(f"annotate {name}", {**done.counts, "lake changed": "yes" if done.changed else "no"})
        for note in (*done.notes, *_why_so_little(name, done.counts)):
            say(note)
    return 0


def check_recorded(lake: str) -> None:
    """Checks that there is something to label.

    Raises:
        LakeError: if a lake holds no recording, or can't be read.
    """
    from pipelines.lake.delta import open_lake

    if not open_lake(lake).snapshot().rows("trajectories"):
        raise LakeError(f"{lake}: expected recordings, found none: hindtrace ingest brings them in")


def check_whole(counts: Mapping[str, int]) -> None:
    """Checks that not every recording that was to be labelled misses something.

    Raises:
        LakeError: if so.
    """
    missing = counts.get("trajectories that miss something", 0)
    if missing and not counts.get("trajectories"):
        raise LakeError(f"all {missing} trajectories that were to be labelled miss something: see the table `rejects`")


def _why_so_little(name: str, counts: Mapping[str, int]) -> Iterator[str]:
    """What the user should know where questions were not asked."""
    from pipelines.annotate.reading import ASKED, DECIDED

    if left := counts.get("trajectories not finished: questions not asked"):
        yield f"{name}: the budget ended before {left} trajectories: run it again with another to go on"
    if counts.get("trajectories") and not counts.get(ASKED) and not counts.get(DECIDED):
        yield f"{name}: there was nothing to ask about: no goal, task or thing of the kind that it looks at"


def spending_of(options: argparse.Namespace) -> "Spending":
    """What the options of `add_server_options` say.

    Raises:
        ConfigurationError: for a number that can't be, or a table of prices that can't be read.
    """
    from labelers.model.prices import load_prices
    from labelers.model.sending import Endpoint, check_url
    from pipelines.annotate.planning import Spending

    for flag in ("flights", "call_seconds", "calls_a_minute", "tokens_a_minute", "money", "tokens", *_COUNTS):
        value = getattr(options, flag, None)
        if value is not None and not 0 < value <= MOST:
            raise ConfigurationError(f"--{flag.replace('_', '-')}: expected more than 0, to {MOST:g}, found {value}")
    if not math.isfinite(getattr(options, "temperature", 0.0)):
        raise ConfigurationError(f"--temperature: expected a number, found {options.temperature}")
    check_url(options.base_url)
    return Spending(
        endpoint=Endpoint(options.base_url, flights=options.flights, seconds=options.call_seconds),
        price=load_prices(options.prices).of(options.model),
        money=options.money,
        tokens=options.tokens,
        calls_a_minute=options.calls_a_minute,
        tokens_a_minute=options.tokens_a_minute,
        batch=getattr(options, "batch", False),
    )


def _selection(options: argparse.Namespace) -> "Selection":
    from pipelines.agree.views import VIEWS
    from pipelines.annotate.planning import Selection
    from pipelines.lake.delta import open_lake
    from pipelines.lake.sql import connect, query, rows_of

    if options.where is None:
        return Selection(None, options.sample, options.seed)
    connection = connect(open_lake(options.lake), views=VIEWS)
    try:
        _, rows = rows_of(query(connection, f"select trajectory_id from trajectories where ({options.where})"))
    finally:
        connection.close()
    if not rows:
        raise LakeError(f"--where: none of the trajectories is so: {options.where}")
    return Selection(frozenset(row[0] for row in rows), options.sample, options.seed)
