"""The judges that are asked by name, through the job and a server, on rollouts of one task with thoughts."""

import json
import urllib.request
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from labelers.askers.pairwise import paired
from pipelines.agree.views import VIEWS
from pipelines.annotate.groups import GroupMates
from pipelines.cli import main
from pipelines.ingest.job import ingest
from pipelines.lake.delta import Lake, create_lake, open_lake
from pipelines.lake.sql import connect, query, rows_of
from schemas.keys import bucket_of
from schemas.records import Choice, EpisodeStart
from tests.labelers.model.server import serving
from tests.pipelines import recorded
from tests.pipelines.recorded import WALKS, record_all

CopyOf = Callable[[Path], Lake]
GROUPED = 4
"""The first of the walks are rollouts of one task, the others have no group."""


@pytest.fixture(scope="module")
def rollouts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of six walks, four of them one group with a goal, all with thoughts; read only."""
    folder = tmp_path_factory.mktemp("rollouts")

    def start(**fields: Any) -> EpisodeStart:
        group = "task 1" if fields["episode"] < GROUPED else None
        return EpisodeStart(**{**fields, "group": group, "goal": "Open the Blue House." if group else None})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recorded, "EpisodeStart", start)
        patch.setattr(recorded, "Choice", lambda *parts: Choice(*parts, thought="It may be here."))
        traces = record_all(folder / "traces")
    create_lake(str(folder / "lake"), buckets=4)
    ingest(traces, str(folder / "lake"))
    return folder / "lake"


def annotate(lake: Lake, url: str, *labelers: str, more: tuple[str, ...] = ()) -> None:
    named = [part for name in labelers for part in ("--labeler", name)]
    options = ["--backend", "openai", "--model", "local", "--base-url", url, *named, *more]
    assert main(["annotate", "--lake", lake.url, *options]) == 0


def asked(url: str) -> int:
    with urllib.request.urlopen(url.replace("/v1", "/stats")) as answer:
        return sum(json.load(answer)["came"].values())


def labels(lake: Lake, kind: str) -> list[dict[str, Any]]:
    rows = lake.snapshot().read("labels").to_pylist()
    return [row for row in rows if row["labeler"] == f"{kind}/local"]


def test_each_looks_at_every_episode_once_and_asks_nothing_again(rollouts: Path, copy_of: CopyOf) -> None:
    lake = copy_of(rollouts)
    names = ("safety", "overthinking", "behaviour")
    with serving() as url:
        annotate(lake, url, *names)
        once = asked(url)
        annotate(lake, url, *names)
        assert asked(url) == once
    for name in names:
        wholes = [row for row in labels(lake, name) if row["subject"] == "trajectory"]
        assert len({row["trajectory_id"] for row in wholes}) == len(wholes) == len(WALKS)
    assert {row["verdict"] for row in labels(lake, "overthinking")} == {"good"}
    assert {row["score"] for row in labels(lake, "overthinking")} == {0.0}


def test_what_is_left_out_is_not_asked_by_default(
    rollouts: Path, copy_of: CopyOf, capsys: pytest.CaptureFixture[str]
) -> None:
    lake = copy_of(rollouts)
    with serving() as url:
        annotate(lake, url, more=("--plan",))
        assert "plan synthesis" in capsys.readouterr().out
        annotate(lake, url, "safety", "pairwise", more=("--plan",))
        assert "plan safety" in capsys.readouterr().out
        assert asked(url) == 0


def test_policies_come_from_a_file_and_make_another_version(rollouts: Path, copy_of: CopyOf, tmp_path: Path) -> None:
    lake = copy_of(rollouts)
    policies = tmp_path / "policies.txt"
    policies.write_text("# ours\nNever open the Blue House.\n")
    said = {
        "kind": "policy violation",
        "policy": 1,
        "step": 1,
        "reason": "It opens it.",
        "planted": "",
        "planted_step": -1,
    }
    with serving(answer=json.dumps(said)) as url:
        annotate(lake, url, "safety", more=("--policies", str(policies)))
        for wrong in (("--labeler", "verify"), ("--labeler", "safety", "--policies", str(tmp_path / "none"))):
            options = ["--backend", "openai", "--model", "x", "--base-url", url, "--policies", str(policies), *wrong]
            assert main(["annotate", "--lake", lake.url, *options]) == 2
    steps = [row for row in labels(lake, "safety") if row["subject"] == "step"]
    assert len(steps) == len(WALKS)
    assert {(row["rule"], row["reason"], row["first_step"]) for row in steps} == {
        ("policy violation", "policy 1: It opens it.", 1)
    }


def test_every_pair_of_a_group_is_judged_in_both_orders_and_wins_are_counted(rollouts: Path, copy_of: CopyOf) -> None:
    lake = copy_of(rollouts)
    with serving(answer='{"reason":"It comes first.","winner":"first"}') as url:
        annotate(lake, url, "pairwise")
        assert asked(url) == GROUPED * (GROUPED - 1)
    pairs = [row for row in labels(lake, "pairwise") if row["subject"] == "pair"]
    assert len(pairs) == GROUPED * (GROUPED - 1) / 2
    assert {(row["verdict"], row["rule"]) for row in pairs} == {("neutral", "the orders differ")}
    assert all(row["trajectory_id"] < row["other_id"] for row in pairs)
    connection = connect(lake, views=VIEWS)
    names, rows = rows_of(query(connection, 'select trajectory_id, "group", wins, losses, ties, rank from wins'))
    connection.close()
    assert len(names) == 6
    assert [row[1:] for row in rows] == [("task 1", 0, 0, GROUPED - 1, 1)] * GROUPED


def test_who_is_compared_may_lie_in_another_bucket_and_with_how_many_is_an_option(
    rollouts: Path, copy_of: CopyOf
) -> None:
    lake = copy_of(rollouts)
    pairs = Counter(one for one, _ in paired(sorted(GroupMates(lake, opponents=2).trajectories), 2))
    first, others = pairs.most_common(1)[0]
    more = ("--where", f"trajectory_id = '{first}'", "--opponents")
    with serving(answer='{"reason":"It comes first.","winner":"first"}') as url:
        annotate(lake, url, "pairwise", more=(*more, "2"))
        assert asked(url) == 2 * others
        options = ["--backend", "openai", "--model", "local", "--base-url", url, "--labeler", "pairwise"]
        assert main(["annotate", "--lake", lake.url, *options, *more, "1"]) == 2
    found = [row for row in labels(lake, "pairwise") if row["subject"] == "pair"]
    assert [(row["trajectory_id"], row["verdict"]) for row in found] == [(first, "neutral")] * others
    assert {bucket_of(row["other_id"], lake.buckets) for row in found} - {bucket_of(first, lake.buckets)}


def test_a_copy_of_the_groups_says_the_same(rollouts: Path) -> None:
    mates = GroupMates(open_lake(str(rollouts)), opponents=GROUPED)
    copy = deepcopy(mates)
    found = {name: [one.trajectory_id for one in mates(name)] for name in sorted(mates.trajectories)}
    assert found == {name: [one.trajectory_id for one in copy(name)] for name in sorted(copy.trajectories)}
    assert Counter(len(others) for others in found.values()) == dict.fromkeys(range(GROUPED), 1)
    assert mates("another") == ()
    assert mates.digest == copy.digest


def test_the_handbook_names_what_recurs_and_is_the_same_again(rollouts: Path, copy_of: CopyOf, tmp_path: Path) -> None:
    lake = copy_of(rollouts)
    book = ["handbook", "--lake", lake.url, "--least", "2", "--out"]
    assert main([*book, str(tmp_path / "plain.json")]) == 0
    plain = json.loads((tmp_path / "plain.json").read_text())
    assert plain
    assert {one["labeler"] for one in plain} == {None}
    assert plain[0]["procedure"].startswith("Click link")
    with serving(answer='{"name":"Open a book","procedure":"Click Books, then the book."}') as url:
        annotate(lake, url, "handbook", more=("--least", "2"))
        assert asked(url) == len(plain)
    for name in ("one.json", "two.json", "one.md", "two.md"):
        assert main([*book, str(tmp_path / name)]) == 0
    found = json.loads((tmp_path / "one.json").read_text())
    assert [one["key"] for one in found] == [one["key"] for one in plain]
    assert {one["name"] for one in found} == {"Open a book"}
    for kind in ("json", "md"):
        assert (tmp_path / f"one.{kind}").read_bytes() == (tmp_path / f"two.{kind}").read_bytes()
    assert "### Open a book\n\nClick Books, then the book.\n" in (tmp_path / "one.md").read_text()
    assert main([*book, str(tmp_path / "book.pdf")]) == 2
    assert main(["handbook", "--lake", lake.url, "--out", str(tmp_path / "x.md"), "--least", "1"]) == 2


def test_faults_leave_every_episode_judged_or_silent_with_the_reason(rollouts: Path, copy_of: CopyOf) -> None:
    lake = copy_of(rollouts)
    with serving(faults=0.5, kinds=["refused", "gone"]) as url:
        annotate(lake, url, "safety", "overthinking", "pairwise")
    for name in ("safety", "overthinking"):
        wholes = [row for row in labels(lake, name) if row["subject"] == "trajectory"]
        assert len(wholes) == len(WALKS)
    calls = {row["call_id"]: row for row in lake.snapshot().read("calls").to_pylist()}
    dead = {name for name, row in calls.items() if row["status"] != "ok"}
    silent = [row for row in lake.snapshot().read("labels").to_pylist() if row["call_id"] in dead]
    assert dead
    assert all(row["verdict"] == "abstain" and row["rule"] == calls[row["call_id"]]["status"] for row in silent)
    assert len([row for row in labels(lake, "pairwise") if row["subject"] == "pair"]) == GROUPED * (GROUPED - 1) / 2
