"""Seals the rows that are in force, so that a row changed, added or removed outside the program is found.

Each guarded row has a seal, made with the signing key, in a separate table. A signed state holds the number of rows of
each table and the sum of their seals. It is bound to the ledger's end. Each transaction that writes guarded rows or the
ledger renews it, so putting an older row back takes the key. A sum does not depend on the order of its seals
(MSet-Add-Hash, Clarke et al. 2003). A nonce masks the sum, so the sum does not show which other rows would have it.

When the program writes a row that does not fit its seal, it does not seal the row again: the row counts as bent until a
person accepts it. The ledger decides the consequences.
"""

from __future__ import annotations

import hmac
import json
import logging
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    Select,
    Text,
    bindparam,
    cast,
    delete,
    func,
    insert,
    inspect,
    literal,
    select,
    type_coerce,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from dam_plugin.errors import LedgerBroken, SettingsError
from dam_plugin.store.batches import batched
from dam_plugin.store.sql import OF, chunks, upsert_all
from dam_plugin.store.tables import (
    AssetRow,
    Base,
    ConsentRow,
    DestructionRow,
    FindingRow,
    GuardianshipRow,
    HeldDeletionRow,
    HoldRow,
    LedgerEntryRow,
    LetterRow,
    LinkRow,
    LookRow,
    NoticeEffortRow,
    OptOutRow,
    ProtectionRow,
    ReleaseRow,
    RequestEventRow,
    RequestRow,
    SealedStateRow,
    SealRow,
    SecretEntryRow,
    ShareRow,
    StatementRow,
    StudentRow,
)

log = logging.getLogger(__name__)

End = tuple[int, str]
"""Number and hash of the ledger's last entry; 0 and "" where there is none."""

STATE = "state"
_STATE = 1
_BATCH = 500
_NONCE_BYTES = 16
_MODULUS = 1 << 256
# A number that somebody wrote there by hand leaves room for more.
_MODEST = 1 << 62
UNSEALED = (
    "what is in force was never sealed, or its seals were taken out: run `dam-plugin ledger verify`, and once it is right "
    "`dam-plugin ledger accept --why TEXT --as custodian:NAME`"
)
NOT_THE_STATE = (
    "what is in force is not what the ledger's end was signed for: run `dam-plugin ledger verify` and restore a backup, or "
    "`dam-plugin ledger accept --why TEXT --as custodian:NAME` once it is right"
)
BENT = (
    "what is on file for this was changed beside the program, and nothing is done on it: run `dam-plugin ledger verify`"
)
ALARM = "a row of %s was changed beside the program and counts for nothing: run `dam-plugin ledger verify`"


def _columns(row: type[Base], unsealed: frozenset[str]) -> tuple[str, ...]:
    """Return the names of a table's columns in its order, except these; raise ValueError for an exception that is no column."""
    names = tuple(column.key for column in inspect(row).column_attrs)
    if not unsealed <= set(names):
        raise ValueError(f"{row.__tablename__} has no column {', '.join(sorted(unsealed - set(names)))}")
    return tuple(name for name in names if name not in unsealed)


@dataclass(frozen=True, slots=True)
class Kind:
    """One guarded table, and the name of one of its rows for people. Every column is sealed, except the named ones.

    `later` are columns that came after the first release, the last ones of the table: each is sealed by its name, and only
    where it is set, so that the seals of rows from before still fit.
    """

    table: str
    called: str
    row: type[Base]
    unsealed: frozenset[str] = frozenset()
    later: tuple[str, ...] = ()
    columns: tuple[str, ...] = field(init=False)
    """The names of the sealed columns, in the order of the table."""

    def __post_init__(self) -> None:
        """Derive the columns; raise ValueError if an exception names no column, or a later one is not among the last."""
        object.__setattr__(self, "columns", _columns(self.row, self.unsealed))
        if self.columns[len(self.columns) - len(self.later) :] != self.later:
            raise ValueError(f"the last columns of {self.table} are not {', '.join(self.later)}")

    @property
    def id(self) -> InstrumentedAttribute[Any]:
        """Return the column of the row's id."""
        column: InstrumentedAttribute[Any] = getattr(self.row, "id")  # noqa: B009 - every guarded table has one
        return column

    def raw(self) -> list[Any]:
        """Return the sealed columns as the driver gives them, without our column types."""
        return [type_coerce(getattr(self.row, name), Text) for name in self.columns]

    def sealed(self, values: Sequence[Any]) -> list[Any]:
        """Return what is sealed of the values of the columns."""
        first = len(self.columns) - len(self.later)
        added = zip(self.later, values[first:], strict=True)
        return [*values[:first], *([name, value] for name, value in added if value is not None)]


# Not sealed: columns derived from sealed ones, facts that the storage tells again, and columns that change at each use.
STUDENTS = Kind("students", "student", StudentRow, frozenset({"folded", "grade", "updated_at"}))
CONSENTS = Kind("consents", "consent", ConsentRow)
LOOKS = Kind("asset_looks", "look", LookRow)
ASSETS = Kind(
    "assets",
    "recording",
    AssetRow,
    frozenset(
        {
            "sha256",
            "content",
            "likeness",
            "sequencer",
            "release_tag",
            "about",
            "coding",
            "sidecars",
            "loosens",
            "waiting",
            "first_seen",
            "updated_at",
            "deleted",
            "current",
        }
    ),
)
SHARES = Kind("shares", "share", ShareRow)
RELEASES = Kind("releases", "release", ReleaseRow, frozenset({"state", "made_on", "at"}))
LINKS = Kind("links", "link", LinkRow, frozenset({"openings", "wrong_words", "last_opened_at"}))
FINDINGS = Kind("findings", "finding", FindingRow)
HOLDS = Kind("holds", "hold", HoldRow, frozenset({"noted"}))
HELD_DELETIONS = Kind("held_deletions", "alarm", HeldDeletionRow)
DESTRUCTIONS = Kind("destructions", "destruction", DestructionRow, later=("asked_by",))
REQUESTS = Kind("requests", "request", RequestRow, frozenset({"state", "appealed", "owner", "held_until", "seen_by"}))
REQUEST_EVENTS = Kind("request_events", "event of a request", RequestEventRow)
LETTERS = Kind("letters", "letter", LetterRow)
NOTICE_EFFORTS = Kind("notice_efforts", "effort to tell a family", NoticeEffortRow, later=("takes_back",))
STATEMENTS = Kind("statements", "statement of a family", StatementRow)
SECRETS = Kind("secret_entries", "entry of the sealed book", SecretEntryRow)
KINDS = (
    STUDENTS,
    CONSENTS,
    LOOKS,
    ASSETS,
    SHARES,
    RELEASES,
    LINKS,
    FINDINGS,
    HOLDS,
    HELD_DELETIONS,
    DESTRUCTIONS,
    REQUESTS,
    REQUEST_EVENTS,
    LETTERS,
    NOTICE_EFFORTS,
    STATEMENTS,
    SECRETS,
)

_OfStudent = OptOutRow | GuardianshipRow | ProtectionRow
# A student's seal covers opt-outs, guardianships and protections too: if one is removed, the student's row no longer fits.
_WITH_STUDENT: tuple[type[_OfStudent], ...] = (OptOutRow, GuardianshipRow, ProtectionRow)


def _of_students(row: type[_OfStudent]) -> Select[Any]:
    names = ("student_id", *_columns(row, frozenset({"student_id", "at"})))
    columns: list[Any] = [type_coerce(getattr(row, name), Text) for name in names]
    return select(*columns).where(row.student_id.in_(OF)).order_by(row.id)


_OF_STUDENTS = tuple(map(_of_students, _WITH_STUDENT))


def _query(kind: Kind) -> Select[Any]:
    sealed = (SealRow.of_table == kind.table) & (SealRow.row_id == _text(kind))
    return select(*kind.raw(), SealRow.seal).outerjoin(SealRow, sealed)


def _text(kind: Kind) -> Any:  # noqa: ANN401 - a column or what makes a text of it
    # A number of a row is kept as text beside its seal.
    return cast(kind.id, Text) if kind is LOOKS else kind.id


_ROWS_OF = {kind.table: _query(kind).where(kind.id.in_(OF)) for kind in KINDS}
_FIRST_ROWS = {kind.table: _query(kind).order_by(kind.id).limit(_BATCH) for kind in KINDS}
_ROWS_BEHIND = {kind.table: _FIRST_ROWS[kind.table].where(kind.id > bindparam("behind")) for kind in KINDS}
_SEALS_OF = {
    kind.table: select(SealRow.row_id, SealRow.seal).where(SealRow.of_table == kind.table, SealRow.row_id.in_(OF))
    for kind in KINDS
}


@dataclass(frozen=True, slots=True)
class Bent:
    """A guarded row that does not fit its seal: `changed`, `added` by hand, or `missing`; with its student, where known.

    Without an `id` it stands for a whole table: rows were removed with their seals, or older rows put back with theirs.
    The table was signed with `signed` rows; `there` is the number of rows with a seal now.
    """

    kind: Kind
    id: str | None
    how: str
    student: str | None = None
    signed: int = 0
    there: int = 0


@dataclass(slots=True)
class State:
    """The state that was signed last: a number that only grows, the ledger's end then, and count and sum of each table.

    `is_accepted`: a person has just accepted it, independent of the states before.
    """

    turn: int = 0
    seq: int = 0
    hash: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    sums: dict[str, int] = field(default_factory=dict)
    is_accepted: bool = False


@dataclass(slots=True)
class _Renewed:
    """What a transaction's seals of one table add to the state: how many rows, and how many that had no seal before."""

    state: State = field(default_factory=State)
    rows: int = 0
    fresh: int = 0


class Sealer:
    """Seals with keys that are derived from the signing key."""

    __slots__ = ("_mask", "_seal", "_sign", "_sum")

    def __init__(self, signing_key: str) -> None:
        """Derive a key for each use; raise SettingsError if the signing key is empty."""
        if not signing_key:
            raise SettingsError("DAM_PLUGIN_SIGNING_KEY is empty: run `dam-plugin init`")
        key = signing_key.encode("utf-8", "surrogatepass")
        self._seal, self._sum, self._mask, self._sign = (
            hmac.digest(key, b"dam-plugin rows\0" + use, "sha256") for use in (b"seal", b"sum", b"mask", b"sign")
        )

    def seal(self, table: str, values: Sequence[object]) -> str:
        """Return the seal of a table's row; `values` are as the driver gives them."""
        text = json.dumps([table, *values], separators=(",", ":"), default=_plain)
        return hmac.digest(self._seal, text.encode("utf-8", "surrogatepass"), "sha256").hex()

    def summand(self, table: str, row_id: str, seal: str) -> int:
        """Return what a sealed row adds to the sum of its table."""
        text = json.dumps([table, row_id, seal])
        return int.from_bytes(hmac.digest(self._sum, text.encode(), "sha256"))

    def masked(self, table: str, nonce: str, total: int) -> str:
        """Return a sum in the form for the table."""
        return format((total + self._mask_of(table, nonce)) % _MODULUS, "064x")

    def unmasked(self, table: str, nonce: str, kept: str) -> int:
        """Return a sum that was kept."""
        return (int(kept, 16) - self._mask_of(table, nonce)) % _MODULUS

    def signature(self, what: str, told: Mapping[str, object]) -> str:
        """Return the signature of a statement of this kind, made with the signing key."""
        text = json.dumps([what, told], sort_keys=True, separators=(",", ":"))
        return hmac.digest(self._sign, text.encode("utf-8", "surrogatepass"), "sha256").hex()

    def is_signed(self, what: str, told: Mapping[str, object], signature: object) -> bool:
        """Whether a signature belongs to this statement."""
        return isinstance(signature, str) and hmac.compare_digest(
            self.signature(what, told).encode(), signature.encode("utf-8", "surrogatepass")
        )

    def _mask_of(self, table: str, nonce: str) -> int:
        return int.from_bytes(hmac.digest(self._mask, f"{table}\0{nonce}".encode(), "sha256"))


class Seals:
    """The seals of one transaction. Without a sealer nothing is sealed, and everything fits."""

    def __init__(self, session: Session, sealer: Sealer | None) -> None:
        """Work on the transaction of `session`."""
        self._session = session
        self._sealer = sealer
        self._touched: dict[str, dict[str, str | None]] = {}
        self._bent: set[tuple[str, str]] = set()
        self._end: End | None = None
        self._now: End = (0, "")
        self._accepted: State | None = None

    @property
    def is_kept(self) -> bool:
        """Whether rows are sealed at all."""
        return self._sealer is not None

    def begin(self, end: End) -> None:
        """Remember the ledger's end as the transaction finds it."""
        self._end = self._now = end

    def moved(self, end: End) -> None:
        """Remember the ledger's end as the transaction leaves it."""
        self._now = end

    def before(self, kind: Kind, ids: Iterable[object]) -> None:
        """Announce rows that are about to be written, new ones too; a row that does not fit its seal is not sealed again."""
        if self._sealer is None:
            return
        known = self._touched.setdefault(kind.table, {})
        fresh = [each for each in dict.fromkeys(map(str, ids)) if each not in known]
        wanted = [each for each in fresh if (kind.table, each) not in self._bent]
        if not wanted:
            return
        found = dict(self._rows(kind, wanted))
        # A row that is missing may have left its seal.
        kept = self._seals(kind, [each for each in wanted if each not in found])
        for each in wanted:
            values, seal = found.get(each, (None, kept.get(each)))
            if (None if values is None else self._sealer.seal(kind.table, values)) == seal:
                known[each] = seal
            else:
                self._bent.add((kind.table, each))
                log.error(ALARM, kind.table)

    def new(self, kind: Kind, ids: Iterable[object]) -> None:
        """Announce rows that were written under new ids of our own making, which cannot have a seal yet."""
        if self._sealer is not None:
            known = self._touched.setdefault(kind.table, {})
            for each in map(str, ids):
                known.setdefault(each, None)

    def bent(self, kind: Kind, ids: Iterable[object]) -> set[str]:
        """Return those of these rows that exist and do not fit their seals; log it, without names."""
        if self._sealer is None:
            return set()
        touched = self._touched.get(kind.table, {})
        found = {
            row_id
            for row_id, (values, seal) in self._rows(kind, [each for each in map(str, ids) if each not in touched])
            if self._sealer.seal(kind.table, values) != seal
        }
        if found:
            log.error(ALARM, kind.table)
        return found

    def finish(self) -> State | None:
        """Seal the written rows and sign the new state; return the state, None if nothing was written.

        Raises LedgerBroken if the state before is not the one that was signed with the ledger's end.
        """
        if self._sealer is None or self._end is None:
            return None
        if self._now == self._end and not any(self._touched.values()):
            return self._accepted
        self._session.flush()
        renewed = {kind.table: self._renewed(kind) for kind in KINDS if self._touched.get(kind.table)}
        if self._now == self._end and not any(each.rows for each in renewed.values()):
            return self._accepted
        state = self._begun_with({table: each.fresh for table, each in renewed.items()})
        for table, each in renewed.items():
            state.sums[table] = added(state.sums.get(table, 0), plus=each.state.sums.get(table, 0))
            state.counts[table] = state.counts.get(table, 0) + each.state.counts.get(table, 0)
        state.turn, state.seq, state.hash = state.turn + 1, *self._now
        self._keep(state)
        return state

    def adopt(self, at_least: int = 0) -> dict[str, int]:
        """Seal every row as it is now, replacing all seals, and sign the state; return how many rows of each table.

        The state's number is higher than `at_least` and higher than that of the state in the database.
        """
        if self._sealer is None:
            return {}
        state = State(turn=max(self._last_turn(), at_least) + 1, is_accepted=True)
        self._session.execute(delete(SealRow))
        for kind in KINDS:
            sealed = ((row_id, self._sealer.seal(kind.table, values)) for row_id, values, _ in self._all(kind))
            for batch in batched(sealed, _BATCH):
                self._write(kind.table, batch)
                self._add(state, kind.table, ((row_id, None, seal) for row_id, seal in batch))
        self._touched, self._bent = {}, set()
        state.seq, state.hash = self._end = self._now
        self._keep(state)
        self._accepted = state
        return dict(state.counts)

    def state(self) -> State | None:
        """Return the last signed state, None if there is none. Raises LedgerBroken if the key did not sign it."""
        row = self._session.connection().execute(_KEPT).one_or_none()
        if row is None or self._sealer is None:
            return None
        told = _told(row.turn, row.seq, row.hash, row.nonce, row.sums)
        if not self._sealer.is_signed(STATE, told, row.mac):
            raise LedgerBroken(NOT_THE_STATE)
        kept: dict[str, list[Any]] = json.loads(row.sums)
        sums = {table: self._sealer.unmasked(table, row.nonce, total) for table, (_, total) in kept.items()}
        return State(row.turn, row.seq, row.hash, {table: count for table, (count, _) in kept.items()}, sums)

    def faults(self) -> Iterator[Bent]:
        """Yield every guarded row that does not fit its seal, then each table that does not fit the signed state."""
        if self._sealer is None:
            return
        state = self.state() or State()
        for kind in KINDS:
            now = State()
            for row_id, values, seal in self._all(kind):
                if self._sealer.seal(kind.table, values) != seal:
                    yield Bent(kind, row_id, "changed" if seal else "added", _student(kind, row_id, values))
                if seal:
                    self._add(now, kind.table, [(row_id, None, seal)])
            # To look for what is missing takes long where nothing is.
            kept = select(func.count()).select_from(SealRow).where(SealRow.of_table == kind.table)
            is_missing = self._session.scalar(kept) != now.counts.get(kind.table, 0)
            for row_id, seal in self._missing(kind) if is_missing else ():
                self._add(now, kind.table, [(row_id, None, seal)])
                yield Bent(kind, row_id, "missing", row_id if kind is STUDENTS else None)
            if now.sums.get(kind.table, 0) != state.sums.get(kind.table, 0):
                signed, there = (each.counts.get(kind.table, 0) for each in (state, now))
                yield Bent(kind, None, "missing" if there < signed else "older", signed=signed, there=there)
        for row in _WITH_STUDENT:
            yield from self._strays(row)

    def was_never_sealed(self) -> bool:
        """Whether there is neither a seal nor a state."""
        tables: tuple[type[Base], ...] = (SealRow, SealedStateRow)
        return not any(self._session.scalar(select(literal(1)).select_from(each).limit(1)) for each in tables)

    def is_empty(self) -> bool:
        """Whether nothing is guarded yet, and nothing was ever sealed."""
        guarded: tuple[type[Base], ...] = (
            *(kind.row for kind in KINDS),
            *_WITH_STUDENT,
            LedgerEntryRow,
            SealRow,
            SealedStateRow,
        )
        return not any(self._session.scalar(select(literal(1)).select_from(each).limit(1)) for each in guarded)

    def _begun_with(self, fresh: Mapping[str, int]) -> State:
        """Return the state that this transaction begins with; `fresh` are the rows of each table that it sealed first."""
        state = self.state()
        if state is not None:
            if (state.seq, state.hash) != self._end:
                raise LedgerBroken(NOT_THE_STATE)
            return state
        # Nothing has ever been sealed: only rows that this transaction wrote may be there.
        seq, _ = self._end or (0, "")
        for kind in KINDS:
            if seq or self._session.scalar(select(func.count()).select_from(kind.row)) != fresh.get(kind.table, 0):
                raise LedgerBroken(UNSEALED)
        return State()

    def _renewed(self, kind: Kind) -> _Renewed:
        """Seal the written rows of a table, a batch in memory at a time; return what that adds to the state."""
        renewed = _Renewed()
        if self._sealer is None:
            return renewed
        for batch in batched(self._touched[kind.table].items(), _BATCH):
            rows = self._rows(kind, [each for each, _ in batch])
            now = {row_id: self._sealer.seal(kind.table, values) for row_id, (values, _) in rows}
            changes = [(each, old, now.get(each)) for each, old in batch if old != now.get(each)]
            if gone := [each for each, _, new in changes if new is None]:
                self._session.execute(delete(SealRow).where(SealRow.of_table == kind.table, SealRow.row_id.in_(gone)))
            self._write(kind.table, ((each, new) for each, _, new in changes if new is not None))
            self._add(renewed.state, kind.table, changes)
            renewed.rows += len(changes)
            renewed.fresh += sum(old is None for _, old, _ in changes)
        return renewed

    def _write(self, table: str, rows: Iterable[tuple[str, str]]) -> None:
        upsert_all(
            self._session,
            SealRow,
            ({"of_table": table, "row_id": row_id, "seal": seal} for row_id, seal in rows),
            by=("of_table", "row_id"),
        )

    def _add(self, state: State, table: str, rows: Iterable[tuple[str, str | None, str | None]]) -> None:
        if self._sealer is None:
            return
        total, count = state.sums.get(table, 0), state.counts.get(table, 0)
        for row_id, old, new in rows:
            count += (new is not None) - (old is not None)
            total = added(
                total,
                plus=self._sealer.summand(table, row_id, new) if new is not None else 0,
                minus=self._sealer.summand(table, row_id, old) if old is not None else 0,
            )
        state.sums[table], state.counts[table] = total, count

    def _keep(self, state: State) -> None:
        if self._sealer is None:
            return
        nonce = secrets.token_hex(_NONCE_BYTES)
        kept = {
            table: [state.counts[table], self._sealer.masked(table, nonce, total)]
            for table, total in sorted(state.sums.items())
        }
        sums = json.dumps(kept, sort_keys=True, separators=(",", ":"))
        told = _told(state.turn, state.seq, state.hash, nonce, sums)
        values = {**told, "mac": self._sealer.signature(STATE, told)}
        connection = self._session.connection()
        if not connection.execute(_RENEW, values).rowcount:
            connection.execute(insert(SealedStateRow).values(id=_STATE, **values))

    def _last_turn(self) -> int:
        """Return the number of the kept state, signature unchecked: a new state never gets a lower number."""
        turn = self._session.scalar(select(SealedStateRow.turn).where(SealedStateRow.id == _STATE))
        return turn if type(turn) is int and turn < _MODEST else 0

    def _rows(self, kind: Kind, ids: Iterable[str]) -> Iterator[tuple[str, tuple[list[Any], str | None]]]:
        """Yield rows by id with their sealed values and their seals."""
        for chunk in chunks(ids):
            wanted: list[Any] = [int(each) for each in chunk if each.isdecimal()] if kind is LOOKS else chunk
            rows = self._session.connection().execute(_ROWS_OF[kind.table], {"of": wanted}).all()
            yield from ((row_id, (values, seal)) for row_id, values, seal in self._valued(kind, rows))

    def _all(self, kind: Kind) -> Iterator[tuple[str, list[Any], str | None]]:
        """Yield every row of a table by id, with its sealed values and its seal; a batch in memory at a time."""
        connection = self._session.connection()
        rows = connection.execute(_FIRST_ROWS[kind.table]).all()
        while rows:
            yield from self._valued(kind, rows)
            rows = connection.execute(_ROWS_BEHIND[kind.table], {"behind": rows[-1][0]}).all()

    def _valued(self, kind: Kind, rows: Sequence[Any]) -> Iterator[tuple[str, list[Any], str | None]]:
        students = [row[0] for row in rows] if kind is STUDENTS else []
        owned = [self._owned(query, students) for query in _OF_STUDENTS] if students else []
        for row in rows:
            values = [*kind.sealed(row[:-1]), *(of_student.get(row[0], []) for of_student in owned)]
            yield str(row[0]), values, row[-1]

    def _owned(self, query: Select[Any], students: Sequence[str]) -> dict[str, list[list[Any]]]:
        """Return the sealed values of the rows that belong to each of these students."""
        found: dict[str, list[list[Any]]] = {}
        for chunk in chunks(students):
            for row in self._session.connection().execute(query, {"of": chunk}):
                found.setdefault(row[0], []).append(list(row[1:]))
        return found

    def _seals(self, kind: Kind, ids: Iterable[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for chunk in chunks(ids):
            rows = self._session.connection().execute(_SEALS_OF[kind.table], {"of": chunk})
            found.update({row.row_id: row.seal for row in rows})
        return found

    def _missing(self, kind: Kind) -> Iterator[tuple[str, str]]:
        """Yield the seals whose rows are not there."""
        row = select(kind.id).where(_text(kind) == SealRow.row_id).correlate(SealRow)
        query = select(SealRow.row_id, SealRow.seal).where(SealRow.of_table == kind.table, ~row.exists())
        yield from ((each.row_id, each.seal) for each in self._session.execute(query.order_by(SealRow.row_id)))

    def _strays(self, row: type[_OfStudent]) -> Iterator[Bent]:
        """Yield the students of opt-outs, or of guardianships, who are on no roster."""
        known = select(StudentRow.id).where(StudentRow.id == row.student_id)
        query = select(row.student_id).where(~known.exists()).distinct()
        yield from (Bent(STUDENTS, each, "missing", each) for each in self._session.scalars(query))


_RENEW = (
    update(SealedStateRow)
    .where(SealedStateRow.id == _STATE)
    .values({name: bindparam(name) for name in ("turn", "seq", "hash", "nonce", "sums", "mac")})
)
_KEPT = select(
    SealedStateRow.turn,
    SealedStateRow.seq,
    SealedStateRow.hash,
    SealedStateRow.nonce,
    SealedStateRow.sums,
    SealedStateRow.mac,
).where(SealedStateRow.id == _STATE)


def _told(turn: int, seq: int, entry_hash: str, nonce: str, sums: str) -> dict[str, Any]:
    return {"turn": turn, "seq": seq, "hash": entry_hash, "nonce": nonce, "sums": sums}


def _student(kind: Kind, row_id: str, values: Sequence[Any]) -> str | None:
    if kind is STUDENTS:
        return row_id
    return str(values[kind.columns.index("student_id")]) if kind is CONSENTS else None


def added(total: int, *, plus: int = 0, minus: int = 0) -> int:
    """Return a sum after one row was added, removed or replaced."""
    return (total + plus - minus) % _MODULUS


def _plain(value: object) -> object:
    """Return a value that JSON lacks as text; the same moment gives the same text in every zone that a driver may use."""
    if isinstance(value, datetime):
        return value.isoformat() if value.tzinfo is None else value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return [type(value).__name__, repr(value)]
