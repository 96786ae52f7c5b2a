"""Whether something loosens on a recording that takes two people: by its tags, or by the decision on what waits for it.

INVARIANT: what is compared with is what holds without all that only one person stated; so no two halves of a release,
each harmless by itself, pass one by one, whichever way they are said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from dam_plugin.errors import InputError
from dam_plugin.intake.inheritance import is_same_picture
from dam_plugin.intake.looks import needs_two, sticky
from dam_plugin.intake.strictest_tags import laid_over
from dam_plugin.intake.tag_changes import changes, is_looser
from dam_plugin.model import Actor, Decision, Outcome, Referral, Share, Tagging
from dam_plugin.services import Services
from dam_plugin.sharing.finding_kinds import evidence_that_counts, need_share, written_evidence
from dam_plugin.sharing.gather_case import Gathering
from dam_plugin.sharing.share import case_from, decide_safely
from dam_plugin.store import StoredAsset, StoredFinding, Unit

# Whoever looks, what waits is decided again as the custodian's.
_CUSTODIAN = Actor("custodian")


@dataclass(frozen=True, slots=True)
class Effect:
    """What a finding would change: the recording before and after."""

    before: StoredAsset
    after: StoredAsset


@dataclass(frozen=True, slots=True)
class Compared:
    """The decisions on a share: before a finding, and with it and all that was stated.

    `before` is of the tags as they are, `settled` of those without what only one person saw; both are on evidence that two
    people stand behind.
    """

    before: Decision
    settled: Decision
    after: Decision

    @property
    def is_looser(self) -> bool:
        """Whether more is released than by either: one person may have seen more people, or more that releases."""
        return less_strict(self.before, self.after) or less_strict(self.settled, self.after)


def waits_for_two(services: Services, unit: Unit, referral: Referral, finding: StoredFinding, effect: Effect) -> bool:
    """Whether it takes two people to let a finding take effect: it moves a recording of FOR_TWO toward release.

    By its tags, or by the decision on any share of this recording that waits.
    """
    if not (needs_two(effect.before.tagging) or needs_two(effect.after.tagging)):
        return False
    if tags_loosen(effect.before.tagging, effect.after.tagging):
        return True
    return _is_released_by(services, unit, referral, finding, effect)


def _is_released_by(services: Services, unit: Unit, referral: Referral, finding: StoredFinding, effect: Effect) -> bool:
    """Whether a share of the recording that waits would be decided more loosely with a finding."""
    try:
        return any(each.is_looser for each in _all_compared(services, unit, referral, finding, effect))
    except InputError:
        # What is on file for another share no longer makes a case: a second person looks.
        return True


def compared(services: Services, unit: Unit, referral: Referral, finding: StoredFinding, effect: Effect) -> Compared:
    """Return the decision on a referral's share before and after a finding. Raises InputError where none can be made."""
    return next(_all_compared(services, unit, referral, finding, effect))


def _all_compared(
    services: Services, unit: Unit, referral: Referral, finding: StoredFinding, effect: Effect
) -> Iterator[Compared]:
    """Yield the decisions on the finding's own referral, and on each other one of the recording that waits."""
    deciding, settled_tags = _Deciding(services, unit), settled_by_two(unit, effect.before)
    others = [each for each in _waiting(unit, effect.before) if each.id != referral.id]
    for each in (referral, *others):
        findings = [known for known in applied(unit, each) if known.id != finding.id]
        findings += [finding] if each.id == referral.id else []
        without, with_it = (again(unit, each, finding.by, of) for of in (settled(findings), findings))
        yield Compared(
            deciding(effect.before, without), deciding(settled_tags, without), deciding(effect.after, with_it)
        )


def look_loosens(services: Services, unit: Unit, before: StoredAsset, after: StoredAsset) -> Referral | None:
    """Return the referral that a person's look would loosen something for, on a recording that takes two; else None.

    By the tags, where the recording waits in the queue or anything of it went to a second person; by the decision on
    what waits, and on what a second person was asked about, with all the evidence that was stated.
    """
    if not (needs_two(before.tagging) or needs_two(after.tagging)):
        return None
    concerned = list(_waiting(unit, before))
    known = {each.id for each in concerned}
    to_two = dict.fromkeys(each.referral_id for each in unit.referrals.by_two(before.asset))
    concerned += [unit.referrals.need(each) for each in to_two if each not in known]
    if concerned and tags_loosen(before.tagging, after.tagging):
        return concerned[0]
    deciding = _Deciding(services, unit)
    for each in concerned:
        request = replace(again(unit, each, _CUSTODIAN, applied(unit, each)), asset_key=before.asset.key)
        then, now = deciding.or_none(before, request), deciding.or_none(after, request)
        if now is not None and (then is None or less_strict(then, now)):
            return each
    return None


def again(unit: Unit, referral: Referral, by: Actor, findings: Iterable[StoredFinding]) -> Share:
    """Return a referral's share as the custodian asks for it again, on the evidence of findings."""
    request = need_share(unit, referral.share_id)
    return replace(
        request,
        actor=by,
        evidence=evidence_that_counts(written_evidence(unit, referral), findings),
        referral=referral.id,
    )


def applied(unit: Unit, referral: Referral) -> list[StoredFinding]:
    """Return the findings of a referral that took effect, oldest first."""
    return [each for each in unit.referrals.findings(referral.id) if each.state == "applied"]


def settled(findings: Iterable[StoredFinding]) -> list[StoredFinding]:
    """Return the findings behind which two people stand."""
    return [each for each in findings if each.approver]


def settled_by_two(unit: Unit, stored: StoredAsset) -> StoredAsset:
    """Return a recording as it is tagged without what only one person saw, but for what makes it stricter for good.

    Whoever approves sees all that holds then: what was seen before stands with what was approved.
    """
    copies = (each.asset for each in unit.assets.same_picture(stored.asset))
    same = {
        stored.asset.id,
        *(each.id for each in copies if each.key == stored.asset.key and is_same_picture(each, stored.asset)),
    }
    ends = [
        each.settled_at
        for each in unit.referrals.by_two(stored.asset)
        if each.state == "applied" and each.asset_id in same and each.settled_at
    ]
    until = max(ends, default=None)
    looks = []
    for look in unit.assets.looks(stored.asset.id):
        kept = look if look.approved or (until is not None and look.at <= until) else sticky(look)
        if kept is not None:
            looks.append(kept)
    return replace(stored, tagging=laid_over(stored.machine, looks, stored.former))


def tags_loosen(before: Tagging, after: Tagging) -> bool:
    """Whether tags move toward release, or no longer say of somebody where they were said to be and are to be hidden.

    No meaning is the strict one: each lets somebody have the recording who would not have it otherwise.
    """
    moved = before.meaning != after.meaning or not _places(before) <= _places(after)
    return moved or is_looser(changes(before, after))


def less_strict(before: Decision, after: Decision) -> bool:
    """Whether a decision releases more than another: a looser outcome, or a copy that does not hide all the same."""
    if after.outcome != before.outcome:
        return after.outcome < before.outcome
    return after.outcome is Outcome.REDACT and not set(before.redact) <= set(after.redact)


class _Deciding:
    """Decides shares of recordings as they are supposed to be, on what one transaction sees of the people in them."""

    def __init__(self, services: Services, unit: Unit) -> None:
        self._services = services
        self._gathering = Gathering(unit, services.settings, services.now().date())

    def __call__(self, stored: StoredAsset, request: Share) -> Decision:
        case = case_from(self._services, self._gathering, stored, request)
        return decide_safely(case, is_bent=self._gathering.is_bent(case))

    def or_none(self, stored: StoredAsset, request: Share) -> Decision | None:
        """Return the decision, None where what is on file no longer makes a case: nothing is released then."""
        try:
            return self(stored, request)
        except InputError:
            return None


def _waiting(unit: Unit, stored: StoredAsset) -> Iterator[Referral]:
    for each in unit.referrals.listed(asset_key=stored.asset.key):
        if each.kind not in ("offer", "review"):
            yield each


def _places(tagging: Tagging) -> set[tuple[str, object]]:
    """Return each place and time of each student who can be identified."""
    return {
        (seen.student, place)
        for seen in tagging.appearances
        if seen.identifiable
        for place in (*seen.regions, *seen.intervals, *seen.keyframes, *seen.heard)
    }
