"""Another student's record of disclosures does not tell to which school a classmate goes (34 CFR 99.3, 99.30, 99.32)."""

from __future__ import annotations

from pathlib import Path

import pytest
from clock import TODAY
from command_line import call
from district import HANNAH, TEAM, District
from use_cases import kept, ledger_holds

AS, STAFF = ("--as", "custodian:records-office"), ("--as", "media_staff:desk-2")
SCHOOL = "other_school:ladue-registrar"
ENROLLED = ("--enrolled", "the registrar, called back")


@pytest.fixture
def two(district: District) -> tuple[str, str]:
    """The student who goes to another school, and one beside them."""
    district.upload(TEAM)
    mover = district.student(HANNAH)
    return mover, next(each for each in sorted(kept(district.services, TEAM).tagging.students) if each != mover)


def asks(*more: str) -> str:
    told = call("share", TEAM, "--to", SCHOOL, "--purpose", "transfer", *more, *STAFF, "--json").object()
    return str(told["referrals"][0]["id"])


def hands_over(referral: str, student: str) -> None:
    given = (
        "--disclosed-to",
        SCHOOL,
        "--basis",
        "TRANSFER",
        "--students",
        student,
        *ENROLLED,
        "--how",
        "a disc by mail",
    )
    told = call("queue", "close", referral, *given, "--why", "enrolled there", *AS)
    assert told.code == 0, told.text


def page(student: str, *more: str) -> str:
    told = call("ledger", "student", student, "--page", "p.html", "--csv", "p.csv", "--without-pictures", *more, *AS)
    assert told.code == 0, told.text
    everything = Path("p.html").read_text("utf-8") + Path("p.csv").read_text("utf-8")
    return everything + call("ledger", "student", student, *more, *AS).text


def asks_by_name(mover: str, *, by_register: bool) -> str:
    if not by_register:
        return asks("--name", mover)
    came = ("--purpose", "transfer", "--received", str(TODAY), "--channel", "letter")
    made = call("request", "add", TEAM, "--from", SCHOOL, "--student", mover, *came, *AS, "--json").object()
    return asks("--request", str(made["id"]))


@pytest.mark.parametrize("more", [(), ("--required",)], ids=["all", "required"])
@pytest.mark.parametrize("by_register", [True, False], ids=["register", "share"])
def test_what_is_asked_by_name_is_on_the_record_of_who_is_named_alone(
    district: District, two: tuple[str, str], more: tuple[str, ...], by_register: bool
) -> None:
    mover, beside = two
    nothing = page(beside, *more)
    referral = asks_by_name(mover, by_register=by_register)
    assert rows(page(beside, *more)) == rows(nothing)
    hands_over(referral, mover)
    assert rows(page(beside, *more)) == rows(nothing)
    theirs = page(mover, *more)
    assert ("adue registrar" in theirs, "handed over" in theirs) == (True, True)
    assert ledger_holds(district.services)


def rows(told: str) -> int:
    assert "adue" not in told, told
    return told.count("<tr")


def test_what_is_asked_without_a_name_is_on_each_record_and_the_school_on_that_of_who_goes_there(
    two: tuple[str, str],
) -> None:
    mover, beside = two
    referral = asks()
    for _ in ("while it waits", "once it was handed over"):
        told = page(beside)
        assert ("nother school" in told, "adue" in told) == (True, False), told
        if _ == "while it waits":
            hands_over(referral, mover)
    assert "It was answered on" in told
    assert "see that line" not in told
    theirs = page(mover)
    assert ("adue registrar" in theirs, "see that line" in theirs) == (True, True)


def test_what_was_refused_is_on_each_record_with_who_asked(two: tuple[str, str]) -> None:
    referral = asks()
    assert call("queue", "close", referral, "--why", "nobody enrolls there", *AS).code == 0
    assert "adue registrar" in page(two[1], "--required")


def test_a_line_that_is_not_printed_is_not_pointed_to(two: tuple[str, str]) -> None:
    """The answer is a copy that hides the student: no line of it is required (34 CFR 99.32(d))."""
    _, beside = two
    called = ("share", TEAM, "--to", "public:herald", "--purpose", "news")
    referral = call(*called, *STAFF, "--json").object()["referrals"][0]["id"]
    given = ("--disclosed-to", "public:herald", "--basis", "MISTAKE", "--students", two[0], "--how", "the wrong disc")
    assert call("queue", "close", referral, *given, "--why", "by mistake", *AS).code == 0
    told = page(beside, "--required")
    assert ("It was answered on" in told, "see that line" in told) == (True, False), told
