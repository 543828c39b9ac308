"""Addresses without what differs between copies of an application."""

from urllib.parse import quote, urlsplit

from schemas.redaction import MASK

WINDOW = " > "
"""What stands between a desktop's command and the window in which something is done (`explorers/desktop`)."""


def is_address(location: str | None) -> bool:
    """Whether it is one that can be opened, and not what a desktop starts by."""
    return (location or "").startswith(("http://", "https://"))


def relative(location: str) -> str:
    """An address without its scheme, host and port: what copies of an application share.

    A desktop's is its command: each of its windows is reached from there.
    """
    parts = urlsplit(location)
    if parts.scheme not in ("http", "https"):
        return location.partition(WINDOW)[0]
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.path or '/'}{query}" + (f"#{parts.fragment}" if parts.fragment else "")


def can_be_opened(location: str) -> bool:
    """Whether there is an address, and nothing in it was masked."""
    return bool(location) and MASK not in location and quote(MASK) not in location
