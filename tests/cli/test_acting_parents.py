"""Who acts as a parent: a surrogate, a foster parent, an individual in a parent's absence (34 CFR 99.3, 300.30, 300.519)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from clock import TODAY
from command_line import Called, call
from district import HANNAH, HANNAH_MOTHER, NOAH, PORTRAIT, District

from dam_plugin.model import Actor, Guardianship

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
    mother = ("--name", "Bea Lund", "--relation", "mother", "--seen", "a letter", *AS)
    assert "It takes the absence" not in words(call("student", "guardian", "add", hannah, *mother))


@pytest.mark.parametrize(
    ("language", "relation", "says"),
    [
        ("en", "surrogate parent", "Ana Ruiz\nas surrogate parent (34 CFR 300.519)\n"),
        ("es", "surrogate parent", "Ana Ruiz\nen calidad de madre o padre sustituto (34 CFR 300.519)\n"),
        ("en", "caregiver", "Ana Ruiz\nacting as a parent (34 CFR 99.3)\n"),
    ],
)
def test_a_letter_names_as_what_the_person_acts(hannah: str, language: str, relation: str, says: str) -> None:
    absent = ("--absence", "both parents are abroad") if relation == "caregiver" else ()
    who = acting(hannah, relation, *PAPER, *absent)
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


def on_file(student: str) -> list[Any]:
    return list(call("student", "show", student, *AS, "--json").object()["guardianships"])


@pytest.mark.parametrize(
    "relation",
    [
        "stepfather", "Step-Mother", "grandmother", "aunt", "older brother", "cousin", "father's partner", "boyfriend",
        "host family", "neighbour", "padrastro", "abuela", "tía", "novio de la madre", "a friend", "caregiver",
        "acting as a parent",
    ],
)  # fmt: skip
def test_who_is_no_parent_by_their_relation_is_refused_while_one_is_on_file(
    district: District, hannah: str, relation: str
) -> None:
    refused = add(hannah, relation)
    assert refused.code == 1
    assert f"of {hannah} these are on file with them: {district.guardian(HANNAH_MOTHER)}" in words(refused)
    assert "(34 CFR 99.3, 300.30(a)(4), (b)(1))" in words(refused)
    assert on_file(hannah) == []


@pytest.mark.parametrize(
    "relation", ["Mother", "Mamá", "padre", "adoptive father", "Padre adoptivo", "legal guardian", "tutora legal"]
)
def test_a_parent_and_a_guardian_need_nobodys_absence(hannah: str, relation: str) -> None:
    done = add(hannah, relation)
    assert (done.code, "What proves it" in words(done)) == (0, False)
    (kept,) = on_file(hannah)
    assert kept["relation"] == relation
    assert add(hannah, relation, "--absence", "abroad").code == 1


def test_who_acts_as_a_parent_counts_once_the_absence_is_said(hannah: str) -> None:
    assert add(hannah, "grandmother", "--absence", " ").code == 1
    done = add(hannah, "grandmother", "--absence", "both parents are in prison: letter of the facility")
    assert (done.code, "that the student lives with them" in words(done)) == (0, True)
    (kept,) = on_file(hannah)
    seen = (
        "appointment of 3 September; no parent or guardian is there: both parents are in prison: letter of the facility"
    )
    assert (kept["seen"], kept["relation"]) == (seen, "grandmother")
    assert not warned(kept["guardian"])


def test_where_no_parent_is_on_file_with_rights_a_grandparent_acts_as_one(district: District, hannah: str) -> None:
    mother = district.guardian(HANNAH_MOTHER)
    order = ("--seen", "order of the court", "--file", "appointment.pdf")
    assert call("student", "guardian", "limit", hannah, mother, *order, *AS).code == 0
    done = add(hannah, "grandmother", "--another-person")
    assert (done.code, "that the student lives with them" in words(done)) == (0, True)
    grandfather = ("--name", "Per Lund", "--relation", "grandfather", "--another-person", "--seen", "lives there", *AS)
    assert call("student", "guardian", "add", hannah, *grandfather).code == 0


def test_a_decree_that_ends_the_parents_rights_says_the_absence(district: District, hannah: str) -> None:
    mother = district.guardian(HANNAH_MOTHER)
    assert add(hannah, "grandmother", "--in-place-of", mother, *PAPER).code == 0


def test_a_stepfather_who_signs_is_not_sent_to_be_added(district: District, hannah: str) -> None:
    signed = (
        "--signed-by",
        "k-heyer",
        "--signed-on",
        str(TODAY),
        "--proof",
        "the form",
        "--purpose",
        "social-media",
        "--party",
        "public",
    )
    told = words(call("consent", "add", hannah, *signed, *AS))
    assert "A step- or grandparent, or whoever else lives with the student, signs only in the absence" in told


def warned(guardian: str) -> bool:
    (check,) = [each for each in call("doctor", "--json").objects() if each["check"] == "guardians"]
    assert (check["state"] == "warning") is (guardian in check["detail"])
    return guardian in check["detail"]


@pytest.fixture
def stepfather(district: District, hannah: str) -> str:
    """Added by an earlier version, which asked nothing."""
    who = district.services.pseudonyms.guardian("k-heyer")
    kept = Guardianship(
        hannah,
        who,
        "guardian",
        TODAY,
        "lives in the home",
        Actor("custodian"),
        name="Karl Heyer",
        relation="stepfather",
    )
    with district.services.store.writing() as unit:
        unit.people.add_guardianship(kept, district.services.now())
    return who


@pytest.mark.parametrize(
    "more", [("--absence", "the mother is abroad"), ("--relation", "guardian"), ("--relation", "adoptive father")]
)
def test_who_is_on_file_from_before_stays_and_the_doctor_names_them_until_it_is_said_why(
    hannah: str, stepfather: str, more: tuple[str, ...]
) -> None:
    assert warned(stepfather)
    again = ("student", "guardian", "add", hannah, stepfather, "--seen", "a paper", *AS)
    for refused in (call(*again), call("student", "guardian", "verify", hannah, stepfather, "--seen", "a paper", *AS)):
        assert (refused.code, "only in the absence" in words(refused)) == (1, True)
    assert stepfather in call("student", "show", hannah, *AS, "--json").object()["guardians_today"]
    assert call(*again, *more).code == 0
    assert stepfather in call("student", "show", hannah, *AS, "--json").object()["guardians_today"]
    assert not warned(stepfather)


def test_what_somebody_is_to_another_student_says_nothing_of_this_one(
    district: District, hannah: str, stepfather: str
) -> None:
    noah = district.student(NOAH)
    to_noah = ("student", "guardian", "add", noah, stepfather, "--seen", "birth certificate", *AS)
    asked = words(call(*to_noah))
    assert "say what they are to this one, --relation" in asked
    assert call(*to_noah, "--relation", "father").code == 0
