"""Shares, releases and links in the store. It keeps the hash of a link's token, never the token."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, and_, bindparam, func, insert, or_, select, update
from sqlalchemy.orm import Session

from dam_plugin.errors import LedgerBroken, StoreError, UnknownThing
from dam_plugin.model import MOST_WRONG_WORDS, Link, Outcome, Release, Share
from dam_plugin.store.codec import canonical, encode
from dam_plugin.store.seals import ALARM, BENT, LINKS, RELEASES, SHARES, Seals
from dam_plugin.store.share_counts import add_counts, count_as_secret, counted
from dam_plugin.store.sql import OF, changed, chunks, rows_of
from dam_plugin.store.tables import (
    AssetRow,
    AssetStudentRow,
    LedgerDetailsRow,
    LedgerEntryRow,
    LinkRow,
    ReferralRow,
    ReleaseRow,
    SecretEntryRow,
    ShareCountRow,
    ShareRow,
)

log = logging.getLogger(__name__)

# How long the copy of a used-up link stays open after the last opening: no URL works for longer.
LAST_OPENING = timedelta(hours=2)
# The state of a copy that was made for a yearbook set: it is on hold, and no link opens it.
KEPT = "kept"

_FRESH = {"populate_existing": True}
_BATCH = 500


@dataclass(frozen=True, slots=True)
class StoredShare:
    """One attempt to share with its decision: `outcome` is the decision's word, `decision` the whole as plain data."""

    share: Share
    asset_id: str | None
    outcome: str
    decision: dict[str, Any]
    release_id: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class NotSeen:
    """A link to a recording that a family was given and has not opened: since when, and until when it can be."""

    key: str
    link: str
    since: datetime
    until: datetime
    secret: bool


@dataclass(frozen=True, slots=True)
class WrittenShare:
    """One attempt in the form of its row: share and decision are texts, since making these takes most of the time."""

    id: str
    asset_key: str
    asset_id: str | None
    share: str
    outcome: str
    decision: str
    release_id: str | None
    at: datetime
    secret: bool = False
    named_by: str | None = None
    counted: dict[str, Any] = field(default_factory=dict)


def written(stored: StoredShare) -> WrittenShare:
    """Return an attempt in the form of its row; raise StoreError if it could not be read again."""
    return WrittenShare(
        id=stored.share.id,
        asset_key=stored.share.asset_key,
        asset_id=stored.asset_id,
        share=encode(Share, stored.share),
        outcome=stored.outcome,
        decision=encode(dict[str, Any], stored.decision),
        release_id=stored.release_id,
        at=stored.at,
        secret=stored.share.secret,
        named_by=_named_by(stored.share) if stored.share.names else None,
        counted=counted(stored.share, stored.decision),
    )


def _named_by(share: Share) -> str:
    """Return a hash of the recording and of who asks for it."""
    return hashlib.sha256(canonical([share.asset_key, *share.recipient.who]).encode()).hexdigest()


def _oldest_first(rows: Iterable[ShareRow]) -> list[StoredShare]:
    found = [StoredShare(row.share, row.asset_id, row.outcome, row.decision, row.release_id, row.at) for row in rows]
    return sorted(found, key=lambda each: (each.at, each.share.id))


class Shares:
    """The repository of shares, releases and links, within one transaction."""

    def __init__(self, session: Session, seals: Seals) -> None:
        """Work on the transaction of `session`; `seals` seals the rows that are in force."""
        self._session = session
        self._seals = seals

    def add_share(self, stored: StoredShare) -> None:
        """Keep one attempt."""
        self.add_shares([stored])

    def add_shares(self, stored: Iterable[StoredShare]) -> None:
        """Keep attempts, in one round."""
        self.add_written([written(each) for each in stored])

    def add_written(self, shares: Sequence[WrittenShare]) -> None:
        """Keep attempts that were written before, in one round."""
        if shares:
            self._seals.new(SHARES, [each.id for each in shares])
            rows = [{name: getattr(each, name) for name in _WRITTEN} for each in shares]
            self._session.connection().execute(_ADD, rows)
            counts = (
                {"share_id": each.id, "at": each.at, "outcome": each.outcome, "secret": each.secret, **each.counted}
                for each in shares
            )
            add_counts(self._session, list(counts))

    def share(self, share_id: str) -> StoredShare | None:
        """Return one attempt by its id."""
        row = self._session.scalar(select(ShareRow).where(ShareRow.id == share_id), execution_options=_FRESH)
        if row is None:
            return None
        return StoredShare(row.share, row.asset_id, row.outcome, row.decision, row.release_id, row.at)

    def stored_of(self, share_ids: Iterable[str]) -> list[StoredShare]:
        """Return attempts by their ids, oldest first; a missing one is left out. Raises LedgerBroken for a changed row."""
        rows = [
            row
            for chunk in chunks(share_ids)
            for row in self._session.scalars(select(ShareRow).where(ShareRow.id.in_(chunk)), execution_options=_FRESH)
        ]
        if self._seals.bent(SHARES, [row.id for row in rows]):
            raise LedgerBroken(BENT)
        return _oldest_first(rows)

    def named_before(self, share: Share) -> list[Share]:
        """Return what the same recipient asked for on the same recording before with a student's name.

        A row that was changed beside the program counts too: more names never loosen an answer. What was asked under an
        order that forbids telling counts for such a share alone.
        """
        query = select(ShareRow.share).where(ShareRow.named_by == _named_by(share))
        if not share.secret:
            query = query.where(ShareRow.secret.is_(False))
        return list(self._session.scalars(query))

    def other_schools(self) -> set[str]:
        """Return the ids of the other schools that asked for a transfer: each of their requests is referred."""
        asked = select(ReferralRow.share_id).where(ReferralRow.kind == "transfer")
        shares = self._session.scalars(select(ShareRow.share).where(ShareRow.id.in_(asked)))
        return {each.recipient.id for each in shares if each.recipient.id}

    def keys_asked_by_name(self) -> set[str]:
        """Return the keys of the recordings of which somebody asked for a student by name."""
        return set(self._session.scalars(select(ShareRow.asset_key).where(ShareRow.named_by.is_not(None)).distinct()))

    def of_key(self, asset_key: str) -> list[StoredShare]:
        """Return every attempt to share a recording under this key, oldest first."""
        return self.of_keys([asset_key])

    def of_keys(self, asset_keys: Iterable[str]) -> list[StoredShare]:
        """Return every attempt to share a recording under one of these keys, oldest first."""
        rows = (
            row
            for chunk in chunks(asset_keys)
            for row in self._session.scalars(
                select(ShareRow).where(ShareRow.asset_key.in_(chunk)), execution_options=_FRESH
            )
        )
        return _oldest_first(rows)

    def make_secret(self, shares: Iterable[Share], *, secret: bool = True) -> None:
        """Note that attempts turned out to be under an order that forbids telling, and so are their links; or not to be."""
        for each in shares:
            self._seals.before(SHARES, [each.id])
            of_share = update(ShareRow).where(ShareRow.id == each.id)
            self._session.execute(of_share.values(share=replace(each, secret=secret), secret=secret))
            count_as_secret(self._session, each.id, secret=secret)
            self._seals.before(LINKS, self._session.scalars(select(LinkRow.id).where(LinkRow.share_id == each.id)))
            self._session.execute(update(LinkRow).where(LinkRow.share_id == each.id).values(secret=secret))

    def asked_for(self, share_ids: Iterable[str]) -> dict[str, Share]:
        """Return the requests of attempts by the attempts' ids; one that is missing or does not fit its seal is left out."""
        ids = set(share_ids)
        bent = self._seals.bent(SHARES, ids)
        return {row.id: row.share for row in rows_of(self._session, _ASKED_FOR, ids) if row.id not in bent}

    def add_release(self, release: Release, at: datetime, made_on: str | None = None) -> None:
        """Keep a copy that is being made or was made; `made_on` names the process that makes it."""
        values = {name: getattr(release, name) for name in _RELEASE}
        self._seals.new(RELEASES, [release.id])
        self._session.execute(insert(ReleaseRow).values(**values, at=at, made_on=made_on))

    def record_release(self, release_id: str, version_id: str | None) -> None:
        """Make a copy that is being made `recorded`, in this version. Raises StoreError if it is no longer being made."""
        self._seals.before(RELEASES, [release_id])
        made = update(ReleaseRow).where(ReleaseRow.id == release_id, ReleaseRow.state == "preparing")
        if not changed(self._session, made.values(state="recorded", version_id=version_id)):
            raise StoreError("a copy was withdrawn before it was recorded; nothing was released, share it again")

    def keep_release(self, release_id: str, version_id: str | None) -> bool:
        """Make a copy that is being made `kept`: on hold, for later sets, opened by no link. Return whether it was being made.

        A copy that was withdrawn meanwhile stays withdrawn.
        """
        self._seals.before(RELEASES, [release_id])
        made = update(ReleaseRow).where(ReleaseRow.id == release_id, ReleaseRow.state == "preparing")
        return bool(changed(self._session, made.values(state=KEPT, version_id=version_id)))

    def kept_before(self, moment: datetime) -> list[Release]:
        """Return the copies that have been kept for later sets since this moment or earlier, oldest first."""
        return self.releases([KEPT], before=moment)

    def release(self, release_id: str) -> Release | None:
        """Return one release by its id."""
        return next(iter(self._releases(select(ReleaseRow).where(ReleaseRow.id == release_id))), None)

    def releases_of(self, ids: Iterable[str]) -> dict[str, Release]:
        """Return releases by their ids; one that is missing or does not fit its seal is left out."""
        wanted = set(ids)
        bent = self._seals.bent(RELEASES, wanted)
        found = (Release(*row) for row in rows_of(self._session, _RELEASES_OF, wanted))
        return {release.id: release for release in found if release.id not in bent}

    def releases(
        self, states: Collection[str], *, before: datetime | None = None, ids: Collection[str] | None = None
    ) -> list[Release]:
        """Return the releases in one of these states, oldest first; `before`: only those begun by then; `ids`: only these."""
        query = select(ReleaseRow).where(ReleaseRow.state.in_(list(states)))
        if before is not None:
            query = query.where(ReleaseRow.at <= before)
        if ids is None:
            return self._releases(query)
        return [each for chunk in chunks(ids) for each in self._releases(query.where(ReleaseRow.id.in_(chunk)))]

    def releases_made_of(self, source_key: str) -> list[Release]:
        """Return every copy that was made of a recording, of whatever version and in whatever state, oldest first."""
        return self._releases(select(ReleaseRow).where(ReleaseRow.source_key == source_key))

    def count_releases(self, state: str) -> int:
        """Return how many releases are in a state."""
        query = select(func.count()).select_from(ReleaseRow).where(ReleaseRow.state == state)
        return self._session.scalar(query) or 0

    def makers(self) -> dict[str, str]:
        """Return the process that makes each copy, by the release's id; a copy whose process is unknown is left out."""
        query = select(ReleaseRow.id, ReleaseRow.made_on).where(ReleaseRow.state == "preparing")
        return {each: made_on for each, made_on in self._session.execute(query) if made_on is not None}

    def move_releases(self, ids: Iterable[str], *, was: Collection[str], state: str) -> list[str]:
        """Bring the releases that are in one of the states `was` into another state; return their ids."""
        return self._moved(ids, state, ReleaseRow.state.in_(list(was)))

    def unneeded(self, now: datetime) -> list[str]:
        """Return the ids of the recorded or open copies that no open link needs."""
        return list(self._session.scalars(select(ReleaseRow.id).where(_is_unneeded(now))))

    def withdraw_unneeded(self, now: datetime, ids: Iterable[str]) -> list[str]:
        """Make those of these copies `closing` that no link needs; return their ids."""
        return self._moved(ids, "closing", _is_unneeded(now))

    def lately_opened(self, link_ids: Iterable[str], since: datetime) -> dict[str, tuple[Release, datetime]]:
        """Return the open copies that one of these links opened since a moment, by id, each with the last opening's time."""
        found: dict[str, tuple[Release, datetime]] = {}
        for *values, opened in rows_of(self._session, _LATELY_OPENED.where(LinkRow.last_opened_at > since), link_ids):
            release = Release(*values)
            _, before = found.get(release.id, (release, opened))
            found[release.id] = release, max(before, opened)
        return found

    def move_copy(self, release_id: str, key: str, proof: Mapping[str, Any]) -> None:
        """Give an open copy a key that is still free: from then on the copy is `moving`, and no link opens it."""
        self._seals.before(RELEASES, [release_id])
        moved = update(ReleaseRow).where(ReleaseRow.id == release_id, ReleaseRow.state == "open")
        self._session.execute(moved.values(key=key, version_id=None, proof=dict(proof), state="moving"))

    def record_moved(self, release_id: str, key: str, version_id: str | None) -> bool:
        """Make a copy that is moving to this key `recorded`, in this version; return whether it was still moving."""
        self._seals.before(RELEASES, [release_id])
        moving = update(ReleaseRow).where(ReleaseRow.id == release_id, ReleaseRow.key == key)
        done = moving.where(ReleaseRow.state == "moving").values(state="recorded", version_id=version_id)
        return bool(changed(self._session, done))

    def is_any(self, states: Collection[str]) -> bool:
        """Whether any release is in one of these states."""
        query = select(ReleaseRow.id).where(ReleaseRow.state.in_(list(states))).limit(1)
        return self._session.scalar(query) is not None

    def needed_again(self, now: datetime, ids: Iterable[str] | None = None) -> list[str]:
        """Make closed copies (of these, null: of all) that an open link needs `recorded`; return their ids.

        Such a copy was closed by a clock that was ahead, by which the link had run out.
        """
        was_closed = ReleaseRow.state.in_(["closing", "purging", "closed"])
        condition = was_closed & _is_needed(now)
        if ids is None:
            ids = self._session.scalars(select(ReleaseRow.id).where(condition)).all()
        return self._moved(ids, "recorded", condition)

    def reusable(
        self,
        source_key: str,
        version: str | None,
        etag: str,
        redacted: Collection[str],
        *,
        plan: str,
        states: Collection[str] = ("open",),
    ) -> Release | None:
        """Return the newest copy of this version, in these states, that hides exactly these students by this plan.

        `plan` is the digest of everything else that the copy was made from; its proof keeps it under that name. So a copy
        from before a correction, or from an earlier version of the program, is not used again.
        """
        query = select(ReleaseRow).where(
            ReleaseRow.source_key == source_key,
            ReleaseRow.source_version == version,
            ReleaseRow.source_etag == etag,
            ReleaseRow.state.in_(list(states)),
        )
        fitting = (
            release
            for release in reversed(self._releases(query))
            if set(release.redacted) == set(redacted)
            and release.proof.get("plan") == plan
            and not self._seals.bent(RELEASES, [release.id])
        )
        return next(fitting, None)

    def add_link(self, link: Link, token_hash: str) -> None:
        """Keep a link with the hash of its token; its share and release must be kept already."""
        values = {name: getattr(link, name) for name in _LINK}
        self._seals.new(LINKS, [link.id])
        self._session.execute(insert(LinkRow).values(**values, token_hash=token_hash))

    def links_by_hash(self, token_hashes: Iterable[str], *, lock: bool = False) -> dict[str, Link]:
        """Return the links by the hashes of their tokens; an unknown link is left out.

        A link whose row does not fit its seal is left out too, and logged. With `lock` the links cannot change until the
        transaction ends. A link that another transaction is changing is then left out: waiting for it could be a deadlock.
        """
        rows = rows_of(self._session, _LINKS_LOCKED if lock else _LINKS_BY_HASH, token_hashes)
        found = {token_hash: Link(*values) for token_hash, *values in rows}
        bent = self._seals.bent(LINKS, [link.id for link in found.values()]) | self._set_back(found.values())
        return {token_hash: link for token_hash, link in found.items() if link.id not in bent}

    def _set_back(self, links: Iterable[Link]) -> set[str]:
        """Return those links with a limit of openings whose count is lower than the number of openings in the ledger."""
        limited = [link for link in links if link.most_openings is not None]
        counted = {link.id: link.openings for link in limited}
        told = {row[0]: int(row[1]) for row in rows_of(self._session, _OPENINGS_TOLD, counted)}
        secret = [link.id for link in limited if link.secret]
        told |= {row[0]: int(row[1]) for row in rows_of(self._session, _SECRET_OPENINGS_TOLD, secret)}
        found = {link_id for link_id, openings in counted.items() if openings < told.get(link_id, 0)}
        if found:
            log.error(ALARM, LinkRow.__tablename__)
        return found

    def link(self, link_id: str) -> Link | None:
        """Return one link by its id."""
        return next(iter(self._links(select(LinkRow).where(LinkRow.id == link_id))), None)

    def links(self, open_only: bool) -> list[Link]:
        """Return the links, oldest first; `open_only` leaves out those that were closed (not those that expired)."""
        query = select(LinkRow)
        return self._links(query.where(LinkRow.closed_at.is_(None)) if open_only else query)

    def closed_at(self, moment: datetime) -> list[Link]:
        """Return the links that were closed at exactly this moment, oldest first."""
        return self._links(select(LinkRow).where(LinkRow.closed_at == moment))

    def count_open_links(self, now: datetime) -> int:
        """Return how many links can be opened at a moment; those under an order that forbids telling are not counted."""
        is_open = LinkRow.closed_at.is_(None), LinkRow.expires_at > now, LinkRow.secret.is_(False)
        return self._session.scalar(select(func.count()).select_from(LinkRow).where(*is_open)) or 0

    def links_page(
        self, *, limit: int, after: str | None = None, open_on: datetime | None = None, secret: bool = False
    ) -> list[tuple[Link, StoredShare | None]]:
        """Return links with what they were handed out for: at most `limit`, behind the link `after`, oldest first.

        `open_on`: only those that can be opened at this moment, the soonest to end first. `secret`: those under an order that
        forbids telling, and no others. Raises UnknownThing where `after` is no link.
        """
        order = LinkRow.created_at if open_on is None else LinkRow.expires_at
        query = select(LinkRow).where(LinkRow.secret.is_(secret)).order_by(order, LinkRow.id).limit(limit)
        if open_on is not None:
            query = query.where(LinkRow.closed_at.is_(None), LinkRow.expires_at > open_on)
        if after is not None:
            last = self.link(after)
            if last is None or last.secret is not secret:
                raise UnknownThing("no link has the id given as --after: take one of the list")
            moment = last.created_at if open_on is None else last.expires_at
            query = query.where(or_(order > moment, and_(order == moment, LinkRow.id > after)))
        found = [_link(row) for row in self._session.scalars(query, execution_options=_FRESH)]
        shares = {each.share.id: each for each in self.stored_of(link.share_id for link in found)}
        return [(link, shares.get(link.share_id)) for link in found]

    def links_by(self, user: str, *, limit: int) -> list[tuple[Link, StoredShare, int]]:
        """Return the last links that a user handed out, each with its share and how often it was opened, newest first.

        None that is under an order that forbids telling.
        """
        mine = ShareCountRow.user == user, ShareCountRow.secret.is_(False), LinkRow.secret.is_(False)
        query = select(LinkRow).join(ShareCountRow, ShareCountRow.share_id == LinkRow.share_id).where(*mine)
        query = query.order_by(ShareCountRow.at.desc(), ShareCountRow.share_id.desc()).limit(limit)
        rows = list(self._session.scalars(query, execution_options=_FRESH))
        shares = {each.share.id: each for each in self.stored_of(row.share_id for row in rows)}
        return [(_link(row), shares[row.share_id], row.openings) for row in rows if row.share_id in shares]

    def stream_links(self) -> Iterator[Link]:
        """Stream every link, a batch in memory at a time; only within the transaction."""
        query = select(LinkRow).order_by(LinkRow.created_at, LinkRow.id)
        for row in self._session.scalars(query, execution_options={**_FRESH, "yield_per": _BATCH}):
            yield _link(row)

    def not_seen_by_family(self, keys: Iterable[str], today: date) -> Iterator[NotSeen]:
        """Yield the links to these recordings that a family was given and has not opened: they are open, and not over."""
        query = select(LinkRow, ShareRow.asset_key, ShareRow.share).join(ShareRow, ShareRow.id == LinkRow.share_id)
        query = query.where(*_not_seen(today))
        for chunk in chunks(keys):
            for row, key, share in self._session.execute(query.where(ShareRow.asset_key.in_(chunk))):
                if share.kind == "request" and share.recipient.is_family:
                    yield NotSeen(key, row.id, row.created_at, row.expires_at, row.secret)

    def first_not_seen(self, today: date) -> datetime | None:
        """Return when the first of the links was given that can still be opened and never were."""
        return self._session.scalar(select(func.min(LinkRow.created_at)).where(*_not_seen(today)))

    def open_keys(self, now: datetime) -> list[str]:
        """Return the key of the recording behind each open link that has not expired, one key for each link.

        Links under an order that forbids telling are left out.
        """
        query = select(ShareRow.asset_key).join(LinkRow, ShareRow.id == LinkRow.share_id)
        open_ones = query.where(LinkRow.closed_at.is_(None), LinkRow.expires_at > now, LinkRow.secret.is_(False))
        return list(self._session.scalars(open_ones))

    def links_of(self, *, asset_key: str | None = None, student: str | None = None) -> list[Link]:
        """Return the links, not closed, to a recording with this key, or to one that this student is in, or both.

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

    def closed_unopened(self, share_ids: Iterable[str]) -> set[str]:
        """Return those shares whose links were closed before anybody opened them: nobody was given anything by these."""
        return {share_id for share_id, is_closed in self._unopened(share_ids) if is_closed}

    def unopened(self, share_ids: Iterable[str]) -> set[str]:
        """Return those shares that have links, none of which was opened so far."""
        return {share_id for share_id, _ in self._unopened(share_ids)}

    def _unopened(self, share_ids: Iterable[str]) -> Iterator[tuple[str, bool]]:
        """Yield the shares whose links nobody has opened, and whether all of these are closed."""
        columns = LinkRow.share_id, func.count(), func.count(LinkRow.closed_at), func.sum(LinkRow.openings)
        query = select(*columns).where(LinkRow.share_id.in_(OF)).group_by(LinkRow.share_id)
        for share_id, links, closed, openings in rows_of(self._session, query, share_ids):
            if not openings:
                yield share_id, links == closed

    def close_links(self, ids: Iterable[str], why: str, at: datetime) -> list[str]:
        """Close these links; return the ids of those that were not closed before."""
        closed: list[str] = []
        for chunk in chunks(ids):
            self._seals.before(LINKS, chunk)
            still_open = update(LinkRow).where(LinkRow.id.in_(chunk), LinkRow.closed_at.is_(None))
            closing = still_open.values(closed_at=at, closed_why=why).returning(LinkRow.id)
            closed += self._session.connection().scalars(closing)
        return closed

    def students_of_links(self, ids: Iterable[str]) -> set[str]:
        """Return the students in the recordings behind these links, in the version that was shared."""
        of_share = select(AssetStudentRow.student_id).join(ShareRow, ShareRow.asset_id == AssetStudentRow.asset_id)
        found: set[str] = set()
        for chunk in chunks(ids):
            theirs = of_share.join(LinkRow, LinkRow.share_id == ShareRow.id).where(LinkRow.id.in_(chunk))
            found.update(self._session.scalars(theirs.distinct()))
        return found

    def count(self, *, openings: Mapping[str, int], wrong_words: Mapping[str, int], at: datetime) -> None:
        """Add numbers of openings and of wrong words to links, by their ids; an unknown link is ignored."""
        connection = self._session.connection()
        if openings:
            rows = [{"link": link_id, "more": more, "when": at} for link_id, more in openings.items()]
            connection.execute(_MORE_OPENINGS, rows)
        if wrong_words:
            connection.execute(
                _MORE_WRONG_WORDS, [{"link": link_id, "more": more} for link_id, more in wrong_words.items()]
            )

    def openings_of(self, ids: Iterable[str]) -> dict[str, int]:
        """Return how often links were opened, by their ids; an unknown link is left out."""
        query = select(LinkRow.id, LinkRow.openings).where(LinkRow.id.in_(OF))
        return {row.id: row.openings for row in rows_of(self._session, query, ids)}

    def _moved(self, ids: Iterable[str], state: str, condition: ColumnElement[bool]) -> list[str]:
        moved: list[str] = []
        for chunk in chunks(ids):
            these = update(ReleaseRow).where(ReleaseRow.id.in_(chunk), condition)
            moved += self._session.connection().scalars(these.values(state=state).returning(ReleaseRow.id))
        return moved

    def _releases(self, query: Select[ReleaseRow]) -> list[Release]:
        rows = self._session.scalars(query.order_by(ReleaseRow.at, ReleaseRow.id), execution_options=_FRESH)
        return [Release(**{name: getattr(row, name) for name in _RELEASE}) for row in rows]

    def _links(self, query: Select[LinkRow]) -> list[Link]:
        rows = self._session.scalars(query.order_by(LinkRow.created_at, LinkRow.id), execution_options=_FRESH)
        return [_link(row) for row in rows]


def _not_seen(today: date) -> tuple[ColumnElement[bool], ...]:
    morning = datetime.combine(today, time(), UTC)
    return LinkRow.closed_at.is_(None), LinkRow.openings == 0, LinkRow.expires_at >= morning


def _link(row: LinkRow) -> Link:
    return Link(**{name: getattr(row, name) for name in _LINK})


# The columns bear the names of the model's fields.
_RELEASE = tuple(field.name for field in fields(Release))
_RELEASE_COLUMNS = tuple(getattr(ReleaseRow, name) for name in _RELEASE)
_LINK = tuple(field.name for field in fields(Link))
_LINK_COLUMNS = tuple(getattr(LinkRow, name) for name in _LINK)

# The query of every opening, composed once: composing it takes longer than running it.
_ASKED_FOR = select(ShareRow.id, ShareRow.share).where(ShareRow.id.in_(OF))
_TEXTS = ("share", "decision")
_WRITTEN = tuple(each.name for each in fields(WrittenShare) if each.name != "counted")
_ADD = insert(ShareRow).values({name: bindparam(name, type_=Text if name in _TEXTS else None) for name in _WRITTEN})
_RELEASES_OF = select(*_RELEASE_COLUMNS).where(ReleaseRow.id.in_(OF))
_LATELY_OPENED = (
    select(*_RELEASE_COLUMNS, LinkRow.last_opened_at)
    .join(LinkRow, LinkRow.release_id == ReleaseRow.id)
    .where(LinkRow.id.in_(OF), ReleaseRow.state == "open")
)
_LINKS_BY_HASH = select(LinkRow.token_hash, *_LINK_COLUMNS).where(LinkRow.token_hash.in_(OF))
_OPENINGS_TOLD = (
    select(LedgerEntryRow.subject, func.count().label("count"))
    .join(LedgerDetailsRow, LedgerDetailsRow.seq == LedgerEntryRow.seq)
    .where(
        LedgerEntryRow.subject.in_(OF),
        LedgerEntryRow.kind == "open",
        or_(
            *(LedgerDetailsRow.details.contains(f'"outcome":"{each.word}"') for each in (Outcome.ALLOW, Outcome.REDACT))
        ),
    )
    .group_by(LedgerEntryRow.subject)
)
_SECRET_OPENINGS_TOLD = (
    select(SecretEntryRow.subject, func.count().label("count"))
    .where(
        SecretEntryRow.subject.in_(OF),
        SecretEntryRow.kind == "open",
        or_(*(SecretEntryRow.details.contains(f'"outcome":"{each.word}"') for each in (Outcome.ALLOW, Outcome.REDACT))),
    )
    .group_by(SecretEntryRow.subject)
)
_LINKS_LOCKED = _LINKS_BY_HASH.with_for_update(skip_locked=True)
_COUNTED = update(LinkRow).where(LinkRow.id == bindparam("link"))
_MORE_OPENINGS = _COUNTED.values(openings=LinkRow.openings + bindparam("more"), last_opened_at=bindparam("when"))
_MORE_WRONG_WORDS = _COUNTED.values(wrong_words=LinkRow.wrong_words + bindparam("more"))


def _is_unneeded(now: datetime) -> ColumnElement[bool]:
    # A recorded copy may be about to become `open`: the process that opens it checks again afterwards.
    return ReleaseRow.state.in_(["moving", "recorded", "open"]) & ~_is_needed(now)


def _is_needed(now: datetime) -> ColumnElement[bool]:
    still_open = LinkRow.closed_at.is_(None) & (LinkRow.expires_at > now) & (LinkRow.wrong_words < MOST_WRONG_WORDS)
    has_openings = LinkRow.most_openings.is_(None) | (LinkRow.openings < LinkRow.most_openings)
    # The URL of the last opening has to work for its full time.
    is_in_use = LinkRow.last_opened_at > now - LAST_OPENING
    needed = select(LinkRow.id).where(LinkRow.release_id == ReleaseRow.id, still_open, has_openings | is_in_use)
    return needed.exists()
