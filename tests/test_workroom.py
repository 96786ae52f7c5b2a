"""The folder in which a copy is made: private, and gone afterwards whatever happened."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from dam_plugin import private_files as module
from dam_plugin.errors import StorageError
from dam_plugin.private_files import on_disk, sweep, workroom

LEAVES = """
import os, signal, sys
from dam_plugin.private_files import workroom
with workroom() as folder:
    (folder / "source").write_bytes(b"a face")
    print(folder, flush=True)
    sys.stdin.readline()
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_nobody_else_may_look_in_and_nothing_stays(temporary: Path) -> None:
    with workroom() as folder:
        assert list(folder.iterdir()) == []
        for each in (folder, folder.parent):
            assert stat.S_IMODE(each.stat().st_mode) == 0o700
        (folder / "deep").mkdir()
        (folder / "deep" / "source").write_bytes(b"a face")
    assert list(temporary.iterdir()) == []


def test_nothing_stays_of_what_failed(temporary: Path) -> None:
    def fail() -> None:
        with workroom() as folder:
            (folder / "source").write_bytes(b"a face")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert list(temporary.iterdir()) == []


def test_where_no_folder_can_be_made_is_told_with_the_remedy(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(temporary / "missing"))
    with (
        pytest.raises(StorageError, match=r"\(no such file or directory\): free some space, or set TMPDIR"),
        workroom(),
    ):
        pass
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setattr(module, "_FOLDER_LOCK", "missing/lock")
    with pytest.raises(StorageError, match="set TMPDIR"), workroom():
        pass
    assert list(temporary.iterdir()) == []


def test_sweeping_where_there_is_no_folder_for_temporary_files_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", nowhere)
    assert sweep() == 0


def test_a_disk_that_fails_is_told_without_the_path(temporary: Path) -> None:
    with pytest.raises(StorageError, match="does not serve") as raised, on_disk():
        (temporary / "noah-begaye").read_bytes()
    assert "noah" not in str(raised.value)


def test_each_has_its_own_and_leaves_the_others_alone(temporary: Path) -> None:
    with workroom() as one:
        (one / "source").write_bytes(b"a face")
        with workroom() as other:
            assert one != other
        assert sweep() == 0
        assert (one / "source").read_bytes() == b"a face"


@pytest.mark.skipif(sys.platform == "win32", reason="leftovers are looked for where files can be locked")
def test_what_a_killed_process_left_is_removed_by_the_next(temporary: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", LEAVES], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip())
        assert sweep() == 0
        assert (folder / "source").exists()
        os.kill(process.pid, signal.SIGKILL)
    assert folder.exists()
    with workroom():
        assert not folder.exists()
    assert list(temporary.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="leftovers are looked for where files can be locked")
def test_a_folder_that_is_being_made_is_left_alone_for_a_while(temporary: Path) -> None:
    making = temporary / "dam-plugin-copy-x"
    making.mkdir()
    assert sweep() == 0
    old = making.stat().st_mtime - module._MAKING_SECONDS - 1
    os.utime(making, (old, old))
    assert sweep() == 1
    assert not making.exists()


def test_what_merely_looks_like_one_is_left_alone(temporary: Path) -> None:
    elsewhere = temporary / "elsewhere"
    elsewhere.mkdir()
    (temporary / "dam-plugin-copy-link").symlink_to(elsewhere)
    (temporary / "dam-plugin-copy-file").write_bytes(b"")
    assert sweep() == 0
    assert len(list(temporary.iterdir())) == 3


def test_where_there_is_no_room_it_is_said_what_can_be_done(monkeypatch: pytest.MonkeyPatch, temporary: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(temporary / "missing"))
    with pytest.raises(StorageError, match="set TMPDIR"), workroom():
        pass
