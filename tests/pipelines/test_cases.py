"""The shared cases that belong to the lake, and what they are one sight of."""

import io
import json
import re
import runpy
import sys
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from pipelines.annotate.job import annotate
from pipelines.curate.job import curate
from pipelines.ingest.job import ingest
from pipelines.lake.delta import open_lake
from tests.pipelines.fake_backend import make_fake_backend

CASES = Path(__file__).parents[3] / "shared" / "cases" / "data"
POINT = re.compile(r'"(?:to_)?x":(-?\d+),"(?:to_)?y":(-?\d+)')


def run_case(monkeypatch: pytest.MonkeyPatch, name: str, *arguments: object) -> None:
    """Runs the script of a shared case, as its README says."""
    script = CASES / f"{name}.py"
    if not script.exists():
        pytest.skip(f"the shared cases are not there: {script}")
    monkeypatch.setattr(sys, "argv", [str(script), *map(str, arguments)])
    runpy.run_path(str(script), run_name="__main__")


@pytest.mark.slow
def test_screenshots_of_half_the_size_give_no_row(
    traces: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_case(monkeypatch, "half_screens", traces, tmp_path / "traces")
    lake = str(tmp_path / "lake")
    assert ingest(tmp_path / "traces", lake).counts["traces rejected"] == 0
    annotate(lake, make_fake_backend)
    curate(lake, "demo")
    rows = pl.DataFrame(open_lake(lake).snapshot().read("decisions"))
    assert rows.filter(pl.col("role").is_in(["target", "negative"])).is_empty()
    assert "screenshot of another size" in set(rows["rule"])


def test_every_exported_point_lies_on_its_picture(small_lake: Path) -> None:
    points = 0
    for path in sorted((small_lake / "datasets").glob("*/data/*.parquet")):
        for row in pl.read_parquet(path).to_dicts():
            with Image.open(io.BytesIO(row["images"][0]["bytes"])) as image:
                width, height = image.size
            said = json.dumps(
                {name: part for name, part in row.items() if name not in ("images", "prompt")}, default=str
            )
            for x, y in POINT.findall(said.replace("\\", "")):
                assert 0 <= int(x) < width, (path, said)
                assert 0 <= int(y) < height, (path, said)
                points += 1
    assert points > 10
