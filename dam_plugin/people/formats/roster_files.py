"""A roster's files, in a folder or a ZIP: found by name in any case, opened one by one, nothing unpacked to disk.

A ZIP is refused before it is read if it could fill the memory, names a place outside itself or holds another archive.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from dam_plugin.errors import Problem
from dam_plugin.people.formats.workbook import ENDING, NoWorkbook, file_names, sheet_as_csv, sheets_of
from dam_plugin.people.formats.zip_limits import LARGEST_FILE, wrong_with

# The names of a roster's files. Other files beside them (images, a letter) are ignored.
TABLES = (".csv", ".txt", ENDING)

Opener = Callable[[], AbstractContextManager[IO[bytes]]]


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a roster by name in lower case; `name` is that of the folder or ZIP."""

    name: str
    openers: Mapping[str, Opener]
    # The names as they are written in a folder. A ZIP's names may be anybody's, and are not repeated.
    spelt: Mapping[str, str] = field(default_factory=dict)

    def shown(self, name: str) -> str:
        """Return the name that a message may have for a file."""
        return self.spelt.get(name, self.name)

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
        found = _in_folder(source, problems)
        yield Files(source.name, found, {each.name.casefold(): each.name for each in source.iterdir()})
        return
    if source.name.casefold().endswith(ENDING):
        yield Files(
            source.name,
            _in_workbook(_Workbook(source.name, source.stem, source.stat().st_size), _opener(source), problems),
        )
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
    for path in sorted(folder.iterdir()):
        name = path.name.casefold()
        if not name.endswith(TABLES) or name.startswith(("~$", ".")):
            # Excel keeps a file of its own beside a workbook that is open.
            continue
        if not path.is_file():
            problems.append(Problem(path.name, "is no file: put the CSV file there"))
            continue
        if name in found:
            problems.append(Problem(path.name, "stands twice in the folder: keep one of them"))
        elif path.stat().st_size > LARGEST_FILE:
            problems.append(Problem(path.name, f"is larger than {LARGEST_FILE // 2**20} MiB: this cannot be a roster"))
        elif name.endswith(ENDING):
            _add_sheets(found, _Workbook(path.name, path.stem, path.stat().st_size), _opener(path), problems)
        else:
            found[name] = _opener(path)
    return found


@dataclass(frozen=True, slots=True)
class _Workbook:
    """A workbook: its name in messages, its own name without the ending, and its size."""

    name: str
    stem: str
    size: int


def _add_sheets(found: dict[str, Opener], book: _Workbook, opener: Opener, problems: list[Problem]) -> None:
    for each, sheet in _in_workbook(book, opener, problems).items():
        if each in found:
            problems.append(Problem(book.name, "has a sheet of the same name as another file: keep one of them"))
        found[each] = sheet


def _in_workbook(book: _Workbook, opener: Opener, problems: list[Problem]) -> dict[str, Opener]:
    """Return the sheets of a workbook as CSV files; no title of a sheet stands in a message."""
    try:
        with opener() as file:
            titles = sheets_of(file, book.size)
    except NoWorkbook as wrong:
        problems.append(Problem(book.name, str(wrong)))
        return {}
    return {each: _sheet(opener, book.size, title) for each, title in file_names(titles, book.stem).items()}


def _sheet(opener: Opener, packed: int, title: str) -> Opener:
    @contextmanager
    def opened() -> Iterator[IO[bytes]]:
        with opener() as file, sheet_as_csv(file, packed, title) as text:
            yield text

    return opened


def _opener(path: Path) -> Opener:
    return lambda: path.open("rb")


def _in_archive(archive: zipfile.ZipFile, source: Path, problems: list[Problem]) -> dict[str, Opener]:
    entries = [each for each in archive.infolist() if not each.is_dir()]
    before = len(problems)
    problems += [Problem(source.name, wrong) for wrong in wrong_with(entries, source.stat().st_size)]
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
        if name.endswith(ENDING):
            book = _Workbook(source.name, place.stem, entry.file_size)
            _add_sheets(found, book, _entry_opener(archive, entry), problems)
        else:
            found[name] = _entry_opener(archive, entry)
    return found


def _entry_opener(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Opener:
    return partial(archive.open, entry)
