"""Policies by name."""

from explorers.core.memory import Memory
from explorers.policies.frontier import FrontierPolicy
from explorers.policies.generated import FakerValues, Generator, ModelValues
from explorers.policies.graph import Order
from explorers.policies.model import ModelPolicy
from explorers.policies.novelty import NoveltyPolicy
from explorers.policies.walk import RandomPolicy
from schemas.errors import ConfigurationError
from schemas.protocols import ChatModel

POLICIES = ("random", "novelty", "frontier", "model")


def build_policy(
    name: str,
    *,
    order: Order = "depth",
    memory: Memory | None = None,
    model: ChatModel | None = None,
    locale: str | None = None,
) -> RandomPolicy:
    """The policy of that name; `order` is the frontier's, `locale` that of made-up text, which a model makes if given.

    Raises:
        ConfigurationError: if there is no such policy, or it needs a model and none is given.
    """
    made: Generator = FakerValues() if locale is None else FakerValues(locale)
    if model is not None:
        made = ModelValues(model, otherwise=made)
    match name:
        case "random":
            return RandomPolicy(memory, made)
        case "novelty":
            return NoveltyPolicy(memory, made)
        case "frontier":
            return FrontierPolicy(memory, made, order=order)
        case "model":
            if model is None:
                raise ConfigurationError(
                    "expected a chat model for the policy `model`, found none: the command line gets one with the "
                    "labelers' models; until then choose random, novelty or frontier"
                )
            return ModelPolicy(model, memory, made)
    raise ConfigurationError(f"expected one of {', '.join(POLICIES)}, found the policy {name!r}")
