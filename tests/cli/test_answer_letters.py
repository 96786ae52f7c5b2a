"""Letters that answer a request of which a part is not there, or that hide others, and the lines of its fee."""

from __future__ import annotations

from typing import Any

import pytest
from clock import TODAY
from command_line import Called, call
from district import CALEB_FATHER, CROWD, HANNAH, HANNAH_MOTHER, INES_MOTHER, PORTRAIT, TEAM, District
from use_cases import ledger_holds

AS = ("--as", "custodian:records-office")
REPORTER = "public:reporter-7"
BELL = ("--no-record", "the morning bell of Monday")


def ran(*words: str) -> Called:
    done = call(*words)
    assert done.code == 0, done.text
    return done


def received(*words: str, who: str = REPORTER, purpose: str = "news") -> str:
    came = ("--channel", "letter", "--purpose", purpose, "--received", str(TODAY))
    return str(ran("request", "add", *words, "--from", who, *came, *AS, "--json").object()["id"])


def answered(request: str, key: str, outcome: str, who: str = REPORTER, purpose: str = "news") -> None:
    told = call("share", key, "--to", who, "--purpose", purpose, "--request", request, *AS, "--json").object()
    assert told["outcome"] == outcome


def letter(request: str, *more: str) -> dict[str, Any]:
    made: dict[str, Any] = ran(
        "letter", "write", "redacted-release", "--request", request, *more, *AS, "--json"
    ).object()
    return {**made, "text": " ".join(made["text"].split())}


def refused(request: str, *more: str) -> str:
    done = call("letter", "write", "redacted-release", "--request", request, *more, *AS)
    assert done.code == 1, done.text
    return " ".join(done.err.split())


def shown_answers(request: str) -> Any:
    return ran("request", "show", request, *AS, "--json").object()["answers"]


def closed(request: str, outcome: str) -> None:
    ran("request", "close", request, "--outcome", outcome, "--why", "the letter", *AS)


# What is not there


def test_an_answer_gives_what_is_there_and_says_of_the_rest_that_there_is_none(district: District) -> None:
    district.upload(CROWD)
    request = received(CROWD)
    answered(request, CROWD, "allow")
    assert "would say something else" in refused(request)
    made = letter(request, *BELL)
    assert "We can give you a part of what you asked for. Of the rest we have no such recording." in made["text"]
    assert "we have no such recording: - the morning bell of Monday" in made["text"]
    assert "RSMo 610.010(6) and RSMo 610.023" in made["text"]
    assert "RSMo 610.027" in made["text"]
    assert not any(each in made["text"] for each in ("keep it back", "hidden", "destroyed"))
    assert "--outcome granted" in made["next"], "what is not there is not withheld"
    closed(request, "granted")
    assert "Del resto no tenemos ninguna grabación así." in letter(request, *BELL, "--lang", "es")["text"]
    assert ledger_holds(district.services)


def test_an_answer_can_hide_give_and_have_no_record_of_a_part(district: District) -> None:
    for key in (TEAM, CROWD):
        district.upload(key)
    request = received(TEAM, CROWD)
    answered(request, TEAM, "redact")
    answered(request, CROWD, "allow")
    made = letter(request, *BELL)
    assert "The law asks us to keep apart what we may not give out" in made["text"]
    assert "- the morning bell of Monday" in made["text"]
    assert "--outcome partly" in made["next"]
    assert "we have no such recording" not in letter(request)["text"]


def test_a_stranger_who_names_a_student_is_not_told_of_what_there_is_no_record(district: District) -> None:
    district.upload(CROWD)
    request = received("--described", "photos of the student", "--student", district.student(HANNAH))
    assert "would tell that there is a record" in refused(request, *BELL)


@pytest.mark.parametrize(
    ("text", "told"),
    [(CROWD, "the key of a recording that the library has or had (R-"), ("Hannah Lindqvist", "may name a student")],
)
def test_no_record_is_said_of_nothing_that_is_there_and_names_nobody(district: District, text: str, told: str) -> None:
    district.upload(CROWD)
    request = received(CROWD)
    answered(request, CROWD, "allow")
    assert told in refused(request, "--no-record", text)


def test_no_record_belongs_to_that_letter_alone(district: District) -> None:
    request = received("--described", "the bell")
    other = call("letter", "write", "acknowledgement", "--request", request, *BELL, *AS)
    assert "--no-record belongs to other letters (redacted-release)" in " ".join(other.err.split())


# What hides others from a family


def test_a_familys_granted_request_says_that_the_copy_hides_others_and_why(district: District) -> None:
    district.upload(TEAM)
    ran("tag", TEAM, "--directory", "not_eligible", *AS)
    mother = f"parent:{district.guardian(INES_MOTHER)}"
    request = received(TEAM, who=mother, purpose="inspection")
    answered(request, TEAM, "redact", mother, "inspection")
    before = letter(request)
    assert "request close" in before["next"]
    assert "--outcome granted" in before["next"]
    closed(request, "granted")
    text = letter(request)["text"]
    assert "We give you what you asked for. Others are in it too, and the copy hides them." in text
    assert "(34 CFR 99.12(a) and RSMo 610.024)" in text
    assert "What the copy hides" in text
    assert "Why it is hidden" in text
    assert text.count("(34 CFR 99.10, 99.12; RSMo 610.021(14))") == 1, "of the boxes that are hidden"
    assert not any(each in text for each in ("a part of what", "keep back", "keep it back"))
    assert before["text"] == text
    spanish = letter(request, "--lang", "es")["text"]
    assert "También aparecen otras personas, y la copia las oculta." in spanish
    assert "We give you what we have of what you asked for." in letter(request, *BELL)["text"]


def test_what_the_register_has_as_granted_in_part_is_told_so_to_a_family_too(district: District) -> None:
    district.upload(TEAM)
    ran("tag", TEAM, "--directory", "not_eligible", *AS)
    mother = f"parent:{district.guardian(INES_MOTHER)}"
    request = received(TEAM, who=mother, purpose="inspection")
    answered(request, TEAM, "redact", mother, "inspection")
    closed(request, "partly")
    assert "We can give you a part of what you asked for." in letter(request)["text"]


def test_a_strangers_copy_is_a_part_and_what_was_given_whole_has_no_such_letter(district: District) -> None:
    for key in (TEAM, CROWD):
        district.upload(key)
    request, whole = received(TEAM), received(CROWD)
    answered(request, TEAM, "redact")
    answered(whole, CROWD, "allow")
    assert "We can give you a part of what you asked for." in letter(request)["text"]
    closed(whole, "granted")
    assert "would say something else" in refused(whole)


@pytest.mark.parametrize("language", ["en", "es"])
def test_what_was_asked_for_is_said_to_be_given_once_none_of_it_waits(district: District, language: str) -> None:
    for key in (PORTRAIT, TEAM):
        district.upload(key)
    ran("custodian", "close", TEAM, "--subdivision", "RSMo 610.021(1)", "--why", "counsel's file", *AS)
    mother = f"parent:{district.guardian(HANNAH_MOTHER)}"
    request = received(PORTRAIT, TEAM, who=mother, purpose="inspection")
    answered(request, PORTRAIT, "allow", mother, "inspection")
    assert call("share", TEAM, "--to", mother, "--purpose", "inspection", "--request", request, *AS).code == 4
    (waiting,) = [each["referral"] for each in shown_answers(request) if each["referral"]]
    told = refused(request, "--lang", language, *BELL)
    assert f"{waiting} of {request} waits in the queue" in told
    assert f"queue show {waiting}" in told
    ran("queue", "close", waiting, "--why", "not given", *AS)
    assert letter(request, "--lang", language, *BELL)["text"]


# The lines of the fee


def test_what_costs_nothing_is_no_line_of_the_fee(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    for each in ("COPYING", "RESEARCH"):
        monkeypatch.setenv(f"DAM_PLUGIN_FEES__{each}_CENTS_AN_HOUR", "1800")
    district.upload(CROWD)
    request = received(CROWD, who=f"parent:{district.guardian(CALEB_FATHER)}", purpose="inspection")
    acknowledge = ("letter", "write", "acknowledgement", "--request", request, *AS, "--json")
    ran("request", "fee", request, "--copying", "10", "--research", "60", *AS)
    text = " ".join(ran(*acknowledge).object()["text"].split())
    assert "- Making the copies: 10 minutes, $3.00 - In all: $3.00" in text
    assert "$0.00" not in text
    assert "Looking for the records" not in text
    ran("request", "fee", request, "--research", "60", *AS)
    text = " ".join(ran(*acknowledge).object()["text"].split())
    assert "You do not have to pay anything." in text
    assert "$0.00" not in text
