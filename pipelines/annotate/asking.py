"""Annotate by a model, in three phases: plan what is not answered yet, call, and read the answers.

The plan counts the requests of every bucket, with the most that they can cost. The calls go out many at once,
trajectory after trajectory and the fixed part of a prompt first, so that a server can keep it; each answer is in the
call log within a second. Reading is a pure function of episodes, earlier instructions and answers: a trajectory is read
when all its questions have an answer, or a failure that came again after all tries.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import apache_beam as beam
from apache_beam.options.pipeline_options import StandardOptions

from labelers.kit.asker import Asker
from pipelines.annotate.calling import ask_group
from pipelines.annotate.planning import (
    Selection,
    Spending,
    begin_asking,
    planned,
    shares_of,
    unruled,
)
from pipelines.annotate.reading import DECIDED, read_bucket
from pipelines.lake.delta import open_lake
from pipelines.running.graph import LOCAL_RUNNERS, Spread, beam_options, run_graph
from pipelines.running.jobs import Summary
from pipelines.running.work import Report
from schemas.errors import ConfigurationError

SAVED = "US cents saved by rules, by estimate"


def plan_asking(lake_url: str, asker: Asker, spending: Spending, selection: Selection) -> dict[str, object]:
    """What `annotate_by_asking` would ask now, and what it would cost at most; asks nothing.

    Where rules can decide for the labeler, it tells the figures with and without that.

    Raises:
        LakeError: if the lake can't be read.
    """
    lake = open_lake(lake_url)
    task, priced = begin_asking(lake, asker, spending, selection), spending.price is not None
    buckets = range(lake.buckets)
    figures = planned(task, buckets).named(priced=priced)
    if not asker.questionnaire.decidable:
        return figures
    otherwise = replace(asker, use=replace(asker.use, cheap_first=not asker.cheap_first))
    kind = "without --cheap-first" if asker.cheap_first else "with --cheap-first"
    costs = planned(replace(task, asker=otherwise), buckets).costs(priced=priced)
    figures |= {f"{kind}: {name}": value for name, value in costs.items()}
    figures["trajectories that the rules have not seen"] = len(unruled(task))
    return figures


def annotate_by_asking(
    lake_url: str,
    asker: Asker,
    spending: Spending,
    *,
    selection: Selection | None = None,
    flags: Sequence[str] = (),
) -> Summary:
    """Asks a model about every selected trajectory that this labeler has not seen.

    Raises:
        ConfigurationError: for a budget in money without a price, a server that needs a key and gets none, or a
            labeler that leaves to the rules what they decided, in a lake where they decided nothing.
        LakeError: if the lake can't be read or written.
        ModelError: if the server refuses every call; what was answered is kept for the next run.
    """
    options = beam_options(flags, urls=(lake_url,))
    lake = open_lake(lake_url)
    task = begin_asking(lake, asker, spending, selection or Selection())
    spending.budget()  # refuses what can't be, before anything runs
    buckets = sorted({bucket for bucket in range(lake.buckets) if task.todo(bucket)})
    todo = sum(len(task.todo(bucket)) for bucket in buckets)
    if asker.cheap_first and buckets and len(unruled(task)) == todo:
        raise ConfigurationError("cheap first: expected labels of the rules, found none: annotate by them before")
    reports: Sequence[Report] = ()
    if buckets:
        asyncio.run(spending.endpoint.connect().close())
        local = options.view_as(StandardOptions).runner in LOCAL_RUNNERS
        groups = [tuple(buckets)] if local else [(bucket,) for bucket in buckets]
        shares = shares_of(task, groups)

        def build(pipeline: beam.Pipeline) -> None:
            asked = (
                pipeline
                | "Every group" >> Spread(list(zip(groups, shares, strict=True)))
                | "Ask the model" >> beam.Map(partial(ask_group, task))
                | "Together" >> beam.combiners.ToList()
            )
            every = pipeline | "Every bucket" >> Spread(buckets)
            _ = every | "Read the answers" >> beam.Map(partial(read_bucket, task), beam.pvalue.AsSingleton(asked))

        run_graph(build, options)
        reports = [task.work.report(bucket) for bucket in buckets]
        if (saved := _saved(reports)) is not None:
            reports = [*reports, Report(counts={SAVED: saved})]
    summary = task.job.finish(reports)
    task.log.clear()
    return summary


def _saved(reports: Sequence[Report]) -> int | None:
    """US cents that the rules saved, by what a question of this run cost on average; None where nothing was paid."""
    calls = sum(count for report in reports for name, count in report.counts.items() if name.startswith("calls "))
    decided, money = sum(report.counts.get(DECIDED, 0) for report in reports), sum(report.money for report in reports)
    return round(100 * decided * money / calls) if decided and calls and money else None
