"""What the juvenile authorities certify before adjudication counts with its paper, not by somebody's word."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import call
from district import TEAM, THERESA, District
from use_cases import ledger_holds

AS, STAFF = ("--as", "custodian:records-office"), ("--as", "media_staff:desk")


def asks(district: District, *by: str, certified: bool = True) -> Any:
    serves = {"pre_adjudication": {"students": [district.student(THERESA)], "certified": certified}}
    Path("serves.json").write_text(json.dumps(serves), "utf-8")
    words = ("--to", "juvenile_office:east", "--purpose", "investigation", "--evidence", "serves.json")
    return call("share", TEAM, *words, *by, "--json").object()


def found(referral: str, *more: str) -> Any:
    return call("queue", "finding", referral, *more, *AS, "--json")


@pytest.mark.parametrize("by", [AS, STAFF])
def test_a_bare_word_waits_for_the_custodian_who_keeps_the_paper(district: District, by: tuple[str, ...]) -> None:
    district.upload(TEAM)
    told = asks(district, *by)
    assert (told["outcome"], told["token"]) == ("refer", None)
    assert "a copy of the written certification" in " ".join(told["why_not"])
    referral = told["referrals"][0]["id"]
    verified = ("evidence", "--evidence", "serves.json")
    bare = found(referral, *verified)
    assert (bare.code, "--file PAPER" in bare.err) == (1, True)
    Path("paper.pdf").write_bytes(b"%PDF-1.4 the certification")
    done = found(referral, *verified, "--file", "paper.pdf").object()
    assert (done["state"], done["answer"]["outcome"]) == ("applied", "allow")
    assert {*done["answer"]["basis"].values()} >= {"EX5"}
    assert ledger_holds(district.services)


def test_no_look_at_the_request_makes_a_bare_word_count(district: District) -> None:
    district.upload(TEAM)
    referral = asks(district, *AS)["referrals"][0]["id"]
    reviewed = found(referral, "reviewed", "a call from the office").object()
    assert reviewed["answer"]["outcome"] == "redact", "what anybody may have goes out, and no more"
    assert "EX5" not in reviewed["answer"]["basis"].values()


def test_that_whom_they_serve_is_known_needs_no_paper(district: District) -> None:
    district.upload(TEAM)
    told = asks(district, *AS, certified=False)
    assert (told["outcome"], told["why_not"]) == ("redact", [])


def test_a_replay_takes_the_custodians_look_for_what_it_is(district: District) -> None:
    district.upload(TEAM)
    asks(district, *AS)
    Path("as-now.toml").write_text("[district]\ndirectory_includes_images = true\n", "utf-8")
    *_, last = call("procedure", "replay", "--against", "as-now.toml", "--json").objects()
    assert (
        last["summary"]["recorded_answer"].get("made_stricter"),
        last["summary"]["recorded_answer"].get("differs", 0),
    ) == (1, 0)
