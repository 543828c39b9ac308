"""The Arrow schemas as text: the contract with everyone who queries the lake.

Write the golden files anew after a change that is meant: `python -m tests.schemas.golden`.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa

from schemas.arrow import RECORD_KEY, VERSION_KEY, arrow_schema
from schemas.records import Step
from schemas.tables import TABLES

FOLDER = Path(__file__).with_name("golden")


def golden_texts() -> dict[str, str]:
    """The text of each golden file by its name."""
    texts = {}
    for name, table in TABLES.items():
        schema = arrow_schema(table.record)
        head = f"{schema.metadata[RECORD_KEY].decode()}, schema version {schema.metadata[VERSION_KEY].decode()}"
        keys = f"{table.kind}; identity {', '.join(table.identity)}; order {', '.join(table.order)}"
        texts[f"{name}.txt"] = "\n".join((head, keys, "", *_lines(schema, ""), ""))
    action = arrow_schema(Step).field("action").type
    texts["action.txt"] = "\n".join(("Action", "", *_lines(action, ""), ""))
    return texts


def _lines(fields: Iterable[pa.Field], indent: str) -> Iterator[str]:
    for field in fields:
        kind = field.type
        nested = pa.types.is_nested(kind)
        shown = ("list" if pa.types.is_list(kind) else "struct") if nested else str(kind)
        yield f"{indent}{field.name}: {shown}{'' if field.nullable else ' not null'}"
        if nested:
            yield from _lines((kind.field(index) for index in range(kind.num_fields)), indent + "  ")


if __name__ == "__main__":
    for path in FOLDER.glob("*.txt"):
        path.unlink()
    for name, text in golden_texts().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
