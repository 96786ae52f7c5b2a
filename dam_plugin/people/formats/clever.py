"""Clever's own CSV (its SFTP instructions) to a roster: students with their contacts, teachers and staff.

A student has a row for each contact, columns for several (`Contact_1_name` …), or the contacts stand in contacts.csv. A
contact is known by `Contact_sis_id`, else, as Clever does it, by name and e-mail or telephone. Microsoft takes these files
with its own two of guardians beside them. Races, languages and
programmes are never read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dam_plugin.people.formats.csv_table import Cells, Columns, look_at, rows
from dam_plugin.people.formats.register import Found, Headings, Names, Register, with_marks
from dam_plugin.people.formats.roster_files import Files
from dam_plugin.people.formats.school_data_sync import read_guardians

STUDENTS, TEACHERS, STAFF, CONTACTS = "students.csv", "teachers.csv", "staff.csv", "contacts.csv"
OTHERS = ("schools.csv", "sections.csv", "enrollments.csv")
_CONTACT = ("name", "type", "relationship", "email", "phone", "phone_type", "sis_id")
# Clever takes five contacts of a student.
_PREFIXES = ("Contact_", *(f"Contact_{number}_" for number in range(1, 6)))
_CONTACT_COLUMNS = tuple(f"{prefix}{each}" for prefix in _PREFIXES for each in _CONTACT)
_NAME = ("First_name", "Middle_name", "Last_name")
_HEADINGS = Headings("Student_id", "First_name", "Last_name", ("Middle_name",), "DOB")
_EXACT = ("Student_id", *(f"{prefix}sis_id" for prefix in _PREFIXES))
# Of Clever's documented columns those that nothing is read from. Any other column is noted: somebody may count on it.
_OF_A_PERSON = ("School_id", "Username", "Password")
_OF_A_STUDENT = (
    "Gender", "Graduation_year", "Race", "Hispanic_Latino", "Home_language", "Ell_status", "Frl_status", "IEP_status",
    "Student_street", "Student_city", "Student_state", "Student_zip", "Student_email", "Password", "Weighted_gpa",
    "Unweighted_gpa",
)  # fmt: skip
COLUMNS = {
    STUDENTS: Columns(
        ("Student_id",),
        (*_NAME, "School_id", "Student_number", "State_id", "DOB", "Grade", "Username", *_CONTACT_COLUMNS),
        _OF_A_STUDENT,
        exact=_EXACT,
        open=True,
        strangers=True,
    ),
    CONTACTS: Columns(("Student_id",), _CONTACT_COLUMNS, ("School_id",), exact=_EXACT, open=True, strangers=True),
    TEACHERS: Columns(
        ("Teacher_id",),
        (*_NAME, "Title"),
        (*_OF_A_PERSON, "Teacher_number", "State_teacher_id", "Teacher_email"),
        exact=("Teacher_id",),
        open=True,
        strangers=True,
    ),
    STAFF: Columns(
        ("Staff_id",),
        (*_NAME, "Title"),
        (*_OF_A_PERSON, "Staff_email", "Department", "Role"),
        exact=("Staff_id",),
        open=True,
        strangers=True,
    ),
}


def read_clever(files: Files, register: Register) -> Found:
    """Return the roster. Problems go to the register's; if there are any, it is of no use."""
    return _Reading(files, register).roster()


@dataclass(frozen=True, slots=True)
class _Reading:
    files: Files
    register: Register

    def roster(self) -> Found:
        births = contacts = False
        for cells in self._rows(STUDENTS):
            births = births or "DOB" in cells.values
            contacts = contacts or any(each.casefold().startswith("contact") for each in cells.values)
            student = cells.text("Student_id")
            if not student:
                cells.problem("has no Student_id: every student needs one")
                continue
            ids = {"student_number": cells.text("Student_number"), "username": cells.text("Username")}
            grade = cells.text("Grade")
            names, born = _names(cells), cells.any_day("DOB")
            self.register.student(cells, student, names, _HEADINGS, born=born, grade=grade, ids=ids)
            self._contacts(cells, student)
        for cells in self._rows(CONTACTS):
            contacts = True
            self._contacts(cells, cells.text("Student_id"))
        for name, key, role in ((TEACHERS, "Teacher_id", "teacher"), (STAFF, "Staff_id", "staff")):
            for cells in self._rows(name):
                if cells.text(key):
                    self.register.member_of_staff(cells.text(key), _names(cells), cells.text("Title") or role)
        for name in OTHERS:
            if name in self.files:
                with self.files.open(name) as file:
                    look_at(file, name, self.register.problems)
        contacts = read_guardians(self.files, self.register) or contacts
        if not contacts:
            self.register.notes.say("the files have no contacts: guardians on file stay, and a new student has none")
        return self.register.roster(
            "clever",
            STUDENTS,
            tells_births=births,
            tells_guardians=contacts,
            tells_staff=TEACHERS in self.files or STAFF in self.files,
        )

    def _contacts(self, cells: Cells, student: str) -> None:
        for prefix in _PREFIXES:
            told = {each: cells.text(f"{prefix}{each}") for each in _CONTACT}
            if not (told["name"] or told["sis_id"]):
                continue
            by_mail = told["email"].casefold() or told["phone"] or student
            contact = told["sis_id"] or f"{told['name'].casefold()} {by_mail}"
            if told["sis_id"]:
                columns = {"id_in": f"{prefix}sis_id", "name_in": f"{prefix}name"}
                self.register.contact(cells, contact, told["name"], **columns)
            else:
                self.register.contacts.setdefault(contact, told["name"])
            role = " ".join(filter(None, (told["type"], told["relationship"])))
            rights = self.register.roles.holds_rights(told["type"], told["relationship"])
            self.register.link(cells, student, contact, role, rights=rights)

    def _rows(self, name: str) -> Iterator[Cells]:
        if name in self.files:
            with self.files.open(name) as file:
                marks = self.register.marks if name == STUDENTS else ()
                told = with_marks(COLUMNS[name], *marks)
                yield from rows(file, name, told, self.register.problems, self.register.notes)


def _names(cells: Cells) -> Names:
    return Names(cells.text("First_name"), cells.text("Middle_name"), cells.text("Last_name"))
