"""The configuration of a curation: what a user may decide about the choices, from a TOML file."""

import dataclasses
import math
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

from schemas.errors import ConfigurationError
from schemas.keys import canonical_json, key


@dataclass(frozen=True, slots=True)
class CurationConfig:
    """What curation may be told.

    `lowest_score` is the trajectory score below which an episode's steps are no targets of `sft` and `rl` and no
    positives of `kto`; an episode without a score passes. `validation` and `test` are shares of the whole from 0 to 1,
    and `train` is the rest. `split_seed` moves apps, or start states, between the splits.
    """

    lowest_score: float = 2.0
    validation: float = 0.0
    test: float = 0.1
    split_seed: int = 0

    def __post_init__(self) -> None:
        """Refuses shares that are no shares."""
        if not math.isfinite(self.lowest_score):
            raise ConfigurationError(f"lowest_score: expected a number, found {self.lowest_score}")
        for name in ("validation", "test"):
            share = getattr(self, name)
            if not 0 <= share <= 1:
                raise ConfigurationError(f"{name}: expected a share from 0 to 1, found {share}")
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


def load_config(path: Path | None) -> CurationConfig:
    """The configuration of a TOML file, or the defaults without one.

    Raises:
        ConfigurationError: if the file is not there, is no TOML, or has a key or a value that is not known.
    """
    if path is None:
        return CurationConfig()
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"{path}: expected a TOML file: {error}") from error
    types = {field.name: field.type for field in fields(CurationConfig)}
    for name, value in found.items():
        if name not in types:
            raise ConfigurationError(f"{path}: unknown key {name}; known are {', '.join(sorted(types))}")
        numeric = isinstance(value, int | float) and not isinstance(value, bool)
        if not numeric or (types[name] is int and not isinstance(value, int)):
            raise ConfigurationError(f"{path}: expected {name} as {types[name].__name__}, found {value!r}")  # type: ignore[union-attr]
    return CurationConfig(**found)
