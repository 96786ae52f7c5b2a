"""Reads a PSPA/PSPI portrait index (`INDEX.TXT`): whose portrait each image is, by name and grade.

An index has no ids, birth dates, guardians or opt-outs, so it never replaces a roster. Where a roster is on file, the
index only says whose portraits the images are, and adds no student.
"""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain

from dam_plugin.errors import Problem
from dam_plugin.model import StaffRecord, StudentRecord
from dam_plugin.people.formats.csv_table import Cells, Notes, records, under
from dam_plugin.people.roster import Portrait, RosterImport
from dam_plugin.pseudonyms import Pseudonyms
from dam_tagging.match_students import normalise

NAME = "index.txt"
# Picaboo's comma-delimited index is a .csv.
NAMES = (NAME, "index.csv")
# The ids of students who are known from an index alone begin so.
BY_PORTRAIT = "portrait:"

_FULL = (
    "volume", "folder", "file", "grade", "last", "first", "home room", "period", "teacher", "track", "department", "title",
    "size",
)  # fmt: skip
# How many columns without a header mean which: PSPA's own, Picaboo's, and the shortest that is found.
_LAYOUTS: Mapping[int, tuple[str, ...]] = {
    13: _FULL,
    8: ("volume", "folder", "file", "grade", "last", "first", "teacher", "home room"),
    7: ("volume", "folder", "file", "grade", "last", "first", "home room"),
}
_SPELLINGS: Mapping[str, str] = {
    "volume name": "volume", "image folder": "folder", "image file name": "file", "image file": "file", "image name": "file",
    "filename": "file", "file name": "file", "last name": "last", "first name": "first", "homeroom": "home room",
    "teacher name": "teacher", "image size": "size",
}  # fmt: skip
_NEEDED = ("file", "last", "first")
# Further facts that an index states about a portrait: our word for each, and its column.
_TOLD: Mapping[str, str] = {
    "home_room": "home room", "period": "period", "teacher": "teacher", "track": "track", "department": "department",
    "title": "title",
}  # fmt: skip
_STAFF = ("teacher", "staff", "faculty", "fac", "admin", "principal", "t", "tch")
# `FAC`, `TCH`: no word for a role.
_ABBREVIATED = 3


@dataclass(frozen=True, slots=True)
class IndexFile:
    """One index: its name in messages, the volume that its folder is, and its bytes."""

    name: str
    volume: str
    data: bytes


def read_index(
    files: Iterable[IndexFile],
    pseudonyms: Pseudonyms,
    known: Mapping[str, StudentRecord],
    problems: list[Problem],
    notes: Notes | None = None,
) -> RosterImport:
    """Return whose portraits the images are; students are new only if no roster but an index is on file."""
    reading = _Reading(pseudonyms, known)
    for file in files:
        for cells in rows_of(file, problems, notes):
            reading.take(cells, file.volume)
    students, portraits = reading.matched()
    if not portraits and not problems:
        problems.append(Problem(NAME, "names nobody whose portrait could be told: import the roster first"))
    return RosterImport(
        students,
        tells_guardians=False,
        tells_births=False,
        whole=False,
        portraits=portraits,
        staff=tuple(reading.staff.values()),
        notes=tuple(reading.notes()),
        kind="index",
    )


def rows_of(file: IndexFile, problems: list[Problem], notes: Notes | None = None) -> Iterator[Cells]:
    """Yield the rows of an index by the columns' names, with or without a header; mistakes are added to `problems`."""
    notes = Notes() if notes is None else notes
    text = _utf8(file, problems)
    delimiter = "\t" if b"\t" in text.partition(b"\n")[0] else ","
    found = records(io.BytesIO(text), file.name, problems, notes, delimiter=delimiter)
    line, first = next(found, (1, None))
    if first is None:
        if not problems:
            problems.append(Problem(file.name, "is empty: an index has a line for each image"))
        return
    header = [_SPELLINGS.get(cell, cell) for cell in (" ".join(each.split()).casefold() for each in first)]
    if {"last", "first"} <= set(header):
        lacking = [name for name in _NEEDED if name not in header]
        if lacking or len(set(header)) != len(header):
            told = "lacks the column of image files" if lacking else "has a column twice"
            problems.append(Problem(f"{file.name}:{line}", f"{told}: its header is not that of a portrait index"))
            return
        yield from under(header, found, file.name, problems, notes)
        return
    layout = _LAYOUTS.get(len(first))
    if layout is None:
        told = (
            f"has {len(first)} columns and no header: an index without one has {', '.join(map(str, sorted(_LAYOUTS)))}"
        )
        problems.append(Problem(f"{file.name}:{line}", told))
        return
    yield from under(layout, chain([(line, first)], found), file.name, problems, notes)


def _utf8(file: IndexFile, problems: list[Problem]) -> bytes:
    """Return the bytes as UTF-8: old indexes are in code page 1252."""
    if file.data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return file.data
    try:
        file.data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            return file.data.decode("cp1252").encode()
        except UnicodeDecodeError as error:
            line = file.data.count(b"\n", 0, error.start) + 1
            problems.append(Problem(f"{file.name}:{line}", "is neither UTF-8 nor code page 1252: save it as UTF-8"))
            return b""
    return file.data


@dataclass(frozen=True, slots=True)
class _Row:
    """One image: the name on it, the grade, and further facts."""

    volume: str
    image: str
    first: str
    last: str
    grade: str | None
    told: Mapping[str, str]

    @property
    def name(self) -> str:
        return " ".join(part for part in (self.first, self.last) if part)


@dataclass(frozen=True, slots=True)
class _Reading:
    """The rows of all indexes, and their results."""

    pseudonyms: Pseudonyms
    known: Mapping[str, StudentRecord]
    rows: list[_Row] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    staff: dict[str, StaffRecord] = field(default_factory=dict)

    def take(self, cells: Cells, volume: str) -> None:
        file, folder = cells.text("file").replace("\\", "/"), cells.text("folder").replace("\\", "/").strip("/")
        grade, title = cells.text("grade"), cells.text("title")
        first, last = cells.text("first"), cells.text("last")
        if not file:
            cells.problem("has no image file: every line needs one")
        elif ".." in (*file.split("/"), *folder.split("/")):
            cells.problem("names an image outside of the volume: correct it")
        elif not (first or last):
            self.counts["line(s) have no name"] += 1
        elif (title and not grade) or grade.casefold() in _STAFF:
            self.counts["line(s) are of staff: they have a title and no grade"] += 1
            name = " ".join(part for part in (first, last) if part)
            role = title or (grade if len(grade) > _ABBREVIATED else "") or "teacher"
            pseudonym = self.pseudonyms.staff(f"{BY_PORTRAIT}{normalise(name)}")
            self.staff.setdefault(pseudonym, StaffRecord(pseudonym, (name,), role))
        else:
            image = f"{folder}/{file}" if folder else file
            told = {name: cells.text(column) for name, column in _TOLD.items()}
            self.rows.append(_Row(cells.text("volume") or volume, image, first, last, grade or None, told))

    def matched(self) -> tuple[tuple[StudentRecord, ...], tuple[Portrait, ...]]:
        """Return the students that only an index names, and the portraits of all whose name and grade match one."""
        bearers: dict[str, list[StudentRecord]] = defaultdict(list)
        for record in self.known.values():
            for name in dict.fromkeys(map(normalise, record.names)):
                bearers[name].append(record)
        has_roster = any(not record.roster_id.startswith(BY_PORTRAIT) for record in self.known.values())
        added: dict[str, StudentRecord] = {}
        portraits = []
        for row in self.rows:
            several = bearers.get(normalise(row.name), [])
            fitting = [each for each in several if _same_grade(each.grade, row.grade)] or several
            if len(fitting) == 1 and (has_roster or _same_grade(fitting[0].grade, row.grade)):
                (record,) = fitting
                if record.roster_id.startswith(BY_PORTRAIT) and row.grade:
                    given, family = row.first or None, row.last or None
                    added[record.id] = replace(record, grade=row.grade, active=True, given=given, family=family)
            elif several or has_roster:
                what = "are several students' name" if several else "are of nobody on the roster"
                self.counts[f"line(s) {what}: nobody was tagged by them"] += 1
                continue
            else:
                record = self._new(row)
                added[record.id] = record
            portraits.append(Portrait(row.volume, row.image, record.id, **row.told))
        return tuple(added.values()), tuple(portraits)

    def _new(self, row: _Row) -> StudentRecord:
        roster_id = f"{BY_PORTRAIT}{row.volume}/{row.image}"
        return StudentRecord(
            id=self.pseudonyms.student(roster_id),
            roster_id=roster_id,
            names=(row.name,),
            grade=row.grade,
            given=row.first or None,
            family=row.last or None,
        )

    def notes(self) -> Iterator[str]:
        yield "an index tells neither opt-outs nor guardians nor birth dates: the roster's age is counted without it"
        for what, count in sorted(self.counts.items()):
            yield f"{count} {what}"


def _same_grade(one: str | None, other: str | None) -> bool:
    """Whether two grades are the same, or one is not known: `07` and `7`, `KG` and `K`."""
    return one is None or other is None or _grade(one) == _grade(other)


def _grade(text: str) -> str:
    folded = text.strip().casefold()
    return {"kg": "k", "kindergarten": "k"}.get(folded, folded.lstrip("0") or folded)
