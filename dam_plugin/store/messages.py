"""HTTP requests that were taken, and the answers kept under an idempotency key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from dam_plugin.store.sql import changed
from dam_plugin.store.tables import Base, HttpAnswerRow, HttpMessageRow

# Twice as far as a request's time may be from ours, before or after it: older ones are refused by their time alone.
REMEMBERED_SECONDS = 600
# A request that has no answer after so long, and after the time that a copy may take, lost the process at work on it.
DEAD_AFTER = timedelta(minutes=15)


def dead_before(now: datetime, redaction_seconds: float) -> datetime:
    """Return when a request was begun at the latest whose process counts as dead now, if it has no answer."""
    return now - DEAD_AFTER - timedelta(seconds=redaction_seconds)


class Taken(Enum):
    """Whether a request comes for the first time."""

    NEW = "it does"
    BEFORE = "it came before"
    # A clock that was ahead has run back since.
    TOO_OLD = "its client has sent one that was signed so much later that this one may have been forgotten"


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """The answer to the request of this digest; without a status while the request is at work on."""

    digest: str
    at: datetime
    status: int | None = None
    body: str | None = None


class Messages:
    """The repository of requests and answers over HTTP, within one transaction."""

    def __init__(self, session: Session) -> None:
        """Work on the transaction of `session`."""
        self._session = session

    def take(self, client: str, message_id: str, sent_at: int, at: datetime) -> Taken:
        """Keep that a request was taken; return whether it is the first time that this one came.

        INVARIANT: what may have been forgotten never counts as new, whatever the clock did meanwhile: a request that
        was sent so long before the newest one of the client is none that comes for the first time.
        """
        newest = self._session.scalar(select(func.max(HttpMessageRow.sent_at)).where(HttpMessageRow.client == client))
        if newest is not None and sent_at < newest - REMEMBERED_SECONDS:
            return Taken.TOO_OLD
        row = {"client": client, "message_id": message_id, "sent_at": sent_at, "at": at}
        return Taken.NEW if self._inserted(HttpMessageRow, row) else Taken.BEFORE

    def begin(
        self, client: str, key: str, digest: str, at: datetime, *, dead_before: datetime, old_before: datetime
    ) -> KeptAnswer | None:
        """Keep that a request is at work on under a key, and return None; or return what stands there already.

        What was begun before `dead_before` and never finished was left by a process that died, and what was begun
        before `old_before` is no longer kept: both make room.
        """
        row = HttpAnswerRow
        is_dead = row.status.is_(None) & (row.at < dead_before)
        self._session.execute(
            delete(row).where(row.client == client, row.key == key, or_(is_dead, row.at < old_before))
        )
        if self._inserted(row, {"client": client, "key": key, "digest": digest, "at": at}):
            return None
        # Whoever was in between may have dropped it again: it is at work on for all that is known.
        return self._answer(client, key) or KeptAnswer(digest, at)

    def finish(self, client: str, key: str, at: datetime, status: int, body: str) -> bool:
        """Keep what was answered to what was begun at this time; False where that has been given up meanwhile."""
        row = HttpAnswerRow
        mine = update(row).where(row.client == client, row.key == key, row.at == at, row.status.is_(None))
        return bool(changed(self._session, mine.values(status=status, body=body)))

    def drop(self, client: str, key: str, at: datetime) -> None:
        """Forget what was begun at this time, since nothing came to be."""
        row = HttpAnswerRow
        mine = (row.client == client, row.key == key, row.at == at, row.status.is_(None))
        self._session.execute(delete(row).where(*mine))

    def drop_unfinished(self, before: datetime) -> int:
        """Forget what was begun before this time and never finished; return how many."""
        row = HttpAnswerRow
        return changed(self._session, delete(row).where(row.status.is_(None), row.at < before))

    def forget(self, *, messages_before: datetime, answers_before: datetime) -> None:
        """Forget what is older than this, but for messages that could still count as new."""
        newest = aliased(HttpMessageRow)
        sent_last = select(func.max(newest.sent_at)).where(newest.client == HttpMessageRow.client).scalar_subquery()
        old = (HttpMessageRow.at < messages_before, HttpMessageRow.sent_at < sent_last - REMEMBERED_SECONDS)
        self._session.execute(delete(HttpMessageRow).where(*old), execution_options={"synchronize_session": False})
        self._session.execute(delete(HttpAnswerRow).where(HttpAnswerRow.at < answers_before))

    def _answer(self, client: str, key: str) -> KeptAnswer | None:
        query = select(HttpAnswerRow).where(HttpAnswerRow.client == client, HttpAnswerRow.key == key)
        row = self._session.scalar(query, execution_options={"populate_existing": True})
        return None if row is None else KeptAnswer(row.digest, row.at, row.status, row.body)

    def _inserted(self, table: type[Base], row: dict[str, object]) -> bool:
        try:
            with self._session.begin_nested():
                self._session.execute(insert(table).values(**row))
        except IntegrityError:
            return False
        return True
