"""What administrators do with the access log: delete accesses whose time is over, and accept its end after it was broken."""

from __future__ import annotations

from datetime import timedelta

from dam_plugin.errors import InputError
from dam_plugin.ledger.access_chain import AccessLog
from dam_plugin.model import CUSTODIANS, Actor
from dam_plugin.services import Services


def forget_old_accesses(services: Services) -> int:
    """Delete the accesses that are older than the setting `access_log_days` says; return how many. Raises LedgerBroken."""
    days = services.settings.access_log_days
    if days is None:
        return 0
    now = services.now()
    return AccessLog(services.ledger).forget(services.store, now - timedelta(days=days), now)


def accept_access_log(services: Services, by: Actor, why: str) -> int:
    """Sign the end of the access log as it is now, on record in the log itself; return the number of that entry.

    Raises InputError for a role that is not the custodian or a designee, and without a reason.
    """
    if by.role not in CUSTODIANS:
        raise InputError("only the custodian or a designee accepts the end of the access log: add --as custodian:NAME")
    if not why.strip():
        raise InputError("say why it is accepted: --why")
    who = ":".join(part for part in (by.role, by.id) if part)
    return AccessLog(services.ledger).accept(services.store, why.strip(), who, services.now())
