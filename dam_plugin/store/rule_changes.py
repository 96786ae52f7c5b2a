"""Loosening changes of new rules, kept until another person approves them. It does not check who may, or if they still fit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Select, insert, select, update
from sqlalchemy.orm import Session

from dam_plugin.errors import UnknownThing
from dam_plugin.model import Actor, Tagging
from dam_plugin.store.sql import changed
from dam_plugin.store.tables import AssetRow, RuleChangeAssetRow, RuleChangeRow

# `superseded`: other rules than those of the request were applied.
State = Literal["pending", "approved", "superseded"]
# `stale`: the recording, its tags or the tags by the rules had changed when it was approved.
Outcome = Literal["applied", "stale"]

_FRESH = {"populate_existing": True}
NO_SUCH_CHANGE = "no change of rules has this id; `dam-plugin rules pending` lists them"


@dataclass(frozen=True, slots=True)
class SystemUser:
    """A user of the operating system: its number (or name, where there are none) and its name."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A request to let rules loosen tags: who asked, when, as which user of the system, and the rules' digest."""

    id: str
    at: datetime
    by: Actor
    user: SystemUser
    digest: str
    state: State = "pending"


@dataclass(frozen=True, slots=True)
class PendingTags:
    """One version of a recording within a request: its tags at the time of the request, and the tags that it would get."""

    asset_id: str
    key: str
    before: Tagging
    after: Tagging
    outcome: Outcome | None = None


class RuleChanges:
    """The repository of these requests, within one transaction."""

    def __init__(self, session: Session) -> None:
        """Work on the transaction of `session`."""
        self._session = session

    def add(self, change: RuleChange) -> None:
        """Keep a request; its recordings come by `add_tags`."""
        values = {
            "id": change.id,
            "at": change.at,
            "asked_by": change.by,
            "system_id": change.user.id,
            "system_name": change.user.name,
            "digest": change.digest,
            "state": change.state,
        }
        self._session.execute(insert(RuleChangeRow).values(**values))

    def add_tags(self, change_id: str, tags: Iterable[PendingTags]) -> None:
        """Keep the tags that a request asks for; an unknown request or recording raises StoreError at the end."""
        rows = [
            {"change_id": change_id, "asset_id": each.asset_id, "before": each.before, "after": each.after}
            for each in tags
        ]
        if rows:
            self._session.execute(insert(RuleChangeAssetRow), rows)

    def change(self, change_id: str) -> RuleChange | None:
        """Return one request by its id."""
        row = self._session.scalar(select(RuleChangeRow).where(RuleChangeRow.id == change_id), execution_options=_FRESH)
        return None if row is None else _change(row)

    def need(self, change_id: str) -> RuleChange:
        """Return one request by its id. Raises UnknownThing."""
        found = self.change(change_id)
        if found is None:
            raise UnknownThing(NO_SUCH_CHANGE)
        return found

    def pending(self) -> list[RuleChange]:
        """Return the requests that wait for an approval, oldest first."""
        query = select(RuleChangeRow).where(RuleChangeRow.state == "pending")
        rows = self._session.scalars(query.order_by(RuleChangeRow.at, RuleChangeRow.id), execution_options=_FRESH)
        return [_change(row) for row in rows]

    def tags(self, change_id: str) -> list[PendingTags]:
        """Return the tags that a request asks for, by key, settled ones too."""
        return self._tags(_joined().where(RuleChangeAssetRow.change_id == change_id))

    def asked(self, asset_id: str, digest: str) -> dict[str, PendingTags]:
        """Return the unsettled tags that pending requests for rules with this digest ask for one recording, by request."""
        query = _joined().join(RuleChangeRow, RuleChangeRow.id == RuleChangeAssetRow.change_id)
        query = query.where(
            RuleChangeAssetRow.asset_id == asset_id,
            RuleChangeAssetRow.outcome.is_(None),
            RuleChangeRow.digest == digest,
            RuleChangeRow.state == "pending",
        )
        rows = self._session.execute(query.order_by(RuleChangeRow.at, RuleChangeRow.id), execution_options=_FRESH)
        return {row.change_id: _pending(row, key) for row, key in rows}

    def asks_for(self, change_id: str, asset_ids: Iterable[str]) -> bool:
        """Whether a request asks for tags of one of these recordings, settled ones too."""
        query = select(RuleChangeAssetRow.asset_id).where(
            RuleChangeAssetRow.change_id == change_id, RuleChangeAssetRow.asset_id.in_(list(asset_ids))
        )
        return self._session.scalar(query.limit(1)) is not None

    def settle(self, change_id: str, asset_id: str, outcome: Outcome) -> None:
        """Say what became of one recording of a request."""
        row = update(RuleChangeAssetRow).where(
            RuleChangeAssetRow.change_id == change_id, RuleChangeAssetRow.asset_id == asset_id
        )
        self._session.execute(row.values(outcome=outcome))

    def approve(self, change_id: str) -> None:
        """Say that a request is done with. Raises UnknownThing."""
        self._set_state(change_id, "approved")

    def supersede(self, digest: str) -> list[str]:
        """Mark each pending request for other rules than these `superseded`; return their ids."""
        others = [each.id for each in self.pending() if each.digest != digest]
        for each in others:
            self._set_state(each, "superseded")
        return others

    def _set_state(self, change_id: str, state: State) -> None:
        if not changed(self._session, update(RuleChangeRow).where(RuleChangeRow.id == change_id).values(state=state)):
            raise UnknownThing(NO_SUCH_CHANGE)

    def _tags(self, query: Select[RuleChangeAssetRow, str]) -> list[PendingTags]:
        rows = self._session.execute(query.order_by(AssetRow.key, AssetRow.id), execution_options=_FRESH)
        return [_pending(row, key) for row, key in rows]


def _joined() -> Select[RuleChangeAssetRow, str]:
    return select(RuleChangeAssetRow, AssetRow.key).join(AssetRow, AssetRow.id == RuleChangeAssetRow.asset_id)


def _pending(row: RuleChangeAssetRow, key: str) -> PendingTags:
    return PendingTags(row.asset_id, key, row.before, row.after, row.outcome)


def _change(row: RuleChangeRow) -> RuleChange:
    user = SystemUser(row.system_id, row.system_name)
    return RuleChange(row.id, row.at, row.asked_by, user, row.digest, row.state)
