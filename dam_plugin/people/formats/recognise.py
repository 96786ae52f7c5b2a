"""Which format a set of files is, told from the names of the files and the columns of one of them.

OneRoster and School Data Sync both have users.csv, and Clever and this plugin both have students.csv.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from dam_plugin.people.formats import clever, oneroster, plain_csv, portrait_index, school_data_sync
from dam_plugin.people.formats.csv_table import header_of
from dam_plugin.people.formats.roster_files import Files

Format = Literal["oneroster", "sds 1", "sds 2", "sds 2.1", "clever", "index", "plain"]
SYNC = "Microsoft School Data Sync v"
_ONEROSTER = frozenset(
    {"enableduser", "status", "datelastmodified", "agentsourcedids", "userids", "grades", "usermasteridentifier"}
)
_SYNC_2 = frozenset({"grade", "activedirectorymatchid", "relationshiprole"})
_CLEVER = frozenset({"school_id", "first_name", "last_name", "dob", "student_number", "contact_type", "contact_sis_id"})


@dataclass(frozen=True, slots=True)
class Recognised:
    """A format, the sentence that says so, and the names of the files that it may have."""

    format: Format
    sentence: str
    files: frozenset[str]


def recognised(files: Files) -> Recognised | None:
    """Return the format of a set of files, None if it is none that is known."""
    found = _format(files)
    return None if found is None else Recognised(found, f"this is {_called(found, files)}", frozenset(_FILES[found]))


def _format(files: Files) -> Format | None:
    if oneroster.MANIFEST in files:
        return "oneroster"
    if oneroster.USERS in files:
        return _with_users(files)
    if school_data_sync.STUDENT in files:
        return "sds 1"
    own = {plain_csv.GUARDIANS, plain_csv.OPT_OUTS, plain_csv.CONSENTS}
    if plain_csv.STUDENTS in files and not any(each in files for each in own):
        return "clever" if header(files, plain_csv.STUDENTS) & _CLEVER else "plain"
    if plain_csv.STUDENTS in files:
        return "plain"
    return "index" if any(each in files for each in portrait_index.NAMES) else None


def _with_users(files: Files) -> Format:
    users, roles = header(files, oneroster.USERS), header(files, oneroster.ROLES)
    if users & _ONEROSTER or (roles and "sourcedid" in roles):
        return "oneroster"
    if roles:
        return "sds 2.1"
    return "sds 2" if users & _SYNC_2 or school_data_sync.RELATIONSHIPS in files else "oneroster"


def header(files: Files, name: str) -> frozenset[str]:
    """Return the columns of a table in lower case; none where it is not there."""
    if name not in files:
        return frozenset()
    with files.open(name) as file:
        return frozenset(header_of(file))


def _called(found: Format, files: Files) -> str:
    if found == "oneroster":
        version = (
            "1.2" if oneroster.ROLES in files or "usermasteridentifier" in header(files, oneroster.USERS) else "1.1"
        )
        return f"OneRoster {version} CSV"
    if found.startswith("sds "):
        return f"{SYNC}{found.removeprefix('sds ')}"
    return {"clever": "Clever's own CSV", "plain": "the plugin's own CSV", "index": "a portrait index (PSPA)"}[found]


_SECOND: Collection[str] = (*school_data_sync.COLUMNS_2, *school_data_sync.OTHERS_2)
_FILES: dict[Format, Collection[str]] = {
    "oneroster": (oneroster.MANIFEST, *oneroster.COLUMNS, *oneroster.OTHERS),
    "sds 1": (*school_data_sync.COLUMNS_1, *school_data_sync.OTHERS_1),
    "sds 2": _SECOND,
    "sds 2.1": _SECOND,
    "clever": (*clever.COLUMNS, *clever.OTHERS, school_data_sync.USER, school_data_sync.RELATIONSHIP),
    "index": portrait_index.NAMES,
    "plain": plain_csv.FILES,
}
