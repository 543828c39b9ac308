import asyncio
import base64
import hashlib
import json
import struct
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from labelers.model.budget import Budget, Pace
from labelers.model.embedding import TEXT_BYTES, TEXTS, Embedded, Embedder
from labelers.model.prices import Price
from labelers.model.sending import KEY_VARIABLE, Endpoint
from labelers.model.vectors import vector_of
from schemas.errors import ModelError, SchemaError
from tests.labelers.model.server import serving

SENTENCES = [f"Water plant number {number}." for number in range(TEXTS + 6)]


def stats(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(url.replace("/v1", "/stats")) as answer:
        return json.load(answer)  # type: ignore[no-any-return]


def embedded(
    url: str, texts: Sequence[str] = SENTENCES, *, known: Mapping[str, str] | None = None, **options: Any
) -> tuple[list[Embedded], bool]:
    async def run() -> tuple[list[Embedded], bool]:
        budget = Budget(Price(1.0, 1.0, 1.0), tokens=options.pop("tokens", None))
        embedder = Embedder(Endpoint(url, flights=2, seconds=5.0), "local", budget=budget, pace=Pace(), **options)
        try:
            return [one async for one in embedder.vectors(texts, known or {})], embedder.exhausted
        finally:
            await embedder.close()

    return asyncio.run(run())


def expected(text: str, dimensions: int = 4) -> list[float]:
    return [one / 255 for one in hashlib.sha256(text.encode()).digest()[:dimensions]]


@pytest.mark.parametrize("unknown", [[], ["base64"]])
def test_each_text_has_its_vector_however_the_server_gives_it(unknown: list[str]) -> None:
    with serving(unknown=unknown) as url:
        found, _ = embedded(url)
        counted = stats(url)
    assert {one.text for one in found} == set(SENTENCES)
    for one in found:
        assert one.answer is not None
        np.testing.assert_allclose(vector_of(one.answer), expected(one.text), rtol=1e-6)
    assert len(counted["came"]) == 2
    assert sum(one.usage.input for one in found) == counted["tokens"]


def test_a_text_is_asked_for_once_and_what_is_known_not_at_all() -> None:
    with serving() as url:
        first, _ = embedded(url, [*SENTENCES[:3], *SENTENCES[:3]])
        known = {one.digest: one.answer for one in first if one.answer is not None}
        again, _ = embedded(url, SENTENCES[:5], known=known)
        none, _ = embedded(url, SENTENCES[:3], known=known)
    assert [one.text for one in first] == SENTENCES[:3]
    assert [one.text for one in again] == SENTENCES[3:5]
    assert none == []


def test_dimensions_make_another_vector() -> None:
    with serving() as url:
        ((wide,), _), ((narrow,), _) = embedded(url, ["One."]), embedded(url, ["One."], dimensions=2)
    assert wide.digest != narrow.digest
    assert narrow.answer is not None
    assert len(vector_of(narrow.answer)) == 2


def test_what_may_pass_is_tried_again() -> None:
    with serving(faults=0.3, kinds=["full", "cut", "wrong form"]) as url:
        found, _ = embedded(url)
    assert all(one.answer is not None for one in found)
    with serving(faults=1.0, kinds=["gone"]) as url:
        found, _ = embedded(url, SENTENCES[:2])
        assert set(stats(url)["came"].values()) == {1}
    assert all(one.answer is None and "HTTP 400" in (one.error or "") for one in found)


def test_a_budget_ends_it_before_it_is_overdrawn() -> None:
    with serving() as url:
        found, exhausted = embedded(url, tokens=1_250)
        spent = stats(url)["tokens"]
    assert (len(found), exhausted) == (TEXTS, True)
    assert spent <= 1_250


def test_a_text_that_is_empty_or_too_long_is_refused_by_name_and_the_others_are_not() -> None:
    with serving() as url:
        found, _ = embedded(url, ["", "x" * (TEXT_BYTES + 1), "Fine."])
    assert [one.error is None for one in found] == [False, False, True]
    assert all("bytes of text" in (one.error or "") for one in found[:2])


def test_a_server_that_has_no_such_path_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    with serving() as url, pytest.raises(ModelError, match="HTTP 404"):
        embedded(url.removesuffix("/v1") + "/v2", ["One."])


@pytest.mark.parametrize(
    "answer", ["", "no base64!", "AAA=", base64.b64encode(struct.pack("<f", float("nan"))).decode(), "AAAA" * 30_000]
)
def test_what_is_no_vector_is_told(answer: str) -> None:
    with pytest.raises(SchemaError):
        vector_of(answer)
