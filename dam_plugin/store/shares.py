"""Shares, releases and links as the store keeps them. A link's token is never kept, only its hash."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Select, insert, select, update
from sqlalchemy.orm import Session

from dam_plugin.errors import UnknownThing
from dam_plugin.model import Link, Release, Share
from dam_plugin.store.statements import changed, chunks
from dam_plugin.store.tables import AssetRow, AssetStudentRow, LinkRow, ReleaseRow, ShareRow

_FRESH = {"populate_existing": True}


@dataclass(frozen=True, slots=True)
class StoredShare:
    """One attempt to share with what was decided: `outcome` is its word, `decision` the whole as plain data."""

    share: Share
    asset_id: str | None
    outcome: str
    decision: dict[str, Any]
    release_id: str | None
    at: datetime


class Shares:
    """The repository of shares, releases and links, within one transaction."""

    def __init__(self, session: Session) -> None:
        """Work on the transaction of `session`."""
        self._session = session

    def add_share(self, stored: StoredShare) -> None:
        """Keep one attempt."""
        values = {
            "id": stored.share.id,
            "asset_key": stored.share.asset_key,
            "asset_id": stored.asset_id,
            "share": stored.share,
            "outcome": stored.outcome,
            "decision": stored.decision,
            "release_id": stored.release_id,
            "at": stored.at,
        }
        self._session.execute(insert(ShareRow).values(**values))

    def share(self, share_id: str) -> StoredShare | None:
        """Return one attempt by its id."""
        row = self._session.scalar(select(ShareRow).where(ShareRow.id == share_id), execution_options=_FRESH)
        if row is None:
            return None
        return StoredShare(row.share, row.asset_id, row.outcome, row.decision, row.release_id, row.at)

    def add_release(self, release: Release, at: datetime) -> None:
        """Keep a copy that is being made or was made."""
        values = {name: getattr(release, name) for name in _RELEASE}
        self._session.execute(insert(ReleaseRow).values(**values, at=at))

    def set_release(
        self, release_id: str, *, state: str, version_id: str | None = None, proof: Mapping[str, Any] | None = None
    ) -> None:
        """Change a release's state, and its version and proof where they are given. Raises UnknownThing."""
        values: dict[str, Any] = {"state": state}
        if version_id is not None:
            values["version_id"] = version_id
        if proof is not None:
            values["proof"] = dict(proof)
        if not changed(self._session, update(ReleaseRow).where(ReleaseRow.id == release_id).values(**values)):
            raise UnknownThing(f"there is no release {release_id!r}")

    def release(self, release_id: str) -> Release | None:
        """Return one release by its id."""
        return next(iter(self._releases(select(ReleaseRow).where(ReleaseRow.id == release_id))), None)

    def releases(self, states: Collection[str], *, before: datetime | None = None) -> list[Release]:
        """Return the releases in one of these states, oldest first; with `before` those that were begun until then."""
        query = select(ReleaseRow).where(ReleaseRow.state.in_(list(states)))
        return self._releases(query if before is None else query.where(ReleaseRow.at <= before))

    def reusable(
        self,
        source_key: str,
        version: str | None,
        etag: str,
        redacted: Collection[str],
        *,
        plan: str,
    ) -> Release | None:
        """Return the newest open copy of this very version that hides exactly these students by this plan.

        `plan` is the digest of whatever else the copy was made from, which its proof keeps under that name: a copy made
        before a correction is not used again, nor one that an earlier version of the program made.
        """
        query = select(ReleaseRow).where(
            ReleaseRow.source_key == source_key,
            ReleaseRow.source_version == version,
            ReleaseRow.source_etag == etag,
            ReleaseRow.state == "open",
        )
        fitting = (
            release
            for release in reversed(self._releases(query))
            if set(release.redacted) == set(redacted) and release.proof.get("plan") == plan
        )
        return next(fitting, None)

    def add_link(self, link: Link, token_hash: str) -> None:
        """Keep a link with the hash of its token; its share and release must be kept already."""
        values = {name: getattr(link, name) for name in _LINK}
        self._session.execute(insert(LinkRow).values(**values, token_hash=token_hash, openings=0))

    def link_by_hash(self, token_hash: str) -> Link | None:
        """Return the link whose token has this hash, a closed or expired one too."""
        return next(iter(self._links(select(LinkRow).where(LinkRow.token_hash == token_hash))), None)

    def link(self, link_id: str) -> Link | None:
        """Return one link by its id."""
        return next(iter(self._links(select(LinkRow).where(LinkRow.id == link_id))), None)

    def links(self, open_only: bool) -> list[Link]:
        """Return the links, oldest first; `open_only` leaves out those that were closed (not those that expired)."""
        query = select(LinkRow)
        return self._links(query.where(LinkRow.closed_at.is_(None)) if open_only else query)

    def links_of(self, *, asset_key: str | None = None, student: str | None = None) -> list[Link]:
        """Return the links not closed that open a recording of this key, or one that this student is in, or both.

        A student is in a recording when any version of its key shows them.
        """
        query = select(LinkRow).join(ShareRow, ShareRow.id == LinkRow.share_id).where(LinkRow.closed_at.is_(None))
        if asset_key is None and student is None:
            raise ValueError("links_of needs an asset_key or a student")
        if asset_key is not None:
            query = query.where(ShareRow.asset_key == asset_key)
        if student is not None:
            keys = select(AssetRow.key).join(AssetStudentRow, AssetStudentRow.asset_id == AssetRow.id)
            query = query.where(ShareRow.asset_key.in_(keys.where(AssetStudentRow.student_id == student)))
        return self._links(query)

    def close_links(self, ids: Iterable[str], why: str, at: datetime) -> int:
        """Close those of the links that are not closed yet; return how many."""
        closed = 0
        for chunk in chunks(ids):
            still_open = update(LinkRow).where(LinkRow.id.in_(chunk), LinkRow.closed_at.is_(None))
            closed += changed(self._session, still_open.values(closed_at=at, closed_why=why))
        return closed

    def count_open(self, link_id: str) -> int:
        """Count one opening of a link; return how many there were. Raises UnknownThing."""
        counted = update(LinkRow).where(LinkRow.id == link_id).values(openings=LinkRow.openings + 1)
        openings: int | None = self._session.scalar(counted.returning(LinkRow.openings))
        if openings is None:
            raise UnknownThing(f"there is no link {link_id!r}")
        return openings

    def _releases(self, query: Select[ReleaseRow]) -> list[Release]:
        rows = self._session.scalars(query.order_by(ReleaseRow.at, ReleaseRow.id), execution_options=_FRESH)
        return [Release(**{name: getattr(row, name) for name in _RELEASE}) for row in rows]

    def _links(self, query: Select[LinkRow]) -> list[Link]:
        rows = self._session.scalars(query.order_by(LinkRow.created_at, LinkRow.id), execution_options=_FRESH)
        return [Link(**{name: getattr(row, name) for name in _LINK}) for row in rows]


# The columns bear the names of the model's fields.
_RELEASE = tuple(field.name for field in fields(Release))
_LINK = tuple(field.name for field in fields(Link))
