"""Whoever has a way of their own to a record is no school official of ours, whatever they are called (34 CFR 99.31(a)(1))."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import call
from district import HANNAH, PORTRAIT, District

from dam_plugin.model import StaffRecord

AS, STAFF = ("--as", "custodian:records-office"), ("--as", "media_staff:desk")


@pytest.fixture(autouse=True)
def _portrait(district: District) -> None:
    district.upload(PORTRAIT)
    Path("ev.yaml").write_text("legitimate_interest: true\nrecords_authorized: true\n", "utf-8")


def words(who: str) -> tuple[str, ...]:
    return ("share", PORTRAIT, "--to", f"school_official:{who}", "--purpose", "inspection", "--evidence", "ev.yaml")


@pytest.mark.parametrize(
    ("who", "meant", "law"),
    [
        ("guardian-ad-litem", "public:guardian-ad-litem", "99.31(a)(9)"),
        ("gal-smith", "public:gal-smith", "99.31(a)(9)"),
        ("casa-volunteer", "public:casa-volunteer", "99.31(a)(9)"),
        ("attorney-doe", "public:attorney-doe", "99.31(a)(9)"),
        ("university-study", "public:university-study --purpose research", "99.31(a)(6)"),
        ("army-recruiter", "public:army-recruiter", "7908"),
        ("insurance-adjuster", "public:insurance-adjuster", "99.31(a)(9)"),
        ("post-dispatch", "public:post-dispatch --purpose news", "99.31(a)(11)"),
        ("ladue-principal", "other_school:ladue-principal", "99.34"),
        ("cognia-team", "agency:cognia-team", "99.31(a)(7)"),
    ],
)
def test_an_outsider_is_asked_for_under_the_role_that_is_theirs(who: str, meant: str, law: str) -> None:
    for by in (AS, STAFF):
        refused = call(*words(who), *by)
        said = " ".join(refused.err.split())
        assert (refused.code, f"did you mean {meant}" in said, law in said) == (1, True, True), said


@pytest.mark.parametrize(
    "who",
    [
        "principal", "assistant-principal", "principal-jones", "counselor-lee", "college-counselor", "study-hall-monitor",
        "social-studies-teacher", "army-jrotc-instructor", "newspaper-adviser", "counsel-hale", "insurer-hale", "coach",
    ],
)  # fmt: skip
def test_the_district_s_own_staff_are_not_taken_for_outsiders(district: District, who: str) -> None:
    told = call(*words(who), *STAFF, "--json").object()
    assert (told["outcome"], told["basis"]) == ("allow", {district.student(HANNAH): "EX1"})


@pytest.mark.parametrize("who", ["counsel-hale", "insurer-hale"])
def test_of_the_district_s_own_counsel_and_insurer_the_custodian_reads_what_the_exception_asks_for(who: str) -> None:
    assert "34 CFR 99.31(a)(1)(i)(B)" in str(call(*words(who), *AS, "--json").object()["notes"])


def test_whom_the_roster_has_is_one_of_ours(district: District) -> None:
    with district.services.store.writing() as unit:
        staff = [StaffRecord("T-1", ("Amy Gal",), "staff")]
        unit.people.set_staff(staff, "oneroster", district.services.now(), whole=True)
    assert call(*words("amy-gal"), *STAFF, "--json").object()["outcome"] == "allow"


def test_nothing_goes_out_by_hand_to_an_outsider_as_an_official(district: District) -> None:
    lacking = ("share", PORTRAIT, "--to", "school_official:ms-hale", "--purpose", "lawsuit", *STAFF, "--json")
    referral = call(*lacking).object()["referrals"][0]["id"]
    to = ("--disclosed-to", "school_official:gal-smith", "--basis", "EX1", "--students", district.student(HANNAH))
    told = call("queue", "close", referral, *to, "--why", "by hand", *AS)
    assert (told.code, "did you mean public:gal-smith" in told.err) == (1, True)


def test_an_emergency_is_not_held_up_by_an_outsider_s_words() -> None:
    told = call(
        "break-glass", PORTRAIT, "--to", "emergency:university-hospital", "--threat", "a fire", *STAFF, "--json"
    )
    assert told.object()["outcome"] == "allow"
