"""By which subpoena or court's order of the register something is asked for: each has its own evidence, notices and answer.

34 CFR 99.31(a)(9)(ii) asks of each that it was verified, and that the families were told before it is answered.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from dam_plugin.model import Referral, Share
from dam_plugin.store import Unit


def orders_of(unit: Unit, share: Share) -> frozenset[str]:
    """Return the orders of the register that a share answers, or the referral that it decides again."""
    decided = unit.referrals.referral(share.referral) if share.referral is not None else None
    if decided is not None:
        return orders_of_referral(unit, decided)
    return unit.requests.orders_answered([share.id], share.answers)


def orders_of_referral(unit: Unit, referral: Referral) -> frozenset[str]:
    """Return the orders of the register that a referral answers, or the share that asked for it last."""
    return unit.requests.orders_answered([referral.id, referral.share_id])


def are_apart(orders: Collection[str], others: Collection[str]) -> bool:
    """Whether both are asked for by orders of the register, and not by the same one."""
    return bool(orders) and bool(others) and not {*orders} & {*others}


def of_same_order(unit: Unit, share: Share, waiting: Sequence[Referral]) -> list[Referral]:
    """Return those of these referrals that answer no other order of the register than a share does, those of its own first.

    A share that answers none belongs to the first of them that answers one.
    """
    orders = {each.id: orders_of_referral(unit, each) for each in waiting}
    answered = orders_of(unit, share)
    own = answered or next(filter(None, orders.values()), frozenset())
    found = [each for each in waiting if not are_apart(own, orders[each.id])]
    return sorted(found, key=lambda each: not answered & orders[each.id])
