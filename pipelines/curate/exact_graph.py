"""The graph of exact duplicates: keys are shuffled, rows stay in their files and are read a second time.

Pass 1 reads the key columns of each file, keeps the best row of each key, and sends a record of 32 bytes for it to the
partition of the key; there the best of all files is found, and each other one is told to its file.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, TypeAlias

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from apache_beam.pvalue import TaggedOutput

from pipelines.curate.duplicates import exact
from pipelines.lake.delta import filesystem_of
from pipelines.running.threads import ThreadedFn

COLUMNS = ("key", "rank", "trajectory_id")
"""What a file that is compared must have: a key of 16 bytes or null, a rank (the lower the better), an id."""

Numbered: TypeAlias = tuple[int, str]
"""A file by its number and its URL."""

Sent = TaggedOutput[Literal["sent"], tuple[int, bytes]]
"""Records, packed, on their way to their partition."""


class FindDuplicates(beam.PTransform[Any, Any]):
    """From numbered files to what each of them loses, packed: at least one element a file.

    `partitions` is a power of two, and comes from the lake.
    """

    def __init__(self, partitions: int) -> None:
        super().__init__()
        self._partitions = partitions

    def expand(self, files: "beam.PCollection[Numbered]") -> "beam.PCollection[tuple[int, bytes]]":
        """The graph."""
        own = files | "Read the keys" >> beam.ParDo(_ReadKeysFn(self._partitions)).with_input_types(
            Numbered
        ).with_output_types(tuple[int, bytes]).with_outputs("sent", main="own")
        others = own.sent | "By partition" >> beam.GroupByKey() | "Find the best" >> beam.ParDo(_FindBestFn())
        return (own.own, others) | "All that is lost" >> beam.Flatten()


class _ReadKeysFn(ThreadedFn):
    """Its own losers go out at once; the best row of each key is sent to be compared with those of other files."""

    def __init__(self, partitions: int) -> None:
        self._partitions = partitions

    def work(self, element: Numbered) -> Iterator[tuple[int, bytes] | Sent]:
        number, url = element
        keys, ranks, ids = read_columns(url, COLUMNS)
        best, lost, index = exact.first_of_each(exact.records(keys, ranks, ids, file=number))
        yield number, exact.pack(exact.own_losers(best, lost, index), exact.LOSER)
        for partition, found in exact.partitions(best, self._partitions).items():
            yield Sent("sent", (partition, exact.pack(found, exact.RECORD)))


class _FindBestFn(ThreadedFn):
    def work(self, element: tuple[int, Iterable[bytes]]) -> Iterator[tuple[int, bytes]]:
        parts = [exact.unpack(data, exact.RECORD) for data in element[1]]
        for number, lost in exact.losers(parts).items():
            yield number, exact.pack(lost, exact.LOSER)


def lost_rows(parts: Iterable[bytes], *, file: int) -> exact.Losers:
    """What a file loses, in order of its rows, each with the row that is kept in the end."""
    return exact.merged((exact.unpack(data, exact.LOSER) for data in parts), file=file)


def read_columns(url: str, names: Iterable[str]) -> list[pa.Array]:
    """Columns of a file of a job's work folder, each as one array; ids come as a dictionary."""
    filesystem, path = filesystem_of(url)
    with pq.ParquetFile(path, filesystem=filesystem, read_dictionary=["trajectory_id"], pre_buffer=False) as file:
        table = file.read(list(names), use_threads=False)
    return [table[name].combine_chunks() for name in names]


class KeepFirstFn(ThreadedFn):
    """Writes the rows of each file that are kept, under the file's number, as Parquet."""

    def __init__(self, files: Mapping[int, str], out: str) -> None:
        self._files, self._out = files, out

    def work(self, element: tuple[int, Iterable[bytes]]) -> tuple[()]:
        number, parts = element
        lost = lost_rows(parts, file=number)
        filesystem, path = filesystem_of(self._files[number])
        to, base = filesystem_of(self._out)
        with pq.ParquetFile(path, filesystem=filesystem, pre_buffer=False) as file:
            kept = np.ones(file.metadata.num_rows, bool)
            kept[lost["row"]] = False
            schema, start = file.schema_arrow, 0
            with pq.ParquetWriter(
                f"{base}/{number:05d}.parquet", schema, filesystem=to, compression="zstd", compression_level=1
            ) as writer:
                for group in range(file.num_row_groups):  # one at a time, so that a larger file takes no more memory
                    rows = file.read_row_group(group, use_threads=False)
                    writer.write_table(rows.filter(pa.array(kept[start : start + rows.num_rows])))
                    start += rows.num_rows
        return ()
