"""Recording what a person does, on an X display or in a visible browser, as a trace like any other."""

import argparse
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.cli.environments import (
    SAID_OF_DESKTOPS,
    add_environment,
    desktop_settings,
    environment_of,
    instances_of,
    page_settings,
)
from pipelines.cli.fleets import positive
from pipelines.cli.output import add_verb, check_place, say, summary
from pipelines.cli.signals import handled
from pipelines.cli.web import SAID_OF_PAGES, add_page_options, size_of, web_config
from schemas.errors import ConfigurationError

if TYPE_CHECKING:
    from explorers.demonstrations import Demonstrated, Stage

AGAIN_SECONDS = 1.0
"""After so long a second Ctrl-C does not wait for the recording to be sealed."""

_PAGES = ("storage_state", "page_seed", "clock", "viewport", "uploads", "observe", "allow_host")
"""Options of a page, which a desktop has not."""


def add(verbs: Any) -> None:
    """The verb of this module."""
    record = add_verb(
        verbs,
        "record",
        "Record what a person does on an X display or in a visible browser, to show how a goal is reached.",
        (
            'hindtrace record --display :0 --goal "Save the letter as a PDF" --traces traces',
            'hindtrace record --start-url http://localhost:8001/ --goal "Find the cheapest kettle" --traces traces',
            "hindtrace record --app \"mousepad Documents/letter.txt\" --display :0 --goal 'Sign the letter' "
            "--traces traces",
        ),
    )
    what = record.add_argument_group("where, one of them; --app goes with --display too")
    what.add_argument("--display", metavar=":N", help="an X display that is there, with all that it shows")
    what.add_argument(
        "--app", metavar="COMMAND", help="a program in a new home, on --display or on a virtual display that is named"
    )
    what.add_argument("--start-url", metavar="URL", help="a site in a visible Chromium; other hosts are left alone")
    add_environment(what)
    record.add_argument("--goal", required=True, metavar="TEXT", help="what the demonstration shows, in a sentence")
    record.add_argument("--traces", type=Path, required=True, metavar="DIR", help="folder for the recording")
    record.add_argument("--run-id", metavar="ID", help="fixes the id of the recording; default: random")
    end = record.add_argument_group("when it ends", "By the key, by Ctrl-C, or when the browser or program is closed.")
    end.add_argument("--stop-key", metavar="KEYS", default="Control+Alt+q", help="default: Control+Alt+q")
    end.add_argument("--max-steps", type=positive, metavar="N", help="or after so many actions")
    end.add_argument("--seconds", type=float, metavar="N", help="or after so long")
    desktop = record.add_argument_group("of a desktop")
    desktop.add_argument("--documents", type=Path, metavar="DIR", help="copy these into the home of --app")
    desktop.add_argument("--network", action="store_true", help="let the program of --app into the network")
    desktop.add_argument("--screen", metavar="WxH", help="of the virtual display, in pixels; default: 1280x720")
    add_page_options(record)
    record.set_defaults(run=run_record)


def run_record(options: argparse.Namespace) -> int:
    """Runs `hindtrace record`; 1 if nothing was done, or the device was lost."""
    from explorers.demonstrations import DemonstrationConfig, record
    from explorers.demonstrations.reducing import canonical_chord

    given = options.start_url, options.environment, options.display or options.app
    if sum(each is not None for each in given) != 1:
        raise ConfigurationError("expected --display, --app, --start-url or --environment: where to record")
    config = DemonstrationConfig(
        goal=options.goal,
        stop_key=canonical_chord(options.stop_key),
        max_steps=options.max_steps,
        seconds=options.seconds,
        run_id=options.run_id,
    )
    check_place("--traces", options.traces)
    with ExitStack() as ending:
        stage = _stage(options, ending)

        def ready() -> None:
            where = "" if stage.platform == "web" else f" on {stage.setting.width} x {stage.setting.height} pixels"
            display = getattr(stage, "display", None)
            named = f" of display {display}" if display is not None else ""
            say(f"recording{where}{named}: {options.stop_key} or Ctrl-C ends it")

        with _interruptible() as stopped:
            done = record(stage, options.traces, config, stopped=stopped.is_set, ready=ready)
    _tell(done)
    return 0 if done.steps > done.actions["Stop"] and done.ended_by != "device lost" else 1


def _stage(options: argparse.Namespace, ending: ExitStack) -> "Stage":
    """What is recorded; what had to be launched for it ends with what is given."""
    if options.environment is None:
        return _desktop(options) if options.start_url is None else _web(options)
    manifest = environment_of(options, "web", "desktop", instead=(*SAID_OF_PAGES, *SAID_OF_DESKTOPS))
    if manifest.platform == "desktop":
        from explorers.desktop.demonstration import DesktopStage

        config = desktop_settings(manifest, network=options.network, redact_personal=options.redact_personal)
        return DesktopStage(config, command=manifest.start, app=manifest.name)
    from explorers.web.demonstration import WebStage

    (instance,) = ending.enter_context(instances_of(manifest, 1, hosts=options.allow_host))
    instance.begin(always=True)
    here = instance.manifest
    return WebStage(here.start, config=web_config(options, **page_settings(here)), app=here.name)


def _desktop(options: argparse.Namespace) -> "Stage":
    from explorers.desktop import DesktopConfig
    from explorers.desktop.demonstration import DesktopStage

    width, height = (1280, 720) if options.screen is None else size_of(options.screen, "--screen")
    misplaced = [name for name in _PAGES if getattr(options, name) not in (None, [])]
    if misplaced:
        raise ConfigurationError(f"--{misplaced[0].replace('_', '-')}: expected --start-url beside it")
    if options.app is None and (options.documents is not None or options.network or options.screen is not None):
        raise ConfigurationError("--documents, --network and --screen: expected --app beside them")
    config = DesktopConfig(
        width=width,
        height=height,
        locale=options.locale or (os.environ.get("LANG") or "C.UTF-8" if options.app is None else "C.UTF-8"),
        timezone=options.timezone or "UTC",
        network=options.network,
        documents=options.documents,
        display=options.display,
        redact_personal=options.redact_personal,
    )
    return DesktopStage(config, command=options.app)


def _web(options: argparse.Namespace) -> "Stage":
    from explorers.web.demonstration import WebStage

    if options.documents is not None or options.network or options.screen is not None:
        raise ConfigurationError("--documents, --network and --screen are for --app; --viewport is the page's size")
    return WebStage(options.start_url, config=web_config(options))


def _tell(done: "Demonstrated") -> None:
    for what, count in sorted(done.lost.items()):
        say(f"left out: {what}" + (f", {count} times" if count > 1 else ""))
    actions = {f"{name}": count for name, count in sorted(done.actions.items())}
    ended = done.ended_by if done.message is None else f"{done.ended_by}: {done.message}"
    summary("record", {"steps": done.steps, **actions, "ended by": ended, "trace": str(done.path)})


@contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set: the recording ends as by its key, and another one later breaks it off."""
    stopped = threading.Event()
    first = 0.0

    def interrupt(_number: int, _frame: object) -> None:
        nonlocal first
        if not stopped.is_set():
            first = time.monotonic()
            stopped.set()
        elif time.monotonic() - first > AGAIN_SECONDS:  # a terminal and a shell may both send the first one
            raise KeyboardInterrupt

    with handled(interrupt, signal.SIGINT, signal.SIGTERM):
        yield stopped
