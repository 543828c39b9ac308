"""The card and the manifest of a dataset: what it is, what it was made from, and how to load it."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.curate.published import Published
from pipelines.export.writing import Export, Kind
from schemas.keys import key

MANIFEST = "manifest.json"
MADE_BY = "hindtrace"
SPLITS = ("train", "validation", "test")
_TABLES = ("trajectories", "steps", "screens", "trees", "instructions", "labels", "states", "decisions")


def describe(
    export: Export,
    counts: Mapping[Kind, int],
    left_out: Mapping[str, int],
    files: Sequence[Mapping[str, Any]],
    curated: Published | None,
) -> dict[str, Any]:
    """All that card and manifest say; the same lake, curation and configuration give the same.

    `left_out` says why rows are not there and how many; `curated` is the run that made the curation, as the lake tells.
    """
    snapshot, curation, form = export.work.snapshot, export.curation, export.form
    rows = {split: sum(number for kind, number in counts.items() if kind.split == split) for split in SPLITS}
    trajectories = snapshot.read("trajectories", columns=["trajectory_id", "app", "licence", "source"])
    return {
        "made_by": MADE_BY,
        "format": form.name,
        "title": form.title,
        "curation": curation,
        **export.voice.told(),
        "same": None if form.whole else export.same,
        "left_out": dict(left_out),
        "curated": None if curated is None else str(curated),
        "configuration": None if curated is None else curated.configuration,
        "tables": {
            table: {
                "version": snapshot.versions[table],
                "rows": snapshot.rows(table, curation=curation if table == "decisions" else None),
                "digest": key("files", [f.path for f in snapshot.files[table] if f.curation in (None, curation)]),
            }
            for table in _TABLES
        },
        "apps": sorted(set(trajectories["app"].to_pylist())),
        "licences": sorted({licence or "not stated" for licence in trajectories["licence"].to_pylist()}),
        "sources": sorted(set(trajectories["source"].to_pylist())),
        "rows": {split: count for split, count in rows.items() if count},
        "absent": {split: _absent(split) for split, count in rows.items() if not count},
        "counts": {str(kind): number for kind, number in counts.items()},
        "files": [dict(file) for file in files],
    }


def render(description: Mapping[str, Any], counts: Mapping[Kind, int], export: Export) -> str:
    """The card: YAML that `datasets` reads, and text for people."""
    form, voice = export.form, export.voice
    lines = ["---", "configs:", f"- config_name: {config_name(description)}", "  data_files:"]
    for split in description["rows"]:
        lines += [f"  - split: {split}", f"    path: data/{form.writer.pattern(split)}"]
    licences = description["licences"]
    lines += [f"pretty_name: {form.name} of curation {description['curation']}", "tags:", "- gui", "- hindtrace", "---"]
    lines += ["", f"# {form.name}: {form.title}", "", form.about, ""]
    lines += ["Made by [Hindtrace](https://pypi.org/project/hindtrace/) from recordings of agents that explored"]
    lines += [f"{_list(description['apps'])} without a task; the instructions were written afterwards, by looking"]
    lines += [f"back at what the steps did. Licence of the recordings: {_list(licences)}.", ""]
    lines += ["## Rows", "", "| split | rows |", "|---|---|"]
    lines += [f"| {split} | {count} |" for split, count in description["rows"].items()]
    lines += ["", *(f"There is no `{split}`: {why}" for split, why in description["absent"].items()), ""]
    lines += ["| split / kind | rows |", "|---|---|"]
    lines += [f"| {kind} | {number} |" for kind, number in counts.items()]
    if form.label is not None:
        lines += ["", *_balance(counts)]
    if description["left_out"]:
        lines += ["", "Left out, each named in `left_out.jsonl`:", "", "| why | rows |", "|---|---|"]
        lines += [f"| {why} | {number} |" for why, number in description["left_out"].items()]
    if not form.whole:
        lines += ["", f"Of rows that teach what to do on one screen there are at most {export.same} (`--same`)."]
    lines += ["", "## Words and places", "", f"Dialect `{voice.name}`: {voice.dialect.about}. Geometry"]
    lines += [f"`{voice.geometry}`: {voice.geometry.about}."]
    if voice.system is not None:
        lines += ["The system prompt is one that was given."]
    lines += ["", "## Columns", "", "| column | what it is |", "|---|---|"]
    lines += [f"| `{name}` | {form.columns[name]} |" for name in form.schema.names]
    lines += ["", "## Loading", "", "```python", "from datasets import load_dataset", ""]
    split = next(iter(description["rows"]), "train")
    first = 'rows[0]["images"][0]' if "images" in form.schema.names else "rows[0]"
    lines += [f'rows = load_dataset("path/to/this/folder", split="{split}")', first, "```"]
    curation = f"`{description['curation']}`" + (f" of {description['curated']}" if description["curated"] else "")
    lines += ["", "## How it was made", "", "```bash", f"hindtrace export {_command(description)}", "```", ""]
    lines += [f"Curation {curation}, configuration:", ""]
    lines += ["```json", description["configuration"] or "{}", "```", "", "| table | version | rows |", "|---|---|---|"]
    lines += [f"| {name} | {table['version']} | {table['rows']} |" for name, table in description["tables"].items()]
    lines += ["", f"`{MANIFEST}` names each file with its sha256. Nothing in this folder depends on when, where or by"]
    lines += ["whom it was exported: the same lake and configuration give the same bytes.", ""]
    return "\n".join(lines)


def config_name(description: Mapping[str, Any]) -> str:
    """The name of the only configuration: another one for other bytes.

    `datasets` keeps what it once loaded under the folder's name and this one: with the same for all, the rows of
    another lake's dataset in a folder of the same name come back.
    """
    return f"rows-{key('files', [file['sha256'] for file in description['files']])[:12]}"


def _command(description: Mapping[str, Any]) -> str:
    """What was asked for, but where."""
    parts = ["--lake LAKE --out DIR", f"--name {description['curation']} --format {description['format']}"]
    parts += [f"--dialect {description['dialect']} --geometry {description['geometry']}"]
    parts += ["--system FILE"] if description["system"] is not None else []
    parts += ["--thoughts"] if description["thoughts"] else []
    parts += [f"--same {description['same']}"] if description["same"] is not None else []
    return " ".join(parts)


def _absent(split: str) -> str:
    if split == "validation":
        return "its share is 0 in the configuration, or no component of rows fell into it."
    return "no component of rows (what shares an app, a sentence or a screen) fell into it."


def _balance(counts: Mapping[Kind, int]) -> list[str]:
    true = sum(number for kind, number in counts.items() if kind.label is True)
    false = sum(number for kind, number in counts.items() if kind.label is False)
    text = [f"n_true = {true}, n_false = {false}."]
    if true and false:
        ratio = true / false
        text.append(
            f"With `desirable_weight=1.0`, an `undesirable_weight` of {0.75 * ratio:.2f} to {ratio:.2f} balances."
        )
    return text


def _list(names: Sequence[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:10])
    return shown if len(names) <= 10 else f"{shown} and {len(names) - 10} more"
