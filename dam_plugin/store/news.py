"""When the bucket's events were last heard of, by the way on which they came. Nothing of what they told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from dam_plugin.store.sql import upsert_all
from dam_plugin.store.tables import NewsRow


class News:
    """The repository of news, within one transaction."""

    def __init__(self, session: Session) -> None:
        """Work on the transaction of `session`."""
        self._session = session

    def heard(self, source: str) -> datetime | None:
        """Return when the bucket's events were last heard of on this way; None where they never were."""
        return self._session.scalar(select(NewsRow.at).where(NewsRow.source == source))

    def hear(self, source: str, at: datetime) -> None:
        """Note that the bucket's events were heard of just now."""
        upsert_all(self._session, NewsRow, [{"source": source, "at": at}], by=("source",))
