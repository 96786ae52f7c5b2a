"""Exports of student systems as their makers document them: columns, their order, and the spelling of names and values.

Sources: learn.microsoft.com/schooldatasync (CSV files for School Data Sync, SDS V2.1 CSV file format, parent and guardian
sync file format, default list of values); Clever's SFTP instructions. Nothing here is taken from our readers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from made_rosters import table

SYNC_1 = {
    "School.csv": "SIS ID,Name,School Number,State ID,Grade Low,Grade High",
    "Section.csv": "SIS ID,School SIS ID,Section Name,Section Number,Term Name,Term StartDate,Term EndDate,Course Name",
    "Student.csv": (
        "SIS ID,School SIS ID,First Name,Last Name,Username,Password,State ID,Secondary Email,Student Number,Middle Name,"
        "Grade,Status,Gender,Birthdate,ELL Status,FederalRace,Graduation Year"
    ),
    "Teacher.csv": (
        "SIS ID,School SIS ID,First Name,Last Name,Username,Password,State ID,Teacher Number,Status,Middle Name,"
        "Secondary Email,Title,Qualification"
    ),
    "StudentEnrollment.csv": "Section SIS ID,SIS ID",
    "TeacherRoster.csv": "Section SIS ID,SIS ID",
    "User.csv": "Email,First Name,Last Name,Phone,SIS ID",
    "GuardianRelationship.csv": "SIS ID,Email,Role",
}
SYNC_2 = {
    "orgs.csv": "sourcedId,name,type,parentSourcedId",
    "users.csv": "sourcedId,orgSourcedIds,givenName,familyName,username,password,role,grade",
    "classes.csv": "sourcedId,orgSourcedId,title,sessionSourcedId",
    "enrollments.csv": "classSourcedId,userSourcedId,role",
}
SYNC_21 = {
    "orgs.csv": "sourcedId,name,type,parentSourcedId",
    "users.csv": "sourcedId,username,givenName,familyName,password,activeDirectoryMatchId,email,phone,sms",
    "roles.csv": "userSourcedId,orgSourcedId,role,sessionSourcedId,grade,isPrimary,roleStartDate,roleEndDate",
    "classes.csv": "sourcedId,orgSourcedId,title,sessionSourcedIds,courseSourcedId",
    "enrollments.csv": "classSourcedId,userSourcedId,role",
    "academicSessions.csv": "sourcedId,title,type,schoolYear,startDate,endDate",
    "courses.csv": "sourcedId,orgSourcedId,title,code,schoolYearSourcedId,subject,grade",
    "demographics.csv": "userSourcedId,sex,birthDate,birthCity,birthState,birthCountry,ethnicityCodes,raceCodes",
    "userFlags.csv": "userSourcedId,flag",
    "relationships.csv": "userSourcedId,relationshipUserSourcedId,relationshipRole",
}
CLEVER = {
    "schools.csv": "School_id,School_name,School_number,State_id,Low_grade,High_grade,Principal",
    "students.csv": (
        "School_id,Student_id,Student_number,State_id,Last_name,Middle_name,First_name,Grade,Gender,DOB,Race,"
        "Hispanic_Latino,Ell_status,Frl_status,IEP_status,Student_email,Contact_relationship,Contact_type,Contact_name,"
        "Contact_phone,Contact_phone_type,Contact_email,Contact_sis_id,Username,Password"
    ),
    "teachers.csv": "School_id,Teacher_id,Teacher_number,State_teacher_id,Teacher_email,First_name,Middle_name,Last_name,Title",
    "sections.csv": "School_id,Section_id,Teacher_id,Name,Grade,Course_name,Course_number",
    "enrollments.csv": "School_id,Section_id,Student_id",
    "staff.csv": "School_id,Staff_id,Staff_email,First_name,Last_name,Department,Title",
}


@dataclass(frozen=True)
class Pupil:
    """A student: number, names, day of birth, and the people beside them with what they are."""

    id: str
    given: str
    family: str
    born: str = "2012-05-04"
    grade: str = "8"
    beside: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Adult:
    """A person: an id, names, an address, and a role at the school if there is one."""

    id: str
    given: str
    family: str
    role: str = ""

    @property
    def mail(self) -> str:
        return f"{self.given}.{self.family}@Example.org"


def american(day: str) -> str:
    """Return a day as Microsoft's own samples write it: month, day and year, without zeros."""
    year, month, number = day.split("-")
    return f"{int(month)}/{int(number)}/{year}"


def _files(columns: Mapping[str, str], rows: Mapping[str, Iterable[Mapping[str, str]]]) -> dict[str, str]:
    return {name: table(header, rows.get(name, ())) for name, header in columns.items()}


def sync_1(pupils: Iterable[Pupil], adults: Iterable[Adult]) -> dict[str, str]:
    """Return the files of School Data Sync v1, with guardians."""
    pupils, adults = tuple(pupils), tuple(adults)
    mails = {each.id: each.mail for each in adults}
    return _files(SYNC_1, {
        "School.csv": [{"SIS ID": "10001", "Name": "Lincoln Middle"}],
        "Section.csv": [{"SIS ID": "20001", "School SIS ID": "10001", "Section Name": "Art"}],
        "Student.csv": [
            {"SIS ID": each.id, "School SIS ID": "10001", "First Name": each.given, "Last Name": each.family,
             "Username": each.id, "Password": "secret-1", "Student Number": f"N{each.id}", "Grade": each.grade,
             "Status": "Active", "Birthdate": american(each.born), "FederalRace": "x"}
            for each in pupils
        ],
        "Teacher.csv": [
            {"SIS ID": each.id, "School SIS ID": "10001", "First Name": each.given, "Last Name": each.family,
             "Username": each.id, "Status": "Active", "Title": each.role}
            for each in adults if each.role
        ],
        "StudentEnrollment.csv": [{"Section SIS ID": "20001", "SIS ID": each.id} for each in pupils],
        "TeacherRoster.csv": [{"Section SIS ID": "20001", "SIS ID": each.id} for each in adults if each.role],
        "User.csv": [
            {"Email": each.mail, "First Name": each.given, "Last Name": each.family, "SIS ID": each.id}
            for each in adults if not each.role
        ],
        "GuardianRelationship.csv": [
            {"SIS ID": each.id, "Email": mails.get(adult, adult).lower(), "Role": what}
            for each in pupils for adult, what in each.beside
        ],
    })  # fmt: skip


def sync_2(pupils: Iterable[Pupil], adults: Iterable[Adult]) -> dict[str, str]:
    """Return the files of School Data Sync v2, which has no guardians."""
    rows = [
        {"sourcedId": each.id, "orgSourcedIds": "10001", "givenName": each.given, "familyName": each.family,
         "username": f"{each.id}@example.org", "password": "secret-1", "role": "Student", "grade": each.grade}
        for each in pupils
    ] + [
        {"sourcedId": each.id, "orgSourcedIds": "10001", "givenName": each.given, "familyName": each.family,
         "username": each.mail, "role": each.role}
        for each in adults if each.role
    ]  # fmt: skip
    return _files(
        SYNC_2, {"orgs.csv": [{"sourcedId": "10001", "name": "Lincoln", "type": "school"}], "users.csv": rows}
    )


def sync_21(pupils: Iterable[Pupil], adults: Iterable[Adult], year: str = "2026") -> dict[str, str]:
    """Return the files of School Data Sync v2.1; the roles end in the summer after the year."""
    pupils, adults = tuple(pupils), tuple(adults)
    times = {"sessionSourcedId": "SY", "isPrimary": "TRUE", "roleStartDate": f"8/24/{year}",
             "roleEndDate": f"6/11/{int(year) + 1}"}  # fmt: skip
    people = [(each.id, f"{each.id}@example.org", each.given, each.family) for each in pupils]
    people += [(each.id, each.mail, each.given, each.family) for each in adults]
    return _files(SYNC_21, {
        "orgs.csv": [{"sourcedId": "110003", "name": "Lincoln Middle", "type": "school"}],
        "users.csv": [
            {"sourcedId": who, "username": mail, "givenName": given, "familyName": family, "password": "secret-1",
             "activeDirectoryMatchId": mail, "email": mail}
            for who, mail, given, family in people
        ],
        "roles.csv": [
            {"userSourcedId": each.id, "orgSourcedId": "110003", "role": "student", "grade": each.grade, **times}
            for each in pupils
        ] + [
            {"userSourcedId": each.id, "orgSourcedId": "110003", "role": each.role, **times}
            for each in adults if each.role
        ],
        "classes.csv": [{"sourcedId": "C1", "orgSourcedId": "110003", "title": "Art"}],
        "enrollments.csv": [{"classSourcedId": "C1", "userSourcedId": each.id, "role": "student"} for each in pupils],
        "academicSessions.csv": [{"sourcedId": "SY", "title": "Year", "type": "schoolYear", "schoolYear": "2027",
                                  "startDate": "2026-08-24", "endDate": "2027-06-11"}],
        "demographics.csv": [
            {"userSourcedId": each.id, "sex": "female", "birthDate": american(each.born), "raceCodes": "white"}
            for each in pupils
        ],
        "userFlags.csv": [{"userSourcedId": each.id, "flag": "specialEducation"} for each in pupils[:1]],
        "relationships.csv": [
            {"userSourcedId": each.id, "relationshipUserSourcedId": adult, "relationshipRole": what}
            for each in pupils for adult, what in each.beside
        ],
    })  # fmt: skip


def clever(pupils: Iterable[Pupil], adults: Iterable[Adult]) -> dict[str, str]:
    """Return Clever's files: a student has a row for each contact. What a contact is, is `type` or `type:relationship`."""
    known = {each.id: each for each in adults}
    rows = []
    for each in pupils:
        row = {"School_id": "1", "Student_id": each.id, "Student_number": f"N{each.id}", "Last_name": each.family,
               "First_name": each.given, "Grade": each.grade, "DOB": american(each.born), "Race": "W"}  # fmt: skip
        for adult, what in each.beside or (("", ""),):
            kind, _, relationship = what.partition(":")
            person = known.get(adult)
            rows.append(row | ({
                "Contact_relationship": relationship, "Contact_type": kind, "Contact_sis_id": adult,
                "Contact_name": f"{person.given} {person.family}", "Contact_email": person.mail, "Contact_phone": "5551234567",
            } if person else {}))  # fmt: skip
    staff = [{"School_id": "1", "Teacher_id": each.id, "First_name": each.given, "Last_name": each.family,
              "Title": each.role} for each in known.values() if each.role]  # fmt: skip
    return _files(CLEVER, {"students.csv": rows, "teachers.csv": staff, "schools.csv": [{"School_id": "1"}]})
