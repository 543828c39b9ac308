"""Annotate by a model, in three phases: plan what is not answered yet, call, and read the answers.

The plan counts the requests of every bucket, with the most that they can cost. The calls go out many at once,
trajectory after trajectory and the fixed part of a prompt first, so that a server can keep it; each answer is in the
call log within a second. Reading is a pure function of episodes, earlier instructions and answers: a trajectory is read
when all its questions have an answer, or a failure that came again after all tries.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import apache_beam as beam
from apache_beam.options.pipeline_options import StandardOptions

from labelers.kit.asker import Asker
from labelers.model.answers import NO_COMPLETION
from labelers.model.sending import PicturesRefused
from pipelines.annotate.call_log import known_calls
from pipelines.annotate.calling import HEARD, NO_PICTURES, ask_group
from pipelines.annotate.planning import Asking, Selection, Spending, begin_asking, planned, shares_of, unruled
from pipelines.annotate.reading import ASKED, DECIDED, IN_VAIN, USELESS, read_bucket
from pipelines.lake.delta import open_lake
from pipelines.running.graph import LOCAL_RUNNERS, Spread, beam_options, run_graph
from pipelines.running.jobs import Summary
from pipelines.running.work import Report
from schemas.errors import ConfigurationError, ModelError

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

    Where the server says that the model takes no pictures, it is asked by words alone, as another version.

    Raises:
        ConfigurationError: for a budget in money without a price, a server that needs a key and gets none, or a
            labeler that leaves to the rules what they decided, in a lake where they decided nothing.
        LakeError: if the lake can't be read or written.
        ModelError: if the server refuses every call, or gave no usable answer; what it answered is kept for the next
            run.
    """
    try:
        return _annotate(lake_url, asker, spending, selection or Selection(), flags)
    except PicturesRefused as refused:
        done = _annotate(lake_url, asker.in_words(), spending, selection or Selection(), flags)
        said = f"{refused}: it was asked by words alone, as --no-pictures asks at once"
        return replace(done, notes=(said, *done.notes))


def _annotate(lake_url: str, asker: Asker, spending: Spending, selection: Selection, flags: Sequence[str]) -> Summary:
    options = beam_options(flags, urls=(lake_url,))
    lake = open_lake(lake_url)
    task = begin_asking(lake, asker, spending, selection)
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
        _end_if_useless(task, [task.work.report(group[0], stage=HEARD) for group in groups])
        reports = [task.work.report(bucket) for bucket in buckets]
        if (saved := _saved(reports)) is not None:
            reports = [*reports, Report(counts={SAVED: saved})]
    summary = task.job.finish(reports)
    task.log.clear()
    questions = summary.counts.get(ASKED, 0)
    if summary.counts.get(IN_VAIN) or (questions and summary.counts.get(USELESS) == questions):
        raise ModelError(_in_vain(task, buckets))
    return summary


def _end_if_useless(task: Asking, heard: Sequence[Report]) -> None:
    """Ends a job whose server made all other questions useless; what it answered is in the log."""
    for report in heard:
        for note in report.notes:
            task.work.clear()
            if report.counts.get(NO_PICTURES):
                task.log.clear()  # it holds nothing but that
                raise PicturesRefused(note)
            raise ModelError(note)


def _in_vain(task: Asking, buckets: Sequence[int]) -> str:
    """What happened where no question was answered, how often, and what to do."""
    snapshot, names = task.job.lake.snapshot(), {name for bucket in buckets for name in task.todo(bucket)}
    known = [call for bucket in buckets for call in known_calls(snapshot, task.log, bucket, task.asker)[0].values()]
    calls = [call for call in known if call.trajectory_id in names and task.asker.fields(call) is None]
    # What an earlier reading could use and today's can't is malformed as well.
    statuses = Counter("malformed" if call.status == "ok" else call.status for call in calls)
    (error, times), *_ = Counter(call.error or call.status for call in calls).most_common(1)
    counted = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items()))
    most = max(statuses, key=lambda name: (statuses[name], name))
    what = _WHAT_TO_DO[error if error == NO_COMPLETION else most]
    found = f"none of {len(calls)} questions got a usable answer ({counted})"
    return f"{task.asker.name}: {found}; {times} times: {error}; {what}"


_WHAT_TO_DO = {
    "failed": "see that the server answers, and run it again",
    "malformed": "what was said is in `calls`: try another model, or --most-output for one that reasons",
    "refused": "try another model",
    NO_COMPLETION: "see that --base-url is that of a chat interface, such as http://localhost:8000/v1",
}


def _saved(reports: Sequence[Report]) -> int | None:
    """US cents that the rules saved, by what a question of this run cost on average; None where nothing was paid."""
    calls = sum(count for report in reports for name, count in report.counts.items() if name.startswith("calls "))
    decided, money = sum(report.counts.get(DECIDED, 0) for report in reports), sum(report.money for report in reports)
    return round(100 * decided * money / calls) if decided and calls and money else None
