"""Proving: the tasks that a lake holds are done again on the live application, each step left out, and nearly."""

import argparse
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.cli.fleets import positive
from pipelines.cli.output import add_lake, add_verb, failed, progress, summary
from pipelines.cli.signals import terminable
from pipelines.cli.web import asked_of, command_of
from schemas.errors import ConfigurationError, DeviceError, TraceError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from explorers.core.resets import Reset
    from explorers.experiments import Laboratory
    from pipelines.prove.composing import Part
    from pipelines.prove.lanes import Walk
    from pipelines.prove.tasks import Task
    from schemas.manifest import Manifest
    from schemas.proofs import Attempt, Purpose
    from schemas.protocols import Environment

UNRESETTABLE = "not tried: they change something, and the manifest has no reset"
BROKEN = "not tried to the end: the application could not be used"


def add(verbs: Any) -> None:
    """The verb of this module."""
    prove = add_verb(
        verbs,
        "prove",
        "Do the tasks of a lake again, each step left out, and nearly; and keep what is true.",
        (
            "hindtrace prove --lake lake --traces attempts --environment library.toml",
            "hindtrace prove --lake lake --traces attempts --environment library.toml --where \"text like '%loans%'\"",
        ),
    )
    add_lake(prove)
    prove.add_argument("--traces", type=Path, required=True, metavar="DIR", help="folder for the attempts' recordings")
    prove.add_argument(
        "--environment", type=Path, required=True, metavar="FILE", help="manifest of the application, which runs"
    )
    prove.add_argument("--where", metavar="SQL", help="only the instructions for which this is true")
    prove.add_argument(
        "--sample", type=positive, metavar="N", help="only so many of them, as few as can be of one text"
    )
    prove.add_argument("--app", metavar="NAME", help="of the lake's applications the one that the manifest is of")
    prove.add_argument("--parallel", type=positive, default=1, metavar="N", help="tasks at once; default: 1")
    prove.add_argument(
        "--wrong-turns",
        type=int,
        choices=range(5),
        default=2,
        metavar="N",
        help="other actions that are tried on the way of each proven task, for what not to do; default: 2",
    )
    prove.add_argument(
        "--composed",
        type=int,
        default=0,
        metavar="N",
        help="composed tasks that are tried, each of two that are proven; default: 0",
    )
    prove.add_argument("--plan", action="store_true", help="say what there is to prove, and try nothing")
    prove.set_defaults(run=run_prove)


def run_prove(options: argparse.Namespace) -> int:
    """Runs `hindtrace prove`; 1 if no task could be tried, or none is proven."""
    from pipelines.ingest.job import ingest
    from pipelines.prove.job import judge
    from schemas.manifest import load_manifest

    manifest = load_manifest(options.environment)
    resets = _resets(manifest)
    tasks = _tasks(options, manifest)
    able = [task for task in tasks if manifest.reset is not None or not task.changes]
    notes = Counter({UNRESETTABLE: len(tasks) - len(able)})
    if options.plan:
        steps = sum(len(task.claimed.path) for task in able)
        # Untouched twice, the path once, each step left out, what remains twice, four near misses, eight readings,
        # and three looks at what was changed besides, where something is.
        attempts = sum(17 + len(task.claimed.path) + (3 if task.changes else 0) for task in able)
        summary("plan", {"tasks": len(able), "steps of their paths": steps, "attempts, at most": attempts, **notes})
        return 0
    if not able:
        return failed(
            "prove", f"there is no task to try: {len(tasks)} in the lake, of which {notes[UNRESETTABLE]} change"
        )
    with terminable(), progress(f"Proving {len(able)} tasks"):
        notes += _try_all(options, manifest, resets, able)
    with progress("Ingesting"):
        ingest(options.traces, options.lake, flags=())
    done = judge(options.lake, [manifest.digest])
    code = 0
    if not done.counts.get("tasks proven"):
        code = failed(
            "prove", f"none of {len(able)} tasks is proven; `hindtrace sql` asks the table proofs for reasons"
        )
    summary("prove", {**done.counts, **{name: count for name, count in notes.items() if count}})
    return code


def _tasks(options: argparse.Namespace, manifest: "Manifest") -> "list[Task]":
    """The tasks of the application that the manifest is of.

    Raises:
        ConfigurationError: if the lake has none of it, or the condition is none.
    """
    from pipelines.lake.delta import open_lake
    from pipelines.lake.sql import connect, query, rows_of
    from pipelines.prove.tasks import sample, tasks_of, vocabularies

    lake = open_lake(options.lake)
    snapshot = lake.snapshot()
    words = vocabularies(snapshot)
    tasks = [task for bucket in range(snapshot.buckets) for task in tasks_of(snapshot, bucket, words)]
    apps = sorted({task.app for task in tasks})
    own = manifest.start.partition("://")[2].partition("/")[0]
    app = options.app or (own if own in apps else apps[0] if len(apps) == 1 else None)
    if app not in apps:
        listed = ", ".join(apps) or "none with a task: annotate it first"
        raise ConfigurationError(f"--app: expected one of the lake's applications ({listed}), found {app or own}")
    tasks = [task for task in tasks if task.app == app]
    if options.where is not None:
        connection = connect(lake)
        try:
            _, rows = rows_of(query(connection, f"select instruction_id from instructions where {options.where}"))
        finally:
            connection.close()
        wanted = {row[0] for row in rows}
        tasks = [task for task in tasks if wanted & set(task.instructions)]
    return tasks if options.sample is None else sample(tasks, options.sample)


def _try_all(
    options: argparse.Namespace, manifest: "Manifest", resets: "Sequence[Reset]", tasks: "Sequence[Task]"
) -> Counter[str]:
    """Makes the attempts of each task, some tasks at once; counts what could not be tried, attempts and steps."""
    from explorers.core.safety import Safety
    from explorers.experiments import Laboratory
    from explorers.web.browser import SharedBrowser
    from pipelines.prove.composing import composed
    from schemas.proofs import Attempt

    browser = SharedBrowser()
    counts: Counter[str] = Counter()
    _environment(
        manifest, resets, browser, Attempt("/", ()), whole=False
    )  # refuses what can't work before anything starts
    laboratory = Laboratory(options.traces, manifest.digest, Safety())

    parts: list[Part] = []

    def work(task: "Task") -> str | None:
        make = partial(_environment, manifest, resets, browser, whole=task.whole)
        problem, part = _try(task, laboratory, make, options.wrong_turns)
        parts.extend([] if part is None else [part])
        return problem

    at_once = 1 if any(task.changes for task in tasks) else options.parallel
    try:
        with ThreadPoolExecutor(at_once) as pool:
            counts.update(f"{BROKEN}: {problem[:120]}" for problem in pool.map(work, tasks) if problem is not None)
            joint = tuple(composed(parts, most=options.composed))
            counts.update(f"{BROKEN}: {problem[:120]}" for problem in pool.map(work, joint) if problem is not None)
    finally:
        browser.close()
    return counts + Counter({"attempts made": laboratory.made, "steps made": laboratory.steps})


def _try(
    task: "Task", laboratory: "Laboratory", make: "Callable[[Attempt], Environment]", others: int
) -> "tuple[str | None, Part | None]":
    """Makes the attempts of one task, and of so many other actions on its way.

    Gives what stopped it, if anything did, and what it is as a part of a composed task, if it is proven.
    """
    from pipelines.prove.composing import part_of
    from pipelines.prove.kernel import taught_id
    from pipelines.prove.lanes import prove
    from pipelines.prove.outcomes import outcomes
    from pipelines.prove.walks import walk_of_recording

    problem: list[str] = []

    def attempt(asked: "Attempt", lane: "Purpose", variant: str) -> "Walk | None":
        try:
            recording = laboratory.attempt(asked, make, lane=lane, variant=variant, proof_of=task.instructions[0])
        except (DeviceError, TraceError) as error:
            problem.append(str(error))
            return None
        return walk_of_recording(recording, choices=len(asked.choices))

    proving = prove(task.claimed, attempt)
    if not problem:
        outcomes(task.claimed, proving, attempt, deeds=task.deeds, most=others)
    part = None if proving.copy is None else part_of(task, proving, taught_id(proving.copy.trajectory_id, task))
    return problem[0] if problem else None, part


def _resets(manifest: "Manifest") -> "tuple[Reset, ...]":
    """What puts the application back, as the manifest says it.

    Raises:
        ConfigurationError: if that can't be done.
    """
    from explorers.core.resets import ResetCommand, ResetRequest

    match manifest.reset:
        case None:
            return ()
        case ("command", text):
            return (ResetCommand(command_of(text, "reset")),)
        case (_, text):
            method, url = asked_of(text)
            return (ResetRequest(manifest.address(url), method),)


def _environment(
    manifest: "Manifest", resets: "Sequence[Reset]", browser: Any, asked: "Attempt", *, whole: bool
) -> "Environment":
    """A fresh context of the application at an address of it, put back before where the manifest says how.

    Where it does not, nothing goes out that asks for more than reading.
    """
    from explorers.core.resets import ResettingEnvironment
    from explorers.web import WebConfig, WebEnvironment
    from explorers.web.episode import EpisodeConfig, instant
    from schemas.proofs import LATER

    clock = None if manifest.clock is None else instant(manifest.clock)
    if asked.later:
        clock = (clock or datetime.now(UTC)) + LATER
    config = WebConfig(
        width=manifest.viewport[0],
        height=manifest.viewport[1],
        locale=manifest.locale,
        timezone=manifest.zone,
        mode="page" if whole else "viewport",
        episode=EpisodeConfig(seed=manifest.seed, clock=clock),
        reads_only=not resets,
    )
    environment = WebEnvironment(manifest.address(asked.start), config=config, browser=browser)
    return ResettingEnvironment(environment, resets) if resets else environment
