"""Replaying: a recorded trace is done again in a fresh browser or desktop; each step says how faithful it is."""

import argparse
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.cli.output import add_verb, check_place, print_rows, progress, say, summary
from pipelines.cli.signals import terminable
from pipelines.cli.web import add_page_options, add_reset_options, resets_of, web_config
from schemas.errors import ConfigurationError

if TYPE_CHECKING:
    from explorers.core.fidelity import Replay, StepFidelity
    from schemas.protocols import Environment
    from schemas.records import Trajectory

_COLUMNS = (
    "step",
    "action",
    "found by",
    "moved",
    "result",
    "location",
    "structure",
    "content",
    "text",
    "changed",
    "problem",
)


def add(verbs: Any) -> None:
    """The verb of this module."""
    replay = add_verb(
        verbs,
        "replay",
        "Do a recorded trace again in a fresh browser or desktop, and say where it leaves the record.",
        (
            "hindtrace replay --trace traces/RUN-00000.trace.zip --traces replays",
            "hindtrace replay --trace traces/RUN-00000.trace.zip --traces replays --start-url http://localhost:9001/",
        ),
    )
    replay.add_argument("--trace", type=Path, required=True, metavar="PATH", help="the trace to do again")
    replay.add_argument("--traces", type=Path, required=True, metavar="DIR", help="folder for the new recording")
    replay.add_argument(
        "--start-url", metavar="URL", help="where it begins, such as a copy elsewhere; default: where the trace began"
    )
    replay.add_argument("--run-id", metavar="ID", help="fixes the id of the new recording; default: random")
    replay.add_argument(
        "--format", choices=("table", "csv", "json", "markdown"), default="table", help="of the steps; default: table"
    )
    add_page_options(replay, recorded=True)
    add_reset_options(replay)
    replay.set_defaults(run=run_replay)


def run_replay(options: argparse.Namespace) -> int:
    """Runs `hindtrace replay`; 1 if not every step could be tried."""
    from explorers.core.fidelity import STRENGTHS
    from explorers.core.replay import observed_mode, replay
    from explorers.core.resets import ResettingEnvironment
    from explorers.web import WebEnvironment
    from schemas.recordings import read_trace
    from schemas.traces import is_run_id

    if options.run_id is not None and not is_run_id(options.run_id):
        raise ConfigurationError(f"--run-id: expected 1 to 64 letters, digits, - and _, found {options.run_id[:80]!r}")
    check_place("--traces", options.traces)
    recording = read_trace(options.trace)
    trajectory = recording.trajectory
    setting = trajectory.setting
    resets = resets_of(options)
    environment: Environment
    match trajectory.platform:
        case "web":
            page = {"width": round(setting.width / setting.scale), "height": round(setting.height / setting.scale)}
            seen = {**page, "scale": setting.scale, "locale": setting.locale}
            config = web_config(options, **seen, mode=observed_mode(recording))
            environment = WebEnvironment(options.start_url or trajectory.start, config=config)
        case "desktop":
            environment = _desktop(trajectory)
        case other:
            raise ConfigurationError(f"no trace of {other} can be replayed yet: expected one of web or desktop")
    with terminable(), progress("Replaying"), closing(environment):
        done = replay(recording, ResettingEnvironment(environment, resets), options.traces, run_id=options.run_id)
    print_rows(_COLUMNS, [_row(step) for step in done.steps], options.format)
    if options.format == "table":
        shares: dict[str, object] = {f"{name} as recorded": _share(done, name) for name in STRENGTHS}
        summary("replay", {"steps": done.recorded, **shares, "trace": str(done.summary.path)})
    if len(done.steps) == done.recorded and done.summary.ended_by != "start failed":
        return 0
    say(f"{done.summary.ended_by} after {len(done.steps)} of {done.recorded} steps: {done.summary.message}")
    return 1


def _desktop(trajectory: "Trajectory") -> "Environment":
    """A new desktop with the application of a recording."""
    from explorers.desktop import DesktopConfig, DesktopEnvironment

    setting = trajectory.setting
    config = DesktopConfig(width=setting.width, height=setting.height, locale=setting.locale)
    return DesktopEnvironment(trajectory.start, config=config)


def _row(step: "StepFidelity") -> tuple[Any, ...]:
    several = "" if step.matches == 1 else f" (of {step.matches})"
    after = step.after
    same = (step.result, after.location, after.structure, after.content)
    return (
        step.step,
        step.action,
        None if step.evidence is None else f"{step.evidence}{several}",
        "moved" if step.moved else None,
        *(None if equal is None else "same" if equal else "differs" for equal in same),
        after.text,
        after.changed,
        step.problem,
    )


def _share(done: "Replay", strength: Any) -> str:
    first = done.diverged(strength)
    leaves = "" if first is None else f", first differs at step {first}"
    return f"{done.share(strength):.0%}{leaves}"
