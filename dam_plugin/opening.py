"""Opening a link, and closing it: each opening is decided again, with today's opt-outs, consents, birthdays and tags.

A link that no longer stands is closed for good and its copy goes back on hold, so that a bucket policy which heeds the tag
ends URLs already handed out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from dam_plugin.copies import NOTICED, is_where_it_was
from dam_plugin.errors import AssetMissing, CaseError, DamPluginError, InputError, StoreError, UnknownThing
from dam_plugin.library.faults import BucketMissing
from dam_plugin.model import Decision, Link, Outcome, Release, Share
from dam_plugin.procedure.clauses import reason
from dam_plugin.procedure.redisclosure import needs_notice, notice_of
from dam_plugin.reviews import reviewed
from dam_plugin.services import Services
from dam_plugin.sharing import ATTEMPTS, Basis, case_for, decide_safely, finish, tag_copy, token_hash
from dam_plugin.store import StoredAsset, Unit

URL_SECONDS = 60
# One answer for a link that nobody gave out, that ran out, or that was closed: it tells a stranger nothing.
NOT_VALID = Decision(
    Outcome.DENY,
    reasons=(reason("LINK"),),
)


@dataclass(frozen=True, slots=True)
class Opening:
    """What became of an opening: a URL that works for a minute, or the decision that refuses it."""

    decision: Decision
    url: str | None = None
    link: Link | None = None

    @property
    def notice(self) -> str | None:
        """What the recipient has to be told beside the recording, since not every format carries it; None: nothing."""
        return notice_of(self.decision) if self.url else None


def open_link(services: Services, token: str) -> Opening:
    """Decide a link again and return a URL signed by delivery, or the refusal. Every opening is recorded first.

    Raises StorageError, StoreError, SettingsError: nothing is then opened.
    """
    with services.store.reading() as unit:
        link = unit.shares.link_by_hash(token_hash(token))
    if link is None or link.closed_at is not None or link.expires_at <= services.now():
        return Opening(NOT_VALID)
    for _ in range(ATTEMPTS):
        opened = _attempt(services, link)
        if opened is not None:
            return opened
    raise StoreError("what is on file changes faster than a link can be opened; nothing was opened, try again")


def _attempt(services: Services, link: Link) -> Opening | None:
    """Open a link once, or return None where what it was decided on has changed before it could be recorded."""
    stands = _stands(services, link)
    if stands.opens and not _is_unchanged(services, stands.release):
        # The event may be on its way still.
        stands = replace(stands, decision=_changed("the recording was replaced or deleted"))
    decision, release = stands.decision, stands.release
    url = None
    if stands.opens:
        finish(services, release)
        services.library.head(release.key, release.version_id)
        url = services.library.presign(release.key, release.version_id, seconds=URL_SECONDS)
    with services.store.writing() as unit:
        known = unit.shares.link(link.id)
        if known is None or known.closed_at is not None:
            return Opening(NOT_VALID)
        # INVARIANT: no opening is recorded after the change that forbids it.
        if stands.basis is not None and not stands.basis.holds(services, unit, stands.request):
            return None
        _record_opening(services, unit, link, stands.request, decision)
    if url is None and not stands.may_pass:
        close(services, [link], "decided again at an opening")
    return Opening(decision, url, link)


def _is_unchanged(services: Services, release: Release) -> bool:
    try:
        head = services.library.head(release.source_key)
    except BucketMissing:
        raise
    except AssetMissing:
        return False
    return (head.version_id, head.etag) == (release.source_version, release.source_etag)


def recheck(services: Services, *, asset_key: str | None = None, student: str | None = None) -> list[Link]:
    """Decide again every open link (of an asset, of a student), close those that no longer stand, and return them."""
    with services.store.reading() as unit:
        if asset_key is None and student is None:
            links = unit.shares.links(open_only=True)
        else:
            links = unit.shares.links_of(asset_key=asset_key, student=student)
    fallen = [link for link in links if _has_fallen(services, link)]
    close(services, fallen, "decided again after a change")
    return fallen


def _has_fallen(services: Services, link: Link) -> bool:
    try:
        stands = _stands(services, link)
    except DamPluginError:
        # What cannot be decided opens nothing, and must not keep the others from being decided.
        return True
    return not stands.opens and not stands.may_pass


def would_stand(services: Services, link: Link, supposed: StoredAsset) -> bool:
    """Whether a link would stay if this were kept of its recording; one that cannot be decided would not."""
    try:
        standing = _stands(services, link, supposed)
    except DamPluginError:
        return False
    return standing.opens or standing.may_pass


def revoke(
    services: Services, *, link: str | None = None, key: str | None = None, student: str | None = None
) -> list[Link]:
    """Close a link by id, or every open link of a key or a student; return what was closed.

    Raises UnknownThing for a link that is not known, InputError where nothing is named.
    """
    if link is None and key is None and student is None:
        raise InputError("nothing is named to revoke: give a link, a key or a student")
    with services.store.reading() as unit:
        if link is not None:
            known = unit.shares.link(link)
            if known is None:
                raise UnknownThing(f"no link has the id '{link}'; `dam-plugin links` lists them")
            links = [known] if known.closed_at is None else []
        else:
            links = unit.shares.links_of(asset_key=key, student=student)
    close(services, links, "revoked")
    return links


def close(services: Services, links: Sequence[Link], why: str) -> None:
    """Close links in one transaction (from its commit on they open nothing), then put their copies back on hold."""
    if links:
        with services.store.writing() as unit:
            close_in(services, unit, links, why)
        settle(services)


def close_in(services: Services, unit: Unit, links: Iterable[Link], why: str) -> int:
    """Close links in the caller's transaction and record it; return how many were open. `settle` comes after it."""
    closed = 0
    for link in links:
        if unit.shares.close_links([link.id], why, services.now()):
            details = {"link": link.id, "why": why}
            services.ledger.append(unit, at=services.now(), kind="close", subject=link.id, details=details)
            closed += 1
    return closed


def settle(services: Services) -> int:
    """Put the copies that no open link needs back on hold; returns how many. Safe to run again after a failure."""
    with services.store.writing() as unit:
        now = services.now()
        needed = {link.release_id for link in unit.shares.links(open_only=True) if link.expires_at > now}
        # A recorded copy may be on its way to `open`: `finish` looks again after it has opened it.
        for release in unit.shares.releases(["recorded", "open"]):
            if release.id not in needed:
                unit.shares.set_release(release.id, state="closing")
        closing = unit.shares.releases(["closing"])
    for release in closing:
        # A copy that somebody deleted is as good as on hold, and must not keep the others open.
        with suppress(AssetMissing):
            tag_copy(services, release, "hold")
        with services.store.writing() as unit:
            unit.shares.set_release(release.id, state="closed")
    return len(closing)


@dataclass(frozen=True, slots=True)
class _Standing:
    """How a link stands now: the decision on its share, and on what; no basis where the recording itself is gone."""

    release: Release
    request: Share
    decision: Decision
    basis: Basis | None = None

    @property
    def opens(self) -> bool:
        return self.decision.outcome <= Outcome.REDACT

    @property
    def may_pass(self) -> bool:
        """Whether it is refused for a failure that may be over at the next opening: the link then stays."""
        return any(each.clause in ("THIRD-PARTY-DOWN", "ERROR", "ROSTER-STALE") for each in self.decision.reasons)


def _stands(services: Services, link: Link, supposed: StoredAsset | None = None) -> _Standing:
    """Return how a link stands, on what is kept of its recording or on what is supposed of it.

    It is refused where its copy shows more than today's decision lets it.
    """
    with services.store.reading() as unit:
        kept, release = unit.shares.share(link.share_id), unit.shares.release(link.release_id)
    if kept is None or release is None:
        raise UnknownThing(f"the share or the copy of link '{link.id}' is not on record; run `dam-plugin reconcile`")
    decision, basis = _decided_again(services, kept.share, release, supposed)
    if decision.outcome is Outcome.REDACT and not set(decision.redact) <= set(release.redacted):
        decision = replace(
            decision,
            outcome=Outcome.DENY,
            redact=(),
            basis={},
            reasons=(reason("LINK-CHANGED", why="more has to be hidden"), *decision.reasons),
            record_disclosure=False,
        )
    elif needs_notice(decision) and release.proof.get(NOTICED) is False:
        decision = _changed("its copy has to say that it may not be passed on")
    return _Standing(release, kept.share, decision, basis)


def _decided_again(
    services: Services, request: Share, release: Release, supposed: StoredAsset | None
) -> tuple[Decision, Basis | None]:
    try:
        basis = case_for(services, request, supposed)
    except UnknownThing:
        return _changed("the recording has left the library"), None
    except CaseError:
        # What is on file no longer makes a case: one such link must not keep the others from being decided.
        return _changed("what is on file for it can no longer be decided on"), None
    asset = basis.stored.asset
    if (asset.version_id, asset.etag) != (release.source_version, release.source_etag):
        return _changed("the recording was replaced"), basis
    if not is_where_it_was(services, basis.stored, release):
        return _changed("it was corrected where a hidden student appears"), basis
    case = basis.case
    if release.redacted:
        # The copy was made: whether this process could make it again is no question of the link.
        case = replace(case, asset=replace(case.asset, redactable=True))
    return reviewed(services, request, case, decide_safely(case)), basis


def _changed(why: str) -> Decision:
    return Decision(Outcome.DENY, reasons=(reason("LINK-CHANGED", why=why),))


def _record_opening(services: Services, unit: Unit, link: Link, request: Share, decision: Decision) -> None:
    unit.shares.count_open(link.id)
    services.ledger.append(
        unit,
        at=services.now(),
        kind="open",
        subject=link.id,
        details={
            "share": request.id,
            "recipient": {"role": request.recipient.role, "id": request.recipient.id},
            "purpose": request.purpose,
            "outcome": decision.outcome.word,
            "reasons": [reason.clause for reason in decision.reasons],
        },
        students=sorted(decision.basis),
    )
