"""A guardian from whom an order keeps the whereabouts reads the record of disclosures, without what could tell a place."""

from __future__ import annotations

from functools import partial
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from command_line import call
from court_orders import revoking
from district import CALEB_FATHER, HANNAH, HANNAH_MOTHER, PORTRAIT, District
from protected_students import protect, verify_not_against

from dam_plugin.cli import context
from dam_plugin.store import SystemUser

AS = ("--as", "custodian:records-office")
SEEN = ("--seen", "order of the circuit court")


def limited(district: District, *only: str) -> None:
    mother = district.guardian(HANNAH_MOTHER)
    done = call("student", "guardian", "limit", district.student(HANNAH), mother, *only, *SEEN, *revoking(), *AS)
    assert done.code == 0, done.text


@pytest.fixture
def sent(district: District) -> str:
    """A portrait of Hannah, sent to the school where she is enrolled now; its note tells the town."""
    student = district.student(HANNAH)
    district.upload(PORTRAIT)
    asked = call("share", PORTRAIT, "--to", "other_school:lincoln-high", "--purpose", "transfer", *AS, "--json")
    referral = asked.object()["referrals"][0]["id"]
    enrolled = ("--enrolled", f"{student}=the registrar in Springfield, called back", "--how", "mailed to Springfield")
    given = ("--basis", "TRANSFER", "--students", student, *enrolled, "--why", "enrolled in Springfield")
    done = call("queue", "close", referral, "--disclosed-to", "other_school:lincoln-high", *given, *AS)
    assert done.code == 0, done.text
    return student


def page_for(student: str, guardian: str | None, *more: str) -> tuple[Any, str]:
    to = () if guardian is None else ("--for", guardian)
    told = call("ledger", "student", student, "--page", "record.html", *to, *more, *AS)
    return told, Path("record.html").read_text("utf-8") if told.code == 0 else ""


@pytest.mark.parametrize(("language", "school"), [("en", "another school"), ("es", "otra escuela")])
def test_the_page_tells_that_it_was_sent_and_not_where(
    district: District, sent: str, language: str, school: str
) -> None:
    limited(district, "--only", "whereabouts")
    whole, everything = page_for(sent, None, "--language", language)
    assert "Lincoln high" in everything
    assert f"--for {district.guardian(HANNAH_MOTHER)}" not in everything
    assert "print a page that tells no place" in whole.err

    told, page = page_for(sent, district.guardian(HANNAH_MOTHER), "--language", language)
    assert told.code == 0, told.text
    assert school in page.casefold()
    assert "99.34" in page
    for word in ("lincoln", "springfield", "<img"):
        assert word not in page.casefold()
    assert f"give them only to {district.guardian(HANNAH_MOTHER)}" in told.text


def test_without_an_order_the_page_is_the_whole_one(district: District, sent: str) -> None:
    _, page = page_for(sent, district.guardian(HANNAH_MOTHER), "--without-pictures")
    assert page == page_for(sent, None, "--without-pictures")[1]
    assert "Lincoln high" in page


def test_who_has_no_say_over_the_record_is_handed_no_page(district: District, sent: str) -> None:
    told, _ = page_for(sent, district.guardian(CALEB_FATHER))
    assert (told.code, "no guardian of this student" in told.err) == (1, True)
    limited(district)
    told, _ = page_for(sent, district.guardian(HANNAH_MOTHER))
    assert (told.code, "a court order limits this guardian's rights" in told.err) == (1, True)


def test_of_a_protected_student_it_is_first_said_from_whom_the_place_is_kept(district: District, sent: str) -> None:
    protect(district, HANNAH)
    mother = district.guardian(HANNAH_MOTHER)
    told, _ = page_for(sent, mother)
    assert told.code == 1
    limit, verify = (
        told.err.index(f"guardian limit {sent} {mother} --only whereabouts"),
        told.err.index("guardian verify"),
    )
    assert limit < verify
    assert "leaves every place out" in told.err
    assert f"give them only to {mother}" not in page_for(sent, None)[0].err

    limited(district, "--only", "whereabouts")
    refused = call("student", "guardian", "verify", sent, mother, *SEEN, *AS)
    assert (refused.code, "guardian end" in refused.err, "--for" in refused.err) == (1, False, True)
    told, page = page_for(sent, f" {mother.lower()} ")
    assert told.code == 0, told.text
    assert "another school" in page.casefold()
    assert "a court order asks for that" in page
    for word in ("lincoln", "springfield", "<img"):
        assert word not in page.casefold()


def test_what_one_person_said_of_a_guardian_opens_no_page_of_a_protected_student(district: District, sent: str) -> None:
    protect(district, HANNAH)
    mother = district.guardian(HANNAH_MOTHER)
    one = ("student", "guardian", "verify", sent, mother, "--not-against", *SEEN, *AS)
    assert call(*one).code == 0
    assert page_for(sent, mother)[0].code == 1
    new = ("student", "guardian", "verify", sent, "m-ortiz", "--another-person", *SEEN, *AS)
    assert call(*new).code == 0
    told, _ = page_for(sent, "m-ortiz")
    assert (told.code, "one person alone stated" in told.err) == (1, True)
    assert verify_not_against(sent, mother).code == 0
    told, page = page_for(sent, mother)
    assert "Lincoln high" in page


def test_a_guardian_who_was_verified_before_the_protection_reads_a_page_without_places(
    district: District, sent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mother = district.guardian(HANNAH_MOTHER)
    for number, name in (("1000", "ada"), ("1001", "ben")):
        monkeypatch.setattr(context, "system_user", partial(SystemUser, number, name))
        assert call("student", "guardian", "verify", sent, mother, *SEEN, *AS).code == 0
    protect(district, HANNAH)
    told, page = page_for(sent, mother)
    assert told.code == 0, told.text
    assert ("another school" in page.casefold(), "Lincoln high" in page) == (True, False)


@pytest.mark.parametrize("more", [("--keys",), ("--json",), ("--csv", "record.csv"), ("--sealed",)])
def test_only_a_page_is_made_for_a_guardian(district: District, sent: str, more: tuple[str, ...]) -> None:
    told, _ = page_for(sent, district.guardian(HANNAH_MOTHER), *more)
    assert (told.code, "--for makes the page" in told.err) == (1, True)


def test_the_page_names_no_other_guardian_since_a_foster_mothers_name_tells_a_place(district: District) -> None:
    student, father = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    district.upload(PORTRAIT)
    foster = (
        "student",
        "guardian",
        "add",
        student,
        "--name",
        "Ruth Halvorsen",
        "--relation",
        "foster mother",
        *SEEN,
        *AS,
    )
    added = call(*foster, "--json").object()["guardian"]
    lawyer = ("--name", "Quimby Law of Springfield", "--for", father, "--until", "2027-06-30")
    paper = Path("signed.pdf")
    paper.write_bytes(b"%PDF-1.7 signed")
    stated = call(
        "student", "guardian", "represent", student, "quimby-law", *lawyer, "--file", str(paper), *SEEN, *AS, "--json"
    )
    for whom in (f"parent:{added}", f"parent:{stated.object()['guardian']}"):
        call("share", PORTRAIT, "--to", whom, "--purpose", "inspection", *AS)
    limited(district, "--only", "whereabouts", "--other-person", added)
    _, whole = page_for(student, None, "--without-pictures")
    assert ("Ruth Halvorsen" in whole, "Quimby Law" in whole) == (True, True)
    _, page = page_for(student, father)
    assert ("Halvorsen" in page, "Quimby" in page, "Springfield" in page) == (False, False, False)
    assert ("A parent" in page, "parent's representative" in unescape(page)) == (True, True)
