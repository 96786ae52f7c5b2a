"""The efforts to tell the families of an order stop the register's clock for it (34 CFR 99.31(a)(9)(ii))."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from clock import TODAY
from command_line import Called, call
from counted_work import statements
from court_orders import order
from district import CROWD, HALLWAY, HANNAH, PORTRAIT, SCIENCE_LAB, TEAM, District
from use_cases import kept, ledger_holds

from dam_plugin.custodian.request_register import Asked, list_requests, register_state
from dam_plugin.services import Services

AS = ("--as", "custodian:records-office")
LAWYER = ("--purpose", "lawsuit")
SUBPOENA = "{kind: subpoena, verified: false, notice_required: true, notified: []}"
RETURN = str(TODAY + timedelta(days=30))
CALLED = str(TODAY - timedelta(days=1))


@pytest.fixture
def hannah(district: District) -> str:
    district.upload(PORTRAIT)
    assert call("student", "opt-out", district.student(HANNAH), *AS).code == 0
    return district.student(HANNAH)


def registered(*keys: str, paper: bool = True) -> str:
    noted = ("--paper", "subpoena", "--return", RETURN) if paper else ()
    came = ("--received", str(TODAY - timedelta(days=2)), "--channel", "letter", *AS)
    made = call("request", "add", *keys, "--from", "public:baker-law", *LAWYER, *noted, *came, "--json")
    assert made.code == 0, made.text
    return str(made.object()["id"])


def shared(key: str, *more: str) -> str:
    words = ("--to", "public:baker-law", *LAWYER, "--evidence", str(order(SUBPOENA)), *more)
    return str(call("share", key, *words, *AS, "--json").object()["referrals"][0]["id"])


def effort(referral: str, student: str, *more: str) -> Called:
    about = ("--referral", referral, "--student", student, "--what", "certified mail", "--on", CALLED)
    made = call("letter", "effort", *about, "--answer-on", RETURN, *more, *AS)
    assert made.code == 0, made.text
    return made


def clock(request: str) -> Any:
    found = call("request", "show", request, "--json").object()["clocks"]
    return next(each for each in found if each["clock"] == "notice")


def test_the_last_effort_stops_the_clock_with_its_day(district: District) -> None:
    district.upload(TEAM)
    request = registered(TEAM)
    referral = shared(TEAM, "--request", request)
    students = sorted(kept(district.services, TEAM).tagging.students)
    assert len(students) > 1
    for student in students[:-1]:
        made = effort(referral, student)
        assert f"{request} waits for the notice still" in " ".join(made.out.split())
        assert clock(request)["stopped"] is None
    made = effort(referral, students[-1])
    assert f"{request}: the families were told of the order on {CALLED}" in " ".join(made.out.split())
    stopped = clock(request)
    assert (stopped["stopped"], stopped["met"]) == (CALLED, True)
    told = " ".join(call("request", "show", request).out.split())
    assert f"Done on {CALLED}: tell the families of the order; in time" in told
    assert f"The families were told of it on {CALLED}: each family of {referral}, as recorded: ne-" in told
    again = call("request", "order", request, "--told", "by mail", *AS)
    assert (again.code, "no family waits to be told" in " ".join(again.err.split())) == (1, True)
    assert ledger_holds(district.services)


def test_a_request_whose_families_were_told_does_not_end_without_it(district: District, hannah: str) -> None:
    request = registered(PORTRAIT)
    referral = shared(PORTRAIT, "--request", request)
    effort(referral, hannah)
    assert call("queue", "close", referral, "--why", "the court quashed it", *AS).code == 0
    closing = ("--outcome", "denied", "--provision", "34 CFR 99.30", "--why", "quashed", *AS)
    ended = call("request", "close", request, *closing)
    assert ended.code == 0, ended.text
    assert "without this: tell the families" not in " ".join(ended.out.split())
    assert clock(request)["stopped"] == CALLED


@pytest.mark.parametrize("first", ["order", "join"])
def test_efforts_from_before_count_once_they_are_joined_or_the_day_is_noted(
    district: District, hannah: str, first: str
) -> None:
    request = registered(PORTRAIT, paper=first == "join")
    referral = shared(PORTRAIT)
    steps = {
        "join": ("request", "join", request, referral, *AS),
        "order": ("request", "order", request, "--paper", "subpoena", "--return", RETURN, *AS),
    }
    effort(referral, hannah)
    if first == "order":
        assert call(*steps["join"]).code == 0
    noted = call(*steps[first])
    assert (noted.code, f"Done on {CALLED}" in noted.out) == (0, True), noted.text


def test_what_an_earlier_version_has_on_file_is_told_the_same(district: District, hannah: str) -> None:
    from dam_plugin.custodian import request_register

    request = registered(PORTRAIT)
    referral = shared(PORTRAIT, "--request", request)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(request_register, "note_efforts", lambda *_: [])
        effort(referral, hannah)
    with district.services.store.reading() as unit:
        kinds = [each.kind for each in unit.requests.events(request)]
    assert "families-told" not in kinds
    computed = clock(request)
    closed = ("request", "assign", request, "--to", "ada", "--as", "custodian:ada")
    assert call(*closed).code == 0
    with district.services.store.reading() as unit:
        kinds = [each.kind for each in unit.requests.events(request)]
    assert "families-told" in kinds
    assert clock(request) == computed
    assert computed["stopped"] == CALLED


def test_one_recording_whose_families_nobody_told_keeps_the_clock_running(district: District, hannah: str) -> None:
    district.upload(TEAM)
    request = registered(PORTRAIT, TEAM)
    effort(shared(PORTRAIT, "--request", request), hannah)
    assert clock(request)["stopped"] is None
    shared(TEAM, "--request", request)
    assert clock(request)["stopped"] is None


def test_the_register_names_the_commands_while_the_clock_runs(district: District, hannah: str) -> None:
    request = registered(PORTRAIT)
    told = " ".join(call("request", "show", request).out.split())
    assert f"dam-plugin request join {request} rf-…" in told
    assert f"dam-plugin request order {request} --told HOW --on DAY" in told
    referral = shared(PORTRAIT, "--request", request)
    told = " ".join(call("request", "show", request).out.split())
    assert f"dam-plugin letter write subpoena-notice --referral {referral}" in told
    assert f"effort --referral {referral}" in told


@pytest.mark.parametrize("joined", ["shared", "joined", "noted later"])
def test_its_work_in_the_queue_is_due_on_the_return_day(district: District, hannah: str, joined: str) -> None:
    request = registered(PORTRAIT, paper=joined != "noted later")
    referral = shared(PORTRAIT, *(("--request", request) if joined != "joined" else ()))
    if joined == "joined":
        assert call("request", "join", request, referral, *AS).code == 0
    if joined == "noted later":
        noted = call("request", "order", request, "--paper", "subpoena", "--return", RETURN, *AS)
        assert noted.code == 0, noted.text
    assert call("queue", "show", referral, "--json", *AS).object()["due"] == RETURN


# What `request list` and `doctor` read; the commands also look for other work now and then.
READS = pytest.mark.parametrize(
    "read", [lambda services: list_requests(services, Asked()), register_state], ids=["request list", "doctor"]
)
Read = Callable[[Services], object]


def statements_of(read: Read, district: District) -> int:
    with statements() as asked:
        read(district.services)
    return len(asked)


@READS
def test_an_order_of_many_recordings_asks_no_more_of_the_store_than_one_of_one(district: District, read: Read) -> None:
    for key in (TEAM, PORTRAIT, CROWD, HALLWAY, SCIENCE_LAB):
        district.upload(key)
    counts = []
    for keys in ((TEAM,), (TEAM,), (TEAM, PORTRAIT, CROWD, HALLWAY, SCIENCE_LAB)):
        registered(*keys)
        counts.append(statements_of(read, district))
    assert counts[2] - counts[1] == counts[1] - counts[0]


@READS
def test_an_order_of_a_folder_asks_no_more_of_the_store_as_the_folder_grows(district: District, read: Read) -> None:
    district.upload(TEAM)
    for _ in range(3):
        registered("events/")
    few = statements_of(read, district)
    for key in (CROWD, HALLWAY, SCIENCE_LAB, PORTRAIT):
        district.upload(key)
    assert statements_of(read, district) == few


def test_the_clock_of_an_order_for_folders_counts_what_is_in_them_alone(district: District, hannah: str) -> None:
    district.upload(TEAM)
    request = registered("portraits/")
    assert shown_left(request) == [hannah]
    both = registered("portraits/", "events/athletics/*")
    assert shown_left(both) == sorted({hannah, *kept(district.services, TEAM).tagging.students})


def shown_left(request: str) -> list[str]:
    return sorted(call("request", "show", request, *AS, "--json").object()["families_left"])
