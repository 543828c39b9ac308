"""The manifests that are part of the project."""

from pathlib import Path

import pytest

from explorers.core.launching import program_of
from explorers.desktop.home_files import DOCUMENTS
from schemas.manifest import load_manifest

MANIFESTS = sorted((Path(__file__).parents[2] / "benchmarks/manifests").glob("*.toml"))


def test_they_are_those_of_the_demo_of_miniwob_and_of_desktops() -> None:
    assert [file.stem for file in MANIFESTS] == ["galculator", "library", "miniwob", "mousepad"]


@pytest.mark.parametrize("file", MANIFESTS, ids=lambda file: file.stem)
def test_each_can_be_read_and_is_called_as_its_file(file: Path) -> None:
    manifest = load_manifest(file)
    assert manifest.name == file.stem
    assert manifest.launch is not None
    if manifest.platform == "desktop":
        assert manifest.data is not None
        assert manifest.data.resolve() == DOCUMENTS
    else:
        assert program_of(manifest.launch[0], file.parent)
