"""Policies by name: a new one is a file with its class, and an entry here.

Importing this imports no policy, so that the command line can list them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from schemas.errors import ConfigurationError

if TYPE_CHECKING:
    from explorers.core.memory import Memory
    from explorers.policies.generated import TextGenerator
    from explorers.policies.random import RandomPolicy
    from schemas.protocols import ChatModel

Order = Literal["depth", "breadth"]

POLICIES: Mapping[str, str] = MappingProxyType(
    {
        "random": "random.RandomPolicy",
        "novelty": "novelty.NoveltyPolicy",
        "frontier": "frontier.FrontierPolicy",
        "goals": "goals.GoalsPolicy",
        "model": "model.ModelPolicy",
    }
)
"""For each name the module of this package and the class in it."""


@dataclass(frozen=True, slots=True)
class PolicyParts:
    """What a policy is built of; `text` makes up texts, `order` is the frontier's."""

    memory: "Memory | None"
    text: "TextGenerator"
    model: "ChatModel | None" = None
    order: Order = "depth"


def build_policy(
    name: str,
    *,
    order: Order = "depth",
    memory: "Memory | None" = None,
    model: "ChatModel | None" = None,
    locale: str | None = None,
) -> "RandomPolicy":
    """The policy of that name; `order` is the frontier's, `locale` that of made-up text, which a model makes if given.

    Raises:
        ConfigurationError: if there is no such policy, or it needs a model and none is given.
    """
    from explorers.policies.generated import FakerText, ModelText

    if name not in POLICIES:
        raise ConfigurationError(f"expected one of {', '.join(POLICIES)}, found the policy {name!r}")
    text: TextGenerator = FakerText() if locale is None else FakerText(locale)
    if model is not None:
        text = ModelText(model, otherwise=text)
    module, _, policy = POLICIES[name].partition(".")
    kind: type[RandomPolicy] = getattr(import_module(f"explorers.policies.{module}"), policy)
    return kind.build(PolicyParts(memory, text, model, order))
