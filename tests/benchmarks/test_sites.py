import os
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from benchmarks.sites import SITES, serving
from benchmarks.sites.dokuwiki import _relocate
from benchmarks.sites.installing import SiteError, installed, run
from benchmarks.sites.serving import listens_in, served, static_files


def test_every_application_of_the_list_has_a_name() -> None:
    assert len([name for name in SITES if name.startswith("todomvc-")]) == 4
    assert {"datasette", "django-admin", "dokuwiki", "jupyterlab", "tiddlywiki", "miniwob"} <= set(SITES)


def test_what_is_installed_is_installed_once_and_again_for_other_versions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("benchmarks.sites.installing.CACHE", tmp_path)
    calls: list[Path] = []
    for wanted in (["wiki==1"], ["wiki==1"], ["wiki==2"]):
        folder = installed("wiki", wanted, calls.append)
        assert folder == tmp_path / "wiki"
    assert len(calls) == 2
    assert capsys.readouterr().err.count("Installing wiki") == 2


def test_an_installation_that_failed_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.sites.installing.CACHE", tmp_path)

    def fail(folder: Path) -> None:
        (folder / "half").touch()
        run([sys.executable, "-c", "import sys; sys.exit('no such package')"])

    for _ in range(2):
        with pytest.raises(SiteError, match="no such package"):
            installed("wiki", ["wiki==1"], fail)
    assert list(installed("wiki", ["wiki==1"], lambda _: None).iterdir()) == [tmp_path / "wiki/installed"]


def test_static_files_are_served_with_what_is_appended_to_pages(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<p>page")
    (tmp_path / "data.txt").write_text("data")
    (tmp_path / "more").write_text("<script></script>")
    with static_files(tmp_path, "/", "--append", str(tmp_path / "more")) as address:
        for name, text in (("page.html?a=1", "<p>page<script></script>"), ("data.txt", "data")):
            with urllib.request.urlopen(address + name, timeout=10) as answer:
                assert answer.read().decode() == text
        with pytest.raises(urllib.error.HTTPError) as missing:
            urllib.request.urlopen(address + "none.html", timeout=10)
        missing.value.close()


def test_a_server_that_ends_says_why() -> None:
    command = [sys.executable, "-c", "import sys; sys.exit('the port is taken')"]
    with pytest.raises(SiteError, match=r"(?s)ended with code 1.*the port is taken"), served(lambda _: command, "/"):
        pass


SERVES = """
import sys, time
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ours")
    def log_message(self, *_): pass
time.sleep(0.3)
HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def test_a_stranger_on_the_port_is_not_taken_for_the_server_and_is_asked_for_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    class Stranger(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            """Says nothing."""

    with HTTPServer(("127.0.0.1", 0), Stranger) as stranger:
        thread = threading.Thread(target=stranger.serve_forever)
        thread.start()
        taken = stranger.server_port
        free = serving.free_port
        looked = iter([taken])  # it was free when one looked, and is taken when the server starts
        monkeypatch.setattr(serving, "free_port", lambda _=0: next(looked, None) or free())
        with served(lambda port: [sys.executable, "-c", SERVES, str(port)], "/", port=taken) as address:
            assert not address.startswith(f"http://127.0.0.1:{taken}/")
            with urllib.request.urlopen(address, timeout=10) as answer:
                assert answer.read() == b"ours"
        assert asked == []
        stranger.shutdown()
        thread.join()


def test_a_port_is_known_to_be_ours_by_who_listens() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        assert not listens_in(os.getsid(0), port), "bound, and not listened on"
        held.listen()
        assert listens_in(os.getsid(0), port)
        assert not listens_in(1 if os.getsid(0) != 1 else 2, port)


def test_a_relocated_wiki_names_no_path_outside_its_copy(tmp_path: Path) -> None:
    root, copy = tmp_path / "root", tmp_path / "copy"
    (root / "etc/dokuwiki").mkdir(parents=True)
    (root / "var/lib/dokuwiki/lib").mkdir(parents=True)
    (root / "usr/share/dokuwiki").mkdir(parents=True)
    (root / "etc/dokuwiki/main.php").write_text("<?php $data = '/var/lib/dokuwiki/data'; $web = '/etc/other';")
    (root / "usr/share/dokuwiki/lib").symlink_to("/var/lib/dokuwiki/lib")
    _relocate(root, copy)
    assert f"'{copy}/var/lib/dokuwiki/data'" in (copy / "etc/dokuwiki/main.php").read_text()
    assert "'/etc/other'" in (copy / "etc/dokuwiki/main.php").read_text()
    assert (copy / "usr/share/dokuwiki/lib").resolve() == copy / "var/lib/dokuwiki/lib"


def test_the_command_lists_the_names() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.sites", "--list"], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == list(SITES)
