"""Which process is at work on a copy: each holds a lock in the temporary folder, which the system lets go of when it ends.

A process of another machine, another user or another temporary folder is not seen from here: nobody can say that it ended.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
import sys
import tempfile
import threading
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

if sys.platform != "win32":
    import fcntl

_PREFIX = "dam-plugin-at-work-"
_NAME = re.compile(r"[0-9a-f]{16}")


def name(kept: timedelta) -> str | None:
    """Return the name under which this process holds its lock; None where files cannot be locked or written.

    The locks of processes that ended are deleted once nobody has asked for their name for as long as `kept`.
    """
    with suppress(OSError):
        return _OURS.name(kept)
    return None


def has_ended(process: str) -> bool | None:
    """Whether the process of this name has ended: False where its lock is seen held, None where nothing can be seen."""
    if sys.platform == "win32" or not _NAME.fullmatch(process):
        return None
    with suppress(OSError):
        return _is_free(_path(process))
    return None


class _Ours:
    """The lock of this process, taken when its name is first asked for."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew, as a process does that was forked from one with a lock: the lock is the other one's."""
        self._guard = threading.Lock()
        self._held: tuple[str, int] | None = None

    def leave(self) -> None:
        """Let go of what a fork shares with the process that it came from, whose end would not be seen otherwise."""
        if self._held is not None:
            os.close(self._held[1])
        self.forget()

    def name(self, kept: timedelta) -> str | None:
        """Return the name; raises OSError."""
        if sys.platform == "win32":
            return None
        with self._guard:
            if self._held is None or not _is_in_place(*self._held):
                _sweep(kept)
                self._held = _taken()
            held, descriptor = self._held
            os.utime(descriptor)
            return held


def _path(process: str) -> Path:
    return Path(tempfile.gettempdir()) / f"{_PREFIX}{process}"


def _taken() -> tuple[str, int]:
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
    """Whether a lock of ours is held by nobody; None for what is no lock of ours. Raises OSError where there is none."""
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


def _sweep(kept: timedelta) -> None:
    before = time.time() - kept.total_seconds()
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        # Somebody else's, or gone meanwhile.
        with suppress(OSError):
            if path.lstat().st_mtime < before and _is_free(path):
                path.unlink()


_OURS = _Ours()
if sys.platform != "win32":
    os.register_at_fork(after_in_child=_OURS.leave)
