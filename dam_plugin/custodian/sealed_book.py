"""The sealed book as its custodian sees it: who looks into it is written there, too.

It holds what is under an order that forbids telling the family (`sharing/secret_order.py`).
"""

from __future__ import annotations

from dataclasses import asdict

from dam_plugin.errors import InputError
from dam_plugin.model import CUSTODIANS, Actor
from dam_plugin.services import Services
from dam_plugin.store import SystemUser

# The ledger's word for a look into the book, and the entry's subject.
LOOKED_INTO = "looked into"
BOOK = "sealed-book"


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
