"""A column of the district's own says who attends a college; the mapping names it and the district's words in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_rosters import USERS_11, WITH_A_COLUMN, Made, manifest, read_mapped, table, user

from dam_plugin.errors import RosterError
from dam_plugin.people.mapping import read_mapping
from dam_plugin.people.roster import RosterImport

MAPPING = b"postsecondary: {column: metadata.safe, attends: [Early College], none: [HS only]}\n"
PLAIN = b"students: {student_id: ID, name: Name, postsecondary: {column: College, attends: [EC]}}\n"


def read(folder: Path, files: dict[str, str], mapping: bytes = MAPPING) -> RosterImport:
    return read_mapped(folder, files, mapping)


@pytest.mark.parametrize("made", WITH_A_COLUMN.values(), ids=WITH_A_COLUMN)
def test_the_column_says_it_by_the_districts_words_and_everybodys(tmp_path: Path, made: Made) -> None:
    roster = read(tmp_path, made(["early-college", "HS only", "", "no", "Yes"]))
    said = [each.postsecondary for each in sorted(roster.students, key=lambda each: each.roster_id)]
    assert said == [True, False, False, False, True]
    assert roster.tells_postsecondary
    assert not roster.tells_protection


@pytest.mark.parametrize("made", WITH_A_COLUMN.values(), ids=WITH_A_COLUMN)
def test_a_word_that_is_not_known_and_a_file_without_the_column_are_refused(tmp_path: Path, made: Made) -> None:
    with pytest.raises(RosterError) as refused:
        read(tmp_path, made(["perhaps"]))
    (problem,) = refused.value.problems
    assert (problem.path.endswith(":2"), "perhaps" in str(refused.value)) == (True, False)
    assert "metadata.safe has a word that is not known here: write yes or no" in problem.message
    without = {name: text.replace("metadata.safe", "note") for name, text in made(["no"]).items()}
    with pytest.raises(RosterError, match=r"metadata\.safe"):
        read(tmp_path / "without", without)


def test_a_grade_says_it_beside_the_column(tmp_path: Path) -> None:
    rows = [user("u0", "student", "Ada", grades="PS", **{"metadata.safe": "no"})]
    files = {"manifest.csv": manifest(users="bulk"), "users.csv": table(f"{USERS_11},metadata.safe", rows)}
    assert [each.postsecondary for each in read(tmp_path, files).students] == [True]


def test_one_schools_row_says_it_for_the_student_in_each(tmp_path: Path) -> None:
    row = {"SIS ID": "u1", "First Name": "Ada", "Last Name": "Q"}
    rows = [{**row, "School SIS ID": str(n), "metadata.safe": each} for n, each in enumerate(("", "yes", ""))]
    files = {"Student.csv": table("SIS ID,School SIS ID,First Name,Last Name,metadata.safe", rows)}
    assert [each.postsecondary for each in read(tmp_path, files).students] == [True]


def test_of_a_plain_list_it_stands_under_students(tmp_path: Path) -> None:
    roster = read(tmp_path, {"list.csv": "ID,Name,College\n1,Ada Quill,EC\n2,Ben Roe,\n"}, PLAIN)
    assert [each.postsecondary for each in roster.students] == [True, False]
    assert roster.tells_postsecondary
    other = read(
        tmp_path / "other", {"list.csv": "ID,Name\n1,Ada Quill\n"}, b"students: {student_id: ID, name: Name}\n"
    )
    assert not other.tells_postsecondary
    with pytest.raises(RosterError, match="put it under students"):
        read_mapping(MAPPING + b"students: {student_id: ID, name: Name}\n", "mapping.yaml")
    with pytest.raises(RosterError, match="the column `postsecondary` says it"):
        read(tmp_path / "own", {"students.csv": "student_id,given_name\n1,Ada\n"})


def test_two_rows_of_a_plain_list_that_disagree_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RosterError, match="has another College than line 2"):
        read(tmp_path, {"list.csv": "ID,Name,College\n1,Ada Quill,EC\n1,Ada Quill,\n"}, PLAIN)


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        (b"postsecondary: College\n", "{column: Attends College}"),
        (b"postsecondary: {column: C, attends: [EC], none: [ec]}\n", "stands under attends too"),
        (b"postsecondary: {column: C, atends: [EC]}\n", "did you mean 'attends'?"),
    ],
    ids=["the column alone", "one word for both", "misspelt"],
)
def test_a_mistake_in_the_mapping_is_named_with_its_place(mapping: bytes, says: str) -> None:
    with pytest.raises(RosterError) as refused:
        read_mapping(mapping, "mapping.yaml")
    assert says in str(refused.value)
    assert str(refused.value).startswith("mapping.yaml:1:") or "mapping.yaml:1:" in str(refused.value)
