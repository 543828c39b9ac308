"""The configuration of a curation: what a user may decide about the choices, from a TOML file."""

import dataclasses
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from schemas.errors import ConfigurationError
from schemas.keys import canonical_json, key

Sampling = Literal["all", "reward"]
Phrasings = Literal["own", "drawn", "all"]
Advantage = Literal["grpo", "dr-grpo"]


@dataclass(frozen=True, slots=True)
class CurationConfig:
    """What curation may be told.

    What is used: `labelers` are those whose verdicts and scores on goals count, each `NAME` or `NAME@VERSION`, empty
    for all; people's and safety judges' always do. `lowest_score` is the trajectory score below which an episode's
    steps are no targets of `sft` and `rl` and no positives of `kto`; an episode without a score passes. With
    `sampling = "reward"` an episode of score s passes with the chance s / 5 (OS-Genesis, Sec. 3.3). `licences` are
    those of the recordings that may be used; empty for any. `drop_refused` says that an instruction which a labeler
    refused as wrong, not feasible, not concrete or not natural gives no rows. `phrasings` says which words of a task
    that has variants are used: its own, one of them all drawn by a hash of its words and `split_seed`, or all.
    `benchmarks` are files of tasks that must not be trained on, and `benchmark_words` how many words in a row an
    instruction may not share with them.

    Rollouts: `advantage` says how the reward of an episode is compared with those of its group: `grpo` divides by their
    standard deviation (DeepSeekMath, Sec. 4.1), `dr-grpo` does not (Dr. GRPO, Sec. 3.2).

    Gates: `agreement` is the least share of the labelers' verdicts on a step, abstentions aside, that must be the same;
    with `truncated` an instruction may reach to the end of a recording that broke off.

    Duplicates: a tier that is off keeps all; that of whole walks is off unless it is asked for, since a walk that is
    much like another may hold a task that the other does not. `state_distance` is how many of the 64 bits of two
    screens' pHash may differ for them to be compared, the similarities are Jaccard's, of words and of steps. With
    `embedding` sentences are alike as well whose vectors by the model of that name (empty for none), asked for with so
    many `embedding_dimensions` (0: its own), have a cosine of `embedding_similarity`, and that name the same things.

    Splits: `validation` and `test` are shares of the whole from 0 to 1, and `train` is the rest; `split_seed` moves
    components between them. With three apps or more, the job fails when one component holds more than
    `largest_component` of the instructions.

    Limits: `app_limit`, `template_limit` and `instruction_limit` are the most rows of a use that one of those may have
    (0: any), `kto_balance` the most rows of one label for each of the other (0: any). Of each use, and of each label of
    it, `diversity_limit` rows are kept (0: all): those whose quality and diversity are best together, weighed by
    `diversity_weight`, from 0, quality alone, to 1, diversity alone.
    """

    labelers: tuple[str, ...] = ()
    lowest_score: float = 2.0
    sampling: Sampling = "all"
    advantage: Advantage = "grpo"
    agreement: float = 0.0
    truncated: bool = False
    licences: tuple[str, ...] = ()
    drop_refused: bool = True
    phrasings: Phrasings = "drawn"
    benchmarks: tuple[str, ...] = ()
    benchmark_words: int = 8
    exact_duplicates: bool = True
    near_states: bool = True
    state_distance: int = 2
    near_instructions: bool = True
    instruction_similarity: float = 0.8
    embedding: str = ""
    embedding_dimensions: int = 0
    embedding_similarity: float = 0.95
    near_trajectories: bool = False
    trajectory_similarity: float = 0.9
    validation: float = 0.0
    test: float = 0.1
    split_seed: int = 0
    largest_component: float = 0.8
    app_limit: int = 0
    template_limit: int = 0
    instruction_limit: int = 0
    diversity_limit: int = 0
    diversity_weight: float = 0.5
    kto_balance: float = 0.0

    def __post_init__(self) -> None:
        """Refuses what can't be."""
        if not math.isfinite(self.lowest_score):
            raise ConfigurationError(f"lowest_score: expected a number, found {self.lowest_score}")
        for name in (
            "validation",
            "test",
            "largest_component",
            "agreement",
            "diversity_weight",
            "instruction_similarity",
            "embedding_similarity",
            "trajectory_similarity",
        ):
            share = getattr(self, name)
            if not 0 <= share <= 1:
                raise ConfigurationError(f"{name}: expected a share from 0 to 1, found {share}")
        if self.validation + self.test >= 1:
            raise ConfigurationError(
                f"expected something left for train, found validation {self.validation} and test {self.test}"
            )
        for name, least in (
            ("instruction_similarity", LEAST_SIMILAR),
            ("embedding_similarity", LEAST_COSINE),
            ("trajectory_similarity", LEAST_SIMILAR),
        ):
            if getattr(self, name) < least:
                raise ConfigurationError(f"{name}: expected at least {least}, found {getattr(self, name)}")
        if self.embedding_dimensions < 0:
            raise ConfigurationError(
                f"embedding_dimensions: expected 0 (the model's own) or more, found {self.embedding_dimensions}"
            )
        if not 0 <= self.state_distance <= MOST_DISTANT:
            raise ConfigurationError(f"state_distance: expected 0 to {MOST_DISTANT} bits, found {self.state_distance}")
        for name in ("app_limit", "template_limit", "instruction_limit", "diversity_limit", "kto_balance"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) >= 0):
                raise ConfigurationError(f"{name}: expected 0 or more, found {getattr(self, name)}")
        if not 3 <= self.benchmark_words <= 50:
            raise ConfigurationError(f"benchmark_words: expected 3 to 50, found {self.benchmark_words}")

    def to_json(self) -> str:
        """The configuration as canonical JSON."""
        return canonical_json(dataclasses.asdict(self)).decode()

    @property
    def digest(self) -> str:
        """The key of the configuration."""
        return key("curation", dataclasses.asdict(self))


LEAST_SIMILAR = 0.5
"""Below it, sentences and walks that are alike are not found reliably."""

LEAST_COSINE = 0.8
"""Below it, the vectors of sentences about one app are mostly alike, whatever they ask for."""

MOST_DISTANT = 8
"""Bits of 64; beyond it, screens that have nothing to do with each other come together."""


def load_config(path: Path | None, base: CurationConfig | None = None) -> CurationConfig:
    """The configuration of a TOML file, or the defaults without one; what it does not tell is that of `base`.

    Raises:
        ConfigurationError: if the file is not there, is no TOML, or has a key or a value that is not known.
    """
    if path is None:
        return base or CurationConfig()
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"{path}: expected a TOML file: {error}") from error
    types: Mapping[str, Any] = {field.name: field.type for field in fields(CurationConfig)}
    chosen: dict[str, Any] = {}
    for name, value in found.items():
        if name not in types:
            raise ConfigurationError(f"{path}: unknown key {name}; known are {', '.join(sorted(types))}")
        chosen[name] = tuple(value) if isinstance(value, list) else value
        if not _fits(chosen[name], types[name]):
            raise ConfigurationError(f"{path}: expected {name} as {_named(types[name])}, found {value!r}")
    return replace(base or CurationConfig(), **chosen)


def _fits(value: object, kind: Any) -> bool:
    if get_origin(kind) is Literal:
        return value in get_args(kind)
    if get_origin(kind) is tuple:
        return isinstance(value, tuple) and all(isinstance(one, str) for one in value)
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is kind


def _named(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return " or ".join(map(repr, get_args(kind)))
    return "a list of texts" if get_origin(kind) is tuple else str(kind.__name__)
