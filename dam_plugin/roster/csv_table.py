"""One CSV file as checked rows: encoding, header, row lengths and cells, each problem with file and line.

RFC 4180, UTF-8 with or without a byte order mark. No message holds a cell's value.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from dam_plugin.errors import Problem

LARGEST_FILE = 64 * 2**20
LARGEST_CELL = 4096

_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Control characters, line separators and halves of surrogate pairs: in no name, id or date.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_FLAGS = {"": False, "no": False, "yes": True}
_LEAST_LIKE = 0.7


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one file; every other column is an error."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()

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
        """Return the cell without the spaces around it, empty where the column is left out."""
        return self.values.get(column, "")

    def day(self, column: str, *, required: bool = False) -> date | None:
        """Return the cell as a date, None where it is blank; a blank one that is required is a problem."""
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
    text = _text(path, name, problems)
    if text is None:
        return []
    records = _records(text, name, problems)
    line, header = next(records, (1, None))
    if header is None:
        problems.append(Problem(name, f"is empty: the first line names the columns {', '.join(columns.all)}"))
        return []
    if not _header_fits(header, f"{name}:{line}", columns, problems):
        return []
    order = [cell.strip().casefold() for cell in header]
    rows = []
    for line, record in records:
        if len(record) != len(order):
            problem = f"has {len(record)} cells where the header has {len(order)}: quote cells that hold commas"
            problems.append(Problem(f"{name}:{line}", problem))
            continue
        cells = Cells(f"{name}:{line}", dict(zip(order, map(str.strip, record), strict=True)), problems)
        for column, cell in cells.values.items():
            if _CONTROL.search(cell):
                cells.problem(f"{column} holds control characters: remove them")
        rows.append(cells)
    return rows


def close_to(name: str, known: Iterable[str]) -> str | None:
    """Return `; did you mean 'x'?` for the known name most like `name`, None where none is."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=_LEAST_LIKE)
    return f"; did you mean {close[0]!r}?" if close else None


def _text(path: Path, name: str, problems: list[Problem]) -> str | None:
    if not path.is_file():
        problems.append(Problem(name, "is no file: put the CSV file there"))
        return None
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        problems.append(Problem(name, f"cannot be read: {error.strerror}"))
        return None
    if len(data) > LARGEST_FILE:
        problems.append(Problem(name, f"is larger than {LARGEST_FILE // 2**20} MiB: this cannot be a roster"))
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problems.append(Problem(f"{name}:{line}", "is not UTF-8 text: save the file as CSV UTF-8"))
        return None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        problems.append(Problem(f"{name}:{line}", "holds a NUL byte: save the file as CSV UTF-8"))
        return None
    return text


def _records(text: str, name: str, problems: list[Problem]) -> Iterator[tuple[int, list[str]]]:
    """Yield each record with the line it begins on; blank lines are skipped, broken quotes end the file."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    while True:
        try:
            record = next(reader, None)
        except csv.Error:
            problems.append(Problem(f"{name}:{line}", "has broken quotes or a huge cell; nothing after it was read"))
            return
        if record is None:
            return
        if any(len(cell) > LARGEST_CELL for cell in record):
            problems.append(Problem(f"{name}:{line}", f"has a cell of more than {LARGEST_CELL} characters"))
        elif any(cell.strip() for cell in record):
            yield line, record
        line = reader.line_num + 1


def _header_fits(header: list[str], place: str, columns: Columns, problems: list[Problem]) -> bool:
    """Return whether every column is known, there once, and none that is required is missing."""
    names = [cell.strip().casefold() for cell in header]
    if not any(name in columns.all for name in names):
        # Perhaps there is no header and this is a student: so nothing of it is repeated.
        problems.append(Problem(place, f"is no header: the first line names the columns {', '.join(columns.all)}"))
        return False
    before = len(problems)
    for index, name in enumerate(names):
        if name not in columns.all:
            hint = close_to(name, columns.all) or f"; the columns are {', '.join(columns.all)}"
            problems.append(Problem(place, f"column {name!r} is not known here{hint}"))
        elif name in names[:index]:
            problems.append(Problem(place, f"column {name!r} stands twice: keep one of them"))
    missing = [name for name in columns.required if name not in names]
    if missing:
        problems.append(Problem(place, f"lacks the column {', '.join(map(repr, missing))}"))
    return len(problems) == before
