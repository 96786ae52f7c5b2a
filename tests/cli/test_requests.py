"""`request …`: the register of requests from the command line, from the letter to the log that is handed out."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from command_line import Called, call
from district import (
    CALEB,
    CALEB_FATHER,
    CROWD,
    GRADUATION,
    HALLWAY,
    HANNAH,
    HANNAH_MOTHER,
    PORTRAIT,
    SCIENCE_LAB,
    TEAM,
    District,
)
from use_cases import entries

from dam_plugin.cli import context
from dam_plugin.cli.demo.samples import sample_folder
from dam_plugin.model import AssetEvent
from dam_plugin.procedure.outside_words import day_in_words
from dam_plugin.sharing.due_dates import BEFORE_HEARING, BEFORE_MEETING, Term, due_day
from dam_plugin.store import SystemUser

ADA = ("--as", "custodian:ada")
BEN = ("--as", "designee:ben")
NAME = "Jo Doe, 1 Elm Street"
REPORTER = ("--from", "public:reporter-7", "--purpose", "news")


@pytest.fixture(autouse=True)
def _ada(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1000", "ada"))


def today(district: District, days: int = 0) -> str:
    return (district.services.now().date() + timedelta(days=days)).isoformat()


def add(district: District, *words: str, received: int = 0, who: tuple[str, ...] = REPORTER) -> Called:
    came = today(district, received)
    return call("request", "add", *words, *who, "--received", came, "--channel", "email", "--contact", NAME)


def entered(district: District, *words: str, **more: Any) -> str:
    ended = add(district, *words, "--json", **more)
    assert ended.code == 0, ended.text
    return str(ended.object()["id"])


def shown(request: str, *words: str) -> Any:
    return call("request", "show", request, *words, "--json").object()


def share(request: str, key: str) -> Called:
    return call("share", key, "--to", "public:reporter-7", "--purpose", "news", "--request", request, *ADA)


# A subpoena or a court's order


LAWYER = ("--from", "public:baker-law", "--purpose", "lawsuit")


def test_a_subpoena_is_due_on_its_return_day_and_not_by_the_sunshine_law(district: District) -> None:
    day = today(district, 10)
    request = entered(
        district, "--described", "the game", "--paper", "subpoena", "--return", day, received=-9, who=LAWYER
    )
    assert {each["clock"] for each in shown(request)["clocks"]} == {"return", "notice"}
    assert request not in call("request", "list", "--overdue").out
    told = call("request", "order", request, "--told", "certified mail to both families", *ADA)
    assert (told.code, "Done on" in told.out, "tell the families of the order; in time" in told.out) == (0, True, True)
    assert shown(request)["due"] == day
    assert "answer the order" in call("request", "list").out
    assert f"a subpoena, to be answered on {day}" in call("request", "log", request).out
    letter = call("letter", "write", "acknowledgement", "--request", request, *ADA, "--json").object()["text"]
    assert "It is the day that the paper gives." in " ".join(letter.split())


def test_the_return_day_of_an_order_that_was_entered_without_it_is_noted_later(district: District) -> None:
    request = entered(district, "--described", "the game", received=-9, who=("--from", "court:circuit", *LAWYER[2:]))
    assert "OVERDUE" in call("request", "list").out
    assert f"dam-plugin request order {request} --paper" in " ".join(call("request", "show", request).out.split())
    day = today(district, 10)
    noted = call(
        "request", "order", request, "--paper", "judicial_order", "--return", day, "--no-notice", "sealed", *ADA
    )
    assert (noted.code, "OVERDUE" in noted.out, "No family is told of it before: sealed" in noted.out) == (
        0,
        False,
        True,
    )
    assert shown(request)["due"] == day


def test_where_no_family_is_told_of_an_order_the_seal_is_named(district: District) -> None:
    paper = ("--paper", "judicial_order", "--return", today(district, 10))
    said = ("--from", "law_enforcement:deputy-hale", "--purpose", "grand jury", "--described", "the game")
    add = ("request", "add", *said, "--channel", "counter", "--received", today(district, 0), *paper)
    named = "--secret-by grand_jury|law_enforcement|ex_parte --file COPY"
    assert "request seal" not in call(*add, *ADA).err
    made = call(*add, "--no-notice", "the grand jury's order forbids it", *ADA, "--json")
    request = made.object()["id"]
    assert f"`dam-plugin request seal {request} {named}" in made.err
    noted = call("request", "order", request, *paper, "--no-notice", "it forbids telling", *ADA)
    assert f"`dam-plugin request seal {request} {named}" in noted.err


@pytest.mark.parametrize(
    "words",
    [
        ("--paper", "subpoena"),
        ("--return", "2027-01-04"),
        ("--no-notice", "x"),
        (),
        ("--paper", "writ", "--return", "2027-01-04"),
    ],
    ids=["no day", "no paper", "a reason alone", "nothing", "another paper"],
)
def test_half_of_an_order_is_not_noted(district: District, words: tuple[str, ...]) -> None:
    request = entered(district, "--described", "the game", who=LAWYER)
    assert call("request", "order", request, *words, *ADA).code == 2


# From the letter to the log


def test_a_request_is_granted_only_once_each_recording_that_it_names_is_answered(district: District) -> None:
    for key in (TEAM, CROWD):
        district.upload(key)
    request = entered(district, TEAM, CROWD)
    close = ("request", "close", request, "--why", "done", *ADA, "--outcome")
    assert share(request, TEAM).code == 0
    crowd = {each["key"]: each["outside"] for each in shown(request)["answers"]}[CROWD]
    for outcome in ("granted", "partly"):
        refused = call(*close, outcome, "--provision", "RSMo 610.021(14)")
        assert (refused.code, f"nothing on record answers {crowd}, which {request} asks for" in refused.err) == (
            1,
            True,
        )
        assert "`share … --request" in refused.err
        assert CROWD not in refused.err
    view = ("view", CROWD, "--in-office", "--for", "public:reporter-7", "--purpose", "news", "--request", request)
    assert call(*view, *ADA).code == 0
    closed = call(*close, "partly")
    assert (closed.code, "Done on" in closed.out, "in time, it was due" in closed.out) == (0, True, True)


def test_a_link_that_was_closed_before_anybody_opened_it_answered_nothing(district: District) -> None:
    """The recording was deleted, or somebody took the link back: the request is not granted by it, nor in time."""
    district.upload(TEAM)
    request = entered(district, TEAM)
    assert share(request, TEAM).code == 0
    close = ("request", "close", request, "--outcome", "partly", "--why", "sent by link", *ADA)
    assert call(*close).code == 0
    assert call("revoke", TEAM).code == 0
    assert call("request", "reopen", request, "--why", "the link opens nothing", *ADA).code == 0
    refused = call(*close)
    assert (refused.code, "nothing on record answers" in refused.err) == (1, True)
    token = call("share", TEAM, "--to", "public:reporter-7", "--purpose", "news", "--request", request, *ADA, "--json")
    assert call("open", token.object()["token"]).code == 0
    assert call("revoke", TEAM).code == 0
    assert call(*close).code == 0


def test_what_was_referred_and_given_to_nobody_is_no_answer(district: District) -> None:
    district.upload(SCIENCE_LAB)
    request = entered(district, SCIENCE_LAB)
    assert share(request, SCIENCE_LAB).code == 4
    (waiting,) = [each["referral"] for each in shown(request)["answers"]]
    assert call("queue", "close", waiting, "--why", "asked the attorney", *ADA).code == 0
    close = ("request", "close", request, "--why", "done", *ADA, "--outcome", "granted")
    assert "nothing on record answers" in call(*close).err
    assert share(request, SCIENCE_LAB).code == 4
    (waiting,) = [each["referral"] for each in shown(request)["answers"]]
    student = call("tags", SCIENCE_LAB, "--json").object()["appearances"][0]["student"]
    parent = call("student", "show", student, "--json").object()["guardians"][0]
    signed = ("--signed-by", parent, "--signed-on", "2026-09-01", "--party", "public", "--proof", "drawer 3")
    assert call("consent", "add", student, "--purpose", "news", *signed, *ADA).code == 0
    by_hand = ("--disclosed-to", "public:reporter-7", "--basis", "EX3", "--students", student, "--why", "on a disk")
    assert call("queue", "close", waiting, *by_hand, *ADA).code == 0
    assert call(*close).code == 0


@pytest.mark.parametrize("outcome", ["granted", "denied", "withdrawn"])
def test_in_time_is_said_of_no_clock_that_nobody_met(district: District, outcome: str) -> None:
    parent = ("--from", f"parent:{district.guardian(CALEB_FATHER)}", "--purpose", "inspection")
    request = entered(district, "--described", "the game", who=parent)
    close = ("request", "close", request, "--why", "done", *ADA, "--outcome")
    if outcome == "withdrawn":
        ended = call("request", "withdraw", request, "--why", "by telephone", *ADA)
    else:
        ended = call(*close, outcome, "--provision", "34 CFR 99.4")
    assert "without this: let the family see it; it was due on" in ended.out
    # Denying it is acting on it; withdrawing it is nobody's act.
    assert ended.out.count("in time") == (0 if outcome == "withdrawn" else 1)
    assert {each["clock"]: each["met"] for each in shown(request)["clocks"]} == {
        "answer": outcome != "withdrawn",
        "inspection": False,
    }


def test_a_meeting_that_becomes_known_later_begins_its_clock_and_moves(district: District) -> None:
    parent = ("--from", f"parent:{district.guardian(CALEB_FATHER)}", "--purpose", "inspection")
    request = entered(
        district, "--described", "the game", "--meeting", today(district, 30), "--kind", "iep", who=parent
    )
    day, holidays = district.services.now().date(), ()

    def due(kind: str, term: Term, days: int) -> None:
        told = call(
            "request", "meeting", request, "--on", today(district, days), "--kind", kind, *ADA, "--json"
        ).object()
        clocks = {each["clock"]: each["due"] for each in told["clocks"]}
        name = "hearing" if kind == "hearing" else "meeting"
        assert clocks[name] == due_day(term, day + timedelta(days=days), holidays).day.isoformat()

    due("hearing", BEFORE_HEARING, 20)
    due("hearing", BEFORE_HEARING, 25)
    due("resolution", BEFORE_MEETING, 15)
    # The first of two meetings counts.
    call("request", "meeting", request, "--on", today(district, 28), "--kind", "iep", *ADA)
    due("resolution", BEFORE_MEETING, 16)
    told = call("request", "show", request).out
    assert "5 business days before" in told
    assert "34 CFR 300.512(a)(3)" in told
    log = call("request", "log", request).out
    assert "due process hearing on" in log
    (*_, last) = [
        each
        for each in call("ledger", "show", "--as", "custodian:records-office", "--json").objects()
        if each["kind"] == "request"
    ]
    assert last["details"]["done"] == "meeting-set"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--on", "2999-13-01", "--kind", "iep"), "is not a day"),
        (("--on", "2000-01-03", "--kind", "iep"), "was before the request came"),
        (("--on", "2999-01-03", "--kind", "dinner"), "is not a kind of meeting"),
    ],
)
def test_a_meeting_that_cannot_be_is_refused(district: District, words: tuple[str, ...], told: str) -> None:
    parent = ("--from", f"parent:{district.guardian(CALEB_FATHER)}", "--purpose", "inspection")
    request = entered(district, "--described", "the game", who=parent)
    assert told in " ".join(call("request", "meeting", request, *words, *ADA).err.split())
    other = entered(district, "--described", "the game")
    refused = call("request", "meeting", other, "--on", today(district, 9), "--kind", "iep", *ADA)
    assert "hurries a family's request alone" in refused.err


def test_a_meeting_of_which_nobody_knew_at_first_leaves_the_request_as_it_was_sealed(district: District) -> None:
    district.upload(PORTRAIT)
    request = entered(district, PORTRAIT, who=("--from", "parent:G-NOT-ON-FILE", "--purpose", "inspection"))
    for days in (20, 40, 10):
        assert call("request", "meeting", request, "--on", today(district, days), "--kind", "iep", *ADA).code == 0
    assert shown(request)["state"] == "open"
    assert call("ledger", "verify").code == 0


def test_the_next_step_of_a_request_in_words_is_to_answer_what_there_is_of_the_child(district: District) -> None:
    district.upload(PORTRAIT)
    mother, hannah = f"parent:{district.guardian(HANNAH_MOTHER)}", district.student(HANNAH)
    request = entered(
        district, "--described", "all you have of my daughter", who=("--from", mother, "--purpose", "inspection")
    )

    def next_step() -> str:
        return " ".join(call("request", "show", request).out.split()).partition("Next: ")[2]

    assert next_step().startswith(f"dam-plugin student recordings {hannah} --request {request} ")
    assert call("share", PORTRAIT, "--to", mother, "--purpose", "inspection", "--request", request, *ADA).code == 0
    assert next_step().startswith(f"dam-plugin request close {request} ")


def test_a_stranger_who_asks_by_name_has_the_same_next_step_whatever_there_is(district: District) -> None:
    request = entered(district, "--described", "the girl", "--student", district.student(HANNAH))
    before = call("request", "show", request).out
    district.upload(PORTRAIT)
    assert call("request", "show", request).out == before
    assert f"dam-plugin request close {request} " in " ".join(before.split())


def test_what_waits_in_the_queue_is_due_before_the_meeting_too(district: District) -> None:
    """The custodian works by the queue's days, and a parent's question alone would be due in 45."""
    district.upload(PORTRAIT)
    who = ("--from", "parent:G-NOT-ON-FILE", "--purpose", "inspection")
    request = entered(district, PORTRAIT, "--meeting", today(district, 30), "--kind", "hearing", who=who)
    asked = ("--to", "parent:G-NOT-ON-FILE", "--purpose", "inspection", "--request", request, *ADA, "--json")
    (referral,) = call("share", PORTRAIT, *asked).object()["referrals"]

    def days() -> tuple[str, str]:
        due = min(each["due"] for each in shown(request)["clocks"] if each["clock"] in ("hearing", "meeting"))
        return due, call("queue", "show", referral["id"], *ADA, "--json").object()["due"]

    before, waits = days()
    assert (before, before < today(district, 30)) == (waits, True)
    moved = call("request", "meeting", request, "--on", today(district, 12), "--kind", "iep", *ADA)
    assert moved.code == 0, moved.text
    after, waits = days()
    assert (after, after < before) == (waits, True)


def test_a_request_is_entered_answered_closed_and_its_log_names_nobody(district: District) -> None:
    for key in (TEAM, CROWD, SCIENCE_LAB):
        district.upload(key)
    request = entered(district, TEAM, CROWD, SCIENCE_LAB, "--format", "JPEG")
    told = call("request", "show", request).out
    assert f"--request {request} --as custodian:NAME" in told
    assert "3 business days after" in told
    assert [share(request, key).code for key in (TEAM, CROWD, SCIENCE_LAB)] == [0, 0, 4]
    (waiting,) = [each for each in shown(request)["answers"] if each["referral"]]
    work = call("queue", "show", waiting["referral"])
    assert f"Answers the request {request}" in work.out
    assert call("queue", "show", waiting["referral"], "--json").object()["requests"] == [request]
    refused = call("request", "close", request, "--outcome", "partly", "--why", "by link", *ADA)
    assert (refused.code, "waits in the queue" in refused.err) == (1, True)
    assert call("queue", "finding", waiting["referral"], "directory", "eligible", *ADA).code == 0
    closed = call("request", "close", request, "--outcome", "partly", "--why", "by link", *ADA)
    assert closed.out.startswith(f"{request}: granted in part\n")
    log = call("request", "log", request, "--exemptions", "--json").object()
    assert (len(log["exemptions"]), log["released_whole"], log["undecided"]) == (1, 2, 0)
    letter = call("letter", "write", "acknowledgement", "--request", request, *ADA, "--json").object()
    in_letters = call("letter", "show", letter["id"], "--json").object()["recordings"]
    assert in_letters[log["exemptions"][0]["recording"]] == TEAM
    assert {each["outside"]: each["key"] for each in shown(request)["answers"]} == in_letters
    rows = list(csv.DictReader(io.StringIO(call("request", "log", request, "--exemptions", "--csv").out)))
    assert rows[0]["students"] == "1 student"
    assert "34 CFR 99.30; RSMo 610.021(14)" in rows[0]["by which provision"]
    assert "written consent" in rows[0]["by which provision"]
    for said in (str(log), str(rows), call("request", "log", request, "--exemptions").out):
        assert not any(each in said for each in ("S-", "Jo Doe", TEAM))


LOG = ("request", "log")
NEUTRAL = "It does not let us say whether there are any. (34 CFR 99.3; RSMo 610.021(14))"
ELSE = "It does not let us say whether there is anything else. (34 CFR 99.3; RSMo 610.021(14))"


def denied_by_name(district: District) -> str:
    """A newspaper's request for a recording with a student whom it names, denied by a share."""
    district.upload(TEAM)
    call("tag", TEAM, "--directory", "not_eligible", *ADA)
    request = entered(district, TEAM, "--student", district.student(HANNAH))
    assert share(request, TEAM).code in (3, 4)
    for each in call("queue", "list", "--json").objects():
        call("queue", "finding", each["id"], "meaning", "destroyed", *ADA)
    closed = call("request", "close", request, "--outcome", "denied", "--why", "no", *ADA)
    assert closed.code == 0, closed.text
    return request


def test_the_log_for_handing_out_says_the_same_of_a_named_student_with_and_without_a_recording(
    district: District,
) -> None:
    found = denied_by_name(district)
    none = entered(district, "--described", "the fight", "--student", district.student(CALEB))
    closing = ("--outcome", "denied", "--why", "there is none", "--provision", "34 CFR 99.30")
    assert call("request", "close", none, *closing, *ADA).code == 0
    for words in ((), ("--csv",), ("--json",)):
        said = [call(*LOG, each, "--exemptions", *words).out.replace(each, "RQ") for each in (found, none)]
        assert said[0] == said[1], words
        assert "students" not in said[0]
        assert not any(each in said[0] for each in ("R-", "whole recording"))
    assert NEUTRAL in " ".join(call(*LOG, found, "--exemptions").out.split())
    log = call(*LOG, found, "--exemptions", "--json").object()
    assert (log["exemptions"], log["released_whole"], log["undecided"], log["for_handing_out"]) == (
        [],
        None,
        None,
        True,
    )


def test_the_detail_of_a_log_that_names_somebody_is_the_offices_and_marked(district: District) -> None:
    request = denied_by_name(district)
    office = (*LOG, request, "--exemptions", "--for-office")
    assert "add --as custodian:NAME" in call(*office).err
    assert "leave --csv out" in " ".join(call(*office, "--csv", *ADA).err.replace("│", " ").split())
    out = call(*office, *ADA).out
    assert out.startswith("FOR THE OFFICE, NOT FOR HANDING OUT")
    assert district.services.pseudonyms.outside(TEAM) in out
    log = call(*office, *ADA, "--json").object()
    assert (len(log["exemptions"]), log["for_handing_out"]) == (1, False)


def test_a_log_about_ones_own_child_keeps_its_rows(district: District) -> None:
    district.upload(TEAM)
    mother = ("--from", f"parent:{district.guardian(HANNAH_MOTHER)}", "--purpose", "inspection")
    request = entered(district, TEAM, "--student", district.student(HANNAH), who=mother)
    to = f"parent:{district.guardian(HANNAH_MOTHER)}"
    call("share", TEAM, "--to", to, "--purpose", "inspection", "--request", request, *ADA)
    out = call(*LOG, request, "--exemptions").out
    assert ("Withheld in answer to" in out, "certain person" in out) == (True, False)


def test_beside_what_was_given_to_somebody_who_named_a_student_the_log_says_nothing_of_the_rest(
    district: District,
) -> None:
    for key in (TEAM, GRADUATION):
        district.upload(key)
    call("tag", TEAM, "--directory", "not_eligible", *ADA)
    request = entered(district, TEAM, GRADUATION, "--student", district.student(HANNAH))
    assert share(request, GRADUATION).code == 0
    given = " ".join(call(*LOG, request, "--exemptions").out.split())
    assert share(request, TEAM).code in (3, 4)
    assert " ".join(call(*LOG, request, "--exemptions").out.split()) == given
    assert (ELSE in given, "whether there are any" in given) == (True, False)


def test_who_asks_by_name_is_shown_where_names_are_asked_for(district: District) -> None:
    request = entered(district, "--described", "the game")
    assert f"Contact: {NAME}" in call("request", "show", request, "--names").out
    assert shown(request, "--names")["contact"] == NAME
    quiet = [
        call("request", "show", request),
        call("request", "show", request, "--json"),
        call("request", "list"),
        call("request", "list", "--json"),
        call("request", "log", request),
        call("request", "log", request, "--json"),
        call("ledger", "show", "--as", "custodian:records-office", "--json"),
        call("doctor"),
    ]
    assert [ended.code for ended in quiet] == [0] * len(quiet)
    assert not any("Jo Doe" in ended.text for ended in quiet)


def test_a_request_that_was_received_long_ago_is_overdue_and_doctor_warns(district: District) -> None:
    assert "0 waiting, 0 overdue" in call("doctor").out
    late, _ = entered(district, "--described", "a", received=-30), entered(district, "--described", "b")
    assert [each["id"] for each in call("request", "list", "--overdue", "--json").objects()] == [late]
    assert "1 overdue." in call("request", "list").out
    (check,) = [each for each in call("doctor", "--json").objects() if each["check"] == "requests"]
    assert check["state"] == "warning"
    assert "2 waiting, 1 overdue: `dam-plugin request list --overdue`" in check["detail"]


@pytest.mark.parametrize("weekday", [4, 5])
def test_a_45th_day_on_a_weekend_names_the_last_open_day_before_it(district: District, weekday: int) -> None:
    parent = ("--from", f"parent:{district.guardian(CALEB_FATHER)}", "--purpose", "inspection")
    day = district.services.now().date()
    back = (day + timedelta(days=45)).weekday() - weekday
    request = entered(district, "--described", "the game", received=-(back % 7), who=parent)
    last = day + timedelta(days=45 - back % 7)
    told = (
        f"the last day on which it is open is Friday {last - timedelta(days=1)}."
        in call("request", "show", request).out
    )
    assert told is (weekday == 5)


def test_a_holiday_that_is_added_moves_the_day_and_the_first_is_shown(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = entered(district, "--described", "the game")
    before = shown(request)
    monkeypatch.setenv("DAM_PLUGIN_DISTRICT__HOLIDAYS", before["due"])
    after = shown(request)
    (clock,) = after["clocks"]
    assert after["due"] > before["due"] == clock["was_told"]
    assert f"{before['due']} (holiday)" in clock["how"]
    assert "at first: the calendar changed" in call("request", "show", request).out


def test_a_familys_request_has_its_own_days_and_pays_for_copies_alone(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAM_PLUGIN_FEES__COPYING_CENTS_AN_HOUR", "1800")
    monkeypatch.setenv("DAM_PLUGIN_FEES__RESEARCH_CENTS_AN_HOUR", "1800")
    parent = ("--from", f"parent:{district.guardian(CALEB_FATHER)}", "--purpose", "inspection")
    meeting = today(district, 20)
    request = entered(
        district, "--described", "it", "--student", district.student(CALEB), "--meeting", meeting, who=parent
    )
    assert [each["clock"] for each in shown(request)["clocks"]] == ["answer", "meeting", "inspection"]
    fee = call("request", "fee", request, "--copying", "10", "--research", "60", "--media", "2.50", *ADA, "--json")
    assert [(each["what"], each["cents"]) for each in fee.object()["fee"]["lines"]] == [
        ("copying, minutes", 300),
        ("research, minutes", 0),
        ("other media, at cost", 250),
    ]
    assert "34 CFR 99.11(b)" in call("request", "show", request).out
    assert call("request", "deposit", request, "$2.50", *ADA).code == 0
    assert call("request", "paid", request, "2.50", *ADA, "--json").object()["fee"]["owed"] == 300
    waived = call("request", "fee", request, "--waive", "34 CFR 99.11(a)", *ADA, "--json").object()["fee"]
    assert (waived["owed"], waived["waived"]) == (0, "34 CFR 99.11(a)")


def test_a_denial_is_followed_by_its_written_reasons_an_appeal_and_a_reopening(district: District) -> None:
    request = entered(district, "--described", "the game")
    earliest = f"{today(district, 9)} 09:00"
    delayed = call(
        "request", "extend", request, "--cause", "ill", "--place", "office", "--earliest", earliest, *ADA, "--json"
    ).object()
    assert (delayed["state"], delayed["due"], delayed["owner"]) == ("delayed", today(district, 9), "ada")
    refused = call("request", "close", request, "--outcome", "denied", "--why", "no", *ADA)
    assert (refused.code, "by a provision of law" in refused.err) == (1, True)
    denied = call(
        "request", "close", request, "--outcome", "denied", "--why", "no", "--provision", "RSMo 610.021(1)", *ADA
    )
    assert denied.code == 0
    assert shown(request)["due"] is None
    assert call("request", "reasons", request, *ADA, "--json").object()["clocks"][0]["clock"] == "reasons"
    assert call("request", "list", "--json").object()["id"] == request
    assert call("request", "reasons", request, "--given", *ADA, "--json").object()["reasons_given"]
    appealed = call("request", "appeal", request, "--to", "board", "--text", "why?", *ADA, "--json").object()
    assert [(each["to"], each["text"]) for each in appealed["appeals"]] == [("board", "why?")]
    again = call("request", "reopen", request, "--why", "the board says so", *ADA, "--json").object()
    again_due = {each["clock"]: each["due"] for each in again["clocks"] if each["stopped"] is None}
    assert (again["state"], again_due) == ("delayed", {"availability": today(district, 9)})
    kinds = [each["kind"] for each in call("request", "log", request, "--json").objects()]
    assert kinds == [
        "received",
        "assigned",
        "delayed",
        "closed",
        "reasons-asked",
        "reasons-given",
        "appealed",
        "reopened",
    ]
    assert "RSMo 610.021(1)" in call("request", "log", request).out
    assert len(entries(district.services, "request")) == len(kinds)


DENY = ("--outcome", "denied", "--why", "no", "--provision", "RSMo 610.021(1)")


def reasons_clock(request: str) -> tuple[str, str | None]:
    """The day of the only clock of the written reasons, and the day on which it stopped."""
    (clock,) = [each for each in shown(request)["clocks"] if each["clock"] == "reasons"]
    return clock["due"], clock["stopped"]


def denied_and_asked_why(district: District) -> tuple[str, str]:
    """A denied request of which the written reasons are asked for, and their day; it is reopened since."""
    request = entered(district, "--described", "the game")
    assert call("request", "close", request, *DENY, *ADA).code == 0
    assert call("request", "reasons", request, *ADA).code == 0
    day, _ = reasons_clock(request)
    assert call("request", "reopen", request, "--why", "another look", *ADA).code == 0
    return request, day


def test_reopening_and_denying_again_leaves_the_day_of_the_written_reasons(district: District) -> None:
    request, day = denied_and_asked_why(district)
    assert reasons_clock(request) == (day, None)
    assert call("request", "close", request, *DENY, *ADA).code == 0
    assert reasons_clock(request) == (day, None)
    assert shown(request)["due"] == day
    assert "without this: give the written reasons" not in call("request", "show", request).out
    assert call("request", "reasons", request, "--given", *ADA).code == 0
    assert reasons_clock(request) == (day, today(district))


def test_the_written_reasons_are_owed_until_they_are_given_or_not_wanted(district: District) -> None:
    request, day = denied_and_asked_why(district)
    assert call("request", "close", request, "--outcome", "referred-elsewhere", "--why", "sent on", *ADA).code == 0
    assert reasons_clock(request) == (day, None)
    both = call("request", "reasons", request, "--given", "--not-wanted", "she called", *ADA)
    assert (both.code, "exclude each other" in both.err) == (2, True)
    assert call("request", "reasons", request, "--not-wanted", "she called", *ADA).code == 0
    assert reasons_clock(request) == (day, today(district))
    assert "Ended on" in call("request", "show", request).out
    assert "she called" in call("request", "log", request).out
    assert "nobody waits" in call("request", "reasons", request, "--not-wanted", "again", *ADA).err


def test_reasons_that_the_first_letter_asks_for_are_due_from_the_denial(district: District) -> None:
    request = entered(district, "--described", "the meeting; if denied, in writing", received=-2)
    noted = call("request", "reasons", request, *ADA)
    assert noted.code == 0, noted.text
    assert "Written reasons are asked for already" in " ".join(noted.out.split())
    assert [each["clock"] for each in shown(request)["clocks"]] == ["answer"]
    assert "asked for already" in call("request", "reasons", request, *ADA).err
    closed = ("request", "close", request, "--outcome", "denied", "--why", "no", "--provision", "RSMo 610.021(1)", *ADA)
    assert call(*closed).code == 0
    day, stopped = reasons_clock(request)
    assert stopped is None
    other = entered(district, "--described", "the meeting", received=-2)
    assert call(*(other if each == request else each for each in closed)).code == 0
    late = call("request", "reasons", other, "--on", today(district, -2), *ADA)
    assert late.code == 0, late.text
    assert reasons_clock(other) == (day, None)
    assert f"reasons {request} --given" in call("letter", "write", "denial", "--request", request, *ADA).out
    assert call("request", "reasons", request, "--given", *ADA).code == 0
    assert reasons_clock(request) == (day, today(district))


def test_a_request_that_was_granted_owes_no_reasons_that_it_asked_for(district: District) -> None:
    request = entered(district, "--described", "the meeting")
    assert call("request", "reasons", request, *ADA).code == 0
    assert call("request", "close", request, "--outcome", "no-such-record", "--why", "none", *ADA).code == 0
    assert shown(request)["due"] is None
    assert "was not denied" in call("request", "reasons", request, *ADA).err


def test_a_withdrawn_request_asks_for_no_reasons(district: District) -> None:
    request, day = denied_and_asked_why(district)
    assert call("request", "withdraw", request, "--why", "she called", *ADA).code == 0
    assert reasons_clock(request) == (day, today(district))


@pytest.mark.parametrize(("key", "fits"), [(GRADUATION, "granted"), (TEAM, "partly")], ids=["whole", "a copy"])
@pytest.mark.parametrize("word", ["denied", "no-such-record"])
def test_what_was_released_is_not_closed_as_a_denial(district: District, word: str, key: str, fits: str) -> None:
    district.upload(key)
    request = entered(district, "--described", "the photo")
    assert share(request, key).code == 0
    close = ("request", "close", request, "--why", "no", "--provision", "RSMo 610.021(1)", *ADA, "--outcome")
    refused = call(*close, word)
    assert (refused.code, f"something was released in answer to {request}" in refused.err) == (1, True)
    assert f"close it as '{fits}'" in refused.err
    assert call(*close, fits).code == 0


def test_the_second_custodian_hears_whose_it_is_and_takes_it_over(district: District) -> None:
    request = entered(district, "--described", "the game")
    assert call("request", "assign", request, "--to", "ada", *ADA).code == 0
    ended = call("request", "withdraw", request, "--why", "she called", *BEN)
    assert ended.code == 1
    command = f"dam-plugin request assign {request} --to ben --as designee:ben"
    assert command in ended.err
    assert call(*command.split()[1:]).code == 0
    assert call("request", "withdraw", request, "--why", "she called", *BEN, "--json").object()["state"] == "withdrawn"
    twice = call("request", "withdraw", request, "--why", "she called", *BEN)
    assert (twice.code, "was closed as 'withdrawn' by ben" in twice.err) == (1, True)


def test_what_comes_after_the_closing_is_taken_over_where_the_one_who_closed_it_is_away(district: District) -> None:
    request = entered(district, "--described", "the game")
    assert call("request", "assign", request, "--to", "ada", *ADA).code == 0
    denied = ("--outcome", "denied", "--why", "closed", "--provision", "RSMo 610.021(1)")
    assert call("request", "close", request, *denied, *ADA).code == 0
    for later in (("reasons", request), ("appeal", request, "--to", "attorney-general", "--text", "a letter came")):
        refused = call("request", *later, *BEN)
        assert (refused.code, f"request assign {request} --to ben" in refused.err) == (1, True)
    assert call("request", "assign", request, "--to", "ben", *BEN).code == 0
    assert shown(request)["state"] == "denied"
    assert call("request", "reasons", request, *BEN).code == 0
    assert "reasons" in {each["clock"] for each in shown(request)["clocks"]}
    assert call("request", "appeal", request, "--to", "attorney-general", "--text", "a letter came", *BEN).code == 0
    assert call("request", "reopen", request, "--why", "another look", *BEN).code == 0


def test_work_that_waits_is_joined_when_the_request_is_entered(district: District) -> None:
    district.upload(SCIENCE_LAB)
    asked = call("share", SCIENCE_LAB, "--to", "public:reporter-7", "--purpose", "news", *ADA, "--json").object()
    referral = asked["referrals"][0]["id"]
    request = entered(district, SCIENCE_LAB, "--referral", referral)
    assert shown(request)["parts"] == [asked["share"], referral]
    other = entered(district, "--described", "the lab")
    assert call("request", "join", other, referral, *ADA, "--json").object()["parts"] == [asked["share"], referral]


def test_pages_of_the_list(district: District) -> None:
    ids = [entered(district, "--described", "it", received=-number) for number in range(3)]
    ended = call("request", "list", "--limit", "2", "--json")
    assert [each["id"] for each in ended.objects()] == ids[:0:-1]
    assert ended.err == f"note: more follow: --after {ids[1]}\n"
    rest = call("request", "list", "--after", ids[1], "--json")
    assert ([each["id"] for each in rest.objects()], rest.err) == ([ids[0]], "")
    call("request", "close", ids[0], "--outcome", "granted", "--why", "sent", *ADA)
    assert call("request", "list", "--state", "granted", "--json").object()["id"] == ids[0]
    assert call("request", "list", "--owner", "nobody").out == "Requests: none\n"


# What is wrong


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--received", "tomorrow"), "'tomorrow' is no moment"),
        (("--received", "2999-01-01"), "which is not yet"),
        (("--channel", "pigeon"), "'pigeon' is not a channel"),
        (("--channel", "mail"), "did you mean 'email'?"),
        (("--want", "keep"), "'keep' is not what can be wanted"),
        (("--from", "reporter"), "'reporter' is no role here"),
        (("--purpose", "no such"), "is not a purpose of this district"),
        (("--student", "S-000000000000"), "no student has the id given"),
        (("--meeting", "2026-13-01"), "is not a day"),
        (("--referral", "rf-0"), "no referral has the id given"),
    ],
    ids=lambda each: each[1] if isinstance(each, tuple) else "",
)
def test_what_is_wrong_with_a_request_is_told_in_one_sentence(
    district: District, words: tuple[str, ...], told: str
) -> None:
    given = {"--from": "public:x", "--purpose": "news", "--received": today(district), "--channel": "email"}
    given |= {"--described": "it", words[0]: words[1]}
    ended = call("request", "add", *(part for pair in given.items() for part in pair))
    assert ended.code in (1, 2)
    assert told in ended.err
    assert call("request", "list", "--all").out == "Requests: none\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("close", "--outcome", "vanished", "--why", "x"), "'vanished' is not an outcome"),
        (("close", "--outcome", "granted", "--why", " "), "the why is one line"),
        (("close", "--outcome", "granted", "--why", "x", "--on", "2000-01-01"), "before the request was received"),
        (("close", "--outcome", "granted", "--why", "x", "--on", "2999-01-01"), "not yet"),
        (("appeal", "--to", "mayor", "--text", "x"), "'mayor' is not whom one appeals to"),
        (("extend", "--cause", "x", "--place", "y", "--earliest", "2000-01-01"), "before the delay was explained"),
        (("fee", "--copying", "-5"), "greater than or equal to 0"),
        (("fee", "--media", "a lot"), "'a lot' is no amount"),
        (("fee", "--media", "0.005"), "whole cents"),
        (("fee", "--media", "NaN"), "no amount"),
        (("fee", "--pages", "5", "--waive", "x"), "--waive takes no fee"),
        (("deposit", "5"), "on an estimate"),
        (("paid", "5"), "more than what is owed: $0.00"),
        (("reasons", "--given", "--provision", "34 CFR 99.30"), "nobody waits"),
        (("reasons", "--provision", "x"), "--provision belongs to --given"),
        (("reopen", "--why", "x"), "is open"),
        (("log", "--csv"), "--csv prints the exemptions"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, tuple) else "",
)
def test_what_cannot_happen_is_told_in_one_sentence(district: District, words: tuple[str, ...], told: str) -> None:
    request = entered(district, "--described", "the game")
    ended = call("request", words[0], request, *words[1:], *(ADA if words[0] != "log" else ()))
    assert ended.code in (1, 2)
    assert told in ended.err.replace("\n", " ")
    assert shown(request)["state"] == "open"


def test_an_unknown_request_is_told_with_where_to_look(district: District) -> None:
    del district
    for words in (
        ("show",),
        ("log",),
        ("assign", "--to", "ada", *ADA),
        ("close", "--outcome", "granted", "--why", "x", *ADA),
    ):
        ended = call("request", words[0], "RQ-1", *words[1:])
        assert (ended.code, "`dam-plugin request list --all` lists them" in ended.err) == (1, True)
    assert call("share", "x.jpg", "--to", "public", "--purpose", "news", "--request", "RQ-1", *ADA).code == 1


def test_a_moment_has_the_districts_zone(district: District, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    del tmp_path
    monkeypatch.setenv("DAM_PLUGIN_DISTRICT__TIME_ZONE", "America/Chicago")
    ended = call(
        "request",
        "add",
        "--described",
        "it",
        *REPORTER,
        "--channel",
        "counter",
        "--received",
        "2026-11-02 23:30",
        "--json",
    )
    assert ended.object()["received_at"].startswith("2026-11-03T05:30")
    assert ended.object()["clocks"][0]["start"] == "2026-11-02"
    assert "received 2026-11-02 23:30" in call("request", "show", ended.object()["id"]).out


# What a request holds


def held(*options: str) -> list[tuple[str, str, str]]:
    """What `hold list` shows: the id, what holds, and the place."""
    return [(each["id"], each["held_by"], each["key"]) for each in call("hold", "list", *options, "--json").objects()]


def refusal_to_delete(district: District, key: str) -> str | None:
    """What a host is told that asks whether it may delete a recording."""
    told: str | None = district.pm.hook.deletion_requested(key=key)
    return told


def test_what_is_held_lists_requests_and_what_holds_each_recording(district: District) -> None:
    for key in (TEAM, CROWD):
        district.upload(key)
    request = entered(district, TEAM, "events/")
    assert set(held()) == {(request, "request", TEAM), (request, "request", "events/")}
    assert held("--key", CROWD) == ([(request, "request", "events/")] if CROWD.startswith("events/") else [])
    assert "a request" in call("hold", "list").out
    call("hold", "add", CROWD, "--kind", "litigation", "--matter", "bus", "--why", "w", "--source", "s", *ADA)
    assert "a hold (litigation)" in call("hold", "list").out
    assert call("request", "withdraw", request, "--why", "by telephone", *ADA).code == 0
    assert [each[1] for each in held()] == ["hold"]


def test_an_appeal_holds_what_a_closed_request_named_and_was_answered_with_until_two_people_say_that_it_is_over(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in (TEAM, CROWD):
        district.upload(key)
    request = entered(district, TEAM)
    assert [share(request, key).code for key in (TEAM, CROWD)] == [0, 0]
    assert call("request", "close", request, "--outcome", "partly", "--why", "by link", *ADA).code == 0
    assert held() == []
    assert refusal_to_delete(district, TEAM) is None
    assert call("request", "appeal", request, "--to", "board", "--text", "not all of it", *ADA).code == 0
    assert set(held()) == {(request, "appeal", TEAM), (request, "appeal", CROWD)}
    for key in (TEAM, CROWD):
        assert "an appeal, a complaint or a hearing that is not over" in str(refusal_to_delete(district, key))
    assert "held until it is over" in call("request", "show", request).out
    over = ("request", "appeal", request, "--over", "--why", "the board upheld the answer")
    first = call(*over, *ADA)
    assert (first.code, "another custodian or designee has to say so too" in first.out) == (0, True)
    for same in (ADA, ("--as", "designee:principal")):
        assert "you said yes already" in call(*over, *same).err
    # Another complaint begins anew: whoever said that all is over did not know of it.
    assert call("request", "appeal", request, "--to", "court", "--text", "petition served", *ADA).code == 0
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1001", "ben"))
    assert "another custodian or designee" in call(*over, *ADA).out
    assert set(held()) == {(request, "appeal", TEAM), (request, "appeal", CROWD)}
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1002", "cleo"))
    second = call(*over, "--as", "designee:principal")
    assert (second.code, "It was over on" in second.out) == (0, True)
    assert held() == []
    assert refusal_to_delete(district, TEAM) is None
    again = call(*over, *ADA)
    assert (again.code, "no appeal or complaint" in again.err) == (1, True)


@pytest.mark.parametrize(
    "options",
    [
        ("--over",),
        ("--to", "board"),
        ("--to", "board", "--text", "x", "--why", "y"),
        ("--over", "--why", "x", "--to", "board"),
    ],
    ids=" ".join,
)
def test_an_appeal_is_noted_or_is_over(district: District, options: tuple[str, ...]) -> None:
    request = entered(district, "--described", "the game")
    assert call("request", "appeal", request, *options, *ADA).code == 2


# Words that name a student


def name_of(district: District, roster_id: str) -> str:
    with district.services.store.reading() as unit:
        return unit.people.need(district.student(roster_id)).names[0]


def written(student: str) -> list[str]:
    """The ways in which a pseudonym is typed."""
    return [
        student,
        student.lower(),
        student.replace("-", "\N{EN DASH}"),
        student.replace("-", " - "),
        student.replace("-", ""),
        student.replace("0", "O").replace("1", "l"),
    ]


@pytest.mark.parametrize("way", range(6))
def test_a_pseudonym_in_the_words_makes_the_request_one_about_that_student(district: District, way: int) -> None:
    district.upload(CROWD)
    student = district.student(CALEB)
    request = entered(district, CROWD, "--described", f"any picture of {written(student)[way]} at the concert")
    assert shown(request)["students"] == [student]
    told = call("share", CROWD, "--to", "public:reporter-7", "--purpose", "news", "--request", request, *ADA, "--json")
    assert told.object()["named_before"] == [student]


def test_a_targeted_request_in_words_gets_no_face_in_the_crowd(district: District) -> None:
    district.upload(CROWD)
    tags = call("tags", CROWD, "--json").object()
    behind = next(each["student"] for each in tags["appearances"] if each["prominence"] != "focus")
    untargeted = entered(district, CROWD, "--described", "any picture of the concert")
    assert share(untargeted, CROWD).code == 0
    done = call("student", "opt-out", behind, *ADA)
    assert done.code == 0, done.text
    assert share(untargeted, CROWD).code == 0, "an opted-out face in the crowd goes out to who names nobody"
    asks = ("share", CROWD, "--to", "public:tina", "--purpose", "news")
    who = ("--from", "public:tina", "--purpose", "news")
    targeted = entered(district, CROWD, "--described", f"any picture of {behind.lower()}", who=who)
    told = call(*asks, "--request", targeted, *ADA, "--json").object()
    assert (told["outcome"], told["reasons"][0]["clause"]) == ("refer", "NAMED-IN-CROWD")


@pytest.mark.parametrize("words", ["any picture of {}", "{}'s solo", "by {}, at the concert"])
@pytest.mark.parametrize("option", ["--described", "--format"])
def test_a_name_in_the_words_is_refused_with_the_remedy(district: District, option: str, words: str) -> None:
    name = name_of(district, CALEB)
    said = ("--described", "the game") if option == "--format" else ()
    refused = add(district, *said, option, words.format(name))
    assert (refused.code, "--student S-…" in refused.err, name in refused.text) == (1, True, False)
    assert call("request", "list", "--all", "--json").objects() == []
    assert add(district, *said, option, words.format(name), "--no-student-named").code == 0


def test_a_pseudonym_of_nobody_is_refused_and_a_word_that_looks_like_one_is_not(district: District) -> None:
    nobody = add(district, "--described", "any picture of S-ZZZZZZZZZZZZ", "--no-student-named")
    assert (nobody.code, "no student" in nobody.err, "ZZZZ" in nobody.text) == (1, True, False)
    assert add(district, "--described", "the speechmakers and the spectaculars").code == 0


@pytest.mark.parametrize("by", ["appeal", "reopen"])
def test_the_askers_later_words_make_the_request_targeted_too(district: District, by: str) -> None:
    district.upload(CROWD)
    student = district.student(CALEB)
    request = entered(district, CROWD)
    closed = call(
        "request", "close", request, "--outcome", "denied", "--why", "no", "--provision", "34 CFR 99.30", *ADA
    )
    assert closed.code == 0, closed.text
    to = ("--to", "board", "--text") if by == "appeal" else ("--why",)
    named = call("request", by, request, *to, f"she asks for {name_of(district, CALEB)}", *ADA)
    assert (named.code, "keep names out of it" in named.err) == (1, True)
    assert call("request", by, request, *to, f"she asks for {student.lower()}", *ADA).code == 0
    if by == "appeal":
        assert call("request", "reopen", request, "--why", "the board asks", *ADA).code == 0
    told = call("share", CROWD, "--to", "public:reporter-7", "--purpose", "news", "--request", request, *ADA, "--json")
    assert told.object()["named_before"] == [student]


def test_what_staff_note_on_a_request_names_no_student(district: District) -> None:
    request, name = entered(district, "--described", "the game"), name_of(district, CALEB)
    later_on = f"{today(district, 9)} 09:00"
    for words in (
        ("withdraw", request, "--why", name),
        ("close", request, "--outcome", "no-such-record", "--why", name),
        ("extend", request, "--cause", name, "--place", "the office", "--earliest", later_on),
        ("fee", request, "--waive", name),
    ):
        refused = call("request", *words, *ADA)
        assert (refused.code, "keep names out of it" in refused.err) == (1, True), words
    assert [each["kind"] for each in shown(request)["events"]] == ["received"]
    assert call("request", "withdraw", request, "--why", name, "--no-student-named", *ADA).code == 0


# Reopening: the office's mistake gives it no new time (34 CFR 99.10(b), RSMo 610.023.3)


def days_of(request: str) -> dict[str, str]:
    """The day of each clock that runs."""
    return {each["clock"]: each["due"] for each in shown(request)["clocks"] if each["stopped"] is None}


def text_of_letter(request: str, language: str) -> str:
    told = call("letter", "write", "acknowledgement", "--request", request, "--lang", language, *ADA)
    assert told.code == 0, told.text
    return " ".join(told.out.split())


@pytest.mark.parametrize("closing", ["denied", "withdrawn"])
def test_a_request_that_the_office_closed_by_mistake_keeps_its_days(district: District, closing: str) -> None:
    district.upload(SCIENCE_LAB)
    father = ("--from", f"parent:{district.guardian(CALEB_FATHER)}", "--purpose", "inspection")
    request = entered(district, SCIENCE_LAB, received=-42, who=father)
    before = days_of(request)
    assert before["inspection"] == today(district, 3)
    denied = ("close", request, "--outcome", "denied", "--provision", "34 CFR 99.30")
    assert call("request", *(("withdraw", request) if closing == "withdrawn" else denied), "--why", "x", *ADA).code == 0
    reopened = call("request", "reopen", request, "--why", "the office closed it by an oversight", *ADA)
    assert (reopened.code, days_of(request)) == (0, before)
    assert "OVERDUE" in reopened.out
    assert "Done on" not in reopened.out
    assert call("request", "list", "--overdue", "--json").object()["id"] == request


def test_what_was_closed_with_a_request_that_nobody_withdrew_waits_again(district: District) -> None:
    district.upload(SCIENCE_LAB)
    request = entered(district, SCIENCE_LAB, received=-1)
    assert share(request, SCIENCE_LAB).code == 4
    (waiting,) = call("queue", "list", "--json").objects()
    assert call("request", "withdraw", request, "--why", "the wrong number", *ADA).code == 0
    assert call("queue", "list", "--json").objects() == []
    assert call("request", "reopen", request, "--why", "it was another request", *ADA).code == 0
    (again,) = call("queue", "list", "--json").objects()
    assert (again["id"], again["due"]) == (waiting["id"], waiting["due"])
    assert [each["referral"] for each in shown(request)["answers"]] == [waiting["id"]]
    assert call("ledger", "verify").code == 0


def test_who_asks_anew_has_new_days_on_every_page(district: District) -> None:
    district.upload(SCIENCE_LAB)
    request = entered(district, SCIENCE_LAB, received=-20)
    assert call("request", "withdraw", request, "--why", "he called", "--on", today(district, -10), *ADA).code == 0
    early = ("request", "reopen", request, "--why", "he wrote", *ADA, "--asked-again")
    refused = call(*early, today(district, -11))
    assert (refused.code, "the days from before stand" in refused.err) == (1, True)
    reopened = call(*early, today(district))
    assert f"asked for again on {today(district)}" in reopened.out
    assert days_of(request)["answer"] > today(district)
    assert share(request, SCIENCE_LAB).code == 4
    (waiting,) = call("queue", "list", "--json").objects()
    assert waiting["due"] == days_of(request)["answer"]
    assert f"asked again on {today(district)}" in call("request", "log", request).out
    assert "and you asked for it again on" in text_of_letter(request, "en")
    assert "y usted la hizo de nuevo el" in text_of_letter(request, "es")


# A recording that was lost after it was asked for (34 CFR 99.10(a), (e); RSMo 610.023.3)

LOST = ("--outcome", "lost", "--why", "a disk failed on Sunday")
TRIED = ("--tried", "the versions and both backups; the attorney was asked")


def lost(district: District, key: str) -> None:
    """Let every version of a recording be gone, as after a disk failure."""
    for each in list(district.services.library.versions(key)):
        district.services.library.delete(key, each.version_id)
    assert district.pm.hook.asset_deleted(event=AssetEvent(key))


def closes(request: str, *words: str) -> Called:
    return call("request", "close", request, "--why", "done", *words, *ADA)


@pytest.mark.parametrize(
    "words",
    [
        ("--outcome", "granted"),
        ("--outcome", "partly", "--provision", "34 CFR 99.30"),
        ("--outcome", "denied", "--provision", "34 CFR 99.30"),
        ("--outcome", "no-such-record"),
        ("--outcome", "no-such-record", "--not-about", TEAM),
    ],
    ids=["granted", "partly", "denied", "no such record", "not about it"],
)
def test_of_a_lost_recording_nothing_untrue_is_said(district: District, words: tuple[str, ...]) -> None:
    district.upload(TEAM)
    request = entered(district, TEAM)
    lost(district, TEAM)
    assert [each["outcome"] for each in call("hold", "alarms", "--json").objects()] == ["lost"]
    refused = closes(request, *words)
    assert (refused.code, f"request close {request} --outcome lost" in refused.err) == (1, True), refused.text
    assert TEAM not in refused.err
    assert shown(request)["state"] == "open"


def test_a_lost_recording_is_answered_by_what_was_lost_and_what_was_tried(district: District) -> None:
    district.upload(TEAM)
    father = ("--from", f"parent:{district.guardian(CALEB_FATHER)}", "--purpose", "inspection")
    request = entered(district, TEAM, who=father)
    lost(district, TEAM)
    close = ("request", "close", request, *LOST, *ADA)
    assert "--tried TEXT" in call(*close).err
    closed = call(*close, *TRIED)
    assert closed.code == 0, closed.text
    assert "lost after it was asked for; a disk failed on Sunday" in closed.out
    assert "Tried to get it back: the versions and both backups" in closed.out
    assert f"Ended on {today(district)} without this: let the family see it" in closed.out
    assert "both backups" in call("request", "log", request).out
    assert not any("backups" in str(each) for each in entries(district.services, "request"))


def test_what_was_answered_before_it_was_lost_is_granted(district: District) -> None:
    district.upload(GRADUATION)
    request = entered(district, GRADUATION)
    told = call(
        "share", GRADUATION, "--to", "public:reporter-7", "--purpose", "news", "--request", request, *ADA, "--json"
    )
    assert call("open", told.object()["token"]).code == 0
    lost(district, GRADUATION)
    assert closes(request, "--outcome", "granted").code == 0


def test_only_what_is_lost_for_good_is_said_to_be_lost(district: District) -> None:
    district.upload(GRADUATION)
    request = entered(district, GRADUATION)
    close = ("request", "close", request, *LOST, *TRIED, *ADA)
    assert "nothing that" in (there := call(*close)).err, there.text
    assert "on record as lost for good" in there.err
    lost(district, GRADUATION)
    district.upload("elsewhere.jpg", (sample_folder() / GRADUATION).read_bytes())
    again = call(*close)
    assert (again.code, "may have it still, as elsewhere.jpg" in again.err) == (1, True), again.text
    assert share(request, "elsewhere.jpg").code == 0
    assert closes(request, "--outcome", "granted").code == 0


def test_of_two_recordings_one_is_given_and_one_is_lost(district: District) -> None:
    for key in (TEAM, GRADUATION):
        district.upload(key)
    request = entered(district, TEAM, GRADUATION)
    lost(district, TEAM)
    close = ("request", "close", request, *LOST, *TRIED, *ADA)
    assert "nothing on record answers" in call(*close).err
    assert share(request, GRADUATION).code == 0
    assert call(*close).code == 0
    assert call("request", "close", request, *LOST, *ADA).code == 1


def test_what_was_tried_belongs_to_a_loss(district: District) -> None:
    request = entered(district, "--described", "the game")
    assert "--tried belongs to --outcome lost" in closes(request, "--outcome", "referred-elsewhere", *TRIED).err


# What is refused, withdrawn, or opened again


def refused_hallway(district: District, *more: str) -> str:
    """A reporter's request for a recording that the office denied whole, and for what else is given; its id."""
    for key in (HALLWAY, *more):
        district.upload(key)
    came = ("--received", today(district), "--channel", "email", "--purpose", "news")
    added = call("request", "add", HALLWAY, "--from", "public:channel-9", *came, *more, *ADA, "--json")
    request = str(added.object()["id"])
    words = ("--to", "public:channel-9", "--purpose", "news", "--request", request)
    (waiting,) = call("share", HALLWAY, *words, *ADA, "--json").object()["referrals"]
    assert call("request", "fee", request, "--copying", "1", *ADA).code == 0, "nobody has decided yet"
    assert call("queue", "close", waiting["id"], "--why", "it is refused", *ADA).code == 0
    return request


def test_no_fee_for_a_copy_is_taken_of_what_was_denied_whole(district: District) -> None:
    request = refused_hallway(district)
    for more in (("fee", request, "--copying", "30"), ("fee", request, "--media", "2.50")):
        refused = call("request", *more, *ADA)
        assert (refused.code, "no copy to take a fee or a deposit for" in refused.err) == (1, True), refused.text
    assert call("request", "fee", request, "--research", "60", *ADA).code == 0, "the time of looking was spent"
    refused = call("request", "deposit", request, "1", *ADA)
    assert (refused.code, "RSMo 610.026" in refused.err) == (1, True)


def test_a_fee_is_estimated_while_a_part_of_the_request_is_unanswered(district: District) -> None:
    request = refused_hallway(district, TEAM)
    assert call("request", "fee", request, "--copying", "30", *ADA).code == 0


def test_withdrawing_tells_of_who_was_named_only_where_somebody_was(district: District) -> None:
    district.upload(TEAM)
    for more, says in (((), False), (("--student", district.student(HANNAH)), True)):
        request = entered(district, "--described", "the game", *more)
        withdrawn = call("request", "withdraw", request, "--why", "they called", *ADA)
        assert (withdrawn.code, "Who asked for a student by name" in withdrawn.out) == (0, says)


def test_a_familys_page_tells_of_the_refusal_before_a_request_was_reopened(district: District) -> None:
    district.upload(TEAM)
    hannah = district.student(HANNAH)
    request = entered(district, "--described", "her recordings", "--student", hannah)
    assert call("request", "close", request, *DENY, *ADA).code == 0
    assert call("request", "reopen", request, "--why", "another look", *ADA).code == 0
    day = day_in_words(district.services.now().date(), "en")
    (line,) = call("ledger", "student", hannah, *ADA, "--json").objects()
    assert f"It was refused on {day}, and the records office took it up again on {day}." in line["happened"]
    assert "asked for recordings." in line["happened"], "no recording was named"
    assert call("ledger", "student", hannah, "--language", "es", "--page", "record.html", *ADA).code == 0
    spanish = " ".join(Path("record.html").read_text("utf-8").split())
    day = day_in_words(district.services.now().date(), "es")
    assert (f"Se negó el {day}" in spanish, "pidió grabaciones." in spanish) == (True, True)
