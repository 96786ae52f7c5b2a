"""Who was given a recording before a look found somebody in it: what that means for the family is the custodian's to judge.

The record of disclosures of whom the look found has these lines by itself (`ledger/student.py`). Here the work is filed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from dam_plugin.errors import DamPluginError
from dam_plugin.intake.strictest_tags import of_same_picture
from dam_plugin.model import Outcome, Referral, Share
from dam_plugin.services import Services
from dam_plugin.sharing.file_referral import offers_to_families, open_found_later
from dam_plugin.sharing.gather_case import CaseGatherer
from dam_plugin.sharing.share import case_of_share, decide_gathered
from dam_plugin.store import StoredAsset, StoredShare, Unit

# A recording as it was tagged before, and after.
Changed = tuple[StoredAsset, StoredAsset]
_RELEASED = (Outcome.ALLOW.word, Outcome.REDACT.word)


def refer_found_later(services: Services, unit: Unit, changed: Iterable[Changed]) -> list[tuple[Referral, Share]]:
    """File that somebody was given a recording that shows students whom no tag named then, in the caller's transaction.

    It is filed for the students whom today's decision on the same share refuses or hides, with the last share that showed
    them. Nothing is where nobody saw the recording; what is under a seal is left out. The caller tells the custodian after
    the commit (`tell_custodian`).
    """
    filed = []
    for before, after in changed:
        shown = _shown(services, unit, before, after)
        if shown:
            last = max(shown.values(), key=lambda each: each.at).share
            filed.append((open_found_later(services, unit, last, sorted(shown)), last))
    return filed


def _shown(services: Services, unit: Unit, before: StoredAsset, after: StoredAsset) -> dict[str, StoredShare]:
    """Return the students who were found now and were given out before, each with the last share that showed them."""
    found = after.tagging.students - before.tagging.students
    shown: dict[str, StoredShare] = {}
    if not found:
        return shown
    gathering = CaseGatherer(unit, services.settings, services.now().date(), rulings=services.rulings)
    for given in _given_out(unit, after):
        known = {*given.decision.get("basis", ()), *given.decision.get("redact", ())}
        shown |= dict.fromkeys(_refused_today(services, unit, gathering, after, given.share, found - known), given)
    return shown


def _given_out(unit: Unit, stored: StoredAsset) -> list[StoredShare]:
    """Return the shares by which somebody got this picture, also as a former version under its key."""
    versions = {each.asset.id for each in of_same_picture(stored.asset, unit.assets.of_key(stored.asset.key))}
    shares = [
        each
        for each in unit.shares.of_key(stored.asset.key)
        if each.outcome in _RELEASED and each.asset_id in versions and not each.share.secret
    ]
    unopened = unit.shares.unopened(each.share.id for each in shares)
    return [each for each in shares if each.share.id not in unopened]


def _refused_today(
    services: Services,
    unit: Unit,
    gathering: CaseGatherer,
    stored: StoredAsset,
    request: Share,
    found: Collection[str],
) -> set[str]:
    """Return those of these students whom the same share would not show today, and open the offers that it would bring."""
    if not found:
        return set()
    try:
        case = case_of_share(services, gathering, stored, request)
        decision = decide_gathered(gathering, case, request, services.rulings)
    except DamPluginError:
        return set(found)
    if request.kind == "request":
        # Of several families each is offered what one of them was given (EX2-MULTI).
        offers_to_families(services, unit, replace(request, at=None), case, decision)
    if decision.outcome > Outcome.REDACT:
        return set(found)
    return set(found).intersection(decision.redact)
