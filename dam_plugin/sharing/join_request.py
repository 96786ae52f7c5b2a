"""Joins a share, and the work that it leaves, to the request that it answers, in the transaction that records the share.

What a request is, and where it stands, is in `custodian/requests.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, tzinfo

from dam_plugin.errors import InputError
from dam_plugin.ledger.same_order import orders_that_wait
from dam_plugin.model import NOT_ASKED_FOR, Actor, Referral, Share
from dam_plugin.services import Services
from dam_plugin.sharing.order_hold import hold_what_answered
from dam_plugin.store import RequestEvent, SystemUser, Unit
from dam_plugin.store.requests import WAITING

JOINED = "joined"
REOPENED = "reopened"
# What a look found after the closing is not what was asked for, as the custodian says.
FOUND_SETTLED = "found-settled"
# Two people said that a request was entered for the wrong student, or that it was right after all (`stands`).
STUDENT_CORRECTED = "student-corrected"


def check_answers(unit: Unit, request: Share) -> bool:
    """Raise where a share cannot answer the request that it names: UnknownThing, InputError if closed or somebody else's.

    Returns whether that request is about an order that forbids telling.
    """
    if request.answers is None:
        return False
    asked = unit.requests.need(request.answers)
    if unit.requests.state(asked.id) not in WAITING:
        raise InputError(f"{asked.id} is closed: reopen it (`dam-plugin request reopen`), or share without --request")
    if asked.recipient.who != request.recipient.who:
        raise InputError(
            f"{asked.id} came from somebody else ({asked.recipient.role}): share with whoever asked, or without --request"
        )
    if not unit.requests.reaches(asked.id, request.asset_key):
        raise InputError(not_reached_by(asked.id))
    return asked.secret


def not_reached_by(request_id: str) -> str:
    """Return the sentence that an order of the register does not reach a recording, and what can be done about it."""
    return (
        f"The order of {request_id} does not reach this recording, as the court narrowed it: nothing of it goes out on that "
        f"order, and no family is told of it. Where the court widened it again, `dam-plugin request order {request_id} "
        "--reached KEY --why TEXT`; another order of theirs is a request of its own, `dam-plugin request add … --paper`, and "
        "`share … --request` answers it"
    )


def asked_on(unit: Unit, request_id: str, zone: tzinfo | None) -> date:
    """Return the day from which the clocks of a request run: on which it came, or was made again after a closing."""
    again = (each.content.get("asked_again") for each in unit.requests.events(request_id) if each.kind == REOPENED)
    last = list(filter(None, again))[-1:]
    came = unit.requests.need(request_id).received_at.astimezone(zone).date()
    return date.fromisoformat(last[0]) if last else came


def join_answered(services: Services, unit: Unit, request: Share, opened: Iterable[Referral], now: datetime) -> None:
    """Join a share, and the work that it opened, to its request and to those of the referral that it decides.

    What decides the work of an order that is still to be answered answers no other request (`orders_that_wait`). An offer
    goes to another family, and what was given out before is the district's own work: neither answers the request.
    What is under an order that forbids telling answers a sealed request alone.
    """
    answered = {*orders_that_wait(unit, request.referral)} if request.referral else set()
    if not answered:
        decided = unit.requests.answered_by([request.referral]) if request.referral else ()
        answered = {*decided, *filter(None, [request.answers])}
    referrals = [each.id for each in opened if each.kind not in NOT_ASKED_FOR]
    for each in sorted(answered):
        if request.secret and not unit.requests.need(each).secret:
            continue
        join(services, unit, each, [request.id, *referrals], request.actor, now)


def join(
    services: Services,
    unit: Unit,
    request_id: str,
    parts: Iterable[str],
    by: Actor,
    now: datetime,
    user: SystemUser | None = None,
) -> None:
    """Say that shares or referrals answer a request, and record it; what is joined already is left out.

    What was given in answer to a subpoena or an order is held from then on (`order_hold.py`).
    """
    known = unit.requests.parts(request_id)
    new = [each for each in dict.fromkeys(parts) if each not in known]
    if not new:
        return
    number = unit.requests.next_number(request_id)
    unit.requests.append_all([RequestEvent(request_id, number, JOINED, now, now, by, user, {"parts": new})])
    unit.requests.join(request_id, new)
    details = {
        "request": request_id,
        "event": number,
        "done": JOINED,
        "by": {"role": by.role, "id": by.id},
        "parts": new,
    }
    secret = unit.requests.need(request_id).secret
    services.ledger.append(unit, at=now, kind="request", subject=request_id, details=details, secret=secret)
    hold_what_answered(services, unit, request_id, new, by)
