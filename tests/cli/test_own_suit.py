"""A court that brings no order: the custodian is led to what may go to the court of a suit between family and district."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import Called, call
from district import HALLWAY, HANNAH, TEAM, District
from use_cases import ledger_holds

AS, STAFF = ("--as", "custodian:records-office"), ("--as", "media_staff:desk")
LAW = "34 CFR 99.31(a)(9)(iii)(B)"
LEADS = "99.31(a)(9)(iii)(A) where the district sued, (B) where the family did"


def asks(key: str, *by: str, evidence: str = "{}\n", to: str = "court:circuit") -> Called:
    Path("evidence.yaml").write_text(evidence, "utf-8")
    words = ("--to", to, "--purpose", "lawsuit", "--evidence", "evidence.yaml")
    return call("share", key, *words, *(by or AS), "--json")


def team(district: District, meaning: str = "destroyed") -> None:
    """A photo of a team with a student whose family opted out; what hiding her does to its meaning."""
    district.upload(TEAM)
    assert call("custodian", "meaning", TEAM, meaning, "--why", "looked at it", *AS).code == 0


def waiting() -> list[str]:
    return [str(each["id"]) for each in call("queue", "list", "--json").objects()]


def test_what_a_court_without_an_order_is_denied_is_handed_over_in_the_family_s_own_suit(district: District) -> None:
    team(district)
    student = district.student(HANNAH)
    denied = asks(TEAM)
    told = denied.object()
    assert (denied.code, told["outcome"], told["reasons"][-1]["clause"]) == (3, "deny", "EX7-EVIDENCE")
    (referral,) = told["referrals"]
    assert (referral["kind"], referral["missing"]) == ("official", ["EX7-EVIDENCE"])
    assert any(LEADS in each for each in told["notes"])
    assert LEADS in " ".join(call("queue", "show", referral["id"], *AS).text.split())
    Path("suit.pdf").write_bytes(b"%PDF-1.7 the complaint of the family, read by the attorney")
    given = (
        "--disclosed-to",
        "court:circuit",
        "--basis",
        "LAW",
        "--law",
        LAW,
        "--file",
        "suit.pdf",
        "--students",
        student,
    )
    done = call("queue", "close", referral["id"], *given, "--why", "the attorney read it", *AS)
    assert (done.code, waiting()) == (0, []), done.text
    (line,) = call("ledger", "student", *AS, student, "--required", "--json").objects()[-1:]
    assert (line["what"], line["who"], f"under {LAW}" in line["remark"]) == ("handed over", "court:circuit", True)
    assert ledger_holds(district.services)


def test_what_staff_pass_on_waits_and_only_the_custodian_is_told_the_way(district: District) -> None:
    team(district)
    passed_on = asks(TEAM, *STAFF)
    told = passed_on.object()
    assert (told["outcome"], told["notes"]) == ("refer", [])
    assert "99.31(a)(9)(iii)" not in passed_on.text + call("queue", "show", told["referrals"][0]["id"]).text
    answered = asks(TEAM).object()
    assert (answered["outcome"], waiting()) == ("deny", [told["referrals"][0]["id"]])
    assert asks(TEAM).object()["referrals"][0]["id"] == told["referrals"][0]["id"]


def test_a_copy_for_a_court_leaves_the_question_too(district: District) -> None:
    team(district, "preserved")
    told = asks(TEAM).object()
    assert (told["outcome"], [each["missing"] for each in told["referrals"]]) == ("redact", [["EX7-EVIDENCE"]])
    assert told["token"]
    assert (
        call("queue", "close", told["referrals"][0]["id"], "--why", "another suit: an order is needed", *AS).code == 0
    )


@pytest.mark.parametrize(
    ("to", "evidence"),
    [
        ("court:circuit", "order: {kind: subpoena, verified: true, assets: [another]}\n"),
        ("law_enforcement:desk-7", "{}\n"),
        ("public:attorney", "{}\n"),
    ],
    ids=["a verified order for another recording", "the police", "a lawyer"],
)
def test_nobody_else_is_led_there(district: District, to: str, evidence: str) -> None:
    team(district)
    told = asks(TEAM, to=to, evidence=evidence).object()
    assert (told["outcome"], told["referrals"], told["notes"]) == ("deny", [], [])


def test_an_order_that_comes_answers_the_court(district: District) -> None:
    district.upload(HALLWAY)
    told = asks(HALLWAY).object()
    assert any(LEADS in each for each in told["notes"])
    with_order = asks(HALLWAY, evidence="order: {kind: subpoena, verified: true}\n").object()
    assert (with_order["outcome"], with_order["notes"]) == ("refer", [])


def test_once_an_order_is_on_file_the_custodian_is_led_nowhere_else(district: District) -> None:
    district.upload(HALLWAY)
    referral = asks(HALLWAY).object()["referrals"][0]["id"]
    Path("order.yaml").write_text("order: {kind: subpoena, verified: true}\n", "utf-8")
    assert call("queue", "finding", referral, "evidence", "--evidence", "order.yaml", *AS).code in (0, 4)
    assert LEADS not in " ".join(call("queue", "show", referral, *AS).text.split())
