"""A folder as a value: what is in it, what is refused, and a copy of it."""

import os
from pathlib import Path

import pytest

from schemas import folders
from schemas.errors import ConfigurationError
from schemas.folders import copy_folder, entries, folder_key


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "data"
    (place / "sub/deeper").mkdir(parents=True)
    (place / "a.txt").write_text("one")
    (place / "sub/run").write_text("#!/bin/sh\n")
    (place / "sub/run").chmod(0o755)
    (place / "sub/link").symlink_to("../a.txt")
    return place


def test_a_copy_is_the_same_and_leads_nowhere_else(folder: Path, tmp_path: Path) -> None:
    os.utime(folder / "a.txt", (1_000_000_000, 1_000_000_000))
    copy_folder(folder, tmp_path / "copy")
    copy = tmp_path / "copy"
    assert folder_key(copy) == folder_key(folder)
    assert [each.path for each in entries(copy)] == ["a.txt", "sub", "sub/deeper", "sub/link", "sub/run"]
    assert (copy / "sub/link").resolve() == copy / "a.txt"
    assert (copy / "a.txt").stat().st_mtime == 1_000_000_000
    assert (copy / "sub/run").stat().st_mode & 0o777 == 0o755


def test_the_key_is_that_of_what_is_said_and_of_no_time(folder: Path) -> None:
    first = folder_key(folder)
    os.utime(folder / "a.txt", (0, 0))
    assert folder_key(folder) == first
    seen = {first}
    for change in (
        lambda: (folder / "a.txt").write_text("two"),
        lambda: (folder / "a.txt").rename(folder / "b.txt"),
        lambda: (folder / "b.txt").rename(folder / "a.txt"),
        lambda: (folder / "sub/run").chmod(0o644),
        lambda: (folder / "empty").mkdir(),
    ):
        change()
        seen.add(folder_key(folder))
    assert len(seen) == 5  # the name that came back is the same again


@pytest.mark.parametrize("leads", ["/etc/passwd", "../..", "../../outside", "sub/up/../../../outside", "loop"])
def test_a_link_that_leads_out_is_refused(folder: Path, leads: str) -> None:
    (folder / "sub/up").symlink_to("..")
    (folder / "loop").symlink_to(leads)
    with pytest.raises(ConfigurationError, match="expected links that stay inside, found loop"):
        entries(folder)


def test_what_is_no_file_is_refused_and_so_is_too_much(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(folder / "pipe")
    with pytest.raises(ConfigurationError, match="found pipe"):
        entries(folder)
    (folder / "pipe").unlink()
    monkeypatch.setattr(folders, "COUNT_LIMIT", 4)
    with pytest.raises(ConfigurationError, match="found more"):
        entries(folder)
    with pytest.raises(ConfigurationError, match="found none"):
        folder_key(folder / "a.txt")
