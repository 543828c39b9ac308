"""The registry of datasets: what `export --format` can be, in the order in which it is named to people.

A format is a module here with `FORMATS`; it needs no change elsewhere but in `_MODULES`.
"""

from collections.abc import Mapping
from types import MappingProxyType

from pipelines.export.formats import adp, chat, grounding, raw, text, trl, verl
from pipelines.export.formats.examples import Format
from schemas.errors import ConfigurationError

_MODULES = (trl, verl, chat, grounding, text, adp, raw)

FORMATS: Mapping[str, Format] = MappingProxyType({form.name: form for module in _MODULES for form in module.FORMATS})


def format_of(name: str, *, thoughts: bool = False) -> Format:
    """The format of a name, which with `thoughts` is one that can hold them.

    Raises:
        ConfigurationError: if there is none.
    """
    if name not in FORMATS:
        raise ConfigurationError(f"unknown format {name!r}; there are {', '.join(FORMATS)}")
    form = FORMATS[name]
    if thoughts and not form.thoughts:
        can = [each.name for each in FORMATS.values() if each.thoughts]
        raise ConfigurationError(f"{name} holds no thoughts; {', '.join(can)} can")
    return form
