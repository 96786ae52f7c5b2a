"""A parent asks, and the student holds the rights: the request is closed so, not denied (34 CFR 99.5, 99.31(a)(8))."""

from __future__ import annotations

from typing import Any

import pytest
from clock import TODAY
from command_line import Called, call
from district import CALEB, CALEB_FATHER, GRADUATION, HANNAH_MOTHER, PORTRAIT, District
from roster_files import change_students
from use_cases import entries, ledger_holds

ADA = ("--as", "custodian:ada")


@pytest.fixture
def caleb(district: District) -> str:
    """A student who turned 18 yesterday."""
    born = TODAY.replace(year=TODAY.year - 18, day=1).isoformat()
    change_students(district.folder / "roster", {"born": born}, CALEB)
    assert call("roster", "import", "roster", *ADA).code == 0
    return district.student(CALEB)


def asked(who: str, *words: str) -> str:
    came = ("--purpose", "inspection", "--received", TODAY.isoformat(), "--channel", "letter")
    added = call("request", "add", *words, "--from", who, *came, *ADA, "--json")
    assert added.code == 0, added.text
    return str(added.object()["id"])


def closed(request: str) -> Called:
    words = ("--outcome", "rights-passed", "--why", "the student is 18", *ADA)
    return call("request", "close", request, *words)


def shown(request: str) -> Any:
    return call("request", "show", request, "--json").object()


def test_a_parent_of_a_grown_student_is_answered_without_a_denial_or_a_disclosure(
    district: District, caleb: str
) -> None:
    request = asked(f"parent:{district.guardian(CALEB_FATHER)}", "--described", "all recordings", "--student", caleb)
    before = len(entries(district.services, "share"))
    assert closed(request).code == 0
    assert (shown(request)["state"], shown(request)["closing"]["provisions"]) == ("rights-passed", [])
    assert "the rights passed to the student" in call("request", "show", request).out
    assert len(entries(district.services, "share")) == before
    lines = call("ledger", "student", caleb, *ADA, "--json").objects()
    assert {(each["what"], each["outcome"]) for each in lines} == {("asked", None)}
    reasons = call("request", "reasons", request, *ADA)
    assert (reasons.code, "was not denied" in reasons.err) == (1, True)
    assert ledger_holds(district.services)


def test_the_letter_says_what_the_parent_can_do_and_how_to_close(district: District, caleb: str) -> None:
    request = asked(f"parent:{district.guardian(CALEB_FATHER)}", "--described", "all recordings", "--student", caleb)
    written = call("letter", "write", "rights-passed", "--request", request, *ADA, "--json").object()
    text = " ".join(written["text"].split())
    assert "The rights over the records of such a student are the student's own." in text
    assert ("34 CFR 99.30" in text, "34 CFR 99.31(a)(8)" in text, "denied" in text) == (True, True, False)
    assert "request close" in written["next"]
    assert "--outcome rights-passed" in written["next"]
    spanish = call("letter", "write", "rights-passed", "--request", request, "--lang", "es", *ADA, "--json").object()
    assert "son del propio estudiante" in " ".join(spanish["text"].split())
    assert closed(request).code == 0
    assert call("letter", "write", "denial", "--request", request, "--provision", "34 CFR 99.30", *ADA).code == 1


def test_nobody_is_told_that_a_minor_s_rights_passed_and_no_stranger_that_a_student_is_grown(
    district: District, caleb: str
) -> None:
    minor = asked(f"parent:{district.guardian(HANNAH_MOTHER)}", "--described", "all recordings")
    refused = closed(minor)
    assert (refused.code, "no student of this parent who holds the rights" in refused.err) == (1, True)
    for who in ("parent:G-NOT-ON-FILE", "public:reporter-7"):
        strange = asked(who, "--described", "all recordings", "--student", caleb)
        assert "of no parent on file" in closed(strange).err
        assert call("letter", "write", "rights-passed", "--request", strange, *ADA).code == 1
    other = asked(f"parent:{district.guardian(HANNAH_MOTHER)}", "--described", "all recordings", "--student", caleb)
    assert closed(other).code == 1


def test_what_was_released_was_not_left_to_the_student(district: District, caleb: str) -> None:
    district.upload(GRADUATION)
    father = f"parent:{district.guardian(CALEB_FATHER)}"
    request = asked(father, GRADUATION, "--student", caleb)
    call("share", GRADUATION, "--to", father, "--purpose", "inspection", "--request", request, *ADA)
    told = {each["answer"] for each in shown(request)["answers"]}
    refused = closed(request)
    assert (told, refused.code, "something was released" in refused.err) == ({"allow"}, 1, True)


def test_no_recording_is_shown_by_it(district: District, caleb: str) -> None:
    district.upload(PORTRAIT)
    father = f"parent:{district.guardian(CALEB_FATHER)}"
    request = asked(father, PORTRAIT, "--student", caleb)
    assert closed(request).code == 0
    assert {each["answer"] for each in shown(request)["answers"]} == {None}
