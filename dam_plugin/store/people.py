"""The roster as the store keeps it: students, their opt-outs (for ever) and consents, with what proves them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Row, Select, bindparam, insert, or_, select, update
from sqlalchemy.orm import Session

from dam_plugin.errors import NO_SUCH_STUDENT, InputError, UnknownThing
from dam_plugin.model import Consent, OptOut, StudentRecord
from dam_plugin.store.portraits import Portrait, keep_portraits, portrait_at
from dam_plugin.store.roster_rows import (
    ROSTER,
    WHOLE,
    Extent,
    RosterChange,
    check_opt_out,
    folded,
    import_students,
    opt_out_of,
    opt_out_values,
    student_values,
)
from dam_plugin.store.seals import CONSENTS, STUDENTS, Seals
from dam_plugin.store.statements import OF, chunks, rows_of
from dam_plugin.store.tables import ConsentRow, OptOutRow, RosterImportRow, StudentRow

# The kind of an import that tells whose portrait an image is, and nothing of families' choices.
INDEX = "index"
_BATCH = 500
Word = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class KeptConsent:
    """One consent on file: whose it is, and when it was kept, by which it has its place among others."""

    student: str
    at: datetime
    id: str
    consent: Consent

    def order(self) -> tuple[datetime, str]:
        """Return what consents are put in order by."""
        return self.at, self.id


class People:
    """The repository of students, opt-outs and consents, within one transaction."""

    def __init__(self, session: Session, seals: Seals) -> None:
        """Work on the transaction of `session`; what is in force is sealed by `seals`."""
        self._session = session
        self._seals = seals

    def upsert_roster(self, records: Sequence[StudentRecord], at: datetime, extent: Extent = WHOLE) -> RosterChange:
        """Make the roster these records with their opt-outs; who is not among them becomes inactive.

        Where the extent is not the whole roster, only those become inactive whom it names as gone. An opt-out that is
        not in the import stays as it is, but for students of whom the extent says that the import tells all; one that
        a person ended stays ended until the import says something new about it. Raises SettingsError where the
        pseudonyms were made with another key.
        """
        return import_students(self._session, self._seals, self.students(), records, at, extent)

    def add_import(
        self, kind: str, source: str, at: datetime, *, whole: bool, students: int, tells_opt_outs: bool = False
    ) -> None:
        """Keep that a roster was imported, when, from where and how much it told."""
        told = {"whole": whole, "tells_opt_outs": tells_opt_outs, "students": students}
        self._session.execute(insert(RosterImportRow).values(kind=kind, source=source, at=at, **told))

    def last_import(self) -> tuple[datetime, str] | None:
        """Return when a roster was last imported and from where.

        An import counts only where it was whole or told of opt-outs: a few changed rows, or an index of portraits,
        leave everything else as old as it was.
        """
        row = self._session.connection().execute(_LAST_IMPORT).first()
        return None if row is None else (row.at, row.source)

    def set_portraits(self, portraits: Sequence[Portrait]) -> int:
        """Keep whose portrait each image is, instead of what was kept of it; return how many are new or changed."""
        return keep_portraits(self._session, portraits)

    def pictured_in(self, key: str) -> str | None:
        """Return whose portrait an object's key is by an index, None where none says so or several disagree."""
        portrait = portrait_at(self._session, key)
        return portrait.student if portrait else None

    def portrait_at(self, key: str) -> Portrait | None:
        """Return what an index says of the portrait that an object's key is; None as `pictured_in` does."""
        return portrait_at(self._session, key)

    def open_imported_opt_outs(self, on: date) -> list[tuple[str, OptOut]]:
        """Return the opt-outs that came by imports and are in force on a day or later, each with its student."""
        query = select(OptOutRow).where(
            OptOutRow.source == ROSTER, or_(OptOutRow.ended.is_(None), OptOutRow.ended > on)
        )
        rows = self._session.scalars(query.order_by(OptOutRow.id), execution_options={"populate_existing": True})
        return [(row.student_id, opt_out_of(row)) for row in rows]

    def students(self, active_only: bool = False) -> list[StudentRecord]:
        """Return the students by roster id, with their opt-outs; those who left too, unless `active_only`."""
        query = select(StudentRow).order_by(StudentRow.roster_id)
        return self._records(query.where(StudentRow.active) if active_only else query)

    def stream(self) -> Iterator[StudentRecord]:
        """Yield every student by pseudonym, with their opt-outs, those who left too: a batch in memory at a time."""
        behind = ""
        while rows := list(self._session.connection().execute(_STUDENTS_BEHIND, {"behind": behind})):
            opt_outs = self._opt_outs_of(row.id for row in rows)
            yield from (_record(row, tuple(opt_outs.get(row.id, ()))) for row in rows)
            behind = rows[-1].id

    def students_of(self, ids: Iterable[str]) -> dict[str, StudentRecord]:
        """Return those of the students who are known, by pseudonym."""
        wanted = list(ids)
        opt_outs = self._opt_outs_of(wanted)
        rows = rows_of(self._session, _STUDENTS_OF, wanted)
        return {row.id: _record(row, tuple(opt_outs.get(row.id, ()))) for row in rows}

    def student(self, student_id: str) -> StudentRecord | None:
        """Return one student by pseudonym."""
        return next(iter(self._records(select(StudentRow).where(StudentRow.id == student_id))), None)

    def need(self, student_id: str) -> StudentRecord:
        """Return one student by its pseudonym. Raises UnknownThing."""
        record = self.student(student_id)
        if record is None:
            raise UnknownThing(NO_SUCH_STUDENT)
        return record

    def find(self, text: str) -> list[StudentRecord]:
        """Return the students with `text` in a name, whatever its case, or as their whole roster id."""
        wanted = text.strip()
        if not wanted:
            return []
        named = StudentRow.folded.contains(folded(wanted), autoescape=True)
        query = select(StudentRow).where(or_(named, StudentRow.roster_id == wanted))
        return self._records(query.order_by(StudentRow.roster_id))

    def add_opt_out(self, student: str, opt_out: OptOut, source: str, at: datetime) -> None:
        """Keep an opt-out; `source` says where it came from. Raises InputError, UnknownThing for an unknown student."""
        self._require_student(student)
        check_opt_out(opt_out)
        self._seals.before(STUDENTS, [student])
        self._session.execute(insert(OptOutRow).values(**opt_out_values(student, opt_out, source, at)))

    def end_opt_out(self, student: str, ended: date, purposes: Collection[str] | None = None, word: Word = str) -> int:
        """End the student's open opt-outs on `ended` (exclusive), or only for some purposes; return how many.

        `word` tells which of these a purpose on file is, None where it is none. Raises UnknownThing where there is nothing
        to end, and InputError where an opt-out of all purposes would have to be ended in part: that is a new opt-out of
        the purposes that stay.
        """
        if purposes is not None and not purposes:
            raise InputError("no purposes are named to end an opt-out for: name some, or leave them out for all")
        rows = [row for row in self._opt_out_rows([student]) if row.ended is None or row.ended > ended]
        touched = [
            row
            for row in rows
            if purposes is None or row.purposes is None or not set(purposes).isdisjoint(map(word, row.purposes))
        ]
        if not touched:
            raise UnknownThing("this student has no open opt-out to end")
        self._seals.before(STUDENTS, [student])
        for row in touched:
            self._end(row, ended, purposes, word)
        return len(touched)

    def forget_name(self, student: str, name: str, at: datetime) -> None:
        """Let a former name of a student match no more. Raises UnknownThing for one that is none."""
        record = self.need(student)
        left = tuple(each for each in record.former_names if folded(each) != folded(name))
        if left == record.former_names:
            raise UnknownThing("this student has no such former name: `dam-plugin student show` lists them")
        self._seals.before(STUDENTS, [student])
        values = student_values(replace(record, former_names=left), at)
        self._session.execute(update(StudentRow).where(StudentRow.id == student).values(**values))

    def opt_outs(self, student: str) -> list[OptOut]:
        """Return every opt-out of a student, ended ones too, in the order of their beginning."""
        return [opt_out_of(row) for row in self._opt_out_rows([student])]

    def add_consent(self, consent: Consent, proof: str | None, at: datetime) -> str:
        """Keep a consent with what proves it; return its id. Raises UnknownThing for an unknown student."""
        self._require_student(consent.student)
        consent_id = f"c-{uuid4().hex}"
        values = {"id": consent_id, "student_id": consent.student, "consent": consent, "proof": proof, "at": at}
        self._seals.new(CONSENTS, [consent_id])
        self._session.execute(insert(ConsentRow).values(**values))
        return consent_id

    def revoke_consent(self, consent_id: str, on: date) -> Consent:
        """Revoke a consent from `on`; an earlier revocation stays. Raises UnknownThing."""
        kept = self._session.scalar(select(ConsentRow.consent).where(ConsentRow.id == consent_id))
        if kept is None:
            raise UnknownThing(f"no consent has the id {consent_id!r}; `dam-plugin student show` lists them")
        revoked = replace(kept, revoked_on=on if kept.revoked_on is None else min(on, kept.revoked_on))
        self._seals.before(CONSENTS, [consent_id])
        self._session.execute(update(ConsentRow).where(ConsentRow.id == consent_id).values(consent=revoked))
        return revoked

    def consents(self, students: Iterable[str]) -> list[tuple[str, Consent]]:
        """Return every consent of these students with its id, revoked and expired ones too, in the order kept."""
        return [(each.id, each.consent) for each in sorted(self.kept_consents(students), key=KeptConsent.order)]

    def kept_consents(self, students: Iterable[str]) -> list[KeptConsent]:
        """Return the same with whose each is and when it was kept, in no order."""
        return [KeptConsent(*row) for row in rows_of(self._session, _CONSENTS_OF, students)]

    def limited_opt_outs(self, on: date) -> list[tuple[str, OptOut]]:
        """Return the opt-outs of some purposes that are in force on a day or later, each with its student."""
        query = select(OptOutRow).where(
            OptOutRow.purposes.is_not(None), or_(OptOutRow.ended.is_(None), OptOutRow.ended > on)
        )
        return [(row.student_id, opt_out_of(row)) for row in self._session.scalars(query.order_by(OptOutRow.id))]

    def every_consent(self) -> list[Consent]:
        """Return every consent on file, revoked and expired ones too."""
        return list(self._session.scalars(select(ConsentRow.consent).order_by(ConsentRow.id)))

    def bent(self, students: Iterable[str], consents: Iterable[KeptConsent]) -> set[str]:
        """Return those of whom a row, an opt-out or one of these consents is not as it was sealed."""
        owners = {each.id: each.student for each in consents}
        found = self._seals.bent(STUDENTS, students)
        return found | {owners[each] for each in self._seals.bent(CONSENTS, owners)}

    def _records(self, query: Select[StudentRow]) -> list[StudentRecord]:
        rows = list(self._session.scalars(query, execution_options={"populate_existing": True}))
        opt_outs: dict[str, list[OptOut]] = {}
        for row in self._opt_out_rows([row.id for row in rows]):
            opt_outs.setdefault(row.student_id, []).append(opt_out_of(row))
        return [_record(row, tuple(opt_outs.get(row.id, ()))) for row in rows]

    def _opt_outs_of(self, students: Iterable[str]) -> dict[str, list[OptOut]]:
        found: dict[str, list[OptOut]] = {}
        for student, since, ended, purposes in rows_of(self._session, _OPT_OUTS_OF, students):
            found.setdefault(student, []).append(OptOut(since, ended, purposes))
        return found

    def _opt_out_rows(self, students: Iterable[str]) -> list[OptOutRow]:
        found: list[OptOutRow] = []
        for chunk in chunks(students):
            query = select(OptOutRow).where(OptOutRow.student_id.in_(chunk))
            found += self._session.scalars(query, execution_options={"populate_existing": True})
        return sorted(found, key=lambda row: (row.since, row.id))

    def _require_student(self, student: str) -> None:
        if self._session.scalar(select(StudentRow.id).where(StudentRow.id == student)) is None:
            raise UnknownThing(NO_SUCH_STUDENT)

    def _end(self, row: OptOutRow, ended: date, purposes: Collection[str] | None, word: Word) -> None:
        if ended < row.since:
            raise InputError("an opt-out cannot end before it begins: give a later day")
        rest: tuple[str, ...] = ()
        if purposes is not None:
            if row.purposes is None:
                raise InputError(
                    "an opt-out of all purposes ends as a whole: end it without purposes, "
                    "and add an opt-out of the purposes that stay"
                )
            rest = tuple(purpose for purpose in row.purposes if word(purpose) not in purposes)
        if rest:
            stays = OptOut(since=ended, ended=row.ended, purposes=rest)
            values = opt_out_values(row.student_id, stays, f"the rest of one from {row.source}", row.at)
            self._session.execute(insert(OptOutRow).values(**values))
        self._set(row, ended=ended)

    def _set(self, row: OptOutRow, **values: date | None) -> None:
        self._session.execute(update(OptOutRow).where(OptOutRow.id == row.id).values(**values))


_LAST_IMPORT = (
    select(RosterImportRow.at, RosterImportRow.source)
    .where(RosterImportRow.kind != INDEX, or_(RosterImportRow.whole, RosterImportRow.tells_opt_outs))
    .order_by(RosterImportRow.id.desc())
    .limit(1)
)
# By columns: to make an object of each row takes longer than to read it.
_RECORD = (
    StudentRow.id,
    StudentRow.roster_id,
    StudentRow.names,
    StudentRow.born,
    StudentRow.postsecondary,
    StudentRow.grade,
    StudentRow.active,
    StudentRow.guardians,
    StudentRow.guardian_names,
    StudentRow.given,
    StudentRow.family,
    StudentRow.former_names,
)
_STUDENTS_OF = select(*_RECORD).where(StudentRow.id.in_(OF))
_STUDENTS_BEHIND = select(*_RECORD).where(StudentRow.id > bindparam("behind")).order_by(StudentRow.id).limit(_BATCH)
_OPT_OUTS_OF = (
    select(OptOutRow.student_id, OptOutRow.since, OptOutRow.ended, OptOutRow.purposes)
    .where(OptOutRow.student_id.in_(OF))
    .order_by(OptOutRow.since, OptOutRow.id)
)
_CONSENTS_OF = select(ConsentRow.student_id, ConsentRow.at, ConsentRow.id, ConsentRow.consent).where(
    ConsentRow.student_id.in_(OF)
)


def _record(row: StudentRow | Row[*tuple[Any, ...]], opt_outs: tuple[OptOut, ...]) -> StudentRecord:
    return StudentRecord(
        id=row.id,
        roster_id=row.roster_id,
        names=row.names,
        born=row.born,
        postsecondary=row.postsecondary,
        grade=row.grade,
        active=row.active,
        guardians=row.guardians,
        guardian_names=row.guardian_names,
        opt_outs=opt_outs,
        given=row.given,
        family=row.family,
        former_names=row.former_names,
    )
