"""The recordings, shares, links and referrals that the ledger's entries are about, read from the other tables."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from dam_plugin.model import Share
from dam_plugin.store.seals import SHARES, Seals
from dam_plugin.store.share_counts import count_anew
from dam_plugin.store.sql import chunks
from dam_plugin.store.tables import (
    AssetRow,
    AssetStudentRow,
    FindingRow,
    LinkRow,
    ReferralRow,
    ShareRow,
)


@dataclass(frozen=True, slots=True)
class ShareTrace:
    """One attempt to share: of which version of a recording, and what was decided, as plain data."""

    share: Share
    asset_id: str | None
    outcome: str
    decision: dict[str, Any]
    is_released: bool
    at: datetime
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Recording:
    """A version of a recording: its key, its media type, whether it has left the library, and since when we know it."""

    key: str
    media_type: str
    deleted: bool
    first_seen: datetime


@dataclass(frozen=True, slots=True)
class Closing:
    """That a link was closed: of which share, when, and why."""

    link: str
    share: str
    at: datetime
    why: str


class LedgerSubjects:
    """Look-ups by the ids that stand in the ledger, within one transaction."""

    def __init__(self, session: Session, seals: Seals) -> None:
        """Work on the transaction of `session`; `seals` seals the rows that are in force."""
        self._session = session
        self._seals = seals

    def versions_with(self, student_id: str) -> set[str]:
        """Return the ids of the versions in which a student is, as the tags are now."""
        query = select(AssetStudentRow.asset_id).where(AssetStudentRow.student_id == student_id)
        return set(self._session.scalars(query))

    def students_shared(self, students: Collection[str]) -> set[str]:
        """Return those of the students who are in a recording of which a copy was released, as the tags are now.

        Also a copy of another version of it.
        """
        query = select(AssetStudentRow.student_id).join(AssetRow, AssetRow.id == AssetStudentRow.asset_id)
        query = query.join(ShareRow, ShareRow.asset_key == AssetRow.key)
        released = query.where(ShareRow.release_id.is_not(None))
        found = (
            self._session.scalars(released.where(AssetStudentRow.student_id.in_(chunk)).distinct())
            for chunk in chunks(students)
        )
        return {student for each in found for student in each}

    def shares(self, *, ids: Collection[str] = (), versions: Collection[str] = ()) -> dict[str, ShareTrace]:
        """Return the shares with these ids and those of these versions, by id."""
        found: dict[str, ShareTrace] = {}
        for column, values in ((ShareRow.id, ids), (ShareRow.asset_id, versions)):
            for chunk in chunks(values):
                query = select(ShareRow).where(column.in_(chunk))
                for row in self._session.scalars(query, execution_options={"populate_existing": True}):
                    released = row.release_id is not None
                    found[row.id] = ShareTrace(
                        row.share, row.asset_id, row.outcome, row.decision, released, row.at, row.secret
                    )
        return found

    def recordings(self, ids: Collection[str]) -> dict[str, Recording]:
        """Return the versions with these ids, by id."""
        return self._recordings(AssetRow.id, ids)

    def versions_of(self, keys: Collection[str]) -> dict[str, Recording]:
        """Return every version of these keys, by id."""
        return self._recordings(AssetRow.key, keys)

    def _recordings(self, column: InstrumentedAttribute[str], values: Collection[str]) -> dict[str, Recording]:
        found: dict[str, Recording] = {}
        for chunk in chunks(values):
            query = select(AssetRow.id, AssetRow.key, AssetRow.media_type, AssetRow.deleted, AssetRow.first_seen)
            for row in self._session.execute(query.where(column.in_(chunk))):
                found[row.id] = Recording(row.key, row.media_type, row.deleted, row.first_seen)
        return found

    def links(self, share_ids: Iterable[str], *, open_at: datetime | None = None) -> dict[str, str]:
        """Return the links of these shares, each with its share; with `open_at` only the links that are open at that time."""
        found: dict[str, str] = {}
        for chunk in chunks(share_ids):
            query = select(LinkRow.id, LinkRow.share_id).where(LinkRow.share_id.in_(chunk))
            if open_at is not None:
                query = query.where(LinkRow.closed_at.is_(None), LinkRow.expires_at > open_at)
            found |= {row.id: row.share_id for row in self._session.execute(query)}
        return found

    def closings(self, share_ids: Iterable[str]) -> list[Closing]:
        """Return which links of these shares were closed."""
        found: list[Closing] = []
        for chunk in chunks(share_ids):
            query = select(LinkRow.id, LinkRow.share_id, LinkRow.closed_at, LinkRow.closed_why).where(
                LinkRow.share_id.in_(chunk), LinkRow.closed_at.is_not(None)
            )
            rows = self._session.execute(query)
            found += [Closing(link, share, at, why or "") for link, share, at, why in rows if at is not None]
        return found

    def shares_of_links(self, link_ids: Iterable[str]) -> dict[str, str]:
        """Return the shares of these links, by link."""
        found: dict[str, str] = {}
        for chunk in chunks(link_ids):
            query = select(LinkRow.id, LinkRow.share_id).where(LinkRow.id.in_(chunk))
            found |= {row.id: row.share_id for row in self._session.execute(query)}
        return found

    def awaited(self, share_ids: Iterable[str]) -> set[str]:
        """Return which of these shares an open referral rests on: as the last to ask, with evidence, or by a finding."""
        found = set(self.referrals(ids := set(share_ids), open_only=True).values())
        for chunk in chunks(ids):
            written = select(ReferralRow.evidence_share).where(ReferralRow.closed_at.is_(None))
            found |= {
                each for each in self._session.scalars(written.where(ReferralRow.evidence_share.in_(chunk))) if each
            }
        for column in (FindingRow.stated_on, FindingRow.share_id):
            for chunk in chunks(ids):
                query = select(column).join(ReferralRow, ReferralRow.id == FindingRow.referral_id)
                query = query.where(column.in_(chunk), ReferralRow.closed_at.is_(None))
                found |= {each for each in self._session.scalars(query) if each is not None}
        return found

    def referrals(self, share_ids: Iterable[str], *, open_only: bool = False) -> dict[str, str]:
        """Return the referrals that these shares are the last to ask for, each with its share."""
        found: dict[str, str] = {}
        for chunk in chunks(share_ids):
            query = select(ReferralRow.id, ReferralRow.share_id).where(ReferralRow.share_id.in_(chunk))
            if open_only:
                query = query.where(ReferralRow.closed_at.is_(None))
            found |= {row.id: row.share_id for row in self._session.execute(query)}
        return found

    def replace_share(self, share: Share, decision: dict[str, Any]) -> None:
        """Replace the kept share and its decision with this; one that names nobody any more is not found by names."""
        self._seals.before(SHARES, [share.id])
        named_by = None if not share.names else ShareRow.named_by
        kept = update(ShareRow).where(ShareRow.id == share.id)
        self._session.execute(kept.values(share=share, decision=decision, named_by=named_by))
        count_anew(self._session, share, decision)
