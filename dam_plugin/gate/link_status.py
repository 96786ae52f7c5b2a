"""How a link stands today: the decision on its share, taken again on what is on file now. Opens and closes nothing.

Many links are decided from one transaction: each recording, student and equal case is read and decided once, and none of
it outlives the transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from dam_plugin.errors import NOT_IN_LIBRARY, CaseError, DamPluginError, StoreError, UnknownThing
from dam_plugin.model import Decision, Link, Outcome, Release, Share, Tagging
from dam_plugin.procedure.case import Case
from dam_plugin.procedure.clauses import reason
from dam_plugin.procedure.redisclosure import needs_notice
from dam_plugin.services import Services
from dam_plugin.sharing.gather_case import Gathering, is_plain_id, named_in
from dam_plugin.sharing.make_copy import NOTICED, PLACES, is_where_it_was
from dam_plugin.sharing.share import case_from, decide_safely
from dam_plugin.sharing.third_parties import aged, anybody_reviews, heard_of, last_import_of
from dam_plugin.store import StoredAsset, Unit
from dam_plugin.store.batches import batched
from dam_plugin.store.codec import canonical

# What third parties make of our decision on the case of a share; a DamPluginError leaves that one link undecided.
Hear = Callable[[Share, Case, Decision], Decision]

# How many links are read at a time.
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Standing:
    """How a link stands now: its copy, what was asked for, today's decision on that, and the tags it was taken on.

    `ours` is what the procedure decides on the copy by itself, whatever third parties and the roster's age make of it;
    `tagging` is null where the recording has left the library.
    """

    release: Release
    request: Share
    decision: Decision
    ours: Decision
    tagging: Tagging | None = None

    @property
    def opens(self) -> bool:
        """Whether today's decision lets the copy be seen."""
        return _opens(self.decision)

    @property
    def may_pass(self) -> bool:
        """Whether it is refused for a failure that may be over at the next opening: the link then stays.

        What the procedure refuses by itself does not pass, an opt-out above all, whoever fails at the same time.
        """
        if not _opens(self.ours):
            return _says(self.ours, "ERROR")
        return _says(self.decision, "THIRD-PARTY-DOWN", "ROSTER-STALE")


def standing_of(services: Services, link: Link, supposed: StoredAsset | None = None) -> Standing:
    """Return how a link stands, on what is kept of its recording or on what is supposed of it.

    It is refused where its copy shows more than today's decision lets it. Raises UnknownThing where its share or its
    copy is not on record.
    """
    with services.store.reading() as unit:
        ((_, stands),) = standings(services, unit, [link], supposed)
    if isinstance(stands, DamPluginError):
        raise stands
    return stands


def standings(
    services: Services,
    unit: Unit,
    links: Sequence[Link],
    supposed: StoredAsset | None = None,
    *,
    hear: Hear | None = None,
) -> Iterator[tuple[Link, Standing | DamPluginError]]:
    """Yield how each link stands as one transaction sees it, in the links' order, or why it cannot be decided.

    `hear` says what third parties make of each decision; without it they are asked, which nobody does in a transaction
    that writes: others wait for its lock.
    """
    seen = _Seen(services, unit, supposed, hear or _hearing(services))
    for batch in batched(links, _BATCH):
        yield from seen.standings(batch)


def would_stand(services: Services, link: Link, supposed: StoredAsset) -> bool:
    """Whether a link would stay if this were kept of its recording; one that cannot be decided would not."""
    try:
        standing = standing_of(services, link, supposed)
    except DamPluginError:
        return False
    return standing.opens or standing.may_pass


def changed(why: str) -> Decision:
    """Return the refusal of a link whose copy or recording is not what was shared."""
    return Decision(Outcome.DENY, reasons=(reason("LINK-CHANGED", why=why),))


def _opens(decision: Decision) -> bool:
    return decision.outcome <= Outcome.REDACT


def _says(decision: Decision, *clauses: str) -> bool:
    return any(each.clause in clauses for each in decision.reasons)


def _hearing(services: Services) -> Hear | None:
    """Return how third parties are heard; None where nobody has a say, so that equal cases are decided once."""
    if not anybody_reviews(services):
        return None
    return lambda request, case, decision: heard_of(services, request, case, decision)


class _Seen:
    """What one transaction sees of what links stand on."""

    def __init__(self, services: Services, unit: Unit, supposed: StoredAsset | None, hear: Hear | None) -> None:
        self._services = services
        self._unit = unit
        self._supposed = supposed
        self._hear = hear
        self._gathering = Gathering(unit, services.settings, services.now().date())
        self._shares: dict[str, Share] = {}
        self._releases: dict[str, Release] = {}
        self._stored: dict[str, StoredAsset | None] = {}
        self._decided: dict[Hashable, tuple[Case, Decision, Decision]] = {}
        self._imported: tuple[datetime | None, ...] = ()
        self._placed: dict[Hashable, bool] = {}

    def standings(self, links: Sequence[Link]) -> Iterator[tuple[Link, Standing | DamPluginError]]:
        try:
            self._read(links)
        except StoreError as error:
            # A kept value is damaged: only the links that rest on it cannot be decided.
            if len(links) == 1:
                yield links[0], error
                return
            middle = len(links) // 2
            yield from self.standings(links[:middle])
            yield from self.standings(links[middle:])
            return
        for link in links:
            yield link, self._standing_or_error(link)

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
            # What is missing, and evidence that is none, is told of where the case is gathered.
            with suppress(UnknownThing, CaseError):
                stored = self._stored_of(share)
                assets.add(stored.asset.id)
                named.update(named_in(stored.tagging, share))
        self._gathering.read(named, assets)

    def _standing_or_error(self, link: Link) -> Standing | DamPluginError:
        try:
            return self._standing(link)
        except DamPluginError as error:
            return error

    def _standing(self, link: Link) -> Standing:
        request, release = self._shares.get(link.share_id), self._releases.get(link.release_id)
        if request is None or release is None:
            raise UnknownThing(
                f"the share or the copy of link '{link.id}' is not on record, or not as it was sealed: run `dam-plugin ledger "
                "verify`"
            )
        ours, decision = (_of_copy(each, release) for each in self._decided_again(request, release))
        stored = self._supposed or self._stored[request.asset_key]
        return Standing(release, request, decision, ours, stored.tagging if stored else None)

    def _decided_again(self, request: Share, release: Release) -> tuple[Decision, Decision]:
        """Return the procedure's decision, and what third parties and the roster's age leave of it."""
        decided = self._decided_by_all(request, release)
        return (decided, decided) if isinstance(decided, Decision) else decided

    def _decided_by_all(self, request: Share, release: Release) -> Decision | tuple[Decision, Decision]:
        if release.state == "undone":
            return changed("its copy was withdrawn")
        try:
            stored = self._stored_of(request)
            case, ours, theirs = self._decision(stored, request, release)
        except UnknownThing:
            return changed("the recording has left the library")
        except CaseError:
            # What is on file no longer makes a case: one such link must not keep the others from being decided.
            return changed("what is on file for it can no longer be decided on")
        asset = stored.asset
        if (asset.version_id, asset.etag) != (release.source_version, release.source_etag):
            return changed("the recording was replaced")
        if not self._is_where_it_was(stored, release):
            return changed("it was corrected where a hidden student appears")
        if self._hear is not None:
            theirs = self._aged(case, ours, self._hear(request, case, ours))
        return ours, theirs

    def _decision(self, stored: StoredAsset, request: Share, release: Release) -> tuple[Case, Decision, Decision]:
        """Return the case of a share, the procedure's decision on it, and what the roster's age leaves of that."""
        alike = _alike(request, release)
        known = self._decided.get(alike)
        # The id is the one part of a case that no decision looks at; the gate has nothing against a plain one.
        if known is not None and is_plain_id(request.id):
            case, ours, theirs = known
            return replace(case, id=request.id), ours, theirs
        case = case_from(self._services, self._gathering, stored, request)
        if release.redacted:
            # The copy was made: whether this process could make it again is no question of the link.
            case = replace(case, asset=replace(case.asset, redactable=True))
        ours = decide_safely(case, is_bent=self._gathering.is_bent(case))
        made = self._decided[alike] = (case, ours, self._aged(case, ours, ours))
        return made

    def _aged(self, case: Case, ours: Decision, decision: Decision) -> Decision:
        return aged(self._services, case, ours, decision, self._last_import)

    def _last_import(self) -> datetime | None:
        if not self._imported:
            self._imported = (last_import_of(self._unit),)
        return self._imported[0]

    def _stored_of(self, request: Share) -> StoredAsset:
        stored = self._supposed or self._stored[request.asset_key]
        if stored is None:
            raise UnknownThing(NOT_IN_LIBRARY)
        return stored

    def _is_where_it_was(self, stored: StoredAsset, release: Release) -> bool:
        if not release.redacted:
            return True
        # Copies that hide the same, and were made when they were in the same places, are told once.
        copy = (stored.asset.key, release.redacted, release.proof.get(PLACES))
        if copy not in self._placed:
            self._placed[copy] = is_where_it_was(self._services, stored, release)
        return self._placed[copy]


def _of_copy(decision: Decision, release: Release) -> Decision:
    """Return a decision, or the refusal of a copy that shows more than it lets be seen, or does not say what it must."""
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
        return changed("its copy has to say that it may not be passed on")
    return decision


def _alike(request: Share, release: Release) -> Hashable:
    """Return what two shares have in common whose cases differ in nothing but the id, within one transaction."""
    evidence = canonical(request.evidence) if request.evidence else ""
    who = (request.kind, request.purpose, request.actor, request.recipient, request.names)
    return request.asset_key, who, evidence, bool(release.redacted)
