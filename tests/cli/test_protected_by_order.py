"""An order for a recording of a protected student: the custodian is told to ask the attorney, and not for a consent."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from command_line import call
from district import CALEB, HALLWAY, HANNAH, PORTRAIT, TEAM, District
from protected_students import protect
from use_cases import kept

from dam_plugin.cli import context
from dam_plugin.store import SystemUser

CUSTODIAN, COUNSEL = ("--as", "custodian:records-office"), ("--as", "designee:counsel")
ATTORNEY = "is protected, and an order or a subpoena binds before its return day: ask the district's attorney"
TO = ("--to", "court:smith-law", "--purpose", "court order")


@pytest.fixture(autouse=True)
def _ada(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "system_user", partial(SystemUser, "1000", "ada"))


def order(*, verified: bool) -> tuple[str, str]:
    Path("order.yaml").write_text(f"order: {{kind: subpoena, verified: {str(verified).lower()}}}\n", "utf-8")
    return "--evidence", "order.yaml"


def told(referral: str, *students: str) -> tuple[str, str]:
    """The families were told on the telephone of a paper that is to be answered at once; the evidence that says so."""
    for each in students:
        _effort(referral, each)
    return "--evidence", "told.yaml"


def _effort(referral: str, student: str) -> None:
    words = ("--referral", referral, "--student", student, "--what", "called at 9", "--at-once", "it says forthwith")
    made = call("letter", "effort", *words, "--evidence", "told.yaml", *CUSTODIAN)
    assert made.code == 0, made.text


def words_of(*words: str) -> str:
    return " ".join(call(*words).text.split())


def test_with_an_order_the_custodian_reads_of_the_attorney_and_of_no_consent(district: District) -> None:
    district.upload(PORTRAIT)
    protect(district, HANNAH)
    hannah = district.student(HANNAH)
    share = ("share", PORTRAIT, *TO, *order(verified=False), *CUSTODIAN)
    asked: Any = call(*share, "--json").object()
    referral = asked["referrals"][0]["id"]
    assert asked["outcome"] == "refer"
    (note,) = [each for each in asked["notes"] if hannah in each]
    assert note.startswith(f"{hannah} {ATTORNEY}")
    for text in (words_of(*share), words_of("queue", "show", referral, *CUSTODIAN)):
        assert (f"{hannah} {ATTORNEY}" in text, "sk nobody" in text, "Share a copy that hides" in text) == (
            True,
            False,
            False,
        )
    assert "attorney" not in words_of("queue", "show", referral)

    verified = ("queue", "finding", referral, "evidence")
    waits = call(*verified, *order(verified=True), *CUSTODIAN, "--json").object()["answer"]
    assert [each for each in waits["notes"] if each.startswith(f"{hannah} {ATTORNEY}")]
    released = call(*verified, *told(referral, hannah), *CUSTODIAN, "--json").object()["answer"]
    assert (released["outcome"], released["redact"]) == ("allow", [])
    (note,) = [each for each in released["notes"] if hannah in each]
    assert note.startswith(f"{hannah} is protected, and may be shown in what was released on the order.")
    shown = words_of("queue", "show", referral, *CUSTODIAN)
    assert ("sk nobody" in shown, "before its return day" in shown) == (False, False)


def test_a_copy_that_hides_them_meanwhile_answers_no_order(district: District) -> None:
    district.upload(TEAM)
    protect(district, HANNAH)
    hannah = district.student(HANNAH)
    told = call("share", TEAM, *TO, *order(verified=False), *CUSTODIAN, "--json").object()
    assert (told["outcome"], told["redact"]) == ("redact", [hannah])
    assert [each for each in told["notes"] if each.startswith(f"{hannah} {ATTORNEY}")]


def test_while_the_order_waits_for_a_second_person_it_says_so_too(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(HALLWAY)
    protect(district, CALEB)
    caleb = district.student(CALEB)
    referral = call("share", HALLWAY, *TO, *CUSTODIAN, "--json").object()["referrals"][0]["id"]
    verified = ("queue", "finding", referral, "evidence")
    call(*verified, *order(verified=True), *CUSTODIAN)
    waits = call(
        *verified, *told(referral, *sorted(kept(district.services, HALLWAY).tagging.students)), *CUSTODIAN, "--json"
    ).object()
    assert waits["answer"] is None
    assert [each for each in waits["notes"] if each.startswith(f"{caleb} {ATTORNEY}")]
    shown = words_of("queue", "show", referral, *CUSTODIAN)
    assert (f"{caleb} {ATTORNEY}" in shown, "sk nobody" in shown) == (True, False)
    monkeypatch.setattr(context, "system_user", partial(SystemUser, "1001", "ben"))
    approved = call("queue", "approve", waits["finding"], *COUNSEL, "--json").object()["answer"]
    assert not [each for each in approved["notes"] if "sk nobody" in each or "hides them" in each]


def test_a_case_with_an_order_is_explained_with_the_attorney(district: District) -> None:
    case = {
        "id": "one", "at": "2026-10-05",
        "asset": {"id": "a1", "tagging": "complete", "appearances": [{"student": "s1", "prominence": "focus"}]},
        "students": [{"id": "s1", "guardians": ["p1"], "protected": True}],
        "share": {"kind": "request", "purpose": "court order", "actor": {"role": "custodian"},
                  "recipient": {"role": "court", "id": "c"}, "evidence": {"order": {"kind": "subpoena", "verified": False}}},
    }  # fmt: skip
    Path("case.json").write_text(json.dumps(case), "utf-8")
    told = words_of("explain", "case.json", *CUSTODIAN)
    assert (f"s1 {ATTORNEY}" in told, "ask nobody" in told) == (True, False)
