"""Export: a curation becomes a dataset, a folder that needs nothing else.

Pass 1, per bucket, counts rows and image bytes; the number of shards follows from their sums. Pass 2, per bucket,
writes a part for each shard, with the images; pass 3, per shard, merges the parts in order. The folder is made beside
its place, and moved there when it is whole. A job that was killed and is started again counts, writes and merges only
what is not there yet. This file is the graph; `writing` is its stages, `publishing` its end.
"""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import apache_beam as beam

from pipelines.curate.published import published, unfinished
from pipelines.export.formats import format_of
from pipelines.export.publishing import check_out, check_same, left_beside, publish
from pipelines.export.writing import Export, Part, count, kinds, merge, shards_of, write_parts
from pipelines.lake.delta import check_name, open_lake
from pipelines.running.graph import PerKey, Spread, beam_options, run_graph
from pipelines.running.jobs import Summary, begin, package_version
from pipelines.running.work import Report
from schemas.errors import ConfigurationError, LakeError

READS = ("trajectories", "steps", "screens", "instructions", "decisions")
READS_FOR_THOUGHTS = (*READS, "labels", "trees")


def export(
    lake_url: str,
    name: str,
    format_name: str,
    out: Path,
    *,
    thoughts: bool = False,
    replaces: bool = False,
    earlier: bool = False,
    flags: Sequence[str] = (),
) -> Summary:
    """Writes a dataset of a curation into a new folder, or in the place of an earlier one of the same.

    With `thoughts` those that labelers wrote stand before the actions, in a format that can hold them. With `replaces`
    the dataset that is there may be another one. With `earlier` a later curation of that name may have failed.

    Nothing is written into the lake but the job's row in its log of runs.

    Raises:
        ConfigurationError: for an unknown format or curation, or a folder that holds something else.
        LakeError: if the lake can't be read, no row fits, or a later curation of that name is not finished.
        LedgerError: if rows in are not rows out.
    """
    options = beam_options(flags, urls=(lake_url, str(out)))
    form = format_of(format_name, thoughts=thoughts)
    check_name(name)
    try:
        out = out.resolve()  # what a link leads to is replaced, and not the link
    except (OSError, RuntimeError) as error:
        raise ConfigurationError(f"{out}: expected a folder for the dataset, found {error}") from error
    lake = open_lake(lake_url)
    check_out(out, lake)
    configuration = {"name": name, "format": form.name}
    reads = READS_FOR_THOUGHTS if form.thoughts else READS
    asked = {**configuration, "out": str(out), "version": package_version("hindtrace")}
    job = begin(lake, "export", configuration, reads=reads, known_by=asked, resume=True)
    snapshot = job.work.snapshot
    curated, later = published(snapshot, name), unfinished(lake, name)
    there = curated is not None or bool(snapshot.files_of("decisions", curation=name))
    if later is not None and not earlier:
        before = f", or export the one before{f' of {curated}' if curated else ''} by --earlier" if there else ""
        raise LakeError(f"a curation {name} {later}; curate again{before}")
    if not there:
        names = sorted({file.curation for file in snapshot.files["decisions"] if file.curation is not None})
        raise ConfigurationError(f"no curation {name!r} in the lake; there are {', '.join(names) or 'none'}")
    if not replaces:
        check_same(out, snapshot, name, form)
    made = out.with_name(f".{out.name}.{job.work.job[-12:]}.part")
    job = replace(job, work=replace(job.work, folder=str(made / "work")))
    try:
        (made / "data").mkdir(parents=True, exist_ok=True)
        for left in left_beside(out, but=made):
            shutil.rmtree(left)
        if not job.work.is_sound():
            shutil.rmtree(made)
            (made / "data").mkdir(parents=True)
    except OSError as error:
        raise LakeError(f"{out}: expected a place for the dataset, found {error}") from error
    task = Export(job.work, name, form.name, str(made))
    run_graph(partial(write_graph, task), options)
    rows = kinds(job.work)
    publish(task, form, out, rows, curated)
    counts = {f"rows, {kind}": number for kind, number in rows.items()}
    notes = [f"curation {name} of {curated}" if curated is not None else f"curation {name}"]
    try:
        done = job.finish([Report(counts=counts)], notes=notes)
    except LakeError as error:
        # The dataset is there, and whole; the log is for those who may write into the lake.
        notes.append(f"this export is not in the lake's log of runs: {error}")
        done = Summary(job.work.job, changed=True, counts=counts, notes=tuple(notes))
    return replace(done, changed=True)


def write_graph(export: Export, pipeline: beam.Pipeline) -> None:
    """All three passes."""
    buckets = pipeline | "Every bucket" >> Spread(range(export.work.snapshot.buckets))
    numbers = (
        buckets
        | "Count rows and bytes" >> beam.FlatMap(partial(count, export))
        | "Count the shards of a split" >> PerKey(shards_of)
    )
    _ = (
        buckets
        | "Write the parts" >> beam.FlatMap(_write_parts, beam.pvalue.AsList(numbers), export)
        | "Merge the parts of a shard" >> PerKey(partial(merge, export))
    )


def _write_parts(bucket: int, numbers: Sequence[tuple[str, int]], export: Export) -> Iterator[Part]:
    """Beam hands a side input to functions alone, and to no partial one."""
    return write_parts(export, bucket, numbers)
