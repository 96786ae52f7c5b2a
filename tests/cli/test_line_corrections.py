"""`ledger correct`: a line for the wrong student stays, with its correction beside it (34 CFR 99.20, 99.32)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from command_line import Called, call
from court_orders import BEN
from district import CALEB, HALLWAY, HANNAH, OWEN, District
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
