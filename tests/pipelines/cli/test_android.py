"""`hindtrace explore android`, from phones to datasets, through the real adb server."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines.cli import main
from schemas.recordings import read_trace
from tests.explorers.android.conftest import adb_programs, album_folder, served
from tests.explorers.android.device import AlbumPlayer, Machine, Phone
from tests.explorers.android.device.adbd import plugged

pytestmark = pytest.mark.android

FORMATS = ("trl-sft", "trl-kto", "verl-rl")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    programs = adb_programs()
    if not programs:
        pytest.skip("no adb: run 'apt-get install -y adb' as root")
    with served(next(iter(programs.values())), tmp_path_factory.mktemp("adb")):
        yield


def explore(machines: list[Machine], app: str, traces: Path, *more: str) -> int:
    with ExitStack() as stack:
        serials = [stack.enter_context(plugged(machine)).serial for machine in machines]
        named = [word for serial in serials for word in ("--serial", serial)]
        words = ["explore", "android", *named, "--app", app, "--traces", str(traces), "--run-id", "phones", *more]
        return main(words)


def ingested(traces: Path, lake: Path) -> None:
    assert main(["ingest", "--traces", str(traces), "--lake", str(lake)]) == 0


def exported(lake: Path, out: Path) -> dict[str, int]:
    """The rows of each dataset of a lake with labels."""
    assert main(["curate", "--lake", str(lake), "--name", "phones"]) == 0
    for format in FORMATS:
        words = ["export", "--lake", str(lake), "--name", "phones", "--format", format, "--out", str(out / format)]
        assert main(words) == 0
    return {
        format: sum(pq.read_metadata(file).num_rows for file in (out / format).rglob("*.parquet")) for format in FORMATS
    }


@pytest.mark.slow
@pytest.mark.usefixtures("server")
def test_two_phones_side_by_side_become_datasets(tmp_path: Path) -> None:
    phones: list[Machine] = [Phone(), Phone()]
    fresh = ("--fresh", "clear", "--policy", "frontier", "--episodes", "4", "--max-steps", "15")
    assert explore(phones, "com.hindtrace.notes", tmp_path / "traces", *fresh) == 0
    recordings = [read_trace(path) for path in sorted((tmp_path / "traces").iterdir())]
    assert [recording.trajectory.finished for recording in recordings] == [15] * 4
    for recording in recordings:
        assert recording.trajectory.setting.simulated
        assert recording.trajectory.platform == "android"
    assert min(phone.scripts for phone in phones) > 15  # both had work
    ingested(tmp_path / "traces", tmp_path / "lake")
    assert main(["annotate", "--lake", str(tmp_path / "lake"), "--backend", "rules"]) == 0
    assert min(exported(tmp_path / "lake", tmp_path / "datasets").values()) > 0


@pytest.mark.usefixtures("server")
def test_the_album_becomes_datasets(tmp_path: Path) -> None:
    folder = album_folder()
    if folder is None:
        pytest.skip("no recording of DroidBot: name its folder in HINDTRACE_DROIDBOT")
    player = AlbumPlayer(folder, shrink=8)
    camera = ("--allow-app", "com.sec.android.app.camera")
    words = (*camera, "--policy", "frontier", "--episodes", "2", "--max-steps", "20", "--seed", "1")
    assert explore([player], player.recording.package, tmp_path / "traces", *words) == 0
    steps = [step for path in (tmp_path / "traces").iterdir() for step in read_trace(path).steps]
    missing = [step for step in steps if "no edge was recorded" in (step.message or "")]
    assert len(missing) == len(player.unrecorded) > 0
    assert all(step.result == "refused" for step in missing)
    ingested(tmp_path / "traces", tmp_path / "lake")
    assert main(["annotate", "--lake", str(tmp_path / "lake"), "--backend", "rules"]) == 0
    assert min(exported(tmp_path / "lake", tmp_path / "datasets").values()) > 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--serial", "a", "--serial", "a", "--app", "com.example.app"), "expected each --serial once"),
        (("--serial", "a", "--app", "not a package"), "expected a package such as"),
        (("--serial", "a b", "--app", "com.example.app"), "expected the serial of a device"),
        (("--serial", "a", "--app", "com.example.app", "--apk", "none.apk"), "--apk: expected a file"),
        (("--serial", "a", "--app", "com.example.app", "--backend", "uia"), "invalid choice: 'uia'"),
    ],
)
def test_a_wrong_call_is_refused_before_a_device_is_asked(
    words: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explore", "android", *words, "--traces", str(tmp_path)]) == 2
    assert said in capsys.readouterr().err
