import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks import coverage
from benchmarks.coverage import main, state_of, url_template, walk
from benchmarks.sites import SITES, SiteError
from explorers.fake import FakeEnvironment, Faults
from explorers.policies import build_policy
from schemas.records import Node
from tests.schemas.samples import observation, tree


@pytest.mark.parametrize(
    ("location", "template"),
    [
        ("http://127.0.0.1:8001/books/17?page=2", "/books/*#"),
        ("http://127.0.0.1/a/3F2504E0-4F89-11D3-9A0C-0305E82C3301", "/a/*#"),
        ("http://127.0.0.1/#/active", "/#/active"),
        ("http://127.0.0.1/notes/9#/items/12/edit", "/notes/*#/items/*/edit"),
        ("http://127.0.0.1/page#chapter", "/page#"),
        (None, "#"),
    ],
)
def test_ids_hosts_and_queries_are_not_part_of_a_template(location: str | None, template: str) -> None:
    assert url_template(location) == template


def test_a_state_is_the_set_of_roles_and_names_and_not_where_they_are() -> None:
    one, two = Node("button", "Save"), Node("link", "Home")
    first = state_of(observation(tree=tree(one, two), location="http://a/"))
    assert first == state_of(observation(tree=tree(two, one, one), location="http://b/"))
    assert first != state_of(observation(tree=tree(one), location="http://a/"))
    assert first != state_of(observation(tree=tree(one, two), location="http://a/other"))


def test_a_walk_takes_all_its_steps_and_counts_what_is_new() -> None:
    done = walk(FakeEnvironment(), build_policy("frontier"), seed=3, steps=60, most=12)
    assert len(done.curve) == 60
    assert done.curve == sorted(done.curve)
    assert done.curve[-1] == len(done.seen) > 5
    assert done.problems == []


def test_a_lost_device_is_told_and_the_walk_goes_on() -> None:
    done = walk(FakeEnvironment(faults=(Faults("lost", step=2),)), build_policy("random"), seed=0, steps=20, most=10)
    assert len(done.curve) == 20
    assert len(done.problems) == 1
    assert "episode 0" in done.problems[0]


def test_every_walk_has_a_fresh_site_and_the_ratio_is_that_of_the_medians(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    started = []

    @contextmanager
    def site() -> Iterator[str]:
        started.append(f"http://127.0.0.1:{len(started) + 1}/")
        yield started[-1]

    monkeypatch.setitem(SITES, "datasette", site)
    monkeypatch.setattr(coverage, "WebEnvironment", lambda _: FakeEnvironment())
    options = ["--policies", "random,frontier", "--seeds", "2", "--first", "5", "--steps", "40"]
    assert main(["datasette", *options, "--json", str(tmp_path / "a"), "--curves", str(tmp_path / "b")]) == 0
    assert len(started) == 4
    rows = json.loads((tmp_path / "a").read_text())
    assert [(row["policy"], row["seed"]) for row in rows] == [
        ("random", 5),
        ("frontier", 5),
        ("random", 6),
        ("frontier", 6),
    ]
    states = {name: [row["states"] for row in rows if row["policy"] == name] for name in ("random", "frontier")}
    ratio = sum(states["frontier"]) / sum(states["random"])  # of two, the median is the mean
    assert f"{ratio:.2f}" in capsys.readouterr().out
    assert len((tmp_path / "b").read_text().splitlines()) == 1 + 4 * 40


def test_a_site_that_is_none_and_one_that_does_not_start_are_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["nowhere"])
    assert "found nowhere" in capsys.readouterr().err

    @contextmanager
    def broken() -> Iterator[str]:
        raise SiteError("no npm")
        yield

    monkeypatch.setitem(SITES, "dokuwiki", broken)
    assert main(["dokuwiki"]) == 1
    assert "no npm" in capsys.readouterr().err
