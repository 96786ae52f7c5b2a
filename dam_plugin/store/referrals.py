"""The custodian's queue in the store: referrals and findings. Due dates and permissions are decided elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Select, and_, func, insert, or_, select, tuple_, update
from sqlalchemy.orm import Session

from dam_plugin.errors import LedgerBroken, UnknownThing
from dam_plugin.model import AFTERWARDS, ASKED_FOR, Actor, Asset, Referral, ReferralKind, Tagging
from dam_plugin.store.holds import note_hold_work
from dam_plugin.store.locks import AdvisoryLock, take
from dam_plugin.store.rule_changes import SystemUser
from dam_plugin.store.seals import BENT, FINDINGS, Seals
from dam_plugin.store.sql import changed, chunks
from dam_plugin.store.tables import AssetRow, FindingRow, ReferralRow

# `stale`: the recording or its tags were others when it was approved.
FindingState = Literal["pending", "applied", "rejected", "stale"]

_FRESH = {"populate_existing": True}
_STREAMED = {"yield_per": 500}
NO_SUCH_REFERRAL = "no referral has the id given; `dam-plugin queue list` lists them"
NO_SUCH_FINDING = "no finding has the id given; `dam-plugin queue show` lists a referral's"


@dataclass(frozen=True, slots=True)
class ReferralTold:
    """What a report counts of a piece of work."""

    kind: ReferralKind
    missing: tuple[str, ...]
    opened_at: datetime
    due: date
    closed_at: datetime | None = None
    closing: str | None = None


@dataclass(frozen=True, slots=True)
class StoredFinding:
    """A custodian's finding: `content` is plain data of its kind, `stated_on` the share that the referral was about.

    `asset_id` and `before` are the recording's version and tags then. `evidence` is all the evidence for deciding the share
    with this finding. `on_file` is the digest of the evidence that the requester had written down. `approved_by` and
    `approver` describe the person who approved or rejected it. `share_id` is the share that the finding decided.
    """

    id: str
    referral_id: str
    at: datetime
    by: Actor
    user: SystemUser
    kind: str
    content: dict[str, Any]
    stated_on: str
    asset_id: str | None = None
    before: Tagging | None = None
    evidence: dict[str, Any] = field(default_factory=dict)
    on_file: str | None = None
    state: FindingState = "applied"
    settled_at: datetime | None = None
    approved_by: Actor | None = None
    approver: SystemUser | None = None
    share_id: str | None = None


_WAITING = select(ReferralRow).where(ReferralRow.closed_at.is_(None), ReferralRow.kind.in_((*ASKED_FOR, *AFTERWARDS)))


class Referrals:
    """The repository of referrals and their findings, within one transaction."""

    def __init__(self, session: Session, seals: Seals) -> None:
        """Work on the transaction of `session`; `seals` seals the rows that are in force."""
        self._session = session
        self._seals = seals

    def one_at_a_time(self) -> None:
        """Wait for other looks and findings to end, and keep new ones out until this transaction ends.

        Two findings at once may loosen together what neither loosens alone. Called before anything else is written.
        """
        take(self._session, AdvisoryLock.FINDINGS)

    def add(self, referral: Referral, *, is_emergency: bool = False) -> None:
        """Keep a referral; its share must be kept already. It holds its recording where somebody waits for that.

        `is_emergency`: nothing has gone out in an emergency, and the queue begins with it.
        """
        values = {name: getattr(referral, name) for name in _REFERRAL} | {"urgency": int(not is_emergency)}
        self._session.execute(insert(ReferralRow).values(**values))
        if referral.kind in ASKED_FOR:
            note_hold_work(self._session, referral.asset_key)

    def referral(self, referral_id: str) -> Referral | None:
        """Return one referral by its id."""
        return next(iter(self._referrals(select(ReferralRow).where(ReferralRow.id == referral_id))), None)

    def need(self, referral_id: str) -> Referral:
        """Return one referral by its id. Raises UnknownThing."""
        found = self.referral(referral_id)
        if found is None:
            raise UnknownThing(NO_SUCH_REFERRAL)
        return found

    def asked(self, request_key: str) -> list[Referral]:
        """Return the open referrals of the same request, the one that is due first before others."""
        waiting = ReferralRow.closed_at.is_(None)
        return self._referrals(select(ReferralRow).where(ReferralRow.request_key == request_key, waiting))

    def of_requests(self, request_keys: Collection[str], share_ids: Collection[str]) -> list[Referral]:
        """Return the referrals, open or closed, of these requests, and those that these shares are the last to ask for."""
        found: dict[str, Referral] = {}
        for column, values in ((ReferralRow.request_key, request_keys), (ReferralRow.share_id, share_ids)):
            for chunk in chunks(values):
                found |= {each.id: each for each in self._referrals(select(ReferralRow).where(column.in_(chunk)))}
        return list(found.values())

    def listed(
        self,
        *,
        open_only: bool = True,
        due_before: date | None = None,
        asset_key: str | None = None,
        secret: bool = False,
    ) -> list[Referral]:
        """Return the referrals (of one recording), soonest due first; with `due_before` those due before that day.

        `secret`: those about an order that forbids telling, and no others; without it, no such ones.
        """
        query = select(ReferralRow).where(ReferralRow.secret.is_(secret))
        if asset_key is not None:
            query = query.where(ReferralRow.asset_key == asset_key)
        if open_only:
            query = query.where(ReferralRow.closed_at.is_(None))
        if due_before is not None:
            query = query.where(ReferralRow.due < due_before)
        return self._referrals(query)

    def open_page(
        self,
        *,
        limit: int | None = None,
        after: Referral | None = None,
        owner: str | None = None,
        due_before: date | None = None,
        pending: bool = False,
        secret: bool = False,
    ) -> list[Referral]:
        """Return at most `limit` [all] open referrals (of one owner), emergencies first, then soonest due, behind `after`.

        `due_before`: those that are due before that day. `pending`: those in which a finding waits for an approval.
        `secret`: those about an order that forbids telling, and no others; without it, no such ones.
        """
        row = ReferralRow
        order = (row.urgency, row.due, row.opened_at, row.id)
        query = select(row).where(row.closed_at.is_(None), row.secret.is_(secret)).order_by(*order).limit(limit)
        if owner is not None:
            query = query.where(row.owner == owner)
        if due_before is not None:
            query = query.where(row.due < due_before)
        if pending:
            query = query.where(row.id.in_(select(FindingRow.referral_id).where(FindingRow.state == "pending")))
        if after is not None:
            urgency = select(row.urgency).where(row.id == after.id).scalar_subquery()
            query = query.where(tuple_(*order) > tuple_(urgency, after.due, after.opened_at, after.id))
        return [_referral(each) for each in self._session.scalars(query, execution_options=_FRESH)]

    def told(self) -> Iterator[ReferralTold]:
        """Stream what a report counts of the referrals that are not under an order that forbids telling."""
        query = select(*(getattr(ReferralRow, each.name) for each in fields(ReferralTold)))
        rows = self._session.execute(query.where(ReferralRow.secret.is_(False)), execution_options=_STREAMED)
        yield from (ReferralTold(*row) for row in rows)

    def closed_page(
        self, *, limit: int, after: Referral | None = None, owner: str | None = None, secret: bool = False
    ) -> list[Referral]:
        """Return at most `limit` closed referrals (of one owner), those that were due last first, behind the one `after`."""
        order = (ReferralRow.due, ReferralRow.opened_at, ReferralRow.id)
        query = select(ReferralRow).where(ReferralRow.secret.is_(secret), ReferralRow.closed_at.is_not(None))
        if owner is not None:
            query = query.where(ReferralRow.owner == owner)
        if after is not None:
            due, opened, name = after.due, after.opened_at, after.id
            same_day = and_(
                ReferralRow.due == due,
                or_(ReferralRow.opened_at < opened, and_(ReferralRow.opened_at == opened, ReferralRow.id < name)),
            )
            query = query.where(or_(ReferralRow.due < due, same_day))
        rows = self._session.scalars(
            query.order_by(*(each.desc() for each in order)).limit(limit), execution_options=_FRESH
        )
        return [_referral(row) for row in rows]

    def waiting_page(
        self, *, limit: int, after: Referral | None = None, key: str | None = None, secret: bool = False
    ) -> list[Referral]:
        """Return at most `limit` of those that `waiting_for` has (of one recording), behind the one `after`.

        `secret`: those about an order that forbids telling, and no others; without it, no such ones.
        """
        query = _WAITING.where(ReferralRow.secret.is_(secret)).limit(limit)
        if key is not None:
            query = query.where(ReferralRow.asset_key == key)
        if after is not None:
            due, opened = after.due, after.opened_at
            later = or_(
                ReferralRow.opened_at > opened, and_(ReferralRow.opened_at == opened, ReferralRow.id > after.id)
            )
            query = query.where(or_(ReferralRow.due > due, and_(ReferralRow.due == due, later)))
        return self._referrals(query)

    def owns_any(self, owner: str, *, secret: bool = False) -> bool:
        """Whether a referral was ever given to this member of staff.

        `secret`: those about an order that forbids telling count too; else nothing tells that somebody was given one.
        """
        query = select(ReferralRow.id).where(ReferralRow.owner == owner)
        if not secret:
            query = query.where(ReferralRow.secret.is_(False))
        return self._session.scalar(query.limit(1)) is not None

    def waiting_for(self, keys: Iterable[str] | None = None) -> list[Referral]:
        """Return the open referrals in which somebody waits for a recording (one of these), soonest due first.

        So does the custodian who has yet to look at how it was given out.
        """
        if keys is None:
            return self._referrals(_WAITING)
        return [
            each for chunk in chunks(keys) for each in self._referrals(_WAITING.where(ReferralRow.asset_key.in_(chunk)))
        ]

    def again(
        self,
        referral_id: str,
        share_id: str,
        missing: Sequence[str],
        evidence_share: str | None = None,
        *,
        is_emergency: bool = False,
    ) -> None:
        """Note that the same request was made again, by which share, and what is missing now. Raises UnknownThing.

        `evidence_share` is the share that wrote down evidence; without it, the evidence from before stays. `is_emergency`:
        nothing has gone out in an emergency.
        """
        self._set(referral_id, share_id=share_id, missing=tuple(missing), urgency=int(not is_emergency))
        if evidence_share is not None:
            self._set(referral_id, evidence_share=evidence_share)

    def assign(self, referral_id: str, owner: str | None) -> None:
        """Set the owner. Raises UnknownThing."""
        self._set(referral_id, owner=owner)

    def set_due(self, referral_id: str, due: date) -> None:
        """Set the day on which a referral is due. Raises UnknownThing."""
        self._set(referral_id, due=due)

    def make_secret(self, referral_id: str, request_key: str, *, secret: bool = True) -> None:
        """Note that a referral is about an order that forbids telling, or not; the same request has this key then."""
        self._set(referral_id, secret=secret, request_key=request_key)

    def close(self, referral_id: str, at: datetime, by: str | None, how: str) -> bool:
        """Close a referral; return whether it was open. Findings in it that wait for an approval become `stale`."""
        closing = update(ReferralRow).where(ReferralRow.id == referral_id, ReferralRow.closed_at.is_(None))
        if not changed(self._session, closing.values(closed_at=at, closed_by=by, closing=how)):
            return False
        key = self._session.scalar(
            select(ReferralRow.asset_key).where(ReferralRow.id == referral_id, ReferralRow.kind.in_(ASKED_FOR))
        )
        if key is not None:
            note_hold_work(self._session, key)
        of_referral = FindingRow.referral_id == referral_id, FindingRow.state == "pending"
        self._seals.before(FINDINGS, self._session.scalars(select(FindingRow.id).where(*of_referral)))
        waiting = update(FindingRow).where(*of_referral)
        self._session.execute(waiting.values(state="stale", settled_at=at))
        return True

    def reopen(self, referral_id: str) -> None:
        """Let a closed referral wait again, as due as it was. Raises UnknownThing."""
        self._set(referral_id, closed_at=None, closed_by=None, closing=None)
        referral = self.need(referral_id)
        if referral.kind in ASKED_FOR:
            note_hold_work(self._session, referral.asset_key)

    def add_finding(self, finding: StoredFinding) -> None:
        """Keep a finding."""
        approver = finding.approver
        self._seals.new(FINDINGS, [finding.id])
        self._session.execute(
            insert(FindingRow).values(
                id=finding.id,
                referral_id=finding.referral_id,
                at=finding.at,
                stated_by=finding.by,
                system_id=finding.user.id,
                system_name=finding.user.name,
                kind=finding.kind,
                content=finding.content,
                stated_on=finding.stated_on,
                asset_id=finding.asset_id,
                before=finding.before,
                evidence=finding.evidence,
                on_file=finding.on_file,
                state=finding.state,
                settled_at=finding.settled_at,
                approved_by=finding.approved_by,
                approver_id=approver.id if approver else None,
                approver_name=approver.name if approver else None,
                share_id=finding.share_id,
            )
        )

    def finding(self, finding_id: str) -> StoredFinding | None:
        """Return one finding by its id."""
        return next(iter(self._findings(select(FindingRow).where(FindingRow.id == finding_id))), None)

    def need_finding(self, finding_id: str) -> StoredFinding:
        """Return one finding by its id. Raises UnknownThing."""
        found = self.finding(finding_id)
        if found is None:
            raise UnknownThing(NO_SUCH_FINDING)
        return found

    def settle_finding(self, finding_id: str, state: FindingState, at: datetime, by: Actor, user: SystemUser) -> bool:
        """Record the outcome of a waiting finding and the person who decided it; return whether it was still waiting."""
        self._seals.before(FINDINGS, [finding_id])
        waiting = update(FindingRow).where(FindingRow.id == finding_id, FindingRow.state == "pending")
        who = {"approved_by": by, "approver_id": user.id, "approver_name": user.name}
        return bool(changed(self._session, waiting.values(state=state, settled_at=at, **who)))

    def vouch(self, finding_id: str, by: Actor, user: SystemUser) -> None:
        """Record the person who stands behind a finding that a host's key stated; it waits on, for another person."""
        self._seals.before(FINDINGS, [finding_id])
        waiting = update(FindingRow).where(FindingRow.id == finding_id, FindingRow.state == "pending")
        self._session.execute(waiting.values(approved_by=by, approver_id=user.id, approver_name=user.name))

    def decided(self, finding_id: str, share_id: str) -> None:
        """Say which share a finding decided: the first one that did."""
        self._seals.before(FINDINGS, [finding_id])
        undecided = update(FindingRow).where(FindingRow.id == finding_id, FindingRow.share_id.is_(None))
        self._session.execute(undecided.values(share_id=share_id))

    def findings(self, referral_id: str) -> list[StoredFinding]:
        """Return the findings of a referral, oldest first."""
        return self._findings(select(FindingRow).where(FindingRow.referral_id == referral_id))

    def pending(self) -> list[StoredFinding]:
        """Return the findings that wait for an approval, oldest first; none about an order that forbids telling."""
        secret = select(ReferralRow.id).where(ReferralRow.secret)
        waiting = select(FindingRow).where(FindingRow.state == "pending", FindingRow.referral_id.not_in(secret))
        return self._findings(waiting)

    def count_pending(self, referral_ids: Iterable[str]) -> dict[str, int]:
        """Return how many findings wait for an approval in each of these referrals; none is left out that has any."""
        found: dict[str, int] = {}
        for chunk in chunks(referral_ids):
            waiting = FindingRow.state == "pending", FindingRow.referral_id.in_(chunk)
            query = select(FindingRow.referral_id, func.count()).where(*waiting).group_by(FindingRow.referral_id)
            found |= {row[0]: row[1] for row in self._session.execute(query)}
        return found

    def by_two(self, asset: Asset) -> list[StoredFinding]:
        """Return the findings about these bytes or this picture, under any key, that wait or waited for a second person."""
        alike = (AssetRow.etag == asset.etag) & (AssetRow.size == asset.size)
        # A rating that was saved makes other bytes, and no other picture.
        same = select(AssetRow.id).where(
            alike if asset.content is None else alike | (AssetRow.content == asset.content)
        )
        waited = or_(FindingRow.state != "applied", FindingRow.approver_id.is_not(None))
        about = or_(FindingRow.asset_id == asset.id, FindingRow.asset_id.in_(same))
        return self._findings(select(FindingRow).where(about, waited))

    def approve_applied(self, finding_id: str, at: datetime, by: Actor, user: SystemUser) -> None:
        """Record the second person behind a finding that took effect and has decided nothing yet."""
        self._seals.before(FINDINGS, [finding_id])
        alone = update(FindingRow).where(FindingRow.id == finding_id, FindingRow.approver_id.is_(None))
        who = {"approved_by": by, "approver_id": user.id, "approver_name": user.name}
        self._session.execute(alone.values(settled_at=at, **who))

    def _set(self, referral_id: str, **values: object) -> None:
        if not changed(self._session, update(ReferralRow).where(ReferralRow.id == referral_id).values(**values)):
            raise UnknownThing(NO_SUCH_REFERRAL)

    def _referrals(self, query: Select[ReferralRow]) -> list[Referral]:
        ordered = query.order_by(ReferralRow.due, ReferralRow.opened_at, ReferralRow.id)
        rows = self._session.scalars(ordered, execution_options=_FRESH)
        return [_referral(row) for row in rows]

    def _findings(self, query: Select[FindingRow]) -> list[StoredFinding]:
        """Return findings, oldest first. Raises LedgerBroken if one was changed outside the program."""
        ordered = query.order_by(FindingRow.at, FindingRow.id)
        rows = self._session.scalars(ordered, execution_options=_FRESH).all()
        if self._seals.bent(FINDINGS, [row.id for row in rows]):
            raise LedgerBroken(BENT)
        return [_finding(row) for row in rows]


def _referral(row: ReferralRow) -> Referral:
    return Referral(**{name: getattr(row, name) for name in _REFERRAL})


# The columns bear the names of the model's fields.
_REFERRAL = tuple(field.name for field in fields(Referral))


def _finding(row: FindingRow) -> StoredFinding:
    approver = SystemUser(row.approver_id, row.approver_name or "") if row.approver_id else None
    return StoredFinding(
        id=row.id,
        referral_id=row.referral_id,
        at=row.at,
        by=row.stated_by,
        user=SystemUser(row.system_id, row.system_name),
        kind=row.kind,
        content=row.content,
        stated_on=row.stated_on,
        asset_id=row.asset_id,
        before=row.before,
        evidence=row.evidence,
        on_file=row.on_file,
        state=row.state,
        settled_at=row.settled_at,
        approved_by=row.approved_by,
        approver=approver,
        share_id=row.share_id,
    )
