"""One letter is a subpoena and a request by the Sunshine Law: each half has its own work, days and closing.

The one is answered within three business days (RSMo 610.023.3), the other on its return day (34 CFR 99.31(a)(9)).
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from clock import TODAY, on_day
from command_line import Called, call
from court_orders import order
from district import HANNAH, PORTRAIT, District
from use_cases import ledger_holds

from dam_plugin.sharing import file_referral

AS = ("--as", "custodian:records-office")
RETURN = TODAY + timedelta(days=30)
PAPER = f"{{kind: subpoena, verified: true, notice_required: true, return_on: {RETURN}}}"
SUBPOENA = ("--paper", "subpoena", "--return", str(RETURN))
DENIED = ("--outcome", "denied", "--why", "an education record", "--provision", "34 CFR 99.30")


@pytest.fixture
def hannah(district: District) -> str:
    district.upload(PORTRAIT)
    assert call("student", "opt-out", district.student(HANNAH), *AS).code == 0
    return district.student(HANNAH)


@pytest.fixture(params=["public:baker-law", "court:circuit"])
def who(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def letter(who: str, *more: str) -> list[str]:
    """Enter the letter; return the numbers of the requests that it is."""
    words = ("--from", who, "--purpose", "lawsuit", "--channel", "letter", "--received", str(TODAY))
    made = call("request", "add", PORTRAIT, *words, *more, *AS, "--json")
    assert made.code == 0, made.text
    return [str(each["id"]) for each in made.objects()]


def shares(who: str, *more: str) -> Called:
    return call("share", PORTRAIT, "--to", who, "--purpose", "lawsuit", *more, *AS, "--json")


def waits(who: str, *more: str) -> str:
    answer = shares(who, *more)
    assert answer.code == 4, answer.text
    return str(answer.object()["referrals"][0]["id"])


def told(referral: str, student: str) -> None:
    """The order is verified, and the family is told of it."""
    evidence = ("--evidence", str(order(PAPER)))
    assert call("queue", "finding", referral, "evidence", *evidence, *AS).code == 4
    effort = ("--referral", referral, "--student", student, "--what", "certified mail", "--answer-on", str(RETURN))
    assert call("letter", "effort", *effort, "--evidence", "told.yaml", *AS).code == 0
    assert call("queue", "finding", referral, "evidence", "--evidence", "told.yaml", *AS).code == 4


def closes(request: str, *words: str) -> Called:
    return call("request", "close", request, *words, *AS)


def is_open(referral: str) -> bool:
    return call("queue", "show", referral, "--json", *AS).object()["closed_at"] is None


def due(referral: str) -> str:
    return str(call("queue", "show", referral, "--json", *AS).object()["due"])


def due_in_register(request: str, clock: str) -> str:
    clocks = call("request", "show", request, "--json").object()["clocks"]
    return str(next(each["due"] for each in clocks if each["clock"] == clock))


def answers(request: str) -> list[str]:
    """Return the last share of each recording that a request asks for."""
    return [str(each["share"]) for each in call("request", "show", request, "--json").object()["answers"]]


def outcomes(student: str) -> dict[str, str]:
    """Return what the student's record says that became of each share, by its id."""
    rows = call("ledger", "student", student, "--json", *AS).objects()
    return {str(each["share"]): str(each["outcome"]) for each in rows if each["what"] == "asked"}


def answered_on_its_day(who: str, request: str, student: str, patch: pytest.MonkeyPatch) -> None:
    on_day(patch, 30)
    answer = shares(who, "--request", request)
    assert (answer.code, answer.object()["basis"]) == (0, {student: "EX7"}), answer.text


@pytest.mark.parametrize("order_first", [True, False])
def test_each_half_of_the_letter_is_answered_in_its_own_time(
    district: District, hannah: str, who: str, order_first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    subpoena, sunshine = letter(who, *SUBPOENA, "--sunshine")
    asked = (subpoena, sunshine) if order_first else (sunshine, subpoena)
    work = {each: waits(who, "--request", each) for each in asked}
    assert work[subpoena] != work[sunshine]
    assert due(work[subpoena]) == due_in_register(subpoena, "return") == str(RETURN)
    told(work[subpoena], hannah)
    # Asked again, each is still its own; what is known of the order is nothing to the other half.
    assert {each: waits(who, "--request", each) for each in asked} == work
    case = call("queue", "show", work[sunshine], "--json", *AS).object()["case"]
    assert not (case["share"]["evidence"] or {}).get("order")

    on_day(monkeypatch, 1)
    assert f"{work[sunshine]} of {sunshine} waits in the queue" in closes(sunshine, *DENIED).err
    assert call("queue", "close", work[sunshine], "--why", "denied by the Sunshine Law", *AS).code == 0
    assert closes(sunshine, *DENIED).code == 0
    assert is_open(work[subpoena])
    answered_on_its_day(who, subpoena, hannah, monkeypatch)
    assert not is_open(work[subpoena])
    assert ledger_holds(district.services)


def test_the_queue_has_the_sunshine_half_on_the_day_of_the_register(district: District, hannah: str, who: str) -> None:
    subpoena, sunshine = letter(who, *SUBPOENA, "--sunshine")
    waits(who, "--request", subpoena)
    assert due(waits(who, "--request", sunshine)) == due_in_register(sunshine, "answer")


def test_a_request_from_before_stays_apart_from_the_subpoena_that_follows(
    district: District, hannah: str, who: str
) -> None:
    (plain,) = letter(who)
    first = waits(who, "--request", plain)
    day = due(first)
    (subpoena,) = letter(who, *SUBPOENA)
    second = waits(who, "--request", subpoena)
    assert (second != first, due(first), due(second)) == (True, day, str(RETURN))


def test_a_share_without_a_number_hears_of_the_other_half(district: District, hannah: str) -> None:
    who = "public:baker-law"
    subpoena, sunshine = letter(who, *SUBPOENA, "--sunshine")
    of_order, of_sunshine = waits(who, "--request", subpoena), waits(who, "--request", sunshine)
    first = shares(who)
    assert first.object()["referrals"][0]["id"] == of_sunshine
    assert f"{of_order}. Share with `--request {subpoena}` to answer it" in first.text
    # What brings the paper answers the order.
    brings = shares(who, "--evidence", str(order(PAPER)))
    assert brings.object()["referrals"][0]["id"] == of_order
    assert f"{of_sunshine}. Share with `--request {sunshine}` to answer it" in brings.text


@pytest.fixture
def joined(district: District, hannah: str, who: str, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str, str]:
    """Both halves wait as one piece of work, as an earlier version had it: their numbers, and the work."""
    subpoena, sunshine = letter(who, *SUBPOENA, "--sunshine")
    work = waits(who, "--request", subpoena)
    told(work, hannah)

    with monkeypatch.context() as patch:
        patch.setattr(file_referral, "of_same_order", lambda _unit, _share, waiting: list(waiting))
        assert waits(who, "--request", sunshine) == work
    return subpoena, sunshine, work


def test_what_joined_the_order_before_is_closed_by_itself(
    district: District, hannah: str, who: str, joined: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    subpoena, sunshine, work = joined
    refused = call("queue", "close", work, "--why", "denied by the Sunshine Law", *AS)
    assert (refused.code, is_open(work)) == (1, True)
    assert f"{subpoena}, which is an order still to be answered, and answers {sunshine} too" in refused.err
    closed = closes(sunshine, *DENIED)
    assert (closed.code, is_open(work)) == (0, True), closed.text
    # What is the order's alone, the custodian may end.
    assert f"{work} of {subpoena} waits in the queue" in closes(subpoena, *DENIED).err
    answered_on_its_day(who, subpoena, hannah, monkeypatch)
    assert ledger_holds(district.services)


def test_what_joined_the_order_before_has_work_of_its_own_when_it_is_asked_again(
    district: District, hannah: str, who: str, joined: tuple[str, str, str]
) -> None:
    subpoena, sunshine, work = joined
    own = waits(who, "--request", sunshine)
    assert (own != work, waits(who, "--request", subpoena)) == (True, work)
    assert call("queue", "close", own, "--why", "denied by the Sunshine Law", *AS).code == 0
    assert closes(sunshine, *DENIED).code == 0
    # Nothing else waits for the order's work now.
    assert call("queue", "close", work, "--why", "the court quashed it", *AS).code == 0


def test_what_decides_the_order_answers_nothing_that_joined_it_before(
    district: District, hannah: str, who: str, joined: tuple[str, str, str]
) -> None:
    subpoena, sunshine, work = joined
    stayed = call("queue", "finding", work, "stay", "stands", "--why", "stay of the circuit court", *AS)
    assert stayed.code in (0, 4), stayed.text
    last = call("queue", "show", work, "--json", *AS).object()["share_id"]
    assert (last in answers(subpoena), last in answers(sunshine)) == (True, False)


def test_what_joined_the_order_before_stands_as_denied_in_the_record_of_the_student(
    district: District, hannah: str, who: str, joined: tuple[str, str, str]
) -> None:
    _, sunshine, _ = joined
    (asked,) = answers(sunshine)
    assert outcomes(hannah)[asked] == "refer"
    assert closes(sunshine, *DENIED).code == 0
    found = outcomes(hannah)
    assert (found.pop(asked), {*found.values()}) == ("deny", {"refer"})
