"""Instances of an environment: real servers, each with a port and data of its own, put back, and gone at the end."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from explorers.core import guard, instances, launching
from explorers.core.instances import Instance, OnInstance
from explorers.fake import FakeEnvironment
from schemas.errors import ConfigurationError, DeviceLost, DeviceUnavailable
from schemas.keys import key
from schemas.manifest import Manifest, parse_manifest

SHELF = str(Path(__file__).with_name("shelf.py"))
Make = Callable[..., Instance]


@pytest.fixture
def manifest(tmp_path: Path) -> Callable[..., Manifest]:
    data = tmp_path / "data"
    data.mkdir()
    (data / "items.txt").write_text("oak\n")

    def made(*how: str, **said: Any) -> Manifest:
        launch = ["python", "-S", SHELF, "{data}", "{port}", *how]
        whole = {"name": "shelf", "start": "http://127.0.0.1:{port}/", "data": "data", "launch": launch}
        return parse_manifest({"environment": whole | {"reset": {"restore": "data"}} | said}, tmp_path)

    return made


@pytest.fixture
def instance(manifest: Callable[..., Manifest]) -> Iterator[Make]:
    with ExitStack() as open_:
        yield lambda *how, **said: open_.enter_context(closing(Instance(manifest(*how, **said))))


@pytest.fixture
def places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where the folders of copies are."""
    (tmp_path / "copies").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "copies"))
    return tmp_path / "copies"


def items(here: Manifest) -> list[str]:
    page = urllib.request.urlopen(here.start, timeout=5).read().decode()
    return [part.partition("</li>")[0] for part in page.split("<li>")[1:]]


def add(here: Manifest, item: str) -> None:
    urllib.request.urlopen(here.address("/add"), data=f"item={item}".encode(), timeout=5).close()


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def port_of(here: Manifest) -> int:
    return int(here.origin.rpartition(":")[2])


def test_copies_share_nothing_and_are_put_back(instance: Make, places: Path, tmp_path: Path) -> None:
    one, two = instance(), instance()
    here, there = one.manifest, two.manifest
    assert port_of(here) != port_of(there)
    assert here.digest == there.digest
    one.begin(always=True)
    add(here, "elm")
    assert (items(here), items(there)) == (["oak", "elm"], ["oak"])
    one.begin(always=True)
    assert items(one.manifest) == ["oak"]
    assert one.manifest == here  # whoever has opened an address of it finds it again
    assert (tmp_path / "data/items.txt").read_text() == "oak\n"
    one.close()
    two.close()
    assert not is_open(port_of(here))
    assert list(places.iterdir()) == []


def test_what_only_read_is_not_put_back_until_something_is_changed(instance: Make) -> None:
    shelf = instance()
    started = shelf.manifest.start
    for _ in range(2):
        shelf.begin(always=False)
        add(shelf.manifest, "elm")  # nobody told
    assert items(shelf.manifest) == ["oak", "elm", "elm"]
    shelf.changed()
    shelf.begin(always=False)
    assert items(shelf.manifest) == ["oak"]
    assert shelf.manifest.start == started


@pytest.mark.parametrize(
    "reset",
    [
        {"request": "POST /clear"},
        {"request": "POST http://127.0.0.1:{port}/clear"},
        {"command": f"{sys.executable} -S -c \"open('{{data}}/items.txt', 'w')\""},
    ],
)
def test_a_copy_may_be_put_back_by_what_it_offers_itself(instance: Make, reset: dict[str, str]) -> None:
    shelf = instance(reset=reset)
    shelf.begin(always=True)
    assert items(shelf.manifest) == ["oak"]
    shelf.begin(always=True)
    assert items(shelf.manifest) == []


def test_what_runs_already_may_have_been_used_before(instance: Make) -> None:
    shelf = instance().manifest
    add(shelf, "elm")
    running = parse_manifest({"environment": {"name": "a", "start": shelf.start, "reset": {"request": "/clear"}}})
    with closing(Instance(running)) as site:
        site.begin(always=False)
        assert items(shelf) == []
        add(shelf, "ash")
        site.begin(always=False)
        assert items(shelf) == ["ash"]


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("fails", r"ended with code 1 before .* answered\nthe shelf has no wood$"),
        ("silent", r"did not answer within 3 seconds\nthe shelf is being built$"),
    ],
)
def test_what_does_not_get_ready_says_its_last_words_and_is_gone(
    instance: Make, places: Path, monkeypatch: pytest.MonkeyPatch, how: str, said: str
) -> None:
    monkeypatch.setattr(launching, "READY_SECONDS", 10.0 if how == "fails" else 3.0)
    with pytest.raises(DeviceUnavailable, match=said):
        _ = instance(how).manifest
    assert list(places.iterdir()) == []


def test_what_answers_with_an_error_is_not_ready(instance: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launching, "READY_SECONDS", 1.0)
    with pytest.raises(DeviceUnavailable, match="/down answered with HTTP 503"):
        _ = instance(ready="/down").manifest


def test_a_port_that_somebody_has_is_not_taken_for_ours(instance: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = launching.PORTS.take(key("port", "shelf"))
    launching.PORTS.give_back(wanted)
    with closing(socket.create_server(("127.0.0.1", wanted))):
        assert port_of(instance().manifest) != wanted
        # The same where it was free when somebody looked.
        monkeypatch.setattr(launching, "_is_free", lambda port: port == wanted)
        monkeypatch.setattr(instances, "TRIES", 1)
        monkeypatch.setattr(launching, "READY_SECONDS", 5.0)
        with pytest.raises(launching.PortTaken):
            _ = instance().manifest


def test_a_launch_is_stopped_by_another_thread(instance: Make) -> None:
    shelf = instance("silent")
    timer = threading.Timer(0.3, shelf.stop)
    timer.start()
    with pytest.raises(DeviceUnavailable, match="stopped"):
        _ = shelf.manifest
    timer.join()


def test_no_shell_reads_a_word(instance: Make, tmp_path: Path) -> None:
    launch = ["python", "-S", SHELF, "{data}", "{port}", f"$(touch {tmp_path}/shell); `id`"]
    assert items(instance(launch=launch).manifest) == ["oak"]
    assert not (tmp_path / "shell").exists()


def test_what_is_no_program_is_a_wrong_call(manifest: Callable[..., Manifest]) -> None:
    for word in ("no-such-program", "./no-such-program"):
        with pytest.raises(ConfigurationError, match=r"expected a program to start, found '.*no-such-program'"):
            Instance(manifest(launch=[word, "{port}"]))
    with pytest.raises(ConfigurationError, match="expected a program that resets"):
        Instance(manifest(reset={"command": "no-such-program"}))


def test_a_copy_that_died_is_started_anew(instance: Make) -> None:
    shelf = instance()
    here = shelf.manifest
    environment = OnInstance(FakeEnvironment(), shelf)
    environment.reset()
    environment.observe()
    add(here, "elm")
    assert shelf._folder is not None
    os.kill(int((shelf._folder / "data/started").read_text()), signal.SIGKILL)
    until = time.monotonic() + 10
    while not shelf.gone and time.monotonic() < until:
        time.sleep(0.01)
    assert shelf.gone
    # Who acts in it meanwhile learns that it is gone, and records nothing that its silence shows.
    with pytest.raises(DeviceLost, match="application ended"):
        environment.observe()
    assert items(shelf.manifest) == ["oak"]
    assert shelf.manifest == here


def test_it_ends_with_whoever_launched_it_however_that_dies(tmp_path: Path, places: Path) -> None:
    script = (
        "import sys, tempfile, time; from pathlib import Path\n"
        "from explorers.core.instances import Instance; from schemas.manifest import parse_manifest\n"
        f"tempfile.tempdir = {str(places)!r}\n"
        f"launch = ['python', '-S', {SHELF!r}, '{{data}}', '{{port}}', 'deaf']\n"
        "said = {'name': 'a', 'start': 'http://127.0.0.1:{port}/', 'launch': launch}\n"
        f"instance = Instance(parse_manifest({{'environment': said}}, Path({str(tmp_path)!r})))\n"
        "print(instance.manifest.start, flush=True)\n"
        "time.sleep(600)"
    )
    holder = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    port = int(holder.stdout.readline().strip().rpartition(":")[2].strip("/"))
    assert is_open(port)
    holder.kill()
    holder.communicate()
    until = time.monotonic() + guard.END_SECONDS + 10
    while (is_open(port) or list(places.iterdir())) and time.monotonic() < until:
        time.sleep(0.02)
    assert not is_open(port)
    assert list(places.iterdir()) == []
