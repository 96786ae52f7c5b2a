"""Whether the efforts on file have told every family of the order that a request of the register is (`letter effort`).

They are the evidence of the reasonable effort (34 CFR 99.31(a)(9)(ii)). The register counts them as its clock `notice`, also
where an earlier version recorded them and did not.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from dam_plugin.custodian.order_notice import notice_state
from dam_plugin.custodian.requests import FamiliesTold, RequestStatus
from dam_plugin.errors import InputError
from dam_plugin.model import NOT_ASKED_FOR, Referral
from dam_plugin.services import Services


@dataclass(frozen=True, slots=True)
class ToldByEfforts:
    """That every family was told, by which efforts, and the day of the last of them."""

    what: FamiliesTold
    on: date


def waits_for_notice(status: RequestStatus) -> bool:
    """Whether the families of a request's order are still to be told, by the register."""
    return any(each.name == "notice" for each in status.running)


def told_by_efforts(
    services: Services,
    keys: Collection[str],
    answered: Collection[str],
    referrals: Sequence[Referral],
    return_day: date | None,
) -> ToldByEfforts | None:
    """Return how efforts have told every family of a request's order; None where a family is left, or nothing is on file.

    `keys` are the recordings that the request names, `answered` those that a share or work answers, `referrals` that work. Nor
    were they told of an order that is answered before the day that they were told, on its `return_day`.
    """
    if set(keys) - set(answered):
        # Nobody knows yet whom that recording is about.
        return None
    ids: list[str] = []
    days: list[date] = []
    about = []
    for each in (one for one in referrals if one.kind not in NOT_ASKED_FOR):
        try:
            state = notice_state(services, each.id)
        except InputError:
            if each.is_open:
                return None
            continue
        if state.left or (state.told_day is not None and return_day is not None and state.told_day > return_day):
            return None
        about.append(each.id)
        ids += [made.id for made in state.efforts]
        days += [made.on for made in state.efforts]
    if not days:
        return None
    return ToldByEfforts(FamiliesTold(f"each family of {', '.join(about)}, as recorded: {', '.join(ids)}"), max(days))
