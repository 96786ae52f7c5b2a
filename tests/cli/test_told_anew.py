"""Who has to be told of an order is counted anew: a student found later, or come of age, is left (34 CFR 99.31(a)(9)(ii))."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY, on_day
from command_line import call
from court_orders import AS
from district import INES, PORTRAIT, UNTITLED, District
from roster_files import change_students
from use_cases import kept, ledger_holds

BIRTHDAY, RETURN, LATER = (TODAY + timedelta(days=each) for each in (12, 9, 19))
LAWYER = ("--purpose", "lawsuit")
ORDER = "order: {kind: subpoena, verified: true, notice_required: true, return_on: DAY}\n"
OTHER = "104230"
TOLD = "The families were told of it on"


@pytest.fixture
def ines(district: District) -> str:
    """A picture of one student, who turns 18 in twelve days."""
    born = BIRTHDAY.replace(year=BIRTHDAY.year - 18).isoformat()
    change_students(district.folder / "roster", {"born": born}, INES)
    ran("roster", "import", "roster", *AS)
    district.upload(UNTITLED)
    tagged(district.student(INES))
    return district.student(INES)


def ran(*words: str, code: int = 0) -> Any:
    made = call(*words)
    assert made.code == code, made.text
    return made


def tagged(*students: str, key: str = UNTITLED) -> None:
    persons = (word for each in students for word in ("--person", each))
    ran("tag", key, *persons, "--only", "--unidentified", "0", "--directory", "not_eligible", *AS)


def registered(key: str = UNTITLED, *more: str, by: str = "public:baker-law") -> str:
    came = ("--from", by, *LAWYER, "--received", str(TODAY), "--channel", "letter")
    paper = ("--paper", "subpoena", "--return", str(RETURN))
    return str(ran("request", "add", key, *came, *paper, *more, *AS, "--json").object()["id"])


def shared(request: str, key: str = UNTITLED) -> str:
    """The lawyer asks with the subpoena; return the referral that it leaves."""
    Path("order.yaml").write_text(ORDER.replace("DAY", str(RETURN)), "utf-8")
    words = ("--to", "public:baker-law", *LAWYER, "--evidence", "order.yaml", "--request", request)
    return str(call("share", key, *words, *AS, "--json").object()["referrals"][0]["id"])


def told(referral: str, student: str, *more: str, answer_on: Any = RETURN) -> Any:
    day = () if "--party" in more else ("--answer-on", str(answer_on))
    about = ("--referral", referral, "--student", student, "--what", "two calls; no answer", *day)
    return ran("letter", "effort", *about, "--evidence", "told.yaml", *more, *AS, "--json").object()


def stated(referral: str) -> Any:
    return call("queue", "finding", referral, "evidence", "--evidence", "told.yaml", *AS, "--json").object()


def shown(request: str, *more: str) -> str:
    return " ".join(ran("request", "show", request, *more).out.split())


def waits(request: str, *students: str, due: Any = None) -> None:
    """The register says that the families of these students are to be told still, and nowhere that all were."""
    full = ran("request", "show", request, "--json", *AS).object()
    notice = [each for each in full["clocks"] if each["clock"] == "notice"]
    assert [each["stopped"] for each in notice] == [None]
    assert due is None or notice[0]["due"] == str(due)
    assert full["families_left"] == sorted(students)
    custodian, others = shown(request, *AS), shown(request)
    assert f"Still to be told: {', '.join(sorted(students))}" in custodian
    assert TOLD not in custodian
    assert not any(each in others for each in students)
    assert not any(each in ran("request", "show", request, "--json").out for each in students)
    (listed,) = [each for each in ran("request", "list", "--json").objects() if each["id"] == request]
    assert "notice" in [each["clock"] for each in listed["clocks"] if each["stopped"] is None]


def waits_for_nobody(request: str) -> None:
    full = ran("request", "show", request, "--json", *AS).object()
    assert full["families_left"] == []
    assert [each["met"] for each in full["clocks"] if each["clock"] == "notice"] == [True]
    assert TOLD in shown(request)
    (listed,) = [each for each in ran("request", "list", "--json").objects() if each["id"] == request]
    assert "notice" not in [each["clock"] for each in listed["clocks"] if each["stopped"] is None]


def by_hand(request: str, *more: str) -> None:
    ran("request", "order", request, "--told", "certified mail", *more, *AS)


@pytest.mark.parametrize("how", ["efforts", "by hand"])
@pytest.mark.parametrize("finding", ["a look", "a finding"])
def test_a_student_who_is_found_later_is_still_to_be_told(
    district: District, ines: str, how: str, finding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = registered()
    referral, other = shared(request), district.student(OTHER)
    waits(request, ines)
    if how == "efforts":
        told(referral, ines)
        stated(referral)
        assert "Every family was told" in ran("queue", "show", referral, *AS).text.replace("\n", " ")
    else:
        by_hand(request)
    waits_for_nobody(request)
    if finding == "a look":
        tagged(ines, other)
    else:
        call(
            "queue", "finding", referral, "identified", "--person", ines, "--person", other, "--unidentified", "0", *AS
        )
    waits(request, other)
    said = " ".join(ran("queue", "show", referral, *AS).text.split())
    assert "Every family was told" not in said
    assert "The families were told" not in said
    if how == "efforts":
        told(referral, other)
    else:
        on_day(monkeypatch, 1)
        by_hand(request)
    waits_for_nobody(request)
    assert ledger_holds(district.services)


def test_a_student_who_comes_of_age_before_the_new_day_is_still_to_be_told(
    district: District, ines: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = registered()
    referral = shared(request)
    told(referral, ines)
    stated(referral)
    waits_for_nobody(request)
    ran("request", "order", request, "--paper", "subpoena", "--return", str(LATER), *AS)
    waits(request, ines)
    on_day(monkeypatch, 13)
    assert told(referral, ines, answer_on=LATER)["requests"] == {request: True}
    waits_for_nobody(request)
    assert ledger_holds(district.services)


def test_by_hand_who_was_told_before_the_birthday_is_told_again(ines: str, monkeypatch: pytest.MonkeyPatch) -> None:
    request = registered()
    shared(request)
    by_hand(request)
    ran("request", "order", request, "--paper", "subpoena", "--return", str(LATER), *AS)
    waits(request, ines)
    on_day(monkeypatch, 13)
    by_hand(request, "--on", str(TODAY))
    waits(request, ines)
    by_hand(request)
    waits_for_nobody(request)


@pytest.mark.parametrize("language", ["en", "es"])
def test_once_the_day_is_over_list_doctor_and_letter_say_that_it_is_late(
    district: District, ines: str, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = registered()
    referral, other = shared(request), district.student(OTHER)
    told(referral, ines)
    on_day(monkeypatch, 9)
    tagged(ines, other)
    waits(request, other)
    (listed,) = ran("request", "list", "--overdue", "--json").objects()
    assert (listed["id"], listed["overdue"]) == (request, True)
    late = " ".join(call("doctor").text.split())
    assert "1 overdue" in late
    words = (
        "--referral",
        referral,
        "--student",
        other,
        "--answer-on",
        str(RETURN + timedelta(days=1)),
        "--court",
        "Court",
        "--name",
        "A B",
    )
    made = ran("letter", "write", "subpoena-notice", *words, "--lang", language, *AS, "--json")
    assert "late" in made.text
    assert ("tarde" if language == "es" else "late") in ran("letter", "show", made.object()["id"]).out
    tagged(ines)
    waits_for_nobody(request)
    assert "0 overdue" in " ".join(call("doctor").text.split()) or "overdue" not in call("doctor").text


def test_another_recording_that_is_joined_is_counted(district: District, ines: str) -> None:
    district.upload(PORTRAIT)
    request = registered()
    told(shared(request), ines)
    waits_for_nobody(request)
    other = min(kept(district.services, PORTRAIT).tagging.students)
    referral = shared(request, PORTRAIT)
    waits(request, other)
    told(referral, other)
    waits_for_nobody(request)


def test_without_work_in_the_queue_who_is_tagged_later_is_not_among_whom_the_custodian_told(
    district: District, ines: str
) -> None:
    request, other = registered(), district.student(OTHER)
    waits(request, ines)
    by_hand(request)
    waits_for_nobody(request)
    tagged(ines, other)
    waits(request, other)
    by_hand(request)
    waits_for_nobody(request)


@pytest.mark.parametrize("how", ["no notice", "sealed"])
def test_nobody_is_left_where_no_family_is_told(district: District, ines: str, how: str) -> None:
    more = ("--no-notice", "the court said so") if how == "no notice" else ()
    request = registered(UNTITLED, *more, by="court:circuit")
    if how == "sealed":
        Path("sub.pdf").write_bytes(b"%PDF-1.7")
        ran("request", "seal", request, "--secret-by", "grand_jury", "--file", "sub.pdf", *AS)
    tagged(ines, district.student(OTHER))
    see = ("--sealed",) if how == "sealed" else ()
    full = ran("request", "show", request, *see, "--json", *AS).object()
    assert (full["families_left"], [each["clock"] for each in full["clocks"]]) == ([], ["return"])


def test_a_request_that_is_closed_with_a_family_left_says_so(district: District, ines: str) -> None:
    request = registered()
    referral = shared(request)
    told(referral, ines)
    tagged(ines, district.student(OTHER))
    assert call("queue", "close", referral, "--why", "the court quashed it", *AS).code == 0
    closing = ("--outcome", "denied", "--provision", "34 CFR 99.30", "--why", "quashed", *AS)
    ran("request", "close", request, *closing)
    assert "without this: tell the families" in shown(request)


def test_where_it_cannot_be_decided_now_nobody_says_that_every_family_was_told(
    ines: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    referral = shared(registered())
    told(referral, ines)
    stated(referral)
    assert "Every family was told" in " ".join(ran("queue", "show", referral, *AS).text.split())
    monkeypatch.setattr("dam_plugin.custodian.work.decision_now", lambda *_: None)
    assert "Every family was told" not in " ".join(ran("queue", "show", referral, *AS).text.split())
