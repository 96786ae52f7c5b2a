"""A plain CSV of the district's own, one student a row, read by the mapping file that says which columns are what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import IO

from dam_plugin.errors import Problem
from dam_plugin.model import StudentRecord
from dam_plugin.people.formats.csv_table import Cells, Columns, rows
from dam_plugin.people.mapping import StudentColumns
from dam_plugin.people.roster import RosterImport
from dam_plugin.pseudonyms import Pseudonyms


def read_mapped(
    file: IO[bytes], name: str, mapping: StudentColumns, pseudonyms: Pseudonyms, problems: list[Problem]
) -> tuple[RosterImport, Mapping[str, str]]:
    """Return the roster in a file, and its students' pseudonyms by id; a student in several rows has all their guardians."""
    reading = _Reading(mapping, pseudonyms)
    found: dict[str, StudentRecord] = {}
    for cells in rows(file, name, _columns(mapping), problems):
        record = reading.record(cells)
        if record is None:
            continue
        before = found.setdefault(record.roster_id, record)
        if _bare(before) != _bare(record):
            cells.problem("tells the student of a row above otherwise: make the rows agree but for guardians")
        found[record.roster_id] = reading.together(before, record)
    if not found and not problems:
        problems.append(Problem(name, "names no student: an empty roster would say that everyone has left"))
    roster = RosterImport(
        tuple(found.values()), tells_guardians=bool(mapping.guardians), tells_births=mapping.born is not None
    )
    return roster, {record.roster_id: record.id for record in found.values()}


def _columns(mapping: StudentColumns) -> Columns:
    born = mapping.born.column if mapping.born else None
    single = (mapping.student_id, mapping.given_name, mapping.family_name, mapping.name, mapping.grade, born)
    guardians = (column for each in mapping.guardians for column in (each.id, each.name))
    return Columns(tuple(dict.fromkeys(each for each in (*single, *mapping.aliases, *guardians) if each)), open=True)


def _bare(record: StudentRecord) -> StudentRecord:
    return replace(record, guardians=(), guardian_names=())


@dataclass(frozen=True, slots=True)
class _Reading:
    """Turns rows into students."""

    mapping: StudentColumns
    pseudonyms: Pseudonyms

    def record(self, cells: Cells) -> StudentRecord | None:
        roster_id = cells.text(self.mapping.student_id)
        if not roster_id:
            cells.problem(f"has no {self.mapping.student_id}: every student needs one")
            return None
        names = self._names(cells)
        if not names:
            cells.problem("has no name: fill it in")
        born = None
        if self.mapping.born and (text := cells.text(self.mapping.born.column)):
            born = self.mapping.born.day(text)
            if born is None:
                cells.problem(f"{self.mapping.born.column} is not a date written {self.mapping.born.format}")
        guardians = self._guardians(cells, roster_id)
        return StudentRecord(
            id=self.pseudonyms.student(roster_id),
            roster_id=roster_id,
            names=names,
            born=born,
            grade=(cells.text(self.mapping.grade) or None) if self.mapping.grade else None,
            guardians=tuple(guardians),
            guardian_names=_named(guardians),
            given=(cells.text(self.mapping.given_name) or None) if self.mapping.given_name else None,
            family=(cells.text(self.mapping.family_name) or None) if self.mapping.family_name else None,
        )

    def together(self, before: StudentRecord, record: StudentRecord) -> StudentRecord:
        guardians = dict.fromkeys((*before.guardians, *record.guardians))
        names = {**dict(record.guardian_names), **dict(before.guardian_names)}
        return replace(
            before, guardians=tuple(guardians), guardian_names=_named({g: names.get(g, "") for g in guardians})
        )

    def _names(self, cells: Cells) -> tuple[str, ...]:
        mapping = self.mapping
        parts = (cells.text(column) for column in (mapping.given_name, mapping.family_name) if column)
        family = cells.text(mapping.family_name) if mapping.family_name else ""
        whole = " ".join(part for part in parts if part) or (cells.text(mapping.name) if mapping.name else "")
        return tuple(dict.fromkeys(name for name in (whole, *self._aliases(cells, family)) if name))

    def _aliases(self, cells: Cells, family: str) -> Iterable[str]:
        """Yield the other names; one word alone is taken for a first name."""
        for column in self.mapping.aliases:
            alias = cells.text(column)
            yield f"{alias} {family}" if alias and family and " " not in alias else alias

    def _guardians(self, cells: Cells, roster_id: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for columns in self.mapping.guardians:
            guardian_id = cells.text(columns.id)
            if guardian_id == roster_id:
                cells.problem(f"makes a student their own guardian: correct {columns.id}")
            elif guardian_id:
                found[self.pseudonyms.guardian(guardian_id)] = cells.text(columns.name) if columns.name else ""
        return found


def _named(guardians: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((each, name) for each, name in guardians.items() if name)
