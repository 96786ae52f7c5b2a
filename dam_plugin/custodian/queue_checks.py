"""What each act on the custodian's queue checks first: who may work on it, that it waits, and that an offer is still owed."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dam_plugin.errors import InputError
from dam_plugin.model import CUSTODIANS, Actor, Outcome, Referral
from dam_plugin.sharing.finding_kinds import links_on_evidence, need_share
from dam_plugin.store import StoredAsset, Unit

# How a share closes what it answered whole; what was handed over by hand says so behind it.
_ANSWERED_BY_LINK = re.compile(rf"answered: {Outcome.ALLOW.word} \([^()]+\)")


def require_custodian(by: Actor) -> None:
    """Raise InputError for a role that is not the custodian or a designee."""
    if by.role not in CUSTODIANS:
        raise InputError("only the custodian or a designee works on the queue: add --as custodian:NAME")


def need_open(unit: Unit, referral_id: str, *, or_answered: bool = False, or_reviewed: bool = False) -> Referral:
    """Return a referral that waits. Raises UnknownThing, InputError if it is closed.

    `or_answered`: also one that a link to the whole recording answered, and nothing that was handed over by hand;
    `or_reviewed`: also the review of an emergency.
    """
    referral = unit.referrals.need(referral_id)
    is_answered = or_answered and _ANSWERED_BY_LINK.fullmatch(referral.closing or "") is not None
    is_reviewed = or_reviewed and referral.kind == "review"
    if not (referral.is_open or is_answered or is_reviewed):
        asked = need_share(unit, referral.share_id)
        known = asked.evidence or links_on_evidence(unit, asked)
        withdraw = (
            f"; what was given on evidence that holds no longer, `dam-plugin queue withdraw {referral.id}` closes (--never-"
            "held: it never did, and it was given by mistake)"
        )
        if referral.kind == "review":
            raise InputError(
                f"this review is closed already, see `dam-plugin queue show {referral.id}`: where it was wrong, say it anew, "
                f"`dam-plugin queue finding {referral.id} reviewed TEXT --was-threat` or `--no-threat`"
            )
        raise InputError(
            f"this referral is closed already, see `dam-plugin queue show {referral.id}`: who still wants the recording asks "
            f"for it again{withdraw if known else ''}"
        )
    return referral


def check_still_offered(stored: StoredAsset | None, referral: Referral, students: Iterable[str]) -> None:
    """Raise InputError where a whole recording is owed to these students' family no more, as it is on file now.

    So it is once the others can be hidden after all (34 CFR 99.12(a)), and where a student is not in it.
    """
    if stored is None:
        return
    way_on = f"`dam-plugin queue close {referral.id} --why TEXT`"
    if stored.tagging.meaning != "destroyed" and not stored.tagging.cannot_be_redacted:
        raise InputError(
            f"nobody says any more that the others cannot be hidden in the recording of {referral.id}, so the whole is offered "
            f"to nobody: {way_on}"
        )
    gone = [each for each in students if each not in stored.tagging.students]
    if gone:
        raise InputError(
            f"{gone[0]} is not in the recording of {referral.id} by its tags now, so it is not that family's: leave the "
            f"student out with --student, or {way_on}"
        )
