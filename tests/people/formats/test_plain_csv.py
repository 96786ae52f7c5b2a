from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dam_plugin.errors import RosterError
from dam_plugin.model import PROTECTION_KINDS, Consent, OptOut, StudentRecord
from dam_plugin.people.formats.plain_csv import read_roster
from dam_plugin.people.roster import RosterImport
from dam_plugin.pseudonyms import Pseudonyms

PSEUDONYMS = Pseudonyms("k" * 32)
ADA, BEN = PSEUDONYMS.student("1001"), PSEUDONYMS.student("1002")
RUTH = PSEUDONYMS.guardian("G7")
STUDENTS = """student_id,given_name,family_name,aliases,born,postsecondary,grade
1001,Ada,Quill,Adele Quill; A. Quill,2010-03-01,no,10
1002,Ben,,,,yes,
"""
GUARDIANS = "student_id,guardian_id,name\n1001,G7,Ruth Quill\n1001,G8,\n"
OPT_OUTS = "student_id,since,ended,purposes\n1001,2026-08-25,,\n1001,2025-08-25,2026-06-01,yearbook;website\n"
CONSENTS = """student_id,signed_by,signed_on,signature,authenticated,purpose,parties,assets,expires,revoked_on
1001,G7,2026-09-01,electronic,yes,yearbook,jostens;public,games/1.jpg,2027-06-30,2026-12-01
1002,1002,2026-09-01,Ink,,website,,,,
1002,,,,,,,,,
"""


def read(folder: Path, students: str | bytes = STUDENTS, **files: str | bytes) -> RosterImport:
    for name, content in {"students": students, **files}.items():
        (folder / f"{name}.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_roster(folder, PSEUDONYMS)


def problems(folder: Path, students: str | bytes = STUDENTS, **files: str | bytes) -> list[str]:
    with pytest.raises(RosterError) as caught:
        read(folder, students, **files)
    return [f"{problem.path} {problem.message}" for problem in caught.value.problems]


def test_a_whole_roster_is_read(tmp_path: Path) -> None:
    roster = read(tmp_path, guardians=GUARDIANS, opt_outs=OPT_OUTS, consents=CONSENTS)
    assert roster.students == (
        StudentRecord(
            id=ADA,
            roster_id="1001",
            names=("Ada Quill", "Adele Quill", "A. Quill"),
            born=date(2010, 3, 1),
            grade="10",
            guardians=(RUTH, PSEUDONYMS.guardian("G8")),
            guardian_names=((RUTH, "Ruth Quill"),),
            opt_outs=(
                OptOut(date(2026, 8, 25)),
                OptOut(date(2025, 8, 25), date(2026, 6, 1), ("yearbook", "website")),
            ),
            given="Ada",
            family="Quill",
        ),
        StudentRecord(id=BEN, roster_id="1002", names=("Ben",), postsecondary=True, given="Ben"),
    )
    assert roster.consents == (
        Consent(
            student=ADA,
            signed_by=RUTH,
            signed_on=date(2026, 9, 1),
            signature="electronic",
            authenticated=True,
            purpose="yearbook",
            parties=("jostens", "public"),
            assets=(PSEUDONYMS.asset("games/1.jpg"),),
            expires=date(2027, 6, 30),
            revoked_on=date(2026, 12, 1),
        ),
        Consent(student=BEN, signed_by=BEN, signed_on=date(2026, 9, 1), signature="ink", purpose="website"),
        Consent(student=BEN),
    )


def test_a_day_of_death_and_a_protection_are_read_where_the_file_has_their_columns(tmp_path: Path) -> None:
    both = "student_id,given_name,died,protected\n1,A,2026-04-16,\n2,B,,Yes\n3,C,,no\n"
    roster = read(tmp_path, both)
    assert [(each.died, each.marked) for each in roster.students] == [
        (date(2026, 4, 16), None),
        (None, "other"),
        (None, None),
    ]
    assert (roster.tells_deaths, roster.tells_protection) == (True, True)
    roster = read(tmp_path)
    assert (roster.tells_deaths, roster.tells_protection) == (False, False)
    one = read(tmp_path, "student_id,given_name,Protected\n1,A,\n")
    assert (one.tells_deaths, one.tells_protection) == (False, True)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Safe at Home", "address-confidentiality"),
        ("ADDRESS_CONFIDENTIALITY", "address-confidentiality"),
        ("order of protection", "no-contact-order"),
        ("foster-care", "foster-care"),
        ("Y", "other"),
        ("N", None),
        ("0", None),
    ],
)
def test_the_columns_word_may_say_why_a_student_is_protected(tmp_path: Path, word: str, kind: str | None) -> None:
    roster = read(tmp_path, f"student_id,given_name,protected\n1,A,{word}\n")
    assert [each.marked for each in roster.students] == [kind]


KINDS, MAPPED = ", ".join(PROTECTION_KINDS), "or say in the mapping what it means"


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("1,A,last year,", "students.csv:2 died is not a date written YYYY-MM-DD"),
        (
            "1,A,,perhaps",
            f"students.csv:2 protected has a word that is not known here: write yes, no, or why ({KINDS}), {MAPPED}",
        ),
    ],
)
def test_a_day_of_death_or_a_protection_that_says_nothing_is_named(tmp_path: Path, row: str, problem: str) -> None:
    assert problems(tmp_path, f"student_id,given_name,died,protected\n{row}\n") == [problem]


def test_only_the_students_must_be_there(tmp_path: Path) -> None:
    roster = read(tmp_path, "student_id,given_name\n1,A\n")
    assert [student.names for student in roster.students] == [("A",)]
    assert roster.consents == ()


@pytest.mark.parametrize(
    "students",
    [
        b"\xef\xbb\xbf" + STUDENTS.encode(),
        STUDENTS.replace("\n", "\r\n"),
        STUDENTS.replace("\n", "\n\n,,,,,,\n"),
        STUDENTS.rstrip("\n"),
        STUDENTS.replace("student_id,given", "Student_ID , GIVEN"),
        STUDENTS.replace("1001,Ada,Quill", '" 1001 ",Ada , Quill'),
    ],
    ids=["BOM", "CRLF", "blank lines", "no last line end", "header in capitals", "spaces"],
)
def test_other_spellings_of_the_same_file_read_the_same(tmp_path: Path, students: str | bytes) -> None:
    other = tmp_path / "other"
    other.mkdir()
    assert read(tmp_path, students) == read(other)


def test_file_names_may_be_in_capitals(tmp_path: Path) -> None:
    (tmp_path / "OPT_OUTS.CSV").write_text(OPT_OUTS)
    assert read(tmp_path).students[0].opt_outs


def test_files_that_are_no_csv_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "README.txt").write_text("how we made these")
    assert read(tmp_path)


def test_the_same_row_twice_is_read_once(tmp_path: Path) -> None:
    roster = read(tmp_path, guardians=GUARDIANS + "1001,G7,Ruth Quill\n", opt_outs=OPT_OUTS + "1001,2026-08-25,,\n")
    assert len(roster.students[0].guardians) == 2
    assert len(roster.students[0].opt_outs) == 2


STUDENT_ROWS = {
    "no id": (",Cy,,,,,", "students.csv:4 has no student_id"),
    "id twice": ("1001,Cy,,,,,", "students.csv:4 repeats the student_id of a row above"),
    "no name": ("1003,,,,,,", "students.csv:4 has no name"),
    "bad date": ("1003,Cy,,,03/01/2010,,", "students.csv:4 born is not a date written YYYY-MM-DD"),
    "short date": ("1003,Cy,,,20100301,,", "students.csv:4 born is not a date"),
    "no such day": ("1003,Cy,,,2010-02-30,,", "students.csv:4 born is not a date"),
    "bad flag": ("1003,Cy,,,,maybe,", "students.csv:4 postsecondary is neither yes nor no"),
    "too few cells": ("1003,Cy", "students.csv:4 has 2 cells where the header has 7"),
    "too many cells": ("1003,Cy,,,,,,", "students.csv:4 has 8 cells where the header has 7"),
    "control character in an id": ("10\x0703,Cy,,,,,", "students.csv:4 student_id holds control characters"),
    "broken quotes": ('1003,"Cy"x,,,,,', "students.csv:4 has broken quotes"),
    "open quotes": ('1003,"Cy,,,,,', "students.csv:4 has broken quotes"),
    "huge cell": (f"1003,{'C' * 5000},,,,,", "students.csv:4 has a cell of more than 4096 characters"),
    "gigantic cell": (f"1003,{'C' * 200_000},,,,,", "students.csv:4 has broken quotes or a huge cell"),
}


@pytest.mark.parametrize(("row", "problem"), STUDENT_ROWS.values(), ids=STUDENT_ROWS)
def test_what_is_wrong_with_a_student_is_named_with_its_line(tmp_path: Path, row: str, problem: str) -> None:
    (found,) = problems(tmp_path, STUDENTS + row + "\n")
    assert found.startswith(problem)


OTHER_ROWS = {
    "guardian of nobody": ("guardians", GUARDIANS + "9999,G7,\n", "guardians.csv:4 is about a student who is not in"),
    "guardian of blank": ("guardians", GUARDIANS + ",G7,\n", "guardians.csv:4 has no student_id"),
    "no guardian": ("guardians", GUARDIANS + "1001,,\n", "guardians.csv:4 has no guardian_id"),
    "own guardian": ("guardians", GUARDIANS + "1001,1001,\n", "guardians.csv:4 makes a student their own guardian"),
    "two names": (
        "guardians",
        GUARDIANS + "1001,G7,Rut\n",
        "guardians.csv:4 gives the guardian of a row above another",
    ),
    "opt-out of nobody": ("opt_outs", OPT_OUTS + "9999,2026-08-25,,\n", "opt_outs.csv:4 is about a student who is"),
    "no beginning": ("opt_outs", OPT_OUTS + "1002,,,\n", "opt_outs.csv:4 since is blank"),
    "bad beginning": ("opt_outs", OPT_OUTS + "1002,25.8.2026,,\n", "opt_outs.csv:4 since is not a date"),
    "bad end": ("opt_outs", OPT_OUTS + "1002,2026-08-25,soon,\n", "opt_outs.csv:4 ended is not a date"),
    "ends early": ("opt_outs", OPT_OUTS + "1002,2026-08-25,2026-08-24,\n", "opt_outs.csv:4 ends before it begins"),
    "no purpose": ("opt_outs", OPT_OUTS + "1002,2026-08-25,,;\n", "opt_outs.csv:4 purposes names nothing"),
    "two ends": ("opt_outs", OPT_OUTS + "1001,2026-08-25,2026-09-01,\n", "opt_outs.csv:4 contradicts a row above"),
    "consent of nobody": ("consents", CONSENTS + "9999,,,,,,,,,\n", "consents.csv:5 is about a student who is not"),
    "bad signature": ("consents", CONSENTS + "1001,,,fax,,,,,,\n", "consents.csv:5 signature is none of ink"),
    "bad day": ("consents", CONSENTS + "1001,,9/1,,,,,,,\n", "consents.csv:5 signed_on is not a date"),
    "bad expiry": ("consents", CONSENTS + "1001,,,,,,,,x,\n", "consents.csv:5 expires is not a date"),
    "bad revocation": ("consents", CONSENTS + "1001,,,,,,,,,x\n", "consents.csv:5 revoked_on is not a date"),
    "bad flag": ("consents", CONSENTS + "1001,,,,1,,,,,\n", "consents.csv:5 authenticated is neither yes nor no"),
    "no asset": ("consents", CONSENTS + "1001,,,,,,,;,,\n", "consents.csv:5 assets names nothing"),
}


@pytest.mark.parametrize(("file", "content", "problem"), OTHER_ROWS.values(), ids=OTHER_ROWS)
def test_what_is_wrong_in_another_file_is_named_with_its_line(
    tmp_path: Path, file: str, content: str, problem: str
) -> None:
    (found,) = problems(tmp_path, **{file: content})
    assert found.startswith(problem)


HEADERS = {
    "unknown column": (
        "student_id,given_nam\n1,A\n",
        "column 'given_nam' is not known here; did you mean 'given_name'?",
    ),
    "strange column": (
        "student_id,given_name,shoe\n1,A,9\n",
        "column 'shoe' is not known here; the columns are student",
    ),
    "column twice": ("student_id,given_name,given_name\n1,A,B\n", "column 'given_name' stands twice"),
    "no id column": ("given_name\nA\n", "lacks the column 'student_id'"),
    "no header": ("1001,Ada,Quill\n", "is no header: the first line names the columns student_id, given_name"),
}


@pytest.mark.parametrize(("content", "problem"), HEADERS.values(), ids=HEADERS)
def test_a_header_that_does_not_fit_is_named(tmp_path: Path, content: str, problem: str) -> None:
    (found,) = problems(tmp_path, content)
    assert found.startswith(f"students.csv:1 {problem}")


def test_a_file_without_a_header_names_no_student(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, "1001,Ada,Quill\n")
    assert "Quill" not in found


FILES = {
    "UTF-16 without a mark": (STUDENTS.encode("utf-16-le"), "students.csv:1 holds NUL bytes"),
    "unsure code page": (STUDENTS.encode() + "1003,GARCÍA,,,,,\n".encode("cp1252"), "students.csv:4 is not UTF-8 text"),
    "nobody": (b"student_id,given_name\n", "students.csv names no student"),
    "huge": (b"x" * (64 * 2**20 + 1), "students.csv:1 has broken quotes or a huge cell"),
}


@pytest.mark.parametrize(("content", "problem"), FILES.values(), ids=FILES)
def test_a_file_that_is_no_roster_is_refused(tmp_path: Path, content: bytes, problem: str) -> None:
    (found,) = problems(tmp_path, content)
    assert found.startswith(problem)


def test_an_empty_file_has_no_header(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, b"")
    assert found.startswith("students.csv is empty")


def test_without_students_it_is_no_roster(tmp_path: Path) -> None:
    (tmp_path / "opt_outs.csv").write_text(OPT_OUTS)
    with pytest.raises(RosterError, match=r"students\.csv: is missing"):
        read_roster(tmp_path, PSEUDONYMS)


def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "students.csv").write_text(STUDENTS)
    with pytest.raises(RosterError, match="is no folder"):
        read_roster(tmp_path / "students.csv", PSEUDONYMS)


def test_a_folder_in_place_of_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "opt_outs.csv").mkdir()
    assert problems(tmp_path) == ["opt_outs.csv is no file: put the CSV file there"]


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "students.csv").write_text(STUDENTS)
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(RosterError, match=r"students\.csv: cannot be read: Permission denied"):
        read_roster(tmp_path, PSEUDONYMS)


def test_a_misspelt_file_of_opt_outs_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "optouts.csv").write_text(OPT_OUTS)
    assert problems(tmp_path) == ["optouts.csv is not known here; did you mean 'opt_outs.csv'?"]


def test_two_files_that_differ_in_capitals_are_refused(tmp_path: Path) -> None:
    (tmp_path / "Students.csv").write_text(STUDENTS)
    (found,) = problems(tmp_path)
    assert "stands twice in the folder" in found


def test_every_problem_of_every_file_is_named_at_once_without_names_and_numbers(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        STUDENTS + "1001,Zelda,Secret,,1/1/2010,perhaps,\n,Zelda,,,,,\n",
        guardians="student_id,guardian_id,name\n1002,1002,Zelda Secret\n7777,G1,Zelda Secret\n",
        opt_outs="student_id,since,ended,purposes\n7777,yesterday,,\n",
        consents="student,signed_by\n7777,Zelda\n",
    )
    places = [problem.split()[0] for problem in found]
    assert places == [
        *["students.csv:4"] * 3,
        "students.csv:5",
        "guardians.csv:2",
        "guardians.csv:3",
        *["opt_outs.csv:2"] * 2,
        *["consents.csv:1"] * 2,
    ]
    for secret in ("Zelda", "Secret", "1001", "1002", "7777", "1/1/2010", "yesterday", "perhaps"):
        assert secret not in "".join(found)


def test_references_are_not_doubted_where_the_students_could_not_be_read(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, "1001,Ada\n", opt_outs=OPT_OUTS, guardians=GUARDIANS)
    assert found.startswith("students.csv:1 is no header")


@given(content=st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_whatever_the_bytes_it_is_a_roster_or_a_roster_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    folder = tmp_path_factory.mktemp("roster")
    (folder / "students.csv").write_bytes(STUDENTS.encode())
    (folder / "opt_outs.csv").write_bytes(b"student_id,since,ended,purposes\n" + content)
    try:
        roster = read_roster(folder, PSEUDONYMS)
    except RosterError as error:
        assert error.problems  # noqa: PT017 - either end is right, and each has something to show
    else:
        assert len(roster.students) == 2
