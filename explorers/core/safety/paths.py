"""Paths on a desktop: a text that names a file outside of the episode's home is not typed."""

import posixpath
import re

HOMES = re.compile(r"(?:/tmp|/[^\n]*/hindtrace-desktop-[0-9a-f]+)/agent(?:/.*)?")
"""Where an episode's home is seen from inside: `explorers.desktop.supervisor` puts it there."""

_ABSOLUTE = re.compile(r"(?:file:(?://[^/]*)?)?(/+(?:[^\W\d]|\.).*)", re.IGNORECASE)
_LONGEST = 4_096


def outside_home(text: str) -> bool:
    """Whether a text is a path that leads out of the home; of several lines, it is no path.

    >>> outside_home("/etc/passwd"), outside_home("../../etc"), outside_home("Documents/a.txt")
    (True, True, False)
    """
    path = text.strip()
    if not path or "\n" in path or len(path) > _LONGEST:
        return False
    absolute = _ABSOLUTE.fullmatch(path)
    if absolute is not None:
        return HOMES.fullmatch(posixpath.normpath(absolute[1].replace("//", "/"))) is None
    if path.startswith("~"):
        name, _, rest = path[1:].partition("/")
        return bool(re.fullmatch(r"[a-z_][a-z0-9_-]*", name)) or posixpath.normpath(rest).startswith("..")
    return path == ".." or posixpath.normpath(path).startswith("../")
