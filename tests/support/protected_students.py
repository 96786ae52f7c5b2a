"""Students whose whereabouts must not become known, as a roster says it."""

from __future__ import annotations

import csv
from functools import partial
from typing import Any
from unittest.mock import patch

from command_line import call
from district import District

from dam_plugin.cli import context
from dam_plugin.store import SystemUser


def protect(district: District, *roster_ids: str) -> Any:
    """Import the roster with the column `protected`."""
    path = district.folder / "roster" / "students.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["protected"] = "yes" if row["student_id"] in roster_ids else ""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    ended = call("roster", "import", str(path.parent), "--json", "--as", "custodian:records-office")
    assert ended.code == 0, ended.text
    return ended.object()


def verify_not_against(student: str, guardian: str, *more: str) -> Any:
    """Two people say that the student's protection is not against this guardian; return what the second one was told."""
    words = ("student", "guardian", "verify", student, guardian, "--not-against", "--seen", "birth certificate", *more)
    for number, name in (("1000", "ada"), ("1001", "ben")):
        with patch.object(context, "system_user", partial(SystemUser, number, name)):
            said = call(*words, "--as", "custodian:records-office")
    return said
