"""A recorded lake, made once: tests that change it work on a copy."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.annotate.job import annotate
from pipelines.curate.job import curate
from pipelines.ingest.job import ingest
from pipelines.lake.delta import Lake, open_lake
from tests.pipelines.fake_backend import make_fake_backend
from tests.pipelines.recorded import record_all


@pytest.fixture(scope="session")
def traces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six sealed recordings; read only."""
    return record_all(tmp_path_factory.mktemp("recorded") / "traces")


@pytest.fixture(scope="session")
def ingested(traces: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with facts; read only."""
    lake = tmp_path_factory.mktemp("ingested") / "lake"
    ingest(traces, str(lake))
    return lake


@pytest.fixture(scope="session")
def curated(ingested: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with facts, opinions and the curation `demo`; read only."""
    lake = tmp_path_factory.mktemp("curated") / "lake"
    shutil.copytree(ingested, lake)
    annotate(str(lake), make_fake_backend)
    curate(str(lake), "demo")
    return lake


@pytest.fixture
def copy_of(tmp_path: Path) -> Callable[[Path], Lake]:
    """Gives a lake of one's own, with what another one holds."""

    def copy(lake: Path) -> Lake:
        shutil.copytree(lake, tmp_path / "lake")
        return open_lake(str(tmp_path / "lake"))

    return copy
