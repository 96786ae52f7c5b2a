"""By what the same request is known when it is made again: recording, kind, purpose, recipient, names. Pure."""

from __future__ import annotations

import hashlib
from datetime import date

from dam_plugin.model import Share
from dam_plugin.store.codec import canonical, to_plain


def request_key(request: Share, day: date) -> str:
    """Return a hash that is the same for the same request: of recording, kind, purpose, recipient, names.

    Case and surrounding spaces make no difference, nor how the recipient's id is written (`Recipient.who`). Two recipients
    without an id are told apart by the member of staff who passed the request on and by the district's `day`; a publication
    has no requester.
    """
    role, who = request.recipient.who
    passed_on = [] if who or request.kind == "publication" else [fold_case(request.actor.id), day.isoformat()]
    purpose, names = fold_case(request.purpose), sorted(request.names)
    # What is under an order that forbids telling neither joins what others see, nor settles it.
    secret = ["secret"] if request.secret else []
    asked = [request.asset_key, request.kind, purpose, role, who, names, *passed_on, *secret]
    return hashlib.sha256(canonical(to_plain(asked)).encode()).hexdigest()


def fold_case(text: str | None) -> str:
    """Return a text, such as a purpose, as it is compared: without case and surrounding spaces."""
    return " ".join((text or "").casefold().split())
