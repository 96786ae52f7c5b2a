"""A private folder in which one copy is made: its owner alone may look in, and nothing of it stays.

What a process that was killed left behind is removed by the next one that needs a folder.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from dam_plugin.errors import StorageError

if sys.platform != "win32":
    import fcntl

_PREFIX = "dam-plugin-copy-"
_LOCK = ".in-use"
# A folder without a lock is one that is being made just now, unless it is older.
_MAKING_SECONDS = 600


@contextmanager
def workroom() -> Iterator[Path]:
    """Give a new empty folder (mode 0700) and delete it with all that is in it, whatever happens.

    Raises StorageError where there is no room for one; of what fails in it, `on_disk` tells.
    """
    with on_disk("no temporary folder can be made"):
        sweep()
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    inner = folder / "room"
    try:
        with ExitStack() as held:
            with on_disk("no temporary folder can be made"):
                held.enter_context(_in_use(folder))
                inner.mkdir(mode=0o700)
            yield inner
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep() -> int:
    """Delete the folders whose process ended without doing it; returns how many. Where files cannot be locked: none."""
    if sys.platform == "win32":
        return 0
    swept = 0
    try:
        folders = list(Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"))
    except OSError:
        # Where no temporary folder can be used, nothing was left in one.
        return 0
    for folder in folders:
        # Somebody else's, or gone meanwhile.
        with suppress(OSError):
            if folder.is_dir() and not folder.is_symlink() and folder.stat().st_uid == os.getuid() and _is_left(folder):
                shutil.rmtree(folder, ignore_errors=True)
                swept += 1
    return swept


@contextmanager
def on_disk(
    what: str = "the temporary folder does not serve", remedy: str = "free some space, or set TMPDIR"
) -> Iterator[None]:
    """Turn what the system says in the block of a disk that is full, gone or broken into a StorageError with a remedy."""
    try:
        yield
    except OSError as error:
        why = (error.strerror or "refused").lower()
        raise StorageError(f"{what} ({why}): {remedy}") from None


@contextmanager
def _in_use(folder: Path) -> Iterator[None]:
    """Hold the folder's lock, which the system lets go of however the process ends."""
    making = folder / f"{_LOCK}-making"
    with making.open("wb") as lock:
        if sys.platform != "win32":
            fcntl.flock(lock, fcntl.LOCK_EX)
            # Held before it is seen: nobody finds it without.
            making.rename(folder / _LOCK)
        yield


def _is_left(folder: Path) -> bool:
    lock = folder / _LOCK
    if not lock.exists():
        return time.time() - folder.stat().st_mtime > _MAKING_SECONDS
    with lock.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
