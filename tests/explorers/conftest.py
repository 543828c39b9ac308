from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.explorers.site import Site, serve

settings.register_profile("repeatable", deadline=None, derandomize=True, max_examples=30, database=None)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    with serve() as running:
        yield running
