"""A parent under a second spelling or id: an order binds whoever it is about, however they are written down (34 CFR 99.4)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from command_line import Called, call
from court_orders import revoking
from district import HANNAH, HANNAH_MOTHER, INES, PORTRAIT, District
from use_cases import ledger_holds

AS = ("--as", "custodian:records-office")
ORDER = ("--seen", "order of the circuit court")
FATHER = ("--name", "Tomás Lindqvist", "--relation", "father")
INES_FATHER = "G-2112"


@pytest.fixture
def hannah(district: District) -> str:
    district.upload(PORTRAIT)
    return district.student(HANNAH)


def added(student: str, *words: str) -> Called:
    return call("student", "guardian", "add", student, *words, "--seen", "birth certificate", *AS)


def father(student: str) -> str:
    """Put the father on file by hand; return his id."""
    done = call("student", "guardian", "add", student, *FATHER, "--seen", "birth certificate", *AS, "--json")
    assert done.code == 0, done.text
    return str(done.object()["guardian"])


def limits(student: str, person: str, *more: str) -> Called:
    return call("student", "guardian", "limit", student, person, *ORDER, *revoking(), *more, *AS)


def asks(who: str) -> Any:
    return call("share", PORTRAIT, "--to", f"parent:{who}", "--purpose", "inspection", *AS, "--json").object()


def mistyped(person: str) -> str:
    return person[:-1] + ("8" if person[-1] != "8" else "9")


@pytest.mark.parametrize("text", ["Tomas", "tomás", "TOMA\u0301S", "tomas lindqvist"])
def test_a_name_is_found_without_its_accents(hannah: str, text: str) -> None:
    father(hannah)
    (found,) = call("student", "find", text, *AS, "--json").objects()
    assert found["id"] == hannah


@pytest.mark.parametrize("name", ["Javier Munoz", "Munoz, Javier", "J. Muñoz", "Javier Muñoz Ortiz"])
def test_a_second_spelling_of_a_guardians_name_is_asked_about(district: District, name: str) -> None:
    ines, on_roster = district.student(INES), district.guardian(INES_FATHER)
    asked = added(ines, "--name", name, "--relation", "father")
    assert (asked.code, on_roster in asked.err) == (1, True)
    assert added(ines, "--name", name, "--relation", "father", "--another-person").code == 0


def test_a_second_spelling_for_another_student_is_asked_about(district: District, hannah: str) -> None:
    asked = added(hannah, "--name", "Javier Munoz", "--relation", "father")
    assert (asked.code, district.guardian(INES_FATHER) in asked.err) == (1, True)


def test_an_id_that_is_one_character_off_is_asked_about(district: District, hannah: str) -> None:
    mother = district.guardian(HANNAH_MOTHER)
    wrong = mistyped(mother)
    verify = ("student", "guardian", "verify", hannah, wrong, "--seen", "a passport")
    asked = call(*verify, *AS)
    assert (asked.code, f"differs in one character from {mother}" in " ".join(asked.err.split())) == (1, True)
    assert asks(wrong)["basis"] == {}
    assert call(*verify, "--another-person", *AS).code == 0
    assert asks(wrong)["basis"] == {hannah: "EX2"}


@pytest.mark.parametrize(
    "change", [lambda each: each[:-1], lambda each: f"{each}7", lambda each: each[:-2] + each[:-3:-1]]
)
def test_a_character_too_few_or_too_many_or_two_exchanged_is_asked_about(
    district: District, hannah: str, change: Any
) -> None:
    wrong = change(district.guardian(HANNAH_MOTHER))
    asked = call("student", "guardian", "verify", hannah, wrong, "--seen", "a passport", *AS)
    assert (asked.code, "differs in one character" in " ".join(asked.err.split())) == (1, True)


def test_a_finding_asks_about_such_an_id_too(district: District, hannah: str) -> None:
    assert call("tag", PORTRAIT, "--directory", "not_eligible", *AS).code == 0
    wrong = mistyped(district.guardian(HANNAH_MOTHER))
    (left,) = asks(wrong)["referrals"]
    found = ("queue", "finding", left["id"], "parent_verified", "--student", hannah, "--seen", "a passport")
    asked = call(*found, *AS)
    assert (asked.code, "differs in one character" in " ".join(asked.err.split())) == (1, True)
    assert call(*found, "--another-person", *AS).code == 0


def test_an_order_asks_of_each_who_has_a_say_by_hand_whether_it_is_the_person(district: District, hannah: str) -> None:
    first = father(hannah)
    second = call(
        "student", "guardian", "verify", hannah, mistyped(first), *("--seen", "a passport", "--another-person"), *AS
    )
    assert second.code == 0
    asked = limits(hannah, first)
    assert (asked.code, mistyped(first) in asked.err, "--same-person" in asked.err) == (1, True, True)
    assert asks(first)["basis"] == {hannah: "EX2"}, "nothing was kept"
    done = limits(hannah, first, "--same-person", mistyped(first))
    assert (done.code, f"under these ids, too: {mistyped(first)}" in " ".join(done.text.split())) == (0, True)
    for each in (first, mistyped(first)):
        assert "EX2" not in asks(each)["basis"].values()
    assert ledger_holds(district.services)


def test_somebody_else_keeps_their_rights(district: District, hannah: str) -> None:
    first = father(hannah)
    assert added(hannah, "--name", "Ana Ortiz", "--relation", "foster mother").code == 0
    shown = call("student", "show", hannah, *AS, "--json").object()
    (aunt,) = (each["guardian"] for each in shown["guardianships"] if each["name"] == "Ana Ortiz")
    assert limits(hannah, first).code == 1
    assert limits(hannah, first, "--other-person", aunt).code == 0
    assert asks(aunt)["basis"] == {hannah: "EX2"}


def test_a_mother_of_another_name_on_the_roster_is_not_asked_about(district: District, hannah: str) -> None:
    done = limits(hannah, father(hannah))
    assert done.code == 0, done.text


def test_the_finding_of_an_order_asks_the_same(district: District, hannah: str) -> None:
    first = father(hannah)
    assert added(hannah, "--name", "Ana Ortiz", "--relation", "foster mother").code == 0
    assert call("tag", PORTRAIT, "--directory", "not_eligible", *AS).code == 0
    (left,) = asks("nobody-known")["referrals"]
    words = ("queue", "finding", left["id"], "rights_limited", "--student", hannah, "--guardian", first)
    Path("order.pdf").write_bytes(b"%PDF-1.7 an order")
    asked = call(*words, *ORDER, "--file", "order.pdf", *AS)
    assert (asked.code, "--other-person" in asked.err) == (1, True)
    shown = call("student", "show", hannah, *AS, "--json").object()
    (aunt,) = (each["guardian"] for each in shown["guardianships"] if each["name"] == "Ana Ortiz")
    assert call(*words, *ORDER, "--file", "order.pdf", "--same-person", aunt, *AS).code != 1
    for each in (first, aunt):
        assert "EX2" not in asks(each)["basis"].values()
