"""A subpoena that comes with a request by the Sunshine Law, and a paper that is no subpoena after all (RSMo 610.023.3)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from clock import TODAY
from command_line import Called, call
from district import CALEB, GRADUATION, TEAM, District

from dam_plugin.cli import context
from dam_plugin.store import SystemUser

ADA = ("--as", "custodian:ada")
LAWYER = ("--from", "public:baker-law", "--purpose", "lawsuit", "--channel", "letter")
RETURN = str(TODAY + timedelta(days=30))
PAPER = ("--paper", "subpoena", "--return", RETURN)
NONE = ("--paper", "none", "--why", "no clerk has signed it")


@pytest.fixture(autouse=True)
def _ada(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1000", "ada"))


def adds(*words: str, days: int = 0) -> Called:
    return call("request", "add", *words, *LAWYER, "--received", str(TODAY + timedelta(days=days)), *ADA)


def entered(*words: str, days: int = 0) -> str:
    made = adds(*words, "--json", days=days)
    assert made.code == 0, made.text
    return str(made.objects()[0]["id"])


def orders(request: str, *words: str) -> Called:
    return call("request", "order", request, *words, *ADA)


def running(request: str) -> dict[str, str]:
    told = call("request", "show", request, "--json").object()
    return {each["clock"]: each["due"] for each in told["clocks"] if each["stopped"] is None}


def test_who_enters_a_subpoena_is_told_that_the_three_days_may_run_beside_it(district: District) -> None:
    made = adds("--described", "the game", *PAPER)
    assert "If the letter also asks by the Sunshine Law, they run (RSMo 610.023.3)" in made.err
    request = entered("--described", "the game")
    noted = orders(request, *PAPER)
    assert f"request order {request} {' '.join(PAPER)} --sunshine" in noted.err
    moved = orders(request, "--paper", "subpoena", "--return", str(TODAY + timedelta(days=40)))
    assert (moved.code, "Sunshine" in moved.err) == (0, False)


@pytest.mark.parametrize("at_once", [True, False])
def test_what_the_letter_asks_by_the_sunshine_law_is_a_request_with_its_own_days(
    district: District, at_once: bool
) -> None:
    district.upload(TEAM)
    asked = (TEAM, "--student", district.student(CALEB), "--want", "view", "--contact", "Baker, 1 Elm Street")
    alone = running(entered(*asked))["answer"]
    both = (*PAPER, "--sunshine", "--json")
    made = adds(*asked, *both) if at_once else orders(entered(*asked), *both)
    order, other = made.objects()
    assert (set(running(order["id"])), running(other["id"])) == ({"return", "notice"}, {"answer": alone})
    same = ("received_at", "recipient", "recordings", "students", "wanted", "purpose", "channel")
    assert all(order[name] == other[name] for name in same)
    assert call("request", "show", other["id"], "--names", "--json").object()["contact"] == "Baker, 1 Elm Street"
    # It has its own answer, with its provision and its reasons.
    denied = ("--outcome", "denied", "--why", "x")
    assert call("request", "close", other["id"], *denied, *ADA).code == 0
    assert call("request", "reasons", other["id"], *ADA).code == 0
    assert set(running(order["id"])) == {"return", "notice"}


def test_the_same_said_twice_makes_no_third_request(district: District) -> None:
    request = entered("--described", "the game")
    for _ in range(2):
        order, other = orders(request, *PAPER, "--sunshine", "--json").objects()
        assert (order["id"], other["id"]) == (request, "RQ-000002")
    assert len(call("request", "list", "--json").objects()) == 2


def test_an_order_that_may_forbid_telling_is_copied_into_no_other_request(district: District) -> None:
    made = adds("--described", "the game", *PAPER, "--no-notice", "it forbids telling", "--sunshine")
    assert (made.code, "enter what is asked by the Sunshine Law by itself" in made.err) == (1, True)
    assert call("request", "list", "--json").objects() == []
    alone = adds("--described", "the game", "--sunshine")
    assert (alone.code, "has --paper and --return" in alone.err) == (2, True)


def test_the_paper_is_none_and_the_old_day_runs(district: District) -> None:
    request = entered("--described", "the game", days=-1)
    day = running(request)
    assert orders(request, *PAPER).code == 0
    ended = orders(request, *NONE)
    assert (ended.code, running(request)) == (0, day), ended.text
    assert "It is a subpoena" not in ended.out
    assert f"no clerk has signed it; answer by {day['answer']}" in " ".join(call("request", "log", request).out.split())
    again = orders(request, *NONE)
    assert (again.code, "is noted as no subpoena and no court's order" in again.err) == (1, True)
    assert orders(request, *PAPER).code == 0
    assert set(running(request)) == {"return", "notice"}


def test_an_explained_delay_holds_again_where_the_paper_is_none(district: District) -> None:
    request = entered("--described", "the game")
    earliest = str(TODAY + timedelta(days=6))
    cause = ("--cause", "the camera is being repaired", "--place", "the office", "--earliest", f"{earliest} 10:00")
    assert call("request", "extend", request, *cause, *ADA).code == 0
    for _ in range(2):
        assert orders(request, *PAPER).code == 0
    assert orders(request, *NONE).code == 0
    assert running(request) == {"availability": earliest}
    assert call("request", "show", request, "--json").object()["state"] == "delayed"


def test_what_was_asked_again_meanwhile_runs_from_then(district: District) -> None:
    request = entered("--described", "the game", *PAPER, days=-5)
    assert (
        call("request", "close", request, "--outcome", "no-such-record", "--why", "x", "--on", str(TODAY), *ADA).code
        == 0
    )
    again = ("--why", "they wrote again", "--asked-again", str(TODAY))
    assert call("request", "reopen", request, *again, *ADA).code == 0
    assert orders(request, *NONE).code == 0
    assert running(request) == running(entered("--described", "the game"))


@pytest.mark.parametrize(
    "words", [("--paper", "none"), (*NONE, "--return", RETURN), (*NONE, "--told", "by mail"), (*PAPER, "--why", "x")]
)
def test_half_of_it_is_refused(district: District, words: tuple[str, ...]) -> None:
    request = entered("--described", "the game", *PAPER)
    assert orders(request, *words).code == 2
    assert set(running(request)) == {"return", "notice"}


def test_the_work_in_the_queue_is_due_by_the_sunshine_law_again(district: District) -> None:
    district.upload(GRADUATION)
    request = entered(GRADUATION, *PAPER)
    to = ("--to", "public:baker-law", "--purpose", "lawsuit", "--name", district.student(CALEB))
    asked: Any = call("share", GRADUATION, *to, "--request", request, "--as", "media_staff:desk", "--json").object()
    (referral,) = asked["referrals"]
    assert referral["due"] == RETURN
    assert orders(request, *NONE).code == 0
    waiting = call("queue", "list", "--json").objects()
    assert [each["due"] for each in waiting] == [running(request)["answer"]]
