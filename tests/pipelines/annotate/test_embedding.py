from collections.abc import Callable
from pathlib import Path

import pytest

from labelers.model.prices import Price
from labelers.model.sending import Endpoint
from pipelines.annotate.embedding import embed_instructions
from pipelines.annotate.planning import Spending
from pipelines.annotate.vectors import Embedding, vectors_of
from pipelines.lake.delta import Lake
from schemas.errors import ConfigurationError
from tests.labelers.model.server import serving

CopyOf = Callable[[Path], Lake]
LOCAL = Embedding("local")


def spending(url: str, **limits: object) -> Spending:
    return Spending(Endpoint(url, flights=2, seconds=5.0), Price(1.0, 1.0, 1.0), **limits)  # type: ignore[arg-type]


def texts(lake: Lake) -> set[str]:
    return set(lake.snapshot().read("instructions")["text"].to_pylist())


def test_each_text_is_embedded_once_and_its_vector_found_again(curated: Path, copy_of: CopyOf) -> None:
    lake = copy_of(curated)
    wanted = texts(lake)
    with serving() as url:
        done = embed_instructions(lake.url, LOCAL, spending(url))
        assert not embed_instructions(lake.url, LOCAL, spending(url)).changed
        assert embed_instructions(lake.url, Embedding("local", 2), spending(url)).changed
    assert done.counts["texts ok"] == len(wanted) > 0
    calls = [row for row in lake.snapshot().read("calls").to_pylist() if row["labeler_version"] == LOCAL.version]
    assert len({row["request"] for row in calls}) == len(calls) == len(wanted)
    assert sum(row["input_tokens"] for row in calls) == done.counts["tokens in"] > 0
    found = vectors_of(lake.snapshot(), LOCAL, [*wanted, "Nobody wrote this."])
    assert found.keys() == wanted
    assert {len(vector) for vector in found.values()} == {4}
    assert {len(one) for one in vectors_of(lake.snapshot(), Embedding("local", 2), wanted).values()} == {2}


def test_a_failure_is_a_row_and_asked_for_again(curated: Path, copy_of: CopyOf) -> None:
    lake = copy_of(curated)
    with serving(faults=1.0, kinds=["gone"]) as url:
        assert embed_instructions(lake.url, LOCAL, spending(url)).counts["texts failed"] == len(texts(lake))
    assert vectors_of(lake.snapshot(), LOCAL, texts(lake)) == {}
    with serving() as url:
        assert embed_instructions(lake.url, LOCAL, spending(url)).counts["texts ok"] == len(texts(lake))


def test_a_budget_without_price_is_refused_and_one_that_is_used_up_ends_it(curated: Path, copy_of: CopyOf) -> None:
    lake = copy_of(curated)
    with serving() as url:
        with pytest.raises(ConfigurationError, match="price"):
            embed_instructions(lake.url, LOCAL, Spending(Endpoint(url), None, money=1.0))
        assert not embed_instructions(lake.url, LOCAL, spending(url, tokens=1)).changed
