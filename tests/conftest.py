"""What many tests share: repeatable examples, and a small lake with its datasets."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Hypothesis without a clock and without luck: the same examples on every machine.
settings.register_profile(
    "repeatable",
    deadline=None,
    derandomize=True,
    max_examples=30,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],  # this check reads the clock, and fails on a busy machine
)
settings.load_profile("repeatable")


@pytest.fixture(autouse=True, scope="module")
def _leaks_fail_where_they_are_made() -> Iterator[None]:
    """What a file of tests left open warns, which is an error, before the next file begins."""
    yield
    gc.collect()


@pytest.fixture(scope="session")
def small_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `traces` of a shop in memory, the `lake`, and `datasets/FORMAT` of its curation; read only."""
    from tests.small_lake import make_small_lake

    return make_small_lake(tmp_path_factory.mktemp("small"))
