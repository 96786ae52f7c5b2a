"""The 18th birthday overtook a parent's request: what is said of its days, what is next, and what a lawyer reads."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from clock import TODAY, on_day
from command_line import Called, call
from district import HANNAH, HANNAH_MOTHER, PORTRAIT, District

AS = ("--as", "custodian:records-office")
LAWYER = "doe-law"


def ran(*words: str) -> Called:
    done = call(*words)
    assert done.code == 0, done.text
    return done


def words_of(called: Called) -> str:
    return " ".join(called.text.split())


@pytest.fixture
def birthday(district: District) -> int:
    """In how many days Hannah is 18; her portrait is in the library."""
    district.upload(PORTRAIT)
    born = date.fromisoformat(call("student", "show", district.student(HANNAH), *AS, "--json").object()["born"])
    return (born.replace(year=born.year + 18) - TODAY).days


def asked(who: str, received: date) -> str:
    came = ("--purpose", "inspection", "--received", str(received), "--channel", "letter")
    return str(ran("request", "add", PORTRAIT, "--from", f"parent:{who}", *came, *AS, "--json").object()["id"])


def closed(request: str) -> str:
    ran("request", "close", request, "--outcome", "rights-passed", "--why", "she is 18", *AS)
    return words_of(ran("request", "show", request, *AS))


@pytest.mark.parametrize("days_before", [60, 20])
def test_what_was_late_while_the_right_was_the_parent_s_is_said_to_have_been(
    district: District, birthday: int, days_before: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_day(monkeypatch, birthday - days_before)
    request = asked(district.guardian(HANNAH_MOTHER), TODAY + timedelta(days=birthday - days_before))
    on_day(monkeypatch, birthday + 40)
    said = closed(request)
    due = TODAY + timedelta(days=birthday - days_before + 45)
    assert (f"It was late by then: it was due on {due}" in said) is (days_before == 60)
    assert ("not owed: let the family see it" in said) is (days_before == 20)


def test_what_is_next_for_a_lawyer_and_what_the_letter_asks(
    district: District, birthday: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_day(monkeypatch, birthday - 5)
    mother = district.guardian(HANNAH_MOTHER)
    Path("signed.pdf").write_bytes(b"signed")
    signed = ("--for", mother, "--name", "Jane Doe", "--seen", "a signed letter", "--file", "signed.pdf")
    ran("student", "guardian", "represent", district.student(HANNAH), LAWYER, *signed, *AS)
    requests = [asked(who, TODAY + timedelta(days=birthday - 5)) for who in (mother, LAWYER)]
    on_day(monkeypatch, birthday + 5)
    for request in requests:
        shown = words_of(ran("request", "show", request, *AS))
        assert (f"request close {request} --outcome rights-passed" in shown, "Next: dam-plugin share" in shown) == (
            True,
            False,
        )
    write = ("letter", "write", "rights-passed", *AS, "--json", "--request")
    parent, lawyer = (ran(*write, request).object()["text"] for request in requests)
    assert ("Is the student your dependent" in parent, "You ask for a parent" in parent) == (True, False)
    assert ("your dependent" in lawyer, "You ask for a parent" in lawyer) == (False, True)
