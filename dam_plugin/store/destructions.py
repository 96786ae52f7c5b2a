"""The log of destructions in the store. It is kept forever and names no student. Permissions are checked elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Literal

from sqlalchemy import Select, insert, select, update
from sqlalchemy.orm import Session, aliased

from dam_plugin.errors import LedgerBroken
from dam_plugin.model import CourtOrder, LettingGo, Recipient, RecipientRole
from dam_plugin.store.seals import BENT, DESTRUCTIONS, Seals
from dam_plugin.store.sql import chunks
from dam_plugin.store.tables import AssetRow, DestructionRow

# `asked`: it waits for a second person. `dropped`: the recording was replaced before a second person agreed.
DestructionState = Literal["asked", "destroying", "done", "dropped"]

_FRESH = {"populate_existing": True}


@dataclass(frozen=True, slots=True)
class Destruction:
    """The destruction of a recording: its rule, the rule's source, and the people.

    `key` is null at the end. The rule counted from the day `created`. `asked` is the first person, `agreed` the second
    person if two are needed. `notified`: a student of each family and the day on which the family was informed; an empty id
    means every family. `versions` and `copies` count what was deleted in the storage. `court` is the order by which a
    recording is destroyed before it is due; `rule` and `source` then say so. `asked_by` asked for it on the day
    `parents_asked`: the id is null once it is done or dropped, and all of it where an earlier version destroyed it.
    """

    id: str
    asset_id: str
    key: str | None
    rule: str
    source: str
    created: date
    due: date | None
    asked: LettingGo
    parents_asked: date | None = None
    notified: tuple[tuple[str, date], ...] = ()
    agreed: LettingGo | None = None
    state: DestructionState = "asked"
    done_at: datetime | None = None
    versions: int = 0
    copies: int = 0
    certificate: str | None = None
    court: CourtOrder | None = None
    asked_by: Recipient | None = None

    @property
    def asked_as(self) -> RecipientRole | None:
        """The role of who asked for it, null where nobody did, or an earlier version did not ask who it was."""
        return self.asked_by.role if self.asked_by else None


class Destructions:
    """The repository of destructions, within one transaction."""

    def __init__(self, session: Session, seals: Seals) -> None:
        """Work on the transaction of `session`; `seals` seals the rows."""
        self._session = session
        self._seals = seals

    def add(self, destruction: Destruction) -> None:
        """Keep a destruction that is ordered or running."""
        self._seals.new(DESTRUCTIONS, [destruction.id])
        self._session.execute(insert(DestructionRow).values(**_values(destruction)))

    def change(self, destruction: Destruction) -> Destruction:
        """Keep a destruction in another state, and return it."""
        self._seals.before(DESTRUCTIONS, [destruction.id])
        row = update(DestructionRow).where(DestructionRow.id == destruction.id)
        self._session.execute(row.values(**_values(destruction)))
        return destruction

    def drop(self, destruction: Destruction) -> None:
        """Drop an order: neither the key nor who asked stays in it."""
        asked_by = Recipient(destruction.asked_by.role) if destruction.asked_by else None
        self.change(replace(destruction, state="dropped", key=None, asked_by=asked_by))

    def waiting(self, key: str) -> Destruction | None:
        """Return the destruction of this key that is ordered or running; None if there is none."""
        open_ones = DestructionRow.state.in_(["asked", "destroying"])
        return next(iter(self._found(select(DestructionRow).where(DestructionRow.key == key, open_ones))), None)

    def of_asset(self, asset_id: str) -> list[Destruction]:
        """Return the destructions of a version of a recording, in any state."""
        return self._found(select(DestructionRow).where(DestructionRow.asset_id == asset_id))

    def done_about(self, words: Collection[str], since: datetime | None = None) -> list[Destruction]:
        """Return what was destroyed of what these words name: by its own id, by the recording's, or by its newest key.

        What was destroyed `since` is found by its key also where a newer file has that.
        """
        found = {}
        for chunk in chunks(words):
            of_key = select(AssetRow.id).where(AssetRow.key.in_(chunk))
            of_it = (
                DestructionRow.id.in_(chunk)
                | DestructionRow.asset_id.in_(chunk)
                | DestructionRow.asset_id.in_(of_key.where(AssetRow.current))
            )
            if since is not None:
                of_it |= DestructionRow.asset_id.in_(of_key) & (DestructionRow.done_at >= since)
            done = select(DestructionRow).where(DestructionRow.state == "done", of_it)
            found.update({each.id: each for each in self._found(done)})
        return list(found.values())

    def keys(self) -> list[str]:
        """Return the keys of what was destroyed, or is being destroyed, each once."""
        of_it = select(AssetRow.key).join(DestructionRow, DestructionRow.asset_id == AssetRow.id)
        return list(self._session.scalars(of_it.where(DestructionRow.state.in_(["destroying", "done"])).distinct()))

    def destroyed(self, asset_ids: Collection[str]) -> set[str]:
        """Return those of these versions whose recording was destroyed: nothing is known any more of who is in them."""
        other = aliased(AssetRow)
        query = (
            select(AssetRow.id)
            .join(other, other.key == AssetRow.key)
            .join(DestructionRow, DestructionRow.asset_id == other.id)
            .where(DestructionRow.state.in_(["destroying", "done"]), AssetRow.first_seen <= other.first_seen)
        )
        return {
            each for chunk in chunks(asset_ids) for each in self._session.scalars(query.where(AssetRow.id.in_(chunk)))
        }

    def in_state(self, state: DestructionState) -> list[Destruction]:
        """Return the destructions in a state, oldest first."""
        return self._found(select(DestructionRow).where(DestructionRow.state == state))

    def done_since(self, moment: datetime) -> list[Destruction]:
        """Return the destructions that were done since a moment, oldest first."""
        return self._found(
            select(DestructionRow).where(DestructionRow.state == "done", DestructionRow.done_at >= moment)
        )

    def listed(self) -> list[Destruction]:
        """Return every destruction, oldest first, in any state."""
        return self._found(select(DestructionRow))

    def _found(self, query: Select[DestructionRow]) -> list[Destruction]:
        """Return destructions, oldest first. Raises LedgerBroken where one was changed outside the program."""
        rows: Sequence[DestructionRow] = self._session.scalars(
            query.order_by(DestructionRow.done_at, DestructionRow.id), execution_options=_FRESH
        ).all()
        if self._seals.bent(DESTRUCTIONS, [row.id for row in rows]):
            raise LedgerBroken(BENT)
        return [Destruction(**{name: getattr(row, name) for name in _COLUMNS}) for row in rows]


# The columns bear the names of the fields.
_COLUMNS = tuple(each.name for each in fields(Destruction))


def _values(destruction: Destruction) -> dict[str, object]:
    return {name: getattr(destruction, name) for name in _COLUMNS}
