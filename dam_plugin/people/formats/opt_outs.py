"""Reads opt-outs from a CSV file of a student information system, by the district's mapping of its columns.

An unclear answer counts as an opt-out, and is reported in a note with its count and lines. Neither notes nor problems
repeat the value of a cell.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import IO

from dam_plugin.errors import Problem
from dam_plugin.model import LONG_AGO, OptOut, StudentRecord
from dam_plugin.people.formats.csv_table import Cells, Columns, Notes, rows
from dam_plugin.people.formats.register import SEVERAL, Found, add_id
from dam_plugin.people.mapping import DateColumn, OptOutColumn, OptOutColumns
from dam_plugin.people.roster import RosterImport
from dam_plugin.pseudonyms import Pseudonyms
from dam_plugin.store import OnFile

_MOST_LINES = 5

_Purposes = tuple[str, ...] | None


@dataclass(frozen=True)
class Whose:
    """Whose a row of the file of opt-outs is, by an id of a kind: the roster's, else of those on file the one who had it last.

    An id that several students have is nobody's.
    """

    source: Found
    kind: str
    known: Mapping[str, StudentRecord]
    pseudonyms: Pseudonyms

    def student(self, value: str) -> str | None:
        """Return the pseudonym of the student with an id."""
        ids = self.source.ids[self.kind]
        if value in ids:
            return ids[value] or None
        if self.kind == "student_id":
            return self._by_roster_id.get(value)
        return self._by_answers_id.get(self.pseudonyms.answers_id(self.kind, value)) or None

    def on_file(self, students: Collection[str]) -> Mapping[str, StudentRecord]:
        """Return students on file."""
        if isinstance(self.known, OnFile):
            return self.known.around(students, ())
        return {each: self.known[each] for each in students}

    # The students on file are gone through only if the file has somebody who is not on the roster.
    @cached_property
    def _by_roster_id(self) -> dict[str, str]:
        return {record.roster_id: record.id for record in self.known.values()}

    @cached_property
    def _by_answers_id(self) -> dict[str, str]:
        # INVARIANT: of a student on the roster only the ids count that it tells.
        told, found = {*self.source.ids["student_id"].values()}, dict[str, str]()
        for student, value in _answers_ids(self.known).items():
            if student not in told:
                add_id(found, value, student)
        return found


def with_answers_ids(source: Found, kind: str, known: Mapping[str, StudentRecord], pseudonyms: Pseudonyms) -> Found:
    """Return the roster with the pseudonym of each student's id of a kind, by which a file of opt-outs names them later.

    A student on file whose id is somebody else's now loses it.
    """
    roster, ids = source.roster, source.ids.get(kind)
    if ids is None or kind == "student_id":
        return source
    taken = {pseudonyms.answers_id(kind, value): student for value, student in ids.items()}
    own = {student: value for value, student in taken.items() if student != SEVERAL}
    told = {*source.ids["student_id"].values()}
    students = {
        each.id: replace(each, answers_id=own.get(each.id)) if each.id in told else each for each in roster.students
    }
    others = [each for each, value in _answers_ids(known).items() if value in taken and each not in told]
    for each in others:
        before = students.get(each) or _beside(known[each], roster)
        students[each] = replace(before, answers_id=None)
    return replace(source, roster=replace(roster, students=tuple(students.values())))


def _answers_ids(known: Mapping[str, StudentRecord]) -> Mapping[str, str]:
    if isinstance(known, OnFile):
        return known.answers_ids()
    return {each.id: each.answers_id for each in known.values() if each.answers_id is not None}


def _beside(record: StudentRecord, roster: RosterImport) -> StudentRecord:
    """Return a student on file whom a roster does not have; opt-outs stay.

    Missing from a whole one, or among those who are gone by a delta, the student has left.
    """
    has_left = roster.whole or record.id in roster.gone
    return replace(record, active=record.active and not has_left, opt_outs=())


def with_opt_outs(
    whose: Whose,
    file: IO[bytes],
    mapping: OptOutColumns,
    today: date,
    problems: list[Problem],
    found: Notes,
) -> RosterImport:
    """Return the roster with the opt-outs in the file, which has the roster's students by the id that the mapping names.

    Students on file who are not on the roster get theirs too. They left, or the roster holds only changes.
    """
    roster = whose.source.roster
    columns = _columns(mapping)
    reading = _Reading(mapping, today, frozenset(each.casefold() for each in columns.all))
    students = {record.id: record for record in roster.students}
    told: dict[str, dict[_Purposes, date]] = defaultdict(dict)
    answered, days = set(), dict[str, date]()
    strangers = rows_read = 0
    for cells in rows(file, mapping.file, columns, problems, found):
        rows_read += 1
        student_id = cells.text(mapping.student_id)
        if not student_id:
            cells.problem(f"has no {mapping.student_id}: say whom it is about")
            continue
        student = whose.student(student_id)
        if student is None:
            strangers += 1
            if any(True for _ in reading.answers(cells)):
                reading.note_lost(cells)
            continue
        since = reading.since(cells)
        days[student] = min(since, days.get(student, since))
        kept = told[student]
        if reading.is_answered(cells):
            answered.add(student)
        for purposes in reading.answers(cells):
            kept[purposes] = min(since, kept.get(purposes, since))
    if strangers:
        reading.note(f"{strangers} row(s) are about nobody on the roster or on file: they were left alone")
    # Where a missing student counts as opted out, and everyone is on the roster, a lost row loses no opt-out.
    is_lenient = mapping.not_listed == "permitted" or not roster.whole
    doubts = tuple(reading.doubts(is_empty=not rows_read, whole=roster.whole)) if is_lenient else ()
    _add_unlisted(reading, told, students)
    others = whose.on_file(told.keys() - students.keys())
    merged = {**students, **{each: _beside(record, roster) for each, record in others.items()}}
    return replace(
        roster,
        students=tuple(
            replace(
                _opted_out(record, told.get(record.id)),
                answered_on=today if record.id in answered else record.answered_on,
            )
            for record in merged.values()
        ),
        tells_opt_outs=True,
        opt_outs_from=mapping.file,
        settled=tuple(sorted({*roster.settled, *told})),
        answered=days if isinstance(mapping.since, DateColumn) else {},
        notes=(*roster.notes, *(f"{mapping.file}: {note}" for note in reading.notes())),
        doubts=(*roster.doubts, *(f"{mapping.file}: {doubt}" for doubt in doubts)),
    )


def _add_unlisted(
    reading: _Reading, told: dict[str, dict[_Purposes, date]], students: Mapping[str, StudentRecord]
) -> None:
    unlisted = [each for each in students if each not in told]
    if not unlisted or reading.mapping.not_listed == "permitted":
        return
    reading.note(f"{len(unlisted)} student(s) of the roster are not listed: they count as opted out of everything")
    for student in unlisted:
        told[student] = {None: LONG_AGO}


def _opted_out(record: StudentRecord, told: Mapping[_Purposes, date] | None) -> StudentRecord:
    if told is None:
        return replace(record, opt_outs=())
    return replace(record, opt_outs=tuple(OptOut(since, purposes=purposes) for purposes, since in told.items()))


def _columns(mapping: OptOutColumns) -> Columns:
    since = (mapping.since.column,) if isinstance(mapping.since, DateColumn) else ()
    needed = dict.fromkeys((mapping.student_id, *since, *(each.column for each in mapping.columns)))
    return Columns(
        tuple(needed),
        tuple(each for each in mapping.ignore if each not in needed),
        exact=(mapping.student_id,),
        open=True,
    )


@dataclass(frozen=True, slots=True)
class _Reading:
    """The meaning of the answers in rows, and the lines of unclear ones."""

    mapping: OptOutColumns
    today: date
    columns: frozenset[str]
    _unclear: dict[str, list[str]] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)
    _more: list[str] = field(default_factory=list)
    _lost: list[str] = field(default_factory=list)

    def since(self, cells: Cells) -> date:
        mapped = self.mapping.since
        if not isinstance(mapped, DateColumn):
            return mapped if mapped and LONG_AGO <= mapped <= self.today else LONG_AGO
        text = cells.text(mapped.column)
        day = mapped.day(text) if text else None
        if day is not None and LONG_AGO <= day <= self.today:
            return day
        if text:
            what = (
                f"column {mapped.column!r} has no day up to today written {mapped.format}: opt-outs hold from ever on"
            )
            self._note_row(what, cells)
        return LONG_AGO

    def answers(self, cells: Cells) -> Iterable[_Purposes]:
        """Yield what the row's family opted out of: purposes, or None for everything."""
        for column in self.mapping.columns:
            if self._is_out(column, cells):
                yield column.purposes
        for name in cells.values:
            if name.casefold() not in self.columns:
                told = f"column {name[:60]!r} is not mapped: whoever has a row is opted out of everything; map or ignore it"
                self._note_row(told, cells)
                yield None

    def is_answered(self, cells: Cells) -> bool:
        """Whether the row's family has said yes or no to each question: a blank is no answer, whatever it counts as."""
        return all(
            cells.text(each.column).casefold() in map(str.casefold, (*each.opted_out, *each.permitted))
            for each in self.mapping.columns
        )

    def _is_out(self, column: OptOutColumn, cells: Cells) -> bool:
        answer = cells.text(column.column).casefold()
        if not answer:
            return column.blank == "opt_out"
        if answer in map(str.casefold, column.permitted):
            return False
        if answer not in map(str.casefold, column.opted_out):
            what = f"column {column.column!r} has an answer that the mapping does not name: it counts as an opt-out"
            self._note_row(what, cells)
        return True

    def _note_row(self, what: str, cells: Cells) -> None:
        lines = self._unclear.setdefault(what, [])
        self._counts[what] = self._counts.get(what, 0) + 1
        if len(lines) < _MOST_LINES:
            lines.append(cells.place.rpartition(":")[2])

    def note(self, text: str) -> None:
        self._more.append(text)

    def note_lost(self, cells: Cells) -> None:
        self._lost.append(cells.place.rpartition(":")[2])

    def doubts(self, *, is_empty: bool, whole: bool) -> Iterable[str]:
        """Yield what a person must confirm, each as the end of a sentence."""
        if is_empty:
            yield "has no row, so that nobody would be opted out by it"
        if self._lost:
            lines = ", ".join(self._lost[:_MOST_LINES]) + (", …" if len(self._lost) > _MOST_LINES else "")
            yield (
                f"{len(self._lost)} row(s) opt out and are about nobody on the roster or on file (line {lines}), so that "
                f"their opt-outs would be lost: write {self.mapping.student_id!r} as the roster does, zeros and case included"
            )
            if not whole and self.mapping.matches != "student_id":
                yield (
                    f"names students by their {self.mapping.matches}, which is on file only of students whose last import had "
                    "it: if these rows are right, import a whole roster with this mapping once"
                )

    def notes(self) -> Sequence[str]:
        found = []
        if isinstance(self.mapping.since, date) and self.mapping.since > self.today:
            found.append("the mapping's since is yet to come: opt-outs hold from ever on")
        for what, lines in self._unclear.items():
            more = ", …" if self._counts[what] > len(lines) else ""
            found.append(f"{what} ({self._counts[what]} row(s): line {', '.join(lines)}{more})")
        return [*found, *self._more]
