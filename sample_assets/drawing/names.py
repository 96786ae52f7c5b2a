"""The roster's names of the students in the pictures, read from `students.csv`."""

from __future__ import annotations

import csv
from pathlib import Path

from drawing.canvas import Picture
from drawing.metadata import Face


class Names:
    """The roster's names by student id."""

    def __init__(self, roster: Path) -> None:
        """Read `students.csv`."""
        with roster.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        self._listed = {row["student_id"]: (row["grade"], row["family_name"], row["given_name"]) for row in rows}
        self._full = {row["student_id"]: f"{row['given_name']} {row['family_name']}" for row in rows}
        self._aliases = {row["student_id"]: row["aliases"].split(";") for row in rows if row["aliases"]}

    def full(self, *students: str) -> tuple[str, ...]:
        """Return given and family names."""
        return tuple(self._full[student] for student in students)

    def listed(self, student: str) -> tuple[str, str, str]:
        """Return what an index has of a student: grade, family name, given name."""
        return self._listed[student]

    def alias(self, student: str) -> str:
        """Return a student's first alias."""
        return self._aliases[student][0]

    def faces(self, picture: Picture, **other: str) -> tuple[Face, ...]:
        """Return a region for each face drawn, named where it is a student's; `other` renames, as `s104203`."""
        names = {**self._full, **{key[1:]: name for key, name in other.items()}}
        return tuple(Face(names.get(who), box) for who, box in picture.faces.items())
