"""The sealed book as its custodian sees it: who looks into it is written there, too.

It holds what is under an order that forbids telling the family (`sharing/secret_order.py`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date

from dam_plugin.custodian.requests import seal_of
from dam_plugin.errors import InputError
from dam_plugin.model import CUSTODIANS, Actor
from dam_plugin.services import Services
from dam_plugin.sharing.due_dates import Term, due_day
from dam_plugin.store import SystemUser

# The ledger's word for a look into the book, and the entry's subject.
LOOKED_INTO = "looked into"
BOOK = "sealed-book"
# Until then the custodian has looked at a sealed matter.
_LOOKED_AT = Term(1, "business days", "the plugin's own rule")


@dataclass(frozen=True, slots=True)
class SealedMatters:
    """How many sealed matters wait for the custodian and since which day; `is_late`: the oldest for over a business day."""

    waiting: int
    since: date | None
    is_late: bool


def sealed_matters(services: Services) -> SealedMatters:
    """Return what waits under an order that is said to forbid telling: referrals, and requests of the register without one.

    A request that was closed before somebody claimed this of it waits too, until a second person confirms it; so does a hold
    that one person sealed.
    """
    now = services.now()
    with services.store.reading() as unit:
        referrals = unit.referrals.listed(secret=True)
        of_these = set(unit.requests.answered_by([each.id for each in referrals]))
        ids = [each for each in unit.requests.waiting_secret() if each not in of_these]
        moments = [each.opened_at for each in referrals]
        moments += [each.received_at for each in unit.requests.requests_of(ids).values()]
        at_rest = set(unit.requests.all_secret()) - {*ids, *of_these}
        claims = (seal_of(each) for each in unit.requests.events_of(at_rest).values())
        moments += [each.claimed.at for each in claims if each.claimed is not None and each.is_claim]
        seals = [each.sealing for each in unit.holds.listed() if each.secret and each.sealing is not None]
        moments += [each.claimed.at for each in seals if each.is_claim]
    since = min((each.astimezone(now.tzinfo).date() for each in moments), default=None)
    late = since is not None and now.date() > due_day(_LOOKED_AT, since, services.settings.district.holidays).day
    return SealedMatters(len(moments), since, late)


def require_keeper(by: Actor) -> None:
    """Raise InputError for a role that does not see what is under an order that forbids telling."""
    if by.role not in CUSTODIANS:
        raise InputError("only the custodian or a designee sees what is sealed: add --as custodian:NAME")


def note_look(services: Services, by: Actor, user: SystemUser, student: str | None = None) -> None:
    """Record in the sealed book that somebody looks into it, for one student or whole. Raises InputError, UnknownThing."""
    require_keeper(by)
    with services.store.writing() as unit:
        students = [unit.people.need(student).id] if student is not None else []
        told = {"by": asdict(by), "system_user": asdict(user), "student": student}
        services.ledger.append(
            unit, at=services.now(), kind=LOOKED_INTO, subject=BOOK, details=told, students=students, secret=True
        )
