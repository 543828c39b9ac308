"""Recording every kind of task by every policy, with a file beside the traces of what the pages said of them."""

import shutil
import sys
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

import orjson

from benchmarks.miniwob.kinds import Half, halves
from benchmarks.miniwob.policies import FAULTS, Anywhere, Ending, Sabotage, SabotagedPolicy, ScriptedPolicy, scripts
from benchmarks.miniwob.task import TaskEnvironment, served_tasks
from explorers.core.rollout import ExploreConfig, run_episode
from explorers.core.safety import Safety
from explorers.web.browser import SharedBrowser
from schemas.protocols import Policy
from schemas.traces import trajectory_id

STEPS, RANDOM_STEPS = 25, 12
"""The most of an episode; a script may press an arrow many times."""

SABOTAGES = 2
"""For each seed."""

CONTEXTS = 2
TRUTH = "truth.jsonl"
_ALL = Safety(allow=(".",))
"""Nothing in these pages can do harm, whatever its buttons are called."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is true of an episode.

    `done` and `reward` are the page's, `changes` how many it counted between the observations around each step.
    `fault` is what a sabotaged episode did wrong at `fault_step`, None where nothing of the kind could be done there.
    """

    trajectory_id: str
    kind: str
    half: Half
    policy: str
    seed: int
    fault: str | None
    fault_step: int | None
    done: bool
    reward: float
    changes: tuple[int, ...]


def collect(folder: Path, kinds: Sequence[str], seeds: Sequence[int]) -> None:
    """Records the kinds that the folder does not have yet, each in a folder of its own."""
    missing = [kind for kind in kinds if not (folder / kind / TRUTH).exists()]
    if not missing:
        return
    browser = SharedBrowser()
    try:
        with served_tasks() as address, ThreadPoolExecutor(CONTEXTS) as threads:
            jobs = {kind: threads.submit(_collect_kind, folder, address, browser, kind, seeds) for kind in missing}
            for number, (kind, job) in enumerate(jobs.items(), 1):
                found = job.result()
                right = sum(one.reward >= 1 for one in found if one.policy == "scripted")
                sys.stderr.write(f"{number}/{len(missing)} {kind}: {len(found)} episodes, {right} solved by script\n")
    finally:
        browser.close()


def told(folder: Path, kinds: Sequence[str]) -> Iterator[Told]:
    """What is true of the recorded episodes of these kinds."""
    for kind in kinds:
        for line in (folder / kind / TRUTH).read_bytes().splitlines():
            found = orjson.loads(line)
            yield Told(**{**found, "changes": tuple(found["changes"])})


def _collect_kind(folder: Path, address: str, browser: SharedBrowser, kind: str, seeds: Sequence[int]) -> list[Told]:
    shutil.rmtree(folder / kind, ignore_errors=True)
    (folder / kind).mkdir(parents=True)
    rows: list[Told] = []

    def run(seed: int, name: str, sabotage: Sabotage | None = None) -> int:
        task = TaskEnvironment(address, kind, seed, browser=browser)
        policy = _policy(name, task, kind, sabotage)
        episode = len(rows)
        config = ExploreConfig(max_steps=RANDOM_STEPS if name == "random" else STEPS, seed=seed)
        try:
            summary = run_episode(
                task,
                Ending(policy, task),
                folder / kind,
                config,
                run_id=f"miniwob-{kind}",
                episode=episode,
                safety=_ALL,
                trial=task.trial(),
            )
        finally:
            task.close()
        fault = sabotage if isinstance(policy, SabotagedPolicy) and policy.did else None
        rows.append(
            Told(
                trajectory_id=trajectory_id(f"miniwob-{kind}", episode),
                kind=kind,
                half=halves()[kind],
                policy=name,
                seed=seed,
                fault=None if fault is None else fault.fault,
                fault_step=None if fault is None else fault.step,
                done=task.done,
                reward=task.reward,
                changes=tuple(task.changes),
            )
        )
        return summary.steps

    for seed in seeds:
        if kind in scripts():
            steps = run(seed, "scripted")
            chance = Random(zlib.crc32(f"{kind} {seed}".encode()))
            for _ in range(SABOTAGES):
                run(seed, "sabotaged", _sabotage(chance, steps))
        run(seed, "random")
    path = folder / kind / TRUTH
    partial = path.with_suffix(".partial")
    partial.write_bytes(b"".join(orjson.dumps(asdict(row)) + b"\n" for row in rows))
    partial.replace(path)
    return rows


def _sabotage(chance: Random, steps: int) -> Sabotage:
    """A fault at one of so many steps; never one that leaves nothing done, which is too easily told."""
    fault = chance.choice([fault for fault in FAULTS if steps > 1 or fault not in ("stop early", "leave out")])
    return Sabotage(fault, chance.randrange(fault == "stop early", max(steps, 1)))


def _policy(name: str, task: TaskEnvironment, kind: str, sabotage: Sabotage | None) -> Policy:
    if name == "random":
        return Anywhere()
    if sabotage is None:
        return ScriptedPolicy(task, scripts()[kind])
    return SabotagedPolicy(task, scripts()[kind], sabotage)
