"""What a job can't use: data files that are damaged are left out, and the ledger says so."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.fs

from pipelines.lake.delta import DataFile, Snapshot
from pipelines.lake.parquet import open_parquet
from pipelines.lake.writing import write_sorted
from pipelines.running.work import Work
from schemas.choices import Reject
from schemas.errors import LakeError, SchemaVersionError
from schemas.files import filesystem_of
from schemas.tables import TABLES

BLOCK = 2**22


def without_damaged(
    work: Work, bucket: int, tables: Iterable[str], *, glanced_at: Iterable[str] = ()
) -> tuple[Work, tuple[Reject, ...]]:
    """The work with only those data files of a bucket that are what was written, and a reject for each other one.

    A file's name is the digest of its content, and `tables` are compared with theirs; of those `glanced_at`, since
    they are large, only the size, the directory and the first column are looked at.

    Raises:
        SchemaVersionError: if a file was written under another major version, which is no damage.
    """
    snapshot = work.snapshot
    files = dict(snapshot.files)
    rejects: list[Reject] = []
    for names, whole in ((tables, True), (glanced_at, False)):
        for table in names:
            damage = {file: _damage(snapshot, file, whole=whole) for file in snapshot.files_of(table, bucket=bucket)}
            found = [(file, reason) for file, reason in damage.items() if reason]
            if found:
                lost = {file for file, _ in found}
                files[table] = tuple(file for file in snapshot.files[table] if file not in lost)
                rejects += [_reject(work, file, reason) for file, reason in found]
    return replace(work, snapshot=replace(snapshot, files=files)), tuple(rejects)


def write_rejects(work: Work, bucket: int, rejects: Sequence[Reject]) -> tuple[DataFile, ...]:
    """The file of those rejects that are not in the ledger yet."""
    identity = TABLES["rejects"].identity
    held = work.snapshot.read("rejects", bucket=bucket, columns=identity)
    known = {tuple(row[name] for name in identity) for row in held.to_pylist()}
    fresh = {(one.job, one.subject, one.rule): one for one in rejects}
    rows = [one for name, one in sorted(fresh.items()) if name not in known]
    return write_sorted(work.snapshot.url, "rejects", rows, bucket=bucket)


def _reject(work: Work, file: DataFile, reason: str) -> Reject:
    said = f"{file.path}: {reason}; its {file.rows} rows of {file.table} are left out"
    return Reject(work.name, file.path, None, "damaged file", said)


def _damage(snapshot: Snapshot, file: DataFile, *, whole: bool) -> str | None:
    """Why the file is not what was written, in words that are the same wherever the lake is."""
    filesystem, base = filesystem_of(snapshot.url)
    path = f"{base}/{file.path}"
    try:
        info = filesystem.get_file_info(path)
        if info.type == pa.fs.FileType.NotFound:
            return "the file is missing"
        if info.size != file.size:
            return f"the file has {info.size} bytes, and {file.size} were written"
        if whole:
            digest = hashlib.sha256()
            with filesystem.open_input_stream(path) as stream:
                while block := stream.read(BLOCK):
                    digest.update(block)
            return None if digest.hexdigest() in file.path else "the file is not what its name says"
        with open_parquet(filesystem, path) as parquet:
            parquet.read([parquet.schema_arrow.names[0]])
    except SchemaVersionError:
        raise
    except (LakeError, OSError, pa.ArrowException):
        return "the file can't be read"
    return None
