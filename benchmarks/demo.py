"""The demo: a real web application on loopback, explored, labelled, curated and exported, and shown.

    python -m benchmarks.demo
    python -m benchmarks.demo --url http://localhost:8000/

Without an address it starts Datasette over a generated library; Hindtrace treats it like any other site. Everything is
made anew in `demo/`: `traces`, `lake` (curation `demo`), `datasets/FORMAT`, and `examples` with the screenshots shown.
"""

import argparse
import contextlib
import shlex
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet

from benchmarks.sites import SiteError
from benchmarks.sites.datasette import library
from pipelines.cli import main as hindtrace
from pipelines.lake.delta import open_lake
from pipelines.lake.sql import connect

FOLDER = Path("demo")
FORMATS = ("trl-sft", "trl-kto", "verl-rl")
PORT = 8001
SHOWN = 20
QUESTIONS = (
    "select action.kind as action, result, count(*) as steps from steps "
    "group by all order by steps desc, action, result",
    "select rule, count(*) as labels, min(reason) as example from labels "
    "where verdict = 'harmful' group by rule order by labels desc, rule",
)
_INSTRUCTIONS = """
    select text, any_value(answer), any_value(trajectory_id), any_value(path) from (
        select * from instructions where level = 'high' order by instruction_id)
    group by text order by md5(text) limit ?"""
_STEPS = """
    select i.text, s.before.location from instructions i join steps s
        on s.trajectory_id = i.trajectory_id and s.step_index = i.first_step
    where i.level = 'low' and i.trajectory_id = ? and list_contains(?, i.first_step) order by i.first_step"""


class DemoError(Exception):
    """Something the demo needs did not work."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the demo; 1 if a part of it failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", help="explore this site instead of the generated one")
    parser.add_argument("--episodes", type=int, default=20)
    parser.add_argument("--max-steps", type=int, default=25)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    started = time.monotonic()
    try:
        _clear()
        with _site(given.url) as url:
            explored = [
                "--episodes",
                str(given.episodes),
                "--max-steps",
                str(given.max_steps),
                "--seed",
                str(given.seed),
                "--observe",  # questions are about whole tables
                "page",
            ]
            _run("explore", "web", "--start-url", url, "--traces", "demo/traces", *explored)
        _run("ingest", "--traces", "demo/traces", "--lake", "demo/lake")
        _run("annotate", "--lake", "demo/lake", "--backend", "rules")
        _run("curate", "--lake", "demo/lake", "--name", "demo")
        for name in FORMATS:
            _run("export", "--lake", "demo/lake", "--name", "demo", "--format", name, "--out", f"demo/datasets/{name}")
        _run("stats", "--lake", "demo/lake")
        _show_instructions()
        for name in FORMATS:
            _show_example(name)
        for question in QUESTIONS:
            _run("sql", "--lake", "demo/lake", question)
    except (DemoError, SiteError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    _show_places()
    print(f"\nDone in {time.monotonic() - started:.0f} seconds.")
    return 0


def _clear() -> None:
    """Removes what an earlier demo left."""
    for name in ("traces", "lake", "datasets", "examples"):
        shutil.rmtree(FOLDER / name, ignore_errors=True)
    FOLDER.mkdir(exist_ok=True)


def _run(*arguments: str) -> None:
    print(f"\n$ hindtrace {shlex.join(arguments)}", flush=True)
    if hindtrace(arguments) != 0:
        raise DemoError(f"hindtrace {arguments[0]} failed")


@contextlib.contextmanager
def _site(url: str | None) -> Iterator[str]:
    if url is not None:
        yield url
        return
    with library(FOLDER, port=PORT) as address:
        yield address


def _show_instructions() -> None:
    connection = connect(open_lake("demo/lake"))
    try:
        rows = connection.execute(_INSTRUCTIONS, [SHOWN]).fetchall()
        print(f"\n{len(rows)} random instructions, looked back at, and the steps that need to be taken:\n")
        for text, answer, trajectory, path in rows:
            steps = connection.execute(_STEPS, [trajectory, path]).fetchall()
            print(f"- {_line(text)}" + (f"  [answer: {_line(answer)}]" if answer is not None else ""))
            for number, (step, location) in enumerate(steps, 1):
                print(f"    {number}. {_line(step)}  (at {_line(location or '')[:80]})")
            if len(steps) < len(path):
                print(f"    and {len(path) - len(steps)} more that have no sentence of their own")
    finally:
        connection.close()


def _show_example(name: str) -> None:
    """The first row of a dataset that is a step of a task, its screenshot beside it as a file."""
    files = sorted((FOLDER / "datasets" / name / "data").glob("*.parquet"))
    if not files:
        print(f"\n{name} has no rows: its card, demo/datasets/{name}/README.md, says why.")
        return
    file = files[-1]
    table = pyarrow.parquet.read_table(file)
    rows = table.to_pylist()
    row = next((row for row in rows if row["task"] == "step"), rows[0])
    print(f"\nA row of {name} ({table.num_rows} rows in {file.name}):\n")
    for message in row["prompt"]:
        if message["role"] != "system":
            print(f"  {message['role']}: {_indented(_text(message['content']))}")
    for message in row.get("completion", ()):
        print(f"  {message['role']}: {_indented(_text(message['content']))}")
    if "label" in row:
        print(f"  label: {row['label']}")
    if "reward_model" in row:
        print(f"  ground truth: {row['reward_model']['ground_truth']}")
    for image in row["images"]:
        kind = "webp" if image["bytes"][8:12] == b"WEBP" else "png"
        path = FOLDER / "examples" / f"{name}.{kind}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(image["bytes"])
        print(f"  image: {path}")


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n".join("<image>" if part["type"] == "image" else part["text"] for part in content)


def _indented(text: str) -> str:
    return "\n    ".join(_line(line) for line in text.splitlines())


def _line(text: str) -> str:
    """Without control characters: what a page says must not steer the terminal."""
    return "".join(character if character.isprintable() else " " for character in text)


def _show_places() -> None:
    print("\nWhere it is:")
    for place, what in (
        ("demo/traces", "the recordings, one sealed file an episode"),
        ("demo/lake", 'the tables: hindtrace sql --lake demo/lake "select * from instructions"'),
        *((f"demo/datasets/{name}", "a dataset: data/, its card README.md, manifest.json") for name in FORMATS),
        ("demo/examples", "the screenshots of the rows above"),
        ("notebooks/first_look.ipynb", "a first look at the lake, step by step"),
    ):
        print(f"  {place:28} {what}")


if __name__ == "__main__":
    sys.exit(main())
