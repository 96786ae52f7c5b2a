"""A roster's files, in a folder or a ZIP: found by name in any case, opened one by one, nothing unpacked to disk.

A ZIP is refused before it is read if it could fill the memory, names a place outside itself or holds another archive.
"""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from dam_plugin.errors import Problem

MOST_ENTRIES = 1_000
LARGEST_FILE = 512 * 2**20
LARGEST_TOTAL = 2**30
# CSV of a hundred thousand similar rows shrinks to a fortieth; a bomb to a thousandth.
MOST_SHRUNK = 200
SMALL = 2**20
ARCHIVES = (".zip", ".gz", ".7z", ".rar", ".tar", ".tgz", ".bz2", ".xz")
# The names of a roster's files. Other files beside them (images, a letter) are ignored.
TABLES = (".csv", ".txt")

Opener = Callable[[], IO[bytes]]


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a roster by name in lower case; `name` is that of the folder or ZIP."""

    name: str
    openers: Mapping[str, Opener]

    def __contains__(self, name: str) -> bool:
        """Whether there is a file of this name, in any case."""
        return name in self.openers

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """Open a file of those that are there."""
        with self.openers[name]() as file:
            yield file


@contextmanager
def roster_files(source: Path, problems: list[Problem]) -> Iterator[Files]:
    """Give the files of a folder or a ZIP. Its mistakes are added to `problems`, and then no file is given."""
    if source.is_dir():
        yield Files(source.name, _in_folder(source, problems))
        return
    try:
        with zipfile.ZipFile(source) as archive:
            yield Files(source.name, _in_archive(archive, source, problems))
    except zipfile.BadZipFile:
        problems.append(Problem(source.name, "is neither a folder nor a ZIP that can be read: export it again"))
        yield Files(source.name, {})
    except OSError as error:
        problems.append(Problem(source.name, f"cannot be read: {error.strerror or 'the system refused'}"))
        yield Files(source.name, {})


def _in_folder(folder: Path, problems: list[Problem]) -> dict[str, Opener]:
    found: dict[str, Opener] = {}
    for path in sorted(each for each in folder.iterdir() if each.is_file()):
        if not path.name.casefold().endswith(TABLES):
            continue
        name = path.name.casefold()
        if name in found:
            problems.append(Problem(path.name, "stands twice in the folder: keep one of them"))
        elif path.stat().st_size > LARGEST_FILE:
            problems.append(Problem(path.name, f"is larger than {LARGEST_FILE // 2**20} MiB: this cannot be a roster"))
        else:
            found[name] = _opener(path)
    return found


def _opener(path: Path) -> Opener:
    return lambda: path.open("rb")


def _in_archive(archive: zipfile.ZipFile, source: Path, problems: list[Problem]) -> dict[str, Opener]:
    entries = [each for each in archive.infolist() if not each.is_dir()]
    before = len(problems)
    problems += [Problem(source.name, wrong) for wrong in _wrong_with(entries, source.stat().st_size)]
    if len(problems) > before:
        return {}
    found: dict[str, Opener] = {}
    for entry in entries:
        place = PurePosixPath(entry.filename)
        # The files that macOS adds beside every file.
        if "__MACOSX" in place.parts or not place.name.casefold().endswith(TABLES) or place.name.startswith("."):
            continue
        name = place.name.casefold()
        if name in found:
            # An entry's name may hold a person's name: the name of an unknown entry is not repeated.
            problems.append(Problem(source.name, "holds two files of one name: keep one of them"))
        found[name] = _entry_opener(archive, entry)
    return found


def _entry_opener(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Opener:
    return lambda: archive.open(entry)


def _wrong_with(entries: list[zipfile.ZipInfo], packed: int) -> Iterator[str]:
    if len(entries) > MOST_ENTRIES:
        yield f"holds more than {MOST_ENTRIES} files: this cannot be a roster"
        return
    total = sum(entry.file_size for entry in entries)
    if total > LARGEST_TOTAL or any(entry.file_size > LARGEST_FILE for entry in entries):
        yield f"would unpack to more than {LARGEST_FILE // 2**20} MiB a file or {LARGEST_TOTAL // 2**30} GiB: no roster does"
    elif total > SMALL and total > MOST_SHRUNK * packed:
        yield f"would unpack to more than {MOST_SHRUNK} times its size: no roster does"
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
