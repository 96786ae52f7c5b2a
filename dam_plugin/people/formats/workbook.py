"""A sheet of an Excel workbook (.xlsx) as the CSV text that the other readers take, made row by row while it is read.

openpyxl reads it, with defusedxml beneath it: values alone, no formula is computed, no link followed, no macro looked at. A
day is written YYYY-MM-DD, and a number as its format shows it where that has leading zeros.
"""

from __future__ import annotations

import csv
import io
import os
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, time
from typing import IO, Any, Final
from xml.etree.ElementTree import ParseError

from dam_plugin.people.formats.csv_table import Unreadable
from dam_plugin.people.formats.zip_limits import WORKBOOK, wrong_with

ENDING: Final = ".xlsx"
# Excel has no more rows. A sheet that says so of its columns is one of a few that are blank far to the right.
MOST_ROWS, MOST_COLUMNS = 2**20, 512
MOST_SHEETS = 64
_LONGEST_AREA, _LONGEST_TITLE = 20, 40
# Merged cells that are in the first row alone.
_ONLY_HEADER = re.compile(r"[A-Z]+1(:[A-Z]+1)?")
_OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0"
_SAVE = "save it in Excel as .xlsx without a password, or as CSV UTF-8"


class NoWorkbook(Exception):
    """A file that is no workbook that can be read; the message is the end of a sentence."""


def sheets_of(file: IO[bytes], packed: int) -> tuple[str, ...]:
    """Return the titles of the sheets that have anything in them. Raises NoWorkbook."""
    with _reading():
        workbook = _load(file, packed)
        try:
            filled = [sheet for sheet in workbook.worksheets if _has_rows(sheet)]
            for sheet in filled:
                _check_cells(workbook, sheet)
            return tuple(sheet.title for sheet in filled)
        finally:
            workbook.close()


@contextmanager
def sheet_as_csv(file: IO[bytes], packed: int, title: str) -> Iterator[IO[bytes]]:
    """Give a sheet as an open CSV file in UTF-8. Raises NoWorkbook."""
    with _reading():
        workbook = _load(file, packed)
        sheet = workbook[title]
    try:
        with io.BufferedReader(_Sheet(sheet)) as text:
            yield text
    finally:
        workbook.close()


def file_names(titles: tuple[str, ...], stem: str) -> Mapping[str, str]:
    """Return the CSV file that each sheet stands for: the workbook's name for a single sheet, else the sheets' own names."""
    if len(titles) == 1:
        return {f"{stem.casefold()}.csv": titles[0]}
    return {f"{title.strip().casefold().removesuffix('.csv')}.csv": title for title in titles}


def _load(file: IO[bytes], packed: int) -> Any:  # noqa: ANN401 - openpyxl has no types
    # Where lxml is installed (the extra `saml`), openpyxl would read a part with it, which accepts what defusedxml refuses.
    os.environ["OPENPYXL_LXML"] = "False"
    import openpyxl  # noqa: PLC0415 - it takes a tenth of a second, and few rosters are workbooks

    start = file.read(4)
    file.seek(0)
    if start == _OLD_OR_LOCKED:
        raise NoWorkbook(f"is an old Excel file or has a password: {_SAVE}")
    with zipfile.ZipFile(file) as archive:
        for wrong in wrong_with(archive.infolist(), packed, WORKBOOK):
            raise NoWorkbook(wrong)
        if any(_COMMENTS.match(each) for each in archive.namelist()):
            raise NoWorkbook(
                "has comments or notes on cells, which nothing reads: write what they say into a column, delete them, and save "
                "it"
            )
    file.seek(0)
    with warnings.catch_warnings():
        # Of styles and extensions that openpyxl does not know.
        warnings.simplefilter("ignore")
        workbook = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
    for sheet in workbook.worksheets:
        # Programs write the extent of a sheet that was once true; Excel does not ask for it.
        sheet.reset_dimensions()
    if len(workbook.worksheets) > MOST_SHEETS:
        workbook.close()
        raise NoWorkbook(f"has more than {MOST_SHEETS} sheets: this cannot be a roster")
    return workbook


@contextmanager
def _reading() -> Iterator[None]:
    """Turn whatever a damaged or hostile workbook makes openpyxl say into one sentence."""
    try:
        yield
    except _BROKEN as error:
        raise NoWorkbook(f"is no Excel workbook that can be read: {_SAVE}") from error


# defusedxml's refusals of entities and external references are ValueErrors.
_SHARED_TEXTS = "xl/sharedStrings.xml"
_UNSTRIKE = "write what holds now, without the line, and save it"
_COMMENTS = re.compile(r"xl/(?:comments|threadedcomments)", re.IGNORECASE)
_BROKEN = (
    zipfile.BadZipFile, zlib.error, ParseError, KeyError, ValueError, TypeError, IndexError, AttributeError, EOFError, OSError,
    NotImplementedError, OverflowError,
)  # fmt: skip


def _check_cells(workbook: Any, sheet: Any) -> None:  # noqa: ANN401 - openpyxl has no types
    """Raise NoWorkbook for what Excel shows in a cell and the file does not say of it.

    Of merged cells the first alone has a value, and a formula has one once Excel has worked it out and saved it.
    """
    from defusedxml.ElementTree import iterparse  # noqa: PLC0415 - few rosters are workbooks

    struck = _struck_through(workbook)
    if _SHARED_TEXTS in workbook._archive.namelist():  # noqa: SLF001
        with workbook._archive.open(_SHARED_TEXTS) as source:  # noqa: SLF001
            if any(element.tag.endswith("}strike") for _, element in iterparse(source)):
                raise NoWorkbook(f"has words that are struck through: {_UNSTRIKE}")
    # openpyxl gives neither for a sheet that is read row by row.
    with workbook._archive.open(sheet._worksheet_path) as source:  # noqa: SLF001
        for _, element in iterparse(source):
            name = element.tag.rpartition("}")[2]
            if name == "mergeCell" and not _ONLY_HEADER.fullmatch(area := element.get("ref", "")):
                raise NoWorkbook(
                    f"has merged cells ({area[:_LONGEST_AREA]}) in sheet {sheet.title[:_LONGEST_TITLE]!r}, of which the first "
                    "alone has a value: unmerge them, write the value into each row, and save it"
                )
            is_struck = element.get("s") in struck and len(element) > 0
            if name == "c" and (is_struck or element.find(".//{*}strike") is not None):
                raise NoWorkbook(
                    f"has a cell that is struck through ({element.get('r', '?')[:_LONGEST_AREA]}) in sheet "
                    f"{sheet.title[:_LONGEST_TITLE]!r}: {_UNSTRIKE}"
                )
            # A text that a formula came to may be empty.
            if (
                name == "c"
                and element.get("t") != "str"
                and element.find("{*}f") is not None
                and not element.findtext("{*}v")
            ):
                raise NoWorkbook(
                    f"has a formula without a result (cell {element.get('r', '?')[:_LONGEST_AREA]}) in sheet "
                    f"{sheet.title[:_LONGEST_TITLE]!r}: open it in Excel, and save it there"
                )
            if name == "row":
                element.clear()


def _struck_through(workbook: Any) -> frozenset[str]:  # noqa: ANN401 - openpyxl has no types
    """Return the numbers of the styles by which Excel strikes through a cell."""
    fonts = workbook._fonts  # noqa: SLF001 - openpyxl gives no styles of a sheet that is read row by row
    styles = enumerate(workbook._cell_styles)  # noqa: SLF001
    return frozenset(str(number) for number, style in styles if fonts[style.fontId].strike)


def _has_rows(sheet: Any) -> bool:  # noqa: ANN401 - openpyxl has no types
    return any(
        value is not None
        for row in sheet.iter_rows(max_row=20, max_col=MOST_COLUMNS, values_only=True)
        for value in row
    )


class _Sheet(io.RawIOBase):
    """The rows of a sheet as CSV bytes; it can be read again from its beginning alone."""

    def __init__(self, sheet: Any) -> None:  # noqa: ANN401
        self._sheet = sheet
        self._begin()

    def _begin(self) -> None:
        self._rows, self._rest, self._at = self._lines(), b"\xef\xbb\xbf", 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if (offset, whence) == (0, io.SEEK_CUR):
            return self._at
        if (offset, whence) != (0, io.SEEK_SET):
            raise io.UnsupportedOperation("a sheet can be read again from its beginning alone")
        self._begin()
        return 0

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401
        while not self._rest:
            line = next(self._rows, None)
            if line is None:
                return 0
            self._rest = line
        taken = self._rest[: len(buffer)]
        buffer[: len(taken)] = taken
        self._rest = self._rest[len(taken) :]
        self._at += len(taken)
        return len(taken)

    def _lines(self) -> Iterator[bytes]:
        number = 1
        try:
            for line in self._written():
                yield line
                number += 1
        except _BROKEN:
            raise Unreadable(number, "is no row of Excel's that can be read: save the workbook again") from None

    def _written(self) -> Iterator[bytes]:
        width = 0
        for number, row in enumerate(self._sheet.iter_rows(max_col=MOST_COLUMNS), 1):
            if number > MOST_ROWS:
                raise Unreadable(number, "is behind the last row that Excel has: nothing from here on was read")
            cells = [_text(cell, number) for cell in row]
            while cells and not cells[-1]:
                cells.pop()
            # The header says how many columns there are; blank cells at a row's end are left out of the file.
            width = width or len(cells)
            out = io.StringIO()
            csv.writer(out, lineterminator="\n").writerow([*cells, *[""] * (width - len(cells))])
            # A blank row keeps the number of the rows below it.
            yield out.getvalue().encode("utf-8", "replace") if any(cells) else b"\n"


def _text(cell: Any, row: int) -> str:  # noqa: ANN401
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "e":
        raise Unreadable(row, "has an error of Excel's in a cell (such as #N/A or #REF!): correct it")
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int):
        zeros = str(cell.number_format or "")
        return str(value).zfill(len(zeros)) if zeros and not zeros.strip("0") else str(value)
    return " ".join(str(value).splitlines()) if "\n" in str(value) or "\r" in str(value) else str(value)
