"""Whether the process that makes a copy has ended: never said of one that may be at work."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from waiting import wait_until

from dam_plugin import private_files

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="files cannot be locked as here")

KEPT = timedelta(hours=6)
OTHER = """
import sys
from datetime import timedelta
from dam_plugin import private_files
print(private_files.process_name(timedelta(hours=6)), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A temporary folder of the test's own, and a process that has no lock yet."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    private_files._OURS.leave()
    yield tmp_path
    private_files._OURS.leave()


def ours() -> str:
    name = private_files.process_name(KEPT)
    assert name is not None
    return name


def file_of(temporary: Path, name: str) -> Path:
    (found,) = temporary.glob(f"*{name}")
    return found


@pytest.fixture
def other(temporary: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", OTHER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield process
        process.kill()


def test_a_process_is_at_work_until_it_is_killed(other: subprocess.Popen[bytes]) -> None:
    assert other.stdout
    name = other.stdout.readline().decode().strip()
    assert not private_files.process_has_ended(name)
    other.kill()
    other.wait()
    assert private_files.process_has_ended(name)
    assert private_files.process_has_ended(name)


def test_this_process_keeps_its_name_and_has_not_ended(temporary: Path) -> None:
    name = ours()
    assert (ours(), private_files.process_has_ended(name)) == (name, False)
    assert file_of(temporary, name).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["0123456789abcdef", "", "../../etc/passwd", "0123456789ABCDEF", "0" * 16 + "\n"])
def test_of_a_process_that_is_not_seen_from_here_nobody_says_that_it_ended(temporary: Path, name: str) -> None:
    assert private_files.process_has_ended(name) is None


def test_a_link_or_a_folder_in_place_of_the_lock_says_nothing(temporary: Path) -> None:
    target = temporary / "free"
    target.touch()
    (temporary / "dam-plugin-at-work-00000000000000aa").symlink_to(target)
    (temporary / "dam-plugin-at-work-00000000000000bb").mkdir()
    assert private_files.process_has_ended("00000000000000aa") is None
    assert private_files.process_has_ended("00000000000000bb") is None


def test_the_lock_of_another_user_says_nothing(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = ours()
    private_files._OURS.leave()
    assert private_files.process_has_ended(name)
    uid = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: uid + 1)
    assert private_files.process_has_ended(name) is None


def test_a_process_whose_lock_was_tidied_away_takes_another(temporary: Path) -> None:
    before = ours()
    file_of(temporary, before).unlink()
    after = ours()
    assert before != after
    assert (private_files.process_has_ended(before), private_files.process_has_ended(after)) == (None, False)


def test_locks_that_were_left_long_ago_are_swept_and_no_others(temporary: Path) -> None:
    long_ago, lately = "00000000000000aa", "00000000000000bb"
    for name in (long_ago, lately):
        (temporary / f"dam-plugin-at-work-{name}").touch()
    os.utime(file_of(temporary, long_ago), (1, 1))
    ours()
    assert not list(temporary.glob(f"*{long_ago}"))
    assert private_files.process_has_ended(lately)


def test_a_child_that_outlives_this_process_does_not_keep_its_lock(temporary: Path) -> None:
    script = OTHER.replace("sys.stdin.read()", "import os, time\nif os.fork() == 0:\n    time.sleep(60)\nos._exit(0)")
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, process_group=0) as process:
        assert process.stdout
        name = process.stdout.readline().decode().strip()
        process.wait()
        try:
            # The child lets go of the lock in its own time.
            wait_until(lambda: private_files.process_has_ended(name))
        finally:
            os.killpg(process.pid, 9)


def test_without_a_temporary_folder_there_is_no_name(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(temporary / "nowhere"))
    assert private_files.process_name(KEPT) is None
