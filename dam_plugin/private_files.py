"""Makes files and folders that only their owner may use: a private file, a private folder for a copy, a lock of this process.

A private file is written beside its place and then moved there, whole or not at all. A private folder is deleted at the
end. If a process was killed, the next one that needs a folder deletes what it left behind. The lock tells other
processes whether the one that makes a copy has ended: the system then releases it. Processes of another machine,
another user or another temporary folder cannot be seen from here, so this module says nothing about them.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import stat
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TextIO

from dam_plugin.errors import StorageError

if sys.platform != "win32":
    import fcntl


_FOLDER_PREFIX = "dam-plugin-copy-"
_FOLDER_LOCK = ".in-use"
# A folder without a lock is still being made, unless it is older than this.
_MAKING_SECONDS = 600
_LOCK_PREFIX = "dam-plugin-at-work-"
_PROCESS_NAME = re.compile(r"[0-9a-f]{16}")


@contextmanager
def private_file(path: Path) -> Iterator[TextIO]:
    """Give a text file (UTF-8) that replaces whatever is at `path` at the end, a link too.

    If something fails, the new file is deleted and the old one stays. Raises OSError.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            yield file
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def write_private(path: Path, text: str) -> None:
    """Write a file that its owner alone may read, whole or not at all; what stood there, a link too, is replaced."""
    with private_file(path) as file:
        file.write(text)


@contextmanager
def workroom() -> Iterator[Path]:
    """Give a new empty folder (mode 0700) and delete it with all that is in it, whatever happens.

    Raises StorageError if no folder can be made. For errors of the files in it there is `on_disk`.
    """
    with on_disk("no temporary folder can be made"):
        sweep()
        folder = Path(tempfile.mkdtemp(prefix=_FOLDER_PREFIX))
    inner = folder / "room"
    try:
        with ExitStack() as held:
            with on_disk("no temporary folder can be made"):
                held.enter_context(_folder_lock(folder))
                inner.mkdir(mode=0o700)
            yield inner
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep() -> int:
    """Delete the folders that ended processes left; return how many (0 where files cannot be locked)."""
    if sys.platform == "win32":
        return 0
    swept = 0
    try:
        folders = list(Path(tempfile.gettempdir()).glob(f"{_FOLDER_PREFIX}*"))
    except OSError:
        # Where no temporary folder can be used, nothing was left in one.
        return 0
    for folder in folders:
        # Somebody else's, or gone meanwhile.
        with suppress(OSError):
            if (
                folder.is_dir()
                and not folder.is_symlink()
                and folder.stat().st_uid == os.getuid()
                and _is_abandoned(folder)
            ):
                shutil.rmtree(folder, ignore_errors=True)
                swept += 1
    return swept


@contextmanager
def on_disk(
    what: str = "the temporary folder does not serve", remedy: str = "free some space, or set TMPDIR"
) -> Iterator[None]:
    """Turn an OSError inside the block into a StorageError with a remedy: the disk is full, gone or broken."""
    try:
        yield
    except OSError as error:
        why = (error.strerror or "refused").lower()
        raise StorageError(f"{what} ({why}): {remedy}") from None


def process_name(kept: timedelta) -> str | None:
    """Return the name under which this process holds its lock; None if files cannot be locked or written.

    Locks of ended processes are deleted if their name was not asked for within the time `kept`.
    """
    with suppress(OSError):
        return _OURS.name(kept)
    return None


def process_has_ended(process: str) -> bool | None:
    """Whether the process of this name has ended: False if its lock is held, None if the lock cannot be seen."""
    if sys.platform == "win32" or not _PROCESS_NAME.fullmatch(process):
        return None
    with suppress(OSError):
        return _is_free(_path(process))
    return None


@contextmanager
def _folder_lock(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; the system releases it however the process ends."""
    making = folder / f"{_FOLDER_LOCK}-making"
    with making.open("wb") as lock:
        if sys.platform != "win32":
            fcntl.flock(lock, fcntl.LOCK_EX)
            # The lock is held before the file gets its name, so other processes always find it held.
            making.rename(folder / _FOLDER_LOCK)
        yield


def _is_abandoned(folder: Path) -> bool:
    lock = folder / _FOLDER_LOCK
    if not lock.exists():
        return time.time() - folder.stat().st_mtime > _MAKING_SECONDS
    with lock.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


class _ProcessLock:
    """The lock of this process, taken when its name is first asked for."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Start again in a forked process, since the lock is its parent's."""
        self._guard = threading.Lock()
        self._held: tuple[str, int] | None = None

    def leave(self) -> None:
        """Close the parent's lock in a fork: while a child has it open, the parent's end cannot be seen."""
        if self._held is not None:
            os.close(self._held[1])
        self.forget()

    def name(self, kept: timedelta) -> str | None:
        """Return the name; raises OSError."""
        if sys.platform == "win32":
            return None
        with self._guard:
            if self._held is None or not _is_in_place(*self._held):
                _sweep_locks(kept)
                self._held = _new_lock()
            held, descriptor = self._held
            os.utime(descriptor)
            return held


def _path(process: str) -> Path:
    return Path(tempfile.gettempdir()) / f"{_LOCK_PREFIX}{process}"


def _new_lock() -> tuple[str, int]:
    process = secrets.token_hex(8)
    descriptor = os.open(_path(process), os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return process, descriptor


def _is_in_place(process: str, descriptor: int) -> bool:
    """Whether the lock's file is still there: some systems tidy their temporary folder up."""
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), _path(process).stat())
    return False


def _is_free(path: Path) -> bool | None:
    """Whether the process that held a lock has ended; None if the file is not ours. Raises OSError if it is missing."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.getuid():
            return None
        # Shared, so that two who look at once do not take each other for the process.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def _sweep_locks(kept: timedelta) -> None:
    before = time.time() - kept.total_seconds()
    for path in Path(tempfile.gettempdir()).glob(f"{_LOCK_PREFIX}*"):
        # Somebody else's, or gone meanwhile.
        with suppress(OSError):
            if path.lstat().st_mtime < before and _is_free(path):
                path.unlink()


_OURS = _ProcessLock()
if sys.platform != "win32":
    os.register_at_fork(after_in_child=_OURS.leave)
