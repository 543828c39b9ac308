import os
from pathlib import Path

import pyarrow.fs
import pytest

from schemas.errors import ConfigurationError
from schemas.files import filesystem_of, read_given, write_file, write_whole

LOCAL = pyarrow.fs.LocalFileSystem()


class Watched(pyarrow.fs.LocalFileSystem):  # type: ignore[misc]  # pyarrow has no types
    """Files of this machine that can't be moved, and the names that were written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[str] = []

    def open_output_stream(self, path: str, *more: object, **named: object) -> pyarrow.NativeFile:
        self.written.append(Path(path).name)
        return super().open_output_stream(path, *more, **named)

    def move(self, _src: str, _dest: str) -> None:
        raise OSError("no space is left")


def test_a_file_is_replaced_and_what_a_killed_writer_left_goes_with_it(tmp_path: Path) -> None:
    place = tmp_path / "tasks.json"
    (tmp_path / ".tasks.json.part").write_bytes(b"half of")
    for data in (b"first", b"other"):
        write_file(place, data)
        assert place.read_bytes() == data
        assert [path.name for path in tmp_path.iterdir()] == ["tasks.json"]


@pytest.mark.parametrize(
    ("by_content", "names"),
    [(False, [".file.part", ".file.part"]), (True, ["file.a7937b64.part", "file.d9298a10.part"])],
)
def test_a_part_is_hidden_or_named_by_its_bytes_and_gone_where_it_could_not_be_moved(
    tmp_path: Path, by_content: bool, names: list[str]
) -> None:
    place = tmp_path / "file"
    place.write_bytes(b"old")
    files = Watched()
    for data in (b"first", b"other"):
        with pytest.raises(OSError, match="no space"):
            write_whole(files, str(place), data, by_content=by_content)
    assert files.written == names
    assert place.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [place]


def test_a_file_that_a_person_gives_is_a_file_of_such_a_size(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "device").symlink_to("/dev/zero")
    (tmp_path / "long").write_bytes(b"x" * 11)
    for name in ("pipe", "device", "."):
        with pytest.raises(OSError, match=r"is a folder, a pipe or a device, and no file|Is a directory"):
            read_given(tmp_path / name)
    with pytest.raises(OSError, match="has more than 10 bytes"):
        read_given(tmp_path / "long", 10)
    assert read_given(tmp_path / "long", 11) == b"x" * 11


def test_a_path_that_is_not_utf_8_is_no_place() -> None:
    with pytest.raises(ConfigurationError, match=r"expected a path in UTF-8, found 'lake\\udcff'"):
        filesystem_of("lake\udcff")
