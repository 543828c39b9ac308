"""What an attempt must be kept apart from: it follows from what the recorded steps sent."""

from collections.abc import Iterable
from typing import Literal

from schemas.records import Step

Isolation = Literal["context", "server"]
"""A browser context of its own (cookies, storage, session), or the server too: a copy of its own, or a reset before.

A new page of a context in use is never enough: what its scripts keep in storage is not recorded.
"""

CHANGED = "sent "
"""How a notice begins that tells of what a step sent to the site besides reading (`explorers/core/aftermath`)."""

SOURCE = "hindtrace"
"""The source of recordings whose notices tell what was sent."""


def changes(step: Step, *, source: str = SOURCE) -> bool:
    """Whether a step sent something to the site besides reading, or may have: where nobody knows.

    Recordings of schema 1.3 and earlier have no requests: of those that we made, notices tell of them.
    """
    if step.requests is not None:
        return bool(step.requests)
    if step.platform != "web" or source != SOURCE:
        return True
    notice = step.after.notice if step.after is not None else None
    return notice is not None and any(part.startswith(CHANGED) for part in notice.split("; "))


def sends_later(following: Step | None) -> bool:
    """Whether the step after one saw requests go out that came from what was done before it."""
    return following is not None and any(each.late for each in following.requests or ())


def isolation_of(changing: Iterable[int]) -> Isolation:
    """What the attempts at a path need that has these changing steps."""
    return "server" if any(True for _ in changing) else "context"
