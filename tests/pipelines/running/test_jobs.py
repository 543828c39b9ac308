from pathlib import Path

from pipelines.lake.delta import create_lake
from pipelines.running.jobs import begin


def test_a_job_is_known_by_its_configuration_and_what_it_reads(tmp_path: Path) -> None:
    lake = create_lake(str(tmp_path / "lake"))
    one = begin(lake, "test", {"a": 1}, reads=("steps",))
    assert begin(lake, "test", {"a": 1}, reads=("steps",)).work.job == one.work.job
    assert begin(lake, "test", {"a": 2}, reads=("steps",)).work.job != one.work.job
    assert begin(lake, "other", {"a": 1}, reads=("steps",)).work.job != one.work.job
