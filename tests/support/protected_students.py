"""Students whose whereabouts must not become known, as a roster says it."""

from __future__ import annotations

import csv
from typing import Any

from command_line import call
from district import District


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
