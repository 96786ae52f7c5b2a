"""Reads and writes the access log's tables as plain rows: who looked at whose page. Its chain is not the ledger's.

What an entry says, and whether the chain holds, is in `dam_plugin/ledger/access_chain.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select, text, update
from sqlalchemy.orm import Session

from dam_plugin.store.ledger_entries import EntryRow
from dam_plugin.store.sql import chunks, driver_cursor
from dam_plugin.store.tables import AccessEntryRow, AccessHeadRow, AccessStudentRow

_HEAD = 1
_BATCH = 500
_COLUMNS = ("seq", "at", "kind", "subject", "body", "previous", "hash", "salt", "details")
_HEAD_COLUMNS = ("seq", "hash", "before", "before_hash", "mac")
_END = (
    f"SELECT {', '.join(f'head.{each}' for each in _HEAD_COLUMNS)}, coalesce(last.seq, 0), coalesce(last.hash, '') "  # noqa: S608
    "FROM access_head AS head LEFT JOIN access_entries AS last ON last.seq = (SELECT max(seq) FROM access_entries) "
    f"WHERE head.id = {_HEAD}"
)


def _writing(mark: str) -> tuple[str, str, str]:
    """Return the statements that every page with names waits for; `mark` stands for a value."""
    marks = ", ".join([mark] * len(_COLUMNS))
    moved = ", ".join(f"{each} = {mark}" for each in _HEAD_COLUMNS)
    return (
        f"INSERT INTO access_entries ({', '.join(_COLUMNS)}) VALUES ({marks})",  # noqa: S608 - constants of ours
        f"INSERT INTO access_students (student_id, seq) VALUES ({mark}, {mark})",  # noqa: S608
        f"UPDATE access_head SET {moved} WHERE id = {_HEAD}",  # noqa: S608
    )


_SQLITE, _POSTGRESQL = _writing("?"), _writing("%s")
_LOCK = text(f"SELECT id FROM access_head WHERE id = {_HEAD} FOR UPDATE")  # noqa: S608 - a constant of ours


@dataclass(frozen=True, slots=True)
class AccessHead:
    """The one row that says where the log begins and ends, signed.

    It ends with the entry `seq` of this `hash`. `before` and `before_hash` are those of the last entry that was deleted
    since its time was over; 0 and empty where none was.
    """

    seq: int
    hash: str
    before: int
    before_hash: str
    mac: str


class AccessEntries:
    """The repository of the access log, within one transaction."""

    def __init__(self, session: Session) -> None:
        """Work on the transaction of `session`."""
        self._session = session

    def hold(self) -> None:
        """Keep others from appending until this transaction ends (SQLite does so by itself)."""
        hold_access_head(self._session.connection())

    def head(self) -> AccessHead | None:
        """Return the head; None if it is missing."""
        query = select(*(getattr(AccessHeadRow, each) for each in AccessHead.__dataclass_fields__))
        row = self._session.execute(query.where(AccessHeadRow.id == _HEAD)).one_or_none()
        return None if row is None else AccessHead(*row)

    def set_head(self, head: AccessHead) -> None:
        """Write the head, also where it is missing; `append` moves it."""
        changed = self._session.execute(update(AccessHeadRow).where(AccessHeadRow.id == _HEAD).values(**asdict(head)))
        if not changed.rowcount:  # type: ignore[attr-defined]  # SQLAlchemy types it for statements alone
            self._session.execute(insert(AccessHeadRow).values(id=_HEAD, **asdict(head)))

    def other_heads(self) -> int:
        """Return how many heads there are beside the one."""
        query = select(func.count()).select_from(AccessHeadRow).where(AccessHeadRow.id != _HEAD)
        return self._session.scalar(query) or 0

    def end(self) -> tuple[AccessHead, int, str] | None:
        """Return the head, and number and hash of the last entry (0 and "": none); None if the head is missing."""
        with driver_cursor(self._session.connection()) as (cursor, _):
            row = cursor.execute(_END).fetchone()
        return None if row is None else (AccessHead(*row[:5]), row[5], row[6])

    def append(self, entry: EntryRow, students: Collection[str], head: AccessHead) -> None:
        """Insert an entry with the index of its students, and move the head."""
        values = tuple(getattr(entry, each) for each in _COLUMNS)
        moved = tuple(getattr(head, each) for each in AccessHead.__dataclass_fields__)
        with driver_cursor(self._session.connection()) as (cursor, is_postgresql):
            into, into_students, move = _POSTGRESQL if is_postgresql else _SQLITE
            cursor.execute(into, values)
            if students:
                cursor.executemany(into_students, [(each, entry.seq) for each in sorted(students)])
            cursor.execute(move, moved)

    def last(self) -> EntryRow | None:
        """Return the last entry, None where there is none."""
        return next(iter(self._rows(_entries().order_by(AccessEntryRow.seq.desc()).limit(1))), None)

    def entry(self, seq: int) -> EntryRow | None:
        """Return the entry of a number, None where there is none."""
        return next(iter(self._rows(_entries().where(AccessEntryRow.seq == seq))), None)

    def page(
        self,
        *,
        limit: int,
        before: int | None = None,
        student: str | None = None,
        account: str | None = None,
    ) -> list[EntryRow]:
        """Return at most `limit` entries, the newest first, behind the number `before`; of a student, of an account."""
        query = _entries().order_by(AccessEntryRow.seq.desc()).limit(limit)
        if before is not None:
            query = query.where(AccessEntryRow.seq < before)
        if account is not None:
            query = query.where(AccessEntryRow.subject == account)
        if student is not None:
            theirs = select(AccessStudentRow.seq).where(AccessStudentRow.student_id == student)
            query = query.where(AccessEntryRow.seq.in_(theirs))
        return self._rows(query)

    def stream(self) -> Iterator[tuple[EntryRow, frozenset[str]]]:
        """Stream every entry in order with the students in its index, a batch in memory at a time."""
        last: int | None = None
        while True:
            query = _entries().order_by(AccessEntryRow.seq).limit(_BATCH)
            rows = self._rows(query if last is None else query.where(AccessEntryRow.seq > last))
            if not rows:
                return
            students = self.students_of([row.seq for row in rows])
            yield from ((row, students.get(row.seq, frozenset())) for row in rows)
            last = rows[-1].seq

    def students_of(self, seqs: Collection[int]) -> dict[int, frozenset[str]]:
        """Return the students in whose lists these entries stand; an entry without students is left out."""
        found: dict[int, set[str]] = {}
        for chunk in chunks(seqs):
            query = select(AccessStudentRow.seq, AccessStudentRow.student_id).where(AccessStudentRow.seq.in_(chunk))
            for seq, student in self._session.execute(query):
                found.setdefault(seq, set()).add(student)
        return {seq: frozenset(students) for seq, students in found.items()}

    def orphans(self) -> int:
        """Return how many rows of the index belong to no entry."""
        there = select(AccessEntryRow.seq)
        query = select(func.count()).select_from(AccessStudentRow).where(AccessStudentRow.seq.not_in(there))
        return self._session.scalar(query) or 0

    def delete_through(self, seq: int) -> int:
        """Delete the entries up to a number with their index; return how many."""
        self._session.execute(delete(AccessStudentRow).where(AccessStudentRow.seq <= seq))
        gone = self._session.execute(delete(AccessEntryRow).where(AccessEntryRow.seq <= seq))
        return int(gone.rowcount)  # type: ignore[attr-defined]

    def _rows(self, query: Select[Any]) -> list[EntryRow]:
        return [EntryRow(*row) for row in self._session.execute(query)]


def hold_access_head(connection: Connection) -> None:
    """Wait until nobody appends to the access log, and keep others out until this transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK)


def _entries() -> Select[Any]:
    return select(*(getattr(AccessEntryRow, each) for each in _COLUMNS))
