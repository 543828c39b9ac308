"""The kinds of datasets by name: what `export --format` can be."""

from collections.abc import Mapping
from types import MappingProxyType

from pipelines.formats.examples import Format
from pipelines.formats.trl import DPO, KTO, SFT
from pipelines.formats.verl import GROUP, RL

FORMATS: Mapping[str, Format] = MappingProxyType({one.name: one for one in (SFT, KTO, DPO, RL, GROUP)})
