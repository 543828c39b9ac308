"""What steps leave behind, in an environment that says what it is told to say."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from explorers.core.effects import Effects, Glimpse
from explorers.core.experience import NOT_AGAIN, Experience
from explorers.core.rollout import EpisodeSummary, ExploreConfig, TaskResult, Trial, run_episode
from explorers.core.safety import Safety
from schemas.actions import Action, Click, Open, Point, Scroll, Type
from schemas.errors import DeviceUnavailable
from schemas.recordings import read_trace
from schemas.records import Choice, Node, Observation, Outcome, Platform, Setting, Step, Task
from tests.explorers.screens import HEIGHT, WIDTH, node, screen

AT = Point.on(20, 15, width=WIDTH, height=HEIGHT)
PRESS = Click(AT)
HOME = "http://shop.example/"
ZORK = screen(node("button", "Zork"), location=HOME)
WALL = screen(node("textbox", "Kata", "editable", "password"), location=f"{HOME}in")
POST = Effects(sent=("POST http://shop.example/do",))


class Told:
    """An environment that shows and says what it is told, a look and its effects for each step."""

    platform: Platform = "web"
    app, start = "shop.example", HOME
    setting = Setting("fake", "1", WIDTH, HEIGHT, 1.0, "en-US", simulated=True)

    def __init__(
        self,
        *steps: tuple[Observation, Effects],
        first: Observation = ZORK,
        puts_back: bool = False,
        again: Observation | None = None,
        starts: tuple[Observation | None, ...] = (),
    ) -> None:
        self.puts_back = puts_back
        self.done: list[Action] = []
        self.resets = 0
        self._first, self._again = first, again
        self._starts = iter(starts)
        self._steps = iter(steps)
        self._now, self._effects = first, Effects()

    def reset(self) -> Observation:
        self.resets += 1
        start = next(self._starts, self._first)
        if start is None:
            raise DeviceUnavailable("nobody is there")
        self._now, self._effects = start, Effects()
        return start

    def observe(self) -> Observation:
        return self._now

    def act(self, action: Action) -> Outcome:
        self.done.append(action)
        self._now, self._effects = next(self._steps, (self._now, Effects()))
        return Outcome("ok")

    def take_effects(self) -> Effects:
        taken, self._effects = self._effects, Effects()
        return taken

    def revisit(self, location: str) -> Glimpse | None:  # noqa: ARG002
        return None if self._again is None else Glimpse(self._again, None)

    def close(self) -> None:
        pass


class Doing:
    """A policy that does one action after another."""

    name, version = "doing", "1"

    def __init__(self, *actions: Action) -> None:
        self._actions = actions
        self._left: Iterator[Action] = iter(())

    def begin(self, *, seed: int) -> None:  # noqa: ARG002
        self._left = iter(self._actions)

    def choose(self, observation: Observation) -> Choice | None:  # noqa: ARG002
        action = next(self._left, None)
        return None if action is None else Choice(action)

    def learn(self, before: Observation, choice: Choice, outcome: Outcome, after: Observation) -> None:
        pass


class Run:
    """Episodes of one run, each in an environment of its own."""

    def __init__(self, traces: Path) -> None:
        self.experience = Experience()
        self._traces = traces
        self._episodes = 0

    def __call__(
        self, environment: Told, *actions: Action, safety: Safety | None = None, trial: Trial | None = None
    ) -> tuple[EpisodeSummary, tuple[Step, ...]]:
        summary = run_episode(
            environment,
            Doing(*actions),
            self._traces,
            ExploreConfig(max_steps=9),
            run_id="run",
            episode=self._episodes,
            safety=safety or Safety(),
            experience=self.experience,
            trial=trial,
        )
        self._episodes += 1
        return summary, read_trace(summary.path).steps


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)


def results(steps: tuple[Step, ...]) -> list[str]:
    return [step.result for step in steps]


def notice(step: Step) -> str:
    return (step.after.notice if step.after is not None else None) or ""


def test_what_one_explorer_learns_holds_for_all_of_a_run(run: Run) -> None:
    _, steps = run(Told((ZORK, POST)), PRESS, PRESS)
    assert results(steps) == ["ok", "refused"]
    assert notice(steps[0]) == f"sent POST http://shop.example/do; {NOT_AGAIN}"
    other = Told()
    _, steps = run(other, PRESS, Open(HOME))
    assert results(steps) == ["refused", "ok"]
    assert other.done == [Open(HOME)]


def test_consent_and_a_pattern_that_allows_lift_it(run: Run) -> None:
    run(Told((ZORK, POST)), PRESS)
    asked: list[str] = []
    agreed = Safety(consent=lambda reason, *_: asked.append(reason) is None)
    assert results(run(Told(), PRESS, safety=agreed)[1]) == ["ok"]
    assert asked == ["needs consent: it changed something before, and nothing says how that is put back"]
    assert results(run(Told(), PRESS, safety=Safety(allow=("zork",)))[1]) == ["ok"]
    assert results(run(Told(), PRESS)[1]) == ["refused"]


def test_where_it_is_put_back_it_is_pressed_again(run: Run) -> None:
    _, steps = run(Told((ZORK, POST), puts_back=True), PRESS, PRESS)
    assert results(steps) == ["ok", "ok"]
    assert notice(steps[0]) == "sent POST http://shop.example/do"


@pytest.mark.parametrize("between", [Scroll(0, 100, AT), Open(HOME)])
def test_what_comes_while_nothing_is_pressed_belongs_to_what_was_pressed_last(run: Run, between: Action) -> None:
    _, steps = run(Told((ZORK, Effects()), (ZORK, POST)), PRESS, between, PRESS)
    assert results(steps) == ["ok", "ok", "refused"]
    assert notice(steps[1]) == "sent earlier: POST http://shop.example/do"


SIGN_IN = (
    node("heading", "Log in"),
    node("form", y=40),
    node("textbox", "User", "editable", depth=1, y=70),
    node("textbox", "Password", "editable", "password", depth=1, y=100),
    node("button", "Log in", depth=1, y=130, field="submit"),
)
BELOW = Click(Point.on(20, 135, width=WIDTH, height=HEIGHT))


@pytest.mark.parametrize(
    ("nodes", "again"),
    [
        (SIGN_IN, True),
        ((*SIGN_IN[:-1], node("button", "Register", depth=1, y=130)), False),
        ((*SIGN_IN[:3], node("textbox", "Mail", "editable", depth=1, y=90), *SIGN_IN[3:]), False),
        ((node("button", "Search", y=130),), True),
        ((node("search", y=40), node("button", "OK", depth=1, y=130)), True),
        ((node("button", "OK", y=130),), False),
    ],
)
def test_what_says_that_it_signs_in_or_searches_is_pressed_again(
    run: Run, nodes: tuple[Node, ...], again: bool
) -> None:
    seen = screen(*nodes, location="http://127.0.0.1:8000/")
    _, steps = run(Told((seen, POST), first=seen), BELOW, BELOW)
    assert results(steps) == ["ok", "ok" if again else "refused"]


def test_a_session_that_nothing_holds_any_more_is_put_back_and_the_episode_goes_on(run: Run) -> None:
    told = Told((ZORK, Effects(unheld=True)))
    summary, steps = run(told, PRESS, Type("x", AT), PRESS)
    assert told.resets == 2
    assert summary.ended_by == "policy"
    assert notice(steps[0]) == f"logged out by button 'Zork': {NOT_AGAIN}"
    assert not steps[1].continuous
    assert results(steps) == ["ok", "ok", "refused"]
    assert run.experience.lost is None


@pytest.mark.parametrize("start", [WALL, None])
def test_one_that_does_not_come_back_ends_the_episode_and_the_run_explores_no_wall(
    run: Run, start: Observation | None
) -> None:
    summary, steps = run(Told((WALL, Effects()), again=WALL, starts=(ZORK, start)), PRESS, PRESS)
    assert (summary.ended_by, len(steps)) == ("left the app", 1)
    assert summary.message == "button 'Zork' ended the session, which is not put back"
    assert run(Told(first=WALL), PRESS)[0].ended_by == "start failed"
    summary, steps = run(Told(), PRESS)
    assert summary.ended_by == "policy", "it is there again"
    assert results(steps) == ["refused"]


def test_what_another_explorer_lost_is_put_down_to_it_alone(run: Run) -> None:
    class Meanwhile(Told):
        def act(self, action: Action) -> Outcome:
            run.experience.lose("the session was lost by link 'Krups'")
            return super().act(action)

    other = screen(node("link", "Orders", href=f"{HOME}orders"), location=HOME)
    run(Meanwhile((WALL, Effects()), first=other, again=WALL, starts=(other, WALL)), PRESS)
    assert run.experience.lost == "the session was lost by link 'Krups'"
    assert results(run(Told(first=other), PRESS)[1]) == ["ok"]


def test_a_wall_is_no_log_out_where_the_page_before_is_there_still(run: Run) -> None:
    for again in (ZORK, None):
        _, steps = run(Told((WALL, Effects()), again=again), PRESS)
        assert "logged out" not in notice(steps[0])
    assert results(run(Told(), PRESS)[1]) == ["ok"]


def test_nor_where_the_page_before_had_it_out_of_sight(run: Run) -> None:
    top = screen(node("link", "Log in", href=f"{HOME}in"), location=HOME)
    told = Told((ZORK, Effects()), (top, Effects()), first=top, again=top)
    _, steps = run(told, Scroll(0, 300, AT), PRESS)
    assert "logged out" not in notice(steps[1])


def test_what_a_given_task_asks_for_is_done_in_each_try(run: Run) -> None:
    task = Task("t", "Zork twice", "web", "shop.example", HOME, None, None, None, "given", None, None)
    for _ in range(2):
        _, steps = run(Told((ZORK, POST), (ZORK, POST)), PRESS, PRESS, trial=Trial(task, lambda *_: TaskResult(None)))
        assert results(steps) == ["ok", "ok"]
        assert notice(steps[0]) == "sent POST http://shop.example/do"
    assert results(run(Told(), PRESS)[1]) == ["refused"], "whoever explores knows of it all the same"


def test_a_try_at_a_task_is_not_begun_anew_in_its_middle(run: Run) -> None:
    told = Told((WALL, Effects()), again=WALL)
    task = Task("t", "Do it", "web", "shop.example", HOME, None, None, None, "given", None, None)
    seen: list[int] = []
    trial = Trial(task, lambda *_: TaskResult(success=bool(seen.append(told.resets)) or True))
    summary, _ = run(told, PRESS, PRESS, trial=trial)
    assert (summary.ended_by, summary.success, seen) == ("left the app", True, [1])
