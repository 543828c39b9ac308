"""Making the web environments that are measured: the one place that knows how."""

from collections.abc import Sequence

from explorers.web import WebConfig, WebEnvironment

MODES = ("viewport",)
"""What can be asked for; the first is the default."""


def make_environments(starts: Sequence[str], *, mode: str = MODES[0]) -> list[WebEnvironment]:
    """One environment for each start, over one browser; each is used and closed by one thread."""
    if mode not in MODES:
        raise ValueError(f"expected one of {MODES}, found {mode!r}")
    return [WebEnvironment(start, config=WebConfig()) for start in starts]
