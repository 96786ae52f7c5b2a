"""The ledger's tables as rows. What an entry is, and whether the chain holds, is for `dam_plugin.ledger`."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, delete, insert, select, update
from sqlalchemy.orm import Session

from dam_plugin.store.statements import changed, chunks
from dam_plugin.store.tables import LedgerDetailsRow, LedgerEntryRow, LedgerHeadRow, LedgerStudentRow, ShareRow

_HEAD = 1
_BATCH = 500


@dataclass(frozen=True, slots=True)
class HeadRow:
    """Where the chain ends; seq 0 with empty texts before the first entry."""

    seq: int
    hash: str
    mac: str


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry as it stands in the tables; `salt` and `details` (JSON text) are null once they were deleted."""

    seq: int
    at: str
    kind: str
    subject: str
    body: str
    previous: str
    hash: str
    salt: str | None = None
    details: str | None = None


class Entries:
    """The repository of the ledger's rows, within one transaction."""

    def __init__(self, session: Session) -> None:
        """Work on the transaction of `session`."""
        self._session = session

    def head(self, *, lock: bool = False) -> HeadRow | None:
        """Return the head; `lock` keeps other writers from appending until this transaction ends."""
        query = select(LedgerHeadRow.seq, LedgerHeadRow.hash, LedgerHeadRow.mac).where(LedgerHeadRow.id == _HEAD)
        row = self._session.execute(query.with_for_update() if lock else query).one_or_none()
        return None if row is None else HeadRow(*row)

    def set_head(self, head: HeadRow) -> None:
        """Move the head."""
        moved = update(LedgerHeadRow).where(LedgerHeadRow.id == _HEAD)
        self._session.execute(moved.values(seq=head.seq, hash=head.hash, mac=head.mac))

    def add(self, entry: EntryRow, students: Collection[str]) -> None:
        """Insert an entry with its details and the index of the students it concerns."""
        row = {name: getattr(entry, name) for name in _COLUMNS}
        self._session.execute(insert(LedgerEntryRow).values(**row))
        kept = {"seq": entry.seq, "salt": entry.salt, "details": entry.details}
        self._session.execute(insert(LedgerDetailsRow).values(**kept))
        index = [{"seq": entry.seq, "student_id": student} for student in sorted(students)]
        if index:
            self._session.execute(insert(LedgerStudentRow), index)

    def last_seq(self) -> int:
        """Return the number of the last entry in the table, 0 where there is none."""
        return self._session.scalar(select(LedgerEntryRow.seq).order_by(LedgerEntryRow.seq.desc()).limit(1)) or 0

    def stream(self) -> Iterator[tuple[EntryRow, frozenset[str]]]:
        """Stream every entry in order with the students in its index, a batch in memory at a time."""
        after = None
        while batch := self._batch(after):
            students = self._students([row.seq for row in batch])
            for row in batch:
                yield row, frozenset(students.get(row.seq, ()))
            after = batch[-1].seq

    def of_kind(self, kind: str) -> Iterator[EntryRow]:
        """Stream the entries of one kind in order, a batch in memory at a time."""
        after = None
        while batch := self._batch(after, kind):
            yield from batch
            after = batch[-1].seq

    def last(self, count: int | None, kind: str | None = None) -> list[EntryRow]:
        """Return the last `count` entries (null = all), of one kind where it is given, oldest first."""
        query = _entries().order_by(LedgerEntryRow.seq.desc())
        if kind is not None:
            query = query.where(LedgerEntryRow.kind == kind)
        if count is not None:
            query = query.limit(count)
        return [EntryRow(**row) for row in reversed(self._session.execute(query).mappings().all())]

    def of_student(self, student_id: str) -> list[EntryRow]:
        """Return the entries that concern a student, oldest first; those whose details were deleted are not known."""
        theirs = select(LedgerStudentRow.seq).where(LedgerStudentRow.student_id == student_id)
        query = _entries().where(LedgerEntryRow.seq.in_(theirs)).order_by(LedgerEntryRow.seq)
        return [EntryRow(**row) for row in self._session.execute(query).mappings()]

    def delete_details(self, seqs: Collection[int]) -> int:
        """Delete the details and the index of these entries; return how many had details."""
        deleted = 0
        for chunk in chunks(seqs):
            self._session.execute(delete(LedgerStudentRow).where(LedgerStudentRow.seq.in_(chunk)))
            deleted += changed(self._session, delete(LedgerDetailsRow).where(LedgerDetailsRow.seq.in_(chunk)))
        return deleted

    def has_shares(self) -> bool:
        """Return whether the store keeps any share, which an empty ledger could not explain."""
        return self._session.scalar(select(ShareRow.id).limit(1)) is not None

    def _batch(self, after: int | None, kind: str | None = None) -> list[EntryRow]:
        query = _entries().order_by(LedgerEntryRow.seq).limit(_BATCH)
        if kind is not None:
            query = query.where(LedgerEntryRow.kind == kind)
        if after is not None:
            query = query.where(LedgerEntryRow.seq > after)
        return [EntryRow(**row) for row in self._session.execute(query).mappings()]

    def _students(self, seqs: list[int]) -> dict[int, set[str]]:
        query = select(LedgerStudentRow.seq, LedgerStudentRow.student_id).where(
            LedgerStudentRow.seq.between(seqs[0], seqs[-1])
        )
        found: dict[int, set[str]] = {}
        for seq, student in self._session.execute(query):
            found.setdefault(seq, set()).add(student)
        return found


_COLUMNS = ("seq", "at", "kind", "subject", "body", "previous", "hash")


def _entries() -> Select[Any]:
    columns = [getattr(LedgerEntryRow, name) for name in _COLUMNS]
    query = select(*columns, LedgerDetailsRow.salt, LedgerDetailsRow.details)
    return query.outerjoin(LedgerDetailsRow, LedgerDetailsRow.seq == LedgerEntryRow.seq)
