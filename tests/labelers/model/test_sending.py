import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelers.model.sending import (
    FIRST_PAUSE,
    KEY_VARIABLE,
    LONGEST_PAUSE,
    Endpoint,
    Sender,
    Tried,
    pause_before,
    wished_pause,
    without_keys,
)
from schemas.errors import ConfigurationError
from tests.labelers.model.server import serving


def send(url: str, *, seconds: float = 5.0) -> Tried:
    async def run() -> Tried:
        sender = Sender(Endpoint(url, seconds=seconds))
        try:
            return await sender.send(b'{"messages":[{"role":"user","content":"Hello"}],"model":"local"}')
        finally:
            await sender.close()

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("kind", "status", "again"),
    [
        ("full", "failed", True),
        ("error", "failed", True),
        ("silent", "failed", True),
        ("cut", "failed", True),
        ("no json", "malformed", True),
        ("refused", "refused", False),
        ("gone", "failed", False),
    ],
)
def test_each_fault_says_whether_another_try_may_help(kind: str, status: str, again: bool) -> None:
    with serving(faults=1.0, kinds=[kind]) as url:
        tried = send(url, seconds=0.4)
    assert (tried.answer.status, tried.pause is not None, tried.hopeless) == (status, again, None)
    assert tried.cost_unknown == (kind in ("silent", "cut", "no json"))


def test_a_key_that_is_refused_and_a_path_that_is_none_are_hopeless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "azure-0123456789")
    with serving(key="another") as url:
        refused = send(url)
        missing = send(url.removesuffix("/v1") + "/v2")
    assert refused.hopeless is not None
    assert "HTTP 401" in refused.hopeless
    assert "azure-0123456789" not in f"{refused.hopeless} {refused.answer}"
    assert missing.hopeless is not None
    assert "HTTP 404" in missing.hopeless


def test_keys_are_taken_out_whole_and_in_part() -> None:
    assert without_keys("wrong: sk-proj-abc_123 and sk-****wxyz.") == "wrong: sk-… and sk-…"
    assert without_keys("wrong: hunter2", "hunter2") == "wrong: …"


def test_only_a_local_server_is_asked_without_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    for url in (None, "https://models.example/v1", "http://127.0.0.1.example/v1"):
        with pytest.raises(ConfigurationError, match=KEY_VARIABLE):
            Endpoint(url).connect()
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    asyncio.run(Endpoint().connect().close())


def test_a_key_is_in_no_text_of_an_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "sk-secret")
    assert "sk-secret" not in repr(Endpoint("http://127.0.0.1:9/v1"))


@given(st.integers(1, 40), st.one_of(st.none(), st.floats(0, 300)))
def test_a_pause_grows_to_its_limit_and_grants_every_wish(tries: int, wish: float | None) -> None:
    pause = pause_before("digest", tries, wish=wish)
    assert pause == pause_before("digest", tries, wish=wish)
    assert (wish or 0) + FIRST_PAUSE / 2 <= pause <= (wish or 0) + LONGEST_PAUSE
    assert pause != pause_before("other", tries, wish=wish)


def test_a_wish_is_seconds_or_a_date() -> None:
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert wished_pause("7", now=now) == 7
    assert wished_pause((now + timedelta(seconds=9)).strftime("%a, %d %b %Y %H:%M:%S GMT"), now=now) == 9
    assert wished_pause((now - timedelta(seconds=9)).strftime("%a, %d %b %Y %H:%M:%S GMT"), now=now) == 0
    assert [wished_pause(said, now=now) for said in (None, "", "soon", "-3", "1e3")] == [0] * 5


def test_a_server_on_this_machine_is_asked_past_every_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    with serving() as url:
        assert send(url).answer.status in ("ok", "malformed")
        assert send(url.replace("127.0.0.1", "localhost")).answer.status in ("ok", "malformed")
