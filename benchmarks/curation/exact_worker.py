"""One deduplication in a process of its own.

python -m benchmarks.curation.exact_worker duckdb|hindtrace IN OUT [FLAGS OF BEAM ...]
"""

import sys
from collections.abc import Sequence
from pathlib import Path


def duckdb_way(source: Path, out: Path, flags: Sequence[str] = ()) -> None:
    """One statement: the best row of each key, into Parquet."""
    del flags  # it knows no other engine
    import duckdb

    duckdb.sql(
        f"copy (select * from read_parquet('{source}/*.parquet') qualify row_number() over "
        f"(partition by key order by rank, trajectory_id, step_index) = 1) to '{out}' "
        "(format parquet, compression zstd, per_thread_output true)"
    )


def hindtrace_way(source: Path, out: Path, flags: Sequence[str] = ()) -> None:
    """The graph of `curate`'s first tier, with its kernels."""
    import apache_beam as beam

    from pipelines.curate.exact_graph import FindDuplicates, KeepFirstFn
    from pipelines.running.work import beam_options, run_graph

    out.mkdir()
    files = [(number, str(path)) for number, path in enumerate(sorted(source.glob("*.parquet")))]

    def build(pipeline: beam.Pipeline) -> None:
        numbered = pipeline | beam.Create(files) | beam.Reshuffle()
        lost = numbered | FindDuplicates(1 << (len(files) - 1).bit_length())
        _ = lost | beam.GroupByKey() | beam.ParDo(KeepFirstFn(dict(files), str(out)))

    run_graph(build, beam_options(flags, urls=(str(source), str(out))))


if __name__ == "__main__":
    way, source, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    (duckdb_way if way == "duckdb" else hindtrace_way)(source, out, sys.argv[4:])
