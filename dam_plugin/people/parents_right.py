"""Whether a parent had a right over a student's record on a day, or signed a consent who could, by what is on file now.

An order that is entered late, and a day of birth that is corrected, tell it of days that are over (34 CFR 99.4, 99.5(a)).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

from dam_plugin.model import LIMITS, Consent, Recipient, StudentRecord
from dam_plugin.procedure.switches import Rulings
from dam_plugin.procedure.terms import NOT_A_PARENT, has_rights, seen_as_ruled, signer_fault


def rights_passed(to: Recipient, record: StudentRecord, day: date, rulings: Rulings) -> bool:
    """Whether a parent asks for a student who holds the rights, and nothing on file lets the parent have the record.

    That is a court's appointment, that the student named the parent, or a dependent for tax (34 CFR 99.5, 99.31(a)(8)). Who has
    what a student who has died left is the attorney's question.
    """
    if to.role != "parent" or record.has_died(day) or not has_rights(record, day, rulings):
        return False
    acting = (
        *record.appointed_on(day),
        *record.own_representatives_on(day),
        *record.stated_on(day, "dependent"),
    )
    return to.id not in acting


def known_at(record: StudentRecord, moment: datetime) -> StudentRecord:
    """Return a record without the orders whose first day it was, and that came to the office after that moment of it.

    A parent has full rights until the office has the order (34 CFR 99.4), and an order has a day, and no hour.
    """
    day = moment.astimezone().date()
    came_after = [
        each
        for each in record.guardianships
        if each.what in LIMITS and each.since == day and each.at is not None and moment < each.at
    ]
    return replace(record, guardianships=tuple(each for each in record.guardianships if each not in came_after))


def had_no_authority(to: Recipient, record: StudentRecord, day: date, rulings: Rulings) -> bool:
    """Whether somebody inspected a record in the place of nobody who held the right on a day (34 CFR 300.613(b)(3)).

    So it is where the authority was another one's, and where whoever gave it had no right. Of what is on file no more: no.
    """
    stated = [
        each
        for each in record.guardianships
        if each.represents is not None and each.guardian == to.id and each.has_held(day)
    ]
    behind = {each.represents for each in stated if not each.never_was_so}
    return bool(stated) and not any(
        has_rights(record, day, rulings)
        if each == record.id
        else not had_no_right(Recipient("parent", each), record, day, rulings)
        for each in behind
    )


def was_no_dependent(to: Recipient, record: StudentRecord, day: date) -> bool:
    """Whether what showed a student to be a parent's dependent for tax on a day never was so (34 CFR 99.31(a)(8))."""
    stated = [
        each
        for each in record.guardianships
        if each.what == "dependent" and each.guardian == to.id and each.has_held(day)
    ]
    return bool(stated) and all(each.never_was_so for each in stated)


def had_no_right(to: Recipient, record: StudentRecord, day: date, rulings: Rulings) -> bool:
    """Whether a parent could not inspect a student's record on a day: by age, by an order, or since they never were one."""
    return to.role == "parent" and (
        rights_passed(to, record, day, rulings)
        or to.id in record.stated_on(day, "limited")
        or _rests_on_none(record, to.id or "", day)
    )


def _rests_on_none(record: StudentRecord, person: str, day: date) -> bool:
    """Whether a person never was a guardian of the student, nor was anybody for whom they were stated to ask."""
    behind = record.represented_by(person, day)
    return all(record.never_was(each, day, by_two=True) for each in behind or (person,))


def consent_never_stood(
    consents: Iterable[Consent], record: StudentRecord, purpose: str | None, day: date, rulings: Rulings
) -> bool:
    """Whether of a student's consents that were in force on a day, for a purpose, nobody signed any who could."""
    begun = [each for each in consents if each.is_in_force(day)]
    return nobody_could_sign([each for each in begun if each.purpose == purpose] or begun, record, day, rulings)


def nobody_could_sign(consents: Iterable[Consent], record: StudentRecord, day: date, rulings: Rulings) -> bool:
    """Whether there are such consents, and on a day whoever signed them could not.

    They could not by age, as the student whose rights are still the parents', by a court order's limit, or since they never
    were a guardian.

    That a guardian has left the roster since says nothing of that day.
    """
    student = seen_as_ruled(record.student_on(day), rulings)
    faults = [(each.signed_by or "", signer_fault(each, student, day)) for each in consents]
    return bool(faults) and all(
        fault
        and (
            fault != NOT_A_PARENT
            or signer == record.id
            or bool(record.limits_on(day, signer))
            or record.never_was(signer, day, by_two=True)
        )
        for signer, fault in faults
    )
