"""Rosters as Excel workbooks: sheets, dates and numbers as Excel keeps them, and workbooks that are made to do harm."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from command_line import call
from district import District
from made_exports import Adult, Pupil, sync_1
from made_rosters import write, zipped
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from dam_plugin.errors import Problem, RosterError
from dam_plugin.model import StudentRecord
from dam_plugin.people.formats.roster_files import roster_files
from dam_plugin.people.formats.sources import RosterReader
from dam_plugin.people.mapping import RosterMapping, read_mapping
from dam_plugin.people.roster import RosterImport
from dam_plugin.pseudonyms import Pseudonyms

PSEUDONYMS = Pseudonyms("k" * 32)
TODAY = date(2026, 11, 25)
MAPPING = read_mapping(
    b"students: {student_id: Nr, given_name: First, family_name: Last, born: {column: DOB, format: MM/DD/YYYY}}",
    "m.yaml",
)
ONLY_NAMES = read_mapping(b"students: {student_id: Nr, given_name: First}", "m.yaml")
HEADER = ("Nr", "First", "Last", "DOB")
PUPILS = (Pupil("1001", "Ada", "Quill", beside=(("p1", "parent"),)),)
ADULTS = (Adult("p1", "Ruth", "Quill"),)
# Excel's days have no time zone.
MIDNIGHT = datetime(2013, 3, 1)  # noqa: DTZ001
Sheets = dict[str, list[tuple[Any, ...]]]


def workbook(sheets: Sheets) -> bytes:
    """Return a workbook with these sheets; a cell may be (value, number format)."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for number, row in enumerate(rows, 1):
            for column, value in enumerate(row, 1):
                cell = sheet.cell(number, column)
                cell.value, shown = value if isinstance(value, tuple) else (value, None)
                cell.number_format = shown or cell.number_format
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def edited(book: bytes, *changes: bytes) -> bytes:
    """Return a workbook with texts of its first sheet's XML replaced, each by the next."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            for old, new in zip(changes[::2], changes[1::2], strict=True) if name.endswith("sheet1.xml") else ():
                content = content.replace(old, new)
            target.writestr(name, content)
    return out.getvalue()


def of_csv(files: dict[str, str]) -> Sheets:
    """Return CSV files as sheets of their names."""
    return {
        name.removesuffix(".csv"): [tuple(line.split(",")) for line in text.splitlines()]
        for name, text in files.items()
    }


def read(source: Path, mapping: RosterMapping = MAPPING) -> RosterImport:
    return RosterReader(PSEUDONYMS, {}, TODAY, mapping).read(source)


def problems(source: Path, mapping: RosterMapping = MAPPING) -> list[str]:
    with pytest.raises(RosterError) as caught:
        read(source, mapping)
    return [str(each) for each in caught.value.problems]


def one(rows: list[tuple[Any, ...]], folder: Path) -> StudentRecord:
    path = folder / "list.xlsx"
    path.write_bytes(workbook({"Sheet1": [HEADER, *rows]}))
    (student,) = read(path).students
    return student


def test_a_workbook_with_a_mapping_reads_as_its_csv(tmp_path: Path) -> None:
    ada = one([(1001, "Ada", "Quill", MIDNIGHT)], tmp_path)
    (tmp_path / "list.csv").write_text("Nr,First,Last,DOB\n1001,Ada,Quill,03/01/2013\n")
    assert read(tmp_path / "list.csv").students == (ada,)


@pytest.mark.parametrize(
    ("value", "number"),
    [(1001, "1001"), (1001.0, "1001"), ((1001, "00000"), "01001"), ("01001", "01001"), ("  7 ", "7")],
    ids=["whole", "as a fraction", "format with zeros", "text", "blanks"],
)
def test_a_number_is_read_as_excel_shows_it(tmp_path: Path, value: Any, number: str) -> None:
    assert one([(value, "Ada", "Quill", None)], tmp_path).roster_id == number


@pytest.mark.parametrize("value", [(date(2013, 3, 1), "m/d/yy"), MIDNIGHT, (41334, "dd.mm.yyyy"), "03/01/2013"])
def test_a_day_is_read_whatever_its_format(tmp_path: Path, value: Any) -> None:
    assert one([(1001, "Ada", "Quill", value)], tmp_path).born == date(2013, 3, 1)


def test_a_number_that_is_not_formatted_as_a_day_is_none(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    path.write_bytes(workbook({"S": [HEADER, (1001, "Ada", "Quill", 41334)]}))
    assert problems(path) == ["list.xlsx:2: DOB is not a date written MM/DD/YYYY"]


def test_a_formula_without_a_stored_value_is_refused(tmp_path: Path) -> None:
    """Programs write formulas that Excel works out when it shows them; here it would be a blank."""
    path = tmp_path / "list.xlsx"
    path.write_bytes(workbook({"S": [HEADER, (1001, "Ada", '=IF(1=1,"Quill","")', None)]}))
    assert problems(path) == [
        "list.xlsx: has a formula without a result (cell C2) in sheet 'S': open it in Excel, and save it there"
    ]


def test_a_formula_is_its_stored_value_and_never_computed(tmp_path: Path) -> None:
    made = workbook({"S": [HEADER, (1001, "Ada", '=UPPER("roe")', None)]})
    path = tmp_path / "list.xlsx"
    path.write_bytes(
        edited(made, b"<v />", b"<v>Quill</v>", b"<v></v>", b"<v>Quill</v>", b'<c r="C2"', b'<c r="C2" t="str"')
    )
    (ada,) = read(path).students
    assert ada.names == ("Ada Quill",)


@pytest.mark.parametrize(("area", "is_read"), [("B2:B3", False), ("B2:C2", False), ("B1:B2", False), ("C1:D1", True)])
def test_merged_cells_below_the_header_are_refused(tmp_path: Path, area: str, is_read: bool) -> None:
    """Of siblings' merged answer the first has it alone."""
    book = openpyxl.load_workbook(io.BytesIO(workbook({"S": [HEADER, (1001, "Ada", "Quill"), (1002, "Ben", "Roe")]})))
    book["S"].merge_cells(area)
    path = tmp_path / "list.xlsx"
    book.save(path)
    if is_read:
        assert len(read(path, ONLY_NAMES).students) == 2
    else:
        assert f"list.xlsx: has merged cells ({area}) in sheet 'S'" in problems(path)[0]


@pytest.mark.parametrize("row", [1, 3])
def test_a_cell_that_is_struck_through_is_refused(tmp_path: Path, row: int) -> None:
    """Excel shows that it holds no more, and its value is as it was."""
    book = openpyxl.load_workbook(io.BytesIO(workbook({"S": [HEADER, (1001, "Ada", "Quill"), (1002, "Ben", "Roe")]})))
    book["S"].cell(row, 2).font = openpyxl.styles.Font(strike=True)
    book["S"].cell(9, 9).font = openpyxl.styles.Font(strike=True)
    path = tmp_path / "list.xlsx"
    book.save(path)
    assert f"list.xlsx: has a cell that is struck through (B{row}) in sheet 'S'" in problems(path)[0]


def test_words_that_are_struck_through_are_refused(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook({"S": [HEADER, (1001, "Ada", "Quill")]})))
    crossed = TextBlock(InlineFont(strike=True), "Ada")
    book["S"].cell(2, 2).value = CellRichText(crossed, " Zoe")
    path = tmp_path / "list.xlsx"
    book.save(path)
    assert "struck through" in problems(path)[0]


def test_a_comment_on_a_cell_is_refused(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook({"S": [HEADER, (1001, "Ada", "Quill")]})))
    book["S"].cell(2, 2).comment = openpyxl.comments.Comment("Mom called: NO", "office")
    path = tmp_path / "list.xlsx"
    book.save(path)
    assert "list.xlsx: has comments or notes on cells, which nothing reads" in problems(path)[0]


def test_rows_outside_of_the_extent_that_a_program_wrote_are_read(tmp_path: Path) -> None:
    made = workbook({"S": [HEADER, (1001, "Ada", "Quill", None), (1002, "Ben", "Roe", None)]})
    path = tmp_path / "list.xlsx"
    path.write_bytes(edited(made, b'ref="A1:D3"', b'ref="A1:D2"'))
    assert len(read(path).students) == 2


def test_an_error_of_excel_is_no_value(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    path.write_bytes(workbook({"S": [HEADER, (1001, "Ada", "Quill", None), ("#N/A", "Ben", "Roe", None)]}))
    assert problems(path) == ["list.xlsx:3: has an error of Excel's in a cell (such as #N/A or #REF!): correct it"]


def test_blank_rows_keep_the_numbers_of_the_rows_below(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    path.write_bytes(workbook({"S": [HEADER, (None,), (1001, "Ada", "Quill"), (None, "Ben", "Roe")]}))
    assert problems(path) == ["list.xlsx:4: has no Nr: every student needs one"]


def test_of_several_sheets_none_is_guessed(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    path.write_bytes(workbook({"A": [HEADER], "B": [HEADER], "empty": []}))
    assert problems(path) == ["list.xlsx: has 2 sheets with something in them: keep the one with the list"]


def places(tmp_path: Path) -> dict[str, Path]:
    """Return the same export as folder of CSV, workbook of sheets, folder and ZIP of workbooks."""
    sheets = of_csv(sync_1(PUPILS, ADULTS))
    single = {f"{title}.xlsx": workbook({"Sheet1": rows}) for title, rows in sheets.items()}
    (tmp_path / "export.xlsx").write_bytes(workbook(sheets))
    return {
        "csv": write(tmp_path / "csv", sync_1(PUPILS, ADULTS)),
        "sheets": tmp_path / "export.xlsx",
        "folder": write(tmp_path / "books", single),
        "zip": zipped(tmp_path / "books.zip", single),
    }


def test_workbooks_in_place_of_csv_read_the_same_in_every_place(tmp_path: Path) -> None:
    found = {name: read(source, RosterMapping()) for name, source in places(tmp_path).items()}
    assert found["csv"].students[0].guardian_names[0][1] == "Ruth Quill"
    assert {name for name, roster in found.items() if roster == found["csv"]} == set(found)


def test_a_workbook_is_imported_by_the_command(district: District, tmp_path: Path) -> None:
    path = tmp_path / "export.xlsx"
    path.write_bytes(workbook(of_csv(sync_1(PUPILS, ADULTS))))
    done = call("roster", "import", str(path), "--confirm", "--json", "--as", "custodian:records-office").object()
    assert (done["format"], done["added"]) == ("this is Microsoft School Data Sync v1", 1)
    assert call("student", "show", district.student("1001"), "--json").object()["guardians"] == [
        district.guardian("p1")
    ]


def test_opt_outs_may_stand_in_a_workbook(tmp_path: Path) -> None:
    mapping = read_mapping(
        b"students: {student_id: Nr, name: First}\n"
        b"opt_outs: {file: no.xlsx, student_id: Nr, columns:"
        b" [{column: Web, opted_out: [N], permitted: [Y], purposes: [website]}]}",
        "m.yaml",
    )
    (tmp_path / "list.csv").write_text("Nr,First\n1,Ada\n2,Ben\n")
    (tmp_path / "no.xlsx").write_bytes(workbook({"S": [("Nr", "Web"), (1, "N"), (2, "Y")]}))
    roster = RosterReader(PSEUDONYMS, {}, TODAY, mapping, tmp_path).read(tmp_path / "list.csv")
    assert [bool(each.opt_outs) for each in roster.students] == [True, False]


# Made to do harm

GOOD = workbook({"S": [HEADER, (1001, "Ada", "Quill", None)]})


def with_part(name: str, content: bytes) -> bytes:
    """Return a workbook with one part of it replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(GOOD)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for each in old.namelist():
            new.writestr(each, content if each == name else old.read(each))
        if name not in old.namelist():
            new.writestr(name, content)
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
BILLION = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">
<c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row></sheetData></worksheet>"""
OUTSIDE = BILLION.replace(b'<!ENTITY a "aaaaaaaaaa">', b'<!ENTITY a SYSTEM "file:///etc/passwd">')
HOSTILE = {
    "entities": with_part(SHEET, BILLION),
    "external entity": with_part(SHEET, OUTSIDE),
    "bomb": with_part(SHEET, b" " * 30_000_000),
    "an archive within": with_part("xl/embeddings/more.zip", b"PK"),
    "a way out": with_part("../out.xml", b""),
    "no XML": with_part(SHEET, b"<worksheet><sheetData><row"),
    "no workbook part": with_part("xl/workbook.xml", b"<x/>"),
    "old or locked": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
    "no ZIP": b"Nr,First\n1,Ada\n",
    "a cell far away": with_part(
        SHEET,
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="99999999999">'
        b'<c r="A99999999999"><v>1</v></c></row></sheetData></worksheet>',
    ),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_workbook_is_refused_in_one_sentence(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "list.xlsx"
    path.write_bytes(data)
    found = problems(path)
    assert len(found) == 1
    assert found[0].startswith("list.xlsx")
    assert "root:" not in found[0]


def test_entities_are_refused_in_every_part_wherever_lxml_is_installed() -> None:
    part = zipfile.ZipFile(io.BytesIO(GOOD)).read("xl/workbook.xml")
    data = with_part("xl/workbook.xml", b'<!DOCTYPE workbook [<!ENTITY a "a">]>' + part)
    # In a process of its own: openpyxl chooses its reader once, and this file has imported it.
    code = (
        "import io, sys; from dam_plugin.people.formats.workbook import sheets_of; data = sys.stdin.buffer.read(); "
        "sheets_of(io.BytesIO(data), len(data))"
    )
    command = [sys.executable, "-c", code]
    read = [subprocess.run(command, input=each, capture_output=True, check=False) for each in (GOOD, data)]
    assert [each.returncode for each in read] == [0, 1], read[0].stderr
    assert b"NoWorkbook: is no Excel workbook that can be read" in read[1].stderr


def test_a_sheet_is_read_row_by_row(tmp_path: Path) -> None:
    path = tmp_path / "big.xlsx"
    path.write_bytes(workbook({"users": [("sourcedId", "note"), *((f"s{n}", "x" * 50) for n in range(3_000))]}))
    found: list[Problem] = []
    with roster_files(path, found) as files, files.open("big.csv") as text:
        first = text.readline()
        # The buffer of a file, and not the sheet.
        assert (first, text.tell() < 20_000) == (b"\xef\xbb\xbfsourcedId,note\n", True)
        text.seek(0)
        assert sum(1 for _ in text) == 3_001
    assert found == []
