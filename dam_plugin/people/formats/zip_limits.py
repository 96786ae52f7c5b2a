"""What a ZIP may hold before it is read: no bomb, no place outside itself, no archive within.

A workbook of Excel is a ZIP too. Its XML shrinks more than CSV does, and all of its texts are held in memory at once.
"""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

ARCHIVES = (".zip", ".gz", ".7z", ".rar", ".tar", ".tgz", ".bz2", ".xz")
LARGEST_FILE = 512 * 2**20
_SMALL = 2**20
_TEXTS = "sharedstrings.xml"


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that a ZIP may hold: entries, bytes of one and of all, times its size, bytes of a workbook's texts."""

    entries: int
    file: int
    total: int
    times: int
    texts: int = LARGEST_FILE


# CSV of a hundred thousand similar rows shrinks to a fortieth; a bomb to a thousandth.
ROSTER = Limits(1_000, LARGEST_FILE, 2**30, 200)
WORKBOOK = Limits(1_000, LARGEST_FILE, 2**30, 100, texts=96 * 2**20)


def wrong_with(entries: list[zipfile.ZipInfo], packed: int, limits: Limits = ROSTER) -> Iterator[str]:
    """Yield what is wrong with a ZIP of these entries and this size, each as the end of a sentence."""
    if len(entries) > limits.entries:
        yield f"holds more than {limits.entries} files: this cannot be a roster"
        return
    total = sum(entry.file_size for entry in entries)
    if total > limits.total or any(entry.file_size > limits.file for entry in entries):
        yield f"would unpack to more than {limits.file // 2**20} MiB a file or {limits.total // 2**30} GiB: no roster does"
    elif total > _SMALL and total > limits.times * packed:
        yield f"would unpack to more than {limits.times} times its size: no roster does"
    if any(entry.filename.casefold().endswith(_TEXTS) and entry.file_size > limits.texts for entry in entries):
        yield f"has more than {limits.texts // 2**20} MiB of texts: export it as CSV UTF-8"
    if any(_leads_outside(entry) for entry in entries):
        yield "holds a file that would land outside of it: pack the CSV files alone"
    if any(entry.filename.casefold().endswith(ARCHIVES) for entry in entries):
        yield "holds another archive: unpack that first"
    if any(entry.flag_bits & 1 for entry in entries):
        yield "is encrypted: pack it without a password"
    elif any(entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for entry in entries):
        yield "is packed in an unusual way: pack it as an ordinary ZIP"


def _leads_outside(entry: zipfile.ZipInfo) -> bool:
    # `filename` is cut at a NUL, and has slashes for backslashes; the written name stands beside it.
    written = entry.orig_filename
    place = PurePosixPath(written.replace("\\", "/"))
    linked = stat.S_ISLNK(entry.external_attr >> 16)
    return linked or place.is_absolute() or ".." in place.parts or ":" in written or "\0" in written
