"""One CSV file as checked rows: encoding, header, row lengths and cells, each problem with file and line.

RFC 4180; commas, or the tabs and semicolons that Excel writes. `encodings` says how the bytes are read. No message holds
a cell's value.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
import zipfile
import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache, partial
from itertools import chain
from typing import IO

from dam_plugin.errors import Problem
from dam_plugin.people.formats.encodings import encoding_of

LARGEST_FILE = 64 * 2**20
LARGEST_CELL = 4096
LONGEST_LINE = 2**20
LONGEST_NAME = 60
# More problems of one file than a person would read.
MOST_PROBLEMS = 1000

_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Control characters, line separators and halves of surrogate pairs: in no name, id or date.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# What is left out of a header's spelling where it is compared: `Student ID`, `student_id`, `StudentIDs`.
_BETWEEN_WORDS = re.compile(r"[\W_]+")
# Excel's flags are TRUE and FALSE.
_FLAGS = {"": False, "no": False, "false": False, "yes": True, "true": True}
_DAY = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})(?:T[0-9:.+Z-]*)?")
_AMERICAN_DAY = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
_LEAST_LIKE = 0.7
_MOST_LINES = 5
_CHUNK = 2**16


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one file; every other column is an error, or left alone where the file is `open` to them.

    A column is found in any case and read under the name that stands here. In an open file it is also found without
    regard to blanks, underscores and a final s, which is noted. `passed` are columns that nothing is read from: a
    misspelt one is no loss. `exact` are ids: a control character within one is a mistake, and elsewhere a blank.
    `strangers`: whether columns that are not the file's are noted.
    """

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()
    exact: tuple[str, ...] = ()
    open: bool = False
    strangers: bool = False

    @property
    def all(self) -> tuple[str, ...]:
        """Every column."""
        return self.required + self.optional + self.passed


@dataclass(frozen=True, slots=True)
class Notes:
    """Sentences for the importing person; one about rows has their count and the first lines. None has a cell's value."""

    _rows: dict[str, list[str]] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)

    def say(self, text: str) -> None:
        """Add a sentence, once."""
        self._rows.setdefault(text, [])

    def row(self, name: str, line: str | int, what: str) -> None:
        """Add a line of a file to those of which the sentence `what` is true."""
        lines = self._rows.setdefault(text := f"{name}: {what}", [])
        self._counts[text] = self._counts.get(text, 0) + 1
        if len(lines) < _MOST_LINES:
            lines.append(str(line))

    def told(self) -> tuple[str, ...]:
        """Return the sentences, in the order in which they came up."""
        return tuple(f"{text}{self._lines(text)}" for text in self._rows)

    def _lines(self, text: str) -> str:
        count, lines = self._counts.get(text, 0), self._rows[text]
        return f" ({count} row(s): line {', '.join(lines)}{', …' if count > len(lines) else ''})" if count else ""


@dataclass(frozen=True, slots=True)
class Cells:
    """One row: its cells by column, read as text, day, flag or list; a cell that is wrong becomes a problem."""

    place: str
    values: dict[str, str]
    problems: list[Problem]

    @property
    def line(self) -> int:
        """The line in its file."""
        return int(self.place.rpartition(":")[2])

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

    def any_day(self, column: str) -> date | None:
        """Return the cell as a date, None if it is blank: YYYY-MM-DD, YYYYMMDD or, as American systems have it, M/D/YYYY."""
        try:
            return _day_of(self.text(column))
        except ValueError:
            self.problem(f"{column} is not a date written YYYY-MM-DD or MM/DD/YYYY")
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


def rows(
    file: IO[bytes],
    name: str,
    columns: Columns,
    problems: list[Problem],
    notes: Notes | None = None,
    *,
    delimiter: str | None = None,
) -> Iterator[Cells]:
    """Yield the rows of an open file under its header, one by one; what cannot be read is added to `problems`."""
    notes = Notes() if notes is None else notes
    found = records(file, name, problems, notes, delimiter=delimiter)
    before = len(problems)
    line, header = next(found, (1, None))
    if header is None:
        if len(problems) == before:
            told = f"is empty: the first line names the columns {', '.join(columns.all)}"
            problems.append(Problem(name, told))
        return
    order = _order(header, columns, notes, name)
    if _header_fits(order, f"{name}:{line}", columns, problems):
        yield from _under(order, found, name, problems, notes, columns.exact)


def header_of(file: IO[bytes]) -> tuple[str, ...]:
    """Return the first line's cells in lower case, to recognise a file by; empty if it cannot be read."""
    _, header = next(records(file, "", [], Notes()), (1, None))
    return tuple(cell.strip().casefold() for cell in header or ())


def look_at(file: IO[bytes], name: str, problems: list[Problem]) -> None:
    """Read a table that answers no question, for its damage: half an export is no roster."""
    found = records(file, name, problems)
    _, header = next(found, (1, None))
    for _ in _under(header or [], found, name, problems, Notes(), ()):
        pass


def under(
    order: Sequence[str],
    found: Iterable[tuple[int, list[str]]],
    name: str,
    problems: list[Problem],
    notes: Notes | None = None,
) -> Iterator[Cells]:
    """Yield records as rows with their columns in a known order: for files without a header."""
    return _under(list(order), found, name, problems, Notes() if notes is None else notes, ())


def records(
    file: IO[bytes], name: str, problems: list[Problem], notes: Notes | None = None, *, delimiter: str | None = None
) -> Iterator[tuple[int, list[str]]]:
    """Yield each record with the line it begins on; blank lines are skipped, broken quotes end the file.

    Text that cannot be read for sure ends it too, and so do more problems than a person would read. Without a delimiter
    it is the comma, or the tab or semicolon if the first line has them alone.
    """
    lines = _lines(file, name, Notes() if notes is None else notes)
    first: list[str] = []
    line, before = 1, len(problems)
    try:
        first = [next(lines, "")]
    except Unreadable as unreadable:
        problems.append(Problem(f"{name}:{unreadable.line}", unreadable.message))
        return
    except _DAMAGED:
        problems.append(Problem(f"{name}:{line}", "cannot be read: the file is damaged here; export it again"))
        return
    reader = csv.reader(chain(first, lines), strict=True, delimiter=delimiter or _delimiter(first[0]))
    while len(problems) - before <= MOST_PROBLEMS:
        try:
            record = next(reader, None)
        except Unreadable as unreadable:
            problems.append(Problem(f"{name}:{unreadable.line}", unreadable.message))
            return
        except csv.Error:
            problems.append(Problem(f"{name}:{line}", "has broken quotes or a huge cell; nothing after it was read"))
            return
        except _DAMAGED:
            problems.append(Problem(f"{name}:{line}", "cannot be read: the file is damaged here; export it again"))
            return
        if record is None:
            return
        if max(map(len, record), default=0) > LARGEST_CELL:
            problems.append(Problem(f"{name}:{line}", f"has a cell of more than {LARGEST_CELL} characters"))
        elif any(map(str.strip, record)):
            yield line, record
        line = reader.line_num + 1
    problems.append(Problem(f"{name}:{line}", f"comes after {MOST_PROBLEMS} problems; nothing from here on was read"))


_DAMAGED = (OSError, EOFError, zlib.error, zipfile.BadZipFile)


def _delimiter(line: str) -> str:
    return "," if "," in line else "\t" if "\t" in line else ";" if ";" in line else ","


def close_to(name: str, known: Iterable[str]) -> str | None:
    """Return `; did you mean 'x'?` for the known name most like `name`, None if none is."""
    close = difflib.get_close_matches(name[:LONGEST_NAME], list(known), n=1, cutoff=_LEAST_LIKE)
    return f"; did you mean {close[0]!r}?" if close else None


class Unreadable(Exception):
    """A line that is no text; nothing after it is read."""

    def __init__(self, line: int, message: str) -> None:
        """Take the line, from 1, and the message about it."""
        self.line, self.message = line, message
        super().__init__(message)


def _lines(file: IO[bytes], name: str, notes: Notes) -> Iterator[str]:
    """Yield the lines of a file with their ends, of any kind. The file is never held whole."""
    encoding = encoding_of(file)
    if encoding.note:
        notes.say(f"{name}: {encoding.note}")
    pieces = _wide_lines(file, encoding.name) if encoding.is_wide else _narrow_lines(file, encoding.name)
    for number, line in enumerate(pieces, 1):
        if isinstance(line, bytes):
            raise Unreadable(number, encoding.refusal)
        if len(line) >= LONGEST_LINE:
            raise Unreadable(number, "has broken quotes or a huge cell; nothing after it was read")
        if number == 1 and "\0" in line:
            raise Unreadable(number, "holds NUL bytes: save the file as CSV UTF-8")
        yield line.removeprefix("\ufeff") if number == 1 else line


def _narrow_lines(file: IO[bytes], encoding: str) -> Iterator[str | bytes]:
    """Yield each line as text, one that is none as the bytes it is."""
    rest = b""
    while chunk := file.read(_CHUNK):
        *whole, rest = (rest + chunk).splitlines(keepends=True)
        yield from map(partial(_decoded, encoding=encoding), whole)
        if len(rest) >= LONGEST_LINE:
            break
    if rest:
        yield _decoded(rest, encoding)


def _decoded(line: bytes, encoding: str) -> str | bytes:
    try:
        return line.decode(encoding)
    except UnicodeDecodeError:
        return line


def _wide_lines(file: IO[bytes], encoding: str) -> Iterator[str | bytes]:
    text = io.TextIOWrapper(file, encoding, newline="")
    try:
        while line := text.readline(LONGEST_LINE):
            yield line
    except UnicodeError:
        yield b""
    finally:
        text.detach()


def _under(
    order: list[str],
    found: Iterable[tuple[int, list[str]]],
    name: str,
    problems: list[Problem],
    notes: Notes,
    exact: Collection[str],
) -> Iterator[Cells]:
    for line, record in found:
        if len(record) != len(order):
            problem = f"has {len(record)} cells where the header has {len(order)}: quote cells that hold commas"
            problems.append(Problem(f"{name}:{line}", problem))
            continue
        cells = Cells(f"{name}:{line}", dict(zip(order, map(str.strip, record), strict=True)), problems)
        if _CONTROL.search("".join(cells.values.values())):
            _blank_controls(cells, notes, exact)
        yield cells


def _blank_controls(cells: Cells, notes: Notes, exact: Collection[str]) -> None:
    """Put a blank for each control character: it is in no name. Within an id it might make another person's of it."""
    name, _, line = cells.place.rpartition(":")
    for column, cell in cells.values.items():
        if _CONTROL.search(cell):
            cells.values[column] = told = " ".join(_CONTROL.sub(" ", cell).split())
            if column in exact and " " in told:
                cells.problem(f"{column} holds control characters: remove them")
            else:
                notes.row(name, line, f"a control character in {column} was read as a blank")


def _order(header: list[str], columns: Columns, notes: Notes, file: str) -> list[str]:
    """Return the columns in the file's order, each under the name that we have for it."""
    spelt = {name.casefold(): name for name in columns.all}
    names = [cell.strip().casefold() for cell in header]
    order = [spelt.get(name, name) for name in names]
    if not columns.open:
        return order
    missing = {_folded(name): name for name in columns.all if name not in order}
    for place, name in enumerate(order):
        meant = missing.get(_folded(name)) if name not in columns.all and _folded(name) else None
        if meant is not None and sum(_folded(each) == _folded(name) for each in order) == 1:
            notes.say(f"{file}: the column {name[:LONGEST_NAME]!r} was read as {meant}")
            order[place] = meant
    known = set(columns.all)
    strange = [name[:LONGEST_NAME] for name in order if name not in known and "." not in name]
    if columns.strangers and strange and len(strange) < len(order):
        notes.say(f"{file}: nothing is read from the column(s) {', '.join(map(repr, strange))}")
    return order


def _folded(name: str) -> str:
    return _BETWEEN_WORDS.sub("", name.casefold()).removesuffix("s")


def _header_fits(names: list[str], place: str, columns: Columns, problems: list[Problem]) -> bool:
    """Return whether every column is known, there once, and none that is required is missing."""
    known = set(columns.all)
    if not any(name in known for name in names):
        # Perhaps the file has no header and this is a student: so no message repeats any of it.
        problems.append(Problem(place, f"is no header: the first line names the columns {', '.join(columns.all)}"))
        return False
    before = len(problems)
    missing = [name for name in columns.all if name not in names]
    read = {*columns.required, *columns.optional}
    for index, name in enumerate(names):
        shown = name.casefold()[:LONGEST_NAME]
        if name in names[:index] and (name in read if columns.open else True):
            problems.append(Problem(place, f"column {shown!r} stands twice: keep one of them"))
        elif name not in known and (hint := _unknown(name, missing, columns)):
            problems.append(Problem(place, f"column {shown!r} is not known here{hint}"))
    lacking = [name for name in missing if name in columns.required]
    if lacking:
        problems.append(Problem(place, f"lacks the column {', '.join(map(repr, lacking))}"))
    return len(problems) == before


def _unknown(name: str, missing: list[str], columns: Columns) -> str | None:
    """Return what to say of an unknown column; None if the file is open and no column that is read was meant."""
    if columns.open:
        meant = close_to(name, missing)
        read = close_to(name, [each for each in missing if each not in columns.passed])
        return read if "." not in name and read == meant else None
    return close_to(name, columns.all) or f"; the columns are {', '.join(columns.all)}"


@lru_cache(maxsize=16_384)
def _day_of(text: str) -> date | None:
    """Return a day as `any_day` takes it: the students of a large roster share their birth dates. Raises ValueError."""
    iso, american = _DAY.fullmatch(text), _AMERICAN_DAY.fullmatch(text)
    year, month, day = iso.groups() if iso else (american[3], american[1], american[2]) if american else ("", "", "")
    return date(int(year), int(month), int(day)) if text else None
