"""Whether nobody signed a consent who could, by what is on file of a day that is over."""

from __future__ import annotations

from datetime import date

import pytest

from dam_plugin.model import Actor, Consent, Guardianship, GuardianshipKind, StudentRecord
from dam_plugin.people.parents_right import nobody_could_sign
from dam_plugin.procedure.switches import BUILT_IN

DAY, BIRTHDAY = date(2026, 10, 1), date(2026, 9, 1)
CUSTODIAN = Actor("custodian", "records-office")


def record(*, is_grown: bool = False, stated: GuardianshipKind | None = None) -> StudentRecord:
    """A student with a mother on the roster, of whom something may be stated since the summer."""
    born = BIRTHDAY.replace(year=2008 if is_grown else 2012)
    about = [Guardianship("S-1", "G-MOTHER", stated, date(2026, 7, 1), "a paper", CUSTODIAN)] if stated else []
    return StudentRecord("S-1", "", (), born=born, guardians=("G-MOTHER",), guardianships=tuple(about))


def signed(by: str, on: date) -> Consent:
    return Consent("S-1", by, on, "ink", purpose="website", parties=("public",))


BEFORE, SINCE = date(2026, 8, 1), date(2026, 9, 20)


@pytest.mark.parametrize(
    ("student", "consents", "nobody"),
    [
        (record(), [signed("G-MOTHER", BEFORE)], False),
        (record(stated="limited"), [signed("G-MOTHER", BEFORE)], True),
        (record(stated="limited"), [signed("G-MOTHER", BEFORE), signed("G-LEFT", BEFORE)], False),
        (record(is_grown=True), [signed("G-MOTHER", BEFORE)], True),
        (record(is_grown=True), [signed("S-1", SINCE)], False),
        (record(is_grown=True), [signed("S-1", BEFORE)], True),
        (record(is_grown=True), [signed("G-MOTHER", BEFORE), signed("S-1", SINCE)], False),
        (record(), [], False),
    ],
    ids=[
        "a parent",
        "a parent whom an order limits",
        "beside somebody who has left the roster since",
        "a parent of a grown student",
        "the grown student",
        "the student as a minor",
        "one who could",
        "none on file",
    ],
)
def test_nobody_could_sign(student: StudentRecord, consents: list[Consent], nobody: bool) -> None:
    assert nobody_could_sign(consents, student, DAY, BUILT_IN) is nobody
