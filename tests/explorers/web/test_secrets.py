"""What a page holds that must not be recorded: in its tree, its picture, its addresses, its words, and what is raw."""

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest

from explorers.core.masking import COLOUR
from explorers.core.rollout import ExploreConfig, run_episode
from explorers.policies.registry import build_policy
from explorers.web import WebConfig, WebEnvironment
from explorers.web.episode import EpisodeConfig, StorageState
from explorers.web.extraction import Mode
from explorers.web.observing import RAW_LEFT_OUT
from schemas.actions import Action, Answer, Click, NewTab, Open, Select, Type
from schemas.records import Box, Candidate, Choice, Observation, Outcome
from schemas.redaction import MASK
from schemas.visual import decode
from tests.explorers.site import Site, serving
from tests.explorers.web.conftest import node_of, point_on

pytestmark = pytest.mark.web

Step: TypeAlias = Callable[[Observation], Action]

SECRET = re.compile(rb"S3cret")
TYPED = "S3cret-typed1"


class Script:
    """A policy that does one thing after another."""

    name, version = "script", "1"

    def __init__(self, *steps: Step) -> None:
        self.steps = list(steps)

    def begin(self, *, seed: int) -> None:
        pass

    def choose(self, observation: Observation) -> Choice | None:
        if not self.steps:
            return None
        action = self.steps.pop(0)(observation)
        fields = [node for node in observation.nodes if node.id == "turned"]
        candidates = tuple(Candidate(Type(TYPED, point_on(field)), "a password", 1.0) for field in fields)
        return Choice(action, thought=f"I use {TYPED}", candidates=candidates)

    def learn(self, before: Observation, choice: Choice, outcome: Outcome, after: Observation) -> None:
        pass


def on(id: str) -> Step:
    return lambda seen: Click(point_on(node_of(seen, id)))


def written(folder: Path) -> Iterator[tuple[str, bytes]]:
    """All that a run left behind, also what is packed, and what is packed in that."""
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.name, path.read_bytes()
        if path.name.endswith(".trace.zip"):
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    data = archive.read(name)
                    yield name, zlib.decompress(data) if name.endswith(".z") else data


def leaks(folder: Path) -> list[bytes]:
    return [
        name.encode() + b": " + data[max(match.start() - 60, 0) : match.end() + 20]
        for name, data in written(folder)
        for match in SECRET.finditer(data)
    ]


@pytest.mark.parametrize("mode", ["viewport", "page", "full"])
def test_no_byte_of_a_trace_holds_a_secret(site: Site, tmp_path: Path, mode: Mode) -> None:
    storage = StorageState(local={site.url(""): (("session", "S3cret-stored1"),)})
    config = WebConfig(
        width=1280, height=1000, mode=mode, hosts=(site.host.replace("127.0.0.1", "localhost"),),
        episode=EpisodeConfig(storage=storage),
    )  # fmt: skip
    start = site.url("/secrets?token=S3cret-query1").replace("//", "//ann:S3cret-start1@")
    environment = WebEnvironment(start, config=config)
    policy = Script(
        lambda seen: Type(TYPED, point_on(node_of(seen, "turned")), clear=True),
        lambda seen: Type(TYPED, point_on(node_of(seen, "plain")), clear=True),
        lambda seen: Select("S3cret-option2", point_on(node_of(seen, "list"))),
        on("say"),
        on("leave"),
        on("popup"),
        lambda _: NewTab(site.url("/secrets?sid=S3cret-tab1")),
        on("away"),
        lambda _: Open(site.url("/secrets?authorization=S3cret-opened1#passcode=S3cret-opened2")),
        lambda _: Answer(f"The password is {TYPED}"),
    )
    try:
        summary = run_episode(environment, policy, tmp_path, ExploreConfig(max_steps=20), run_id="a", episode=0)
    finally:
        environment.close()
    assert (summary.ended_by, summary.steps) == ("stop", 10), summary.message
    assert leaks(tmp_path) == []


def test_what_the_browser_answers_in_full_is_held_to_the_same_rules(site: Site) -> None:
    start = site.url("/scripted?ticket=S3cret-query1").replace("//", "//ann:S3cret-start1@")
    environment = WebEnvironment(start, config=WebConfig(mode="full"))
    try:
        seen = environment.reset()
    finally:
        environment.close()
    assert [raw.kind for raw in seen.raw] == ["dom snapshot", "accessibility tree"]
    for raw in seen.raw:
        assert b"Plain words" in raw.data
        assert b"river" in raw.data
        assert not SECRET.search(raw.data)
    assert not SECRET.search(repr(replace(seen, screen=None)).encode())


def test_what_the_browser_answers_in_full_is_left_out_where_a_field_holds_a_secret(site: Site) -> None:
    environment = WebEnvironment(site.url("/secrets"), config=WebConfig(mode="full"))
    try:
        seen = environment.reset()
    finally:
        environment.close()
    assert seen.raw == ()
    assert RAW_LEFT_OUT in (seen.notice or "")


@pytest.fixture(scope="module")
def seen(site: Site) -> Iterator[Observation]:
    config = WebConfig(height=1000, hosts=(site.host.replace("127.0.0.1", "localhost"),))
    environment = WebEnvironment(site.url("/secrets"), config=config)
    environment.reset()
    yield environment.observe()
    environment.close()


FIELDS = ["turned", "filled", "dotted", "attribute", "hinted", "bare", "list", "area", "rich", "fresh", "copied"]


@pytest.mark.parametrize("id", FIELDS)
def test_a_field_is_masked_and_painted_over(seen: Observation, id: str) -> None:
    node = node_of(seen, id)
    assert node.value == MASK
    assert node.has("secret")
    assert set(node.options) <= {MASK}
    assert node.box is not None
    assert is_painted(seen, node.box)


def test_what_a_field_held_is_masked_in_one_that_was_put_in_its_place(seen: Observation) -> None:
    node = node_of(seen, "swapped")
    assert (node.field, node.value) == ("text", MASK)
    assert node.box is not None
    assert is_painted(seen, node.box)


def test_what_is_no_secret_stays(seen: Observation) -> None:
    node = node_of(seen, "plain")
    assert node.value == "river"
    assert not node.has("secret")
    assert node.box is not None
    assert not is_painted(seen, node.box)
    assert {"First word", "Search", "Name", "build 7", "Recovery codes", "Say"} <= {each.name for each in seen.nodes}


def test_what_is_drawn_and_no_part_of_the_tree_is_painted_over_too(seen: Observation) -> None:
    last = next(node for node in seen.nodes if node.name.startswith("You entered"))
    assert last.name == f"You entered {MASK} and {MASK}"
    assert last.box is not None
    hidden = Box(last.box.x, last.box.y + last.box.height + 14, 60, 12)  # the next paragraph, which is hidden from aids
    assert is_painted(seen, hidden)


def is_painted(seen: Observation, box: Box) -> bool:
    assert seen.screen is not None
    x, y = round(box.x) + 1, round(box.y) + 1
    part = decode(seen.screen.data)[y : y + round(box.height) - 2, x : x + round(box.width) - 2]
    return bool((part == np.array(COLOUR)).all())


def test_what_a_press_shows_in_place_of_bullets_is_masked_as_what_was_a_password_is(site: Site) -> None:
    environment = WebEnvironment(site.url("/uncovered"))
    try:
        environment.reset()
        environment.act(Click(point_on(node_of(environment.observe(), "turn"))))
        after = environment.observe()
    finally:
        environment.close()
    masked = [node.name for node in after.nodes if node.role == "text"]
    assert masked == [MASK, MASK, "harbour"]


CASES = Path(__file__).resolve().parents[4] / "shared" / "cases" / "tasks_site.py"


@pytest.mark.skipif(not CASES.is_file(), reason="the folder of shared cases is not there")
@pytest.mark.parametrize("policy", ["random", "novelty", "frontier"])
def test_exploring_the_shared_cases_leaves_no_secret(tmp_path: Path, policy: str) -> None:
    spec = spec_from_file_location("cases", CASES)
    assert spec is not None
    assert spec.loader is not None
    cases = module_from_spec(spec)
    spec.loader.exec_module(cases)
    with serving(cases.Handler) as url:
        environment = WebEnvironment(f"{url}/secret/")
        try:
            config = ExploreConfig(max_steps=8, seed=3)
            for episode in range(2):
                run_episode(environment, build_policy(policy), tmp_path, config, run_id="a", episode=episode)
        finally:
            environment.close()
    assert len(list(tmp_path.glob("*.trace.zip"))) == 2
    assert leaks(tmp_path) == []
    assert not any(b"5001 0517" in data for _, data in written(tmp_path))
