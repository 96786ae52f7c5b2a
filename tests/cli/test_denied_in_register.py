"""What the register closes without a share is on the record of each student whom it was about (34 CFR 99.32(a)(1))."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from clock import TODAY
from command_line import call
from district import CROWD, GRADUATION, HANNAH, HANNAH_MOTHER, NOAH, PORTRAIT, TEAM, District
from use_cases import kept, ledger_holds

from dam_plugin.sharing.held import holdings_of

AS = ("--as", "custodian:records-office")
CAME = ("--received", str(TODAY), "--channel", "telephone", *AS)
DENIED = ("--outcome", "denied", "--provision", "34 CFR 99.30", "--why", "no paper", *AS)


def asked(*words: str, who: str = "public:eye", purpose: str = "personal use") -> str:
    return str(call("request", "add", *words, "--from", who, "--purpose", purpose, *CAME, "--json").object()["id"])


def lines(student: str, *more: str) -> list[Any]:
    found = call("ledger", "student", *AS, student, *more, "--json").objects()
    return [each for each in found if each["share"].startswith("RQ-")]


def page(student: str) -> str:
    call("ledger", "student", *AS, student, "--page", "record.html")
    return " ".join(Path("record.html").read_text("utf-8").split())


def test_whoever_is_in_a_recording_that_was_asked_for_has_the_refusal_on_record(district: District) -> None:
    district.upload(TEAM)
    request = asked(TEAM)
    shown = kept(district.services, TEAM).tagging.students
    assert len(shown) > 1
    assert [lines(each) for each in shown] == [[]] * len(shown)
    assert call("request", "close", request, *DENIED).code == 0
    for student in shown:
        (line,) = lines(student, "--required")
        assert (line["who"], line["outcome"], line["interest"]) == ("public:eye", "deny", "personal use")
    (student, *_) = shown
    told = page(student)
    assert told.index("Asked and refused") < told.index("RQ-000001")
    assert "RQ-000001" not in told.partition("Still waiting")[2]
    assert ledger_holds(district.services)


@pytest.mark.parametrize(
    ("who", "purpose"),
    [
        ("law_enforcement:desk-7", "investigation"),
        ("court:circuit", "lawsuit"),
        ("juvenile_office:east", "juvenile court"),
        ("public:eye", "personal use"),
    ],
)
def test_a_refusal_of_the_police_and_of_a_court_is_on_the_page_too_once_it_is_closed(
    district: District, who: str, purpose: str
) -> None:
    district.upload(PORTRAIT)
    hannah = district.student(HANNAH)
    request = asked(PORTRAIT, "--student", hannah, who=who, purpose=purpose)
    may_be_secret = who.startswith(("law", "court"))
    assert (lines(hannah) == []) is may_be_secret
    assert len(lines(hannah, "--sealed")) == 1
    assert call("request", "close", request, *DENIED).code == 0
    (line,) = lines(hannah)
    assert (line["who"], line["outcome"], line["required"]) == (who, "deny", True)
    reopened = call("request", "reopen", request, "--why", "papers came", *AS)
    assert reopened.code == 0, reopened.text
    assert (lines(hannah) == []) is may_be_secret


def test_what_a_share_answered_is_on_the_record_by_the_share_alone(district: District) -> None:
    district.upload(TEAM)
    request = asked(TEAM, who="public:herald", purpose="news")
    shared = call("share", TEAM, "--to", "public:herald", "--purpose", "news", *AS, "--json").object()
    assert call("request", "join", request, shared["share"], *AS).code == 0
    assert call("request", "close", request, "--outcome", "partly", *DENIED[2:]).code == 0
    student = next(iter(kept(district.services, TEAM).tagging.students))
    assert lines(student) == []


def test_another_student_s_record_has_nothing_of_it(district: District) -> None:
    district.upload(PORTRAIT)
    assert call("request", "close", asked(PORTRAIT), *DENIED).code == 0
    assert lines(district.student(NOAH)) == []


def test_what_a_family_asks_for_in_words_is_kept_until_it_is_answered(district: District) -> None:
    """Nothing that is asked for is destroyed meanwhile (34 CFR 99.10(e)), also where no recording is named."""
    district.upload(PORTRAIT)
    district.upload(TEAM)
    hannah = district.student(HANNAH)
    words = ("--student", hannah, "--described", "any picture of my daughter")
    request = asked(*words, who=f"parent:{district.guardian(HANNAH_MOTHER)}", purpose="inspection")
    with district.services.store.reading() as unit:
        held = holdings_of(unit, [PORTRAIT, TEAM, "elsewhere.jpg"], TODAY)
    assert {key: [each.id for each in found] for key, found in held.items()} == {PORTRAIT: [request], TEAM: [request]}
    (listed,) = call("hold", "list", "--json").objects()
    assert (listed["key"], request in str(listed)) == (f"every recording of {hannah}", True)
    assert len(call("hold", "list", "--key", PORTRAIT, "--json").objects()) == 1
    unknown = ("--outcome", "denied", "--provision", "34 CFR 99.31(c)", "--why", "no paper", *AS)
    assert call("request", "close", request, *unknown).code == 0
    assert call("hold", "list", "--json").objects() == []
    with district.services.store.reading() as unit:
        assert holdings_of(unit, [PORTRAIT], TODAY) == {}


def test_a_request_that_names_a_recording_holds_that_one_alone(district: District) -> None:
    for key in (PORTRAIT, TEAM):
        district.upload(key)
    asked(PORTRAIT, "--student", district.student(HANNAH))
    with district.services.store.reading() as unit:
        assert list(holdings_of(unit, [PORTRAIT, TEAM], TODAY)) == [PORTRAIT]


@pytest.mark.parametrize("outcome", ["granted", "partly"])
def test_nothing_is_granted_in_words_while_nothing_is_on_record(district: District, outcome: str) -> None:
    district.upload(PORTRAIT)
    hannah, mother = district.student(HANNAH), f"parent:{district.guardian(HANNAH_MOTHER)}"
    request = asked("--student", hannah, "--described", "all recordings of her", who=mother, purpose="inspection")
    closing = (
        "--outcome",
        outcome,
        "--why",
        "sent",
        *(("--provision", "34 CFR 99.10") if outcome == "partly" else ()),
        *AS,
    )
    refused = call("request", "close", request, *closing)
    told = " ".join(refused.err.split())
    assert (refused.code, f"`dam-plugin student recordings {hannah} --request {request}` lists them" in told) == (
        1,
        True,
    ), told
    shared = call("share", PORTRAIT, "--to", mother, "--purpose", "inspection", "--request", request, *AS, "--json")
    assert shared.object()["outcome"] == "allow"
    assert call("request", "close", request, "--outcome", "granted", "--why", "sent", *AS).code == 0


def test_all_that_a_student_is_in_is_answered_before_a_request_in_words_is_granted(district: District) -> None:
    for key in (PORTRAIT, TEAM, GRADUATION):
        district.upload(key)
    hannah, mother = district.student(HANNAH), f"parent:{district.guardian(HANNAH_MOTHER)}"
    request = asked("--student", hannah, "--described", "all recordings of her", who=mother, purpose="inspection")
    outside = district.services.pseudonyms.outside
    theirs = call("student", "recordings", hannah, *AS, "--json").objects()
    left = [each["recording"] for each in theirs if each["key"] != PORTRAIT]
    assert len(left) >= 1
    share = ("share", PORTRAIT, "--to", mother, "--purpose", "inspection", *AS, "--json")
    given = call(*share).object()
    close = ("request", "close", request, "--why", "sent", *AS, "--outcome")
    assert f"answers {len(theirs)} of {len(theirs)} recordings" in " ".join(call(*close, "granted").err.split())
    assert call("request", "join", request, given["share"], *AS).code == 0
    for outcome in ("granted", "partly"):
        refused = call(*close, outcome, "--provision", "34 CFR 99.12(a)")
        told = " ".join(refused.err.split())
        assert (refused.code, f"nothing on record answers {len(left)} of {len(theirs)} recordings" in told) == (1, True)
        assert all(f"--not-about {each}" in told for each in left)
        assert TEAM not in told
    listed = call("student", "recordings", hannah, "--request", request, *AS, "--json").objects()
    assert {each["key"]: each["answer"] for each in listed} == {
        each["key"]: "allow" if each["key"] == PORTRAIT else None for each in theirs
    }
    wrong = call(*close, "granted", "--not-about", outside(CROWD))
    assert f"{outside(CROWD)} is no recording of a student whom {request} is about" in " ".join(wrong.err.split())
    assert call(*close, "granted", *(word for each in left for word in ("--not-about", each))).code == 0
    assert f"Not about: {', '.join(left)}" in call("request", "show", request, *AS).out


def test_what_is_withheld_by_a_provision_is_answered_and_the_request_is_granted_in_part(district: District) -> None:
    for key in (PORTRAIT, TEAM):
        district.upload(key)
    hannah, eye = district.student(HANNAH), "public:eye"
    request = asked("--student", hannah, "--described", "every picture of the student")
    for key in (PORTRAIT, TEAM):
        call("share", key, "--to", eye, "--purpose", "personal use", "--request", request, *AS)
    outcomes = [
        each["answer"] for each in call("student", "recordings", hannah, "--request", request, *AS, "--json").objects()
    ]
    assert None not in outcomes
    for each in call("queue", "list", "--json").objects():
        call("queue", "close", each["id"], "--why", "looked at", *AS)
    refused = call("request", "close", request, "--outcome", "granted", "--why", "sent", *AS)
    assert refused.code == 1
    closing = ("--outcome", "partly", "--why", "sent", "--provision", "34 CFR 99.30", *AS)
    ended = call("request", "close", request, *closing)
    assert (ended.code, "granted in part" in ended.out) == (0, True), ended.text


def test_nothing_is_granted_where_all_of_it_is_said_to_be_another(district: District) -> None:
    district.upload(PORTRAIT)
    request = asked("--student", district.student(HANNAH), "--described", "her solo")
    close = ("request", "close", request, "--outcome", "granted", "--why", "x", "--not-about", PORTRAIT, *AS)
    assert "close it as 'no-such-record'" in " ".join(call(*close).err.split())


def test_how_a_sealed_request_was_answered_is_not_listed(district: District) -> None:
    district.upload(PORTRAIT)
    hannah = district.student(HANNAH)
    request = asked("--student", hannah, "--described", "a report", who="childrens_division:cd", purpose="safety")
    refused = call("student", "recordings", hannah, "--request", request, *AS)
    assert (refused.code, "no request has the id given" in refused.err) == (1, True)


def test_the_custodian_lists_the_recordings_of_a_student(district: District) -> None:
    for key in (PORTRAIT, TEAM):
        district.upload(key)
    hannah = district.student(HANNAH)
    rows = call("student", "recordings", hannah, *AS, "--json").objects()
    assert [(each["key"], each["recording"][:2], each["since"]) for each in rows] == [
        (PORTRAIT, "R-", str(TODAY)),
        (TEAM, "R-", str(TODAY)),
    ]
    assert call("student", "recordings", hannah).code == 1
    assert call("student", "recordings", "S-NOBODY", *AS).code == 1
    mother = {"who": f"parent:{district.guardian(HANNAH_MOTHER)}", "purpose": "inspection"}
    request = asked("--student", hannah, "--described", "her", **mother)
    refused = call("request", "close", request, "--outcome", "no-such-record", "--why", "x", *AS)
    assert "`dam-plugin student recordings" in " ".join(refused.err.split())
