"""An order, or a likeness of names, took a right by mistake: whoever mends it reads what was denied by it (34 CFR 99.10(b))."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY, on_day
from command_line import Called, call
from court_orders import BEN, revoking
from district import HANNAH, HANNAH_MOTHER, PORTRAIT, SOFIA, District

AS = ("--as", "custodian:records-office")
CAME = ("--purpose", "inspection", "--received", str(TODAY), "--channel", "letter")
ORDER = ("--provision", "34 CFR 99.4; RSMo 452.375")
LAWYER = "doe-law"
FOLDER = f"{PORTRAIT.rpartition('/')[0]}/"
WAYS = {
    "by key": (PORTRAIT,),
    "by key, of the student": (PORTRAIT, "--student", "S"),
    "by folder": (FOLDER,),
    "by folder, of the student": (FOLDER, "--student", "S"),
    "by glob": (f"{FOLDER}*",),
    "in words": ("--described", "everything of my daughter"),
    "in words, of the student": ("--described", "everything", "--student", "S"),
    "to amend": (PORTRAIT, "--student", "S", "--amend", "the caption is wrong"),
}


@pytest.fixture
def hannah(district: District) -> str:
    district.upload(PORTRAIT)
    return district.student(HANNAH)


@pytest.fixture
def mother(district: District) -> str:
    return district.guardian(HANNAH_MOTHER)


def ran(*words: str) -> Called:
    done = call(*words)
    assert done.code == 0, done.text
    return done


def words_of(called: Called) -> str:
    return " ".join(called.text.split())


def asked(student: str, who: str, way: str) -> str:
    words = [student if each == "S" else each for each in WAYS[way]]
    return str(ran("request", "add", *words, "--from", f"parent:{who}", *CAME, *AS, "--json").object()["id"])


def closed(request: str, outcome: str = "denied", *more: str) -> None:
    ran("request", "close", request, "--outcome", outcome, "--why", "looked", *more, *AS)


def limited(student: str, who: str, *more: str) -> str:
    done = ran("student", "guardian", "limit", student, who, "--seen", "the order", *revoking(), *more, *AS, "--json")
    return str(done.object()["id"])


def end(order: str) -> Called:
    ending = ("student", "guardian", "end", order, "--why", "the order is about another family")
    ran(*ending, *AS)
    with pytest.MonkeyPatch.context() as another:
        another.setattr("dam_plugin.cli.context.system_user", lambda: BEN)
        return ran(*ending, "--as", "designee:principal")


def represent(student: str, mother: str) -> Called:
    Path("signed.pdf").write_bytes(b"signed")
    signed = ("--for", mother, "--name", "Jane Doe", "--seen", "a signed letter", "--file", "signed.pdf")
    return ran("student", "guardian", "represent", student, LAWYER, *signed, *AS)


def requests_check() -> Any:
    (found,) = [each for each in call("doctor", "--json").objects() if each["check"] == "requests"]
    return found


def names(text: str, request: str) -> bool:
    return f"`dam-plugin request reopen {request} --why TEXT`" in text


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("who", ["the mother", "her lawyer"])
def test_what_was_denied_by_an_order_is_named_once_it_ends_and_by_doctor_until_it_is_heard(
    hannah: str, mother: str, who: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    represent(hannah, mother)
    request = asked(hannah, mother if who == "the mother" else LAWYER, way)
    on_day(monkeypatch, 2)
    order = limited(hannah, mother)
    closed(request, "denied", *ORDER)
    assert not names(requests_check()["detail"], request)
    on_day(monkeypatch, 9)
    done = words_of(end(order))
    assert names(done, request)
    assert f"{request} (" in done
    assert f"was closed on {TODAY + timedelta(days=2)} while the order about {hannah} was on file" in done
    check = requests_check()
    assert (check["state"], names(check["detail"], request)) == ("warning", True)
    ran("request", "reopen", request, "--why", "by mistake", *AS)
    assert not names(requests_check()["detail"], request)


def test_what_was_heard_again_and_closed_on_the_day_that_ended_the_order_is_settled(hannah: str, mother: str) -> None:
    order = limited(hannah, mother)
    request = asked(hannah, mother, "by key")
    closed(request, "denied", *ORDER)
    assert names(words_of(end(order)), request)
    assert names(requests_check()["detail"], request)
    ran("request", "reopen", request, "--why", "by mistake", *AS)
    closed(request, "denied", "--provision", "34 CFR 99.31(c)")
    assert not names(requests_check()["detail"], request)


def test_of_what_was_withheld_by_another_provision_it_is_said_to_look(hannah: str, mother: str) -> None:
    order = limited(hannah, mother)
    request = asked(hannah, mother, "by key, of the student")
    closed(request, "denied", "--provision", "34 CFR 99.31(c)")
    done = words_of(end(order))
    assert names(done, request)
    assert "look whether it was for the order" in done


def test_what_was_closed_before_the_order_or_came_of_the_other_parent_is_not_named(
    hannah: str, mother: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    early = asked(hannah, mother, "by key")
    closed(early, "denied", "--provision", "34 CFR 99.31(c)")
    on_day(monkeypatch, 1)
    order = limited(hannah, mother)
    other = asked(hannah, "somebody", "in words, of the student")
    closed(other, "denied", "--provision", "34 CFR 99.30")
    on_day(monkeypatch, 2)
    done = words_of(end(order))
    assert (names(done, early), names(done, other)) == (False, False)
    assert requests_check()["state"] == "ok"


def test_an_order_that_ran_out_took_the_right_until_then(
    hannah: str, mother: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    until = ("--until", str(TODAY + timedelta(days=5)))
    ran("student", "guardian", "limit", hannah, mother, "--seen", "the order", *revoking(), *until, *AS)
    request = asked(hannah, mother, "by key")
    closed(request, "denied", *ORDER)
    on_day(monkeypatch, 9)
    assert not names(requests_check()["detail"], request)


def test_while_a_second_order_stands_nothing_is_named(hannah: str, mother: str) -> None:
    first = limited(hannah, mother)
    request = asked(hannah, mother, "by key")
    closed(request, "denied", *ORDER)
    second = limited(hannah, mother, "--until", str(TODAY + timedelta(days=30)))
    assert second != first
    assert not names(words_of(end(first)), request)
    assert names(words_of(end(second)), request)


@pytest.fixture
def father(district: District, hannah: str) -> str:
    """A guardian of the roster whom an order about somebody of a name like his holds back."""
    named = ("--name", "Robert Q. Lindqvist", "--relation", "father", "--seen", "the order", *revoking())
    ran("student", "guardian", "limit", hannah, *named, *AS)
    file = Path("roster/guardians.csv")
    file.write_text(f"{file.read_text('utf-8').rstrip()}\n{HANNAH},G-9001,R. Lindqvist\n", "utf-8")
    ran("roster", "import", "roster", *AS)
    return district.guardian("G-9001")


@pytest.mark.parametrize("way", WAYS)
def test_what_was_denied_to_a_guardian_taken_for_another_is_named_once_it_is_said_who_they_are(
    hannah: str, father: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_day(monkeypatch, 2)
    request = asked(hannah, father, way)
    closed(request, "denied", *ORDER)
    on_day(monkeypatch, 9)
    verified = ("student", "guardian", "verify", hannah, father, "--seen", "a passport", "--another-person")
    assert names(words_of(ran(*verified, *AS)), request)
    assert names(requests_check()["detail"], request)
    ran("request", "reopen", request, "--why", "another person", *AS)
    assert not names(requests_check()["detail"], request)


@pytest.mark.parametrize("way", WAYS)
def test_of_what_was_denied_before_an_authority_was_on_file_it_is_said_to_look_when_it_was_signed(
    hannah: str, mother: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked(hannah, LAWYER, way)
    closed(request, "denied", "--provision", "34 CFR 99.30")
    on_day(monkeypatch, 3)
    done = words_of(represent(hannah, mother))
    assert names(done, request)
    assert "look whether it was signed when they asked" in done


@pytest.mark.parametrize("who", ["the mother", "her lawyer"])
@pytest.mark.parametrize("way", ["by key", "by folder, of the student", "in words", "to amend"])
def test_what_was_closed_by_a_college_that_never_was_is_named_however_it_was_asked(
    hannah: str, mother: str, who: str, way: str
) -> None:
    represent(hannah, mother)
    ran("student", "college", hannah, "--seen", "a course list", *AS)
    request = asked(hannah, mother if who == "the mother" else LAWYER, way)
    closed(request, "rights-passed")
    left = ran("student", "left-college", hannah, "--on", str(TODAY), "--why", "it was dual credit", *AS)
    assert names(words_of(left), request)
    assert names(requests_check()["detail"], request)


def test_what_was_closed_of_a_student_on_file_as_dead_is_named_once_they_are_alive(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    sofia = district.student(SOFIA)
    ran("student", "died", sofia, "--on", str(TODAY), "--seen", "an obituary", *AS)
    words = ("request", "add", "--described", "my pictures", "--from", f"eligible_student:{sofia}", *CAME, *AS)
    request = str(ran(*words, "--json").object()["id"])
    closed(request, "denied", "--provision", "34 CFR 99.31(c)")
    on_day(monkeypatch, 3)
    assert not names(requests_check()["detail"], request)
    alive = words_of(ran("student", "alive", sofia, "--why", "a namesake", *AS))
    assert names(alive, request)
    assert "look whether it was for that" in alive
    assert names(requests_check()["detail"], request)


def test_what_was_closed_to_a_court_s_guardian_is_named_by_each_step(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    sofia = district.student(SOFIA)
    request = asked(sofia, "keller", "in words, of the student")
    closed(request, "denied", "--provision", "34 CFR 99.30")
    on_day(monkeypatch, 3)
    on_file = ("student", "guardian", "verify", sofia, "keller", "--seen", "a passport", *AS)
    assert names(words_of(ran(*on_file)), request)
    letters = ("student", "guardian", "appointed", sofia, "keller", "--seen", "letters", *revoking())
    ran(*letters, *AS)
    monkeypatch.setattr("dam_plugin.cli.context.system_user", lambda: BEN)
    assert names(words_of(ran(*letters, "--as", "designee:principal")), request)
    assert names(requests_check()["detail"], request)
