"""Two subpoenas of one court for one recording: each has its own verification, notices, day and answer (34 CFR 99.31(a)(9))."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY, Clock, now, on_day
from command_line import Called, call
from court_orders import order
from district import HANNAH, PORTRAIT, District
from use_cases import ledger_holds

from dam_plugin import services

AS = ("--as", "custodian:records-office")
ASKS = ("--purpose", "lawsuit")
COURT = "court:circuit"
FIRST, SECOND = TODAY + timedelta(days=5), TODAY + timedelta(days=15)
PAPER = "{kind: subpoena, verified: true, notice_required: true, notified: []}"


@pytest.fixture
def hannah(district: District) -> str:
    district.upload(PORTRAIT)
    assert call("student", "opt-out", district.student(HANNAH), *AS).code == 0
    return district.student(HANNAH)


def came(day: Any, *paper: str, who: str = COURT) -> str:
    """Enter a request for the portrait; return its number."""
    noted = paper or ("--paper", "subpoena", "--return", str(day))
    words = ("--from", who, *ASKS, "--channel", "letter", "--received", str(TODAY), *AS, "--json")
    made = call("request", "add", PORTRAIT, *noted, *words)
    assert made.code == 0, made.text
    return str(made.object()["id"])


def shares(*more: str, who: str = COURT) -> Called:
    return call("share", PORTRAIT, "--to", who, *ASKS, *more, *AS, "--json")


def waits(*more: str, who: str = COURT) -> str:
    answer = shares(*more, who=who)
    assert answer.code == 4, answer.text
    return str(answer.object()["referrals"][0]["id"])


def both_wait() -> tuple[str, str, str, str]:
    """Enter both orders, and share with each; return their numbers, and the work that waits for each."""
    one, two = came(FIRST), came(SECOND)
    return one, two, waits("--request", one), waits("--request", two)


def told(referral: str, student: str, day: Any) -> None:
    """The order is verified, and the family is told of it today."""
    verified = call("queue", "finding", referral, "evidence", "--evidence", str(order(PAPER)), *AS)
    assert verified.code in (0, 4), verified.text
    about = ("--referral", referral, "--student", student, "--what", "certified mail", "--answer-on", str(day))
    made = call("letter", "effort", *about, *AS)
    assert made.code == 0, made.text
    stated = call("queue", "finding", referral, "evidence", "--evidence", str(order(with_told(student, day))), *AS)
    assert stated.code in (0, 4), stated.text


def with_told(student: str, day: Any) -> str:
    return PAPER.replace("notified: []", f"notified: [{student}], answer_on: {day}")


def stays(referral: str, state: str) -> None:
    stated = call("queue", "finding", referral, "stay", state, "--why", "stay of the circuit court", *AS)
    assert stated.code in (0, 4), stated.text


def shown(referral: str) -> Any:
    return call("queue", "show", referral, "--json", *AS).object()


def running(request: str) -> set[str]:
    clocks = call("request", "show", request, "--json").object()["clocks"]
    return {each["clock"] for each in clocks if each["stopped"] is None}


@pytest.fixture(params=[COURT, "public:baker-law"])
def who(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_second_subpoena_has_its_own_referral_notices_and_day(
    district: District, hannah: str, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = came(FIRST, who=who), came(SECOND, who=who)
    first = waits("--request", one, "--evidence", str(order(PAPER)), who=who)
    told(first, hannah, FIRST)
    assert "notice" not in running(one)

    second = waits("--request", two, who=who)
    assert second != first
    assert (shown(first)["due"], shown(second)["due"]) == (str(FIRST), str(SECOND))
    assert "notice" in running(two)
    assert not (shown(second)["case"]["share"]["evidence"] or {}).get("order")
    # Asked again, each is still its own.
    assert (waits("--request", two, who=who), waits("--request", one, who=who)) == (second, first)

    on_day(monkeypatch, 6)
    answer = shares("--request", one, who=who)
    assert (answer.code, answer.object()["basis"]) == (0, {hannah: "EX7"}), answer.text
    assert shown(first)["closed_at"] is not None
    assert shown(second)["closed_at"] is None
    assert waits("--request", two, who=who) == second
    assert ledger_holds(district.services)


def test_what_families_were_told_of_one_order_says_nothing_of_another(
    district: District, hannah: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = came(FIRST), came(SECOND)
    told(waits("--request", one), hannah, FIRST)
    on_day(monkeypatch, 16)
    evidence = ("--evidence", str(order(with_told(hannah, FIRST))))
    answer = shares("--request", two, *evidence)
    assert (answer.code, "EX7-NOTICE" in answer.text) == (4, True), answer.text


def test_a_share_without_a_number_answers_the_older_order_alone(
    district: District, hannah: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _one, two, first, second = both_wait()
    told(first, hannah, FIRST)
    told(second, hannah, SECOND)
    assert waits() == first
    assert f"{second}. Share with `--request {two}` to answer it" in shares().text
    on_day(monkeypatch, 6)
    assert shares().code == 0
    assert (shown(first)["closed_at"] is None, shown(second)["closed_at"] is None) == (False, True)
    assert waits() == second
    on_day(monkeypatch, 16)
    assert shares().code == 0
    assert shown(second)["closed_at"] is not None
    assert ledger_holds(district.services)


def test_what_was_asked_by_no_order_is_joined_by_what_is_none_alone(district: District, hannah: str) -> None:
    plain = came(None, "--want", "copy")
    without = waits()
    assert waits("--request", plain) == without
    one = came(FIRST)
    assert waits("--request", one) != without
    two = came(SECOND)
    assert waits("--request", two) not in (without, waits("--request", one))


def test_the_first_order_joins_what_was_asked_without_a_number(district: District, hannah: str) -> None:
    without = waits()
    one, two = came(FIRST), came(SECOND)
    assert waits("--request", one) == without
    assert waits("--request", two) != without


def test_who_closes_the_work_of_two_orders_is_told_of_both(district: District, hannah: str) -> None:
    one, two = came(FIRST), came(SECOND)
    first = waits("--request", one)
    assert call("request", "join", two, first, *AS).code == 0
    closed = call("queue", "close", first, "--why", "both were quashed", *AS)
    assert (closed.code, f"It was the work of {one} and {two}, which still wait" in closed.text) == (0, True)


def test_a_stay_of_one_order_does_not_stay_another(
    district: District, hannah: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two, first, second = both_wait()
    told(first, hannah, FIRST)
    told(second, hannah, SECOND)
    stays(first, "stands")
    # That nothing stays the second order lifts no stay of the first.
    stays(second, "stands")
    stays(second, "lifted")
    on_day(monkeypatch, 16)
    assert shares().code == 4
    assert shares("--request", one).code == 4
    answer = shares("--request", two)
    assert answer.code == 0, answer.text
    # What was given on the second order is not closed with the first.
    stays(first, "stands")
    assert call("open", answer.object()["token"]).code == 0


def test_a_sealed_order_takes_no_other_one_out_of_sight(district: District, hannah: str) -> None:
    one, two, first, second = both_wait()
    # Asked again while the second one waits, it is still the first.
    assert waits("--request", one) == first
    told(first, hannah, FIRST)
    Path("paper.pdf").write_bytes(b"%PDF-1.7 of the circuit court")
    sealing = call("request", "seal", two, "--secret-by", "law_enforcement", "--file", "paper.pdf", *AS)
    assert sealing.code == 0, sealing.text
    queue = {each["id"] for each in call("queue", "list", "--json").objects()}
    assert (first in queue, second in queue) == (True, False)
    assert "notice" not in running(one)
    assert waits("--request", one) == first
    assert ledger_holds(district.services)


def test_two_sealed_orders_are_two_pieces_of_work(district: District, hannah: str) -> None:
    one, two, first, second = both_wait()
    Path("paper.pdf").write_bytes(b"%PDF-1.7 of the circuit court")
    for each in (one, two):
        sealing = call("request", "seal", each, "--secret-by", "law_enforcement", "--file", "paper.pdf", *AS)
        assert sealing.code == 0, sealing.text
    secret = PAPER.replace("notice_required: true", "notice_required: false, secret_by: law_enforcement")
    assert waits("--request", two, "--evidence", str(order(secret))) == second
    sealed = call("queue", "list", "--sealed", "--json", *AS).objects()
    assert {each["id"] for each in sealed} == {first, second}
    assert ledger_holds(district.services)


def sealed(request: str) -> None:
    Path("paper.pdf").write_bytes(b"%PDF-1.7 of the circuit court")
    sealing = call("request", "seal", request, "--secret-by", "law_enforcement", "--file", "paper.pdf", *AS)
    assert sealing.code == 0, sealing.text


def in_the_open(kind: str) -> set[str]:
    return {str(each["id"]) for each in call(kind, "list", "--all", "--json").objects()}


@pytest.fixture
def _one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock stands still: everything happens at the same moment."""
    moment = now()

    class Still(Clock):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return moment.replace(tzinfo=None) if tz is None else moment.astimezone(tz)

    monkeypatch.setattr(services, "datetime", Still)


@pytest.mark.usefixtures("_one_moment")
def test_a_sealed_order_takes_no_share_of_another_one_without_a_number(district: District, hannah: str) -> None:
    one, two, first, second = both_wait()
    assert waits() == first
    sealed(two)
    assert (one in in_the_open("request"), two in in_the_open("request")) == (True, False)
    assert (first in in_the_open("queue"), second in in_the_open("queue")) == (True, False)
    assert ledger_holds(district.services)


@pytest.mark.usefixtures("_one_moment")
@pytest.mark.parametrize("paper", [(), ("--want", "copy")], ids=["subpoena", "no paper"])
def test_a_sealed_order_takes_no_request_that_was_closed_before(
    district: District, hannah: str, paper: tuple[str, ...]
) -> None:
    one = came(FIRST, *paper)
    first = waits("--request", one)
    assert call("queue", "close", first, "--why", "the court quashed it", *AS).code == 0
    two = came(SECOND)
    sealed(two)
    secret = PAPER.replace("notice_required: true", "notice_required: false, secret_by: law_enforcement")
    waits("--request", two, "--evidence", str(order(secret)))
    assert in_the_open("request") == {one}
    assert in_the_open("queue") == {first}
    assert ledger_holds(district.services)


@pytest.mark.usefixtures("_one_moment")
def test_a_sealed_order_takes_no_request_without_a_paper(district: District, hannah: str) -> None:
    plain, two = came(FIRST, "--want", "copy"), came(SECOND)
    first, second = waits("--request", plain), waits("--request", two)
    sealed(two)
    secret = PAPER.replace("notice_required: true", "notice_required: false, secret_by: law_enforcement")
    assert waits("--request", two, "--evidence", str(order(secret))) == second
    assert in_the_open("request") == {plain}
    assert in_the_open("queue") == {first}
    assert ledger_holds(district.services)


def test_an_order_that_was_forged_leaves_what_answered_another_one_as_it_was(
    district: District, hannah: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two, first, second = both_wait()
    told(first, hannah, FIRST)
    told(second, hannah, FIRST)
    on_day(monkeypatch, 16)
    given = {request: shares("--request", request).object()["share"] for request in (one, two)}
    said = ("queue", "withdraw", first, "--never-held", "--why", "it was forged", *AS, "--json")
    assert call(*said).object()["never_held"] == [given[one]]
