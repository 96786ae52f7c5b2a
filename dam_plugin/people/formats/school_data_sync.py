"""Microsoft School Data Sync: CSV of version 1, 2 and 2.1 to a roster.

Source: learn.microsoft.com/schooldatasync (CSV files for School Data Sync; SDS V2.1 CSV file format; parent and guardian
sync file format; default list of values). Each set tells of all students. Addresses, races, flags of special education
and passwords are never read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from dam_plugin.errors import Problem
from dam_plugin.people.formats.csv_table import Cells, Columns, look_at, rows
from dam_plugin.people.formats.register import Found, Headings, Names, Register, read_role, with_marks
from dam_plugin.people.formats.roster_files import Files
from dam_plugin.people.role_table import Reading

Version = Literal["1", "2", "2.1"]
STUDENT, TEACHER, USER, RELATIONSHIP = "student.csv", "teacher.csv", "user.csv", "guardianrelationship.csv"
USERS, ROLES, RELATIONSHIPS, DEMOGRAPHICS = "users.csv", "roles.csv", "relationships.csv", "demographics.csv"
_SCHOOL = ("School SIS ID", "Username", "Status")
_PASSED_1 = ("Password", "State ID", "Secondary Email")
_NAME = ("First Name", "Middle Name", "Last Name")
_HEADINGS_1 = Headings("SIS ID", "First Name", "Last Name", ("Middle Name",), "Birthdate")
COLUMNS_1: Mapping[str, Columns] = {
    STUDENT: Columns(
        ("SIS ID",),
        (*_NAME, "Birthdate", "Grade", "Student Number", *_SCHOOL),
        (*_PASSED_1, "Gender", "ELL Status", "FederalRace", "Graduation Year"),
        exact=("SIS ID",),
        open=True,
        strangers=True,
    ),
    TEACHER: Columns(
        ("SIS ID",),
        (*_NAME, "Title", *_SCHOOL),
        (*_PASSED_1, "Teacher Number", "Qualification"),
        exact=("SIS ID",),
        open=True,
        strangers=True,
    ),
    USER: Columns(
        ("Email",),
        ("First Name", "Last Name", "SIS ID"),
        ("Phone",),
        ("Email", "SIS ID"),
        open=True,
        strangers=True,
    ),
    RELATIONSHIP: Columns(("SIS ID", "Email"), ("Role",), exact=("SIS ID", "Email"), open=True, strangers=True),
}
# Classes answer no question, but a damaged set is not half a roster.
OTHERS_1 = ("school.csv", "section.csv", "studentenrollment.csv", "teacherroster.csv")
_ID = ("sourcedId",)
_PREFERRED = ("preferredGivenName", "preferredMiddleName", "preferredFamilyName")
_HEADINGS_2 = Headings("sourcedId", "givenName", "familyName", ("middleName", *_PREFERRED))
COLUMNS_2: Mapping[str, Columns] = {
    USERS: Columns(
        _ID,
        ("givenName", "middleName", "familyName", *_PREFERRED, "username", "role", "grade"),
        ("password", "activeDirectoryMatchId", "email", "phone", "sms", "orgSourcedIds"),
        exact=_ID,
        open=True,
        strangers=True,
    ),
    ROLES: Columns(
        ("userSourcedId", "role"),
        ("grade", "roleStartDate", "roleEndDate"),
        ("orgSourcedId", "sessionSourcedId", "isPrimary"),
        exact=("userSourcedId",),
        open=True,
        strangers=True,
    ),
    RELATIONSHIPS: Columns(
        ("userSourcedId", "relationshipUserSourcedId"),
        ("relationshipRole",),
        exact=("userSourcedId", "relationshipUserSourcedId"),
        open=True,
        strangers=True,
    ),
    DEMOGRAPHICS: Columns(
        ("userSourcedId",),
        ("birthDate",),
        ("sex", "birthCity", "birthState", "birthCountry", "ethnicityCodes", "raceCodes"),
        exact=("userSourcedId",),
        open=True,
        strangers=True,
    ),
}
OTHERS_2 = ("orgs.csv", "classes.csv", "enrollments.csv", "academicsessions.csv", "courses.csv", "userflags.csv")
_SPELT = {
    "guardianrelationship.csv": "GuardianRelationship.csv", "studentenrollment.csv": "StudentEnrollment.csv",
    "teacherroster.csv": "TeacherRoster.csv", "academicsessions.csv": "academicSessions.csv",
    "userflags.csv": "userFlags.csv",
}  # fmt: skip
_GONE = ("inactive", "withdrawn", "deleted", "tobedeleted")
_OTHER = "Other"
# Of each user, the reading of each role to the file's word for it.
_Roles = dict[str, dict[Reading, str]]


def read_sync(files: Files, version: Version, register: Register) -> Found:
    """Return the roster in the files of a version. Problems go to the register's; if there are any, it is of no use."""
    reading = _Reading(files, register)
    return reading.first() if version == "1" else reading.second(version)


def read_guardians(files: Files, register: Register) -> bool:
    """Read User.csv with GuardianRelationship.csv, which stand beside version 1 and Clever's files; whether both are there."""
    _Reading(files, register).guardians()
    return USER in files and RELATIONSHIP in files


@dataclass(frozen=True, slots=True)
class _Reading:
    files: Files
    register: Register

    def first(self) -> Found:
        births = False
        for cells in self._rows(STUDENT, COLUMNS_1):
            births = births or "Birthdate" in cells.values
            roster_id = cells.text("SIS ID")
            if not roster_id:
                cells.problem("has no SIS ID: every student needs one")
            elif self._is_active(cells):
                ids = {"username": cells.text("Username"), "student_number": cells.text("Student Number")}
                born, grade = cells.any_day("Birthdate"), cells.text("Grade")
                names = _names_1(cells)
                self.register.student(cells, roster_id, names, _HEADINGS_1, born=born, grade=grade, ids=ids)
        for cells in self._rows(TEACHER, COLUMNS_1):
            if cells.text("SIS ID") and self._is_active(cells):
                role = cells.text("Title") or "teacher"
                self.register.member_of_staff(cells.text("SIS ID"), _names_1(cells), role)
        guardians = read_guardians(self.files, self.register)
        self._look_at(OTHERS_1)
        if not guardians:
            self.register.notes.say(
                "there is no User.csv with GuardianRelationship.csv: guardians on file stay, and a new student has none"
            )
        return self.register.roster(
            "sds", "Student.csv", tells_births=births, tells_guardians=guardians, tells_staff=TEACHER in self.files
        )

    def guardians(self) -> None:
        """Read who is whose guardian. Both files name a guardian by the e-mail address, in any case."""
        by_mail: dict[str, str] = {}
        for cells in self._rows(USER, COLUMNS_1):
            mail = cells.text("Email").casefold()
            if not mail:
                self._note(cells, "has no Email, by which a guardian is found: it was left alone")
                continue
            contact = cells.text("SIS ID") or mail
            if by_mail.setdefault(mail, contact) != contact:
                cells.problem(
                    "has the Email of a row above: the relationships could mean either, so give each their own"
                )
                continue
            id_in, name_in = "SIS ID" if cells.text("SIS ID") else "Email", "First Name or Last Name"
            self.register.contact(cells, contact, _first(_names_1(cells)), id_in=id_in, name_in=name_in)
        for cells in self._rows(RELATIONSHIP, COLUMNS_1):
            student, mail = cells.text("SIS ID"), cells.text("Email").casefold()
            if student and mail:
                self._link(cells, student, by_mail.get(mail, mail), cells.text("Role") or _OTHER)
            else:
                self._note(cells, "names no student or no guardian: it was left alone")

    def second(self, version: Version) -> Found:
        births = self._births()
        roles, grades = self._roles() if version == "2.1" else ({}, {})
        taken: set[str] = set()
        for cells in self._rows(USERS, COLUMNS_2):
            user = cells.text("sourcedId")
            if not user or user in taken:
                cells.problem(
                    "has no sourcedId: every user needs one"
                    if not user
                    else "repeats the sourcedId of a row above: keep one of them"
                )
                continue
            taken.add(user)
            if version == "2":
                self._take(
                    cells, user, read_role(cells, "role", self.register.roles, self.register.notes), roles, grades
                )
            names = _names_2(cells)
            self.register.contact(cells, user, _first(names), id_in="sourcedId", name_in="name")
            told = roles.get(user, {})
            if "student" in told:
                ids, grade = {"sourcedId": user, "username": cells.text("username")}, grades.get(user, "")
                born = births.get(user)
                self.register.student(cells, user, names, _HEADINGS_2, born=born, grade=grade, ids=ids)
            elif "staff" in told:
                self.register.member_of_staff(user, names, told["staff"])
        for cells in self._rows(RELATIONSHIPS, COLUMNS_2):
            student, contact = cells.text("userSourcedId"), cells.text("relationshipUserSourcedId")
            if student and contact:
                self._link(cells, student, contact, cells.text("relationshipRole") or _OTHER)
            else:
                self._note(cells, "names no student or no guardian: it was left alone")
        self._look_at(OTHERS_2)
        if RELATIONSHIPS not in self.files:
            self.register.notes.say("there is no relationships.csv: guardians on file stay, and a new student has none")
        return self.register.roster(
            "sds",
            USERS,
            tells_births=DEMOGRAPHICS in self.files,
            tells_guardians=RELATIONSHIPS in self.files,
            tells_staff=True,
        )

    def _roles(self) -> tuple[_Roles, dict[str, str]]:
        """Return of each user the roles that have not ended, reading to word, and the grade."""
        roles: _Roles = {}
        grades: dict[str, str] = {}
        count = over = 0
        for cells in self._rows(ROLES, COLUMNS_2):
            user = cells.text("userSourcedId")
            begins, ends = cells.any_day("roleStartDate"), cells.any_day("roleEndDate")
            reading = read_role(cells, "role", self.register.roles, self.register.notes)
            count += reading == "student"
            if ends is not None and ends < self.register.today:
                over += reading == "student"
                continue
            if reading == "student" or begins is None or begins <= self.register.today:
                self._take(cells, user, reading, roles, grades)
        if over and over == count:
            told = "says of every student that the role has ended (roleEndDate): export the files of this school year"
            self.register.problems.append(Problem(ROLES, told))
        return roles, grades

    @staticmethod
    def _take(cells: Cells, user: str, reading: Reading | None, roles: _Roles, grades: dict[str, str]) -> None:
        if reading:
            roles.setdefault(user, {}).setdefault(reading, cells.text("role"))
        if reading == "student" and cells.text("grade"):
            grades.setdefault(user, cells.text("grade"))

    def _births(self) -> dict[str, date | None]:
        return {
            cells.text("userSourcedId"): cells.any_day("birthDate") for cells in self._rows(DEMOGRAPHICS, COLUMNS_2)
        }

    def _link(self, cells: Cells, student: str, contact: str, role: str) -> None:
        reading = self.register.roles.of_contact(role)
        if reading is None:
            self._note(cells, "the role is none that we know: no parent's rights, until `roles` in the mapping says so")
        self.register.link(cells, student, contact, role, rights=reading == "holds_rights")

    def _is_active(self, cells: Cells) -> bool:
        status = cells.text("Status").casefold()
        if status not in ("", "active", *_GONE):
            self._note(cells, "the Status is none that we know: the person was taken as active")
        return status not in _GONE

    def _note(self, cells: Cells, what: str) -> None:
        name, _, line = cells.place.rpartition(":")
        self.register.notes.row(name, line, what)

    def _rows(self, name: str, columns: Mapping[str, Columns]) -> Iterator[Cells]:
        if name in self.files:
            with self.files.open(name) as file:
                spelt = _SPELT.get(name, name.capitalize() if columns is COLUMNS_1 else name)
                marks = self.register.marks if name in (STUDENT, USERS) else ()
                told = with_marks(columns[name], *marks)
                yield from rows(file, spelt, told, self.register.problems, self.register.notes)

    def _look_at(self, names: tuple[str, ...]) -> None:
        for name in names:
            if name in self.files:
                with self.files.open(name) as file:
                    look_at(file, _SPELT.get(name, name), self.register.problems)


def _names_1(cells: Cells) -> Names:
    return Names(cells.text("First Name"), cells.text("Middle Name"), cells.text("Last Name"))


def _names_2(cells: Cells) -> Names:
    first, between, last = (cells.text(each) for each in _PREFERRED)
    return Names(cells.text("givenName"), cells.text("middleName"), cells.text("familyName"), (first, between, last))


def _first(names: Names) -> str:
    return next(iter(names.all()), "")
