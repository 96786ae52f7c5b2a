"""What families choose: opt-outs, consents, revocations, a new roster. Each is recorded, and links are decided again."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import partial

from dam_plugin.closing import Closed, InSet, recheck
from dam_plugin.errors import InputError, PluginError
from dam_plugin.export.model import PURPOSE
from dam_plugin.intake import tag_newest
from dam_plugin.library.faults import one_of_many
from dam_plugin.model import CUSTODIANS, RECIPIENT_ROLES, Actor, Consent, OptOut, Recipient, Student, StudentRecord
from dam_plugin.procedure.case import Case, CaseAsset, CaseShare
from dam_plugin.procedure.terms import consent_faults
from dam_plugin.purposes import EVERYDAY_PURPOSES, is_among
from dam_plugin.roster import SOMEWHERE, RosterImport, Source, apply_roster
from dam_plugin.roster import import_consents as keep_consents
from dam_plugin.roster.doubts import StudentChange, changes, doubts, returned
from dam_plugin.services import Services
from dam_plugin.store import RosterChange, Unit

# What `doubts.changes` calls what a family chose or may choose.
_CHOICES = frozenset({"opt-outs", "birth date", "postsecondary", "guardians"})
# In which states a set has files that are printed, or may be.
_SETS = ("making", "made", "locked")


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
    closed = recheck(services, student=student)
    return _with_sets(services, closed, [student] if _reaches_yearbook(choice) else [], choice.since)


def opt_in(services: Services, student: str, ended: date, purposes: Collection[str] | None, by: Actor, why: str) -> int:
    """End the opt-outs of a student (for these purposes, or all) on a day; return how many were ended.

    Raises InputError for anybody but the custodian or a designee, and without a reason; UnknownThing.
    """
    _check_custodian(by, "ends an opt-out")
    if not why.strip():
        raise InputError("say why the opt-out ends, and what the family gave in writing: --why")
    with services.store.writing() as unit:
        unit.people.need(student)
        count = unit.people.end_opt_out(student, ended, purposes)
        details = {
            "ended": ended,
            "purposes": None if purposes is None else sorted(purposes),
            "count": count,
            "why": why,
        }
        _record(services, unit, "opt-in", student, by, details)
    return count


def add_consent(services: Services, consent: Consent, proof: str | None, by: Actor) -> str:
    """Keep a consent with what proves it; return its id.

    Raises InputError for anybody but the custodian or a designee, and without a proof; UnknownThing.
    """
    _check_custodian(by, "records a consent")
    if proof is None or not proof.strip():
        raise InputError("say what proves the consent, such as where the signed paper is: --proof")
    with services.store.writing() as unit:
        consent_id = unit.people.add_consent(consent, proof, services.now())
        # The place of a paper may tell of a family: the entry says which it was, and not what.
        proven = hashlib.sha256(proof.encode()).hexdigest()
        details = {"id": consent_id, "consent": asdict(consent), "proof_sha256": proven}
        _record(services, unit, "consent", consent.student, by, details)
    return consent_id


def revoke_consent(services: Services, consent_id: str, on: date, by: Actor) -> Closed:
    """Revoke a consent from a day on; return what this closed. Raises UnknownThing."""
    with services.store.writing() as unit:
        consent = unit.people.revoke_consent(consent_id, on)
        _record(services, unit, "consent-revoked", consent.student, by, {"id": consent_id, "on": on})
    closed = recheck(services, student=consent.student)
    return _with_sets(services, closed, [consent.student] if _for_yearbook(consent.purpose or "") else [], on)


def import_roster(
    services: Services,
    roster: RosterImport,
    by: Actor,
    *,
    source: Source = SOMEWHERE,
    confirmed: bool = False,
    carry_opt_outs: bool = False,
) -> Imported:
    """Import a roster whole or not at all, tag again what it may name otherwise, and decide every open link again.

    A new or changed name may be anybody's in a recording that was tagged long ago: then every recording is read again.
    `carry_opt_outs`: what the family of somebody who left said no to holds for a new student of the same name, too.
    Raises InputError for what looks like a mistake (`doubts`) unless a person `confirmed` it.
    """
    with services.store.writing() as unit:
        known = _known(unit)
        doubted = _doubts(services, unit, known, roster, carried=carry_opt_outs)
        chosen = _chosen(unit, known, roster)
        change = apply_roster(unit, roster, services.now(), source=source)
        if doubted and not confirmed:
            raise InputError(
                f"nothing was imported: {'; '.join(doubted)}; look at it with --dry-run, and if it is right, add --confirm"
            )
        if carry_opt_outs:
            _carry_opt_outs(services, unit, known, roster, by)
        _record(
            services, unit, "roster", None, by, {"change": asdict(change), "from": source.name, "confirmed": doubted}
        )
        same = _names(known) == _names(_known(unit)) and not change.portraits
        concerned = unit.assets.waiting() if same else list(unit.assets.all_current())
    # First what families chose: it counts also where the storage does not answer and nothing can be tagged again.
    closed = recheck(services)
    tagged = [one_of_many(partial(_tagged_again, services, stored.asset.key)) for stored in concerned]
    count = tagged.count(True)
    closed = _with_sets(services, closed + recheck(services) if count else closed, chosen)
    return Imported(change, count, closed, tagged.count(None))


def import_consents(
    services: Services, consents: tuple[Consent, ...], proofs: tuple[str | None, ...], by: Actor
) -> tuple[int, Closed]:
    """Keep consents with what proves each; return how many are new or newly revoked, and what this closed."""
    with services.store.writing() as unit:
        revoked = _newly_revoked(unit, consents)
        count = keep_consents(unit, consents, services.now(), proofs)
        if count:
            _record(services, unit, "consents", None, by, {"count": count})
    return count, _with_sets(services, recheck(services), revoked)


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


def forget_name(services: Services, student: str, name: str, why: str, by: Actor) -> None:
    """Let a student's former name match no more: what was tagged by it stays until it is looked at.

    Raises InputError for anybody but the custodian or a designee, and without a reason; UnknownThing.
    """
    _check_custodian(by, "lets go of a former name")
    if not why.strip():
        raise InputError("say why the name is not the student's any more: --why")
    with services.store.writing() as unit:
        unit.people.forget_name(student, name, services.now())
        _record(services, unit, "former-name", student, by, {"name": name, "why": why})


def _check_custodian(by: Actor, what: str) -> None:
    if by.role not in CUSTODIANS:
        raise InputError(f"only the records custodian or a designee {what}: ask them, or add --as custodian:NAME")


def _tagged_again(services: Services, key: str) -> bool:
    return tag_newest(services, key, again=True) is not None


def _for_yearbook(*purposes: str) -> bool:
    return is_among(PURPOSE, purposes)


def _reaches_yearbook(choice: OptOut) -> bool:
    return choice.purposes is None or _for_yearbook(*choice.purposes)


def _chosen(unit: Unit, known: Mapping[str, StudentRecord], roster: RosterImport) -> set[str]:
    """Return those whose choices, rights or enrolment a roster changes, as far as a yearbook may rest on them."""
    found = {each.id for each in changes(known, roster) if each.what == "leaves" or _CHOICES.intersection(each.fields)}
    return found | _newly_revoked(unit, roster.consents)


def _newly_revoked(unit: Unit, consents: Collection[Consent]) -> set[str]:
    """Return the students of whose consents to a yearbook these tell a revocation that is not on file."""
    revoked = [each for each in consents if each.revoked_on is not None and _for_yearbook(each.purpose or "")]
    on_file = {consent for _, consent in unit.people.consents({each.student for each in revoked})}
    return {each.student for each in revoked if each not in on_file}


def _with_sets(services: Services, closed: Closed, students: Collection[str], since: date | None = None) -> Closed:
    """Return what was closed, with the yearbook sets that hold files of these students; counted and not decided again.

    Also with the consents that let them into a yearbook all the same, once what they chose is in force (`since`).
    """
    if not students:
        return closed
    today = services.now().date()
    with services.store.reading() as unit:
        consents = tuple(_consents_in_force(unit, students, max(since or today, today)))
        files = unit.exports.traces.sets_with(students)
        # One that is being made may be signed before anybody looks again.
        sets = [each for each in unit.exports.sets() if each.state in _SETS and each.id in files]
    if not sets and not consents:
        return closed
    in_sets = tuple(InSet(each.id, each.state == "locked", files[each.id]) for each in sets)
    student = next(iter(students)) if len(students) == 1 else None
    return replace(closed, in_sets=in_sets, student=student, consents_in_force=consents)


def _consents_in_force(unit: Unit, students: Collection[str], day: date) -> Iterator[str]:
    """Yield the ids of the consents to a yearbook that hold on a day, of those of these students who are opted out of it.

    An opt-out takes none of them back (ruling consent-then-opt-out). To which publisher and recording one is limited counts
    for nothing here.
    """
    for consent_id, consent in unit.people.consents(students):
        record = unit.people.need(consent.student)
        outs = (each for each in record.opt_outs if each.is_in_force(day))
        if any(map(_reaches_yearbook, outs)) and not _faults(consent, record, day):
            yield consent_id


def _faults(consent: Consent, record: StudentRecord, day: date) -> tuple[str, ...]:
    """Return why a consent lets its student into no publisher's yearbook, for whichever recording."""
    publisher = Recipient("public", next((each for each in consent.parties if each not in RECIPIENT_ROLES), None))
    share = CaseShare("publication", PURPOSE, Actor("media_staff"), publisher)
    student = Student(record.id, record.born, record.postsecondary, record.guardians)
    return consent_faults(replace(consent, assets=None), student, Case("yearbook", day, CaseAsset("any"), share))


def _known(unit: Unit) -> dict[str, StudentRecord]:
    return {student.id: student for student in unit.people.students()}


def _names(known: Mapping[str, StudentRecord]) -> dict[str, tuple[str, ...]]:
    return {each: student.all_names for each, student in known.items()}


def _carry_opt_outs(
    services: Services, unit: Unit, known: Mapping[str, StudentRecord], roster: RosterImport, by: Actor
) -> None:
    today = services.now().date()
    for student, leaver in returned(known, roster, today):
        for choice in known[leaver].opt_outs:
            if choice.ended is None or choice.ended > today:
                unit.people.add_opt_out(student, choice, "carried over from a former number", services.now())
                details = {"opt_out": asdict(choice), "carried_from": leaver}
                _record(services, unit, "opt-out", student, by, details)


def _doubts(
    services: Services, unit: Unit, known: Mapping[str, StudentRecord], roster: RosterImport, *, carried: bool = False
) -> tuple[str, ...]:
    today = services.now().date()
    purposes = EVERYDAY_PURPOSES | unit.people.purposes_in_use()
    purposes |= {*(services.settings.district.directory_limited_to or ())}
    return doubts(known, roster, unit.people.open_imported_opt_outs(today), today, purposes, carried=carried)


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
