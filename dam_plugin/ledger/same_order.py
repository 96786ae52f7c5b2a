"""By which subpoena or court's order of the register something is asked for: each has its own evidence, notices and answer.

34 CFR 99.31(a)(9)(ii) asks of each that it was verified, and that the families were told before it is answered. What is asked
for by no order has its own answer too, within the days of the Sunshine Law (RSMo 610.023.3). So a matter of the register is one
order, or all that is none (`NO_ORDER`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from dam_plugin.model import Referral, Share
from dam_plugin.store import Unit
from dam_plugin.store.requests import NO_ORDER, WAITING


def orders_of(unit: Unit, share: Share) -> frozenset[str]:
    """Return the orders of the register that a share answers, or the referral that it decides again."""
    return matters_of(unit, share) - {NO_ORDER}


def orders_of_referral(unit: Unit, referral: Referral) -> frozenset[str]:
    """Return the orders of the register that a referral answers, or the share that asked for it last."""
    return matters_of_referral(unit, referral) - {NO_ORDER}


def matters_of(unit: Unit, share: Share) -> frozenset[str]:
    """Return the matters of the register that a share answers, or the referral that it decides again; none for no request."""
    decided = unit.referrals.referral(share.referral) if share.referral is not None else None
    if decided is not None:
        return matters_of_referral(unit, decided)
    return unit.requests.matters_answered([share.id], share.answers)


def matters_of_referral(unit: Unit, referral: Referral) -> frozenset[str]:
    """Return the matters of the register that a referral answers, or the share that asked for it last; none for no request."""
    return unit.requests.matters_answered([referral.id, referral.share_id])


def orders_that_wait(unit: Unit, referral_id: str) -> frozenset[str]:
    """Return the orders of the register that a referral answers and that are still to be answered.

    While there is one, the referral is its work alone: an earlier version let what was asked for by no order join it.
    """
    return frozenset(
        each for each in unit.requests.orders_answered([referral_id]) if unit.requests.state(each) in WAITING
    )


def are_apart(matters: Collection[str], others: Collection[str]) -> bool:
    """Whether both answer the register, and no matter of it in common."""
    return bool(matters) and bool(others) and not {*matters} & {*others}


def of_same_order(unit: Unit, share: Share, waiting: Sequence[Referral]) -> list[Referral]:
    """Return those of these referrals that answer no other matter of the register than a share does, those of its own first.

    A share that answers none belongs to the first of them that answers one; with an order as evidence, to the first that
    answers an order.
    """
    matters = {each.id: matters_of_referral(unit, each) for each in waiting}
    answered = matters_of(unit, share)
    own = answered or _first(matters.values(), by_order=bool(share.evidence.get("order")))
    found = [each for each in waiting if not are_apart(own, matters[each.id])]
    return sorted(found, key=lambda each: not answered & matters[each.id])


def _first(matters: Iterable[frozenset[str]], *, by_order: bool) -> frozenset[str]:
    known = sorted(filter(None, matters), key=lambda each: by_order and NO_ORDER in each)
    return known[0] if known else frozenset()
