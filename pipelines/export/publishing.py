"""The end of an export: the ledger is checked, card and manifest are written, and the folder is put in its place."""

import json
import re
import shutil
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.curate.published import Published
from pipelines.export import card, shards
from pipelines.export.formats.examples import Format, Made
from pipelines.export.voice import Voice
from pipelines.export.writing import Export, Kind, left_out, lines_of
from pipelines.lake.delta import Lake, Snapshot, is_local
from schemas.errors import ConfigurationError, LakeError, LedgerError
from schemas.files import filesystem_of
from schemas.keys import content_id

LEFT_OUT = "left_out.jsonl"
"""Where the rows are named that there could have been."""


def check_out(out: Path, lake: Lake) -> None:
    """Refuses to write where something else is.

    Raises:
        ConfigurationError: if it is in the lake, or no folder, or one that is no dataset of ours and not empty.
    """
    filesystem_of(str(out))  # what is no path of UTF-8
    if is_local(lake.url) and out.resolve().is_relative_to(Path(filesystem_of(lake.url)[1]).resolve()):
        raise ConfigurationError(f"{out}: expected a folder outside of the lake, which holds nothing but its tables")
    try:
        names = sorted(path.name for path in out.iterdir())
    except FileNotFoundError:
        return
    except NotADirectoryError as error:
        raise ConfigurationError(f"{out}: expected a folder for the dataset, found a file in its place") from error
    except OSError as error:
        raise ConfigurationError(f"{out}: expected a folder for the dataset, found {error}") from error
    if names and _manifest(out) is None:
        raise ConfigurationError(f"{out}: expected an empty folder or a dataset of Hindtrace, found {names[:3]}")


def check_same(out: Path, snapshot: Snapshot, curation: str, form: Format, voice: Voice) -> None:
    """Refuses to replace a dataset of another format, curation or dialect, or of episodes that are not in the lake.

    Raises:
        ConfigurationError: if it is one.
    """
    manifest = _manifest(out)
    if manifest is None:
        return
    told = {"format": form.name, "curation": curation, **voice.told()}
    there = {name: manifest.get(name) for name in told}
    if there != told:
        others = [f"{name} {there[name]}" for name in list(told)[2:] if there[name] != told[name]]
        found = ", ".join([f"{there['format']} of curation {there['curation']}", *others])
    elif strangers := _episodes(out, form) - set(
        snapshot.read("trajectories", columns=["trajectory_id"])["trajectory_id"].to_pylist()
    ):
        found = f"one of another lake: {len(strangers)} episodes that this one does not have"
    else:
        return
    raise ConfigurationError(
        f"{out}: expected an earlier {form.name} of curation {curation} of this lake, found {found}; give another "
        "--out, or replace it by --replace"
    )


def _manifest(out: Path) -> Mapping[str, Any] | None:
    """What the folder says of itself; None unless it is a dataset of ours."""
    try:
        manifest = json.loads((out / card.MANIFEST).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return manifest if isinstance(manifest, dict) and manifest.get("made_by") == card.MADE_BY else None


def _episodes(out: Path, form: Format) -> set[str]:
    """The episodes of the first file of rows that tells of them; none where nothing can be read."""
    for path in sorted((out / "data").rglob(f"*{form.writer.suffix}")):
        if found := form.writer.episodes(path):
            return found
    return set()


def left_beside(out: Path, but: Path) -> list[Path]:
    """What exports to that place have left beside it that were killed, but for one of them."""
    made = re.compile(re.escape(f".{out.name}.") + r"[0-9a-f]{12}\.part(\.old)?")
    return [path for path in sorted(out.parent.glob(".*")) if made.fullmatch(path.name) and path != but]


def why_left_out(rows: pa.Table) -> Mapping[str, int]:
    """How many rows are not there for which reason, the most frequent first."""
    reasons = Counter(rows["why"].to_pylist())
    return dict(sorted(reasons.items(), key=lambda reason: (-reason[1], reason[0])))


def publish(export: Export, out: Path, counts: Mapping[Kind, int], curated: Published | None) -> None:
    """Checks the ledger, writes card and manifest, and puts the folder in its place.

    Raises:
        LakeError: if a file is not whole, or can't be written; or there is no row, and then nothing is left.
        LedgerError: if rows in are not rows out; then nothing of the export is left.
    """
    made, form = Path(export.folder), export.form
    out_of_it = left_out(export.work)
    if not sum(counts.values()):
        shutil.rmtree(made)
        raise LakeError(_why_empty(export, form, out_of_it))
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
        raise LedgerError(f"{export.format}: {counted} rows in, {written} rows out; nothing published")
    if out_of_it.num_rows:
        shards.write_local(made / LEFT_OUT, lines_of(out_of_it))
    description = card.describe(export, counts, why_left_out(out_of_it), files, curated)
    for name, content in form.files.items():
        shards.write_local(made / name, content(Made(form, export.voice, description["rows"])))
    shards.write_local(made / "README.md", card.render(description, counts, export).encode())
    shards.write_local(made / card.MANIFEST, (json.dumps(description, indent=2, sort_keys=True) + "\n").encode())
    export.work.clear()
    old = out.with_name(f"{made.name}.old")
    try:
        shutil.rmtree(old, ignore_errors=True)  # of a job that was killed after it had moved its own there
        if out.exists():
            out.replace(old)
        made.replace(out)
    except OSError as error:
        raise LakeError(f"{out}: expected a place for the dataset, found {error}") from error
    shutil.rmtree(old, ignore_errors=True)


def _why_empty(export: Export, form: Format, out_of_it: pa.Table) -> str:
    """That a dataset would have no row, what became of all that could be one, and what to do."""
    rows = export.work.snapshot.read("decisions", curation=export.curation, columns=["use", "role", "rule"])
    mine = rows.filter(pc.is_in(rows["use"], value_set=pa.array(form.uses)))
    rules = Counter(f"{row['role']}: {row['rule']}" for row in mine.to_pylist())
    rules.update(why_left_out(out_of_it))
    most = sorted(rules.items(), key=lambda rule: (-rule[1], rule[0]))[:3]
    became = ", ".join(f"{count} are {rule}" for rule, count in most) or "there is none"
    return (
        f"no row of curation {export.curation} is one of {form.name}, and nothing was written: of {mine.num_rows} "
        f"decisions for {' and '.join(form.uses)} {became}. {form.about.partition('.')[0]}; docs/curation.md says what "
        "each rule wants"
    )


def _check_whole(path: Path, data: Path, suffix: str) -> None:
    """Refuses what a writer that was broken off left, and what is no shard where only shards are.

    Raises:
        LakeError: if the file is not one to publish.
    """
    hidden = any(name.startswith(".") for name in path.relative_to(data).parts)
    beside = path.relative_to(data).parts[0] != "images"
    if hidden or path.suffix == ".part" or (beside and path.suffix != suffix):
        raise LakeError(f"{path}: expected whole files of the dataset and no other; remove it and export again")
