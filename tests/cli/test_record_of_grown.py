"""A student holds the rights: the page is the student's, and a consent of theirs answers what a parent asks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from clock import TODAY
from command_line import call, said
from district import CALEB, GRADUATION, PORTRAIT, SOFIA, SOFIA_MOTHER, District

from dam_plugin.cli import context
from dam_plugin.store import SystemUser

AS = ("--as", "custodian:records-office")


def printed(student: str, form: str = "--page") -> str:
    made = call("ledger", "student", student, form, "record.out")
    assert made.code == 0, made.text
    return said(made)


@pytest.mark.parametrize("form", ["--page", "--csv"])
def test_the_page_of_a_grown_student_is_given_to_the_student_alone(district: District, form: str) -> None:
    assert "give them to the student alone, who holds the rights" in printed(district.student(SOFIA), form)
    assert "give them only to the family" in printed(district.student(CALEB), form)


def test_of_a_grown_student_who_has_died_the_attorney_is_asked(district: District) -> None:
    sofia = district.student(SOFIA)
    died = call("student", "died", sofia, "--on", str(TODAY), "--seen", "death certificate", *AS)
    assert died.code == 0, died.text
    assert "give them to nobody before the district's attorney has said to whom" in printed(sofia)


def test_of_a_ward_it_is_the_guardian_whom_a_court_appointed(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    sofia, mother = district.student(SOFIA), district.guardian(SOFIA_MOTHER)
    Path("letters.pdf").write_bytes(b"%PDF-1.7 letters of guardianship")
    letters = ("student", "guardian", "appointed", sofia, mother, "--seen", "letters", "--file", "letters.pdf", *AS)
    assert call(*letters).code == 0
    assert "to the student alone" in printed(sofia), "one person said it"
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("4711", "another"))
    assert call(*letters).code == 0
    assert "only to the guardian whom a court appointed" in printed(sofia)


ANSWERED = "consented, and the parent was given what that covers: the consent answers it"


def shared(district: District, key: str = GRADUATION) -> Any:
    who = f"parent:{district.guardian(SOFIA_MOTHER)}"
    return call("share", key, "--to", who, "--purpose", "personal use", *AS, "--json").object()


def consent(district: District) -> None:
    sofia, mother = district.student(SOFIA), district.guardian(SOFIA_MOTHER)
    signed = ("--signed-by", sofia, "--signed-on", str(TODAY), "--party", mother, "--proof", "file 7")
    assert call("consent", "add", sofia, "--purpose", "personal use", *signed, *AS).code == 0


def remedies(told: Any) -> str:
    return " ".join(each["remedy"] or "" for each in told["reasons"] if each["clause"] == "RIGHTS-TRANSFERRED")


def test_the_students_own_consent_to_a_parent_answers_the_question_and_the_work_is_closed(district: District) -> None:
    district.upload(GRADUATION)
    call("tag", GRADUATION, "--directory", "not_eligible", *AS)
    before = shared(district)
    assert (before["outcome"], "Ask the student for consent" in remedies(before)) == ("refer", True)
    (waiting,) = [each["id"] for each in before["referrals"]]
    assert "Ask the student for consent" in said(call("queue", "show", waiting, *AS, "--json"))
    consent(district)
    told = shared(district)
    assert (told["outcome"], ANSWERED in str(told["notes"])) == ("redact", True)
    assert "Ask the student for consent" not in remedies(told)
    shown = said(call("queue", "show", waiting, *AS, "--json"))
    assert (ANSWERED in shown, "Ask the student for consent" in shown) == (True, False)
    command = f"dam-plugin queue close {waiting} --why 'the student consented, and it was given'"
    assert command in shown
    assert call("queue", "close", waiting, "--why", "the student consented, and it was given", *AS).code == 0


def test_nothing_is_said_of_a_consent_where_nothing_waits(district: District) -> None:
    district.upload(PORTRAIT)
    assert ANSWERED not in str(shared(district, PORTRAIT)["notes"])
