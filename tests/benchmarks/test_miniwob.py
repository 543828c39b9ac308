"""Ground truth on MiniWoB++: the split, what counts as gold, and, in a browser, that nothing seen tells the reward."""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path

import pytest

from benchmarks.miniwob.__main__ import reached
from benchmarks.miniwob.collecting import Told
from benchmarks.miniwob.kinds import Half, halves, split
from benchmarks.miniwob.measuring import Effects, Measured, outcome_gold, step_gold
from benchmarks.miniwob.policies import scripts
from benchmarks.miniwob.task import HIDDEN, TaskEnvironment
from benchmarks.sites.serving import static_files
from explorers.core.rollout import CHECK, ExploreConfig, run_episode
from explorers.web.browser import SharedBrowser
from labelers.observed.graph import TransitionGraph
from labelers.observed.opinions import IDLE_RULE
from labelers.rules import RulesBackend
from pipelines.agree.agreement import Confusion
from schemas.actions import Action, Click, Point, Type
from schemas.episodes import Episode, EpisodeStep, Moment
from schemas.identity import tree_keys
from schemas.recordings import Recording, read_trace
from schemas.records import Choice, Observation, Outcome, Seen


def test_the_split_is_the_one_that_was_declared() -> None:
    found = halves()
    assert split(found) == found
    assert sorted(found.values()).count("opened") == sorted(found.values()).count("unopened") == 65
    assert found["click-button"] == found["click-button-sequence"], "variants stay together"


def test_scripts_are_of_kinds_that_there_are() -> None:
    assert set(scripts()) <= set(halves())
    assert sum(halves()[kind] == "unopened" for kind in scripts()) >= 20


def told(reward: float, *, policy: str = "scripted", seed: int = 1, fault: str | None = None, step: int = 0) -> Told:
    name = f"{policy} {seed} {reward} {fault}"
    return Told(name, "click-test", "unopened", policy, seed, fault, step, reward != 0, reward, (3, 0))


def test_outcomes_are_good_for_the_full_reward_alone() -> None:
    verdicts = [row[3] for row in outcome_gold([told(1.0), told(-1.0), told(0.0), told(0.3)])]
    assert verdicts == ["good", "harmful", "harmful", "neutral"]


def test_steps_are_gold_where_a_script_was_rewarded_or_a_fault_was_not() -> None:
    wrong = told(-1.0, policy="sabotaged", fault="wrong value", step=1)
    lucky = told(1.0, policy="sabotaged", fault="wrong value")
    short = told(-1.0, policy="sabotaged", fault="stop early")
    unsolved = told(-1.0, policy="sabotaged", fault="wrong value", seed=2)
    found = step_gold([told(1.0), wrong, lucky, short, unsolved, told(-1.0, policy="random")])
    assert [(row[1], row[3]) for row in found] == [(0, "good"), (1, "good"), (1, "harmful")]


def test_the_bar_is_on_the_unopened_half_and_on_every_effect() -> None:
    def outcome(half: Half, confusion: Confusion) -> Measured:
        return Measured(half, "outcome", "rules@2", confusion)

    right, few = Confusion(20, 2, 20, 0, 60), Confusion(19, 0, 20, 0, 0)
    fine = [Effects("opened", 5, 0, 1, 4), Effects("unopened", 5, 0, 1, 4)]
    assert reached([outcome("opened", few), outcome("unopened", right)], fine)
    assert not reached([outcome("unopened", few)], fine)
    assert not reached([outcome("unopened", Confusion(20, 3, 20, 0, 0))], fine)
    assert not reached([outcome("unopened", Confusion(20, 0, 20, 0, 80))], fine)
    assert not reached([outcome("unopened", right)], [Effects("opened", 5, 1, 0, 4)])


PAGE = """<!doctype html><title>Tiny</title><style>button { position: absolute; left: 10px }</style>
<div id=query></div><div id=area><input id=tt style="position: absolute; top: 40px; left: 10px">
<button style="top: 80px">Idle</button><button style="top: 120px" onclick="this.after(' clicked')">Add</button>
<button style="top: 160px" onclick="finish(1)">Submit</button></div>
<canvas id=click-canvas width=160 height=210 style="position: absolute; left: 165px; top: 0"></canvas>
<div id=reward-display style="position: absolute; left: 150px; top: 150px"></div>
<div id=sync-task-cover style="position: absolute; inset: 0; background: black; display: none">START</div>
<script>
const loud = new URLSearchParams(location.search).get("seed") === "1";
const display = document.getElementById("reward-display");
const show = (text) => {
  const said = `<b style="visibility: visible; color: green">${text}</b><button>More</button>`;
  display.innerHTML = loud ? said.repeat(3) : "-";
  display.style.fontSize = loud ? "30px" : "8px";
};
var WOB_TASK_READY = true, WOB_DONE_GLOBAL = false, WOB_RAW_REWARD_GLOBAL = 0;
Math.seedrandom = () => {};
var core = {
  getUtterance: () => document.getElementById("query").textContent,
  startEpisodeReal() { document.getElementById("query").textContent = 'Enter "Ida" and press Submit.'; },
};
addEventListener("click", (event) => {
  event.target.dataset.tampered = "e0";
  const drawn = document.getElementById("click-canvas").getContext("2d");
  drawn.fillStyle = loud ? "red" : "blue";
  drawn.fillRect(0, 0, 160, 210);
  show(`reward ${Math.random()}`);
}, true);
function finish(reward) {
  WOB_DONE_GLOBAL = true;
  WOB_RAW_REWARD_GLOBAL = reward;
  document.getElementById("sync-task-cover").style.display = "block";
}
</script>"""

MOVES: tuple[Action, ...] = (
    Click(Point(25, 90)),
    Click(Point(25, 130)),
    Type("Ida", Point(40, 50), clear=True),
    Click(Point(25, 90)),
    Click(Point(25, 170)),
)


class _Moves:
    name, version = "moves", "1"

    def begin(self, *, seed: int) -> None:
        del seed
        self._left = list(MOVES)

    def choose(self, observation: Observation) -> Choice | None:
        del observation
        return Choice(self._left.pop(0)) if self._left else None

    def learn(self, before: Observation, choice: Choice, outcome: Outcome, after: Observation) -> None:
        pass


def episode_of(recording: Recording) -> Episode:
    trees = cache(recording.tree)

    def moment(seen: Seen | None) -> Moment | None:
        if seen is None or seen.tree is None:
            return None
        tree = trees(seen.tree)
        return Moment(seen, tree, tree_keys(tree, location=seen.location, scroll=seen.scroll))

    steps = tuple(EpisodeStep(step, moment(step.before), moment(step.after)) for step in recording.steps)
    return Episode(recording.trajectory, steps, recording.load_screen)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("tiny")
    (folder / "tiny.html").write_text(PAGE)
    script = folder / "appended"
    script.write_text(f"<script>{files('benchmarks.miniwob').joinpath('page.js').read_text('utf-8')}</script>")
    with static_files(folder, "/", "--append", str(script)) as url:
        yield url


@pytest.mark.web
def test_no_label_changes_with_the_display_of_the_reward_and_changes_are_counted(address: str, tmp_path: Path) -> None:
    browser = SharedBrowser()
    labels, seen = [], []
    try:
        for seed in (1, 2):
            task = TaskEnvironment(address, "tiny", seed, browser=browser)
            summary = run_episode(
                task, _Moves(), tmp_path, ExploreConfig(seed=seed), run_id=f"tiny{seed}", episode=0, trial=task.trial()
            )
            task.close()
            assert (task.done, task.reward) == (True, 1.0)
            assert [bool(changes) for changes in task.changes] == [False, True, True, False, False]
            recording = read_trace(summary.path)
            trajectory = recording.trajectory
            assert (trajectory.goal, trajectory.success) == ('Enter "Ida" and press Submit.', True)
            assert trajectory.judged_by == CHECK
            assert [step.reward for step in recording.steps] == [0, 0, 0, 0, 1]
            moments = [step.before for step in recording.steps] + [recording.steps[-1].after]
            seen.append([(moment.tree, moment.screen) for moment in moments if moment is not None])
            found = RulesBackend()(episode_of(recording), TransitionGraph(())).labels
            labels.append([(one.subject, one.first_step, one.verdict, one.rule, one.reason) for one in found])
            idle = {one.first_step for one in found if one.rule == IDLE_RULE}
            assert idle == {0, 3, 4}, "those after which the page counted nothing"
        assert seen[0] == seen[1], "trees and pixels"
        assert labels[0] == labels[1]
        task = TaskEnvironment(address, "tiny", 1, browser=browser, hidden=())
        task.reset()
        task.act(MOVES[0])
        shown = task.observe()
        task.close()
        assert shown.tree is not None
        assert any("reward" in node.name for node in shown.tree.nodes), "it is there where nothing is hidden"
    finally:
        browser.close()
    assert "#reward-display" in HIDDEN
