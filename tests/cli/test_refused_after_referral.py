"""A request that was referred to the custodian is on record however the office closed it (34 CFR 99.32(a)(1), (2))."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY
from command_line import call
from court_orders import order, told_of_order
from district import HANNAH, HANNAH_MOTHER, NOAH, PORTRAIT, UNTITLED, District
from use_cases import ledger_holds, looked

from dam_plugin.custodian.family_record import Whose, rows_of
from dam_plugin.ledger.student import Line, as_asked_once
from dam_plugin.procedure.outside_words import day_in_words

AS = ("--as", "custodian:records-office")
LAWYER = ("--to", "public:baker-law", "--purpose", "lawsuit")
SUBPOENA = "{kind: subpoena, verified: false, notice_required: true, notified: []}"
CAME = ("--received", str(TODAY), "--channel", "letter", *AS)
NOT_VERIFIED = ("--why", "counsel does not verify the paper", *AS)
DENIED = ("--outcome", "denied", "--provision", "34 CFR 99.30", "--why", "the paper is no subpoena", *AS)


@pytest.fixture
def hannah(district: District) -> str:
    district.upload(PORTRAIT)
    student = district.student(HANNAH)
    assert call("student", "opt-out", student, *AS).code == 0
    return student


def asked(*more: str) -> tuple[str, str]:
    """The lawyer asks with a subpoena that counsel has not verified; the share and its referral."""
    words = (*LAWYER, "--evidence", str(order(SUBPOENA)), *more)
    answer = call("share", PORTRAIT, *words, *AS, "--json").object()
    assert answer["outcome"] == "refer"
    return answer["share"], answer["referrals"][0]["id"]


def registered() -> str:
    made = call("request", "add", PORTRAIT, "--from", "public:baker-law", "--purpose", "lawsuit", *CAME, "--json")
    return str(made.object()["id"])


def lines(student: str, *more: str) -> list[Any]:
    return call("ledger", "student", *AS, student, *more, "--json").objects()


def part(student: str, heading: str, *more: str) -> str:
    """What stands under a heading of the family's page."""
    assert call("ledger", "student", *AS, student, "--required", "--page", "record.html", *more).code == 0
    page = " ".join(Path("record.html").read_text("utf-8").split())
    return page.split(f"<h2>{heading}</h2>")[1].split("<h2>", maxsplit=1)[0]


def forgotten(*entries: int) -> dict[str, Any]:
    named = (word for each in entries for word in ("--entry", str(each)))
    done: dict[str, Any] = call("ledger", "forget", *named, "--why", "asked", *AS, "--json").object()
    return done


def entries_of(kind: str) -> list[int]:
    return [each["seq"] for each in call("ledger", "show", "--kind", kind, *AS, "--json").objects()]


def test_a_paper_that_counsel_does_not_verify_is_asked_and_refused(district: District, hannah: str) -> None:
    _, referral = asked()
    (waiting,) = lines(hannah, "--required")
    assert (waiting["who"], waiting["outcome"]) == ("public:baker-law", "refer")
    assert "had to look at it first" in part(hannah, "Still waiting, and what else happened")
    assert call("queue", "close", referral, *NOT_VERIFIED).code == 0
    (line,) = lines(hannah, "--required")
    assert (line["who"], line["what"], line["outcome"]) == ("public:baker-law", "asked", "deny")
    told = part(hannah, "Asked and refused")
    answered = f"answered on {day_in_words(TODAY, 'en')}."
    assert f"and was refused. The records office looked at it first, and {answered}" in told
    assert "Still waiting" not in Path("record.html").read_text("utf-8")
    assert ledger_holds(district.services)
    spanish = part(hannah, "Pedido y negado", "--language", "es")
    assert f"y contestó el {day_in_words(TODAY, 'es')}." in spanish


def test_no_entry_of_what_was_refused_is_deleted(district: District, hannah: str) -> None:
    _, referral = asked()
    assert call("queue", "close", referral, *NOT_VERIFIED).code == 0
    numbers = [*entries_of("share"), *entries_of("queue")]
    done = forgotten(*numbers)
    assert (done["deleted"], done["required"]) == (0, len(numbers))
    assert call("ledger", "forget", "--student", hannah, "--why", "asked", *AS, "--json").object()["required"] > 0
    (line,) = lines(hannah, "--required")
    assert line["outcome"] == "deny"


def test_a_page_tells_one_request_once_however_often_it_was_tried(district: District, hannah: str) -> None:
    _, referral = asked()
    assert asked()[1] == referral
    assert part(hannah, "Still waiting, and what else happened").count("asked for this photo") == 1
    assert call("queue", "close", referral, *NOT_VERIFIED).code == 0
    assert part(hannah, "Asked and refused").count("asked for this photo") == 1
    asked()
    assert part(hannah, "Still waiting, and what else happened").count("asked for this photo") == 1
    assert len(lines(hannah, "--required")) == 3, "each attempt is kept"


def test_nobody_without_an_id_is_taken_for_somebody_who_asked_before(district: District, hannah: str) -> None:
    for _ in range(2):
        words = ("--to", "public", "--purpose", "lawsuit", "--evidence", str(order(SUBPOENA)))
        assert call("share", PORTRAIT, *words, *AS, "--json").object()["outcome"] == "refer"
    assert part(hannah, "Still waiting, and what else happened").count("asked for this photo") == 2


@pytest.mark.parametrize(
    ("closing", "outcome", "told"),
    [
        (DENIED, "deny", "was refused"),
        (("--outcome", "withdrawn", "--why", "by letter", *AS), "refer", "It was withdrawn."),
        (
            ("--outcome", "referred-elsewhere", "--why", "the college has it", *AS),
            "refer",
            "Whoever asked was told to ask another office.",
        ),
    ],
    ids=["denied", "withdrawn", "referred elsewhere"],
)
def test_the_end_in_the_register_is_the_end_of_the_line(
    district: District, hannah: str, closing: tuple[str, ...], outcome: str, told: str
) -> None:
    request = registered()
    _, referral = asked("--request", request)
    assert call("queue", "close", referral, *NOT_VERIFIED).code == 0
    (open_still,) = lines(hannah, "--required")
    assert open_still["outcome"] == "refer"
    ended = call("request", "close", request, *closing)
    assert ended.code == 0, ended.text
    (line,) = (each for each in lines(hannah, "--required") if each["share"].startswith("sh-"))
    assert line["outcome"] == outcome
    heading = "Asked and refused" if outcome == "deny" else "Still waiting, and what else happened"
    assert told in part(hannah, heading)
    kept = forgotten(*entries_of("share"))
    assert (kept["deleted"], kept["required"]) == (0, 1)
    assert call("request", "reopen", request, "--why", "a paper came", *AS).code == 0
    again = [each for each in lines(hannah, "--required") if each["share"].startswith("sh-")]
    assert [each["outcome"] for each in again] == ["refer"]


def test_what_was_withdrawn_while_it_waited_is_taken_back(district: District, hannah: str) -> None:
    request = registered()
    asked("--request", request)
    assert call("request", "withdraw", request, "--why", "by letter", *AS).code == 0
    (line,) = (each for each in lines(hannah, "--required") if each["share"].startswith("sh-"))
    assert (line["outcome"], line["remark"]) == ("refer", "it was withdrawn")


def test_each_time_that_it_was_asked_for_has_its_end(district: District, hannah: str) -> None:
    _, referral = asked()
    assert asked()[1] == referral
    assert call("queue", "close", referral, *NOT_VERIFIED).code == 0
    later = asked()[1]
    assert later != referral
    assert [each["outcome"] for each in lines(hannah, "--required")] == ["deny", "deny", "refer"]


def test_what_the_order_gave_in_the_end_is_answered(
    district: District, hannah: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, referral = asked()
    verified = order("{kind: subpoena, verified: true, notice_required: true, notified: []}")
    assert call("queue", "finding", referral, "evidence", "--evidence", str(verified), *AS).code in (0, 3, 4)
    told_of_order(referral, [hannah])
    given = call("queue", "finding", referral, "evidence", "--evidence", "order.yaml", *AS)
    assert "allow" in given.text or given.code == 0, given.text
    found = [(each["what"], each["outcome"]) for each in lines(hannah, "--required") if each["what"] == "asked"]
    assert found[-1] == ("asked", "allow")
    first = next(each for each in lines(hannah, "--required") if each["outcome"] == "refer")
    assert first["remark"] == f"answered on {TODAY}"
    given_out = part(hannah, "Given out or shown")
    page = Path("record.html").read_text("utf-8")
    assert given_out.count("asked for this photo") == page.count("asked for this photo") == 1, page
    assert ("It was not given" in page, "Still waiting" in page) == (False, False)
    assert "on these days too" not in given_out, "all of it was on one day"


def test_a_student_who_was_left_out_of_what_was_given_reads_so_and_waits_for_nothing(
    district: District, hannah: str
) -> None:
    _, referral = asked()
    shown = ("--disclosed-to", "public:baker-law", "--basis", "MISTAKE", "--also", district.student(NOAH))
    closed = call("queue", "close", referral, *shown, "--how", "the wrong disc", "--why", "by mistake", *AS)
    assert closed.code == 0, closed.text
    told = part(hannah, "Asked and answered")
    assert (
        f"It was answered on {day_in_words(TODAY, 'en')}. As the records office noted it, no record of this student was given."
        in told
    )
    assert "Still waiting" not in Path("record.html").read_text("utf-8")


def test_a_family_s_own_request_that_was_referred_is_no_required_line(district: District) -> None:
    district.upload(UNTITLED)
    mother = f"parent:{district.guardian(HANNAH_MOTHER)}"
    for who in (mother, "public:baker-law"):
        assert (
            call("share", UNTITLED, "--to", who, "--purpose", "inspection", *AS, "--json").object()["outcome"]
            == "refer"
        )
    looked(district, UNTITLED, HANNAH)
    required = {each["who"]: each["required"] for each in lines(district.student(HANNAH)) if each["what"] == "asked"}
    assert required == {mother: False, "public:baker-law": True}


def test_the_other_days_of_one_request_are_told_with_it() -> None:
    days = [datetime(2026, 12, day, 10, tzinfo=UTC) for day in (1, 3, 7)]
    tried = [Line(at.day, at, "asked", f"sh-{at.day}", "a1", who="public:baker-law", outcome="refer") for at in days]
    (one,) = as_asked_once([replace(each, required=each.entry == 3) for each in tried])
    assert (one.entry, one.required) == (1, True)
    (row,) = rows_of(Whose("S-1", "Jo Doe"), [one], "en", zone=UTC, called={})
    assert "on these days too: December 3, 2026; December 7, 2026." in row.words["happened"]
    others = [replace(each, who=f"public:{each.entry}") for each in tried]
    assert as_asked_once(others) == others, "each of them asked for themselves"
