from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.episodes import explore
from explorers.core.fidelity import STRENGTHS
from explorers.core.replay import observed_mode, replay
from explorers.core.rollout import ExploreConfig
from explorers.core.wrapping import Wrapped
from explorers.fake import FakeEnvironment, Faults
from explorers.policies.novelty import NoveltyPolicy
from schemas.actions import (
    Action,
    Answer,
    Click,
    Drag,
    MoveWindow,
    NewTab,
    Open,
    Point,
    Scroll,
    ScrollTo,
    Stop,
    Type,
)
from schemas.errors import ConfigurationError
from schemas.recordings import Recording, read_trace
from schemas.records import Box, Choice, Node, Observation, Outcome, Platform, Target
from schemas.redaction import MASK

ORDER = Open("http://shop.example/order")


class Script:
    """A policy that does what it is told; a function is given what is seen."""

    name, version = "script", "1"

    def __init__(self, *told: Action | Callable[[Observation], Choice]) -> None:
        self._told = told
        self._left: Iterator[Action | Callable[[Observation], Choice]] = iter(())

    def begin(self, *, seed: int) -> None:  # noqa: ARG002
        self._left = iter(self._told)

    def choose(self, observation: Observation) -> Choice | None:
        told = next(self._left, None)
        return told if told is None else told(observation) if callable(told) else Choice(told)

    def learn(self, before: Observation, choice: Choice, outcome: Outcome, after: Observation) -> None:
        """Nothing to learn."""


class Changed(Wrapped):
    """A shop whose elements are shown otherwise; None leaves one out. Its `shift` moves all of them down."""

    def __init__(self, change: Callable[[Node], Node | None], inner: FakeEnvironment | None = None) -> None:
        super().__init__(inner or FakeEnvironment())
        self._change = change
        self.done: list[Action] = []

    def reset(self) -> Observation:
        return self._shown(super().reset())

    def observe(self) -> Observation:
        return self._shown(super().observe())

    def act(self, action: Action) -> Outcome:
        self.done.append(action)
        return super().act(action)

    def _shown(self, seen: Observation) -> Observation:
        assert seen.tree is not None
        nodes = [changed for node in seen.tree.nodes if (changed := self._change(node)) is not None]
        return replace(seen, tree=replace(seen.tree, nodes=tuple(nodes)))


def press(name: str) -> Callable[[Observation], Choice]:
    """Clicks the element of that name, without saying which it is: only where."""

    def choose(seen: Observation) -> Choice:
        assert seen.tree is not None
        box = next(node.box for node in seen.tree.nodes if node.name == name)
        assert box is not None
        return Choice(Click(Point.on(*box.centre, width=480, height=240)))

    return choose


def record(traces: Path, *told: Action | Callable[[Observation], Choice]) -> Recording:
    (summary,) = explore(FakeEnvironment(), Script(*told), traces, ExploreConfig(episodes=1, max_steps=len(told)))
    return read_trace(summary.path)


def test_an_explored_trace_goes_again_as_it_went(tmp_path: Path) -> None:
    config = ExploreConfig(episodes=4, max_steps=12, seed=3)
    for summary in explore(FakeEnvironment(), NoveltyPolicy(), tmp_path / "one", config):
        recording = read_trace(summary.path)
        done = replay(recording, FakeEnvironment(), tmp_path / "two")
        secret = next((step.step_index for step in recording.steps if MASK in repr(step.action)), None)
        assert done.recorded == len(done.steps) == 12
        assert {done.diverged(strength) for strength in STRENGTHS} == {secret}
        assert done.start.content
        assert {(step.after.text, step.after.changed) for step in done.steps[:secret]} == {(1.0, 0.0)}


def test_a_replay_is_recorded_as_the_child_of_what_it_repeats(tmp_path: Path) -> None:
    recording = record(tmp_path, press("Orders"), Stop())
    done = replay(recording, FakeEnvironment(), tmp_path / "again", run_id="again")
    again = read_trace(done.summary.path)
    assert again.trajectory.parent_id == recording.trajectory.trajectory_id
    assert (again.trajectory.policy, again.trajectory.run_id) == ("replay", "again")
    assert again.steps[0].target is not None
    assert again.steps[0].thought == "found by role"
    assert again.trajectory.ended_by == "stop"


def test_an_element_that_moved_is_acted_on_where_it_is_now(tmp_path: Path) -> None:
    recording = record(tmp_path, press("Orders"))

    def down(node: Node) -> Node:
        return node if node.box is None else replace(node, box=replace(node.box, y=node.box.y + 50))

    environment = Changed(down)
    (step,) = replay(recording, environment, tmp_path / "again").steps
    assert (step.evidence, step.moved, step.problem) == ("role", True, None)
    (old,), (new,) = recording.steps, environment.done
    assert isinstance(old.action, Click)
    assert isinstance(new, Click)
    assert new.point.y == pytest.approx((old.action.point.y or 0) + 50, abs=0.1)


def test_an_element_that_is_gone_is_not_acted_on_and_the_next_step_is_tried(tmp_path: Path) -> None:
    recording = record(tmp_path, press("Orders"), ORDER)
    environment = Changed(lambda node: None if node.name == "Orders" else node)
    done = replay(recording, environment, tmp_path / "again")
    first, second = done.steps
    assert first.problem == "the element is not there: link 'Orders'"
    assert environment.done == [ORDER]
    assert not first.holds("done")
    assert second.problem is None
    assert done.diverged("done") == 0
    assert done.share("done") == 0.5
    again = read_trace(done.summary.path)
    assert (again.steps[0].result, again.steps[0].message) == ("no target", first.problem)


def test_a_page_that_changed_is_told_by_what_differs(tmp_path: Path) -> None:
    recording = record(tmp_path, press("Orders"))
    renamed = Changed(lambda node: replace(node, name=node.name + "!") if node.role == "heading" else node)
    (step,) = replay(recording, renamed, tmp_path / "one").steps
    assert (step.after.location, step.after.structure, step.after.content) == (True, True, False)
    assert step.after.text is not None
    assert 0.5 < step.after.text < 1
    fewer = Changed(lambda node: None if node.role == "heading" else node)
    (step,) = replay(recording, fewer, tmp_path / "two").steps
    assert (step.after.structure, step.after.content) == (False, False)


def test_an_element_below_the_screen_is_scrolled_to_once(tmp_path: Path) -> None:
    recording = record(tmp_path, press("Orders"))

    def far(node: Node) -> Node:
        return replace(node, box=Box(10, 900, 50, 20), path="a#orders") if node.name == "Orders" else node

    environment = Changed(far)
    (step,) = replay(recording, environment, tmp_path / "again").steps
    assert environment.done == [ScrollTo("a#orders")]
    assert step.problem == "the element is not on the screen: link 'Orders'"


def test_a_secret_that_was_masked_is_not_typed(tmp_path: Path) -> None:
    def password(seen: Observation) -> Choice:
        assert seen.tree is not None
        box = next(node.box for node in seen.tree.nodes if node.has("password"))
        assert box is not None
        return Choice(Type("swordfish", Point.on(*box.centre, width=480, height=240)))

    recording = record(tmp_path, ORDER, password, Open("http://shop.example/?token=hush"))
    environment = Changed(lambda node: node)
    done = replay(recording, environment, tmp_path / "again")
    assert [step.problem is not None for step in done.steps] == [False, True, True]
    assert environment.done == [ORDER]
    assert recording.steps[1].action == Type(MASK, recording.steps[1].action.point)  # type: ignore[union-attr]


def test_a_step_that_was_refused_is_refused_again(tmp_path: Path) -> None:
    nowhere = Point.on(400, 200, width=480, height=240)
    recording = record(tmp_path, Drag(nowhere, nowhere), Open("file:///etc/passwd"), Answer("42"))
    done = replay(recording, FakeEnvironment(), tmp_path / "again")
    assert [step.result for step in recording.steps] == ["refused", "refused", "ok"]
    assert done.share("content") == 1


class Larger(Changed):
    """A shop whose screen is twice as wide and high, with its elements where they were."""

    def _shown(self, seen: Observation) -> Observation:
        assert seen.screen is not None
        return replace(super()._shown(seen), screen=replace(seen.screen, width=960, height=480))


def at(x: float, y: float, scale: int = 1) -> Point:
    return Point.on(x * scale, y * scale, width=480 * scale, height=240 * scale)


@pytest.mark.parametrize(("shop", "scale"), [(Changed, 1), (Larger, 2)])
def test_a_point_without_an_element_is_on_the_same_part_of_a_screen_of_another_size(
    shop: type[Changed], scale: int, tmp_path: Path
) -> None:
    told = (MoveWindow(at(120, 60)), Drag(at(400, 200), at(410, 230)), Click(at(400, 200)), Scroll(0, 5, at(9, 230)))
    bare = Changed(lambda _: None)
    (summary,) = explore(bare, Script(*told), tmp_path, ExploreConfig(episodes=1, max_steps=len(told)))
    recording = read_trace(summary.path)
    environment = shop(lambda node: node)
    replay(recording, environment, tmp_path / "again")
    assert environment.done == [
        MoveWindow(at(120, 60, scale)),
        Drag(at(400, 200, scale), at(410, 230, scale)),
        Click(at(400, 200, scale)),
        Scroll(0, 5, at(9, 230, scale)),
    ]


def test_addresses_of_the_recorded_site_are_those_of_the_copy(tmp_path: Path) -> None:
    class Elsewhere(Changed):
        @property
        def start(self) -> str:
            return "https://copy.example:8443/"

    recording = record(tmp_path, ORDER, NewTab("http://shop.example:80/"))
    environment = Elsewhere(lambda node: node)
    replay(recording, environment, tmp_path / "again")
    assert environment.done == [Open("https://copy.example:8443/order"), NewTab("http://shop.example:80/")]


def test_a_replay_that_breaks_off_says_where(tmp_path: Path) -> None:
    recording = record(tmp_path, ORDER, ORDER, ORDER)
    for number, (kind, ended_by) in enumerate({"lost": "device lost", "crash": "crashed"}.items()):
        faults = (Faults(kind, 0, 1),)  # type: ignore[arg-type]
        done = replay(recording, FakeEnvironment(faults=faults), tmp_path / str(number))
        assert (len(done.steps), done.recorded, done.diverged("done")) == (1, 3, 1)
        assert done.summary.ended_by == ended_by
        assert done.share("done") == pytest.approx(1 / 3)
    done = replay(recording, FakeEnvironment(faults=(Faults("unavailable"),)), tmp_path / "none")
    assert (done.steps, done.diverged("result"), done.summary.ended_by) == ((), 0, "start failed")


def test_a_recording_without_steps_is_replayed_at_once(tmp_path: Path) -> None:
    done = replay(record(tmp_path, press("Orders")), FakeEnvironment(), tmp_path / "a")
    empty = replay(replace(read_trace(done.summary.path), steps=()), FakeEnvironment(), tmp_path / "b")
    assert (empty.share("content"), empty.diverged("content"), empty.steps) == (1.0, None, ())


def test_a_recording_of_another_platform_is_refused(tmp_path: Path) -> None:
    class Phone(FakeEnvironment):
        @property
        def platform(self) -> Platform:
            return "android"

    with pytest.raises(ConfigurationError, match="found web"):
        replay(record(tmp_path, ORDER), Phone(), tmp_path / "again")


def test_what_a_recording_looked_at_is_told_by_its_trees(tmp_path: Path) -> None:
    recording = record(tmp_path / "one", Choice(ORDER).action)
    tall = observed_mode(recording)
    assert tall in ("viewport", "page")
    environment = Changed(lambda node: replace(node, flags=(*node.flags, "offscreen")))
    (summary,) = explore(environment, Script(ORDER), tmp_path / "two", ExploreConfig(episodes=1, max_steps=1))
    assert observed_mode(read_trace(summary.path)) == "page"
    (summary,) = explore(
        Changed(lambda node: None if "offscreen" in node.flags else node),
        Script(ORDER),
        tmp_path / "three",
        ExploreConfig(episodes=1, max_steps=1),
    )
    assert observed_mode(read_trace(summary.path)) == "viewport"


def test_a_target_that_the_record_names_is_taken_over_what_lies_at_its_point(tmp_path: Path) -> None:
    def choose(seen: Observation) -> Choice:
        assert seen.tree is not None
        link = next(node for node in seen.tree.nodes if node.name == "Orders")
        assert link.box is not None
        return Choice(Click(Point.on(*link.box.centre, width=480, height=240)), Target("link", "Nothing", None))

    done = replay(record(tmp_path, choose), FakeEnvironment(), tmp_path / "again")
    assert done.steps[0].problem == "the element is not there: link 'Nothing'"
