from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from labelers.backend import Opinions
from labelers.observed.graph import TransitionGraph
from pipelines.annotate.job import annotate, plan
from pipelines.ingest.job import ingest
from pipelines.lake.delta import Lake, open_lake
from pipelines.running.work import Report, Work
from schemas.arrow import from_row
from schemas.episodes import Episode
from schemas.errors import LakeError, LedgerError
from schemas.identity import tree_keys
from schemas.opinions import Instruction, Label
from tests.pipelines.fake_backend import FakeBackend, make_fake_backend
from tests.pipelines.recorded import WALKS, Walk, record

CopyOf = Callable[[Path], Lake]


class Newer(FakeBackend):
    """The same opinions under another version."""

    @property
    def version(self) -> str:
        return "2"

    def __call__(self, episode: Episode, graph: TransitionGraph) -> Opinions:
        said = super().__call__(episode, graph)
        return Opinions(
            tuple(
                replace(one, labeler_version="2", instruction_id=one.instruction_id[::-1]) for one in said.instructions
            ),
            tuple(replace(one, labeler_version="2", label_id=one.label_id[::-1]) for one in said.labels),
            said.silences,
        )


class Curious(FakeBackend):
    """Writes down what it is shown: the transitions from the first state, and the size of the first screen."""

    def __call__(self, episode: Episode, graph: TransitionGraph) -> Opinions:
        said = super().__call__(episode, graph)
        first, last = episode.steps[0].before, episode.steps[-1].after
        assert first is not None
        assert last is not None
        assert first.tree is not None
        assert first.keys == tree_keys(first.tree, location=first.seen.location, scroll=first.seen.scroll)
        assert last.keys is not None
        distance = graph.distance(first.keys.content, last.keys.content, limit=9)
        screen = episode.screen(first.seen.screen or "")
        with pytest.raises(KeyError):
            episode.screen("f" * 64)
        reason = f"{distance} {screen.width}x{screen.height} {screen.format} {len(screen.data)}"
        return replace(said, labels=(*said.labels[:-1], replace(said.labels[-1], reason=reason)))


class Silent(FakeBackend):
    """Says nothing at all."""

    def __call__(self, episode: Episode, graph: TransitionGraph) -> Opinions:  # noqa: ARG002
        return Opinions((), (), {})


class Confused(FakeBackend):
    """Speaks of an episode that it was not shown."""

    def __call__(self, episode: Episode, graph: TransitionGraph) -> Opinions:
        said = super().__call__(episode, graph)
        return replace(said, labels=tuple(replace(one, trajectory_id="0" * 32) for one in said.labels))


class Impostor(FakeBackend):
    """Speaks under another name."""

    def __call__(self, episode: Episode, graph: TransitionGraph) -> Opinions:
        said = super().__call__(episode, graph)
        return replace(said, labels=tuple(replace(one, labeler="someone else") for one in said.labels))


def test_the_opinions_of_the_backend_are_in_the_lake(curated: Path, copy_of: CopyOf) -> None:
    snapshot = copy_of(curated).snapshot()
    instructions = [from_row(Instruction, row) for row in snapshot.read("instructions").to_pylist()]
    labels = [from_row(Label, row) for row in snapshot.read("labels").to_pylist()]
    assert sorted({one.text for one in instructions if one.level == "high"})[0] == "Open the page Anna Grieg."
    assert sum(one.subject == "trajectory" for one in labels) == len(WALKS)
    assert {one.instruction_id for one in labels} - {None} <= {one.instruction_id for one in instructions}
    assert len({one.label_id for one in labels}) == len(labels)


def test_counts_tell_what_was_said_and_how_often_nothing(ingested: Path, copy_of: CopyOf) -> None:
    done = annotate(copy_of(ingested).url, make_fake_backend)
    assert done.changed
    assert done.counts["trajectories"] == len(WALKS)
    assert done.counts["silent: no target"] == 2
    assert done.counts["labels on a trajectory: good"] == len(WALKS)


def test_what_is_labelled_is_not_labelled_again(curated: Path, copy_of: CopyOf) -> None:
    lake = copy_of(curated)
    before = lake.snapshot()
    assert plan(lake.url, make_fake_backend)["trajectories to look at"] == 0
    assert not annotate(lake.url, make_fake_backend).changed
    extra = record(Path(lake.url).with_name("extra"), Walk(77, ("Books", "Garden Salt")))
    ingest(extra.parent, lake.url)
    assert plan(lake.url, make_fake_backend) == {
        "trajectories to look at": 1,
        "requests": 0,
        "tokens": 0,
        "US dollars": "0.00",
    }
    done = annotate(lake.url, make_fake_backend)
    assert (done.counts["trajectories"], done.counts["trajectories already labelled"]) == (1, len(WALKS))
    after = lake.snapshot()
    assert {file.path for file in before.files["labels"]} < {file.path for file in after.files["labels"]}
    assert after.rows("labels") == before.rows("labels") + 3


def test_another_version_gives_its_own_opinions_beside(curated: Path, copy_of: CopyOf) -> None:
    lake = copy_of(curated)
    before = lake.snapshot().rows("labels")
    assert annotate(lake.url, Newer).counts["trajectories"] == len(WALKS)
    assert lake.snapshot().rows("labels") == 2 * before


def test_a_backend_sees_trees_keys_screens_and_the_ways_of_all_episodes(ingested: Path, copy_of: CopyOf) -> None:
    lake = copy_of(ingested)
    annotate(lake.url, Curious)
    labels = lake.snapshot().read("labels").to_pylist()
    reasons = {row["trajectory_id"]: row["reason"] for row in labels if row["subject"] == "trajectory"}
    episodes = {row["episode"]: row["trajectory_id"] for row in lake.snapshot().read("trajectories").to_pylist()}
    # Walk 2 clicks beside a link; the way that it took is known to be one shorter, from another bucket's walks as well.
    assert reasons[episodes[2]].startswith("2 320x200 png ")
    assert reasons[episodes[0]].startswith("2 320x200 png "), "home, authors, Anna Grieg: known from walk 5"


def test_states_are_made_once_and_shared(ingested: Path, copy_of: CopyOf) -> None:
    lake = copy_of(ingested)
    annotate(lake.url, make_fake_backend)
    version = lake.snapshot().versions["states"]
    assert lake.snapshot().rows("states") == 2 * lake.snapshot().rows("steps")
    annotate(lake.url, Newer)
    assert lake.snapshot().versions["states"] == version


@pytest.mark.parametrize(
    ("backend", "message"),
    [(Silent, "gave no label on the trajectory"), (Confused, "was shown"), (Impostor, "spoke as someone else")],
)
def test_opinions_that_cannot_be_accounted_for_fail_the_job(
    ingested: Path, copy_of: CopyOf, backend: type[FakeBackend], message: str
) -> None:
    lake = copy_of(ingested)
    with pytest.raises((LedgerError, RuntimeError), match=message):
        annotate(lake.url, backend)
    assert lake.snapshot().rows("labels") == lake.snapshot().rows("instructions") == 0


def test_without_a_lake_there_is_nothing_to_annotate(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match="expected a lake"):
        annotate(str(tmp_path / "nothing"), make_fake_backend)


@pytest.mark.parametrize("stage", ["states", "reports"])
def test_a_job_that_was_killed_redoes_only_what_is_not_there(
    curated: Path, ingested: Path, copy_of: CopyOf, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    lake = copy_of(ingested)
    leave = Work.leave
    left: list[tuple[str, int]] = []
    dies = stage

    def dying(self: Work, bucket: int, report: Report, *, stage: str = "reports") -> None:
        if (stage, bucket) == (dies, 10):
            raise LakeError("killed")
        leave(self, bucket, report, stage=stage)
        left.append((stage, bucket))

    with monkeypatch.context() as patch:
        patch.setattr(Work, "leave", dying)
        with pytest.raises(LakeError, match="killed"):
            annotate(lake.url, make_fake_backend)
        dies = ""
        plan(lake.url, make_fake_backend)
        annotate(lake.url, make_fake_backend)
    assert len(left) == len(set(left)) == 2 * lake.buckets, "each stage of each bucket was done once"
    for table in ("states", "instructions", "labels"):
        mine, theirs = (
            {file.path for file in one.snapshot().files_of(table)} for one in (lake, open_lake(str(curated)))
        )
        assert mine == theirs
