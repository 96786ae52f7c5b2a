"""The workers that are at work, and the age of their events: each says so itself, since the queue does not tell an age."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from dam_plugin.store.sql import upsert
from dam_plugin.store.tables import WorkerRow


@dataclass(frozen=True, slots=True)
class Workers:
    """How many workers are at work, and when the oldest event that one of them has was sent; null: none has any."""

    count: int
    oldest_event: datetime | None


class WorkersAtWork:
    """The repository of workers, within one transaction."""

    def __init__(self, session: Session) -> None:
        """Work on the transaction of `session`."""
        self._session = session

    def note(self, worker: str, at: datetime, oldest_event: datetime | None, *, forget: datetime) -> None:
        """Note that a worker is at work; forget those that have not said so since a moment."""
        upsert(self._session, WorkerRow, {"id": worker, "seen_at": at, "oldest_event": oldest_event})
        self._session.execute(delete(WorkerRow).where(WorkerRow.seen_at < forget))

    def drop(self, worker: str) -> None:
        """Forget a worker that has ended."""
        self._session.execute(delete(WorkerRow).where(WorkerRow.id == worker))

    def since(self, moment: datetime) -> Workers:
        """Return those that have said since a moment that they are at work."""
        query = select(func.count(), func.min(WorkerRow.oldest_event)).where(WorkerRow.seen_at >= moment)
        count, oldest = self._session.execute(query).one()
        return Workers(count, oldest)
