"""One CSV file as checked rows: encoding, header, row lengths and cells, each problem with file and line.

RFC 4180, UTF-8 with or without a byte order mark. No message holds a cell's value.
"""

from __future__ import annotations

import codecs
import csv
import difflib
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO

from dam_plugin.errors import Problem

LARGEST_FILE = 64 * 2**20
LARGEST_CELL = 4096
LONGEST_LINE = 2**20
LONGEST_NAME = 60
# More problems of one file than a person would read.
MOST_PROBLEMS = 1000

_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Control characters, line separators and halves of surrogate pairs: in no name, id or date.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# A line end of its own: a return without a line feed after it.
_RETURN = re.compile(r"(?<=\r)(?!\n)(?=.)", re.DOTALL)
_FLAGS = {"": False, "no": False, "yes": True}
_LEAST_LIKE = 0.7


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one file; every other column is an error, or left alone where the file is `open` to them.

    A column is found in any case and read under the name that stands here.
    """

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    open: bool = False

    @property
    def all(self) -> tuple[str, ...]:
        """Every column."""
        return self.required + self.optional


@dataclass(frozen=True, slots=True)
class Cells:
    """One row: its cells by column, read as text, day, flag or list; a cell that is wrong becomes a problem."""

    place: str
    values: dict[str, str]
    problems: list[Problem]

    def problem(self, message: str) -> None:
        """Add a problem of this row."""
        self.problems.append(Problem(self.place, message))

    def text(self, column: str) -> str:
        """Return the cell without the spaces around it, empty if the column is left out."""
        return self.values.get(column, "")

    def day(self, column: str, *, required: bool = False) -> date | None:
        """Return the cell as a date, None if it is blank; a blank one that is required is a problem."""
        text = self.text(column)
        if not text:
            if required:
                self.problem(f"{column} is blank: it must be a date written YYYY-MM-DD")
            return None
        try:
            # fromisoformat alone would take weeks and dates without hyphens too.
            return date.fromisoformat(text if _ISO_DATE.fullmatch(text) else "")
        except ValueError:
            samples = "; the sample roster is imported with --sample-dates" if text.startswith("today") else ""
            self.problem(f"{column} is not a date written YYYY-MM-DD{samples}")
            return None

    def flag(self, column: str) -> bool:
        """Return the cell as yes or no; blank is no."""
        flag = _FLAGS.get(self.text(column).casefold())
        if flag is None:
            self.problem(f"{column} is neither yes nor no")
        return bool(flag)

    def list(self, column: str) -> tuple[str, ...]:
        """Return the parts of the cell between semicolons, without blank ones, each once."""
        parts = (part.strip() for part in self.text(column).split(";"))
        return tuple(dict.fromkeys(part for part in parts if part))

    def limit(self, column: str) -> tuple[str, ...] | None:
        """Return the parts of the cell, None (all) where it is blank; semicolons alone are a problem."""
        parts = self.list(column)
        if not parts and self.text(column):
            self.problem(f"{column} names nothing: leave it blank for all")
        return parts or None


def read_table(path: Path, name: str, columns: Columns, problems: list[Problem]) -> list[Cells]:
    """Return the rows of a file under its header; what cannot be read is added to `problems` and left out."""
    if not path.is_file():
        problems.append(Problem(name, "is no file: put the CSV file there"))
        return []
    try:
        with path.open("rb") as file:
            if path.stat().st_size > LARGEST_FILE:
                problems.append(Problem(name, f"is larger than {LARGEST_FILE // 2**20} MiB: this cannot be a roster"))
                return []
            return list(rows(file, name, columns, problems))
    except OSError as error:
        problems.append(Problem(name, f"cannot be read: {error.strerror}"))
        return []


def rows(
    file: IO[bytes], name: str, columns: Columns, problems: list[Problem], *, delimiter: str = ","
) -> Iterator[Cells]:
    """Yield the rows of an open file under its header, one by one; what cannot be read is added to `problems`."""
    found = records(file, name, problems, delimiter=delimiter)
    before = len(problems)
    line, header = next(found, (1, None))
    if header is None:
        if len(problems) == before:
            told = f"is empty: the first line names the columns {', '.join(columns.all)}"
            problems.append(Problem(name, told))
        return
    if _header_fits(header, f"{name}:{line}", columns, problems):
        yield from _under(_order(header, columns), found, name, problems)


def under(
    order: Sequence[str], found: Iterable[tuple[int, list[str]]], name: str, problems: list[Problem]
) -> Iterator[Cells]:
    """Yield records as rows with their columns in a known order: for files without a header."""
    return _under(list(order), found, name, problems)


def records(
    file: IO[bytes], name: str, problems: list[Problem], *, delimiter: str = ","
) -> Iterator[tuple[int, list[str]]]:
    """Yield each record with the line it begins on; blank lines are skipped, broken quotes end the file.

    Text that is not UTF-8 ends it too, and so do more problems than a person would read.
    """
    reader = csv.reader(_lines(file), strict=True, delimiter=delimiter)
    line, before = 1, len(problems)
    while len(problems) - before <= MOST_PROBLEMS:
        try:
            record = next(reader, None)
        except _Unreadable as unreadable:
            problems.append(Problem(f"{name}:{unreadable.line}", unreadable.message))
            return
        except csv.Error:
            problems.append(Problem(f"{name}:{line}", "has broken quotes or a huge cell; nothing after it was read"))
            return
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile):
            problems.append(Problem(f"{name}:{line}", "cannot be read: the file is damaged here; export it again"))
            return
        if record is None:
            return
        if any(len(cell) > LARGEST_CELL for cell in record):
            problems.append(Problem(f"{name}:{line}", f"has a cell of more than {LARGEST_CELL} characters"))
        elif any(cell.strip() for cell in record):
            yield line, record
        line = reader.line_num + 1
    problems.append(Problem(f"{name}:{line}", f"comes after {MOST_PROBLEMS} problems; nothing from here on was read"))


def close_to(name: str, known: Iterable[str]) -> str | None:
    """Return `; did you mean 'x'?` for the known name most like `name`, None if none is."""
    close = difflib.get_close_matches(name[:LONGEST_NAME], list(known), n=1, cutoff=_LEAST_LIKE)
    return f"; did you mean {close[0]!r}?" if close else None


class _Unreadable(Exception):
    """A line that is no text; nothing after it is read."""

    def __init__(self, line: int, message: str) -> None:
        self.line, self.message = line, message
        super().__init__(message)


def _lines(file: IO[bytes]) -> Iterator[str]:
    """Yield the lines of a file with their ends, of any kind. The file is never held whole."""
    number = 0
    while raw := file.readline(LONGEST_LINE):
        number += 1
        if number == 1:
            if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                raise _Unreadable(number, "is not UTF-8 text but UTF-16: save the file as CSV UTF-8")
            raw = raw.removeprefix(codecs.BOM_UTF8)
        if len(raw) >= LONGEST_LINE:
            raise _Unreadable(number, "has broken quotes or a huge cell; nothing after it was read")
        try:
            line = raw.decode()
        except UnicodeDecodeError:
            raise _Unreadable(number, "is not UTF-8 text: save the file as CSV UTF-8") from None
        if "\0" in line:
            raise _Unreadable(number, "holds a NUL byte: save the file as CSV UTF-8")
        parts = _RETURN.split(line) if "\r" in line else [line]
        number += len(parts) - 1
        yield from parts


def _under(
    order: list[str], found: Iterable[tuple[int, list[str]]], name: str, problems: list[Problem]
) -> Iterator[Cells]:
    for line, record in found:
        if len(record) != len(order):
            problem = f"has {len(record)} cells where the header has {len(order)}: quote cells that hold commas"
            problems.append(Problem(f"{name}:{line}", problem))
            continue
        cells = Cells(f"{name}:{line}", dict(zip(order, map(str.strip, record), strict=True)), problems)
        if _CONTROL.search("".join(cells.values.values())):
            for column, cell in cells.values.items():
                if _CONTROL.search(cell):
                    cells.problem(f"{column} holds control characters: remove them")
        yield cells


def _order(header: list[str], columns: Columns) -> list[str]:
    spelt = {name.casefold(): name for name in columns.all}
    return [spelt.get(name, name) for name in (cell.strip().casefold() for cell in header)]


def _header_fits(header: list[str], place: str, columns: Columns, problems: list[Problem]) -> bool:
    """Return whether every column is known, there once, and none that is required is missing."""
    known = {name.casefold(): name for name in columns.all}
    names = [cell.strip().casefold() for cell in header]
    if not any(name in known for name in names):
        # Perhaps the file has no header and this is a student: so no message repeats any of it.
        problems.append(Problem(place, f"is no header: the first line names the columns {', '.join(columns.all)}"))
        return False
    before = len(problems)
    missing = [known[name] for name in known if name not in names]
    for index, name in enumerate(names):
        if name in names[:index] and (name in known or not columns.open):
            problems.append(Problem(place, f"column {name[:LONGEST_NAME]!r} stands twice: keep one of them"))
        elif name not in known and (hint := _unknown(name, missing, columns)):
            problems.append(Problem(place, f"column {name[:LONGEST_NAME]!r} is not known here{hint}"))
    lacking = [name for name in missing if name in columns.required]
    if lacking:
        problems.append(Problem(place, f"lacks the column {', '.join(map(repr, lacking))}"))
    return len(problems) == before


def _unknown(name: str, missing: list[str], columns: Columns) -> str | None:
    """Return what to say of an unknown column; None if the file is open and no column that is missing was meant."""
    if columns.open:
        return None if "." in name else close_to(name, missing)
    return close_to(name, columns.all) or f"; the columns are {', '.join(columns.all)}"
