"""Reads and writes the ledger's tables as plain rows. Some queries compare entries with the rows that they are about.

`dam_plugin/ledger/chain.py` interprets entries and verifies the chain.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    case,
    cast,
    delete,
    exists,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from dam_plugin.store.ledger_subjects import LedgerSubjects
from dam_plugin.store.seals import Seals
from dam_plugin.store.sql import changed, chunks, driver_cursor, upsert_all
from dam_plugin.store.tables import (
    DestructionRow,
    FindingRow,
    HeldDeletionRow,
    LedgerCheckpointRow,
    LedgerDetailsRow,
    LedgerEntryRow,
    LedgerHeadRow,
    LedgerStudentRow,
    LinkRow,
    LookRow,
    RequestEventRow,
    SecretEntryRow,
    ShareRow,
)

# How the subject of an entry begins that closed several links at once.
SEVERAL_LINKS = "rv-"
_HEAD = 1
# Kinds of entries about the choice of one student's family, and about an import for many students.
_OF_PEOPLE = ("opt-out", "opt-in", "opt-out-holds", "opt-out-mistake", "consent", "consent-revoked", "consent-mistake")
_OF_MANY = ("roster", "consents")
_BATCH = 500


@dataclass(frozen=True, slots=True)
class HeadRow:
    """Where the chain ends; seq 0 with empty texts before the first entry."""

    seq: int
    hash: str
    mac: str


@dataclass(frozen=True, slots=True)
class CheckpointRow:
    """Up to which entry the whole ledger was found to hold, and when (ISO 8601)."""

    seq: int
    hash: str
    at: str
    mac: str


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry as it stands in the tables; `salt` and `details` (JSON text) are null once they were deleted or moved."""

    seq: int
    at: str
    kind: str
    subject: str
    body: str
    previous: str
    hash: str
    salt: str | None = None
    details: str | None = None

    @property
    def is_bare(self) -> bool:
        """Whether only its place in the chain is known: so an export gives what was moved into the sealed book."""
        return not any((self.at, self.kind, self.subject, self.body))


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """How many shares have no entry, and the id of the first of them."""

    count: int
    first: str


class Entries:
    """The repository of the ledger's rows, within one transaction."""

    def __init__(self, session: Session, seals: Seals) -> None:
        """Work on the transaction of `session`; `seals` seals the rows that are in force."""
        self._session = session
        self._seals = seals
        self._is_held = False

    @property
    def subjects(self) -> LedgerSubjects:
        """The rows of other tables that entries are about."""
        return LedgerSubjects(self._session, self._seals)

    def students_of(self, seqs: Collection[int]) -> dict[int, frozenset[str]]:
        """Return the students in whose lists these entries stand; an entry without students is left out."""
        found: dict[int, set[str]] = {}
        for chunk in chunks(seqs):
            query = select(LedgerStudentRow.seq, LedgerStudentRow.student_id).where(LedgerStudentRow.seq.in_(chunk))
            for seq, student in self._session.execute(query):
                found.setdefault(seq, set()).add(student)
        return {seq: frozenset(students) for seq, students in found.items()}

    def numbered(self, seqs: Collection[int], *, moved_too: bool = False) -> list[EntryRow]:
        """Return the entries of these numbers, in order; `moved_too`: what was moved into the sealed book, too."""
        found: list[EntryRow] = []
        for chunk in chunks(seqs):
            query = (_all_entries() if moved_too else _entries()).where(LedgerEntryRow.seq.in_(chunk))
            found += [EntryRow(*row) for row in self._session.execute(query)]
        return sorted(found, key=lambda row: row.seq)

    @cached_property
    def _connection(self) -> Connection:
        return self._session.connection()

    def head(self) -> HeadRow | None:
        """Return the head."""
        query = select(LedgerHeadRow.seq, LedgerHeadRow.hash, LedgerHeadRow.mac).where(LedgerHeadRow.id == _HEAD)
        row = self._session.execute(query).one_or_none()
        return None if row is None else HeadRow(*row)

    def hold(self) -> None:
        """Keep other writers out until this transaction ends (SQLite does so by itself), and tell the seals where it ends."""
        with self._driver() as (cursor, is_postgresql):
            row = cursor.execute(_LOCK if is_postgresql else _HEAD_ROW).fetchone()
        self._is_held = True
        self._seals.begin((0, "") if row is None else (row[0], row[1]))

    def end(self) -> tuple[HeadRow, HeadRow] | None:
        """Return the head, and number and hash of the last entry (0 and "": none); None if the head is missing.

        It keeps other writers from appending until this transaction ends.
        """
        with self._driver() as (cursor, is_postgresql):
            if is_postgresql and not self._is_held:
                # The lock is a statement of its own: one that waits for it sees only the entries from before the wait.
                cursor.execute(_LOCK)
            row = cursor.execute(_END).fetchone()
        return None if row is None else (HeadRow(row[0], row[1], row[2]), HeadRow(row[3], row[4], ""))

    def append(self, entries: Sequence[tuple[EntryRow, Collection[str]]], head: HeadRow) -> None:
        """Insert entries, each with its details and the index of the students it concerns, and move the head."""
        with self._driver() as (cursor, is_postgresql):
            insert_all = _insert_postgresql if is_postgresql else _insert_sqlite
            for at in range(0, len(entries), _BATCH):
                insert_all(cursor, entries[at : at + _BATCH], head)
        self._seals.moved((head.seq, head.hash))

    def _driver(self) -> AbstractContextManager[tuple[Any, bool]]:
        return driver_cursor(self._connection)

    def last_seq(self) -> int:
        """Return the number of the last entry in the table, 0 where there is none."""
        return self._session.scalar(select(LedgerEntryRow.seq).order_by(LedgerEntryRow.seq.desc()).limit(1)) or 0

    def checkpoint(self) -> CheckpointRow | None:
        """Return up to where the ledger was found to hold; None where nobody has looked at it whole."""
        names = [getattr(LedgerCheckpointRow, each) for each in ("seq", "hash", "at", "mac")]
        row = self._session.execute(select(*names).where(LedgerCheckpointRow.id == _HEAD)).one_or_none()
        return None if row is None else CheckpointRow(*row)

    def keep_checkpoint(self, kept: CheckpointRow) -> None:
        """Keep up to where the ledger was found to hold, in place of what was kept."""
        upsert_all(self._session, LedgerCheckpointRow, [{"id": _HEAD, **asdict(kept)}], by=("id",))

    def stream(self, after: int | None = None) -> Iterator[tuple[EntryRow, frozenset[str]]]:
        """Stream every entry (`after` this number) in order with the students in its index, a batch in memory at a time.

        What was moved into the sealed book is among them, without its details: the chain needs its place.
        """
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

    def closings_at(self, moments: Collection[str]) -> Iterator[EntryRow]:
        """Yield the entries of closings that were made at these moments, as their texts are kept."""
        # The kind is part of the statement, as it is of the index.
        query = _entries().where(LedgerEntryRow.kind == literal_column("'close'")).order_by(LedgerEntryRow.seq)
        for chunk in chunks(moments):
            for row in self._session.execute(query.where(LedgerEntryRow.at.in_(chunk))):
                yield EntryRow(*row)

    def links_counted(self, since: str | None, until: str | None) -> tuple[int, int, int]:
        """Return how many openings there were from one moment until before another, how many were refused, and closings.

        The moments are texts as entries have them. What is sealed is not counted, and an opening without details is neither.
        """
        row, details = LedgerEntryRow, LedgerDetailsRow.details
        within = [row.at >= since] if since is not None else []
        within += [row.at < until] if until is not None else []
        moved = exists().where(SecretEntryRow.moved_from == row.seq)
        told = select(row.seq).outerjoin(LedgerDetailsRow, LedgerDetailsRow.seq == row.seq).where(~moved, *within)
        is_opening = or_(*(details.contains(f'"outcome":"{word}"') for word in ("allow", "redact")))
        of_opening = func.count().filter(is_opening), func.count(details)
        opened, all_told = self._session.execute(told.where(row.kind == "open").with_only_columns(*of_opening)).one()
        # One entry about several links has an id of its own as its subject.
        several = told.where(row.kind == "close", row.subject.startswith(SEVERAL_LINKS))
        closed = self._session.scalar(told.where(row.kind == "close").with_only_columns(func.count())) or 0
        closed += sum(
            len(json.loads(text)["details"].get("links") or [None]) - 1
            for text in self._session.scalars(several.with_only_columns(details))
            if text is not None
        )
        return opened, all_told - opened, closed

    def last(self, count: int | None, kind: str | None = None) -> list[EntryRow]:
        """Return the last `count` entries (null = all), of one kind where it is given, oldest first."""
        query = _entries().order_by(LedgerEntryRow.seq.desc())
        if kind is not None:
            query = query.where(LedgerEntryRow.kind == kind)
        if count is not None:
            query = query.limit(count)
        return [EntryRow(*row) for row in reversed(self._session.execute(query).all())]

    def of_student(self, student_id: str) -> list[EntryRow]:
        """Return the entries that concern a student, oldest first; those whose details were deleted are not known."""
        theirs = select(LedgerStudentRow.seq).where(LedgerStudentRow.student_id == student_id)
        query = _entries().where(LedgerEntryRow.seq.in_(theirs)).order_by(LedgerEntryRow.seq)
        return [EntryRow(*row) for row in self._session.execute(query)]

    def of_students(self, kind: str, students: Collection[str]) -> list[EntryRow]:
        """Return the entries of one kind that concern any of these students, oldest first."""
        found: dict[int, EntryRow] = {}
        for chunk in chunks(students):
            theirs = select(LedgerStudentRow.seq).where(LedgerStudentRow.student_id.in_(chunk))
            query = _entries().where(LedgerEntryRow.seq.in_(theirs), LedgerEntryRow.kind == kind)
            found |= {row.seq: EntryRow(*row) for row in self._session.execute(query)}
        return [found[seq] for seq in sorted(found)]

    def last_destruction_without(self, kind: str, said: str) -> datetime | None:
        """Return when the last destruction was done of which no entry of this kind says this; None where each has one."""
        row, destroyed = LedgerEntryRow, DestructionRow
        told = exists().where(
            row.subject == destroyed.asset_id,
            row.kind == kind,
            LedgerDetailsRow.seq == row.seq,
            LedgerDetailsRow.details.contains(said),
        )
        query = select(destroyed.done_at).where(destroyed.state == "done", destroyed.done_at.is_not(None), ~told)
        return self._session.scalar(query.order_by(destroyed.done_at.desc()).limit(1))

    def with_shares(self, students: Collection[str], since: str) -> set[str]:
        """Return those of the students whom an entry about a share concerns, from a moment on (a text as entries have it)."""
        row, index = LedgerEntryRow, LedgerStudentRow
        query = select(index.student_id).join(row, row.seq == index.seq).where(row.kind == "share", row.at >= since)
        found = (
            self._session.scalars(query.where(index.student_id.in_(chunk)).distinct()) for chunk in chunks(students)
        )
        return {student for each in found for student in each}

    def of_subjects(self, kind: str, subjects: Collection[str]) -> Iterator[EntryRow]:
        """Yield the entries of one kind about these subjects, each subject's oldest first."""
        query = _entries().where(LedgerEntryRow.kind == kind).order_by(LedgerEntryRow.seq)
        for chunk in chunks(subjects):
            for row in self._session.execute(query.where(LedgerEntryRow.subject.in_(chunk))).mappings():
                yield EntryRow(**row)

    def about(self, subjects: Collection[str]) -> list[EntryRow]:
        """Return the entries of every kind about these subjects that have their details, in order."""
        query = _entries().where(LedgerDetailsRow.details.is_not(None))
        found = [
            EntryRow(*row)
            for chunk in chunks(subjects)
            for row in self._session.execute(query.where(LedgerEntryRow.subject.in_(chunk)))
        ]
        return sorted(found, key=lambda row: row.seq)

    def delete_details(self, seqs: Collection[int]) -> int:
        """Delete the details and the index of these entries; return how many had details."""
        deleted = 0
        for chunk in chunks(seqs):
            self._session.execute(delete(LedgerStudentRow).where(LedgerStudentRow.seq.in_(chunk)))
            deleted += changed(self._session, delete(LedgerDetailsRow).where(LedgerDetailsRow.seq.in_(chunk)))
        return deleted

    def other_heads(self) -> bool:
        """Return whether there is a head besides the one that counts."""
        return self._session.scalar(select(LedgerHeadRow.id).where(LedgerHeadRow.id != _HEAD).limit(1)) is not None

    def has_shares_but(self, ids: Collection[str]) -> bool:
        """Return whether the store keeps any share besides these; an empty ledger could not explain such a share."""
        # What the sealed book keeps is explained there.
        found = self._connection.execute(select(ShareRow.id).where(ShareRow.secret.is_(False)).limit(len(ids) + 1))
        return any(each.id not in ids for each in found)

    def shares_without_entry(self) -> Unrecorded | None:
        """Return how many of the shares that are kept have no entry, and the first of them by time; None: each has one."""
        entry, secret = (
            exists().where(row.subject == ShareRow.id, row.kind == "share") for row in (LedgerEntryRow, SecretEntryRow)
        )
        without = ~entry & ~(ShareRow.secret & secret)
        count = self._session.scalar(select(func.count()).select_from(ShareRow).where(without)) or 0
        if not count:
            return None
        first = self._session.scalar(select(ShareRow.id).where(without).order_by(ShareRow.at, ShareRow.id).limit(1))
        return Unrecorded(count, str(first))

    def shares_told_otherwise(self) -> Iterator[tuple[EntryRow, str, str, str | None]]:
        """Yield entries of shares with the outcome, decision and version of the share's row, where these may differ.

        The database compares texts. So it may yield an entry that agrees with its row; it leaves out none that differs.
        """
        decision = type_coerce(ShareRow.decision, Text)
        said = LedgerDetailsRow.details
        holds = (
            self._holds(said, literal(',"decision":') + decision + literal(',"release":')),
            self._holds(decision, literal('"outcome":"') + ShareRow.outcome + literal('"')),
            or_(ShareRow.asset_id.is_(None), self._holds(said, literal('"id":"') + ShareRow.asset_id + literal('"'))),
        )
        query = (
            _entries()
            .add_columns(ShareRow.outcome, decision, ShareRow.asset_id)
            .join(ShareRow, ShareRow.id == LedgerEntryRow.subject)
            .where(LedgerEntryRow.kind == "share", said.is_not(None), not_(and_(*holds)))
            .order_by(LedgerEntryRow.seq)
        )
        for row in self._session.execute(query, execution_options={"yield_per": _BATCH}):
            yield EntryRow(*row[:-3]), row[-3], row[-2], row[-1]

    def openings_counted(self, opened: Collection[str]) -> Iterator[tuple[str, int, int, int, int | None]]:
        """Yield each link, its count of openings and the numbers of its entries: those of an opening, those without details.

        `opened` lists the outcomes that count as an opening. The last value is the number of the link's last entry. Links
        whose openings are in the sealed book are left out.
        """
        said = LedgerDetailsRow.details
        told = or_(*(self._holds(said, literal(f'"outcome":"{word}"')) for word in opened))
        entries = (
            select(
                LedgerEntryRow.subject.label("link"),
                func.sum(case((said.is_(None), 0), (told, 1), else_=0)).label("told"),
                func.sum(case((said.is_(None), 1), else_=0)).label("unknown"),
                func.max(LedgerEntryRow.seq).label("last"),
            )
            .outerjoin(LedgerDetailsRow, LedgerDetailsRow.seq == LedgerEntryRow.seq)
            .where(LedgerEntryRow.kind == "open")
            .group_by(LedgerEntryRow.subject)
            .subquery()
        )
        columns = LinkRow.id, LinkRow.openings, entries.c.told, entries.c.unknown, entries.c.last
        query = select(*columns).outerjoin(entries, entries.c.link == LinkRow.id).where(LinkRow.secret.is_(False))
        query = query.order_by(LinkRow.id)
        for link, counted, *found, last in self._session.execute(query, execution_options={"yield_per": _BATCH}):
            yield link, counted, int(found[0] or 0), int(found[1] or 0), last

    def last_about(self, table: str, row_id: str, student: str | None) -> int | None:
        """Return the number of the last entry about a row of a table, found by its id, its student or its share."""
        if student is not None:
            of_student = (LedgerStudentRow.student_id == student) & LedgerEntryRow.kind.in_(_OF_PEOPLE)
            query = select(func.max(LedgerEntryRow.seq)).join(
                LedgerStudentRow, LedgerStudentRow.seq == LedgerEntryRow.seq
            )
            last = self._session.scalar(query.where(of_student))
            imported = select(func.max(LedgerEntryRow.seq)).where(LedgerEntryRow.kind.in_(_OF_MANY))
            return max(filter(None, (last, self._session.scalar(imported))), default=None)
        subject = {
            "asset_looks": select(LookRow.asset_id).where(cast(LookRow.id, Text) == row_id),
            "links": select(LinkRow.share_id).where(LinkRow.id == row_id),
            "releases": select(ShareRow.id).where(ShareRow.release_id == row_id).order_by(ShareRow.at).limit(1),
            "findings": select(FindingRow.referral_id).where(FindingRow.id == row_id),
            "request_events": select(RequestEventRow.request_id).where(RequestEventRow.id == row_id),
            "held_deletions": select(HeldDeletionRow.asset_id).where(HeldDeletionRow.id == row_id),
            "destructions": select(DestructionRow.asset_id).where(DestructionRow.id == row_id),
        }.get(table)
        known = row_id if subject is None else self._session.scalar(subject)
        if known is None:
            return None
        return self._session.scalar(select(func.max(LedgerEntryRow.seq)).where(LedgerEntryRow.subject == known))

    def orphans(self) -> Iterator[int]:
        """Yield the numbers of a row of details, and of a row of the index of students, that have no entry."""
        for seq in (LedgerDetailsRow.seq, LedgerStudentRow.seq):
            yield from self._session.scalars(select(seq).where(~exists().where(LedgerEntryRow.seq == seq)).limit(1))

    def _holds(
        self, text: ColumnElement[str] | InstrumentedAttribute[str], part: ColumnElement[str]
    ) -> ColumnElement[bool]:
        is_postgresql = self._connection.dialect.name == "postgresql"
        return (func.strpos if is_postgresql else func.instr)(text, part) > 0

    def _batch(self, after: int | None, kind: str | None = None) -> list[EntryRow]:
        query = _all_entries() if kind is None else _entries().where(LedgerEntryRow.kind == kind)
        query = query.order_by(LedgerEntryRow.seq).limit(_BATCH)
        if after is not None:
            query = query.where(LedgerEntryRow.seq > after)
        return [EntryRow(*row) for row in self._connection.execute(query)]

    def _students(self, seqs: list[int]) -> dict[int, set[str]]:
        query = select(LedgerStudentRow.seq, LedgerStudentRow.student_id).where(
            LedgerStudentRow.seq.between(seqs[0], seqs[-1])
        )
        found: dict[int, set[str]] = {}
        for seq, student in self._connection.execute(query):
            found.setdefault(seq, set()).add(student)
        return found


_COLUMNS = ("seq", "at", "kind", "subject", "body", "previous", "hash")

# ruff: noqa: S608 - no value stands in these statements, which the driver takes as they are.
_HEAD_ROW = f"SELECT seq, hash FROM ledger_head WHERE id = {_HEAD}"
_LOCK = f"{_HEAD_ROW} FOR UPDATE"
_END = (
    "SELECT head.seq, head.hash, head.mac, coalesce(last.seq, 0), coalesce(last.hash, '') FROM ledger_head AS head "
    "LEFT JOIN ledger_entries AS last ON last.seq = (SELECT max(seq) FROM ledger_entries) "
    f"WHERE head.id = {_HEAD}"
)
_INTO_ENTRIES = f"INSERT INTO ledger_entries ({', '.join(_COLUMNS)})"
_INTO_DETAILS = "INSERT INTO ledger_details (seq, salt, details)"
_INTO_STUDENTS = "INSERT INTO ledger_students (seq, student_id)"
_SQLITE = (
    f"{_INTO_ENTRIES} VALUES (?, ?, ?, ?, ?, ?, ?)",
    f"{_INTO_DETAILS} VALUES (?, ?, ?)",
    f"{_INTO_STUDENTS} VALUES (?, ?)",
)
_SQLITE_HEAD = f"UPDATE ledger_head SET seq = ?, hash = ?, mac = ? WHERE id = {_HEAD}"
# One statement, so one journey to the server. Foreign keys are checked at its end.
_POSTGRESQL = (
    f"WITH entries AS ({_INTO_ENTRIES} SELECT * FROM unnest(%s::int[]{', %s::text[]' * (len(_COLUMNS) - 1)})), "
    f"details AS ({_INTO_DETAILS} SELECT * FROM unnest(%s::int[], %s::text[], %s::text[])), "
    f"students AS ({_INTO_STUDENTS} SELECT * FROM unnest(%s::int[], %s::text[])) "
    f"UPDATE ledger_head SET seq = %s, hash = %s, mac = %s WHERE id = {_HEAD}"
)


def hold_head(connection: Connection) -> None:
    """Wait until nobody writes any more, and keep writers out until this transaction ends (SQLite does so by itself)."""
    with driver_cursor(connection) as (cursor, is_postgresql):
        if is_postgresql:
            cursor.execute(_LOCK)


_Rows = list[tuple[Any, ...]]


def _tables(entries: Iterable[tuple[EntryRow, Collection[str]]]) -> tuple[_Rows, _Rows, _Rows]:
    """Return the rows of entries, of their details and of their students, in the order of the columns."""
    rows: _Rows = []
    details: _Rows = []
    index: _Rows = []
    for entry, students in entries:
        rows.append((entry.seq, entry.at, entry.kind, entry.subject, entry.body, entry.previous, entry.hash))
        details.append((entry.seq, entry.salt, entry.details))
        index += [(entry.seq, each) for each in sorted(students)]
    return rows, details, index


def _insert_sqlite(cursor: Any, entries: Iterable[tuple[EntryRow, Collection[str]]], head: HeadRow) -> None:  # noqa: ANN401 - the driver's cursor
    for statement, rows in zip(_SQLITE, _tables(entries), strict=True):
        cursor.executemany(statement, rows)
    cursor.execute(_SQLITE_HEAD, (head.seq, head.hash, head.mac))


def _insert_postgresql(cursor: Any, entries: Iterable[tuple[EntryRow, Collection[str]]], head: HeadRow) -> None:  # noqa: ANN401 - as above
    rows, details, index = _tables(entries)
    columns = [list(column) for column in (*zip(*rows, strict=True), *zip(*details, strict=True))]
    students = [[seq for seq, _ in index], [student for _, student in index]]
    cursor.execute(_POSTGRESQL, (*columns, *students, head.seq, head.hash, head.mac))


def _entries() -> Select[Any]:
    """Return the query for what the ledger shows: without what was moved into the sealed book."""
    return _all_entries().where(~exists().where(SecretEntryRow.moved_from == LedgerEntryRow.seq))


def _all_entries() -> Select[Any]:
    columns = [getattr(LedgerEntryRow, name) for name in _COLUMNS]
    query = select(*columns, LedgerDetailsRow.salt, LedgerDetailsRow.details)
    return query.outerjoin(LedgerDetailsRow, LedgerDetailsRow.seq == LedgerEntryRow.seq)
