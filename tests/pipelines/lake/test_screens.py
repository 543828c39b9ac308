from pathlib import Path

import pytest

from pipelines.lake import screens as module
from pipelines.lake.delta import open_lake
from pipelines.lake.screens import Screens
from schemas.keys import content_id


def test_every_image_is_found_by_its_id_with_its_size(ingested: Path) -> None:
    snapshot = open_lake(str(ingested)).snapshot()
    total = 0
    for bucket in range(snapshot.buckets):
        screens = Screens(snapshot, bucket)
        for name in screens:
            total += 1
            found = screens(name)
            assert content_id(found.data) == name == content_id(screens.data(name))
            assert (found.width, found.height, found.format) == (320, 200, "png")
            assert 0 < screens.size(name) < 10 * len(found.data)
            assert name in screens
    assert total == snapshot.rows("screens")


def test_an_image_of_another_bucket_is_not_found(ingested: Path) -> None:
    snapshot = open_lake(str(ingested)).snapshot()
    screens = Screens(snapshot, 0)
    assert "f" * 64 not in screens
    with pytest.raises(KeyError):
        screens("f" * 64)


def test_few_row_groups_are_kept(ingested: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GROUPS_IN_MEMORY", 0)
    snapshot = open_lake(str(ingested)).snapshot()
    screens = Screens(snapshot, snapshot.files["screens"][0].bucket)
    for name in screens:
        assert content_id(screens.data(name)) == name
    assert not screens._groups
