"""Opt-outs by a district's mapping, and a plain CSV by it: what an answer means, and what is unclear."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dam_plugin.errors import RosterError
from dam_plugin.model import OptOut, StudentRecord
from dam_plugin.people.formats.opt_outs import LONG_AGO
from dam_plugin.people.formats.sources import RosterReader
from dam_plugin.people.mapping import DateColumn, read_mapping
from dam_plugin.people.roster import RosterImport
from dam_plugin.pseudonyms import Pseudonyms

PSEUDONYMS = Pseudonyms("k" * 32)
ADA, BEN = PSEUDONYMS.student("1001"), PSEUDONYMS.student("1002")
TODAY = date(2026, 11, 25)
MAPPING = """
students:
  student_id: Number
  given_name: First
  family_name: Last
  aliases: [Nick]
  born: {column: DOB, format: MM/DD/YYYY}
  grade: Gr
  guardians:
    - {id: P1, name: P1 Name}
    - {id: P2}
opt_outs:
  file: out.csv
  student_id: Student
  since: {column: Date, format: MM/DD/YYYY}
  ignore: [Name]
  columns:
    - {column: Yearbook Release, opted_out: [N, no], permitted: [Y, yes], blank: permitted, purposes: [yearbook]}
    - {column: MediaOptOut, opted_out: [1], permitted: [0], purposes: [news, website]}
"""
STUDENTS = """Number,First,Last,Nick,DOB,Gr,P1,P1 Name,P2,Bus
1001,Ada,Quill,Addie,03/01/2013,07,G1,Ruth Quill,,7
1002,Ben,Roe,,,KG,,,G2,
"""
HEADER = "Student,Name,Date,Yearbook Release,MediaOptOut\n"


def read(
    folder: Path, rows: str, mapping: str = MAPPING, students: str = STUDENTS, known: tuple[StudentRecord, ...] = ()
) -> RosterImport:
    (folder / "students.csv").write_text(students)
    (folder / "out.csv").write_text(rows if rows.startswith("Student") else HEADER + rows)
    means = read_mapping(mapping.encode(), "map.yaml")
    reader = RosterReader(PSEUDONYMS, {each.id: each for each in known}, TODAY, means, folder)
    return reader.read(folder / "students.csv")


def told(roster: RosterImport, student: str) -> set[OptOut]:
    return next(set(each.opt_outs) for each in roster.students if each.id == student)


def problems(folder: Path, *args: str) -> list[str]:
    with pytest.raises(RosterError) as caught:
        read(folder, *args)
    return [str(each) for each in caught.value.problems]


BOTH = "1002,Ben,08/25/2026,Y,0\n"


def test_a_plain_csv_is_read_by_its_mapping(tmp_path: Path) -> None:
    roster = read(tmp_path, f"1001,Ada,08/25/2026,N,0\n{BOTH}")
    ada, ben = roster.students
    mother = PSEUDONYMS.guardian("G1")
    assert (ada.names, ada.born, ada.grade) == (("Ada Quill", "Addie Quill"), date(2013, 3, 1), "07")
    assert (ada.guardians, ada.guardian_names) == ((mother,), ((mother, "Ruth Quill"),))
    assert (ben.names, ben.born, ben.guardians) == (("Ben Roe",), None, (PSEUDONYMS.guardian("G2"),))
    assert ada.opt_outs == (OptOut(date(2026, 8, 25), purposes=("yearbook",)),)
    assert (ben.opt_outs, roster.notes) == ((), ())


def test_a_folder_with_one_table_of_students_reads_as_the_file_does(tmp_path: Path) -> None:
    roster = read(tmp_path, BOTH)
    means = read_mapping(MAPPING.encode(), "map.yaml")
    assert RosterReader(PSEUDONYMS, {}, TODAY, means, tmp_path).read(tmp_path) == roster


SINCE = date(2026, 8, 25)
YEARBOOK, MEDIA = OptOut(SINCE, purposes=("yearbook",)), OptOut(SINCE, purposes=("news", "website"))
ANSWERS = {
    "both out": ("N,1", {YEARBOOK, MEDIA}, 0),
    "in any case": ("NO,1", {YEARBOOK, MEDIA}, 0),
    "both permitted": ("yes,0", set(), 0),
    "blank as mapped": (",0", set(), 0),
    "blank by default": ("Y,", {MEDIA}, 0),
    "an answer nobody mapped": ("maybe,0", {YEARBOOK}, 1),
    "a formula": ("=cmd|x,0", {YEARBOOK}, 1),
}


@pytest.mark.parametrize(("answers", "opt_outs", "notes"), ANSWERS.values(), ids=ANSWERS)
def test_an_answer_means_what_the_mapping_says_and_else_an_opt_out(
    tmp_path: Path, answers: str, opt_outs: set[OptOut], notes: int
) -> None:
    roster = read(tmp_path, f"1001,Ada,08/25/2026,{answers}\n{BOTH}")
    assert told(roster, ADA) == opt_outs
    assert len(roster.notes) == notes
    assert all("line 2" in note and "maybe" not in note for note in roster.notes)


@pytest.mark.parametrize("day", ["", "2026-8-25", "25/08/2026", "soon", "11/26/2026"])
def test_an_opt_out_whose_day_is_unclear_holds_from_ever_on(tmp_path: Path, day: str) -> None:
    roster = read(tmp_path, f"1001,Ada,{day},N,0\n{BOTH}")
    assert told(roster, ADA) == {OptOut(LONG_AGO, purposes=("yearbook",))}
    assert len(roster.notes) == bool(day)


def test_a_column_nobody_mapped_opts_out_of_everything_and_is_named(tmp_path: Path) -> None:
    roster = read(
        tmp_path, f"Student,Name,Date,Yearbook Release,MediaOptOut,Military\n1001,Ada,08/25/2026,Y,0,Y\n{BOTH[:-1]},\n"
    )
    assert told(roster, ADA) == told(roster, BEN) == {OptOut(SINCE)}
    assert "column 'military' is not mapped" in roster.notes[0]


def test_who_is_not_listed_is_opted_out_unless_the_mapping_says_otherwise(tmp_path: Path) -> None:
    roster = read(tmp_path, BOTH)
    assert told(roster, ADA) == {OptOut(LONG_AGO)}
    assert roster.notes == (
        "out.csv: 1 student(s) of the roster are not listed: they count as opted out of everything",
    )
    listed = MAPPING.replace("  ignore:", "  not_listed: permitted\n  ignore:")
    permitted = read(tmp_path, BOTH, listed)
    assert (told(permitted, ADA), ADA in permitted.settled, BEN in permitted.settled) == (set(), False, True)


PERMITTED = MAPPING.replace("  ignore:", "  not_listed: permitted\n  ignore:")


@pytest.mark.parametrize("number", ["01001", "1001.0", "1001\u200b", "A1001"])
def test_an_opt_out_that_finds_nobody_is_to_be_confirmed_where_it_would_be_lost(tmp_path: Path, number: str) -> None:
    roster = read(tmp_path, f"{number},Ada,08/25/2026,N,0\n{BOTH}", PERMITTED)
    (doubt,) = roster.doubts
    assert doubt.startswith("out.csv: 1 row(s) opt out and are about nobody on the roster or on file (line 2)")
    assert number not in doubt


def test_a_row_that_permits_and_finds_nobody_is_none_to_confirm(tmp_path: Path) -> None:
    assert read(tmp_path, f"9999,Ada,08/25/2026,Y,0\n{BOTH}", PERMITTED).doubts == ()


def test_where_whoever_is_not_listed_is_opted_out_no_opt_out_is_lost(tmp_path: Path) -> None:
    roster = read(tmp_path, f"01001,Ada,08/25/2026,N,0\n{BOTH}")
    assert (told(roster, ADA), roster.doubts) == ({OptOut(LONG_AGO)}, ())


def test_an_empty_file_that_opts_nobody_out_is_to_be_confirmed(tmp_path: Path) -> None:
    assert read(tmp_path, HEADER, PERMITTED).doubts == ("out.csv: has no row, so that nobody would be opted out by it",)
    assert read(tmp_path, HEADER).doubts == ()


@pytest.mark.parametrize(("day", "since"), [("2026-11-25", TODAY), ("2026-11-26", LONG_AGO), ("2062-01-01", LONG_AGO)])
def test_a_fixed_day_that_is_yet_to_come_makes_opt_outs_hold_from_ever_on(
    tmp_path: Path, day: str, since: date
) -> None:
    fixed = MAPPING.replace("since: {column: Date, format: MM/DD/YYYY}", f"since: {day}")
    fixed = fixed.replace("[Name]", "[Name, Date]")
    roster = read(tmp_path, f"1001,Ada,,N,0\n{BOTH}", fixed)
    assert told(roster, ADA) == {OptOut(since, purposes=("yearbook",))}
    assert any("yet to come" in note for note in roster.notes) is (since == LONG_AGO)


def test_of_two_rows_the_stricter_counts(tmp_path: Path) -> None:
    roster = read(tmp_path, f"1001,Ada,08/25/2026,Y,0\n1001,Ada,08/25/2026,N,0\n{BOTH}")
    assert told(roster, ADA) == {YEARBOOK}


def test_who_left_gets_their_opt_outs_and_does_not_return_by_them(tmp_path: Path) -> None:
    cy = StudentRecord(PSEUDONYMS.student("1003"), "1003", ("Cy Poe",))
    roster = read(tmp_path, f"1001,Ada,08/25/2026,Y,0\n{BOTH}1003,Cy,08/25/2026,N,0\n9999,X,,N,0\n", known=(cy,))
    kept = next(each for each in roster.students if each.id == cy.id)
    assert (kept.active, kept.opt_outs) == (False, (YEARBOOK,))
    assert roster.notes == ("out.csv: 1 row(s) are about nobody on the roster or on file: they were left alone",)


def test_a_mapped_birth_date_that_is_none_is_a_problem(tmp_path: Path) -> None:
    found = problems(tmp_path, BOTH, MAPPING, STUDENTS.replace("03/01/2013", "01.03.2013").replace("1002", ""))
    assert found[:2] == [
        "students.csv:2: DOB is not a date written MM/DD/YYYY",
        "students.csv:3: has no Number: every student needs one",
    ]


def test_a_student_in_two_rows_has_the_guardians_of_both(tmp_path: Path) -> None:
    more = "1001,Ada,Quill,Addie,03/01/2013,07,G3,,,\n"
    ada = read(tmp_path, BOTH, MAPPING, STUDENTS + more).students[0]
    assert ada.guardians == (PSEUDONYMS.guardian("G1"), PSEUDONYMS.guardian("G3"))


OTHERWISE = {
    "First": "1001,Zelda,Quill,Addie,03/01/2013,07",
    "First, Last, DOB": "1001,Zelda,Poe,Addie,03/02/2013,07",
    "Nick, Gr": "1001,Ada,Quill,Dee,03/01/2013,08",
}


@pytest.mark.parametrize(("columns", "row"), OTHERWISE.items(), ids=OTHERWISE)
def test_two_rows_that_tell_one_student_otherwise_are_refused_with_their_columns(
    tmp_path: Path, columns: str, row: str
) -> None:
    (found,) = problems(tmp_path, BOTH, MAPPING, f"{STUDENTS}{row},G3,,,\n")
    assert found == (
        f"students.csv:4: has another {columns} than line 2 for the same Number: make the rows agree, or give each student "
        "their own Number"
    )


def test_the_file_of_opt_outs_must_be_there(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, BOTH, MAPPING.replace("out.csv", "optouts.csv"))
    assert found == "optouts.csv: is not there: the mapping looks for the file of opt-outs beside itself"


@pytest.mark.parametrize("matches", ["sourcedId", "identifier"])
def test_the_id_that_opt_outs_match_must_be_one_of_the_roster(tmp_path: Path, matches: str) -> None:
    (found,) = problems(tmp_path, BOTH, MAPPING.replace("  ignore:", f"  matches: {matches}\n  ignore:"))
    assert found == f"opt_outs.matches: names an id that this roster does not have: {matches}"


MISTAKES = {
    "unknown part": ("opt_outs:", "optouts:", "map.yaml:12:1: optouts: is not known here; did you mean 'opt_outs'?"),
    "unknown field": ("ignore:", "ignor:", "map.yaml:16:3: opt_outs.ignor: is not known here; did you mean 'ignore'?"),
    "format": (
        "born: {column: DOB, format: MM/DD/YYYY}",
        "born: {column: DOB, format: MM/DD/YY}",
        "map.yaml:7:31: students.born",
    ),
    "blank": ("blank: permitted", "blank: permited", "did you mean 'permitted'?"),
    "since": (
        "since: {column: Date, format: MM/DD/YYYY}",
        "since: soon",
        "map.yaml:15:10: opt_outs.since: must be a date",
    ),
    "no answer": ("opted_out: [1]", "opted_out: []", "map.yaml:19:40: opt_outs.columns[1].opted_out: must name"),
    "answer twice": (
        "permitted: [0]",
        "permitted: [0, 1]",
        "opt_outs.columns[1].permitted: has an answer that stands under",
    ),
    "no names": ("  given_name: First\n  family_name: Last\n", "", "map.yaml:3:3: students: names no column of names"),
    "alias": ("opted_out: [1]", "opted_out: *x", "aliases are not allowed in a mapping file"),
    "no YAML": ("students:", "students: [", "map.yaml:"),
}


@pytest.mark.parametrize(("before", "after", "problem"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_in_a_mapping_is_named_with_its_place(before: str, after: str, problem: str) -> None:
    with pytest.raises(RosterError) as caught:
        read_mapping(MAPPING.replace(before, after, 1).encode(), "map.yaml")
    assert problem in str(caught.value.problems[0])
    assert str(caught.value.problems[0]).startswith("map.yaml:")


@pytest.mark.parametrize(
    ("before", "after"),
    [("opted_out: [1]", "opted_out: []"), ("blank: permitted", "blank: permited"), ("[news, website]", "[news, {}]")],
)
def test_a_mistake_within_a_column_is_told_alone(before: str, after: str) -> None:
    with pytest.raises(RosterError) as caught:
        read_mapping(MAPPING.replace(before, after, 1).encode(), "map.yaml")
    assert len(caught.value.problems) == 1


def test_the_parts_of_a_name_are_told_where_the_mapping_has_a_column_for_each(tmp_path: Path) -> None:
    ada, ben = read(tmp_path, "").students
    assert [(each.given, each.family) for each in (ada, ben)] == [("Ada", "Quill"), ("Ben", "Roe")]
    whole = MAPPING.replace("  given_name: First\n  family_name: Last\n", "  name: First\n")
    assert {(each.given, each.family) for each in read(tmp_path, "", whole).students} == {(None, None)}


def test_opt_outs_without_a_column_are_a_mistake() -> None:
    with pytest.raises(RosterError) as caught:
        read_mapping(b"opt_outs: {file: a.csv, student_id: Nr, columns: []}", "map.yaml")
    assert "opt_outs.columns: must name at least one" in str(caught.value.problems[0])


def test_answers_that_yaml_takes_for_flags_and_numbers_are_the_words_that_stand_there() -> None:
    text = MAPPING.replace("[N, no]", "[No, 0x1, 1.0]").replace("[Y, yes]", "[Yes]").replace("Student\n", "No\n")
    mapping = read_mapping(text.encode(), "m")
    assert mapping.opt_outs is not None
    column = mapping.opt_outs.columns[0]
    assert (mapping.opt_outs.student_id, column.opted_out, column.permitted) == ("No", ("No", "0x1", "1.0"), ("Yes",))


@settings(derandomize=True, deadline=None)
@given(text=st.text(max_size=12))
def test_whatever_the_cell_it_is_a_day_or_none(text: str) -> None:
    day = DateColumn("x", "MM/DD/YYYY").day(text)
    assert day is None or f"{day.year:04}" in text


@settings(derandomize=True, deadline=None)
@given(
    yearbook=st.text("NnoOyYesS1?", max_size=3),
    media=st.text("01?", max_size=2),
    day=st.sampled_from(["", "08/25/2026", "x"]),
)
def test_only_answers_that_permit_permit(
    tmp_path_factory: pytest.TempPathFactory, yearbook: str, media: str, day: str
) -> None:
    roster = read(tmp_path_factory.mktemp("r"), f"1001,Ada,{day},{yearbook},{media}\n{BOTH}")
    out = {purpose for each in told(roster, ADA) for purpose in each.purposes or ()}
    assert ("yearbook" in out) is (yearbook.casefold() not in ("y", "yes", ""))
    assert ("news" in out) is (media != "0")
