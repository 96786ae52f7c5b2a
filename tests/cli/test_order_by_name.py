"""A court order against a parent whom the roster lacks: it is entered by the name, and meets whoever comes under it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from command_line import Called, call
from court_orders import revoking
from district import HANNAH, HANNAH_MOTHER, PORTRAIT, TEAM, District

from dam_plugin.cli import context
from dam_plugin.store import SystemUser

CUSTODIAN, STAFF = ("--as", "custodian:records-office"), ("--as", "media_staff:desk")
SEEN = ("--seen", "order of the circuit court")
FATHER = "Robert Q. Lindqvist"
LATER = "G-9001"


@pytest.fixture(autouse=True)
def _ada(monkeypatch: pytest.MonkeyPatch) -> None:
    run_as(monkeypatch, "ada")


def run_as(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(context, "system_user", lambda: SystemUser(name, name))


@pytest.fixture
def hannah(district: District) -> str:
    district.upload(PORTRAIT)
    return district.student(HANNAH)


def limits(student: str, *words: str, name: str = FATHER) -> Called:
    return call("student", "guardian", "limit", student, "--name", name, *SEEN, *revoking(), *words, *CUSTODIAN)


def limited(student: str, *words: str) -> Any:
    done = limits(student, *words, "--json")
    assert done.code == 0, done.text
    return done.object()


def asks(who: str, *by: str, key: str = PORTRAIT) -> Any:
    words = ("share", key, "--to", f"parent:{who}", "--purpose", "inspection", *(by or CUSTODIAN), "--json")
    return call(*words).object()


def clauses(told: Any) -> list[str]:
    return [each["clause"] for each in told["reasons"]]


def verify(student: str, who: str, *more: str) -> Called:
    return call("student", "guardian", "verify", student, who, "--seen", "a passport", *more, *CUSTODIAN)


def today(student: str) -> list[str]:
    found: list[str] = call("student", "show", student, *CUSTODIAN, "--json").object()["guardians_today"]
    return found


def comes(district: District, name: str, *, number: str = LATER) -> str:
    """A later roster has another guardian of Hannah, under this name; return the guardian's id."""
    file = Path("roster/guardians.csv")
    file.write_text(f"{file.read_text('utf-8').rstrip()}\n{HANNAH},{number},{name}\n", "utf-8")
    done = call("roster", "import", "roster", *CUSTODIAN)
    assert done.code == 0, done.text
    return district.guardian(number)


# Entering it


def test_an_order_is_entered_by_the_name_with_its_paper_and_gives_the_person_nothing(
    district: District, hannah: str
) -> None:
    Path("order.pdf").write_bytes(b"%PDF-1.7\norder\n")
    before = today(hannah)
    stated = limited(hannah, "--relation", "father", "--file", "order.pdf")
    assert (stated["what"], stated["name"], stated["relation"]) == ("limited", FATHER, "father")
    assert stated["paper"] == hashlib.sha256(b"%PDF-1.7\norder\n").hexdigest()
    assert today(hannah) == before
    shown = " ".join(call("student", "show", hannah, *CUSTODIAN).out.split())
    assert "Robert Q." in shown
    for who in ((), STAFF):
        seen = call("student", "show", hannah, *who)
        assert not [each for each in ("Robert", stated["guardian"], stated["id"]) if each in seen.text]
    assert "Robert" not in call("ledger", "show", *CUSTODIAN, "--kind", "guardianship").text


def test_the_paper_need_not_be_of_a_person_on_file_but_some_name_or_id_has_to_be_given(hannah: str) -> None:
    refused = call("student", "guardian", "limit", hannah, *SEEN, *CUSTODIAN)
    assert (refused.code, "say whom the order is about" in refused.err) == (1, True)
    refused = call("student", "guardian", "limit", hannah, "G-9001", *SEEN, *revoking(), *CUSTODIAN)
    assert (refused.code, "--name NAME, as the paper has it" in " ".join(refused.err.split())) == (1, True)


def test_a_second_person_who_enters_the_same_order_confirms_it(hannah: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = limited(hannah)
    run_as(monkeypatch, "ben")
    again = limited(hannah)
    assert (again["id"], again["guardian"], again["by_two"]) == (first["id"], first["guardian"], True)


def test_a_guardian_on_file_of_that_name_is_asked_about_first(district: District, hannah: str) -> None:
    mother = district.guardian(HANNAH_MOTHER)
    for name in ("Karin Lindqvist", "K. Lindqvist", "LINDQVIST, Karin Maria"):
        refused = limits(hannah, name=name)
        assert (refused.code, f"{mother} is on file as a guardian" in refused.err) == (1, True)
    refused = limits(hannah, "--another-person", name="Karin Lindqvist")
    assert (refused.code, f"verify {hannah} {mother}" in " ".join(refused.err.split())) == (1, True)
    assert verify(hannah, mother).code == 0
    assert limits(hannah, "--another-person", name="Karin Lindqvist").code == 0
    assert today(hannah) == [mother]


def test_the_custodian_alone_finds_the_student_by_the_name_of_the_order(hannah: str) -> None:
    order = limited(hannah)
    found = call("student", "find", "Robert Q", *CUSTODIAN, "--json").objects()
    assert [(each["id"], each["found_by"]) for each in found] == [(hannah, [order["guardian"]])]
    for who in ((), STAFF):
        assert call("student", "find", "Robert Q", *who, "--json").objects() == []


# Who asks later


def test_who_asks_and_is_not_known_is_met_by_the_order_before_anybody_verifies_them(hannah: str) -> None:
    order = limited(hannah)
    told = asks("r-lind")
    assert (told["outcome"], told["token"]) == ("refer", None)
    referral = told["referrals"][0]["id"]
    shown = " ".join(call("queue", "show", referral, *CUSTODIAN).out.split())
    assert f"it is about {order['guardian']}, and nobody knows yet who this person is" in shown
    assert FATHER in " ".join(call("queue", "show", referral, "--names", *CUSTODIAN).out.split())
    assert "court order" not in call("queue", "show", referral, *STAFF).text
    words = ("queue", "finding", referral, "parent_verified", "--student", hannah, "--seen", "a passport", *CUSTODIAN)
    refused = call(*words)
    assert (refused.code, order["guardian"] in refused.err, "--another-person" in refused.err) == (1, True, True)
    assert call(*words, "--another-person", "--json").object()["answer"]["outcome"] == "allow"


@pytest.mark.parametrize("typed", [FATHER, "lindqvist, robert q", "Mr. Robert Q Lindqvist"])
def test_by_the_name_of_the_order_nobody_is_verified_or_added(hannah: str, typed: str) -> None:
    order = limited(hannah)
    for more in ((), ("--another-person",)):
        refused = verify(hannah, typed, *more)
        assert (refused.code, order["guardian"] in refused.err) == (1, True)
        added = ("student", "guardian", "add", hannah, "--name", typed, "--relation", "father", *SEEN, *CUSTODIAN)
        assert call(*added, *more).code == 1
    told = asks(typed)
    assert (told["outcome"], [each for each in told["notes"] if order["id"] in each] != []) == ("refer", True)
    refused = verify(hannah, order["guardian"])
    assert (refused.code, order["id"] in refused.err) == (1, True)


def test_who_asks_and_turns_out_to_be_the_person_of_the_order_is_limited_by_a_finding(hannah: str) -> None:
    limited(hannah)
    referral = asks("r-lind")["referrals"][0]["id"]
    words = ("queue", "finding", referral, "rights_limited", "--student", hannah, *SEEN, *revoking())
    refused = call(*words, *CUSTODIAN)
    assert (refused.code, "--name NAME" in refused.err) == (1, True)
    said = call(*words, "--name", FATHER, *CUSTODIAN, "--json")
    assert said.code in (3, 4), said.text
    refused = verify(hannah, "r-lind", "--another-person")
    assert (refused.code, "a court order limits this person's rights" in refused.err) == (1, True)
    assert not asks("r-lind")["token"]


# Who comes into the roster later


@pytest.mark.parametrize("name", [FATHER, "Bob Lindqvist", "R. Lindqvist", "Lindqvist Robert"])
def test_a_guardian_who_comes_into_the_roster_under_that_name_is_met_by_the_order(
    district: District, hannah: str, name: str
) -> None:
    order = limited(hannah)
    father, mother = comes(district, name), district.guardian(HANNAH_MOTHER)
    assert today(hannah) == [mother]
    told = asks(father)
    assert (told["outcome"], told["token"], told["basis"]) == ("refer", None, {})
    (note,) = [each for each in told["notes"] if order["id"] in each]
    assert f"verify {hannah} {father} --seen TEXT --another-person" in note
    assert not asks(father, *STAFF)["notes"]
    assert f"{order['id']} names somebody whom the roster lacked, and '{father}' may be that person" in " ".join(
        call("student", "show", hannah, *CUSTODIAN).out.split()
    )
    assert asks(mother)["basis"] == {hannah: "EX2"}


def test_it_is_somebody_else_once_the_custodian_says_so_and_it_is_on_record(district: District, hannah: str) -> None:
    order = limited(hannah)
    uncle = comes(district, "Rob Lindqvist")
    referral = asks(uncle)["referrals"][0]["id"]
    refused = verify(hannah, uncle)
    assert (refused.code, order["id"] in refused.err, "--another-person" in refused.err) == (1, True, True)
    words = ("queue", "finding", referral, "parent_verified", "--student", hannah, "--seen", "a passport", *CUSTODIAN)
    assert call(*words).code == 1
    said = call(*words, "--another-person", "--json").object()["answer"]
    assert (said["outcome"], said["basis"]) == ("allow", {hannah: "EX2"})
    assert uncle in today(hannah)


def test_a_guardian_of_another_name_and_another_students_are_not_met_by_it(district: District, hannah: str) -> None:
    limited(hannah)
    aunt = comes(district, "Astrid Holm")
    assert asks(aunt)["basis"] == {hannah: "EX2"}


def test_a_guardian_whom_the_roster_does_not_name_waits_until_somebody_says_who_that_is(
    district: District, hannah: str
) -> None:
    limited(hannah)
    unknown = comes(district, "")
    told = asks(unknown)
    assert (told["outcome"], told["token"], "EX2-RELATION" in clauses(told)) == ("refer", None, True)
    assert [each for each in told["notes"] if f"the roster has no name of {unknown}" in each]
    assert verify(hannah, unknown).code == 0
    assert asks(unknown)["basis"] == {hannah: "EX2"}


def test_what_the_person_of_the_order_signs_counts_for_nothing_once_the_roster_has_them(
    district: District, hannah: str
) -> None:
    limited(hannah)
    father = comes(district, FATHER)
    day = district.services.now().date().isoformat()
    words = ("--purpose", "website", "--signed-on", day, "--party", "public", "--proof", "binder 3", *CUSTODIAN)
    refused = call("consent", "add", hannah, "--signed-by", father, *words)
    assert (refused.code, "no guardian with rights" in refused.err) == (1, True)


def test_the_order_ends_by_two_people_and_meets_nobody_any_more(
    district: District, hannah: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = limited(hannah)
    father = comes(district, FATHER)
    end = ("student", "guardian", "end", order["id"], "--why", "it was set aside")
    assert "It takes two people" in call(*end, *CUSTODIAN).text
    assert not asks(father)["basis"]
    run_as(monkeypatch, "ben")
    assert call(*end, "--as", "designee:ben").code == 0
    assert asks(father)["basis"] == {hannah: "EX2"}


# An order that keeps the whereabouts alone


def test_an_order_about_the_whereabouts_meets_the_person_verified_later(district: District, hannah: str) -> None:
    order = limited(hannah, "--only", "whereabouts")
    father = order["guardian"]
    assert verify(hannah, father).code == 0
    told = asks(father)
    assert (told["outcome"], told["token"], "EX2-RELATION" in clauses(told)) == ("refer", None, True)
    assert [each for each in told["notes"] if order["id"] in each]


def test_an_order_about_the_whereabouts_meets_the_person_before_they_are_verified(
    district: District, hannah: str
) -> None:
    district.upload(TEAM)
    order = limited(hannah, "--only", "whereabouts")
    for typed in (FATHER, order["guardian"]):
        told = asks(typed, key=TEAM)
        assert (told["outcome"], told["token"], clauses(told)[0]) == ("refer", None, "EX2-RELATION")
