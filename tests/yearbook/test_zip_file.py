"""The ZIP of a set: what other programs read of it, ZIP64, names, and what is refused."""

from __future__ import annotations

import shutil
import subprocess
import tracemalloc
import unicodedata
import zipfile
import zlib
from datetime import date
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dam_plugin.errors import InputError, StorageError
from dam_plugin.yearbook import zip_file
from dam_plugin.yearbook.sinks import FileSink
from dam_plugin.yearbook.zip_file import Archive, Entry, checked

DAY = date(2026, 5, 18)
GIB = 1024 * 1024 * 1024
PICTURES = {
    "YEARBOOK/IMAGES/P0000001.JPG": b"\xff\xd8first",
    "candids/Überblick 日本.jpg": b"second" * 1000,
    "YEARBOOK/INDEX.TXT": b"",
}


class Kept:
    """A sink over an open file, which keeps all that it is given; a run of zeros can be left out."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file

    @property
    def position(self) -> int:
        return self.file.tell()

    kept = position

    def write(self, data: bytes) -> None:
        self.file.write(data)

    def boundary(self) -> int:
        return self.position

    def commit(self) -> None:
        self.file.flush()

    abort = close = commit


def archived(files: dict[str, bytes]) -> BytesIO:
    file = BytesIO()
    made = Archive(Kept(file), DAY)
    made.close([made.add(path, content) for path, content in files.items()])
    return file


def written(folder: Path, files: dict[str, bytes]) -> Path:
    path = folder / "set.zip"
    path.write_bytes(archived(files).getvalue())
    return path


# What is written


def test_every_file_is_read_back_as_it_was() -> None:
    with zipfile.ZipFile(archived(PICTURES)) as found:
        assert found.testzip() is None
        assert {name: found.read(name) for name in found.namelist()} == PICTURES


def test_entries_are_stored_as_plain_files_of_the_sets_day() -> None:
    with zipfile.ZipFile(archived(PICTURES)) as found:
        for entry in found.infolist():
            assert (entry.compress_type, entry.date_time) == (zipfile.ZIP_STORED, (2026, 5, 18, 0, 0, 0))
            assert (entry.external_attr >> 16, entry.create_system, entry.flag_bits) == (0o100644, 3, 0x800)


def test_an_entry_says_where_it_lies_and_what_it_holds() -> None:
    file = BytesIO()
    made = Archive(Kept(file), DAY)
    first, second = made.add("a.jpg", b"first"), made.add("b.jpg", b"second")
    assert first == Entry("a.jpg", 5, zlib.crc32(b"first"), 0, second.offset)
    assert file.getvalue()[second.offset : second.offset + 4] == b"PK\3\4"
    assert file.getvalue()[: second.end].endswith(b"second")


def test_the_size_of_the_whole_is_told(tmp_path: Path) -> None:
    file = BytesIO()
    made = Archive(Kept(file), DAY)
    assert made.close([made.add("a.jpg", b"first")]) == len(file.getvalue())


def test_a_set_of_nothing_is_an_archive() -> None:
    with zipfile.ZipFile(archived({})) as found:
        assert found.namelist() == []


def test_a_copy_on_disk_is_written_with_and_without_its_size_and_checksum(tmp_path: Path) -> None:
    content = bytes(range(256)) * 8192
    path = tmp_path / "copy.jpg"
    path.write_bytes(content)
    file = BytesIO()
    made = Archive(Kept(file), DAY)
    known = made.add("a.jpg", path, size=len(content), crc=zlib.crc32(content))
    read = made.add("b.jpg", path)
    made.close([known, read])
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


def test_files_and_offsets_beyond_4_gib_are_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def left_out(_file: BinaryIO, sink: Kept, size: int) -> tuple[int, int]:
        sink.file.seek(size, 1)
        return size, 0

    with (tmp_path / "set.zip").open("w+b") as file:
        made = Archive(Kept(file), DAY)
        with monkeypatch.context() as patch:
            patch.setattr(zip_file, "_copy", left_out)
            large = [made.add("film.mp4", b"", size=5 * GIB, crc=0), made.add("edge.mp4", b"", size=4 * GIB - 1, crc=0)]
        made.close([*large, made.add("a.jpg", b"behind them")])
        with zipfile.ZipFile(file) as found:
            sizes = {entry.filename: (entry.file_size, entry.compress_size) for entry in found.infolist()}
            assert sizes == {
                "film.mp4": (5 * GIB, 5 * GIB), "edge.mp4": (4 * GIB - 1, 4 * GIB - 1), "a.jpg": (11, 11),
            }  # fmt: skip
            assert found.read("a.jpg") == b"behind them"
            with found.open("film.mp4") as film:
                assert film.read(4) == bytes(4)


@pytest.mark.parametrize("count", [65_534, 65_535, 65_536])
def test_more_files_than_two_bytes_count_are_all_there(count: int) -> None:
    file = BytesIO()
    made = Archive(Kept(file), DAY)
    entry = made.add("0", b"")
    width = entry.end
    # What add writes of an empty file with a name of one character, without the time that it takes.
    file.write(file.getvalue() * (count - 1))
    made.close(Entry(f"{n}", 0, 0, n * width, (n + 1) * width) for n in range(count))
    with zipfile.ZipFile(file) as found:
        assert len(found.infolist()) == count
    assert (b"PK\6\7" in file.getvalue()[-100:]) == (count >= 65_535)


# Memory


def test_nothing_is_kept_of_a_file_that_was_written(tmp_path: Path) -> None:
    with FileSink(tmp_path / "set.zip") as sink:
        made = Archive(sink, DAY)
        made.add("before.jpg", b"warm")
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            for number in range(500):
                made.add(f"P{number:07}.JPG", b"picture")
            after, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert after - before < 500 * 8


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
def test_a_name_that_some_system_cannot_hold_is_refused_before_anything_is_written(path: str) -> None:
    file = BytesIO()
    with pytest.raises(InputError) as refused:
        Archive(Kept(file), DAY).add(path, b"picture")
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
def test_two_names_that_some_system_takes_for_one_are_refused(one: str, other: str) -> None:
    made = Archive(Kept(BytesIO()), DAY)
    with pytest.raises(StorageError, match="on record"):
        made.close([made.add(one, b"first"), made.add(other, b"second")])


# What does not hold


def test_a_copy_that_is_gone_leaves_the_archive_as_it_was(tmp_path: Path) -> None:
    file = BytesIO()
    made = Archive(Kept(file), DAY)
    with pytest.raises(StorageError, match="no such file") as refused:
        made.add("a.jpg", tmp_path / "ines.jpg")
    assert "ines" not in str(refused.value)
    made.close([made.add("b.jpg", b"another")])
    with zipfile.ZipFile(file) as found:
        assert found.namelist() == ["b.jpg"]


@pytest.mark.parametrize("said", [(4, 0), (6, 0), (5, 0)], ids=["longer", "shorter", "another"])
def test_a_copy_that_is_not_what_was_said_ends_the_archive(said: tuple[int, int]) -> None:
    made = Archive(Kept(BytesIO()), DAY)
    with pytest.raises(StorageError, match="changed while"):
        made.add("a.jpg", b"first", size=said[0], crc=said[1])
    with pytest.raises(StorageError, match="broke off"):
        made.add("b.jpg", b"second")
    with pytest.raises(StorageError, match="broke off"):
        made.close([])


def test_nothing_is_added_behind_the_directory() -> None:
    made = Archive(Kept(BytesIO()), DAY)
    made.close([])
    with pytest.raises(StorageError):
        made.add("a.jpg", b"late")


@pytest.mark.parametrize("which", ["none", "first", "last", "turned", "twice"])
def test_a_record_that_is_not_what_was_written_is_refused(which: str) -> None:
    made = Archive(Kept(BytesIO()), DAY)
    one, two = made.add("a.jpg", b"first"), made.add("b.jpg", b"second")
    records = {"none": [], "first": [one], "last": [two], "turned": [two, one], "twice": [one, one, two]}
    with pytest.raises(StorageError, match="on record"):
        made.close(records[which])


@pytest.mark.parametrize("day", [date(1979, 12, 31), date(2108, 1, 1)])
def test_a_day_that_no_zip_holds_is_refused(day: date) -> None:
    with pytest.raises(InputError, match="1980"):
        Archive(Kept(BytesIO()), day)
