"""A small disk that a test fills to its last byte: a `tmpfs` of its own, which takes root to mount."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest


class SmallDisk:
    """A folder on a disk of some mebibytes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self, *, but_for: int = 0) -> None:
        """Fill it, but for so many bytes."""
        with self._ballast.open("ab", buffering=0) as ballast:
            with suppress(OSError):
                while True:
                    ballast.write(bytes(4096))
            assert os.statvfs(self.folder).f_bavail == 0
            if but_for:
                os.ftruncate(ballast.fileno(), max(0, self._ballast.stat().st_size - but_for))

    def make_room(self) -> None:
        """Take away what fills it."""
        self._ballast.unlink()

    def files(self) -> set[str]:
        """What lies there besides."""
        return {str(each.relative_to(self.folder)) for each in self.folder.rglob("*") if each != self._ballast}


@contextmanager
def small_disk(folder: Path, mebibytes: int) -> Iterator[SmallDisk]:
    """Give an empty disk until the block ends; skip the test where none can be mounted."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m,mode=0700", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("a small disk cannot be mounted here: it takes root")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
