"""The screens of a bucket, one at a time: an image costs its row group and no more.

The files are not read whole to hold them against their digests: an image is held against its own id, which is its
sha256, and its size against what the image says.
"""

from collections import OrderedDict
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.lake.delta import DataFile, Snapshot
from pipelines.lake.parquet import open_parquet
from schemas.errors import LakeError, SchemaError
from schemas.files import filesystem_of
from schemas.keys import content_id
from schemas.records import Screen
from schemas.visual import FORMATS, image_size

GROUPS_IN_MEMORY = 2


class Screens:
    """Images by id; steps use them in about the order in which they are stored, so few groups are kept."""

    def __init__(self, snapshot: Snapshot, bucket: int) -> None:
        self._snapshot, self._bucket = snapshot, bucket
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
            LakeError: if it is not what was written.
        """
        return self(screen).data

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
            LakeError: if it is not what was written.
        """
        file, group, row = self._places[screen]
        rows = self._group(file, group)
        width, height, format_ = (rows[name][row].as_py() for name in ("width", "height", "format"))
        data = rows["image"][row]["bytes"].as_py()
        if not _is_as_written(screen, data, width, height) or format_ not in FORMATS:
            base = filesystem_of(self._snapshot.url)[1]
            raise LakeError(
                f"{base}/{file.path}: expected a data file of the lake, found that screen {screen} in it is not what "
                "was written: put the file back from a copy; nothing was changed"
            )
        return Screen(data, width, height, format_)

    def missing(self, screen: str) -> LakeError:
        """The error for a screen that the bucket lacks: it names a file that is damaged, if one is.

        Raises:
            LakeError: for the file.
        """
        self._snapshot.check("screens", bucket=self._bucket)
        return LakeError(f"screen {screen} is missing from its bucket {self._bucket}")

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
        rows = parquet.read_row_group(group, columns)
        rows.validate(full=True)  # nobody knows yet whether the file is what was written
        return rows
    except (OSError, pa.ArrowException) as error:
        raise LakeError(f"{path}: the file is damaged: {error}") from error


def _is_as_written(screen: str, data: bytes | None, width: int, height: int) -> bool:
    """Whether an image has its id, and the size that its row says."""
    if data is None or content_id(data) != screen:
        return False
    try:
        return image_size(data) == (width, height)
    except SchemaError:
        return True  # an image that nobody can read is a fact as well


def _average(parquet: pq.ParquetFile, group: int) -> int:
    held = parquet.metadata.row_group(group)
    columns = (held.column(index) for index in range(held.num_columns))
    total = sum(each.total_uncompressed_size for each in columns if each.path_in_schema == "image.bytes")
    return int(total) // max(1, held.num_rows)
