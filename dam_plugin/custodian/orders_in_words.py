"""Keeps what a request asks for in words alone, naming no recording and no student, from being lost unnoticed.

Nothing says which recordings these are, so that it holds none by itself: a person holds what it asks for. Until then no
recording is destroyed while a subpoena or a court's order asks so, unless it is said not to be what that asks for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo

from dam_plugin.custodian.destroyed_recordings import Destroyed, destroyed_of
from dam_plugin.errors import Held, InputError
from dam_plugin.ledger.chain import DESTRUCTION, Ledger
from dam_plugin.services import Services
from dam_plugin.sharing.held import ASK
from dam_plugin.store import Hold, StoredRequest, Unit

# Where the ledger's entry of a destruction keeps for which orders it was said not to be what they ask for.
NOT_ASKED_FOR = "not_asked_for"


def holds_nothing(services: Services, unit: Unit, request: StoredRequest) -> bool:
    """Whether a request asks in words for recordings, of no student, and nobody has held any for it."""
    if not request.asks_in_words or unit.requests.asked_students(request):
        return False
    return _is_unheld(services, request, unit.holds.listed())


def _is_unheld(services: Services, request: StoredRequest, holds: Iterable[Hold]) -> bool:
    today = services.now().date()
    return not any(each.is_in_force(today) for each in _holds_for(holds, request))


def unheld_told(request: StoredRequest, *, is_order: bool) -> str:
    """Return the sentence that says of such a request that nothing is held for it, and by which command something is."""
    kind, sealed = "subpoena" if is_order else "request", ""
    if request.secret:
        sealed = " --sealed --ground GROUND --file COPY"
    return (
        f"Nothing is held for {request.id}, which asks in words and names no recording and no student: hold the folder or the "
        f"recordings that it asks for, `dam-plugin hold add FOLDER/ --kind {kind} --matter {request.id} --why TEXT --source "
        f"TEXT{sealed} --as custodian:NAME`"
    )


def unheld_orders(services: Services, unit: Unit, said: Collection[str]) -> list[StoredRequest]:
    """Return the orders that ask in words, for which nothing is held, and that are not `said` not to ask for something."""
    orders = [each for each in unit.requests.orders_in_words(services.now().date()) if each.id not in said]
    holds = unit.holds.listed() if orders else []
    return [each for each in orders if _is_unheld(services, each, holds)]


def check_not_asked_for(orders: Collection[StoredRequest], *, what: str = "the recording is not destroyed") -> None:
    """Raise Held where one of the `unheld_orders` may ask for a recording; the error does not name one that is sealed.

    `what` is the beginning of the sentence.
    """
    if not orders:
        return
    told = [each.id for each in orders if not each.secret]
    if not told:
        raise Held(f"{what}: it is {ASK}")
    options = " ".join(f"--not-asked-for {each}" for each in told)
    raise Held(
        f"{what}: {' and '.join(told)} asks in words for recordings, and nothing is held for it; hold what it asks for, "
        f"`dam-plugin request show {told[0]}` has the command; or, where you looked and this is not what it asks for, say so: "
        f"{options}, which takes two people"
    )


def check_said(services: Services, unit: Unit, said: Iterable[str]) -> None:
    """Raise InputError where one of these requests is no order that asks in words and waits."""
    known = {each.id for each in unit.requests.orders_in_words(services.now().date())}
    for each in said:
        if each not in known:
            raise InputError(
                f"{each} is no open subpoena or court's order that asks in words alone: leave --not-asked-for {each} out"
            )


def told_of(unit: Unit, said: Iterable[str]) -> list[str]:
    """Return those of these requests that the ledger may name: none that is sealed."""
    return sorted(each for each in said if not unit.requests.need(each).secret)


def destroyed_since(ledger: Ledger, unit: Unit, zone: tzinfo | None, order: StoredRequest) -> Iterator[Destroyed]:
    """Yield what was destroyed since an order in words came, while nothing was held for it: it may have asked for that.

    What was destroyed on the day on which it came counts. Not `while_asked` is what two people said it does not ask for.
    """
    came, holds = order.received_at.astimezone(zone).date(), _holds_for(unit.holds.listed(), order)
    done = {each.id: each.done_at for each in unit.destructions.done_since(order.received_at - timedelta(days=2))}
    since = [
        each
        for each, at in done.items()
        if at is not None and came <= at.astimezone(zone).date() and not _was_held(holds, at)
    ]
    found = destroyed_of(unit, zone, since)
    told = (details or {} for _, details in ledger.about(unit, DESTRUCTION, {each.asset_id for each in found}))
    excepted = {str(each["destruction"]) for each in told if order.id in each.get(NOT_ASKED_FOR, ())}
    for each in found:
        yield replace(each, is_named=False, while_asked=each.id not in excepted)


def _holds_for(holds: Iterable[Hold], request: StoredRequest) -> list[Hold]:
    """Return the holds that people placed for a request: their texts have its number. Not what was given in answer to it."""
    return [each for each in holds if each.share_id is None and each.names_one([request.id])]


def _was_held(holds: Iterable[Hold], at: datetime) -> bool:
    """Whether one of these holds was in force at a moment, as far as is on file."""
    return any(
        each.at <= at
        and (each.released is None or at < each.released.at)
        and (each.until is None or at.date() <= each.until)
        for each in holds
    )
