"""`custodian …` and `student guardian …`: what the custodian says without a referral."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from clock import TODAY
from command_line import call
from court_orders import revoking
from district import GRADUATION, HANNAH, HANNAH_MOTHER, SOFIA, SOFIA_MOTHER, TEAM, UNTITLED, District
from use_cases import kept

from dam_plugin.cli import context
from dam_plugin.store import SystemUser

CUSTODIAN, COUNSEL = ("--as", "custodian:records-office"), ("--as", "designee:counsel")
NEWS = ("--to", "public", "--purpose", "news", *CUSTODIAN, "--json")


@pytest.fixture(autouse=True)
def _ada(monkeypatch: pytest.MonkeyPatch) -> None:
    run_as(monkeypatch, "1000", "ada")


def run_as(monkeypatch: pytest.MonkeyPatch, number: str, name: str) -> None:
    monkeypatch.setattr(context, "system_user", lambda: SystemUser(number, name))


def outcome(key: str = GRADUATION, *who: str) -> str:
    return str(call("share", key, *(who or NEWS)).object()["outcome"])


def test_a_record_is_closed_by_a_subdivision_and_reopened_by_two(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(GRADUATION)
    assert outcome() == "allow"
    closed = call("custodian", "close", GRADUATION, "--subdivision", "610.021(19)", "--why", "the cameras", *CUSTODIAN)
    assert closed.out == f"{GRADUATION}: closed; 1 link(s) closed\n"
    assert outcome() == "deny"
    first = call("custodian", "reopen", GRADUATION, "--why", "the cameras are gone", *CUSTODIAN)
    assert (first.code, "It takes two people" in first.out) == (0, True)
    assert outcome() == "deny"
    assert "takes two people" in call("custodian", "reopen", GRADUATION, "--why", "gone", *COUNSEL).err
    run_as(monkeypatch, "1001", "ben")
    second = call("custodian", "reopen", GRADUATION, "--why", "the cameras are gone", *COUNSEL, "--json")
    assert (second.object()["waits"], second.object()["closed"]) == (False, None)
    assert outcome() == "allow"


def test_the_first_word_of_two_holds_nothing_more(district: District) -> None:
    district.upload(UNTITLED)
    assert kept(district.services, UNTITLED).tagging.state == "pending"
    call("custodian", "close", UNTITLED, "--subdivision", "610.021(19)", "--why", "the cameras", *CUSTODIAN)
    first = call("custodian", "reopen", UNTITLED, "--why", "the cameras are gone", *CUSTODIAN)
    assert first.text.startswith(f"{UNTITLED}: nothing happened yet. It takes two people")


def test_closing_what_counsel_said_tells_that_families_still_see_their_own(district: District) -> None:
    district.upload(GRADUATION)
    close = ("custodian", "close", GRADUATION, "--why", "x", *CUSTODIAN, "--subdivision")
    assert "privileged" not in call(*close, "610.021(19)").out
    told = call(*close, "610.021(1)")
    assert (told.code, "A family that it is about keeps its right to it" in told.out) == (0, True)
    assert f"dam-plugin custodian close {GRADUATION} --law 'LAW'" in " ".join(told.out.split())
    assert call(*close, "610.021(1)", "--json").object()["closed"]


def test_another_law_makes_it_confidential_through_a_day(district: District) -> None:
    district.upload(GRADUATION)
    until = TODAY + timedelta(days=9)
    said = call(
        *("custodian", "close", GRADUATION, "--law", "RSMo 210.150", "--why", "a report", "--until", str(until)),
        *CUSTODIAN,
        "--json",
    )
    assert said.object()["confidential"] == "RSMo 210.150: a report"
    told = call("tags", GRADUATION, "--json").object()["closures"]
    assert told == [{"kind": "confidential", "why": "RSMo 210.150: a report", "until": str(until)}]


def test_it_is_not_ours_by_two_and_ours_again_by_one(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    district.upload(TEAM)
    words = ("custodian", "not-ours", TEAM, "--created-by", "a parent", "--kept-by", "the club", "--why", "in passing")
    assert "is ours, such as a bus contractor's recording" in call(*words, *CUSTODIAN).err
    assert "another user of this system" in call(*words, "--not-for-us", *CUSTODIAN).out
    run_as(monkeypatch, "1001", "ben")
    assert "not maintained by the district" in call(*words, "--not-for-us", *COUNSEL).out
    assert outcome(TEAM) == "allow"
    assert (
        "maintained by the district; 1 link(s) closed"
        in call("custodian", "ours", TEAM, "--why", "our library keeps it", *CUSTODIAN).out
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("close", GRADUATION, "--why", "x"), "by which subdivision it is closed"),
        (("close", GRADUATION, "--why", "x", "--law", "y", "--subdivision", "z"), "'z' is no subdivision"),
        (("close", GRADUATION, "--why", "x", "--subdivision", "610.21(1)"), "did you mean '610.021(1)'?"),
        (("close", GRADUATION, "--why", "x", "--subdivision", "610.021(1)", "--until", "2020-01-01"), "has passed"),
        (("close", GRADUATION, "--why", "x", "--subdivision", "610.021(1)", "--until", "soon"), "is not a day"),
        (("reopen", GRADUATION, "--why", "x"), "is not closed"),
        (("reopen", GRADUATION, "--why", "x", "--confidential"), "is not confidential"),
        (("ours", "nowhere.jpg", "--why", "x"), "not in the library"),
    ],
    ids=lambda each: each if isinstance(each, str) else None,
)
def test_what_is_written_wrongly_is_told(district: District, words: tuple[str, ...], told: str) -> None:
    district.upload(GRADUATION)
    ended = call("custodian", *words, *CUSTODIAN)
    assert ended.code in (1, 2)
    assert told in " ".join(ended.err.replace("│", " ").split())


def test_media_staff_are_sent_to_the_custodian(district: District) -> None:
    district.upload(GRADUATION)
    for words in (
        ("custodian", "close", GRADUATION, "--subdivision", "610.021(1)", "--why", "x"),
        ("student", "guardian", "verify", district.student(HANNAH), "m-ortiz", "--seen", "x"),
    ):
        ended = call(*words)
        assert (ended.code, "add --as custodian:NAME" in ended.err) == (1, True)


# Guardians, by hand


def test_a_limit_closes_the_guardians_links_and_two_lift_it(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(TEAM)
    hannah, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    asks = ("--to", f"parent:{mother}", "--purpose", "inspection", *CUSTODIAN, "--json")
    assert outcome(TEAM, *asks) == "allow"
    Path("order.pdf").write_bytes(b"%PDF-1.7\nno contact\n")
    limit = ("student", "guardian", "limit", hannah, mother, "--seen", "order of the circuit court")
    said = call(*limit, "--file", "order.pdf", *CUSTODIAN, "--json").object()
    assert "a link to directory information stays open" in call(*limit, "--file", "order.pdf", *CUSTODIAN).text
    assert (said["what"], len(said["closed"]), len(said["paper"])) == ("limited", 1, 64)
    assert outcome(TEAM, *asks) == "redact"
    shown = call("student", "show", hannah, *CUSTODIAN)
    assert "order of the circuit court" in shown.text
    assert "order of the circuit court" not in call("student", "show", hannah).text
    assert "Who holds a parent's rights today: nobody" in shown.out
    assert call("student", "show", hannah, "--json").object()["guardians_today"] == []
    end = ("student", "guardian", "end", said["id"], "--why", "set aside")
    assert "It takes two people" in call(*end, *CUSTODIAN).out
    run_as(monkeypatch, "1001", "ben")
    assert f"{said['id']} is ended" in call(*end, *COUNSEL).out
    assert outcome(TEAM, *asks) == "allow"
    assert "ended on" in call(*end, *COUNSEL).err


def test_a_dependent_and_a_guardian_are_stated_and_ended(district: District) -> None:
    sofia, mother = district.student(SOFIA), district.guardian(SOFIA_MOTHER)
    said = call("student", "guardian", "dependent", sofia, mother, "--seen", "tax transcript", *CUSTODIAN, "--json")
    assert said.object()["until"] == f"{TODAY.year}-12-31"
    verified = call("student", "guardian", "verify", sofia, "m-ortiz", "--seen", "a card", *CUSTODIAN, "--json")
    assert call("student", "show", sofia, "--json").object()["guardians_today"] == [mother, "m-ortiz"]
    call("student", "guardian", "end", verified.object()["id"], "--why", "it was another", *CUSTODIAN)
    assert call("student", "show", sofia, "--json").object()["guardians_today"] == [mother]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("dependent", HANNAH, HANNAH_MOTHER), "a guardian sees the record anyway (EX2)"),
        (("dependent", SOFIA, HANNAH_MOTHER), "is no guardian of"),
        (("limit", HANNAH, SOFIA_MOTHER), "is no guardian of"),
        (("limit", HANNAH, HANNAH_MOTHER, "--until", "2020-01-01"), "has passed"),
        (("limit", HANNAH, HANNAH_MOTHER, "--since", "2040-01-02", "--until", "2040-01-01"), "has passed"),
    ],
    ids=lambda each: each if isinstance(each, str) else None,
)
def test_what_cannot_be_so_of_people_is_told(district: District, words: tuple[str, ...], told: str) -> None:
    what, student, guardian, *more = words
    ended = call(
        *("student", "guardian", what, district.student(student), district.guardian(guardian), *more),
        *("--seen", "a paper", *revoking(), *CUSTODIAN),
    )
    assert (ended.code, told in ended.err) == (1, True), ended.err


NOT_OURS = (
    *("custodian", "not-ours", TEAM, "--created-by", "a parent", "--kept-by", "the club"),
    *("--why", "in passing", "--not-for-us"),
)


def said_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two people say that the team photo is not ours; the second one stays at work."""
    call(*NOT_OURS, *CUSTODIAN)
    run_as(monkeypatch, "1001", "ben")
    call(*NOT_OURS, *COUNSEL)


@pytest.mark.parametrize(
    "words",
    [
        ("--created-by", "the bus company's camera", "--kept-by", "the club", "--why", "in passing"),
        ("--created-by", "a parent", "--kept-by", "our Vendor for video", "--why", "in passing"),
        ("--created-by", "a parent", "--kept-by", "the club", "--why", "the contractor asked us to"),
        ("--created-by", "la empresa del autobús", "--kept-by", "el club", "--why", "de paso"),
    ],
    ids=["bus company", "vendor", "contractor", "empresa"],
)
def test_what_a_contractor_makes_is_asked_about_before_it_is_not_ours(
    district: District, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    district.upload(TEAM)
    said = ("custodian", "not-ours", TEAM, *words, "--not-for-us")
    refused = call(*said, *CUSTODIAN)
    assert (refused.code, "only where it works for somebody else" in refused.err) == (1, True)
    # Through a referral it is no other way.
    asked = call(
        "share", TEAM, "--to", "public:dill", "--purpose", "news", "--as", "media_staff:desk", "--json"
    ).object()
    finding = ("queue", "finding", asked["referrals"][0]["id"], "not_ours", *words, "--not-for-us", *CUSTODIAN)
    by_queue = call(*finding)
    assert (by_queue.code, "add --not-our-contractor" in by_queue.err) == (1, True)
    assert call(*said, "--not-our-contractor", *CUSTODIAN).code == 0
    run_as(monkeypatch, "1001", "ben")
    assert "not maintained by the district" in call(*said, "--not-our-contractor", *COUNSEL).out


@pytest.mark.parametrize("use", ["discipline", "other"])
def test_what_the_district_uses_is_ours_whoever_made_it(
    district: District, monkeypatch: pytest.MonkeyPatch, use: str
) -> None:
    district.upload(TEAM)
    student = min(kept(district.services, TEAM).tagging.students)
    said_not_ours(monkeypatch)
    assert outcome(TEAM) == "allow"
    tagged = call("tag", TEAM, "--official", f"{use}:{student}", *CUSTODIAN)
    assert tagged.code == 0, tagged.text
    assert outcome(TEAM) != "allow"
    refused = call(*NOT_OURS, *CUSTODIAN)
    assert (refused.code, "(34 CFR 99.3): this recording is ours" in refused.err) == (1, True)


def test_what_was_given_as_not_ours_is_on_the_record_once_it_is_ours(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(TEAM)
    student = min(kept(district.services, TEAM).tagging.students)
    said_not_ours(monkeypatch)
    given = call("share", TEAM, "--to", "public:dill", "--purpose", "news", *CUSTODIAN, "--json").object()
    assert call("open", given["token"]).code == 0
    record = ("ledger", "student", *CUSTODIAN, student, "--required", "--json")
    assert call(*record).objects() == []
    ended = call("custodian", "ours", TEAM, "--why", "our library keeps it", *CUSTODIAN)
    assert "1 recipient(s) were given it while it counted as not ours" in ended.out
    assert [(each["what"], each["who"]) for each in call(*record).objects()] == [
        ("asked", "public:dill"),
        ("opened", "public:dill"),
    ]
