"""What went out by hand with a family's statement, without it, or before there was one (34 CFR 99.21(c)(2), 99.32(a))."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY, on_day
from command_line import Called, call, holder
from district import CALEB, HALLWAY, OWEN, District
from use_cases import ledger_holds

AS = ("--as", "custodian:records-office")
SCHOOL = "other_school:lincoln-high"
WENT = "Your statement went along with it."
TO_SEND = "It went out without your statement, which is to be sent after."


@pytest.fixture
def two(district: District) -> tuple[str, str]:
    """A picture of two students; the first one's family contests it later."""
    district.upload(HALLWAY)
    return district.student(CALEB), district.student(OWEN)


def contests(student: str, on: str = str(TODAY)) -> None:
    words = ("--student", student, "--by", holder(student), "--text", "He was not copying.", "--on", on)
    assert call("custodian", "statement", HALLWAY, *words, *AS).code == 0


def asked() -> str:
    words = ("--to", SCHOOL, "--purpose", "transfer", "--as", "media_staff:desk-2")
    return str(call("share", HALLWAY, *words, "--json").object()["referrals"][0]["id"])


def closed(referral: str, students: tuple[str, ...], *more: str) -> Called:
    enrolled = [word for each in students for word in ("--enrolled", f"{each}=called back")]
    given = ("--disclosed-to", SCHOOL, "--basis", "TRANSFER", "--students", ",".join(students), *enrolled)
    return call("queue", "close", referral, *given, "--how", "disc", "--why", "sent", *more, *AS)


def page(student: str, language: str = "en") -> str:
    made = call(
        "ledger", "student", student, "--page", "page.html", "--without-pictures", *("--language", language), *AS
    )
    assert made.code == 0, made.text
    return " ".join(Path("page.html").read_text("utf-8").split())


def remarks(student: str) -> str:
    return " ".join(str(each["remark"]) for each in call("ledger", "student", student, *AS, "--json").objects())


def work(kind: str = "statement_owed") -> list[Any]:
    return [each for each in call("queue", "list", *AS, "--json").objects() if each["kind"] == kind]


def test_that_a_statement_went_along_stands_on_the_page_of_whoever_filed_it_alone(
    district: District, two: tuple[str, str]
) -> None:
    contests(two[0])
    assert closed(asked(), two, "--with-statement").code == 0
    assert WENT in page(two[0])
    assert "statement" not in remarks(two[1])
    assert "your statement" not in page(two[1]).casefold()
    assert "declaración" not in page(two[1], "es")
    assert ledger_holds(district.services)


def test_what_went_out_before_the_statement_came_is_recorded_without_a_word_of_it(
    two: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    referral = asked()
    on_day(monkeypatch, 2)
    contests(two[0], str(TODAY + timedelta(days=2)))
    lied = closed(referral, two[:1], "--on", str(TODAY), "--with-statement")
    assert (lied.code, "leave --with-statement out" in lied.err) == (1, True)
    assert closed(referral, two[:1], "--on", str(TODAY)).code == 0
    assert "your statement" not in page(two[0]).casefold()
    assert work() == []


@pytest.mark.parametrize(
    "given",
    [
        ("--basis", "EX9", "--threat", "he said that he has a gun", "--to", "law_enforcement:sheriff"),
        ("--basis", "MISTAKE", "--how", "the wrong disc", "--to", "public:paper"),
    ],
    ids=["in an emergency", "by mistake"],
)
def test_what_went_out_without_the_statement_is_recorded_on_any_basis(
    two: tuple[str, str], given: tuple[str, ...]
) -> None:
    contests(two[0])
    record = ("queue", "disclosed", asked(), *given, "--students", two[0], *AS)
    refused = call(*record)
    assert (refused.code, "--without-statement WHY" in " ".join(refused.err.split())) == (1, True)
    done = call(*record, "--without-statement", "a print at night")
    assert done.code == 0, done.text
    assert TO_SEND in page(two[0])


def test_a_statement_that_did_not_go_along_is_to_be_sent_after_and_stays_open_until_it_was(
    district: District, two: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    contests(two[0])
    done = closed(asked(), two, "--without-statement", "the clerk did not know")
    assert (done.code, "Send the statement after" in done.text) == (0, True)
    (owed,) = work()
    assert owed["id"] in done.text
    shown = " ".join(call("queue", "show", owed["id"], *AS).text.split())
    assert "custodian statements KEY" in shown
    told = page(two[0])
    assert (TO_SEND in told, WENT in told, "the clerk did not know" in told) == (True, False, True)
    assert "se enviará después" in page(two[0], "es")
    assert "statement" not in remarks(two[1])
    on_day(monkeypatch, 3)
    assert call("queue", "close", owed["id"], "--why", "by certified mail", *AS).code == 0
    assert "which was sent after on" in page(two[0])
    assert TO_SEND not in page(two[0])
    assert "envió después, el" in page(two[0], "es")
    assert ledger_holds(district.services)


def test_it_went_along_or_it_did_not(two: tuple[str, str]) -> None:
    contests(two[0])
    both = closed(asked(), two, "--with-statement", "--without-statement", "the clerk did not know")
    assert (both.code, "it went along or it did not" in both.err) == (1, True)


def test_where_none_is_on_file_none_is_said_to_be_missing(two: tuple[str, str]) -> None:
    refused = closed(asked(), two, "--without-statement", "the clerk did not know")
    assert (refused.code, "leave --without-statement out" in refused.err) == (1, True)


def test_a_statement_that_was_entered_late_is_sent_to_whom_the_recording_went_since(
    two: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    on_day(monkeypatch, 1)
    assert closed(asked(), two).code == 0
    on_day(monkeypatch, 4)
    words = ("--student", two[0], "--by", holder(two[0]), "--text", "He was not copying.")
    entered = ("custodian", "statement", HALLWAY, *words, *AS)
    told = call(*entered, "--on", str(TODAY))
    (owed,) = work()
    assert (told.code, f"({owed['id']}, due " in " ".join(told.text.split())) == (0, True), told.text
    # Of what went out before the family handed it in, nothing is owed.
    assert call(*entered, "--on", str(TODAY + timedelta(days=3)), "--json").object()["owed"] == []
