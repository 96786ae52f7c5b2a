"""A minor asks for her own recording: the custodian may give it to her, and it is on the record (34 CFR 99.31(a)(12))."""

from __future__ import annotations

from typing import Any

import pytest
from command_line import Called, call
from district import HANNAH, PORTRAIT, SOFIA, District

AS = ("--as", "custodian:records-office")


def asks(district: District, key: str, student: str) -> str:
    district.upload(key)
    assert call("tag", key, "--directory", "not_eligible", *AS).code == 0
    ask = ("--to", f"eligible_student:{student}", "--purpose", "inspection", *AS, "--json")
    answer = call("share", key, *ask).object()
    return str(answer["referrals"][0]["id"]) if answer["referrals"] else ""


def given(referral: str, to: str, student: str) -> Called:
    words = ("--basis", "TO-STUDENT", "--students", student, "--why", "she wants it for her portfolio")
    return call("queue", "close", referral, "--disclosed-to", to, *words, *AS)


def told(ended: Called) -> str:
    return " ".join(ended.text.split())


@pytest.fixture
def hannah(district: District) -> str:
    return district.student(HANNAH)


def test_what_the_custodian_gave_her_is_on_her_record(district: District, hannah: str) -> None:
    referral = asks(district, PORTRAIT, hannah)
    done = given(referral, f"eligible_student:{hannah}", hannah)
    assert done.code == 0, done.text
    lines: list[Any] = call("ledger", "student", hannah, *AS, "--json").objects()
    (line,) = [each for each in lines if each["what"] == "handed over"]
    assert (line["who"], line["required"]) == (f"eligible_student:{hannah}", True)
    assert line["grounds"] == ["Given to the student by the district's choice (TO-STUDENT)"]
    assert "students their own record before they are 18 (34 CFR 99.31(a)(12))" in line["why"]


def test_it_gives_nothing_to_another(district: District, hannah: str) -> None:
    referral = asks(district, PORTRAIT, hannah)
    for_mother = given(referral, "parent:G-ELSE", hannah)
    assert (for_mother.code, "is for eligible_student, not for 'parent'" in told(for_mother)) == (1, True)
    other = given(referral, f"eligible_student:{district.student(SOFIA)}", hannah)
    assert (other.code, "nothing but their own record" in told(other)) == (1, True)


def test_who_holds_the_rights_has_it_by_right(district: District, hannah: str) -> None:
    referral = asks(district, PORTRAIT, hannah)
    assert call("student", "college", hannah, "--seen", "enrolment letter", *AS).code == 0
    refused = given(referral, f"eligible_student:{hannah}", hannah)
    assert (refused.code, "give --basis EX2" in told(refused)) == (1, True)
