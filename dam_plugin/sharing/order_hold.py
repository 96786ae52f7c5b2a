"""Holds a recording that was given under a court order or a subpoena: it is evidence from then on, and nobody destroys it.

The hold comes about with the record of the disclosure, in the same transaction; where the paper stands in the register of
requests alone, with what joins the request, or with the paper where that is noted later. It ends as any hold for litigation
does: two people release it. Under an order that forbids telling (34 CFR 99.31(a)(9)(ii), 99.32(d)(5)) it is sealed:
`secret_order.py`.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from dam_plugin.model import Actor, Decision, Outcome, Share
from dam_plugin.pseudonyms import REFERRAL
from dam_plugin.services import Services
from dam_plugin.store import Hold, SystemUser, Unit

# The clauses of a release on an order, and of one that does not give all that a verified order asks for.
_BY_ORDER = {"EX7", "EX7-NOTICE"}
_PAPERS = {"judicial_order": "a court's order", "subpoena": "a subpoena"}
_SOME_PAPER = "an order or a subpoena"
# The outcomes of an attempt that gave something.
_GIVEN = (Outcome.ALLOW.word, Outcome.REDACT.word)
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
    return _hold(services, unit, request, matter_of(request), request.actor)


def hold_what_answered(services: Services, unit: Unit, request_id: str, parts: Collection[str], by: Actor) -> None:
    """Hold what `parts` gave in answer to a request of the register that is a subpoena or a court's order.

    In the caller's transaction. Nothing where it is no such paper. On which ground it was given, and whether the request waits,
    does not matter. What was held for it before is left as it is: two people may have let it go.
    """
    paper = unit.requests.paper(request_id)
    if paper is None:
        return
    for share in _given(unit, parts):
        matter = f"{_PAPERS.get(paper, _SOME_PAPER)} ({request_id}), {_for_whom(share)}"[:_LONGEST]
        if not _was_held(unit, share, matter):
            _hold(services, unit, share, matter, by, request_id)


def _was_held(unit: Unit, share: Share, matter: str) -> bool:
    """Whether a share was held for the order that came with it, or two people have let it go since for this matter."""
    own = any(each.matter == matter_of(share) for each in unit.holds.of_shares([share.id]))
    return own or any(
        each.matter == matter and each.released is not None and share.at is not None and share.at <= each.released.at
        for each in unit.holds.on_place(share.asset_key, is_folder=False)
    )


def _given(unit: Unit, parts: Collection[str]) -> Iterator[Share]:
    """Yield the requests among these shares, and those that decided these referrals, that gave something, oldest first."""
    referrals = (unit.referrals.referral(each) for each in sorted(parts) if each.startswith(REFERRAL))
    decided = [
        each
        for referral in referrals
        if referral is not None
        for each in unit.shares.of_key(referral.asset_key)
        if each.share.referral == referral.id
    ]
    found = {each.share.id: each for each in (*unit.shares.stored_of(parts), *decided)}
    for each in sorted(found.values(), key=lambda one: one.at):
        if each.outcome in _GIVEN and each.share.kind == "request":
            yield each.share


def _hold(
    services: Services, unit: Unit, request: Share, matter: str, by: Actor, answered: str | None = None
) -> Hold | None:
    """Hold the recording of a share for a matter; None where it is held for it already.

    `answered` is the request of the register that it answers, where that is the paper.
    """
    today = services.now().date()
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
        source=" ".join(dict.fromkeys(filter(None, (request.id, request.referral, request.answers, answered)))),
        at=services.now(),
        by=by,
        user=_ITSELF,
        share_id=request.id,
        ground=(order.get("secret_by") if isinstance(order, Mapping) else None) if request.secret else None,
        secret=request.secret,
    )
    unit.holds.add(hold)
    record_hold(services, unit, hold, "added", by, _ITSELF)
    return hold


def matter_of(request: Share) -> str:
    """Return the name of the order under which a recording is given: what it is, who issued it, who asks with it."""
    order: Mapping[str, Any] = request.evidence.get("order") or {}
    paper = _PAPERS.get(str(order.get("kind")), _SOME_PAPER)
    issued = f" of {order['issued_by']}" if order.get("issued_by") else ""
    return f"{paper}{issued}, {_for_whom(request)}"[:_LONGEST]


def _for_whom(request: Share) -> str:
    return f"for {':'.join(filter(None, (request.recipient.role, request.recipient.id)))}"


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
