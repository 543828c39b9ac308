"""Beam: its options, the run of a graph to its end, and the few transforms of which the graphs of all jobs are made.

A job's graph calls plain functions, which know nothing of Beam.
"""

import argparse
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, TypeAlias

import apache_beam as beam
from apache_beam.options.pipeline_options import DirectOptions, PipelineOptions, PortableOptions, StandardOptions
from apache_beam.runners.portability.fn_api_runner.fn_runner import FnApiRunner

from pipelines.lake.delta import is_local
from pipelines.running.threads import ThreadedFn
from pipelines.running.workers import watched
from schemas.errors import ConfigurationError, LakeError

LOCAL_RUNNERS = frozenset({None, "DirectRunner", "FnApiRunner"})
OfKey: TypeAlias = Callable[[Any, Iterable[Any]], Iterable[Any]]
"""What becomes of a key and of all values under it."""

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})


def run_graph(build: Callable[[beam.Pipeline], None], options: PipelineOptions) -> None:
    """Runs the graph that `build` makes, on the runner that the options name, and waits for its end.

    Raises:
        LakeError: if a worker in another process failed, or a file could not be read or written; in this process any
            other error comes through.
    """
    local = options.view_as(StandardOptions).runner in LOCAL_RUNNERS
    # By name: Beam's default local runner would download another engine and fall back without a word.
    pipeline = beam.Pipeline(runner=FnApiRunner(), options=options) if local else beam.Pipeline(options=options)
    build(pipeline)

    def run() -> None:
        pipeline.run().wait_until_finish()

    processes = local and options.view_as(DirectOptions).direct_running_mode == "multi_processing"
    try:
        if processes:
            watched(run)
        else:
            run()
    except (RuntimeError, OSError) as error:
        lines = [line for line in str(error).splitlines() if line.strip()]
        raise LakeError(f"a worker failed: {lines[-1].strip() if lines else error}") from error


def beam_options(flags: Sequence[str], *, urls: Iterable[str]) -> PipelineOptions:
    """The flags as Beam's options, checked before anything is done; `urls` are what the workers must see.

    Raises:
        ConfigurationError: for a flag that Beam does not know, the Dask runner, or a remote runner with a local path.
    """
    unknown = unknown_flags(flags)
    if unknown:
        raise ConfigurationError(f"unknown option {unknown[0]}: neither Hindtrace nor Beam knows it")
    options = PipelineOptions(list(flags))
    runner = options.view_as(StandardOptions).runner
    if runner is not None and "dask" in runner.lower():
        raise ConfigurationError("the Dask runner loses data without a word (Beam 2.77): choose Flink, Spark or none")
    nearby = [url for url in urls if is_local(url)]
    if runner not in LOCAL_RUNNERS and nearby and not _works_here(options):
        raise ConfigurationError(
            f"{runner} works on other machines, which don't see {nearby[0]}: give a URL, or workers of this machine by "
            "--environment_type=LOOPBACK"
        )
    return options


def _works_here(options: PipelineOptions) -> bool:
    """Whether the workers are of this machine, and see what it sees."""
    portable = options.view_as(PortableOptions)
    if portable.environment_type == "EXTERNAL":
        host = str(portable.environment_config or "").rpartition(":")[0]
        return host in LOCAL_HOSTS
    return bool(portable.environment_type == "LOOPBACK")


def unknown_flags(flags: Sequence[str]) -> list[str]:
    """Those of the flags that Beam's own parser does not know.

    Raises:
        ConfigurationError: if it knows one and does not take its value.
    """
    from apache_beam.options.pipeline_options import _BeamArgumentParser

    parser = _BeamArgumentParser(allow_abbrev=False, exit_on_error=False)
    for options in dict.fromkeys(PipelineOptions.__subclasses__()):
        options._add_argparse_args(parser)
    try:
        return list(parser.parse_known_args(list(flags))[1])
    except (argparse.ArgumentError, SystemExit) as error:
        raise ConfigurationError(f"Beam does not take these options: {error}") from error


class Spread(beam.PTransform[Any, Any]):
    """What a graph begins with, such as the numbers of all buckets, spread over the workers."""

    def __init__(self, elements: Iterable[Any]) -> None:
        super().__init__()
        self._elements = elements

    def expand(self, start: Any) -> Any:
        """The graph."""
        return start | "All of them" >> beam.Create(self._elements) | "Spread them" >> beam.Reshuffle()


class PerKey(beam.PTransform[Any, Any]):
    """Calls a function with each key and all values under it, which come in no order."""

    def __init__(self, function: OfKey, *, threaded: bool = False) -> None:
        super().__init__()
        self._function, self._threaded = function, threaded

    def expand(self, pairs: Any) -> Any:
        """The graph."""
        call = partial(_unpacked, self._function)
        each = beam.ParDo(ThreadedFn(call)) if self._threaded else beam.FlatMap(call)
        return pairs | "Group" >> beam.GroupByKey() | "Each group" >> each


class PerBucket(beam.PTransform[Any, Any]):
    """Calls a function with each bucket and what collections have under its number, be it nothing."""

    def __init__(self, function: OfKey, buckets: int) -> None:
        super().__init__()
        self._function, self._buckets = function, buckets

    def expand(self, collections: Any) -> Any:
        """The graph."""
        several = collections if isinstance(collections, tuple) else (collections,)
        buckets = [(bucket, None) for bucket in range(self._buckets)]
        nothing = several[0].pipeline | "Every bucket" >> beam.Create(buckets)
        together = (*several, nothing) | "Flatten" >> beam.Flatten()
        return together | "Each bucket" >> PerKey(partial(_without_nothing, self._function))


def branches(function: Callable[[Any], Iterable[tuple[str, Any]]], *names: str, threaded: bool = False) -> Any:
    """Calls a function that says of each thing that it gives into which of several collections it goes."""
    call = partial(_tagged, function)
    each = beam.ParDo(ThreadedFn(call)) if threaded else beam.FlatMap(call)
    return each.with_outputs(*names)


def _unpacked(function: OfKey, pair: tuple[Any, Iterable[Any]]) -> Iterable[Any]:
    return function(*pair)


def _without_nothing(function: OfKey, bucket: int, values: Iterable[Any]) -> Iterable[Any]:
    return function(bucket, (value for value in values if value is not None))


def _tagged(function: Callable[[Any], Iterable[tuple[str, Any]]], element: Any) -> Iterator[Any]:
    for name, value in function(element):
        yield beam.pvalue.TaggedOutput(name, value)
