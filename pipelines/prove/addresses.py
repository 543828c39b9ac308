"""Addresses without what differs between copies of an application."""

from urllib.parse import quote, urlsplit

from schemas.redaction import MASK


def relative(location: str) -> str:
    """An address without its scheme, host and port: what copies of an application share."""
    parts = urlsplit(location)
    if parts.scheme not in ("http", "https"):
        return location
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.path or '/'}{query}" + (f"#{parts.fragment}" if parts.fragment else "")


def can_be_opened(location: str) -> bool:
    """Whether there is an address, and nothing in it was masked."""
    return bool(location) and MASK not in location and quote(MASK) not in location
