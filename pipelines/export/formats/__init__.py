"""The registry of datasets: what `export --format` can be, in the order in which it is named to people.

A format is a module here with `FORMATS`; it needs no change elsewhere but in `_MODULES`.
"""

from collections.abc import Mapping
from types import MappingProxyType

from pipelines.export.formats import trl, verl
from pipelines.export.formats.examples import THOUGHTS, Format
from schemas.errors import ConfigurationError

_MODULES = (trl, verl)
_EVERY = MappingProxyType({form.name: form for module in _MODULES for form in module.FORMATS})

FORMATS: Mapping[str, Format] = MappingProxyType({form.name: form for form in _EVERY.values() if not form.thoughts})


def format_of(name: str, *, thoughts: bool = False) -> Format:
    """The format of a name, and with `thoughts` the one that holds them.

    Raises:
        ConfigurationError: if there is none.
    """
    if name not in _EVERY:
        raise ConfigurationError(f"unknown format {name!r}; there are {', '.join(FORMATS)}")
    if not thoughts:
        return _EVERY[name]
    thinking = {form: f"{form}{THOUGHTS}" for form in FORMATS if f"{form}{THOUGHTS}" in _EVERY}
    if name not in thinking:
        raise ConfigurationError(f"{name} holds no thoughts; {', '.join(thinking)} can")
    return _EVERY[thinking[name]]
