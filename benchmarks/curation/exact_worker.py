"""One deduplication in a process of its own.

python -m benchmarks.curation.exact_worker duckdb|hindtrace IN OUT [FLAGS OF BEAM ...]
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
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

    from pipelines.curate.job import FindDuplicates
    from pipelines.running.graph import beam_options, run_graph
    from pipelines.running.threads import ThreadedFn

    out.mkdir()
    files = [(number, str(path)) for number, path in enumerate(sorted(source.glob("*.parquet")))]

    def build(pipeline: beam.Pipeline) -> None:
        numbered = pipeline | beam.Create(files) | beam.Reshuffle()
        lost = numbered | FindDuplicates(1 << (len(files) - 1).bit_length())
        _ = lost | beam.GroupByKey() | beam.ParDo(ThreadedFn(partial(keep_first, dict(files), out)))

    run_graph(build, beam_options(flags, urls=(str(source), str(out))))


def keep_first(files: Mapping[int, str], out: Path, element: tuple[int, Iterable[bytes]]) -> tuple[()]:
    """Writes the rows of a file that are kept, under the file's number, as Parquet."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    from pipelines.curate.settling import lost_rows

    number, parts = element
    with pq.ParquetFile(files[number], pre_buffer=False) as file:
        kept = np.ones(file.metadata.num_rows, bool)
        kept[lost_rows(parts, file=number)["row"]] = False
        schema, start = file.schema_arrow, 0
        path = out / f"{number:05d}.parquet"
        with pq.ParquetWriter(path, schema, compression="zstd", compression_level=1) as writer:
            for group in range(file.num_row_groups):  # one at a time, so that a larger file takes no more memory
                rows = file.read_row_group(group, use_threads=False)
                writer.write_table(rows.filter(pa.array(kept[start : start + rows.num_rows])))
                start += rows.num_rows
    return ()


if __name__ == "__main__":
    way, source, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    (duckdb_way if way == "duckdb" else hindtrace_way)(source, out, sys.argv[4:])
