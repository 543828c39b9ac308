"""The manifest of an environment: what it says, what is refused, and what makes it another one."""

from pathlib import Path
from typing import Any

import pytest

from schemas.errors import ConfigurationError
from schemas.manifest import Manifest, load_manifest, parse_manifest

WHOLE = """
[environment]
name = "library"
version = "2"
platform = "web"
start = "http://127.0.0.1:8001/home"
reset = { request = "POST http://127.0.0.1:8001/reset" }
locale = "de-DE"
zone = "Europe/Berlin"
clock = "2026-01-05T09:00:00Z"
seed = 7
viewport = [800, 600]
"""


def saying(**said: Any) -> dict[str, Any]:
    return {"environment": {"name": "library", "start": "http://127.0.0.1:8001/"} | said}


def test_a_file_says_all_of_it(tmp_path: Path) -> None:
    file = tmp_path / "library.toml"
    file.write_text(WHOLE)
    manifest = load_manifest(file)
    assert manifest == Manifest(
        "library",
        "http://127.0.0.1:8001/home",
        "2",
        reset=("request", "POST http://127.0.0.1:8001/reset"),
        locale="de-DE",
        zone="Europe/Berlin",
        clock="2026-01-05T09:00:00Z",
        seed=7,
        viewport=(800, 600),
    )
    assert manifest.address("/books?a=1") == "http://127.0.0.1:8001/books?a=1"


def test_a_copy_on_another_port_is_the_same_environment_and_nothing_else_is() -> None:
    one = parse_manifest(saying(reset={"request": "http://127.0.0.1:8001/reset"}))
    other = saying(start="http://127.0.0.1:9009/", reset={"request": "http://127.0.0.1:9009/reset"})
    assert parse_manifest(other).digest == one.digest
    different = [
        saying(),
        saying(reset={"request": "/clear"}),
        saying(reset={"command": "/reset"}),
        saying(version="2", reset={"request": "/reset"}),
        saying(start="http://127.0.0.1:8001/home", reset={"request": "/reset"}),
        saying(start="http://localhost:8001/", reset={"request": "http://localhost:8001/reset"}),
        saying(seed=1, reset={"request": "/reset"}),
        saying(viewport=[800, 600], reset={"request": "/reset"}),
    ]
    digests = {parse_manifest(said).digest for said in different}
    assert len(digests) == len(different)
    assert one.digest not in digests


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({}, "one table"),
        ({"environment": []}, "one table"),
        ({**saying(), "more": 1}, "one table"),
        (saying(colour="red"), "unknown key colour"),
        (saying(name=""), "name: expected a text"),
        ({"environment": {"name": "a"}}, "expected start"),
        ({"environment": {"start": "http://a/"}}, "expected name"),
        (saying(platform="desktop"), "platform: expected web"),
        (saying(start="ftp://a/"), "start: expected an http"),
        (saying(start="http://ada:S3cret@a/"), "without a password"),
        (saying(seed=-1), "seed"),
        (saying(seed=True), "seed"),
        (saying(viewport=[800]), "viewport"),
        (saying(viewport="800x600"), "viewport"),
        (saying(reset="POST /reset"), "reset: expected one of"),
        (saying(reset={"request": "/a", "command": "b"}), "reset: expected one of"),
        (saying(reset={"command": " "}), "what to run"),
    ],
)
def test_what_is_none_is_refused_by_its_key(raw: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        parse_manifest(raw)
    assert said in str(refused.value)
    assert "S3cret" not in str(refused.value)


@pytest.mark.parametrize("data", [b"[environment", b"\xff\xfe", b"[environment]\nname='a'\n" + b"#" * 200_000])
def test_a_file_that_is_none_is_refused_by_its_name(data: bytes, tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_bytes(data)
    with pytest.raises(ConfigurationError, match=r"a\.toml"):
        load_manifest(file)
    with pytest.raises(ConfigurationError, match="nowhere"):
        load_manifest(tmp_path / "nowhere.toml")
