"""Keeps received HTTP requests, to recognise a repeated one, and the answers under an idempotency key.

`dam_hooks.http.idempotency` decides which answer a request gets.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from dam_plugin.store.sql import changed
from dam_plugin.store.tables import Base, HttpAnswerRow, HttpMessageRow

# Twice as far as a request's time may differ from ours, since it may be early or late. Older ones are refused anyway.
REMEMBERED_SECONDS = 600
# A request without an answer after this long, plus the time that a copy may take: its process has died.
DEAD_AFTER = timedelta(minutes=15)


def dead_before(now: datetime, redaction_seconds: float) -> datetime:
    """Return a time: if a request was begun before it and has no answer, its process counts as dead."""
    return now - DEAD_AFTER - timedelta(seconds=redaction_seconds)


class Taken(Enum):
    """Whether a request comes for the first time."""

    NEW = "it does"
    BEFORE = "it came before"
    # A clock was ahead and has been set back.
    TOO_OLD = "its client has sent one that was signed so much later that this one may have been forgotten"


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """The answer to the request with this digest; without a status while the work on the request goes on."""

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
        """Keep that a request was taken; return whether it came for the first time.

        INVARIANT: a request that may have been forgotten never counts as new, even if a clock was wrong. So a request that
        was sent more than REMEMBERED_SECONDS before the client's newest one is too old.
        """
        newest = self._session.scalar(select(func.max(HttpMessageRow.sent_at)).where(HttpMessageRow.client == client))
        if newest is not None and sent_at < newest - REMEMBERED_SECONDS:
            return Taken.TOO_OLD
        row = {"client": client, "message_id": message_id, "sent_at": sent_at, "at": at}
        return Taken.NEW if self._inserted(HttpMessageRow, row) else Taken.BEFORE

    def begin(
        self, client: str, key: str, digest: str, at: datetime, *, dead_before: datetime, old_before: datetime
    ) -> KeptAnswer | None:
        """Keep that the work on a request has begun under a key, and return None; or return what the key holds already.

        The key is first freed of a request that was begun before `dead_before` and never finished (its process died), and
        of any that was begun before `old_before`.
        """
        row = HttpAnswerRow
        is_dead = row.status.is_(None) & (row.at < dead_before)
        self._session.execute(
            delete(row).where(row.client == client, row.key == key, or_(is_dead, row.at < old_before))
        )
        if self._inserted(row, {"client": client, "key": key, "digest": digest, "at": at}):
            return None
        # Another process may have dropped its row since. The request then counts as one that is still worked on.
        return self._answer(client, key) or KeptAnswer(digest, at)

    def finish(self, client: str, key: str, at: datetime, status: int, body: str) -> bool:
        """Keep the answer to the request that was begun at this time; return False if it has been given up meanwhile."""
        row = HttpAnswerRow
        mine = update(row).where(row.client == client, row.key == key, row.at == at, row.status.is_(None))
        return bool(changed(self._session, mine.values(status=status, body=body)))

    def drop(self, client: str, key: str, at: datetime) -> None:
        """Forget the request that was begun at this time, since it failed and changed nothing."""
        row = HttpAnswerRow
        mine = (row.client == client, row.key == key, row.at == at, row.status.is_(None))
        self._session.execute(delete(row).where(*mine))

    def drop_unfinished(self, before: datetime) -> int:
        """Forget requests that were begun before this time and never finished; return how many."""
        row = HttpAnswerRow
        return changed(self._session, delete(row).where(row.status.is_(None), row.at < before))

    def forget(self, *, messages_before: datetime, answers_before: datetime) -> None:
        """Forget older requests and answers, but keep a request that would count as new if it came again."""
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
