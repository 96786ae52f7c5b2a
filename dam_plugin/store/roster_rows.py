"""A roster into the tables, in bulk: a few statements for all students, whatever their number. No questions are asked here."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from dam_plugin.errors import InputError, SettingsError
from dam_plugin.model import OptOut, StudentRecord
from dam_plugin.store.seals import STUDENTS, Seals
from dam_plugin.store.statements import chunks, upsert_all
from dam_plugin.store.tables import OptOutRow, StudentRow

# The source of an opt-out that came by an import.
ROSTER = "roster"

# What an opt-out is known by from one import to the next: its beginning and its purposes.
_What = tuple[date, frozenset[str] | None]


@dataclass(frozen=True, slots=True)
class RosterChange:
    """What an import did, in counts: students by what happened to them, and opt-outs and consents added or changed.

    `ended` of the opt-outs ended, because the import tells all of a student's and no longer has them.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    left: int = 0
    opt_outs: int = 0
    consents: int = 0
    ended: int = 0
    portraits: int = 0


@dataclass(frozen=True, slots=True)
class Extent:
    """How much an import tells: of all students or of some, who has left, and whose opt-outs it tells in full.

    `called` tells by which word a purpose on file is the import's, whose purposes are in the district's words.
    """

    whole: bool = True
    gone: frozenset[str] = frozenset()
    settled: frozenset[str] = frozenset()
    called: Callable[[str], str] = str


WHOLE = Extent()


def import_students(
    session: Session,
    seals: Seals,
    on_file: Iterable[StudentRecord],
    records: Sequence[StudentRecord],
    at: datetime,
    extent: Extent,
) -> RosterChange:
    """Bring records and their opt-outs into the tables; `People.upsert_roster` says what becomes of the others."""
    known = {record.id: record for record in on_file}
    records = [with_former_names(known.get(record.id), record) for record in records]
    _require_same_key(records, known.values())
    news = _import_opt_outs(session, records, at, extent)
    counts = {"added": 0, "changed": 0, "unchanged": 0}
    values = []
    for record in records:
        before = known.get(record.id)
        same = before is not None and replace(before, opt_outs=()) == replace(record, opt_outs=())
        if not same:
            values.append(student_values(record, at))
        # Of who is not at school any more there may be news of opt-outs all the same.
        if record.active:
            same = same and record.id not in news.students
            counts["added" if before is None else "unchanged" if same else "changed"] += 1
    active = {record.id for record in known.values() if record.active}
    gone = active - {record.id for record in records} if extent.whole else active & extent.gone
    seals.before(STUDENTS, [*(each["id"] for each in values), *sorted(news.students | gone)])
    upsert_all(session, StudentRow, values)
    # After the students that they belong to.
    news.write(session)
    _deactivate(session, gone, at)
    left = len(gone) + sum(not record.active and record.id in active for record in records)
    return RosterChange(**counts, left=left, opt_outs=news.count, ended=len(news.ends))


def with_former_names(before: StudentRecord | None, record: StudentRecord) -> StudentRecord:
    """Return a student with every name of earlier rosters that this one no longer has: recordings still may bear it."""
    if before is None:
        return record
    now = {*map(folded, record.names)}
    former = {folded(name): name for name in (*before.former_names, *before.names) if folded(name) not in now}
    return replace(record, former_names=tuple(former.values()))


def check_opt_out(opt_out: OptOut) -> None:
    """Raise InputError for an opt-out that says nothing."""
    if opt_out.purposes is not None and not opt_out.purposes:
        raise InputError("an opt-out of no purpose says nothing: name its purposes, or leave them out for all")
    if opt_out.ended is not None and opt_out.ended < opt_out.since:
        raise InputError("an opt-out cannot end before it begins: correct its days")


def folded(text: str) -> str:
    """Return a text in which composed and decomposed letters, every case and every width of space find each other."""
    once = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(once.split())


def student_values(record: StudentRecord, at: datetime) -> dict[str, Any]:
    """Return the columns of a student."""
    return {
        "id": record.id,
        "roster_id": record.roster_id,
        "names": record.names,
        "former_names": record.former_names,
        # Whoever looks for a student finds them by a former name, too.
        "folded": "\n".join(folded(name) for name in record.all_names),
        "born": record.born,
        "postsecondary": record.postsecondary,
        "grade": record.grade,
        "active": record.active,
        "guardians": record.guardians,
        "guardian_names": record.guardian_names,
        "given": record.given,
        "family": record.family,
        "updated_at": at,
    }


def opt_out_values(student: str, opt_out: OptOut, source: str, at: datetime) -> dict[str, Any]:
    """Return the columns of an opt-out that did not come by an import."""
    return {
        "student_id": student,
        "since": opt_out.since,
        "ended": opt_out.ended,
        "purposes": opt_out.purposes,
        "source": source,
        "imported_ended": None,
        "at": at,
    }


def opt_out_of(row: OptOutRow) -> OptOut:
    """Return a row as an opt-out."""
    return OptOut(since=row.since, ended=row.ended, purposes=row.purposes)


@dataclass(frozen=True, slots=True)
class _News:
    """What an import says that is new of opt-outs: rows to add, ends to set, ends of what it no longer has."""

    students: set[str]
    adds: list[dict[str, Any]]
    changes: list[dict[str, Any]]
    ends: list[dict[str, Any]]

    @property
    def count(self) -> int:
        return len(self.adds) + len(self.changes)

    def write(self, session: Session) -> None:
        connection = session.connection()
        if self.adds:
            connection.execute(insert(OptOutRow.__table__), self.adds)  # type: ignore[arg-type]  # a Table it is
        if ends := [*self.changes, *self.ends]:
            row = update(OptOutRow.__table__).where(OptOutRow.id == bindparam("row"))  # type: ignore[arg-type]
            connection.execute(row.values(ended=bindparam("day"), imported_ended=bindparam("day")), ends)
            # What the session read of them before is no longer so.
            session.expire_all()


def _import_opt_outs(session: Session, records: Sequence[StudentRecord], at: datetime, extent: Extent) -> _News:
    settled = extent.settled
    told_of = [record.id for record in records if record.opt_outs or record.id in settled]
    kept = _imported(session, told_of, extent.called)
    news = _News(set(), [], [], [])
    for record in records:
        rows = kept.get(record.id, {})
        told = _strictest(record.opt_outs)
        for what, opt_out in told.items():
            row = rows.get(what)
            if row is None:
                values = opt_out_values(record.id, opt_out, ROSTER, at) | {"imported_ended": opt_out.ended}
                news.adds.append(values)
            elif row.imported_ended != opt_out.ended:
                news.changes.append({"row": row.id, "day": opt_out.ended})
            if row is None or row.imported_ended != opt_out.ended:
                news.students.add(record.id)
        if record.id in settled:
            _end_untold(news, record.id, [row for what, row in rows.items() if what not in told], at.date())
    return news


def _end_untold(news: _News, student: str, rows: Iterable[OptOutRow], today: date) -> None:
    for row in rows:
        if row.ended is None or row.ended > today:
            news.ends.append({"row": row.id, "day": max(today, row.since)})
            news.students.add(student)


def _imported(
    session: Session, students: Iterable[str], called: Callable[[str], str]
) -> dict[str, dict[_What, OptOutRow]]:
    found: dict[str, dict[_What, OptOutRow]] = {}
    for chunk in chunks(students):
        query = select(OptOutRow).where(OptOutRow.student_id.in_(chunk), OptOutRow.source == ROSTER)
        for row in session.scalars(query.order_by(OptOutRow.id), execution_options={"populate_existing": True}):
            rows = found.setdefault(row.student_id, {})
            what = _what(row.since, None if row.purposes is None else map(called, row.purposes))
            # Of two that differ in their words alone one is enough: what is told in full ends the other.
            rows[(row.since, frozenset({f"row {row.id}"})) if what in rows else what] = row
    return found


def _strictest(opt_outs: Iterable[OptOut]) -> dict[_What, OptOut]:
    """Return one opt-out per beginning and purposes: the one that ends last."""
    found: dict[_What, OptOut] = {}
    for opt_out in opt_outs:
        check_opt_out(opt_out)
        what = _what(opt_out.since, opt_out.purposes)
        other = found.get(what)
        if other is None or (other.ended is not None and (opt_out.ended is None or opt_out.ended > other.ended)):
            found[what] = opt_out
    return found


def _what(since: date, purposes: Iterable[str] | None) -> _What:
    return since, None if purposes is None else frozenset(purposes)


def _require_same_key(records: Sequence[StudentRecord], known: Iterable[StudentRecord]) -> None:
    kept = {record.roster_id: record.id for record in known}
    if any(kept.get(record.roster_id, record.id) != record.id for record in records):
        raise SettingsError(
            "DAM_PLUGIN_PSEUDONYM_KEY is not the key this roster was imported with before: put the old one back"
        )


def _deactivate(session: Session, students: Collection[str], at: datetime) -> None:
    for chunk in chunks(students):
        left = update(StudentRow).where(StudentRow.id.in_(chunk))
        session.execute(left.values(active=False, updated_at=at))
