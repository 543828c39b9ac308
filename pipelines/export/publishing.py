"""The end of an export: the ledger is checked, card and manifest are written, and the folder is put in its place."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.export import card, shards
from pipelines.export.formats.examples import Format
from pipelines.export.writing import Export, Kind
from schemas.errors import ConfigurationError, LakeError, LedgerError
from schemas.keys import content_id


def check_out(out: Path) -> None:
    """Refuses to write where something else is.

    Raises:
        ConfigurationError: if the folder is no dataset of ours and not empty.
    """
    if not out.exists():
        return
    if not out.is_dir():
        raise ConfigurationError(f"{out}: expected a folder for the dataset, found a file")
    names = sorted(path.name for path in out.iterdir())
    if not names:
        return
    try:
        manifest = json.loads((out / card.MANIFEST).read_bytes())
    except (OSError, ValueError):
        manifest = None
    if not isinstance(manifest, dict) or manifest.get("made_by") != card.MADE_BY:
        raise ConfigurationError(f"{out}: expected an empty folder or a dataset of Hindtrace, found {names[:3]}")


def publish(export: Export, form: Format, out: Path, counts: Mapping[Kind, int]) -> None:
    """Checks the ledger, writes card and manifest, and puts the folder in its place.

    Raises:
        LakeError: if a file is not whole, or can't be written.
        LedgerError: if rows in are not rows out; then nothing of the export is left.
    """
    made = Path(export.folder)
    shutil.rmtree(made / "parts", ignore_errors=True)
    files: list[dict[str, Any]] = []
    for path in sorted(path for path in (made / "data").rglob("*") if path.is_file()):
        _check_whole(path, made / "data", form.writer.suffix)
        data = path.read_bytes()
        name = path.relative_to(made).as_posix()
        rows = form.writer.count(path) if path.suffix == form.writer.suffix else 0
        files.append({"path": name, "rows": rows, "bytes": len(data), "sha256": content_id(data)})
    written, counted = sum(file["rows"] for file in files), sum(counts.values())
    if written != counted:
        shutil.rmtree(made)
        export.work.clear()
        raise LedgerError(f"{export.format}: {counted} rows in, {written} rows out; nothing published")
    for name in form.files:
        source = Path(card.__file__).with_name("formats") / name
        shards.write_local(made / name, source.read_bytes())
    description = card.describe(export.work.snapshot, export.curation, form, counts, files)
    shards.write_local(made / "README.md", card.render(description, counts).encode())
    shards.write_local(made / card.MANIFEST, (json.dumps(description, indent=2, sort_keys=True) + "\n").encode())
    old = out.with_name(f"{made.name}.old")
    shutil.rmtree(old, ignore_errors=True)  # of a job that was killed after it had moved its own there
    if out.exists():
        out.replace(old)
    made.replace(out)
    shutil.rmtree(old, ignore_errors=True)


def _check_whole(path: Path, data: Path, suffix: str) -> None:
    """Refuses what a writer that was broken off left, and what is no shard where only shards are.

    Raises:
        LakeError: if the file is not one to publish.
    """
    hidden = any(name.startswith(".") for name in path.relative_to(data).parts)
    if hidden or path.suffix == ".part" or (path.parent == data and path.suffix != suffix):
        raise LakeError(f"{path}: expected whole files of the dataset and no other; remove it and export again")
