"""Whether a parent had a right over a student's record on a day, or signed a consent who could, by what is on file now.

An order that is entered late, and a day of birth that is corrected, tell it of days that are over (34 CFR 99.4, 99.5(a)).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from dam_plugin.model import Consent, Recipient, StudentRecord
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

    They could not by age, by a court order's limit, or since they never were a guardian.

    That a guardian has left the roster since says nothing of that day.
    """
    student = seen_as_ruled(record.student_on(day), rulings)
    faults = [(each.signed_by or "", signer_fault(each, student, day)) for each in consents]
    return bool(faults) and all(
        fault
        and (fault != NOT_A_PARENT or bool(record.limits_on(day, signer)) or record.never_was(signer, day, by_two=True))
        for signer, fault in faults
    )
