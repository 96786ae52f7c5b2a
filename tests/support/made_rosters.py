"""OneRoster exports that tests make: a small one to change cell by cell, and one of a whole district."""

from __future__ import annotations

import csv
import io
import random
import zipfile
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from pathlib import Path

from dam_plugin.people.formats.sources import RosterReader
from dam_plugin.people.mapping import read_mapping
from dam_plugin.people.roster import RosterImport
from dam_plugin.pseudonyms import Pseudonyms

USERS_11 = (
    "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,middleName,"
    "identifier,email,sms,phone,agentSourcedIds,grades,password"
)
USERS_12 = (
    "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,identifier,email,sms,"
    "phone,agentSourcedIds,grades,password,userMasterIdentifier,resourceSourcedIds,preferredGivenName,"
    "preferredMiddleName,preferredFamilyName,primaryOrgSourcedId,pronouns"
)
ROLES = (
    "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,userProfileSourcedId"
)
DEMOGRAPHICS = "sourcedId,status,dateLastModified,birthDate,sex"

Row = Mapping[str, str]


def table(columns: str, rows: Iterable[Row]) -> str:
    """Return a CSV file with these columns; what a row leaves out is blank."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns.split(","), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def manifest(version: str = "1.1", **files: str) -> str:
    """Return a manifest; files are bulk, delta or absent by their names."""
    told = {
        "manifest.version": "1.0",
        "oneroster.version": version,
        **{f"file.{name}": how for name, how in files.items()},
    }
    return table("propertyName,value", [{"propertyName": name, "value": value} for name, value in told.items()])


def user(sourced: str, role: str, given: str, family: str = "Quill", **more: str) -> dict[str, str]:
    """Return a row of users.csv as 1.1 has it."""
    return {"sourcedId": sourced, "role": role, "givenName": given, "familyName": family, "enabledUser": "true", **more}


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files into a folder; return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def zipped(path: Path, files: Mapping[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    """Write files into a ZIP; return it."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def of_a_district(students: int) -> dict[str, str]:
    """Return a 1.1 export: so many students with two guardians each (brothers and sisters share them), and demographics."""
    made = random.Random(students)  # noqa: S311 - the same district every time
    users: list[dict[str, str]] = []
    births: list[dict[str, str]] = []
    for number in range(students):
        home = number // 2
        agents = f"g{home}a,g{home}b"
        grade = f"{made.randrange(1, 13):02}"
        family = f"Family{home}"
        users.append(user(f"s{number}", "student", f"Given{number}", family, agentSourcedIds=agents, grades=grade))
        births.append({"sourcedId": f"s{number}", "birthDate": f"{2008 + number % 12}-0{1 + number % 9}-15"})
        if number % 2 == 0:
            children = f"s{number},s{number + 1}"
            users += [
                user(f"g{home}{each}", "guardian", f"Parent{home}{each}", family, agentSourcedIds=children)
                for each in ("a", "b")
            ]
    return {
        "manifest.csv": manifest(users="bulk", demographics="bulk"),
        "users.csv": table(USERS_11, users),
        "demographics.csv": table(DEMOGRAPHICS, births),
    }


Made = Callable[[list[str]], dict[str, str]]
WITH_A_COLUMN: dict[str, Made] = {
    "OneRoster": lambda words: {
        "manifest.csv": manifest(users="bulk"),
        "users.csv": table(
            f"{USERS_11},metadata.safe",
            [user(f"u{n}", "student", "Ada", **{"metadata.safe": each}) for n, each in enumerate(words)],
        ),
    },
    "School Data Sync 1": lambda words: {
        "Student.csv": table(
            "SIS ID,School SIS ID,First Name,Last Name,metadata.safe",
            [{"SIS ID": f"u{n}", "School SIS ID": "1", "First Name": "Ada", "Last Name": "Q", "metadata.safe": each}
             for n, each in enumerate(words)],
        )
    },
    "School Data Sync 2.1": lambda words: {
        "users.csv": table(
            "sourcedId,username,givenName,familyName,metadata.safe",
            [{"sourcedId": f"u{n}", "givenName": "Ada", "familyName": "Q", "metadata.safe": each}
             for n, each in enumerate(words)],
        ),
        "roles.csv": table(
            "userSourcedId,role", [{"userSourcedId": f"u{n}", "role": "student"} for n, _ in enumerate(words)]
        ),
    },
    "Clever": lambda words: {
        "students.csv": table(
            "Student_id,School_id,First_name,Last_name,metadata.safe",
            [{"Student_id": f"u{n}", "School_id": "1", "First_name": "Ada", "Last_name": "Q", "metadata.safe": each}
             for n, each in enumerate(words)],
        )
    },
}  # fmt: skip
"""The files of each format, with a student for each word that a column of the district's own, `metadata.safe`, holds."""


def read_mapped(folder: Path, files: Mapping[str, str | bytes], mapping: bytes) -> RosterImport:
    """Read a roster of these files by a mapping, as of October 2, 2026; one of a `list.csv` is that list."""
    means = read_mapping(mapping, "mapping.yaml")
    source = write(folder / "in", files)
    listed = source / "list.csv"
    reader = RosterReader(Pseudonyms("k" * 40), {}, date(2026, 10, 2), means, folder)
    return reader.read(listed if listed.exists() else source)
