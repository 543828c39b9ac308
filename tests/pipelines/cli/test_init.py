"""A first manifest: of a page that answers or a program whose window comes; nothing else is written, nothing over."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from explorers.setup.desktop_packages import missing_packages
from pipelines.cli import main
from schemas.manifest import load_manifest


class _Pages(BaseHTTPRequestHandler):
    """A page with a title that is no name, one that asks for a password, and nothing else."""

    def do_GET(self) -> None:
        """Answers."""
        title = 'Öl & \\"Farbe\\": 🎨 the shop' if self.path == "/" else "Log in"
        field = "<label>Password <input type=password></label>" if self.path == "/in" else ""
        body = f"<!doctype html><html lang=de><title>{title}</title><h1>Shop</h1>{field}".encode()
        self.send_response(200 if self.path in ("/", "/in") else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.mark.web
def test_a_page_that_answers_has_a_manifest_with_its_title_as_name(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "shop.toml"
    assert main(["init", "--start-url", address, "--out", str(out)]) == 0
    manifest = load_manifest(out)
    assert (manifest.name, manifest.start, manifest.viewport) == ("öl-farbe-the-shop", address, (1280, 720))
    assert (manifest.launch, manifest.reset, manifest.puts_back) == (None, None, False)
    assert "password" not in out.read_text().lower()
    written = out.read_bytes()
    assert main(["init", "--start-url", address, "--out", str(out)]) == 2
    assert "expected a file that is not there yet" in capsys.readouterr().err
    assert out.read_bytes() == written


@pytest.mark.web
def test_what_asks_for_a_password_is_told(address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--start-url", address + "in", "--out", str(tmp_path / "in.toml")]) == 0
    assert "add a session" in capsys.readouterr().out
    assert "IT ASKS FOR A PASSWORD" in (tmp_path / "in.toml").read_text()


@pytest.mark.web
def test_what_does_not_answer_has_none(address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for url, said in ((address + "gone", "HTTP 404"), ("http://127.0.0.1:9/", "nothing was written")):
        assert main(["init", "--start-url", url, "--out", str(tmp_path / "none.toml")]) == 1
        assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--start-url", "ftp://a/"], "expected an http or https address"),
        (["--start-url", "http://ada:S3cret@a/"], "without a password"),
        (["--app", "no-such-program"], "expected a program to explore"),
        ([], "one of the arguments"),
        (["--app", "sh", "--start-url", "http://a/"], "not allowed with"),
    ],
)
def test_what_is_no_application_is_a_wrong_call(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main(["init", *arguments, "--out", str(tmp_path / "a.toml")]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "S3cret" not in told
    assert list(tmp_path.iterdir()) == []


@pytest.mark.desktop
@pytest.mark.skipif(bool(missing_packages()), reason="not installed: root gets the packages with 'make desktop'")
def test_a_program_whose_window_comes_has_one(tmp_path: Path) -> None:
    out = tmp_path / "pad.toml"
    assert main(["init", "--app", "mousepad 'Documents/letter.txt'", "--out", str(out)]) == 0
    manifest = load_manifest(out)
    assert (manifest.name, manifest.platform, manifest.launch) == (
        "mousepad",
        "desktop",
        ("mousepad", "Documents/letter.txt"),
    )
