"""Recruiters of the military and of colleges have a right to lists: a recording is decided as for anybody."""

from __future__ import annotations

from typing import Any

import pytest
from command_line import call
from district import PORTRAIT, TEAM, District
from use_cases import kept

ADA = ("--as", "custodian:ada")
LISTS = (
    "20 U.S.C. 7908 and 10 U.S.C. 503(c) give recruiters of the military and of colleges names, addresses and telephone"
)


def asks(key: str, who: str, purpose: str) -> Any:
    return call("share", key, "--to", f"public:{who}", "--purpose", purpose, *ADA, "--json").object()


def decided(told: Any) -> tuple[str, list[str], list[str]]:
    return told["outcome"], told["redact"], [each["clause"] for each in told["reasons"]]


def opted_out(told: Any) -> set[str]:
    return {one for each in told["reasons"] if each["clause"] == "EX4-OPTOUT" for one in each["students"]}


@pytest.mark.parametrize("role", ["military_recruiter", "army", "recruiter", "college", "university"])
def test_a_recruiter_is_a_member_of_the_public(district: District, role: str) -> None:
    district.upload(PORTRAIT)
    refused = call("share", PORTRAIT, "--to", f"{role}:desk", "--purpose", "military recruiters")
    assert (refused.code, "did you mean 'public'?" in " ".join(refused.err.split())) == (2, True)


@pytest.mark.parametrize("purpose", ["military recruiters", "college recruiters"])
def test_a_recruiter_gets_what_anybody_gets_and_the_custodian_is_told_why(district: District, purpose: str) -> None:
    for key in (PORTRAIT, TEAM):
        district.upload(key)
        told, anybody = asks(key, "desk-4", purpose), asks(key, "reporter-7", "news")
        assert decided(told) == decided(anybody)
        assert [each for each in told["notes"] if each.startswith(LISTS)]
        assert not [each for each in anybody["notes"] if each.startswith(LISTS)]


def test_a_family_s_no_to_recruiters_holds_for_a_recording(district: District) -> None:
    district.upload(TEAM)
    before = asks(TEAM, "desk-4", "military recruiters")
    known = kept(district.services, TEAM).tagging.students
    student = min(each for each in known if each not in opted_out(before))
    said = call("student", "opt-out", student, "--purpose", "military recruiters", *ADA)
    assert said.code == 0, said.text
    assert student in opted_out(asks(TEAM, "desk-4", "military recruiters"))
    assert student not in opted_out(asks(TEAM, "desk-4", "college recruiters"))


def test_recruiting_is_two_purposes(district: District) -> None:
    """A family's no to 'recruiters' would else reach one of the two alone."""
    district.upload(PORTRAIT)
    (student,) = kept(district.services, PORTRAIT).tagging.students
    refused = call("student", "opt-out", student, "--purpose", "recruiters", *ADA)
    assert (refused.code, "'military recruiters' and 'college recruiters': name one at a time" in refused.err) == (
        1,
        True,
    )
