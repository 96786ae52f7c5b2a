"""Where a set's bytes go: what a sink is, and a file as one; either kind is taken up again where a process broke off.

A sink knows nothing of ZIP. Whoever writes tells it where an entry ends; `kept` is the last such place that outlasts the
process, and what is recorded as written ends there or before. Straight into the bucket: `bucket_sink.py`.
"""

from __future__ import annotations

import os
import stat
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Protocol, Self

from dam_plugin.errors import InputError
from dam_plugin.private_files import on_disk

if sys.platform != "win32":
    import fcntl

PART_SUFFIX = ".part"

# A file is made durable when so much was written since, or so long ago.
SYNC_BYTES = 64 * 1024 * 1024
SYNC_SECONDS = 1.0
# On Windows a file is opened as text unless this is said; links cannot be told from files there by a flag.
_FLAGS = os.O_RDWR | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_REFUSES = "the disk does not take the set"
_REMEDY = "free some space and go on with --resume, or choose another folder"
_sync = getattr(os, "fdatasync", os.fsync)


class Sink(Protocol):
    """What an archive is written to. Everything but `close` raises StorageError; what was written stays to be resumed."""

    @property
    def position(self) -> int:
        """How many bytes were written, those of earlier processes included."""

    @property
    def kept(self) -> int:
        """The end of the last entry up to which everything outlasts this process, and the machine's power."""

    def write(self, data: bytes) -> None:
        """Take the next bytes."""

    def boundary(self) -> int:
        """Hear that an entry has ended, and return `kept`."""

    def commit(self) -> None:
        """Finish: from now on the whole is under its name. Raises InputError where something else is there meanwhile."""

    def abort(self) -> None:
        """Throw away what was written; nothing can be resumed."""

    def close(self) -> None:
        """Let go of it; without a `commit` it can be resumed at what was kept."""


class FileSink:
    """A file on a disk: `SET.zip.part` until it is whole, its owner's alone, and locked against a second export."""

    def __init__(self, path: Path, *, at: int | None = None, replace: bool = False) -> None:
        """Begin, or with `at` go on behind the first `at` bytes; `replace` lets `commit` replace a file of that name.

        Raises InputError where the file is there, where an export of it was begun (without `at`) or is at work, and where
        nothing of it is there or less than `at` bytes (with `at`).
        """
        self._path = path
        self._part = path.with_name(path.name + PART_SUFFIX)
        self._replace = replace
        self._check_free()
        self._descriptor = _opened(self._part, is_new=at is None)
        try:
            _lock(self._descriptor, self._part)
            if at is not None:
                self._cut(at)
        except BaseException:
            os.close(self._descriptor)
            raise
        self._position = self._kept = self._asked = at or 0
        self._asked_at = time.monotonic()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="sync")
        self._syncing: Future[int] | None = None

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the file."""
        self.close()

    @property
    def position(self) -> int:
        """How many bytes the file has."""
        return self._position

    @property
    def kept(self) -> int:
        """The end of the last entry up to which the disk holds everything."""
        return self._kept

    def write(self, data: bytes) -> None:
        """Append bytes; what is short of a full disk is said as that."""
        rest = memoryview(data)
        with on_disk(_REFUSES, _REMEDY):
            while rest:
                count = os.write(self._descriptor, rest)
                self._position += count
                rest = rest[count:]

    def boundary(self) -> int:
        """Return what is kept; the disk is asked now and then, and beside what is written next, since it takes its time."""
        if self._syncing is not None and self._syncing.done():
            self._settle()
        is_due = self._position - self._asked >= SYNC_BYTES or time.monotonic() - self._asked_at >= SYNC_SECONDS
        if self._syncing is None and is_due:
            self._asked, self._asked_at = self._position, time.monotonic()
            self._syncing = self._pool.submit(self._synced, self._position)
        return self._kept

    def commit(self) -> None:
        """Give the whole file its name, once the disk holds it."""
        self._settle()
        with on_disk(_REFUSES, _REMEDY):
            os.fsync(self._descriptor)
        # Nobody else exports to this name: the lock is held.
        self._check_free()
        with on_disk(_REFUSES, _REMEDY):
            if sys.platform == "win32":
                # An open file cannot be renamed there.
                self.close()
            self._part.replace(self._path)
            _sync_folder(self._path.parent)
        self._kept = self._position
        self.close()

    def abort(self) -> None:
        """Delete what was written."""
        with on_disk(_REFUSES, _REMEDY):
            if sys.platform == "win32":
                self.close()
            self._part.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        """Close the file, once the disk is done with what it was asked to hold."""
        if self._descriptor >= 0:
            self._pool.shutdown()
            descriptor, self._descriptor = self._descriptor, -1
            os.close(descriptor)

    def _cut(self, at: int) -> None:
        """Drop what is behind the bytes that are on record: the beginning of an entry that broke off."""
        found = os.fstat(self._descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_size < at:
            raise InputError("the file of the set that broke off is not the one that was begun: export it anew")
        with on_disk(_REFUSES, _REMEDY):
            os.ftruncate(self._descriptor, at)
            os.lseek(self._descriptor, at, os.SEEK_SET)

    def _check_free(self) -> None:
        if not self._replace and os.path.lexists(self._path):
            raise InputError("there is a file of this name: choose another one, or say that it is to be replaced")

    def _synced(self, position: int) -> int:
        with on_disk(_REFUSES, _REMEDY):
            _sync(self._descriptor)
        return position

    def _settle(self) -> None:
        if self._syncing is not None:
            done, self._syncing = self._syncing, None
            self._kept = done.result()


def _opened(part: Path, *, is_new: bool) -> int:
    try:
        return os.open(part, _FLAGS | os.O_CREAT | os.O_EXCL if is_new else _FLAGS, 0o600)
    except FileExistsError:
        raise InputError(
            f"a set was begun in this file and broke off: go on with --resume, or delete the file that ends in {PART_SUFFIX}"
        ) from None
    except OSError as error:
        why = (error.strerror or "refused").lower()
        what = "the folder does not take the set" if is_new else "the set that broke off cannot be gone on with"
        raise InputError(f"{what} ({why}): choose another folder, or export it anew") from None


def _lock(descriptor: int, part: Path) -> None:
    """Keep others from the file; the system lets go of it however this process ends."""
    if sys.platform == "win32":
        return
    in_use = InputError("another export is writing this file: wait for it, or choose another file")
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # What was opened may have been given its name, or deleted, before it was locked.
        if not os.path.samestat(os.fstat(descriptor), part.lstat()):
            raise in_use
    except (BlockingIOError, FileNotFoundError):
        raise in_use from None
    except OSError as error:
        why = (error.strerror or "refused").lower()
        raise InputError(f"the folder keeps no two exports from one file ({why}): choose another folder") from None


def _sync_folder(folder: Path) -> None:
    """Have the disk hold the file's new name, where folders can be asked that."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
