"""`hindtrace export`: a curation becomes a dataset, in the words and on the grid of a model."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipelines.cli.jobs import show
from pipelines.cli.output import add_lake, add_verb, progress
from schemas.errors import ConfigurationError

_LONGEST = 100_000
"""Characters of a system prompt."""


def add(verbs: Any) -> None:
    """The verb of this module."""
    export = add_verb(
        verbs,
        "export",
        "Write a dataset that a trainer loads as it is.",
        (
            "hindtrace export --lake lake --name first --format trl-sft --out datasets/trl-sft",
            "hindtrace export --lake lake --name first --format verl-rl --dialect qwen2.5-vl --out datasets/qwen",
            "hindtrace export --lake lake --name first --format chat-sft --dialect ui-tars --geometry most=2000000 "
            "--out datasets/tars",
        ),
        takes_beam=True,
    )
    add_lake(export)
    export.add_argument("--name", required=True, help="name of the curation")
    export.add_argument("--format", required=True, metavar="FORMAT", choices=_FormatNames(), help="one of %(choices)s")
    export.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder of the dataset, new or of the same one"
    )
    export.add_argument(
        "--dialect",
        default="hindtrace",
        metavar="NAME",
        choices=_DialectNames(),
        help="in whose words actions are written (default: hindtrace): one of %(choices)s",
    )
    export.add_argument(
        "--geometry",
        metavar="RULE,UNIT,...",
        help="how the screenshots are resized, in what places are counted, `kept` to leave the pictures as they are, "
        "`least` and `most` for other bounds of the area, such as qwen3-vl,thousand,kept,most=2000000 (default: the "
        "dialect's); docs/datasets.md names all",
    )
    export.add_argument("--system", type=Path, metavar="FILE", help="the system prompt, in the place of the dialect's")
    export.add_argument(
        "--same",
        type=int,
        metavar="N",
        help="how many rows there may be that teach what to do on one screen (default: 3)",
    )
    export.add_argument(
        "--replace", action="store_true", help="put it in the place of another format's, curation's or lake's dataset"
    )
    export.add_argument(
        "--earlier", action="store_true", help="write the last curation that was finished, though a later one failed"
    )
    export.add_argument(
        "--thoughts", action="store_true", help="the labeler's thoughts stand before the actions, in formats of SFT"
    )
    export.set_defaults(run=run_export)


class _FormatNames:
    """The names of the formats for the help, which alone imports their registry; what is none is refused by the job."""

    def __iter__(self) -> Iterator[str]:
        from pipelines.export.formats import FORMATS

        return iter(FORMATS)

    def __contains__(self, name: object) -> bool:
        return True


class _DialectNames(_FormatNames):
    """The same of the dialects."""

    def __iter__(self) -> Iterator[str]:
        from pipelines.export.dialects import DIALECTS

        return iter(DIALECTS)


def run_export(options: argparse.Namespace) -> int:
    """Runs `hindtrace export`."""
    from pipelines.export.dialects import dialect_of
    from pipelines.export.geometry import geometry_of
    from pipelines.export.job import export
    from pipelines.export.voice import Voice
    from pipelines.export.writing import SAME

    default = dialect_of(options.dialect).geometry
    geometry = default if options.geometry is None else geometry_of(options.geometry, default)
    voice = Voice(options.dialect, geometry, _system(options.system), options.thoughts)
    with progress("Exporting"):
        done = export(
            options.lake,
            options.name,
            options.format,
            options.out,
            voice=voice,
            same=SAME if options.same is None else options.same,
            replaces=options.replace,
            earlier=options.earlier,
            flags=options.flags,
        )
    show("export", done)
    return 0


def _system(path: Path | None) -> str | None:
    """The text of the file.

    Raises:
        ConfigurationError: if it holds none.
    """
    if path is None:
        return None
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path}: expected a file with a system prompt, found {error}") from error
    if not text.strip() or len(text) > _LONGEST:
        raise ConfigurationError(
            f"{path}: expected a system prompt of 1 to {_LONGEST:,} characters, found {len(text):,}"
        )
    return text.strip("\n")
