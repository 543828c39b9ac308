"""The manifest that verbs read: what it says is not said again, and what can't be is refused before anything starts."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.cli import main
from pipelines.cli.environments import page_settings
from schemas.manifest import load_manifest

SITE = '[environment]\nname = "shelf"\nstart = "http://127.0.0.1:1/"\n'
COPIES = (
    '[environment]\nname = "shelf"\nstart = "http://127.0.0.1:{port}/"\nlaunch = ["no-such-program", "{port}"]\n'
    'reset = { restore = "data" }\n'
)
PAD = '[environment]\nname = "pad"\nplatform = "desktop"\nlaunch = ["sh"]\n'
WEB, DESKTOP = ["explore", "web", "--traces", "traces"], ["explore", "desktop", "--traces", "traces"]


@pytest.mark.parametrize(
    ("manifest", "call", "said"),
    [
        ("", WEB, "expected --start-url or --environment"),
        ("", DESKTOP, "expected --app or --environment"),
        (SITE, [*WEB, "--start-url", "http://127.0.0.1:2/"], "--start-url: the manifest of --environment says that"),
        (SITE, [*WEB, "--viewport", "800x600"], "--viewport: the manifest"),
        (SITE, [*WEB, "--reset-command", "true"], "--reset-command: the manifest"),
        (SITE, DESKTOP, "expected one of desktop, found one of web"),
        (SITE + 'clock = "noon"\n', WEB, "expected a time"),
        (SITE + 'session = "none.json"\n', WEB, "session: "),
        (SITE + 'reset = { request = "/reset" }\n', [*WEB, "--browsers", "2"], "expected one at a time, or a launch"),
        (SITE + 'reset = { request = "/reset" }\n', [*WEB, "--contexts", "2"], "a reset before one context's episode"),
        (SITE + 'reset = { request = "http://example.org/reset" }\n', WEB, "example.org is not this machine"),
        (COPIES, WEB, "launch: expected a program to start, found 'no-such-program'"),
        (COPIES, ["prove", "--lake", "lake", "--traces", "traces"], "launch: expected a program"),
        (PAD, WEB, "expected one of web, found one of desktop"),
        (PAD, [*DESKTOP, "--app", "sh"], "--app: the manifest"),
        (PAD, [*DESKTOP, "--documents", "."], "--documents: the manifest"),
        (PAD, ["record", "--goal", "a", "--traces", "traces", "--app", "sh"], "--app, --start-url or --environment"),
        ("", ["explore", "android", "--serial", "a", "--traces", "traces"], "expected --app or --environment"),
        (
            SITE,
            ["explore", "android", "--serial", "a", "--traces", "traces"],
            "expected one of android, found one of web",
        ),
        (PAD + "viewport = [1, 1]\n", ["prove", "--lake", "lake", "--traces", "traces"], "expected a screen"),
        (
            '[environment]\nname = "notes"\nplatform = "android"\nstart = "com.example.notes"\n',
            ["prove", "--lake", "lake", "--traces", "traces"],
            "nothing of android can be proven yet",
        ),
    ],
)
def test_a_wrong_call_is_2_with_a_line_before_anything_starts(
    manifest: str,
    call: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    if manifest:
        (tmp_path / "a.toml").write_text(manifest)
        call = [*call, "--environment", "a.toml"]
    assert main(call) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "traces").exists()


def test_a_session_is_that_of_each_copy_wherever_it_was_saved(tmp_path: Path) -> None:
    kept = [{"name": "user", "value": "S3cret-user-1"}]
    state = {
        "cookies": [{"name": "sid", "value": "S3cret-sid-1", "domain": "127.0.0.1", "path": "/"}],
        "origins": [
            {"origin": "http://127.0.0.1:8001", "localStorage": kept},
            {"origin": "https://elsewhere.test", "localStorage": kept},
        ],
    }
    (tmp_path / "state.json").write_text(json.dumps(state))
    (tmp_path / "a.toml").write_text(COPIES + 'session = "state.json"\nclock = "2026-01-05T09:00:00Z"\nseed = 7\n')
    manifest = load_manifest(tmp_path / "a.toml")
    episode = page_settings(manifest.on(9009))["episode"]
    assert sorted(episode.storage.local) == ["http://127.0.0.1:9009", "https://elsewhere.test"]
    assert [cookie["name"] for cookie in episode.storage.cookies] == ["sid"]
    assert (episode.seed, episode.clock) == (7, datetime(2026, 1, 5, 9, tzinfo=UTC))
