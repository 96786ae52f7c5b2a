"""What the custodian found to tell no place, for a guardian from whom an order keeps the whereabouts. Reads only.

The finding `reviewed --no-place` says it of one version of a recording. It counts for the guardian who asked for it, and for
the students who were known to be in it (RSMo 452.375, 589.664).
"""

from __future__ import annotations

from collections.abc import Collection

from dam_plugin.model import Share
from dam_plugin.store import Unit


def shown_without_place(
    unit: Unit,
    asset_id: str,
    share: Share,
    students: Collection[str],
    *,
    by_two: bool,
    supposed: Collection[str] = (),
) -> frozenset[str]:
    """Return of which students this version of a recording tells no place, as was found for the guardian who asks.

    `by_two`: a finding counts with two people behind it alone. `supposed` are ids of referrals in which it is taken to be
    found of these `students`.
    """
    asked_in = _referrals(unit, share)
    if not asked_in.isdisjoint(supposed):
        return frozenset(students)
    return frozenset(
        student
        for referral in asked_in
        for each in unit.referrals.findings(referral)
        if each.state == "applied" and each.content.get("no_place") and each.asset_id == asset_id and each.before
        if each.approver is not None or not by_two
        for student in each.before.students
    )


def _referrals(unit: Unit, share: Share) -> set[str]:
    """Return the referrals, closed ones too, in which the same person asked for the same recording."""
    found = {share.referral} if share.referral else set()
    for each in unit.referrals.listed(asset_key=share.asset_key, open_only=False):
        asked = unit.shares.share(each.share_id)
        if asked is not None and asked.share.recipient.who == share.recipient.who:
            found.add(each.id)
    return found
