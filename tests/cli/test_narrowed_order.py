"""A court narrows its order before its day, or quashes it: what it reaches no more is outside of notice, days and outcome."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY, on_day
from command_line import Called, call, said
from court_orders import order
from district import CROWD, HANNAH, PORTRAIT, SCIENCE_LAB, District
from use_cases import kept, ledger_holds

AS = ("--as", "custodian:records-office")
ASKS = ("--purpose", "lawsuit")
COURT = "court:circuit"
RETURN = TODAY + timedelta(days=5)
PAPER = "{kind: judicial_order, verified: true, notice_required: true, notified: []}"
NARROWED = ("--why", "the circuit court struck it from its order")


@pytest.fixture
def students(district: District) -> tuple[str, str]:
    """Who is in the portrait, and who is in the science lab."""
    for key in (PORTRAIT, SCIENCE_LAB):
        district.upload(key)
    assert call("student", "opt-out", district.student(HANNAH), *AS).code == 0
    assert call("tag", SCIENCE_LAB, "--directory", "not_eligible", *AS).code == 0
    other = min(kept(district.services, SCIENCE_LAB).tagging.students - {district.student(HANNAH)})
    return district.student(HANNAH), other


def came(*keys: str) -> str:
    """Enter the order of the court for these recordings; return its number."""
    words = ("--from", COURT, *ASKS, "--channel", "letter", "--received", str(TODAY), *AS, "--json")
    made = call("request", "add", *(keys or (PORTRAIT, SCIENCE_LAB)), *words, *PAPERS)
    assert made.code == 0, made.text
    return str(made.object()["id"])


PAPERS = ("--paper", "judicial_order", "--return", str(RETURN))


def shares(key: str, *more: str) -> Called:
    return call("share", key, "--to", COURT, *ASKS, *more, *AS, "--json")


def waits(key: str, request: str) -> str:
    answer = shares(key, "--request", request, "--evidence", str(order(PAPER)))
    assert answer.code == 4, answer.text
    return str(answer.object()["referrals"][0]["id"])


def told(referral: str, student: str) -> None:
    about = ("--referral", referral, "--student", student, "--what", "certified mail", "--answer-on", str(RETURN))
    assert call("letter", "effort", *about, "--evidence", "told.yaml", *AS).code == 0
    stated = call("queue", "finding", referral, "evidence", "--evidence", "told.yaml", *AS)
    assert stated.code in (0, 4), stated.text


def both_wait(students: tuple[str, str]) -> tuple[str, str, str]:
    """The order waits for both recordings, and the family of the first alone was told: its number, and the work of each."""
    request = came()
    first, second = waits(PORTRAIT, request), waits(SCIENCE_LAB, request)
    told(first, students[0])
    return request, first, second


def narrowed(request: str, *more: str) -> Called:
    return call("request", "order", request, "--not-reached", SCIENCE_LAB, *(more or NARROWED), *AS)


def show(request: str) -> str:
    return " ".join(call("request", "show", request, *AS).text.split())


def ran(request: str, clock: str) -> Any:
    clocks = call("request", "show", request, "--json").object()["clocks"]
    return next(each for each in clocks if each["clock"] == clock)


def closed(request: str, outcome: str, *more: str) -> Called:
    return call("request", "close", request, "--outcome", outcome, "--why", "as narrowed", *more, *AS)


def test_a_narrowed_order_is_granted_once_what_it_reaches_is_answered(
    district: District, students: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    request, _, second = both_wait(students)
    assert f"Still to be told: {students[1]}" in show(request)
    by_hand = said(call("queue", "close", second, "--why", "the court narrowed its order", *AS))
    assert f"dam-plugin request order {request} --not-reached {SCIENCE_LAB} --why TEXT" in by_hand
    assert f"dam-plugin request withdraw {request} --why TEXT" in by_hand
    assert f"dam-plugin request order {request} --not-reached {SCIENCE_LAB} --why TEXT" in show(request)

    assert narrowed(request).code == 0
    shown = show(request)
    assert f"Not reached by the order, as the court narrowed it on {TODAY}: {SCIENCE_LAB}; {NARROWED[1]}" in shown
    assert students[1] not in shown
    assert f"Done on {TODAY}: tell the families of the order; in time" in shown

    on_day(monkeypatch, 5)
    refused = closed(request, "granted")
    assert (refused.code, "waits in the queue" in said(refused)) == (1, True)
    assert shares(PORTRAIT, "--request", request).code == 0
    ended = closed(request, "granted")
    assert ended.code == 0, ended.text
    assert "Ended without this" not in said(ended)
    assert f"Not reached by the order, as the court narrowed it on {TODAY}: {SCIENCE_LAB}" in said(ended)
    assert ran(request, "notice")["met"] is True
    log = call("request", "log", request, "--exemptions", "--json").object()
    assert (log["exemptions"], log["undecided"]) == ([], 0)
    assert ledger_holds(district.services)


def test_what_was_narrowed_is_noted_also_once_the_rest_is_answered(
    district: District, students: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    request, _, second = both_wait(students)
    assert call("queue", "close", second, "--why", "the court narrowed its order", *AS).code == 0
    on_day(monkeypatch, 5)
    assert shares(PORTRAIT, "--request", request).code == 0
    refused = closed(request, "granted")
    assert (refused.code, f"request order {request} --not-reached {SCIENCE_LAB}" in said(refused)) == (1, True)
    on_day(monkeypatch, 7)
    assert narrowed(request, *NARROWED, "--on", str(TODAY + timedelta(days=3))).code == 0
    ended = closed(request, "granted")
    assert ended.code == 0, ended.text
    assert f"Closed on {RETURN} by" in said(ended)
    assert f"as the court narrowed it on {TODAY + timedelta(days=3)}: {SCIENCE_LAB}" in said(ended)
    log = call("request", "log", request, "--exemptions", "--json").object()
    assert (log["exemptions"], log["released_whole"]) == ([], 1)
    assert ledger_holds(district.services)


def test_the_work_of_what_is_not_reached_closes_with_the_reason_and_waits_again_once_it_is(
    district: District, students: tuple[str, str]
) -> None:
    request, _, second = both_wait(students)
    assert narrowed(request).code == 0
    assert f"not reached by the order of {request}: {NARROWED[1]}" in said(call("queue", "show", second, *AS))

    back = ("--reached", SCIENCE_LAB, "--why", "the court widened it again")
    widened = call("request", "order", request, *back, *AS)
    assert widened.code == 0, widened.text
    assert call("queue", "show", second, *AS, "--json").object()["closed_at"] is None
    assert f"Still to be told: {students[1]}" in show(request)
    assert "Not reached by the order" not in show(request)
    assert ran(request, "notice")["stopped"] is None
    assert ledger_holds(district.services)


def test_nothing_goes_out_on_an_order_that_does_not_reach_it(
    district: District, students: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    request, _, second = both_wait(students)
    told(second, students[1])
    assert narrowed(request).code == 0
    on_day(monkeypatch, 5)
    refused = shares(SCIENCE_LAB, "--request", request)
    assert (refused.code, f"The order of {request} does not reach this recording" in said(refused)) == (1, True)
    # Nor does it where nobody says which order it answers.
    again = shares(SCIENCE_LAB, "--evidence", "told.yaml")
    assert (again.code, again.object()["outcome"]) == (3, "deny"), again.text
    assert f"The order of {request} does not reach this recording" in said(again)


def test_what_was_given_on_it_closes(students: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    request, _, second = both_wait(students)
    told(second, students[1])
    on_day(monkeypatch, 5)
    token = shares(SCIENCE_LAB, "--request", request).object()["token"]
    assert call("open", token).code == 0
    assert narrowed(request).code == 0
    assert (call("open", token).code == 0, call("links", "--open", "--json").objects()) == (False, [])


def test_another_order_of_the_same_court_reaches_it_all_the_same(
    district: District, students: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    request, _, _ = both_wait(students)
    assert narrowed(request).code == 0
    other = came(SCIENCE_LAB)
    told(waits(SCIENCE_LAB, other), students[1])
    on_day(monkeypatch, 5)
    assert shares(SCIENCE_LAB, "--request", other).code == 0


def test_no_family_is_told_of_an_order_that_does_not_reach_its_recording(students: tuple[str, str]) -> None:
    request, _, second = both_wait(students)
    about = ("--referral", second, "--student", students[1], "--answer-on", str(RETURN))
    assert call("letter", "preview", "subpoena-notice", *about).code == 0
    assert narrowed(request).code == 0
    refused = call("letter", "preview", "subpoena-notice", *about)
    assert (refused.code, "does not reach this recording" in said(refused)) == (1, True)


def test_an_order_that_reaches_nothing_is_quashed(students: tuple[str, str]) -> None:
    request, _, _ = both_wait(students)
    all_of_it = ("--not-reached", PORTRAIT, *NARROWED)
    refused = narrowed(request, *all_of_it)
    assert (refused.code, f"dam-plugin request withdraw {request} --why TEXT" in said(refused)) == (1, True)
    assert narrowed(request).code == 0
    refused = call("request", "order", request, *all_of_it, *AS)
    assert (refused.code, f"dam-plugin request withdraw {request} --why TEXT" in said(refused)) == (1, True)


@pytest.mark.parametrize(
    ("words", "as_", "why"),
    [
        (("--not-reached", CROWD, *NARROWED), AS, "does not ask for"),
        (("--not-reached", SCIENCE_LAB), AS, "--why"),
        (("--reached", SCIENCE_LAB, *NARROWED), AS, "nothing says that"),
        (("--not-reached", SCIENCE_LAB, *NARROWED), ("--as", "media_staff:kim"), "only the custodian"),
        (("--not-reached", SCIENCE_LAB, "--told", "by mail", *NARROWED), AS, "and nothing else"),
    ],
)
def test_what_cannot_be_said_is_refused(
    students: tuple[str, str], words: tuple[str, ...], as_: tuple[str, ...], why: str
) -> None:
    request, _, _ = both_wait(students)
    refused = call("request", "order", request, *words, *as_)
    assert (refused.code > 0, why in said(refused)) == (True, True), refused.text
    assert "Not reached" not in show(request)


def test_only_an_order_is_narrowed(students: tuple[str, str]) -> None:
    words = ("--from", COURT, *ASKS, "--channel", "letter", "--received", str(TODAY), *AS, "--json")
    request = str(call("request", "add", PORTRAIT, SCIENCE_LAB, *words).object()["id"])
    refused = narrowed(request)
    assert (refused.code, "is noted as no subpoena and no court's order" in said(refused)) == (1, True)


def test_the_paper_of_it_is_kept(students: tuple[str, str]) -> None:
    request, _, _ = both_wait(students)
    Path("narrowed.pdf").write_bytes(b"%PDF-1.4\n% the order as narrowed\n")
    assert narrowed(request, *NARROWED, "--file", "narrowed.pdf").code == 0
    event = call("request", "log", request, "--json").objects()[-1]
    noted = next(
        each for each in call("request", "log", request, "--json").objects() if each["kind"] == "order-narrowed"
    )
    assert (event["kind"], noted["content"]["file"]["media_type"]) == ("families-told", "application/pdf")


def test_a_quashed_order_is_withdrawn_and_owes_nothing(students: tuple[str, str]) -> None:
    request, first, _ = both_wait(students)
    refused = closed(request, "denied", "--provision", "34 CFR 99.30")
    assert refused.code == 1
    quashed = ("--why", "the circuit court quashed it", *AS)
    assert f"dam-plugin request withdraw {request}" in said(call("queue", "close", first, *quashed))
    ended = said(call("request", "withdraw", request, *quashed))
    assert f"{request}: withdrawn or quashed" in ended
    assert "withdrawn or quashed; the circuit court quashed it" in ended
    assert f"Ended on {TODAY}, owed no more: tell the families of the order" in ended
    assert "without this" not in ended


def test_a_denial_of_an_order_names_what_a_quashed_one_takes(students: tuple[str, str]) -> None:
    request = came()
    refused = closed(request, "denied")
    assert (refused.code, f"dam-plugin request withdraw {request} --why TEXT" in said(refused)) == (1, True)


def test_the_familys_page_says_that_the_court_asks_for_it_no_more(students: tuple[str, str], tmp_path: Path) -> None:
    request, _, _ = both_wait(students)
    assert narrowed(request).code == 0
    page = tmp_path / "record.html"
    for language, sentence in (("en", "the court struck this recording from its order"), ("es", "el tribunal excluyó")):
        written = call("ledger", "student", students[1], "--page", str(page), "--language", language, *AS)
        assert written.code == 0, written.text
        text = " ".join(page.read_text("utf-8").split())
        assert sentence in text
        assert "We answer once" not in text
        assert "Respondemos cuando" not in text


def test_what_went_out_after_the_court_struck_it_is_named(
    district: District, students: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    request, _first, second = both_wait(students)
    told(second, students[1])
    on_day(monkeypatch, 9)
    by_hand = ("--disclosed-to", COURT, "--basis", "EX7", "--students", students[1], "--how", "disc", "--why", "sent")
    assert call("queue", "close", second, *by_hand, *AS).code == 0
    on_day(monkeypatch, 12)
    late = narrowed(request, *NARROWED, "--on", str(TODAY + timedelta(days=8)))
    assert (late.code, f"queue withdraw {second} --never-held" in " ".join(late.err.split())) == (0, True), late.text
    assert ledger_holds(district.services)
