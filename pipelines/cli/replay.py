"""Replaying: a recorded trace is done again in a fresh browser or desktop; each step says how faithful it is."""

import argparse
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.cli.environments import (
    add_environment,
    desktop_settings,
    environment_of,
    instances_of,
    page_settings,
)
from pipelines.cli.output import add_verb, check_place, print_rows, progress, say, summary
from pipelines.cli.signals import terminable
from pipelines.cli.web import (
    SAID_OF_PAGES,
    SAID_OF_RESETS,
    add_page_options,
    add_reset_options,
    resets_of,
    web_config,
)
from schemas.errors import ConfigurationError

if TYPE_CHECKING:
    from explorers.core.fidelity import Replay, StepFidelity
    from schemas.manifest import Manifest
    from schemas.protocols import Environment
    from schemas.recordings import Recording
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
            "hindtrace replay --trace traces/RUN-00000.trace.zip --traces replays --environment library.toml",
        ),
    )
    replay.add_argument("--trace", type=Path, required=True, metavar="PATH", help="the trace to do again")
    replay.add_argument("--traces", type=Path, required=True, metavar="DIR", help="folder for the new recording")
    replay.add_argument(
        "--start-url", metavar="URL", help="where it begins, such as a copy elsewhere; default: where the trace began"
    )
    add_environment(replay)
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
    from explorers.core.replay import replay
    from schemas.recordings import read_trace
    from schemas.traces import is_run_id

    if options.run_id is not None and not is_run_id(options.run_id):
        raise ConfigurationError(f"--run-id: expected 1 to 64 letters, digits, - and _, found {options.run_id[:80]!r}")
    check_place("--traces", options.traces)
    recording = read_trace(options.trace)
    with terminable(), ExitStack() as ending:
        environment = _environment(options, recording, ending)
        with progress("Replaying"):
            done = replay(recording, environment, options.traces, run_id=options.run_id)
    print_rows(_COLUMNS, [_row(step) for step in done.steps], options.format)
    if options.format == "table":
        shares: dict[str, object] = {f"{name} as recorded": _share(done, name) for name in STRENGTHS}
        summary("replay", {"steps": done.recorded, **shares, "trace": str(done.summary.path)})
    if len(done.steps) == done.recorded and done.summary.ended_by != "start failed":
        return 0
    say(f"{done.summary.ended_by} after {len(done.steps)} of {done.recorded} steps: {done.summary.message}")
    return 1


def _environment(options: argparse.Namespace, recording: "Recording", ending: ExitStack) -> "Environment":
    """Where a recording is done again; it ends with what is given.

    Raises:
        ConfigurationError: if it can't be.
    """
    from explorers.core.resets import ResettingEnvironment

    trajectory = recording.trajectory
    platform = trajectory.platform
    manifest = None
    if options.environment is not None and platform in ("web", "desktop"):
        manifest = environment_of(options, platform, instead=("start_url", *SAID_OF_PAGES, *SAID_OF_RESETS))
    match platform:
        case "web":
            if manifest is not None:
                return _on_instance(options, manifest, recording, ending)
            environment = _page(options, recording)
        case "desktop":
            environment = _desktop(trajectory, manifest)
        case other:
            raise ConfigurationError(f"no trace of {other} can be replayed yet: expected one of web or desktop")
    ending.enter_context(closing(environment))
    return ResettingEnvironment(environment, resets_of(options))


def _page(options: argparse.Namespace, recording: "Recording") -> "Environment":
    """The page of a recording, in a browser as it was."""
    from explorers.core.replay import observed_mode
    from explorers.web import WebEnvironment

    setting = recording.trajectory.setting
    page = {"width": round(setting.width / setting.scale), "height": round(setting.height / setting.scale)}
    seen = {**page, "scale": setting.scale, "locale": setting.locale}
    config = web_config(options, **seen, mode=observed_mode(recording))
    return WebEnvironment(options.start_url or recording.trajectory.start, config=config)


def _on_instance(
    options: argparse.Namespace, manifest: "Manifest", recording: "Recording", ending: ExitStack
) -> "Environment":
    """The page of a recording on an instance of its environment."""
    from explorers.core.instances import OnInstance
    from explorers.core.replay import observed_mode
    from explorers.web import WebEnvironment
    from pipelines.prove.addresses import relative

    (instance,) = ending.enter_context(instances_of(manifest, 1, hosts=options.allow_host))
    here = instance.manifest
    scale = recording.trajectory.setting.scale
    config = web_config(options, scale=scale, mode=observed_mode(recording), **page_settings(here))
    start = here.address(relative(recording.trajectory.start))
    page = ending.enter_context(closing(WebEnvironment(start, config=config, app=here.name)))
    return OnInstance(page, instance)


def _desktop(trajectory: "Trajectory", manifest: "Manifest | None") -> "Environment":
    """A new desktop with the application of a recording."""
    from explorers.desktop import DesktopConfig, DesktopEnvironment

    setting = trajectory.setting
    if manifest is not None:
        return DesktopEnvironment(trajectory.start, config=desktop_settings(manifest), app=manifest.name)
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
