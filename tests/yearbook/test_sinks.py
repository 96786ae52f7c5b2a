"""A set that is written to a file: durable step by step, resumed after a kill, under its name only once it is whole."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
import zipfile
from concurrent.futures import wait
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dam_plugin.errors import InputError, StorageError
from dam_plugin.yearbook import sinks
from dam_plugin.yearbook.sinks import FileSink
from dam_plugin.yearbook.zip_file import Archive, Entry

DAY = date(2026, 5, 18)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "set.zip"


def part(path: Path) -> Path:
    return path.with_name("set.zip.part")


def begun(path: Path, data: bytes = b"half") -> None:
    """Leave what an export leaves that broke off."""
    with FileSink(path) as file:
        file.write(data)


def asked(file: FileSink) -> None:
    """Wait until the disk is done with what it was asked to hold, or has failed."""
    assert file._syncing is not None
    wait([file._syncing])


# A whole set


def test_a_set_has_its_name_only_once_it_is_whole(path: Path) -> None:
    with FileSink(path) as file:
        file.write(b"whole")
        assert (path.exists(), part(path).read_bytes()) == (False, b"whole")
        file.commit()
        assert file.kept == file.position == 5
    assert (path.read_bytes(), part(path).exists()) == (b"whole", False)


def test_a_set_is_its_owners_alone(path: Path) -> None:
    with FileSink(path) as file:
        assert stat.S_IMODE(part(path).stat().st_mode) == 0o600
        file.commit()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_set_that_is_there_is_not_replaced(path: Path) -> None:
    path.write_bytes(b"before")
    with pytest.raises(InputError, match="of this name"):
        FileSink(path)
    assert [each.name for each in path.parent.iterdir()] == ["set.zip"]


def test_a_set_that_came_meanwhile_is_not_replaced_and_what_was_written_stays(path: Path) -> None:
    with FileSink(path) as file:
        file.write(b"whole")
        path.write_bytes(b"meanwhile")
        with pytest.raises(InputError, match="of this name"):
            file.commit()
    assert (path.read_bytes(), part(path).read_bytes()) == (b"meanwhile", b"whole")


def test_a_link_that_leads_nowhere_is_there_too(path: Path) -> None:
    path.symlink_to(path.with_name("elsewhere.zip"))
    with pytest.raises(InputError, match="of this name"):
        FileSink(path)


def test_a_set_is_replaced_where_that_was_said(path: Path) -> None:
    path.write_bytes(b"before")
    with FileSink(path, replace=True) as file:
        file.write(b"after")
        assert path.read_bytes() == b"before"
        file.commit()
    assert path.read_bytes() == b"after"


def test_a_folder_that_is_not_there_is_told_without_its_name(path: Path) -> None:
    with pytest.raises(InputError, match="no such file") as refused:
        FileSink(path.parent / "ines" / "set.zip")
    assert "ines" not in str(refused.value)


# What is kept


def test_nothing_is_kept_before_the_disk_was_asked(path: Path) -> None:
    with FileSink(path) as file:
        file.write(b"entry")
        assert file.boundary() == 0


def test_what_the_disk_was_asked_to_hold_is_kept_up_to_the_end_of_an_entry(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sinks, "SYNC_BYTES", 4)
    with FileSink(path) as file:
        file.write(b"entry")
        file.boundary()
        asked(file)
        file.write(b"half")
        assert file.kept == 0
        monkeypatch.setattr(sinks, "SYNC_BYTES", 100)
        assert file.boundary() == file.kept == 5


def test_a_disk_that_fails_is_told_at_the_next_entry(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(sinks, "SYNC_BYTES", 4)
    monkeypatch.setattr(sinks, "_sync", broken)
    with FileSink(path) as file:
        file.write(b"entry")
        file.boundary()
        asked(file)
        with pytest.raises(StorageError, match="input/output error"):
            file.boundary()
        assert file.kept == 0


def test_a_full_disk_leaves_what_can_be_gone_on_with(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write

    def nearly_full(descriptor: int, data: memoryview) -> int:
        if os.fstat(descriptor).st_size >= 100:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, data[:60])

    with FileSink(path) as file:
        made = Archive(file, DAY)
        first = made.add("a.jpg", b"first")
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", nearly_full)
            with pytest.raises(StorageError, match=r"no space left on device.*--resume"):
                made.add("b.jpg", b"second" * 50)
    with FileSink(path, at=first.end) as file:
        made = Archive(file, DAY)
        made.close([first, made.add("b.jpg", b"second" * 50)])
        file.commit()
    with zipfile.ZipFile(path) as found:
        assert found.testzip() is None
        assert found.namelist() == ["a.jpg", "b.jpg"]


# Going on


def test_what_is_behind_the_bytes_on_record_is_written_anew(path: Path) -> None:
    begun(path, b"kept and half an entry")
    with FileSink(path, at=4) as file:
        assert file.kept == file.position == 4
        file.write(b" whole")
        file.commit()
    assert path.read_bytes() == b"kept whole"


def test_a_file_that_is_shorter_than_what_is_on_record_is_refused_and_left(path: Path) -> None:
    begun(path, b"half")
    with pytest.raises(InputError, match="not the one that was begun"):
        FileSink(path, at=5)
    assert part(path).read_bytes() == b"half"


def test_there_is_nothing_to_go_on_with(path: Path) -> None:
    with pytest.raises(InputError, match="export it anew"):
        FileSink(path, at=0)


def test_what_broke_off_is_not_written_over_by_a_new_export(path: Path) -> None:
    begun(path)
    with pytest.raises(InputError, match="--resume"):
        FileSink(path)
    assert part(path).read_bytes() == b"half"


def test_a_link_in_the_place_of_what_broke_off_is_not_followed(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(b"somebody's")
    part(path).symlink_to(other)
    for at in (None, 0):
        with pytest.raises(InputError):
            FileSink(path, at=at)
    assert other.read_bytes() == b"somebody's"


def test_a_pipe_in_the_place_of_what_broke_off_keeps_nobody_waiting(path: Path) -> None:
    os.mkfifo(part(path))
    with pytest.raises(InputError, match="not the one"):
        FileSink(path, at=0)


@pytest.mark.parametrize("at", [None, 0])
def test_two_exports_never_write_one_file(path: Path, at: int | None) -> None:
    with FileSink(path) as file:
        file.write(b"first")
        with pytest.raises(InputError, match=r"another export|broke off"):
            FileSink(path, at=at)
        file.commit()
    assert path.read_bytes() == b"first"


def test_a_set_that_was_finished_while_its_part_was_opened_is_not_cut(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(path, b"whole")
    opened = sinks._opened

    def late(found: Path, *, is_new: bool) -> int:
        descriptor = opened(found, is_new=is_new)
        found.rename(path)
        return descriptor

    monkeypatch.setattr(sinks, "_opened", late)
    with pytest.raises(InputError, match="another export"):
        FileSink(path, at=0)
    assert path.read_bytes() == b"whole"


KILLED = """
import os, signal, sys, time
from datetime import date
from pathlib import Path
from dam_plugin.export import sink
from dam_plugin.yearbook.zip_file import Archive

sink.SYNC_BYTES = 1
file = sink.FileSink(Path(sys.argv[1]))
made = Archive(file, date(2026, 5, 18))
for number in range(40):
    entry = made.add(f"{number}.jpg", bytes([number]) * 5000)
    late = time.monotonic() + 60
    while number == 20 and not file.boundary() and time.monotonic() < late:
        time.sleep(0.001)
    print(entry.path, entry.size, entry.crc, entry.offset, entry.end, file.kept, flush=True)
file.write(b"half an entry")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_set_is_finished_after_its_process_was_killed(path: Path) -> None:
    ran = subprocess.run([sys.executable, "-c", KILLED, path], capture_output=True, text=True, check=False)
    assert ran.returncode == -signal.SIGKILL
    rows = [line.split() for line in ran.stdout.splitlines()]
    kept = int(rows[-1][-1])
    entries = [Entry(name, *map(int, numbers[:4])) for name, *numbers in rows if int(numbers[3]) <= kept]
    assert entries
    with FileSink(path, at=entries[-1].end) as file:
        made = Archive(file, DAY)
        entries += [made.add(f"{n}.jpg", bytes([n]) * 5000) for n in range(len(entries), 40)]
        made.close(entries)
        file.commit()
    with zipfile.ZipFile(path) as found:
        assert {name: found.read(name) for name in found.namelist()} == {
            f"{n}.jpg": bytes([n]) * 5000 for n in range(40)
        }


@given(st.lists(st.tuples(st.binary(max_size=60), st.sampled_from(["on", "killed", "torn"])), max_size=8))
def test_a_set_that_broke_off_ends_as_one_that_did_not(steps: list[tuple[bytes, str]]) -> None:
    with TemporaryDirectory() as folder:
        whole, broken = Path(folder) / "whole.zip", Path(folder) / "broken.zip"
        with FileSink(whole) as file:
            made = Archive(file, DAY)
            made.close([made.add(f"{n}.jpg", content) for n, (content, _) in enumerate(steps)])
            file.commit()
        file, entries = FileSink(broken), []
        for number, (content, then) in enumerate(steps):
            entries.append(Archive(file, DAY).add(f"{number}.jpg", content))
            if then == "torn":
                file.write(b"PK\3\4 and no more")
            if then != "on":
                file.close()
                file = FileSink(broken, at=entries[-1].end)
        Archive(file, DAY).close(entries)
        file.commit()
        assert broken.read_bytes() == whole.read_bytes()


# Throwing away


def test_an_aborted_set_leaves_nothing(path: Path) -> None:
    with FileSink(path) as file:
        file.write(b"half")
        file.abort()
    assert list(path.parent.iterdir()) == []
