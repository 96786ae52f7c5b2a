"""What families choose: opt-outs, consents, revocations, a new roster. Each is recorded, and links are decided again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from functools import partial

from dam_plugin.intake import tag_newest
from dam_plugin.library.faults import one_of_many
from dam_plugin.model import Actor, Consent, Link, OptOut
from dam_plugin.opening import recheck
from dam_plugin.roster import RosterImport, apply_roster
from dam_plugin.services import Services
from dam_plugin.store import RosterChange, Unit


@dataclass(frozen=True, slots=True)
class Imported:
    """What a roster import changed, how many recordings were tagged again or could not be, and which links were closed."""

    change: RosterChange
    tagged_again: int
    closed: list[Link]
    failed: int = 0


def opt_out(services: Services, student: str, choice: OptOut, by: Actor) -> list[Link]:
    """Keep an opt-out; return the links that it closed. Raises UnknownThing for a student whom nobody has."""
    with services.store.writing() as unit:
        unit.people.add_opt_out(student, choice, by.role, services.now())
        _record(services, unit, "opt-out", student, by, {"opt_out": asdict(choice)})
    return recheck(services, student=student)


def opt_in(services: Services, student: str, ended: date, purposes: Collection[str] | None, by: Actor) -> int:
    """End the opt-outs of a student (for these purposes, or all) on a day; return how many were ended."""
    with services.store.writing() as unit:
        unit.people.need(student)
        count = unit.people.end_opt_out(student, ended, purposes)
        details = {"ended": ended, "purposes": None if purposes is None else sorted(purposes), "count": count}
        _record(services, unit, "opt-in", student, by, details)
    return count


def add_consent(services: Services, consent: Consent, proof: str | None, by: Actor) -> str:
    """Keep a consent with what proves it; return its id."""
    with services.store.writing() as unit:
        consent_id = unit.people.add_consent(consent, proof, services.now())
        _record(services, unit, "consent", consent.student, by, {"id": consent_id, "consent": asdict(consent)})
    return consent_id


def revoke_consent(services: Services, consent_id: str, on: date, by: Actor) -> list[Link]:
    """Revoke a consent from a day on; return the links that this closed. Raises UnknownThing."""
    with services.store.writing() as unit:
        consent = unit.people.revoke_consent(consent_id, on)
        _record(services, unit, "consent-revoked", consent.student, by, {"id": consent_id, "on": on})
    return recheck(services, student=consent.student)


def import_roster(services: Services, roster: RosterImport, by: Actor) -> Imported:
    """Import a roster whole or not at all, tag again what it may name otherwise, and decide every open link again.

    A new or changed name may be anybody's in a recording that was tagged long ago: then every recording is read again.
    """
    with services.store.writing() as unit:
        before = _names(unit)
        change = apply_roster(unit, roster, services.now())
        _record(services, unit, "roster", None, by, {"change": asdict(change)})
        concerned = unit.assets.waiting() if _names(unit) == before else list(unit.assets.all_current())
    # First what families chose: it counts also where the storage does not answer and nothing can be tagged again.
    closed = recheck(services)
    tagged = [one_of_many(partial(_tagged_again, services, stored.asset.key)) for stored in concerned]
    count = tagged.count(True)
    return Imported(change, count, [*closed, *(recheck(services) if count else ())], tagged.count(None))


def _tagged_again(services: Services, key: str) -> bool:
    return tag_newest(services, key, again=True) is not None


def _names(unit: Unit) -> dict[str, tuple[str, ...]]:
    return {student.id: student.names for student in unit.people.students()}


def rehearse_roster(services: Services, roster: RosterImport) -> RosterChange:
    """Return what an import would change, and change nothing."""
    with services.store.writing() as unit:
        return apply_roster(unit, roster, services.now(), dry_run=True)


def _record(
    services: Services, unit: Unit, kind: str, student: str | None, by: Actor, details: Mapping[str, object]
) -> None:
    services.ledger.append(
        unit,
        at=services.now(),
        kind=kind,
        subject=kind,
        details={"by": asdict(by), **details},
        students=[student] if student else [],
    )
