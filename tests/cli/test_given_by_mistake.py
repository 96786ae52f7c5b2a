"""What was given out by mistake is on the record of disclosures all the same (34 CFR 99.32(a)(1)), and the page says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import call
from district import CALEB, HANNAH, HANNAH_MOTHER, NOAH, PORTRAIT, District
from use_cases import ledger_holds

AS = ("--as", "custodian:records-office")
HOW = ("--how", "sent to the wrong family, who deleted it")


@pytest.fixture
def referral(district: District) -> str:
    district.upload(PORTRAIT)
    asked = call("share", PORTRAIT, "--to", "other_school:west", "--purpose", "transfer", *AS, "--json").object()
    return str(asked["referrals"][0]["id"])


@pytest.mark.parametrize("who", ["parent:G-WRONG", "public:herald", "law_enforcement:desk", "other_school:west"])
def test_it_is_on_record_whoever_got_it(district: District, referral: str, who: str) -> None:
    hannah = district.student(HANNAH)
    given = ("--to", who, "--basis", "MISTAKE", "--students", hannah, *AS)
    refused = call("queue", "disclosed", referral, *given)
    assert (refused.code, "--how" in refused.err) == (1, True)
    done = call("queue", "disclosed", referral, *given, *HOW)
    assert done.code == 0, done.text
    (line,) = [
        each
        for each in call("ledger", "student", *AS, hannah, "--required", "--json").objects()
        if each["what"] == "handed over"
    ]
    assert (line["required"], "deleted it" in line["remark"]) == (True, True)
    for language, words in (("en", "given out by mistake"), ("es", "se entregó por error")):
        call("ledger", "student", *AS, hannah, "--page", "record.html", "--language", language)
        assert words in " ".join(Path("record.html").read_text("utf-8").split()).casefold()
    assert ledger_holds(district.services)


def test_it_answers_nobody_s_request_and_concerns_whom_it_shows(district: District, referral: str) -> None:
    given = ("--to", "parent:G-WRONG", "--basis", "MISTAKE", "--students", district.student(HANNAH), *HOW, *AS)
    assert call("queue", "disclosed", referral, *given).code == 0
    assert call("ledger", "student", *AS, district.student(NOAH), "--json").objects() == []
    shown = call("queue", "show", referral, *AS, "--json").object()
    assert shown["id"] == referral
    assert call("queue", "list", "--json").objects() != []


def test_nobody_is_shown_something_in_the_office_by_mistake(district: District, referral: str) -> None:
    refused = call(
        "view", PORTRAIT, "--in-office", "--for", "public:herald", "--basis", "MISTAKE", "--purpose", "news", *AS
    )
    assert (refused.code, "is no exception" in refused.err) == (1, True)


def test_whom_a_later_look_finds_has_on_record_that_another_family_saw_them(district: District) -> None:
    """A mother was given a picture as her own child's, and opened it; it shows somebody else's."""
    hannah, caleb = district.student(HANNAH), district.student(CALEB)
    district.upload(PORTRAIT)
    assert call("student", "opt-out", caleb, *AS).code == 0
    mother = f"parent:{district.guardian(HANNAH_MOTHER)}"
    token = call("share", PORTRAIT, "--to", mother, "--purpose", "inspection", *AS, "--json").object()["token"]
    assert call("open", token).code == 0
    assert call("ledger", "student", hannah, *AS, "--required", "--json").objects() == []
    looked = call("tag", PORTRAIT, "--person", caleb, "--only", *AS)
    assert (looked.code, "Opened before" in looked.text, "waits in the queue" in looked.text) == (0, True, True)
    lines = call("ledger", "student", caleb, *AS, "--required", "--json").objects()
    assert [each["what"] for each in lines] == ["asked", "opened"]
    assert call("ledger", "student", hannah, *AS, "--required", "--json").objects() == []
    again = call("tag", PORTRAIT, "--person", hannah, *AS, "--json").object()
    assert again["opened"] == []


def test_forgetting_whom_it_was_tagged_as_leaves_the_record_of_whom_it_shows(district: District) -> None:
    hannah, caleb = district.student(HANNAH), district.student(CALEB)
    district.upload(PORTRAIT)
    mother = f"parent:{district.guardian(HANNAH_MOTHER)}"
    token = call("share", PORTRAIT, "--to", mother, "--purpose", "inspection", *AS, "--json").object()["token"]
    assert call("open", token).code == 0
    assert call("tag", PORTRAIT, "--person", caleb, "--only", *AS).code == 0
    before = call("ledger", "student", caleb, *AS, "--required", "--json").objects()
    forgotten = call("ledger", "forget", "--student", hannah, "--why", "left the district", *AS, "--json")
    assert forgotten.code == 0, forgotten.text
    assert call("ledger", "student", caleb, *AS, "--required", "--json").objects() == before
    assert [each["what"] for each in before] == ["asked", "opened"]
