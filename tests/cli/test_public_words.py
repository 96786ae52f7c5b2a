"""A newspaper or an agency asks in words alone: what it may mean is not destroyed unnoticed (RSMo 610.023, 610.027)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from clock import TODAY
from command_line import Called, call, said
from court_orders import BEN, paper
from destroyed_while_asked import AS, RULES, closed, days_later, destroyed, letter, library_by
from district import HALLWAY, HANNAH, PORTRAIT, TEAM, District
from use_cases import ledger_holds

from dam_plugin.cli import context

SECOND = ("--as", "designee:principal")
PUBLIC = ("public:gazette", "news")
WORDS = ("--described", "every photo of the fall games")
ASKERS = {"newspaper": PUBLIC, "agency": ("law_enforcement:sheriff", "legal request")}
OFFICIAL = """
[[rule]]
name = "cameras"
folder = "cameras/**"
use = "any"
years = 0
source = "the district's own schedule"
"""


@pytest.fixture
def library(district: District, monkeypatch: pytest.MonkeyPatch) -> District:
    return library_by(RULES + OFFICIAL, district, monkeypatch)


def asked(*words: str, by: tuple[str, str] = PUBLIC, days: int = 0) -> str:
    came = ("--received", str(TODAY + timedelta(days=days)), "--channel", "letter")
    made = call("request", "add", *(words or WORDS), "--from", by[0], "--purpose", by[1], *came, *AS, "--json")
    assert made.code == 0, made.text
    return str(made.object()["id"])


def destroys(key: str = TEAM, *more: str, by: tuple[str, ...] = AS) -> Called:
    return call("retention", "destroy", key, "--why", "the schedule", *more, *by, "--json")


# What is due


def test_what_is_due_is_listed_with_the_requests_that_may_ask_for_it(library: District) -> None:
    first, second = asked(), asked(by=ASKERS["agency"])
    due = call("retention", "due")
    assert f"note: {first} and {second} ask in words for recordings, and nothing is held for them" in due.err
    assert [each["may_be_asked_for"] for each in call("retention", "due", "--json").objects()] == [[first, second]] * 2


def test_what_no_open_request_in_words_asks_for_is_listed_without_one(library: District) -> None:
    asked(PORTRAIT)
    assert closed(asked(), "no-such-record").code == 0
    due = call("retention", "due", "--json")
    assert (due.err, [each["may_be_asked_for"] for each in due.objects()]) == ("", [[], []])


# What is destroyed


@pytest.mark.parametrize("by", ASKERS.values(), ids=ASKERS)
def test_one_person_says_that_a_recording_is_not_what_a_request_in_words_asks_for(
    library: District, by: tuple[str, str]
) -> None:
    request = asked(by=by)
    refused = destroys()
    assert refused.code == 1
    assert f"the recording is not destroyed: {request} asks in words for recordings" in said(refused)
    assert f"this is not what it asks for, say so: --not-asked-for {request}" in said(refused)
    assert "two people" not in said(refused)
    done = destroys(TEAM, "--not-asked-for", request)
    assert (done.code, done.object()["state"]) == (0, "done"), done.text
    assert f"by the schedule ({done.object()['id']})" in said(call("request", "show", request, *AS))
    assert closed(request, "no-such-record").code == 0
    assert ledger_holds(library.services)


def test_an_order_beside_it_takes_two_people(library: District) -> None:
    request = asked()
    order = asked(
        *WORDS, "--paper", "subpoena", "--return", str(TODAY + timedelta(days=9)), by=("court:circuit", "legal")
    )
    refused = destroys(TEAM, "--not-asked-for", request)
    assert f"--not-asked-for {order}, which takes two people" in said(refused)
    both = ("--not-asked-for", request, "--not-asked-for", order)
    assert destroys(TEAM, *both).object()["state"] == "asked"


def test_an_official_use_is_said_to_be_why_it_takes_two_people(
    library: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.upload(HALLWAY)
    request = asked()
    other = ("--not-asked-for", request)
    first = call("retention", "destroy", HALLWAY, "--why", "the schedule", *other, *AS)
    assert (first.code, "has an official use and is not destroyed yet" in said(first)) == (0, True), first.text
    monkeypatch.setattr(context, "system_user", lambda: BEN)
    assert destroys(HALLWAY, *other, by=SECOND).object()["state"] == "done"


def test_a_hold_for_a_request_in_words_leaves_the_rest_to_the_schedule(library: District) -> None:
    request = asked()
    texts = ("--matter", request, "--why", "it is asked for", "--source", "the letter")
    assert call("hold", "add", "events/", "--kind", "request", *texts, *AS).code == 0
    assert "held by the hold" in said(destroys())
    destroyed(PORTRAIT)


@pytest.mark.parametrize("words", [(PORTRAIT,), (*WORDS, "--student")], ids=["key", "student"])
def test_what_names_a_recording_or_a_student_stops_no_other(library: District, words: tuple[str, ...]) -> None:
    student = (library.student(HANNAH),) if "--student" in words else ()
    library.upload("events/nobody.jpg", b"a file that shows nobody")
    asked(*words, *student)
    destroyed("events/nobody.jpg")


def test_what_one_person_said_of_a_request_is_not_said_of_the_order_that_it_turns_out_to_be(library: District) -> None:
    request = asked(by=("court:circuit", "legal request"))
    done = destroys(TEAM, "--not-asked-for", request).object()["id"]
    order = ("request", "order", request, "--paper", "subpoena", "--return", str(TODAY + timedelta(days=9)))
    assert call(*order, *AS).code == 0
    refused = closed(request, "no-such-record")
    assert (refused.code, done in said(refused)) == (1, True), refused.text


# What was destroyed


@pytest.mark.parametrize("days", [-3, 0])
@pytest.mark.parametrize("outcome", ["no-such-record", "denied"])
def test_what_was_destroyed_since_the_words_came_is_not_passed_over(library: District, outcome: str, days: int) -> None:
    done = destroyed()
    request = asked(days=days)
    shown = said(call("request", "show", request, *AS))
    assert (f"by the schedule ({done})" in shown, "what it may ask for was destroyed" in shown) == (True, True)
    refused = closed(request, outcome)
    assert (refused.code, f"{done} on {TODAY}. '{outcome}' would pass" in said(refused)) == (1, True), refused.text
    assert "99.10(e)" not in said(refused)
    written = call("letter", "write", "no-such-record", "--request", request, *AS)
    assert (written.code, done in said(written)) == (1, True)
    assert closed(request, outcome, why=f"they were told of {done}").code == 0


def test_the_letter_tells_what_was_named_and_not_what_was_not_meant(library: District) -> None:
    done, other = destroyed(), destroyed(PORTRAIT)
    request = asked()
    assert closed(request, "no-such-record", "--not-about", other, why=f"told of {done}").code == 0
    written = letter(request)
    assert ("It was destroyed on" in written, "no such recording" in written) == (True, False)


def test_what_was_destroyed_before_the_words_came_or_after_the_answer_is_no_matter_of_them(
    library: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    destroyed()
    days_later(monkeypatch, 1)
    request = asked(days=1)
    assert closed(request, "no-such-record").code == 0
    days_later(monkeypatch, 2)
    destroyed(PORTRAIT)
    assert call("request", "show", request, *AS, "--json").object()["destroyed"] == []


def test_a_court_orders_it_destroyed_and_a_request_in_words_stops_that_too(library: District) -> None:
    request = asked()
    court = ("--order", "24JU-CV00117", "--ordered", str(TODAY), "--file", str(paper()))
    assert f"--not-asked-for {request}" in said(destroys(TEAM, *court))


def test_a_request_to_amend_asks_for_no_recording_and_stops_none(library: District) -> None:
    request = asked(
        "--described", "the captions of the games", "--amend", "a date is wrong", by=("parent:G-UNKNOWN", "inspection")
    )
    destroyed()
    assert call("request", "show", request, *AS, "--json").object()["destroyed"] == []
