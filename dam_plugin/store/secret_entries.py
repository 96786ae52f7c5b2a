"""Reads and writes the sealed book: the entries of the ledger under an order that forbids telling (34 CFR 99.32(d)(5)).

It is a chain like the ledger's, with a table, numbers and seals of its own, so that no number, count or gap of the ledger
tells that there is one. What the ledger had before an order came to light is moved here. What an entry says, and whether
the chain holds, is in `dam_plugin/ledger/chain.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import zip_longest
from typing import Any

from sqlalchemy import Select, insert, select
from sqlalchemy.orm import Session

from dam_plugin.errors import LedgerBroken
from dam_plugin.store.ledger_entries import EntryRow
from dam_plugin.store.seals import BENT, SECRETS, Seals
from dam_plugin.store.sql import chunks
from dam_plugin.store.tables import SecretEntryRow

_COLUMNS = ("seq", "at", "kind", "subject", "body", "previous", "id", "salt", "details")


class SecretEntries:
    """The repository of the sealed book, within one transaction."""

    def __init__(self, session: Session, seals: Seals) -> None:
        """Work on the transaction of `session`; `seals` seals each entry."""
        self._session = session
        self._seals = seals

    def last(self) -> EntryRow | None:
        """Return the last entry, None where there is none."""
        return next(iter(self._rows(_entries().order_by(None).order_by(SecretEntryRow.seq.desc()).limit(1))), None)

    def append(self, entries: Sequence[EntryRow], moved_from: Sequence[int] = ()) -> None:
        """Insert entries with their details; `moved_from` has the number in the ledger of each one that was moved."""
        self._seals.new(SECRETS, [each.hash for each in entries])
        for each, number in zip_longest(entries, moved_from):
            values = {name: getattr(each, "hash" if name == "id" else name) for name in _COLUMNS}
            self._session.execute(insert(SecretEntryRow).values(**values, moved_from=number))

    def moved(self) -> dict[int, EntryRow]:
        """Return the entries that were moved here, by their numbers in the ledger."""
        query = _entries().add_columns(SecretEntryRow.moved_from).where(SecretEntryRow.moved_from.is_not(None))
        return {number: EntryRow(*row) for *row, number in self._session.execute(query)}

    def all(self) -> list[EntryRow]:
        """Return every entry, oldest first. They are few: such orders are."""
        return self._rows(_entries())

    def of_subjects(self, kind: str, subjects: Collection[str]) -> list[EntryRow]:
        """Return the entries of one kind about these subjects, oldest first."""
        query = _entries().where(SecretEntryRow.kind == kind)
        found = [
            row for chunk in chunks(subjects) for row in self._rows(query.where(SecretEntryRow.subject.in_(chunk)))
        ]
        return sorted(found, key=lambda row: row.seq)

    def check(self) -> None:
        """Raise LedgerBroken where an entry was changed or put there outside the program."""
        if self._seals.bent(SECRETS, self._session.scalars(select(SecretEntryRow.id))):
            raise LedgerBroken(BENT)

    def _rows(self, query: Select[Any]) -> list[EntryRow]:
        return [EntryRow(*row) for row in self._session.execute(query)]


def _entries() -> Select[Any]:
    return select(*(getattr(SecretEntryRow, name) for name in _COLUMNS)).order_by(SecretEntryRow.seq)
