"""A column of the district's own says on which day a student died; the mapping names it and how its days are written."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from made_rosters import DEMOGRAPHICS, WITH_A_COLUMN, Made, read_mapped, table

from dam_plugin.errors import RosterError
from dam_plugin.people.mapping import read_mapping
from dam_plugin.people.roster import RosterImport

MAPPING = b"died: {column: metadata.safe, format: MM/DD/YYYY}\n"
PLAIN = b"students: {student_id: ID, name: Name, born: {column: DOB}, died: {column: Deceased, format: MM/DD/YYYY}}\n"


def read(folder: Path, files: dict[str, str], mapping: bytes = MAPPING) -> RosterImport:
    return read_mapped(folder, files, mapping)


@pytest.mark.parametrize("made", WITH_A_COLUMN.values(), ids=WITH_A_COLUMN)
def test_the_column_says_the_day_and_a_blank_that_nobody_died(tmp_path: Path, made: Made) -> None:
    roster = read(tmp_path, made(["09/30/2026", "", "2026-10-02"]))
    said = [each.died for each in sorted(roster.students, key=lambda each: each.roster_id)]
    assert said == [date(2026, 9, 30), None, date(2026, 10, 2)]
    assert roster.tells_deaths
    assert not roster.tells_postsecondary or not any(each.postsecondary for each in roster.students)


@pytest.mark.parametrize("made", WITH_A_COLUMN.values(), ids=WITH_A_COLUMN)
@pytest.mark.parametrize(
    ("cell", "says"),
    [("yes", "is not a date written MM/DD/YYYY"), ("10/03/2026", "is in the future")],
    ids=["no date", "to come"],
)
def test_what_is_no_day_of_the_past_is_refused(tmp_path: Path, made: Made, cell: str, says: str) -> None:
    with pytest.raises(RosterError) as refused:
        read(tmp_path, made([cell]))
    (problem,) = refused.value.problems
    assert (problem.path.endswith(":2"), says in problem.message) == (True, True)


@pytest.mark.parametrize("made", WITH_A_COLUMN.values(), ids=WITH_A_COLUMN)
def test_a_file_without_the_column_is_refused_and_without_the_mapping_nothing_is_said(
    tmp_path: Path, made: Made
) -> None:
    without = {name: text.replace("metadata.safe", "note") for name, text in made([""]).items()}
    with pytest.raises(RosterError, match=r"metadata\.safe"):
        read(tmp_path, without)
    assert not read(tmp_path / "unmapped", without, b"ignore: [note]\n").tells_deaths


def test_a_day_before_the_birth_is_refused(tmp_path: Path) -> None:
    files = WITH_A_COLUMN["OneRoster"](["09/30/2010"])
    births = [{"sourcedId": "u0", "birthDate": "2011-01-05"}]
    files |= {"demographics.csv": table(DEMOGRAPHICS, births)}
    files["manifest.csv"] = files["manifest.csv"].replace("file.demographics,absent", "file.demographics,bulk")
    with pytest.raises(RosterError, match="before the birth date"):
        read(tmp_path, files)


def test_one_schools_row_says_it_for_the_student_in_each_and_two_days_are_refused(tmp_path: Path) -> None:
    def files(*days: str) -> dict[str, str]:
        row = {"SIS ID": "u1", "First Name": "Ada", "Last Name": "Q"}
        rows = [{**row, "School SIS ID": str(n), "metadata.safe": each} for n, each in enumerate(days)]
        return {"Student.csv": table("SIS ID,School SIS ID,First Name,Last Name,metadata.safe", rows)}

    assert [each.died for each in read(tmp_path, files("", "09/30/2026", "")).students] == [date(2026, 9, 30)]
    with pytest.raises(RosterError, match="make the rows agree"):
        read(tmp_path / "two", files("09/29/2026", "09/30/2026"))


def test_of_a_plain_list_it_stands_under_students(tmp_path: Path) -> None:
    text = "ID,Name,DOB,Deceased\n1,Ada Quill,2011-01-05,09/30/2026\n2,Ben Roe,,\n"
    roster = read(tmp_path, {"list.csv": text}, PLAIN)
    assert [each.died for each in roster.students] == [date(2026, 9, 30), None]
    assert roster.tells_deaths
    with pytest.raises(RosterError, match="before the birth date"):
        read(tmp_path / "early", {"list.csv": text.replace("09/30/2026", "09/30/2010")}, PLAIN)
    with pytest.raises(RosterError, match="has another Deceased than line 3"):
        read(tmp_path / "two", {"list.csv": f"{text}2,Ben Roe,,09/29/2026\n"}, PLAIN)
    with pytest.raises(RosterError, match="put it under students"):
        read_mapping(MAPPING + b"students: {student_id: ID, name: Name}\n", "mapping.yaml")
    with pytest.raises(RosterError, match="the column `died` says it"):
        read(tmp_path / "own", {"students.csv": "student_id,given_name\n1,Ada\n"})
    with pytest.raises(RosterError, match=r"\{column: Date of Death"):
        read_mapping(b"died: Deceased\n", "mapping.yaml")
