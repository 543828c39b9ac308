from collections.abc import Iterator

import pytest

from tests.explorers.site import Site, serve


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    with serve() as running:
        yield running
