"""Proving: the tasks that a lake holds are done again on the live application, each step left out, and nearly."""

import argparse
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from threading import Event
from typing import TYPE_CHECKING, Any

from pipelines.cli.environments import add_environment
from pipelines.cli.fleets import positive
from pipelines.cli.output import add_lake, add_verb, failed, progress, summary
from pipelines.cli.places import Place, places_of
from pipelines.cli.signals import terminable
from schemas.errors import ConfigurationError, DeviceError, TraceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from explorers.experiments import Laboratory
    from pipelines.prove.composing import Part
    from pipelines.prove.proving import Walk
    from pipelines.prove.tasks import Task
    from schemas.manifest import Manifest
    from schemas.proofs import Attempt, Purpose

UNRESETTABLE = "not tried: they change something, and the manifest has no reset"
ELSEWHERE = "not tried: they start by another command than the manifest's launch"
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
    add_environment(prove, required=True)
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
        type=positive,
        default=0,
        metavar="N",
        help="composed tasks that are tried, each of two that are proven; default: 0",
    )
    prove.add_argument("--plan", action="store_true", help="say what there is to prove, and try nothing")
    prove.set_defaults(run=run_prove)


def run_prove(options: argparse.Namespace) -> int:
    """Runs `hindtrace prove`; 1 if no task could be tried, or none is proven."""
    from pipelines.ingest.job import ingest
    from pipelines.lake.delta import open_lake
    from pipelines.prove.job import judge
    from pipelines.prove.outcomes import MOST_ATTEMPTS
    from pipelines.prove.tasks import every_task, sample
    from schemas.manifest import load_manifest

    manifest = load_manifest(options.environment)
    with places_of(manifest, manifest.name, options.parallel):
        pass  # refuses what can't work before anything starts
    known = every_task(open_lake(options.lake).snapshot())
    tasks = _asked_for(options, manifest, known)
    judged = [(task, _why_not(task, manifest)) for task in tasks]
    notes = Counter(why for _, why in judged if why is not None)
    able = [task for task, why in judged if why is None]
    able = able if options.sample is None else sample(able, options.sample)
    if options.plan:
        steps = sum(len(task.claimed.path) for task in able)
        # Untouched twice, the path once, each step left out, what remains twice, four near misses, eight readings,
        # and three looks at what was changed besides, where something is; then what else is done on the way.
        beside = MOST_ATTEMPTS * options.wrong_turns
        attempts = sum(17 + len(task.claimed.path) + (3 if task.changes else 0) + beside for task in able)
        summary("plan", {"tasks": len(able), "steps of their paths": steps, "attempts, at most": attempts, **notes})
        return 0
    if not able:
        said = "; ".join(f"{count} {why}" for why, count in sorted(notes.items()))
        return failed("prove", f"there is no task to try among {len(tasks)} of the lake: {said or 'annotate it first'}")
    with terminable(), progress(f"Proving {len(able)} tasks"):
        notes += _try_all(options, manifest, able)
    with progress("Ingesting"):
        ingest(options.traces, options.lake, flags=())
    done = judge(options.lake, [manifest.digest], known)
    code = 0
    if not done.counts.get("tasks proven"):
        code = failed(
            "prove", f"none of {len(able)} tasks is proven; `hindtrace sql` asks the table proofs for reasons"
        )
    summary("prove", {**done.counts, **{name: count for name, count in notes.items() if count}})
    return code


def _why_not(task: "Task", manifest: "Manifest") -> str | None:
    """Why a task can't be tried in an environment."""
    if task.changes and not manifest.puts_back:
        return UNRESETTABLE
    if manifest.platform == "desktop" and task.claimed.start != manifest.start:
        return ELSEWHERE
    return None


def _asked_for(options: argparse.Namespace, manifest: "Manifest", tasks: "Sequence[Task]") -> "Sequence[Task]":
    """The tasks of the application that the manifest is of, and of the instructions that are asked for.

    Raises:
        ConfigurationError: if the lake has none of it, or the condition is none.
    """
    from pipelines.lake.delta import open_lake
    from pipelines.lake.sql import connect, query, rows_of

    apps = sorted({task.app for task in tasks})
    # What was explored without the manifest is called by its host and port, or by its program.
    host = manifest.start.partition("://")[2].partition("/")[0]
    own = [manifest.name, host, *(Path(word).name for word in (manifest.launch or ())[:1])]
    alone = apps[0] if len(apps) == 1 else None
    app = options.app or next((name for name in own if name in apps), alone)
    if app is None or app not in apps:
        listed = ", ".join(apps) or "none with a task: annotate it first"
        found = options.app or manifest.name
        raise ConfigurationError(f"--app: expected one of the lake's applications ({listed}), found {found}")
    tasks = [task for task in tasks if task.app == app]
    if options.where is not None:
        connection = connect(open_lake(options.lake))
        try:
            _, rows = rows_of(query(connection, f"select instruction_id from instructions where {options.where}"))
        finally:
            connection.close()
        wanted = {row[0] for row in rows}
        tasks = [task for task in tasks if wanted & set(task.instructions)]
    return tasks


def _try_all(options: argparse.Namespace, manifest: "Manifest", tasks: "Sequence[Task]") -> Counter[str]:
    """Makes the attempts of each task, some tasks at once; counts what could not be tried, attempts and steps."""
    from explorers.core.safety import Safety
    from explorers.experiments import Laboratory
    from pipelines.prove.composing import composed

    laboratory = Laboratory(options.traces, manifest.digest, Safety())
    counts: Counter[str] = Counter()
    parts: list[Part] = []
    over = Event()
    with places_of(manifest, tasks[0].app, options.parallel) as places:
        free: SimpleQueue[Place] = SimpleQueue()
        for each in places:
            free.put(each)

        def work(task: "Task") -> str | None:
            place = free.get()
            try:
                problem, part = _try(task, laboratory, place, over, options.wrong_turns)
            finally:
                free.put(place)
            parts.extend([] if part is None else [part])
            return problem

        # Not closed under those who use it: an attempt that is under way is whole, or it is made anew.
        with ThreadPoolExecutor(len(places)) as pool:
            try:
                counts.update(f"{BROKEN}: {problem[:120]}" for problem in pool.map(work, tasks) if problem is not None)
                joint = tuple(composed(parts, most=options.composed))
                counts.update(f"{BROKEN}: {problem[:120]}" for problem in pool.map(work, joint) if problem is not None)
            except BaseException:
                over.set()
                for each in places:
                    each.stop()
                raise
    return counts + Counter({"attempts made": laboratory.made, "steps made": laboratory.steps})


def _try(
    task: "Task", laboratory: "Laboratory", place: Place, over: Event, others: int
) -> "tuple[str | None, Part | None]":
    """Makes the attempts of one task, and of so many other actions on its way, until it is `over`.

    Gives what stopped it, if anything did, and what it is as a part of a composed task, if it is proven.
    """
    from pipelines.prove.composing import part_of
    from pipelines.prove.kernel import taught_id
    from pipelines.prove.lanes import prove
    from pipelines.prove.outcomes import outcomes
    from pipelines.prove.walks import walk_of_recording

    problem: list[str] = []
    make = partial(place.make, whole=task.whole, changes=bool(task.changes))

    def attempt(asked: "Attempt", lane: "Purpose", variant: str) -> "Walk | None":
        if over.is_set():
            problem.append("it was interrupted")
            return None
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
