"""On the day of an order's answer, whoever shares the same request again is answered on the order that is on file."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from clock import TODAY, on_day
from command_line import call
from district import HANNAH, PORTRAIT, SCIENCE_LAB, TEAM, District
from use_cases import kept, ledger_holds

from dam_plugin.cli import context
from dam_plugin.store import SystemUser

AS = ("--as", "custodian:records-office")
LAWYER = ("--to", "public:baker-law", "--purpose", "lawsuit")
PAPER = "order: {kind: subpoena, verified: true, notice_required: true, notified: []}\n"
ANSWER = TODAY + timedelta(days=3)


@pytest.fixture
def hannah(district: District) -> str:
    district.upload(PORTRAIT)
    assert call("student", "opt-out", district.student(HANNAH), *AS).code == 0
    return district.student(HANNAH)


def shared(key: str = PORTRAIT, to: tuple[str, ...] = LAWYER, *more: str) -> Any:
    return call("share", key, *to, *more, *AS, "--json").object()


def told(student: str, key: str = PORTRAIT) -> str:
    """The lawyer asks with a subpoena, and each family is told today that it is answered in three days; the referral."""
    Path("order.yaml").write_text(PAPER, "utf-8")
    referral = str(shared(key, LAWYER, "--evidence", "order.yaml")["referrals"][0]["id"])
    about = ("--referral", referral, "--student", student, "--what", "certified mail", "--answer-on", str(ANSWER))
    assert call("letter", "effort", *about, "--evidence", "told.yaml", *AS).code == 0
    stated = call("queue", "finding", referral, "evidence", "--evidence", "told.yaml", *AS)
    assert (stated.code, str(ANSWER) in stated.text) == (4, True)
    return referral


def clauses(answer: Any) -> set[str]:
    return {each["clause"] for each in answer["reasons"]}


def test_the_same_request_is_answered_on_its_day_on_the_order_on_file(
    district: District, hannah: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    referral = told(hannah)
    early = shared()
    assert (early["outcome"], "EX7-NOTICE" in clauses(early)) == ("refer", True)
    assert early["referrals"][0]["id"] == referral
    shown = call("queue", "show", referral, "--json", *AS).object()
    assert shown["case"]["share"]["evidence"]["order"]["notified"] is not None
    on_day(monkeypatch, 3)
    answer = shared()
    assert (answer["outcome"], answer["basis"]) == ("allow", {hannah: "EX7"})
    assert call("queue", "show", referral, "--json", *AS).object()["closed_at"] is not None
    assert call("open", answer["token"]).code == 0
    assert ledger_holds(district.services)


def test_no_custodians_word_on_the_meaning_turns_the_order_into_a_denial(
    district: District, hannah: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(hannah)
    on_day(monkeypatch, 4)
    assert call("custodian", "meaning", PORTRAIT, "destroyed", "--why", "nothing is left of it", *AS).code == 0
    assert shared()["outcome"] == "allow"


@pytest.mark.parametrize(
    "to",
    [
        ("--to", "public:smith-law", "--purpose", "lawsuit"),
        ("--to", "court:baker-law", "--purpose", "lawsuit"),
        ("--to", "public:baker-law", "--purpose", "news"),
    ],
    ids=["another lawyer", "another role", "another purpose"],
)
def test_an_order_on_file_answers_nobody_else_and_nothing_else(
    district: District, hannah: str, to: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    told(hannah)
    on_day(monkeypatch, 3)
    answer = shared(PORTRAIT, to)
    assert answer["outcome"] != "allow"
    assert "EX7" not in answer["basis"].values()


def test_an_order_on_file_opens_no_other_recording(
    district: District, hannah: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(SCIENCE_LAB)
    told(hannah)
    on_day(monkeypatch, 3)
    answer = shared(SCIENCE_LAB)
    assert "EX7" not in answer["basis"].values()
    assert "EX7-NOTICE" not in clauses(answer)


def test_other_staff_do_not_share_on_it(district: District, hannah: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told(hannah)
    on_day(monkeypatch, 3)
    answer = call("share", PORTRAIT, *LAWYER, "--as", "media_staff:desk-2", "--json").object()
    assert (answer["outcome"], answer["reasons"][0]["clause"]) == ("refer", "CUSTODIAN")


def test_a_link_to_the_copy_from_before_opens_the_copy_alone(
    district: District, hannah: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(SCIENCE_LAB)
    student = min(kept(district.services, SCIENCE_LAB).tagging.students)
    before = shared(SCIENCE_LAB)
    told(student, SCIENCE_LAB)
    on_day(monkeypatch, 3)
    assert shared(SCIENCE_LAB)["outcome"] == "allow"
    if before.get("token"):
        opened = call("open", before["token"], "--json")
        assert "EX7" not in opened.text


def due(referral: str) -> str:
    return str(call("queue", "show", referral, "--json", *AS).object()["due"])


def test_what_waits_for_the_day_that_every_family_was_told_is_due_on_that_day(district: District, hannah: str) -> None:
    later = TODAY + timedelta(days=20)
    Path("order.yaml").write_text(PAPER, "utf-8")
    referral = str(shared(PORTRAIT, LAWYER, "--evidence", "order.yaml")["referrals"][0]["id"])
    as_request = due(referral)
    about = ("--referral", referral, "--student", hannah, "--what", "certified mail", "--answer-on", str(later))
    assert call("letter", "effort", *about, "--evidence", "told.yaml", *AS).code == 0
    assert due(referral) == as_request < str(later), "the effort is not stated yet"
    assert call("queue", "finding", referral, "evidence", "--evidence", "told.yaml", *AS).code == 4
    assert due(referral) == str(later)
    assert f"due {later} as the families were told of the order" in call("queue", "show", referral, *AS).out


def test_an_order_of_which_a_family_is_not_told_keeps_the_days_of_a_request(district: District) -> None:
    district.upload(SCIENCE_LAB)
    later = TODAY + timedelta(days=20)
    Path("order.yaml").write_text(PAPER.replace("[]", f"[], answer_on: {later}"), "utf-8")
    referral = str(shared(SCIENCE_LAB, LAWYER, "--evidence", "order.yaml")["referrals"][0]["id"])
    assert due(referral) < str(later)


def test_the_return_day_of_the_paper_counts_before_the_day_that_was_told(district: District, hannah: str) -> None:
    returned = TODAY + timedelta(days=30)
    Path("order.yaml").write_text(PAPER.replace("[]", f"[], return_on: {returned}"), "utf-8")
    referral = str(shared(PORTRAIT, LAWYER, "--evidence", "order.yaml")["referrals"][0]["id"])
    about = ("--referral", referral, "--student", hannah, "--what", "certified mail", "--answer-on", str(ANSWER))
    assert call("letter", "effort", *about, "--evidence", "told.yaml", *AS).code == 0
    assert call("queue", "finding", referral, "evidence", "--evidence", "told.yaml", *AS).code == 4
    assert due(referral) == str(returned)


# A return day that is moved in the register (34 CFR 99.31(a)(9)(i), (ii))

MOVED, SOONER = ANSWER + timedelta(days=7), ANSWER - timedelta(days=1)


def in_register(day: date = ANSWER, key: str = PORTRAIT) -> str:
    """The lawyer's subpoena in the register, with its return day; the request."""
    came = ("--from", "public:baker-law", "--purpose", "lawsuit", "--received", str(TODAY), "--channel", "letter")
    made = call("request", "add", key, *came, "--paper", "subpoena", "--return", str(day), *AS, "--json")
    assert made.code == 0, made.text
    return str(made.object()["id"])


def moved(request: str, day: date = MOVED) -> str:
    made = call("request", "order", request, "--paper", "subpoena", "--return", str(day), *AS)
    assert made.code == 0, made.text
    return made.text


def told_as_registered(student: str, request: str, key: str = PORTRAIT, *, code: int = 4) -> str:
    """The lawyer asks with the verified paper, and the family is told its day; the referral."""
    Path("order.yaml").write_text(PAPER.replace("[]", f"[], return_on: {ANSWER}"), "utf-8")
    referral = str(shared(key, LAWYER, "--request", request, "--evidence", "order.yaml")["referrals"][0]["id"])
    about = ("--referral", referral, "--student", student, "--what", "certified mail", "--answer-on", str(ANSWER))
    assert call("letter", "effort", *about, "--evidence", "told.yaml", *AS).code == 0
    assert call("queue", "finding", referral, "evidence", "--evidence", "told.yaml", *AS).code == code
    return referral


def said_of(answer: Any) -> str:
    return " ".join((*(each["text"] for each in answer["reasons"]), *answer["why_not"]))


@pytest.mark.parametrize("numbered", [True, False], ids=["with its number", "without"])
def test_a_later_return_day_of_the_register_stops_the_release_and_moves_the_work(
    district: District, hannah: str, monkeypatch: pytest.MonkeyPatch, *, numbered: bool
) -> None:
    request = in_register()
    referral = told_as_registered(hannah, request)
    assert due(referral) == str(ANSWER)
    moved(request)
    assert due(referral) == str(MOVED)
    shown = " ".join(call("queue", "show", referral, *AS).out.split())
    assert f"due {MOVED} by {request}; the paper on file says {ANSWER}" in shown
    assert f"The families were told that it is answered on {ANSWER}: tell each family of the new day" in shown
    number = ("--request", request) if numbered else ()
    on_day(monkeypatch, 3)
    early = shared(PORTRAIT, LAWYER, *number)
    assert (early["outcome"], clauses(early) & {"EX7", "EX7-NOTICE"}) == ("refer", {"EX7-NOTICE"})
    assert f"nothing goes out on it before {MOVED}" in said_of(early)
    assert f"The families were told that it is answered on {ANSWER}: tell each family of the new day" in said_of(early)
    by_hand = call("queue", "disclosed", referral, "--to", LAWYER[1], "--basis", "EX7", "--students", hannah, *AS)
    assert (by_hand.code, str(MOVED) in " ".join(by_hand.err.split())) == (1, True)
    assert due(referral) == str(MOVED)
    on_day(monkeypatch, 10)
    answer = shared(PORTRAIT, LAWYER, *number)
    assert (answer["outcome"], answer["basis"]) == ("allow", {hannah: "EX7"})
    assert ledger_holds(district.services)


def test_an_earlier_return_day_moves_the_work_and_releases_nothing_before_the_day_that_was_told(
    district: District, hannah: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request, sooner = in_register(), ANSWER - timedelta(days=1)
    referral = told_as_registered(hannah, request)
    said = " ".join(moved(request, sooner).split())
    assert f"note: {referral}: {request} says that the order is to be answered on {sooner}" in said
    assert "nothing goes out before the day that they were told" in said
    assert due(referral) == str(sooner)
    on_day(monkeypatch, 2)
    early = shared()
    assert (early["outcome"], clauses(early) & {"EX7"}) == ("refer", set())
    assert f"{request} says that the order is to be answered on {sooner}" in said_of(early)
    on_day(monkeypatch, 3)
    assert shared()["outcome"] == "allow"


def told_anew(referral: str, student: str, day: date = SOONER, *more: str) -> dict[str, Any]:
    """A family is told that the order is answered on another day; the order in the file for the evidence."""
    about = ("--referral", referral, "--student", student, "--what", "told the new day", "--answer-on", str(day))
    made = call("letter", "effort", *about, "--evidence", "told.yaml", *more, *AS)
    assert made.code == 0, made.text
    found: dict[str, Any] = yaml.safe_load(Path("told.yaml").read_text("utf-8"))["order"]
    return found


def told_sooner(student: str) -> str:
    """The court moves the return day to an earlier one, and the family is told that one; the referral."""
    request = in_register()
    referral = told_as_registered(student, request)
    moved(request, SOONER)
    told_anew(referral, student)
    return referral


def stated(referral: str) -> Any:
    words = ("--evidence", "told.yaml", *AS, "--json")
    return call("queue", "finding", referral, "evidence", *words).object()["answer"]


def notice(request: str) -> list[Any]:
    found = call("request", "show", request, "--json").object()["clocks"]
    return [each for each in found if each["clock"] == "notice"]


def test_an_order_is_answered_on_an_earlier_day_once_each_family_was_told_of_it(
    district: District, hannah: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = in_register()
    referral = told_as_registered(hannah, request)
    assert [each["met"] for each in notice(request)] == [True]
    said = " ".join(moved(request, SOONER).split())
    assert f"letter effort … --answer-on {SOONER}" in said
    (waits,) = notice(request)
    assert (waits["stopped"], waits["met"]) == (None, False)
    on_day(monkeypatch, 1)
    order = told_anew(referral, hannah)
    assert (str(order["answer_on"]), str(order["return_on"])) == (str(SOONER), str(SOONER))
    assert [each["stopped"] for each in notice(request)] == [str(TODAY + timedelta(days=1))]
    early = stated(referral)
    assert (early["outcome"], f"is answered on {SOONER}" in said_of(early), str(ANSWER) in said_of(early)) == (
        "refer",
        True,
        False,
    )
    assert due(referral) == str(SOONER)
    on_day(monkeypatch, 2)
    by_hand = call("queue", "disclosed", referral, "--to", LAWYER[1], "--basis", "EX7", "--students", hannah, *AS)
    assert by_hand.code == 0, by_hand.text
    assert shared()["basis"] == {hannah: "EX7"}
    assert ledger_holds(district.services)


def test_a_family_that_was_told_only_the_old_day_has_it(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    district.upload(TEAM)
    request = in_register(key=TEAM)
    one, *others = sorted(kept(district.services, TEAM).tagging.students)
    referral = told_as_registered(one, request, TEAM, code=0)
    for student in others:
        told_anew(referral, student, ANSWER)
    assert [each["met"] for each in notice(request)] == [True]
    moved(request, SOONER)
    assert str(told_anew(referral, one)["answer_on"]) == str(ANSWER)
    assert [each["stopped"] for each in notice(request)] == [None]
    stated(referral)
    on_day(monkeypatch, 2)
    early = shared(TEAM)
    assert "EX7" not in early["basis"].values()
    assert "nothing goes out before the day that they were told" in said_of(early)
    on_day(monkeypatch, 3)
    assert set(shared(TEAM)["basis"].values()) == {"EX7"}


def test_the_new_day_counts_once_the_evidence_says_it(
    district: District, hannah: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    referral = told_sooner(hannah)
    on_day(monkeypatch, 2)
    assert (shared()["outcome"], stated(referral)["outcome"]) == ("refer", "allow")


def test_what_went_out_on_the_new_day_was_told_in_time_though_the_evidence_has_the_old_one(
    district: District, hannah: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    referral = told_sooner(hannah)
    on_day(monkeypatch, 2)
    on_order = ("--to", LAWYER[1], "--basis", "EX7", "--before-notice", "--students", hannah, *AS)
    assert call("queue", "disclosed", referral, *on_order).code == 0
    (line,) = [
        each for each in call("ledger", "student", hannah, *AS, "--json").objects() if each["what"] == "handed over"
    ]
    assert "the family had been told of the order in advance" in line["remark"]
    assert "the day of the answer had not come" not in line["remark"]


def test_no_earlier_day_counts_where_the_evidence_says_none(
    district: District, hannah: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    referral = told_sooner(hannah)
    Path("told.yaml").write_text(PAPER.replace("[]", f"[{hannah}]"), "utf-8")
    on_day(monkeypatch, 2)
    assert stated(referral)["outcome"] == "refer"
    on_day(monkeypatch, 3)
    assert stated(referral)["outcome"] == "allow"


def test_a_letter_that_nobody_sent_replaces_no_day(
    district: District, hannah: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = in_register()
    referral = told_as_registered(hannah, request)
    moved(request, SOONER)
    words = ("--referral", referral, "--student", hannah, "--court", "the circuit court", "--answer-on", str(SOONER))
    made = call("letter", "write", "subpoena-notice", *words, "--name", "Ana Muñoz", *AS, "--json")
    assert made.code == 0, made.text
    stated(referral)
    assert [each["stopped"] for each in notice(request)] == [None]
    on_day(monkeypatch, 2)
    assert shared()["outcome"] == "refer"


def test_what_was_told_before_replaces_nothing_though_it_is_recorded_later(
    district: District, hannah: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = in_register()
    referral = told_as_registered(hannah, request)
    moved(request, SOONER)
    before = str(TODAY - timedelta(days=1))
    assert str(told_anew(referral, hannah, SOONER, "--on", before)["answer_on"]) == str(ANSWER)
    stated(referral)
    on_day(monkeypatch, 2)
    assert shared()["outcome"] == "refer"


def test_a_paper_that_is_answered_at_once_replaces_no_day_that_was_told(
    district: District, hannah: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    referral = told(hannah)
    on_day(monkeypatch, 1)
    about = ("--referral", referral, "--student", hannah, "--what", "called", "--at-once", "forthwith")
    assert call("letter", "effort", *about, "--evidence", "told.yaml", *AS).code == 0
    assert stated(referral)["outcome"] == "refer"


def test_families_that_were_told_by_hand_are_told_anew_of_an_earlier_day_alone(district: District, hannah: str) -> None:
    request = in_register()
    by_hand = ("request", "order", request, "--told", "certified mail", *AS)
    assert call(*by_hand).code == 0
    moved(request)
    moved(request, ANSWER)
    assert [each["met"] for each in notice(request)] == [True]
    moved(request, SOONER)
    assert [each["stopped"] for each in notice(request)] == [None]
    assert call(*by_hand).code == 0
    assert [each["met"] for each in notice(request)] == [True]


@pytest.mark.parametrize("is_moved", [True, False], ids=["moved", "as it was"])
def test_a_link_does_not_open_before_the_day_to_which_the_order_is_moved(
    district: District, hannah: str, monkeypatch: pytest.MonkeyPatch, *, is_moved: bool
) -> None:
    request = in_register()
    told_as_registered(hannah, request)
    on_day(monkeypatch, 3)
    token = shared()["token"]
    if is_moved:
        moved(request)
    assert (call("open", token).code == 0) is not is_moved


def test_the_paper_s_own_return_day_stops_the_release_until_it_comes(
    district: District, hannah: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = ANSWER + timedelta(days=2)
    Path("order.yaml").write_text(PAPER.replace("[]", f"[], return_on: {later}"), "utf-8")
    referral = str(shared(PORTRAIT, LAWYER, "--evidence", "order.yaml")["referrals"][0]["id"])
    about = ("--referral", referral, "--student", hannah, "--what", "certified mail", "--answer-on", str(ANSWER))
    assert call("letter", "effort", *about, "--evidence", "told.yaml", *AS).code == 0
    assert call("queue", "finding", referral, "evidence", "--evidence", "told.yaml", *AS).code == 4
    on_day(monkeypatch, 3)
    early = shared()
    assert (early["outcome"], f"nothing goes out on it before {later}" in said_of(early)) == ("refer", True)
    on_day(monkeypatch, 5)
    assert shared()["outcome"] == "allow"


def test_a_paper_is_not_answered_at_once_where_the_register_has_a_later_day(district: District, hannah: str) -> None:
    request = in_register()
    Path("order.yaml").write_text(PAPER, "utf-8")
    referral = str(shared(PORTRAIT, LAWYER, "--request", request, "--evidence", "order.yaml")["referrals"][0]["id"])
    about = ("--referral", referral, "--student", hannah, "--what", "called", "--at-once", "forthwith")
    refused = call("letter", "effort", *about, *AS)
    assert (refused.code, f"is to be answered on {ANSWER}" in " ".join(refused.err.split())) == (1, True)


# Two people


@pytest.fixture
def discipline(hannah: str) -> str:
    """A recording on which two people loosen what is decided; the student in it."""
    assert call("tag", PORTRAIT, "--official", f"discipline:{hannah}", *AS).code == 0
    return hannah


def as_ben(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1001", "ben"))


def pending_of(referral: str) -> str:
    found = call("queue", "show", referral, "--json", *AS).object()["findings"]
    (only,) = [each["id"] for each in found if each["state"] == "pending"]
    return str(only)


def test_the_second_person_confirms_ahead_and_on_the_day_it_goes_out(
    district: District, discipline: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    referral = told_as_registered(discipline, in_register(), code=0)
    finding = pending_of(referral)
    as_ben(monkeypatch)
    done = call("queue", "approve", finding, "--as", "designee:kent", "--json")
    answer = done.object()["answer"]
    assert (answer["outcome"], str(ANSWER) in said_of(answer)) == ("refer", True)
    assert "it waits for nothing else" in said_of(answer)
    on_day(monkeypatch, 3)
    assert shared()["basis"] == {discipline: "EX7"}
    assert ledger_holds(district.services)


def test_on_the_day_it_says_that_nobody_has_confirmed_it_yet(
    district: District, discipline: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    referral = told_as_registered(discipline, in_register(), code=0)
    on_day(monkeypatch, 3)
    answer = shared()
    assert answer["outcome"] == "refer"
    assert "a second person has not confirmed yet that every family was told" in said_of(answer)
    assert "not every parent" not in said_of(answer)
    (reason,) = [each for each in answer["reasons"] if each["clause"] == "EX7-NOTICE"]
    assert "queue approve" in reason["remedy"]
    as_ben(monkeypatch)
    done = call("queue", "approve", pending_of(referral), "--as", "designee:kent", "--json").object()["answer"]
    assert (done["outcome"], done["basis"]) == ("allow", {discipline: "EX7"})


def test_a_second_person_who_approves_on_the_old_day_releases_nothing_before_the_new_one(
    district: District, discipline: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = in_register()
    referral = told_as_registered(discipline, request, code=0)
    moved(request)
    on_day(monkeypatch, 3)
    as_ben(monkeypatch)
    done = call("queue", "approve", pending_of(referral), "--as", "designee:kent", "--json").object()["answer"]
    assert (done["outcome"], f"nothing goes out on it before {MOVED}" in said_of(done)) == ("refer", True)
    on_day(monkeypatch, 10)
    assert shared()["basis"] == {discipline: "EX7"}


def test_a_second_person_confirms_that_the_families_were_told_the_earlier_day(
    district: District, discipline: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = in_register()
    referral = told_as_registered(discipline, request, code=0)
    with monkeypatch.context() as patch:
        as_ben(patch)
        assert call("queue", "approve", pending_of(referral), "--as", "designee:kent", "--json").code == 4
    moved(request, SOONER)
    told_anew(referral, discipline)
    assert call("queue", "finding", referral, "evidence", "--evidence", "told.yaml", *AS).code == 0
    assert due(referral) == str(SOONER)
    on_day(monkeypatch, 2)
    answer = shared()
    assert answer["outcome"] == "refer", said_of(answer)
    as_ben(monkeypatch)
    done = call("queue", "approve", pending_of(referral), "--as", "designee:kent", "--json").object()["answer"]
    assert (done["outcome"], done["basis"]) == ("allow", {discipline: "EX7"})
