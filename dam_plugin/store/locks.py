"""The locks between processes on PostgreSQL, all of them: SQLite lets one transaction write at a time anyway.

Each ends with its transaction, so none is left behind by a kill, and PgBouncer may stand in front in transaction mode. Besides
these, rows alone are locked: the head of the ledger, first of all in each writing transaction (`Entries.hold`), the head of the
access log, alone in a transaction of its own (`Store.noting`), and the links that are opened together, which nobody waits for
(`Shares.links_by_hash`). No table is locked but by a migration.
"""

from __future__ import annotations

from enum import IntEnum, unique

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import Session


@unique
class AdvisoryLock(IntEnum):
    """The numbers of our advisory locks in the database; any would do that nothing else in it takes.

    INVARIANT: whoever takes several takes them in this order, and the head of the ledger after `UPGRADE`, before the others.
    """

    UPGRADE = 7_463_812
    """One upgrade of the tables at a time: two processes of a new version may start at once."""
    FINDINGS = 7_463_813
    """One look or finding at a time: two at once may loosen together what neither loosens alone."""


def take(at: Connection | Session, lock: AdvisoryLock) -> None:
    """Wait for a lock, and have it until the transaction ends. On SQLite the transaction itself is the lock."""
    connection = at.connection() if isinstance(at, Session) else at
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(int(lock))))
