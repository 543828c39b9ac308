import pytest

from explorers.policies import POLICIES, build_policy
from schemas.errors import ConfigurationError
from schemas.protocols import Message


@pytest.mark.parametrize("name", POLICIES)
def test_every_policy_that_is_listed_is_built_under_its_name(name: str) -> None:
    def model(_messages: tuple[Message, ...]) -> str:
        return ""

    assert build_policy(name, model=model).name == name  # type: ignore[arg-type]


def test_another_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="expected one of random, novelty, frontier, goals, model"):
        build_policy("oracle")
