"""The manifest that verbs read: what it says is not said again, and what can't be is refused before anything starts."""

from pathlib import Path

import pytest

from pipelines.cli import main

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
