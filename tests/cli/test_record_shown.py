"""A family that asked for the record of disclosures, and was shown it (34 CFR 99.32(c)), has seen what it asked for."""

from __future__ import annotations

from typing import Any

import pytest
from clock import TODAY
from command_line import Called, call
from district import CALEB, HANNAH, HANNAH_MOTHER, PORTRAIT, District

from dam_plugin.cli import context
from dam_plugin.store import SystemUser

ADA = ("--as", "custodian:ada")
SHOWN = ("--record-of-disclosures",)
WORDS = ("--described", "the record of disclosures", "--want", "view")


@pytest.fixture(autouse=True)
def _ada(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1000", "ada"))


@pytest.fixture
def mother(district: District) -> str:
    district.upload(PORTRAIT)
    return f"parent:{district.guardian(HANNAH_MOTHER)}"


def entered(who: str, *words: str, purpose: str = "inspection") -> str:
    came = ("--received", str(TODAY), "--channel", "counter", "--from", who, "--purpose", purpose)
    made = call("request", "add", *words, *came, *ADA, "--json")
    assert made.code == 0, made.text
    return str(made.object()["id"])


def closes(request: str, *more: str, outcome: str = "granted") -> Called:
    return call("request", "close", request, "--outcome", outcome, "--why", "she read it", *more, *ADA)


def inspection(request: str) -> Any:
    told = call("request", "show", request, "--json").object()
    return next(each for each in told["clocks"] if each["clock"] == "inspection")


@pytest.mark.parametrize("named", [True, False])
def test_what_the_family_had_to_see_is_done(district: District, mother: str, named: bool) -> None:
    student = ("--student", district.student(HANNAH)) if named else ()
    request = entered(mother, *WORDS, *student)
    ended = closes(request, *SHOWN)
    assert (ended.code, "Ended on" in ended.out) == (0, False), ended.text
    assert f"Done on {TODAY}: let the family see it; in time" in ended.out
    assert "The family was shown the record of disclosures, for which alone it asked (34 CFR 99.32(c))" in ended.out
    told = call("request", "show", request, "--json").object()
    assert (inspection(request)["met"], told["closing"]["record_shown"]) == (True, True)
    assert "the record of disclosures was shown" in " ".join(call("request", "log", request).out.split())


def test_without_it_nothing_on_record_was_shown(mother: str) -> None:
    request = entered(mother, *WORDS)
    refused = closes(request)
    assert (refused.code, "nothing on record answers 1 of 1 recordings" in refused.err) == (1, True)
    assert inspection(request)["met"] is False


@pytest.mark.parametrize("outcome", ["partly", "denied", "no-such-record"])
def test_it_belongs_to_what_is_granted(mother: str, outcome: str) -> None:
    provision = ("--provision", "34 CFR 99.30") if outcome in ("partly", "denied") else ()
    request = entered(mother, *WORDS)
    assert closes(request, *SHOWN, *provision, outcome=outcome).code == 1
    assert call("request", "show", request, "--json").object()["state"] == "open"


def test_it_answers_no_request_for_recordings(mother: str) -> None:
    by_key = entered(mother, PORTRAIT)
    assert closes(by_key, *SHOWN).code == 1
    both = entered(mother, *WORDS)
    share = ("share", PORTRAIT, "--to", mother, "--purpose", "inspection", "--request", both, *ADA)
    assert call(*share).code == 0
    refused = closes(both, *SHOWN)
    assert (refused.code, "asks for recordings" in refused.err) == (1, True)


def test_nobody_but_the_family_is_shown_it(district: District, mother: str) -> None:
    reporter = entered("public:gazette", *WORDS, purpose="news")
    assert closes(reporter, *SHOWN).code == 1
    other, both = ("--student", district.student(CALEB)), ("--student", district.student(HANNAH))
    for words in (other, (*other, *both)):
        refused = closes(entered(mother, *WORDS, *words), *SHOWN)
        assert (refused.code, "is not the family of each student of it" in refused.err) == (1, True)
    unknown = closes(entered("parent:G-000000000000", *WORDS), *SHOWN)
    assert unknown.code == 1
