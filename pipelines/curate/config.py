"""The configuration of a curation: what a user may decide about the choices, from a TOML file."""

import dataclasses
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args, get_origin

from schemas.errors import ConfigurationError
from schemas.files import read_given
from schemas.keys import canonical_json, key

Sampling = Literal["all", "reward"]
Phrasings = Literal["own", "drawn", "all"]
Advantage = Literal["grpo", "dr-grpo"]
Proof = Literal["required", "preferred", "off"]


LEAST_SIMILAR = 0.5
"""Below it, sentences and walks that are alike are not found reliably."""

LEAST_COSINE = 0.8
"""Below it, the vectors of sentences about one app are mostly alike, whatever they ask for."""

MOST_DISTANT = 8
"""Bits of 64; beyond it, screens that have nothing to do with each other come together."""

MOST = sys.float_info.max

_Bounds: TypeAlias = tuple[float, float, str]
_SHARE: _Bounds = (0, 1, "a share from 0 to 1")
_COUNT: _Bounds = (0, MOST, "0 or more")
_SIMILAR: _Bounds = (LEAST_SIMILAR, MOST, f"at least {LEAST_SIMILAR}")


def _within(default: Any, *bounds: _Bounds) -> Any:
    """A number that has to be within bounds, each with what is expected in the words of an error."""
    return field(default=default, metadata={"bounds": bounds})


@dataclass(frozen=True, slots=True)
class ChoosingConfig:
    """What decides which sentences there are to compare, and what each step could be.

    `labelers` are those whose verdicts and scores on goals count, each `NAME` or `NAME@VERSION`, empty for all;
    people's and safety judges' always do. `lowest_score` is the trajectory score below which an episode's steps are no
    targets of `sft` and `rl` and no positives of `kto`; an episode without a score passes. With `sampling = "reward"`
    an episode of score s passes with the chance s / 5 (OS-Genesis, Sec. 3.3). `licences` are those of the recordings
    that may be used; empty for any. `drop_refused` says that an instruction which a labeler refused as wrong, not
    feasible, not concrete or not natural gives no rows. `phrasings` says which words of a task that has variants are
    used: its own, one of them all drawn by a hash of its words and `split_seed`, or all.

    `proof` says what experiments (`hindtrace prove`) decide of tasks: with `preferred` those that are proven are taught
    on the walk that proved them, those that are refuted are not, and those that were not tried as they were explored;
    with `required` these are not either; with `off` there are no experiments.

    Gates: `agreement` is the least share of the labelers' verdicts on a step, abstentions aside, that must be the same;
    with `truncated` an instruction may reach to the end of a recording that broke off.
    """

    labelers: tuple[str, ...] = ()
    lowest_score: float = _within(2.0, (-MOST, MOST, "a number"))
    sampling: Sampling = "all"
    agreement: float = _within(0.0, _SHARE)
    truncated: bool = False
    licences: tuple[str, ...] = ()
    drop_refused: bool = True
    phrasings: Phrasings = "drawn"
    proof: Proof = "preferred"
    split_seed: int = 0


@dataclass(frozen=True, slots=True)
class CurationConfig(ChoosingConfig):
    """What curation may be told: what is chosen, and what is made of it.

    `benchmarks` are files of tasks that must not be trained on, and `benchmark_words` how many words in a row an
    instruction may not share with them.

    Rollouts: `advantage` says how the reward of an episode is compared with those of its group: `grpo` divides by their
    standard deviation (DeepSeekMath, Sec. 4.1), `dr-grpo` does not (Dr. GRPO, Sec. 3.2).

    Duplicates: a tier that is off keeps all; that of whole walks is off unless it is asked for, since a walk that is
    much like another may hold a task that the other does not. `state_distance` is how many of the 64 bits of two
    screens' pHash may differ for them to be compared, the similarities are Jaccard's, of words and of steps. With
    `embedding` sentences are alike as well whose vectors by the model of that name (empty for none), asked for with so
    many `embedding_dimensions` (0: its own), have a cosine of `embedding_similarity`, and that name the same things.

    Splits: `validation` and `test` are shares of the whole from 0 to 1, and `train` is the rest; `split_seed` moves
    components between them. With three apps or more, each that is above 0 gets one at least.

    Limits: `app_limit`, `template_limit` and `instruction_limit` are the most rows of a use that one of those may have
    (0: any), `kto_balance` the most rows of one label for each of the other (0: any). Of each use, and of each label of
    it, `diversity_limit` rows are kept (0: all): those whose quality and diversity are best together, weighed by
    `diversity_weight`, from 0, quality alone, to 1, diversity alone.
    """

    advantage: Advantage = "grpo"
    benchmarks: tuple[str, ...] = ()
    benchmark_words: int = _within(8, (3, 50, "3 to 50"))
    exact_duplicates: bool = True
    near_states: bool = True
    state_distance: int = _within(2, (0, MOST_DISTANT, f"0 to {MOST_DISTANT} bits"))
    near_instructions: bool = True
    instruction_similarity: float = _within(0.8, _SHARE, _SIMILAR)
    embedding: str = ""
    embedding_dimensions: int = _within(0, (0, MOST, "0 (the model's own) or more"))
    embedding_similarity: float = _within(0.9, _SHARE, (LEAST_COSINE, MOST, f"at least {LEAST_COSINE}"))
    near_trajectories: bool = False
    trajectory_similarity: float = _within(0.9, _SHARE, _SIMILAR)
    validation: float = _within(0.0, _SHARE)
    test: float = _within(0.1, _SHARE)
    app_limit: int = _within(0, _COUNT)
    template_limit: int = _within(0, _COUNT)
    instruction_limit: int = _within(0, _COUNT)
    diversity_limit: int = _within(0, _COUNT)
    diversity_weight: float = _within(0.5, _SHARE)
    kto_balance: float = _within(0.0, _COUNT)

    def __post_init__(self) -> None:
        """Refuses what can't be."""
        for setting in fields(self):
            value = getattr(self, setting.name)
            for least, most, expected in setting.metadata.get("bounds", ()):
                if not least <= value <= most:
                    raise ConfigurationError(f"{setting.name}: expected {expected}, found {value}")
        if self.validation + self.test >= 1:
            raise ConfigurationError(
                f"expected something left for train, found validation {self.validation} and test {self.test}"
            )

    def to_json(self) -> str:
        """The configuration as canonical JSON."""
        return canonical_json(dataclasses.asdict(self)).decode()

    @property
    def digest(self) -> str:
        """The key of the configuration."""
        return key("curation", dataclasses.asdict(self))


AFTERWARDS = frozenset(setting.name for setting in fields(CurationConfig)) - {
    setting.name for setting in fields(ChoosingConfig)
}
"""What may differ between a curation and one that is made from its edges: what is made of what was chosen."""


def load_config(path: Path | None, base: CurationConfig | None = None) -> CurationConfig:
    """The configuration of a TOML file, or the defaults without one; what it does not tell is that of `base`.

    Raises:
        ConfigurationError: if the file is not there, is no TOML, or has a key or a value that is not known.
    """
    if path is None:
        return base or CurationConfig()
    try:
        values = tomllib.loads(read_given(path).decode())
    except (OSError, UnicodeDecodeError, RecursionError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"{path}: expected a TOML file: {error}") from error
    types: Mapping[str, Any] = {field.name: field.type for field in fields(CurationConfig)}
    chosen: dict[str, Any] = {}
    for name, value in values.items():
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
        return isinstance(value, tuple) and all(isinstance(text, str) for text in value)
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is kind


def _named(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return " or ".join(map(repr, get_args(kind)))
    return "a list of texts" if get_origin(kind) is tuple else str(kind.__name__)
