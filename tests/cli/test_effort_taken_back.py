"""A notice of a subpoena went to the wrong family: the right one was not told, and is told before it is answered (99.31)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY, on_day
from command_line import Called, call, said
from court_orders import order
from district import HANNAH, PORTRAIT, District
from use_cases import ledger_holds

AS = ("--as", "custodian:records-office")
COURT = ("--purpose", "lawsuit")
DAY = TODAY + timedelta(days=5)
PAPER = "{kind: subpoena, verified: true, notice_required: true, notified: []}"
WRONG = "the letter lay in another child's envelope"


@pytest.fixture
def hannah(district: District) -> str:
    district.upload(PORTRAIT)
    assert call("student", "opt-out", district.student(HANNAH), *AS).code == 0
    return district.student(HANNAH)


@pytest.fixture
def request_id() -> str:
    words = ("--from", "court:circuit", *COURT, "--channel", "letter", "--received", str(TODAY), *AS, "--json")
    made = call("request", "add", PORTRAIT, "--paper", "subpoena", "--return", str(DAY), *words)
    assert made.code == 0, made.text
    return str(made.object()["id"])


def shares(request: str) -> Called:
    return call("share", PORTRAIT, "--to", "court:circuit", *COURT, "--request", request, *AS, "--json")


def effort(referral: str, student: str, what: str, *more: str) -> Called:
    about = ("--referral", referral, "--student", student, "--what", what, "--evidence", "told.yaml")
    return call("letter", "effort", *about, *more, *AS, "--json")


def states(referral: str, file: str) -> None:
    stated = call("queue", "finding", referral, "evidence", "--evidence", file, *AS)
    assert stated.code in (0, 4), stated.text


@pytest.fixture
def told(district: District, hannah: str, request_id: str) -> tuple[str, str]:
    """The work of the order, and the effort by which the family counts as told, in time."""
    referral = str(shares(request_id).object()["referrals"][0]["id"])
    states(referral, str(order(PAPER)))
    made = effort(referral, hannah, "certified mail", "--answer-on", str(DAY))
    assert made.code == 0, made.text
    states(referral, "told.yaml")
    return referral, str(made.object()["effort"])


def notice_runs(request: str) -> bool:
    clocks = call("request", "show", request, "--json").object()["clocks"]
    return any(each["clock"] == "notice" and each["stopped"] is None for each in clocks)


def efforts(referral: str) -> Any:
    return call("queue", "show", referral, *AS, "--json").object()["efforts"]


def test_the_order_waits_until_the_right_family_was_told(
    district: District, hannah: str, request_id: str, told: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    referral, wrong = told
    assert not notice_runs(request_id)
    on_day(monkeypatch, 2)
    back = effort(referral, hannah, WRONG, "--takes-back", wrong)
    assert (back.code, back.object()["left"], back.object()["told"]) == (0, [hannah], []), back.text
    assert notice_runs(request_id)
    assert [each["takes_back"] for each in efforts(referral)] == [None, wrong]
    page = said(call("queue", "show", referral, *AS))
    assert f"takes back {wrong}" in page
    on_day(monkeypatch, 6)
    answer = shares(request_id)
    assert (answer.code, "EX7-NOTICE" in answer.text) == (4, True), answer.text
    later = str(DAY + timedelta(days=3))
    assert call("request", "order", request_id, "--paper", "subpoena", "--return", later, *AS).code == 0
    assert effort(referral, hannah, "she came in", "--answer-on", later).code == 0
    states(referral, "told.yaml")
    assert not notice_runs(request_id)
    on_day(monkeypatch, 9)
    assert shares(request_id).code == 0
    assert ledger_holds(district.services)


def test_it_takes_back_an_effort_for_this_family_and_says_nothing_else(
    district: District, hannah: str, told: tuple[str, str]
) -> None:
    referral, wrong = told
    for more, says in (
        (("--takes-back", "ne-000000000000"), "no effort on file"),
        (("--takes-back", wrong, "--answer-on", str(DAY)), "leave what a telling says out"),
        (("--takes-back", wrong, "--party", "25JU-JV00117"), "leave what a telling says out"),
    ):
        refused = effort(referral, hannah, WRONG, *more)
        assert (refused.code, says in said(refused)) == (1, True), refused.text
    assert effort(referral, hannah, WRONG, "--takes-back", wrong).code == 0
    twice = effort(referral, hannah, WRONG, "--takes-back", wrong)
    assert (twice.code, "no effort on file" in said(twice)) == (1, True)
    assert Path("told.yaml").exists()
