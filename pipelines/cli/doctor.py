"""What is ready on this machine, what is missing, and the command that mends it."""

import argparse
from typing import Any

from pipelines.cli.output import add_verb


def add(verbs: Any) -> None:
    """The verb of this module."""
    doctor = add_verb(
        verbs,
        "doctor",
        "Say which platforms can be explored from here, and what is missing.",
        ("hindtrace doctor", "HINDTRACE_CHROMIUM=/usr/bin/chromium hindtrace doctor"),
    )
    doctor.set_defaults(run=run_doctor)


def run_doctor(options: argparse.Namespace) -> int:  # noqa: ARG001
    """Runs `hindtrace doctor`; 1 if no platform is ready."""
    from explorers.setup.doctor import check_platforms

    platforms = check_platforms()
    for platform in platforms:
        print(platform)
    return 0 if any(platform.ready for platform in platforms) else 1
