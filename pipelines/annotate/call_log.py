"""Answers of a model on their way into the lake: kept on disk as they come, so that none is paid for twice.

    LAKE/_work/calls-LABELER/bucket-00003/CONTENT.jsonl

A file holds what came within about a second; it is whole or not there. A job that is killed loses what came since its
last file, and the calls that were under way. The next job of the same labeler and version finds the rest.
"""

from collections.abc import Iterable, Mapping

import pyarrow.fs

from labelers.model.answers import NO_COMPLETION
from pipelines.lake.delta import Lake, Snapshot
from pipelines.lake.parquet import write_once
from schemas.arrow import from_row, to_row
from schemas.errors import LakeError, SchemaError
from schemas.files import filesystem_of
from schemas.keys import canonical_json, content_id, key, parse_json
from schemas.opinions import Call
from schemas.protocols import Labeler

FLUSH_SECONDS = 1.0


class CallLog:
    """The files of one labeler and version; `add` keeps in memory what `flush` writes down."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._waiting: dict[int, list[Call]] = {}

    @classmethod
    def of(cls, lake: Lake, labeler: Labeler) -> "CallLog":
        """The log of a labeler and version in a lake."""
        return cls(lake.work(f"calls-{key('calls', labeler.name, labeler.version)}"))

    def add(self, bucket: int, call: Call) -> None:
        """Takes an answer."""
        self._waiting.setdefault(bucket, []).append(call)

    def flush(self) -> None:
        """Writes down what came since the last time, a file a bucket."""
        filesystem, base = filesystem_of(self.folder)
        for bucket, calls in sorted(self._waiting.items()):
            data = b"".join(canonical_json(to_row(call)) + b"\n" for call in calls)
            write_once(filesystem, f"{base}/{_name(bucket)}/{content_id(data)}.jsonl", data)
        self._waiting.clear()

    def read(self, bucket: int) -> list[Call]:
        """What was written down of a bucket, in the order of files and lines.

        Raises:
            LakeError: if a file is damaged.
        """
        filesystem, base = filesystem_of(self.folder)
        selector = pyarrow.fs.FileSelector(f"{base}/{_name(bucket)}", allow_not_found=True)
        calls: list[Call] = []
        for info in sorted(filesystem.get_file_info(selector), key=lambda info: info.path):
            if not info.path.endswith(".jsonl"):
                continue  # a file that a killed job was writing
            with filesystem.open_input_stream(info.path) as stream:
                data = bytes(stream.read())
            try:
                if not info.path.endswith(f"/{content_id(data)}.jsonl"):
                    raise SchemaError("found other bytes than were written: remove the file, and they are asked again")
                calls += [from_row(Call, parse_json(line)) for line in data.splitlines()]
            except SchemaError as error:
                raise LakeError(f"{info.path}: expected answers of a model, one a line: {error}") from error
        return calls

    def clear(self) -> None:
        """Removes all files: what they held is in the lake."""
        filesystem, base = filesystem_of(self.folder)
        if filesystem.get_file_info(base).type != pyarrow.fs.FileType.NotFound:
            filesystem.delete_dir(base)


def known_calls(snapshot: Snapshot, log: CallLog, bucket: int, labeler: Labeler) -> tuple[dict[str, Call], list[Call]]:
    """The calls of a labeler and version by request digest, and those of them that are not in the lake yet.

    An answer goes before a failure, and of several the one in the lake. What the same question was answered counts,
    whichever version asked it: its digest tells all that it depends on.
    """
    stored: list[Call] = []
    others: list[Call] = []
    for row in snapshot.read("calls", bucket=bucket).to_pylist():
        if row["labeler"] != labeler.name:
            continue
        if row["labeler_version"] == labeler.version:
            stored.append(from_row(Call, row))
        elif not _may_pass(call := from_row(Call, row)):
            others.append(call)
    ids = {call.call_id for call in stored}
    fresh = {call.call_id: call for call in log.read(bucket) if call.call_id not in ids}
    best = best_by_request([*stored, *fresh.values(), *others])
    return best, sorted(fresh.values(), key=lambda call: call.call_id)


def best_by_request(calls: Iterable[Call]) -> dict[str, Call]:
    """One call a request: the first that was answered, else the last failure."""
    best: dict[str, Call] = {}
    for call in calls:
        if call.request not in best or _may_pass(best[call.request]):
            best[call.request] = call
    return best


def is_answered(known: Mapping[str, Call], digest: str) -> bool:
    """Whether a request need not be asked: a failure may pass, an answer stays, also one of no use."""
    return digest in known and not _may_pass(known[digest])


def _may_pass(call: Call) -> bool:
    """Whether it is no answer of a model: there was none, or something else than a model spoke."""
    return call.status == "failed" or (call.status == "malformed" and call.error == NO_COMPLETION)


def _name(bucket: int) -> str:
    return f"bucket-{bucket:05d}"
