"""The screens of a bucket, one at a time: an image costs its row group and no more."""

from collections import OrderedDict
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.lake.delta import DataFile, Snapshot
from pipelines.lake.parquet import open_parquet
from schemas.errors import LakeError
from schemas.files import filesystem_of
from schemas.records import Screen

GROUPS_IN_MEMORY = 2


class Screens:
    """Images by id; steps use them in about the order in which they are stored, so few groups are kept."""

    def __init__(self, snapshot: Snapshot, bucket: int) -> None:
        self._snapshot = snapshot
        self._places: dict[str, tuple[DataFile, int, int]] = {}
        self._averages: dict[tuple[str, int], int] = {}
        self._groups: OrderedDict[tuple[str, int], pa.Table] = OrderedDict()
        filesystem, base = filesystem_of(snapshot.url)
        for file in snapshot.files_of("screens", bucket=bucket):
            with open_parquet(filesystem, f"{base}/{file.path}") as parquet:
                for group in range(parquet.num_row_groups):
                    self._averages[file.path, group] = _average(parquet, group)
                    names = _rows(parquet, f"{base}/{file.path}", group, ["screen"])["screen"].to_pylist()
                    self._places.update({name: (file, group, row) for row, name in enumerate(names)})

    def __contains__(self, screen: object) -> bool:
        """Whether the bucket has the image."""
        return screen in self._places

    def __iter__(self) -> Iterator[str]:
        """The ids in the order in which they are stored."""
        return iter(self._places)

    def data(self, screen: str) -> bytes:
        """The image's file.

        Raises:
            KeyError: if the bucket does not have it.
        """
        file, group, row = self._places[screen]
        found: bytes = self._group(file, group)["image"][row]["bytes"].as_py()
        return found

    def size(self, screen: str) -> int:
        """About how many bytes the image has: the average of its row group, which costs no reading.

        Raises:
            KeyError: if the bucket does not have it.
        """
        file, group, _ = self._places[screen]
        return self._averages[file.path, group]

    def __call__(self, screen: str) -> Screen:
        """The image with its size and format.

        Raises:
            KeyError: if the bucket does not have it.
        """
        file, group, row = self._places[screen]
        rows = self._group(file, group)
        width, height, format_ = (rows[name][row].as_py() for name in ("width", "height", "format"))
        return Screen(rows["image"][row]["bytes"].as_py(), width, height, format_)

    def _group(self, file: DataFile, group: int) -> pa.Table:
        place = (file.path, group)
        if place in self._groups:
            self._groups.move_to_end(place)
            return self._groups[place]
        filesystem, base = filesystem_of(self._snapshot.url)
        with open_parquet(filesystem, f"{base}/{file.path}") as parquet:
            rows = _rows(parquet, f"{base}/{file.path}", group)
        self._groups[place] = rows
        if len(self._groups) > GROUPS_IN_MEMORY:
            self._groups.popitem(last=False)
        return rows


def _rows(parquet: pq.ParquetFile, path: str, group: int, columns: list[str] | None = None) -> pa.Table:
    try:
        return parquet.read_row_group(group, columns)
    except (OSError, pa.ArrowException) as error:
        raise LakeError(f"{path}: the file is damaged: {error}") from error


def _average(parquet: pq.ParquetFile, group: int) -> int:
    found = parquet.metadata.row_group(group)
    sizes = (found.column(index) for index in range(found.num_columns))
    total = sum(one.total_uncompressed_size for one in sizes if one.path_in_schema == "image.bytes")
    return int(total) // max(1, found.num_rows)
