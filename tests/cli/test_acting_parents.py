"""Who acts as a parent: a surrogate, a foster parent, an individual in a parent's absence (34 CFR 99.3, 300.30, 300.519)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from clock import TODAY
from command_line import Called, call
from district import HANNAH, HANNAH_MOTHER, PORTRAIT, District

AS = ("--as", "custodian:records-office")


@pytest.fixture
def hannah(district: District) -> str:
    district.upload(PORTRAIT)
    assert call("tag", PORTRAIT, "--directory", "not_eligible", *AS).code == 0
    Path("appointment.pdf").write_bytes(b"%PDF-1.7 appointment")
    return district.student(HANNAH)


def add(student: str, relation: str, *more: str) -> Called:
    named = ("--name", "Ana Ruiz", "--relation", relation, "--seen", "appointment of 3 September")
    return call("student", "guardian", "add", student, *named, *more, *AS)


def words(done: Called) -> str:
    return " ".join(done.text.split())


def acting(student: str, relation: str, *more: str) -> str:
    done = add(student, relation, *more, "--json")
    assert done.code == 0, done.text
    return str(done.object()["guardian"])


def letter(kind: str, *more: str) -> Any:
    return call("letter", "write", kind, *more, *AS, "--json").object()["text"]


PAPER = ("--file", "appointment.pdf")


@pytest.mark.parametrize(
    "relation", ["surrogate parent", "Surrogate-Parent", "educational surrogate", "madre sustituta"]
)
def test_a_surrogate_parent_is_added_with_a_copy_of_the_appointment(hannah: str, relation: str) -> None:
    refused = add(hannah, relation)
    assert (refused.code, "written appointment by the agency or a court" in words(refused)) == (1, True)
    assert "34 CFR 300.519" in words(refused)
    told = words(add(hannah, relation, *PAPER))
    assert "holds a parent's rights as surrogate parent (34 CFR 300.519)" in told


def test_the_surrogate_parent_inspects_the_record(hannah: str) -> None:
    who = acting(hannah, "surrogate parent", *PAPER)
    asked = call("share", PORTRAIT, "--to", f"parent:{who}", "--purpose", "inspection", *AS, "--json").object()
    assert (asked["outcome"], asked["basis"]) == ("allow", {hannah: "EX2"})


def test_who_holds_the_rights_besides_is_said_of_whoever_acts_in_their_absence(district: District, hannah: str) -> None:
    told = words(add(hannah, "foster mother"))
    assert "as foster parent (34 CFR 99.3). What proves it: the placement" in told
    assert "It takes the absence of a parent or guardian, and others are on file" in told
    assert district.guardian(HANNAH_MOTHER) in told
    aunt = ("--name", "Bea Lund", "--relation", "aunt", "--seen", "a letter", *AS)
    assert "It takes the absence" not in words(call("student", "guardian", "add", hannah, *aunt))


@pytest.mark.parametrize(
    ("language", "relation", "says"),
    [
        ("en", "surrogate parent", "Ana Ruiz\nas surrogate parent (34 CFR 300.519)\n"),
        ("es", "surrogate parent", "Ana Ruiz\nen calidad de madre o padre sustituto (34 CFR 300.519)\n"),
        ("en", "caregiver", "Ana Ruiz\nacting as a parent (34 CFR 99.3)\n"),
    ],
)
def test_a_letter_names_as_what_the_person_acts(hannah: str, language: str, relation: str, says: str) -> None:
    who = acting(hannah, relation, *PAPER)
    came = ("--received", str(TODAY), "--channel", "letter", "--purpose", "inspection", "--json")
    for person, is_told in ((who, True), (call("student", "show", hannah, "--json").object()["guardians"][0], False)):
        request = call("request", "add", PORTRAIT, *came, "--from", f"parent:{person}").object()["id"]
        text = letter("acknowledgement", "--request", request, "--name", "Ana Ruiz", "--lang", language)
        assert (says in text) is is_told, text


def test_a_letter_that_confirms_an_opt_out_names_it_too_and_no_more_once_it_ended(hannah: str) -> None:
    who = acting(hannah, "foster parent")
    call("student", "opt-out", hannah, "--by", who, *AS)
    confirmed = ("opt-out-confirmed", "--opt-out", hannah, "--guardian", who, "--name", "Ana Ruiz")
    assert "Ana Ruiz\nas foster parent (34 CFR 99.3)\n" in letter(*confirmed)
    call("student", "guardian", "remove", hannah, who, "--why", "the placement ended", *AS)
    assert "as foster parent" not in call("letter", "write", *confirmed, *AS).text
