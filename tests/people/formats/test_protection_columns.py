"""A column of a format's own file marks protected students; the mapping names it and the district's words in it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from made_rosters import WITH_A_COLUMN, Made, table, write

from dam_plugin.errors import RosterError
from dam_plugin.people.formats.sources import RosterReader
from dam_plugin.people.mapping import read_mapping
from dam_plugin.people.roster import RosterImport
from dam_plugin.pseudonyms import Pseudonyms

TODAY = date(2026, 10, 2)
MAPPING = b"protected: {column: metadata.safe, address_confidentiality: [Enrolled], none: [Never]}\n"


def read(folder: Path, files: dict[str, str], mapping: bytes = MAPPING) -> RosterImport:
    means = read_mapping(mapping, "mapping.yaml")
    return RosterReader(Pseudonyms("k" * 40), {}, TODAY, means, folder).read(write(folder / "in", files))


@pytest.mark.parametrize("made", WITH_A_COLUMN.values(), ids=WITH_A_COLUMN)
def test_the_column_marks_students_by_the_districts_words_and_everybodys(tmp_path: Path, made: Made) -> None:
    roster = read(tmp_path, made(["Enrolled", "Never", "", "no contact order", "yes"]))
    marks = [each.marked for each in sorted(roster.students, key=lambda each: each.roster_id)]
    assert marks == ["address-confidentiality", None, None, "no-contact-order", "other"]
    assert roster.tells_protection


@pytest.mark.parametrize("made", WITH_A_COLUMN.values(), ids=WITH_A_COLUMN)
def test_a_word_that_is_not_known_and_a_file_without_the_column_are_refused(tmp_path: Path, made: Made) -> None:
    with pytest.raises(RosterError) as refused:
        read(tmp_path, made(["perhaps"]))
    (problem,) = refused.value.problems
    assert problem.path.endswith(":2")
    assert "metadata.safe has a word that is not known here" in problem.message
    assert "perhaps" not in str(refused.value)
    without = {name: text.replace("metadata.safe", "note") for name, text in made(["no"]).items()}
    with pytest.raises(RosterError, match=r"metadata\.safe"):
        read(tmp_path / "without", without)


@pytest.mark.parametrize("made", WITH_A_COLUMN.values(), ids=WITH_A_COLUMN)
def test_without_the_mapping_the_column_is_refused_or_says_nothing_and_what_is_on_file_stays(
    tmp_path: Path, made: Made
) -> None:
    with pytest.raises(RosterError, match=r"'metadata\.safe' may hold families' answers"):
        read(tmp_path / "asked", made(["yes"]), b"{}")
    roster = read(tmp_path, made(["yes"]), b"ignore: [metadata.safe]")
    assert not roster.tells_protection
    assert roster.students[0].marked is None


def test_one_schools_mark_protects_the_student_in_the_rows_of_another(tmp_path: Path) -> None:
    row = {"SIS ID": "u1", "First Name": "Ada", "Last Name": "Q"}
    marks = [{**row, "School SIS ID": str(n), "metadata.safe": each} for n, each in enumerate(("", "yes", ""))]
    files = {"Student.csv": table("SIS ID,School SIS ID,First Name,Last Name,metadata.safe", marks)}
    (student,) = read(tmp_path, files).students
    assert student.marked == "other"


def test_for_a_plain_list_it_stands_under_students(tmp_path: Path) -> None:
    with pytest.raises(RosterError, match="put it under students") as refused:
        read_mapping(MAPPING + b"students: {student_id: ID, name: Name}\n", "mapping.yaml")
    assert [each.line for each in refused.value.problems] == [1]
    plain = {"students.csv": "student_id,given_name\n1,Ada\n"}
    with pytest.raises(RosterError, match="the column `protected` says it"):
        read(tmp_path, plain)
