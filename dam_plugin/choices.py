"""What families choose: opt-outs, consents, revocations, a new roster. Each is recorded, and links are decided again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import partial

from dam_plugin.closing import Closed, recheck
from dam_plugin.errors import InputError, PluginError
from dam_plugin.intake import tag_newest
from dam_plugin.library.faults import one_of_many
from dam_plugin.model import Actor, Consent, OptOut, StudentRecord
from dam_plugin.purposes import EVERYDAY_PURPOSES
from dam_plugin.roster import SOMEWHERE, RosterImport, Source, apply_roster
from dam_plugin.roster import import_consents as keep_consents
from dam_plugin.roster.doubts import StudentChange, changes, doubts
from dam_plugin.services import Services
from dam_plugin.store import RosterChange, Unit


@dataclass(frozen=True, slots=True)
class Imported:
    """What a roster import changed, how many recordings were tagged again or could not be, and which links were closed."""

    change: RosterChange
    tagged_again: int
    closed: Closed
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What an import would do: in counts, student by student, and what a person would have to confirm."""

    change: RosterChange
    students: tuple[StudentChange, ...]
    doubts: tuple[str, ...]


def opt_out(services: Services, student: str, choice: OptOut, by: Actor) -> Closed:
    """Keep an opt-out; return what it closed. Raises UnknownThing for a student whom nobody has."""
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


def revoke_consent(services: Services, consent_id: str, on: date, by: Actor) -> Closed:
    """Revoke a consent from a day on; return what this closed. Raises UnknownThing."""
    with services.store.writing() as unit:
        consent = unit.people.revoke_consent(consent_id, on)
        _record(services, unit, "consent-revoked", consent.student, by, {"id": consent_id, "on": on})
    return recheck(services, student=consent.student)


def import_roster(
    services: Services, roster: RosterImport, by: Actor, *, source: Source = SOMEWHERE, confirmed: bool = False
) -> Imported:
    """Import a roster whole or not at all, tag again what it may name otherwise, and decide every open link again.

    A new or changed name may be anybody's in a recording that was tagged long ago: then every recording is read again.
    Raises InputError for what looks like a mistake (`doubts`) unless a person `confirmed` it.
    """
    with services.store.writing() as unit:
        known = _known(unit)
        doubted = _doubts(services, unit, known, roster)
        change = apply_roster(unit, roster, services.now(), source=source)
        if doubted and not confirmed:
            raise InputError(
                f"nothing was imported: {'; '.join(doubted)}; look at it with --dry-run, and if it is right, add --confirm"
            )
        _record(
            services, unit, "roster", None, by, {"change": asdict(change), "from": source.name, "confirmed": doubted}
        )
        same = _names(known) == _names(_known(unit)) and not change.portraits
        concerned = unit.assets.waiting() if same else list(unit.assets.all_current())
    # First what families chose: it counts also where the storage does not answer and nothing can be tagged again.
    closed = recheck(services)
    tagged = [one_of_many(partial(_tagged_again, services, stored.asset.key)) for stored in concerned]
    count = tagged.count(True)
    return Imported(change, count, closed + recheck(services) if count else closed, tagged.count(None))


def import_consents(
    services: Services, consents: tuple[Consent, ...], proofs: tuple[str | None, ...], by: Actor
) -> tuple[int, Closed]:
    """Keep consents with what proves each; return how many are new or newly revoked, and what this closed."""
    with services.store.writing() as unit:
        count = keep_consents(unit, consents, services.now(), proofs)
        if count:
            _record(services, unit, "consents", None, by, {"count": count})
    return count, recheck(services)


def roster_of_plugin(services: Services, plugin: str) -> RosterImport:
    """Return the roster of a third party. Raises PluginError, which names it, where it fails, has none or tells nonsense."""
    heard = next(iter(services.voices.load_roster(plugin, services.pseudonyms)), None)
    if heard is None:
        raise PluginError(
            f"the plugin '{plugin}' has no roster to give: is it installed, and does it answer load_roster?"
        )
    if heard.value is None:
        raise PluginError(
            f"the plugin '{plugin}' failed (error {heard.error}): nothing was imported; mend it, the log says where"
        )
    roster = heard.value
    if any(record.id != services.pseudonyms.student(record.roster_id or "-") for record in roster.students):
        raise PluginError(
            f"the plugin '{plugin}' gives students other ids than the pseudonyms of their roster ids: mend it"
        )
    if not roster.students and roster.whole:
        raise PluginError(
            f"the plugin '{plugin}' names no student, as if everyone had left: nothing was imported; mend it"
        )
    return replace(roster, kind="plugin")


def _tagged_again(services: Services, key: str) -> bool:
    return tag_newest(services, key, again=True) is not None


def _known(unit: Unit) -> dict[str, StudentRecord]:
    return {student.id: student for student in unit.people.students()}


def _names(known: Mapping[str, StudentRecord]) -> dict[str, tuple[str, ...]]:
    return {each: student.names for each, student in known.items()}


def _doubts(
    services: Services, unit: Unit, known: Mapping[str, StudentRecord], roster: RosterImport
) -> tuple[str, ...]:
    today = services.now().date()
    purposes = EVERYDAY_PURPOSES | unit.people.purposes_in_use()
    purposes |= {*(services.settings.district.directory_limited_to or ())}
    return doubts(known, roster, unit.people.open_imported_opt_outs(today), today, purposes)


def rehearsed(services: Services, roster: RosterImport) -> Rehearsed:
    """Return what an import would change, student by student, and what would have to be confirmed; change nothing."""
    with services.store.writing() as unit:
        known = _known(unit)
        doubted = _doubts(services, unit, known, roster)
        change = apply_roster(unit, roster, services.now(), dry_run=True)
    return Rehearsed(change, tuple(changes(known, roster)), doubted)


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
