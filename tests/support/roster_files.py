"""Changes the file of students of a roster that lies in a folder, as an office does before it imports it again."""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping
from pathlib import Path


def change_students(
    folder: Path, changes: Mapping[str, str], roster_id: str | None = None, *, columns: Collection[str] = ()
) -> None:
    """Tell one student otherwise (None: all of them); `columns` are there afterwards, blank where they were not."""
    path = folder / "students.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = [dict.fromkeys(columns, "") | row for row in csv.DictReader(file)]
    rows = [{**row, **changes} if roster_id in (None, row["student_id"]) else row for row in rows]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
