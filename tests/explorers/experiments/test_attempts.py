"""An attempt: given actions on the elements as they are now; recorded once, kept apart, and never half."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from explorers.core.safety import Safety
from explorers.core.wrapping import Wrapped
from explorers.experiments import Laboratory
from explorers.fake import FakeEnvironment, Faults
from schemas.actions import Click, Open, Point, Type, Wait
from schemas.errors import DeviceUnavailable
from schemas.proofs import Attempt, attempt_run
from schemas.protocols import Environment
from schemas.recordings import Recording
from schemas.records import Choice, Observation, Target
from schemas.redaction import MASK
from schemas.targets import target_of
from schemas.traces import sealed_file, trace_folder, trajectory_id

START = "http://shop.example/"


class ShopAt(Wrapped):
    """The shop, begun at one of its pages."""

    def __init__(self, asked: Attempt, **faults: tuple[Faults, ...]) -> None:
        super().__init__(FakeEnvironment(**faults))
        self._location = asked.start

    def reset(self) -> Observation:
        """Opens it."""
        super().reset()
        self.inner.act(Open(self._location))
        return self.inner.observe()


@pytest.fixture
def laboratory(tmp_path: Path) -> Laboratory:
    return Laboratory(tmp_path / "attempts", "shop", Safety())


def click(name: str, role: str = "link") -> Choice:
    seen = FakeEnvironment().reset()
    node = next(node for node in seen.nodes if (node.role, node.name) == (role, name))
    assert node.box is not None
    point = Point.on(*node.box.centre, width=800, height=600)
    return Choice(Click(point), target_of(node))


def run(
    laboratory: Laboratory, attempt: Attempt, make: Callable[[Attempt], Environment] = ShopAt, **said: str
) -> Recording:
    return laboratory.attempt(
        attempt, make, lane=said.get("lane", "done"), variant="the path", proof_of=said.get("proof_of", "i1")
    )


def test_it_is_recorded_with_what_it_is_an_attempt_at(laboratory: Laboratory) -> None:
    attempt = Attempt(START, (click("Oak table"),), 3)
    recording = run(laboratory, attempt)
    told = recording.trajectory
    assert (told.lane, told.variant, told.proof_of, told.repeat, told.environment) == (
        "done", "the path", "i1", 3, "shop",
    )  # fmt: skip
    assert told.trajectory_id == trajectory_id(attempt_run("shop", attempt), 3)
    assert (told.goal, told.group) == (None, None)
    assert recording.steps[-1].after is not None
    assert recording.steps[-1].after.title == "Oak table"


def test_only_what_may_be_trained_on_keeps_its_pictures(laboratory: Laboratory) -> None:
    path = (click("Oak table"),)
    bare, kept = run(laboratory, Attempt(START, path)), run(laboratory, Attempt(START, path, kept=True))
    screens = [
        [seen.screen for step in recording.steps for seen in (step.before, step.after) if seen is not None]
        for recording in (bare, kept)
    ]
    assert screens[0] == [None, None]
    assert None not in screens[1]
    assert bare.steps[0].action == kept.steps[0].action


def test_where_nothing_is_tried_nothing_is_done(laboratory: Laboratory) -> None:
    (step,) = run(laboratory, Attempt(START + "order", ())).steps
    assert isinstance(step.action, Wait)
    assert step.before is not None
    assert step.before.location == START + "order"


def test_what_was_made_is_read_back_whoever_asks_for_it(laboratory: Laboratory) -> None:
    attempt = Attempt(START, (click("Oak table"),))
    first = run(laboratory, attempt)
    again = run(laboratory, attempt, lane="shortened", proof_of="i2")
    assert again == first
    assert (laboratory.made, laboratory.steps) == (1, 1)
    run(laboratory, replace(attempt, repeat=1))
    assert laboratory.made == 2


def test_an_attempt_that_was_killed_is_made_anew(laboratory: Laboratory, tmp_path: Path) -> None:
    attempt = Attempt(START, (click("Oak table"),))
    whole = run(laboratory, attempt)
    folder = trace_folder(tmp_path / "attempts", attempt_run("shop", attempt), 0)
    shutil.unpack_archive(sealed_file(folder), folder, "zip")
    sealed_file(folder).unlink()
    assert run(laboratory, attempt).steps == whole.steps
    assert not folder.exists()


@pytest.mark.parametrize(
    ("choice", "why"),
    [
        (Choice(Click(Point(5, 5)), Target("link", "Iron table", None)), "the element is not there: link 'Iron table'"),
        (Choice(Type(MASK, Point(5, 5))), "what was typed was a secret"),
    ],
)
def test_it_ends_where_something_can_not_be_done_and_says_why(laboratory: Laboratory, choice: Choice, why: str) -> None:
    recording = run(laboratory, Attempt(START, (choice, click("Oak table"))))
    (step,) = recording.steps
    assert isinstance(step.action, Wait)
    assert step.thought is not None
    assert step.thought.startswith(why)


def test_what_safety_refuses_ends_it(tmp_path: Path) -> None:
    laboratory = Laboratory(tmp_path / "attempts", "shop", Safety(deny=("oak",)))
    recording = run(laboratory, Attempt(START, (click("Oak table"), click("Orders"))))
    assert [step.result for step in recording.steps] == ["refused"]


def test_an_application_that_is_gone_leaves_no_attempt(laboratory: Laboratory, tmp_path: Path) -> None:
    for faults in ((Faults("unavailable"),), (Faults("lost", step=1),)):
        with pytest.raises(DeviceUnavailable, match="broke off"):
            run(
                laboratory,
                Attempt(START, (click("Oak table"),)),
                lambda asked, faults=faults: ShopAt(asked, faults=faults),
            )  # type: ignore[misc]
    assert not list((tmp_path / "attempts").iterdir())
