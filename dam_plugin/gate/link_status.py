"""Decides whether a link may still be opened: its share is decided again on what is on file now. It changes nothing.

Closing a link is in `close_links.py`. A new reason to close one goes into `_Snapshot._decided_by_all`. Many links are
decided in one transaction: each recording and student is read once, and equal cases are decided once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from dam_plugin.errors import NOT_IN_LIBRARY, CaseError, DamPluginError, StoreError, UnknownThing
from dam_plugin.model import Asset, Decision, Link, Outcome, Release, Share, Tagging
from dam_plugin.procedure.case import Case
from dam_plugin.procedure.clauses import reason
from dam_plugin.procedure.redisclosure import needs_notice
from dam_plugin.services import Services
from dam_plugin.sharing.gather_case import CaseGatherer, is_plain_id, students_named_in
from dam_plugin.sharing.make_copy import NOTICED, PLACES, still_hides_the_same
from dam_plugin.sharing.share import case_of_share, decide_gathered
from dam_plugin.sharing.third_parties import (
    ask_third_parties,
    refer_if_opt_outs_may_be_missing,
    third_parties_review,
)
from dam_plugin.store import RosterState, StoredAsset, Unit
from dam_plugin.store.batches import batched
from dam_plugin.store.codec import canonical

# Returns a decision as third parties change it. If it raises DamPluginError, that one link stays undecided.
AskThirdParties = Callable[[Share, Case, Decision], Decision]

# How many links are read at a time.
_BATCH = 500


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """The status of a link now: its copy, its share, today's decision, and the version and tags that it is based on.

    `ours` is the procedure's decision alone, without third parties and the roster's state. `tagging` and `asset` are null
    if the recording has left the library.
    """

    release: Release
    request: Share
    decision: Decision
    ours: Decision
    tagging: Tagging | None = None
    asset: Asset | None = None

    @property
    def may_open(self) -> bool:
        """Whether today's decision allows the copy."""
        return _lets_see(self.decision)

    @property
    def may_recover(self) -> bool:
        """Whether the link is refused only for a failure that may be over at the next opening; such a link is not closed.

        A refusal by the procedure itself, such as an opt-out, does not count as a failure, even if something else fails too.
        """
        if not _lets_see(self.ours):
            return _says(self.ours, "ERROR")
        return _says(self.decision, "THIRD-PARTY-DOWN", "ROSTER-STALE", "CHOICES-UNKNOWN")


def status_of_link(services: Services, link: Link, supposed: StoredAsset | None = None) -> LinkStatus:
    """Return a link's status; `supposed` takes the place of what is on file for its recording.

    A copy that shows more than today's decision allows is refused. Raises UnknownThing if the link's share or copy is
    not on record.
    """
    with services.store.reading() as unit:
        ((_, status),) = statuses_of_links(services, unit, [link], supposed)
    if isinstance(status, DamPluginError):
        raise status
    return status


def statuses_of_links(
    services: Services,
    unit: Unit,
    links: Sequence[Link],
    supposed: StoredAsset | None = None,
    *,
    hear: AskThirdParties | None = None,
) -> Iterator[tuple[Link, LinkStatus | DamPluginError]]:
    """Yield each link with its status as one transaction sees it, in order; or with the error that prevents one.

    `hear` returns a decision as third parties change it. Without `hear` they are asked from here. A writing transaction has
    to give `hear`, or other writers would wait for the third parties.
    """
    snapshot = _Snapshot(services, unit, supposed, hear or _hearing(services))
    for batch in batched(links, _BATCH):
        yield from snapshot.statuses(batch)


def would_stay_open(services: Services, link: Link, supposed: StoredAsset) -> bool:
    """Whether a link would stay open if `supposed` were on file for its recording; False if it cannot be decided."""
    try:
        status = status_of_link(services, link, supposed)
    except DamPluginError:
        return False
    return status.may_open or status.may_recover


def refused_as_changed(why: str) -> Decision:
    """Return the refusal of a link whose copy or recording has changed since the share."""
    return Decision(Outcome.DENY, reasons=(reason("LINK-CHANGED", why=why),))


def _lets_see(decision: Decision) -> bool:
    return decision.outcome <= Outcome.REDACT


def _says(decision: Decision, *clauses: str) -> bool:
    return any(each.clause in clauses for each in decision.reasons)


def _hearing(services: Services) -> AskThirdParties | None:
    """Return how to ask third parties; None if none answers, so that equal cases are decided once."""
    if not third_parties_review(services):
        return None
    return lambda request, case, decision: ask_third_parties(services, request, case, decision)


class _Snapshot:
    """The shares, copies, recordings and students as one transaction sees them, read once for many links."""

    def __init__(
        self, services: Services, unit: Unit, supposed: StoredAsset | None, hear: AskThirdParties | None
    ) -> None:
        self._services = services
        self._unit = unit
        self._supposed = supposed
        self._hear = hear
        self._gathering = CaseGatherer(unit, services.settings, services.now().date(), rulings=services.rulings)
        self._shares: dict[str, Share] = {}
        self._releases: dict[str, Release] = {}
        self._stored: dict[str, StoredAsset | None] = {}
        self._decided: dict[Hashable, tuple[Case, Decision, Decision]] = {}
        self._roster: RosterState | None = None
        self._placed: dict[Hashable, bool] = {}

    def statuses(self, links: Sequence[Link]) -> Iterator[tuple[Link, LinkStatus | DamPluginError]]:
        try:
            self._read(links)
        except StoreError as error:
            # A damaged row leaves only the links that rest on it undecided.
            if len(links) == 1:
                yield links[0], error
                return
            middle = len(links) // 2
            yield from self.statuses(links[:middle])
            yield from self.statuses(links[middle:])
            return
        for link in links:
            yield link, self._status_or_error(link)

    def _read(self, links: Sequence[Link]) -> None:
        shares = self._unit.shares
        self._shares = shares.asked_for(link.share_id for link in links)
        self._releases |= shares.releases_of({link.release_id for link in links}.difference(self._releases))
        if self._supposed is None:
            keys = {share.asset_key for share in self._shares.values()}.difference(self._stored)
            found = self._unit.assets.current_of(keys)
            self._stored.update({key: found.get(key) for key in keys})
        named: set[str] = set()
        assets: set[str] = set()
        for share in self._shares.values():
            # Missing rows and bad evidence are reported where the case is gathered.
            with suppress(UnknownThing, CaseError):
                stored = self._stored_of(share)
                assets.add(stored.asset.id)
                named.update(students_named_in(stored.tagging, share))
        self._gathering.read(named, assets)

    def _status_or_error(self, link: Link) -> LinkStatus | DamPluginError:
        try:
            return self._status(link)
        except DamPluginError as error:
            return error

    def _status(self, link: Link) -> LinkStatus:
        request, release = self._shares.get(link.share_id), self._releases.get(link.release_id)
        if request is None or release is None:
            raise UnknownThing(
                f"the share or the copy of link '{link.id}' is not on record, or not as it was sealed: run `dam-plugin ledger "
                "verify`"
            )
        ours, decision = (_of_copy(each, release) for each in self._decided_again(request, release))
        stored = self._supposed or self._stored[request.asset_key]
        return LinkStatus(
            release, request, decision, ours, stored.tagging if stored else None, stored.asset if stored else None
        )

    def _decided_again(self, request: Share, release: Release) -> tuple[Decision, Decision]:
        """Return the procedure's decision, and what third parties and the roster's age leave of it."""
        decided = self._decided_by_all(request, release)
        return (decided, decided) if isinstance(decided, Decision) else decided

    def _decided_by_all(self, request: Share, release: Release) -> Decision | tuple[Decision, Decision]:
        if release.state == "undone":
            return refused_as_changed("its copy was withdrawn")
        try:
            stored = self._stored_of(request)
            case, ours, theirs = self._decision(stored, request, release)
        except UnknownThing:
            return refused_as_changed("the recording has left the library")
        except CaseError:
            # One link whose case cannot be made must not keep others from being decided.
            return refused_as_changed("what is on file for it can no longer be decided on")
        asset = stored.asset
        if (asset.version_id, asset.etag) != (release.source_version, release.source_etag):
            return refused_as_changed("the recording was replaced")
        if not self._is_where_it_was(stored, release):
            return refused_as_changed("it was corrected where a hidden student appears")
        if self._hear is not None:
            theirs = self._waiting(case, ours, self._hear(request, case, ours))
        return ours, theirs

    def _decision(self, stored: StoredAsset, request: Share, release: Release) -> tuple[Case, Decision, Decision]:
        """Return the case of a share, the procedure's decision on it, and what the roster's age leaves of that."""
        alike = _alike(request, release)
        known = self._decided.get(alike)
        # No decision depends on a case's id, and a plain id is always valid in a case.
        if known is not None and is_plain_id(request.id):
            case, ours, theirs = known
            return replace(case, id=request.id), ours, theirs
        case = case_of_share(self._services, self._gathering, stored, request)
        if release.redacted:
            # The copy exists; whether this process could make it again does not matter to the link.
            case = replace(case, asset=replace(case.asset, redactable=True))
        ours = decide_gathered(self._gathering, case, request, self._services.rulings)
        made = self._decided[alike] = (case, ours, self._waiting(case, ours, ours))
        return made

    def _waiting(self, case: Case, ours: Decision, decision: Decision) -> Decision:
        return refer_if_opt_outs_may_be_missing(self._services, case, ours, decision, self._roster_state)

    def _roster_state(self) -> RosterState:
        if self._roster is None:
            self._roster = self._unit.people.roster_state()
        return self._roster

    def _stored_of(self, request: Share) -> StoredAsset:
        stored = self._supposed or self._stored[request.asset_key]
        if stored is None:
            raise UnknownThing(NOT_IN_LIBRARY)
        return stored

    def _is_where_it_was(self, stored: StoredAsset, release: Release) -> bool:
        if not release.redacted:
            return True
        # Copies that hide the same students in the same places are compared once.
        copy = (stored.asset.key, release.redacted, release.proof.get(PLACES))
        if copy not in self._placed:
            self._placed[copy] = still_hides_the_same(self._services, stored, release)
        return self._placed[copy]


def _of_copy(decision: Decision, release: Release) -> Decision:
    """Return a decision; a refusal where the copy shows more than it allows, or lacks the notice that it needs."""
    if decision.outcome is Outcome.REDACT and not set(decision.redact) <= set(release.redacted):
        return replace(
            decision,
            outcome=Outcome.DENY,
            redact=(),
            basis={},
            reasons=(reason("LINK-CHANGED", why="more has to be hidden"), *decision.reasons),
            record_disclosure=False,
        )
    if needs_notice(decision) and release.proof.get(NOTICED) is False:
        return refused_as_changed("its copy has to say that it may not be passed on")
    return decision


def _alike(request: Share, release: Release) -> Hashable:
    """Return a key: within one transaction, shares with the same key have cases that differ in their ids alone."""
    evidence = canonical(request.evidence) if request.evidence else ""
    who = (request.kind, request.purpose, request.actor, request.recipient, request.names)
    return request.asset_key, who, evidence, request.referral, bool(release.redacted)
