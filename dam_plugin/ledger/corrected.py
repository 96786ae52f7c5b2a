"""What was corrected of what the ledger says, and what therefore answers nothing of whoever asked (34 CFR 99.20(a), 99.32).

How it is corrected is in `custodian/corrections.py`, how a student's record tells it in `student.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypeAlias

from dam_plugin.ledger.chain import Ledger
from dam_plugin.model import LedgerEntry, Recipient
from dam_plugin.store import Unit

# The ledger's word for what corrects a line, and for what became of it.
CORRECTION, CORRECTED, STANDS, REPLACED = "correction", "corrected", "stands", "replaced"
# Of who received what the plugin let out: two people said that it was somebody else.
RECEIVED = "received"
# Of what was given on evidence: two people said that it never held.
NEVER_HELD = "never held"
# Of a consent: that nobody ever gave it. One person said so first, which ends it; two have.
CONSENT_MISTAKE, NEVER_GIVEN_ASKED, NEVER_GIVEN = "consent-mistake", "asked to take back", "never given"

ByTwo: TypeAlias = tuple[LedgerEntry, Mapping[str, Any]]
"""What two people said: the entry, and its details."""


def true_recipients(unit: Unit, ledger: Ledger, shares: Collection[str], *, secret: bool) -> dict[str, ByTwo]:
    """Return, by share, the entry by which two people said that somebody else received what it let out."""
    told = ledger.about(unit, CORRECTION, shares, secret=secret)
    return in_force(
        ((entry, each) for entry, each in told if each is not None and each.get("to") is not None), RECEIVED
    )


def never_held(unit: Unit, ledger: Ledger, shares: Collection[str], *, secret: bool) -> dict[str, ByTwo]:
    """Return, by share, the entry by which two people said that the evidence on which it was given never held."""
    told = ledger.about(unit, CORRECTION, shares, secret=secret)
    said = ((entry, each) for entry, each in told if each is not None and each.get("ground") is not None)
    return in_force(said, NEVER_HELD)


def never_given(unit: Unit, ledger: Ledger, students: Collection[str], done: str = NEVER_GIVEN) -> dict[str, ByTwo]:
    """Return, by the consent, the entry by which two people said that nobody ever gave it, of these students' consents.

    With NEVER_GIVEN_ASKED the one by which a first person did.
    """
    told = ledger.of_students(unit, CONSENT_MISTAKE, students)
    return {str(details["consent"]): (entry, details) for entry, details in told if details and details["done"] == done}


def replaced_by(unit: Unit, ledger: Ledger, shares: Collection[str]) -> dict[str, str]:
    """Return, of these shares that were recorded by hand, those that another one corrects, with that one."""
    told = ledger.about(unit, CORRECTION, shares, secret=True)
    return {entry.subject: str(details["share"]) for entry, details in told if details and details["done"] == REPLACED}


def went_astray(unit: Unit, ledger: Ledger, shares: Collection[str], asked: Recipient) -> set[str]:
    """Return those of these shares that answer nothing of whoever asked, as was corrected (34 CFR 99.10(b), 99.20(a)).

    What was handed over and entered wrongly answers nothing: what corrects it may, and what was entered for the wrong student
    gave nobody's record. What the plugin gave out answers nobody but
    whom two people said that it went to.
    """
    received = true_recipients(unit, ledger, shares, secret=True)
    return gone_to_others(received, asked) | replaced_by(unit, ledger, shares).keys() | of_nobody(unit, ledger, shares)


def of_nobody(unit: Unit, ledger: Ledger, shares: Collection[str]) -> set[str]:
    """Return those of these shares that gave nobody's record: two people said that each student was a wrong one."""
    told = [
        (entry, details)
        for entry, details in ledger.about(unit, CORRECTION, shares, secret=True)
        if details is not None and details.get("student") is not None
    ]
    wrong: dict[str, set[str]] = {}
    for student in {str(details["student"]) for _, details in told}:
        of_student = ((entry, details) for entry, details in told if details["student"] == student)
        for share in in_force(of_student, CORRECTED):
            wrong.setdefault(share, set()).add(student)
    rows = unit.entries.subjects.shares(ids=set(wrong)) if wrong else {}
    return {share for share, row in rows.items() if {*(row.decision.get("basis") or {})} <= wrong[share]}


def gone_to_others(received: Mapping[str, ByTwo], asked: Recipient) -> set[str]:
    """Return of `true_recipients` what went to somebody else than whoever asked."""
    return {share for share, (_, details) in received.items() if Recipient(**details["to"]).who != asked.who}


def in_force(said: Iterable[ByTwo], done: str) -> dict[str, ByTwo]:
    """Return, by share, the entry by which two people last corrected it so, where they did not let the line stand since."""
    found: dict[str, ByTwo] = {}
    for entry, details in said:
        if details["done"] == done:
            found[entry.subject] = (entry, details)
        elif details["done"] == STANDS:
            found.pop(entry.subject, None)
    return found
