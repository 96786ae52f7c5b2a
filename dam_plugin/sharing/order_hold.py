"""Holds a recording that was given under a court order or a subpoena: it is evidence from then on, and nobody destroys it.

The hold comes about with the record of the disclosure, in the same transaction, and ends as any hold for litigation does: two
people release it. Under an order that forbids telling (34 CFR 99.31(a)(9)(ii), 99.32(d)(5)) it is sealed: `secret_order.py`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from dam_plugin.model import Actor, Decision, Outcome, Share
from dam_plugin.services import Services
from dam_plugin.store import Hold, SystemUser, Unit

# The clauses of a release on an order, and of one that does not give all that a verified order asks for.
_BY_ORDER = {"EX7", "EX7-NOTICE"}
_PAPERS = {"judicial_order": "a court's order", "subpoena": "a subpoena"}
_LONGEST = 500
# Who held it: the program, when the recording was given.
_ITSELF = SystemUser("dam-plugin", "dam-plugin, by itself")


def hold_what_was_given(services: Services, unit: Unit, request: Share, decision: Decision) -> Hold | None:
    """Hold a recording that an attempt gives under an order, in the caller's transaction; None where it does not, or is held.

    The caller knows that something was given: `decision` says on what ground. What answers an order is evidence on any ground,
    as directory information (EX4) too.
    """
    clauses = {*decision.basis.values(), *(each.clause for each in decision.reasons)}
    answers_order = request.kind == "request" and bool(request.evidence.get("order"))
    if decision.outcome > Outcome.REDACT or not (answers_order or clauses & _BY_ORDER):
        return None
    matter, today = matter_of(request), services.now().date()
    for known in unit.holds.on_place(request.asset_key, is_folder=False):
        if known.is_in_force(today) and (known.matter, known.secret) == (matter, request.secret):
            return None
    order = request.evidence.get("order")
    hold = Hold(
        id=f"hd-{secrets.token_hex(4)}",
        kind="litigation",
        key=request.asset_key,
        is_folder=False,
        matter=matter,
        why="It was given under this order.",
        source=" ".join(filter(None, (request.id, request.referral, request.answers))),
        at=services.now(),
        by=request.actor,
        user=_ITSELF,
        share_id=request.id,
        ground=(order.get("secret_by") if isinstance(order, Mapping) else None) if request.secret else None,
        secret=request.secret,
    )
    unit.holds.add(hold)
    record_hold(services, unit, hold, "added", request.actor, _ITSELF)
    return hold


def matter_of(request: Share) -> str:
    """Return the name of the order under which a recording is given: what it is, who issued it, who asks with it."""
    order: Mapping[str, Any] = request.evidence.get("order") or {}
    paper = _PAPERS.get(str(order.get("kind")), "an order or a subpoena")
    issued = f" of {order['issued_by']}" if order.get("issued_by") else ""
    to = ":".join(filter(None, (request.recipient.role, request.recipient.id)))
    return f"{paper}{issued}, for {to}"[:_LONGEST]


def record_hold(services: Services, unit: Unit, hold: Hold, done: str, by: Actor, user: SystemUser) -> None:
    """Record what was done with a hold: in the sealed book where it is sealed."""
    details = {
        "done": done,
        "kind": hold.kind,
        "on": "folder" if hold.is_folder else "recording",
        "place": services.pseudonyms.asset(hold.key or "/"),
        "until": hold.until,
        "by": asdict(by),
        "user": user.name,
    }
    services.ledger.append(unit, at=services.now(), kind="hold", subject=hold.id, details=details, secret=hold.secret)
