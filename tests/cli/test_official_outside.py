"""Somebody asks as a school official for what leaves the school: the custodian is told what exception 1 asks for."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import Called, call
from district import PORTRAIT, TEAM, District

AS = ("--as", "custodian:records-office")
NOTE = "34 CFR 99.31(a)(1)(i)(B)"
OFFICIAL = "evidence.yaml"


def shared(who: str, purpose: str, *more: str) -> Called:
    Path(OFFICIAL).write_text("legitimate_interest: true\nrecords_authorized: true\n", "utf-8")
    return call("share", TEAM, "--to", who, "--purpose", purpose, "--evidence", OFFICIAL, *(more or AS))


@pytest.mark.parametrize(
    ("who", "purpose"),
    [
        ("school_official:ms-hale", "fundraising"),
        ("school_official:ms-hale", "press"),
        ("school_official:Chess Club", "instruction"),
    ],
)
def test_the_custodian_reads_what_the_exception_asks_for_and_that_publishing_discloses_again(
    district: District, who: str, purpose: str
) -> None:
    district.upload(TEAM)
    told = " ".join(shared(who, purpose).text.split())
    assert (NOTE in told, "34 CFR 99.31(a)(1)(ii)" in told, "34 CFR 99.33(a)" in told) == (True, True, True)
    assert told.startswith("allow"), "what the procedure settles stays as it is"


def test_staff_are_told_nothing_and_the_queue_tells_the_custodian(district: District) -> None:
    district.upload(PORTRAIT)
    to = ("share", PORTRAIT, "--to", "school_official:chess-club", "--purpose", "fundraising")
    assert NOTE not in call(*to, "--as", "media_staff:desk").text
    (waiting,) = [each["id"] for each in call("queue", "list", "--json").objects()]
    assert NOTE in " ".join(call("queue", "show", waiting, *AS).text.split())


@pytest.mark.parametrize(
    ("who", "purpose"), [("school_official:ms-hale", "instruction"), ("public:chess-club", "fundraising")]
)
def test_a_teacher_who_teaches_with_it_and_one_of_the_public_are_not_remarked(
    district: District, who: str, purpose: str
) -> None:
    district.upload(TEAM)
    assert NOTE not in shared(who, purpose).text
