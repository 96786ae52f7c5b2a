"""The ZIP of a set: what other programs read of it, ZIP64, names, what is refused; and large archives read back.

What the reader refuses in small archives is in `test_verify`.
"""

from __future__ import annotations

import errno
import io
import shutil
import subprocess
import tracemalloc
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

import made_sets
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_sets import DAY, OpenDraft

from dam_plugin.errors import InputError, SetAltered, StorageError
from dam_plugin.yearbook import zip_file
from dam_plugin.yearbook.targets import FileDraft
from dam_plugin.yearbook.zip_file import Archive, checked, layout

GIB = 1024 * 1024 * 1024
PICTURES = {
    "YEARBOOK/IMAGES/P0000001.JPG": b"\xff\xd8first",
    "candids/Überblick 日本.jpg": b"second" * 1000,
    "YEARBOOK/INDEX.TXT": b"",
}


def archived(files: dict[str, bytes]) -> BytesIO:
    return BytesIO(made_sets.archived(list(files.items())))


@pytest.fixture
def file() -> BytesIO:
    return BytesIO()


@pytest.fixture
def made(file: BytesIO) -> Iterator[Archive]:
    """An archive that nothing was added to, written to `file`."""
    with Archive(OpenDraft(file), DAY) as archive:
        yield archive


def written(folder: Path, files: dict[str, bytes]) -> Path:
    path = folder / "set.zip"
    path.write_bytes(archived(files).getvalue())
    return path


# What is written


def test_every_file_is_read_back_as_it_was() -> None:
    with zipfile.ZipFile(archived(PICTURES)) as found:
        assert found.testzip() is None
        assert {name: found.read(name) for name in found.namelist()} == PICTURES


def test_entries_are_stored_as_plain_files_of_the_sets_day_without_extra_fields() -> None:
    with zipfile.ZipFile(archived(PICTURES)) as found:
        for entry in found.infolist():
            assert (entry.compress_type, entry.date_time) == (zipfile.ZIP_STORED, (*DAY.timetuple()[:3], 0, 0, 0))
            assert (entry.external_attr >> 16, entry.create_system, entry.extra) == (0o100644, 3, b"")


def test_names_beyond_ascii_are_marked_as_utf_8() -> None:
    with zipfile.ZipFile(archived(PICTURES)) as found:
        assert [entry.flag_bits for entry in found.infolist()] == [0, 0x800, 0]


def test_one_set_is_written_the_same_each_time() -> None:
    assert archived(PICTURES).getvalue() == archived(PICTURES).getvalue()


def test_the_size_of_each_file_and_of_the_whole_is_told(made: Archive, file: BytesIO) -> None:
    assert made.add("a.jpg", b"first") == 5
    assert made.size == len("a.jpg") + 30 + 5
    assert made.close(["a.jpg"]) == len(file.getvalue())


def test_a_set_of_nothing_is_an_archive() -> None:
    with zipfile.ZipFile(archived({})) as found:
        assert found.namelist() == []


def test_a_copy_on_disk_is_written_with_and_without_its_size_and_checksum(
    made: Archive, file: BytesIO, tmp_path: Path
) -> None:
    content = bytes(range(256)) * 8192
    path = tmp_path / "copy.jpg"
    path.write_bytes(content)
    made.add("a.jpg", path, size=len(content), crc=zlib.crc32(content))
    made.add("b.jpg", path)
    made.close(["a.jpg", "b.jpg"])
    with zipfile.ZipFile(file) as found:
        assert found.read("a.jpg") == found.read("b.jpg") == content


@pytest.mark.parametrize(
    "command", [["unzip", "-tqq"], ["zipinfo", "-v"], ["bsdtar", "-tf"], ["7z", "t"]], ids=lambda c: c[0]
)
def test_other_programs_find_nothing_wrong(command: list[str], tmp_path: Path) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    ran = subprocess.run([*command, written(tmp_path, PICTURES)], capture_output=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, b"")


@given(
    st.dictionaries(
        st.from_regex(r"[a-z0-9é日]{1,8}(/[a-z0-9]{1,8})?", fullmatch=True), st.binary(max_size=64), max_size=8
    )
)
def test_whatever_is_written_is_read_back(files: dict[str, bytes]) -> None:
    with zipfile.ZipFile(archived(files)) as found:
        assert {name: found.read(name) for name in found.namelist()} == files


# ZIP64


@contextmanager
def of_large_files(folder: Path, *sizes: int) -> Iterator[BinaryIO]:
    """An archive of files of zeros of these sizes, in their order; it takes no room, and nobody reads the zeros."""

    def skip(file: BinaryIO, out: Any, size: int) -> int:
        if size < 100:
            out.write(bytes(size))
            return size
        # What zipfile's writer does when it writes so many zeros, but for their checksum.
        out._fileobj.seek(size, io.SEEK_CUR)
        out._file_size += size
        return size

    with (folder / "large.zip").open("w+b") as file, pytest.MonkeyPatch.context() as patch:
        patch.setattr(zip_file, "_copy", skip)
        made = Archive(OpenDraft(file), DAY)
        paths = [f"candids/c{number}.jpg" for number in range(len(sizes))]
        for path, size in zip(paths, sizes, strict=True):
            made.add(path, b"", size=size)
        made.close(paths)
        yield file


# Two below and above what signed numbers of four bytes hold, and unsigned ones.
EDGES = (2 * GIB - 2, 2 * GIB - 1, 2 * GIB, 4 * GIB - 2, 4 * GIB - 1, 4 * GIB)


@pytest.mark.parametrize("sizes", [*((size, 5) for size in EDGES), (5, 5 * GIB, 5, 5)], ids=str)
def test_large_files_and_those_behind_them_are_read_back(tmp_path: Path, sizes: tuple[int, ...]) -> None:
    with of_large_files(tmp_path, *sizes) as file:
        assert tuple(each.size for each in layout(file).entries()) == sizes
        assert problems(file) == []
        with zipfile.ZipFile(file) as found:
            assert tuple(each.file_size for each in found.infolist()) == sizes
            assert all(found.open(each).read(4) == bytes(4) for each in found.infolist())


def test_no_byte_of_a_large_directory_or_header_can_be_changed(tmp_path: Path) -> None:
    with of_large_files(tmp_path, 5 * GIB, 5) as file:
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


def test_a_small_size_in_the_field_of_a_large_one_is_refused(tmp_path: Path) -> None:
    with of_large_files(tmp_path, 5 * GIB, 5) as file:
        found = layout(file)
        file.seek(found.directory)
        directory = file.read(found.directory_size)
        size = (5 * GIB).to_bytes(8, "little")
        assert directory.count(size) == 2
        put(file, found.directory, directory.replace(size, (7).to_bytes(8, "little")))
        assert problems(file) == ["the directory at its end is not as a set has it"]


@pytest.mark.parametrize("count", [65_534, 65_535, 65_536])
def test_more_files_than_two_bytes_count_are_all_there(count: int) -> None:
    data = made_sets.archived([(f"c{number:05}", b"") for number in range(count)])
    assert layout(BytesIO(data)).count == count
    with zipfile.ZipFile(BytesIO(data)) as found:
        assert len(found.infolist()) == count
    assert (b"PK\6\7" in data[-100:]) == (count > 65_535)
    if count > 65_535:
        assert problems(BytesIO(data[:-42] + b"Q" + data[-41:])) == ["it is no ZIP archive, or not a whole one"]


def problems(file: BinaryIO) -> list[str]:
    found: list[str] = []
    try:
        for _ in layout(file).check(found.append, DAY):
            pass
    except SetAltered as error:
        found += error.problems
    return found


def put(file: BinaryIO, place: int, data: bytes) -> None:
    file.seek(place)
    file.write(data)


# Memory


def test_of_a_file_that_was_written_memory_holds_its_name_and_place_alone(tmp_path: Path) -> None:
    content = bytes(100_000)
    with FileDraft(tmp_path / "set.zip") as draft, Archive(draft, DAY) as made:
        made.add("before.jpg", b"warm")
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            for number in range(500):
                made.add(f"P{number:07}.JPG", content)
            after, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert after - before < 500 * 1200
    assert peak - before < 500 * 1200 + 1024 * 1024


# Names


@pytest.mark.parametrize(
    "path",
    [
        "", "/a.jpg", "a//b.jpg", "a/", "./a.jpg", "../a.jpg", "a/../b.jpg", "a\\b.jpg", "C:a.jpg", "C:/a.jpg", "a\0.jpg",
        "a\n.jpg", "a\x7f.jpg", "a\u202egpj.exe", "a\u200b.jpg", "a\u2066.jpg", "\ufeffa.jpg", "a\ud800.jpg", "CON", "con.jpg",
        "a/NUL.txt", "Com1", "LPT9.jpg", "com¹.jpg", "aux .jpg", "CONIN$", "a.", "a ", " a.jpg", "folder./a.jpg",
        "folder /a.jpg", "a?.jpg", "a*.jpg", "a|b.jpg", '"a".jpg', "<a>.jpg", "a:stream", "a" * 241, "é" * 121,
    ],
)  # fmt: skip
def test_a_name_that_some_system_cannot_hold_is_refused_before_anything_is_written(
    made: Archive, file: BytesIO, path: str
) -> None:
    with pytest.raises(InputError) as refused:
        made.add(path, b"picture")
    assert file.getvalue() == b""
    assert len(path) < 3 or path not in str(refused.value)


@pytest.mark.parametrize(
    "path", ["a.jpg", "candids/c0000001.jpg", "Y 2026/IMAGES/P1.JPG", "console.txt", "com10.jpg", "é.jpg"]
)
def test_a_plain_name_is_taken(path: str) -> None:
    assert checked(path) == path


@given(
    st.text(max_size=12) | st.lists(st.sampled_from(["..", ".", "a", "nul", "é", "b. ", ""]), max_size=4).map("/".join)
)
def test_a_name_that_is_taken_leads_nowhere_else(path: str) -> None:
    try:
        checked(path)
    except InputError:
        return
    parts = PurePosixPath(path).parts
    assert "/".join(parts) == path
    assert not {"..", "/"} & set(parts)
    assert not any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for character in path)


@pytest.mark.parametrize(
    ("one", "other"), [("a.jpg", "a.jpg"), ("a.JPG", "A.jpg"), ("é.jpg", "e\u0301.jpg"), ("ß", "SS")]
)
def test_two_names_that_some_system_takes_for_one_are_refused(
    made: Archive, file: BytesIO, one: str, other: str
) -> None:
    made.add(one, b"first")
    before = file.getvalue()
    with pytest.raises(StorageError, match="on record"):
        made.add(other, b"second")
    assert file.getvalue() == before


# What does not hold


def test_a_copy_that_is_gone_leaves_the_archive_as_it_was(made: Archive, file: BytesIO, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no such file") as refused:
        made.add("a.jpg", tmp_path / "ines.jpg")
    assert "ines" not in str(refused.value)
    made.add("b.jpg", b"another")
    made.close(["b.jpg"])
    with zipfile.ZipFile(file) as found:
        assert found.namelist() == ["b.jpg"]


@pytest.mark.parametrize("said", [(4, 0), (6, 0), (5, 0)], ids=["longer", "shorter", "another"])
def test_a_copy_that_is_not_what_was_said_ends_the_archive(made: Archive, said: tuple[int, int]) -> None:
    with pytest.raises(StorageError, match="changed while"):
        made.add("a.jpg", b"first", size=said[0], crc=said[1])
    with pytest.raises(StorageError, match="broke off"):
        made.add("b.jpg", b"second")
    with pytest.raises(StorageError, match="broke off"):
        made.close([])


def test_nothing_is_added_behind_the_directory(made: Archive) -> None:
    made.close([])
    with pytest.raises(StorageError):
        made.add("a.jpg", b"late")


@pytest.mark.parametrize(
    "paths", [[], ["a.jpg"], ["b.jpg"], ["b.jpg", "a.jpg"], ["a.jpg", "a.jpg", "b.jpg"], ["a.jpg", "b.jpg", "c.jpg"]], ids=str
)  # fmt: skip
def test_a_record_that_is_not_what_was_written_is_refused(made: Archive, paths: list[str]) -> None:
    made.add("a.jpg", b"first")
    made.add("b.jpg", b"second")
    with pytest.raises(StorageError, match="on record"):
        made.close(paths)


@pytest.mark.parametrize("room", [0, 100, 20_000, 49_700])
def test_a_full_disk_is_told_with_what_helps_and_leaves_nothing_to_go_wrong_later(room: int, tmp_path: Path) -> None:
    paths = [f"{number}.jpg" for number in range(5)]
    with (tmp_path / "set.zip").open("w+b") as file, Archive(OpenDraft(Full(file, room)), DAY) as made:  # type: ignore[arg-type]
        for path in paths[: room // 9_935]:
            made.add(path, bytes(9_900))
        with pytest.raises(StorageError, match=r"disk does not take the set \(no space left.*free some space"):
            made.close(paths) if room == 49_700 else made.add("more.jpg", bytes(10_000))


class Full:
    """A file that holds no more than `room` bytes."""

    def __init__(self, file: BinaryIO, room: int) -> None:
        self._file = file
        self._room = room

    def write(self, data: bytes) -> int:
        if self._file.tell() + len(data) > self._room:
            raise OSError(errno.ENOSPC, "No space left on device")
        return self._file.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


@pytest.mark.parametrize("day", [date(1979, 12, 31), date(2108, 1, 1)])
def test_a_day_that_no_zip_holds_is_refused(day: date) -> None:
    with pytest.raises(InputError, match="1980"):
        Archive(OpenDraft(), day)
