import contextlib
from pathlib import Path

import apache_beam as beam
import pytest

from pipelines.ingest.job import ingest
from pipelines.running.graph import beam_options, run_graph, unknown_flags
from schemas.errors import ConfigurationError, LakeError


@pytest.mark.parametrize(
    ("flags", "unknown"),
    [
        (["--direct_num_workers", "2"], []),
        (["--runner=FlinkRunner", "--flink_master=x:1"], []),
        (["--epsiodes", "3"], ["--epsiodes", "3"]),
        (["--direct_num_worker=2"], ["--direct_num_worker=2"]),
        (["stray"], ["stray"]),
    ],
)
def test_flags_that_beam_does_not_know_are_found(flags: list[str], unknown: list[str]) -> None:
    assert unknown_flags(flags) == unknown


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--epsiodes", "3"], "unknown option --epsiodes"),
        (["--runner", "DaskRunner"], "the Dask runner loses data"),
        (["--runner", "dask"], "the Dask runner loses data"),
        (["--runner", "FlinkRunner"], "FlinkRunner works on other machines, which don't see .*lake"),
        (["--direct_num_workers", "two"], "Beam does not take these options"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_done(
    traces: Path, tmp_path: Path, flags: list[str], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        ingest(traces, str(tmp_path / "lake"), flags=flags)
    assert not (tmp_path / "lake").exists()


@pytest.mark.parametrize(
    ("flags", "here"),
    [
        (("--environment_type=LOOPBACK",), True),
        (("--environment_type=EXTERNAL", "--environment_config=localhost:5000"), True),
        (("--environment_type=EXTERNAL", "--environment_config=workers.example:5000"), False),
        (("--environment_type=DOCKER",), False),
        ((), False),
    ],
)
def test_a_portable_runner_takes_a_path_where_its_workers_are_on_this_machine(
    tmp_path: Path, flags: tuple[str, ...], here: bool
) -> None:
    every = ["--runner=PortableRunner", "--job_endpoint=localhost:5001", *flags]
    with contextlib.nullcontext() if here else pytest.raises(ConfigurationError, match="which don't see"):
        beam_options(every, urls=(str(tmp_path),))


def test_a_remote_runner_takes_urls_that_every_machine_sees() -> None:
    options = beam_options(["--runner", "FlinkRunner"], urls=("s3://bucket/lake",))
    assert options.get_all_options()["runner"] == "FlinkRunner"


def _fail(number: int) -> int:
    if number == 3:
        raise LakeError("three is broken")
    return number


def test_an_error_of_ours_comes_through_the_graph() -> None:
    def build(pipeline: beam.Pipeline) -> None:
        pipeline | "Numbers" >> beam.Create([1, 2, 3]) | "Fail" >> beam.Map(_fail)

    with pytest.raises(LakeError, match="three is broken"):
        run_graph(build, beam_options([], urls=()))


@pytest.mark.slow
def test_an_error_in_another_process_is_said_in_a_line() -> None:
    def build(pipeline: beam.Pipeline) -> None:
        pipeline | "Numbers" >> beam.Create([1, 2, 3]) | "Fail" >> beam.Map(_fail)

    flags = ["--direct_running_mode", "multi_processing", "--direct_num_workers", "2"]
    with pytest.raises(LakeError, match=r"a worker failed: .*three is broken"):
        run_graph(build, beam_options(flags, urls=()))
