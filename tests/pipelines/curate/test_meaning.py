"""Tests of pipelines.curate.meaning: two episodes with the same walk, of which the tasks are told in other words."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from labelers.backend import Opinions
from labelers.observed.graph import TransitionGraph
from pipelines.annotate.job import annotate
from pipelines.annotate.vectors import Embedding, vectors_of
from pipelines.curate.config import CurationConfig
from pipelines.curate.job import curate
from pipelines.curate.keeping import Shelf
from pipelines.curate.meaning import MISSING, OTHER, near_in_meaning, notes_of
from pipelines.curate.similarity import meanings
from pipelines.curate.stages import Curation
from pipelines.ingest.job import ingest
from pipelines.lake.delta import Lake, create_lake, open_lake, write_rows
from pipelines.running.jobs import begin
from schemas.arrow import table_of
from schemas.episodes import Episode
from schemas.errors import ConfigurationError, SchemaError
from schemas.opinions import Call
from tests.pipelines.fake_backend import FakeBackend
from tests.pipelines.recorded import WALKS, record

CopyOf = Callable[[Path], Lake]
SAID, ALSO = "Open the page Anna Grieg.", "Show me who Anna Grieg is, please."
LOW = "Use the link Anna Grieg."
APART = 0.03
MEANT = CurationConfig(embedding="made-up", embedding_similarity=0.95)


class OtherWords(FakeBackend):
    """Tells the task of the second episode in other words."""

    def __call__(self, episode: Episode, graph: TransitionGraph) -> Opinions:
        found = super().__call__(episode, graph)
        if episode.trajectory.episode != WALKS[4].episode:
            return found
        told = tuple(replace(one, text=one.text.replace(SAID, ALSO)) for one in found.instructions)
        return replace(found, instructions=told)


@pytest.fixture(scope="module")
def paraphrased(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with vectors, the cosine of the two tasks being 1 less `APART`, and curations with and without them.

    Read only.
    """
    folder = tmp_path_factory.mktemp("paraphrased")
    for walk in (WALKS[0], WALKS[4]):
        record(folder / "traces", walk)
    lake = create_lake(str(folder / "lake"), buckets=1)
    ingest(folder / "traces", lake.url)
    annotate(lake.url, OtherWords)
    texts = sorted(set(lake.snapshot().read("instructions")["text"].to_pylist()) - {LOW, SAID, ALSO})
    near = [1 - APART, (1 - (1 - APART) ** 2) ** 0.5]
    own = [[0.0] * (2 + number) + [1.0] + [0.0] * (len(texts) - number - 1) for number in range(len(texts))]
    blank = [0.0] * (2 + len(texts))
    embed(lake, {SAID: [1.0, *blank[1:]], ALSO: [*near, *blank[2:]], **dict(zip(texts, own, strict=True))})
    curate(lake.url, "words")
    curate(lake.url, "meant", MEANT)
    return folder / "lake"


def embed(lake: Lake, vectors: Mapping[str, Sequence[float]], *, model: str = "made-up") -> None:
    """Puts vectors into the lake, as `hindtrace embed` leaves them."""
    snapshot, embedding = lake.snapshot(), Embedding(model)
    calls = [
        Call(
            call_id=f"call {model} {text}",
            request=embedding.digest(text),
            trajectory_id="0" * 32,
            labeler=embedding.name,
            labeler_version=embedding.version,
            model=model,
            status="ok",
            answer=base64.b64encode(np.array(vector, "<f4").tobytes()).decode(),
            error=None,
            input_tokens=1,
            output_tokens=0,
            cached_tokens=0,
            money=None,
            latency=None,
            time=datetime(2026, 1, 1, tzinfo=UTC),
        )
        for text, vector in sorted(vectors.items())
    ]
    file = write_rows(lake.url, "calls", table_of(Call, calls), bucket=0)
    lake.commit(snapshot, "calls", job=f"embed {calls[0].call_id}", writer="embed", add=[file])


def found(lake: Lake, name: str) -> tuple[list[str], list[float]]:
    """The rules of the rows of the tasks in `sft`, and the distances of the edges by vectors."""
    snapshot = lake.snapshot()
    tasks = [row["instruction_id"] for row in snapshot.read("instructions").to_pylist() if row["level"] == "high"]
    rows = pl.DataFrame(snapshot.read("decisions", curation=name))
    mine = rows.filter(pl.col("instruction_id").is_in(tasks), use="sft")
    assert mine.height
    edges = snapshot.read("edges", curation=name).to_pylist()
    return sorted(mine["rule"].unique()), [one["distance"] for one in edges if one["kind"] == "near meaning"]


def chosen(lake: Lake, name: str) -> pl.DataFrame:
    """All that a curation holds, but for its name."""
    snapshot = lake.snapshot()
    tables = (pl.DataFrame(snapshot.read(table, curation=name)) for table in ("decisions", "edges"))
    return pl.concat([rows.drop("curation") for rows in tables], how="diagonal")


def test_what_is_told_in_other_words_is_one_task_with_vectors_and_two_without(paraphrased: Path) -> None:
    lake = open_lake(str(paraphrased))
    rules, edges = found(lake, "words")
    assert "near duplicate" not in rules
    assert edges == []
    rules, edges = found(lake, "meant")
    assert "near duplicate" in rules
    assert edges == [pytest.approx(APART, abs=1e-6)]
    runs = [{one["name"]: one["count"] for one in row["counts"]} for row in lake.snapshot().read("runs").to_pylist()]
    assert [run["near meaning"] for run in runs if run.get(MISSING) == 1] == [1]


def test_tighter_is_a_query_over_the_edges_and_gives_what_a_whole_run_gives(
    paraphrased: Path, copy_of: CopyOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = copy_of(paraphrased)
    monkeypatch.setattr(meanings, "near_meanings", None)
    for similarity, same in ((0.99, "words"), (0.96, "meant")):
        curate(lake.url, "cut", replace(MEANT, embedding_similarity=similarity), source="meant")
        assert chosen(lake, "cut").equals(chosen(lake, same))


def test_what_is_compared_is_kept_until_sentences_or_vectors_change(
    paraphrased: Path, copy_of: CopyOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = copy_of(paraphrased)
    words = pl.DataFrame({"plain": ["a", "b", "c", "a"], "text": [SAID, ALSO, LOW, SAID]})

    def compared(rows: pl.DataFrame) -> tuple[list[tuple[str, str]], Mapping[str, int]]:
        work = begin(lake, "compare", {}, reads=()).work
        edges, counts = near_in_meaning(Curation(work, MEANT, Shelf("kept")), rows)
        return edges.select("left", "right").rows(), counts

    first = compared(words)
    assert first == ([("a", "b")], {OTHER: 0, MISSING: 1})
    assert notes_of(first[1], MEANT)[0].startswith("1 sentences have no vector of made-up")
    with monkeypatch.context() as patch:
        patch.setattr(meanings, "near_meanings", None)
        assert compared(words.reverse()) == first
    embed(lake, {LOW: [1.0] * len(vectors_of(lake.snapshot(), Embedding("made-up"), [SAID])[SAID])})
    assert compared(words) == ([("a", "b")], {OTHER: 0, MISSING: 0})
    embed(lake, {"d": [1.0]})
    with pytest.raises(SchemaError, match="vectors of made-up of one length"):
        compared(pl.concat([words, pl.DataFrame({"plain": ["d"], "text": ["d"]})]))
    assert compared(words[:0]) == ([], {OTHER: 0, MISSING: 0})


def test_what_the_edges_of_another_curation_do_not_tell_is_refused(paraphrased: Path, copy_of: CopyOf) -> None:
    lake = copy_of(paraphrased)
    for source, config, message in (
        ("meant", replace(MEANT, embedding_similarity=0.9), r"embedding_similarity = 0\.9 is looser than"),
        ("meant", replace(MEANT, embedding="other"), "compared the vectors of made-up, not of other"),
        ("meant", replace(MEANT, embedding_dimensions=3), "not of made-up with 3 dimensions: curate without"),
        ("words", MEANT, r'no edges of the kind near meaning \(embedding = "" was stored\)'),
    ):
        with pytest.raises(ConfigurationError, match=message):
            curate(lake.url, "cut", config, source=source)
    embed(lake, {LOW: [1.0, 2.0]})
    with pytest.raises(ConfigurationError, match=r"the lake has changed since curation meant \(calls\)"):
        curate(lake.url, "cut", MEANT, source="meant")
    with pytest.raises(ConfigurationError, match=r"vectors of made-up of one length, found 2, \d+ dimensions"):
        curate(lake.url, "cut", MEANT)


def test_a_lake_without_vectors_of_the_model_is_refused_before_anything_is_done(
    paraphrased: Path, copy_of: CopyOf
) -> None:
    lake = copy_of(paraphrased)
    with pytest.raises(ConfigurationError, match="found none: hindtrace embed --model nobody asks for them"):
        curate(lake.url, "meant", replace(MEANT, embedding="nobody"))
    assert not (Path(lake.url) / "_work").exists() or not list((Path(lake.url) / "_work").iterdir())
