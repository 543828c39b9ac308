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
from pipelines.curate.keeping import Shelf
from pipelines.curate.roles.rollouts import ADVANTAGES as _ADVANTAGES
from pipelines.curate.roles.rollouts import REWARDS as _REWARDS
from pipelines.curate.roles.subjects import INSTRUCTIONS as _INSTRUCTIONS
from pipelines.curate.roles.subjects import MARKS as _MARKS
from pipelines.curate.selection.preferences import CONTESTS as _CONTESTS
from pipelines.curate.similarity.contamination import ENTRIES as _ENTRIES
from pipelines.curate.similarity.contamination import HITS as _HITS
from pipelines.curate.similarity.near import EDGES as _EDGES
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
    """The candidates get the keys by which they are compared across buckets (`keying`)."""
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


_STATES = {"state": pl.String}
_STANDS_FOR = {"member": pl.String, "stands_for_it": pl.String, "distance": pl.Float64}
_ROW = {
    "trajectory_id": pl.String,
    "step_index": pl.Int32,
    "instruction_id": pl.String,
    "use": pl.String,
    "role": pl.String,
    "rule": pl.String,
}
_CANDIDATES = {
    **_ROW,
    "plain": pl.String,
    "state_before": pl.String,
    "state_after": pl.String,
    "action": pl.String,
    "rank": pl.UInt16,
    "alone": pl.Boolean,
    "prompt": pl.String,
}
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
_WALKS = {"trajectory_id": pl.String, "walk": pl.String, "tokens": pl.List(pl.String)}
_DECIDED = _columns(
    {
        **_ROW,
        "survivor": pl.String,
        "distance": pl.Float64,
        "split": pl.String,
        "weight": pl.Float64,
        "key": pl.String,
    }
)
_KEYS = [pa.field(name, pa.binary(16)) for name in ("prompt", "exact", "key", "pair")]

BENCHMARKS = HandOver("benchmarks", _columns(_ENTRIES), Stage.BEGIN, (Stage.LIKEN,), once=True)

CANDIDATES = HandOver("chosen", _columns(_CANDIDATES), Stage.CHOOSE, (Stage.KEY,))
INSTRUCTIONS = HandOver("instructions", _columns(_INSTRUCTIONS), Stage.CHOOSE, (Stage.LIKEN, Stage.LIMIT))
WORDINGS = HandOver(
    "wordings", _columns({"instruction_id": pl.String, "text": pl.String}), Stage.CHOOSE, (Stage.LIKEN,)
)
MARKS = HandOver("marks", _columns(_MARKS), Stage.CHOOSE, (Stage.LIKEN,))
SIGHTS = HandOver("sights", _columns(_SIGHTS), Stage.CHOOSE, (Stage.LIKEN,))
WALKS = HandOver("walks", _columns(_WALKS), Stage.CHOOSE, (Stage.LIKEN,))
REWARDS = HandOver("rewards", _columns(_REWARDS), Stage.CHOOSE, (Stage.LIKEN,))
CONTESTS = HandOver("contests", _columns(_CONTESTS), Stage.CHOOSE, (Stage.PAIR,))
LAUNCHERS = HandOver("launchers", _columns(_STATES), Stage.CHOOSE, (Stage.LIKEN,))
LOGINS = HandOver("logins", _columns(_STATES), Stage.CHOOSE, (Stage.LIKEN,))

NEAR_MEANINGS = HandOver("near-meaning", _columns(_EDGES), Stage.LIKEN, (Stage.LIKEN,), once=True)
SIDES = HandOver(
    "sides",
    _columns({"instruction_id": pl.String, "split": pl.String, "was": pl.String}),
    Stage.LIKEN,
    (Stage.SETTLE,),
    once=True,
)
HITS = HandOver("hits", _columns(_HITS), Stage.LIKEN, (Stage.SETTLE,), once=True)
ALIKE_WORDS = HandOver("alike words", _columns(_STANDS_FOR), Stage.LIKEN, (Stage.KEY,), once=True)
ALIKE_STATES = HandOver("alike states", _columns(_STANDS_FOR), Stage.LIKEN, (Stage.KEY,), once=True)
TWINS = HandOver(
    "twins",
    _columns({"trajectory_id": pl.String, "twin": pl.String, "apart": pl.Float64}),
    Stage.LIKEN,
    (Stage.SETTLE,),
    once=True,
)
ADVANTAGES = HandOver("advantages", _columns(_ADVANTAGES), Stage.LIKEN, (Stage.SETTLE,), once=True)

KEYED = HandOver(
    "keyed",
    pa.schema([*(field for field in CANDIDATES.schema if field.name != "prompt"), *_KEYS]),
    Stage.KEY,
    (Stage.SETTLE, Stage.PAIR, Stage.LIMIT, Stage.WRITE),
)
SETTLED = HandOver("settled", _DECIDED, Stage.SETTLE, (Stage.PAIR,))
PAIRED = HandOver("paired", _DECIDED, Stage.PAIR, (Stage.LIMIT, Stage.WRITE))
LIMITED = {
    name: HandOver(name, _DECIDED, Stage.LIMIT, (Stage.LIMIT, Stage.WRITE))
    for name in ("instruction_limit", "template_limit", "app_limit", "diversity_limit", "kto_balance")
}
"""What each limit leaves, by its name in the configuration, in their order."""

HAND_OVERS = (
    *(BENCHMARKS, CANDIDATES, INSTRUCTIONS, WORDINGS, MARKS, SIGHTS, WALKS, REWARDS, CONTESTS, LAUNCHERS, LOGINS),
    *(NEAR_MEANINGS, SIDES, HITS, ALIKE_WORDS, ALIKE_STATES, TWINS, ADVANTAGES),
    *(KEYED, SETTLED, PAIRED, *LIMITED.values()),
)


def near_states_of(app: str) -> HandOver:
    """The edges between the states of an app, which are kept as long as nothing new is seen in it."""
    return HandOver(f"near-{key('app', app)}", _columns(_EDGES), Stage.LIKEN, (Stage.LIKEN,), once=True)
