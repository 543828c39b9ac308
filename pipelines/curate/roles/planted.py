"""What a page planted, and what was done because of it: the texts and the steps that no model is to learn from."""

import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from labelers.askers import question_of
from labelers.rules import RulesBackend
from labelers.rules.planted import PLANTED, may_hold, passages_of, readable
from schemas.trees import tree_from_bytes

REPEATED, THOUGHT = "planted instruction", "planted instruction in a thought"
OBEYED, UNSAFE = "planted instruction obeyed", "judged unsafe"
"""The rules of what is dropped: a text repeats a planted one; an act follows one or is unsafe, and all after it."""

INJECTION = "prompt injection"
"""The rule of a safety judge's label on the step that obeys a planted instruction."""

RUN = 5
"""Words in a row that a text may not share with a planted passage, or all of its words where it has fewer."""

LEAST = 4
"""Letters of a text that is too short to repeat anything."""

_WORD = re.compile(r"\w+")
_TYPED = ("text", "option", "location", "keys")
SPOILED = pl.Schema({"trajectory_id": pl.String, "step_index": pl.Int32, "spoiled": pl.String})


@dataclass(frozen=True, slots=True)
class Tainted:
    """The instructions that repeat something planted, and the steps that are no targets, each with its rule."""

    instructions: frozenset[str]
    steps: pl.DataFrame


class Passages:
    """Planted passages of one episode, and what was typed because of them."""

    def __init__(self, passages: Iterable[str]) -> None:
        self._runs = [_spaced(_words(passage)) for passage in passages]
        self._payloads: set[str] = set()

    def repeated_in(self, text: str | None) -> bool:
        """Whether the text shares a run of words with a passage, or holds all of what was typed because of one."""
        words = _words(text or "")
        if sum(map(len, words)) < LEAST:
            return False
        own = _spaced(words)
        if any(payload in own for payload in sorted(self._payloads)):
            return True
        runs = [_spaced(words[place : place + RUN]) for place in range(max(1, len(words) - RUN + 1))]
        return any(run in passage for run in runs for passage in self._runs)

    def add_payload(self, text: str) -> None:
        """From now on a text that holds all of this one repeats something planted."""
        self._payloads.add(_spaced(_words(text)))


def unlabelled(trajectories: pa.Table, steps: pa.Table, labels: pa.Table, trees: pa.Table) -> dict[str, list[str]]:
    """The planted passages of the episodes that neither today's rules nor a safety judge have labelled, by episode.

    `trees` has the columns `tree` and `nodes`, compressed; what is not there was not seen. The passages are those that
    the rules would find.
    """
    rows = pl.DataFrame(labels.select(["trajectory_id", "subject", "labeler", "labeler_version"])).filter(
        pl.col("subject") == "trajectory"
    )
    by_rules = (pl.col("labeler") == RulesBackend.name) & (pl.col("labeler_version") == RulesBackend.version)
    judges = [name for name in rows["labeler"].unique().to_list() if name.startswith("safety/")]
    looked = set(rows.filter(by_rules | pl.col("labeler").is_in(sorted(judges)))["trajectory_id"].to_list())
    open_ = sorted(set(trajectories["trajectory_id"].to_pylist()) - looked)
    passages_by_episode: dict[str, list[str]] = {}
    if not open_:
        return passages_by_episode
    packed = dict(zip(trees["tree"].to_pylist(), trees["nodes"].to_pylist(), strict=True))
    known: dict[tuple[str | None, str | None, str | None], list[str]] = {}
    for row in _rows_of(steps, open_, ["trajectory_id", "step_index", "before", "after"]):
        for seen in (row["before"], row["after"]):
            if seen is None:
                continue
            place = (seen["tree"], seen["title"], seen["notice"])
            if place not in known:
                known[place] = _passages(packed.get(seen["tree"]), seen["title"], seen["notice"])
            if known[place]:
                passages_by_episode.setdefault(row["trajectory_id"], []).extend(known[place])
    return {name: sorted(set(passages)) for name, passages in passages_by_episode.items()}


def _passages(packed: bytes | None, title: str | None, notice: str | None) -> list[str]:
    data = b"" if packed is None else zlib.decompress(packed)
    if not any(may_hold(text) for text in (data, (title or "").encode(), (notice or "").encode())):
        return []
    tree = tree_from_bytes(data) if data else None
    return [passage for passage, _ in passages_of(title, notice, tree)]


def tainted(
    steps: pa.Table, instructions: pa.Table, labels: pa.Table, more: Mapping[str, Sequence[str]] | None = None
) -> Tainted:
    """What repeats or follows a planted instruction, by the labels on screens, and by those of safety judges on steps.

    `more` are passages by episode that no label tells of.

    An act whose typed text repeats a passage obeyed it: from it on no step is a target. A thought that repeats one
    spoils its own step alone.
    """
    passages, judged = _said(labels)
    for name, unsaid in (more or {}).items():
        passages.setdefault(name, []).extend(unsaid)
    names = sorted({*passages, *judged})
    if not names:
        return Tainted(frozenset(), pl.DataFrame(schema=SPOILED))
    known = {name: Passages(passages.get(name, ())) for name in names}
    rows = _rows_of(steps, names, ["trajectory_id", "step_index", "action", "thought"])
    ends = dict(judged)
    for row in rows:
        name, typed = row["trajectory_id"], _typed(row["action"])
        repeated = [text for text in typed if known[name].repeated_in(text)]
        for text in repeated:
            known[name].add_payload(text)
        if repeated:
            ends[name] = min(ends.get(name, (row["step_index"], OBEYED)), (row["step_index"], OBEYED))
    spoiled = [step for row in rows if (step := _spoiled(row, known, ends)) is not None]
    texts = _rows_of(instructions, names, ["trajectory_id", "instruction_id", "text", "answer", "evidence"])
    repeating = frozenset(
        row["instruction_id"]
        for row in texts
        if any(known[row["trajectory_id"]].repeated_in(row[name]) for name in ("text", "answer", "evidence"))
    )
    return Tainted(repeating, pl.DataFrame(spoiled, schema=SPOILED, orient="row"))


def _said(labels: pa.Table) -> tuple[dict[str, list[str]], dict[str, tuple[int, str]]]:
    """The planted passages by episode, and the first step that a safety judge objects to, with what that means.

    Where it objects to an episode and names no step, that is all of it.
    """
    columns = ["trajectory_id", "subject", "first_step", "verdict", "rule", "reason", "labeler"]
    rows = pl.DataFrame(labels.select(columns)).filter(
        (pl.col("verdict") == "harmful") & pl.col("subject").is_in(["screen", "step", "trajectory"])
    )
    passages: dict[str, list[str]] = {}
    judged: dict[str, tuple[int, str]] = {}
    for row in rows.sort("trajectory_id", "first_step", "reason", nulls_last=True).to_dicts():
        name = row["trajectory_id"]
        if row["subject"] == "screen" and (row["rule"] or "").startswith(PLANTED):
            passages.setdefault(name, []).append(row["reason"])
        if row["subject"] != "screen" and question_of(row["labeler"]) == "safety":
            # Sorted so, the labels on the steps of an episode come before the one on the whole.
            first = 0 if row["first_step"] is None else row["first_step"]
            judged.setdefault(name, (first, OBEYED if row["rule"] == INJECTION else UNSAFE))
    return passages, judged


def _rows_of(table: pa.Table, names: list[str], columns: list[str]) -> list[dict[str, Any]]:
    wanted = pc.is_in(table["trajectory_id"], value_set=pa.array(names, pa.string()))
    rows: list[dict[str, Any]] = table.select(columns).filter(wanted).to_pylist()
    last = "step_index" if "step_index" in columns else "instruction_id"
    return sorted(rows, key=lambda row: (row["trajectory_id"], row[last]))


def _spoiled(
    row: Mapping[str, Any], known: Mapping[str, Passages], ends: Mapping[str, tuple[int, str]]
) -> tuple[str, int, str] | None:
    name, step = row["trajectory_id"], row["step_index"]
    if name in ends and step >= ends[name][0]:
        return name, step, ends[name][1]
    return (name, step, THOUGHT) if known[name].repeated_in(row["thought"]) else None


def _typed(action: Mapping[str, Any]) -> Iterator[str]:
    yield from (action[name] for name in _TYPED if action[name])


def _words(text: str) -> list[str]:
    return _WORD.findall(readable(text).casefold())


def _spaced(words: Iterable[str]) -> str:
    return f" {' '.join(words)} "
