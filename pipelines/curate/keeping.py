"""What a curation's stages found of a bucket, kept for the next one of that name: unchanged buckets are not redone.

    LAKE/_kept/NAME/STAGE/00003/DIGEST.json       what was found, by the digest of all that it was made from
    LAKE/_kept/NAME/STAGE/00003/PART.parquet      and the rows of each part

Nothing is read from here that is not what its digest says, and all of it may be removed at any time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow.fs

from pipelines.lake.parquet import write_once
from pipelines.running.work import HandOver, Work
from schemas.errors import SchemaError
from schemas.files import filesystem_of
from schemas.keys import canonical_json, content_id, key, parse_json

KEPT = "_kept"


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where a curation finds what is kept of it, and of the one that it is made from."""

    name: str
    source: str | None = None

    def holds(self, work: Work, stage: str, bucket: int, digest: str) -> bool:
        """Whether something is kept that was made from what has this digest."""
        names = [name for name in (self.name, self.source) if name is not None]
        places = [_place(work, name, stage, bucket) for name in names]
        kinds = [filesystem.get_file_info(f"{base}/{digest}.json").type for filesystem, base in places]
        return pyarrow.fs.FileType.File in kinds

    def take(
        self, work: Work, stage: str, bucket: int, digest: str, parts: Sequence[HandOver]
    ) -> Mapping[str, int] | None:
        """Hands the parts over that were made from what has this digest, and returns their counts; None without any."""
        for name in (self.name, self.source):
            kept = None if name is None else _read(work, name, stage, bucket, digest, parts)
            if kept is not None:
                files, counts = kept
                for part, data in zip(parts, files, strict=True):
                    work.hand_over_file(part, data, bucket)
                return counts
        return None

    def put(
        self, work: Work, stage: str, bucket: int, digest: str, parts: Sequence[HandOver], counts: Mapping[str, int]
    ) -> None:
        """Keeps the parts that a stage has handed over, in the place of what was kept of the bucket before."""
        filesystem, base = _place(work, self.name, stage, bucket)
        if filesystem.get_file_info(base).type != pyarrow.fs.FileType.NotFound:
            filesystem.delete_dir(base)
        rows = {part.name: work.handed_file(part, bucket) for part in parts}
        for part, data in rows.items():
            write_once(filesystem, f"{base}/{part}.parquet", data)
        manifest = {"parts": {part: content_id(data) for part, data in rows.items()}, "counts": dict(counts)}
        write_once(filesystem, f"{base}/{digest}.json", canonical_json({**manifest, "key": key("kept", manifest)}))


def _read(
    work: Work, name: str, stage: str, bucket: int, digest: str, parts: Sequence[HandOver]
) -> tuple[list[bytes], Mapping[str, int]] | None:
    """Parts and counts, unless one of them is not there or not what was written."""
    filesystem, base = _place(work, name, stage, bucket)
    try:
        with filesystem.open_input_stream(f"{base}/{digest}.json") as stream:
            manifest = parse_json(bytes(stream.read()))
        if manifest.pop("key") != key("kept", manifest):
            return None
        files = []
        for part in parts:
            with filesystem.open_input_stream(f"{base}/{part.name}.parquet") as stream:
                files.append(stream.read())
            if content_id(files[-1]) != manifest["parts"][part.name]:
                return None
        return files, manifest["counts"]
    except (OSError, SchemaError, KeyError, TypeError, AttributeError):
        return None


def _place(work: Work, name: str, stage: str, bucket: int) -> tuple[pyarrow.fs.FileSystem, str]:
    filesystem, base = filesystem_of(work.snapshot.url)
    return filesystem, f"{base}/{KEPT}/{name}/{stage}/{bucket:05d}"
