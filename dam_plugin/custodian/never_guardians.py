"""What two people state of a person whom a slip put beside a student: they never were a guardian (34 CFR 99.3, 99.4).

A contact in the wrong row of a roster, or a certificate that was forged or another child's, gave no right on any day. Whose
right ended is `guardianships.remove_guardian`'s, or a court order's.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dam_plugin.custodian.choices import cannot_sign, with_sets
from dam_plugin.custodian.guardianships import end_stated, keep_stated, require_custodian
from dam_plugin.custodian.opt_outs_again import after_effect, take_effect_on_choices
from dam_plugin.errors import InputError
from dam_plugin.gate.close_links import ClosedLinks
from dam_plugin.intake.two_people import check_another, require_person
from dam_plugin.model import OF_GUARDIANS, Actor, Guardianship, LettingGo, StudentRecord
from dam_plugin.pseudonyms import person_id
from dam_plugin.services import Services
from dam_plugin.store import SystemUser, Unit


@dataclass(frozen=True, slots=True)
class NeverWas:
    """The statement as it is kept now, with what it closed; `waits`: until a second person says the same.

    Until then it counts from today on. `consents` are the ids of those in force that this person signed, and that permit
    nothing.
    """

    statement: Guardianship
    closed: ClosedLinks = field(default_factory=ClosedLinks)
    waits: bool = False
    consents: tuple[str, ...] = ()


def never_was_guardian(
    services: Services, student: str, person: str, why: str, seen: str, by: Actor, user: SystemUser
) -> NeverWas:
    """Keep a first person's word that somebody never was a guardian of a student, or let it hold where a second says the same.

    The first word closes links, and gives no more from today on. By the second it is so of every day: opt-outs that the
    person ended hold again, what stood on a consent of theirs is to be taken down, and what they were given was given by
    mistake. Raises InputError for a role that is not the custodian or a designee, without a reason or what was seen, for a
    host's key, for somebody who is on file as no guardian of the student, and where the same person says it twice;
    UnknownThing.
    """
    require_custodian(by)
    if not why.strip() or not seen.strip():
        raise InputError("say how the mistake came about, --why, and what shows it, --seen")
    person = person_id(person)
    require_person(
        user,
        "says of nobody that they never were a guardian",
        f"dam-plugin student guardian never-was {student} {person}",
    )
    today = services.now().date()
    with services.store.writing() as unit:
        unit.referrals.one_at_a_time()
        record = unit.people.need(student)
        known = _first_word(unit, record, person)
        if known is None:
            # The record of disclosures names the party on (34 CFR 99.32(a)(3)(i)).
            name = _called(unit, record, person)
            stated = Guardianship(
                student, person, "never", today, seen, by, system_id=user.id, system_name=user.name, name=name
            )
            stated = keep_stated(services, unit, stated, None, by, user, why=why)
        else:
            first = LettingGo(known.by, known.system_id, known.system_name, services.now(), known.seen)
            check_another(first, LettingGo(by, user.id, user.name, services.now(), why), user)
            unit.people.approve_guardianship(known, user)
            _end_what_gave_rights(services, unit, record, known, by, user, why)
            stated = keep_stated(services, unit, known, known.id, by, user, why=why)
        effect = take_effect_on_choices(services, unit, student, by)
        consents = _signed(services, unit, student, person)
    closed = with_sets(services, after_effect(services, effect, student), [student], today)
    return NeverWas(stated, closed, not stated.by_two, consents)


def _called(unit: Unit, record: StudentRecord, person: str) -> str | None:
    """Return the name of a person by this record, or another student's: once a roster was corrected, it is there alone."""
    others = unit.people.with_family([person.casefold()])
    return next((name for each in (record, *others) if (name := dict(each.named_guardians).get(person))), None)


def waiting_for_second(services: Services) -> tuple[Guardianship, ...]:
    """Return of whom one person said that they never were a guardian, so that it waits for another one's word."""
    with services.store.reading() as unit:
        records = unit.people.ever_stated(["never"])
    stated = (each for record in records for each in record.guardianships)
    return tuple(each for each in stated if (each.what, each.ended, each.by_two) == ("never", None, False))


def _first_word(unit: Unit, record: StudentRecord, person: str) -> Guardianship | None:
    """Return what a first person said of a person; None: nobody did. Raises InputError where there is nothing to say."""
    said = (each for each in record.guardianships if each.what == "never" and each.ended is None)
    known = [each for each in said if each.guardian == person]
    if known and known[0].by_two:
        raise InputError(
            f"two people said so of '{person}' and {record.id} already ({known[0].id}); where it was wrong, two people end it: "
            f"`dam-plugin student guardian end {known[0].id} --why TEXT`"
        )
    by_hand = (each.guardian for each in record.guardianships if each.what in OF_GUARDIANS)
    on_file = person in (*record.ever_guardians, *by_hand) or record.id in unit.people.once_guardian_of(person)
    if not known and not on_file:
        raise InputError(
            f"nothing on file ever named '{person}' as a guardian of {record.id}: `dam-plugin student show {record.id}` lists "
            "who is and was stated by hand; of a contact of an earlier roster, give the id that a request or the record of "
            "disclosures has (parent:G-…)"
        )
    return known[0] if known else None


def _end_what_gave_rights(
    services: Services, unit: Unit, record: StudentRecord, said: Guardianship, by: Actor, user: SystemUser, why: str
) -> None:
    """End what was stated by hand of the person as a guardian; what was stated since the first word is taken back whole.

    Only what two people state from then on counts (`StudentRecord.never_was`).
    """
    today = services.now().date()
    for each in record.guardianships:
        on = each.since if each.since >= said.since else today
        if each.guardian == said.guardian and each.what in OF_GUARDIANS and each.is_in_force(on):
            end_stated(services, unit, each, on, by, user, why)


def _signed(services: Services, unit: Unit, student: str, person: str) -> tuple[str, ...]:
    """Return the consents in force that the person signed, and whose signature does not count."""
    today, record = services.now().date(), unit.people.need(student)
    return tuple(
        consent_id
        for consent_id, consent in unit.people.consents([student])
        if consent.signed_by == person
        and consent.is_in_force(today)
        and cannot_sign(services, consent, record, today) is not None
    )
