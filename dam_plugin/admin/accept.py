"""An administrator accepts the rows in force as they are: after a restored backup, a repaired tampering, an upgrade.

It is an entry of its own in the ledger that names the faults, and every row is sealed again. It takes the signing key, so
that access to the database alone is not enough. It does not repair a broken chain: that takes a backup.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from itertools import islice

from dam_plugin.errors import InputError, LedgerBroken, StoreError
from dam_plugin.ledger.chain import MOST_TOLD, Verification, book_fault, in_force
from dam_plugin.model import CUSTODIANS, Actor
from dam_plugin.services import Services
from dam_plugin.store import Unit

ACCEPT = "accept"
FIRST = "the first start of a version that seals what is in force"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The accepted rows by table, and the number of faults in the ledger's entry."""

    entry: int
    sealed: Mapping[str, int]
    faults: int


def accept(services: Services, by: Actor, why: str) -> Accepted:
    """Seal the rows in force as they are now, on record.

    Raises InputError for a role that is not the custodian or a designee and without a reason; LedgerBroken for a broken
    chain.
    """
    if by.role not in CUSTODIANS:
        raise InputError("only the custodian or a designee accepts what is in force: add --as custodian:NAME")
    if not why.strip():
        raise InputError("say why it is accepted: --why")
    return _accepted(services, by, why)


def seal_first(services: Services) -> Accepted | None:
    """Seal the rows that an earlier version kept without seals, on record; return None if there is nothing to be sealed.

    Only where nothing was ever sealed, in the database or outside of it: rows that lost their seals need a person's yes.
    """
    watch = services.store.watch
    with services.store.reading() as unit:
        is_new = unit.seals.is_empty() or not unit.seals.was_never_sealed()
    if is_new or (watch is not None and watch.newest()):
        return None
    return _accepted(services, None, FIRST)


def verified(services: Services) -> Verification:
    """Return whether the ledger holds, the rows in force are those that were sealed, and no older state was put back.

    Where all of it does, this is kept, for `verified_since`.
    """
    with services.store.reading() as unit:
        found = _with_outside(services, unit, services.ledger.verify(unit))
    if found.ok:
        # Whoever may only read the database still verifies it.
        with suppress(StoreError), services.store.writing() as unit:
            services.ledger.keep_checkpoint(unit, found, services.now())
    return found


def verified_since(services: Services) -> Verification | None:
    """Return the same of what followed the last time that all of it was found to hold; None where that was never.

    It does not read the rows in force, each of which is compared with its seal when it is used, too.
    """
    with services.store.reading() as unit:
        found = services.ledger.verify_since(unit)
        return None if found is None else _with_outside(services, unit, found)


def _with_outside(services: Services, unit: Unit, found: Verification) -> Verification:
    outside = list(_outside(services, unit))
    if not outside:
        return found
    if found.ok:
        return replace(found, ok=False, why=outside[0], others=tuple(outside[1:]))
    return replace(found, others=(*found.others, *outside))


def _outside(services: Services, unit: Unit) -> Iterator[str]:
    watch = services.store.watch
    if watch is None:
        return
    try:
        state = unit.seals.state()
    except LedgerBroken:
        # Reported already.
        return
    yield from watch.faults(unit.entries, state)


def _accepted(services: Services, by: Actor | None, why: str) -> Accepted:
    watch = services.store.watch
    newest = watch.newest() if watch is not None else 0
    with services.store.writing() as unit:
        chain = services.ledger.check(unit.entries.stream(), unit.entries.head, unit.secrets.moved)
        if not chain.ok:
            raise LedgerBroken(f"the ledger's chain is broken ({chain.why}): restore a backup")
        broken = book_fault(unit)
        if broken is not None:
            raise LedgerBroken(f"{broken}: restore a backup")
        # The entry is one that anybody may see: it says nothing of the sealed book.
        faults = [] if by is None else [why for _, why in islice(in_force(unit, secret=False), MOST_TOLD)]
        faults += list(_outside(services, unit))
        entry = services.ledger.append(
            unit,
            at=services.now(),
            kind=ACCEPT,
            subject=ACCEPT,
            details={"by": asdict(by) if by else None, "why": why, "faults": faults},
        )
        sealed = unit.seals.adopt(newest)
        unit.people.note_change()
        unit.people.index_people()
    return Accepted(entry.seq, sealed, len(faults))
