"""An id of the plugin typed in small letters or in capitals is found as in its own spelling, by every command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from clock import TODAY
from command_line import call
from court_orders import revoking
from district import HANNAH, HANNAH_MOTHER, PORTRAIT, TEAM, District
from use_cases import kept

AS = ("--as", "custodian:records-office")
CAME = ("--purpose", "inspection", "--received", str(TODAY), "--channel", "letter")


def typed(each: str) -> str:
    """An id in the other case: what is small becomes capital."""
    return each.swapcase()


def told(*words: str) -> Any:
    done = call(*words, *AS, "--json")
    assert done.code in (0, 3, 4), done.text
    return done.object()


@pytest.fixture
def student(district: District) -> str:
    """The student of the portrait."""
    district.upload(PORTRAIT)
    (student,) = kept(district.services, PORTRAIT).tagging.students
    return student


def test_a_student_is_found(district: District, student: str) -> None:
    shown = told("student", "show", typed(student))
    assert shown["id"] == student
    named = told("share", PORTRAIT, "--to", "public:herald", "--purpose", "news", "--name", typed(student))
    assert {each for reason in named["reasons"] for each in reason["students"]} == {student}
    for words in (
        ("student", "opt-out", typed(student), "--purpose", "news"),
        ("student", "opt-in", typed(student), "--why", "signed form"),
        ("student", "protect", typed(student), "--kind", "no-contact-order", "--seen", "an order"),
        ("ledger", "student", typed(student)),
        ("revoke", f"--student={typed(student)}"),
    ):
        done = call(*words, *(AS if words[0] != "revoke" else ()))
        assert done.code == 0, done.text


def test_a_guardian_an_order_about_one_and_a_consent_are_found(district: District) -> None:
    hannah, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    signed = ("--signed-by", typed(mother), "--signed-on", str(TODAY), "--party", "public", "--proof", "binder 4")
    consent = told("consent", "add", typed(hannah), "--purpose", "news", *signed)["consent"]
    assert call("consent", "revoke", typed(consent), *AS).code == 0
    limit = told("student", "guardian", "limit", typed(hannah), typed(mother), "--seen", "an order", *revoking())
    assert (limit["student"], limit["guardian"]) == (hannah, mother)
    assert call("student", "guardian", "end", typed(limit["id"]), "--why", "lifted", *AS).code == 0


def test_a_referral_and_the_students_of_what_was_handed_over_are_found(district: District, student: str) -> None:
    school = "other_school:lincoln"
    waits = told("share", PORTRAIT, "--to", school, "--purpose", "transfer")["referrals"][0]["id"]
    for words in (("show", typed(waits)), ("assign", typed(waits), "--to", "office")):
        assert call("queue", *words, *AS).code == 0
    enrolled = ("--enrolled", f"{typed(student)}=the registrar, called back")
    given = ("--basis", "TRANSFER", "--students", f"{typed(student)},{student}", *enrolled, "--why", "sent")
    closed = call("queue", "close", typed(waits), "--disclosed-to", school, *given, *AS)
    assert closed.code == 0, closed.text
    lines = call("ledger", "student", student, "--required", "--json", *AS).objects()
    assert [each["who"] for each in lines if each["what"] == "handed over"] == [school]


def test_a_request_and_a_hold_are_found(district: District, student: str) -> None:
    asked = told("request", "add", PORTRAIT, "--from", "public:herald", "--student", typed(student), *CAME)["id"]
    assert call("request", "show", typed(asked), "--json").object()["id"] == asked
    assert [each["id"] for each in call("request", "list", "--student", typed(student), "--json").objects()] == [asked]
    matter = ("--kind", "litigation", "--matter", "the bus", "--why", "a letter", "--source", "a letter")
    hold = told("hold", "add", PORTRAIT, *matter)["id"]
    assert call("hold", "show", typed(hold)).code == 0
    assert call("hold", "release", typed(hold), "--why", "over", *AS).code == 0


def test_evidence_of_a_file_names_the_student_in_any_case(district: District, student: str) -> None:
    Path("shown.yaml").write_text(f"dependent:\n  students: [{typed(student)}]\n", "utf-8")
    waits = told("share", PORTRAIT, "--to", "parent:somebody", "--purpose", "inspection", "--evidence", "shown.yaml")
    kept_evidence = call("queue", "show", waits["referrals"][0]["id"], *AS, "--json").object()["evidence"]
    assert kept_evidence["dependent"]["students"] == [student]


@pytest.mark.parametrize("free", ["Sports day 2026", "Grades 1 to 2022", "sportsday2026", "the bus, S. Route 4"])
def test_words_that_are_no_id_stay_as_they_are(district: District, free: str) -> None:
    district.upload(TEAM)
    held = told("hold", "add", TEAM, "--kind", "litigation", "--matter", free, "--why", "a letter", "--source", free)
    assert held["matter"] == free
