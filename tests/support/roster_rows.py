"""A roster of a few rows in plain files, which tests change row by row, and its import by the command line."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace

from command_line import Called, call
from district import District

AS = ("--as", "custodian:records-office")
ASKED = "may be somebody on the roster who is opted out, protected or has a court order"
LEFT = "may be somebody who left and whose family said no"
TOR, LIV = ("G-6006", "Tor Oxenberg"), ("G-6106", "Liv Oxenberg")


@dataclass(frozen=True)
class Row:
    """A row of students.csv, and the rows of the other files that are about the same student."""

    number: str
    given: str
    family: str
    born: str
    guardians: tuple[tuple[str, str], ...] = ()
    opted_out: bool = False


RUNA = Row("106006", "Runa", "Oxenberg", "2010-08-08", (TOR, LIV), opted_out=True)
BODIL = Row("106002", "Bodil", "Iversen", "2011-06-21", (("G-6002", "Lars Iversen"),), opted_out=True)
SIGNE = Row("106001", "Signe", "Halvorsen", "2011-03-14", (("G-6001", "Kari Halvorsen"),), opted_out=True)
GRETA = Row("106003", "Greta", "Nystrom", "2010-02-11", (("G-6003", "Eva Nystrom"),), opted_out=True)
HUGO = Row("106004", "Hugo", "Falk", "2009-12-05", (("G-6004", "Per Falk"),))
# Enough of them that one who leaves is no tenth.
OTHERS = tuple(Row(f"1070{n:02}", f"Child{n}", f"Other{n}", f"2012-01-{n + 1:02}") for n in range(20))
BASE = (RUNA, BODIL, SIGNE, GRETA, HUGO, *OTHERS)
TWICE = replace(RUNA, number="206006", given="Rúna", family="Oxenburg", opted_out=False)


def imported(district: District, rows: tuple[Row, ...], *more: str) -> Called:
    """Import a roster of these rows."""
    folder = district.folder / "rows"
    folder.mkdir(exist_ok=True)

    def written(name: str, columns: str, lines: list[tuple[str, ...]]) -> None:
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([tuple(columns.split(",")), *lines])

    students = [(each.number, each.given, each.family, each.born, "11") for each in rows]
    written("students.csv", "student_id,given_name,family_name,born,grade", students)
    guardians = [(each.number, *guardian) for each in rows for guardian in each.guardians]
    written("guardians.csv", "student_id,guardian_id,name", guardians)
    outs = [(each.number, "2026-09-01", "", "") for each in rows if each.opted_out]
    written("opt_outs.csv", "student_id,since,ended,purposes", outs)
    return call("roster", "import", str(folder), *AS, *more)
