"""A folder as a value: what lies in it, its key, and a copy of it from which no path leads out."""

import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import ConfigurationError
from schemas.keys import key

SIZE_LIMIT, COUNT_LIMIT = 2 * 2**30, 100_000
"""Bytes and entries of a folder that is copied again and again."""

_BLOCK = 2**20


@dataclass(frozen=True, slots=True)
class Entry:
    """A folder, a file or a link below a folder, by its path there; `link` is where it leads, of a link only."""

    path: str
    is_folder: bool
    link: str | None = None


def entries(folder: Path) -> tuple[Entry, ...]:
    """What lies in a folder, in order of the paths, folders before what is in them.

    Raises:
        ConfigurationError: if it is no folder, holds too much, or something that a copy can't be made of: a link that
            leads out of it, a pipe, a device.
    """
    if not folder.is_dir():
        raise ConfigurationError(f"expected a folder, found none at {folder}")
    root = folder.resolve()
    found: list[Entry] = []
    size = 0
    for path, status in _walk(root):
        name = path.relative_to(root).as_posix()
        if stat.S_ISLNK(status.st_mode):
            leads = os.readlink(path)
            if os.path.isabs(leads) or not _within(root, path.parent / leads):
                raise ConfigurationError(f"{folder}: expected links that stay inside, found {name}: it leads out")
            found.append(Entry(name, is_folder=False, link=leads))
        elif stat.S_ISDIR(status.st_mode):
            found.append(Entry(name, is_folder=True))
        elif stat.S_ISREG(status.st_mode):
            size += status.st_size
            found.append(Entry(name, is_folder=False))
        else:
            raise ConfigurationError(f"{folder}: expected files, folders and links, found {name}")
        if size > SIZE_LIMIT or len(found) > COUNT_LIMIT:
            raise ConfigurationError(
                f"{folder}: expected at most {SIZE_LIMIT // 2**30} GiB in {COUNT_LIMIT} files and folders, found more"
            )
    return tuple(sorted(found, key=lambda entry: entry.path.split("/")))


def folder_key(folder: Path) -> str:
    """The key of what a folder holds: paths, what the files say, which may be run, where links lead; no times.

    Raises:
        ConfigurationError: as `entries`, or if a file can't be read.
    """
    root = folder.resolve()
    try:
        told = [
            (each.path, each.link, each.is_folder, None if each.is_folder or each.link else _said(root / each.path))
            for each in entries(folder)
        ]
    except OSError as error:
        raise ConfigurationError(f"{folder}: expected files that can be read: {error}") from error
    return key("folder", told)


def copy_folder(folder: Path, destination: Path) -> None:
    """Copies what a folder holds to a place that is not there yet, with the times of the files.

    Raises:
        ConfigurationError: as `entries`.
        OSError: if it can't be copied.
    """
    root = folder.resolve()
    destination.mkdir(mode=0o700)
    for each in entries(folder):
        place = destination / each.path
        if each.link is not None:
            place.symlink_to(each.link)
        elif each.is_folder:
            place.mkdir()
        else:
            shutil.copy2(root / each.path, place, follow_symlinks=False)


def _walk(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    try:
        with os.scandir(folder) as listing:
            inside = [(Path(entry.path), entry.stat(follow_symlinks=False)) for entry in listing]
    except OSError as error:
        raise ConfigurationError(f"{folder}: expected a folder that can be read: {error.strerror}") from error
    for path, status in inside:
        yield path, status
        if stat.S_ISDIR(status.st_mode):
            yield from _walk(path)


def _within(root: Path, place: Path) -> bool:
    """Whether a place is below the folder, also by way of every link that leads there."""
    try:
        return place.resolve().is_relative_to(root)
    except (OSError, RuntimeError):  # a ring of links
        return False


def _said(file: Path) -> tuple[str, bool]:
    """What a file says, and whether it may be run."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest(), bool(file.stat().st_mode & stat.S_IXUSR)
