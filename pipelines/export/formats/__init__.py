"""The kinds of datasets by name: what `export --format` can be."""

from collections.abc import Mapping
from types import MappingProxyType

from pipelines.export.formats.examples import Format
from pipelines.export.formats.trl import DPO, KTO, SFT, THINKING_SFT
from pipelines.export.formats.verl import GROUP, RL
from schemas.errors import ConfigurationError

FORMATS: Mapping[str, Format] = MappingProxyType({one.name: one for one in (SFT, KTO, DPO, RL, GROUP)})

THINKING: Mapping[str, Format] = MappingProxyType({SFT.name: THINKING_SFT})
"""Those that can hold thoughts, by the name of the format without them."""

_EVERY = MappingProxyType({one.name: one for one in (*FORMATS.values(), *THINKING.values())})


def format_of(name: str, *, thoughts: bool = False) -> Format:
    """The format of a name, and with `thoughts` the one that holds them.

    Raises:
        ConfigurationError: if there is none.
    """
    if name not in _EVERY:
        raise ConfigurationError(f"unknown format {name!r}; there are {', '.join(FORMATS)}")
    if not thoughts:
        return _EVERY[name]
    if name not in THINKING:
        raise ConfigurationError(f"{name} holds no thoughts; {', '.join(THINKING)} can")
    return THINKING[name]
