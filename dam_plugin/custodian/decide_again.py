"""A referral's share decided again with what was found: carrying out what follows a finding that took effect.

INVARIANT: a finding takes effect in one transaction and the share is decided after it, so a process that dies in between
leaves a finding that is applied and undecided: `approve`, or the finding `reviewed`, does the rest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dam_plugin.gate.close_links import close, recheck
from dam_plugin.intake.loosening import again, applied
from dam_plugin.intake.write_tags import write_tags
from dam_plugin.model import Referral
from dam_plugin.services import Services
from dam_plugin.sharing import finding_kinds as kinds
from dam_plugin.sharing.hold_copies import settle
from dam_plugin.sharing.share import Answer, share
from dam_plugin.store import StoredFinding


@dataclass(frozen=True, slots=True)
class Stated:
    """A finding as it is kept, the referral as it is now, and the answer of the share that was decided again.

    No answer: it waits for an approval, decides nothing, or somebody else's share of the same was decided with it first.
    """

    finding: StoredFinding
    referral: Referral
    answer: Answer | None = None


def carry_out(services: Services, finding: StoredFinding) -> Stated:
    """Do what follows a finding that is applied: write the object's tags, close links, decide the share again.

    What broke off for findings before it is done with it. Raises what `share` does: the finding then stays applied and
    undecided.
    """
    with services.store.reading() as unit:
        referral = unit.referrals.need(finding.referral_id)
        stored = unit.assets.current(referral.asset_key)
        effective = applied(unit, referral)
        request = again(unit, referral, finding.by, effective)
    if not kinds.decides(finding.kind, referral.kind):
        return Stated(finding, referral)
    if stored is not None and _is_about_the_recording(effective):
        write_tags(services, stored)
        settle(services, None)
        recheck(services, asset_key=referral.asset_key)
    answer = share(services, request, referral=referral.id)
    with services.store.reading() as unit:
        finding, referral = unit.referrals.need_finding(finding.id), unit.referrals.need(referral.id)
    if finding.share_id in (None, answer.share.id):
        return Stated(finding, referral, answer)
    if answer.link is not None:
        # Nobody has its token: whoever was first has the link that counts.
        close(services, [answer.link], "the same was decided at the same moment")
    return Stated(finding, referral)


def _is_about_the_recording(findings: Iterable[StoredFinding]) -> bool:
    return any(
        kinds.look_of(kinds.read_finding(each.kind, each.content), each.at, each.by, approved=False)
        for each in findings
    )
