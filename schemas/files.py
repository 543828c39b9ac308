"""Places and files: a path or a URL as a file system of Arrow, and files that are whole or not there."""

import contextlib
import os
import stat
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.fs

from schemas.errors import ConfigurationError
from schemas.keys import content_id

GIVEN_LIMIT = 16 * 2**20
"""Bytes of a file that a person writes by hand: a configuration, prices, policies."""


def filesystem_of(url: str) -> tuple[pyarrow.fs.FileSystem, str]:
    """The file system of a path or URL, and the path in it without a slash at its end.

    Raises:
        ConfigurationError: for a URL of a kind that is not supported, or a path that is not UTF-8.
    """
    try:
        url.encode()
    except UnicodeEncodeError as error:
        raise ConfigurationError(f"expected a path in UTF-8, found {url!a}") from error
    if "://" not in url:
        return pyarrow.fs.LocalFileSystem(), str(Path(url).absolute()).rstrip("/")
    try:
        filesystem, path = pyarrow.fs.FileSystem.from_uri(url)
    except (pa.ArrowInvalid, OSError) as error:
        raise ConfigurationError(f"{url}: expected a folder or an object store's URL: {error}") from error
    return filesystem, path.rstrip("/")


def write_whole(filesystem: pyarrow.fs.FileSystem, path: str, data: bytes, *, by_content: bool = False) -> None:
    """Writes the file beside its place and moves it there: who reads it meanwhile finds the old one, or none.

    What is written is hidden as `.NAME.part` until it is whole; what a killed writer left is overwritten by the next.
    With `by_content` its name holds the key of its bytes, for a place that several write at once.

    Raises:
        OSError: if it can't be written; then what was in its place is still there.
    """
    if not isinstance(filesystem, pyarrow.fs.LocalFileSystem):
        with filesystem.open_output_stream(path) as stream:  # an object appears when it is whole
            stream.write(data)
        return
    folder, slash, name = path.rpartition("/")
    part = f"{path}.{content_id(data)[:8]}.part" if by_content else f"{folder}{slash}.{name}.part"
    try:
        with filesystem.open_output_stream(part) as stream:
            stream.write(data)
        filesystem.move(part, path)
    except OSError:
        with contextlib.suppress(OSError):
            filesystem.delete_file(part)
        raise


def write_file(path: Path, data: bytes) -> None:
    """The same on this machine.

    Raises:
        OSError: if it can't be written.
    """
    write_whole(pyarrow.fs.LocalFileSystem(), str(path), data)


def open_regular(path: Path) -> BinaryIO:
    """A file, open to be read; nothing else is waited for, such as a pipe into which nobody writes.

    Raises:
        OSError: if it can't be opened, or is no file.
    """
    opened = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb")
    if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
        opened.close()
        raise OSError(f"{path} is a folder, a pipe or a device, and no file")
    return opened


def read_given(path: Path, limit: int = GIVEN_LIMIT) -> bytes:
    """The bytes of a file that a person gives, which is of a size that a person gives.

    Raises:
        OSError: if it can't be read, is no file, such as a pipe or a device, or has more bytes.
    """
    with open_regular(path) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise OSError(f"{path} has more than {limit:,} bytes")
    return data
