"""Curate at a glance: its stages in their order, and what each leaves for which of the others.

The facts and opinions of the lake come in with the first stage; decisions and edges go out with the last. Between them
every file that one stage leaves for another is named here, with its columns. A test holds the table against what the
stages do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import polars as pl
import pyarrow as pa

from pipelines.curate.config import CurationConfig
from pipelines.curate.duplicates.duplicates import DECIDED
from pipelines.curate.keeping import Shelf
from pipelines.curate.roles import candidates, rollouts, subjects
from pipelines.curate.selection import preferences, splits
from pipelines.curate.similarity import contamination
from pipelines.curate.similarity.contamination import ENTRIES
from pipelines.curate.similarity.near import EDGES
from pipelines.running.work import HandOver, Work
from schemas.keys import key


class Stage(StrEnum):
    """What is done, in this order; each but the second for one bucket after the other."""

    BEGIN = "begun"
    """Before the graph: the tasks of benchmarks are read."""
    CHOOSE = "chosen"
    """What each step could be, and what that hangs on (`choosing`)."""
    LIKEN = "likeness"
    """Once for the lake: what is nearly the same, what hangs together, on which side of the split (`likeness`)."""
    KEY = "keyed"
    """What another side shows is left out, and the rest gets the keys by which it is compared (`keying`)."""
    SETTLE = "settled"
    """Duplicates and contradictions are found across buckets; each row gets its role (`settling`)."""
    PAIR = "paired"
    """Right actions and wrong ones in the same state come together (`pairing`)."""
    LIMIT = "limited"
    """Of each group that has a limit so many rows stay; once for each limit that is set (`limiting`)."""
    WRITE = "written"
    """Decisions and edges (`writing`)."""


@dataclass(frozen=True, slots=True)
class Curation:
    """What all stages know. Cheap to pickle."""

    work: Work
    config: CurationConfig
    shelf: Shelf

    @property
    def name(self) -> str:
        """The name under which the decisions are published."""
        return self.shelf.name


def _columns(columns: Mapping[str, Any]) -> pa.Schema:
    return pl.DataFrame(schema=dict(columns)).to_arrow(compat_level=pl.CompatLevel.oldest()).schema


def _left(name: str, columns: Mapping[str, Any], by: Stage, *readers: Stage, once: bool = False) -> HandOver:
    return HandOver(name, _columns(columns), by, readers, once)


_STATES = {"state": pl.String}
_STANDS_FOR = {"member": pl.String, "stands_for_it": pl.String, "distance": pl.Float64}
_WORDINGS = {"instruction_id": pl.String, "text": pl.String}
_SIDES = {"instruction_id": pl.String, "split": pl.String, "was": pl.String}
_TWINS = {"trajectory_id": pl.String, "twin": pl.String, "apart": pl.Float64}
_WALKS = {"trajectory_id": pl.String, "walk": pl.String, "tokens": pl.List(pl.String)}
_SIGHTS = {
    "state": pl.String,
    "app": pl.String,
    "trajectory_id": pl.String,
    "screen": pl.String,
    "structure": pl.String,
    "width": pl.Int32,
    "height": pl.Int32,
    "volatile": pl.List(pl.Struct(dict.fromkeys(("x", "y", "width", "height"), pl.Float64))),
    "phash64": pl.String,
    "phash256": pl.String,
    "dhash64": pl.String,
    "tiles": pl.Binary,
}

BENCHMARKS = _left("benchmarks", ENTRIES, Stage.BEGIN, Stage.LIKEN, once=True)

CANDIDATES = _left("chosen", candidates.CANDIDATES, Stage.CHOOSE, Stage.KEY)
INSTRUCTIONS = _left("instructions", subjects.INSTRUCTIONS, Stage.CHOOSE, Stage.LIKEN, Stage.LIMIT)
WORDINGS = _left("wordings", _WORDINGS, Stage.CHOOSE, Stage.LIKEN)
MARKS = _left("marks", subjects.MARKS, Stage.CHOOSE, Stage.LIKEN)
SIGHTS = _left("sights", _SIGHTS, Stage.CHOOSE, Stage.LIKEN)
WALKS = _left("walks", _WALKS, Stage.CHOOSE, Stage.LIKEN)
REWARDS = _left("rewards", rollouts.REWARDS, Stage.CHOOSE, Stage.LIKEN)
CONTESTS = _left("contests", preferences.CONTESTS, Stage.CHOOSE, Stage.PAIR)
LAUNCHERS = _left("launchers", _STATES, Stage.CHOOSE, Stage.LIKEN)
LOGINS = _left("logins", _STATES, Stage.CHOOSE, Stage.LIKEN)

NEAR_MEANINGS = _left("near-meaning", EDGES, Stage.LIKEN, Stage.LIKEN, once=True)
SIDES = _left("sides", _SIDES, Stage.LIKEN, Stage.KEY, Stage.SETTLE, once=True)
SHARED = _left("shared", splits.SHARED, Stage.LIKEN, Stage.KEY, once=True)
HITS = _left("hits", contamination.HITS, Stage.LIKEN, Stage.SETTLE, once=True)
ALIKE_WORDS = _left("alike words", _STANDS_FOR, Stage.LIKEN, Stage.KEY, once=True)
ALIKE_STATES = _left("alike states", _STANDS_FOR, Stage.LIKEN, Stage.KEY, once=True)
TWINS = _left("twins", _TWINS, Stage.LIKEN, Stage.SETTLE, once=True)
ADVANTAGES = _left("advantages", rollouts.ADVANTAGES, Stage.LIKEN, Stage.SETTLE, once=True)

_KEYS = [pa.field(name, pa.binary(16)) for name in ("prompt", "exact", "key", "pair")]
KEYED = HandOver(
    "keyed",
    pa.schema([*(field for field in CANDIDATES.schema if field.name != "prompt"), *_KEYS]),
    writer=Stage.KEY,
    readers=(Stage.SETTLE, Stage.PAIR, Stage.LIMIT, Stage.WRITE),
)
SETTLED = _left("settled", DECIDED, Stage.SETTLE, Stage.PAIR)
PAIRED = _left("paired", DECIDED, Stage.PAIR, Stage.LIMIT, Stage.WRITE)
LIMITED = {
    name: _left(name, DECIDED, Stage.LIMIT, Stage.LIMIT, Stage.WRITE)
    for name in ("instruction_limit", "template_limit", "app_limit", "diversity_limit", "kto_balance")
}
"""What each limit leaves, by its name in the configuration, in their order."""

CHOSEN = (CANDIDATES, INSTRUCTIONS, WORDINGS, MARKS, SIGHTS, WALKS, REWARDS, CONTESTS, LAUNCHERS, LOGINS)
"""What the first stage leaves, and is kept for the next curation."""

HAND_OVERS = (
    *(BENCHMARKS, *CHOSEN, NEAR_MEANINGS, SIDES, SHARED, HITS, ALIKE_WORDS, ALIKE_STATES, TWINS, ADVANTAGES),
    *(KEYED, SETTLED, PAIRED, *LIMITED.values()),
)


def near_states_of(app: str) -> HandOver:
    """The edges between the states of an app, which are kept as long as nothing new is seen in it."""
    return _left(f"near-{key('app', app)}", EDGES, Stage.LIKEN, Stage.LIKEN, once=True)
