"""OneRoster 1.1 and 1.2 CSV: who the students are, who holds a parent's rights, bulk and delta."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from databases import open_store
from hypothesis import given, settings
from hypothesis import strategies as st
from made_rosters import DEMOGRAPHICS, ROLES, USERS_11, USERS_12, Row, manifest, table, user, write, zipped

from dam_plugin.errors import RosterError
from dam_plugin.model import OptOut, StudentRecord
from dam_plugin.people.formats.oneroster import OF_WHOM
from dam_plugin.people.formats.register import CYCLE, NO_RIGHTS
from dam_plugin.people.formats.sources import RosterReader
from dam_plugin.people.mapping import OneRosterChoices, RosterMapping, read_mapping
from dam_plugin.people.roster import RosterImport
from dam_plugin.pseudonyms import Pseudonyms

PSEUDONYMS = Pseudonyms("k" * 32)
ADA, BEN = PSEUDONYMS.student("s1"), PSEUDONYMS.student("s2")
RUTH, HUGO = PSEUDONYMS.guardian("g1"), PSEUDONYMS.guardian("g2")
TODAY, NOW = date(2026, 11, 25), datetime(2026, 11, 25, 9, tzinfo=UTC)

RELATIVES = RosterMapping(roles={"relative": "holds_rights"})
BY_NUMBER = RosterMapping(oneroster=OneRosterChoices(student_id="identifier"))
FAMILY = (
    user("s1", "student", "Ada", agentSourcedIds="g1", grades="07", identifier="1001"),
    user("s2", "student", "Ben", identifier="1002"),
    user("g1", "guardian", "Ruth"),
    user("g2", "parent", "Hugo", agentSourcedIds="s2"),
    user("t1", "teacher", "Tom"),
)
BIRTHS = ({"sourcedId": "s1", "birthDate": "2013-03-01"},)


def export(*users: Row, births: tuple[Row, ...] = BIRTHS, **more: str) -> dict[str, str]:
    files = {"manifest.csv": manifest(users="bulk", demographics="bulk"), "users.csv": table(USERS_11, users)}
    return {**files, "demographics.csv": table(DEMOGRAPHICS, births), **{f"{k}.csv": v for k, v in more.items()}}


def delta(*users: Row, births: tuple[Row, ...] = ()) -> dict[str, str]:
    told = manifest(users="delta", demographics="delta")
    return {"manifest.csv": told, "users.csv": table(USERS_11, users), "demographics.csv": table(DEMOGRAPHICS, births)}


def read(
    folder: Path,
    files: Mapping[str, str | bytes],
    known: tuple[StudentRecord, ...] = (),
    mapping: RosterMapping = RosterMapping(),  # noqa: B008 - it is frozen
) -> RosterImport:
    reader = RosterReader(PSEUDONYMS, {each.id: each for each in known}, TODAY, mapping)
    return reader.read(write(folder / "export", files))


def problems(folder: Path, files: Mapping[str, str | bytes], mapping: RosterMapping = RosterMapping()) -> list[str]:  # noqa: B008
    with pytest.raises(RosterError) as caught:
        read(folder, files, mapping=mapping)
    return [str(each) for each in caught.value.problems]


def by_name(roster: RosterImport) -> dict[str, StudentRecord]:
    return {each.names[0]: each for each in roster.students}


# Bulk


NOT_STANDARD = {"teachersAide": "aide", "Teacher Aide": "aide", "headTeacher": "teacher"}


@pytest.mark.parametrize(("role", "meant"), NOT_STANDARD.items(), ids=NOT_STANDARD)
def test_a_role_of_no_format_is_refused_with_what_it_ends_with_until_the_mapping_knows_it(
    tmp_path: Path, role: str, meant: str
) -> None:
    files = export(*FAMILY, user("t9", role, "Tee"))
    (found,) = problems(tmp_path, files)
    assert found.startswith(
        f"users.csv:7: role is none of the format's; did you mean {meant!r}? else say in the mapping"
    )
    mapping = read_mapping(f"roles: {{{role}: staff}}".encode(), "map.yaml")
    assert role in [each.role for each in read(tmp_path, files, mapping=mapping).staff]


@pytest.mark.parametrize(("role", "meant"), [("teachr", "teacher"), ("guardan", "guardian"), ("parrent", "parent")])
def test_a_misspelt_role_is_refused_in_the_file_and_in_the_mapping(tmp_path: Path, role: str, meant: str) -> None:
    (found,) = problems(tmp_path, export(*FAMILY, user("t9", role, "Tee")))
    assert found == f"users.csv:7: role is none of the format's; did you mean {meant!r}?"
    with pytest.raises(RosterError, match=f"did you mean '{meant}'"):
        read_mapping(f"roles: {{{role}: staff}}".encode(), "map.yaml")


def test_students_are_read_with_guardians_of_both_directions_grades_and_birth_dates(tmp_path: Path) -> None:
    roster = read(tmp_path, export(*FAMILY))
    assert roster.students == (
        StudentRecord(ADA, "s1", ("Ada Quill",), date(2013, 3, 1), grade="07", guardians=(RUTH,),
                      guardian_names=((RUTH, "Ruth Quill"),), given="Ada", family="Quill"),
        StudentRecord(BEN, "s2", ("Ben Quill",), guardians=(HUGO,), guardian_names=((HUGO, "Hugo Quill"),),
                      given="Ben", family="Quill"),
    )  # fmt: skip
    assert (roster.whole, roster.tells_births, roster.kind, roster.notes) == (True, True, "oneroster", ())


def test_a_zip_reads_as_its_folder_does(tmp_path: Path) -> None:
    files = export(*FAMILY)
    reader = RosterReader(PSEUDONYMS, {}, TODAY)
    assert reader.read(zipped(tmp_path / "export.zip", files)) == read(tmp_path, files)
    inside = {f"2026/export/{name}": content for name, content in files.items()}
    assert reader.read(zipped(tmp_path / "inside.zip", inside)) == read(tmp_path, files)


def as_12(users: tuple[Row, ...], **more: str) -> dict[str, str]:
    rows = [{name: value for name, value in row.items() if name in USERS_12.split(",")} for row in users]
    roles = [{"sourcedId": f"r{n}", "userSourcedId": row["sourcedId"], "role": row["role"], "roleType": "primary"}
             for n, row in enumerate(users)]  # fmt: skip
    files = export(**more)
    return files | {"manifest.csv": manifest("1.2", users="bulk", roles="bulk", demographics="bulk"),
                    "users.csv": table(USERS_12, rows), "roles.csv": table(ROLES, roles)}  # fmt: skip


def test_both_column_layouts_say_the_same(tmp_path: Path) -> None:
    one, two = read(tmp_path / "11", export(*FAMILY)), read(tmp_path / "12", as_12(FAMILY))
    assert (one.format, two.format) == ("this is OneRoster 1.1 CSV", "this is OneRoster 1.2 CSV")
    assert replace(two, format=one.format) == one


SPELLINGS = {
    "BOM": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "header in lower case": lambda text: text.replace("agentSourcedIds", "agentsourcedids").replace(
        "givenName", "GIVENNAME"
    ),
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "returns alone": lambda text: text.replace("\n", "\r"),
    "mixed line ends": lambda text: text.replace("\n", "\r\n", 2),
    "metadata columns": lambda text: "\n".join(
        line + (",metadata.bus" if n == 0 else ",7") for n, line in enumerate(text.splitlines())
    ),
}


@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS)
def test_other_spellings_of_the_same_file_read_the_same(tmp_path: Path, spell: object) -> None:
    files = export(*FAMILY)
    spelt = files | {"users.csv": spell(files["users.csv"])}  # type: ignore[operator]
    assert read(tmp_path / "other", spelt) == read(tmp_path / "same", files)


@pytest.mark.parametrize(
    ("role", "mapping", "is_guardian"),
    [
        ("guardian", RosterMapping(), True),
        ("Parent", RosterMapping(), True),
        ("relative", RosterMapping(), False),
        ("relative", RELATIVES, True),
        ("teacher", RELATIVES, False),
        ("proctor", RELATIVES, False),
        ("ext:caseworker", RELATIVES, False),
    ],
)
@pytest.mark.parametrize("direction", ["student's row", "agent's row"])
def test_only_some_roles_hold_a_parents_rights(
    tmp_path: Path,
    role: str,
    mapping: RosterMapping,
    is_guardian: bool,
    direction: str,
) -> None:
    of_student, of_agent = ("g9", "") if direction == "student's row" else ("", "s1")
    users = user("s1", "student", "Ada", agentSourcedIds=of_student), user("g9", role, "X", agentSourcedIds=of_agent)
    (ada,) = read(tmp_path, export(*users), mapping=mapping).students
    assert ada.guardians == ((PSEUDONYMS.guardian("g9"),) if is_guardian else ())


# Infinite Campus by its own pages (kb.infinitecampus.com: OneRoster 1.1 Data Models; What's new in 1.2): in 1.1 a person has a
# record for each role, and its sourcedId begins with the role's letter; in 1.2 one record without the letter, and roles of all.
# A guardian has a guardian's relationship to some student, a relative another relationship to some student.


def test_infinite_campus_11_has_a_record_for_each_role_of_a_person(tmp_path: Path) -> None:
    users = (
        user("s123456", "student", "Ada", agentSourcedIds="g700,r701", grades="07"),
        user("g700", "guardian", "Ruth", agentSourcedIds="s123456"),
        user("t700", "teacher", "Ruth"),
        user("r701", "relative", "Olga", agentSourcedIds="s123456"),
    )
    roster = read(tmp_path, export(*users, births=({"sourcedId": "s123456", "birthDate": "2013-03-01"},)))
    (ada,) = roster.students
    assert ada.guardians == (PSEUDONYMS.guardian("g700"),)
    assert [(each.names, each.role) for each in roster.staff] == [(("Ruth Quill",), "teacher")]
    assert [(each.name, each.why) for each in roster.unlinked] == [("Olga Quill", NO_RIGHTS)]


@pytest.mark.parametrize(
    ("roles", "is_guardian"),
    [
        (("guardian",), True),
        (("guardian", "aide"), True),
        (("guardian", "relative"), False),
        (("relative", "guardian"), False),
    ],
)
def test_infinite_campus_12_does_not_say_of_whom_a_guardian_and_relative_is_which(
    tmp_path: Path, roles: tuple[str, ...], is_guardian: bool
) -> None:
    users = (
        user("123456", "", "Ada", agentSourcedIds="700"),
        user("123457", "", "Ben", agentSourcedIds="700"),
        user("700", "", "Ruth", agentSourcedIds="123456,123457"),
    )
    held = [("123456", "student"), ("123457", "student"), *(("700", role) for role in roles)]
    rows = [{"sourcedId": f"r{n}", "userSourcedId": who, "role": role} for n, (who, role) in enumerate(held)]
    roster = read(tmp_path, as_12(users) | {"roles.csv": table(ROLES, rows)})
    ruth = PSEUDONYMS.guardian("700")
    assert {each.guardians for each in roster.students} == {(ruth,) if is_guardian else ()}
    assert [each.why for each in roster.unlinked] == ([] if is_guardian else [OF_WHOM] * 2)
    mapping = RosterMapping(roles={"relative": "holds_rights"})
    says_so = read(tmp_path, as_12(users) | {"roles.csv": table(ROLES, rows)}, mapping=mapping)
    assert {each.guardians for each in says_so.students} == {(ruth,)}


def test_a_user_may_be_a_student_here_and_a_guardian_there(tmp_path: Path) -> None:
    users = (user("s1", "student", "Ada", agentSourcedIds="s2"), user("s2", "", "Mia", agentSourcedIds="g1"),
             user("g1", "", "Ruth"))  # fmt: skip
    roles = [{"sourcedId": f"r{n}", "userSourcedId": who, "role": role} for n, (who, role) in enumerate(
        [("s1", "student"), ("s2", "student"), ("s2", "parent"), ("g1", "guardian")])]  # fmt: skip
    files = as_12(users) | {"roles.csv": table(ROLES, roles)}
    found = by_name(read(tmp_path, files))
    assert found["Ada Quill"].guardians == (PSEUDONYMS.guardian("s2"),)
    assert found["Mia Quill"].guardians == (RUTH,)


def test_of_two_who_are_each_others_guardian_neither_gets_the_others_rights(tmp_path: Path) -> None:
    users = (user("s1", "", "Ada", agentSourcedIds="s2"), user("s2", "", "Mia", agentSourcedIds="s1"))
    roles = [{"sourcedId": f"{who}{role}", "userSourcedId": who, "role": role}
             for who in ("s1", "s2") for role in ("student", "guardian")]  # fmt: skip
    roster = read(tmp_path, as_12(users) | {"roles.csv": table(ROLES, roles)})
    assert [each.guardians for each in roster.students] == [(), ()]
    assert {each.why for each in roster.unlinked} == {CYCLE}


@pytest.mark.parametrize(
    ("begins", "ends", "counts"), [("", "", True), ("", "2026-11-24", False), ("2026-11-26", "", False)]
)
def test_a_guardians_role_counts_from_its_beginning_to_its_end(
    tmp_path: Path,
    begins: str,
    ends: str,
    counts: bool,
) -> None:
    roles = [{"sourcedId": "r1", "userSourcedId": "s1", "role": "student"},
             {"sourcedId": "r2", "userSourcedId": "g1", "role": "guardian", "beginDate": begins, "endDate": ends}]  # fmt: skip
    files = as_12((FAMILY[0], FAMILY[2])) | {"roles.csv": table(ROLES, roles)}
    assert bool(read(tmp_path, files).students[0].guardians) is counts


def test_preferred_and_middle_names_are_aliases(tmp_path: Path) -> None:
    preferred = {"middleName": "May", "preferredGivenName": "Addie", "preferredFamilyName": "Quill-Roe"}
    (ada,) = read(tmp_path, as_12((FAMILY[0],)) | {
        "users.csv": table(USERS_12, [{"sourcedId": "s1", "givenName": "Ada", "familyName": "Quill", **preferred}]),
    }).students  # fmt: skip
    assert ada.names == ("Ada Quill", "Ada May Quill", "Addie Quill-Roe", "Addie Quill")


@pytest.mark.parametrize(
    ("grades", "grade", "postsecondary"), [("KG", "KG", False), ("11,12", "11, 12", False), ("PS", "PS", True)]
)
def test_grades_are_kept_and_postsecondary_is_one(
    tmp_path: Path,
    grades: str,
    grade: str,
    postsecondary: bool,
) -> None:
    (ada,) = read(tmp_path, export(user("s1", "student", "Ada", grades=grades))).students
    assert (ada.grade, ada.postsecondary) == (grade, postsecondary)


def test_without_demographics_the_age_is_not_told(tmp_path: Path) -> None:
    files = export(*FAMILY) | {"manifest.csv": manifest(users="bulk", demographics="absent")}
    roster = read(tmp_path, files)
    assert (roster.students[0].born, roster.tells_births) == (None, False)
    assert roster.notes == ("demographics.csv was left alone: the manifest says that it is absent",)


def test_the_mapping_chooses_which_id_is_the_students(tmp_path: Path) -> None:
    roster = read(tmp_path, export(*FAMILY), mapping=BY_NUMBER)
    assert [each.roster_id for each in roster.students] == ["1001", "1002"]
    (found,) = problems(tmp_path / "b", export(*FAMILY, user("s3", "student", "Cy")), BY_NUMBER)
    assert found == "users.csv:7: has no identifier, which the mapping takes for the student's id"


def test_text_that_a_spreadsheet_would_run_is_text(tmp_path: Path) -> None:
    (one,) = read(tmp_path, export(user("s1", "student", "=cmd|'/c calc'!A0"))).students
    assert one.names == ("=cmd|'/c calc'!A0 Quill",)


# What is wrong

ROWS = {
    "no id": (user("", "student", "Cy"), "users.csv:7: has no sourcedId"),
    "id twice": (user("s1", "student", "Cy"), "users.csv:7: repeats the sourcedId of a row above"),
    "no name": (user("s3", "student", "", ""), "users.csv:7: has no name"),
    "no role": (user("s3", "", "Cy"), "users.csv:7: has no role"),
    "misspelt role": (
        user("s3", "studnet", "Cy"),
        "users.csv:7: role is none of the format's; did you mean 'student'?",
    ),
    "own guardian": (
        user("s3", "student", "Cy", agentSourcedIds="s3"),
        "users.csv:7: makes a student their own guardian",
    ),
    "control within an id": (user("s\x073", "student", "Cy"), "users.csv:7: sourcedId holds control characters"),
}


@pytest.mark.parametrize(("row", "problem"), ROWS.values(), ids=ROWS)
def test_what_is_wrong_with_a_row_is_named_with_its_line(tmp_path: Path, row: Row, problem: str) -> None:
    (found,) = problems(tmp_path, export(*FAMILY, row))
    assert found.startswith(problem)


FILES = {
    "too many cells": ({"users.csv": table(USERS_11, FAMILY) + "x" + "," * 18 + "\n"}, "users.csv:7: has 19 cells"),
    "no names": ({"users.csv": "sourcedId,role,givenName\n"}, "users.csv:1: lacks the column 'familyName'"),
    "misspelt column": (
        {"users.csv": table(USERS_11, FAMILY).replace("agentSourcedIds", "agentSourceIds")},
        "users.csv:1: column 'agentsourceids' is not known here; did you mean 'agentSourcedIds'?",
    ),
    "column twice": ({"users.csv": table(USERS_11, FAMILY).replace("username", "grades")},
                     "users.csv:1: column 'grades' stands twice"),
    "another code page": ({"users.csv": table(USERS_11, FAMILY).replace("Ada", "Ядя").encode("cp1251")},
                          "users.csv:2: is not UTF-8"),
    "UTF-16 without a mark": ({"users.csv": table(USERS_11, FAMILY).encode("utf-16-le")}, "users.csv:1: holds NUL bytes"),
    "nobody": ({"users.csv": table(USERS_11, FAMILY[2:])}, "users.csv: names no student"),
    "born badly": ({"demographics.csv": table(DEMOGRAPHICS, [{"sourcedId": "s1", "birthDate": "3/1/13"}])},
                   "demographics.csv:2: birthDate is not a date written YYYY-MM-DD"),
    "born tomorrow": ({"demographics.csv": table(DEMOGRAPHICS, [{"sourcedId": "s1", "birthDate": "2026-11-26"}])},
                      "demographics.csv:2: birthDate is in the future"),
    "version 3": ({"manifest.csv": manifest("3.0", users="bulk")}, "manifest.csv:3: oneroster.version is neither"),
    "mode": ({"manifest.csv": manifest(users="bluk")}, "manifest.csv:4: value is none of bulk, delta, absent; did you mean"),
    "file away": ({"manifest.csv": manifest(users="bulk", roles="bulk")}, "manifest.csv:5: says that roles.csv is there"),
    "bad enrollment": ({"enrollments.csv": "sourcedId,classSourcedId,userSourcedId,role\ne1,c1\n"},
                       "enrollments.csv:2: has 2 cells where the header has 4"),
}  # fmt: skip


@pytest.mark.parametrize(("files", "problem"), FILES.values(), ids=FILES)
def test_a_file_that_is_wrong_is_named(tmp_path: Path, files: dict[str, str | bytes], problem: str) -> None:
    found = problems(tmp_path, export(*FAMILY) | files)
    assert found[0].startswith(problem)
    assert len(found) == 1


def test_every_problem_of_every_file_is_told_at_once_and_without_names(tmp_path: Path) -> None:
    files = export(
        *FAMILY,
        user("", "student", "Zelda"),
        user("s1", "student", "Zelda"),
        births=({"sourcedId": "s9", "birthDate": "Zelda"},),
    )
    found = problems(tmp_path, files | {"orgs.csv": "sourcedId,name,type\nZelda\n"})
    assert [each.split(": ")[0] for each in found] == ["users.csv:7", "users.csv:8", "demographics.csv:2", "orgs.csv:2"]
    assert "Zelda" not in "".join(found)


def test_so_many_problems_that_nobody_would_read_them_end_the_reading(tmp_path: Path) -> None:
    found = problems(tmp_path, export(*(user("", "student", "Cy") for _ in range(1500))))
    assert len(found) < 1010
    assert "nothing from here on was read" in found[-1]


# Delta

ON_FILE = StudentRecord(
    ADA, "s1", ("Ada Quill",), date(2013, 3, 1), grade="07", guardians=(RUTH,), guardian_names=((RUTH, "Ruth Quill"),),
    opt_outs=(OptOut(date(2026, 9, 1)),),
)  # fmt: skip
BARE = replace(ON_FILE, opt_outs=())


def test_a_delta_leaves_who_is_not_in_it(tmp_path: Path) -> None:
    roster = read(tmp_path, delta(user("s2", "student", "Ben", status="active")), (ON_FILE,))
    assert (roster.whole, roster.gone, by_name(roster).keys()) == (False, (), {"Ben Quill"})


def test_who_is_to_be_deleted_has_left(tmp_path: Path) -> None:
    roster = read(tmp_path, delta(user("s1", "student", "Ada", status="tobedeleted")), (ON_FILE,))
    assert (roster.students, roster.gone) == ((), (ADA,))


def test_a_changed_student_keeps_birth_date_and_guardians_on_file(tmp_path: Path) -> None:
    row = user("s1", "student", "Ada", status="active", grades="08")
    assert read(tmp_path, delta(row), (ON_FILE,)).students == (replace(BARE, grade="08", given="Ada", family="Quill"),)


LINKS = {
    "guardian deleted": ([user("g1", "guardian", "Ruth", status="tobedeleted")], ()),
    "guardian is a teacher now": ([user("g1", "teacher", "Ruth", status="active")], ()),
    "another child's guardian alone": ([user("g1", "guardian", "Ruth", status="active", agentSourcedIds="s2")], ()),
    "guardian's row says nothing": ([user("g1", "guardian", "Ruth", status="active")], (RUTH,)),
    "a second one": ([user("g2", "parent", "Hugo", status="active", agentSourcedIds="s1")], (RUTH, HUGO)),
    "student lists another": (
        [
            user("s1", "student", "Ada", status="active", agentSourcedIds="g2"),
            user("g2", "parent", "Hugo", status="active"),
        ],
        (HUGO,),
    ),
    "student lists them still": ([user("s1", "student", "Ada", status="active", agentSourcedIds="g1")], (RUTH,)),
}


@pytest.mark.parametrize(("rows", "guardians"), LINKS.values(), ids=LINKS)
def test_a_delta_says_who_is_a_guardian_no_more(tmp_path: Path, rows: list[Row], guardians: tuple[str, ...]) -> None:
    roster = read(tmp_path, delta(*rows), (ON_FILE,))
    now = next((each for each in roster.students if each.id == ADA), ON_FILE)
    assert now.guardians == guardians


def test_a_guardian_on_file_is_linked_to_a_new_child(tmp_path: Path) -> None:
    roster = read(tmp_path, delta(user("s2", "student", "Ben", status="active", agentSourcedIds="g1")), (ON_FILE,))
    assert by_name(roster)["Ben Quill"].guardian_names == ((RUTH, "Ruth Quill"),)


def test_a_delta_may_tell_a_birth_date_alone(tmp_path: Path) -> None:
    files = delta(births=({"sourcedId": "s1", "status": "active", "birthDate": "2013-03-02"},))
    assert read(tmp_path, files, (ON_FILE,)).students == (replace(BARE, born=date(2013, 3, 2)),)


def test_a_delta_needs_the_id_by_which_it_names_who_left(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, delta(user("s1", "student", "Ada", status="active", identifier="1001")), BY_NUMBER)
    assert "take that for the id" in found


@settings(derandomize=True, deadline=None)
@given(content=st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_whatever_the_bytes_it_is_a_roster_or_a_roster_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    files = export(*FAMILY)
    files_with = files | {"users.csv": files["users.csv"].encode() + content}
    try:
        roster = read(tmp_path_factory.mktemp("roster"), files_with)
    except RosterError as error:
        assert error.problems  # noqa: PT017 - either end is right, and each has something to show
    else:
        assert {ADA, BEN} <= {each.id for each in roster.students}


ACTIVE, GONE = {"status": "active"}, {"status": "tobedeleted"}


@pytest.mark.parametrize(
    "files",
    [
        delta(user("s1", "student", "Adele", agentSourcedIds="g1", **ACTIVE)),
        delta(user("s3", "student", "Cleo", agentSourcedIds="g1,g9", **ACTIVE)),
        delta(user("g1", "guardian", "Ruth", agentSourcedIds="s2", **ACTIVE)),
        delta(user("g3", "guardian", "Maya", agentSourcedIds="s1,s2", **ACTIVE)),
        delta(user("g2", "guardian", "Hugo", **GONE)),
        delta(user("s2", "student", "Ben", **GONE), user("g1", "teacher", "Ruth", **ACTIVE)),
        delta(births=({"sourcedId": "s2", "birthDate": "2012-06-02", **ACTIVE},)),
    ],
    ids=["renamed", "new", "another child", "new guardian", "guardian gone", "left", "born"],
)
def test_a_delta_beside_a_store_reads_as_beside_all_that_is_on_file(tmp_path: Path, files: dict[str, str]) -> None:
    whole = read(tmp_path, export(*FAMILY))
    with open_store("sqlite", tmp_path) as store:
        with store.writing() as unit:
            unit.people.upsert_roster(whole.students, NOW)
        with store.reading() as unit:
            source = write(tmp_path / "delta", files)
            beside_all = RosterReader(PSEUDONYMS, dict(unit.people.on_file()), TODAY).read(source)
            assert RosterReader(PSEUDONYMS, unit.people.on_file(), TODAY).read(source) == beside_all
            assert beside_all.students or beside_all.gone
