"""A report to the Children's Division: who answers it, with what, for how long, and who reads of it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY
from command_line import Called, call
from district import HALLWAY, TEAM, District
from use_cases import Voice, kept, ledger_holds, with_voice

from dam_plugin.sharing.file_referral import due_on

AS = ("--as", "custodian:records-office")
TRUE = {"report": "2026-117", "confirmed_by": "the hotline, called back at its number on file"}
DIVISION = "childrens_division:worker-3"


@pytest.fixture
def student(district: District) -> str:
    """A discipline recording; a student in it."""
    district.upload(HALLWAY)
    return min(kept(district.services, HALLWAY).tagging.students)


def asked(stated: dict[str, Any], *more: str, role: tuple[str, ...] = AS, key: str = HALLWAY) -> Called:
    Path("report.json").write_text(json.dumps({"child_welfare": {"ground": "mandated_report", **stated}}), "utf-8")
    words = ("--to", DIVISION, "--purpose", "safety", "--evidence", "report.json")
    return call("share", key, *words, *role, "--json", *more)


@pytest.mark.parametrize(
    "stated",
    [TRUE, {"reported_on": str(TODAY), "confirmed_by": "the principal, who knows the worker"}],
    ids=["its number", "its day"],
)
@pytest.mark.parametrize("role", ["custodian:records-office", "designee:principal"])
def test_a_verified_report_gets_it_for_72_hours(
    district: District, student: str, stated: dict[str, Any], role: str
) -> None:
    made = asked(stated, role=("--as", role))
    assert (made.code, made.object()["reasons"][0]["clause"]) == (0, "EX8")
    (link,) = call("links", "--sealed", *AS, "--json").objects()
    with district.services.store.reading() as unit:
        (kept_link,) = unit.shares.links(open_only=False)
    assert kept_link.id == link["link"]
    assert kept_link.expires_at - kept_link.created_at == timedelta(hours=72)
    assert call("open", made.object()["token"]).code == 0


@pytest.mark.parametrize(
    ("stated", "role"),
    [
        (TRUE, "media_staff:desk"),
        ({}, "custodian:records-office"),
        ({"report": "2026-117"}, "custodian:records-office"),
        ({"confirmed_by": "the hotline"}, "custodian:records-office"),
        ({"reported_on": str(TODAY + timedelta(days=1)), "confirmed_by": "the hotline"}, "custodian:records-office"),
    ],
    ids=["media staff", "bare", "nobody called back", "no report", "a day to come"],
)
def test_what_a_caller_says_waits_for_the_custodian_as_urgent(
    district: District, student: str, stated: dict[str, Any], role: str
) -> None:
    made = asked(stated, role=("--as", role))
    assert made.code in (3, 4)
    answer = made.object()
    assert answer["token"] is None
    assert any("`confirmed_by`" in each for each in answer["why_not"])
    (waits,) = call("queue", "list", "--sealed", *AS, "--json").objects()
    # As soon as the review of an emergency, before a public request.
    assert (waits["to"], waits["due"]) == (DIVISION, due_on("review", TODAY, ()).isoformat())
    assert waits["due"] < due_on("sunshine", TODAY, ()).isoformat()
    assert call("queue", "list", "--json").objects() == []
    # The custodian who has verified it answers what waits.
    assert asked(TRUE).code == 0
    left = call("queue", "list", "--sealed", *AS, "--json").objects()
    assert [each["kind"] for each in left] == ["review"]


def test_a_claim_waits_for_the_custodian_even_where_others_would_get_a_copy(district: District) -> None:
    district.upload(TEAM)
    made = asked({}, key=TEAM)
    assert made.object()["outcome"] == "redact"
    (waits,) = call("queue", "list", "--sealed", *AS, "--json").objects()
    assert waits["to"] == DIVISION


def test_no_page_of_the_family_tells_of_it_and_the_custodian_lifts_that(district: District, student: str) -> None:
    before = call("ledger", "student", student, "--json").out + call("ledger", "show", "--json").out
    review = asked(TRUE).object()["referrals"][0]["id"]
    assert call("ledger", "student", student, "--json").out + call("ledger", "show", "--json").out == before
    *_, line = call("ledger", "student", student, "--sealed", *AS, "--json").objects()
    assert (line["who"], line["required"], "RSMo 210.150" in line["remark"]) == (DIVISION, True, True)
    assert call("queue", "lift", review, "--why", "counsel says so", "--as", "media_staff:desk").code == 1
    assert call("queue", "lift", review, "--why", "counsel says so", *AS).code == 0
    lines = call("ledger", "student", student, "--json").objects()
    assert [(each["who"], each["outcome"]) for each in lines if each["what"] == "asked"] == [(DIVISION, "allow")]
    assert call("queue", "lift", review, "--why", "again", *AS).code == 1
    assert ledger_holds(district.services)


IN_CARE = {"placement": "25JU-JV00117", "confirmed_by": "the county office, called back at its number on file"}


def in_care(student: str, stated: dict[str, Any], role: str = "custodian:records-office") -> dict[str, Any]:
    """The answer to the Division, which says that it is responsible for a student."""
    welfare = {"child_welfare": {"ground": "legal_responsibility", "students": [student], **stated}}
    Path("care.json").write_text(json.dumps(welfare), "utf-8")
    words = ("--to", DIVISION, "--purpose", "safety", "--evidence", "care.json", "--as", role, "--json")
    answer: dict[str, Any] = call("share", HALLWAY, *words).object()
    return answer


def grounds(answer: dict[str, Any]) -> set[str]:
    return {*answer["basis"].values()}


@pytest.mark.parametrize("role", ["custodian:records-office", "designee:principal"])
def test_legal_responsibility_that_was_verified_is_answered_and_on_the_record(
    district: District, student: str, role: str
) -> None:
    answer = in_care(student, IN_CARE, role)
    assert "EX8" in grounds(answer), answer
    assert not any("placement" in each for each in answer["why_not"])
    assert DIVISION in call("ledger", "student", student, "--json").out
    assert call("queue", "list", "--sealed", *AS, "--json").objects() == []


@pytest.mark.parametrize(
    ("stated", "role"),
    [
        ({}, "custodian:records-office"),
        ({"confirmed_by": IN_CARE["confirmed_by"]}, "custodian:records-office"),
        ({"placement": IN_CARE["placement"]}, "custodian:records-office"),
        ({"report": "2026-117", "confirmed_by": IN_CARE["confirmed_by"]}, "custodian:records-office"),
        (IN_CARE, "media_staff:desk"),
    ],
    ids=["a caller's word", "no paper", "nobody called back", "a report's number", "media staff"],
)
def test_legal_responsibility_that_nobody_verified_releases_nothing_and_waits(
    district: District, student: str, stated: dict[str, str], role: str
) -> None:
    answer = in_care(student, stated, role)
    assert (answer["token"], "EX8" in grounds(answer)) == (None, False)
    assert any("`placement`" in each and "34 CFR 99.31(c)" in each for each in answer["why_not"])
    (waits,) = call("queue", "list", "--json").objects()
    assert waits["to"] == DIVISION
    assert "EX8" in grounds(in_care(student, IN_CARE))
    assert call("queue", "list", "--json").objects() == []


def test_the_custodian_hears_that_something_waits_and_nothing_else(district: District) -> None:
    district.upload(HALLWAY)
    voice = Voice(review_decision=None, notify=True)
    listening = with_voice(district, voice)
    from district import MEDIA_STAFF

    from dam_plugin.model import Recipient

    welfare = {"child_welfare": {"ground": "mandated_report"}}
    listening.share(
        HALLWAY,
        kind="request",
        purpose="safety",
        actor=MEDIA_STAFF,
        recipient=Recipient("childrens_division", "worker-3"),
        evidence=welfare,
    )
    (told,) = voice.told
    assert "queue list --sealed" in str(told)
    assert not any(word in str(told) for word in ("worker-3", HALLWAY, "Children"))
