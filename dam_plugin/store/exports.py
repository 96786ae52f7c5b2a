"""Keeps yearbook sets: the sets, their files, the students in the files, the decisions, and the recipients.

`ExportTraces` finds students in sets. The mark of a set holds digests of the rows that its decisions rest on. It is made
from the rows themselves, not from the time or author of a change. So it also shows a change under a clock that runs
behind, and a change by a use case that records nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from itertools import chain
from typing import Any

from sqlalchemy import Select, Text, bindparam, delete, func, insert, or_, select, tuple_, type_coerce, update
from sqlalchemy.orm import Session

from dam_plugin.errors import InputError, StoreError, UnknownThing
from dam_plugin.store.codec import canonical
from dam_plugin.store.sets import ExportFile, ExportSet, FileState, Handover, Kind, SetState
from dam_plugin.store.sql import OF, changed, chunks, insert_missing, rows_of
from dam_plugin.store.tables import (
    AssetRow,
    AssetStudentRow,
    Base,
    ChoiceSourceRow,
    ConsentRow,
    ExportDecisionRow,
    ExportFileRow,
    ExportHandoverRow,
    ExportSetRow,
    ExportStudentRow,
    GuardianshipRow,
    LedgerDetailsRow,
    LedgerEntryRow,
    OptOutRow,
    PortraitRow,
    ProtectionRow,
    RosterImportRow,
    ShareRow,
    StatementRow,
    StudentRow,
)

NO_SUCH_SET = "no yearbook set has the id given; `dam-plugin export sets` lists them"
IS_ON_RECORD = "a set that was locked stays on record, since it was disclosed: make another set"

Place = tuple[Kind, str, int]
"""The position of a file in its set: its kind, its place, its number."""

_KINDS: tuple[Kind, ...] = ("portrait", "candid")
_BATCH = 500


def place_of(file: ExportFile) -> Place:
    """Return the place of a file in the order of `Exports.files`."""
    return file.kind, file.place, file.number


@dataclass(frozen=True, slots=True)
class Totals:
    """The number of candidates of a set in each state; `redacted` and `bytes` count written files only."""

    planned: int = 0
    portraits: int = 0
    candids: int = 0
    redacted: int = 0
    left_out: int = 0
    bytes: int = 0


class Exports:
    """The repository of yearbook sets, within one transaction."""

    def __init__(self, session: Session) -> None:
        """Work on the transaction of `session`."""
        self._session = session

    @property
    def traces(self) -> ExportTraces:
        """Look-ups of students in sets."""
        return ExportTraces(self._session)

    def mark(self, set_id: str) -> tuple[str, str, str]:
        """Return digests of the people, recordings and files that a set's decisions rest on, as they are now."""
        session = self._session
        return (
            _people_mark(session),
            _recordings_mark(session, set_id),
            _files_mark(session, set_id),
        )

    def add_set(self, made: ExportSet) -> None:
        """Keep a set that was begun."""
        self._session.execute(insert(ExportSetRow).values(**_values(made, _SET)))

    def set(self, set_id: str) -> ExportSet | None:
        """Return one set by its id."""
        return next(iter(self._sets(_SETS.where(ExportSetRow.id == set_id))), None)

    def need(self, set_id: str) -> ExportSet:
        """Return one set by its id. Raises UnknownThing."""
        found = self.set(set_id)
        if found is None:
            raise UnknownThing(NO_SUCH_SET)
        return found

    def sets(self, state: SetState | None = None) -> list[ExportSet]:
        """Return the sets in a state (null: in any state), newest first."""
        return self._sets(_SETS if state is None else _SETS.where(ExportSetRow.state == state))

    def change_set(self, set_id: str, **values: object) -> None:
        """Change fields of a set. Raises UnknownThing if there is no such set, ValueError for an unknown field."""
        if not values or not values.keys() <= set(_SET) - {"id"}:
            raise ValueError("a set has no such field to change")
        if not changed(self._session, update(ExportSetRow).where(ExportSetRow.id == set_id).values(**values)):
            raise UnknownThing(NO_SUCH_SET)

    def add_files(self, files: Sequence[ExportFile]) -> None:
        """Keep candidates of sets, each under its own number, and the students in the written files (shown or named)."""
        if files:
            self._session.connection().execute(insert(ExportFileRow), [_values(each, _FILE) for each in files])
            self._index(files)

    def change_files(self, files: Sequence[ExportFile]) -> None:
        """Replace candidates, found by set and number, and the students in them."""
        if not files:
            return
        rows = [{f"new_{name}": value for name, value in _values(each, _FILE).items()} for each in files]
        self._session.connection().execute(_CHANGE, rows)
        gone = delete(ExportStudentRow).where(
            ExportStudentRow.set_id == bindparam("of_set"), ExportStudentRow.number == bindparam("of_number")
        )
        numbers = [{"of_set": each.set_id, "of_number": each.number} for each in files]
        self._session.connection().execute(gone, numbers)
        self._index(files)

    def plan_again(self, set_id: str) -> None:
        """Turn the written files of a set back into planned files."""
        nothing = {"path": None, "sha256": None, "size": None, "decision": None, "covered": False}
        theirs = ExportFileRow.set_id == set_id, ExportFileRow.state == "written"
        self._session.execute(update(ExportFileRow).where(*theirs).values(state="planned", **nothing))
        self._session.execute(delete(ExportStudentRow).where(ExportStudentRow.set_id == set_id))

    def keep_pages(self, set_id: str, pages: Mapping[int, tuple[str, ...]]) -> None:
        """Keep the printed pages of files of a set, by the files' numbers."""
        rows = [{"of_set": set_id, "of_number": number, "on": on} for number, on in pages.items()]
        if rows:
            self._session.connection().execute(_PAGES, rows)

    def files(
        self,
        set_id: str,
        *,
        states: Sequence[FileState] = ("written",),
        kind: Kind | None = None,
        after: Place | None = None,
        limit: int | None = None,
    ) -> Iterator[ExportFile]:
        """Stream files of a set in these states: portraits, then candids, each by place (by code points) and number.

        `after` starts behind a place, so that long work can be split into short transactions. `limit` is the most files
        to return. Files may change while they are read. A file that moves to another place or state may come twice or be
        left out.
        """
        kinds = _KINDS if after is None else _KINDS[_KINDS.index(after[0]) :]
        behind = after[1:] if after else None
        left = limit
        for each in kinds:
            query = _FILES.where(
                ExportFileRow.set_id == set_id, ExportFileRow.state.in_(list(states)), ExportFileRow.kind == each
            ).order_by(*_ORDER)
            while kind in (None, each) and left != 0:
                many = _BATCH if left is None else min(left, _BATCH)
                # Each batch is a query of its own that starts after the last one: no cursor stays open between two.
                batch = list(self._files(_behind(query, behind).limit(many)))
                yield from batch
                left = None if left is None else left - len(batch)
                if len(batch) < many:
                    break
                behind = batch[-1].place, batch[-1].number
            behind = None

    def count(self, set_id: str, state: FileState, kind: Kind | None = None) -> int:
        """Return how many files of a set (of one kind) are in a state."""
        query = select(func.count()).where(ExportFileRow.set_id == set_id, ExportFileRow.state == state)
        return self._session.scalar(query if kind is None else query.where(ExportFileRow.kind == kind)) or 0

    def totals(self, set_id: str) -> Totals:
        """Return the totals of a set."""
        return self.totals_of([set_id]).get(set_id, Totals())

    def totals_of(self, set_ids: Sequence[str]) -> dict[str, Totals]:
        """Return the totals of a few sets by their ids, in one statement; a set without candidates is left out."""
        group = (ExportFileRow.set_id, ExportFileRow.state, ExportFileRow.kind, ExportFileRow.redacted)
        query = select(*group, func.count(), func.sum(ExportFileRow.size)).where(ExportFileRow.set_id.in_(set_ids))
        found: dict[str, dict[str, int]] = {}
        for set_id, state, kind, redacted, count, size in self._session.execute(query.group_by(*group)):
            told = found.setdefault(set_id, dict.fromkeys((field.name for field in fields(Totals)), 0))
            if state != "written":
                told[state] += count
                continue
            told[f"{kind}s"] += count
            told["redacted"] += count if redacted else 0
            # PostgreSQL sums whole numbers to decimals.
            told["bytes"] += int(size or 0)
        return {set_id: Totals(**told) for set_id, told in found.items()}

    def file(self, set_id: str, number: int) -> ExportFile | None:
        """Return one file of a set by its number."""
        return next(self._files(_FILES.where(ExportFileRow.set_id == set_id, ExportFileRow.number == number)), None)

    def with_digest(self, digest: str) -> list[ExportFile]:
        """Return the files of all sets with a decision's digest, or with this digest in a manifest.

        Files of the newest sets come first.
        """
        query = _FILES.join(ExportSetRow, ExportSetRow.id == ExportFileRow.set_id)
        query = query.where(or_(ExportFileRow.digest == digest, ExportFileRow.decision == digest))
        return list(self._files(query.order_by(ExportSetRow.at.desc(), ExportSetRow.id.desc(), ExportFileRow.number)))

    def of_student(self, student_id: str, *, state: SetState | None = None) -> Iterator[tuple[ExportSet, ExportFile]]:
        """Stream the written files that show or name a student, each with its set; only sets in a given state, newest first."""
        theirs = select(ExportStudentRow.set_id).where(ExportStudentRow.student_id == student_id)
        query = _SETS.where(ExportSetRow.id.in_(theirs))
        for each in self._sets(query if state is None else query.where(ExportSetRow.state == state)):
            of_set = ExportStudentRow.set_id == each.id
            numbers = select(ExportStudentRow.number).where(of_set, ExportStudentRow.student_id == student_id)
            # Looked up by number, not by a join: without statistics PostgreSQL would scan the whole set for each of them.
            written = _FILES.where(ExportFileRow.set_id == each.id, ExportFileRow.state == "written")
            chosen = (written.where(ExportFileRow.number.in_(some)) for some in chunks(self._session.scalars(numbers)))
            files = (file for some in chosen for file in self._files(some))
            yield from ((each, file) for file in sorted(files, key=_order))

    def sets_with(self, source_key: str) -> list[str]:
        """Return the ids of the sets with a written file of this recording."""
        of_key = ExportFileRow.source_key == source_key, ExportFileRow.state == "written"
        return sorted(self._session.scalars(select(ExportFileRow.set_id).where(*of_key).distinct()))

    def students_of(self, set_id: str) -> frozenset[str]:
        """Return the students that the written files of a set show or name."""
        query = select(ExportStudentRow.student_id).where(ExportStudentRow.set_id == set_id).distinct()
        return frozenset(self._session.scalars(query))

    def add_decisions(self, decisions: Mapping[str, Mapping[str, Any]]) -> None:
        """Keep decisions by their digests, as plain data; a digest that is kept already stays as it is."""
        rows = [{"digest": digest, "details": canonical(dict(details))} for digest, details in decisions.items()]
        insert_missing(self._session, ExportDecisionRow, rows)

    def decision(self, digest: str) -> dict[str, Any] | None:
        """Return the decision behind a digest. Raises StoreError if it is damaged."""
        return self.decisions([digest]).get(digest)

    def decisions(self, digests: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Return the decisions behind digests; unknown digests are left out. Raises StoreError if one is damaged."""
        return {row.digest: _details(row.details) for row in rows_of(self._session, _DECISIONS_OF, digests)}

    def forget_decisions(self, digests: Iterable[str]) -> int:
        """Delete the decisions behind these digests; return how many there were."""
        rows = ExportDecisionRow.digest
        return sum(changed(self._session, delete(ExportDecisionRow).where(rows.in_(each))) for each in chunks(digests))

    def add_handover(self, handover: Handover) -> None:
        """Keep the handover of a set to a recipient."""
        self._session.execute(insert(ExportHandoverRow).values(**_values(handover, _HANDOVER)))

    def handovers(self, set_id: str) -> list[Handover]:
        """Return the recipients of a set, in the order of time."""
        return self.handovers_of([set_id]).get(set_id, [])

    def handovers_of(self, set_ids: Sequence[str]) -> dict[str, list[Handover]]:
        """Return the recipients of a few sets by their ids, in one statement; a set that nobody has is left out."""
        columns = (getattr(ExportHandoverRow, name) for name in _HANDOVER)
        query = select(*columns).where(ExportHandoverRow.set_id.in_(set_ids))
        order = query.order_by(ExportHandoverRow.at, ExportHandoverRow.id)
        found: dict[str, list[Handover]] = {}
        for row in self._session.connection().execute(order):
            found.setdefault(row[_HANDOVER.index("set_id")], []).append(Handover(*row))
        return found

    def drop(self, set_id: str) -> None:
        """Delete a set that was never locked, with its files. Decisions stay, since their digests may be in use outside.

        Raises UnknownThing, and InputError for a set that was locked.
        """
        if self.need(set_id).state not in ("planning", "making", "made"):
            raise InputError(IS_ON_RECORD)
        for row in (ExportStudentRow, ExportFileRow):
            self._session.execute(delete(row).where(row.set_id == set_id))
        self._session.execute(delete(ExportSetRow).where(ExportSetRow.id == set_id))

    def _index(self, files: Iterable[ExportFile]) -> None:
        rows = [
            {"set_id": each.set_id, "number": each.number, "student_id": student}
            for each in files
            if each.state == "written"
            for student in dict.fromkeys((*each.shows, *each.named, *([each.student] if each.student else ())))
        ]
        if rows:
            self._session.connection().execute(insert(ExportStudentRow), rows)

    def _files(self, query: Select[*tuple[Any, ...]]) -> Iterator[ExportFile]:
        return (ExportFile(*row) for row in self._session.connection().execute(query))

    def _sets(self, query: Select[*tuple[Any, ...]]) -> list[ExportSet]:
        newest = query.order_by(ExportSetRow.at.desc(), ExportSetRow.id.desc())
        return [ExportSet(*row) for row in self._session.connection().execute(newest)]


# The columns have the names of the model's fields, and are queried in the order of the fields.
_SET = tuple(field.name for field in fields(ExportSet))
_FILE = tuple(field.name for field in fields(ExportFile))
_HANDOVER = tuple(field.name for field in fields(Handover))
_SETS = select(*(getattr(ExportSetRow, name) for name in _SET))
_FILES = select(*(getattr(ExportFileRow, name) for name in _FILE))
_ORDER = (ExportFileRow.place, ExportFileRow.number)
_DECISIONS_OF = select(ExportDecisionRow.digest, ExportDecisionRow.details).where(ExportDecisionRow.digest.in_(OF))
_CHANGE = (
    update(ExportFileRow)
    .where(ExportFileRow.set_id == bindparam("new_set_id"), ExportFileRow.number == bindparam("new_number"))
    .values({name: bindparam(f"new_{name}") for name in _FILE if name not in ("set_id", "number")})
)

_PAGES = (
    update(ExportFileRow)
    .where(ExportFileRow.set_id == bindparam("of_set"), ExportFileRow.number == bindparam("of_number"))
    .values(pages=bindparam("on"))
)


def _values(noun: ExportSet | ExportFile | Handover, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(noun, name) for name in names}


def _order(file: ExportFile) -> tuple[int, str, int]:
    return _KINDS.index(file.kind), file.place, file.number


def _behind(query: Select[*tuple[Any, ...]], place: tuple[str, int] | None) -> Select[*tuple[Any, ...]]:
    return query if place is None else query.where(tuple_(*_ORDER) > tuple_(*place))


def _details(text: str) -> dict[str, Any]:
    try:
        details = json.loads(text)
    except ValueError:
        details = None
    if not isinstance(details, dict):
        raise StoreError("what a kept digest stands for is damaged: restore the database from a backup")
    return details


Where = tuple[str, str]
"""A written file: its set's id and its path there."""


class ExportTraces:
    """Look-ups by students, within one transaction."""

    def __init__(self, session: Session) -> None:
        """Work on the transaction of `session`."""
        self._session = session

    def numbers_with(self, set_id: str, student_id: str) -> frozenset[int]:
        """Return the numbers of the written files of a set that show or name a student, or may by their tags now."""
        indexed = select(ExportStudentRow.number).where(
            ExportStudentRow.set_id == set_id, ExportStudentRow.student_id == student_id
        )
        tagged = select(AssetStudentRow.asset_id).where(AssetStudentRow.student_id == student_id)
        theirs = ExportFileRow.number.in_(indexed) | ExportFileRow.asset_id.in_(tagged)
        query = select(ExportFileRow.number).where(ExportFileRow.set_id == set_id, ExportFileRow.state == "written")
        return frozenset(self._session.scalars(query.where(theirs)))

    def sets_with(self, students: Iterable[str]) -> dict[str, int]:
        """Return how many files of each set show or name one of these students, or may by their tags now.

        Files that are not written yet count too. A set without such files is left out.
        """
        wanted = list(students)
        found = {(row.set_id, row.number) for row in rows_of(self._session, _INDEXED, wanted)}
        hiding: dict[str, set[tuple[str, int, str]]] = {}
        for row in rows_of(self._session, _TAGGED, wanted):
            file = row.set_id, row.number
            if not row.redacted:
                found.add(file)
            elif file not in found:
                hiding.setdefault(row.digest, set()).add((*file, row.student_id))
        # A copy that hides these students does not show them. A copy may show them if its hidden students are no longer
        # on record.
        hidden = self._hidden(hiding)
        for digest, files in hiding.items():
            found |= {(set_id, number) for set_id, number, student in files if student not in hidden.get(digest, ())}
        return dict(Counter(set_id for set_id, _ in found))

    def _hidden(self, digests: Iterable[str]) -> dict[str, frozenset[str]]:
        """Return the students that the copies of these decisions hide, by digest; an unreadable decision is left out."""
        found: dict[str, frozenset[str]] = {}
        for row in rows_of(self._session, _DECIDED, digests):
            with suppress(ValueError, TypeError, KeyError):
                found[row.digest] = frozenset(json.loads(row.details)["decision"]["redact"])
        return found

    def bearers(self, digests: Iterable[str]) -> dict[str, dict[Where, bool]]:
        """Return the written files of all sets that bear these digests, and whether each file's set is locked."""
        found: dict[str, dict[Where, bool]] = {}
        for row in rows_of(self._session, _BEARERS, digests):
            found.setdefault(row.digest, {})[row.set_id, row.path] = row.state == "locked"
        return found

    def entries_of(self, files: Iterable[Where]) -> dict[Where, frozenset[int]]:
        """Return the numbers of the ledger entries, with details, that record the handing over of these files."""
        named = {f"{set_id}/{path}": (set_id, path) for set_id, path in files}
        found: dict[Where, set[int]] = {}
        for row in rows_of(self._session, _ENTRIES, named):
            found.setdefault(named[row.release_id], set()).add(row.seq)
        return {file: frozenset(seqs) for file, seqs in found.items()}


_INDEXED = select(ExportStudentRow.set_id, ExportStudentRow.number).where(ExportStudentRow.student_id.in_(OF))
_TAGGED = (
    select(
        ExportFileRow.set_id,
        ExportFileRow.number,
        ExportFileRow.redacted,
        ExportFileRow.digest,
        AssetStudentRow.student_id,
    )
    .join(AssetStudentRow, AssetStudentRow.asset_id == ExportFileRow.asset_id)
    .where(AssetStudentRow.student_id.in_(OF), ExportFileRow.state.in_(["planned", "written"]))
)
_DECIDED = select(ExportDecisionRow.digest, ExportDecisionRow.details).where(ExportDecisionRow.digest.in_(OF))
_BEARERS = (
    select(ExportFileRow.digest, ExportFileRow.set_id, ExportFileRow.path, ExportSetRow.state)
    .join(ExportSetRow, ExportSetRow.id == ExportFileRow.set_id)
    .where(ExportFileRow.digest.in_(OF), ExportFileRow.state == "written")
)
_ENTRIES = (
    select(ShareRow.release_id, LedgerEntryRow.seq)
    .join(LedgerEntryRow, LedgerEntryRow.subject == ShareRow.id)
    .join(LedgerDetailsRow, LedgerDetailsRow.seq == LedgerEntryRow.seq)
    .where(ShareRow.release_id.in_(OF), LedgerEntryRow.kind == "share")
)


_MARK_BATCH = 100
# All students: the decision who may be named, and that no one else of the roster is, depends on everybody.
_PEOPLE: tuple[type[Base], ...] = (
    StudentRow,
    OptOutRow,
    GuardianshipRow,
    ProtectionRow,
    ConsentRow,
    PortraitRow,
    RosterImportRow,
    ChoiceSourceRow,
)
# Not what handing a set over changes itself: its pages.
_OF_FILES = (
    "number",
    "kind",
    "place",
    "source_key",
    "asset_id",
    "digest",
    "outcome",
    "state",
    "student",
    "path",
    "sha256",
    "redacted",
    "covered",
    "caption",
    "shows",
    "named",
)


def _people_mark(session: Session) -> str:
    """Return a digest of all students with what is kept of each, portraits and imports, in hexadecimal."""
    return _digest(session, *(_rows(each) for each in _PEOPLE))


def _recordings_mark(session: Session, set_id: str) -> str:
    """Return a digest of every version of the recordings from which a set's written files were made, and of all statements.

    A statement is found by content too, also where the file was moved, and by likeness to what it is kept with; there are
    few of them.
    """
    keys = _written(set_id).with_only_columns(ExportFileRow.source_key)
    of_set, contested = AssetRow.key.in_(keys), AssetRow.key.in_(select(StatementRow.asset_key))
    return _digest(session, _rows(AssetRow).where(or_(of_set, contested)), _rows(StatementRow))


def _files_mark(session: Session, set_id: str) -> str:
    """Return a digest of the written files of a set, and of how many of their decisions are still kept."""
    columns = [_raw(ExportFileRow.__table__.columns[name]) for name in _OF_FILES]
    ordered = _written(set_id).with_only_columns(*columns).order_by(ExportFileRow.number)
    digests = _written(set_id).with_only_columns(ExportFileRow.digest)
    known = select(func.count()).select_from(ExportDecisionRow).where(ExportDecisionRow.digest.in_(digests))
    return _digest(session, ordered, known)


def _written(set_id: str) -> Select[*tuple[Any, ...]]:
    return select(ExportFileRow).where(ExportFileRow.set_id == set_id, ExportFileRow.state == "written")


def _rows(table: type[Base]) -> Select[*tuple[Any, ...]]:
    """Return every column of a table as the database has it, in the order of its primary key.

    The findings about recordings' codings are left out: they make copies faster and decide nothing.
    """
    columns = (each for each in table.__table__.columns if each is not AssetRow.__table__.columns["coding"])
    return select(*map(_raw, columns)).order_by(*table.__table__.primary_key)


def _raw(column: Any) -> Any:  # noqa: ANN401 - SQLAlchemy's columns
    # As text is: nothing is decoded, which would take most of the time.
    return type_coerce(column, Text).label(column.key)


def _digest(session: Session, *queries: Select[*tuple[Any, ...]]) -> str:
    digest = hashlib.sha256()
    for row in chain.from_iterable(_stream(session, each) for each in queries):
        # Each value is written by its kind; the end mark of a row occurs in no value that is written so.
        digest.update(repr(tuple(row)).encode("utf-8", "backslashreplace") + b"\n")
    return digest.hexdigest()


def _stream(session: Session, query: Select[*tuple[Any, ...]]) -> Iterator[Any]:
    yield from session.connection().execute(query, execution_options={"yield_per": _MARK_BATCH})
    # Where one table ends, and the next begins.
    yield ()
