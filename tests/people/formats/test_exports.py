"""Whole exports of student systems through the command line: students, guardians and staff, a guardian's share, and again.

The files are made from their makers' documents (`support/made_exports`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from command_line import call
from district import CALEB, District
from made_corpus import said
from made_exports import Adult, Pupil, clever, sync_1, sync_2, sync_21
from made_files import bag
from made_rosters import DEMOGRAPHICS, USERS_11, manifest, table, user, write, zipped

CALEBS = "portraits/portrait-0421.jpg"
CUSTODIAN = ("--as", "custodian:records-office")
PUPILS = (
    Pupil(CALEB, "Caleb", "Brandt", beside=(("p1", "parent"), ("p2", "relative"))),
    Pupil("50002", "Mira", "Oduya", beside=(("p3", "guardian"), ("p9", "parent"))),
)
ADULTS = (
    Adult("p1", "Jean", "Brandt"),
    Adult("p2", "Otto", "Brandt"),
    Adult("p3", "Ama", "Oduya"),
    Adult("t1", "Kristen", "Fein", "teacher"),
)


def oneroster(pupils: tuple[Pupil, ...], adults: tuple[Adult, ...]) -> dict[str, str]:
    """Return a OneRoster 1.1 export: what a person is to a student is the role of the person."""
    what = {adult: role for each in pupils for adult, role in each.beside}
    users = [user(each.id, "student", each.given, each.family, grades=each.grade,
                  agentSourcedIds=",".join(adult for adult, _ in each.beside)) for each in pupils]  # fmt: skip
    users += [user(each.id, each.role or what.get(each.id, "other"), each.given, each.family) for each in adults]
    births = [{"sourcedId": each.id, "birthDate": each.born} for each in pupils]
    return {
        "manifest.csv": manifest(users="bulk", demographics="bulk"),
        "users.csv": table(USERS_11, users),
        "demographics.csv": table(DEMOGRAPHICS, births),
    }


def with_types(pupils: tuple[Pupil, ...], adults: tuple[Adult, ...]) -> dict[str, str]:
    return clever(
        (replace(each, beside=tuple((adult, _TYPES[what]) for adult, what in each.beside)) for each in pupils), adults
    )


_TYPES = {"parent": "Primary:Mother", "guardian": "Parent/Guardian", "relative": "Primary:Grandparent"}
FORMATS = {
    "OneRoster 1.1": (oneroster, "this is OneRoster 1.1 CSV"),
    "School Data Sync v1": (sync_1, "this is Microsoft School Data Sync v1"),
    "School Data Sync v2.1": (sync_21, "this is Microsoft School Data Sync v2.1"),
    "Clever": (with_types, "this is Clever's own CSV"),
}


def imported(source: Path, *options: str) -> dict[str, Any]:
    """Import over the sample roster, which all but leaves by it; return what the command printed."""
    done = call("roster", "import", str(source), "--confirm", *CUSTODIAN, "--json", *options)
    assert done.code == 0, done.text
    return dict(done.object())


def shown(district: District, number: str) -> dict[str, Any]:
    return dict(call("student", "show", district.student(number), "--json").object())


@pytest.mark.parametrize(("make", "sentence"), FORMATS.values(), ids=FORMATS)
def test_an_export_tells_students_guardians_and_staff_and_the_same_again_changes_nothing(
    district: District, tmp_path: Path, make: Any, sentence: str
) -> None:
    source = write(tmp_path / "export", make(PUPILS, ADULTS))
    done = imported(source)
    assert (done["format"], done["added"], done["changed"], done["staff"]) == (sentence, 1, 1, 1)
    mira = shown(district, "50002")
    assert (mira["names"], mira["born"], mira["given"], mira["family"]) == (
        ["Mira Oduya"],
        "2012-05-04",
        "Mira",
        "Oduya",
    )
    assert mira["guardian_names"] == [[district.guardian("p3"), "Ama Oduya"]]
    assert shown(district, CALEB)["guardians"] == [district.guardian("p1")]
    again = imported(source)
    assert (again["unchanged"], again["added"], again["changed"], again["left"], again["staff"]) == (2, 0, 0, 0, 0)
    packed = imported(zipped(tmp_path / "export.zip", make(PUPILS, ADULTS)))
    assert (packed["unchanged"], packed["changed"]) == (2, 0)


@pytest.mark.parametrize(("make", "sentence"), FORMATS.values(), ids=FORMATS)
def test_a_linked_guardian_is_given_the_record_and_one_who_was_not_linked_is_not(
    district: District, tmp_path: Path, make: Any, sentence: str
) -> None:
    imported(write(tmp_path / "export", make(PUPILS, ADULTS)))
    district.upload(CALEBS)
    # Else it is directory information, which anybody may have.
    assert call("student", "opt-out", district.student(CALEB), *CUSTODIAN).code == 0
    outcomes = {}
    for adult in ("p1", "p2"):
        to = f"parent:{district.guardian(adult)}"
        outcomes[adult] = call("share", CALEBS, "--to", to, "--purpose", "inspection", *CUSTODIAN, "--json").object()[
            "outcome"
        ]
    assert outcomes["p1"] == "allow", sentence
    assert outcomes["p2"] in ("refer", "deny")


@pytest.mark.parametrize("make", [make for make, _ in FORMATS.values()], ids=FORMATS)
def test_who_was_not_linked_is_counted_and_named_only_on_request(district: District, tmp_path: Path, make: Any) -> None:
    source = write(tmp_path / "export", make(PUPILS, ADULTS))
    done = call("roster", "import", str(source), "--confirm", *CUSTODIAN)
    assert "not linked as a guardian: 1" in done.text
    assert "student guardian verify" in done.text
    assert "Otto" not in done.text
    named = call("roster", "import", str(source), "--names", *CUSTODIAN)
    assert "Otto Brandt" in named.text
    assert district.guardian("p2") in named.text


def test_the_district_says_in_the_mapping_that_a_relative_holds_rights(district: District, tmp_path: Path) -> None:
    mapping = tmp_path / "map.yaml"
    mapping.write_text("roles:\n  relative: holds_rights\n  parent: no_rights\n")
    for make in (sync_21, oneroster):
        imported(write(tmp_path / make.__name__, make(PUPILS, ADULTS)), "--mapping", str(mapping))
        assert shown(district, CALEB)["guardians"] == [district.guardian("p2")]


@pytest.mark.parametrize(
    ("roles", "problem"),
    [
        ("gardian: no_rights", "map.yaml:2:12: roles.gardian: is no role of a format; did you mean 'guardian'?"),
        ("relative: rights", "map.yaml:2:13: roles.relative:"),
    ],
)
def test_a_mistake_in_the_roles_of_a_mapping_is_placed(
    tmp_path: Path, district: District, roles: str, problem: str
) -> None:
    mapping = tmp_path / "map.yaml"
    mapping.write_text(f"roles:\n  {roles}\n")
    source = write(tmp_path / "export", sync_1(PUPILS, ADULTS))
    ended = call("roster", "import", str(source), "--mapping", str(mapping))
    assert ended.code != 0
    assert problem in ended.text


def test_version_2_has_no_guardians_and_those_on_file_stay(district: District, tmp_path: Path) -> None:
    before = shown(district, CALEB)["guardians"]
    done = imported(write(tmp_path / "export", sync_2(PUPILS, ADULTS)))
    assert (done["format"], done["staff"]) == ("this is Microsoft School Data Sync v2", 1)
    assert before
    assert shown(district, CALEB)["guardians"] == before
    assert any("guardians on file stay" in note for note in done["notes"])


def test_the_kind_of_the_files_is_kept_with_the_import(district: District, tmp_path: Path) -> None:
    imported(write(tmp_path / "export", sync_1(PUPILS, ADULTS)))
    kept = [
        each
        for each in call("ledger", "show", "--as", "custodian:records-office", "--json").objects()
        if each["kind"] == "roster"
    ]
    assert [each["details"]["format"] for each in kept].count("this is Microsoft School Data Sync v1") == 1


# What would be wrong is refused


def refused(source: Path) -> str:
    ended = call("roster", "import", str(source), "--confirm", *CUSTODIAN)
    assert ended.code != 0
    return ended.text


def changed(files: Mapping[str, str], name: str, before: str, after: str) -> dict[str, str]:
    assert before in files[name]
    return {**files, name: files[name].replace(before, after)}


def test_roles_that_all_ended_are_last_years_files(district: District, tmp_path: Path) -> None:
    told = refused(write(tmp_path / "old", sync_21(PUPILS, ADULTS, year="2021")))
    assert "roles.csv: says of every student that the role has ended" in told


def test_a_student_as_own_guardian_is_refused(district: District, tmp_path: Path) -> None:
    pupils = (replace(PUPILS[0], beside=((CALEB, "parent"),)), PUPILS[1])
    for make in (sync_21, oneroster):
        assert "own guardian" in refused(write(tmp_path / make.__name__, make(pupils, ADULTS)))


def test_students_who_guard_each_other_in_a_circle_hold_nothing(district: District, tmp_path: Path) -> None:
    ring = tuple(Pupil(f"r{n}", f"Ring{n}", "Loop", beside=((f"r{(n + 1) % 3}", "guardian"),)) for n in range(3))
    done = imported(write(tmp_path / "ring", sync_21((*PUPILS, *ring), ADULTS)))
    assert all(not shown(district, each.id)["guardians"] for each in ring)
    assert sum("each other" in each["why"] or "other's guardian" in each["why"] for each in done["unlinked"]) == 3
    assert shown(district, CALEB)["guardians"] == [district.guardian("p1")]


def test_two_guardians_of_one_name_stay_two(district: District, tmp_path: Path) -> None:
    pupil = Pupil("50003", "Ivo", "Sand", beside=(("a", "parent"), ("b", "parent")))
    twins = (Adult("a", "Jo", "Sand"), Adult("b", "Jo", "Sand"))
    imported(write(tmp_path / "export", sync_21((*PUPILS, pupil), (*ADULTS, *twins))))
    assert shown(district, "50003")["guardians"] == [district.guardian("a"), district.guardian("b")]


def test_two_people_with_one_address_could_be_either_and_are_refused(district: District, tmp_path: Path) -> None:
    pupil = Pupil("50003", "Ivo", "Sand", beside=(("a", "parent"),))
    files = sync_1((*PUPILS, pupil), (*ADULTS, Adult("a", "Jo", "Sand"), Adult("b", "Jo", "Sand")))
    assert "has the Email of a row above" in refused(write(tmp_path / "export", files))


def test_a_file_that_may_hold_opt_outs_is_not_passed_over(district: District, tmp_path: Path) -> None:
    source = write(tmp_path / "export", {**sync_1(PUPILS, ADULTS), "OptOuts.csv": "Number,Web\n50002,N\n"})
    assert "OptOuts.csv: may hold opt-outs" in refused(source)


def test_who_is_inactive_is_no_student_now(district: District, tmp_path: Path) -> None:
    files = sync_1(PUPILS, ADULTS)
    files = changed(files, "Student.csv", "N50002,,8,Active", "N50002,,8,Inactive")
    done = imported(write(tmp_path / "export", files))
    assert (done["added"], done["changed"]) == (0, 1)


def test_staff_are_listed_by_pseudonym_and_leave_with_the_roster(district: District, tmp_path: Path) -> None:
    imported(write(tmp_path / "one", sync_21(PUPILS, ADULTS)))
    (kristen,) = call("roster", "staff", "--json").objects()
    assert (kristen["role"], kristen["active"], "names" in kristen) == ("teacher", True, False)
    shown = call("roster", "staff", "--names").text
    assert ("Kristen Fein" in shown, "('" in shown, "True" in shown) == (True, False, False)
    done = imported(write(tmp_path / "two", sync_21(PUPILS, (*ADULTS[:3], Adult("t2", "Paul", "Imbe", "nurse")))))
    assert done["staff"] == 2
    assert {(each["role"], each["active"]) for each in call("roster", "staff", "--json").objects()} == {
        ("teacher", False),
        ("nurse", True),
    }


def test_a_caption_that_names_a_teacher_names_nobody_unknown(district: District, tmp_path: Path) -> None:
    # Other bytes: what the same ones said before stays.
    body, again = (said(bag("Iptc4xmpExt:PersonInImage", ["Kristen Fein"]), size=(800, high)) for high in (600, 640))
    before = district.upload("portraits/teacher-1.jpg", body).tagging
    imported(write(tmp_path / "export", sync_21(PUPILS, ADULTS)))
    after = district.upload("portraits/teacher-2.jpg", again).tagging
    assert (before.unidentified_people, after.unidentified_people) == (1, 0)


@pytest.mark.parametrize("place", ["numbered columns", "a file of contacts"])
def test_clevers_contacts_may_stand_elsewhere(district: District, tmp_path: Path, place: str) -> None:
    files = clever((replace(PUPILS[0], beside=()),), ())
    if place == "numbered columns":
        header, row = files["students.csv"].splitlines()
        more = [f"Contact_{n}_{name}" for n in (1, 2) for name in ("name", "type", "sis_id")]
        files["students.csv"] = (
            f"{header},{','.join(more)}\n{row},Jean Brandt,Parent/Guardian,p1,Otto Brandt,Emergency,p2\n"
        )
    else:
        files["contacts.csv"] = (
            "Student_id,Contact_name,Contact_type,Contact_sis_id\n"
            f"{CALEB},Jean Brandt,Parent/Guardian,p1\n{CALEB},Otto Brandt,Emergency,p2\n"
        )
    done = imported(write(tmp_path / "export", files))
    assert shown(district, CALEB)["guardian_names"] == [[district.guardian("p1"), "Jean Brandt"]]
    assert [each["person"] for each in done["unlinked"]] == [district.guardian("p2")]


def test_a_contact_of_clevers_without_an_id_is_known_by_name_and_address(district: District, tmp_path: Path) -> None:
    files = with_types(PUPILS, ADULTS)
    first = imported(write(tmp_path / "one", {**files, "students.csv": files["students.csv"].replace(",p1,", ",,")}))
    again = imported(write(tmp_path / "two", {**files, "students.csv": files["students.csv"].replace(",p1,", ",,")}))
    assert (first["added"], again["unchanged"], again["changed"]) == (1, 2, 0)
    assert [name for _, name in shown(district, CALEB)["guardian_names"]] == ["Jean Brandt"]


def test_clevers_files_may_have_microsofts_guardians_beside_them(district: District, tmp_path: Path) -> None:
    ours = {
        name: text for name, text in sync_1(PUPILS, ADULTS).items() if name in ("User.csv", "GuardianRelationship.csv")
    }
    bare = (replace(each, beside=()) for each in PUPILS)
    done = imported(write(tmp_path / "export", {**clever(bare, ADULTS), **ours}))
    assert done["format"] == "this is Clever's own CSV"
    assert shown(district, CALEB)["guardian_names"] == [[district.guardian("p1"), "Jean Brandt"]]


CLEVERS = "School_id,Student_id,First_name,Middle_name,Last_name,DOB\n"
SYNCS = "SIS ID,School SIS ID,Username,First Name,Middle Name,Last Name,Birthdate\n"
TWICE = {
    "a middle name of Clever": ("students.csv", f"{CLEVERS}1,7,Ada,,Quill,\n2,7,Ada,Mae,Quill,\n", "Middle_name", "Student_id"),
    "names and birth date of Clever": (
        "students.csv",
        f"{CLEVERS}1,7,Ada,,Quill,01/01/2012\n2,7,Bea,,Roe,02/01/2012\n",
        "First_name, Last_name, DOB",
        "Student_id",
    ),
    "a name of School Data Sync": ("Student.csv", f"{SYNCS}7,1,a,Ada,,Quill,\n7,2,a,Bea,,Quill,\n", "First Name", "SIS ID"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "text", "columns", "student_id"), TWICE.values(), ids=TWICE)
def test_two_rows_that_tell_one_student_otherwise_are_refused_with_their_columns(
    district: District, tmp_path: Path, name: str, text: str, columns: str, student_id: str
) -> None:
    told = refused(write(tmp_path / "export", {name: text}))
    assert (
        f"{name}:3: has another {columns} than line 2 for the same {student_id}: make the rows agree, or give" in told
    )
    assert not any(each in told for each in ("Ada", "Bea", "Mae", "Quill"))


def test_two_names_of_one_contact_are_refused_with_their_columns(district: District, tmp_path: Path) -> None:
    header = "Student_id,School_id,First_name,Contact_name,Contact_type,Contact_sis_id\n"
    text = f"{header}7,1,Ada,Jo Roe,Mother,9\n8,1,Bea,Al Poe,Father,9\n"
    told = refused(write(tmp_path / "export", {"students.csv": text}))
    assert (
        "students.csv:3: has another Contact_name than a row above for the same Contact_sis_id: make the rows agree"
        in told
    )


@pytest.mark.parametrize(
    ("made", "name"), [(with_types, "students.csv"), (sync_1, "Student.csv"), (sync_21, "users.csv")]
)
def test_a_column_that_nobody_knows_is_noted_and_no_documented_one(
    district: District, tmp_path: Path, made: Any, name: str
) -> None:
    files = made(PUPILS, ADULTS)
    assert "nothing is read from" not in str(imported(write(tmp_path / "known", files))["notes"])
    header, *lines = files[name].splitlines()
    files[name] = "\n".join([f"{header},Bus Route,ext.lunch", *(f"{line},7,pizza" for line in lines)]) + "\n"
    assert (
        f"{name}: nothing is read from the column(s) 'bus route'"
        in imported(write(tmp_path / "strange", files))["notes"]
    )
