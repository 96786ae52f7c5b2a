"""Takes a request out of everybody's sight once it is known that an order forbids telling of it (34 CFR 99.32(d)(5)).

What is about the request goes with it: its referral, shares, links, letters, the request of the register that it answers,
and all that the ledger has of these. The ledger's entries are moved into the sealed book, where the custodian alone sees
them; their places in the chain stay. Which requests are under such an order is in `secret_order.py`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from typing import Any

from dam_plugin.errors import InputError
from dam_plugin.ledger.request_key import request_key
from dam_plugin.ledger.same_order import are_apart, of_same_order
from dam_plugin.model import Actor, HoldSeal, Referral, Share
from dam_plugin.procedure.exceptions import SecretBy
from dam_plugin.services import Services
from dam_plugin.sharing.finding_kinds import evidence_of, need_share, written_evidence
from dam_plugin.sharing.gather_case import shown_in
from dam_plugin.sharing.held import CUSTODIAN
from dam_plugin.sharing.secret_order import (
    DIVISION,
    SERVE_ORDERS,
    can_be_sealed,
    division_ground,
    forbids_telling,
    is_of_division,
    is_report,
    may_be_under_order,
    students_in_care,
)
from dam_plugin.store import EntryRow, Hold, StoredShare, SystemUser, Unit

# The ledger's words for what became of a referral here.
SEALED = "sealed"
UNSEALED = "unsealed"
MISFILED = "misfiled"
_CLOSED = "closed"
# How one of two referrals of the same sealed request is closed.
ONE_OF_TWO = "the same request waits under {}"
# How a referral is closed by a share that released something.
_RELEASED = ("answered: allow", "answered: redact")
_FOR_ITSELF = (
    "{} is sealed for itself: an order is said to forbid telling, or the Children's Division may ask about a report. Settle "
    "that first, see `dam-plugin queue list --all --sealed --as custodian:NAME`; what two people confirmed, two people lift "
    "once it was answered, `dam-plugin queue lift`"
)
# Work for others than the person who asked.
_FOR_OTHERS = ("offer", "review")


def seal_referral(
    services: Services, unit: Unit, referral: Referral, by: Actor, user: SystemUser | None = None
) -> Referral:
    """Seal a referral that turns out to be about an order that forbids telling, with all that belongs to it; return it."""
    _seal(services, unit, _Found(services, unit).with_referrals([referral]), referral.id, by, user)
    return unit.referrals.need(referral.id)


def seal_misfiled(
    services: Services, unit: Unit, referral: Referral, by: Actor, user: SystemUser, why: str
) -> Referral:
    """Seal a referral that is the Children's Division's, filed under another role, with all that belongs to it; return it.

    Raises InputError where nobody asked for it, or something of somebody else answers the same request of the register.
    """
    found = _Found(services, unit).with_referrals([referral])
    asked = need_share(unit, referral.share_id).recipient
    theirs = {each.recipient.who for each in unit.requests.requests_of(found.requests).values()}
    theirs.update(each.recipient.who for each in found.shares.values())
    if not found.shares or theirs != {asked.who}:
        raise InputError(
            f"{referral.id} is not sealed: only what one agency or person asked for is, and nothing that was released at once, "
            "or belongs to somebody else too"
        )
    _seal(services, unit, found, referral.id, by, user)
    _record(services, unit, referral.id, MISFILED, by, {"why": why, "system_user": asdict(user)}, referral.students)
    return unit.referrals.need(referral.id)


def is_misfiled(services: Services, unit: Unit, referral: Referral) -> bool:
    """Whether a sealed referral was sealed by a custodian as the Children's Division's, filed under another role."""
    told = services.ledger.about(unit, "queue", [referral.id], secret=True) if referral.secret else ()
    return any((details or {}).get("done") == MISFILED for _, details in told)


def unseal_referral(
    services: Services,
    unit: Unit,
    referral: Referral,
    by: Actor,
    user: SystemUser | None = None,
    *,
    only: Collection[str] = (),
) -> Referral:
    """Bring a referral back on every page, with all that belongs to it; return it.

    The custodian has found that the order does not forbid telling, or that there was no report. The ledger tells anew, with
    the old days, what the sealed book has of it; the book keeps what it has. `only`: it is told on the records of these
    students alone, for whom the Children's Division is responsible (34 CFR 99.32(a)(1)).
    """
    shares = {each.share.id: each.share for each in _sealed_with(services, unit, referral)}
    made = {*unit.entries.subjects.referrals(shares), referral.id}
    referrals = [each for one in sorted(made) if (each := unit.referrals.referral(one)) is not None and each.secret]
    requests = {
        *unit.requests.answered_by([*shares, *(each.id for each in referrals)]),
        *(each.answers for each in shares.values() if each.answers),
    }
    opened = {*shares, *(each.id for each in referrals)}
    requests = {each for each in requests if not _has_sealed(unit, each, opened)}
    _bring_back(services, unit, shares, referrals, requests, only)
    now_open = unit.referrals.need(referral.id)
    details: dict[str, Any] = {"referral": referral.id, "done": UNSEALED, "by": asdict(by)}
    if user is not None:
        details["system_user"] = asdict(user)
    services.ledger.append(
        unit, at=services.now(), kind="queue", subject=referral.id, details=details, students=now_open.students
    )
    return now_open


def given_under(services: Services, unit: Unit, referral: Referral) -> list[StoredShare]:
    """Return what was released under the order of a sealed referral, oldest first."""
    return [each for each in _sealed_with(services, unit, referral) if _is_out(each)]


def is_sealed_for_report(unit: Unit, referral: Referral) -> bool:
    """Whether a referral is sealed since it may be about a report to the Children's Division, and under no order."""
    asked = need_share(unit, referral.share_id)
    stated = [asked.evidence, written_evidence(unit, referral)]
    stated += [each.content.get("evidence") or {} for each in unit.referrals.findings(referral.id)]
    return referral.secret and is_of_division(asked) and not any(map(forbids_telling, stated))


def seal_or_open_the_same(services: Services, unit: Unit, request: Share, key: str, day: date) -> None:
    """Seal what asked for the same as this share of a custodian, or bring it back, by what the share knows of it."""
    if request.secret:
        # What only may be a report seals nothing that is open: that was found to be none, or lifted.
        shown = shown_in(unit, request.asset_key)
        if not is_report(request, shown) or division_ground(request) == "mandated_report":
            _seal_the_same(services, unit, request, key, day)
    elif is_of_division(request) and request.referral is None:
        _open_the_same(services, unit, request, day)


def _open_the_same(services: Services, unit: Unit, request: Share, day: date) -> None:
    """Bring back what the Children's Division asked for and waits sealed, since this share of a custodian says: no report.

    What was said to be a report waits on by itself: the Division may ask on both grounds.
    """
    in_care = students_in_care(request, shown_in(unit, request.asset_key))
    for each in unit.referrals.asked(request_key(replace(request, secret=True), day)):
        asked = (each.share_id, each.evidence_share)
        is_said = any(division_ground(need_share(unit, one)) == "mandated_report" for one in asked if one is not None)
        if not is_said and is_sealed_for_report(unit, each):
            unseal_referral(services, unit, each, request.actor, only=in_care)
    if request.answers and unit.requests.need(request.answers).secret and not _has_sealed(unit, request.answers):
        _bring_back(services, unit, {}, (), [request.answers], in_care)


def _has_sealed(unit: Unit, request_id: str, opened: Collection[str] = ()) -> bool:
    """Whether something sealed answers a request of the register, besides what is opened now: then that stays sealed, too."""
    parts = unit.requests.parts(request_id) - {*opened}
    referrals = (unit.referrals.referral(each) for each in parts)
    return any(each.share.secret for each in unit.shares.stored_of(parts)) or any(
        each and each.secret for each in referrals
    )


def unseal_register_request(services: Services, unit: Unit, request_id: str) -> None:
    """Bring a request of the register back on every page, with all that was sealed with it.

    The ledger tells anew, with the old days, what the sealed book has of it. Raises InputError where a part of it is sealed
    for itself: its own evidence says that an order forbids telling.
    """
    found = _Found(services, unit).with_requests([request_id])
    for each in [*found.referrals.values()]:
        found.with_shares(_sealed_with(services, unit, each))
    for each in [*found.referrals.values()]:
        stated = (finding.content.get("evidence") or {} for finding in unit.referrals.findings(each.id))
        if any(map(forbids_telling, stated)):
            raise InputError(_FOR_ITSELF.format(each.id))
    shares = {each.id: each for each in found.shares.values() if each.secret}
    parts = {part for each in found.requests for part in unit.requests.parts(each)}
    for share in (*shares.values(), *(each.share for each in unit.shares.stored_of(parts) if each.share.secret)):
        if forbids_telling(share.evidence) or is_report(share, shown_in(unit, share.asset_key)):
            raise InputError(_FOR_ITSELF.format(share.referral or share.id))
    referrals = [each for each in found.referrals.values() if each.secret]
    _bring_back(services, unit, shares, referrals, found.requests)


def _bring_back(
    services: Services,
    unit: Unit,
    shares: Mapping[str, Share],
    referrals: Collection[Referral],
    requests: Collection[str],
    only: Collection[str] = (),
) -> None:
    """Take all this out of the sealed book's sight, with its letters, links and holds, and tell the ledger of it anew."""
    ids = {each.id for each in referrals}
    letters, links = unit.letters.ids_about(requests, ids), set(unit.entries.subjects.links(shares))
    holds = {each.id for each in unit.holds.of_shares(shares)} | {
        each.id
        for each in unit.holds.listed()
        # A hold that was sealed by itself has a ground of its own.
        if each.secret and each.ground is None and each.names_one({*shares, *ids, *requests})
    }
    told = {*shares, *links, *ids, *requests, *letters, *holds}
    services.ledger.tell_anew(unit, [row for row in unit.secrets.all() if _is_about(row, told, ids)], only)
    unit.shares.make_secret(shares.values(), secret=False)
    unit.holds.make_open(holds)
    for each in referrals:
        day = each.opened_at.astimezone(services.now().tzinfo).date()
        asked = replace(need_share(unit, each.share_id), secret=False)
        unit.referrals.make_secret(each.id, request_key(asked, day), secret=False)
    unit.requests.make_secret(requests, secret=False)


def _sealed_with(services: Services, unit: Unit, referral: Referral) -> Iterator[StoredShare]:
    """Yield the sealed shares that asked for what a referral is about, but those of another sealed referral."""
    of_it = {referral.share_id, referral.evidence_share}
    for each in unit.shares.of_key(referral.asset_key):
        if not each.share.secret:
            continue
        day = each.at.astimezone(services.now().tzinfo).date()
        # What was released before it waited, or after, is another matter.
        of_then = not _is_out(each) or _is_within(each, referral)
        same = request_key(each.share, day) == referral.request_key and each.share.referral is None and of_then
        same = same and not _is_on_another_order(unit, each, referral)
        if each.share.id in of_it or each.share.referral == referral.id or (same and not _is_confirmed(unit, each)):
            yield each


def _is_confirmed(unit: Unit, stored: StoredShare) -> bool:
    """Whether a share left a referral of which it was confirmed that the order forbids telling."""
    return any(
        finding.state == "applied" and forbids_telling(finding.content.get("evidence") or {})
        for referral in unit.entries.subjects.referrals([stored.share.id])
        for finding in unit.referrals.findings(referral)
    )


def _is_about(row: EntryRow, told: Collection[str], referrals: Collection[str]) -> bool:
    """Whether an entry of the book is about one of these subjects; what the book notes of itself stays in it."""
    details = (json.loads(row.details or "{}")).get("details") or {}
    if details.get("done") in (SEALED, MISFILED):
        return False
    return row.subject in told or details.get("referral") in referrals or bool({*details.get("links", ())} & {*told})


def seal_register_request(
    services: Services,
    unit: Unit,
    request_id: str,
    by: Actor,
    user: SystemUser | None = None,
    secret_by: SecretBy | None = None,
) -> None:
    """Seal a request of the register, with all that answers it; None for a ground that is in the book already.

    Raises InputError where anything of it is of somebody who serves no such order, and comes with none.
    """
    found = _Found(services, unit).with_requests([request_id])
    _check_all_under_order(unit, found)
    _seal(services, unit, found, request_id, by, user, secret_by)


def _check_all_under_order(unit: Unit, found: _Found) -> None:
    """INVARIANT: no newspaper's request and no family's is hidden with an agency's."""
    requests = unit.requests.requests_of(found.requests)
    may_ask = (*SERVE_ORDERS, DIVISION)
    comes_with_one = any(forbids_telling(each.evidence) for each in found.shares.values())
    others = [
        *(each.id for each in requests.values() if each.recipient.role not in may_ask and not comes_with_one),
        *(
            each.id
            for each in found.shares.values()
            if not each.secret and not may_be_under_order(each) and not is_of_division(each)
        ),
    ]
    if others:
        raise InputError(
            f"{min(others)} is of somebody who serves no order that forbids telling: only what "
            f"{' or '.join(SERVE_ORDERS)} asks for is sealed (34 CFR 99.31(a)(9)(ii)); check the number of the request"
        )


def seal_hold(
    services: Services, unit: Unit, hold: Hold, ground: str, sealing: HoldSeal, by: Actor, user: SystemUser
) -> None:
    """Seal a hold whose matter turns out to be one that nobody is told of, with what the ledger has of it."""
    rows = [*unit.entries.about([hold.id]), *_alarms(services, unit, [hold.id])]
    services.ledger.seal(unit, sorted(rows, key=lambda row: row.seq))
    unit.holds.make_secret([hold.id], ground=ground, sealing=sealing)
    unit.holds.rename_in_deletions([hold.id], CUSTODIAN)
    details: dict[str, Any] = {"done": SEALED, "entries": sorted(row.seq for row in rows), "ground": ground}
    details["paper"] = sealing.paper
    details |= {"by": asdict(by), "system_user": asdict(user)}
    services.ledger.append(unit, at=services.now(), kind="hold", subject=hold.id, details=details, secret=True)


def unseal_hold(services: Services, unit: Unit, hold: Hold, why: str, by: Actor, user: SystemUser) -> None:
    """Bring a sealed hold back on every page; the ledger tells anew, with the old days, what the book has of it."""
    services.ledger.tell_anew(unit, [row for row in unit.secrets.all() if _is_about(row, {hold.id}, ())])
    unit.holds.make_open([hold.id])
    details = {"done": UNSEALED, "why": why, "by": asdict(by), "system_user": asdict(user)}
    services.ledger.append(unit, at=services.now(), kind="hold", subject=hold.id, details=details)


def _seal_the_same(services: Services, unit: Unit, request: Share, key: str, day: date) -> None:
    """Seal what asked for the same as this request under an order, before anybody spoke of the order.

    What an earlier request released without the order was recorded rightly, and so was that request: both stay so, unless
    the referral still waits. INVARIANT: what waits for another order, of which the families are told, stays in the open, and so
    does what answers another request of the register than this one, also once that was closed.
    """
    without = request_key(replace(request, secret=False), day)
    asked = unit.referrals.asked(without)
    others = [each for each in asked if _is_on_an_order_told_of(unit, each) or _answers_another(unit, each, request)]
    waiting = [each for each in asked if each not in others]
    closed = [each for each in unit.referrals.of_requests([without], ()) if not each.is_open]
    answered = [each for each in closed if (each.closing or "").startswith(_RELEASED)]
    others += [each for each in closed if each not in answered and _answers_another(unit, each, request)]
    found = _Found(services, unit).with_referrals(waiting)
    found = found.with_shares(
        each
        for each in _same_shares(services, unit, request.asset_key, without)
        if not _is_out(each)
        and not any(_is_within(each, referral) for referral in answered)
        and not _is_of_another(unit, each, request, others)
    )
    if not found.is_any:
        return
    about = waiting[0].id if waiting else request.id
    _seal(services, unit, found, about, request.actor, None)
    waiting = sorted(unit.referrals.asked(key), key=lambda each: each.id != request.referral)
    waiting = of_same_order(unit, request, waiting)
    for each in waiting[1:]:
        how = ONE_OF_TWO.format(waiting[0].id)
        _record(services, unit, each.id, _CLOSED, request.actor, {"how": how}, each.students)
        unit.referrals.close(each.id, services.now(), request.actor.id, how)


def _is_on_an_order_told_of(unit: Unit, referral: Referral) -> bool:
    """Whether a custodian verified an order for a referral of which the families are told, or one of them was told."""
    findings = [each for each in unit.referrals.findings(referral.id) if each.state == "applied"]
    order = evidence_of(unit, referral, findings).get("order") or {}
    is_told_of = order.get("verified") is True and order.get("notice_required") is not False
    return (
        is_told_of
        or any(map(unit.requests.is_verified_order_told_of, _registered(unit, referral)))
        or bool(unit.letters.efforts(referral.id))
    )


def _answers_another(unit: Unit, referral: Referral, request: Share) -> bool:
    """Whether a referral answers requests of the register, and none that a share answers, or its own referral."""
    return are_apart(_own(unit, request), _registered(unit, referral))


def _is_of_another(unit: Unit, stored: StoredShare, request: Share, others: Iterable[Referral]) -> bool:
    """Whether a share belongs to another request than this one: by their numbers, or else by when it was made.

    INVARIANT: what has a number of the register hangs on that, whatever the clock said.
    """
    own, theirs = _own(unit, request), _own(unit, stored.share)
    if own and theirs:
        return are_apart(own, theirs)
    return any(_is_within(stored, each) for each in others)


def _own(unit: Unit, share: Share) -> list[str]:
    """Return the requests of the register that a share answers, or the referral that it decides."""
    decided = unit.referrals.referral(share.referral) if share.referral is not None else None
    if decided is not None:
        return _registered(unit, decided)
    return sorted({*unit.requests.answered_by([share.id]), *filter(None, [share.answers])})


def _registered(unit: Unit, referral: Referral) -> list[str]:
    """Return the requests of the register that a referral answers, or the share that left it."""
    return unit.requests.answered_by([referral.id, referral.share_id])


def _is_out(stored: StoredShare) -> bool:
    """Whether something was released by a share."""
    return stored.outcome in ("allow", "redact")


def _is_within(stored: StoredShare, referral: Referral) -> bool:
    """Whether a share was made while a referral waited."""
    return referral.opened_at <= stored.at and (referral.closed_at is None or stored.at <= referral.closed_at)


def _is_on_another_order(unit: Unit, stored: StoredShare, referral: Referral) -> bool:
    """Whether a share belongs to another matter of the register than a referral: by its number, else as it would join."""
    same = unit.referrals.of_requests([referral.request_key], ())
    waited = [each for each in same if each.id == referral.id or _is_within(stored, each)]
    return referral.id not in {each.id for each in of_same_order(unit, stored.share, waited)}


def _same_shares(services: Services, unit: Unit, asset_key: str, key: str) -> Iterator[StoredShare]:
    """Yield the open shares of a recording that made this request, oldest first."""
    for each in unit.shares.of_key(asset_key):
        day = each.at.astimezone(services.now().tzinfo).date()
        if not each.share.secret and request_key(each.share, day) == key:
            yield each


@dataclass
class _Found:
    """What belongs to a request, found from one part of it to the next: referrals, shares, requests of the register."""

    services: Services
    unit: Unit
    referrals: dict[str, Referral] = field(default_factory=dict)
    shares: dict[str, Share] = field(default_factory=dict)
    requests: set[str] = field(default_factory=set)

    @property
    def is_any(self) -> bool:
        return bool(self.referrals or self.shares or self.requests)

    def with_referrals(self, referrals: Iterable[Referral]) -> _Found:
        for each in referrals:
            if each.id in self.referrals or each.kind in _FOR_OTHERS:
                continue
            self.referrals[each.id] = each
            self.with_shares(self._behind(each))
            self.with_requests(self.unit.requests.answered_by([each.id]))
        return self

    def with_shares(self, shares: Iterable[StoredShare]) -> _Found:
        for each in shares:
            share = each.share
            if share.id in self.shares or not can_be_sealed(share):
                continue
            self.shares[share.id] = share
            of_share = {*self.unit.entries.subjects.referrals([share.id]), share.referral} - {None}
            known = (self.unit.referrals.referral(str(one)) for one in of_share)
            self.with_referrals(one for one in known if one is not None)
            self.with_requests({*self.unit.requests.answered_by([share.id]), *filter(None, (share.answers,))})
        return self

    def with_requests(self, requests: Iterable[str]) -> _Found:
        for each in requests:
            if each in self.requests:
                continue
            self.requests.add(each)
            parts = self.unit.requests.parts(each)
            known = (self.unit.referrals.referral(one) for one in sorted(parts))
            self.with_referrals(one for one in known if one is not None)
            self.with_shares(self.unit.shares.stored_of(parts))
        return self

    def _behind(self, referral: Referral) -> list[StoredShare]:
        """Return the shares that asked for what a referral is about while it waited, or decided it."""
        known = {referral.share_id, referral.evidence_share}
        same = _same_shares(self.services, self.unit, referral.asset_key, referral.request_key)
        since = {
            each.share.id
            for each in same
            if _is_within(each, referral) and not _is_on_another_order(self.unit, each, referral)
        }
        return [
            each
            for each in self.unit.shares.of_key(referral.asset_key)
            if each.share.id in known | since or each.share.referral == referral.id
        ]


def _seal(
    services: Services,
    unit: Unit,
    found: _Found,
    about: str,
    by: Actor,
    user: SystemUser | None,
    secret_by: SecretBy | None = None,
) -> None:
    referrals = {*found.referrals}
    letters = unit.letters.ids_about(found.requests, referrals)
    efforts = {each.id for one in referrals for each in unit.letters.every_effort(one)}
    links = set(unit.entries.subjects.links(found.shares))
    holds = _holds_of(unit, {*found.shares, *referrals, *found.requests})
    rows = unit.entries.about({*found.shares, *links, *referrals, *found.requests, *letters, *efforts, *holds})
    rows += _alarms(services, unit, holds)
    rows += _guardianships(services, unit, referrals)
    rows += _of_several(services, unit, {row.seq for row in rows}, set(found.shares), links)
    services.ledger.seal(unit, sorted(rows, key=lambda row: row.seq))
    unit.shares.make_secret(found.shares.values())
    unit.holds.make_secret(holds)
    unit.holds.rename_in_deletions(holds, CUSTODIAN)
    for each in found.referrals.values():
        day = each.opened_at.astimezone(services.now().tzinfo).date()
        asked = replace(need_share(unit, each.share_id), secret=True)
        unit.referrals.make_secret(each.id, request_key(asked, day))
    unit.requests.make_secret(found.requests)
    told: dict[str, Any] = {"entries": sorted(row.seq for row in rows)}
    if user is not None:
        told["system_user"] = asdict(user)
    if secret_by is not None:
        told["secret_by"] = secret_by
    students = {each for one in found.referrals.values() for each in one.students}
    _record(services, unit, about, SEALED, by, told, students)


def _holds_of(unit: Unit, sealed: Collection[str]) -> set[str]:
    """Return the open holds that belong to what is sealed: what was given was held for it, or their texts have its id."""
    of_shares = {each.id for each in unit.holds.of_shares(sealed) if not each.secret}
    named = {each.id for each in unit.holds.listed() if not each.secret and each.names_one(sealed)}
    return of_shares | named


def _alarms(services: Services, unit: Unit, holds: Collection[str]) -> list[EntryRow]:
    """Return the entries of deletions that name one of these holds, and tell each anew without it."""
    found = []
    for entry, details in services.ledger.stream(unit, kind="hold") if holds else ():
        named = (details or {}).get("holds") or ()
        if details is None or not set(named) & set(holds):
            continue
        found.append(entry.seq)
        left = tuple(dict.fromkeys(CUSTODIAN if each in holds else each for each in named))
        services.ledger.append(
            unit, at=entry.at, kind="hold", subject=entry.subject, details={**details, "holds": left}
        )
    return unit.entries.numbered(found)


def _guardianships(services: Services, unit: Unit, referrals: Collection[str]) -> list[EntryRow]:
    """Return the entries about guardianships that a finding about one of these referrals stated."""
    stated = [
        entry.subject
        for entry, details in services.ledger.stream(unit, kind="guardianship")
        if (details or {}).get("referral") in referrals
    ]
    return unit.entries.about(stated)


def _of_several(
    services: Services, unit: Unit, known: Collection[int], shares: Collection[str], links: Collection[str]
) -> list[EntryRow]:
    """Return the entries of closings that are about some of these links, and tell the others' closing anew without them."""
    moments = {each.at for each in unit.entries.subjects.closings(shares)}
    found: list[int] = []
    for entry, details in services.ledger.stream(unit, kind="close") if moments else ():
        told = list((details or {}).get("links") or ())
        if entry.seq in known or details is None or not set(told) & set(links):
            continue
        found.append(entry.seq)
        others = [each for each in told if each not in links]
        if others:
            _close_anew(services, unit, entry.subject, entry.at, {**details, "count": len(others), "links": others})
    return [row for row in unit.entries.numbered(found) if row.details is not None]


def _close_anew(services: Services, unit: Unit, subject: str, at: datetime, details: dict[str, Any]) -> None:
    links = details["links"]
    services.ledger.append(
        unit,
        at=at,
        kind="close",
        subject=links[0] if len(links) == 1 else subject,
        details=details,
        students=unit.shares.students_of_links(links),
    )


def _record(
    services: Services,
    unit: Unit,
    subject: str,
    done: str,
    by: Actor,
    details: dict[str, Any],
    students: Collection[str] = (),
) -> None:
    services.ledger.append(
        unit,
        at=services.now(),
        kind="queue",
        subject=subject,
        details={"referral": subject, "done": done, "by": asdict(by), **details},
        students=sorted(students),
        secret=True,
    )
