"""Keeps what a request asks for in words alone, naming no recording and no student, from being lost unnoticed.

Nothing says which recordings these are, so that it holds none by itself: a person holds what it asks for. Until then no
recording is destroyed while somebody asks so, unless it is said not to be what they ask for: by two people where a subpoena
or a court's order asks, by one otherwise (RSMo 610.023, 610.027).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo

from dam_plugin.custodian.destroyed_recordings import Destroyed, destroyed_of
from dam_plugin.errors import Held, InputError
from dam_plugin.ledger.chain import DESTRUCTION, Ledger
from dam_plugin.services import Services
from dam_plugin.sharing.held import ASK
from dam_plugin.store import Hold, StoredRequest, Unit

# Where the ledger's entry of a destruction keeps for which requests it was said not to be what they ask for.
NOT_ASKED_FOR = "not_asked_for"


def holds_nothing(services: Services, unit: Unit, request: StoredRequest) -> bool:
    """Whether a request asks in words for recordings, of no student, and nobody has held any for it."""
    is_alone = unit.requests.asks_in_words_alone(request)
    return is_alone and _is_unheld(services, request, unit.holds.listed())


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


def unheld_requests(services: Services, unit: Unit, said: Collection[str] = ()) -> list[StoredRequest]:
    """Return the requests that ask in words, for which nothing is held, and that are not `said` not to ask for something."""
    asking = [each for each in unit.requests.in_words_alone(services.now().date()) if each.id not in said]
    holds = unit.holds.listed() if asking else []
    return [each for each in asking if _is_unheld(services, each, holds)]


def asking_told(requests: Collection[StoredRequest]) -> str:
    """Return what is said of recordings that are due where `unheld_requests` may ask for them; "" where none may be named."""
    told = may_be_named(requests)
    return f"{_asking(told)}: look whether one of these is what is asked for, and hold that" if told else ""


def check_not_asked_for(
    unit: Unit, requests: Collection[StoredRequest], *, what: str = "the recording is not destroyed"
) -> None:
    """Raise Held where one of the `unheld_requests` may ask for a recording; the error does not name one that is sealed.

    `what` is the beginning of the sentence.
    """
    if not requests:
        return
    told = may_be_named(requests)
    if not told:
        raise Held(f"{what}: it is {ASK}")
    options = " ".join(f"--not-asked-for {each}" for each in told)
    people = ", which takes two people" if take_two(unit, told) else ""
    they_ask = "it asks" if len(told) == 1 else "they ask"
    raise Held(
        f"{what}: {_asking(told)}; hold what {they_ask} for, `dam-plugin request show {told[0]}` has the command; or, where "
        f"you looked and this is not what {they_ask} for, say so: {options}{people}"
    )


def may_be_named(requests: Iterable[StoredRequest]) -> list[str]:
    """Return the numbers of those requests that are not sealed."""
    return [each.id for each in requests if not each.secret]


def _asking(told: Sequence[str]) -> str:
    ask, them = ("asks", "it") if len(told) == 1 else ("ask", "them")
    return f"{' and '.join(told)} {ask} in words for recordings, and nothing is held for {them}"


def take_two(unit: Unit, said: Iterable[str]) -> bool:
    """Whether it takes two people to say that these requests do not ask for something: one is a subpoena or court's order."""
    return any(unit.requests.paper(each) is not None for each in said)


def check_said(services: Services, unit: Unit, said: Iterable[str]) -> None:
    """Raise InputError where one of these requests does not ask in words, or does not wait."""
    known = {each.id for each in unit.requests.in_words_alone(services.now().date())}
    for each in said:
        if each not in known:
            raise InputError(f"{each} is no open request that asks in words alone: leave --not-asked-for {each} out")


def told_of(unit: Unit, said: Iterable[str]) -> list[str]:
    """Return those of these requests that the ledger may name: none that is sealed."""
    return sorted(each for each in said if not unit.requests.need(each).secret)


def destroyed_since(ledger: Ledger, unit: Unit, zone: tzinfo | None, request: StoredRequest) -> Iterator[Destroyed]:
    """Yield what was destroyed since a request in words came, while nothing was held for it: it may have asked for that.

    What was destroyed on the day on which it came counts. Not `while_asked` is what was said not to be what it asks for, of a
    subpoena or a court's order by two people.
    """
    came, holds = request.received_at.astimezone(zone).date(), _holds_for(unit.holds.listed(), request)
    since = {
        each.id: each
        for each in unit.destructions.done_since(request.received_at - timedelta(days=2))
        if (at := each.done_at) is not None and came <= at.astimezone(zone).date() and not _was_held(holds, at)
    }
    found = destroyed_of(unit, zone, since)
    told = (details or {} for _, details in ledger.about(unit, DESTRUCTION, {each.asset_id for each in found}))
    excepted = {str(each["destruction"]) for each in told if request.id in each.get(NOT_ASKED_FOR, ())}
    if excepted and take_two(unit, [request.id]):
        excepted = {each for each in excepted if each in since and since[each].agreed is not None}
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
