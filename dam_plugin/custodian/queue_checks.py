"""What each act on the custodian's queue checks first: who may work on it, and that the referral waits."""

from __future__ import annotations

from dam_plugin.errors import InputError
from dam_plugin.model import CUSTODIANS, Actor, Referral
from dam_plugin.sharing.finding_kinds import links_on_evidence, need_share
from dam_plugin.store import Unit


def require_custodian(by: Actor) -> None:
    """Raise InputError for a role that is not the custodian or a designee."""
    if by.role not in CUSTODIANS:
        raise InputError("only the custodian or a designee works on the queue: add --as custodian:NAME")


def need_open(unit: Unit, referral_id: str) -> Referral:
    """Return a referral that waits. Raises UnknownThing, InputError if it is closed."""
    referral = unit.referrals.need(referral_id)
    if not referral.is_open:
        known = links_on_evidence(unit, need_share(unit, referral.share_id))
        withdraw = (
            f"; what was given on evidence that holds no longer, `dam-plugin queue withdraw {referral.id}` closes"
        )
        raise InputError(
            f"this referral is closed already, see `dam-plugin queue show {referral.id}`: who still wants the recording asks "
            f"for it again{withdraw if known else ''}"
        )
    return referral
