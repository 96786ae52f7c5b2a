"""The roster as the store keeps it: students, their opt-outs (for ever) and consents, with what proves them."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Select, insert, or_, select, update
from sqlalchemy.orm import Session

from dam_plugin.errors import NO_SUCH_STUDENT, InputError, SettingsError, UnknownThing
from dam_plugin.model import Consent, OptOut, StudentRecord
from dam_plugin.store.statements import chunks, upsert
from dam_plugin.store.tables import ConsentRow, OptOutRow, StudentRow

ROSTER = "roster"

# What an opt-out is known by from one import to the next: its beginning and its purposes.
_What = tuple[date, frozenset[str] | None]


@dataclass(frozen=True, slots=True)
class RosterChange:
    """What an import did, in counts: students by what happened to them, and opt-outs and consents added or changed."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    left: int = 0
    opt_outs: int = 0
    consents: int = 0


class People:
    """The repository of students, opt-outs and consents, within one transaction."""

    def __init__(self, session: Session) -> None:
        """Work on the transaction of `session`."""
        self._session = session

    def upsert_roster(self, records: Sequence[StudentRecord], at: datetime) -> RosterChange:
        """Make the roster these records with their opt-outs; who is not among them becomes inactive.

        An opt-out that is not in the import stays as it is; one that a person ended stays ended until the import says
        something new about it. Raises SettingsError where the pseudonyms were made with another key.
        """
        known = {record.id: record for record in self.students()}
        self._require_same_key(records, known.values())
        counts = {"added": 0, "changed": 0, "unchanged": 0}
        opt_outs = 0
        for record in records:
            before = known.get(record.id)
            same = before is not None and replace(before, opt_outs=()) == replace(record, opt_outs=())
            if not same:
                upsert(self._session, StudentRow, _student_values(record, at))
            news = self._import_opt_outs(record, at)
            opt_outs += news
            counts["added" if before is None else "unchanged" if same and not news else "changed"] += 1
        left = self._deactivate({r.id for r in known.values() if r.active} - {r.id for r in records}, at)
        return RosterChange(**counts, left=left, opt_outs=opt_outs)

    def students(self, active_only: bool = False) -> list[StudentRecord]:
        """Return the students by roster id, with their opt-outs; those who left too, unless `active_only`."""
        query = select(StudentRow).order_by(StudentRow.roster_id)
        return self._records(query.where(StudentRow.active) if active_only else query)

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
        named = StudentRow.folded.contains(_fold(wanted), autoescape=True)
        query = select(StudentRow).where(or_(named, StudentRow.roster_id == wanted))
        return self._records(query.order_by(StudentRow.roster_id))

    def add_opt_out(self, student: str, opt_out: OptOut, source: str, at: datetime) -> None:
        """Keep an opt-out; `source` says where it came from. Raises InputError, UnknownThing for an unknown student."""
        self._require_student(student)
        _check_opt_out(opt_out)
        self._session.execute(insert(OptOutRow).values(**_opt_out_values(student, opt_out, source, at)))

    def end_opt_out(self, student: str, ended: date, purposes: Collection[str] | None = None) -> int:
        """End the student's open opt-outs on `ended` (exclusive), or only for some purposes; return how many.

        Raises UnknownThing where there is nothing to end, and InputError where an opt-out of all purposes would have
        to be ended in part: that is a new opt-out of the purposes that stay.
        """
        if purposes is not None and not purposes:
            raise InputError("no purposes are named to end an opt-out for: name some, or leave them out for all")
        rows = [row for row in self._opt_out_rows([student]) if row.ended is None or row.ended > ended]
        touched = [row for row in rows if purposes is None or row.purposes is None or set(row.purposes) & set(purposes)]
        if not touched:
            raise UnknownThing("this student has no open opt-out to end")
        for row in touched:
            self._end(row, ended, purposes)
        return len(touched)

    def opt_outs(self, student: str) -> list[OptOut]:
        """Return every opt-out of a student, ended ones too, in the order of their beginning."""
        return [_opt_out(row) for row in self._opt_out_rows([student])]

    def add_consent(self, consent: Consent, proof: str | None, at: datetime) -> str:
        """Keep a consent with what proves it; return its id. Raises UnknownThing for an unknown student."""
        self._require_student(consent.student)
        consent_id = f"c-{uuid4().hex}"
        values = {"id": consent_id, "student_id": consent.student, "consent": consent, "proof": proof, "at": at}
        self._session.execute(insert(ConsentRow).values(**values))
        return consent_id

    def revoke_consent(self, consent_id: str, on: date) -> Consent:
        """Revoke a consent from `on`; an earlier revocation stays. Raises UnknownThing."""
        kept = self._session.scalar(select(ConsentRow.consent).where(ConsentRow.id == consent_id))
        if kept is None:
            raise UnknownThing(f"no consent has the id {consent_id!r}; `dam-plugin student show` lists them")
        revoked = replace(kept, revoked_on=on if kept.revoked_on is None else min(on, kept.revoked_on))
        self._session.execute(update(ConsentRow).where(ConsentRow.id == consent_id).values(consent=revoked))
        return revoked

    def consents(self, students: Iterable[str]) -> list[tuple[str, Consent]]:
        """Return every consent of these students with its id, revoked and expired ones too, in the order kept."""
        found: list[ConsentRow] = []
        for chunk in chunks(students):
            query = select(ConsentRow).where(ConsentRow.student_id.in_(chunk))
            found += self._session.scalars(query, execution_options={"populate_existing": True})
        return [(row.id, row.consent) for row in sorted(found, key=lambda row: (row.at, row.id))]

    def purposes_in_use(self) -> set[str]:
        """Return every purpose that an opt-out or a consent names."""
        named = {
            purpose for purposes in self._session.scalars(select(OptOutRow.purposes)) for purpose in purposes or ()
        }
        return named | {c.purpose for c in self._session.scalars(select(ConsentRow.consent)) if c.purpose is not None}

    def _records(self, query: Select[StudentRow]) -> list[StudentRecord]:
        rows = list(self._session.scalars(query, execution_options={"populate_existing": True}))
        opt_outs: dict[str, list[OptOut]] = {}
        for row in self._opt_out_rows([row.id for row in rows]):
            opt_outs.setdefault(row.student_id, []).append(_opt_out(row))
        return [_record(row, tuple(opt_outs.get(row.id, ()))) for row in rows]

    def _opt_out_rows(self, students: Iterable[str]) -> list[OptOutRow]:
        found: list[OptOutRow] = []
        for chunk in chunks(students):
            query = select(OptOutRow).where(OptOutRow.student_id.in_(chunk))
            found += self._session.scalars(query, execution_options={"populate_existing": True})
        return sorted(found, key=lambda row: (row.since, row.id))

    def _require_student(self, student: str) -> None:
        if self._session.scalar(select(StudentRow.id).where(StudentRow.id == student)) is None:
            raise UnknownThing(NO_SUCH_STUDENT)

    def _require_same_key(self, records: Sequence[StudentRecord], known: Iterable[StudentRecord]) -> None:
        kept = {record.roster_id: record.id for record in known}
        if any(kept.get(record.roster_id, record.id) != record.id for record in records):
            raise SettingsError(
                "DAM_PLUGIN_PSEUDONYM_KEY is not the key this roster was imported with before: put the old one back"
            )

    def _deactivate(self, students: Collection[str], at: datetime) -> int:
        for chunk in chunks(students):
            left = update(StudentRow).where(StudentRow.id.in_(chunk))
            self._session.execute(left.values(active=False, updated_at=at))
        return len(students)

    def _import_opt_outs(self, record: StudentRecord, at: datetime) -> int:
        """Keep what the import says of a student's opt-outs; return about how many it says something new."""
        if not record.opt_outs:
            return 0
        rows = [row for row in self._opt_out_rows([record.id]) if row.source == ROSTER]
        kept = {_what(row.since, row.purposes): row for row in rows}
        news = 0
        for what, opt_out in _strictest(record.opt_outs).items():
            row = kept.get(what)
            if row is None:
                values = _opt_out_values(record.id, opt_out, ROSTER, at) | {"imported_ended": opt_out.ended}
                self._session.execute(insert(OptOutRow).values(**values))
            elif row.imported_ended != opt_out.ended:
                self._set(row, ended=opt_out.ended, imported_ended=opt_out.ended)
            news += row is None or row.imported_ended != opt_out.ended
        return news

    def _end(self, row: OptOutRow, ended: date, purposes: Collection[str] | None) -> None:
        if ended < row.since:
            raise InputError("an opt-out cannot end before it begins: give a later day")
        rest: tuple[str, ...] = ()
        if purposes is not None:
            if row.purposes is None:
                raise InputError(
                    "an opt-out of all purposes ends as a whole: end it without purposes, "
                    "and add an opt-out of the purposes that stay"
                )
            rest = tuple(purpose for purpose in row.purposes if purpose not in purposes)
        if rest:
            stays = OptOut(since=ended, ended=row.ended, purposes=rest)
            values = _opt_out_values(row.student_id, stays, f"the rest of one from {row.source}", row.at)
            self._session.execute(insert(OptOutRow).values(**values))
        self._set(row, ended=ended)

    def _set(self, row: OptOutRow, **values: date | None) -> None:
        self._session.execute(update(OptOutRow).where(OptOutRow.id == row.id).values(**values))


def _strictest(opt_outs: Iterable[OptOut]) -> dict[_What, OptOut]:
    """Return one opt-out per beginning and purposes: the one that ends last."""
    found: dict[_What, OptOut] = {}
    for opt_out in opt_outs:
        _check_opt_out(opt_out)
        what = _what(opt_out.since, opt_out.purposes)
        other = found.get(what)
        if other is None or (other.ended is not None and (opt_out.ended is None or opt_out.ended > other.ended)):
            found[what] = opt_out
    return found


def _what(since: date, purposes: Iterable[str] | None) -> _What:
    return since, None if purposes is None else frozenset(purposes)


def _check_opt_out(opt_out: OptOut) -> None:
    if opt_out.purposes is not None and not opt_out.purposes:
        raise InputError("an opt-out of no purpose says nothing: name its purposes, or leave them out for all")
    if opt_out.ended is not None and opt_out.ended < opt_out.since:
        raise InputError("an opt-out cannot end before it begins: correct its days")


def _fold(text: str) -> str:
    # Composed and decomposed letters, every case of them and every width of space find each other.
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.split())


def _student_values(record: StudentRecord, at: datetime) -> dict[str, Any]:
    return {
        "id": record.id,
        "roster_id": record.roster_id,
        "names": record.names,
        "folded": "\n".join(_fold(name) for name in record.names),
        "born": record.born,
        "postsecondary": record.postsecondary,
        "grade": record.grade,
        "active": record.active,
        "guardians": record.guardians,
        "guardian_names": record.guardian_names,
        "updated_at": at,
    }


def _record(row: StudentRow, opt_outs: tuple[OptOut, ...]) -> StudentRecord:
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
    )


def _opt_out_values(student: str, opt_out: OptOut, source: str, at: datetime) -> dict[str, Any]:
    return {
        "student_id": student,
        "since": opt_out.since,
        "ended": opt_out.ended,
        "purposes": opt_out.purposes,
        "source": source,
        "imported_ended": None,
        "at": at,
    }


def _opt_out(row: OptOutRow) -> OptOut:
    return OptOut(since=row.since, ended=row.ended, purposes=row.purposes)
