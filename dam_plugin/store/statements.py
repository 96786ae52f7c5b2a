"""Families' statements in records that they contest (34 CFR 99.21(b)(2)) in the store. It decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime

from sqlalchemy import and_, insert, select, update
from sqlalchemy.orm import Session

from dam_plugin.errors import LedgerBroken, UnknownThing
from dam_plugin.model import Actor, Asset
from dam_plugin.store.likenesses import looks_like
from dam_plugin.store.rule_changes import SystemUser
from dam_plugin.store.seals import BENT, STATEMENTS, Seals
from dam_plugin.store.tables import AssetRow, StatementRow

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


@dataclass(frozen=True, slots=True)
class ContestedPlace:
    """Where the statement `id` is kept, and the likeness of one version there (null: it has none)."""

    id: str
    asset_key: str
    content: str | None
    sha256: str | None
    likeness: str | None


@dataclass(frozen=True, slots=True)
class Contested:
    """The recordings with a statement that has not ended: a set of thousands of pictures asks once for all of them."""

    places: tuple[ContestedPlace, ...]

    def statements_of(self, key: str, asset: Asset | None) -> frozenset[str]:
        """Return the ids of the statements of a recording: of its key, of the same picture, and of one that it looks like."""
        new = asset.likeness if asset is not None else None
        return frozenset(
            each.id
            for each in self.places
            if is_kept_with(each, key, asset)
            or (new is not None and each.likeness is not None and looks_like(each.likeness, new))
        )


def is_kept_with(kept: FamilyStatement | ContestedPlace, key: str, asset: Asset | None) -> bool:
    """Whether a statement is kept with a recording itself: by its key, its picture or its bytes."""
    content, sha256 = (asset.content, asset.sha256) if asset is not None else (None, None)
    same_picture = content is not None and kept.content == content
    return kept.asset_key == key or same_picture or (sha256 is not None and kept.sha256 == sha256)


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

        They go with a picture that looks like it, too, as the tags do. Raises LedgerBroken for a row that was changed beside
        the program.
        """
        found = self.contested().statements_of(key, asset)
        if not found:
            return []
        query = select(StatementRow).where(StatementRow.id.in_(found)).order_by(StatementRow.at, StatementRow.id)
        return self._read(self._session.scalars(query, execution_options=_FRESH).all())

    def contested(self) -> Contested:
        """Return the recordings with a statement that has not ended, with the likenesses of all versions of their keys."""
        of_key = and_(AssetRow.key == StatementRow.asset_key, AssetRow.likeness.is_not(None))
        kept = StatementRow.id, StatementRow.asset_key, StatementRow.content, StatementRow.sha256
        query = select(*kept, AssetRow.likeness).outerjoin(AssetRow, of_key).where(StatementRow.ended.is_(None))
        return Contested(tuple(ContestedPlace(*row) for row in self._session.execute(query)))

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
