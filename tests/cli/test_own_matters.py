"""What a school official needs for a matter of their own is no legitimate educational interest (34 CFR 99.31(a)(1))."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from command_line import call
from district import HANNAH, PORTRAIT, District
from use_cases import ledger_holds

AS, STAFF = ("--as", "custodian:records-office"), ("--as", "media_staff:desk")
TEACHER = "school_official:ms-smith"


@pytest.fixture
def hannah(district: District) -> str:
    district.upload(PORTRAIT)
    assert call("student", "opt-out", district.student(HANNAH), *AS).code == 0
    Path("need.yaml").write_text("legitimate_interest: true\nrecords_authorized: true\n", "utf-8")
    return district.student(HANNAH)


def asks(purpose: str, to: str = TEACHER, by: tuple[str, str] = AS, evidence: str = "need.yaml") -> Any:
    words = ("share", PORTRAIT, "--to", to, "--purpose", purpose, "--evidence", evidence, *by, "--json")
    return call(*words).object()


@pytest.mark.parametrize("by", [AS, STAFF], ids=["custodian", "staff"])
@pytest.mark.parametrize(
    "purpose",
    [
        "lawsuit",
        "my lawsuit",
        "my grievance",
        "my unemployment claim",
        "my attorney",
        "insurance claim",
        "personal use",
    ],
)
def test_it_waits_for_the_custodian_whatever_the_evidence_says(hannah: str, purpose: str, by: tuple[str, str]) -> None:
    answer = asks(purpose, by=by)
    assert (answer["outcome"], answer["token"], answer["basis"]) == ("refer", None, {})
    assert [each["clause"] for each in answer["reasons"]] == ["OWN-MATTER"]
    assert answer["referrals"][0]["kind"] == "official"
    assert "no legitimate educational interest" in answer["reasons"][0]["text"]


@pytest.mark.parametrize("purpose", ["discipline", "instruction", "safety"])
def test_school_business_goes_out_as_ever(hannah: str, purpose: str) -> None:
    assert (asks(purpose)["outcome"], asks(purpose)["basis"]) == ("allow", {hannah: "EX1"})


def test_the_custodian_finds_that_it_is_the_district_s_matter(district: District, hannah: str) -> None:
    referral = asks("lawsuit", "school_official:counsel", STAFF)["referrals"][0]["id"]
    stated = call("queue", "finding", referral, "evidence", "--evidence", "need.yaml", *AS, "--json").object()
    assert stated["answer"]["outcome"] == "refer", "the interest is not all: whose matter it is has to be said"
    done = call("queue", "finding", referral, "reviewed", "the district's counsel, in its own suit", *AS, "--json")
    assert (done.object()["answer"]["outcome"], done.object()["answer"]["basis"]) == ("allow", {hannah: "EX1"})
    assert ledger_holds(district.services)


def test_it_is_never_looser_and_no_emergency_waits(hannah: str) -> None:
    Path("none.yaml").write_text("{}\n", "utf-8")
    lacking = asks("lawsuit", evidence="none.yaml")
    assert (lacking["outcome"], lacking["reasons"][-1]["clause"]) == ("refer", "EX1-EVIDENCE")
    assert "OWN-MATTER" not in str(lacking["reasons"])
    Path("danger.yaml").write_text("emergency: {threat: a bomb, recipient_needs_it: true}\n", "utf-8")
    assert asks("lawsuit", evidence="danger.yaml")["outcome"] == "allow"


def test_somebody_else_s_lawsuit_is_decided_as_ever(hannah: str) -> None:
    assert "OWN-MATTER" not in str(asks("my lawsuit", "public:baker-law")["reasons"])


def test_it_is_not_shown_in_the_office_either(hannah: str) -> None:
    words = ("--for", TEACHER, "--purpose", "my lawsuit", "--evidence", "need.yaml", *AS)
    seen = call("view", PORTRAIT, "--in-office", *words)
    assert (seen.code, "whose matter it is" in " ".join(seen.text.split())) == (4, True)
