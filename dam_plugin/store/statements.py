"""Families' statements in records that they contest (34 CFR 99.21(b)(2)) in the store. It decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime

from sqlalchemy import insert, or_, select, update
from sqlalchemy.orm import Session

from dam_plugin.errors import LedgerBroken, UnknownThing
from dam_plugin.model import Actor, Asset
from dam_plugin.store.rule_changes import SystemUser
from dam_plugin.store.seals import BENT, STATEMENTS, Seals
from dam_plugin.store.tables import StatementRow

NO_SUCH_STATEMENT = "no statement has this id: `dam-plugin custodian statements KEY` lists those of a recording"
_FRESH = {"populate_existing": True}


@dataclass(frozen=True, slots=True)
class FamilyStatement:
    """What a family says of a recording of a student, received `on` a day, for as long as the recording is kept.

    `paper` is the SHA-256 of a copy of it, in hex. `ended`: the recording was amended, so that it goes with it no more.
    `content` and `sha256` are those of the recording.
    """

    id: str
    at: datetime
    asset_key: str
    student_id: str
    on: date
    words: str = field(repr=False)
    by: Actor
    user: SystemUser
    paper: str | None = None
    ended: date | None = None
    content: str | None = None
    sha256: str | None = None


class Statements:
    """The repository of statements, within one transaction."""

    def __init__(self, session: Session, seals: Seals) -> None:
        """Work on the transaction of `session`; `seals` seals the rows."""
        self._session = session
        self._seals = seals

    def add(self, statement: FamilyStatement) -> None:
        """Keep a statement."""
        self._seals.new(STATEMENTS, [statement.id])
        values = {name: getattr(statement, name) for name in _COLUMNS}
        user = {"system_id": statement.user.id, "system_name": statement.user.name}
        self._session.execute(insert(StatementRow).values(**values, **user))

    def end(self, statement_id: str, on: date) -> FamilyStatement:
        """Let a statement go with its recording no more. Raises UnknownThing, LedgerBroken."""
        self.need(statement_id)
        self._seals.before(STATEMENTS, [statement_id])
        self._session.execute(update(StatementRow).where(StatementRow.id == statement_id).values(ended=on))
        return self.need(statement_id)

    def need(self, statement_id: str) -> FamilyStatement:
        """Return a statement by its id. Raises UnknownThing, LedgerBroken."""
        query = select(StatementRow).where(StatementRow.id == statement_id)
        found = self._read(self._session.scalars(query, execution_options=_FRESH).all())
        if not found:
            raise UnknownThing(NO_SUCH_STATEMENT)
        return found[0]

    def of(self, key: str, asset: Asset | None) -> list[FamilyStatement]:
        """Return the statements that go with a recording, oldest first, also where it was kept under another key before.

        Raises LedgerBroken for a row that was changed beside the program.
        """
        same = [StatementRow.asset_key == key]
        if asset is not None and asset.content is not None:
            same.append(StatementRow.content == asset.content)
        if asset is not None and asset.sha256 is not None:
            same.append(StatementRow.sha256 == asset.sha256)
        query = select(StatementRow).where(or_(*same), StatementRow.ended.is_(None))
        query = query.order_by(StatementRow.at, StatementRow.id)
        return self._read(self._session.scalars(query, execution_options=_FRESH).all())

    def contested(self) -> frozenset[str]:
        """Return the keys, content ids and SHA-256 of the recordings with a statement that has not ended.

        It tells whether `of` has to be asked at all: a set of thousands of pictures asks once for all of them.
        """
        columns = StatementRow.asset_key, StatementRow.content, StatementRow.sha256
        rows = self._session.execute(select(*columns).where(StatementRow.ended.is_(None)))
        return frozenset(each for row in rows for each in row if each is not None)

    def _read(self, rows: Sequence[StatementRow]) -> list[FamilyStatement]:
        if self._seals.bent(STATEMENTS, [row.id for row in rows]):
            raise LedgerBroken(BENT)
        return [
            FamilyStatement(
                **{name: getattr(row, name) for name in _COLUMNS}, user=SystemUser(row.system_id, row.system_name)
            )
            for row in rows
        ]


_COLUMNS = tuple(each.name for each in fields(FamilyStatement) if each.name != "user")
