"""Reads rosters that a district writes itself as CSV: in the plugin's own columns, or in its own with a mapping file.

The plain roster is a folder of students.csv, guardians.csv, opt_outs.csv and consents.csv. Only students.csv is
required. A mapped roster is a single file with one student a row. All problems of all files are found at once. No
message holds a cell's value, since that may be a student's name or number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import IO

from dam_plugin.errors import Problem, RosterError
from dam_plugin.model import Consent, OptOut, Signature, StudentRecord
from dam_plugin.people.formats.csv_table import Cells, Columns, Notes, close_to, rows
from dam_plugin.people.formats.register import Headings, attends, died_on, marked
from dam_plugin.people.formats.roster_files import Files, roster_files
from dam_plugin.people.mapping import ProtectedColumn, StudentColumns
from dam_plugin.people.roster import RosterImport
from dam_plugin.procedure.purposes import STARTER_PACK, PurposeList
from dam_plugin.pseudonyms import Pseudonyms

STUDENTS, GUARDIANS, OPT_OUTS, CONSENTS = "students.csv", "guardians.csv", "opt_outs.csv", "consents.csv"
FILES = (STUDENTS, GUARDIANS, OPT_OUTS, CONSENTS)
_PROTECTED = ProtectedColumn("protected")
_COLUMNS = {
    STUDENTS: Columns(
        required=("student_id",),
        optional=("given_name", "family_name", "aliases", "born", "died", "postsecondary", "protected", "grade"),
        exact=("student_id",),
    ),
    GUARDIANS: Columns(required=("student_id", "guardian_id"), optional=("name",), exact=("student_id", "guardian_id")),
    OPT_OUTS: Columns(
        required=("student_id", "since"), optional=("ended", "purposes"), exact=("student_id", "purposes")
    ),
    CONSENTS: Columns(
        required=("student_id", "signed_by", "signed_on", "signature", "purpose"),
        optional=("authenticated", "parties", "assets", "expires", "revoked_on", "proof"),
        exact=("student_id", "signed_by", "purpose", "parties", "assets"),
    ),
}
_SIGNATURES: dict[str, Signature] = {"": "none", "none": "none", "ink": "ink", "electronic": "electronic"}


def read_roster(source: Path, pseudonyms: Pseudonyms, purposes: PurposeList = STARTER_PACK) -> RosterImport:
    """Return the roster in the folder or ZIP `source`, as `read_plain` does. Raises RosterError with every problem."""
    problems: list[Problem] = []
    if not source.is_dir() and source.suffix.casefold() not in (".zip", ".xlsx"):
        raise RosterError([Problem(source.name, f"is no folder: give the folder that holds {STUDENTS}")])
    with roster_files(source, problems) as files:
        notes = Notes()
        roster = read_plain(files, pseudonyms, problems, notes, purposes)
    if problems:
        raise RosterError(problems)
    return replace(roster, notes=notes.told())


def read_plain(
    files: Files, pseudonyms: Pseudonyms, problems: list[Problem], notes: Notes, purposes: PurposeList = STARTER_PACK
) -> RosterImport:
    """Return the roster in these files, with pseudonyms for every id and object key, and the district's purposes.

    Places of problems read `students.csv:7`. If there are any, the roster is of no use.
    """
    before = len(problems)
    reading = _Reading(pseudonyms, problems, {}, purposes)
    _check_names(files, problems)
    columns: set[str] = set()
    for cells in _rows(files, STUDENTS, problems, notes):
        columns.update(cells.values)
        reading.student(cells)
    for cells in _rows(files, GUARDIANS, problems, notes):
        reading.guardian(cells)
    for cells in _rows(files, OPT_OUTS, problems, notes):
        reading.opt_out(cells)
    signed = list(_rows(files, CONSENTS, problems, notes))
    consents = tuple(map(reading.consent, signed))
    if STUDENTS in files and not reading.students and len(problems) == before:
        problems.append(Problem(STUDENTS, "names no student: an empty roster would say that everyone has left"))
    return RosterImport(
        tuple(reading.students.values()),
        consents,
        tells_guardians=GUARDIANS in files,
        tells_deaths="died" in columns,
        tells_protection="protected" in columns,
        tells_postsecondary="postsecondary" in columns,
        tells_opt_outs=True,
        opt_outs_from=OPT_OUTS if OPT_OUTS in files else None,
        proofs=_proofs(signed),
        consent_rows=tuple(cells.place for cells in signed),
    )


def read_consents(
    source: Path,
    students: Iterable[StudentRecord],
    pseudonyms: Pseudonyms,
    purposes: PurposeList = STARTER_PACK,
) -> tuple[tuple[Consent, ...], tuple[str | None, ...]]:
    """Return the consents in a file like consents.csv, of students on file, and what proves each. Raises RosterError."""
    reading = _Reading(pseudonyms, [], {each.roster_id: each for each in students}, purposes, "on the roster")
    tables = _table(source, reading.problems)
    consents = tuple(reading.consent(cells) for cells in tables)
    if reading.problems:
        raise RosterError(reading.problems)
    return consents, _proofs(tables)


def read_mapped(
    file: IO[bytes],
    name: str,
    mapping: StudentColumns,
    pseudonyms: Pseudonyms,
    today: date,
    problems: list[Problem],
    notes: Notes,
) -> tuple[RosterImport, Mapping[str, str]]:
    """Return the roster in a file, and its students' pseudonyms by id; a student in several rows has all their guardians."""
    reading = _MappedReading(mapping, pseudonyms, today)
    found: dict[str, StudentRecord] = {}
    lines: dict[str, int] = {}
    headings = _headings(mapping)
    for cells in rows(file, name, mapped_columns(mapping), problems, notes):
        record = reading.record(cells)
        if record is None:
            continue
        before = found.setdefault(record.roster_id, record)
        line = lines.setdefault(record.roster_id, cells.line)
        if _bare(before) != _bare(record):
            cells.problem(headings.refusal(before, record, line))
        found[record.roster_id] = reading.together(before, record)
    if not found and not problems:
        problems.append(Problem(name, "names no student: an empty roster would say that everyone has left"))
    roster = RosterImport(
        tuple(found.values()),
        tells_guardians=bool(mapping.guardians),
        tells_births=mapping.born is not None,
        tells_protection=mapping.protected is not None,
        tells_postsecondary=mapping.postsecondary is not None,
        tells_deaths=mapping.died is not None,
    )
    return roster, {record.roster_id: record.id for record in found.values()}


def _proofs(tables: Iterable[Cells]) -> tuple[str | None, ...]:
    return tuple(cells.text("proof") or None for cells in tables)


def _table(source: Path, problems: list[Problem]) -> list[Cells]:
    """Return the rows of a file of consents; what cannot be read is added to `problems`."""
    if not source.is_file():
        problems.append(Problem(source.name, "is no file: put the CSV file there"))
        return []
    try:
        with source.open("rb") as file:
            return list(rows(file, source.name, _COLUMNS[CONSENTS], problems))
    except OSError as error:
        problems.append(Problem(source.name, f"cannot be read: {error.strerror}"))
        return []


def _check_names(files: Files, problems: list[Problem]) -> None:
    """Add a problem for a CSV file of another name, since it may be a misspelt opt_outs.csv, and if there are no students."""
    strangers = (each for each in sorted(files.openers) if each.endswith(".csv") and each not in _COLUMNS)
    problems += (
        Problem(files.shown(each), f"is not known here{close_to(each, _COLUMNS) or ': move it away'}")
        for each in strangers
    )
    if STUDENTS not in files:
        problems.append(Problem(STUDENTS, "is missing from the folder: a roster needs its students"))


def _rows(files: Files, name: str, problems: list[Problem], notes: Notes) -> Iterator[Cells]:
    if name not in files:
        return
    try:
        with files.open(name) as file:
            yield from rows(file, name, _COLUMNS[name], problems, notes)
    except OSError as error:
        problems.append(Problem(name, f"cannot be read: {error.strerror}"))


@dataclass(frozen=True, slots=True)
class _Reading:
    """The result so far: students by roster id, and the problems."""

    pseudonyms: Pseudonyms
    problems: list[Problem]
    students: dict[str, StudentRecord]
    known: PurposeList
    # The place that must have the student of a row, as messages name it.
    place: str = f"in {STUDENTS}"

    def student(self, cells: Cells) -> None:
        roster_id = cells.text("student_id")
        if not roster_id:
            cells.problem("has no student_id: every student needs one")
        elif roster_id in self.students:
            cells.problem("repeats the student_id of a row above: keep one of them")
        name = " ".join(part for part in (cells.text("given_name"), cells.text("family_name")) if part)
        names = tuple(dict.fromkeys((*([name] if name else []), *cells.list("aliases"))))
        if not names:
            cells.problem("has no name: fill in given_name and family_name")
        born, died = cells.day("born"), cells.day("died")
        postsecondary, mark = cells.flag("postsecondary"), marked(cells, _PROTECTED)
        if roster_id:
            self.students.setdefault(
                roster_id,
                StudentRecord(
                    id=self.pseudonyms.student(roster_id),
                    roster_id=roster_id,
                    names=names,
                    born=born,
                    postsecondary=postsecondary,
                    grade=cells.text("grade") or None,
                    given=cells.text("given_name") or None,
                    family=cells.text("family_name") or None,
                    died=died,
                    marked=mark,
                ),
            )

    def guardian(self, cells: Cells) -> None:
        student = self._student(cells)
        guardian_id, name = cells.text("guardian_id"), cells.text("name")
        if not guardian_id:
            cells.problem("has no guardian_id: every guardian needs one")
            return
        if guardian_id == cells.text("student_id"):
            cells.problem("makes a student their own guardian: correct the guardian_id")
            return
        if student is None:
            return
        guardian = self.pseudonyms.guardian(guardian_id)
        names = dict(student.guardian_names)
        if guardian in student.guardians and names.get(guardian, "") != name:
            cells.problem("gives the guardian of a row above another name: keep one of them")
        if name:
            names[guardian] = name
        guardians = tuple(dict.fromkeys((*student.guardians, guardian)))
        self.students[student.roster_id] = replace(student, guardians=guardians, guardian_names=tuple(names.items()))

    def opt_out(self, cells: Cells) -> None:
        student = self._student(cells)
        since, ended = cells.day("since", required=True), cells.day("ended")
        purposes = self._purposes(cells)
        if since and ended and ended < since:
            cells.problem("ends before it begins: correct since or ended")
        if student is None or since is None:
            return
        opt_out = OptOut(since, ended, purposes)
        if any((o.since, _set(o.purposes)) == (since, _set(purposes)) and o.ended != ended for o in student.opt_outs):
            cells.problem("contradicts a row above about when this opt-out ends: keep one of them")
        elif opt_out not in student.opt_outs:
            self.students[student.roster_id] = replace(student, opt_outs=(*student.opt_outs, opt_out))

    def consent(self, cells: Cells) -> Consent:
        student = self._student(cells)
        signature = _SIGNATURES.get(cells.text("signature").casefold())
        if signature is None:
            cells.problem("signature is none of ink, electronic, none")
        assets = cells.limit("assets")
        return Consent(
            student="" if student is None else student.id,
            signed_by=self._signer(cells),
            signed_on=cells.day("signed_on"),
            signature=signature or "none",
            authenticated=cells.flag("authenticated"),
            purpose=self._purpose(cells),
            parties=cells.list("parties"),
            assets=None if assets is None else tuple(map(self.pseudonyms.asset, assets)),
            expires=cells.day("expires"),
            revoked_on=cells.day("revoked_on"),
        )

    def _purposes(self, cells: Cells) -> tuple[str, ...] | None:
        """Return the purposes of an opt-out by the district's words; a part of one opts out of all of it."""
        written = cells.limit("purposes")
        for each in written or ():
            if self.known.word(each) is None:
                cells.problem(f"has in purposes what {self.known.why_not(each)}")
        return None if written is None else tuple(dict.fromkeys(map(self.known.called, written)))

    def _purpose(self, cells: Cells) -> str | None:
        written = cells.text("purpose")
        if not written:
            return None
        purpose = self.known.whole(written)
        if purpose is None:
            cells.problem(f"has in purpose what {self.known.why_not(written)}")
        return purpose

    def _signer(self, cells: Cells) -> str | None:
        """Return who signed: the student, or else a guardian. The procedure decides whether that guardian may sign."""
        signer = cells.text("signed_by")
        if not signer:
            return None
        if signer == cells.text("student_id"):
            return self.pseudonyms.student(signer)
        return self.pseudonyms.guardian(signer)

    def _student(self, cells: Cells) -> StudentRecord | None:
        roster_id = cells.text("student_id")
        student = self.students.get(roster_id)
        if not roster_id:
            cells.problem("has no student_id: say whom it is about")
        elif student is None and self.students:
            # Without any student, students.csv has a problem that already explains all of these.
            cells.problem(f"is about a student who is not {self.place}: add them there, or correct the student_id")
        return student


def _set(purposes: tuple[str, ...] | None) -> frozenset[str] | None:
    return None if purposes is None else frozenset(purposes)


def mapped_columns(mapping: StudentColumns) -> Columns:
    """Return the columns that a mapping reads of a plain CSV of students."""
    born = mapping.born.column if mapping.born else None
    marks = (each.column for each in (mapping.protected, mapping.postsecondary, mapping.died) if each)
    single = (mapping.student_id, mapping.given_name, mapping.family_name, mapping.name, mapping.grade, born, *marks)
    guardians = (column for each in mapping.guardians for column in (each.id, each.name))
    needed = tuple(dict.fromkeys(each for each in (*single, *mapping.aliases, *guardians) if each))
    return Columns(needed, exact=(mapping.student_id, *(each.id for each in mapping.guardians)), open=True)


def _headings(mapping: StudentColumns) -> Headings:
    return Headings(
        mapping.student_id,
        mapping.given_name,
        mapping.family_name,
        mapping.aliases,
        mapping.born.column if mapping.born else None,
        mapping.name,
        mapping.grade,
        mapping.protected.column if mapping.protected else None,
        mapping.postsecondary.column if mapping.postsecondary else None,
        mapping.died.column if mapping.died else None,
    )


def _bare(record: StudentRecord) -> StudentRecord:
    return replace(record, guardians=(), guardian_names=())


@dataclass(frozen=True, slots=True)
class _MappedReading:
    """Turns rows into students."""

    mapping: StudentColumns
    pseudonyms: Pseudonyms
    today: date

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
            marked=marked(cells, self.mapping.protected),
            postsecondary=attends(cells, self.mapping.postsecondary),
            died=died_on(cells, self.mapping.died, born, self.today),
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
