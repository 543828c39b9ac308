"""The manifest of an environment: what it says, what is refused, and what makes it another one."""

import json
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


def launched(**said: Any) -> dict[str, Any]:
    return saying(**{"start": "http://127.0.0.1:{port}/", "launch": ["serve", "{data}", "{port}"]} | said)


def desktop(**said: Any) -> dict[str, Any]:
    return {"environment": {"name": "pad", "platform": "desktop", "launch": ["mousepad", "a b.txt"]} | said}


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
        folder=tmp_path,
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


def test_a_copy_is_known_by_what_its_data_say_and_not_by_where_it_runs(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "library").mkdir(parents=True)
        (tmp_path / name / "library/books.txt").write_text("Oak")
    said = launched(data="library", ready="/up", reset={"restore": "data"})
    one, two = (parse_manifest(said, tmp_path / name) for name in ("one", "two"))
    assert one.digest == two.digest == one.on(8001).digest == one.on(9009).digest
    assert (one.on(8001).start, one.on(8001).address("/books")) == (
        "http://127.0.0.1:8001/",
        "http://127.0.0.1:8001/books",
    )
    assert one.data == tmp_path / "one/library"
    others = [launched(data="library"), {**said, "environment": said["environment"] | {"launch": ["serve", "{port}"]}}]
    (tmp_path / "two/library/books.txt").write_text("Elm")
    others.append(said)
    digests = {parse_manifest(each, tmp_path / "two").digest for each in others}
    assert len(digests | {one.digest}) == 4


def test_a_desktop_starts_by_its_launch_and_is_put_back_by_a_new_home(tmp_path: Path) -> None:
    manifest = parse_manifest(desktop(viewport=[800, 600]), tmp_path)
    assert (manifest.start, manifest.locale, manifest.puts_back) == ("mousepad 'a b.txt'", "C.UTF-8", True)
    assert parse_manifest(desktop()).digest != manifest.digest
    assert not parse_manifest(saying()).puts_back


def test_who_logs_in_again_is_the_same_and_nobody_reads_a_value(tmp_path: Path) -> None:
    def digest(state: object) -> str:
        (tmp_path / "state.json").write_text(json.dumps(state))
        return parse_manifest(saying(session="state.json"), tmp_path).digest

    def state(token: str, name: str = "session") -> dict[str, Any]:
        cookie = {"name": name, "domain": "127.0.0.1", "value": token, "expires": len(token)}
        kept = [{"name": "user", "value": token}]
        return {"cookies": [cookie], "origins": [{"origin": "http://127.0.0.1:8001", "localStorage": kept}]}

    assert digest(state("first")) == digest(state("later one"))
    assert len({digest(state("a")), digest(state("a", "other")), parse_manifest(saying()).digest}) == 3
    for wrong in ([], {"cookies": [{"value": "S3cret"}]}, {"cookies": {"S3cret": 1}}):
        with pytest.raises(ConfigurationError, match=r"session: .*expected a storage state") as refused:
            digest(wrong)
        assert "S3cret" not in str(refused.value)


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
        (saying(platform="tv"), "platform: expected web"),
        (saying(platform=["web"]), "platform: expected web"),
        (saying(platform="desktop"), "a desktop environment has no key start"),
        ({"environment": {"name": "a", "platform": "desktop"}}, "expected launch"),
        (desktop(clock="2026-01-05T09:00:00Z"), "a desktop environment has no key clock"),
        (desktop(reset={"restore": "data"}), "a desktop environment has no key reset"),
        (desktop(colour="red"), "unknown key colour"),
        (desktop(launch="mousepad"), "launch: expected a list"),
        (desktop(launch=[]), "launch: expected a list"),
        (desktop(launch=["mousepad"] * 201), "launch: expected a list"),
        (desktop(launch=["mousepad", 1]), "launch: expected texts"),
        (desktop(launch=["mousepad", "a\0b"]), "launch: expected texts"),
        (desktop(launch=[" ", "b"]), "launch: expected a program"),
        (desktop(data="nowhere"), "data: expected a folder"),
        ({"environment": {"name": "a", "platform": "android", "start": "notes"}}, "start: expected a package"),
        (saying(name="a\nb"), "name: expected at most"),
        (saying(name="a" * 3_000), "name: expected at most"),
        (saying(start="http://a:99999/"), "start: expected an http"),
        (saying(start="http://127.0.0.1:{port}/"), "start: expected an http"),
        (saying(start="http://[::1/"), "start: expected an http"),
        (saying(ready="/"), "ready: expected launch"),
        (saying(data="library"), "data: expected launch"),
        (saying(reset={"restore": "data"}), "reset: expected launch"),
        (launched(start="http://127.0.0.1:8001/"), "launch: expected {port}"),
        (launched(launch=["serve"]), "launch: expected {port}"),
        (launched(start="http://example.org:{port}/"), "start: a copy is launched on this machine"),
        (launched(start="http://{port}/"), "start: a copy is launched"),
        (launched(ready="home"), "ready: expected a path"),
        (launched(reset={"restore": "all"}), "reset: expected restore"),
        (launched(data="nowhere"), "data: expected a folder"),
        (launched(session="nowhere.json"), "session: "),
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
