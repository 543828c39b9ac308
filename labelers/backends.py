"""The labeling backends by name: what `annotate --backend` can be."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from labelers.backend import LabelingBackend
from labelers.rules import RulesBackend

BACKENDS: Mapping[str, Callable[[], LabelingBackend]] = MappingProxyType({"rules": RulesBackend})
