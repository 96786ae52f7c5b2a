"""The files of OneRoster 1.1 and 1.2 CSV: which are there and how (`manifest.csv`), their columns, their rows.

The standard's headers and cells are checked; what they say of people is put together in `oneroster.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from dam_plugin.errors import Problem
from dam_plugin.people.formats.csv_table import Cells, Columns, close_to, rows
from dam_plugin.people.formats.files import Files

Mode = Literal["bulk", "delta", "absent"]
MANIFEST, USERS, ROLES, DEMOGRAPHICS = "manifest.csv", "users.csv", "roles.csv", "demographics.csv"
_KEPT = ("status", "dateLastModified")

COLUMNS: Mapping[str, Columns] = {
    USERS: Columns(
        ("sourcedId", "givenName", "familyName"),
        (
            *_KEPT, "enabledUser", "orgSourcedIds", "role", "username", "userIds", "middleName", "identifier", "email",
            "sms", "phone", "agentSourcedIds", "grades", "password", "userMasterIdentifier", "resourceSourcedIds",
            "preferredGivenName", "preferredMiddleName", "preferredFamilyName", "primaryOrgSourcedId", "pronouns",
        ),
        open=True,
    ),
    ROLES: Columns(
        ("sourcedId", "userSourcedId", "role"),
        (*_KEPT, "roleType", "beginDate", "endDate", "orgSourcedId", "userProfileSourcedId"),
        open=True,
    ),
    DEMOGRAPHICS: Columns(("sourcedId", "birthDate"), (*_KEPT, "sex"), open=True),
    "orgs.csv": Columns(("sourcedId", "name", "type"), (*_KEPT, "identifier", "parentSourcedId"), open=True),
    "classes.csv": Columns(
        ("sourcedId", "title", "schoolSourcedId"),
        (
            *_KEPT, "grades", "courseSourcedId", "classCode", "classType", "location", "termSourcedIds", "subjects",
            "subjectCodes", "periods",
        ),
        open=True,
    ),
    "enrollments.csv": Columns(
        ("sourcedId", "classSourcedId", "userSourcedId", "role"),
        (*_KEPT, "schoolSourcedId", "primary", "beginDate", "endDate"),
        open=True,
    ),
    "academicsessions.csv": Columns(
        ("sourcedId", "title", "type", "startDate", "endDate"),
        (*_KEPT, "parentSourcedId", "schoolYear"),
        open=True,
    ),
}  # fmt: skip
SPELT = {"academicsessions.csv": "academicSessions.csv"}
_MANIFEST = Columns(("propertyName", "value"), open=True)
_GONE = ("tobedeleted", "inactive")


@dataclass(frozen=True, slots=True)
class Export:
    """A OneRoster export under reading: its files, how each is told, and what was found wrong or worth a note."""

    files: Files
    problems: list[Problem]
    notes: list[str] = field(default_factory=list)
    modes: dict[str, Mode] = field(default_factory=dict)
    # Whether a row of a file had a status: without a manifest that tells a delta from a bulk.
    dated: set[str] = field(default_factory=set)

    def has(self, name: str) -> bool:
        """Whether a file is there and counts."""
        return name in self.files and self.modes.get(name) != "absent"

    def rows(self, name: str) -> Iterator[tuple[Cells, bool]]:
        """Yield the rows of a file that counts, each with whether it is still so (or `tobedeleted`)."""
        if not self.has(name):
            return
        with self.files.open(name) as file:
            for cells in rows(file, SPELT.get(name, name), COLUMNS[name], self.problems):
                status = cells.text("status").casefold()
                if status not in ("", "active", *_GONE):
                    cells.problem("status is neither active nor tobedeleted")
                if status:
                    self.dated.add(name)
                if not cells.text("sourcedId"):
                    cells.problem("has no sourcedId: every row needs one")
                    continue
                yield cells, status not in _GONE

    def is_delta(self, name: str) -> bool:
        """Whether a file tells only what changed; to be asked once its rows were read."""
        return self.modes[name] == "delta" if name in self.modes else name in self.dated


def open_export(files: Files, problems: list[Problem]) -> Export:
    """Return the export in these files, its manifest read and checked against what is there."""
    export = Export(files, problems)
    if MANIFEST not in files:
        export.notes.append("there is no manifest.csv: rows with a status were taken for a delta, others for a bulk")
        return export
    told: dict[str, Cells] = {}
    with files.open(MANIFEST) as file:
        for cells in rows(file, MANIFEST, _MANIFEST, problems):
            told[cells.text("propertyName").casefold()] = cells
    version = told.get("oneroster.version")
    if version is not None and version.text("value").removesuffix(".0") not in ("1", "1.1", "1.2"):
        version.problem("oneroster.version is neither 1.1 nor 1.2")
    for name in COLUMNS:
        cells_of = told.get(f"file.{name.removesuffix('.csv')}")
        if cells_of is not None:
            _note_mode(export, name, cells_of)
    return export


def _note_mode(export: Export, name: str, cells: Cells) -> None:
    value = cells.text("value").casefold()
    if value not in ("bulk", "delta", "absent"):
        cells.problem(f"value is none of bulk, delta, absent{close_to(value, ('bulk', 'delta', 'absent')) or ''}")
    elif value != "absent" and name not in export.files:
        cells.problem(f"says that {SPELT.get(name, name)} is there, and it is not: export it again")
    elif value == "absent" and name in export.files:
        export.modes[name] = "absent"
        export.notes.append(f"{SPELT.get(name, name)} was left alone: the manifest says that it is absent")
    elif value != "absent":
        export.modes[name] = "bulk" if value == "bulk" else "delta"
    else:
        export.modes[name] = "absent"
