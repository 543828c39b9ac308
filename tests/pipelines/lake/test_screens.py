import random
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from pipelines.lake import screens as module
from pipelines.lake.delta import Lake, open_lake
from pipelines.lake.parquet import parquet_bytes
from pipelines.lake.screens import Screens
from schemas.arrow import arrow_schema
from schemas.errors import LakeError, SchemaVersionError
from schemas.keys import content_id
from schemas.records import ScreenRow


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


@pytest.mark.parametrize("what", ["image", "width", "format"])
def test_an_image_that_is_not_what_was_written_is_refused_when_it_is_used(
    ingested: Path, copy_of: Callable[[Path], Lake], what: str
) -> None:
    lake = copy_of(ingested)
    snapshot = lake.snapshot()
    file = snapshot.files["screens"][0]
    rows = snapshot.only(file).read("screens").to_pylist()
    name = rows[0]["screen"]
    match what:
        case "image":
            rows[0]["image"]["bytes"] = rows[0]["image"]["bytes"][:-1] + b"x"
        case "width":
            rows[0]["width"] = 160
        case _:
            rows[0]["format"] = "pnh"
    changed = pa.Table.from_pylist(rows, schema=arrow_schema(ScreenRow))
    (Path(lake.url) / file.path).write_bytes(parquet_bytes(changed, images=("image",)))
    screens = Screens(snapshot, file.bucket)
    with pytest.raises(LakeError, match=f"{file.path}: .*screen {name}"):
        screens.data(name)
    for row in rows[1:]:
        assert content_id(screens.data(row["screen"])) == row["screen"]
    with pytest.raises(LakeError, match=file.path):
        raise screens.missing("f" * 64)


def test_whatever_bit_of_a_file_is_changed_an_image_is_what_it_was_or_the_file_is_named(
    ingested: Path, copy_of: Callable[[Path], Lake]
) -> None:
    lake = copy_of(ingested)
    snapshot = lake.snapshot()
    file = snapshot.files["screens"][0]
    path, known = Path(lake.url) / file.path, Screens(open_lake(str(ingested)).snapshot(), file.bucket)
    whole = path.read_bytes()
    chance = random.Random(5)
    places = [*range(4, len(whole), 97), *(chance.randrange(len(whole) - 900, len(whole)) for _ in range(100))]
    reasons = []
    for place in places:
        changed = bytearray(whole)
        changed[place] ^= 1 << chance.randrange(8)
        path.write_bytes(changed)
        try:
            screens = Screens(snapshot, file.bucket)
            for name in known:
                if name not in screens:
                    raise screens.missing(name)
                assert screens(name) == known(name)
        except (LakeError, SchemaVersionError) as error:
            reasons.append(str(error))
    assert all(file.path in reason for reason in reasons)
    assert len(reasons) > len(places) / 2


def test_few_row_groups_are_kept(ingested: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GROUPS_IN_MEMORY", 0)
    snapshot = open_lake(str(ingested)).snapshot()
    screens = Screens(snapshot, snapshot.files["screens"][0].bucket)
    for name in screens:
        assert content_id(screens.data(name)) == name
    assert not screens._groups
