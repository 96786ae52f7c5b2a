"""What the juvenile authorities certify before adjudication counts with its paper, not by somebody's word."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import call
from district import CALEB, HALLWAY, HANNAH, INES, OWEN, TEAM, THERESA, District
from use_cases import ledger_holds

from dam_plugin.cli import context
from dam_plugin.store import SystemUser

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


# A certificate that names one of several students


RULED = (
    '[juvenile-whole]\nruled = "own-only"\nby = "the district\'s attorney"\non = 2026-08-03\nwhy = "34 CFR 99.38(a)"\n'
)


def says_whole(notes: list[str], *others: str) -> bool:
    """Whether the notes say that whoever the certificate does not name goes out too."""
    (told,) = [each for each in notes if "The certificate does not name" in each] or [""]
    return bool(told) and all(each in told for each in others) and "own-only" in told


def test_who_enters_a_certificate_is_told_whom_it_does_not_name(district: District) -> None:
    district.upload(TEAM)
    others = [district.student(HANNAH), district.student(INES)]
    referral = asks(district, *AS)["referrals"][0]["id"]
    assert says_whole(call("queue", "show", referral, *AS, "--json").object()["notes"], *others)
    Path("paper.pdf").write_bytes(b"%PDF-1.4 the certification")
    done = found(referral, "evidence", "--evidence", "serves.json", "--file", "paper.pdf").object()
    assert (done["answer"]["outcome"], says_whole(done["answer"]["notes"], *others)) == ("allow", True)
    assert not [each for each in done["answer"]["notes"] if district.student(THERESA) in each]


def test_the_second_person_reads_it_before_they_approve(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    district.upload(HALLWAY)
    caleb, owen = district.student(CALEB), district.student(OWEN)
    serves = {"pre_adjudication": {"students": [caleb], "certified": True}}
    Path("serves.json").write_text(json.dumps(serves), "utf-8")
    asked = ("share", HALLWAY, "--to", "juvenile_office:east", "--purpose", "investigation", *AS, "--json")
    referral = call(*asked).object()["referrals"][0]["id"]
    assert not says_whole(call("queue", "show", referral, *AS, "--json").object()["notes"], owen)
    Path("paper.pdf").write_bytes(b"%PDF-1.4 the certification")
    stated = found(referral, "evidence", "--evidence", "serves.json", "--file", "paper.pdf").object()
    assert (stated["state"], says_whole(stated["notes"], owen)) == ("pending", True)
    assert says_whole(call("queue", "show", referral, *AS, "--json").object()["notes"], owen)
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1001", "ben"))
    done = call("queue", "approve", stated["finding"], "--as", "designee:counsel", "--json").object()
    assert (done["answer"]["outcome"], says_whole(done["answer"]["notes"], owen)) == ("allow", True)


def test_nothing_is_told_where_the_ruling_hides_the_others(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("rulings.toml").write_text(RULED, "utf-8")
    monkeypatch.setenv("DAM_PLUGIN_DISTRICT__RULINGS", "rulings.toml")
    district.upload(TEAM)
    told = asks(district, *AS)
    assert [each for each in told["notes"] if "The certificate does not name" in each] == []
