"""The publisher's list of pages: which file of a set is printed on which page. Problems name the line.

CSV with the columns `page` and `file`, in this order where no header says otherwise; commas, tabs or semicolons between
them. No message holds a cell's value.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from dam_plugin.errors import InputError, Problem
from dam_plugin.people.formats.csv_table import records

NAME = "page list"
"""The list's name in a problem: its own file name may hold anything."""
LARGEST_LIST = 8 * 2**20
MOST_LINES = 100_000
LONGEST_PAGE = 40
LONGEST_FILE = 255
_SEPARATORS = "\t;,"
_PAGE, _FILE = ("page", "pages"), ("file", "files", "file name", "filename", "image", "image file name")


@dataclass(frozen=True, slots=True)
class Pages:
    """Which pages each file is on, as the list has it; `problems` are of its lines, in their order."""

    listed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def of(self, path: str) -> tuple[str, ...]:
        """Return the pages that a file of a set is on, named by its path or by its last part, in the list's order."""
        return tuple(dict.fromkeys(page for name in _names(path) for page in self.listed.get(name, ())))

    def against(self, paths: Iterable[str]) -> tuple[Problem, ...]:
        """Return every problem: those of the lines, and the files that the set of these paths does not have, or twice."""
        found: dict[str, int] = {}
        for path in paths:
            for name in _names(path):
                if name in self.lines:
                    found[name] = found.get(name, 0) + 1
        others = [
            (
                line,
                "names no file of the set" if not found.get(name) else "names several files of the set: give the path",
            )
            for name, line in self.lines.items()
            if found.get(name, 0) != 1
        ]
        return (*self.problems, *(_problem(line, message) for line, message in sorted(others)))


def read_pages(path: Path) -> Pages:
    """Read the list in a file. Raises InputError for a file that is no such list: too large, no text, nothing in it."""
    try:
        if not path.is_file():
            raise InputError("the page list is no file: give the CSV file of the publisher's pages")
        with path.open("rb") as file:
            data = file.read(LARGEST_LIST + 1)
    except OSError as error:
        raise InputError(f"the page list cannot be read: {error.strerror}") from None
    return pages_of(data)


def pages_of(data: bytes) -> Pages:
    """Return the list in the bytes of a file; raises as `read_pages` does."""
    if len(data) > LARGEST_LIST:
        raise InputError(f"the page list is larger than {LARGEST_LIST // 2**20} MiB: this is no list of pages")
    problems: list[Problem] = []
    listed: dict[str, list[str]] = {}
    lines: dict[str, int] = {}
    for count, (line, page, name) in enumerate(_lines(data, problems)):
        if count >= MOST_LINES:
            raise InputError(f"the page list has more than {MOST_LINES:,} lines: this is no list of pages")
        pages = listed.setdefault(name, [])
        if page in pages:
            problems.append(_problem(line, "says again what an earlier line says: remove it"))
            continue
        pages.append(page)
        lines.setdefault(name, line)
    if not listed:
        told = f": {problems[0]}" if problems else ""
        raise InputError(f"the page list names no file of a page{told}; each line has a page and a file")
    return Pages({name: tuple(pages) for name, pages in listed.items()}, lines, tuple(problems))


def _lines(data: bytes, problems: list[Problem]) -> Iterator[tuple[int, str, str]]:
    """Yield line, page and file of each line that can be read; the others become problems."""
    order: tuple[int, int] | None = None
    width = 0
    for line, record in records(BytesIO(data), NAME, problems, delimiter=_separator(data)):
        cells = [each.strip() for each in record]
        if order is None:
            header = _header(cells)
            order, width = header or (0, 1), len(cells) if header else 2
            if header:
                continue
        if len(cells) != width:
            problems.append(_problem(line, f"has {len(cells)} cells and not {width}: quote what holds the separator"))
            continue
        page, name = cells[order[0]], _folded(cells[order[1]])
        fault = _fault(page, name)
        if fault:
            problems.append(_problem(line, fault))
            continue
        yield line, page, name


def _separator(data: bytes) -> str:
    # The first line that is not blank shows the delimiter.
    first = next((each for each in data[: 2**16].splitlines() if each.strip()), b"")
    return next((each for each in _SEPARATORS if each.encode() in first), ",")


def _header(cells: Sequence[str]) -> tuple[int, int] | None:
    """Return where page and file stand in a header; None if the line is none."""
    names = [each.casefold() for each in cells]
    page = next((place for place, each in enumerate(names) if each in _PAGE), None)
    file = next((place for place, each in enumerate(names) if each in _FILE), None)
    return None if page is None or file is None else (page, file)


def _fault(page: str, name: str) -> str | None:
    if not page:
        return "has no page"
    if not name:
        return "has no file"
    if len(page) > LONGEST_PAGE:
        return f"has a page of more than {LONGEST_PAGE} characters"
    if len(name) > LONGEST_FILE:
        return f"has a file of more than {LONGEST_FILE} characters"
    if any(unicodedata.category(each) in ("Cc", "Cf", "Cs", "Zl", "Zp") for each in page + name):
        return "holds control characters or invisible ones: remove them"
    return None


def _names(path: str) -> tuple[str, ...]:
    """Return the names by which a list may refer to a file: its path, or the last part of it."""
    folded = _folded(path)
    return tuple(dict.fromkeys((folded, folded.rpartition("/")[2])))


def _folded(name: str) -> str:
    return name.replace("\\", "/").removeprefix("./").casefold()


def _problem(line: int, message: str) -> Problem:
    return Problem(f"{NAME}:{line}", message)
