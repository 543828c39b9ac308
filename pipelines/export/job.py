"""Export: a curation becomes a dataset, a folder that needs nothing else.

Per bucket the rows are made, once, and without their pictures; what says the same is cut across the buckets; per bucket
rows and image bytes are counted, from which the number of shards follows, and a part is written for each shard, with
the images; per shard the parts are merged in order. The folder is made beside its place, and moved there when it is
whole. A job that was killed and is started again makes, counts, writes and merges only what is not there yet. This file
is the graph; `writing` is its stages, `publishing` its end.
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import apache_beam as beam

from pipelines.curate.published import published, unfinished
from pipelines.export.formats import format_of
from pipelines.export.publishing import check_out, check_same, left_beside, publish, why_left_out
from pipelines.export.voice import Voice
from pipelines.export.writing import (
    SAME,
    Export,
    Kept,
    Part,
    count,
    cut,
    kinds,
    left_out,
    make,
    merge,
    shards_of,
    write_parts,
)
from pipelines.lake.delta import check_name, open_lake
from pipelines.running.graph import PerKey, Spread, beam_options, run_graph
from pipelines.running.jobs import Summary, begin, package_version
from pipelines.running.work import Report
from schemas.errors import ConfigurationError, LakeError

READS = ("trajectories", "steps", "screens", "instructions", "decisions")


def export(
    lake_url: str,
    name: str,
    format_name: str,
    out: Path,
    *,
    voice: Voice | None = None,
    same: int = SAME,
    replaces: bool = False,
    earlier: bool = False,
    flags: Sequence[str] = (),
) -> Summary:
    """Writes a dataset of a curation into a new folder, or in the place of an earlier one of the same.

    `voice` says how its rows are told, in our own words where there is none; its thoughts are those that labelers
    wrote, in a format that can hold them. `same` is how many rows may say the same. With `replaces` the dataset that is
    there may be another one. With `earlier` a later curation of that name may have failed.

    Nothing is written into the lake but the job's row in its log of runs.

    Raises:
        ConfigurationError: for an unknown format or curation, or a folder that holds something else.
        LakeError: if the lake can't be read, no row fits, or a later curation of that name is not finished.
        LedgerError: if rows in are not rows out.
    """
    options = beam_options(flags, urls=(lake_url, str(out)))
    voice = voice or Voice()
    form = format_of(format_name, thoughts=voice.thoughts)
    if same < 1:
        raise ConfigurationError(f"expected at least one row of those that say the same, found {same}")
    check_name(name)
    try:
        out = out.resolve()  # what a link leads to is replaced, and not the link
    except (OSError, RuntimeError) as error:
        raise ConfigurationError(f"{out}: expected a folder for the dataset, found {error}") from error
    lake = open_lake(lake_url)
    check_out(out, lake)
    configuration = {"name": name, "format": form.name, "same": same, **voice.told()}
    more = {"labels": voice.thoughts, "trees": voice.thoughts or form.places or form.trees}
    reads = (*READS, *(table for table, read in more.items() if read))
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
        check_same(out, snapshot, name, form, voice)
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
    task = Export(job.work, name, form.name, str(made), voice, same)
    run_graph(partial(write_graph, task), options)
    rows = kinds(job.work)
    out_of_it = why_left_out(left_out(job.work))
    publish(task, out, rows, curated)
    counts = {f"rows, {kind}": number for kind, number in rows.items()}
    counts |= {f"left out: {why}": number for why, number in out_of_it.items()}
    notes = [f"curation {name} of {curated}" if curated is not None else f"curation {name}"]
    try:
        done = job.finish([Report(counts=counts)], notes=notes)
    except LakeError as error:
        # The dataset is there, and whole; the log is for those who may write into the lake.
        notes.append(f"this export is not in the lake's log of runs: {error}")
        done = Summary(job.work.job, changed=True, counts=counts, notes=tuple(notes))
    return replace(done, changed=True)


def write_graph(export: Export, pipeline: beam.Pipeline) -> None:
    """All passes."""
    buckets = pipeline | "Every bucket" >> Spread(range(export.work.snapshot.buckets))
    kept = (
        buckets
        | "Make the rows" >> beam.FlatMap(partial(make, export))
        | "Cut what says the same" >> PerKey(partial(cut, export.same))
    )
    numbers = (
        buckets
        | "Count rows and bytes" >> beam.FlatMap(_count, beam.pvalue.AsList(kept), export)
        | "Count the shards of a split" >> PerKey(shards_of)
    )
    _ = (
        buckets
        | "Write the parts" >> beam.FlatMap(_write_parts, beam.pvalue.AsList(numbers), beam.pvalue.AsList(kept), export)
        | "Merge the parts of a shard" >> PerKey(partial(merge, export))
    )


def _count(bucket: int, kept: Sequence[Kept], export: Export) -> Iterator[tuple[str, tuple[int, int]]]:
    """Beam hands a side input to functions alone, and to no partial one."""
    return count(export, bucket, _by_word(kept))


def _write_parts(
    bucket: int, numbers: Sequence[tuple[str, int]], kept: Sequence[Kept], export: Export
) -> Iterator[Part]:
    return write_parts(export, bucket, numbers, _by_word(kept))


def _by_word(kept: Sequence[Kept]) -> Mapping[str, frozenset[str]]:
    return {says: frozenset(orders) for says, orders in kept}
