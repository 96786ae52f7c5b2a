"""The layout of archives larger than a ZIP's first form holds; what is refused in small ones is told in `test_verifying`."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from made_sets import DAY, archived

from dam_plugin.errors import SetAltered
from dam_plugin.yearbook import zip_file
from dam_plugin.yearbook.zip_file import Entry
from dam_plugin.yearbook.zip_layout import layout

LARGE = 5 * 1024**3


def problems(file: BinaryIO) -> list[str]:
    found: list[str] = []
    try:
        for _ in layout(file).check(found.append, DAY):
            pass
    except SetAltered as error:
        found += error.problems
    return found


@contextmanager
def of_large_files(folder: Path) -> Iterator[BinaryIO]:
    """An archive of a file of 5 GiB and a small one behind it, which takes no room: nobody reads the zeros."""
    day = zip_file._dos(DAY)
    entries: list[Entry] = []
    with (folder / "large.zip").open("w+b") as file:
        for path, size in (("candids/c1.jpg", LARGE), ("candids/c2.jpg", 5)):
            offset = file.tell()
            file.write(zip_file._local_header(path.encode(), day, size, 0))
            file.seek(size, io.SEEK_CUR)
            entries.append(Entry(path, size, 0, offset, file.tell()))
        start = file.tell()
        for entry in entries:
            file.write(zip_file._directory_header(entry, day))
        file.write(zip_file._end(2, start, file.tell()))
        yield file


def test_files_above_four_gigabytes_and_those_behind_them_are_found(tmp_path: Path) -> None:
    with of_large_files(tmp_path) as file:
        first, second = layout(file).entries()
        assert (first.size, second.size) == (LARGE, 5)
        assert second.start > LARGE
        assert problems(file) == []


def test_no_byte_of_a_large_directory_or_header_can_be_changed(tmp_path: Path) -> None:
    with of_large_files(tmp_path) as file:
        found = layout(file)
        end = file.seek(0, io.SEEK_END)
        heads = [range(each.start, each.start + len(each.header)) for each in found.entries()]
        for place in (*heads[0], *heads[1], *range(found.directory, end)):
            file.seek(place)
            byte = file.read(1)
            put(file, place, bytes([byte[0] ^ 0xFF]))
            assert problems(file), place
            put(file, place, byte)
        assert problems(file) == []


def put(file: BinaryIO, place: int, data: bytes) -> None:
    file.seek(place)
    file.write(data)


def test_more_files_than_two_bytes_count_are_counted() -> None:
    data = archived([(f"candids/c{number:07d}.jpg", b"") for number in range(0xFFFF)])
    assert layout(io.BytesIO(data)).count == 0xFFFF
    assert problems(io.BytesIO(data[:-42] + b"Q" + data[-41:])) == ["it is no ZIP archive, or not a whole one"]
