"""`ledger correct`: a line for the wrong student stays, with its correction beside it (34 CFR 99.20, 99.32)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from command_line import Called, call
from court_orders import BEN
from district import (
    CALEB,
    CALEB_FATHER,
    HALLWAY,
    HANNAH,
    HANNAH_MOTHER,
    INES,
    INES_MOTHER,
    OWEN,
    PORTRAIT,
    UNTITLED,
    District,
)
from use_cases import ledger_holds

from dam_plugin.cli import ledger as cli
from dam_plugin.store import SystemUser

AS, COUNSEL = ("--as", "custodian:lopez"), ("--as", "designee:principal")
SCHOOL = "other_school:lincoln-high"
WRONG = "This line was entered for the wrong student. The records office corrected it on"


@pytest.fixture
def two(district: District) -> tuple[str, str]:
    district.upload(HALLWAY)
    return district.student(CALEB), district.student(OWEN)


@pytest.fixture
def share(two: tuple[str, str]) -> str:
    """What was recorded for the first of the two, though the other's copy went; its id."""
    words = ("--to", SCHOOL, "--purpose", "transfer", "--as", "media_staff:desk-2")
    referral = call("share", HALLWAY, *words, "--json").object()["referrals"][0]["id"]
    enrolled = ("--enrolled", "the registrar, called back", "--how", "disc")
    given = ("--disclosed-to", SCHOOL, "--basis", "TRANSFER", "--students", two[0], *enrolled, "--why", "sent")
    return str(call("queue", "close", referral, *given, *AS, "--json").object()["disclosed"]["share"])


def corrects(share: str, student: str, *more: str, by: tuple[str, ...] = AS, user: SystemUser | None = None) -> Called:
    why = () if "--why" in more else ("--why", "the other student's copy went")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cli, "system_user", lambda: user or SystemUser("1000", "ada"))
        return call("ledger", "correct", share, "--student", student, *why, *more, *by)


def agrees(share: str, student: str, *more: str) -> Called:
    return corrects(share, student, "--why", "the registrar confirmed it", *more, by=COUNSEL, user=BEN)


def line(student: str) -> Any:
    (one,) = (
        each for each in call("ledger", "student", student, *AS, "--json").objects() if each["what"] == "handed over"
    )
    return one


def page(student: str, language: str = "en") -> str:
    made = call("ledger", "student", student, "--page", "p.html", "--without-pictures", "--language", language, *AS)
    assert made.code == 0, made.text
    return " ".join(Path("p.html").read_text("utf-8").split())


def test_two_people_put_a_correction_beside_the_line_and_the_line_stays(
    district: District, two: tuple[str, str], share: str
) -> None:
    before = line(two[0])
    first = corrects(share, two[0])
    assert (first.code, "It takes two people" in first.text) == (0, True)
    assert (line(two[0]), WRONG in page(two[0])) == (before, False)
    assert agrees(share, two[0]).code == 0
    after = line(two[0])
    told = after.pop("remark")
    assert {name: value for name, value in before.items() if name not in ("remark", "happened")} == {
        name: value for name, value in after.items() if name != "happened"
    }
    assert after["required"]
    assert "entered for the wrong student" in told
    assert "custodian:lopez and designee:principal: the other student's copy went; the registrar confirmed it" in told
    shown = page(two[0])
    assert (WRONG in shown, "lincoln" in shown.casefold(), "the registrar confirmed it" in shown) == (True, True, True)
    assert "se anotó por error" in page(two[0], "es")
    exported = call("ledger", "export", "--out", "-").out
    assert "the registrar confirmed it" in exported
    assert "seeks to enroll" in shown, "the line itself is as it was entered"
    assert ledger_holds(district.services)


def test_one_person_corrects_nothing(two: tuple[str, str], share: str) -> None:
    assert corrects(share, two[0]).code == 0
    twice = corrects(share, two[0])
    assert (twice.code, "two people" in twice.err) == (1, True)
    assert corrects(share, two[0], by=("--as", "media_staff:desk")).code == 1
    assert WRONG not in page(two[0])


def test_it_opens_and_deletes_nothing_and_a_second_correction_is_refused(two: tuple[str, str], share: str) -> None:
    corrects(share, two[0])
    agrees(share, two[0])
    again = corrects(share, two[0])
    assert (again.code, "corrected already" in again.err) == (1, True)
    assert call("share", HALLWAY, "--to", SCHOOL, "--purpose", "transfer", *AS, "--json").object()["basis"] == {}
    assert call("ledger", "verify").code == 0


def test_a_correction_that_was_wrong_goes_by_two_people(two: tuple[str, str], share: str) -> None:
    assert corrects(share, two[0], "--stands").code == 1
    corrects(share, two[0])
    agrees(share, two[0])
    assert corrects(share, two[0], "--stands").code == 0
    assert WRONG in page(two[0])
    assert agrees(share, two[0], "--stands").code == 0
    assert WRONG not in page(two[0])


def test_only_a_line_by_hand_of_this_student_is_corrected(district: District, two: tuple[str, str], share: str) -> None:
    other = corrects(share, two[1])
    assert (other.code, "was not recorded for" in other.err) == (1, True)
    asked = call("share", HALLWAY, "--to", "public:channel-9", "--purpose", "news", *AS, "--json").object()
    decided = corrects(asked["share"], two[0])
    assert (decided.code, "decided by the plugin" in decided.err) == (1, True)
    assert corrects("sh-0000000000000000", two[0]).code == 1
    assert corrects(share, two[0], "--why", " ").code == 1


def asked(student: str) -> Any:
    (one,) = (
        each for each in call("ledger", "student", student, *AS, "--json").objects() if each["share"][:3] == "RQ-"
    )
    return one


def test_a_request_for_the_wrong_student_is_corrected_too(district: District, two: tuple[str, str]) -> None:
    words = ("--from", "parent:G-4211", "--purpose", "inspection", "--received", "2026-01-05", "--channel", "telephone")
    added = call(
        "request", "add", HALLWAY, *words, "--described", f"the fight, about {two[0]}", "--want", "view", *AS, "--json"
    )
    request = added.object()["id"]
    assert call("request", "withdraw", request, "--why", "entered for the wrong student", *AS).code == 0
    assert "it was withdrawn" in asked(two[0])["remark"]
    assert corrects(request, district.student(HANNAH)).code == 1
    assert corrects(request, two[0]).code == 0
    assert agrees(request, two[0]).code == 0
    assert "entered for the wrong student, as was corrected on" in asked(two[0])["remark"]
    shown = page(two[0])
    assert (WRONG in shown, "It was withdrawn." in shown) == (True, True)
    assert corrects("RQ-000099", two[0]).code == 1
    assert call("ledger", "verify").code == 0


@pytest.fixture
def mailed(district: District) -> str:
    """What was entered as asked for by a mother of a student in it, and mailed to another family's father; its id."""
    district.upload(PORTRAIT)
    mother = f"parent:{district.guardian(HANNAH_MOTHER)}"
    given = call("share", PORTRAIT, "--to", mother, "--purpose", "inspection", *AS, "--json").object()
    assert call("open", given["token"]).code == 0
    return str(given["share"])


def went_to(share: str, to: str, *more: str, by: tuple[str, ...] = AS, user: SystemUser | None = None) -> Called:
    why = ("--why", "the link was mailed to the other family")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cli, "system_user", lambda: user or SystemUser("1000", "ada"))
        return call("ledger", "correct", share, "--went-to", to, *why, *more, *by)


def record(student: str, *more: str) -> list[Any]:
    return call("ledger", "student", student, *more, *AS, "--json").objects()


def test_two_people_say_who_received_what_went_to_the_wrong_family(district: District, mailed: str) -> None:
    hannah, father = district.student(HANNAH), f"parent:{district.guardian(CALEB_FATHER)}"
    before = record(hannah)
    first = went_to(mailed, father)
    assert (first.code, "It takes two people" in first.text, "dam-plugin revoke" in first.text) == (0, True, True)
    assert record(hannah) == before
    assert went_to(mailed, father, by=COUNSEL, user=BEN).code == 0
    assert [(each["what"], each["required"]) for each in record(hannah)] == [
        ("asked", False),
        ("opened", False),
        ("received", True),
    ]
    (mistake,) = record(hannah, "--required")
    assert (mistake["who"], "custodian:lopez and designee:principal: the link was" in mistake["remark"]) == (
        "parent:another family",
        True,
    )
    shown = page(hannah)
    assert "It was not received by whom this line names. The records office corrected that on" in shown
    assert "A parent of another student received this photo. The records office had entered somebody else" in shown
    assert "given out by mistake" in shown
    assert district.guardian(CALEB_FATHER) not in shown
    assert "No lo recibió quien se nombra en esta línea" in page(hannah, "es")
    assert call("revoke", PORTRAIT, *AS).code == 0
    kept = call("ledger", "forget", "--student", hannah, "--why", "asked for", *AS, "--json").object()
    assert (kept["required"], record(hannah)[0]["interest"]) == (3, "inspection")
    again = went_to(mailed, father)
    assert (again.code, "corrected already" in again.err) == (1, True)
    assert went_to(mailed, father, "--stands").code == 0
    assert went_to(mailed, father, "--stands", by=COUNSEL, user=BEN).code == 0
    assert [each["what"] for each in record(hannah)] == ["asked", "opened", "closed"]
    assert "was not received by" not in page(hannah)
    assert ledger_holds(district.services)


def test_what_anybody_could_have_had_was_directory_information_for_whoever_received_it(district: District) -> None:
    district.upload(UNTITLED)
    ines, mother = district.student(INES), f"parent:{district.guardian(INES_MOTHER)}"
    tags = ("--person", ines, "--unidentified", "0", "--directory", "eligible")
    assert call("tag", UNTITLED, *tags, *AS).code == 0
    given = call("share", UNTITLED, "--to", mother, "--purpose", "inspection", *AS, "--json").object()
    assert call("open", given["token"]).code == 0
    assert went_to(given["share"], "public:channel-9").code == 0
    assert went_to(given["share"], "public:channel-9", by=COUNSEL, user=BEN).code == 0
    (received,) = [each for each in record(ines) if each["what"] == "received"]
    assert (received["required"], "directory information" in received["why"]) == (False, True), received["why"]


def test_one_person_says_of_nobody_that_they_received_it(district: District, mailed: str) -> None:
    hannah, father = district.student(HANNAH), f"parent:{district.guardian(CALEB_FATHER)}"
    assert went_to(mailed, father).code == 0
    twice = went_to(mailed, father)
    assert (twice.code, "two people" in twice.err) == (1, True)
    assert went_to(mailed, father, by=("--as", "media_staff:desk"), user=BEN).code == 1
    assert went_to(mailed, "public:channel-9", by=COUNSEL, user=BEN).code == 0, "another thing is said, by one person"
    assert [each["what"] for each in record(hannah)] == ["asked", "opened"]


def test_who_received_it_is_said_of_what_somebody_received_by_the_plugin(
    district: District, two: tuple[str, str], share: str
) -> None:
    father = f"parent:{district.guardian(CALEB_FATHER)}"
    district.upload(PORTRAIT)
    mother = f"parent:{district.guardian(HANNAH_MOTHER)}"
    unopened = call("share", PORTRAIT, "--to", mother, "--purpose", "inspection", *AS, "--json").object()["share"]
    for of, to, says in (
        (unopened, father, "nobody received anything"),
        (share, father, "--corrects"),
        ("sh-0000000000000000", father, "no share of this id"),
    ):
        refused = went_to(of, to)
        assert (refused.code, says in " ".join(refused.err.split())) == (1, True), refused.err
    both = call("ledger", "correct", unopened, "--went-to", father, "--student", two[0], "--why", "wrong", *AS)
    assert both.code == 2


def test_the_line_names_another_than_itself_who_is_somebody(district: District, mailed: str) -> None:
    mother = district.guardian(HANNAH_MOTHER)
    for to, says in (
        (f"parent:{mother}", "names this recipient already"),
        ("public", "which person or office"),
        (f"public:{mother}", "written as the id of a guardian"),
        ("public:dss", "reads as the Children's Division"),
    ):
        refused = went_to(mailed, to)
        assert (refused.code, says in " ".join(refused.err.split())) == (1, True), refused.err


def test_what_the_other_parent_of_the_student_received_was_no_mistake(district: District, mailed: str) -> None:
    hannah = district.student(HANNAH)
    assert call("student", "guardian", "verify", hannah, "G-FATHER", "--seen", "birth certificate", *AS).code == 0
    assert went_to(mailed, "parent:G-FATHER").code == 0
    assert went_to(mailed, "parent:G-FATHER", by=COUNSEL, user=BEN).code == 0
    (received,) = [each for each in record(hannah) if each["what"] == "received"]
    assert (received["who"], received["required"]) == ("parent:G-FATHER", False)
    assert "given out by mistake" not in page(hannah)
