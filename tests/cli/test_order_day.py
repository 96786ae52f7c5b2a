"""On the day of an order's answer, whoever shares the same request again is answered on the order that is on file."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY, on_day
from command_line import call
from district import HANNAH, PORTRAIT, SCIENCE_LAB, District
from use_cases import kept, ledger_holds

AS = ("--as", "custodian:records-office")
LAWYER = ("--to", "public:baker-law", "--purpose", "lawsuit")
PAPER = "order: {kind: subpoena, verified: true, notice_required: true, notified: []}\n"
ANSWER = TODAY + timedelta(days=3)


@pytest.fixture
def hannah(district: District) -> str:
    district.upload(PORTRAIT)
    assert call("student", "opt-out", district.student(HANNAH), *AS).code == 0
    return district.student(HANNAH)


def shared(key: str = PORTRAIT, to: tuple[str, ...] = LAWYER, *more: str) -> Any:
    return call("share", key, *to, *more, *AS, "--json").object()


def told(student: str, key: str = PORTRAIT) -> str:
    """The lawyer asks with a subpoena, and each family is told today that it is answered in three days; the referral."""
    Path("order.yaml").write_text(PAPER, "utf-8")
    referral = str(shared(key, LAWYER, "--evidence", "order.yaml")["referrals"][0]["id"])
    about = ("--referral", referral, "--student", student, "--what", "certified mail", "--answer-on", str(ANSWER))
    assert call("letter", "effort", *about, "--evidence", "told.yaml", *AS).code == 0
    stated = call("queue", "finding", referral, "evidence", "--evidence", "told.yaml", *AS)
    assert (stated.code, str(ANSWER) in stated.text) == (4, True)
    return referral


def clauses(answer: Any) -> set[str]:
    return {each["clause"] for each in answer["reasons"]}


def test_the_same_request_is_answered_on_its_day_on_the_order_on_file(
    district: District, hannah: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    referral = told(hannah)
    early = shared()
    assert (early["outcome"], "EX7-NOTICE" in clauses(early)) == ("refer", True)
    assert early["referrals"][0]["id"] == referral
    shown = call("queue", "show", referral, "--json", *AS).object()
    assert shown["case"]["share"]["evidence"]["order"]["notified"] is not None
    on_day(monkeypatch, 3)
    answer = shared()
    assert (answer["outcome"], answer["basis"]) == ("allow", {hannah: "EX7"})
    assert call("queue", "show", referral, "--json", *AS).object()["closed_at"] is not None
    assert call("open", answer["token"]).code == 0
    assert ledger_holds(district.services)


def test_no_custodians_word_on_the_meaning_turns_the_order_into_a_denial(
    district: District, hannah: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(hannah)
    on_day(monkeypatch, 4)
    assert call("custodian", "meaning", PORTRAIT, "destroyed", "--why", "nothing is left of it", *AS).code == 0
    assert shared()["outcome"] == "allow"


@pytest.mark.parametrize(
    "to",
    [
        ("--to", "public:smith-law", "--purpose", "lawsuit"),
        ("--to", "court:baker-law", "--purpose", "lawsuit"),
        ("--to", "public:baker-law", "--purpose", "news"),
    ],
    ids=["another lawyer", "another role", "another purpose"],
)
def test_an_order_on_file_answers_nobody_else_and_nothing_else(
    district: District, hannah: str, to: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    told(hannah)
    on_day(monkeypatch, 3)
    answer = shared(PORTRAIT, to)
    assert answer["outcome"] != "allow"
    assert "EX7" not in answer["basis"].values()


def test_an_order_on_file_opens_no_other_recording(
    district: District, hannah: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(SCIENCE_LAB)
    told(hannah)
    on_day(monkeypatch, 3)
    answer = shared(SCIENCE_LAB)
    assert "EX7" not in answer["basis"].values()
    assert "EX7-NOTICE" not in clauses(answer)


def test_other_staff_do_not_share_on_it(district: District, hannah: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told(hannah)
    on_day(monkeypatch, 3)
    answer = call("share", PORTRAIT, *LAWYER, "--as", "media_staff:desk-2", "--json").object()
    assert (answer["outcome"], answer["reasons"][0]["clause"]) == ("refer", "CUSTODIAN")


def test_a_link_to_the_copy_from_before_opens_the_copy_alone(
    district: District, hannah: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(SCIENCE_LAB)
    student = min(kept(district.services, SCIENCE_LAB).tagging.students)
    before = shared(SCIENCE_LAB)
    told(student, SCIENCE_LAB)
    on_day(monkeypatch, 3)
    assert shared(SCIENCE_LAB)["outcome"] == "allow"
    if before.get("token"):
        opened = call("open", before["token"], "--json")
        assert "EX7" not in opened.text


def due(referral: str) -> str:
    return str(call("queue", "show", referral, "--json", *AS).object()["due"])


def test_what_waits_for_the_day_that_every_family_was_told_is_due_on_that_day(district: District, hannah: str) -> None:
    later = TODAY + timedelta(days=20)
    Path("order.yaml").write_text(PAPER, "utf-8")
    referral = str(shared(PORTRAIT, LAWYER, "--evidence", "order.yaml")["referrals"][0]["id"])
    as_request = due(referral)
    about = ("--referral", referral, "--student", hannah, "--what", "certified mail", "--answer-on", str(later))
    assert call("letter", "effort", *about, "--evidence", "told.yaml", *AS).code == 0
    assert due(referral) == as_request < str(later), "the effort is not stated yet"
    assert call("queue", "finding", referral, "evidence", "--evidence", "told.yaml", *AS).code == 4
    assert due(referral) == str(later)
    assert f"due {later} as the families were told of the order" in call("queue", "show", referral, *AS).out


def test_an_order_of_which_a_family_is_not_told_keeps_the_days_of_a_request(district: District) -> None:
    district.upload(SCIENCE_LAB)
    later = TODAY + timedelta(days=20)
    Path("order.yaml").write_text(PAPER.replace("[]", f"[], answer_on: {later}"), "utf-8")
    referral = str(shared(SCIENCE_LAB, LAWYER, "--evidence", "order.yaml")["referrals"][0]["id"])
    assert due(referral) < str(later)


def test_the_return_day_of_the_paper_counts_before_the_day_that_was_told(district: District, hannah: str) -> None:
    returned = TODAY + timedelta(days=30)
    Path("order.yaml").write_text(PAPER.replace("[]", f"[], return_on: {returned}"), "utf-8")
    referral = str(shared(PORTRAIT, LAWYER, "--evidence", "order.yaml")["referrals"][0]["id"])
    about = ("--referral", referral, "--student", hannah, "--what", "certified mail", "--answer-on", str(ANSWER))
    assert call("letter", "effort", *about, "--evidence", "told.yaml", *AS).code == 0
    assert call("queue", "finding", referral, "evidence", "--evidence", "told.yaml", *AS).code == 4
    assert due(referral) == str(returned)
