"""Near-duplicates of instructions against datatrove's MinHash, on the same rows.

    python -m benchmarks.curation.instructions --datatrove /path/to/python
    python -m benchmarks.curation.instructions --rows 100000 --datatrove /path/to/python

The path is that of a Python with `datatrove[io,processing]`. Both read one file of JSON lines, take shingles of three
words, and run as processes of their own with one worker: ours to the edges and the rows that stay, datatrove with its
own numbers of buckets and hashes through its four stages. A planted pair is found when both of its rows are in one
group; an edge is right when the true Jaccard is 0.8 or more. Ends with 1 if a bar is missed.
"""

import argparse
import json
import os
import re
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.curation.measuring import Bar, finish
from benchmarks.tables import table
from pipelines.curate.similarity.minhash import near, shingles_of_texts

WORDS = 3
JACCARD = 0.8

TEMPLATES = (
    "open the {0} page of {1} and change the {2} of the {3} with the number {4} so it reads {5} then save it and {6}",
    "find every {0} of {1} that was {2} before {3} sort them by {5} and add the first to the list called {4} of {6}",
    "in the {1} section search for {0} {5} choose the one with the {2} {3} and send it to {6} with the note {4}",
    "go to {3} {0} delete the {2} entry named {5} {4} and check on the {1} overview of {6} that it is gone",
)

DATATROVE = """
import sys
from datatrove.executor.local import LocalPipelineExecutor
from datatrove.pipeline.dedup import MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupFilter
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers.jsonl import JsonlWriter
from datatrove.utils.hashing import HashConfig

if __name__ == "__main__":
    rows, folder, words = sys.argv[1], sys.argv[2], int(sys.argv[3])
    config = MinhashConfig(n_grams=words, hash_config=HashConfig(precision=64))
    stages = (
        ([JsonlReader(rows), MinhashDedupSignature(f"{folder}/signatures", config=config)], 1),
        ([MinhashDedupBuckets(f"{folder}/signatures", f"{folder}/buckets", config=config)], config.num_buckets),
        ([MinhashDedupCluster(f"{folder}/buckets", f"{folder}/remove", config=config)], 1),
        ([JsonlReader(rows), MinhashDedupFilter(f"{folder}/remove"), JsonlWriter(f"{folder}/kept")], 1),
    )
    for number, (steps, tasks) in enumerate(stages):
        LocalPipelineExecutor(pipeline=steps, tasks=tasks, workers=1, logging_dir=f"{folder}/logs/{number}").run()
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--datatrove", metavar="PYTHON", help="an interpreter that has datatrove[io,processing]")
    parser.add_argument("--ours", nargs=2, metavar=("FOLDER", "OUT"), help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.ours:
        run(Path(given.ours[0]), Path(given.ours[1]))
        return 0
    with tempfile.TemporaryDirectory(prefix="hindtrace-") as name:
        folder = Path(name)
        texts, planted = instructions(given.rows)
        (folder / "rows").mkdir()
        with (folder / "rows" / "rows.jsonl").open("w") as file:
            for number, text in enumerate(texts):
                file.write(json.dumps({"text": text, "id": str(number)}) + "\n")
        out = folder / "ours"
        out.mkdir()
        here = [sys.executable, "-m", "benchmarks.curation.instructions", "--ours", str(folder / "rows"), str(out)]
        figures = {"ours": timed(here, folder)}
        edges = {
            "ours": np.stack([np.asarray(pq.read_table(out / "edges.parquet")[one]) for one in ("left", "right")], 1)
        }
        if given.datatrove:
            script = folder / "run_datatrove.py"
            script.write_text(DATATROVE)
            command = [given.datatrove, str(script), str(folder / "rows"), str(folder / "datatrove"), str(WORDS)]
            figures["datatrove"] = timed(command, folder)
            edges["datatrove"] = datatrove_edges(folder / "datatrove" / "buckets")
        else:
            print("without datatrove: name a Python that has it by --datatrove\n", file=sys.stderr)
        return report(given.rows, texts, planted, figures, edges)


def report(
    rows: int,
    texts: Sequence[str],
    planted: Sequence[tuple[int, int]],
    figures: dict[str, dict[str, float]],
    edges: dict[str, np.ndarray],
) -> int:
    """Prints what was found, and returns 1 where a bar is missed."""
    for name, found in edges.items():
        roots = groups(len(texts), found)
        figures[name]["edges"] = len(found)
        figures[name]["recall"] = float(np.mean([roots[one] == roots[other] for one, other in planted]))
        sample = found[np.random.default_rng(1).permutation(len(found))[:200_000]]
        right = [jaccard(texts[one], texts[other]) >= JACCARD for one, other in sample.tolist()]
        figures[name]["precision"] = float(np.mean(right)) if right else 1.0
    print(f"{rows:,} instructions, {len(planted):,} planted pairs of a Jaccard of {JACCARD} and more\n")
    cells = [
        (name, f"{one['computing']:.0f}", f"{one['wall']:.0f}", f"{one['edges']:,.0f}", f"{one['recall']:.4f}",
         f"{one['precision']:.4f}") for name, one in figures.items()
    ]  # fmt: skip
    print(table(("who", "seconds of computing", "seconds", "edges", "recall", "precision"), cells) + "\n")
    if "datatrove" not in figures:
        return finish("instructions", [], {"figures": figures})
    ours, theirs = figures["ours"], figures["datatrove"]
    bars = [
        Bar("datatrove / ours, computing", theirs["computing"] / ours["computing"], 5),
        Bar("datatrove / ours, wall clock", theirs["wall"] / ours["wall"], 5),
        Bar("our recall of planted pairs less theirs", ours["recall"] - theirs["recall"], 0),
        Bar("our precision of edges less theirs", ours["precision"] - theirs["precision"], 0),
    ]
    return finish(
        "instructions", bars, {"rows": rows, "planted": len(planted), "figures": figures}, ("numpy", "polars")
    )


def run(rows: Path, out: Path) -> None:
    """Our side: from JSON lines to the edges, and the rows that stay in the order of the file."""
    import polars as pl

    table_of_rows = pl.read_ndjson(rows / "rows.jsonl")
    ids = pa.array(np.arange(len(table_of_rows)))
    edges = near(shingles_of_texts(ids, table_of_rows["text"].to_arrow(), WORDS))
    pq.write_table(edges, out / "edges.parquet")
    roots = groups(len(table_of_rows), np.stack([np.asarray(edges["left"]), np.asarray(edges["right"])], 1))
    table_of_rows.filter(pl.Series(roots == np.arange(len(roots)))).write_ndjson(out / "kept.jsonl")


def instructions(count: int) -> tuple[list[str], list[tuple[int, int]]]:
    """Instructions made from templates, a tenth of them another one slightly changed, and the pairs that are alike."""
    chance = np.random.default_rng(0)
    vocabulary = np.array(["".join(chr(97 + int(one)) for one in row) for row in chance.integers(0, 26, (20_000, 6))])
    choices = vocabulary[(20_000 * chance.random((count, 7, 2)) ** 2).astype(int)]
    which = chance.integers(0, len(TEMPLATES), count)
    texts = [
        TEMPLATES[kind].format(*(" ".join(pair) for pair in row))
        for kind, row in zip(which, choices.tolist(), strict=True)
    ]
    copies = chance.permutation(count)[: count // 10]
    originals = chance.integers(0, count, len(copies))
    taken = set(copies.tolist())
    planted = []
    for copy, original, edit in zip(
        copies.tolist(), originals.tolist(), chance.integers(0, 5, len(copies)), strict=True
    ):
        if original in taken:
            continue
        words = texts[original].split()
        match edit:
            case 0:
                words[int(chance.integers(len(words)))] = "another"
            case 1:
                words.insert(int(chance.integers(len(words))), "please")
            case 2:
                words.append("now")
            case 3:
                words = ["Please", *words[:-1]]
            case _:
                words = [word.capitalize() for word in words]
        texts[copy] = " ".join(words) + "."
        if jaccard(texts[copy], texts[original]) >= JACCARD:
            planted.append((original, copy))
    return texts, planted


def jaccard(one: str, other: str) -> float:
    """Of the sets of three words in a row, in lower case and without punctuation."""
    first, second = (
        {tuple(words[start : start + WORDS]) for start in range(max(len(words) - WORDS + 1, 1))}
        for words in (re.findall(r"\w+", text.lower()) for text in (one, other))
    )
    return len(first & second) / len(first | second)


def groups(count: int, edges: np.ndarray) -> np.ndarray:
    """For each row the least of those that edges join with it."""
    root = list(range(count))

    def find(one: int) -> int:
        while root[one] != one:
            root[one] = root[root[one]]
            one = root[one]
        return one

    for one, other in edges.tolist():
        first, second = find(one), find(other)
        root[max(first, second)] = min(first, second)
    return np.array([find(one) for one in range(count)])


def datatrove_edges(folder: Path) -> np.ndarray:
    """The distinct pairs of rows that its second stage wrote: (file, row, file, row) of 32 bits each."""
    pairs: set[tuple[int, int]] = set()
    for path in sorted(folder.rglob("*.dups")):
        pairs.update(
            (min(one, other), max(one, other)) for _, one, _, other in struct.iter_unpack("<4I", path.read_bytes())
        )
    return np.array(sorted(pairs), np.int64).reshape(-1, 2)


def timed(command: Iterable[str], folder: Path) -> dict[str, float]:
    """The seconds that a process took and those that it and its children computed."""
    log = folder / "log.txt"
    start = time.monotonic()
    with log.open("w") as file:
        process = subprocess.Popen(list(command), stdout=file, stderr=file)
        _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command} failed:\n{log.read_text()[-2000:]}")
    return {"wall": time.monotonic() - start, "computing": usage.ru_utime + usage.ru_stime}


if __name__ == "__main__":
    raise SystemExit(main())
