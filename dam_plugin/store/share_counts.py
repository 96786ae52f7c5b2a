"""What a report counts of the shares: a narrow row beside each, and the counts, made by the database. It names nobody."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, insert, select, update
from sqlalchemy.orm import Session

from dam_plugin.model import Share
from dam_plugin.store.codec import canonical, to_plain
from dam_plugin.store.sql import OF, rows_of
from dam_plugin.store.tables import ShareCountRow, ShareRow

# The purpose of a share whose details were deleted.
FORGOTTEN = "deleted"
_RELEASED = ("allow", "redact")
_BATCH = 500


@dataclass(frozen=True, slots=True)
class ShareGroup:
    """So many shares with one outcome for the same clauses; `asked_again`: the custodian decided them again."""

    outcome: str
    clauses: tuple[str, ...] = ()
    asked_again: bool = False
    count: int = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """A share that answered what somebody waited for: the role of who asked for it, and whether the report counts it."""

    role: str
    outcome: str
    asked_again: bool
    is_counted: bool


Span = tuple[datetime | None, datetime | None]


class ShareCounts:
    """Counts shares within one transaction. What is under an order that forbids telling is never among them."""

    def __init__(self, session: Session) -> None:
        """Work on the transaction of `session`."""
        self._session = session

    def groups(self, span: Span) -> list[ShareGroup]:
        """Return the shares from the first moment of a span until before the second, counted."""
        row = ShareCountRow
        by = row.outcome, row.clauses, row.asked_again
        query = select(*by, func.count()).where(*_within(span)).group_by(*by).order_by(*by)
        return [
            ShareGroup(outcome, tuple(clauses.split()), again, count)
            for outcome, clauses, again, count in self._session.execute(query)
        ]

    def overturned(self, span: Span) -> int:
        """Return how many refusals in a span were released when the same was asked again."""
        row = ShareCountRow
        before = func.lag(row.outcome).over(partition_by=row.request, order_by=(row.at, row.share_id))
        decided = row.outcome.in_(("deny", *_RELEASED)), row.request.is_not(None)
        answers = select(row.outcome, before.label("before")).where(*decided, *_within(span)).subquery()
        of_one = answers.c.before == "deny", answers.c.outcome.in_(_RELEASED)
        return self._session.scalar(select(func.count()).select_from(answers).where(*of_one)) or 0

    def answers(self, shares: Iterable[str], span: Span) -> dict[str, Answer]:
        """Return those of these shares that are on file; which of them a report of the span counts."""
        since, until = span
        return {
            row.share_id: Answer(
                row.role,
                row.outcome,
                row.asked_again,
                not row.secret and (since is None or row.at >= since) and (until is None or row.at < until),
            )
            for row in rows_of(self._session, _ANSWERS, shares)
        }


def counted(share: Share, decision: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the row that counts a share has besides its columns: plain data."""
    reasons = decision.get("reasons") or ()
    is_forgotten = share.purpose == FORGOTTEN and not any(each.get("text") for each in reasons)
    return {
        "clauses": " ".join(each.get("clause", "") for each in reasons),
        "asked_again": bool(share.referral),
        # What was asked for is no longer on record, and would be the same for all of these.
        "request": None if is_forgotten else _request(to_plain(share)),
        "role": share.actor.role,
        "user": share.user,
    }


def add_counts(session: Session, rows: list[dict[str, Any]]) -> None:
    """Write these rows, of shares that are new."""
    if rows:
        session.connection().execute(insert(ShareCountRow.__table__), rows)  # type: ignore[arg-type]  # a Table it is


def count_anew(session: Session, share: Share, decision: Mapping[str, Any]) -> None:
    """Write the row of a share again, of which something was changed."""
    row = update(ShareCountRow).where(ShareCountRow.share_id == share.id)
    session.execute(row.values(**counted(share, decision), secret=share.secret))


def count_as_secret(session: Session, share_id: str, *, secret: bool) -> None:
    """Leave a share out of the counts, or no longer."""
    session.execute(update(ShareCountRow).where(ShareCountRow.share_id == share_id).values(secret=secret))


def count_all(session: Session) -> None:
    """Write the row of each share on file that has none, a batch in memory at a time."""
    columns = ShareRow.id, ShareRow.share, ShareRow.outcome, ShareRow.decision, ShareRow.at, ShareRow.secret
    behind = ""
    while rows := session.execute(
        select(*columns).where(ShareRow.id > behind).order_by(ShareRow.id).limit(_BATCH)
    ).all():
        add_counts(
            session,
            [
                {
                    "share_id": row.id,
                    "at": row.at,
                    "outcome": row.outcome,
                    "secret": row.secret,
                    **counted(row.share, row.decision),
                }
                for row in rows
            ],
        )
        behind = rows[-1].id


def _within(span: Span) -> Iterator[ColumnElement[bool]]:
    since, until = span
    yield ShareCountRow.secret.is_(False)
    if since is not None:
        yield ShareCountRow.at >= since
    if until is not None:
        yield ShareCountRow.at < until


def _request(share: Mapping[str, Any]) -> int:
    """Return the number by which the same request is known."""
    asked = [share.get(name) for name in ("asset_key", "kind", "purpose", "recipient", "names")]
    return int.from_bytes(hashlib.sha256(canonical(asked).encode()).digest()[:8], signed=True)


_TOLD = ("share_id", "role", "outcome", "asked_again", "at", "secret")
_ANSWERS = select(*(getattr(ShareCountRow, name) for name in _TOLD)).where(ShareCountRow.share_id.in_(OF))
