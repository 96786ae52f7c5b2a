"""What went out in time and was closed later is closed with the day on which it was given, and is not late."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from clock import TODAY, on_day
from command_line import Called, call
from district import HANNAH, HANNAH_MOTHER, PORTRAIT, TEAM, District
from use_cases import ledger_holds

AS = ("--as", "custodian:records-office")


def day(after: int) -> str:
    return str(TODAY + timedelta(days=after))


def asked(district: District, *keys: str) -> tuple[str, str]:
    """The mother asks before a meeting in eight days; who she is and the request."""
    mother = f"parent:{district.guardian(HANNAH_MOTHER)}"
    meeting = ("--meeting", day(8), "--kind", "iep")
    came = ("--received", str(TODAY), "--channel", "letter", "--want", "view", *meeting, *AS, "--json")
    made = call("request", "add", *keys, "--from", mother, "--purpose", "inspection", *came)
    assert made.code == 0, made.text
    return mother, str(made.object()["id"])


def shared(key: str, mother: str, request: str) -> None:
    given = call("share", key, "--to", mother, "--purpose", "inspection", "--request", request, *AS, "--json").object()
    assert given["outcome"] in ("allow", "redact")


def closed(request: str, *more: str) -> Called:
    ended = call("request", "close", request, "--outcome", "granted", "--why", "sent", *more, *AS)
    assert ended.code == 0, ended.text
    return ended


def clock(request: str, name: str = "meeting") -> Any:
    found = call("request", "show", request, "--json").object()["clocks"]
    return next(each for each in found if each["clock"] == name)


def test_it_is_closed_with_the_day_on_which_it_was_given(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    district.upload(PORTRAIT)
    mother, request = asked(district, PORTRAIT)
    shared(PORTRAIT, mother, request)
    on_day(monkeypatch, 30)
    told = " ".join(closed(request).out.split())
    assert f"Done on {TODAY}: let the family see it before the meeting; in time" in told
    assert f"It counts as answered on {TODAY}, when the last of it was given." in told
    assert (clock(request)["stopped"], clock(request)["late"]) == (str(TODAY), False)
    assert ledger_holds(district.services)


def test_the_last_of_several_recordings_counts(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    for key in (PORTRAIT, TEAM):
        district.upload(key)
    mother, request = asked(district, PORTRAIT, TEAM)
    shared(PORTRAIT, mother, request)
    on_day(monkeypatch, 10)
    shared(TEAM, mother, request)
    on_day(monkeypatch, 30)
    closed(request)
    assert (clock(request)["stopped"], clock(request)["late"]) == (day(10), True)


def test_what_was_handed_over_counts_with_its_own_day(district: District) -> None:
    district.upload(PORTRAIT)
    school = ("--purpose", "transfer", *AS, "--json")
    came = ("--from", "other_school:lincoln-high", "--received", day(-12), "--channel", "letter")
    request = str(call("request", "add", PORTRAIT, *came, *school).object()["id"])
    shared_with = ("--to", "other_school:lincoln-high", "--request", request)
    referral = str(call("share", PORTRAIT, *shared_with, *school).object()["referrals"][0]["id"])
    given = (
        "--disclosed-to",
        "other_school:lincoln-high",
        "--basis",
        "TRANSFER",
        "--students",
        district.student(HANNAH),
    )
    enrolled = ("--enrolled", "the registrar, called back", "--how", "a disc", "--why", "by hand", "--on", day(-7))
    handed_over = call("queue", "close", referral, *given, *enrolled, *AS)
    assert handed_over.code == 0, handed_over.text
    closed(request)
    assert (clock(request, "transfer")["stopped"], clock(request, "transfer")["late"]) == (day(-7), False)


def test_a_day_that_is_given_stands(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    district.upload(PORTRAIT)
    mother, request = asked(district, PORTRAIT)
    shared(PORTRAIT, mother, request)
    on_day(monkeypatch, 30)
    told = closed(request, "--on", day(20)).out
    assert clock(request)["stopped"] == day(20)
    assert "when the last of it was given" not in " ".join(told.split())


def test_what_was_given_before_it_was_reopened_does_not_close_it_again(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(PORTRAIT)
    mother, request = asked(district, PORTRAIT)
    shared(PORTRAIT, mother, request)
    closed(request)
    on_day(monkeypatch, 5)
    assert call("request", "reopen", request, "--why", "the family saw half of it", *AS).code == 0
    on_day(monkeypatch, 30)
    closed(request)
    assert (clock(request)["stopped"], clock(request)["late"]) == (day(30), True)


def test_a_denial_is_closed_today(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    district.upload(PORTRAIT)
    assert call("student", "opt-out", district.student(HANNAH), *AS).code == 0
    came = ("--received", str(TODAY), "--channel", "letter", *AS, "--json")
    made = call("request", "add", PORTRAIT, "--from", "public:herald", "--purpose", "news", *came)
    request = str(made.object()["id"])
    call("share", PORTRAIT, "--to", "public:herald", "--purpose", "news", "--request", request, *AS)
    on_day(monkeypatch, 30)
    for each in call("queue", "list", "--json").objects():
        call("queue", "close", each["id"], "--why", "no", *AS)
    denied = ("--outcome", "denied", "--provision", "34 CFR 99.30", "--why", "no", *AS)
    assert call("request", "close", request, *denied).code == 0
    assert clock(request, "answer")["stopped"] == day(30)
