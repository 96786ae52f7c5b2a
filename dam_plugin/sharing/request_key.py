"""By what the same request is known when it is made again: recording, kind, purpose, recipient, names. Pure."""

from __future__ import annotations

import hashlib
from datetime import date

from dam_plugin.model import Recipient, Share
from dam_plugin.store.codec import canonical, to_plain


def request_key(request: Share, day: date) -> str:
    """Return a hash that is the same for the same request: of recording, kind, purpose, recipient, names.

    Case and surrounding spaces make no difference. Two recipients without an id are told apart by the member of staff who
    passed the request on and by the district's `day`; a publication has no requester.
    """
    to = request.recipient
    who = fold_case(to.id) if has_id(to) else ""
    passed_on = [] if who or request.kind == "publication" else [fold_case(request.actor.id), day.isoformat()]
    purpose, names = fold_case(request.purpose), sorted(request.names)
    # What is under an order that forbids telling neither joins what others see, nor settles it.
    secret = ["secret"] if request.secret else []
    asked = [request.asset_key, request.kind, purpose, to.role, who, names, *passed_on, *secret]
    return hashlib.sha256(canonical(to_plain(asked)).encode()).hexdigest()


def has_id(recipient: Recipient) -> bool:
    """Whether a recipient has an id that tells it from others of its role."""
    return fold_case(recipient.id) not in ("", recipient.role)


def fold_case(text: str | None) -> str:
    """Return an id or a purpose as it is compared: without case and surrounding spaces."""
    return " ".join((text or "").casefold().split())
