"""The notice before an order is answered: a juvenile court's case number is left out, and what comes late says so."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from clock import TODAY
from command_line import call
from court_orders import order
from district import HANNAH, PORTRAIT, District

from dam_plugin.custodian.letter_words import day_in_words

AS = ("--as", "custodian:records-office")
SUBPOENA = "{kind: subpoena, verified: true, notice_required: true}"
JUDGES = "{kind: judicial_order, verified: true, notice_required: true, proceeding: 26JU-JV00417}"
PLAIN, JUVENILE = "26RB-CV00417", "26SL-JU00417"
CIRCUIT = "Circuit Court of Riverbend County"


def referred(district: District, to: str = "court:circuit", paper: str = SUBPOENA, *more: str) -> str:
    district.upload(PORTRAIT)
    assert call("student", "opt-out", district.student(HANNAH), *AS).code == 0
    words = ("--to", to, "--purpose", "court order", "--evidence", str(order(paper)), *more)
    asked = call("share", PORTRAIT, *words, *AS, "--json")
    return str(asked.object()["referrals"][0]["id"])


def notice(district: District, referral: str, *more: str, verb: str = "write") -> dict[str, Any]:
    about = ("--referral", referral, "--student", district.student(HANNAH), *more)
    made = call("letter", verb, "subpoena-notice", *about, *(AS if verb == "write" else ()), "--json")
    assert made.code == 0, made.text
    told: dict[str, Any] = made.object()
    return {**told, "text": " ".join(told["text"].split())}


@pytest.mark.parametrize(
    ("to", "paper", "court", "number"),
    [
        ("court:circuit", SUBPOENA, "Juvenile Division, Circuit Court of Riverbend County", PLAIN),
        ("court:circuit", SUBPOENA, CIRCUIT, JUVENILE),
        ("court:circuit", SUBPOENA, "Tribunal de menores", PLAIN),
        ("court:juvenile-division", SUBPOENA, CIRCUIT, PLAIN),
        ("court:circuit", JUDGES, CIRCUIT, PLAIN),
    ],
    ids=["the court", "the number", "in Spanish", "who asks", "the proceeding"],
)
def test_the_number_of_a_juvenile_case_is_left_out_and_the_custodian_is_cautioned(
    district: District, to: str, paper: str, court: str, number: str
) -> None:
    referral = referred(district, to, paper)
    typed = ("--court", court, "--case-number", number)
    for verb in ("preview", "write"):
        told = notice(district, referral, *typed, verb=verb)
        assert not any(each in told["text"] for each in (PLAIN, JUVENILE, "26JU-JV00417"))
        assert f"Who issued it: {court}" in told["text"]
        assert "we leave it out, since the law closes the records of a juvenile court (RSMo 211.321)" in told["text"]
        (caution,) = told["cautions"]
        assert "RSMo 211.321" in caution
    spanish = notice(district, referral, *typed, "--lang", "es")["text"]
    assert "la ley cierra los registros de un tribunal de menores (RSMo 211.321)" in spanish
    assert number not in spanish
    about = ("--referral", referral, "--student", district.student(HANNAH), *typed)
    for words in (("preview", "subpoena-notice", *about), ("write", "subpoena-notice", *about, *AS)):
        assert "Caution: the case is a juvenile one" in " ".join(call("letter", *words).out.split())


def test_the_name_of_a_court_with_the_number_of_a_juvenile_case_is_refused(district: District) -> None:
    about = ("--referral", referred(district), "--student", district.student(HANNAH))
    done = call("letter", "write", "subpoena-notice", *about, "--court", f"Circuit Court, {JUVENILE}", *AS)
    assert (done.code, "write the court without it" in " ".join(done.err.split())) == (1, True)


@pytest.mark.parametrize(
    ("court", "cautions"), [(("--court", CIRCUIT), 0), ((), 1), (("--court", "Family Court Division 4"), 1)]
)
def test_another_number_is_printed_with_a_caution_where_the_court_may_be_a_juvenile_one(
    district: District, court: tuple[str, ...], cautions: int
) -> None:
    told = notice(district, referred(district), *court, "--case-number", PLAIN)
    assert f"Case number: {PLAIN}" in told["text"]
    assert [each for each in told["cautions"] if "leave --case-number out" in each] == told["cautions"]
    assert len(told["cautions"]) == cautions


@pytest.mark.parametrize("late", [True, False])
def test_a_notice_after_the_day_it_was_due_says_that_it_comes_late(
    district: District, monkeypatch: pytest.MonkeyPatch, late: bool
) -> None:
    if late:
        days = [str(TODAY - timedelta(each)) for each in range(3)]
        monkeypatch.setenv("DAM_PLUGIN_DISTRICT__HOLIDAYS", ",".join(days))
    district.upload(PORTRAIT)
    answer = TODAY + timedelta(1 if late else 30)
    came = (
        "--received",
        str(TODAY - timedelta(20)),
        "--channel",
        "letter",
        "--paper",
        "subpoena",
        "--return",
        str(answer),
    )
    made = call("request", "add", PORTRAIT, "--from", "court:circuit", "--purpose", "court order", *came, *AS, "--json")
    assert made.code == 0, made.text
    request = str(made.object()["id"])
    referral = referred(district, "court:circuit", SUBPOENA, "--request", request)
    clocks = call("request", "show", request, "--json").object()["clocks"]
    (due,) = [each["due"] for each in clocks if each["clock"] == "notice"]
    assert (due < str(TODAY)) is late
    told = notice(district, referral, "--answer-on", str(answer))
    assert ("This letter comes late. We had to tell you by" in told["text"]) is late
    assert [("had to be told by " + due) in each for each in told["cautions"]] == ([True] if late else [])
    if late:
        day = TODAY.fromisoformat(due)
        assert f"We had to tell you by {day_in_words(day, 'en')}. We are sorry." in told["text"]
        spanish = notice(district, referral, "--lang", "es")["text"]
        assert f"Teníamos que avisarle hasta el {day_in_words(day, 'es')}." in spanish
