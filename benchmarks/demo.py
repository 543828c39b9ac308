"""The demo: a real web application on loopback, explored, labelled, proven, curated and exported, and shown.

    python -m benchmarks.demo
    python -m benchmarks.demo --url http://localhost:8000/

Without an address it starts Datasette over a generated library; Hindtrace treats it like any other site. Everything is
made anew in `demo/`: `traces`, `attempts`, `lake` (curation `demo`), `datasets/FORMAT`, `examples` with the screenshots
shown, and `settings` with the manifest of the site and what the curation is told. A sample of the tasks is tried, and
what is not proven is not trained on; where nothing is, on a site that is given, all that was written is. An earlier
demo is kept until the new one is whole, and stays if that does not come to its end.
"""

import argparse
import contextlib
import http.client
import json
import shlex
import shutil
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet

from pipelines.cli import main as hindtrace
from pipelines.export.formats import format_of
from pipelines.lake.delta import open_lake
from pipelines.lake.sql import connect

FOLDER = Path("demo")
FORMATS = ("trl-sft", "trl-kto", "trl-dpo", "verl-rl")
PARTS = ("traces", "attempts", "lake", "datasets", "examples", "settings")
"""What the demo makes in its folder."""

OWN = Path(__file__).with_name("manifests") / "library.toml"
"""The manifest of the demo's own site: whoever reads it starts a copy."""

ANSWER_SECONDS = 20.0
SHOWN = 20
TRIED = ("--sample", "12", "--wrong-turns", "2", "--composed", "2", "--parallel", "2")
"""Of how much it is tried whether it is true: it takes most of the time after exploring."""

QUESTIONS = (
    "select action.kind as action, result, count(*) as steps from steps "
    "group by all order by steps desc, action, result",
    "select lane, verdict, count(*) as tasks, min(reason) as example from proofs "
    "group by all order by lane, tasks desc, verdict",
    "select rule, cost, count(*) as steps, min(reason) as example from labels "
    "where labeler = 'experiment' and verdict = 'harmful' group by all order by steps desc, rule, cost",
)
_INSTRUCTIONS = """
    select text, any_value(answer), any_value(trajectory_id), any_value(path) from (
        select * from instructions where level = 'high' and {which} order by instruction_id)
    group by text order by md5(text) limit ?"""
_DECIDED = """
    select count(*) from decisions
    where curation = 'demo' and role in ('target', 'negative') and list_contains(?, use)"""
_STEPS = """
    select i.text, s.before.location from instructions i join steps s
        on s.trajectory_id = i.trajectory_id and s.step_index = i.first_step
    where i.level = 'low' and i.trajectory_id = ? and list_contains(?, i.first_step) order by i.first_step"""
_MANIFEST = """[environment]
name = "site"
start = {start}
"""


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
        _make(given)
    except DemoError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("demo: interrupted", file=sys.stderr)
        return 1
    _show_places()
    print(f"\nDone in {time.monotonic() - started:.0f} seconds.")
    return 0


def _make(given: argparse.Namespace) -> None:
    """Explores the site once it answers, and makes and shows all of the demo.

    Raises:
        DemoError: if a part of it failed; then the earlier demo is as it was.
    """
    own = given.url is None
    if not own:
        _check_answer(given.url)
    with _in_place_of_the_earlier():
        manifest = OWN if own else _manifest(given.url)
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
        _run("explore", "web", "--environment", _shown(manifest), "--traces", "demo/traces", *explored)
        _run("ingest", "--traces", "demo/traces", "--lake", "demo/lake")
        _run("annotate", "--lake", "demo/lake", "--backend", "rules")
        proven = _prove(manifest, own=own)
        settings = FOLDER / "settings" / "curation.toml"
        settings.parent.mkdir(exist_ok=True)
        settings.write_text(f'proof = "{"required" if proven else "preferred"}"\n')
        _run("curate", "--lake", "demo/lake", "--name", "demo", "--config", str(settings))
        made = [name for name in FORMATS if _export(name)]
        if not made:
            raise DemoError("no dataset has a row")
        _run("stats", "--lake", "demo/lake")
        _show_instructions(proven)
        for name in made:
            _show_example(name)
        for question in QUESTIONS:
            _run("sql", "--lake", "demo/lake", question)


@contextlib.contextmanager
def _in_place_of_the_earlier() -> Iterator[None]:
    """Sets what an earlier demo left aside, and brings it back if this one comes to no end."""
    aside = FOLDER / ".earlier"
    if aside.exists():  # the last one was killed
        _bring_back(aside)
    aside.mkdir(parents=True)
    for name in PARTS:
        if (FOLDER / name).exists():
            (FOLDER / name).rename(aside / name)
    try:
        yield
    except BaseException:
        if any(aside.iterdir()):
            _bring_back(aside)
            print(f"demo: the earlier demo is in {FOLDER} as it was", file=sys.stderr)
        else:
            aside.rmdir()  # what this one made is left to look at
        raise
    shutil.rmtree(aside)


def _bring_back(aside: Path) -> None:
    for name in PARTS:
        shutil.rmtree(FOLDER / name, ignore_errors=True)
        if (aside / name).exists():
            (aside / name).rename(FOLDER / name)
    aside.rmdir()


def _run(*arguments: str) -> None:
    print(f"\n$ hindtrace {shlex.join(arguments)}", flush=True)
    if hindtrace(arguments) != 0:
        raise DemoError(f"hindtrace {arguments[0]} failed")


def _manifest(url: str) -> Path:
    """The manifest of a site that runs, written for this demo."""
    manifest = FOLDER / "settings" / "site.toml"
    manifest.parent.mkdir(exist_ok=True)
    manifest.write_text(_MANIFEST.format(start=json.dumps(url)))
    return manifest


def _shown(path: Path) -> str:
    """A path as it is shortest from here."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _prove(manifest: Path, *, own: bool) -> bool:
    """Tries a sample of the tasks on the site; whether any is proven, which those of the demo's own site must be.

    Raises:
        DemoError: if none of those is.
    """
    call = ("prove", "--lake", "demo/lake", "--traces", "demo/attempts", "--environment", _shown(manifest))
    try:
        _run(*call, *TRIED)
    except DemoError:
        if own:
            raise
        print("\nNothing of this site is proven, so what was written of it is taken as it is.")
        return False
    return True


def _export(name: str) -> bool:
    """Whether there is a row of that format; without one there is no dataset, and a line that says why.

    Raises:
        DemoError: if it failed though there are rows.
    """
    try:
        _run("export", "--lake", "demo/lake", "--name", "demo", "--format", name, "--out", f"demo/datasets/{name}")
    except DemoError:
        if _decided(name):
            raise
        return False
    return True


def _decided(name: str) -> int:
    """How many steps the curation decided for that format: of none no dataset can be made."""
    uses = format_of(name).uses
    connection = connect(open_lake("demo/lake"))
    try:
        (count,) = connection.execute(_DECIDED, [list(uses)]).fetchall()[0]
    finally:
        connection.close()
    return int(count)


def _check_answer(url: str) -> None:
    """Asks for the page once; one that is an error of HTTP is an answer, which exploring names.

    Raises:
        DemoError: if there is none.
    """
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for opener, last in ((direct, False), (urllib.request.build_opener(), True)):  # by the proxy that is set, if any
        try:
            opener.open(url, timeout=ANSWER_SECONDS).close()
        except urllib.error.HTTPError as error:
            error.close()
            return
        except (OSError, ValueError, http.client.HTTPException) as error:
            if last:
                raise DemoError(f"{_line(url)[:200]}: expected a site that answers, found {error}") from error
        else:
            return


def _show_instructions(proven: bool) -> None:
    which = "labeler = 'experiment' and claim is not null" if proven else "labeler <> 'experiment'"
    connection = connect(open_lake("demo/lake"))
    try:
        rows = connection.execute(_INSTRUCTIONS.format(which=which), [SHOWN]).fetchall()
        kind = "proven tasks" if proven else "random tasks"
        print(f"\n{len(rows)} {kind}, looked back at, and the steps that need to be taken:\n")
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
    file = max((FOLDER / "datasets" / name / "data").glob("*.parquet"))
    table = pyarrow.parquet.read_table(file)
    rows = table.to_pylist()
    row = next((row for row in rows if row["task"] == "step"), rows[0])
    print(f"\nA row of {name} ({table.num_rows} rows in {file.name}):\n")
    for message in row["prompt"]:
        if message["role"] != "system":
            print(f"  {message['role']}: {_indented(_text(message['content']))}")
    for column in ("completion", "chosen", "rejected"):
        for message in row.get(column, ()):
            print(f"  {message['role'] if column == 'completion' else column}: {_indented(_text(message['content']))}")
    for column in ("label", "kind", "cost"):
        if row.get(column) is not None:
            print(f"  {column}: {row[column]}")
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
        ("demo/attempts", "the recordings of what was tried"),
        ("demo/lake", 'the tables: hindtrace sql --lake demo/lake "select * from instructions"'),
        *(
            (f"demo/datasets/{name}", "a dataset: data/, its card README.md, manifest.json")
            for name in FORMATS
            if (FOLDER / "datasets" / name).exists()
        ),
        ("demo/examples", "the screenshots of the rows above"),
        ("notebooks/first_look.ipynb", "a first look at the lake, step by step"),
    ):
        print(f"  {place:28} {what}")


if __name__ == "__main__":
    sys.exit(main())
